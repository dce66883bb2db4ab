// See tree.h.
#include "tests/fuzz/tree.h"

#include <string.h>

#include "common/error.h"
#include "common/record.h"
#include "protocol.pb-c.h"

uint64_t tree_random(struct tree_chance *chance)
{
    uint64_t z = chance->state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t tree_below(struct tree_chance *chance, size_t n)
{
    return n ? (size_t)(tree_random(chance) % n) : 0;
}

// --- reading ---

static bool take_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 70 && *at < end; shift += 7) {
        uint8_t byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << (shift & 63);
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool take_field(const uint8_t **at, const uint8_t *end, struct tree_field *field)
{
    uint64_t tag, size = 0;
    if (!take_varint(at, end, &tag) || tag > UINT32_MAX)
        return false;
    *field = (struct tree_field){.number = (uint32_t)(tag >> 3), .wire = tag & 7};
    if (field->wire == 0)
        return take_varint(at, end, &field->value);
    if (field->wire == 2 && !take_varint(at, end, &size))
        return false;
    if (field->wire == 3 || field->wire == 4 || field->wire > 5)
        return false;
    field->size = field->wire == 2 ? (size_t)size : field->wire == 1 ? 8 : 4;
    field->data = *at;
    if (field->size > (size_t)(end - *at))
        return false;
    *at += field->size;
    return true;
}

// What a field's bytes are themselves, when they are a message.
static const ProtobufCMessageDescriptor *below(const struct tree *tree, const struct tree_field *field)
{
    if (!tree->descriptor || field->wire != 2)
        return NULL;
    const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(tree->descriptor, field->number);
    if (known && known->type == PROTOBUF_C_TYPE_MESSAGE)
        return known->descriptor;
    if (tree->descriptor != &sendco__record__descriptor || !known || strcmp(known->name, "body") != 0)
        return NULL;
    const struct kind *kind = tree->n && tree->fields[0].number == 1 ? kind_by_number((uint32_t)tree->fields[0].value) : NULL;
    return kind ? kind->descriptor : NULL;
}

struct tree *tree_read(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, unsigned depth, struct arena *arena)
{
    struct tree *tree = arena_zero(arena, 1, sizeof *tree);
    if (!tree)
        return NULL;
    tree->descriptor = descriptor;
    const uint8_t *at = data, *end = data + size;
    while (at < end) {
        struct tree_field *field = &tree->fields[tree->n];
        const uint8_t *begin = at;
        if (tree->n == TREE_FIELDS - 1 || !take_field(&at, end, field)) {
            *field = (struct tree_field){.wire = TREE_BYTES, .data = begin, .size = (size_t)(end - begin)};
            tree->n++;
            break;
        }
        const ProtobufCMessageDescriptor *inner = depth < TREE_DEPTH ? below(tree, field) : NULL;
        if (inner)
            field->message = tree_read(inner, field->data, field->size, depth + 1, arena);
        tree->n++;
    }
    return tree;
}

// --- writing ---

static int put_varint(struct buffer *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
        n++;
    } while (value);
    return buffer_append(out, bytes, n);
}

static int put_length(struct buffer *out, const struct tree_field *field)
{
    struct buffer inner;
    buffer_init(&inner);
    int result = field->message ? tree_write(field->message, &inner) : field->size ? buffer_append(&inner, field->data, field->size) : 0;
    if (!result)
        result = put_varint(out, (uint64_t)((int64_t)buffer_size(&inner) + field->lie) & UINT32_MAX);
    if (!result && buffer_size(&inner) > 0)
        result = buffer_append(out, buffer_head(&inner), buffer_size(&inner));
    buffer_deinit(&inner);
    return result;
}

