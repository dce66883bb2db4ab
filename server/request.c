// What every request shares: its memory, its replies, its way to the store (request.h).
#include "server/request.h"

#include <stdlib.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/frame.h"
#include "common/log.h"
#include "server/fault.h"
#include "server/pack.h"
#include "server/person.h"
#include "server/server.h"
#include "server/session.h"

struct request *request_new(struct session *session)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->server = session->server;
    request->session = session->id;
    request->actor = (struct actor){.staff = session->staff, .device = session->device_id, .role = session->role};
    request->person = person_asks(session);
    arena_init(&request->arena, REQUEST_BUDGET);
    problem_init(&request->problem, &request->arena);
    request->epoch = store_epoch(session->server->store);
    request->now = clock_now();
    request->today = clock_today();
    return request;
}

void request_free(struct request *request)
{
    request->server->trim |= request->arena.used > REQUEST_LARGE;
    person_answered(request->server, request->person);
    arena_deinit(&request->arena);
    free(request);
}

struct session *request_session(const struct request *request)
{
    return session_find(request->server, request->session);
}

Sendco__Reply *request_reply(struct request *request)
{
    Sendco__Reply *reply = arena_alloc(&request->arena, sizeof *reply);
    if (reply)
        sendco__reply__init(reply);
    return reply;
}

static void request_head(const struct request *request, Sendco__Reply *reply, bool more, uint64_t seq)
{
    reply->has_id = 1;
    reply->id = request->id;
    reply->has_more = more;
    reply->more = more;
    if (!reply->has_outcome) {
        reply->has_outcome = 1;
        reply->outcome = SENDCO__OUTCOME__OK;
    }
    reply->has_epoch = reply->has_seq = 1;
    reply->epoch = request->epoch;
    reply->seq = seq;
}

static int request_send(struct request *request, Sendco__Reply *reply, bool more)
{
    struct session *session = request_session(request);
    if (!session)
        return 0;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_REPLY;
    frame.reply = reply;
    request_head(request, reply, more, request->seq ? request->seq : store_seq(request->server->store));
    return session_send(session, &frame);
}

int request_pack(const struct request *request, Sendco__Reply *reply, bool more, struct buffer *out)
{
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_REPLY;
    frame.reply = reply;
    request_head(request, reply, more, request->seq); // the store is the loop's to ask
    return frame_append(out, &frame, FRAME_MAX);
}

static void request_finish(struct request *request)
{
    struct session *session = request_session(request);
    if (session)
        session_finish(session, request->id);
    request_free(request);
}

void request_sign(struct request *request, Sendco__Reply *reply)
{
    (void)request_send(request, reply, true);
}

void request_part(struct request *request, Sendco__Reply *reply)
{
    int result = request->arena.lacked ? ERR_NOMEM : request_send(request, reply, true);
    if (result)
        request->lost = result;
}

// Why nothing, or not all, can be told.
static int request_lost(struct request *request, int error)
{
    if (error == ERR_TOO_LARGE) {
        problem_set(&request->problem, ERR_TOO_LARGE, "The answer does not fit into one frame.");
        problem_hint(&request->problem, "Ask for less at once.");
    } else {
        problem_set(&request->problem, error, "The server is short of memory for the answer.");
    }
    return error;
}

void request_end(struct request *request, Sendco__Reply *reply)
{
    Sendco__Reply plain = SENDCO__REPLY__INIT;
    int result = request->lost ? request->lost : request->arena.lacked ? ERR_NOMEM : 0;
    if (!result)
        result = request_send(request, reply ? reply : &plain, false);
    if (result)
        request_fail(request, request_lost(request, result));
    else
        request_finish(request);
}

// Some of what is wrong could not be noted: rather nothing than half of it, for nothing was changed.
static bool request_lacks_words(const struct request *request)
{
    int error = request->problem.error;
    return request->arena.lacked && (error == ERR_CONFLICT || error == ERR_INVALID);
}

void request_end_packed(struct request *request, const struct buffer *out)
{
    struct session *session = request_session(request);
    if (session)
        (void)session_send_bytes(session, buffer_head(out), buffer_size(out)); // without memory the session goes
    request_finish(request);
}

static void request_answer_problem(struct request *request, int error)
{
    Sendco__Reply reply = SENDCO__REPLY__INIT;
    Sendco__Problem packed;
    struct problem *problem = &request->problem;
    // What was found out by reading that failed after all counts no more: "there is no such device" …
    bool failed = problem->error != error && (error == ERR_NOMEM || error == ERR_IO || error == ERR_BUSY);
    if (!problem->error || !problem->message[0] || failed) {
        problem->n_fields = 0;
        problem_set(problem, error, "%s", error_info(error)->help);
    }
    if (problem->error == ERR_INTERNAL)
        log_write(LOG_ERROR, "request refused: %s", problem->message);
    pack_failure(problem, &packed, &reply, &request->arena);
    if (request_lacks_words(request)) {
        problem->n_fields = 0;
        request_lost(request, ERR_NOMEM);
        pack_failure(problem, &packed, &reply, &request->arena);
    }
    if (request_send(request, &reply, false) == ERR_TOO_LARGE) {
        // More faults than a frame holds: the sentence alone then.
        problem->n_fields = 0;
        sendco__reply__init(&reply);
        pack_failure(problem, &packed, &reply, &request->arena);
        request_send(request, &reply, false);
    }
}

// What one request may take was not enough: asking again would not help, asking for less does.
static int request_spent(struct request *request, int error)
{
    struct arena *arena = &request->arena;
    if (error != ERR_NOMEM || !arena->lacked || arena->used + REQUEST_PART < arena->budget)
        return error;
    problem_set(&request->problem, ERR_TOO_LARGE, "This takes more than the %zu MiB of memory that one request may.", arena->budget >> 20);
    problem_hint(&request->problem, "Ask for less at once: one class or one year, or a shorter time.");
    return ERR_TOO_LARGE;
}

void request_fail(struct request *request, int error)
{
    error = request_spent(request, error);
    if (error == ERR_NOMEM && fault_on("request-forgotten")) {
        request_free(request);
        return;
    }
    request_answer_problem(request, error);
    request_finish(request);
}

void request_refuse(struct request *request)
{
    request_answer_problem(request, ERR_INVALID);
    request_free(request);
}

void request_read(struct request *request, store_read_fn *read, store_done_fn *done)
{
    if (request->server->stopping)
        done(ERR_BUSY, request);
    else
        store_read(request->server->store, &request->actor, read, done, request);
}

void request_keep(struct request *request, store_read_fn *keep, store_done_fn *done)
{
    if (request->server->stopping)
        done(ERR_BUSY, request);
    else
        store_keep(request->server->store, keep, done, request);
}
