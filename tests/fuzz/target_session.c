// Whole sequences of messages against sessions, dispatch, handlers, rules, watches and a real
// store, from up to four people at once; without sockets and TLS (no_socket.c). Every reply and
// push is judged; nothing may stay unanswered; the end must leave nothing behind.
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/error.h"
#include "server/access/access.h"
#include "server/access/login.h"
#include "server/access/pass.h"
#include "server/changed.h"
#include "server/handlers/stage.h"
#include "server/live.h"
#include "server/rules/rules.h"
#include "server/server.h"
#include "tests/fuzz/ground.h"
#include "tests/fuzz/item.h"
#include "tests/fuzz/no_socket.h"
#include "tests/fuzz/remember.h"

#define CONNECTIONS 4
#define STRANGE     128 // of the first byte: nobody says Hello for them
#define ITEMS       40
#define PUPILS      16

struct end { // of a connection, the client's
    uint64_t session;
    struct buffer sent; // not yet taken
    bool slow;
};

static struct server *server;
static struct end ends[CONNECTIONS];
static uint8_t who;
static int64_t now;

const ProtobufCMessageDescriptor *fuzz_message(uint8_t how)
{
    (void)how;
    return &sendco__frame__descriptor;
}

// --- the daemon ---

static void turn(void)
{
    do {
        session_next_turn(server);
        while (server->dirty) {
            struct session *session = server->dirty;
            server->dirty = session->next_dirty;
            session_turn(session);
        }
    } while (server->later);
    no_socket_sweep();
}

static void server_begin(void)
{
    struct problem problem;
    problem_init(&problem, NULL);
    server = calloc(1, sizeof *server);
    DEMAND(server && uv_loop_init(&server->loop) == 0);
    server->directory = -1;
    wheel_init(&server->wheel, uv_now(&server->loop));
    struct store_options options = {.directory = ground_lay(), .scope = access_scope, .readers = 1};
    DEMAND(store_open(&options, &server->loop, &server->store, &problem) == 0);
    rules_register(server->store);
    server->started = now;
    server->passes = passes_new(server->store);
    server->login = login_new(&server->loop);
    server->stages = stages_new();
    server->live = live_new(server);
    store_on_commit(server->store, live_on_commit, server->live);
}

static void on_store_closed(void *data)
{
    (void)data;
    server->store_closed = true;
    struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    session_end(session);
}

// In the daemon's order, with everybody still there.
static void server_end(void)
{
    server->stopping = true;
    live_stop(server->live);
    passes_stop(server->passes);
    store_close(server->store, on_store_closed, NULL);
    while (!server->store_closed) {
        uv_run(&server->loop, UV_RUN_ONCE);
        turn();
    }
    turn();
    uv_run(&server->loop, UV_RUN_DEFAULT);
    DEMAND(server->n_sessions == 0 && server->n_strangers == 0);
    DEMAND(uv_loop_close(&server->loop) == 0);
    live_free(server->live);
    stages_free(server->stages);
    login_free(server->login);
    passes_free(server->passes);
    free(server);
}

// --- waiting ---

static int nothing(struct view *view, void *data)
{
    (void)view;
    (void)data;
    return 0;
}

static void on_passed(int result, void *data)
{
    DEMAND(result == 0);
    *(bool *)data = true;
}

// Once round the loop, as the daemon goes: who had more than a share of it goes on in the next.
static void go_round(void)
{
    uv_run(&server->loop, server->later ? UV_RUN_NOWAIT : UV_RUN_ONCE);
    session_next_turn(server);
    turn();
}

static void wait_for(const bool *passed)
{
    turn();
    while (!*passed)
        go_round();
}

// Whatever was in line before it is done.
static void barrier(void)
{
    bool read = false, kept = false;
    static const struct actor nobody;
    store_read(server->store, &nobody, nothing, on_passed, &read);
    wait_for(&read);
    store_keep(server->store, nothing, on_passed, &kept);
    wait_for(&kept);
}

static bool waiting(void)
{
    struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    if (session_open(session) && session->n_requests > 0)
        return true;
    return server->later != NULL;
}

static void take(void);

// With everything answered nothing may be left that a session could take.
static void judge_quiet(void)
{
    struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    {
        const uint8_t *data;
        size_t size;
        if (!session_open(session))
            continue;
        DEMAND(session->n_requests == 0 && session->load == 0 && !session->gated && !session->dirty);
        DEMAND(session_unsent(session) >= SESSION_HIGH || frame_next(&session->plain, FRAME_MAX, &data, &size, NULL) == 0);
    }
}

