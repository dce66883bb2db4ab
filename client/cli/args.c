// Takes a command line apart. Main thread.
#include "client/cli/args.h"

#include <string.h>

#include "common/arena.h"
#include "common/error.h"

static const struct {
    char letter;
    const char *name;
} letters[] = {{'h', "help"}, {'q', "quiet"}, {'y', "yes"}, {'m', "message"}};

static const char *option_long(const char *text, struct arena *arena)
{
    if (text[1] == '-')
        return arena_strndup(arena, text + 2, strcspn(text + 2, "="));
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (text[1] == letters[i].letter && text[2] == '\0')
            return letters[i].name;
    return NULL;
}

static int option_unknown(const struct args_known *known, const char *text, const char *name, struct problem *problem)
{
    const char *near = name ? known->suggest(name) : NULL;

    problem_set(problem, ERR_USAGE, "There is no option %.100s.", text);
    if (near)
        problem_hint(problem, "The most similar one is --%s", near);
    return ERR_USAGE;
}

// One option, with its value from the same word or the next.
static int option_take(int argc, char **argv, int *at, const struct args_known *known, struct arena *arena, struct args *args,
                       struct problem *problem)
{
    const char *text = argv[*at], *name = option_long(text, arena);
    const struct option_info *option = name ? known->find(name) : NULL;
    const char *equals = text[1] == '-' ? strchr(text, '=') : NULL, *value = "";

    if (!option)
        return option_unknown(known, text, name, problem);
    if (!option->value && equals)
        return problem_set(problem, ERR_USAGE, "--%s takes no value.", option->name);
    if (option->value) {
        if (!equals && *at + 1 >= argc)
            return problem_set(problem, ERR_USAGE, "--%s needs a value: --%s %s", option->name, option->name, option->value);
        value = equals ? equals + 1 : argv[++*at];
    }
    args->options[args->n_options++] = (struct given){option, value};
    return 0;
}

int args_parse(int argc, char **argv, const struct args_known *known, struct arena *arena, struct args *args, struct problem *problem)
{
    bool only_words = false;

    args->options = arena_zero(arena, (size_t)argc + 1, sizeof *args->options);
    args->words = arena_zero(arena, (size_t)argc + 1, sizeof *args->words);
    args->n_options = 0;
    args->n_words = 0;
    if (!args->options || !args->words)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for the command line.");
    for (int i = 0; i < argc; i++) {
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0') {
            args->words[args->n_words++] = argv[i];
        } else if (!strcmp(argv[i], "--")) {
            only_words = true;
        } else {
            int error = option_take(argc, argv, &i, known, arena, args, problem);

            if (error != 0)
                return error;
        }
    }
    return 0;
}

const char *args_value(const struct args *args, const char *name)
{
    for (size_t i = args->n_options; i-- > 0;)
        if (!strcmp(args->options[i].option->name, name))
            return args->options[i].value;
    return NULL;
}

const char *args_next(const struct args *args, const char *name, size_t *at)
{
    while (*at < args->n_options) {
        const struct given *given = &args->options[(*at)++];

        if (!strcmp(given->option->name, name))
            return given->value;
    }
    return NULL;
}
