// A message as a tree of its fields, for a mutator: read leniently from its wire format,
// changed, written again, right or wrong. A record's body is taken apart too, by its kind.
#ifndef TESTS_FUZZ_TREE_H
#define TESTS_FUZZ_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "common/arena.h"
#include "common/buffer.h"

#define TREE_DEPTH  16
#define TREE_FIELDS 256       // of one message; the rest stays bytes
#define TREE_BYTES  UINT8_MAX // `wire` of bytes that are no field

struct tree_field {
    uint32_t number;
    uint8_t wire;
    uint64_t value;      // a varint's
    const uint8_t *data; // of other wire types
    size_t size;
    struct tree *message; // instead of data
    int64_t lie;          // added to its length
};

struct tree {
    const ProtobufCMessageDescriptor *descriptor; // NULL: not known
    struct tree_field fields[TREE_FIELDS];
    size_t n;
};

// Random numbers of one mutation: the fuzzer's seed decides them all.
struct tree_chance {
    uint64_t state;
};
uint64_t tree_random(struct tree_chance *chance);
size_t tree_below(struct tree_chance *chance, size_t n); // 0 … n-1; 0 for none

// NULL without memory. Borrows the bytes.
struct tree *tree_read(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, unsigned depth, struct arena *arena);
// 0 or ERR_NOMEM.
int tree_write(const struct tree *tree, struct buffer *out);
// A message made up of fields it may have, mostly well-formed. NULL without memory.
struct tree *tree_grow(const ProtobufCMessageDescriptor *descriptor, struct tree_chance *chance, unsigned depth, struct arena *arena);
// Any one field of it, made up.
struct tree_field tree_field_grow(const struct tree *tree, struct tree_chance *chance, unsigned depth, struct arena *arena);
// A number that is likely to matter.
uint64_t tree_number(struct tree_chance *chance);

#endif