int tree_write(const struct tree *tree, struct buffer *out)
{
    static const uint8_t zero[8] = {0};
    int result = 0;
    for (size_t i = 0; !result && i < tree->n; i++) {
        const struct tree_field *field = &tree->fields[i];
        if (field->wire == TREE_BYTES) {
            result = field->size ? buffer_append(out, field->data, field->size) : 0;
            continue;
        }
        result = put_varint(out, (uint64_t)field->number << 3 | field->wire);
        if (!result && field->wire == 0)
            result = put_varint(out, field->value);
        else if (!result && field->wire == 2)
            result = put_length(out, field);
        else if (!result && (field->wire == 1 || field->wire == 5)) {
            size_t size = field->wire == 1 ? 8 : 4;
            result = buffer_append(out, field->data && field->size >= size ? field->data : zero, size);
        }
    }
    return result;
}

// --- making up ---

uint64_t tree_number(struct tree_chance *chance)
{
    static const int64_t edges[] = {
        0,    -1,         INT32_MIN, INT32_MAX, (int64_t)INT32_MAX + 1, UINT32_MAX, INT64_MAX, INT64_MIN, 20600, -68570, 84007, 200, 201,
        4096, 1795000000, 128,       777}; // REMEMBER_TOLD
    size_t dice = tree_below(chance, 10);
    if (dice < 6)
        return tree_below(chance, 12); // ids, versions, field and kind numbers are small
    if (dice < 7)
        return (uint64_t) - (int64_t)tree_below(chance, 8);
    if (dice < 9)
        return (uint64_t)edges[tree_below(chance, sizeof edges / sizeof *edges)];
    return tree_random(chance) >> tree_below(chance, 64);
}

// A code that there is, one of the first records of a kind, or a new one of the same request.
static struct value pick(const struct field *field, uint64_t random, void *data)
{
    (void)data;
    for (size_t i = 0; field_is_text(field) && i < n_code_lists; i++)
        if (field->codes && strcmp(code_lists[i].name, field->codes) == 0 && code_lists[i].n_rows)
            return value_text(code_lists[i].rows[random % code_lists[i].n_rows].code);
    return field_is_text(field) ? (struct value){0} : value_number(random % 4 ? (int64_t)(1 + random % 6) : -1 - (int64_t)(random % 3));
}

// A body that would be taken, of that kind.
static bool sample_body(const struct kind *kind, struct tree_chance *chance, struct tree_field *field, struct arena *arena)
{
    uint8_t *data;
    struct record *record = record_sample(kind, tree_random(chance), pick, NULL, arena);
    uint64_t mask = tree_below(chance, 3) ? ~UINT64_C(0) : tree_random(chance);
    if (!record || record_pack(record, mask, arena, &data, &field->size))
        return false;
    field->message = tree_read(kind->descriptor, data, field->size, 4, arena);
    return field->message != NULL;
}

static void grow_bytes(const struct tree *tree, struct tree_chance *chance, const ProtobufCFieldDescriptor *known, struct tree_field *field,
                       struct arena *arena)
{
    static const char *const words[] = {"",           "a",        "Reads ten words",
                                        "register",   "class",    "yes",
                                        "2026-11-23", "K",        "O\342\200\231Brien",
                                        "\xc3\x85sa", "1:status", "e\xcc\x81",
                                        "due",        "pupil",    "map",
                                        "today",      "gaps",     "actions",
                                        "changes",    "compare",  "by",
                                        "cost"};
    field->wire = 2;
    const struct kind *kind = tree->n && tree->fields[0].number == 1 ? kind_by_number((uint32_t)tree->fields[0].value) : NULL;
    if (tree->descriptor == &sendco__record__descriptor && kind && sample_body(kind, chance, field, arena))
        return;
    if (known->type == PROTOBUF_C_TYPE_STRING) {
        const char *word = words[tree_below(chance, sizeof words / sizeof *words)];
        field->data = (const uint8_t *)word;
        field->size = strlen(word);
        return;
    }
    size_t size = tree_below(chance, 4) ? 16 : tree_below(chance, 40);
    uint8_t *bytes = arena_zero(arena, size + 1, 1);
    if (bytes && size)
        bytes[0] = (uint8_t)tree_below(chance, 4);
    field->data = bytes;
    field->size = bytes ? size : 0;
}

