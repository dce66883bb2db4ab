// What `sendco help` says: all of it read from the tables of commands, kinds,
// reports and errors. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "client/cli/fields.h"
#include "common/kind.h"
#include "common/text.h"

#define HELP_NAMES 10
#define HELP_VERB   30
#define HELP_REPORT 13
#define HELP_FIELD  40
#define HELP_CODE   21

const char help_topics[] = "fields dates formats options exit";

static const char dates[] = "Dates are typed as at school, day first always:\n"
                            "  14/9  14/9/26  14.9.2026  14 sep  14 September 2026  2026-09-14\n"
                            "  today  tomorrow  yesterday  fri  next fri  last mon\n"
                            "  3d  2w  3m (from today)  +10  -1w  eow (Sunday)  eom (end of the month)\n"
                            "A year of two digits is the nearest within 50 years; without a year it is the\n"
                            "nearest such date to today. \"fri\" is the next Friday after today, \"next fri\" the\n"
                            "one of next week, \"last fri\" the one before today. What was understood is said\n"
                            "back with its weekday. Programs get 2026-09-14.\n";

static const char formats[] = "On a terminal: aligned tables, cut to fit. Elsewhere: tab separated, ISO dates,\n"
                              "nothing cut. --json: one object with schema_version; empty fields are null, ids\n"
                              "are strings. --jsonl: one object a line. --csv, and --excel for Excel.\n"
                              "A list with nothing in it is an answer: exit code 0 and an empty table.\n"
                              "CSV and TSV of a report hold its table of records; --json holds all of it.\n";

static const char fields[] = "FIELD=VALUE sets a field, FIELD= empties it. FIELD=@FILE takes the text from a\n"
                             "file and FIELD=- from standard input: that keeps it out of the list of processes\n"
                             "and of the shell's history. A text that begins with @ is written @@.\n"
                             "A reference is an id (PUP-0017) or a name (\"Aisha Khan\") or a UPN; when several\n"
                             "fit, you are asked, or a script gets exit code 66 and the list. Before a change,\n"
                             "the beginning of a name is asked back; what a name was taken for is always said.\n"
                             "What a text may be long is counted in characters (60 for a name): an accented\n"
                             "letter is one where Unicode has it as one (ễ), else its marks count too.\n";

// Words from column `at` on, each line after the first beginning at `indent`.
static void wrapped(const struct cli *cli, FILE *to, int at, int indent, const char *text)
{
    int width = cli->width > 0 ? cli->width : 80, column = at;

    if (indent > width / 2)
        indent = width / 2;
    for (const char *word = text; *word;) {
        size_t length = strcspn(word, " ");
        char *copy = strndup(word, length);
        int wide = copy ? text_width(copy) : (int)length;

        free(copy);
        if (column > indent && column + 1 + wide > width) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (word != text) {
            fputc(' ', to);
            column++;
        }
        fprintf(to, "%.*s", (int)length, word);
        column += wide;
        word += length + strspn(word + length, " ");
    }
    fputc('\n', to);
}

// "  name        what it does", the latter under itself when it is long.
static void entry(const struct cli *cli, FILE *to, int indent, const char *name, const char *help)
{
    int at = fprintf(to, "  %s", name);

    at += text_width(name) - (int)strlen(name);
    at += fprintf(to, "%*s", indent > at + 1 ? indent - at : 1, "");
    wrapped(cli, to, at, indent, help);
}

static const char *nothing(const char *text)
{
    return text && *text ? text : "-";
}

static char *words_add(char *list, const char *word)
{
    char *longer = NULL;

    if (asprintf(&longer, "%s%s%s", list ? list : "", list ? " " : "", word) < 0)
        return list;
    free(list);
    return longer;
}

static char *kinds_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_kinds; i++)
        list = words_add(list, kinds[i].noun);
    return list;
}

static char *verbs_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_verbs; i++)
        list = words_add(list, verbs[i].name);
    return list;
}

static char *reports_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_report_infos; i++)
        list = words_add(list, report_infos[i].name);
    return list;
}

// Those of two words ("log contact") by their first, once.
static char *commands_words(void)
{
    char *list = NULL, first[32] = "";

    for (size_t i = 0; i < n_commands; i++) {
        size_t length = strcspn(commands[i].name, " ");

        if (strlen(first) == length && !strncmp(first, commands[i].name, length))
            continue;
        snprintf(first, sizeof first, "%.*s", (int)length, commands[i].name);
        list = words_add(list, first);
    }
    return list;
}

