// The heading row: which record of the file it is, what each column means, and what
// is told when a heading is not one that we know. Any thread, not shared.
#include "client/exchange/roll.h"

#include <string.h>

#include "common/text.h"

#define HEADING_MAX 200 // bytes that are kept of one

static const char *shown(const struct roll *roll, const char *heading)
{
    return roll_short(heading, 90, roll->arena);
}

static const struct roll_map *map_of(const struct roll *roll, const char *heading)
{
    char plain[64], other[64];
    roll_plain(heading, plain, sizeof plain);
    for (size_t i = 0; i < roll->n_maps; i++) {
        roll_plain(roll->maps[i].heading, other, sizeof other);
        if (strcmp(plain, other) == 0 && (*plain || strcmp(heading, roll->maps[i].heading) == 0))
            return &roll->maps[i];
    }
    return NULL;
}

size_t roll_headings_score(const struct roll *roll, const char *const *cells, size_t n, bool *whole)
{
    bool met[ROLL_COLUMNS] = {false};
    size_t score = 0;
    for (size_t i = 0; i < n; i++) {
        const char *heading = roll_clean(cells[i], roll->arena);
        const struct roll_map *map = map_of(roll, heading);
        int column = map ? map->column : roll_column_find(heading);
        if (column >= 0 && !met[column]) {
            met[column] = true;
            score++;
        }
    }
    *whole = (met[ROLL_SURNAME] || met[ROLL_NAME]) && met[ROLL_BORN];
    return score;
}

// --- what each means -----------------------------------------------------------

static void taken_add(struct roll *roll, const char *heading, int column, enum roll_how how)
{
    if (roll->taken)
        roll->taken[roll->n_taken++] = (struct roll_map){heading, column, how};
}

static bool is_taken(const struct roll *roll, int column)
{
    for (size_t i = 0; i < roll->n_heads; i++) {
        if (roll->heads[i].column == column)
            return true;
    }
    return false;
}

static void known(struct roll *roll)
{
    for (size_t i = 0; i < roll->n_heads; i++) {
        struct roll_heading *head = &roll->heads[i];
        const struct roll_map *map = map_of(roll, head->text);
        head->column = map ? map->column : roll_column_find(head->text);
        if (map)
            taken_add(roll, head->text, map->column, map->how);
    }
}

// A slip in a heading is read as what it nearly is, and told; one that is as near
// to another column is only asked about.
static void near(struct roll *roll)
{
    for (size_t i = 0; i < roll->n_heads; i++) {
        struct roll_heading *head = &roll->heads[i];
        int first, second;
        if (head->column >= 0 || map_of(roll, head->text))
            continue;
        int column = roll_column_near(head->text, &first, &second);
        if (column >= 0 && !is_taken(roll, column)) {
            head->column = column;
            taken_add(roll, head->text, column, ROLL_NEAR);
        } else if (column == -2 && !roll_column_sounds(head->text))
            roll_note_add(roll, NULL, -1, "near",
                          arena_printf(roll->arena, "Say which: --map '%s=%s'", head->text, roll_columns[first].name),
                          "the heading “%s” may mean %s or %s, and was not read", shown(roll, head->text), roll_columns[first].label,
                          roll_columns[second].label);
    }
}

// A whole name beside a surname says nothing new; but it may be the forename's column.
static void name_beside(struct roll *roll)
{
    if (!is_taken(roll, ROLL_NAME) || !is_taken(roll, ROLL_SURNAME))
        return;
    for (size_t i = 0; i < roll->n_heads; i++) {
        struct roll_heading *head = &roll->heads[i];
        if (head->column != ROLL_NAME || map_of(roll, head->text))
            continue;
        if (!is_taken(roll, ROLL_FORENAME))
            roll_fault_add(roll, NULL, -1, "name-beside",
                           arena_printf(roll->arena, "Say what it holds: --map '%s=forename' or --map '%s=none'", head->text, head->text),
                           "“%s” stands beside a column for the surname and none for the forename", shown(roll, head->text));
        head->column = -1;
    }
}

