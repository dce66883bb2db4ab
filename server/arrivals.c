// Connections counted by source, each second anew (arrivals.h): no more of them are kept
// than may come in one second. Loop thread.
#include "server/arrivals.h"

#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include "common/table.h"

struct arrival {
    UT_hash_handle hh;
    uint8_t source[16];
    unsigned n;
};

void arrivals_init(struct arrivals *arrivals, unsigned per_source)
{
    *arrivals = (struct arrivals){.per_source = per_source ? per_source : ARRIVALS_PER_SOURCE};
    arrivals->in_all = 2 * arrivals->per_source;
    arrivals->local_too = per_source != 0;
}

void arrivals_deinit(struct arrivals *arrivals)
{
    struct arrival *arrival, *next;
    HASH_ITER(hh, arrivals->sources, arrival, next)
    {
        HASH_DEL(arrivals->sources, arrival);
        free(arrival);
    }
}

// One machine has a whole /64 of IPv6 addresses to come from: that counts as one source.
static void source_of(const struct sockaddr_storage *peer, uint8_t source[16])
{
    memset(source, 0, 16);
    if (peer->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
        memcpy(source, &six->sin6_addr, IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) ? 16 : 8);
    } else {
        source[10] = source[11] = 0xff;
        memcpy(source + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    }
}

// This very machine: whoever is on it can do worse than connect often.
static bool is_local(const struct sockaddr_storage *peer)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
    if (peer->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) || (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127);
    return ntohl(((const struct sockaddr_in *)peer)->sin_addr.s_addr) >> 24 == 127;
}

bool arrivals_take(struct arrivals *arrivals, const struct sockaddr_storage *peer, uint64_t now)
{
    if (!arrivals->local_too && is_local(peer))
        return true;
    if (now / 1000 != arrivals->second) {
        arrivals_deinit(arrivals);
        arrivals->second = now / 1000;
        arrivals->n = 0;
    }
    uint8_t source[16];
    struct arrival *arrival;
    source_of(peer, source);
    HASH_FIND(hh, arrivals->sources, source, sizeof source, arrival);
    if (!arrival) {
        arrival = calloc(1, sizeof *arrival);
        if (!arrival)
            return false;
        memcpy(arrival->source, source, sizeof source);
        HASH_ADD(hh, arrivals->sources, source, sizeof source, arrival);
        if (!TABLE_TOOK(arrival)) {
            free(arrival);
            return false;
        }
    }
    bool first = arrival->n < arrivals->per_source / ARRIVALS_FIRST;
    if (arrival->n >= arrivals->per_source || arrivals->n >= arrivals->in_all + (first ? arrivals->per_source : 0))
        return false;
    arrival->n++;
    arrivals->n++;
    return true;
}

struct crowd *crowd_join_device(struct arrivals *arrivals, const uint8_t fingerprint[32])
{
    struct crowd *crowd;
    HASH_FIND(hh, arrivals->crowds, fingerprint, sizeof crowd->source, crowd);
    if (!crowd) {
        crowd = calloc(1, sizeof *crowd);
        if (!crowd)
            return NULL;
        memcpy(crowd->source, fingerprint, sizeof crowd->source);
        HASH_ADD(hh, arrivals->crowds, source, sizeof crowd->source, crowd);
        if (!TABLE_TOOK(crowd)) {
            free(crowd);
            return NULL;
        }
    }
    crowd->n++;
    return crowd;
}

struct crowd *crowd_join(struct arrivals *arrivals, const struct sockaddr_storage *peer)
{
    uint8_t source[32] = {0}; // no certificate's hash ends like this
    source_of(peer, source);
    return crowd_join_device(arrivals, source);
}

void crowd_leave(struct arrivals *arrivals, struct crowd *crowd)
{
    if (--crowd->n > 0)
        return;
    HASH_DEL(arrivals->crowds, crowd);
    free(crowd);
}
