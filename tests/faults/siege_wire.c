// A hostile connection's way: TCP from an address of its choice, what it sends through its TLS,
// the stages until its sort begins, and how it ends. Loop thread.
#include "tests/faults/siege.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "common/arena.h"
#include "common/frame.h"

#define WIRE_ADDRESSES 40 // attackers' machines: 127.0.1.1 and on
#define WIRE_SMALL     4096

static uv_loop_t *loop;
static struct sockaddr_in server;
static struct arena arena; // of the frame being looked at

void wire_begin(uv_loop_t *on, const char *address)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    if (!colon || (size_t)(colon - address) >= sizeof host)
        siege_fail("%s: give the server as ADDRESS:PORT", address);
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    if (uv_ip4_addr(host, atoi(colon + 1), &server) < 0)
        siege_fail("%s: is no numeric IPv4 address", host);
    loop = on;
    arena_init(&arena, 0);
}

// --- the socket ---

struct sending {
    uv_write_t request;
    uint8_t data[];
};

static void on_closed(uv_handle_t *handle)
{
    struct actor *actor = handle->data;
    SSL_free(actor->ssl); // with its BIOs
    actor->ssl = NULL;
    buffer_deinit(&actor->plain);
    buffer_deinit(&actor->last);
    actor->open = false;
    unsigned pause = actor->sort->pause ? actor->sort->pause : SIEGE_PAUSE;
    actor->due = siege_now() + pause;
}

static void actor_close(struct actor *actor, const char *words)
{
    if (actor->leaving)
        return;
    actor->leaving = true;
    siege_ended(actor, words);
    // no TIME_WAIT: there are not ports enough for it
    if (uv_tcp_close_reset(&actor->tcp, on_closed) != 0)
        uv_close((uv_handle_t *)&actor->tcp, on_closed);
}

void actor_leave(struct actor *actor, const char *words)
{
    actor_close(actor, words);
}

// The other side has ended it: in what words.
static void actor_lost(struct actor *actor)
{
    char words[160];
    uint64_t age = siege_now() - actor->began;
    if (actor->alert)
        snprintf(words, sizeof words, "alert %d", actor->alert);
    else if (actor->said[0])
        snprintf(words, sizeof words, "%s%s", actor->stage < actor->sort->stage ? "not let in: " : "", actor->said);
    else if (actor->stage < actor->sort->stage)
        snprintf(words, sizeof words, "lost at the door");
    else if (actor->received == 0 && age < 1000)
        snprintf(words, sizeof words, "closed at once");
    else
        snprintf(words, sizeof words, "cut");
    actor_close(actor, words);
}

static void on_sent(uv_write_t *request, int status)
{
    struct actor *actor = request->handle->data;
    free(request);
    if (status < 0 && !actor->leaving)
        actor_lost(actor);
}

void actor_raw(struct actor *actor, const void *data, size_t size)
{
    if (actor->leaving || size == 0)
        return;
    uv_stream_t *stream = (uv_stream_t *)&actor->tcp;
    uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)data, (unsigned)size);
    int sent = uv_stream_get_write_queue_size(stream) ? 0 : uv_try_write(stream, &buffer, 1);
    if (sent == UV_EAGAIN)
        sent = 0;
    if (sent < 0)
        return; // what the other side still said is read first; then it ends
    if ((size_t)sent == size)
        return;
    struct sending *sending = malloc(sizeof *sending + size - (size_t)sent);
    if (!sending)
        siege_fail("out of memory");
    memcpy(sending->data, (const uint8_t *)data + sent, size - (size_t)sent);
    buffer = uv_buf_init((char *)sending->data, (unsigned)(size - (size_t)sent));
    if (uv_write(&sending->request, stream, &buffer, 1, on_sent) < 0)
        free(sending);
}

void actor_flush(struct actor *actor)
{
    static uint8_t part[1 << 16];
    int n;
    while (!actor->leaving && actor->ssl && (n = BIO_read(actor->out, part, sizeof part)) > 0)
        actor_raw(actor, part, (size_t)n);
}

void actor_plain(struct actor *actor, const void *data, size_t size)
{
    size_t written;
    ERR_clear_error();
    if (!actor->leaving && actor->ssl && SSL_write_ex(actor->ssl, data, size, &written) == 1)
        actor_flush(actor);
}

void actor_ask(struct actor *actor, Sendco__Request *request)
{
    static struct buffer out;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    request->id = ++actor->id;
    request->has_id = 1;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = request;
    if (frame_append(&out, &frame, FRAME_MAX) != 0)
        siege_fail("a request is larger than a frame");
    actor_plain(actor, buffer_head(&out), buffer_size(&out));
    buffer_consume(&out, buffer_size(&out));
}

size_t actor_unsent(const struct actor *actor)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&actor->tcp);
}

void actor_deaf(struct actor *actor)
{
    actor->deaf = true;
    uv_read_stop((uv_stream_t *)&actor->tcp);
}

// --- stages ---

static void actor_hello(struct actor *actor)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    hello.has_protocol = 1;
    hello.protocol = PROTOCOL_VERSION;
    hello.client = "siege 1";
    request.body_case = SENDCO__REQUEST__BODY_HELLO;
    request.hello = &hello;
    actor_ask(actor, &request);
}

static void actor_resume(struct actor *actor)
{
    uint8_t ticket[64];
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    resume.has_ticket = 1;
    resume.ticket.len = siege_read(actor->sort->who ? actor->sort->who : "inside", "ticket", ticket, sizeof ticket);
    resume.ticket.data = ticket;
    request.body_case = SENDCO__REQUEST__BODY_RESUME;
    request.resume = &resume;
    actor_ask(actor, &request);
}

