// Many clients of one sendcod on one loop: they connect, a few at a time, say
// Hello and resume by one ticket (the first logs in with the password when the
// ticket is refused, and keeps the new one in a file). Loop thread only.
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <fcntl.h>
#include <unistd.h>

#include "tests/bench/wire.h"

#include "common/arena.h"
#include "common/frame.h"

#define CLIENT_OPENING 32u // handshakes at once; the server bounds who is not logged in
#define CLIENT_GRACE   30u // seconds after which a run that does not end is a failure

enum client_stage { CLIENT_HELLO, CLIENT_RESUME, CLIENT_LOGIN, CLIENT_READY };

struct client {
    struct wire wire; // first: wire callbacks cast back
    struct fleet *fleet;
    unsigned index;
    enum client_stage stage;
    uint64_t id;   // of the request in flight
    uint64_t sent; // when, ns
    size_t at;     // the caller's: which record
};

struct fleet {
    uv_loop_t loop;
    uv_timer_t watchdog;
    struct tls_context *context;
    struct sockaddr_storage address;
    char host[64];
    char profile[512], ticket_path[512];
    uint8_t ticket[64];
    size_t ticket_size;
    struct client *clients;
    unsigned n, opened, ready, opening;
    bool bare;                               // no protocol: ready once TLS is up
    bool ending;                             // connections may go now
    uint64_t received;                       // bytes of frames, without TLS
    struct arena arena;                      // of the frame being looked at
    void (*on_ready)(struct fleet *fleet);   // all are
    void (*on_bytes)(struct client *client); // bare only
    void (*on_reply)(struct client *client, const Sendco__Reply *reply);
    void (*on_push)(struct client *client, const Sendco__Push *push); // may be NULL
};

static inline void client_open(struct fleet *fleet);

// The request gets its id here. It leaves with the flush that ends this turn's
// reading, or with client_flush.
static inline void client_ask(struct client *client, Sendco__Request *request)
{
    static struct buffer out;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    request->id = ++client->id;
    request->has_id = 1;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = request;
    if (frame_append(&out, &frame, FRAME_MAX) != 0)
        fail("a request is larger than a frame");
    client->sent = uv_hrtime();
    wire_put(&client->wire, buffer_head(&out), buffer_size(&out));
    buffer_consume(&out, buffer_size(&out));
}

static inline void client_flush(struct client *client)
{
    wire_flush(&client->wire);
}

// Fails the run with the server's own sentence unless the reply says OK.
static inline void client_expect_ok(const Sendco__Reply *reply, const char *what)
{
    if (reply->has_outcome && reply->outcome == SENDCO__OUTCOME__OK)
        return;
    const Sendco__Problem *problem = reply->problem;
    fail("%s was answered with outcome %d %s: %s", what, reply->has_outcome ? (int)reply->outcome : 0,
         problem != NULL && problem->code != NULL ? problem->code : "",
         problem != NULL && problem->message != NULL ? problem->message : "");
}

static inline size_t client_read_file(const char *path, void *data, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, data, size);
    close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static inline void client_keep_ticket(struct fleet *fleet, const Sendco__LoginReply *login)
{
    if (login == NULL || !login->has_ticket || login->ticket.len > sizeof fleet->ticket)
        fail("the login was answered without a ticket");
    fleet->ticket_size = login->ticket.len;
    memcpy(fleet->ticket, login->ticket.data, login->ticket.len);
    int fd = open(fleet->ticket_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, fleet->ticket, fleet->ticket_size) != (ssize_t)fleet->ticket_size)
        fail("cannot write %s: %s", fleet->ticket_path, strerror(errno));
    close(fd);
}

static inline void client_hello(struct client *client)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    hello.has_protocol = 1;
    hello.protocol = PROTOCOL_VERSION;
    hello.client = "bench 1";
    request.body_case = SENDCO__REQUEST__BODY_HELLO;
    request.hello = &hello;
    client->stage = CLIENT_HELLO;
    client_ask(client, &request);
}

