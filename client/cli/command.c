// The table of commands and options, and which of them a command line means.
// To add a command: a row here and its function; help, man page and completion
// follow. Main thread.
#include "client/cli/command.h"

#include <string.h>

#include "common/text.h"

// clang-format off
#define READING "csv tsv jsonl columns raw excel where sort limit page as-at as-known removed pupil class staff"
#define WRITING "dry-run key seen reason"

const struct command verbs[] = {
    {"list", "", "All records of a kind that you may see, one line each.", READING, "pupil list --where year=4 --sort surname", 0, 0, true, list_command},
    {"show", "ID", "One record, field by field, and who changed it last.", "as-known csv tsv raw excel", "target show TGT-04K7", 1, 1, true, show_command},
    {"add", "FIELD=VALUE …", "A new record.", WRITING, "target add pupil=\"Aisha Khan\" aim=@aim.txt due='14 sep'", 0, -1, false, add_command},
    {"edit", "ID FIELD=VALUE …", "Changes the fields named, and no others. FIELD= empties it.", WRITING " if-version strict", "target edit TGT-04K7 progress=- status=met", 1, -1, false, edit_command},
    {"remove", "ID", "Removes a record; its history stays, and undo brings it back.", "if-version key reason", "target remove TGT-04K7 --reason 'entered twice'", 1, 1, false, remove_command},
    {"history", "ID", "Every version of a record: who, when, what from and to.", "csv tsv raw excel", "target history TGT-04K7", 1, 1, true, history_command},
    {"undo", "ID", "Takes back the newest version of a record, or the one named.", "version key", "target undo TGT-04K7", 1, 1, false, undo_command},
    {"export", "", "As list, as a CSV file that spreadsheets open.", READING, "pupil export --excel > pupils.csv", 0, 0, false, list_command},
    {"watch", "[ID]", "Changes to records of a kind, as they happen.", "jsonl from pupil class staff", "target watch --pupil PUP-0017", 0, 1, false, watch_command},
};

const struct command commands[] = {
    {"find", "TEXT", "Looks for words in everything that you may see. Exit code 1 when nothing matches.", "csv tsv raw excel limit kind", "find \"Aisha Khan\"", 1, -1, true, find_command},
    {"who", "", "Who is connected now.", "csv tsv", "who", 0, 0, false, who_command},
    {"status", "", "The server, the school and who you are in it.", "", "status", 0, 0, false, status_command},
    {"watch", "", "Changes to all that you may see, as they happen, across restarts of the server. A ticket that ends is renewed with --password-file or the profile's password; without either the watch ends with E-LOGIN.", "jsonl from kind pupil class staff", "watch --jsonl", 0, 0, false, watch_command},
    {"import", "FILE", "Reads a roll exported by the school's MIS: all of it or nothing.", "dry-run date", "import roll.csv --dry-run", 1, 1, false, import_call},
    {"undo", "BATCH", "Takes back a whole import; what was changed since is left alone and named.", "key", "undo 12", 1, 1, false, undo_command},
    {"login", "", "Logs in and keeps a ticket, which lasts ten minutes without use.", "accept-epoch", "login", 0, 0, false, login_command},
    {"logout", "", "Ends the ticket.", "", "logout", 0, 0, false, logout_command},
    {"help", "[TOPIC]", "Help on a command, a kind of record, an error (E-CONFLICT), dates or exit codes.", "", "help target", 0, 2, true, help_command},
    {"man", "", "The manual page, for man(1).", "", "man | man -l -", 0, 0, false, man_command},
    {"completion", "bash", "A completion script for the shell.", "", "completion bash > ~/.local/share/bash-completion/completions/sendco", 1, 1, false, completion_command},
    {"version", "", "The release.", "", "version", 0, 0, false, version_command},
};

const struct command report_command_row =
    {"", "", "", "as-at as-known csv tsv raw excel columns", "", 0, 0, true, report_command};

