// A session's bytes: accept, socket, TLS, one write per turn, backpressure. Ciphertext is
// never handed to libuv in memory that TLS owns. Loop thread.
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/log.h"
#include "common/tls.h"
#include "server/server.h"
#include "server/session.h"

struct session_write {
    uv_write_t request;
    uint8_t data[];
};

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    const struct session *session = handle->data;
    *buffer = uv_buf_init((char *)session->server->read_buffer, (unsigned)SERVER_READ);
}

// A record that has begun must come to its end; one after another may go on for ever.
static void session_follow(struct session *session)
{
    uint64_t partial = tls_partial(session->tls);
    if (partial != session->record)
        session->record_since = partial ? uv_now(&session->server->loop) : 0;
    session->record = partial;
}

void session_got(struct session *session, const uint8_t *data, size_t size)
{
    if (!session_open(session))
        return;
    struct problem problem;
    problem_init(&problem, NULL);
    bool closed = false;
    int result = tls_feed(session->tls, data, size, &problem);
    session_touch(session); // whatever happened, TLS may have something to say
    session_follow(session);
    if (!result && tls_ready(session->tls)) {
        session_ready(session);
        result = tls_read(session->tls, &session->plain, &closed, &problem);
        if (!result)
            session_take(session);
    }
    if (result) {
        log_write(LOG_TRACE, "session %llu: %s", (unsigned long long)session->id, problem.message);
        session_end(session);
    } else if (closed && session_open(session)) {
        session->read_ended = true;
        session_end(session);
    }
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct session *session = stream->data;
    if (session->closed || size == 0)
        return;
    if (size < 0) {
        // The other side has gone: there is nobody to say anything to.
        session->read_ended = true;
        session_cut(session);
        return;
    }
    if (session->state != SESSION_HANDSHAKING)
        session_got(session, (const uint8_t *)buffer->base, (size_t)size);
    else if (greet_later(session, (const uint8_t *)buffer->base, (size_t)size))
        session_cut(session);
}

void session_read_on(struct session *session, bool on)
{
    if (session->closed || session->reading == on)
        return;
    if (on && uv_read_start((uv_stream_t *)&session->tcp, on_alloc, on_read) != 0) {
        session_cut(session); // deaf, it would wait for ever
        return;
    }
    if (!on)
        uv_read_stop((uv_stream_t *)&session->tcp);
    session->reading = on;
}

static void on_written(uv_write_t *request, int status)
{
    struct session *session = request->handle->data;
    free(request);
    if (session->closed)
        return;
    if (status < 0) {
        session_cut(session);
        return;
    }
    session->stuck_since = uv_stream_get_write_queue_size((uv_stream_t *)&session->tcp) ? uv_now(&session->server->loop) : 0;
    session->looked = session->stuck_since;
    session_touch(session);
}

// What the kernel takes at once costs no copy; the rest is copied and waits.
static int session_write(struct session *session, const uint8_t *data, size_t size)
{
    uv_stream_t *stream = (uv_stream_t *)&session->tcp;
    session->submitted += size;
    if (uv_stream_get_write_queue_size(stream) == 0) {
        uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)data, (unsigned)size);
        int sent = uv_try_write(stream, &buffer, 1);
        if (sent < 0 && sent != UV_EAGAIN)
            return ERR_UNREACHABLE;
        size_t done = sent > 0 ? (size_t)sent : 0;
        data += done;
        size -= done;
    }
    if (size == 0)
        return 0;
    struct session_write *write = malloc(sizeof *write + size);
    if (!write)
        return ERR_NOMEM;
    // NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): size is not 0
    memcpy(write->data, data, size);
    uv_buf_t buffer = uv_buf_init((char *)write->data, (unsigned)size);
    if (uv_write(&write->request, stream, &buffer, 1, on_written) != 0) {
        free(write);
        return ERR_UNREACHABLE;
    }
    if (!session->stuck_since)
        session->stuck_since = session->looked = uv_now(&session->server->loop);
    return 0;
}

// Plain bytes wait plain: encrypted, and copied for the socket, is only what it may soon take.
static int session_slice(struct session *session, struct problem *problem)
{
    size_t size = buffer_size(&session->pending);
    if (size == 0 || !tls_ready(session->tls))
        return 0;
    if (size > SESSION_HIGH)
        size = SESSION_HIGH;
    int result = tls_write(session->tls, buffer_head(&session->pending), size, problem);
    buffer_consume(&session->pending, size);
    return result;
}

void session_flush(struct session *session)
{
    if (session->closed)
        return;
    struct problem problem;
    problem_init(&problem, NULL);
    struct buffer *cipher = &session->server->cipher;
    const uv_stream_t *stream = (const uv_stream_t *)&session->tcp;
    int result;
    bool more;
    do {
        result = session_slice(session, &problem);
        if (!result)
            result = tls_drain(session->tls, cipher);
        if (!result && buffer_size(cipher) > 0)
            result = session_write(session, buffer_head(cipher), buffer_size(cipher));
        buffer_consume(cipher, buffer_size(cipher));
        // who goes says all of it now; else on_written comes back for the rest
        more = tls_ready(session->tls) && buffer_size(&session->pending) > 0 &&
               (!session_open(session) || uv_stream_get_write_queue_size(stream) < SESSION_HIGH);
    } while (!result && more);
    if (result)
        session_cut(session);
}

