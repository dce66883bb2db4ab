// Whose handshake goes on in this turn of the loop (greet.h). Loop thread.
#include "server/greet.h"

#include <time.h>

#include <utlist.h>

#include "server/fault.h"
#include "server/server.h"
#include "server/session.h"

// Of this thread: while it waits for a processor nobody is served, and no time is used up.
static uint64_t processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

int greet_later(struct session *session, const uint8_t *data, size_t size)
{
    struct greeting *greeting = &session->server->greeting;
    bool waits = buffer_size(&session->greeted) > 0;
    int result = buffer_append(&session->greeted, data, size);
    if (result)
        return result;
    if (!waits)
        DL_APPEND2(greeting->first, session, greet_prev, greet_next);
    if (buffer_size(&session->greeted) >= GREET_BYTES)
        session_read_on(session, false); // its turn lets it go on
    return 0;
}

void greet_leave(struct session *session)
{
    if (buffer_size(&session->greeted) > 0)
        DL_DELETE2(session->server->greeting.first, session, greet_prev, greet_next);
    buffer_deinit(&session->greeted);
}

// As much as all else took since the last time, within bounds: under a flood of other things
// handshakes go on, and under a flood of handshakes so does all else.
static uint64_t greet_time(const struct greeting *greeting, uint64_t now)
{
    uint64_t rest = greeting->ended ? now - greeting->ended : 0;
    if (fault_on("handshakes-first"))
        return UINT64_MAX;
    return rest < GREET_LEAST ? GREET_LEAST : rest > GREET_MOST ? GREET_MOST : rest;
}

bool greet_turn(struct greeting *greeting, void (*got)(struct session *session, const uint8_t *data, size_t size))
{
    if (!greeting->first)
        return false;
    uint64_t began = processor_ns(), time = greet_time(greeting, began);
    do {
        struct session *session = greeting->first;
        struct buffer bytes = session->greeted;
        DL_DELETE2(greeting->first, session, greet_prev, greet_next);
        buffer_init(&session->greeted);
        got(session, buffer_head(&bytes), buffer_size(&bytes));
        buffer_deinit(&bytes);
    } while (greeting->first && processor_ns() - began < time);
    greeting->ended = greeting->first ? processor_ns() : 0;
    return greeting->first != NULL;
}
