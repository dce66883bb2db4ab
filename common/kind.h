// The table of kinds, made by proto/kindgen.c from proto/records/. All generic
// code walks it; nothing else lists kinds.
#ifndef COMMON_KIND_H
#define COMMON_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#define KIND_FIELDS_MAX 62 // a set of fields is a bitmask
#define ABOUT_DEPTH_MAX 4

enum record_class {
    CLASS_C0 = 1,
    CLASS_C1,
    CLASS_C2,
    CLASS_C3,
    CLASS_C4,
    CLASS_M1,
    CLASS_M2,
    CLASS_S,
    CLASS_H1,
    CLASS_H2,
    CLASS_H3,
    CLASS_F,
    CLASS_G,
    CLASS_A,
    CLASS_W1,
    CLASS_W2,
    CLASS_COUNT
};

// Whom a record concerns.
enum subject { SUBJECT_SCHOOL, SUBJECT_PUPIL, SUBJECT_CLASS, SUBJECT_STAFF, SUBJECT_GROUP, SUBJECT_COUNT };

enum field_as {
    AS_NUMBER,
    AS_BOOL,
    AS_ENUM,
    AS_REF,
    AS_DATE,
    AS_TIME,
    AS_MONEY,
    AS_MINUTES,
    AS_TENTHS, // numbers
    AS_TEXT,
    AS_LONG_TEXT,
    AS_CODE,
    AS_UPN, // texts
};

struct choice { // one value of an enum field
    int number;
    const char *name;  // as typed: "partly-met"
    const char *label; // "Partly met"
};

struct field {
    const char *name;  // "starts"
    const char *label; // "From"
    const char *help;  // "" when there is none
    const char *unit;
    const char *duty;       // its kind's when it has none of its own
    const char *codes;      // AS_CODE: the list
    const struct kind *ref; // AS_REF: what it refers to
    const struct choice *choices;
    uint16_t n_choices;
    uint32_t number; // on the wire and in the log
    uint8_t index;   // in kind->fields
    uint8_t group;   // index of the first field of its group; its own when alone
    enum field_as as;
    enum record_class class;
    bool required, fixed, unique, search;
    bool ranged;      // min and max below are set
    int64_t min, max; // of the value, or of the length in characters
};

struct about {
    uint8_t path[ABOUT_DEPTH_MAX]; // indexes: of this kind's reference, then of that kind's, …
    uint8_t depth;                 // 0: the record itself, or the school
    bool optional;                 // "pupil?": some link on the way may be empty
    enum subject subject;          // what the path ends in; a record about nobody is the school's all the same
};

struct spell {
    int from, to; // field indexes; from is -1 when the kind is no spell
    uint8_t one_per[4];
    uint8_t n_one_per;
};

struct kind {
    const char *name;   // "SenStatus"
    const char *noun;   // "sen-status"
    const char *table;  // "sen_status"
    const char *prefix; // "SEN"
    const char *title;  // "SEN status"
    const char *plural;
    const char *shows; // label template over own fields
    const char *sort;
    const char *help;
    const char *duty;
    const char *retention;
    uint32_t number; // on the wire and in the log
    uint16_t index;  // in kinds[]
    enum record_class class;
    enum subject subject; // SUBJECT_SCHOOL unless others are about this kind
    struct about about;
    struct spell spell;
    uint8_t unique[4]; // together never twice the same
    uint8_t n_unique;
    bool append_only;
    const struct field *fields;
    uint8_t n_fields;
    const ProtobufCMessageDescriptor *descriptor; // of its message
};

struct code_row {
    const char *code, *title, *area, *census;
    int32_t valid_from, valid_to;
}; // DATE_NONE: open
struct code_list {
    const char *name, *title;
    const struct code_row *rows;
    size_t n_rows;
};

// Generated.
extern const struct kind kinds[];
extern const size_t n_kinds;
extern const struct code_list code_lists[];
extern const size_t n_code_lists;
extern const uint64_t kinds_hash; // over kinds, fields and numbers: Hello.schema

const struct kind *kind_by_number(uint32_t number); // may be NULL
// By noun, message name or title, any case, with or without dashes; may be NULL.
const struct kind *kind_find(const char *word);
const struct kind *kind_of_subject(enum subject subject);                      // NULL for SUBJECT_SCHOOL
const struct field *field_by_number(const struct kind *kind, uint32_t number); // may be NULL
const struct field *field_find(const struct kind *kind, const char *name);     // by name, any case, - or _; may be NULL

// The kind whose table holds this very field; NULL for a field made elsewhere.
const struct kind *field_kind(const struct field *field);

static inline uint64_t field_bit(const struct field *field)
{
    return UINT64_C(1) << field->index;
}
// Every field of the group that `field` belongs to.
uint64_t field_group_bits(const struct kind *kind, const struct field *field);
static inline bool field_is_text(const struct field *field)
{
    return field->as >= AS_TEXT;
}
static inline bool kind_is_spell(const struct kind *kind)
{
    return kind->spell.from >= 0;
}

#endif
