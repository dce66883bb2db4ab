// Which command a command line means, and whether its words and options go with it:
// read from the table. Main thread.
#include "client/cli/command.h"

#include <stdio.h>
#include <string.h>

#include "common/kind.h"
#include "common/text.h"

#define VERBS_TEXT 256 // so many words fit into a hint

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

const struct command *verb_next(const struct kind *kind, size_t *at)
{
    while (*at < n_verbs + n_own_verbs) {
        size_t i = (*at)++;

        if (i < n_verbs)
            return &verbs[i];
        if (kind && !strcmp(own_verbs[i - n_verbs].kind, kind->name))
            return &own_verbs[i - n_verbs].command;
    }
    return NULL;
}

const struct command *verb_find(const struct kind *kind, const char *name)
{
    const struct command *verb;

    for (size_t at = 0; (verb = verb_next(kind, &at));)
        if (text_same(verb->name, name))
            return verb;
    return NULL;
}

const char *verb_words(const struct kind *kind, char *text, size_t size)
{
    const struct command *verb;
    size_t used = 0;

    *text = '\0';
    for (size_t at = 0; (verb = verb_next(kind, &at)) && used < size;)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", verb->name);
    return text;
}

// --- reports --------------------------------------------------------------------

bool report_is_command(const struct report_info *info)
{
    for (size_t i = 0; i < n_kinds; i++)
        if (text_same(kinds[i].noun, info->name))
            return false;
    return true;
}

const struct report_param *report_word(const struct report_info *info)
{
    for (const struct report_param *param = info->params; param && param->name; param++)
        if (param->how & REPORT_WORD)
            return param;
    return NULL;
}

const struct report_info *report_of_kind(const struct kind *kind)
{
    const struct report_info *info = report_info_find(kind->noun);
    const struct report_param *param = info ? report_word(info) : NULL;
    const struct kind *of = param && param->kind ? kind_find(param->kind) : NULL;

    if (!of || (of != kind && (kind->about.depth != 1 || of != kind_of_subject(kind->about.subject))))
        return NULL;
    return info;
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
    char words[VERBS_TEXT];

    if (args->n_words < 2) {
        problem_set(problem, ERR_USAGE, "What about \"%s\"? A verb is missing.", noun);
        problem_hint(problem, "sendco %s list, or one of: %s; sendco help %s", noun, verb_words(call->kind, words, sizeof words), noun);
        return ERR_USAGE;
    }
    call->command = verb_find(call->kind, args->words[1]);
    if (!call->command) {
        const char *near = verb_suggest(call->kind, args->words[1]);

        problem_set(problem, ERR_USAGE, "\"%.60s\" is nothing that one does with %s.", args->words[1], call->kind->plural);
        if (near)
            problem_hint(problem, "The most similar one is: sendco %s %s", noun, near);
        else
            problem_hint(problem, "One of: %s", verb_words(call->kind, words, sizeof words));
        return ERR_USAGE;
    }
    call->argc = args->n_words - 2;
    call->argv = args->words + 2;
    return 0;
}

static void resolve_as_report(struct call *call, const struct report_info *info, const struct args *args, int used)
{
    call->report = info;
    call->command = &report_command_row;
    call->argc = args->n_words - used;
    call->argv = args->words + used;
}

// "report NAME": also for those whose name is a kind's.
static int resolve_report(const struct args *args, struct call *call, struct problem *problem)
{
    const struct report_info *info = args->n_words > 1 ? report_info_find(args->words[1]) : NULL;
    char words[VERBS_TEXT] = "";
    size_t used = 0;

    if (info) {
        resolve_as_report(call, info, args, 2);
        return 0;
    }
    const char *near = args->n_words > 1 ? report_suggest(args->words[1]) : NULL;
    if (args->n_words > 1)
        problem_set(problem, ERR_USAGE, "There is no report \"%.60s\".", args->words[1]);
    else
        problem_set(problem, ERR_USAGE, "Which report? Its name is missing: sendco report NAME");
    for (size_t i = 0; i < n_report_infos && used < sizeof words; i++)
        used += (size_t)snprintf(words + used, sizeof words - used, " %s", report_infos[i].name);
    if (near)
        problem_hint(problem, "The most similar one is: sendco report %s", near);
    else
        problem_hint(problem, "There are:%s", words);
    return ERR_USAGE;
}

// "log contact": a command of two words. 1: the word begins none.
static int resolve_two(const struct args *args, struct call *call, struct problem *problem)
{
    const char *word = args->words[0], *second = args->n_words > 1 ? args->words[1] : "";
    char all[VERBS_TEXT] = "";
    size_t length = strlen(word), used = 0;

    for (size_t i = 0; i < n_commands; i++) {
        const char *name = commands[i].name;

        if (strncmp(name, word, length) != 0 || name[length] != ' ')
            continue;
        if (text_same(name + length + 1, second)) {
            call->command = &commands[i];
            call->argc = args->n_words - 2;
            call->argv = args->words + 2;
            return 0;
        }
        if (used < sizeof all)
            used += (size_t)snprintf(all + used, sizeof all - used, "%ssendco %s %s", used ? ", or: " : "", name, commands[i].words);
    }
    if (used == 0)
        return 1;
    if (*second)
        problem_set(problem, ERR_USAGE, "\"%.60s\" is nothing to %.20s.", second, word);
    else
        problem_set(problem, ERR_USAGE, "What is there to %.20s? A word is missing.", word);
    problem_hint(problem, "%s", all);
    return ERR_USAGE;
}

