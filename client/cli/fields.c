// Turns words into values, the words of options into numbers and days, and values into
// words. Main thread.
#include "client/cli/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/command.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/text.h"

#define FIELD_CLOCK_SLACK 60 // seconds

const struct field *fields_find(const struct kind *kind, const char *name, struct problem *problem)
{
    const struct field *field = field_find(kind, name);

    if (field)
        return field;
    for (size_t i = 0; i < kind->n_fields; i++)
        if (text_same(kind->fields[i].label, name))
            return &kind->fields[i];
    const char *near = field_suggest(kind, name);
    const struct kind *whole = kind_find(name);
    problem_set(problem, ERR_USAGE, "\"%.60s\" is no field of %s.", name, kind->noun);
    if (whole && whole->subject != SUBJECT_SCHOOL && kind->about.subject == SUBJECT_PUPIL)
        problem_hint(problem, "To list those of one %s: sendco %s list --%s NAME", whole->noun, kind->noun, whole->noun);
    else if (near)
        problem_hint(problem, "The most similar one is \"%s\"; all of them: sendco help %s", near, kind->noun);
    else
        problem_hint(problem, "All of them: sendco help %s", kind->noun);
    return NULL;
}

const struct code_list *fields_codes(const struct field *field)
{
    for (size_t i = 0; field->codes && i < n_code_lists; i++)
        if (!strcmp(code_lists[i].name, field->codes))
            return &code_lists[i];
    return NULL;
}

const char *fields_code_title(const struct field *field, const char *code)
{
    const struct code_list *list = fields_codes(field);

    for (size_t i = 0; list && i < list->n_rows; i++)
        if (text_same(list->rows[i].code, code))
            return list->rows[i].title;
    return NULL;
}

// "SEN support" for K: a title stands for its code.
static const char *code_of_title(const struct field *field, const char *text)
{
    const struct code_list *list = fields_codes(field);

    for (size_t i = 0; list && i < list->n_rows; i++)
        if (text_same(list->rows[i].title, text))
            return list->rows[i].code;
    return text;
}

int fields_value(struct cli *cli, const struct kind *kind, const struct field *field, const char *text, struct value *value,
                 struct problem *problem)
{
    *value = (struct value){.type = VALUE_EMPTY};
    if (!*text)
        return 0;
    if (field->as == AS_REF) {
        int64_t id;
        int error = cli_resolve(cli, field->ref, text, &id, problem);

        if (error == 0)
            *value = value_number(id);
        else if (error == ERR_INVALID || error == ERR_NOT_FOUND)
            problem_field_add(problem, &(struct problem_field){.kind = kind, .field = field->index, .message = problem->message});
        return error;
    }
    if (field->as == AS_CODE)
        text = code_of_title(field, text);
    return value_parse(field, text, cli->today, &cli->arena, value, problem);
}

// --- options --------------------------------------------------------------------

int fields_number(const struct cli *cli, const char *option, uint64_t least, uint64_t *number, struct problem *problem)
{
    const char *text = cli_option(cli, option);
    char *end;

    *number = 0;
    if (!text)
        return 0;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno || *number < least)
        return problem_set(problem, ERR_USAGE, "--%s takes a number from %llu on, not \"%.40s\".", option, (unsigned long long)least, text);
    return 0;
}

int fields_hex(const char *text, uint8_t *bytes, size_t size)
{
    size_t length = strlen(text);

    if (length % 2 || length / 2 > size || strspn(text, "0123456789abcdefABCDEF") != length)
        return -1;
    for (size_t i = 0; i < length / 2; i++) {
        char two[3] = {text[2 * i], text[2 * i + 1], '\0'};

        bytes[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return (int)(length / 2);
}

int fields_about(struct cli *cli, const struct kind **kind, int64_t *id, struct problem *problem)
{
    static const struct {
        const char *option;
        enum subject subject;
    } abouts[] = {{"pupil", SUBJECT_PUPIL}, {"class", SUBJECT_CLASS}, {"provision", SUBJECT_GROUP}, {"staff", SUBJECT_STAFF}};

    *kind = NULL;
    for (size_t i = 0; i < sizeof abouts / sizeof *abouts; i++) {
        const char *text = cli_option(cli, abouts[i].option);

        if (!text)
            continue;
        if (*kind)
            return problem_set(problem, ERR_USAGE, "Only one of --pupil, --class, --provision and --staff may be given.");
        *kind = kind_of_subject(abouts[i].subject);
        int error = *kind ? cli_resolve(cli, *kind, text, id, problem) : ERR_USAGE;
        if (error != 0)
            return error;
    }
    return 0;
}

int fields_as_known(struct cli *cli, int64_t *as_known, struct problem *problem)
{
    const char *text = cli_option(cli, "as-known");

    *as_known = 0;
    if (!text)
        return 0;
    *as_known = clock_parse(text, cli->today);
    if (*as_known <= 0) {
        problem_set(problem, ERR_USAGE, "--as-known: \"%.60s\" is neither a date nor a time.", text);
        problem_hint(problem, "As in --as-known 2026-09-14 or --as-known 2026-09-14T10:42:00Z");
        return ERR_USAGE;
    }
    // "today" means its last second, which is to come; a laptop's clock may be a little ahead.
    if (*as_known <= cli->now + FIELD_CLOCK_SLACK || *as_known == clock_midnight(cli->today + 1) - 1)
        return 0;
    problem_set(problem, ERR_USAGE, "--as-known: \"%.60s\" lies in the future; nobody knows what will have been entered by then.", text);
    problem_hint(problem, "What holds on a day to come is asked with --as-at");
    return ERR_USAGE;
}

int fields_day(struct cli *cli, const char *option, int32_t otherwise, int32_t *day, struct problem *problem)
{
    const char *text = cli_option(cli, option);

    *day = otherwise;
    if (!text)
        return 0;
    int error = date_parse(text, cli->today, day, problem);
    if (error != 0) {
        const char *why = arena_strdup(&cli->arena, problem->message);

        problem_set(problem, ERR_USAGE, "--%s: %.600s", option, why ? why : "");
        problem_hint(problem, "How dates are typed: sendco help dates");
        return ERR_USAGE;
    }
    return 0;
}

int fields_as_at(struct cli *cli, int32_t *as_at, struct problem *problem)
{
    return fields_day(cli, "as-at", DATE_NONE, as_at, problem);
}

// --- out --------------------------------------------------------------------------

const char *fields_shown(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena)
{
    if (value.type == VALUE_EMPTY)
        return "";
    if (human && field->as == AS_REF && labels)
        return cli_label(field->ref, value.number, labels);
    return value_format(field, value, human ? VALUE_HUMAN : VALUE_PLAIN, arena);
}

// Columns are narrow: a date stands there without its weekday.
const char *fields_cell(const struct field *field, struct value value, struct cli_labels *labels, bool human, struct arena *arena)
{
    const char *text = fields_shown(field, value, labels, human, arena);
    const char *blank = human && field->as == AS_DATE ? strchr(text, ' ') : NULL;

    return blank ? blank + 1 : text;
}