const struct option_info options[] = {
    {"profile", "DIR", "The profile to use; else $SENDCO_PROFILE, else the one in ~/.local/share/sendco."},
    {"server", "HOST:PORT", "The server; else $SENDCO_SERVER, else the profile's."},
    {"password-file", "FILE", "Its first line is the password; else you are asked."},
    {"json", NULL, "JSON, as one object; errors too, on standard error."},
    {"plain", NULL, "As for a program: TSV, ISO dates, no colour, nothing cut off."},
    {"table", NULL, "As for a person, also when the output is no terminal."},
    {"quiet", NULL, "Only what was asked for, and errors."},
    {"no-input", NULL, "Never ask anything."},
    {"yes", NULL, "Answer yes to questions."},
    {"no-color", NULL, "No colour; as does a NO_COLOR that is set."},
    {"no-pager", NULL, "No pager."},
    {"help", NULL, "Help on the command."},
    {"jsonl", NULL, "JSON, one object a line."},
    {"csv", NULL, "CSV (RFC 4180); cells that a spreadsheet would take for a formula get an apostrophe."},
    {"tsv", NULL, "Columns separated by tabs."},
    {"excel", NULL, "CSV as Excel likes it: with a byte order mark and CRLF."},
    {"raw", NULL, "CSV without the apostrophe before formulas."},
    {"columns", "A,B,…", "These columns, in this order."},
    {"where", "CONDITION", "Only where FIELD=VALUE; also != < <= > >= and ~ (contains). FIELD= means empty. May be repeated."},
    {"sort", "FIELD,-FIELD", "In this order; - for descending."},
    {"limit", "N", "At most so many."},
    {"page", "TOKEN", "Go on from the \"next\" of a list that --limit ended."},
    {"removed", NULL, "The removed ones too."},
    {"as-at", "DATE", "What held on that day."},
    {"as-known", "TIME", "What had been entered by then: 2026-09-14 or 2026-09-14T10:42:00Z."},
    {"pupil", "ID|NAME", "Only about this pupil."},
    {"class", "ID|NAME", "Only about this class."},
    {"staff", "ID|NAME", "Only about this member of staff."},
    {"kind", "KIND", "Only this kind of record; may be repeated."},
    {"from", "SEQ", "From this change of the log on."},
    {"if-version", "N", "The version you saw: what changed since is merged, or a conflict."},
    {"version", "N", "Which version to take back."},
    {"strict", NULL, "No merging: any newer version is a conflict."},
    {"dry-run", NULL, "Check everything, change nothing."},
    {"reason", "TEXT", "Why; kept in the history."},
    {"key", "HEX", "The key of a request whose answer was lost: it is not applied twice."},
    {"seen", "SEQ", "With --key: how far you had seen the school then."},
    {"date", "DATE", "From when on what the file says holds; today when left out."},
    {"accept-epoch", NULL, "Accept that the school has restored its database."},
};
// clang-format on

const size_t n_verbs = sizeof verbs / sizeof *verbs, n_commands = sizeof commands / sizeof *commands;
const size_t n_options = sizeof options / sizeof *options;
const char command_always[] = "profile server password-file json plain table quiet no-input yes no-color no-pager help";

static const struct command *table_find(const struct command *table, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (text_same(table[i].name, name))
            return &table[i];
    return NULL;
}

const struct command *command_find(const char *name)
{
    return table_find(commands, n_commands, name);
}

const struct command *verb_find(const char *name)
{
    return table_find(verbs, n_verbs, name);
}

// --- options ------------------------------------------------------------------

#define PARAMS_MAX 128

// A report's parameter that is no option elsewhere becomes one, with a row of its own.
static const struct option_info *option_of_report(const char *name)
{
    static struct option_info found[PARAMS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < n_report_infos; i++)
        for (const struct report_param *param = report_infos[i].params; param && param->name && n < PARAMS_MAX; param++, n++)
            if (!strcmp(param->name, name)) {
                found[n] = (struct option_info){param->name, param->value, param->help};
                return &found[n];
            }
    return NULL;
}

static const struct option_info *option_find(const char *name)
{
    if (!strcmp(name, "no-colour"))
        name = "no-color";
    for (size_t i = 0; i < n_options; i++)
        if (!strcmp(options[i].name, name))
            return &options[i];
    return option_of_report(name);
}

// --- what was meant -------------------------------------------------------------

struct nearest {
    const char *word, *best;
    int distance;
};

// A third of the letters may be wrong, and a beginning is near as well.
static void nearest_try(struct nearest *nearest, const char *candidate)
{
    int distance = text_distance(nearest->word, candidate);

    if (strlen(nearest->word) >= 3 && !strncmp(nearest->word, candidate, strlen(nearest->word)))
        distance = 1;
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}

static struct nearest nearest_start(const char *word)
{
    return (struct nearest){word, NULL, (int)strlen(word) / 3 + 2};
}

static const char *option_suggest(const char *name)
{
    struct nearest nearest = nearest_start(name);

    for (size_t i = 0; i < n_options; i++)
        nearest_try(&nearest, options[i].name);
    for (size_t i = 0; i < n_report_infos; i++)
        for (const struct report_param *param = report_infos[i].params; param && param->name; param++)
            nearest_try(&nearest, param->name);
    return nearest.best;
}

const struct args_known command_options = {option_find, option_suggest};

