// What every request shares: its memory, its replies, its way to the store (request.h).
#include "server/request.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/pack.h"
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
    arena_init(&request->arena, REQUEST_BUDGET);
    problem_init(&request->problem, &request->arena);
    request->now = clock_now();
    request->today = clock_today();
    return request;
}

void request_free(struct request *request)
{
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

static int request_send(struct request *request, Sendco__Reply *reply, bool more)
{
    struct session *session = request_session(request);
    if (!session)
        return 0;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_REPLY;
    frame.reply = reply;
    reply->has_id = 1;
    reply->id = request->id;
    reply->has_more = more;
    reply->more = more;
    if (!reply->has_outcome) {
        reply->has_outcome = 1;
        reply->outcome = SENDCO__OUTCOME__OK;
    }
    reply->has_epoch = reply->has_seq = 1;
    reply->epoch = store_epoch(request->server->store);
    reply->seq = request->seq ? request->seq : store_seq(request->server->store);
    return session_send(session, &frame);
}

static void request_finish(struct request *request)
{
    struct session *session = request_session(request);
    if (session)
        session_finish(session, request->id);
    request_free(request);
}

void request_part(struct request *request, Sendco__Reply *reply)
{
    if (request_send(request, reply, true) == ERR_TOO_LARGE)
        request->lost = true;
}

void request_end(struct request *request, Sendco__Reply *reply)
{
    Sendco__Reply plain = SENDCO__REPLY__INIT;
    int result = request->lost ? ERR_TOO_LARGE : request_send(request, reply ? reply : &plain, false);
    if (result == ERR_TOO_LARGE) {
        problem_set(&request->problem, ERR_TOO_LARGE, "The answer does not fit into one frame.");
        problem_hint(&request->problem, "Ask for less at once.");
        request_fail(request, ERR_TOO_LARGE);
        return;
    }
    request_finish(request);
}

static void request_answer_problem(struct request *request, int error)
{
    Sendco__Reply reply = SENDCO__REPLY__INIT;
    struct problem *problem = &request->problem;
    if (!problem->error || !problem->message[0])
        problem_set(problem, error, "%s", error_info(error)->help);
    if (problem->error == ERR_INTERNAL)
        log_write(LOG_ERROR, "request refused: %s", problem->message);
    pack_failure(problem, &reply, &request->arena);
    if (request_send(request, &reply, false) == ERR_TOO_LARGE) {
        // More faults than a frame holds: the sentence alone then.
        problem->n_fields = 0;
        sendco__reply__init(&reply);
        pack_failure(problem, &reply, &request->arena);
        request_send(request, &reply, false);
    }
}

void request_fail(struct request *request, int error)
{
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
