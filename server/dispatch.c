// From a frame to its handler. Loop thread.
#include "server/dispatch.h"

#include "common/frame.h"
#include "server/access/pass.h"
#include "server/handlers/handlers.h"
#include "server/person.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

// What unpacking one frame may cost: sixteen times its size, and a little.
#define FRAME_BUDGET(size) (16 * (size) + ((size_t)64 << 10))

#define IN(state) (1u << (state))
#define BEFORE    (IN(SESSION_HELLO) | IN(SESSION_LOGIN))

static const struct {
    const char *name;
    void (*handle)(struct request *request);
    unsigned states; // in which it is taken
    bool gates;      // what follows it waits for its answer
    bool ticketless; // is taken when the ticket has ended
    uint8_t weight;  // of SESSION_LOAD: how long an answer may be
} table[] = {
    [SENDCO__REQUEST__BODY_HELLO] = {"Hello", handle_hello, BEFORE, true, true, 0},
    [SENDCO__REQUEST__BODY_LOGIN] = {"Login", handle_login, IN(SESSION_LOGIN) | IN(SESSION_READY), true, true, 0},
    [SENDCO__REQUEST__BODY_RESUME] = {"Resume", handle_resume, IN(SESSION_LOGIN) | IN(SESSION_READY), true, true, 0},
    [SENDCO__REQUEST__BODY_LOGOUT] = {"Logout", handle_logout, IN(SESSION_READY), true, true, 0},
    [SENDCO__REQUEST__BODY_GET] = {"Get", handle_get, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_LIST] = {"List", handle_list, IN(SESSION_READY), false, false, 1},
    [SENDCO__REQUEST__BODY_SEARCH] = {"Search", handle_search, IN(SESSION_READY), false, false, 1},
    [SENDCO__REQUEST__BODY_HISTORY] = {"History", handle_history, IN(SESSION_READY), false, false, SESSION_LOAD},
    [SENDCO__REQUEST__BODY_STAGE] = {"Stage", handle_stage, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_PUT] = {"Put", handle_put, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_REMOVE] = {"Remove", handle_remove, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_UNDO] = {"Undo", handle_undo, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_REPORT] = {"Report", handle_report, IN(SESSION_READY), false, false, SESSION_LOAD},
    [SENDCO__REQUEST__BODY_WATCH] = {"Watch", handle_watch, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_UNWATCH] = {"Unwatch", handle_unwatch, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_PRESENCE] = {"Presence", handle_presence, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_WHO] = {"Who", handle_who, IN(SESSION_READY), false, false, 1},
    [SENDCO__REQUEST__BODY_STATUS] = {"Status", handle_status, IN(SESSION_READY), false, false, 0},
    [SENDCO__REQUEST__BODY_PING] = {"Ping", handle_ping, BEFORE | IN(SESSION_READY), false, true, 0},
};
#define N_TABLE (sizeof table / sizeof *table)

// A request out of its turn: before login that ends the session, later it is only refused.
static void dispatch_early(struct session *session, struct request *request, const char *name)
{
    if (session->state == SESSION_HELLO) {
        problem_set(&request->problem, ERR_PROTOCOL, "%s came before Hello.", name);
        problem_hint(&request->problem, "Send Hello first, then Login or Resume.");
    } else {
        problem_set(&request->problem, ERR_LOGIN, "%s came before anybody logged in.", name);
    }
    session_fault(session, request->id, &request->problem);
    request_free(request);
}

static void dispatch_request(struct session *session, struct request *request)
{
    unsigned body = (unsigned)request->message->body_case;
    int begun = session_begin(session, request->id, table[body].weight);
    if (begun) {
        // The one in flight keeps its id: this one is answered without being begun.
        problem_set(&request->problem, begun, "Request id %llu is in use: its answer is still to come.", (unsigned long long)request->id);
        problem_hint(&request->problem, "Give every request an id of its own.");
        request_refuse(request);
        return;
    }
    if (!(table[body].states & IN(session->state))) {
        if (session->state == SESSION_READY) {
            problem_set(&request->problem, ERR_INVALID, "%s comes once, at the beginning.", table[body].name);
            request_fail(request, ERR_INVALID);
        } else {
            session_finish(session, request->id);
            dispatch_early(session, request, table[body].name);
        }
    } else if (!table[body].ticketless && !pass_use(session->pass, request->now)) {
        problem_set(&request->problem, ERR_LOGIN, "The ticket has ended.");
        request_fail(request, ERR_LOGIN);
    } else if (!table[body].ticketless && person_may_ask(request->person, &request->problem)) {
        request_fail(request, ERR_BUSY);
    } else {
        if (table[body].gates)
            session_gate(session, true);
        table[body].handle(request);
    }
}

void dispatch_frame(struct session *session, const uint8_t *data, size_t size)
{
    struct problem problem;
    problem_init(&problem, NULL);
    struct request *request = request_new(session);
    if (!request) {
        problem_set(&problem, ERR_NOMEM, "The server is out of memory.");
        session_fault(session, 0, &problem);
        return;
    }
    Sendco__Frame *frame = NULL;
    request->arena.budget = FRAME_BUDGET(size);
    int result = frame_unpack(data, size, true, &request->arena, &frame, &problem);
    request->arena.budget = REQUEST_BUDGET;
    if (!result && frame->kind_case != SENDCO__FRAME__KIND_REQUEST)
        result = problem_set(&problem, ERR_PROTOCOL, "A client sends requests; this frame holds none.");
    if (!result && ((unsigned)frame->request->body_case >= N_TABLE || !table[frame->request->body_case].handle))
        result = problem_set(&problem, ERR_PROTOCOL, "The request has no body: it asks nothing.");
    if (!result && (!frame->request->has_id || frame->request->id == 0))
        result = problem_set(&problem, ERR_PROTOCOL, "The request has no id; ids begin at 1.");
    if (result) {
        request_free(request);
        session_fault(session, 0, &problem);
        return;
    }
    request->message = frame->request;
    request->id = frame->request->id;
    dispatch_request(session, request);
}
