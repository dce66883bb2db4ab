// Sessions without sockets and TLS, for the target of message sequences: what session_io.c and
// server.c are in the daemon. What is said to a client is judged here. Loop thread.
#ifndef TESTS_FUZZ_NO_SOCKET_H
#define TESTS_FUZZ_NO_SOCKET_H

#include "server/session.h"

// A connection by the person's device (ground.h), past the handshake.
struct session *no_socket_connect(struct server *server, unsigned person);
// Its client takes nothing from now on, or all again.
void no_socket_slow(struct session *session, bool slow);
// The loop's time moves by so many milliseconds.
void no_socket_later(uint64_t ms);
// Frees those that were closed; outside of all session code.
void no_socket_sweep(void);

#endif
