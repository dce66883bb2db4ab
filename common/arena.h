// Memory with one lifetime: allocate piece by piece, give all back at once.
// A budget bounds what one message may cost. Not shared between threads.
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used, budget;
    bool lacked, spent;           // something asked of it was not given; for its budget, not for want of memory
    ProtobufCAllocator allocator; // hands out memory of this arena; free does nothing
};

// `budget` in bytes over all blocks; 0: no bound. Allocates nothing yet.
void arena_init(struct arena *arena, size_t budget);
void arena_deinit(struct arena *arena);
// Empty again, keeping its first block.
void arena_reset(struct arena *arena);
// Aligned for any type, not cleared; NULL beyond the budget or out of memory, which common/shortage.h counts.
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zero(struct arena *arena, size_t count, size_t size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t size);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