// Takes the list.
static void help_names(const struct cli *cli, FILE *to, const char *what, char *list)
{
    int at = fprintf(to, "%-*s", HELP_NAMES, what);

    wrapped(cli, to, at, HELP_NAMES, list ? list : "");
    free(list);
}

// What there is to do, as somebody would type it on the first day. A row is shown when
// there is such a command: a school may have other kinds.
static const struct {
    const char *task, *example;
} tasks[] = {
    {"Look", "register --class 3B"},
    {"", "pupil show \"Aisha Khan\""},
    {"", "map --class 3B"},
    {"Register", "pupil add surname=Khan forename=Aisha born=14/9/18 entered=1/9"},
    {"", "sen-status add pupil=\"Aisha Khan\" provision=K starts=today"},
    {"", "need add pupil=\"Aisha Khan\" need=SLCN rank=1 starts=today"},
    {"Plan", "plan add pupil=PUP-0017 template=APDR status=live starts=today"},
    {"", "target add pupil=PUP-0017 plan=PLN-04K7 aim=@aim.txt due=12w"},
    {"Provision", "provision start Handwriting Blue --pupils \"Khan=85; Lee\""},
    {"", "log session Blue --absent Lee"},
    {"", "provision close Blue Khan=92 Lee=LEFT"},
    {"Home", "log contact \"Aisha Khan\" phone - --with mother"},
    {"Mend", "undo TGT-04K7"},
};

static bool task_there(const char *example)
{
    struct arena arena;
    char *rest = NULL, *copy;
    struct args args = {0};
    struct call call;
    char *words[3] = {NULL, NULL, NULL};

    arena_init(&arena, 0);
    copy = arena_strdup(&arena, example);
    for (char *word = copy ? strtok_r(copy, " ", &rest) : NULL; word && args.n_words < 2; word = strtok_r(NULL, " ", &rest))
        words[args.n_words++] = word;
    args.words = words;
    command_resolve(&args, &call, NULL);
    bool there = call.command != NULL;
    arena_deinit(&arena);
    return there;
}

void help_all(struct cli *cli, FILE *to)
{
    fprintf(to, "sendco: the SEND work of a school. More: sendco help WORD, for any word below\n");
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (task_there(tasks[i].example))
            fprintf(to, "%-9s sendco %s\n", tasks[i].task, tasks[i].example);
    help_names(cli, to, "reports", reports_words());
    help_names(cli, to, "kinds", kinds_words());
    help_names(cli, to, "  verbs", verbs_words());
    help_names(cli, to, "commands", commands_words());
    help_names(cli, to, "topics", strdup(help_topics));
}

static const char *field_takes(const struct field *field)
{
    switch (field->as) {
    case AS_DATE:
        return "date";
    case AS_TIME:
        return "time";
    case AS_BOOL:
        return "yes or no";
    case AS_MONEY:
        return "pounds";
    case AS_MINUTES:
        return "minutes, 1h30";
    case AS_TENTHS:
        return "number, 94.1";
    case AS_NUMBER:
        return "number";
    case AS_REF:
        return field->ref->noun;
    case AS_CODE:
        return field->codes;
    case AS_UPN:
        return "UPN";
    case AS_ENUM:
        return "one of";
    default:
        return "text";
    }
}

static void help_field(const struct cli *cli, FILE *to, const struct field *field)
{
    char *text = NULL, name[96], padded[80];
    bool both = field->required && field->fixed;

    snprintf(padded, sizeof padded, "%-20s %-16s", field->name, field_takes(field));
    snprintf(name, sizeof name, "%s", padded);
    if (asprintf(&text, "%s%s%s%s%s%s%s%s", field->label, *field->help ? ": " : "", field->help,
                 field->required || field->fixed ? " (" : "", field->required ? "required" : "", both ? ", " : "",
                 field->fixed ? "never changes" : "", field->required || field->fixed ? ")" : "") < 0)
        return;
    entry(cli, to, HELP_FIELD, name, text);
    free(text);
    text = NULL;
    for (size_t i = 0; field->as == AS_ENUM && i < field->n_choices; i++)
        text = words_add(text, field->choices[i].name);
    if (text) {
        fprintf(to, "%*s", HELP_FIELD, "");
        wrapped(cli, to, HELP_FIELD, HELP_FIELD, text);
    }
    free(text);
}