// One stage further: the sort begins, or what leads to its stage is asked.
static void actor_reached(struct actor *actor, enum stage stage)
{
    actor->stage = stage;
    if (stage == actor->sort->stage) {
        if (actor->sort->begin)
            actor->sort->begin(actor);
        actor->due = actor->sort->every ? siege_now() + actor->sort->every : 0;
    } else if (stage == STAGE_TLS) {
        actor_hello(actor);
    } else if (stage == STAGE_HELLO) {
        actor_resume(actor);
    }
}

static void actor_reply(struct actor *actor, const Sendco__Reply *reply)
{
    bool good = reply->outcome == SENDCO__OUTCOME__OK;
    if (!good && reply->problem && reply->problem->code) {
        const ProtobufCEnumValue *outcome = protobuf_c_enum_descriptor_get_value(&sendco__outcome__descriptor, (int)reply->outcome);
        snprintf(actor->said, sizeof actor->said, "%s %s", outcome ? outcome->name : "?", reply->problem->code);
    }
    if (actor->stage >= actor->sort->stage) {
        if (actor->sort->reply)
            actor->sort->reply(actor, reply);
    } else if (good) {
        actor_reached(actor, actor->stage + 1);
    } else {
        char words[160];
        snprintf(words, sizeof words, "not let in: %s", actor->said);
        actor_close(actor, words);
    }
}

static void actor_frames(struct actor *actor)
{
    const uint8_t *data;
    size_t size;
    while (!actor->leaving && frame_next(&actor->plain, FRAME_MAX, &data, &size, NULL) == 1) {
        Sendco__Frame *frame;
        arena_reset(&arena);
        if (frame_unpack(data, size, false, &arena, &frame, NULL) != 0)
            siege_fail("the server sent what is no frame to %s", actor->sort->name);
        if (frame->kind_case == SENDCO__FRAME__KIND_REPLY)
            actor_reply(actor, frame->reply);
        buffer_consume(&actor->plain, size + 4);
    }
}

static void actor_note_fault(struct actor *actor)
{
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
        actor->alert = reason - SSL_AD_REASON_OFFSET;
    ERR_clear_error();
}

static void actor_handshake(struct actor *actor)
{
    ERR_clear_error();
    int result = SSL_do_handshake(actor->ssl);
    if (result != 1)
        actor_note_fault(actor);
    actor_flush(actor);
    if (result == 1 && !actor->leaving) {
        actor->shaken = true;
        actor_reached(actor, STAGE_TLS);
    }
}

static void actor_decrypt(struct actor *actor)
{
    static uint8_t part[16384];
    size_t size;
    if (!actor->shaken)
        actor_handshake(actor);
    if (!actor->shaken || actor->leaving)
        return;
    ERR_clear_error();
    while (SSL_read_ex(actor->ssl, part, sizeof part, &size) == 1)
        if (buffer_append(&actor->plain, part, size) != 0)
            siege_fail("out of memory");
    actor_note_fault(actor);
    actor_flush(actor);
    actor_frames(actor);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    static char shared[1 << 16];
    (void)suggested;
    const struct actor *actor = handle->data;
    *buffer = uv_buf_init(shared, actor->sort->small ? 1024 : sizeof shared);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct actor *actor = stream->data;
    if (actor->leaving)
        return;
    if (size < 0) {
        actor_lost(actor);
        return;
    }
    const uint8_t *data = (const uint8_t *)buffer->base;
    if (actor->received == 0 && size >= 7 && data[0] == 0x15)
        actor->alert = data[6]; // in the clear
    actor->received += (size_t)size;
    if (!actor->ssl || actor->sort->stage == STAGE_RAW || size == 0)
        return;
    BIO_write(actor->in, data, (int)size);
    actor_decrypt(actor);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct actor *actor = request->handle->data;
    if (actor->leaving)
        return;
    if (status < 0) {
        actor_close(actor, status == UV_ECONNREFUSED || status == UV_ECONNRESET ? "closed at once" : uv_strerror(status));
        return;
    }
    uv_tcp_nodelay(&actor->tcp, 1);
    uv_read_start((uv_stream_t *)&actor->tcp, on_alloc, on_read);
    actor_reached(actor, STAGE_RAW);
    if (actor->sort->stage == STAGE_RAW || actor->leaving)
        return;
    actor_tls(actor);
    actor_handshake(actor);
}

void actor_open(struct actor *actor)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    from.sin_addr.s_addr = htonl(0x7f000100u + 1 + actor->index % WIRE_ADDRESSES);
    const struct sort *sort = actor->sort;
    unsigned index = actor->index;
    *actor = (struct actor){.sort = sort, .index = index, .open = true, .began = siege_now()};
    buffer_init(&actor->plain);
    buffer_init(&actor->last);
    uv_tcp_init_ex(loop, &actor->tcp, AF_INET);
    actor->tcp.data = actor;
    uv_os_fd_t fd;
    int on = 1, small = WIRE_SMALL;
    uv_fileno((uv_handle_t *)&actor->tcp, &fd);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (sort->small)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    int fault = uv_tcp_bind(&actor->tcp, (const struct sockaddr *)&from, 0);
    if (!fault)
        fault = uv_tcp_connect(&actor->connecting, &actor->tcp, (const struct sockaddr *)&server, on_connected);
    if (fault)
        actor_close(actor, uv_strerror(fault));
}
