// Between link.c and link_frames.c, which nobody else includes: a link's life, and what
// it says and hears. In the thread of its loop.
#ifndef CLIENT_LINK_FRAMES_H
#define CLIENT_LINK_FRAMES_H

#include "client/link.h"
#include "common/arena.h"
#include "common/buffer.h"

struct asked;
struct resolver;
struct tls;

#define LINK_READ ((size_t)64 << 10)

enum link_state { RESOLVING, CONNECTING, HANDSHAKE, OPEN, CLOSING };

struct link {
    uv_tcp_t tcp;
    uv_timer_t timer;
    struct resolver *resolver; // NULL: not at work
    uv_connect_t connecting;
    struct addrinfo *addresses, *address;
    struct tls_context *context;
    struct tls *tls;
    struct buffer plain;
    struct arena arena;
    struct asked *asked; // and not answered yet; link_frames.c knows what it is
    const struct link_events *events;
    void *data;
    struct problem why;
    uint64_t next_id, deadline, tried, heard; // tried: when the address at hand was
    enum link_state state;
    int open;
    bool tcp_open, asked_to_close;
    char host[256], port[8], at[LINK_AT]; // at: both, for people
    char read[LINK_READ];
};

// --- link.c ---

uint64_t link_now(void); // ms, monotonic
// The end begins; link->why says why. Once it has begun, nothing.
void link_end(struct link *link);

// --- link_frames.c ---

// Sends what TLS has to send. 0, or an error with link->why; ending it is the caller's.
int link_flush(struct link *link);
// Reads from the socket from now on. 0, or libuv's error.
int link_listen(struct link *link);
// Has somebody waited for a reply too long?
bool link_overdue(const struct link *link, uint64_t now);
// Whoever waits for a reply is told link->why, and waits no more.
void link_tell_lost(struct link *link);

#endif
