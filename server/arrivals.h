// How fast connections come: a handshake costs the loop half a millisecond, so one
// address, or many, must not keep it busy with them. Loop thread.
#ifndef SERVER_ARRIVALS_H
#define SERVER_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ARRIVALS_PER_SOURCE 200 // a second; twice as many in all

struct arrival;

struct arrivals {
    unsigned per_source, in_all;
    bool local_too;  // count this very machine as well: when a number was asked for
    uint64_t second; // the one that is counted now
    unsigned n;
    struct arrival *sources; // hash by address; of this second only
};

void arrivals_init(struct arrivals *arrivals, unsigned per_source); // 0: the default
void arrivals_deinit(struct arrivals *arrivals);
// One more from there; false: one too many. By default this machine itself is never too many. `now` in ms.
bool arrivals_take(struct arrivals *arrivals, const struct sockaddr_storage *peer, uint64_t now);

#endif
