// The daemon: starts what it consists of, listens, ends it in order. Loop thread.
//
// The end, in steps: no new connections and no new requests; answers that threads pack
// come back; the store finishes what it was given, so that every acknowledged change is
// answered; then goodbye to every session; then nothing is left for the loop to do.
#include "server/server.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/text.h"
#include "common/tls.h"
#include "server/access/access.h"
#include "server/access/login.h"
#include "server/access/pass.h"
#include "server/changed.h"
#include "server/directory.h"
#include "server/fault.h"
#include "server/handlers/stage.h"
#include "server/handlers/handlers.h"
#include "server/live.h"
#include "server/room.h"
#include "server/rules/rules.h"
#include "server/session.h"
#include "server/store/store.h"

#define BACKLOG 1024

// --- turns ---

// Everything that has something to say or to take, until nothing has.
static void server_turn(struct server *server)
{
    while (server->dirty) {
        struct session *session = server->dirty;
        server->dirty = session->next_dirty;
        session_turn(session);
    }
}

static void on_more(uv_idle_t *more)
{
    (void)more; // its being active is what counts: the loop does not wait then
}

// After all that was asked by those who are in: some handshakes.
static void on_prepare(uv_prepare_t *prepare)
{
    struct server *server = prepare->data;
    server_turn(server);
    bool more = greet_turn(&server->greeting, session_got);
    server_turn(server);
    if (more || server->later)
        uv_idle_start(&server->more, on_more);
    else
        uv_idle_stop(&server->more);
}

// What came has been taken: now who had more than a share of the last turn goes on.
static void on_check(uv_check_t *check)
{
    struct server *server = check->data;
    session_next_turn(server);
    server_turn(server);
}

static void on_trim(uv_work_t *work)
{
    (void)work;
    malloc_trim(0);
}

static void on_trimmed(uv_work_t *work, int status)
{
    (void)status;
    ((struct server *)work->data)->trims = false;
}

// What large answers took stays with malloc until it is asked; many threads have had a part of it.
static void server_trim(struct server *server)
{
    if (!server->trim || server->trims || uv_queue_work(&server->loop, &server->trimming, on_trim, on_trimmed))
        return;
    server->trimming.data = server;
    server->trims = true;
    server->trim = false;
}

static void on_tick(uv_timer_t *timer)
{
    struct server *server = timer->data;
    uint64_t now = uv_now(&server->loop);
    wheel_turn(&server->wheel, now, session_on_due, NULL);
    if (now / 1000 == server->second || server->stopping)
        return;
    server->second = now / 1000;
    live_tick(server->live);
    access_tick(server);
    writings_tick(server);
    server_stranger_left(server); // one that there was no memory for
    if (server->second % 5 == 0)
        server_trim(server);
    if (server->second % 30 == 0) {
        passes_sweep(server->passes, clock_now());
        stages_sweep(server->stages, now);
    }
}

// --- connections ---

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *server = listener->data;
    if (status < 0 || server->stopping)
        return;
    session_accept(server);
}

void server_listen_again(struct server *server)
{
    int fault = server->stopping ? 0 : uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    if (fault)
        log_write(LOG_ERROR, "nobody can connect any more: %s", uv_strerror(fault));
}

void server_stranger_left(struct server *server)
{
    if (!server->accept_waits || server->stopping)
        return;
    server->accept_waits = false;
    session_accept(server);
}

// "HOST:PORT", "[::1]:PORT"; HOST a name or an address.
static int listen_address(const char *text, struct sockaddr_storage *address, struct problem *problem)
{
    char host[256];
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool brackets = length >= 2 && text[0] == '[' && text[length - 1] == ']';
    if (!colon || length == 0 || length >= sizeof host || !colon[1] || (!brackets && memchr(text, ':', length)) ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5 || atoi(colon + 1) > 65535) {
        problem_set(problem, ERR_USAGE, "--listen %s is no address.", text);
        problem_hint(problem, "Write it as HOST:PORT, for IPv6 as [ADDRESS]:PORT; port 0 picks a free one.");
        return ERR_USAGE;
    }
    snprintf(host, sizeof host, "%.*s", (int)(length - (brackets ? 2 : 0)), text + brackets);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    int fault = getaddrinfo(host, colon + 1, &hints, &found);
    if (fault || !found)
        return problem_set(problem, ERR_USAGE, "--listen %s: %s.", text, gai_strerror(fault));
    memcpy(address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

static void listening(struct server *server)
{
    struct sockaddr_storage address = {0};
    int size = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &size);
    if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
        uv_ip6_name(six, host, sizeof host);
        printf("listening on [%s]:%d\n", host, ntohs(six->sin6_port));
    } else {
        const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
        uv_ip4_name(four, host, sizeof host);
        printf("listening on %s:%d\n", host, ntohs(four->sin_port));
    }
    fflush(stdout);
}

static int server_listen(struct server *server, const char *text, struct problem *problem)
{
    struct sockaddr_storage address = {0};
    int result = listen_address(text, &address, problem);
    if (result)
        return result;
    server->listener.data = server;
    int fault = uv_tcp_bind(&server->listener, (const struct sockaddr *)&address, 0);
    if (!fault)
        fault = uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection);
    if (!fault)
        return 0;
    problem_set(problem, ERR_CONFIG, "Cannot listen on %s: %s.", text, uv_strerror(fault));
    problem_hint(problem, fault == UV_EADDRINUSE ? "Another program listens there; stop it, or choose another port with --listen."
                                                 : "Choose another address with --listen HOST:PORT");
    return ERR_CONFIG;
}

// --- the end ---

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

