// A session's life. Loop thread.
//
//   HANDSHAKING --TLS done--> HELLO --Hello--> LOGIN --Login, Resume--> READY
//        |                      |                |                       |
//        +------- fault, deadline, goodbye, cut, end of the daemon ------+--> CLOSING --> freed
//
// A session whose ticket has ended stays READY and is told to log in again (dispatch.c). Which
// requests each state takes is in dispatch.c's table; how long each may last,
// in session_time.c. A fault of the protocol is answered once and ends the session; a
// fault of a request is only answered.
#include "server/session.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/error.h"
#include "common/log.h"
#include "common/tls.h"
#include "server/access/pass.h"
#include "server/dispatch.h"
#include "server/fault.h"
#include "server/live.h"
#include "server/pack.h"
#include "server/person.h"
#include "server/server.h"

static const struct {
    const char *name;
    size_t frame_max; // longest frame either side may send
    unsigned seconds; // to leave this state by; 0: as long as it likes
    bool stranger;    // counts as one
} states[SESSION_STATES] = {
    [SESSION_HANDSHAKING] = {"handshake", FRAME_MAX_BEFORE_LOGIN, SESSION_HANDSHAKE, true},
    [SESSION_HELLO] = {"hello", FRAME_MAX_BEFORE_LOGIN, SESSION_LOGIN_TIME, true},
    [SESSION_LOGIN] = {"login", FRAME_MAX_BEFORE_LOGIN, SESSION_LOGIN_TIME, true},
    [SESSION_READY] = {"ready", FRAME_MAX, 0, false},
    [SESSION_CLOSING] = {"closing", FRAME_MAX, SESSION_GOODBYE, false},
};

static uint64_t now_ms(const struct session *session)
{
    return uv_now(&session->server->loop);
}

bool session_open(const struct session *session)
{
    return !session->closed && session->state != SESSION_CLOSING;
}

struct session *session_find(const struct server *server, uint64_t id)
{
    struct session *session;
    HASH_FIND(hh, server->sessions, &id, sizeof id, session);
    return session && session_open(session) ? session : NULL;
}

// --- states ---

static void session_familiar(struct session *session)
{
    if (!session->stranger)
        return;
    session->stranger = false;
    session->server->n_strangers--;
    door_leave(session);
    server_stranger_left(session->server);
}

void session_become(struct session *session, enum session_state state)
{
    log_write(LOG_TRACE, "session %llu: %s", (unsigned long long)session->id, states[state].name);
    session->state = (uint8_t)state;
    bool hurried = states[state].seconds && !(state == SESSION_HANDSHAKING && fault_on("no-handshake-deadline"));
    session->must_by = hurried ? now_ms(session) + states[state].seconds * 1000 : 0;
    session->held_since = 0;
    session->waits = 0;
    if (!states[state].stranger)
        session_familiar(session);
    session_schedule(session);
}

void session_patience(struct session *session)
{
    if (!session->must_by || !session_open(session) || session->chances == SESSION_CHANCES)
        return;
    session->chances++;
    session->must_by = now_ms(session) + SESSION_LOGIN_TIME * 1000;
}

void session_ready(struct session *session)
{
    if (session->state != SESSION_HANDSHAKING)
        return;
    session->heard = now_ms(session);
    session_become(session, SESSION_HELLO);
    door_shown(session);
}

void session_touch(struct session *session)
{
    if (session->dirty || session->closed)
        return;
    session->dirty = true;
    session->next_dirty = session->server->dirty;
    session->server->dirty = session;
}

void session_gate(struct session *session, bool closed)
{
    session->gated = closed;
    session_hold(session, closed);
    session_touch(session);
}

// --- frames in ---

static bool session_takes(const struct session *session)
{
    return session_open(session) && !session->gated && !session->server->stopping && session->n_requests < SESSION_REQUESTS &&
           session->load < SESSION_LOAD && session_unsent(session) < SESSION_HIGH;
}

// Nobody has more than a share of a turn: the others' frames come before the rest of a flood.
static bool session_shares(struct session *session)
{
    const struct server *server = session->server;
    if (session->turn != server->turn)
        session->share = 0;
    session->turn = server->turn;
    return session->share < SESSION_SHARE || fault_on("whole-flood");
}

// It has had its share; the next turn comes back for the rest, and until then no more of it is read.
static void session_wait(struct session *session)
{
    if (session->dirty || session->closed)
        return;
    session->dirty = true;
    session->next_dirty = session->server->later;
    session->server->later = session;
}

void session_next_turn(struct server *server)
{
    struct session *session, *later = server->later;
    server->later = NULL;
    server->turn++;
    while ((session = later) != NULL) {
        later = session->next_dirty;
        session->dirty = false;
        session_touch(session);
    }
}

void session_take(struct session *session)
{
    bool took = false;
    while (session_takes(session) && session_shares(session)) {
        const uint8_t *data;
        size_t size;
        struct problem problem;
        problem_init(&problem, NULL);
        int result = frame_next(&session->plain, states[session->state].frame_max, &data, &size, &problem);
        if (result < 0) {
            session_fault(session, 0, &problem);
            return;
        }
        if (result == 0)
            break;
        took = true;
        session->share++;
        session->heard = now_ms(session);
        bool secret = session->state != SESSION_READY; // a password may be in it
        dispatch_frame(session, data, size);
        if (secret)
            sodium_memzero(buffer_head(&session->plain), 4 + size);
        buffer_consume(&session->plain, 4 + size);
    }
    if (buffer_size(&session->plain) == 0)
        session->frame_since = 0;
    else if (took || !session->frame_since)
        session->frame_since = now_ms(session);
    session_schedule(session);
}

