// A growing run of bytes with a read position: what arrived and what leaves.
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data;
    size_t start, end, capacity;
};

void buffer_init(struct buffer *buffer);
void buffer_deinit(struct buffer *buffer);
static inline size_t buffer_size(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}
// NULL while it has never held anything.
static inline uint8_t *buffer_head(const struct buffer *buffer)
{
    return buffer->data ? buffer->data + buffer->start : NULL;
}
// Room for `size` more bytes at the end, to be confirmed by buffer_grow; NULL when memory is out.
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_grow(struct buffer *buffer, size_t size);
int buffer_append(struct buffer *buffer, const void *data, size_t size); // 0 or ERR_NOMEM
// Drops bytes from the front; gives memory back when it becomes empty and large.
void buffer_consume(struct buffer *buffer, size_t size);
// Takes the bytes out: the caller owns *data (free()); it may be NULL when *size is 0.
void buffer_take(struct buffer *buffer, uint8_t **data, size_t *size);

#endif
