// Whose handshake goes on in this turn of the loop (greet.h). Loop thread.
#include "server/greet.h"

#include <utlist.h>

#include "common/clock.h"
#include "server/fault.h"
#include "server/server.h"
#include "server/session.h"

static struct session **greet_line(struct greeting *greeting, const struct session *session)
{
    return session->greets == 1 ? &greeting->again : &greeting->first;
}

int greet_later(struct session *session, const uint8_t *data, size_t size)
{
    struct session **line = greet_line(&session->server->greeting, session);
    bool waits = buffer_size(&session->greeted) > 0;
    int result = buffer_append(&session->greeted, data, size);
    if (result)
        return result;
    if (!waits) {
        DL_APPEND2(*line, session, greet_prev, greet_next);
        session_hold(session, true);
    }
    if (buffer_size(&session->greeted) >= GREET_BYTES)
        session_read_on(session, false); // its turn lets it go on
    return 0;
}

void greet_leave(struct session *session)
{
    struct session **line = greet_line(&session->server->greeting, session);
    if (buffer_size(&session->greeted) > 0)
        DL_DELETE2(*line, session, greet_prev, greet_next);
    buffer_deinit(&session->greeted);
}

// Its turn: out of the line, and noted when it is its first.
static struct buffer greet_take(struct session *session)
{
    struct buffer bytes = session->greeted;
    buffer_init(&session->greeted);
    struct session **line = greet_line(&session->server->greeting, session);
    DL_DELETE2(*line, session, greet_prev, greet_next);
    if (session->greets == 0) {
        session->begun = uv_now(&session->server->loop);
        session->begun_turn = session->server->turn;
    }
    if (session->greets < 2)
        session->greets++;
    session_hold(session, false);
    return bytes;
}

// Time is of the processor: while this thread waits for one nobody is served, and no time is used up.
// As much as all else took since the last time, within bounds: under a flood of other things
// handshakes go on, and under a flood of handshakes so does all else.
static uint64_t greet_time(const struct greeting *greeting, uint64_t now)
{
    uint64_t rest = greeting->ended ? now - greeting->ended : 0;
    if (fault_on("handshakes-first"))
        return UINT64_MAX;
    uint64_t most = rest / GREET_PART > GREET_MOST ? rest / GREET_PART : GREET_MOST;
    return rest < GREET_LEAST ? GREET_LEAST : rest > most ? most : rest;
}

bool greet_turn(struct greeting *greeting, void (*got)(struct session *session, const uint8_t *data, size_t size))
{
    struct session *session = greeting->again ? greeting->again : greeting->first;
    if (!session)
        return false;
    uint64_t began = clock_processor(), time = greet_time(greeting, began);
    do {
        struct buffer bytes = greet_take(session);
        got(session, buffer_head(&bytes), buffer_size(&bytes));
        buffer_deinit(&bytes);
        session = greeting->again ? greeting->again : greeting->first;
    } while (session && clock_processor() - began < time);
    greeting->ended = session ? clock_processor() : 0;
    return session != NULL;
}
