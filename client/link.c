// One connection to sendcod: opened, watched over and closed; what it says and hears is
// link_frames.c's. Runs in the thread of the loop it was given.
//
//   RESOLVING -> CONNECTING (each address in turn) -> HANDSHAKE -> OPEN -> CLOSING
//
// Every handle and the resolver count as `open`; when the last one is gone the
// owner is told and the link is freed: nowhere else.
#include "client/link_frames.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "client/resolver.h"
#include "common/clock.h"
#include "common/tls.h"

#define LINK_TICK_MS 250

static void link_try(struct link *link);

uint64_t link_now(void)
{
    return clock_monotonic() / 1000000;
}

// --- opening ------------------------------------------------------------------

// A network that is down says nothing: the kernel is asked to notice. It probes a
// silent connection, and gives up one of which nothing arrives.
static void link_watch_network(struct link *link)
{
    unsigned give_up = LINK_DEAD_MS;
    int on = 1, idle = LINK_DEAD_MS / 2000, every = LINK_DEAD_MS / 5000;
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&link->tcp, &fd) != 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &give_up, sizeof give_up);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct link *link = request->data;

    if (link->state != CONNECTING || status == UV_ECANCELED)
        return;
    if (status < 0) {
        problem_set(&link->why, ERR_UNREACHABLE, "There is no server at %s: %s.", link->at, uv_strerror(status));
        link->address = link->address->ai_next;
        link_try(link);
        return;
    }
    uv_tcp_nodelay(&link->tcp, 1);
    link_watch_network(link);
    link->state = HANDSHAKE;
    link->tls = tls_new(link->context, link->host);
    int error = link->tls ? tls_start(link->tls, &link->why) : problem_set(&link->why, ERR_NOMEM, "There is not enough memory for TLS.");
    if (error == 0)
        error = link_flush(link);
    if (error == 0 && (status = link_listen(link)) < 0)
        error = problem_set(&link->why, ERR_UNREACHABLE, "Reading from %s failed: %s.", link->at, uv_strerror(status));
    if (error != 0)
        link_end(link);
}

static void on_handle_closed(uv_handle_t *handle);

static void on_tried(uv_handle_t *handle)
{
    struct link *link = handle->data;

    link->open--;
    if (link->state == CONNECTING)
        link_try(link);
    else if (link->open == 0) {
        link->open++;
        on_handle_closed(handle);
    }
}

// The next address; a socket that failed is closed first, and that comes back here.
static void link_try(struct link *link)
{
    if (link->tcp_open) {
        link->tcp_open = false;
        uv_close((uv_handle_t *)&link->tcp, on_tried);
        return;
    }
    if (!link->address) {
        link_end(link);
        return;
    }
    uv_tcp_init(link->timer.loop, &link->tcp);
    link->tcp.data = link;
    link->tcp_open = true;
    link->open++;
    link->connecting.data = link;
    link->tried = link_now();
    int status = uv_tcp_connect(&link->connecting, &link->tcp, link->address->ai_addr, on_connected);
    if (status < 0) {
        problem_set(&link->why, ERR_UNREACHABLE, "There is no server at %s: %s.", link->at, uv_strerror(status));
        link->address = link->address->ai_next;
        link_try(link);
    }
}

// An address that does not answer may not take the time of those behind it.
static void link_try_next(struct link *link)
{
    link->address = link->address->ai_next;
    link_try(link);
}

static void on_resolved(void *data, int status, struct addrinfo *addresses)
{
    struct link *link = data;

    link->resolver = NULL;
    link->open--;
    link->addresses = link->address = addresses;
    if (status < 0) {
        if (status == UV_EAI_AGAIN)
            problem_set(&link->why, ERR_UNREACHABLE, "The name \"%s\" could not be looked up: no name server answers.", link->host);
        else
            problem_set(&link->why, ERR_UNREACHABLE, "There is no machine called \"%s\": %s.", link->host, uv_strerror(status));
        link_end(link);
        return;
    }
    link->state = CONNECTING;
    link_try(link);
}

static void link_too_late(struct link *link)
{
    if (link->state == RESOLVING)
        problem_set(&link->why, ERR_UNREACHABLE, "The name \"%s\" could not be looked up: no name server answered within %d s.", link->host,
                    LINK_CONNECT_MS / 1000);
    else
        problem_set(&link->why, link->state == HANDSHAKE ? ERR_TIMEOUT : ERR_UNREACHABLE, "The server at %s did not answer within %d s.",
                    link->at, LINK_CONNECT_MS / 1000);
    link_end(link);
}

