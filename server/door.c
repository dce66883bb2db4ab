// Places at the door (door.h). One connection too many, and one goes: of the largest crowd, so
// that a few addresses, or one device, with many connections keep nobody else out. Loop thread.
#include "server/door.h"

#include <utlist.h>

#include "common/tls.h"
#include "server/arrivals.h"
#include "server/fault.h"
#include "server/server.h"
#include "server/session.h"

static void door_join(struct door *door, struct session *session, struct crowd *crowd)
{
    session->door = door;
    session->crowd = crowd;
    DL_APPEND2(door->first, session, stranger_prev, stranger_next);
    door->n++;
}

// What would be lost with it. 0: nothing, or it was waited for long enough. 1: it waits for us. 2: its handshake has had
// a first turn, and then it waits for us or was not waited for long. Only then: who sends bytes one by one is waited for.
static unsigned door_stake(const struct session *session)
{
    const struct server *server = session->server;
    if (session->state != SESSION_HANDSHAKING || session->greets > 1)
        return 0;
    bool ours = buffer_size(&session->greeted) > 0;
    if (session->greets == 0)
        return ours;
    // What it answers can be read in the turn after the next at the latest.
    bool short_time = server->turn - session->begun_turn <= 1 || uv_now(&server->loop) - session->begun < DOOR_BEGUN;
    return ours || short_time ? 2 : 0;
}

// Would rather this one go than that? Of crowds of one size whoever has less at stake, then whoever has said less, then
// whoever came first: who says nothing goes before those who come. Of those that wait for us, whoever came last.
static bool goes_before(const struct session *session, const struct session *out)
{
    if (session->crowd->n != out->crowd->n)
        return session->crowd->n > out->crowd->n;
    unsigned stake = door_stake(session), other = door_stake(out);
    if (stake != other)
        return stake < other;
    return stake > 0 || session->state < out->state;
}

void door_thin_out(const struct door *door)
{
    struct session *session, *out = door->first;
    if (door->n <= DOOR_PLACES)
        return;
    DL_FOREACH2(door->first, session, stranger_next)
    {
        if (goes_before(session, out))
            out = session;
    }
    if (fault_on("strangers-first-come"))
        out = door->first->stranger_prev; // the newest, as if there were no more places
    session_cut(out);
}

bool door_come(struct session *session, const struct sockaddr_storage *peer)
{
    struct server *server = session->server;
    struct crowd *crowd = crowd_join(&server->arrivals, peer);
    if (!crowd)
        return false;
    door_join(&server->silent, session, crowd);
    return true;
}

void door_shown(struct session *session)
{
    struct server *server = session->server;
    uint8_t fingerprint[TLS_FINGERPRINT];
    struct crowd *crowd = tls_peer(session->tls, fingerprint) ? NULL : crowd_join_device(&server->arrivals, fingerprint);
    if (!crowd) {
        session_cut(session);
        return;
    }
    door_leave(session);
    door_join(&server->shown, session, crowd);
    door_thin_out(&server->shown);
}

void door_leave(struct session *session)
{
    struct door *door = session->door;
    if (!door)
        return;
    DL_DELETE2(door->first, session, stranger_prev, stranger_next);
    door->n--;
    crowd_leave(&session->server->arrivals, session->crowd);
    session->door = NULL;
    session->crowd = NULL;
}