static inline void client_resume(struct client *client)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    resume.has_ticket = 1;
    resume.ticket = (ProtobufCBinaryData){.len = client->fleet->ticket_size, .data = client->fleet->ticket};
    request.body_case = SENDCO__REQUEST__BODY_RESUME;
    request.resume = &resume;
    client->stage = CLIENT_RESUME;
    client_ask(client, &request);
}

static inline void client_login(struct client *client)
{
    char path[600], password[256];
    snprintf(path, sizeof path, "%s/password", client->fleet->profile);
    size_t n = client_read_file(path, password, sizeof password - 1);
    password[n] = '\0';
    password[strcspn(password, "\r\n")] = '\0';
    if (password[0] == '\0')
        fail("there is no password in %s: make the school with sendcod init --demo", path);
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Login login = SENDCO__LOGIN__INIT;
    login.password = password;
    request.body_case = SENDCO__REQUEST__BODY_LOGIN;
    request.login = &login;
    client->stage = CLIENT_LOGIN;
    client_ask(client, &request);
}

static inline void client_is_ready(struct client *client)
{
    struct fleet *fleet = client->fleet;
    client->stage = CLIENT_READY;
    fleet->ready++;
    fleet->opening--;
    client_open(fleet);
    if (fleet->ready == fleet->n)
        fleet->on_ready(fleet);
}

static inline void client_on_reply(struct client *client, const Sendco__Reply *reply)
{
    bool first = client->index == 0;
    switch (client->stage) {
    case CLIENT_HELLO:
        client_expect_ok(reply, "Hello");
        if (first && client->fleet->ticket_size == 0)
            client_login(client);
        else
            client_resume(client);
        break;
    case CLIENT_RESUME:
        if (first && reply->outcome != SENDCO__OUTCOME__OK) {
            client_login(client);
            break;
        }
        client_expect_ok(reply, "Resume");
        client_is_ready(client);
        break;
    case CLIENT_LOGIN:
        client_expect_ok(reply, "Login");
        client_keep_ticket(client->fleet, reply->login);
        client_is_ready(client);
        break;
    case CLIENT_READY:
        client->fleet->on_reply(client, reply);
        break;
    }
}

static inline void client_on_frame(struct client *client, const uint8_t *data, size_t size)
{
    struct fleet *fleet = client->fleet;
    struct problem problem;
    Sendco__Frame *frame;
    problem_init(&problem, NULL);
    arena_reset(&fleet->arena);
    if (frame_unpack(data, size, false, &fleet->arena, &frame, &problem) != 0)
        fail("a frame from the server cannot be read: %s", problem.message);
    if (frame->kind_case == SENDCO__FRAME__KIND_PUSH && fleet->on_push != NULL)
        fleet->on_push(client, frame->push);
    if (frame->kind_case == SENDCO__FRAME__KIND_REPLY) {
        if (frame->reply->id != client->id)
            client_expect_ok(frame->reply, "A request"); // a fault that names no request
        client_on_reply(client, frame->reply);
    }
}

static inline void client_on_bytes(struct wire *wire)
{
    struct client *client = (struct client *)wire;
    const uint8_t *data;
    size_t size;
    struct problem problem;
    problem_init(&problem, NULL);
    if (client->fleet->bare) {
        client->fleet->on_bytes(client);
        return;
    }
    int rc = 0;
    while (!wire->closing && (rc = frame_next(&wire->plain, FRAME_MAX, &data, &size, &problem)) == 1) {
        client->fleet->received += size + 4;
        client_on_frame(client, data, size);
        buffer_consume(&wire->plain, size + 4);
    }
    if (rc < 0)
        fail("the server sent no frame: %s", problem.message);
}

static inline void client_on_tls(struct wire *wire)
{
    struct client *client = (struct client *)wire;
    if (client->fleet->bare)
        client_is_ready(client);
    else
        client_hello(client);
}

