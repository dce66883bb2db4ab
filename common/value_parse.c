// What a person or a script typed for a field, made into its value. Any thread.
#include "common/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/error.h"
#include "common/kind.h"
#include "common/number.h"
#include "common/record.h"
#include "common/text.h"

#define SHOWN_MAX 80

struct parse {
    const struct field *field;
    const char *text; // in NFC, no blanks at its ends, not empty
    int32_t today;
    struct arena *arena;
    struct problem *problem;
};

int value_refuse(const struct field *field, struct problem *problem, const char *format, ...)
{
    char message[VALUE_FAULT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    const struct kind *kind = field_kind(field);
    if (kind) {
        return problem_in_field(problem, ERR_INVALID, kind, 0, field->index, "%s", message);
    }
    return problem_set(problem, ERR_INVALID, "%s: %s", field->label, message);
}

static int parse_refuse(const struct parse *parse, const char *what, const char *hint)
{
    char shown[SHOWN_MAX];
    int result = value_refuse(parse->field, parse->problem, "\"%s\" %s", text_excerpt(parse->text, shown, sizeof shown), what);
    problem_hint(parse->problem, "%s", hint);
    return result;
}

static int parse_number(const struct parse *parse, int places, int64_t *number)
{
    static const char *const hints[] = {"Type digits, like 12.", "Type it like 94.1.", "Type it like 12.50 or £1,234."};
    const char *fault = number_parse(parse->text, parse->field->unit, places, number);
    return fault ? parse_refuse(parse, fault, hints[places]) : 0;
}

static int parse_minutes(const struct parse *parse, int64_t *number)
{
    const char *fault = number_parse_minutes(parse->text, parse->field->unit, number);
    return fault ? parse_refuse(parse, fault, "Type minutes, like 90, or hours and minutes, like 1h30 or 1:30.") : 0;
}

static int parse_bool(const struct parse *parse, int64_t *number)
{
    static const char *const words[] = {"no", "yes", "n", "y", "false", "true", "0", "1", "f", "t"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_same(parse->text, words[i])) {
            *number = (int64_t)(i % 2);
            return 0;
        }
    }
    return parse_refuse(parse, "is neither yes nor no", "Type yes or no.");
}

// Do they agree but for case, blanks, dashes? With `prefix`, `typed` may stop early.
static bool parse_alike(const char *typed, const char *name, bool prefix)
{
    for (;;) {
        typed += strspn(typed, " -_");
        name += strspn(name, " -_");
        if (!*typed) {
            return !*name || prefix;
        }
        char a[2] = {*typed++, '\0'}, b[2] = {*name, '\0'};
        if (!*name++ || !text_same(a, b)) {
            return false;
        }
    }
}

static int parse_choice_refuse(const struct parse *parse)
{
    const struct field *field = parse->field;
    char list[240];
    size_t used = 0;
    const char *nearest = NULL;
    int least = 3;
    for (size_t i = 0; i < field->n_choices; i++) {
        int distance = text_distance(parse->text, field->choices[i].name);
        if (distance < least) {
            least = distance;
            nearest = field->choices[i].name;
        }
        int more = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", field->choices[i].name);
        if (more < 0 || (size_t)more >= sizeof list - used) {
            memcpy(list + sizeof list - 4, "...", 4);
            break;
        }
        used += (size_t)more;
    }
    int result = parse_refuse(parse, "is none of its choices", "");
    if (nearest) {
        problem_hint(parse->problem, "Did you mean %s? Take one of: %s.", nearest, list);
    } else {
        problem_hint(parse->problem, "Take one of: %s.", list);
    }
    return result;
}

// The whole word first; then the only choice that begins with it ("F" for female).
static int parse_choice(const struct parse *parse, int64_t *number)
{
    const struct field *field = parse->field;
    const struct choice *found = NULL;
    if (strspn(parse->text, " -_") == strlen(parse->text)) {
        return parse_choice_refuse(parse);
    }
    for (size_t i = 0; i < field->n_choices; i++) {
        if (parse_alike(parse->text, field->choices[i].name, false) || parse_alike(parse->text, field->choices[i].label, false)) {
            *number = field->choices[i].number;
            return 0;
        }
    }
    for (size_t i = 0; i < field->n_choices; i++) {
        if (parse_alike(parse->text, field->choices[i].name, true)) {
            if (found) {
                return parse_choice_refuse(parse);
            }
            found = &field->choices[i];
        }
    }
    if (!found) {
        return parse_choice_refuse(parse);
    }
    *number = found->number;
    return 0;
}

// Rewords what a parser of dates, times or ids said so that it names the field.
static int parse_reword(const struct parse *parse, const struct problem *said)
{
    int result = value_refuse(parse->field, parse->problem, "%s", said->message);
    if (said->hint[0]) {
        problem_hint(parse->problem, "%s", said->hint);
    }
    return result;
}

static int parse_date(const struct parse *parse, int64_t *number)
{
    struct problem said;
    int32_t date;
    problem_init(&said, NULL);
    if (date_parse(parse->text, parse->today, &date, &said)) {
        return parse_reword(parse, &said);
    }
    *number = date;
    return 0;
}

