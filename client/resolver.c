// Looks names up: libuv asks on a thread of its own. Runs in the loop's thread.
#include "client/resolver.h"

#include <stdlib.h>

struct resolver {
    uv_getaddrinfo_t request;
    resolver_fn *on_found; // NULL: nobody waits for it
    void *data;
};

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct resolver *resolver = (struct resolver *)request;
    resolver_fn *on_found = resolver->on_found;
    void *data = resolver->data;

    free(resolver);
    if (on_found)
        on_found(data, status, addresses);
    else
        uv_freeaddrinfo(addresses);
}

struct resolver *resolver_start(uv_loop_t *loop, const char *host, const char *port, resolver_fn *on_found, void *data, int *status)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    *status = UV_ENOMEM;
    if (!resolver)
        return NULL;
    resolver->on_found = on_found;
    resolver->data = data;
    *status = uv_getaddrinfo(loop, &resolver->request, on_resolved, host, port, &hints);
    if (*status == 0)
        return resolver;
    free(resolver);
    return NULL;
}

void resolver_drop(struct resolver *resolver)
{
    resolver->on_found = NULL;
    (void)uv_cancel((uv_req_t *)&resolver->request);
}
