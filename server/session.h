// One connection: its bytes, its TLS, its frames, who is on the other end and
// what is being answered to it. Only its files (session.c, session_io.c, session_time.c)
// touch a socket. Loop thread; work on other threads holds a session's id and
// asks session_find when it comes back.
#ifndef SERVER_SESSION_H
#define SERVER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/frame.h"
#include "common/kind.h"
#include "common/table.h"
#include "server/deadline.h"

struct crowd;
struct door;
struct pass;
struct person;
struct problem;
struct server;
struct tls;
struct watch;

// All in seconds. These are deadlines for something to be finished, not idle
// timers: a byte now and then buys no time. What waits for us costs none (session_hold).
#define SESSION_HANDSHAKE  5  // from accept to the end of the TLS handshake
#define SESSION_LOGIN_TIME 20 // from there, and from a refused login, to being logged in
#define SESSION_FRAME      10 // for a frame that has begun, or a record of TLS
#define SESSION_SILENCE    75 // without one whole frame; clients ping after 30
#define SESSION_STUCK      30 // unsent bytes of which nobody takes any
#define SESSION_LOOK       1  // between two looks at whether they are taken
#define SESSION_GOODBYE    2  // for the last words to be read

#define SESSION_HIGH     ((size_t)256 << 10) // unsent bytes: stop reading
#define SESSION_LOW      ((size_t)64 << 10)  // read on
#define SESSION_MOST     ((size_t)32 << 20)  // unsent bytes: cut
#define SESSION_REQUESTS 64                  // in flight
#define SESSION_SHARE    64                  // frames taken in one turn of the loop
// An answer may be long and comes all at once, whatever is unsent by then: while requests of this
// weight together (dispatch.c) are in flight, no other is begun.
#define SESSION_LOAD    8
#define SESSION_CHANCES 5 // refused logins that buy more time
#define SESSION_WAITS   8 // for us that cost a state no time

enum session_state { SESSION_HANDSHAKING, SESSION_HELLO, SESSION_LOGIN, SESSION_READY, SESSION_CLOSING, SESSION_STATES };

struct session_request {
    uint64_t id;
    uint8_t weight;
};

struct session_present {     // what this person looks at
    const struct kind *kind; // NULL: nothing
    int64_t id, about;
    uint32_t field;
};

struct session {
    UT_hash_handle hh;
    uint64_t id;
    struct server *server;
    struct session *next_dirty;
    struct session *stranger_prev, *stranger_next; // while it is one, as its crowd and its door
    struct crowd *crowd;
    struct door *door;
    struct session *greet_prev, *greet_next; // while it has bytes in `greeted`
    struct buffer greeted;                   // of the handshake, arrived: they wait for their turn (greet.h)
    uint64_t begun, begun_turn;              // its first turn: ms, and the loop's
    uint8_t greets;                          // turns it had; 2: two or more
    struct deadline deadline;
    uv_tcp_t tcp;
    struct tls *tls;
    struct buffer plain;              // arrived and decrypted, not yet taken apart
    struct buffer pending;            // to be encrypted when the turn ends
    uint64_t must_by;                 // ms: handshake, login or goodbye done; 0: nothing hangs on it
    uint64_t held_since;              // ms: since when that stands still, for it waits for us; 0: it runs
    uint64_t frame_since;             // ms; 0: no frame has begun
    uint64_t record, record_since;    // of TLS: the one of which a part has come (tls_partial), and since when, ms; or 0
    uint64_t heard;                   // ms: the last whole frame
    uint64_t stuck_since;             // ms: since when none of the unsent bytes left; 0: all have
    uint64_t looked;                  // ms: when that was last looked at
    uint64_t submitted, taken;        // bytes given to the socket; of these gone when last looked at
    struct session_request *requests; // in flight; NULL while there are none
    uint8_t n_requests;
    unsigned load; // their weights
    uint64_t turn; // of the loop, in which it had so many frames taken:
    unsigned share;
    uint8_t chances; // used up
    uint8_t waits;   // … in this state
    uint8_t state;   // enum session_state
    bool dirty, reading, stranger, closed, doomed;
    bool gated; // Hello or a login is being answered: what follows it waits
    bool read_ended;

    // who; after Hello
    int64_t staff, device_id;
    char *name, *device;
    uint8_t fingerprint[32]; // of the device's certificate
    // after login
    int role;
    int64_t since;
    struct pass *pass;     // the ticket in use
    struct person *person; // whoever it is, on all connections; NULL before login and when it goes
    // live
    struct watch *watches;
    uint32_t n_watches;
    uint64_t last_watch, present_asked;
    struct session_present present;
    struct session *present_prev, *present_next; // of all who look at something
};

void session_accept(struct server *server);
struct session *session_find(const struct server *server, uint64_t id); // NULL when it is gone or going

// Says it at the end of the turn. 0, ERR_TOO_LARGE (nothing said), ERR_NOMEM (the session then ends).
int session_send(struct session *session, const Sendco__Frame *frame);
int session_send_bytes(struct session *session, const uint8_t *frames, size_t size);
size_t session_unsent(const struct session *session);

// A request begins and ends. `weight`: its share of SESSION_LOAD; 0: its answer is short. ERR_INVALID: its id is in use.
int session_begin(struct session *session, uint64_t request, uint8_t weight);
void session_finish(struct session *session, uint64_t request);

// While closed, further frames wait (a client may send Hello, Resume and Get in one go).
void session_gate(struct session *session, bool closed);
void session_become(struct session *session, enum session_state state);
// More time for another attempt to log in, SESSION_CHANCES times.
void session_patience(struct session *session);

// What was asked breaks the protocol: says so with request id `request` (0: unknown) and ends.
void session_fault(struct session *session, uint64_t request, const struct problem *problem);
// Everything said leaves, then goodbye.
void session_end(struct session *session);
// At once, without a word.
void session_cut(struct session *session);

// Another turn of the loop: everybody has a new share of it.
void session_next_turn(struct server *server);
// End of a turn: takes frames that could not be taken before, sends what was said.
void session_turn(struct session *session);
void session_on_due(struct deadline *deadline, void *data);

// --- between session.c, session_io.c and session_time.c ---
void session_touch(struct session *session);                                 // something to do at the end of the turn
void session_got(struct session *session, const uint8_t *data, size_t size); // ciphertext that arrived
void session_schedule(struct session *session);                              // what has changed may move the deadline
void session_waited(struct session *session);                                // it is read again: what has begun has all its time
// It waits for us: until it does no more its time stands still, SESSION_WAITS times in each state. Longer than that
// nobody keeps a stranger's place by always having something for us to do.
void session_hold(struct session *session, bool held);
void session_take(struct session *session);       // takes whole frames from `plain`
void session_ready(struct session *session);      // the handshake is done
bool session_open(const struct session *session); // neither closing nor closed
void session_flush(struct session *session);
void session_read_on(struct session *session, bool on);
void session_hang_up(struct session *session); // goodbye on the socket, after what is on its way
void session_close(struct session *session);   // the socket; the session is freed when it has closed
void session_free(struct session *session);

#endif
