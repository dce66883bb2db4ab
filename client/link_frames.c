// What a link says and hears: requests and who waits for their replies, frames, TLS, the
// socket's bytes. In the thread of the link's loop.
#include "client/link_frames.h"

#include <stdlib.h>

#include "common/frame.h"
#include "common/tls.h"

struct asked {
    struct asked *next;
    uint64_t id, deadline;
    link_reply_fn *on_reply;
    void *data;
};

struct link_write {
    uv_write_t request;
    uint8_t *data;
};

// --- sending ------------------------------------------------------------------

static void on_written(uv_write_t *request, int status)
{
    struct link_write *write = (struct link_write *)request;
    struct link *link = request->data;

    free(write->data);
    free(write);
    if (status < 0 && status != UV_ECANCELED && link->state != CLOSING) {
        problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s was lost: %s.", link->at, uv_strerror(status));
        link_end(link);
    }
}

// What TLS wants to send leaves as one write of its own copy.
int link_flush(struct link *link)
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
        return problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s was lost: %s.", link->at, uv_strerror(status));
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
        return problem_set(problem, ERR_UNREACHABLE, "There is no connection to %s.", link->at);
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
    *asked = (struct asked){link->asked, request->id, link_now() + LINK_REPLY_MS, on_reply, data};
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
    asked->deadline = link_now() + LINK_REPLY_MS;
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
        error = problem_set(&link->why, ERR_UNREACHABLE, "The server at %s closed the connection.", link->at);
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
    link->heard = link_now();
    if (n > 0) {
        link_received(link, (const uint8_t *)buf->base, (size_t)n);
        return;
    }
    problem_set(&link->why, ERR_UNREACHABLE, "The connection to %s was lost: %s.", link->at,
                n == UV_EOF ? "the server closed it" : uv_strerror((int)n));
    link_end(link);
}

int link_listen(struct link *link)
{
    return uv_read_start((uv_stream_t *)&link->tcp, on_alloc, on_read);
}

// --- who waits for a reply ----------------------------------------------------

bool link_overdue(const struct link *link, uint64_t now)
{
    for (const struct asked *asked = link->asked; asked; asked = asked->next)
        if (now >= asked->deadline)
            return true;
    return false;
}

void link_tell_lost(struct link *link)
{
    struct asked *asked;

    while ((asked = link->asked)) {
        link->asked = asked->next;
        if (asked->on_reply)
            asked->on_reply(link, NULL, &link->why, asked->data);
        free(asked);
    }
}