void roll_headings_take(struct roll *roll, const char *const *cells, size_t n)
{
    roll->heads = arena_zero(roll->arena, n + 1, sizeof *roll->heads);
    roll->taken = arena_zero(roll->arena, n + 1, sizeof *roll->taken);
    roll->unread = arena_zero(roll->arena, n + 1, sizeof *roll->unread);
    if (!roll->heads || !roll->unread)
        return;
    for (size_t i = 0; i < n; i++)
        roll->heads[i] = (struct roll_heading){roll_short(roll_clean(cells[i], roll->arena), HEADING_MAX, roll->arena), -1, 0};
    roll->n_heads = n;
    known(roll);
    near(roll);
    name_beside(roll);
    for (size_t i = 0; i < n; i++) {
        int column = roll->heads[i].column;
        const char *text = roll->heads[i].text;
        if (column >= 0 && !roll->headings[column])
            roll->headings[column] = *text ? text : roll_columns[column].label;
        else if (column < 0 && *text && !map_of(roll, text))
            roll->unread[roll->n_unread++] = text;
    }
}

// --- after the last row --------------------------------------------------------

static void check_twice(struct roll *roll)
{
    const struct roll_heading *first[ROLL_COLUMNS] = {NULL};
    for (size_t i = 0; i < roll->n_heads; i++) {
        const struct roll_heading *head = &roll->heads[i];
        if (head->column < 0 || !head->filled)
            continue;
        if (first[head->column])
            roll_fault_add(
                roll, NULL, head->column, "twice",
                arena_printf(roll->arena, "Take one of the two out of the file, or leave it unread: --map '%s=none'", head->text),
                "“%s” and “%s” mean the same", shown(roll, first[head->column]->text), shown(roll, head->text));
        else
            first[head->column] = head;
    }
    if (first[ROLL_NEEDS] && (first[ROLL_NEED1] || first[ROLL_NEED2] || first[ROLL_NEED3]))
        roll_fault_add(roll, NULL, ROLL_NEEDS, "twice", "Keep the ranked list or the single columns.",
                       "needs stand in two places of the file");
}

static void check_there(struct roll *roll)
{
    static const enum roll_column needed[] = {ROLL_SURNAME, ROLL_BORN};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const struct roll_column_info *info = &roll_columns[needed[i]];
        if (roll_has(roll, needed[i]) || (needed[i] == ROLL_SURNAME && roll_has(roll, ROLL_NAME)))
            continue;
        roll_fault_add(roll, NULL, (int)needed[i], "no-column",
                       arena_printf(roll->arena, "Give one of the columns this heading: %s; or name it with --map 'HEADING=%s'",
                                    info->example, info->name),
                       "there is no column for it in the first row");
    }
}

// A column that may hold what the register is made of is not passed over without a word.
static void check_unread(struct roll *roll)
{
    for (size_t i = 0; i < roll->n_heads; i++) {
        const struct roll_heading *head = &roll->heads[i];
        if (head->column >= 0 || !head->filled || map_of(roll, head->text) || !roll_column_sounds(head->text))
            continue;
        int first, second, near = roll_column_near(head->text, &first, &second);
        const char *name = near != -2 ? "FIELD" : roll_columns[first].name;
        roll_fault_add(roll, NULL, -1, ROLL_UNREAD,
                       arena_printf(roll->arena, "Say which: --map '%s=%s', or --map '%s=none' to leave it out; it is remembered",
                                    head->text, name, head->text),
                       "the heading “%s” is not one that is understood, and the column is not empty", shown(roll, head->text));
    }
}

void roll_headings_check(struct roll *roll)
{
    check_twice(roll);
    check_unread(roll);
    check_there(roll);
    for (size_t i = 0; i < roll->n_maps; i++) {
        bool met = false;
        for (size_t h = 0; h < roll->n_heads && !met; h++)
            met = map_of(roll, roll->heads[h].text) == &roll->maps[i];
        if (!met && roll->maps[i].how == ROLL_GIVEN)
            roll_fault_add(roll, NULL, -1, "no-heading", "Write the heading as it stands in the file.",
                           "--map names the heading “%s”, which the file does not have", shown(roll, roll->maps[i].heading));
    }
}