// A request that nobody answers makes this last for ever: the fuzzer's time limit sees it.
static void quiet(void)
{
    do {
        take();
        turn();
        while (waiting())
            go_round();
        barrier();
        barrier(); // what the first gave rise to
        take();
    } while (waiting());
    turn();
    judge_quiet();
}

// --- clients ---

static struct session *session_of(const struct end *end)
{
    return session_find(server, end->session);
}

// As session_io.c does with what arrives.
static void take(void)
{
    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct session *session = session_of(&ends[i]);
        if (!session || !session->reading || buffer_size(&ends[i].sent) == 0)
            continue;
        DEMAND(buffer_append(&session->plain, buffer_head(&ends[i].sent), buffer_size(&ends[i].sent)) == 0);
        buffer_consume(&ends[i].sent, buffer_size(&ends[i].sent));
        session_touch(session);
        session_take(session);
        turn();
    }
}

static void say(struct end *end, const uint8_t *data, size_t size)
{
    DEMAND(size == 0 || buffer_append(&end->sent, data, size) == 0);
    take();
}

static void say_request(struct end *end, Sendco__Request *request, uint64_t id)
{
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = request;
    request->has_id = 1;
    request->id = id;
    DEMAND(frame_append(&end->sent, &frame, FRAME_MAX) == 0);
}

static void introduce(struct end *end, unsigned person)
{
    uint8_t ticket[32];
    Sendco__Request one = SENDCO__REQUEST__INIT, two = SENDCO__REQUEST__INIT;
    Sendco__Hello hello = SENDCO__HELLO__INIT;
    Sendco__Resume resume = SENDCO__RESUME__INIT;
    ground_ticket(person, ticket);
    hello.has_protocol = 1;
    hello.protocol = 1;
    one.body_case = SENDCO__REQUEST__BODY_HELLO;
    one.hello = &hello;
    resume.has_ticket = 1;
    resume.ticket = (ProtobufCBinaryData){sizeof ticket, ticket};
    two.body_case = SENDCO__REQUEST__BODY_RESUME;
    two.resume = &resume;
    say_request(end, &one, 1000001);
    say_request(end, &two, 1000002);
}

static void connect_anew(size_t i)
{
    struct session *old = session_of(&ends[i]);
    if (old)
        session_cut(old);
    turn();
    buffer_consume(&ends[i].sent, buffer_size(&ends[i].sent));
    unsigned person = (who & 7u) + 2 * (unsigned)i;
    ends[i].session = no_socket_connect(server, person)->id;
    ends[i].slow = false;
    if (!(who & STRANGE))
        introduce(&ends[i], person);
}

// Twenty minutes by the clock, twelve seconds by the loop, or nobody would be there any more; all that is done once a
// second is done.
static void later(void)
{
    now += 1200;
    clock_set(now);
    no_socket_later(12000);
    wheel_turn(&server->wheel, uv_now(&server->loop), session_on_due, NULL);
    turn();
    passes_sweep(server->passes, now);
    stages_sweep(server->stages, uv_now(&server->loop));
    live_tick(server->live);
    access_changed(server);
    access_tick(server);
    turn();
}

static void run_item(const struct item *item)
{
    struct end *end = &ends[item->how & ITEM_WHO];
    const uint8_t head[4] = {0, (uint8_t)(item->size >> 16), (uint8_t)(item->size >> 8), (uint8_t)item->size};
    if (item->how & ITEM_ANEW || !end->session)
        connect_anew(item->how & ITEM_WHO);
    if (item->how & ITEM_LATER)
        later();
    if (item->how & ITEM_SLOWLY && session_of(end))
        no_socket_slow(session_of(end), end->slow = !end->slow);
    struct buffer whole;
    buffer_init(&whole);
    if (item->how & ITEM_RAW || !remember_into(item->data, item->size, &whole)) {
        DEMAND(item->how & ITEM_RAW || buffer_append(&whole, head, sizeof head) == 0);
        DEMAND(buffer_append(&whole, item->data, item->size) == 0);
    }
    size_t size = buffer_size(&whole), first = item->how & ITEM_TORN ? size / 2 : size;
    say(end, buffer_head(&whole), first);
    if (size > first)
        say(end, buffer_head(&whole) + first, size - first);
    buffer_deinit(&whole);
    if (item->how & ITEM_WAIT)
        quiet();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    ground_make(PUPILS);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct item item;
    if (size == 0)
        return 0;
    clock_set(now = GROUND_NOW);
    remember_nothing();
    server_begin();
    who = *data++;
    size--;
    for (size_t n = 0; n < ITEMS && item_next(&data, &size, &item); n++)
        run_item(&item);
    quiet();
    server_end();
    for (size_t i = 0; i < CONNECTIONS; i++) {
        buffer_deinit(&ends[i].sent);
        ends[i] = (struct end){0};
    }
    return 0;
}
