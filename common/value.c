// The value of one field: comparing, copying and checking it. Parsing and showing
// are in value_parse.c and value_format.c. Any thread.
#include "common/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/date.h"
#include "common/error.h"
#include "common/kind.h"
#include "common/text.h"

#define TEXT_DEFAULT_MAX      200
#define LONG_TEXT_DEFAULT_MAX 4000
#define CODE_DEFAULT_MAX      20
#define MONEY_LIMIT           INT64_C(1000000000000000) // ten thousand times what England spends on schools, in pence
#define SECONDS_A_DAY         INT64_C(86400)

bool value_equal(struct value a, struct value b)
{
    if (a.type != b.type) {
        return false;
    }
    return a.type == VALUE_EMPTY || (a.type == VALUE_NUMBER ? a.number == b.number : strcmp(a.text, b.text) == 0);
}

int value_compare(struct value a, struct value b)
{
    if (a.type != b.type) {
        return a.type < b.type ? -1 : 1;
    }
    if (a.type == VALUE_NUMBER) {
        return (a.number > b.number) - (a.number < b.number);
    }
    return a.type == VALUE_TEXT ? strcmp(a.text, b.text) : 0;
}

struct value value_copy(struct value value, struct arena *arena)
{
    if (value.type != VALUE_TEXT) {
        return value;
    }
    const char *text = arena_strdup(arena, value.text);
    return text ? value_text(text) : (struct value){.type = VALUE_EMPTY};
}

// A bound in the words its field is typed in.
static const char *value_bound(const struct field *field, int64_t number, char *buffer, size_t size)
{
    uint64_t positive = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    const char *sign = number < 0 ? "-" : "", *unit = field->unit && strcmp(field->unit, "%") == 0 ? "%" : "";
    char date[DATE_TEXT_MAX];
    switch (field->as) {
    case AS_DATE:
        snprintf(buffer, size, "%s", date_human(number < DATE_MIN ? DATE_MIN : number > DATE_MAX ? DATE_MAX : (int32_t)number, date));
        break;
    case AS_MONEY:
        snprintf(buffer, size, "%s£%" PRIu64 ".%02" PRIu64, sign, positive / 100, positive % 100);
        break;
    case AS_TENTHS:
        snprintf(buffer, size, "%s%" PRIu64 ".%" PRIu64 "%s", sign, positive / 10, positive % 10, unit);
        break;
    case AS_MINUTES:
        snprintf(buffer, size, "%s%" PRIu64 " minutes", sign, positive);
        break;
    default:
        snprintf(buffer, size, "%s%" PRIu64 "%s", sign, positive, unit);
        break;
    }
    return buffer;
}

// What fits the wire and the calendar whatever the annotations say.
static void value_limits(const struct field *field, int64_t *least, int64_t *most)
{
    *least = INT32_MIN;
    *most = INT32_MAX;
    if (field->as == AS_DATE) {
        *least = DATE_MIN;
        *most = DATE_MAX;
    } else if (field->as == AS_TIME) {
        *least = DATE_MIN * SECONDS_A_DAY;
        *most = (DATE_MAX + 1) * SECONDS_A_DAY - 1;
    } else if (field->as == AS_MONEY) {
        *least = -MONEY_LIMIT;
        *most = MONEY_LIMIT;
    } else if (field->as == AS_NUMBER) {
        const struct kind *kind = field_kind(field);
        const ProtobufCFieldDescriptor *wire = kind ? protobuf_c_message_descriptor_get_field(kind->descriptor, field->number) : NULL;
        if (!wire || wire->type == PROTOBUF_C_TYPE_INT64) {
            *least = INT64_MIN;
            *most = INT64_MAX;
        }
    }
}

