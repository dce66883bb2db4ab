// How long a session may take for what it has begun, and what becomes of it when it does not come
// to an end: one deadline, the earliest of all that run, in the server's wheel. Loop thread.
#include "server/session.h"

#include "common/error.h"
#include "server/server.h"

static uint64_t sooner(uint64_t due, uint64_t since, unsigned seconds)
{
    uint64_t by = since + (uint64_t)seconds * 1000;
    return since && by < due ? by : due;
}

static uint64_t hurry(const struct session *session)
{
    return session->must_by && !session->held_since ? session->must_by : UINT64_MAX;
}

// The first moment at which this session may have to go.
static uint64_t due(const struct session *session)
{
    uint64_t by = hurry(session);
    by = sooner(by, session->stuck_since, SESSION_STUCK);
    by = sooner(by, session->stuck_since ? session->looked : 0, SESSION_LOOK);
    // When it is we who do not read or have not answered, silence is not theirs.
    if (session_open(session) && session->reading && !session->held_since) {
        by = sooner(by, session->frame_since, SESSION_FRAME);
        by = sooner(by, session->record_since, SESSION_FRAME);
        if (session->n_requests == 0)
            by = sooner(by, session->heard, SESSION_SILENCE);
    }
    return by;
}

void session_schedule(struct session *session)
{
    if (session->closed)
        return;
    uint64_t by = due(session);
    // Only an earlier deadline moves; a later one is noticed when the old one comes by.
    if (!session->deadline.due || by / WHEEL_STEP + 1 < session->deadline.due)
        deadline_set(&session->server->wheel, &session->deadline, by);
}

static void session_late(struct session *session, const char *what)
{
    struct problem problem;
    problem_init(&problem, NULL);
    problem_set(&problem, ERR_TIMEOUT, "%s", what);
    session_fault(session, 0, &problem);
}

// Has the socket taken anything since the last look? Then it is slow, not stuck.
static bool session_moves(struct session *session, uint64_t now)
{
    uint64_t taken = session->submitted - uv_stream_get_write_queue_size((uv_stream_t *)&session->tcp);
    bool moves = taken > session->taken;
    session->taken = taken;
    session->looked = now;
    return moves;
}

void session_on_due(struct deadline *deadline, void *data)
{
    (void)data;
    struct session *session = (struct session *)((char *)deadline - offsetof(struct session, deadline));
    uint64_t now = uv_now(&session->server->loop);
    if (session->stuck_since && session_moves(session, now))
        session->stuck_since = now;
    if (now < due(session)) {
        deadline_set(&session->server->wheel, deadline, due(session));
    } else if (session->state == SESSION_CLOSING || session->state == SESSION_HANDSHAKING ||
               sooner(UINT64_MAX, session->stuck_since, SESSION_STUCK) <= now) {
        session_cut(session);
    } else if (hurry(session) <= now) {
        session_late(session, "Nobody logged in on this connection in time.");
    } else if (sooner(UINT64_MAX, session->frame_since, SESSION_FRAME) <= now) {
        session_late(session, "A frame was begun and not finished within ten seconds.");
    } else if (sooner(UINT64_MAX, session->record_since, SESSION_FRAME) <= now) {
        session_late(session, "A record of TLS was begun and not finished within ten seconds.");
    } else {
        session_late(session, "Nothing was heard for 75 seconds; a client that has nothing to ask sends Ping every 30.");
    }
}

// It was we who did not read: what has begun has all its time from now on.
void session_waited(struct session *session)
{
    if (session->frame_since)
        session->frame_since = uv_now(&session->server->loop);
    if (session->record_since)
        session->record_since = uv_now(&session->server->loop);
}

void session_hold(struct session *session, bool held)
{
    uint64_t now = uv_now(&session->server->loop);
    if (held && session->must_by && session->waits < SESSION_WAITS) {
        session->held_since = now;
    } else if (!held && session->held_since) {
        if (session->held_since < now) {
            session->must_by += now - session->held_since;
            session->waits++;
            session_waited(session);
        }
        session->held_since = 0;
        session_schedule(session);
    }
}
