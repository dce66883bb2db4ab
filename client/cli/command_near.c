// The words that can be typed and those near to them: options by name, and what was
// meant by a word that there is not. Main thread.
#include "client/cli/command.h"

#include <string.h>

#include "common/kind.h"
#include "common/text.h"

#define PARAMS_MAX 128

// A report's parameter that is no option elsewhere becomes one, with a row of its own.
static const struct option_info *option_of_report(const char *name)
{
    static struct option_info found[PARAMS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < n_report_infos; i++)
        for (const struct report_param *param = report_infos[i].params; param && param->name && n < PARAMS_MAX; param++, n++)
            if (!strcmp(param->name, name)) {
                found[n] = (struct option_info){param->name, param->how & REPORT_FLAG ? NULL : param->value, param->help};
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

const char *verb_suggest(const struct kind *kind, const char *word)
{
    struct nearest nearest = nearest_start(word);
    const struct command *verb;

    for (size_t at = 0; (verb = verb_next(kind, &at));)
        nearest_try(&nearest, verb->name);
    return nearest.best;
}

const char *report_suggest(const char *word)
{
    struct nearest nearest = nearest_start(word);

    for (size_t i = 0; i < n_report_infos; i++)
        nearest_try(&nearest, report_infos[i].name);
    return nearest.best;
}

const char *field_suggest(const struct kind *kind, const char *word)
{
    struct nearest nearest = nearest_start(word);

    for (size_t i = 0; i < kind->n_fields; i++)
        nearest_try(&nearest, kind->fields[i].name);
    return nearest.best;
}