// What a field of an example holds.
static const char *example_value(const struct field *field)
{
    const struct code_list *codes = fields_codes(field);
    static char text[64];

    if (field->as == AS_REF && field->ref == kind_of_subject(SUBJECT_PUPIL))
        return "\"Aisha Khan\"";
    if (field->as == AS_REF)
        snprintf(text, sizeof text, "%s-04K7", field->ref->prefix);
    else if (field->as == AS_DATE)
        return "today";
    else if (field->as == AS_BOOL)
        return "yes";
    else if (field->as == AS_ENUM && field->n_choices > 0)
        return field->choices[0].name;
    else if (codes && codes->n_rows > 0)
        return codes->rows[0].code;
    else
        return field_is_text(field) ? "…" : "1";
    return text;
}

char *help_form(const struct kind *kind)
{
    char *text = NULL;

    if (asprintf(&text, "sendco %s add", kind->noun) < 0)
        return NULL;
    for (size_t i = 0; text && i < kind->n_fields; i++) {
        char one[160];

        if (!kind->fields[i].required)
            continue;
        snprintf(one, sizeof one, "%s=%s", kind->fields[i].name, example_value(&kind->fields[i]));
        text = words_add(text, one);
    }
    return text;
}

static void help_examples(const struct cli *cli, FILE *to, const struct kind *kind)
{
    char *form = help_form(kind);
    const struct command *verb;

    fprintf(to, "\nExamples:\n  ");
    wrapped(cli, to, 2, 6, form ? form : "");
    free(form);
    for (size_t at = n_verbs; (verb = verb_next(kind, &at));) {
        fprintf(to, "  sendco ");
        wrapped(cli, to, 9, 6, verb->example);
    }
    fprintf(to, "  sendco %s list --sort %s\n  sendco %s show %s-04K7\n", kind->noun, kind->fields[0].name, kind->noun, kind->prefix);
    fprintf(to, "  sendco %s edit %s-04K7 %s=…\n", kind->noun, kind->prefix, kind->fields[kind->n_fields - 1].name);
}

static void help_kind(const struct cli *cli, FILE *to, const struct kind *kind)
{
    const struct report_info *info = report_info_find(kind->noun);
    const struct command *verb;

    fprintf(to, "%s: sendco %s VERB …   ids look like %s-04K7\n", kind->title, kind->noun, kind->prefix);
    if (kind->help && *kind->help)
        wrapped(cli, to, 0, 0, kind->help);
    help_examples(cli, to, kind);
    fprintf(to, "\nVerbs:\n");
    for (size_t at = 0; (verb = verb_next(kind, &at));) {
        char name[64];

        snprintf(name, sizeof name, "%-8s %s", verb->name, verb->words);
        entry(cli, to, HELP_VERB, name, verb->help);
    }
    if (info) {
        fprintf(to, "\nThe report of that name: sendco help report %s\n", info->name);
        wrapped(cli, to, 0, 0, info->help);
    }
    fprintf(to, "\nFields:\n");
    for (size_t i = 0; i < kind->n_fields; i++)
        help_field(cli, to, &kind->fields[i]);
    fprintf(to, "\nDuties: %s\n", nothing(kind->duty));
}

static void help_option(const struct cli *cli, FILE *to, const char *name, const char *value, const char *help)
{
    fprintf(to, "  --%s%s%s\n      ", name, value ? " " : "", value ? value : "");
    wrapped(cli, to, 6, 6, help);
}

static void help_options(const struct cli *cli, FILE *to, const struct call *call, bool always)
{
    for (size_t i = 0; i < n_options; i++) {
        bool common = command_lists(command_always, options[i].name), param = false;

        for (const struct report_param *p = call && call->report ? call->report->params : NULL; p && p->name; p++)
            param |= !strcmp(p->name, options[i].name);
        if (!param && (call ? command_takes(call, options[i].name) && common == always : true))
            help_option(cli, to, options[i].name, options[i].value, options[i].help);
    }
}