static const char *value_range_fault(const struct field *field, int64_t number, char *buffer)
{
    int64_t least, most;
    char low[64], high[64];
    value_limits(field, &least, &most);
    bool below = field->ranged && field->min > least, above = field->ranged && field->max < most;
    least = below ? field->min : least;
    most = above ? field->max : most;
    if (number >= least && number <= most) {
        return NULL;
    }
    value_bound(field, least, low, sizeof low);
    value_bound(field, most, high, sizeof high);
    if (below && above) {
        snprintf(buffer, VALUE_FAULT_MAX, "must be from %s to %s", low, high);
    } else if (number < least) {
        snprintf(buffer, VALUE_FAULT_MAX, field->as == AS_TIME ? "is too long ago" : "must be at least %s", low);
    } else {
        snprintf(buffer, VALUE_FAULT_MAX, field->as == AS_TIME ? "is too far away" : "must be at most %s", high);
    }
    return buffer;
}

static bool value_is_choice(const struct field *field, int64_t number)
{
    for (size_t i = 0; i < field->n_choices; i++) {
        if (field->choices[i].number == number) {
            return true;
        }
    }
    return false;
}

static const char *value_number_fault(const struct field *field, int64_t number, char *buffer)
{
    switch (field->as) {
    case AS_BOOL:
        return number == 0 || number == 1 ? NULL : "must be yes or no";
    case AS_ENUM:
        if (value_is_choice(field, number)) {
            return NULL;
        }
        snprintf(buffer, VALUE_FAULT_MAX, "%" PRId64 " is none of its choices", number);
        return buffer;
    case AS_REF:
        return number != 0 ? NULL : "is no id";
    default:
        return value_range_fault(field, number, buffer);
    }
}

static const char *value_length_fault(const struct field *field, const char *text, char *buffer)
{
    int64_t most = field->as == AS_LONG_TEXT ? LONG_TEXT_DEFAULT_MAX : field->as == AS_CODE ? CODE_DEFAULT_MAX : TEXT_DEFAULT_MAX;
    if (field->ranged && field->max != INT64_MAX) {
        most = field->max;
    }
    int64_t length = (int64_t)text_length(text);
    if (length > most) {
        snprintf(buffer, VALUE_FAULT_MAX, "is %" PRId64 " characters long; at most %" PRId64 " fit", length, most);
        return buffer;
    }
    if (field->ranged && length < field->min) {
        snprintf(buffer, VALUE_FAULT_MAX, "is %" PRId64 " characters long; at least %" PRId64 " are needed", length, field->min);
        return buffer;
    }
    return NULL;
}

static const char *value_text_fault(const struct field *field, const char *text, char *buffer)
{
    const char *fault = text_fault(text, strlen(text), field->as == AS_LONG_TEXT);
    if (fault) {
        snprintf(buffer, VALUE_FAULT_MAX, "holds %s", fault);
        return buffer;
    }
    if (!*text) {
        return "is an empty text; a field without a value is left out or cleared";
    }
    if ((fault = value_length_fault(field, text, buffer))) {
        return fault;
    }
    if (!text_is_normal(text)) {
        return "is not in normal form (Unicode NFC, no blanks at the ends)";
    }
    if (field->as == AS_UPN && (fault = upn_fault(text))) {
        snprintf(buffer, VALUE_FAULT_MAX, "%s", fault);
        return buffer;
    }
    return NULL;
}

const char *value_fault(const struct field *field, struct value value, char buffer[VALUE_FAULT_MAX])
{
    if (value.type == VALUE_EMPTY) {
        return NULL;
    }
    if (field_is_text(field)) {
        return value.type == VALUE_TEXT ? value_text_fault(field, value.text, buffer) : "must be a text, not a number";
    }
    return value.type == VALUE_NUMBER ? value_number_fault(field, value.number, buffer) : "must be a number, not a text";
}

int value_check(const struct field *field, struct value value, struct problem *problem)
{
    char buffer[VALUE_FAULT_MAX];
    const char *fault = value_fault(field, value, buffer);
    return fault ? value_refuse(field, problem, "%s", fault) : 0;
}
