// Cuts a run of bytes into frames and makes frames of messages. Lives in
// whichever thread has the buffer.
#include "common/frame.h"

#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/guard.h"

#define FRAME_HEAD 4

int frame_next(const struct buffer *in, size_t max, const uint8_t **data, size_t *size, struct problem *problem)
{
    if (buffer_size(in) < FRAME_HEAD)
        return 0;
    const uint8_t *head = buffer_head(in);
    size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (length == 0)
        return problem_set(problem, ERR_PROTOCOL, "A frame of no bytes arrived; the least is one message.");
    // At once, not when the rest has come: nobody may make us wait for what we would refuse.
    if (length > max)
        return problem_set(problem, ERR_TOO_LARGE, "A frame of %zu bytes arrived; at most %zu are taken here.", length, max);
    if (buffer_size(in) - FRAME_HEAD < length)
        return 0;
    *data = head + FRAME_HEAD;
    *size = length;
    return 1;
}

int frame_unpack(const uint8_t *data, size_t size, bool strict, struct arena *arena, Sendco__Frame **frame, struct problem *problem)
{
    struct problem own;
    if (!problem) {
        problem_init(&own, NULL);
        problem = &own;
    }
    ProtobufCMessage *message = guard_unpack(&sendco__frame__descriptor, data, size, strict, arena, problem);
    *frame = (Sendco__Frame *)message;
    return message ? 0 : problem->error;
}

int frame_append(struct buffer *out, const Sendco__Frame *frame, size_t max)
{
    size_t size = sendco__frame__get_packed_size(frame);
    if (size > max || size > UINT32_MAX)
        return ERR_TOO_LARGE;
    uint8_t *room = buffer_reserve(out, FRAME_HEAD + size);
    if (!room)
        return ERR_NOMEM;
    for (unsigned i = 0; i < FRAME_HEAD; i++)
        room[i] = (uint8_t)(size >> (24 - 8 * i));
    sendco__frame__pack(frame, room + FRAME_HEAD);
    buffer_grow(out, FRAME_HEAD + size);
    return 0;
}