size_t session_unsent(const struct session *session)
{
    return buffer_size(&session->pending) + uv_stream_get_write_queue_size((const uv_stream_t *)&session->tcp);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct session *session = request->handle->data;
    free(request);
    if (!session->closed && (status < 0 || session->read_ended))
        session_close(session);
}

// Ends our half and reads on, throwing away what comes, until the other side ends
// its own: closing with unread bytes would send a reset that can overtake our last words.
void session_hang_up(struct session *session)
{
    session_flush(session); // what was said comes before the goodbye
    if (session->closed)
        return;
    if (tls_ready(session->tls)) {
        tls_close(session->tls);
        session_flush(session);
    }
    if (session->closed)
        return;
    uv_shutdown_t *shutdown = malloc(sizeof *shutdown);
    if (!shutdown || uv_shutdown(shutdown, (uv_stream_t *)&session->tcp, on_shut) != 0) {
        free(shutdown);
        session_close(session);
        return;
    }
    session_read_on(session, true);
}

static void on_closed(uv_handle_t *handle)
{
    session_free(handle->data);
}

void session_close(struct session *session)
{
    if (session->closed)
        return;
    session->closed = true;
    greet_leave(session);
    deadline_clear(&session->deadline);
    // What nobody has taken by now nobody shall: else the kernel goes on offering it for minutes.
    bool unsent = uv_stream_get_write_queue_size((uv_stream_t *)&session->tcp) > 0;
    if (!unsent || uv_tcp_close_reset(&session->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&session->tcp, on_closed);
}

// --- the beginning ---

static void on_refused(uv_handle_t *handle)
{
    free(handle);
}

// How fast they come from this address, and in all.
static bool session_admitted(struct session *session)
{
    struct server *server = session->server;
    struct sockaddr_storage peer = {0};
    int size = sizeof peer;
    (void)uv_tcp_getpeername(&session->tcp, (struct sockaddr *)&peer, &size);
    if (!arrivals_take(&server->arrivals, &peer, uv_now(&server->loop)))
        return false;
    return door_come(session, &peer);
}

// After a connection that had to wait and then could not be taken, libuv leaves the listener alone for ever.
static int session_take_up(struct server *server, uv_tcp_t *tcp)
{
    int fault = uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)tcp);
    if (fault)
        server_listen_again(server);
    return fault;
}

// One too many: accepted only to be closed, so that the client knows at once. Without memory it
// waits: as long as nobody takes it, libuv does not look at the listener, so somebody must come back.
static void session_refuse(struct server *server)
{
    uv_tcp_t *tcp = malloc(sizeof *tcp);
    if (!tcp) {
        server->accept_waits = true;
        return;
    }
    if (uv_tcp_init(&server->loop, tcp) != 0) {
        free(tcp);
        server->accept_waits = true;
        return;
    }
    (void)session_take_up(server, tcp);
    uv_close((uv_handle_t *)tcp, on_refused);
}

// In the server's table, its handle ready to be closed; NULL: nothing is left of it.
static struct session *session_new(struct server *server)
{
    struct session *session = calloc(1, sizeof *session);
    struct tls *tls = session ? tls_new(server->tls, NULL) : NULL;
    bool listed = false;
    if (tls) {
        session->id = ++server->next_session;
        HASH_ADD(hh, server->sessions, id, sizeof session->id, session);
        listed = TABLE_TOOK(session);
    }
    if (!listed || uv_tcp_init(&server->loop, &session->tcp) != 0) {
        if (listed)
            HASH_DEL(server->sessions, session);
        tls_free(tls);
        free(session);
        return NULL;
    }
    session->server = server;
    session->tls = tls;
    session->tcp.data = session;
    session->stranger = true;
    server->n_sessions++;
    server->n_strangers++;
    return session;
}

void session_accept(struct server *server)
{
    struct session *session = server->n_sessions < server->max_sessions ? session_new(server) : NULL;
    if (!session) {
        session_refuse(server);
        return;
    }
    if (session_take_up(server, &session->tcp) != 0 || !session_admitted(session)) {
        session_cut(session);
        return;
    }
    uv_tcp_nodelay(&session->tcp, 1);
    uv_tcp_keepalive(&session->tcp, 1, 60);
    // Left to itself the kernel keeps up to 4 MiB for a client that does not read, and we would not know.
    int kept = (int)SESSION_HIGH;
    uv_send_buffer_size((uv_handle_t *)&session->tcp, &kept);
    session_become(session, SESSION_HANDSHAKING);
    session_read_on(session, true);
    session_schedule(session);
    door_thin_out(&server->silent);
}
