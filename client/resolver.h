// Looks the name of a machine up without waiting for it. A name server that does not
// answer cannot be stopped: then one lets go of the resolver, which frees itself some
// day. On the caller's loop and in its thread.
#ifndef CLIENT_RESOLVER_H
#define CLIENT_RESOLVER_H

#include <uv.h>

struct resolver;

// `status`: 0, or libuv's error; `addresses` are the callee's, for uv_freeaddrinfo.
// The resolver is gone when it is called.
typedef void resolver_fn(void *data, int status, struct addrinfo *addresses);
// NULL: *status says why; then on_found is not called. Otherwise it is, later, once.
struct resolver *resolver_start(uv_loop_t *loop, const char *host, const char *port, resolver_fn *on_found, void *data, int *status);
// Nobody waits for it any more. A loop with such a resolver cannot be closed before it is done.
void resolver_drop(struct resolver *resolver);

#endif