int session_begin(struct session *session, uint64_t request, uint8_t weight)
{
    for (size_t i = 0; i < session->n_requests; i++)
        if (session->requests[i].id == request)
            return ERR_INVALID;
    if (!session->requests)
        session->requests = malloc(SESSION_REQUESTS * sizeof *session->requests);
    if (!session->requests)
        return ERR_NOMEM;
    session->requests[session->n_requests++] = (struct session_request){request, weight};
    session->load += weight;
    return 0;
}

void session_finish(struct session *session, uint64_t request)
{
    for (size_t i = 0; i < session->n_requests; i++) {
        if (session->requests[i].id != request)
            continue;
        session->load -= session->requests[i].weight;
        session->requests[i] = session->requests[--session->n_requests];
        break;
    }
    if (session->n_requests == 0) {
        free(session->requests);
        session->requests = NULL;
    }
    session->heard = now_ms(session); // silence counts from the last answer
    session_touch(session);
}

// --- frames out ---

int session_send(struct session *session, const Sendco__Frame *frame)
{
    if (!session_open(session))
        return 0;
    int result = frame_append(&session->pending, frame, states[session->state].frame_max);
    session->doomed |= result == ERR_NOMEM || session_unsent(session) > SESSION_MOST;
    session_touch(session);
    return result;
}

int session_send_bytes(struct session *session, const uint8_t *frames, size_t size)
{
    if (!session_open(session))
        return 0;
    int result = buffer_append(&session->pending, frames, size);
    // what it missed cannot be said: it goes, at the end of the turn
    session->doomed |= result != 0 || session_unsent(session) > SESSION_MOST;
    session_touch(session);
    return result;
}

// An idle session keeps no buffers.
static void session_slim(struct session *session)
{
    if (buffer_size(&session->plain) == 0)
        buffer_deinit(&session->plain);
    if (buffer_size(&session->pending) == 0)
        buffer_deinit(&session->pending);
}

void session_turn(struct session *session)
{
    session->dirty = false;
    if (session->doomed)
        session_cut(session);
    if (session->closed)
        return;
    if (session_open(session) && buffer_size(&session->plain) > 0)
        session_take(session);
    bool held = !session_takes(session);
    session_flush(session);
    if (!session_open(session))
        return;
    bool waits = session_takes(session) && buffer_size(&session->plain) > 0 && !session_shares(session);
    if (waits)
        session_wait(session);
    else if (held && session_takes(session) && buffer_size(&session->plain) > 0)
        session_touch(session); // what waited for room has it: nobody else comes back for it
    size_t unsent = session_unsent(session);
    bool was = session->reading;
    // Between the two marks it stays as it is, so that reading does not flutter.
    bool takes = session_takes(session) && (was || unsent < SESSION_LOW) && !waits;
    session_read_on(session, takes);
    if (session->reading && !was)
        session_waited(session);
    if (session->n_watches > 0 && unsent < SESSION_LOW)
        live_drained(session);
    session_slim(session);
    session_schedule(session);
}

// --- ends ---

void session_fault(struct session *session, uint64_t request, const struct problem *problem)
{
    if (!session_open(session))
        return;
    struct arena arena;
    arena_init(&arena, 0);
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    Sendco__Reply reply = SENDCO__REPLY__INIT;
    Sendco__Problem packed;
    pack_failure(problem, &packed, &reply, &arena);
    reply.has_id = 1;
    reply.id = request;
    frame.kind_case = SENDCO__FRAME__KIND_REPLY;
    frame.reply = &reply;
    log_write(LOG_NOTE, "session %llu (%s): %s", (unsigned long long)session->id, states[session->state].name, problem->message);
    session_send(session, &frame);
    arena_deinit(&arena);
    session_end(session);
}

// Nobody finds it any more, nobody is told anything more.
static void session_leave(struct session *session)
{
    live_leave(session);
    person_leave(session);
    session_become(session, SESSION_CLOSING);
    if (session->server->stopping && session_unsent(session) == 0) {
        session->must_by = now_ms(session) + WHEEL_STEP; // who ends the daemon does not wait for every client to say goodbye
        session_schedule(session);
    }
    if (session->pass)
        pass_release(session->pass);
    session->pass = NULL;
}

void session_end(struct session *session)
{
    if (!session_open(session))
        return;
    session_leave(session);
    session_hang_up(session);
}

void session_cut(struct session *session)
{
    if (session->closed)
        return;
    if (session_open(session))
        session_leave(session);
    session_close(session);
}

static void session_drop(struct session **link, const struct session *session)
{
    while (*link && *link != session)
        link = &(*link)->next_dirty;
    if (*link)
        *link = session->next_dirty;
}

void session_free(struct session *session)
{
    struct server *server = session->server;
    // It may still be in line for the end of this turn.
    if (session->dirty) {
        session_drop(&server->dirty, session);
        session_drop(&server->later, session);
    }
    if (session->stranger)
        session_familiar(session);
    HASH_DEL(server->sessions, session);
    server->n_sessions--;
    server->trim |= session->since != 0; // what was read for whoever was in may have been much
    tls_free(session->tls);
    buffer_deinit(&session->plain);
    buffer_deinit(&session->pending);
    free(session->requests);
    free(session->name);
    free(session->device);
    free(session);
    server_wind_down(server);
}
