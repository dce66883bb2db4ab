// `sendco import FILE`: reads a roll, compares it with what the server holds, and
// puts the differences as one transaction, or nothing at all. Main thread.
#include "client/exchange/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/date.h"
#include "common/text.h"

static int read_fd(int fd, const char *file, struct arena *arena, char **bytes, size_t *size, struct problem *problem)
{
    size_t room = (size_t)64 << 10, used = 0;
    char *data = malloc(room);
    int result = data ? 0 : ERR_NOMEM;
    while (result == 0 && used <= ROLL_BYTES_MAX) {
        if (used == room) {
            char *larger = realloc(data, room * 2);
            if (!larger) {
                result = ERR_NOMEM;
                break;
            }
            data = larger;
            room *= 2;
        }
        ssize_t n = read(fd, data + used, room - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            result = problem_set(problem, ERR_INPUT, "%s cannot be read: %s.", file, strerror(errno));
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (result == 0) {
        char *kept = arena_alloc(arena, used + 1);
        if (kept)
            memcpy(kept, data, used);
        *bytes = kept;
        *size = used;
        result = kept ? 0 : ERR_NOMEM;
    }
    free(data);
    return result == ERR_NOMEM ? problem_set(problem, ERR_NOMEM, "There was not enough memory to read %s.", file) : result;
}

// "-" is standard input.
static int read_file(const char *file, struct arena *arena, char **bytes, size_t *size, struct problem *problem)
{
    bool input = strcmp(file, "-") == 0;
    int fd = input ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        problem_set(problem, ERR_INPUT, "%s cannot be opened: %s.", file, strerror(errno));
        problem_hint(problem, "Check the name of the file; it is the CSV that your MIS exports.");
        return ERR_INPUT;
    }
    struct stat about;
    int result = fstat(fd, &about) == 0 && S_ISDIR(about.st_mode) ? problem_set(problem, ERR_INPUT, "%s is a directory.", file) : 0;
    if (result == 0)
        result = read_fd(fd, file, arena, bytes, size, problem);
    if (!input)
        close(fd);
    return result;
}

// A near miss: the person at the terminal knows the children.
static int on_doubt(void *data, const struct roll_row *row, const struct record *const *pupils, const char *const *why, size_t n)
{
    struct import *import = data;
    struct cli *cli = import->cli;
    const char *choices[16];
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    if (!cli_can_ask(cli) || cli->yes || n > 15)
        return ERR_AMBIGUOUS;
    for (size_t i = 0; i < n; i++) {
        choices[i] = arena_printf(&cli->arena, "%s %s, born %s: %s", id_format(pupils[i]->kind, pupils[i]->id, id),
                                  school_name(pupils[i], &cli->arena), date_human((int32_t)record_number(pupils[i], "born"), day), why[i]);
        if (!choices[i])
            return ERR_AMBIGUOUS;
    }
    choices[n] = "a new pupil";
    const struct value *forename = &row->values[ROLL_FORENAME];
    const char *question =
        arena_printf(&cli->arena, "In %s: %s, %s, born %s. Who is that?", roll_place(&import->roll, row), row->values[ROLL_SURNAME].text,
                     forename->type ? forename->text : "(no forename)", date_human((int32_t)row->values[ROLL_BORN].number, day));
    return question ? cli_choose(cli, question, choices, n + 1) : ERR_AMBIGUOUS;
}

static int plan_all(struct import *import, const char *bytes, size_t size, struct problem *problem)
{
    struct cli *cli = import->cli;
    struct roll *roll = &import->roll;
    int result = mapping_recall(import, bytes, size, problem);
    if (result < 0)
        return result;
    do {
        roll_init(roll, &cli->arena, school_codes(&import->school), cli_today(cli), import->date);
        roll->maps = import->maps;
        roll->n_maps = import->n_maps;
        roll->order = import->order;
        result = roll_read(roll, bytes, size, problem);
    } while (result == 0 && mapping_ask(import));
    if (result == 0)
        result = mapping_keep(import, problem);
    if (result == 0 && plan_make(&import->plan, roll, &import->school, import->date, on_doubt, import, &cli->arena) < 0)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory for so large a roll.");
    return result;
}

// --- applying ------------------------------------------------------------------

// A person at a terminal is asked once; a script has said it by calling.
static bool agreed(struct import *import)
{
    struct cli *cli = import->cli;
    if (import->dry_run || cli->yes || !cli_can_ask(cli) || cli->format == CLI_JSON || cli->format == CLI_JSONL)
        return true;
    import_show_question(import);
    import->asked = cli_confirm(cli, "Apply these changes?");
    return import->asked;
}

static void show(const struct import *import)
{
    if (import->cli->format == CLI_JSON || import->cli->format == CLI_JSONL)
        import_show_json(import);
    else if (import->asked)
        import_show_end(import);
    else
        import_show_text(import);
}

static int faulty(struct import *import)
{
    struct problem problem;
    show(import);
    problem_init(&problem, NULL);
    problem_set(&problem, ERR_INPUT, "%zu %s in the file; nothing was applied.", import->roll.n_faults,
                import->roll.n_faults == 1 ? "fault" : "faults");
    problem_hint(&problem, "Correct the rows above in the file or in the MIS, then import it again.");
    return cli_fail(import->cli, "import", &problem);
}

static int run(struct import *import, struct problem *problem)
{
    char *bytes = NULL;
    size_t size = 0;
    int result = read_file(import->file, &import->cli->arena, &bytes, &size, problem);
    if (result == 0)
        result = cli_open(import->cli, problem);
    import->seen = import->cli->seq; // of before the reading: what came since is news to this plan
    if (result == 0)
        result = import_load(import, problem);
    if (result == 0)
        result = plan_all(import, bytes, size, problem);
    return result;
}

static int date_option(struct cli *cli, int32_t *date, struct problem *problem)
{
    const char *given = cli_option(cli, "date");
    *date = cli_today(cli);
    if (!given)
        return 0;
    int result = date_parse(given, *date, date, problem);
    if (result == 0 && *date > cli_today(cli))
        return problem_set(problem, ERR_USAGE, "--date lies in the future; a roll says what holds by now.");
    return result;
}

static int order_option(struct import *import, struct problem *problem)
{
    const char *given = cli_option(import->cli, "date-order");
    import->order = !given ? ROLL_ORDER_SHOWN : strcmp(given, "day-first") == 0 ? ROLL_DAY_FIRST : ROLL_MONTH_FIRST;
    if (given && import->order == ROLL_MONTH_FIRST && strcmp(given, "month-first") != 0) {
        problem_set(problem, ERR_USAGE, "--date-order is day-first or month-first, not \"%s\".",
                    roll_short(given, 40, &import->cli->arena));
        problem_hint(problem, "Leave it out to let each column of the file say.");
        return ERR_USAGE;
    }
    return 0;
}

int import_command(struct cli *cli, int argc, char **argv)
{
    struct problem problem;
    problem_init(&problem, &cli->arena);
    if (argc != 1) {
        problem_set(&problem, ERR_USAGE, argc < 1 ? "Which file? import takes the CSV that your MIS exports." : "import takes one file.");
        problem_hint(&problem, "sendco import FILE [--dry-run] [--date DATE] [--map 'HEADING=FIELD']");
        return cli_fail(cli, "import", &problem);
    }
    struct import *import = arena_zero(&cli->arena, 1, sizeof *import);
    if (!import)
        return cli_fail(cli, "import", (problem_set(&problem, ERR_NOMEM, "There was not enough memory."), &problem));
    import->cli = cli;
    import->file = argv[0];
    import->dry_run = cli->dry_run;
    if (date_option(cli, &import->date, &problem) < 0 || order_option(import, &problem) < 0 || mapping_options(import, &problem) < 0 ||
        run(import, &problem) < 0)
        return cli_fail(cli, "import", &problem);
    if (import->roll.n_faults)
        return faulty(import);
    if (import->plan.n_changes && !agreed(import)) {
        cli_note(cli, "Nothing was applied.");
        return 1;
    }
    if (import->plan.n_changes && import_send(import, &problem) < 0) {
        if (problem.error == ERR_UNKNOWN)
            problem_hint(&problem, "Import the same file again: of what was applied nothing is applied twice.");
        return cli_fail(cli, "import", &problem);
    }
    show(import);
    return 0;
}