void help_call(struct cli *cli, const struct call *call)
{
    const struct command *command = call->command;
    char words[CALL_TEXT];

    if (!command) {
        if (call->kind)
            help_kind(cli, cli->out, call->kind);
        else
            help_all(cli, cli->out);
        return;
    }
    fprintf(cli->out, "sendco %s\n\n", call_words(call, words));
    wrapped(cli, cli->out, 0, 0, call->report ? call->report->help : command->help);
    if (*command->example)
        fprintf(cli->out, "\n  sendco %s\n", command->example);
    if (command->run == report_command && !call->report)
        for (size_t i = 0; i < n_report_infos; i++) {
            fputs(i ? "" : "\nReports:\n", cli->out);
            entry(cli, cli->out, HELP_REPORT, report_infos[i].name, report_infos[i].help);
        }
    fprintf(cli->out, "\nOptions:\n");
    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++)
        help_option(cli, cli->out, param->name, param->how & REPORT_FLAG ? NULL : param->value, param->help);
    help_options(cli, cli->out, call, false);
    fprintf(cli->out, "\nOptions of all commands: sendco help options\n");
    if (call->kind && (command->run == add_command || command->run == edit_command)) {
        fprintf(cli->out, "\n%s\nFields:\n", fields);
        for (size_t i = 0; i < call->kind->n_fields; i++)
            help_field(cli, cli->out, &call->kind->fields[i]);
    }
}

static void help_code(const struct cli *cli, FILE *to, int exit, const struct error_info *info)
{
    char name[64];

    snprintf(name, sizeof name, "%2d  %s", exit, info->code);
    entry(cli, to, HELP_CODE, name, info->help);
}

static void help_exit(const struct cli *cli, FILE *to)
{
    size_t count;
    const struct error_info *list = error_list(&count);

    fprintf(to, "   0  done\n   1  done, and the answer is no: find found nothing, a question was answered no\n"
                "  84  a part was done: undo of a batch left alone what was changed since\n 130  interrupted\n");
    for (int exit = 2; exit < 128; exit++)
        for (size_t i = 0; i < count; i++)
            if (list[i].error != ERR_OK && list[i].exit == exit)
                help_code(cli, to, exit, &list[i]);
}

static bool help_error(const struct cli *cli, FILE *to, const char *topic)
{
    const struct error_info *info = error_by_code(topic);

    if (!info || info->error == ERR_OK)
        return false;
    fprintf(to, "%s (exit code %d)\n\n", info->code, info->exit);
    wrapped(cli, to, 0, 0, info->help);
    fprintf(to, "\nnext: ");
    wrapped(cli, to, 6, 6, info->hint);
    return true;
}

static bool help_topic(const struct cli *cli, FILE *to, const char *topic)
{
    static const struct {
        const char *name, *text;
    } topics[] = {{"dates", dates}, {"formats", formats}, {"fields", fields}};

    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++)
        if (text_same(topic, topics[i].name)) {
            fputs(topics[i].text, to);
            return true;
        }
    if (text_same(topic, "options"))
        help_options(cli, to, NULL, true);
    else if (text_same(topic, "exit"))
        help_exit(cli, to);
    else
        return false;
    return true;
}

// "log": the commands that begin so.
static bool help_group(const struct cli *cli, FILE *to, const char *word)
{
    size_t length = strlen(word), n = 0;

    for (size_t i = 0; i < n_commands; i++) {
        const struct command *command = &commands[i];

        if (strncmp(command->name, word, length) != 0 || command->name[length] != ' ')
            continue;
        fprintf(to, "%ssendco %s %s\n  ", n++ ? "\n" : "", command->name, command->words);
        wrapped(cli, to, 2, 2, command->help);
        fprintf(to, "    sendco %s\n", command->example);
    }
    if (n > 0)
        fprintf(to, "\nOptions: sendco %s %s --help\n", word, "WORD");
    return n > 0;
}

int help_command(struct cli *cli, const struct call *call)
{
    struct args words = {.words = call->argv, .n_words = call->argc};
    struct call about;
    struct problem problem;

    problem_init(&problem, &cli->arena);
    if (call->argc == 0) {
        help_all(cli, cli->out);
        return 0;
    }
    if (help_error(cli, cli->out, call->argv[0]) || help_topic(cli, cli->out, call->argv[0]))
        return 0;
    if (call->argc == 1 && help_group(cli, cli->out, call->argv[0]))
        return 0;
    int error = command_resolve(&words, &about, &problem);
    if ((error == 0 || about.command || about.kind) && (call->argc == 1 || about.command)) {
        help_call(cli, &about); // that words of the call itself are missing is no matter here
        return 0;
    }
    return cli_fail(cli, NULL, &problem);
}
