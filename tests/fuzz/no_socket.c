// See no_socket.h.
#include "tests/fuzz/no_socket.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/error.h"
#include "common/log.h"
#include "common/tls.h"
#include "server/server.h"
#include "tests/fuzz/ground.h"
#include "tests/fuzz/item.h"
#include "tests/fuzz/remember.h"

#define CLOSING_MOST 256

struct tls { // what is left of it
    uint8_t fingerprint[TLS_FINGERPRINT];
    bool slow;
};

static struct session *closing[CLOSING_MOST];
static size_t n_closing;
static uint64_t later; // than the loop itself thinks

uint64_t __real_uv_now(const uv_loop_t *loop);
uint64_t __wrap_uv_now(const uv_loop_t *loop);

uint64_t __wrap_uv_now(const uv_loop_t *loop)
{
    return __real_uv_now(loop) + later;
}

void no_socket_later(uint64_t ms)
{
    later += ms;
}

void tls_free(struct tls *tls)
{
    free(tls);
}

int tls_peer(const struct tls *tls, uint8_t fingerprint[TLS_FINGERPRINT])
{
    memcpy(fingerprint, tls->fingerprint, TLS_FINGERPRINT);
    return 0;
}

// A fuzzer's every run would be told.
void log_write(enum log_level level, const char *format, ...)
{
    (void)level;
    (void)format;
}

// A password is worth nothing here, and hashing it well would take most of the time.
int crypto_pwhash_str(char out[crypto_pwhash_STRBYTES], const char *password, unsigned long long size, unsigned long long passes,
                      size_t memory)
{
    (void)passes;
    (void)memory;
    return crypto_pwhash_str_alg(out, password, size, crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN, crypto_pwhash_ALG_DEFAULT);
}

void server_stranger_left(struct server *server)
{
    (void)server;
}

void server_packed(struct server *server)
{
    (void)server;
}

void server_wind_down(struct server *server)
{
    (void)server;
}

// --- what is said ---

static void judge_problem(const Sendco__Reply *reply)
{
    const Sendco__Problem *problem = reply->problem;
    DEMAND(problem && problem->code && problem->message && problem->hint);
    DEMAND(problem->message[0] && problem->hint[0]);
    DEMAND(error_by_code(problem->code) && error_by_code(problem->code)->outcome == (int)reply->outcome);
    DEMAND(strcmp(problem->code, "E-INTERNAL") != 0 && strcmp(problem->code, "E-IO") != 0);
}

static void judge_reply(const struct session *session, const Sendco__Reply *reply)
{
    remember_reply(reply);
    DEMAND(reply->has_id && reply->has_outcome);
    DEMAND(reply->id || !session_open(session) || reply->outcome != SENDCO__OUTCOME__OK);
    if (reply->outcome != SENDCO__OUTCOME__OK)
        judge_problem(reply);
}

static void judge_push(const Sendco__Push *push)
{
    DEMAND(push->has_watch);
    if (push->has_covers_from)
        DEMAND(push->has_covers_to && push->covers_from <= push->covers_to);
    for (size_t i = 0; i < push->n_changes; i++)
        DEMAND(push->changes[i]->has_seq && push->changes[i]->seq >= push->covers_from && push->changes[i]->seq <= push->covers_to);
}

static void judge(const struct session *session, struct buffer *said)
{
    const uint8_t *data;
    size_t size;
    struct problem problem;
    problem_init(&problem, NULL);
    while (frame_next(said, FRAME_MAX, &data, &size, &problem) == 1) {
        struct arena arena;
        Sendco__Frame *frame;
        arena_init(&arena, 0);
        DEMAND(frame_unpack(data, size, true, &arena, &frame, &problem) == 0);
        DEMAND(frame->kind_case != SENDCO__FRAME__KIND_REQUEST);
        if (frame->kind_case == SENDCO__FRAME__KIND_REPLY)
            judge_reply(session, frame->reply);
        else
            judge_push(frame->push);
        arena_deinit(&arena);
        buffer_consume(said, 4 + size);
    }
    DEMAND(buffer_size(said) == 0);
}

// --- in place of session_io.c ---

void session_flush(struct session *session)
{
    if (!session->closed && !session->tls->slow)
        judge(session, &session->pending);
}

void session_read_on(struct session *session, bool on)
{
    session->reading = on;
}

size_t session_unsent(const struct session *session)
{
    return buffer_size(&session->pending);
}

void session_hang_up(struct session *session)
{
    session_flush(session);
    session_close(session);
}

void session_close(struct session *session)
{
    if (session->closed)
        return;
    session->closed = true;
    deadline_clear(&session->deadline);
    DEMAND(n_closing < CLOSING_MOST);
    closing[n_closing++] = session;
}

void no_socket_sweep(void)
{
    while (n_closing > 0)
        session_free(closing[--n_closing]);
}

void no_socket_slow(struct session *session, bool slow)
{
    session->tls->slow = slow;
    session_touch(session);
}

struct session *no_socket_connect(struct server *server, unsigned person)
{
    struct session *session = calloc(1, sizeof *session);
    DEMAND(session != NULL);
    session->tls = calloc(1, sizeof *session->tls);
    DEMAND(session->tls != NULL);
    ground_fingerprint(person, session->tls->fingerprint);
    session->server = server;
    session->id = ++server->next_session;
    session->stranger = session->reading = true;
    server->n_sessions++;
    server->n_strangers++;
    HASH_ADD(hh, server->sessions, id, sizeof session->id, session);
    session_become(session, SESSION_HANDSHAKING);
    session_ready(session);
    return session;
}