struct tree_field tree_field_grow(const struct tree *tree, struct tree_chance *chance, unsigned depth, struct arena *arena)
{
    struct tree_field field = {.number = 1 + (uint32_t)tree_below(chance, 24)};
    const ProtobufCMessageDescriptor *descriptor = tree->descriptor;
    if (!descriptor || descriptor->n_fields == 0) {
        field.value = tree_number(chance);
        return field;
    }
    const ProtobufCFieldDescriptor *known = &descriptor->fields[tree_below(chance, descriptor->n_fields)];
    field.number = known->id;
    if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
        field.wire = 2;
        field.message = depth < TREE_DEPTH ? tree_grow(known->descriptor, chance, depth + 1, arena) : NULL;
    } else if (known->type == PROTOBUF_C_TYPE_STRING || known->type == PROTOBUF_C_TYPE_BYTES) {
        grow_bytes(tree, chance, known, &field, arena);
    } else if (known->type == PROTOBUF_C_TYPE_FIXED64) {
        field.wire = 1;
    } else {
        field.value = known->type == PROTOBUF_C_TYPE_BOOL ? tree_below(chance, 2) : tree_number(chance);
        if (strcmp(known->name, "kind") == 0)
            field.value = kinds[tree_below(chance, n_kinds)].number;
    }
    return field;
}

// A record of a Put as a client would send it: a new one, or an edit.
static void grow_record(struct tree *tree, struct tree_chance *chance, struct arena *arena)
{
    const struct kind *kind = &kinds[tree_below(chance, n_kinds)];
    bool added = tree_below(chance, 3) > 0;
    int64_t id = added ? -1 - (int64_t)tree_below(chance, 3) : 1 + (int64_t)tree_below(chance, 12);
    tree->fields[tree->n++] = (struct tree_field){.number = 1, .value = kind->number};
    tree->fields[tree->n++] = (struct tree_field){.number = 2, .value = (uint64_t)id};
    if (!added)
        tree->fields[tree->n++] = (struct tree_field){.number = 3, .value = 1 + tree_below(chance, 2)};
    struct tree_field body = {.number = 4, .wire = 2};
    if (sample_body(kind, chance, &body, arena))
        tree->fields[tree->n++] = body;
}

struct tree *tree_grow(const ProtobufCMessageDescriptor *descriptor, struct tree_chance *chance, unsigned depth, struct arena *arena)
{
    struct tree *tree = arena_zero(arena, 1, sizeof *tree);
    if (!tree)
        return NULL;
    tree->descriptor = descriptor;
    if (descriptor == &sendco__record__descriptor && tree_below(chance, 8)) {
        grow_record(tree, chance, arena);
        return tree;
    }
    if (descriptor == &sendco__request__descriptor) // without an id nobody looks at the rest
        tree->fields[tree->n++] = (struct tree_field){.number = 1, .value = 1 + tree_below(chance, 9)};
    bool oneof = descriptor->n_fields && descriptor->fields[descriptor->n_fields - 1].flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
    size_t most = oneof ? 1 + !tree_below(chance, 16) : 2 + tree_below(chance, descriptor->n_fields);
    uint64_t had = tree->n ? 2 : 0;
    // the number, kind or key comes first, as writers write it
    for (size_t i = 0; i < most; i++) {
        struct tree_field field = tree_field_grow(tree, chance, depth, arena);
        if (tree_below(chance, 20) && had >> (field.number & 63) & 1)
            continue;
        had |= UINT64_C(1) << (field.number & 63);
        size_t at = tree->n && field.number == 1 ? 0 : tree->n;
        memmove(&tree->fields[at + 1], &tree->fields[at], (tree->n - at) * sizeof field);
        tree->fields[at] = field;
        if (++tree->n == TREE_FIELDS - 1)
            break;
    }
    return tree;
}
