// What a session's client was told, for requests that must name it: a page's key, an id, a batch, a watch, a ticket.
// Inputs cannot know these; where one says REMEMBER_TOLD, it means what was told last. Target session; one thread.
#ifndef TESTS_FUZZ_REMEMBER_H
#define TESTS_FUZZ_REMEMBER_H

#include "common/buffer.h"
#include "common/frame.h"

#define REMEMBER_TOLD 777

// Nothing was told yet.
void remember_nothing(void);
// Keeps what is in it of use.
void remember_reply(const Sendco__Reply *reply);
// A client's frame with what it names by REMEMBER_TOLD (a page or ticket of one byte, likewise), into `out`.
// False: it names nothing so, or is no good frame; then `out` is left alone.
bool remember_into(const uint8_t *data, size_t size, struct buffer *out);

#endif
