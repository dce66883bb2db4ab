// One connection to sendcod: TLS, frames, many requests in flight. Asynchronous,
// on the caller's loop and in its thread; used by both clients.
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include <stdbool.h>
#include <uv.h>

#include "common/error.h"
#include "protocol.pb-c.h"

struct link;
struct tls_context;

#define LINK_CONNECT_MS 5000  // until TLS is ready
#define LINK_TRY_MS     1500  // for one address of a name that has more
#define LINK_DEAD_MS    10000 // of what was sent nothing arrives, or a silent network does not answer a probe
#define LINK_REPLY_MS   30000 // between two replies to a request
#define LINK_PING_MS    20000 // idle for so long: Ping

struct link_events {
    void (*on_open)(struct link *link, void *data);                           // say Hello now
    void (*on_push)(struct link *link, const Sendco__Push *push, void *data); // borrowed
    // The last call, once, also when opening failed: why->error is 0 when
    // link_close was called. The link is freed when it returns.
    void (*on_closed)(struct link *link, const struct problem *why, void *data);
};

// `server`: "host:port", "[::1]:7443" or "host" (port 7443). The context and the
// events are borrowed. NULL: see problem; otherwise on_closed comes some day.
struct link *link_open(uv_loop_t *loop, struct tls_context *context, const char *server, const struct link_events *events, void *data,
                       struct problem *problem);
// Every reply calls `on_reply`, the last one with more unset. A reply that will
// never come: NULL and the reason; that too is the last call. Borrowed.
typedef void link_reply_fn(struct link *link, const Sendco__Reply *reply, const struct problem *lost, void *data);
// Fills in request->id. 0, ERR_TOO_LARGE, or ERR_UNREACHABLE when the link is not
// open; then on_reply is not called.
int link_ask(struct link *link, Sendco__Request *request, link_reply_fn *on_reply, void *data, struct problem *problem);
// Says goodbye; pending requests are told, then on_closed.
void link_close(struct link *link);

// The problem of a reply whose outcome is not OK: its error. 0 for OK.
int link_problem(const Sendco__Reply *reply, struct problem *problem);
// "host:port" taken apart; `host` and `port` hold 256 and 8 bytes.
int link_address(const char *server, char *host, char *port, struct problem *problem);
// And put together again as people write it, "[::1]:7443"; `at` holds LINK_AT bytes.
#define LINK_AT 272
void link_address_text(const char *host, const char *port, char at[LINK_AT]);

#endif
