// One connection to sendcod. Runs in the thread of the loop it was given.
//
//   RESOLVING -> CONNECTING (each address in turn) -> HANDSHAKE -> OPEN -> CLOSING
//
// Every handle and the resolver count as `open`; when the last one is gone the
// owner is told and the link is freed: nowhere else.
#include "client/link.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "client/resolver.h"
#include "common/arena.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/tls.h"

#define LINK_TICK_MS 250
#define LINK_READ    ((size_t)64 << 10)

enum link_state { RESOLVING, CONNECTING, HANDSHAKE, OPEN, CLOSING };

struct asked {
    struct asked *next;
    uint64_t id, deadline;
    link_reply_fn *on_reply;
    void *data;
};

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
    struct asked *asked;
    const struct link_events *events;
    void *data;
    struct problem why;
    uint64_t next_id, deadline, tried, heard; // tried: when the address at hand was
    enum link_state state;
    int open;
    bool tcp_open, asked_to_close, dispatching;
    char host[256], port[8];
    char read[LINK_READ];
};

struct link_write {
    uv_write_t request;
    uint8_t *data;
};

static void link_end(struct link *link);
static void link_try(struct link *link);

static uint64_t now_ms(void)
{
    return clock_monotonic() / 1000000;
}

// --- sending ------------------------------------------------------------------

static void on_written(uv_write_t *request, int status)
{
    struct link_write *write = (struct link_write *)request;
    struct link *link = request->data;

    free(write->data);
    free(write);
    if (status < 0 && status != UV_ECANCELED && link->state != CLOSING) {
        problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s:%s was lost: %s.", link->host, link->port, uv_strerror(status));
        link_end(link);
    }
}

// What TLS wants to send leaves as one write of its own copy.
static int link_flush(struct link *link)
{
    struct buffer out;
    struct link_write *write;
    size_t size;

    if (!link->tls || tls_pending(link->tls) == 0)
        return 0;
    buffer_init(&out);
    write = calloc(1, sizeof *write);
    if (!write || tls_drain(link->tls, &out) != 0) {
        free(write);
        buffer_deinit(&out);
        return problem_set(&link->why, ERR_NOMEM, "There is not enough memory to send.");
    }
    buffer_take(&out, &write->data, &size);
    write->request.data = link;
    uv_buf_t buf = uv_buf_init((char *)write->data, (unsigned)size);
    int status = uv_write(&write->request, (uv_stream_t *)&link->tcp, &buf, 1, on_written);
    if (status < 0) {
        free(write->data);
        free(write);
        return problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s:%s was lost: %s.", link->host, link->port,
                           uv_strerror(status));
    }
    return 0;
}

static int link_send(struct link *link, const Sendco__Request *request)
{
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    struct buffer plain;
    int error;

    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = (Sendco__Request *)request;
    buffer_init(&plain);
    error = frame_append(&plain, &frame, FRAME_MAX);
    if (error == 0)
        error = tls_write(link->tls, buffer_head(&plain), buffer_size(&plain), &link->why);
    buffer_deinit(&plain);
    return error != 0 ? error : link_flush(link);
}

int link_ask(struct link *link, Sendco__Request *request, link_reply_fn *on_reply, void *data, struct problem *problem)
{
    struct asked *asked;
    int error;

    if (link->state != OPEN)
        return problem_set(problem, ERR_UNREACHABLE, "There is no connection to %s:%s.", link->host, link->port);
    asked = calloc(1, sizeof *asked);
    if (!asked)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory to ask.");
    request->has_id = true;
    request->id = ++link->next_id;
    error = link_send(link, request);
    if (error != 0) {
        free(asked);
        if (error == ERR_TOO_LARGE)
            return problem_set(problem, error, "The request is larger than the %zu KiB that one message may have.", FRAME_MAX >> 10);
        problem_set(problem, error, "%s", link->why.message);
        link_end(link);
        return error;
    }
    *asked = (struct asked){link->asked, request->id, now_ms() + LINK_REPLY_MS, on_reply, data};
    link->asked = asked;
    return 0;
}

// --- receiving ----------------------------------------------------------------

static void on_reply(struct link *link, const Sendco__Reply *reply)
{
    struct asked **at = &link->asked;

    while (*at && (*at)->id != reply->id)
        at = &(*at)->next;
    struct asked *asked = *at;
    if (!asked) {
        // Id 0 is about the connection as a whole, and the server closes after it.
        if (reply->id == 0 && link_problem(reply, &link->why) != 0)
            link_end(link);
        return;
    }
    asked->deadline = now_ms() + LINK_REPLY_MS;
    bool last = !(reply->has_more && reply->more);
    if (last)
        *at = asked->next;
    if (asked->on_reply)
        asked->on_reply(link, reply, NULL, asked->data);
    if (last)
        free(asked);
}

