// How fast connections come: a handshake costs the loop half a millisecond, so one
// address, or many, must not keep it busy with them. Loop thread.
#ifndef SERVER_ARRIVALS_H
#define SERVER_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/table.h"

#define ARRIVALS_PER_SOURCE 200 // a second; twice as many in all
// When all have come that may, of each source the first few still come in: of every fifty that one may send
// one, and in all as many as one source may send.
#define ARRIVALS_FIRST 50

struct arrival;

// Connections that nobody has logged in on yet: from one address, or after the handshake of one device.
struct crowd {
    UT_hash_handle hh;
    uint8_t source[32]; // an address and zeros, or a certificate's SHA-256
    unsigned n;
};

struct arrivals {
    unsigned per_source, in_all;
    bool local_too;  // count this very machine as well: when a number was asked for
    uint64_t second; // the one that is counted now
    unsigned n;
    struct arrival *sources; // hash by address; of this second only
    struct crowd *crowds;    // hash by source
};

void arrivals_init(struct arrivals *arrivals, unsigned per_source); // 0: the default
void arrivals_deinit(struct arrivals *arrivals);
// One more from there; false: one too many. By default this machine itself is never too many. `now` in ms.
bool arrivals_take(struct arrivals *arrivals, const struct sockaddr_storage *peer, uint64_t now);

// One more in the crowd of that address, which lasts until the last has left it. NULL without memory.
struct crowd *crowd_join(struct arrivals *arrivals, const struct sockaddr_storage *peer);
// The same of that certificate.
struct crowd *crowd_join_device(struct arrivals *arrivals, const uint8_t fingerprint[32]);
void crowd_leave(struct arrivals *arrivals, struct crowd *crowd);

#endif
