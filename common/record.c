// Records of any kind: made, packed for the wire and the log, checked, compared.
// How they are named in words is in record_show.c. Any thread.
#include "common/record.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/guard.h"
#include "common/shortage.h"
#include "common/text.h"

static size_t record_size(const struct kind *kind)
{
    return sizeof(struct record) + kind->n_fields * sizeof(struct value);
}

struct record *record_new(const struct kind *kind, struct arena *arena)
{
    struct record *record = arena_zero(arena, 1, record_size(kind));
    if (record) {
        record->kind = kind;
    }
    return record;
}

struct record *record_copy(const struct record *record, struct arena *arena)
{
    struct record *copy = arena_copy(arena, record, record_size(record->kind));
    for (size_t i = 0; copy && i < record->kind->n_fields; i++) {
        copy->values[i] = value_copy(record->values[i], arena);
        if (copy->values[i].type != record->values[i].type) {
            return NULL; // no memory for a text
        }
    }
    return copy;
}

// Faults found one after the other, told as one sentence.
struct record_faults {
    const struct kind *kind;
    int64_t id;
    struct problem *problem;
    size_t n, told;
    char text[480];
    size_t used;
};

static void record_fault(struct record_faults *faults, int field, const char *message)
{
    const char *label = field >= 0 ? faults->kind->fields[field].label : faults->kind->title;
    size_t left = sizeof faults->text - faults->used;
    int size = snprintf(faults->text + faults->used, left, "%s%s: %s", faults->told ? "; " : "", label, message);
    faults->n++;
    if (size > 0 && (size_t)size < left && faults->told + 1 == faults->n) {
        faults->used += (size_t)size;
        faults->told++;
    } else {
        faults->text[faults->used] = '\0';
    }
    problem_field_add(faults->problem, &(struct problem_field){.kind = faults->kind, .id = faults->id, .field = field, .message = message});
}

static int record_faults_end(struct record_faults *faults)
{
    if (!faults->n) {
        return 0;
    }
    if (faults->told < faults->n) {
        return problem_set(faults->problem, ERR_INVALID, "%s; and %zu more", faults->text, faults->n - faults->told);
    }
    return problem_set(faults->problem, ERR_INVALID, "%s", faults->text);
}

// The field of a message in memory, as protobuf-c lays it out; empty when it is not there.
static struct value record_member(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *base = (const char *)message, *member = base + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)(const void *)member;
        return text ? value_text(text) : (struct value){.type = VALUE_EMPTY};
    }
    if (!*(const protobuf_c_boolean *)(const void *)(base + field->quantifier_offset)) {
        return (struct value){.type = VALUE_EMPTY};
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
        return value_number(*(const int64_t *)(const void *)member);
    case PROTOBUF_C_TYPE_BOOL:
        return value_number(*(const protobuf_c_boolean *)(const void *)member != 0);
    default: // int32, sint32 and enum, which protobuf-c keeps in an int
        return value_number(*(const int32_t *)(const void *)member);
    }
}

static void record_member_set(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, struct value value)
{
    char *base = (char *)message, *member = base + field->offset;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        // protobuf-c packs without changing; its members are just not const.
        memcpy(member, &value.text, sizeof value.text);
        return;
    }
    *(protobuf_c_boolean *)(void *)(base + field->quantifier_offset) = 1;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT64:
        *(int64_t *)(void *)member = value.number;
        break;
    case PROTOBUF_C_TYPE_BOOL:
        *(protobuf_c_boolean *)(void *)member = value.number != 0;
        break;
    default:
        *(int32_t *)(void *)member = (int32_t)value.number;
        break;
    }
}

// A foreign client may send decomposed letters; what is stored is composed.
// A text too long to be any good is not composed but left to value_fault.
static struct value record_normal(const struct field *field, struct value value, struct arena *arena)
{
    int64_t most = field->ranged && field->max < INT32_MAX ? field->max : 4000;
    if (value.type != VALUE_TEXT || text_is_normal(value.text) || (int64_t)text_length(value.text) / 4 > most) {
        return value;
    }
    const char *normal = text_normal(value.text, arena);
    return normal ? value_text(normal) : value;
}

static int record_take(struct record *record, const ProtobufCMessage *message, bool judge, struct arena *arena, struct problem *problem)
{
    const struct kind *kind = record->kind;
    struct record_faults faults = {.kind = kind, .problem = problem};
    uint64_t shortages = shortage_count();
    for (int i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        const ProtobufCFieldDescriptor *member = protobuf_c_message_descriptor_get_field(kind->descriptor, field->number);
        if (!member) {
            return problem_set(problem, ERR_INTERNAL, "%s.%s has no place in its message", kind->name, field->name);
        }
        char buffer[VALUE_FAULT_MAX];
        record->values[i] = record_member(message, member);
        if (!judge) {
            continue;
        }
        record->values[i] = record_normal(field, record->values[i], arena);
        const char *fault = value_fault(field, record->values[i], buffer);
        if (shortage_count() != shortages) { // then a text looks as if it were not composed
            return problem_set(problem, ERR_NOMEM, "There is no memory for this %s", kind->title);
        }
        if (fault) {
            record_fault(&faults, i, fault);
        }
    }
    return record_faults_end(&faults);
}

