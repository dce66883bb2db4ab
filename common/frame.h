// Frames: a 4-byte big-endian length, then a packed Frame (protocol.proto).
// Bytes in, messages out; knows neither sockets nor TLS. Any thread, not shared.
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <stdbool.h>

#include "common/buffer.h"
#include "protocol.pb-c.h"

struct arena;
struct problem;

#define FRAME_MAX_BEFORE_LOGIN ((size_t)4 << 10)
#define FRAME_MAX              ((size_t)256 << 10)
#define PROTOCOL_VERSION       1

// Takes the next whole frame off `in` without copying it: *data points into the
// buffer and stays good until the caller consumes 4 + *size bytes. 1: there is
// one; 0: more bytes are needed; ERR_TOO_LARGE as soon as the length says so, or
// ERR_PROTOCOL for an empty one.
int frame_next(const struct buffer *in, size_t max, const uint8_t **data, size_t *size, struct problem *problem);
// Guarded (guard.h) and unpacked into the arena. `strict`: unknown fields are
// refused, as for requests; otherwise they are skipped.
int frame_unpack(const uint8_t *data, size_t size, bool strict, struct arena *arena, Sendco__Frame **frame, struct problem *problem);
// Appends length and packed frame. ERR_TOO_LARGE when it is over `max`, with
// nothing appended.
int frame_append(struct buffer *out, const Sendco__Frame *frame, size_t max);

#endif
