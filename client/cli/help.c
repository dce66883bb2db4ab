// What `sendco help` says: all of it read from the tables of commands, kinds,
// reports and errors. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "common/kind.h"
#include "common/text.h"

#define HELP_INDENT 15 // where what a command does begins
#define HELP_VERB   30
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

// Takes the list.
static void help_names(const struct cli *cli, FILE *to, const char *what, char *list)
{
    entry(cli, to, 9, what, list ? list : "");
    free(list);
}

void help_all(struct cli *cli, FILE *to)
{
    fprintf(to, "sendco: the SEND work of a school, shared by those who do it.\n\n"
                "  sendco register                                the SEND register today\n"
                "  sendco find \"Aisha Khan\"                       where is she?\n"
                "  sendco target add pupil=PUP-0017 aim=@aim.txt due='14 sep'\n"
                "  sendco target edit TGT-04K7 progress=-         the text from standard input\n"
                "  sendco watch                                   what others change, as they do\n\n");
    fprintf(to, "Records:  sendco KIND VERB [ID] [FIELD=VALUE …]\n");
    help_names(cli, to, "kinds", kinds_words());
    help_names(cli, to, "verbs", verbs_words());
    fprintf(to, "\nReports:\n");
    for (size_t i = 0; i < n_report_infos; i++)
        entry(cli, to, HELP_INDENT, report_infos[i].name, report_infos[i].help);
    fprintf(to, "\nCommands:\n");
    for (size_t i = 0; i < n_commands; i++)
        entry(cli, to, HELP_INDENT, commands[i].name, commands[i].help);
    fprintf(to, "\nMore: sendco help KIND, sendco help COMMAND, sendco help E-CONFLICT,\n      sendco help fields, dates, formats, "
                "options, exit\n");
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

static void help_kind(const struct cli *cli, FILE *to, const struct kind *kind)
{
    fprintf(to, "%s: sendco %s VERB …   ids look like %s-04K7\n", kind->title, kind->noun, kind->prefix);
    if (kind->help && *kind->help)
        wrapped(cli, to, 0, 0, kind->help);
    fprintf(to, "\nVerbs:\n");
    for (size_t i = 0; i < n_verbs; i++) {
        char name[64];

        snprintf(name, sizeof name, "%-8s %s", verbs[i].name, verbs[i].words);
        entry(cli, to, HELP_VERB, name, verbs[i].help);
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

    if (!command) {
        if (call->kind)
            help_kind(cli, cli->out, call->kind);
        else
            help_all(cli, cli->out);
        return;
    }
    fprintf(cli->out, "sendco %s%s%s %s\n\n", call->kind ? call->kind->noun : "", call->kind ? " " : "",
            call->report ? call->report->name : command->name, command->words);
    wrapped(cli, cli->out, 0, 0, call->report ? call->report->help : command->help);
    if (*command->example)
        fprintf(cli->out, "\n  sendco %s\n", command->example);
    fprintf(cli->out, "\nOptions:\n");
    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++)
        help_option(cli, cli->out, param->name, param->value, param->help);
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
    int error = command_resolve(&words, &about, &problem);
    if ((error == 0 || about.command || about.kind) && (call->argc == 1 || about.command)) {
        help_call(cli, &about); // that words of the call itself are missing is no matter here
        return 0;
    }
    return cli_fail(cli, NULL, &problem);
}