void server_wind_down(struct server *server)
{
    if (!server->store_closed || server->n_sessions > 0)
        return;
    close_handle((uv_handle_t *)&server->tick);
    close_handle((uv_handle_t *)&server->prepare);
    close_handle((uv_handle_t *)&server->check);
    close_handle((uv_handle_t *)&server->more);
}

static void on_store_closed(void *data)
{
    struct server *server = data;
    server->store_closed = true;
    uv_update_time(&server->loop); // it may have taken long: goodbyes are given their time from now on
    struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    session_end(session);
    server_wind_down(server);
}

void server_packed(struct server *server)
{
    if (server->stopping && server->packing == 0)
        store_close(server->store, on_store_closed, server);
}

static void server_stop(struct server *server)
{
    server->stopping = true;
    close_handle((uv_handle_t *)&server->listener);
    close_handle((uv_handle_t *)&server->terminate);
    close_handle((uv_handle_t *)&server->interrupt);
    live_stop(server->live);
    passes_stop(server->passes);
    server_packed(server);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct server *server = signal->data;
    log_write(LOG_NOTE, "stopping on signal %d", number);
    server_stop(server);
}

// --- the beginning ---

static int server_tls(struct server *server, const char *directory, struct problem *problem)
{
    char ca[PATH_MAX], certificate[PATH_MAX], key[PATH_MAX];
    if (strlen(directory) > PATH_MAX - 32)
        return problem_set(problem, ERR_CONFIG, "--dir is too long.");
    snprintf(ca, sizeof ca, "%s/server/ca.pem", directory);
    snprintf(certificate, sizeof certificate, "%s/server/cert.pem", directory);
    snprintf(key, sizeof key, "%s/server/key.pem", directory);
    server->tls = tls_context_new(TLS_SERVER, ca, certificate, key, problem);
    if (!server->tls && !problem->hint[0])
        problem_hint(problem, "Bring the directory server in %.200s back from a backup: sendcod init made it.", directory);
    return server->tls ? 0 : problem->error ? problem->error : ERR_TLS;
}

static void server_handles(struct server *server)
{
    uv_loop_t *loop = &server->loop;
    uv_tcp_init(loop, &server->listener);
    uv_timer_init(loop, &server->tick);
    uv_prepare_init(loop, &server->prepare);
    uv_check_init(loop, &server->check);
    uv_idle_init(loop, &server->more);
    uv_signal_init(loop, &server->terminate);
    uv_signal_init(loop, &server->interrupt);
    server->tick.data = server->prepare.data = server->check.data = server;
    server->terminate.data = server->interrupt.data = server;
    uv_timer_start(&server->tick, on_tick, WHEEL_STEP, WHEEL_STEP);
    uv_prepare_start(&server->prepare, on_prepare);
    uv_check_start(&server->check, on_check);
    uv_signal_start(&server->terminate, on_signal, SIGTERM);
    uv_signal_start(&server->interrupt, on_signal, SIGINT);
}

static int server_parts(struct server *server, const struct server_options *options, struct problem *problem)
{
    if (options->clock_file && !fault_clock_file(options->clock_file))
        return problem_set(problem, ERR_USAGE, "--clock-file: this sendcod goes by the real clock.");
    int result = directory_take(options->directory, &server->directory, problem);
    if (!result)
        result = server_tls(server, options->directory, problem);
    if (result)
        return result;
    struct store_options store = {.directory = options->directory, .scope = access_scope};
    result = store_open(&store, &server->loop, &server->store, problem);
    if (result)
        return result;
    rules_register(server->store);
    server->started = clock_now();
    server->read_buffer = malloc(SERVER_READ);
    server->passes = passes_new(server->store);
    server->login = login_new(&server->loop);
    server->stages = stages_new();
    server->live = live_new(server);
    if (!server->read_buffer || !server->passes || !server->login || !server->stages || !server->live)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory to start.");
    store_on_commit(server->store, live_on_commit, server->live);
    return server_listen(server, options->listen, problem);
}

static void server_free(struct server *server)
{
    live_free(server->live);
    stages_free(server->stages);
    login_free(server->login);
    passes_free(server->passes);
    tls_context_free(server->tls);
    arrivals_deinit(&server->arrivals);
    if (server->directory >= 0)
        close(server->directory);
    buffer_deinit(&server->cipher);
    free(server->read_buffer);
    free(server);
}

// A start that failed half way is wound down like any other.
static void server_abandon(struct server *server)
{
    server->stopping = server->store_closed = true;
    close_handle((uv_handle_t *)&server->listener);
    close_handle((uv_handle_t *)&server->terminate);
    close_handle((uv_handle_t *)&server->interrupt);
    server_wind_down(server);
    if (server->store)
        store_close(server->store, on_store_closed, server);
}

int server_run(const struct server_options *options)
{
    struct problem problem;
    problem_init(&problem, NULL);
    struct server *server = calloc(1, sizeof *server);
    if (!server || sodium_init() < 0 || uv_loop_init(&server->loop) != 0) {
        free(server);
        fprintf(stderr, "sendcod: there is not enough memory to start\n");
        return error_info(ERR_NOMEM)->exit;
    }
    server->directory = -1;
    arrivals_init(&server->arrivals, options->handshakes);
    buffer_init(&server->cipher);
    room_make(server);
    wheel_init(&server->wheel, uv_now(&server->loop));
    server_handles(server);
    int result = server_parts(server, options, &problem);
    if (result)
        server_abandon(server);
    else
        listening(server);
    uv_run(&server->loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&server->loop) != 0)
        log_write(LOG_ERROR, "the loop ended with handles open");
    server_free(server);
    if (!result)
        return 0;
    fprintf(stderr, "sendcod: %s\n  %s\n", problem.message, problem_next(&problem));
    return error_info(result)->exit;
}
