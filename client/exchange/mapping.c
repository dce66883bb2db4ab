// What a school's own headings mean, said once with --map and remembered: by the
// profile and the set of headings, in $XDG_CONFIG_HOME/sendco/roll-headings.tsv.
// Headings only, never a cell of a row. Main thread.
#include "client/exchange/import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"

#define MAPS_MAX  128
#define PATH_SIZE 1200

// --- options -------------------------------------------------------------------

static int map_add(struct import *import, const char *heading, int column, enum roll_how how)
{
    if (!import->maps)
        import->maps = arena_zero(&import->cli->arena, MAPS_MAX, sizeof *import->maps);
    if (!import->maps || !heading || import->n_maps == MAPS_MAX)
        return ERR_NOMEM;
    import->maps[import->n_maps++] = (struct roll_map){heading, column, how};
    return 0;
}

// A column's number, -1 for "none", -2 when there is no such field.
static int column_of(const char *name)
{
    int column = text_same(name, "none") ? -1 : roll_column_named(name);
    return column < 0 && !text_same(name, "none") ? -2 : column;
}

static int no_field(const char *name, struct problem *problem)
{
    char list[280], shown[64];
    text_excerpt(name, shown, sizeof shown);
    size_t at = 0;
    for (int i = 0; i < ROLL_COLUMNS && at + 40 < sizeof list; i++)
        at += (size_t)snprintf(list + at, sizeof list - at, "%s, ", roll_columns[i].name);
    problem_set(problem, ERR_USAGE, "--map: there is no field \"%s\" in a roll.", shown);
    problem_hint(problem, "Fields are %snone", list);
    return ERR_USAGE;
}

int mapping_options(struct import *import, struct problem *problem)
{
    size_t at = 0;
    for (const char *given; (given = cli_option_next(import->cli, "map", &at)) != NULL;) {
        const char *sign = strrchr(given, '='); // a heading may hold one
        if (!sign || sign == given || !sign[1]) {
            problem_set(problem, ERR_USAGE, "--map takes HEADING=FIELD, not \"%s\".", roll_short(given, 60, &import->cli->arena));
            problem_hint(problem, "For instance: --map 'Family name of child=surname'");
            return ERR_USAGE;
        }
        int column = column_of(sign + 1);
        if (column == -2)
            return no_field(sign + 1, problem);
        char *heading = arena_strndup(&import->cli->arena, given, (size_t)(sign - given));
        if (map_add(import, heading ? roll_clean(heading, &import->cli->arena) : NULL, column, ROLL_GIVEN) < 0)
            return problem_set(problem, ERR_USAGE, "--map was given too often: at most %d times.", MAPS_MAX);
    }
    return 0;
}

// --- the file ------------------------------------------------------------------

static int path_of(char path[PATH_SIZE], bool make, struct problem *problem)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    bool own = !config || *config != '/'; // the XDG rule: a relative path is as none
    if (own && (!home || !*home))
        return ERR_CONFIG;
    int size = snprintf(path, PATH_SIZE, "%s%s/sendco", own ? home : config, own ? "/.config" : "");
    if (size < 0 || size + 24 > PATH_SIZE)
        return ERR_CONFIG;
    for (char *c = path + 1, end = '/'; make && end; c++) {
        if (*c && *c != '/')
            continue;
        end = *c;
        *c = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        if (!made)
            return problem_set(problem, ERR_CONFIG, "%s cannot be made: %s.", path, strerror(errno));
        *c = end;
    }
    strcat(path, "/roll-headings.tsv");
    return 0;
}

static uint64_t hash(const char *text)
{
    uint64_t value = UINT64_C(14695981039346656037); // FNV-1a
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return value;
}

// The order of the columns does not matter, nor does how they are written.
static uint64_t headings_of(const struct import *import, const struct roll *roll)
{
    uint64_t sum = hash(import->cli->profile.directory);
    for (size_t i = 0; i < roll->n_heads; i++) {
        char plain[64];
        roll_plain(roll->heads[i].text, plain, sizeof plain);
        sum += hash(plain);
    }
    return sum;
}

// A line: the headings' hash, a field, a heading. True when it is of this file.
static bool line_of(char *line, uint64_t headings, char **field, char **heading)
{
    char *end = NULL;
    line[strcspn(line, "\r\n")] = '\0';
    uint64_t number = strtoull(line, &end, 16);
    if (end == line || *end != '\t' || number != headings)
        return false;
    *field = end + 1;
    *heading = strchr(*field, '\t');
    if (!*heading)
        return false;
    *(*heading)++ = '\0';
    return true;
}

static bool is_given(const struct import *import, const char *heading)
{
    char plain[64], other[64];
    roll_plain(heading, plain, sizeof plain);
    for (size_t i = 0; i < import->n_maps; i++) {
        roll_plain(import->maps[i].heading, other, sizeof other);
        if (strcmp(plain, other) == 0)
            return true;
    }
    return false;
}

