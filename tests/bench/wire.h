// One TCP connection with TLS 1.3 on a libuv loop, for both sides of the
// benchmarks. It is a header with code because every .c file here is a program of
// its own. Loop thread only; nothing here is shared.
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/tls.h"

#define WIRE_READ ((size_t)64 << 10)

struct wire {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    struct tls *tls;
    struct buffer plain; // decrypted, not yet consumed
    bool ready, closing;
    void (*on_ready)(struct wire *wire); // TLS is up
    void (*on_bytes)(struct wire *wire); // more in `plain`
    void (*on_lost)(struct wire *wire, const char *why);
    void (*on_closed)(struct wire *wire); // its memory may go; may be NULL
};

struct wire_write {
    uv_write_t request;
    uint8_t *data;
};

__attribute__((format(printf, 1, 2), noreturn)) static inline void fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

static inline void wire_on_closed(uv_handle_t *handle)
{
    struct wire *wire = handle->data;
    tls_free(wire->tls);
    wire->tls = NULL;
    buffer_deinit(&wire->plain);
    if (wire->on_closed != NULL)
        wire->on_closed(wire);
}

static inline void wire_close(struct wire *wire)
{
    if (wire->closing)
        return;
    wire->closing = true;
    uv_close((uv_handle_t *)&wire->tcp, wire_on_closed);
}

static inline void wire_lose(struct wire *wire, const char *why)
{
    if (wire->closing)
        return;
    wire->on_lost(wire, why);
    wire_close(wire);
}

static inline void wire_on_written(uv_write_t *request, int status)
{
    struct wire_write *write = (struct wire_write *)request;
    struct wire *wire = request->data;
    free(write->data);
    free(write);
    if (status < 0 && status != UV_ECANCELED)
        wire_lose(wire, uv_strerror(status));
}

// Whatever TLS has to send goes out: at once if the socket takes it, the rest queued.
static inline void wire_flush(struct wire *wire)
{
    static struct buffer cipher; // one loop, one thread: all connections share it
    if (wire->closing || wire->tls == NULL || tls_pending(wire->tls) == 0)
        return;
    if (tls_drain(wire->tls, &cipher) != 0)
        fail("out of memory");
    size_t size = buffer_size(&cipher);
    uv_buf_t buf = uv_buf_init((char *)buffer_head(&cipher), (unsigned)size);
    int sent = uv_stream_get_write_queue_size((uv_stream_t *)&wire->tcp) > 0 ? 0 : uv_try_write((uv_stream_t *)&wire->tcp, &buf, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0) {
        buffer_consume(&cipher, size);
        wire_lose(wire, uv_strerror(sent));
        return;
    }
    size_t rest = size - (size_t)sent;
    if (rest > 0) {
        struct wire_write *write = calloc(1, sizeof *write);
        if (write == NULL || (write->data = malloc(rest)) == NULL)
            fail("out of memory");
        memcpy(write->data, buffer_head(&cipher) + sent, rest);
        write->request.data = wire;
        buf = uv_buf_init((char *)write->data, (unsigned)rest);
        int rc = uv_write(&write->request, (uv_stream_t *)&wire->tcp, &buf, 1, wire_on_written);
        if (rc < 0)
            fail("uv_write: %s", uv_strerror(rc));
    }
    buffer_consume(&cipher, size);
}

// Encrypts and keeps; the bytes leave with the next wire_flush.
static inline void wire_put(struct wire *wire, const void *data, size_t size)
{
    struct problem problem;
    problem_init(&problem, NULL);
    if (!wire->closing && tls_write(wire->tls, data, size, &problem) != 0)
        wire_lose(wire, problem.message);
}

static inline void wire_take(struct wire *wire, const uint8_t *data, size_t size)
{
    struct problem problem;
    problem_init(&problem, NULL);
    bool closed = false;
    if (tls_feed(wire->tls, data, size, &problem) != 0) {
        wire_flush(wire);
        wire_lose(wire, problem.message);
        return;
    }
    if (!wire->ready && tls_ready(wire->tls)) {
        wire->ready = true;
        wire->on_ready(wire);
    }
    if (wire->ready && !wire->closing) {
        if (tls_read(wire->tls, &wire->plain, &closed, &problem) != 0) {
            wire_lose(wire, problem.message);
            return;
        }
        if (buffer_size(&wire->plain) > 0)
            wire->on_bytes(wire);
    }
    wire_flush(wire);
    if (closed)
        wire_lose(wire, "the other side closed the connection");
}

static inline void wire_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char shared[WIRE_READ];
    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(shared, sizeof shared);
}

static inline void wire_on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct wire *wire = stream->data;
    if (n < 0)
        wire_lose(wire, n == UV_EOF ? "the other side closed the connection" : uv_strerror((int)n));
    else if (n > 0 && !wire->closing)
        wire_take(wire, (const uint8_t *)buf->base, (size_t)n);
}

static inline void wire_begin(struct wire *wire)
{
    uv_tcp_nodelay(&wire->tcp, 1);
    int rc = uv_read_start((uv_stream_t *)&wire->tcp, wire_alloc, wire_on_read);
    if (rc < 0)
        wire_lose(wire, uv_strerror(rc));
}

static inline void wire_init(struct wire *wire, uv_loop_t *loop, struct tls_context *context, const char *host)
{
    buffer_init(&wire->plain);
    wire->tls = tls_new(context, host);
    if (wire->tls == NULL)
        fail("out of memory for a TLS connection");
    if (uv_tcp_init(loop, &wire->tcp) < 0)
        fail("uv_tcp_init failed");
    wire->tcp.data = wire;
}

static inline void wire_on_connected(uv_connect_t *request, int status)
{
    struct wire *wire = request->data;
    struct problem problem;
    problem_init(&problem, NULL);
    if (status < 0) {
        wire_lose(wire, uv_strerror(status));
        return;
    }
    wire_begin(wire);
    if (!wire->closing && tls_start(wire->tls, &problem) != 0)
        wire_lose(wire, problem.message);
    wire_flush(wire);
}

static inline void wire_connect(struct wire *wire, const struct sockaddr *address)
{
    wire->connecting.data = wire;
    int rc = uv_tcp_connect(&wire->connecting, &wire->tcp, address, wire_on_connected);
    if (rc < 0)
        fail("cannot connect: %s", uv_strerror(rc));
}

#endif