static void on_frame(struct link *link, const Sendco__Frame *frame)
{
    if (frame->kind_case == SENDCO__FRAME__KIND_REPLY)
        on_reply(link, frame->reply);
    else if (frame->kind_case == SENDCO__FRAME__KIND_PUSH)
        link->events->on_push(link, frame->push, link->data);
}

static int link_frames(struct link *link)
{
    const uint8_t *data;
    size_t size;
    int got = 0;

    while (link->state == OPEN && (got = frame_next(&link->plain, FRAME_MAX, &data, &size, &link->why)) == 1) {
        Sendco__Frame *frame;

        arena_reset(&link->arena);
        got = frame_unpack(data, size, false, &link->arena, &frame, &link->why);
        if (got != 0)
            break;
        on_frame(link, frame);
        buffer_consume(&link->plain, size + 4);
    }
    return got < 0 ? got : 0;
}

static void link_received(struct link *link, const uint8_t *data, size_t size)
{
    bool closed = false;
    int error = tls_feed(link->tls, data, size, &link->why);

    if (error == 0 && link->state == HANDSHAKE && tls_ready(link->tls)) {
        link->state = OPEN;
        error = link_flush(link);
        if (error == 0)
            link->events->on_open(link, link->data);
    }
    if (error == 0 && link->state == OPEN)
        error = tls_read(link->tls, &link->plain, &closed, &link->why);
    if (error == 0)
        error = link_frames(link);
    if (link->state == CLOSING)
        return;
    if (error == 0)
        error = link_flush(link);
    else
        link_flush(link); // the alert that says why
    if (error == 0 && closed)
        error = problem_set(&link->why, ERR_UNREACHABLE, "The server at %s:%s closed the connection.", link->host, link->port);
    if (error != 0)
        link_end(link);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct link *link = handle->data;

    (void)suggested;
    *buf = uv_buf_init(link->read, LINK_READ);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct link *link = stream->data;

    if (link->state == CLOSING || n == 0)
        return;
    link->heard = now_ms();
    if (n > 0) {
        link_received(link, (const uint8_t *)buf->base, (size_t)n);
        return;
    }
    problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s:%s was lost: %s.", link->host, link->port,
                n == UV_EOF ? "the server closed it" : uv_strerror((int)n));
    link_end(link);
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
        problem_set(&link->why, ERR_UNREACHABLE, "There is no server at %s:%s: %s.", link->host, link->port, uv_strerror(status));
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
    if (error == 0 && (status = uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read)) < 0)
        error = problem_set(&link->why, ERR_UNREACHABLE, "Reading from %s:%s failed: %s.", link->host, link->port, uv_strerror(status));
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
    link->tried = now_ms();
    int status = uv_tcp_connect(&link->connecting, &link->tcp, link->address->ai_addr, on_connected);
    if (status < 0) {
        problem_set(&link->why, ERR_UNREACHABLE, "There is no server at %s:%s: %s.", link->host, link->port, uv_strerror(status));
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
        problem_set(&link->why, link->state == HANDSHAKE ? ERR_TIMEOUT : ERR_UNREACHABLE, "The server at %s:%s did not answer within %d s.",
                    link->host, link->port, LINK_CONNECT_MS / 1000);
    link_end(link);
}

// One timer watches over connecting, answers and idleness.
static void on_tick(uv_timer_t *timer)
{
    struct link *link = timer->data;
    uint64_t now = now_ms();

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
    for (const struct asked *asked = link->asked; link->state == OPEN && asked; asked = asked->next)
        if (now >= asked->deadline) {
            problem_set(&link->why, ERR_TIMEOUT, "The server at %s:%s did not answer within %d s.", link->host, link->port,
                        LINK_REPLY_MS / 1000);
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
    problem_init(&link->why, NULL);
    buffer_init(&link->plain);
    arena_init(&link->arena, (size_t)16 << 20);
    link->deadline = now_ms() + LINK_CONNECT_MS;
    link->heard = now_ms();
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
    struct asked *asked;
    while ((asked = link->asked)) {
        link->asked = asked->next;
        if (asked->on_reply)
            asked->on_reply(link, NULL, &link->why, asked->data);
        free(asked);
    }
    if (link->asked_to_close)
        problem_init(&link->why, NULL);
    link->events->on_closed(link, &link->why, link->data);
    link_free(link);
}

static void link_end(struct link *link)
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
