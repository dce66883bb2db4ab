// The daemon as a whole: its loop, its listener, its sessions and what they
// share. Everything here belongs to the loop thread.
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/buffer.h"
#include "server/arrivals.h"
#include "server/deadline.h"
#include "server/door.h"
#include "server/greet.h"

struct live;
struct login;
struct passes;
struct person;
struct problem;
struct session;
struct stages;
struct store;
struct tls_context;

#define SERVER_NAME     "sendcod 1.0"
#define SERVER_READ     ((size_t)64 << 10) // one read buffer for all sessions
#define SERVER_SESSIONS ((size_t)12000)    // at most; fewer when RLIMIT_NOFILE says so

struct server_options {
    const char *directory;
    const char *listen;     // "HOST:PORT", "[::1]:0"
    const char *clock_file; // tests' build only; NULL: none
    unsigned handshakes;    // a second, from one address; twice as many in all. 0: ARRIVALS_PER_SOURCE
};

struct server {
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_timer_t tick;
    uv_prepare_t prepare; // these two end a turn of the loop: what was said in it
    uv_check_t check;     // leaves in one write per session
    uv_signal_t terminate, interrupt;
    struct store *store;
    struct tls_context *tls;
    struct session *sessions; // hash by id
    struct person *people;    // hash by staff: who is logged in
    struct session *dirty;    // sessions with something to do at the end of this turn
    struct session *later;    // … of the next one: they have had their share of this
    uint64_t turn;            // how many there were
    uv_idle_t more;           // active while something waits for the next turn
    struct wheel wheel;       // when each session must have done what
    uint64_t next_session;
    size_t n_sessions, max_sessions, n_strangers;
    struct arrivals arrivals;  // how fast they come, and where strangers are from
    struct door silent, shown; // strangers in the handshake; those who have shown a certificate
    struct greeting greeting;  // whose handshake waits for its turn
    bool accept_waits;         // a connection waits until there is memory for it
    int directory;             // locked while this runs; -1: not
    bool stopping, store_closed;
    uint8_t *read_buffer;
    struct buffer cipher; // ciphertext on its way out; empty between sessions
    struct live *live;
    struct login *login;
    struct passes *passes;
    struct stages *stages;
    struct writing *writings; // changes that may take long, while the store has them
    unsigned packing;         // answers on a thread that packs them
    int64_t started;
    uint64_t access_generation; // of accounts and devices (changed.h)
    bool access_checking, access_again, access_stale;
    uint64_t second;  // of the last once-a-second work
    bool trim, trims; // much memory was given back: the system is to have it; it is being given
    uv_work_t trimming;
};

// Opens the directory, listens, says so on stdout, serves until SIGTERM or
// SIGINT. Returns the process's exit code; faults are told on stderr.
int server_run(const struct server_options *options);
// Goes on listening after a connection that could not be accepted.
void server_listen_again(struct server *server);
// A connection is no longer a stranger's, or is gone: another may come in.
void server_stranger_left(struct server *server);
// An answer has come back from the thread that packed it: the end may have waited for that.
void server_packed(struct server *server);
// The last session is gone or the store has closed: ends what nobody needs any more.
void server_wind_down(struct server *server);

#endif
