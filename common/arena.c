// Memory with one lifetime, for one message or one request. A block is asked
// from malloc, pieces are cut from it; nothing is given back before the end.
// Lives in whichever thread made it; never shared.
#include "common/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/shortage.h"

// Under the address sanitizer every piece is fenced, since malloc no longer sees single pieces.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_FENCED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_FENCED 1
#endif
#ifdef ARENA_FENCED
#include <sanitizer/asan_interface.h>
#define ARENA_FENCE            16u
#define ARENA_HIDE(data, size) __asan_poison_memory_region((data), (size))
#define ARENA_SHOW(data, size) __asan_unpoison_memory_region((data), (size))
#else
#define ARENA_FENCE            0u
#define ARENA_HIDE(data, size) ((void)(data), (void)(size))
#define ARENA_SHOW(data, size) ((void)(data), (void)(size))
#endif

#define ARENA_ALIGN   alignof(max_align_t)
#define ARENA_FIRST   ((size_t)4 << 10)  // of a request that does little
#define ARENA_LARGEST ((size_t)64 << 10) // a reset arena keeps no more than this

struct arena_block {
    struct arena_block *next; // the one before it in time
    size_t size, used;        // of data[]
    alignas(max_align_t) uint8_t data[];
};

static void *arena_hand_out(void *data, size_t size)
{
    return arena_alloc(data, size);
}

static void arena_keep(void *data, void *pointer)
{
    (void)data;
    (void)pointer;
}

void arena_init(struct arena *arena, size_t budget)
{
    *arena = (struct arena){.budget = budget};
    arena->allocator = (ProtobufCAllocator){.alloc = arena_hand_out, .free = arena_keep, .allocator_data = arena};
}

static void arena_release(struct arena *arena, struct arena_block *block)
{
    arena->used -= sizeof *block + block->size;
    ARENA_SHOW(block->data, block->size);
    free(block);
}

void arena_deinit(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        arena_release(arena, block);
    }
}

void arena_reset(struct arena *arena)
{
    while (arena->blocks && (arena->blocks->next || arena->blocks->size > ARENA_LARGEST)) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        arena_release(arena, block);
    }
    if (arena->blocks) {
        arena->blocks->used = 0;
        ARENA_HIDE(arena->blocks->data, arena->blocks->size);
    }
}

// Each block is twice the one before, within the budget and never too small for `size`.
static struct arena_block *arena_block_new(struct arena *arena, size_t size)
{
    size_t wanted = arena->blocks ? arena->blocks->size * 2 : ARENA_FIRST;
    if (wanted > ARENA_LARGEST)
        wanted = ARENA_LARGEST;
    if (wanted < size)
        wanted = size;
    if (arena->budget) {
        size_t left = arena->budget > arena->used ? arena->budget - arena->used : 0;
        arena->spent = left < sizeof(struct arena_block) || left - sizeof(struct arena_block) < size;
        if (arena->spent)
            return NULL;
        if (wanted > left - sizeof(struct arena_block))
            wanted = left - sizeof(struct arena_block);
    }
    struct arena_block *block = malloc(sizeof *block + wanted);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = wanted};
    ARENA_HIDE(block->data, block->size);
    arena->used += sizeof *block + wanted;
    arena->blocks = block;
    return block;
}

// What it returns for want of memory or of budget.
static void *arena_short(struct arena *arena)
{
    arena->lacked = true;
    shortage_note();
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        return arena_short(arena);
    // Never nothing: two pieces are never at the same address.
    size_t piece = ((size ? size : 1) + ARENA_FENCE + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < piece)
        block = arena_block_new(arena, piece);
    if (!block)
        return arena_short(arena);
    void *data = block->data + block->used;
    block->used += piece;
    ARENA_SHOW(data, size ? size : 1);
    return data;
}

void *arena_zero(struct arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return arena_short(arena);
    void *data = arena_alloc(arena, count * size);
    return data ? memset(data, 0, count * size) : NULL;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    void *copy = arena_alloc(arena, size);
    return copy && size ? memcpy(copy, data, size) : copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text) + 1);
}

char *arena_strndup(struct arena *arena, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    char *copy = arena_alloc(arena, length + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}
