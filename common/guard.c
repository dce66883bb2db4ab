// Looks at packed bytes before protobuf-c unpacks them, so that hostile input
// gets one clean error. Knows every message by its descriptor only. Allocates
// nothing; any thread.
#include "common/guard.h"

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/text.h"

enum guard_wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_LENGTH = 2, WIRE_32 = 5 };

#define GUARD_TRACKED 256 // fields of one message that `seen` has bits for

struct guard {
    bool strict;
    unsigned fields;
    struct problem *problem;
};

// One message on the way down; the chain of them is the path for the sentence.
struct guard_level {
    const struct guard_level *up;
    const ProtobufCMessageDescriptor *descriptor;
    const ProtobufCFieldDescriptor *field; // the one being looked at; NULL: unknown
    const uint8_t *start, *tag, *at, *end; // `tag`: where the current field begins
    uint64_t seen[GUARD_TRACKED / 64];
};

// Of at most `bytes` bytes; NULL when good, else what is wrong.
static const char *guard_varint(struct guard_level *level, unsigned bytes, uint64_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if (level->at == level->end)
            return "ends in the middle of a number";
        uint8_t byte = *level->at++;
        if (i == 9 && byte > 1)
            return "is a number of more than 64 bits";
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return NULL;
    }
    return "is a number of too many bytes";
}

static const char *guard_tag(struct guard_level *level, uint32_t *number, unsigned *wire)
{
    uint64_t tag;
    level->tag = level->at;
    const char *fault = guard_varint(level, 5, &tag);
    if (fault)
        return fault;
    if (tag > UINT32_MAX || tag >> 3 == 0)
        return "has a field number that cannot be";
    *number = (uint32_t)(tag >> 3);
    *wire = (unsigned)(tag & 7);
    return NULL;
}

// The bytes of a field of that wire type: a varint's value, or where the others lie.
static const char *guard_value(struct guard_level *level, unsigned wire, uint64_t *value, const uint8_t **data)
{
    const char *fault = NULL;
    *value = 0;
    switch (wire) {
    case WIRE_VARINT:
        *data = level->at;
        return guard_varint(level, 10, value);
    case WIRE_64:
        *value = 8;
        break;
    case WIRE_32:
        *value = 4;
        break;
    case WIRE_LENGTH:
        fault = guard_varint(level, 5, value);
        break;
    default:
        fault = "is a group or of a wire type that cannot be";
    }
    if (!fault && *value > (uint64_t)(level->end - level->at))
        fault = "is longer than the message";
    if (fault)
        return fault;
    *data = level->at;
    level->at += *value;
    return NULL;
}

// The how-manieth of its field the current one is, from 1.
static unsigned guard_ordinal(const struct guard_level *level)
{
    struct guard_level again = *level;
    unsigned count = 1, wire;
    uint32_t number;
    uint64_t value;
    const uint8_t *data;
    for (again.at = level->start; again.at < level->tag;) {
        if (guard_tag(&again, &number, &wire) || guard_value(&again, wire, &value, &data))
            break;
        count += number == level->field->id;
    }
    return count;
}

// "request.put.records#3.version"
static size_t guard_path(const struct guard_level *level, char *path, size_t size)
{
    size_t used = level->up ? guard_path(level->up, path, size) : 0;
    if (!level->field || used >= size)
        return used;
    int more = snprintf(path + used, size - used, "%s%s", used ? "." : "", level->field->name);
    used += more > 0 ? (size_t)more : 0;
    if (level->field->label == PROTOBUF_C_LABEL_REPEATED && used < size) {
        more = snprintf(path + used, size - used, "#%u", guard_ordinal(level));
        used += more > 0 ? (size_t)more : 0;
    }
    return used;
}

static int guard_fail(const struct guard *guard, const struct guard_level *level, const char *fault)
{
    char path[256] = "";
    const struct guard_level *root = level;
    while (root->up)
        root = root->up;
    guard_path(level, path, sizeof path);
    return problem_set(guard->problem, ERR_PROTOCOL, "The message breaks the protocol: %s%s%s %s.", root->descriptor->short_name,
                       path[0] ? "." : "", path, fault);
}

static unsigned guard_wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    default:
        return WIRE_VARINT;
    }
}

// protobuf-c would cut a number that is too large and go on with another one.
static const char *guard_number(ProtobufCType type, uint64_t value)
{
    bool fits = true;
    if (type == PROTOBUF_C_TYPE_INT32 || type == PROTOBUF_C_TYPE_ENUM)
        fits = value <= INT32_MAX || value >= (uint64_t)INT32_MIN;
    else if (type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_SINT32)
        fits = value <= UINT32_MAX;
    else if (type == PROTOBUF_C_TYPE_BOOL)
        fits = value <= 1;
    return fits ? NULL : "is a number out of its range";
}

static const char *guard_packed(ProtobufCType type, const uint8_t *data, uint64_t size)
{
    unsigned wire = guard_wire_of(type);
    if (wire != WIRE_VARINT)
        return size % (wire == WIRE_32 ? 4 : 8) == 0 ? NULL : "ends in the middle of a number";
    struct guard_level list = {.at = data, .end = data + size};
    while (list.at < list.end) {
        uint64_t value;
        const char *fault = guard_varint(&list, 10, &value);
        if (!fault)
            fault = guard_number(type, value);
        if (fault)
            return fault;
    }
    return NULL;
}