// One timer watches over connecting, answers and idleness.
static void on_tick(uv_timer_t *timer)
{
    struct link *link = timer->data;
    uint64_t now = link_now();

    if (link->state < OPEN && now >= link->deadline) {
        if (link->deadline > 0)
            link_too_late(link);
        else
            link_end(link); // it failed before it began
        return;
    }
    if (link->state == CONNECTING && link->tcp_open && link->address && link->address->ai_next && now - link->tried >= LINK_TRY_MS) {
        link_try_next(link);
        return;
    }
    if (link->state == OPEN && link_overdue(link, now)) {
        problem_set(&link->why, ERR_TIMEOUT, "The server at %s did not answer within %d s.", link->at, LINK_REPLY_MS / 1000);
        link_end(link);
        return;
    }
    if (link->state == OPEN && !link->asked && now - link->heard >= LINK_PING_MS) {
        Sendco__Request request = SENDCO__REQUEST__INIT;
        Sendco__Ping ping = SENDCO__PING__INIT;

        request.body_case = SENDCO__REQUEST__BODY_PING;
        request.ping = &ping;
        link_ask(link, &request, NULL, NULL, NULL);
    }
}

struct link *link_open(uv_loop_t *loop, struct tls_context *context, const char *server, const struct link_events *events, void *data,
                       struct problem *problem)
{
    struct link *link = calloc(1, sizeof *link);

    if (!link) {
        problem_set(problem, ERR_NOMEM, "There is not enough memory to connect.");
        return NULL;
    }
    *link = (struct link){.context = context, .events = events, .data = data};
    if (link_address(server, link->host, link->port, problem) != 0) {
        free(link);
        return NULL;
    }
    link_address_text(link->host, link->port, link->at);
    problem_init(&link->why, NULL);
    buffer_init(&link->plain);
    arena_init(&link->arena, (size_t)16 << 20);
    link->deadline = link_now() + LINK_CONNECT_MS;
    link->heard = link_now();
    uv_timer_init(loop, &link->timer);
    link->timer.data = link;
    link->open = 1;
    int status;
    link->resolver = resolver_start(loop, link->host, link->port, on_resolved, link, &status);
    if (link->resolver) {
        link->open++;
    } else {
        problem_set(&link->why, ERR_UNREACHABLE, "There is no machine called \"%s\": %s.", link->host, uv_strerror(status));
        link->deadline = 0; // the first tick reports it
    }
    uv_timer_start(&link->timer, on_tick, link->deadline == 0 ? 0 : LINK_TICK_MS, LINK_TICK_MS);
    return link;
}

// --- closing ------------------------------------------------------------------

static void link_free(struct link *link)
{
    if (link->addresses)
        uv_freeaddrinfo(link->addresses);
    tls_free(link->tls);
    buffer_deinit(&link->plain);
    arena_deinit(&link->arena);
    free(link);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;

    if (--link->open > 0)
        return;
    link_tell_lost(link);
    if (link->asked_to_close)
        problem_init(&link->why, NULL);
    link->events->on_closed(link, &link->why, link->data);
    link_free(link);
}

void link_end(struct link *link)
{
    if (link->state == CLOSING)
        return;
    link->state = CLOSING;
    if (link->resolver) {
        resolver_drop(link->resolver);
        link->resolver = NULL;
        link->open--;
    }
    uv_close((uv_handle_t *)&link->timer, on_handle_closed);
    if (link->tcp_open) {
        link->tcp_open = false;
        uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
    }
}

void link_close(struct link *link)
{
    if (link->state == CLOSING)
        return;
    if (link->tls && link->state == OPEN) {
        // What is still unsent goes first, then close_notify, as far as the socket takes it now.
        struct buffer out;

        buffer_init(&out);
        tls_close(link->tls);
        if (tls_drain(link->tls, &out) == 0 && buffer_size(&out) > 0) {
            uv_buf_t buf = uv_buf_init((char *)buffer_head(&out), (unsigned)buffer_size(&out));

            uv_try_write((uv_stream_t *)&link->tcp, &buf, 1);
        }
        buffer_deinit(&out);
    }
    link->asked_to_close = true;
    problem_set(&link->why, ERR_UNREACHABLE, "The connection was closed.");
    link_end(link);
}
