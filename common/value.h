// The value of one field: empty, a number, or text. Numbers also carry dates
// (civil days since 1970), times (UTC seconds), money (pence), yes/no, enums and
// references; struct field says which.
#ifndef COMMON_VALUE_H
#define COMMON_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct field;
struct problem;

enum value_type { VALUE_EMPTY, VALUE_NUMBER, VALUE_TEXT };

struct value {
    enum value_type type;
    int64_t number;
    const char *text; // NUL-terminated UTF-8, NFC, borrowed
};

static inline struct value value_number(int64_t number)
{
    return (struct value){.type = VALUE_NUMBER, .number = number};
}
static inline struct value value_text(const char *text)
{
    return (struct value){.type = VALUE_TEXT, .text = text};
}

bool value_equal(struct value a, struct value b);
// Empty sorts first; text by bytes. <0, 0, >0.
int value_compare(struct value a, struct value b);
// Text copied into the arena; an empty value when memory is out.
struct value value_copy(struct value value, struct arena *arena);

enum value_style {
    VALUE_HUMAN, // "Mon 14 Sep 2026", "yes", "£12.50"
    VALUE_PLAIN, // "2026-09-14", "true", "12.50": what a script reads and value_parse takes back
};

// What a person or a script typed for `field`. `today` (civil days) is what
// words like "tomorrow" count from. Text and codes are put into NFC; surrounding
// blanks go; codes and enums match in any case. An empty text is an empty value.
// 0, or ERR_INVALID with the field named in `problem`. References are parsed as
// ids only; names are the client's business.
int value_parse(const struct field *field, const char *text, int32_t today, struct arena *arena, struct value *value,
                struct problem *problem);
// Never NULL; "" for an empty value. References are shown as ids, codes as they are.
const char *value_format(const struct field *field, struct value value, enum value_style style, struct arena *arena);
// Checks one value against its field: type, range, length, characters, enum,
// UPN's check letter. Not `required`, nor that codes and references exist.
int value_check(const struct field *field, struct value value, struct problem *problem);

// The same in words without the field's label ("is 71 characters long; at most 60
// fit"), written into the buffer; NULL when the value is good.
#define VALUE_FAULT_MAX 256
const char *value_fault(const struct field *field, struct value value, char buffer[VALUE_FAULT_MAX]);
// Sets an ERR_INVALID that names the field, and returns it.
int value_refuse(const struct field *field, struct problem *problem, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