const char *command_suggest(const char *word)
{
    struct nearest nearest = nearest_start(word);

    for (size_t i = 0; i < n_commands; i++)
        nearest_try(&nearest, commands[i].name);
    for (size_t i = 0; i < n_report_infos; i++)
        nearest_try(&nearest, report_infos[i].name);
    for (size_t i = 0; i < n_kinds; i++)
        nearest_try(&nearest, kinds[i].noun);
    return nearest.best;
}

static const char *verb_suggest(const char *word)
{
    struct nearest nearest = nearest_start(word);

    for (size_t i = 0; i < n_verbs; i++)
        nearest_try(&nearest, verbs[i].name);
    return nearest.best;
}

const char *field_suggest(const struct kind *kind, const char *word)
{
    struct nearest nearest = nearest_start(word);

    for (size_t i = 0; i < kind->n_fields; i++)
        nearest_try(&nearest, kind->fields[i].name);
    return nearest.best;
}

bool command_lists(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *p = list; (p = strstr(p, word)); p += length)
        if ((p == list || p[-1] == ' ') && (p[length] == ' ' || p[length] == '\0'))
            return true;
    return false;
}

bool command_takes(const struct call *call, const char *option)
{
    if (command_lists(command_always, option) || command_lists(call->command->options, option))
        return true;
    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++)
        if (!strcmp(param->name, option))
            return true;
    return false;
}

static int resolve_verb(const struct args *args, struct call *call, struct problem *problem)
{
    const char *noun = call->kind->noun;

    if (args->n_words < 2) {
        problem_set(problem, ERR_USAGE, "What about \"%s\"? A verb is missing.", noun);
        problem_hint(problem, "sendco %s list, or one of: show add edit remove history undo export watch; sendco help %s", noun, noun);
        return ERR_USAGE;
    }
    call->command = verb_find(args->words[1]);
    if (!call->command) {
        const char *near = verb_suggest(args->words[1]);

        problem_set(problem, ERR_USAGE, "\"%.60s\" is nothing that one does with %s.", args->words[1], call->kind->plural);
        if (near)
            problem_hint(problem, "The most similar one is: sendco %s %s", noun, near);
        else
            problem_hint(problem, "One of: list show add edit remove history undo export watch");
        return ERR_USAGE;
    }
    call->argc = args->n_words - 2;
    call->argv = args->words + 2;
    return 0;
}

static int resolve_word(const struct args *args, struct call *call, struct problem *problem)
{
    const char *word = args->words[0];

    call->argc = args->n_words - 1;
    call->argv = args->words + 1;
    if ((call->command = command_find(word)))
        return 0;
    if ((call->report = report_info_find(word))) {
        call->command = &report_command_row;
        return 0;
    }
    if ((call->kind = kind_find(word)))
        return resolve_verb(args, call, problem);
    const char *near = command_suggest(word);
    problem_set(problem, ERR_USAGE, "\"%.60s\" is no sendco command, kind of record or report.", word);
    if (near)
        problem_hint(problem, "The most similar one is: sendco %s", near);
    return ERR_USAGE;
}

static int check_words(const struct call *call, struct problem *problem)
{
    const struct command *command = call->command;
    const char *before = call->kind ? call->kind->noun : "", *name = call->report ? call->report->name : command->name;

    if (call->argc >= command->least && (command->most < 0 || call->argc <= command->most))
        return 0;
    if (call->argc < command->least)
        problem_set(problem, ERR_USAGE, "Something is missing: sendco %s%s%s %s", before, *before ? " " : "", name, command->words);
    else
        problem_set(problem, ERR_USAGE, "\"%.60s\" is one word too many: sendco %s%s%s %s", call->argv[command->most], before,
                    *before ? " " : "", name, command->words);
    problem_hint(problem, "sendco %s%s%s --help", before, *before ? " " : "", name);
    return ERR_USAGE;
}

int command_resolve(const struct args *args, struct call *call, struct problem *problem)
{
    int error;

    *call = (struct call){0};
    if (args->n_words == 0)
        return problem_set(problem, ERR_USAGE, "A command is missing.");
    error = resolve_word(args, call, problem);
    if (error != 0 || args_value(args, "help"))
        return error;
    for (size_t i = 0; i < args->n_options; i++)
        if (!command_takes(call, args->options[i].option->name)) {
            const char *before = call->kind ? call->kind->noun : "", *name = call->report ? call->report->name : call->command->name;

            problem_set(problem, ERR_USAGE, "--%s does not go with \"sendco %s%s%s\".", args->options[i].option->name, before,
                        *before ? " " : "", name);
            problem_hint(problem, "sendco %s%s%s --help", before, *before ? " " : "", name);
            return ERR_USAGE;
        }
    return check_words(call, problem);
}
