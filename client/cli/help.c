// What `sendco help` says: all of it read from the tables of commands, kinds,
// reports and errors. Main thread.
#include <string.h>

#include "client/cli/command.h"
#include "common/kind.h"
#include "common/text.h"

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
                             "fit, you are asked, or a script gets exit code 66 and the list.\n";

static const char *nothing(const char *text)
{
    return text && *text ? text : "-";
}

void help_all(struct cli *cli, FILE *to)
{
    (void)cli;
    fprintf(to, "sendco: the SEND work of a school, shared by those who do it.\n\n"
                "  sendco register                                the SEND register today\n"
                "  sendco find \"Aisha Khan\"                       where is she?\n"
                "  sendco target add pupil=PUP-0017 aim=@aim.txt due='14 sep'\n"
                "  sendco target edit TGT-04K7 progress=-         the text from standard input\n"
                "  sendco watch                                   what others change, as they do\n\n");
    fprintf(to, "Records:  sendco KIND VERB [ID] [FIELD=VALUE …]\n");
    fprintf(to, "  kinds ");
    for (size_t i = 0; i < n_kinds; i++)
        fprintf(to, " %s", kinds[i].noun);
    fprintf(to, "\n  verbs ");
    for (size_t i = 0; i < n_verbs; i++)
        fprintf(to, " %s", verbs[i].name);
    fprintf(to, "\n\nReports:\n");
    for (size_t i = 0; i < n_report_infos; i++)
        fprintf(to, "  %-12s %s\n", report_infos[i].name, report_infos[i].help);
    fprintf(to, "\nCommands:\n");
    for (size_t i = 0; i < n_commands; i++)
        fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].help);
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

static void help_field(FILE *to, const struct field *field)
{
    fprintf(to, "  %-20s %-16s %s%s%s", field->name, field_takes(field), field->label, *field->help ? ": " : "", field->help);
    if (field->required || field->fixed)
        fprintf(to, " (%s%s%s)", field->required ? "required" : "", field->required && field->fixed ? ", " : "",
                field->fixed ? "never changes" : "");
    fputc('\n', to);
    if (field->as == AS_ENUM) {
        fprintf(to, "  %-37s", "");
        for (size_t i = 0; i < field->n_choices; i++)
            fprintf(to, " %s", field->choices[i].name);
        fputc('\n', to);
    }
}

static void help_kind(FILE *to, const struct kind *kind)
{
    fprintf(to, "%s: sendco %s VERB …   ids look like %s-04K7\n", kind->title, kind->noun, kind->prefix);
    if (kind->help && *kind->help)
        fprintf(to, "%s\n", kind->help);
    fprintf(to, "\nVerbs:\n");
    for (size_t i = 0; i < n_verbs; i++)
        fprintf(to, "  %-8s %s%*s %s\n", verbs[i].name, verbs[i].words, 18 - text_width(verbs[i].words), "", verbs[i].help);
    fprintf(to, "\nFields:\n");
    for (size_t i = 0; i < kind->n_fields; i++)
        help_field(to, &kind->fields[i]);
    fprintf(to, "\nDuties: %s\n", nothing(kind->duty));
}

static void help_option(FILE *to, const char *name, const char *value, const char *help)
{
    fprintf(to, "  --%s%s%s\n      %s\n", name, value ? " " : "", value ? value : "", help);
}

static void help_options(FILE *to, const struct call *call, bool always)
{
    for (size_t i = 0; i < n_options; i++) {
        bool common = command_lists(command_always, options[i].name), param = false;

        for (const struct report_param *p = call && call->report ? call->report->params : NULL; p && p->name; p++)
            param |= !strcmp(p->name, options[i].name);
        if (!param && (call ? command_takes(call, options[i].name) && common == always : true))
            help_option(to, options[i].name, options[i].value, options[i].help);
    }
}

void help_call(struct cli *cli, const struct call *call)
{
    const struct command *command = call->command;

    if (!command) {
        if (call->kind)
            help_kind(cli->out, call->kind);
        else
            help_all(cli, cli->out);
        return;
    }
    fprintf(cli->out, "sendco %s%s%s %s\n\n%s\n", call->kind ? call->kind->noun : "", call->kind ? " " : "",
            call->report ? call->report->name : command->name, command->words, call->report ? call->report->help : command->help);
    if (*command->example)
        fprintf(cli->out, "\n  sendco %s\n", command->example);
    fprintf(cli->out, "\nOptions:\n");
    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++)
        help_option(cli->out, param->name, param->value, param->help);
    help_options(cli->out, call, false);
    fprintf(cli->out, "\nOptions of all commands: sendco help options\n");
    if (call->kind && (command->run == add_command || command->run == edit_command)) {
        fprintf(cli->out, "\n%s\nFields:\n", fields);
        for (size_t i = 0; i < call->kind->n_fields; i++)
            help_field(cli->out, &call->kind->fields[i]);
    }
}

static void help_exit(FILE *to)
{
    size_t count;
    const struct error_info *list = error_list(&count);

    fprintf(to, "   0  done\n   1  done, and the answer is no: find found nothing, a question was answered no\n"
                "  84  a part was done: undo of a batch left alone what was changed since\n 130  interrupted\n");
    for (int exit = 2; exit < 128; exit++)
        for (size_t i = 0; i < count; i++)
            if (list[i].error != ERR_OK && list[i].exit == exit)
                fprintf(to, " %3d  %-14s %s\n", exit, list[i].code, list[i].help);
}

static bool help_error(FILE *to, const char *topic)
{
    const struct error_info *info = error_by_code(topic);

    if (!info || info->error == ERR_OK)
        return false;
    fprintf(to, "%s (exit code %d)\n\n%s\n\nnext: %s\n", info->code, info->exit, info->help, info->hint);
    return true;
}

static bool help_topic(FILE *to, const char *topic)
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
        help_options(to, NULL, true);
    else if (text_same(topic, "exit"))
        help_exit(to);
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
    if (help_error(cli->out, call->argv[0]) || help_topic(cli->out, call->argv[0]))
        return 0;
    int error = command_resolve(&words, &about, &problem);
    if ((error == 0 || about.command || about.kind) && (call->argc == 1 || about.command)) {
        help_call(cli, &about); // that words of the call itself are missing is no matter here
        return 0;
    }
    return cli_fail(cli, NULL, &problem);
}