// "Mon 14 Sep 2026 10:42": a date and a time of day in London.
static bool parse_day_and_time(const struct parse *parse, int64_t *number)
{
    const char *blank = strrchr(parse->text, ' ');
    int hour, minute, used = 0;
    int32_t date;
    if (!blank || sscanf(blank, " %2d:%2d%n", &hour, &minute, &used) != 2 || blank[used] || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59) {
        return false;
    }
    char *day = arena_strndup(parse->arena, parse->text, (size_t)(blank - parse->text));
    struct problem said;
    problem_init(&said, NULL);
    if (!day || date_parse(day, parse->today, &date, &said)) {
        return false;
    }
    int64_t local = (int64_t)date * 86400 + hour * 3600 + minute * 60;
    for (int64_t summer = 3600; summer >= 0; summer -= 3600) {
        int seconds;
        if (clock_civil(local - summer, &seconds) == date && seconds == hour * 3600 + minute * 60) {
            *number = local - summer;
            return true;
        }
    }
    return false;
}

static int parse_time(const struct parse *parse, int64_t *number)
{
    if (parse_day_and_time(parse, number)) {
        return 0;
    }
    char last[32];
    *number = clock_parse(parse->text, parse->today);
    if (*number != -1 || text_same(parse->text, clock_iso(-1, last))) { // -1 is also the second before 1970
        return 0;
    }
    return parse_refuse(parse, "is no time", "Type a day and a time, like 14/9/2026 10:42 or 2026-09-14T09:42:00Z.");
}

static int parse_ref(const struct parse *parse, int64_t *number)
{
    // A negative number names a new record of the same request.
    const char *digits = parse->text + (*parse->text == '-');
    if (*parse->text == '-' && strspn(digits, "0123456789") == strlen(digits) && number_parse(parse->text, NULL, 0, number) == NULL) {
        return *number ? 0 : parse_refuse(parse, "is no id", "Type the id as sendco shows it.");
    }
    struct problem said;
    problem_init(&said, NULL);
    return id_parse(parse->field->ref, parse->text, NULL, number, &said) ? parse_reword(parse, &said) : 0;
}

// The spelling of the list as it was delivered, by code or by title. Schools add
// codes of their own, so what is not on it stays as typed; a put looks further.
static const char *parse_code(const struct parse *parse)
{
    const struct code_list *list = NULL;
    for (size_t i = 0; i < n_code_lists && !list; i++) {
        list = parse->field->codes && strcmp(code_lists[i].name, parse->field->codes) == 0 ? &code_lists[i] : NULL;
    }
    for (size_t i = 0; list && i < list->n_rows; i++) {
        if (text_same(list->rows[i].code, parse->text)) {
            return list->rows[i].code;
        }
    }
    for (size_t i = 0; list && i < list->n_rows; i++) {
        if (text_same(list->rows[i].title, parse->text)) {
            return list->rows[i].code;
        }
    }
    return parse->text;
}

static const char *parse_upn(const struct parse *parse)
{
    char *upn = arena_strdup(parse->arena, parse->text);
    char *to = upn;
    for (const char *from = upn; from && *from; from++) {
        if (*from != ' ') {
            *to++ = *from >= 'a' && *from <= 'z' ? (char)(*from - 'a' + 'A') : *from;
        }
    }
    if (upn) {
        *to = '\0';
    }
    return upn;
}

static int parse_as_number(const struct parse *parse, int64_t *number)
{
    switch (parse->field->as) {
    case AS_BOOL:
        return parse_bool(parse, number);
    case AS_ENUM:
        return parse_choice(parse, number);
    case AS_REF:
        return parse_ref(parse, number);
    case AS_DATE:
        return parse_date(parse, number);
    case AS_TIME:
        return parse_time(parse, number);
    case AS_MONEY:
        return parse_number(parse, 2, number);
    case AS_TENTHS:
        return parse_number(parse, 1, number);
    case AS_MINUTES:
        return parse_minutes(parse, number);
    default:
        return parse_number(parse, 0, number);
    }
}

// Lines that came from Windows or from an old file end in one newline like any other.
static const char *parse_newlines(const char *text, struct arena *arena)
{
    if (!strchr(text, '\r')) {
        return text;
    }
    char *out = arena_strdup(arena, text), *to = out;
    for (const char *from = out; from && *from; from++) {
        if (*from == '\r' && from[1] == '\n') {
            continue;
        }
        *to++ = *from == '\r' ? '\n' : *from;
    }
    if (out) {
        *to = '\0';
    }
    return out;
}

int value_parse(const struct field *field, const char *text, int32_t today, struct arena *arena, struct value *value,
                struct problem *problem)
{
    struct parse parse = {.field = field, .today = today, .arena = arena, .problem = problem};
    const char *clean = field->as == AS_LONG_TEXT ? parse_newlines(text, arena) : text;
    const char *fault = clean ? text_fault(clean, strlen(clean), true) : NULL;
    if (fault) {
        return value_refuse(field, problem, "holds %s", fault);
    }
    parse.text = clean ? text_normal(clean, arena) : NULL;
    if (!parse.text) {
        return problem_set(problem, ERR_NOMEM, "%s: there is no memory for this text", field->label);
    }
    *value = (struct value){.type = VALUE_EMPTY};
    if (!*parse.text) {
        return 0;
    }
    struct value parsed;
    if (field_is_text(field)) {
        const char *words = field->as == AS_CODE ? parse_code(&parse) : field->as == AS_UPN ? parse_upn(&parse) : parse.text;
        if (!words) {
            return problem_set(problem, ERR_NOMEM, "%s: there is no memory for this text", field->label);
        }
        parsed = value_text(words);
    } else {
        parsed = value_number(0);
        int result = parse_as_number(&parse, &parsed.number);
        if (result) {
            return result;
        }
    }
    int result = value_check(field, parsed, problem);
    if (!result) {
        *value = parsed;
    }
    return result;
}
