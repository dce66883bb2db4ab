// Looks at packed bytes before protobuf-c does: it has no depth limit, checks no
// UTF-8, takes embedded NULs and lets a small input cost much memory.
#ifndef COMMON_GUARD_H
#define COMMON_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

struct arena;
struct problem;

#define GUARD_DEPTH      8
#define GUARD_FIELDS     4096        // of the whole message tree, when `strict`
#define GUARD_FIELDS_LAX (64u << 10) // otherwise: an answer's report may have that many cells
#define GUARD_TEXT       (64u << 10) // longest string field, in bytes

// Walks the bytes against the descriptor: depth, number of fields, wire types,
// lengths, varints of at most ten bytes, no groups, a field that is not repeated
// at most once, of a oneof at most one member, no unknown fields when `strict`; strings: valid UTF-8, no NUL, no C0 or C1
// control but newline and tab. 0 or ERR_PROTOCOL with a sentence that names the
// field. Allocates nothing.
int guard_check(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict, struct problem *problem);
// guard_check, then unpack with memory from the arena. NULL: see problem
// (ERR_TOO_LARGE when the arena's budget does not suffice).
ProtobufCMessage *guard_unpack(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict,
                               struct arena *arena, struct problem *problem);

#endif
