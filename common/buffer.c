// A growing run of bytes with a read position. Sessions and links keep one for
// what arrived and one for what leaves. Lives in its owner's thread.
#include "common/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/shortage.h"

#define BUFFER_SMALLEST ((size_t)512)
#define BUFFER_KEPT     ((size_t)16 << 10) // an empty buffer keeps no more than this
#define BUFFER_LARGEST  (SIZE_MAX / 4)

void buffer_init(struct buffer *buffer)
{
    *buffer = (struct buffer){0};
}

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    buffer_init(buffer);
}

static void buffer_compact(struct buffer *buffer)
{
    if (buffer->start == 0)
        return;
    memmove(buffer->data, buffer->data + buffer->start, buffer_size(buffer));
    buffer->end -= buffer->start;
    buffer->start = 0;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (size > BUFFER_LARGEST || buffer_size(buffer) > BUFFER_LARGEST)
        return NULL;
    if (buffer->data && buffer->capacity - buffer->end >= size)
        return buffer->data + buffer->end;
    size_t needed = buffer_size(buffer) + size;
    // Moving is worth it only when at least half has been read: else many small reads would move much.
    if (buffer->data && needed <= buffer->capacity && buffer->start >= buffer->capacity / 2) {
        buffer_compact(buffer);
        return buffer->data + buffer->end;
    }
    size_t capacity = buffer->capacity < BUFFER_SMALLEST ? BUFFER_SMALLEST : buffer->capacity;
    while (capacity < buffer->end + size)
        capacity *= 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        shortage_note();
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->end;
}

void buffer_grow(struct buffer *buffer, size_t size)
{
    buffer->end += size;
}

int buffer_append(struct buffer *buffer, const void *data, size_t size)
{
    if (size == 0)
        return 0;
    uint8_t *room = buffer_reserve(buffer, size);
    if (!room)
        return ERR_NOMEM;
    memcpy(room, data, size);
    buffer_grow(buffer, size);
    return 0;
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    buffer->start += size < buffer_size(buffer) ? size : buffer_size(buffer);
    if (buffer->start < buffer->end)
        return;
    buffer->start = buffer->end = 0;
    if (buffer->capacity > BUFFER_KEPT)
        buffer_deinit(buffer);
}

void buffer_take(struct buffer *buffer, uint8_t **data, size_t *size)
{
    buffer_compact(buffer);
    *data = buffer->data;
    *size = buffer_size(buffer);
    buffer_init(buffer);
}