static int resolve_word(const struct args *args, struct call *call, struct problem *problem)
{
    const char *word = args->words[0];
    const struct report_info *info = report_info_find(word);
    int error = resolve_two(args, call, problem);

    if (error != 1)
        return error;
    call->argc = args->n_words - 1;
    call->argv = args->words + 1;
    if ((call->command = command_find(word)))
        return call->command->run == report_command ? resolve_report(args, call, problem) : 0;
    if (info && report_is_command(info)) {
        resolve_as_report(call, info, args, 1);
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

const char *call_words(const struct call *call, char text[CALL_TEXT])
{
    const struct report_info *info = call->report;
    const struct report_param *word = info ? report_word(info) : NULL;

    if (info && word)
        snprintf(text, CALL_TEXT, "%s%s %s%s%s", report_is_command(info) ? "" : "report ", info->name,
                 word->how & REPORT_REQUIRED ? "" : "[", word->value, word->how & REPORT_REQUIRED ? "" : "]");
    else if (info)
        snprintf(text, CALL_TEXT, "%s%s", report_is_command(info) ? "" : "report ", info->name);
    else
        snprintf(text, CALL_TEXT, "%s%s%s%s%s", call->kind ? call->kind->noun : "", call->kind ? " " : "", call->command->name,
                 *call->command->words ? " " : "", call->command->words);
    return text;
}

// The same without what follows: what --help is asked with.
static const char *call_name(const struct call *call, char text[CALL_TEXT])
{
    if (call->report)
        snprintf(text, CALL_TEXT, "%s%s", report_is_command(call->report) ? "" : "report ", call->report->name);
    else
        snprintf(text, CALL_TEXT, "%s%s%s", call->kind ? call->kind->noun : "", call->kind ? " " : "", call->command->name);
    return text;
}

static int check_words(const struct call *call, struct problem *problem)
{
    const struct command *command = call->command;
    int most = call->report && !report_word(call->report) ? 0 : command->most;
    char words[CALL_TEXT], name[CALL_TEXT];

    if (call->argc >= command->least && (most < 0 || call->argc <= most))
        return 0;
    if (call->argc < command->least)
        problem_set(problem, ERR_USAGE, "Something is missing: sendco %s", call_words(call, words));
    else
        problem_set(problem, ERR_USAGE, "\"%.60s\" is one word too many: sendco %s", call->argv[most], call_words(call, words));
    problem_hint(problem, "sendco %s --help", call_name(call, name));
    return ERR_USAGE;
}

// What a report cannot be made without, and what is given twice.
static int check_params(const struct args *args, const struct call *call, struct problem *problem)
{
    char words[CALL_TEXT], name[CALL_TEXT];

    for (const struct report_param *param = call->report ? call->report->params : NULL; param && param->name; param++) {
        bool word = (param->how & REPORT_WORD) && call->argc > 0, option = args_value(args, param->name) != NULL;

        if (word && option)
            return problem_set(problem, ERR_USAGE, "\"%.60s\" and --%s are the same: give one of them.", call->argv[0], param->name);
        if (word || option || !(param->how & REPORT_REQUIRED))
            continue;
        problem_set(problem, ERR_USAGE, "Something is missing: sendco %s%s%s%s%s", call_words(call, words),
                    param->how & REPORT_WORD ? "" : " --", param->how & REPORT_WORD ? "" : param->name, param->how & REPORT_WORD ? "" : " ",
                    param->how & REPORT_WORD ? "" : param->value);
        problem_hint(problem, "sendco %s --help", call_name(call, name));
        return ERR_USAGE;
    }
    return 0;
}

int command_resolve(const struct args *args, struct call *call, struct problem *problem)
{
    char name[CALL_TEXT];
    int error;

    *call = (struct call){0};
    if (args->n_words == 0)
        return problem_set(problem, ERR_USAGE, "A command is missing.");
    error = resolve_word(args, call, problem);
    if (error != 0 || args_value(args, "help"))
        return error;
    for (size_t i = 0; i < args->n_options; i++)
        if (!command_takes(call, args->options[i].option->name)) {
            problem_set(problem, ERR_USAGE, "--%s does not go with \"sendco %s\".", args->options[i].option->name, call_name(call, name));
            problem_hint(problem, "sendco %s --help", name);
            return ERR_USAGE;
        }
    error = check_words(call, problem);
    return error != 0 ? error : check_params(args, call, problem);
}
