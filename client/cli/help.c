// What `sendco help` says: all of it read from the tables of commands, kinds,
// reports and errors. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/codes.h"
#include "client/cli/command.h"
#include "client/cli/help.h"
#include "common/kind.h"
#include "common/text.h"

#define HELP_NAMES  10
#define HELP_REPORT 13

static char *kinds_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_kinds; i++)
        list = help_word_add(list, kinds[i].noun);
    return list;
}

static char *verbs_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_verbs; i++)
        list = help_word_add(list, verbs[i].name);
    return list;
}

static char *reports_words(void)
{
    char *list = NULL;

    for (size_t i = 0; i < n_report_infos; i++)
        list = help_word_add(list, report_infos[i].name);
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
        list = help_word_add(list, first);
    }
    return list;
}

// Takes the list.
static void help_names(const struct cli *cli, FILE *to, const char *what, char *list)
{
    int at = fprintf(to, "%-*s", HELP_NAMES, what);

    help_wrapped(cli, to, at, HELP_NAMES, list ? list : "");
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

static void help_option(const struct cli *cli, FILE *to, const char *name, const char *value, const char *help)
{
    fprintf(to, "  --%s%s%s\n      ", name, value ? " " : "", value ? value : "");
    help_wrapped(cli, to, 6, 6, help);
}

void help_options(const struct cli *cli, FILE *to, const struct call *call, bool always)
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
    help_wrapped(cli, cli->out, 0, 0, call->report ? call->report->help : command->help);
    if (*command->example)
        fprintf(cli->out, "\n  sendco %s\n", command->example);
    if (command->run == report_command && !call->report)
        for (size_t i = 0; i < n_report_infos; i++) {
            fputs(i ? "" : "\nReports:\n", cli->out);
            help_entry(cli, cli->out, HELP_REPORT, report_infos[i].name, report_infos[i].help);
        }
    fprintf(cli->out, "\nOptions:\n");
    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++)
        help_option(cli, cli->out, param->name, param->how & REPORT_FLAG ? NULL : param->value, param->help);
    help_options(cli, cli->out, call, false);
    fprintf(cli->out, "\nOptions of all commands: sendco help options\n");
    if (call->kind && (command->run == add_command || command->run == edit_command)) {
        fprintf(cli->out, "\n%s\nFields:\n", help_of_fields);
        for (size_t i = 0; i < call->kind->n_fields; i++)
            help_field(cli, cli->out, &call->kind->fields[i]);
    }
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
        help_wrapped(cli, to, 2, 2, command->help);
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
    if (!about.command && !about.kind && call->argc == 1 && (codes_help(cli, call->argv[0]) || help_codes(cli, cli->out, call->argv[0])))
        return 0;
    if ((error == 0 || about.command || about.kind) && (call->argc == 1 || about.command)) {
        help_call(cli, &about); // that words of the call itself are missing is no matter here
        return 0;
    }
    return cli_fail(cli, NULL, &problem);
}