// A field that is not repeated comes once; of a oneof, one member comes once.
static const char *guard_once(struct guard_level *level)
{
    const ProtobufCMessageDescriptor *descriptor = level->descriptor;
    size_t index = (size_t)(level->field - descriptor->fields);
    if (level->field->label == PROTOBUF_C_LABEL_REPEATED)
        return NULL;
    if (index >= GUARD_TRACKED)
        return "is one of too many fields";
    if (level->seen[index / 64] >> index % 64 & 1)
        return level->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? "comes twice, or beside another of which only one may come"
                                                                 : "comes twice";
    level->seen[index / 64] |= UINT64_C(1) << index % 64;
    if (!(level->field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return NULL;
    // Members of one oneof share the place that says which of them is set.
    for (size_t i = 0; i < descriptor->n_fields && i < GUARD_TRACKED; i++) {
        const ProtobufCFieldDescriptor *other = &descriptor->fields[i];
        if ((other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && other->quantifier_offset == level->field->quantifier_offset)
            level->seen[i / 64] |= UINT64_C(1) << i % 64;
    }
    return NULL;
}

static const char *guard_required(const struct guard_level *level)
{
    for (size_t i = 0; i < level->descriptor->n_fields && i < GUARD_TRACKED; i++) {
        if (level->descriptor->fields[i].label == PROTOBUF_C_LABEL_REQUIRED && !(level->seen[i / 64] >> i % 64 & 1))
            return "lacks a field that must be there";
    }
    return NULL;
}

static int guard_message(struct guard *guard, struct guard_level *level, unsigned depth);

// A known field whose bytes are at `data`: `value` is a varint's, or their number.
static int guard_known(struct guard *guard, struct guard_level *level, unsigned depth, unsigned wire, uint64_t value, const uint8_t *data)
{
    const ProtobufCFieldDescriptor *field = level->field;
    const char *fault = guard_once(level);
    bool packed = wire == WIRE_LENGTH && field->label == PROTOBUF_C_LABEL_REPEATED && guard_wire_of(field->type) != WIRE_LENGTH;
    if (!fault && packed) {
        fault = guard_packed(field->type, data, value);
    } else if (!fault && wire != guard_wire_of(field->type)) {
        fault = "is of another type";
    } else if (!fault && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        struct guard_level below = {.up = level, .descriptor = field->descriptor, .start = data, .at = data, .end = data + value};
        return guard_message(guard, &below, depth + 1);
    } else if (!fault && field->type == PROTOBUF_C_TYPE_STRING) {
        fault = value > GUARD_TEXT ? "is a text of more than 64 KiB" : NULL;
        const char *bad = fault ? NULL : text_fault((const char *)data, (size_t)value, true);
        char said[160];
        if (bad) {
            snprintf(said, sizeof said, "is not a clean text (%s)", bad);
            return guard_fail(guard, level, said);
        }
    } else if (!fault && wire == WIRE_VARINT) {
        fault = guard_number(field->type, value);
    }
    return fault ? guard_fail(guard, level, fault) : 0;
}

static int guard_message(struct guard *guard, struct guard_level *level, unsigned depth)
{
    if (depth > GUARD_DEPTH)
        return guard_fail(guard, level, "is nested too deeply");
    while (level->at < level->end) {
        uint32_t number;
        unsigned wire;
        uint64_t value;
        const uint8_t *data;
        level->field = NULL;
        if (++guard->fields > (guard->strict ? GUARD_FIELDS : GUARD_FIELDS_LAX))
            return guard_fail(guard, level, "has too many fields");
        const char *fault = guard_tag(level, &number, &wire);
        if (!fault) {
            level->field = protobuf_c_message_descriptor_get_field(level->descriptor, number);
            fault = guard_value(level, wire, &value, &data);
        }
        if (!fault && !level->field && guard->strict) {
            char said[64];
            snprintf(said, sizeof said, "has a field %lu that is not known here", (unsigned long)number);
            return guard_fail(guard, level, said);
        }
        if (fault)
            return guard_fail(guard, level, fault);
        int error = level->field ? guard_known(guard, level, depth, wire, value, data) : 0;
        if (error)
            return error;
    }
    level->field = NULL;
    const char *fault = guard_required(level);
    return fault ? guard_fail(guard, level, fault) : 0;
}

int guard_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict, struct problem *problem)
{
    static const uint8_t nothing[1] = {0};
    if (size == 0)
        data = nothing;
    struct guard guard = {.strict = strict, .problem = problem};
    struct guard_level root = {.descriptor = descriptor, .start = data, .at = data, .end = data + size};
    return guard_message(&guard, &root, 1);
}

ProtobufCMessage *guard_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict,
                               struct arena *arena, struct problem *problem)
{
    if (guard_check(descriptor, data, size, strict, problem) != 0)
        return NULL;
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &arena->allocator, size, data);
    // All that could be wrong with the bytes has been looked at: it was the memory.
    if (!message && arena->spent)
        problem_set(problem, ERR_TOO_LARGE, "The message %s needs more memory than one message may take.", descriptor->short_name);
    else if (!message)
        problem_set(problem, ERR_NOMEM, "There is not enough memory to read the message %s.", descriptor->short_name);
    return message;
}
