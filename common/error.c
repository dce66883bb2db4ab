// The errors by number and by code, and the sentences that go with one failure.
// Everything here is either constant or the caller's own: any thread.
#include "common/error.h"
#undef problem_set

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "common/arena.h"
#include "common/kind.h"
#include "protocol.pb-c.h"

static const struct error_info errors[] = {
#define X(name, number, outcome, exit, hint, help) {ERR_##name, "E-" #name, SENDCO__OUTCOME__##outcome, exit, hint, help},
    ERROR_LIST(X)
#undef X
};

#define N_ERRORS (sizeof errors / sizeof *errors)

const struct error_info *error_info(int error)
{
    const struct error_info *internal = NULL;
    for (size_t i = 0; i < N_ERRORS; i++) {
        if ((int)errors[i].error == error)
            return &errors[i];
        if (errors[i].error == ERR_INTERNAL)
            internal = &errors[i];
    }
    return internal;
}

const struct error_info *error_by_code(const char *code)
{
    for (size_t i = 0; i < N_ERRORS; i++) {
        if (strcasecmp(errors[i].code, code) == 0)
            return &errors[i];
    }
    return NULL;
}

const struct error_info *error_list(size_t *count)
{
    *count = N_ERRORS;
    return errors;
}

void problem_init(struct problem *problem, struct arena *arena)
{
    *problem = (struct problem){.arena = arena};
}

// Sentences quote what people and peers sent. They travel as protobuf strings
// and reach terminals, so bad UTF-8 and controls become "?" and a text that is
// too long ends in "…", never in half a character.
static void problem_tidy(const char *from, char *to, size_t size)
{
    static const char more[] = "…";
    size_t used = 0, fits = 0; // `fits`: how much leaves room for `more`
    while (*from) {
        utf8proc_int32_t point;
        utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)from, -1, &point);
        bool bad = length <= 0 || point < 0x20 || (point >= 0x7f && point < 0xa0);
        size_t step = length <= 0 ? 1 : (size_t)length, put = bad ? 1 : step;
        if (used + put + 1 > size) {
            used = fits;
            memcpy(to + used, more, sizeof more - 1);
            used += sizeof more - 1;
            break;
        }
        memcpy(to + used, bad ? "?" : from, put);
        used += put;
        from += step;
        if (used + sizeof more <= size)
            fits = used;
    }
    to[used] = '\0';
}

// Through a buffer of our own: an argument may be the very text that is replaced.
__attribute__((format(printf, 4, 0))) static void problem_write(char *to, size_t size, const char *prefix, const char *format, va_list list)
{
    char text[1024];
    int start = snprintf(text, sizeof text, "%s", prefix);
    if (start < 0 || (size_t)start >= sizeof text)
        start = 0;
    if (vsnprintf(text + start, sizeof text - (size_t)start, format, list) < 0)
        text[start] = '\0';
    problem_tidy(text, to, size);
}

int problem_set(struct problem *problem, int error, const char *format, ...)
{
    if (!problem)
        return error;
    va_list list;
    va_start(list, format);
    problem_write(problem->message, sizeof problem->message, "", format, list);
    va_end(list);
    problem->error = error;
    problem->hint[0] = '\0';
    return error;
}

void problem_hint(struct problem *problem, const char *format, ...)
{
    if (!problem)
        return;
    va_list list;
    va_start(list, format);
    problem_write(problem->hint, sizeof problem->hint, "", format, list);
    va_end(list);
}

static const char *problem_keep(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static struct value problem_keep_value(struct arena *arena, struct value value)
{
    if (value.type == VALUE_TEXT && value.text) {
        value.text = arena_strdup(arena, value.text);
        if (!value.text)
            return (struct value){0};
    }
    return value;
}

// Room for one more: arrays of 4, 8, 16 … so that no capacity need be kept.
static bool problem_make_room(struct problem *problem)
{
    size_t n = problem->n_fields;
    if (n != 0 && (n < 4 || (n & (n - 1)) != 0))
        return true;
    struct problem_field *fields = arena_zero(problem->arena, n ? n * 2 : 4, sizeof *fields);
    if (!fields)
        return false;
    if (n)
        memcpy(fields, problem->fields, n * sizeof *fields);
    problem->fields = fields;
    return true;
}

struct problem_field *problem_field_add(struct problem *problem, const struct problem_field *field)
{
    if (!problem || !problem->arena || !problem_make_room(problem))
        return NULL;
    struct problem_field *kept = &problem->fields[problem->n_fields++];
    *kept = *field;
    kept->message = problem_keep(problem->arena, field->message);
    kept->who = problem_keep(problem->arena, field->who);
    kept->base = problem_keep_value(problem->arena, field->base);
    kept->theirs = problem_keep_value(problem->arena, field->theirs);
    kept->yours = problem_keep_value(problem->arena, field->yours);
    return kept;
}

int problem_in_field(struct problem *problem, int error, const struct kind *kind, int64_t id, int field, const char *format, ...)
{
    if (!problem)
        return error;
    char prefix[160] = "", message[sizeof problem->message];
    const char *label = !kind ? NULL : field >= 0 && field < kind->n_fields ? kind->fields[field].label : kind->title;
    if (label)
        snprintf(prefix, sizeof prefix, "%s: ", label);
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    problem_write(message, sizeof message, "", format, list);
    problem_write(problem->message, sizeof problem->message, prefix, format, again);
    va_end(again);
    va_end(list);
    problem->error = error;
    problem->hint[0] = '\0';
    problem_field_add(problem, &(struct problem_field){.kind = kind, .id = id, .field = field, .message = message});
    return error;
}

const char *problem_next(const struct problem *problem)
{
    return problem->hint[0] ? problem->hint : error_info(problem->error)->hint;
}