static int record_open(const struct kind *kind, const uint8_t *data, size_t size, bool judge, struct arena *arena, struct record **record,
                       struct problem *problem)
{
    int result = guard_check(kind->descriptor, data, size, judge, problem);
    if (result) {
        return result;
    }
    struct record *made = record_new(kind, arena);
    ProtobufCMessage *message = made ? protobuf_c_message_unpack(kind->descriptor, &arena->allocator, size, data) : NULL;
    if (!message) {
        return problem_set(problem, ERR_NOMEM, "There is no memory for this %s", kind->title);
    }
    result = record_take(made, message, judge, arena, problem);
    if (!result) {
        *record = made;
    }
    return result;
}

int record_unpack(const struct kind *kind, const uint8_t *data, size_t size, struct arena *arena, struct record **record,
                  struct problem *problem)
{
    return record_open(kind, data, size, true, arena, record, problem);
}

int record_read(const struct kind *kind, const uint8_t *data, size_t size, struct arena *arena, struct record **record,
                struct problem *problem)
{
    return record_open(kind, data, size, false, arena, record, problem);
}

int record_pack(const struct record *record, uint64_t mask, struct arena *arena, uint8_t **data, size_t *size)
{
    const struct kind *kind = record->kind;
    ProtobufCMessage *message = arena_zero(arena, 1, kind->descriptor->sizeof_message);
    if (!message) {
        return ERR_NOMEM;
    }
    protobuf_c_message_init(kind->descriptor, message);
    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        if ((mask & field_bit(field)) && record->values[i].type != VALUE_EMPTY) {
            record_member_set(message, protobuf_c_message_descriptor_get_field(kind->descriptor, field->number), record->values[i]);
        }
    }
    *size = protobuf_c_message_get_packed_size(message);
    *data = arena_alloc(arena, *size ? *size : 1);
    if (!*data) {
        return ERR_NOMEM;
    }
    protobuf_c_message_pack(message, *data);
    return 0;
}

static void record_check_spell(const struct record *record, struct record_faults *faults)
{
    const struct kind *kind = record->kind;
    if (!kind_is_spell(kind) || kind->spell.to < 0) {
        return;
    }
    struct value from = record->values[kind->spell.from], to = record->values[kind->spell.to];
    if (from.type == VALUE_NUMBER && to.type == VALUE_NUMBER && to.number < from.number) {
        char message[160];
        snprintf(message, sizeof message, "is before \"%s\"; it is the last day, so the same day at the earliest",
                 kind->fields[kind->spell.from].label);
        record_fault(faults, kind->spell.to, message);
    }
}

int record_check(const struct record *record, struct problem *problem)
{
    struct record_faults faults = {.kind = record->kind, .id = record->id, .problem = problem};
    for (int i = 0; i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        char buffer[VALUE_FAULT_MAX];
        const char *fault = value_fault(field, record->values[i], buffer);
        // A reader who may not see a field cannot say whether it is there.
        bool hidden = (record->withheld & field_bit(field)) != 0;
        if (!fault && field->required && !hidden && record->values[i].type == VALUE_EMPTY) {
            fault = "is missing";
        }
        if (fault) {
            record_fault(&faults, i, fault);
        }
    }
    record_check_spell(record, &faults);
    return record_faults_end(&faults);
}

uint64_t record_diff(const struct record *a, const struct record *b)
{
    uint64_t differ = 0;
    for (size_t i = 0; i < a->kind->n_fields; i++) {
        if (!value_equal(a->values[i], b->values[i])) {
            differ |= UINT64_C(1) << i;
        }
    }
    return differ;
}

// Names are written in rules and reports, so a wrong one is a mistake in the
// program that its first run must show.
static size_t record_index(const struct record *record, const char *name)
{
    size_t i = 0;
    while (i < record->kind->n_fields && strcmp(record->kind->fields[i].name, name) != 0) {
        i++;
    }
    assert(i < record->kind->n_fields);
    return i;
}

int64_t record_number(const struct record *record, const char *field)
{
    struct value value = record->values[record_index(record, field)];
    return value.type == VALUE_NUMBER ? value.number : 0;
}

const char *record_text(const struct record *record, const char *field)
{
    struct value value = record->values[record_index(record, field)];
    return value.type == VALUE_TEXT ? value.text : NULL;
}

bool record_has(const struct record *record, const char *field)
{
    return record->values[record_index(record, field)].type != VALUE_EMPTY;
}

void record_set(struct record *record, const char *field, struct value value)
{
    record->values[record_index(record, field)] = value;
}
