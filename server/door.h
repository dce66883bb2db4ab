// Who may wait at the door: connections in the handshake, and those that have shown a certificate and
// are not logged in yet. Each of the two has places of its own, so that nobody who says nothing takes
// the place of somebody who types a password. Loop thread.
#ifndef SERVER_DOOR_H
#define SERVER_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define DOOR_PLACES ((size_t)200) // in the handshake, and as many after it
// ms for the answer to a handshake's first turn, before others are kept rather. All that may come in a second (arrivals.h)
// have three quarters of the places' time in it so: these are never full of them for long.
#define DOOR_BEGUN 250

struct session;

struct door {
    struct session *first; // who came first is first
    size_t n;
};

// In the handshake, from that address. False without memory: it is in no list then.
bool door_come(struct session *session, const struct sockaddr_storage *peer);
// Cuts a session if there is one too many.
void door_thin_out(const struct door *door);
// The handshake is done: from now on it counts by its certificate. One session may be cut for it, without memory this one.
void door_shown(struct session *session);
// It has logged in or goes. In no list any more; once more does no harm.
void door_leave(struct session *session);

#endif