static inline void client_on_lost(struct wire *wire, const char *why)
{
    struct client *client = (struct client *)wire;
    if (!client->fleet->ending)
        fail("connection %u was lost: %s", client->index, why);
}

// The first goes alone, for the ticket; then up to CLIENT_OPENING at once.
static inline void client_open(struct fleet *fleet)
{
    while (fleet->opened < fleet->n && fleet->opening < CLIENT_OPENING && (fleet->opened == 0 || fleet->ready > 0)) {
        struct client *client = &fleet->clients[fleet->opened];
        client->index = fleet->opened++;
        client->fleet = fleet;
        client->wire.on_ready = client_on_tls;
        client->wire.on_bytes = client_on_bytes;
        client->wire.on_lost = client_on_lost;
        wire_init(&client->wire, &fleet->loop, fleet->context, fleet->host);
        wire_connect(&client->wire, (const struct sockaddr *)&fleet->address);
        fleet->opening++;
    }
}

static inline void fleet_on_watchdog(uv_timer_t *timer)
{
    struct fleet *fleet = timer->data;
    fail("the run did not end in time: %u of %u connections were ready", fleet->ready, fleet->n);
}

// Address as HOST:PORT, numeric IPv4.
static inline void fleet_address(struct fleet *fleet, const char *server)
{
    const char *colon = strrchr(server, ':');
    if (colon == NULL || (size_t)(colon - server) >= sizeof fleet->host)
        fail("%s: give the server as ADDRESS:PORT", server);
    memcpy(fleet->host, server, (size_t)(colon - server));
    int port = (int)strtol(colon + 1, NULL, 10);
    if (uv_ip4_addr(fleet->host, port, (struct sockaddr_in *)&fleet->address) < 0)
        fail("%s: is no numeric IPv4 address", fleet->host);
}

// `seconds`: how long the run may take in all. `ticket` may be NULL when bare.
static inline void fleet_init(struct fleet *fleet, const char *server, const char *profile, const char *ticket, unsigned n,
                              unsigned seconds)
{
    char ca[600], certificate[600], key[600];
    struct problem problem;
    problem_init(&problem, NULL);
    if (uv_loop_init(&fleet->loop) < 0 || (fleet->clients = calloc(n, sizeof *fleet->clients)) == NULL)
        fail("out of memory for %u clients", n);
    fleet->n = n;
    fleet_address(fleet, server);
    arena_init(&fleet->arena, 0);
    snprintf(fleet->profile, sizeof fleet->profile, "%s", profile);
    snprintf(fleet->ticket_path, sizeof fleet->ticket_path, "%s", ticket != NULL ? ticket : "");
    snprintf(ca, sizeof ca, "%s/ca.pem", profile);
    snprintf(certificate, sizeof certificate, "%s/cert.pem", profile);
    snprintf(key, sizeof key, "%s/key.pem", profile);
    fleet->context = tls_context_new(TLS_CLIENT, ca, certificate, key, &problem);
    if (fleet->context == NULL)
        fail("%s", problem.message);
    if (ticket != NULL)
        fleet->ticket_size = client_read_file(ticket, fleet->ticket, sizeof fleet->ticket);
    uv_timer_init(&fleet->loop, &fleet->watchdog);
    fleet->watchdog.data = fleet;
    uv_timer_start(&fleet->watchdog, fleet_on_watchdog, (uint64_t)seconds * 1000, 0);
    uv_unref((uv_handle_t *)&fleet->watchdog);
}

static inline void fleet_run(struct fleet *fleet)
{
    client_open(fleet);
    uv_run(&fleet->loop, UV_RUN_DEFAULT);
    if (!fleet->ending)
        fail("the connections ended before the run did");
}

// Closes all connections; fleet_run returns.
static inline void fleet_end(struct fleet *fleet)
{
    fleet->ending = true;
    for (unsigned i = 0; i < fleet->opened; i++)
        wire_close(&fleet->clients[i].wire);
}

#endif