static void recall(struct import *import, FILE *file)
{
    char *line = NULL, *field = NULL, *heading = NULL;
    size_t room = 0;
    while (getline(&line, &room, file) > 0) {
        if (!line_of(line, import->headings, &field, &heading) || is_given(import, heading))
            continue;
        int column = column_of(field);
        if (column > -2)
            map_add(import, arena_strdup(&import->cli->arena, heading), column, ROLL_REMEMBERED);
    }
    free(line);
}

// Writes the file anew without the lines of these headings, and with those of `import`.
static int rewrite(struct import *import, bool with, struct problem *problem)
{
    char path[PATH_SIZE], fresh[PATH_SIZE + 8];
    if (path_of(path, true, problem) < 0)
        return problem->error ? problem->error : problem_set(problem, ERR_CONFIG, "There is no home directory to remember --map in.");
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *old = fopen(path, "re"), *file = fopen(fresh, "we");
    char *line = NULL;
    size_t room = 0;
    while (old && file && getline(&line, &room, old) > 0) {
        if (strtoull(line, NULL, 16) != import->headings)
            fputs(line, file);
    }
    for (size_t i = 0; with && file && i < import->n_maps; i++) {
        const struct roll_map *map = &import->maps[i];
        fprintf(file, "%016" PRIx64 "\t%s\t%s\n", import->headings, map->column < 0 ? "none" : roll_columns[map->column].name,
                map->heading);
    }
    free(line);
    if (old)
        fclose(old);
    bool good = file && fflush(file) == 0 && !ferror(file);
    int error = errno;
    good = (!file || fclose(file) == 0) && good && rename(fresh, path) == 0;
    if (good)
        return 0;
    problem_set(problem, ERR_CONFIG, "%s cannot be written: %s.", path, strerror(errno ? errno : error));
    problem_hint(problem, "Nothing was applied. See to the rights of that directory, or set XDG_CONFIG_HOME.");
    return ERR_CONFIG;
}

// --- around the reading --------------------------------------------------------

// The headings are known only when the file is read; so it is read once for them.
static int look(struct import *import, const char *bytes, size_t size, struct problem *problem)
{
    struct roll *roll = arena_zero(&import->cli->arena, 1, sizeof *roll);
    if (!roll)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to read the file.");
    roll_init(roll, &import->cli->arena, (struct roll_codes){NULL, 0}, import->date, import->date);
    roll->maps = import->maps;
    roll->n_maps = import->n_maps;
    int result = roll_peek(roll, bytes, size, problem);
    import->headings = result == 0 ? headings_of(import, roll) : 0;
    return result;
}

int mapping_recall(struct import *import, const char *bytes, size_t size, struct problem *problem)
{
    char path[PATH_SIZE];
    bool forget = cli_flag(import->cli, "forget-map");
    int result = look(import, bytes, size, problem);
    if (result < 0)
        return result;
    if (forget)
        return rewrite(import, false, problem);
    FILE *file = path_of(path, false, problem) == 0 ? fopen(path, "re") : NULL;
    if (file) {
        recall(import, file);
        fclose(file);
    }
    return 0;
}

static bool ask_one(struct import *import, const char *heading)
{
    const char *choices[ROLL_COLUMNS + 1];
    int columns[ROLL_COLUMNS + 1];
    size_t n = 0;
    choices[n] = "nothing here: leave it out";
    columns[n++] = -1;
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (import->roll.headings[column])
            continue;
        choices[n] = roll_columns[column].label;
        columns[n++] = column;
    }
    const char *question = arena_printf(&import->cli->arena, "The heading “%s” is not one that is understood. What does it hold?", heading);
    int answer = question ? cli_choose(import->cli, question, choices, n) : ERR_AMBIGUOUS;
    return answer >= 0 && map_add(import, heading, columns[answer], ROLL_GIVEN) == 0;
}

bool mapping_ask(struct import *import)
{
    const struct roll *roll = &import->roll;
    bool unread = false, answered = false;
    for (size_t i = 0; i < roll->n_faults; i++)
        unread = unread || strcmp(roll->faults[i].code, ROLL_UNREAD) == 0;
    if (!unread || !cli_can_ask(import->cli) || import->cli->yes)
        return false;
    for (size_t i = 0; i < roll->n_unread && !(answered && import->n_maps == MAPS_MAX); i++) {
        if (roll_column_sounds(roll->unread[i]) && !is_given(import, roll->unread[i]))
            answered = ask_one(import, roll->unread[i]) || answered;
    }
    return answered;
}

int mapping_keep(struct import *import, struct problem *problem)
{
    bool given = false;
    for (size_t i = 0; i < import->n_maps; i++)
        given = given || import->maps[i].how == ROLL_GIVEN;
    for (size_t i = 0; i < import->roll.n_faults; i++) {
        if (import->roll.faults[i].row == 1)
            return 0; // not with what the headings themselves contradict
    }
    return given ? rewrite(import, true, problem) : 0;
}
