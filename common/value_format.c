// A value shown to people, or written for scripts so that value_parse takes it
// back. Any thread.
#include "common/value.h"

#include <inttypes.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/kind.h"
#include "common/record.h"

static uint64_t format_positive(int64_t number)
{
    return number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
}

static const char *format_percent(const struct field *field, bool human)
{
    return human && field->unit && strcmp(field->unit, "%") == 0 ? "%" : "";
}

// "1,234" for people; they count noughts badly.
static const char *format_thousands(uint64_t number, struct arena *arena)
{
    const char *digits = arena_printf(arena, "%" PRIu64, number);
    if (!digits || number < 1000) {
        return digits;
    }
    size_t length = strlen(digits), used = 0;
    char *out = arena_alloc(arena, length + length / 3 + 1);
    for (size_t i = 0; out && i < length; i++) {
        if (i && (length - i) % 3 == 0) {
            out[used++] = ',';
        }
        out[used++] = digits[i];
    }
    if (out) {
        out[used] = '\0';
    }
    return out;
}

static const char *format_money(int64_t pence, bool human, struct arena *arena)
{
    uint64_t positive = format_positive(pence);
    const char *sign = pence < 0 ? "-" : "";
    if (!human) {
        return arena_printf(arena, "%s%" PRIu64 ".%02" PRIu64, sign, positive / 100, positive % 100);
    }
    const char *pounds = format_thousands(positive / 100, arena);
    return pounds ? arena_printf(arena, "%s£%s.%02" PRIu64, sign, pounds, positive % 100) : NULL;
}

static const char *format_minutes(int64_t minutes, bool human, struct arena *arena)
{
    uint64_t positive = format_positive(minutes);
    const char *sign = minutes < 0 ? "-" : "";
    if (!human) {
        return arena_printf(arena, "%s%" PRIu64, sign, positive);
    }
    if (positive < 60) {
        return arena_printf(arena, "%s%" PRIu64 " min", sign, positive);
    }
    return positive % 60 ? arena_printf(arena, "%s%" PRIu64 "h%02" PRIu64, sign, positive / 60, positive % 60)
                         : arena_printf(arena, "%s%" PRIu64 "h", sign, positive / 60);
}

static const char *format_date(int64_t date, bool human, struct arena *arena)
{
    char buffer[DATE_TEXT_MAX];
    if (date < INT32_MIN || date > INT32_MAX) {
        return arena_printf(arena, "%" PRId64, date);
    }
    return arena_strdup(arena, human ? date_human((int32_t)date, buffer) : date_iso((int32_t)date, buffer));
}

static const char *format_time(int64_t time, bool human, struct arena *arena)
{
    char buffer[32];
    return arena_strdup(arena, human ? clock_text(time, buffer) : clock_iso(time, buffer));
}

// A number that is none of the choices comes from a newer server: show it.
static const char *format_choice(const struct field *field, int64_t number, bool human, struct arena *arena)
{
    for (size_t i = 0; i < field->n_choices; i++) {
        if (field->choices[i].number == number) {
            return human ? field->choices[i].label : field->choices[i].name;
        }
    }
    return arena_printf(arena, "%" PRId64, number);
}

static const char *format_ref(const struct field *field, int64_t id, struct arena *arena)
{
    char buffer[ID_TEXT_MAX];
    return id > 0 && field->ref ? arena_strdup(arena, id_format(field->ref, id, buffer)) : arena_printf(arena, "%" PRId64, id);
}

static const char *format_number(const struct field *field, int64_t number, bool human, struct arena *arena)
{
    const char *sign = number < 0 ? "-" : "";
    uint64_t positive = format_positive(number);
    switch (field->as) {
    case AS_BOOL:
        return human ? (number ? "yes" : "no") : (number ? "true" : "false");
    case AS_ENUM:
        return format_choice(field, number, human, arena);
    case AS_REF:
        return format_ref(field, number, arena);
    case AS_DATE:
        return format_date(number, human, arena);
    case AS_TIME:
        return format_time(number, human, arena);
    case AS_MONEY:
        return format_money(number, human, arena);
    case AS_MINUTES:
        return format_minutes(number, human, arena);
    case AS_TENTHS:
        return arena_printf(arena, "%s%" PRIu64 ".%" PRIu64 "%s", sign, positive / 10, positive % 10, format_percent(field, human));
    default:
        return arena_printf(arena, "%s%" PRIu64 "%s", sign, positive, format_percent(field, human));
    }
}

const char *value_format(const struct field *field, struct value value, enum value_style style, struct arena *arena)
{
    const char *text = NULL;
    if (value.type == VALUE_TEXT) {
        text = value.text;
    } else if (value.type == VALUE_NUMBER) {
        text = format_number(field, value.number, style == VALUE_HUMAN, arena);
    }
    return text ? text : "";
}
