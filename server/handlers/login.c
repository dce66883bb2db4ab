// Who one is: Hello (whose certificate), Login (password), Resume (ticket).
// The session is gated meanwhile: what follows waits for the outcome. Loop thread,
// but for the reading.
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "common/clock.h"
#include "common/frame.h"
#include "common/tls.h"
#include "server/access/login.h"
#include "server/access/pass.h"
#include "server/access/role.h"
#include "server/changed.h"
#include "server/handlers/handlers.h"
#include "server/person.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

// What the reading finds out about the person.
struct knowing {
    uint8_t fingerprint[TLS_FINGERPRINT];
    struct device device;
    struct account account;
    const char *name;
    uint8_t hash[32]; // of the ticket
    struct ticket ticket;
    bool has_ticket; // it is in use here: no need to look for it
    uint8_t raw[PASS_TICKET];
    uint64_t generation; // of accounts and devices, when it was asked
};

static struct knowing *knowing_new(struct request *request)
{
    struct knowing *knowing = arena_zero(&request->arena, 1, sizeof *knowing);
    request->data = knowing;
    if (knowing)
        knowing->generation = request->server->access_generation;
    return knowing;
}

// What was read may be older than the last change to accounts and devices.
static void judge_again(const struct request *request)
{
    const struct knowing *knowing = request->data;
    if (knowing->generation != request->server->access_generation)
        access_judge(request->server);
}

// Every way out of here opens the gate.
static void refuse(struct request *request, int error)
{
    struct session *session = request_session(request);
    if (session) {
        session_gate(session, false);
        if (request->message->body_case == SENDCO__REQUEST__BODY_LOGIN) // somebody who types needs time
            session_patience(session);
    }
    request_fail(request, error);
}

// --- Hello ---

static int read_hello(struct view *view, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    request->seq = view_seq(view);
    int result = device_find(view, knowing->fingerprint, &knowing->device);
    if (result == ERR_NOT_FOUND || (!result && knowing->device.revoked)) {
        problem_set(&request->problem, ERR_DENIED,
                    result ? "This certificate is of the school's authority, but the server does not know the device."
                           : "This device's certificate was revoked.");
        problem_hint(&request->problem, "Ask the technician for a new profile.");
        return ERR_DENIED;
    }
    if (!result)
        knowing->name = view_staff_name(view, knowing->device.staff, &request->arena);
    return result;
}

static void hello_fill(struct request *request, Sendco__HelloReply *hello, const char *name)
{
    struct store *store = request->server->store;
    sendco__hello_reply__init(hello);
    hello->has_protocol = hello->has_schema = hello->has_today = hello->has_now = hello->has_readonly = hello->has_demo = 1;
    hello->protocol = PROTOCOL_VERSION;
    hello->schema = kinds_hash;
    hello->school = (char *)(uintptr_t)store_school(store);
    hello->person = (char *)(uintptr_t)name;
    hello->today = request->today;
    hello->now = request->now;
    hello->server = (char *)(uintptr_t)SERVER_NAME;
    hello->readonly = store_readonly(store);
    hello->demo = store_demo(store);
}

static void done_hello(int result, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    struct session *session = request_session(request);
    Sendco__Reply *reply = request_reply(request);
    Sendco__HelloReply *hello = arena_alloc(&request->arena, sizeof *hello);
    char *name = result ? NULL : strdup(knowing->name), *device = result ? NULL : strdup(knowing->device.name);
    if (result || !session || !reply || !hello || !name || !device) {
        free(name);
        free(device);
        refuse(request, result ? result : ERR_NOMEM);
        return;
    }
    free(session->name);
    free(session->device);
    session->name = name;
    session->device = device;
    session->staff = knowing->device.staff;
    session->device_id = knowing->device.id;
    memcpy(session->fingerprint, knowing->fingerprint, sizeof session->fingerprint);
    judge_again(request);
    if (session->state == SESSION_HELLO)
        session_become(session, SESSION_LOGIN);
    hello_fill(request, hello, knowing->name);
    reply->body_case = SENDCO__REPLY__BODY_HELLO;
    reply->hello = hello;
    session_gate(session, false);
    request_end(request, reply);
}

static int hello_check(struct request *request, const Sendco__Hello *hello)
{
    uint64_t epoch = store_epoch(request->server->store), seq = store_seq(request->server->store);
    if (!hello->has_protocol || hello->protocol != PROTOCOL_VERSION)
        return problem_set(&request->problem, ERR_VERSION, "This server speaks protocol %d; the client asked for %u.", PROTOCOL_VERSION,
                           (unsigned)hello->protocol);
    if (hello->has_epoch && (hello->epoch > epoch || (hello->epoch == epoch && hello->has_seq && hello->seq > seq)))
        return problem_set(&request->problem, ERR_EPOCH,
                           "This client has seen change %llu of epoch %llu; the server's database ends at change %llu of epoch %llu.",
                           (unsigned long long)hello->seq, (unsigned long long)hello->epoch, (unsigned long long)seq,
                           (unsigned long long)epoch);
    return 0;
}

void handle_hello(struct request *request)
{
    struct session *session = request_session(request);
    struct knowing *knowing = knowing_new(request);
    int result = knowing ? hello_check(request, request->message->hello) : ERR_NOMEM;
    if (!result)
        result = tls_peer(session->tls, knowing->fingerprint);
    if (result)
        refuse(request, result);
    else
        request_read(request, read_hello, done_hello);
}

// --- becoming somebody ---

static void welcome(struct request *request, struct pass *pass, bool with_ticket)
{
    struct knowing *knowing = request->data;
    struct session *session = request_session(request);
    Sendco__Reply *reply = request_reply(request);
    Sendco__LoginReply *login = arena_alloc(&request->arena, sizeof *login);
    int result = session && reply && login ? person_join(session, &request->problem) : ERR_NOMEM;
    if (result) {
        pass_release(pass);
        refuse(request, result);
        return;
    }
    if (session->pass)
        pass_release(session->pass);
    session->pass = pass;
    session->role = knowing->account.role;
    session->since = request->now;
    judge_again(request);
    session_become(session, SESSION_READY);
    sendco__login_reply__init(login);
    login->has_staff = login->has_expires = 1;
    login->staff = session->staff;
    login->expires = pass_expires(pass);
    login->name = session->name;
    login->role = (char *)(uintptr_t)role_word((enum role)session->role);
    login->has_ticket = with_ticket;
    login->ticket.data = knowing->raw;
    login->ticket.len = with_ticket ? sizeof knowing->raw : 0;
    reply->body_case = SENDCO__REPLY__BODY_LOGIN;
    reply->login = login;
    session_gate(session, false);
    request_end(request, reply);
}

// --- Login ---

static unsigned pause_of(const struct request *request)
{
    return login_pause(request->server->login, request->actor.staff, uv_now(&request->server->loop));
}

// One sentence for every reason, so that it tells a stranger nothing but how long to wait.
static void wrong_password(struct request *request)
{
    unsigned pause = pause_of(request);
    problem_set(&request->problem, ERR_PASSWORD, "That is not the password for this certificate.");
    if (pause > 0)
        problem_hint(&request->problem, "Wait %u second%s, then try again.", pause, pause > 1 ? "s" : "");
    else
        problem_hint(&request->problem, "Try again; after the next wrong one you must wait, a little longer each time.");
    refuse(request, ERR_PASSWORD);
}

// The password was not looked at: whoever has the right one must not doubt it.
static void too_soon(struct request *request, unsigned pause)
{
    problem_set(&request->problem, ERR_BUSY, "There were too many tries with a wrong password; wait %u second%s.", pause,
                pause > 1 ? "s" : "");
    problem_hint(&request->problem, "This one was not looked at: send it again after that.");
    refuse(request, ERR_BUSY);
}

// Somebody else, or another window, tries the same person's password just now.
static void one_at_a_time(struct request *request)
{
    problem_set(&request->problem, ERR_BUSY, "There are too many tries at once; wait 1 second.");
    problem_hint(&request->problem, "This one was not looked at: send it again after that.");
    refuse(request, ERR_BUSY);
}

static int keep_login(struct view *view, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    return ticket_put(view, &knowing->ticket);
}

static void done_login(int result, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    // A ticket that is kept nowhere lives as long as the daemon; behind an import, until it is used a minute later.
    bool good = !result || result == ERR_READONLY || result == ERR_BUSY;
    struct pass *pass = good ? pass_take(request->server->passes, &knowing->ticket) : NULL;
    if (pass) {
        pass->kept = !result;
        welcome(request, pass, true);
    } else {
        refuse(request, good ? ERR_NOMEM : result);
    }
}

static void on_verified(int result, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    struct server *server = request->server;
    if (result && result != ERR_PASSWORD) { // it was not looked at
        login_leave(server->login, request->actor.staff);
        refuse(request, result);
        return;
    }
    bool good = !result && !knowing->account.blocked && knowing->account.role != ROLE_NONE;
    login_result(server->login, request->actor.staff, good, uv_now(&server->loop));
    login_leave(server->login, request->actor.staff);
    if (!good) {
        wrong_password(request);
        return;
    }
    randombytes_buf(knowing->raw, sizeof knowing->raw);
    struct ticket *ticket = &knowing->ticket;
    pass_hash(knowing->raw, sizeof knowing->raw, ticket->hash);
    ticket->staff = request->actor.staff;
    ticket->device = request->actor.device;
    ticket->issued = ticket->used = request->now;
    request_keep(request, keep_login, done_login);
}

static int read_account(struct view *view, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    int result = account_get(view, request->actor.staff, &knowing->account);
    if (result != ERR_NOT_FOUND)
        return result;
    knowing->account = (struct account){0};
    return 0;
}

static void done_account(int result, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    char *password = request->message->login->password;
    if (!result)
        result = login_verify(request->server->login, knowing->account.password, password, on_verified, request);
    sodium_memzero(password, strlen(password));
    if (!result)
        return;
    login_leave(request->server->login, request->actor.staff);
    refuse(request, result);
}

void handle_login(struct request *request)
{
    const Sendco__Login *login = request->message->login;
    if (!login->password || !login->password[0]) {
        problem_set(&request->problem, ERR_INVALID, "The password is missing.");
        refuse(request, ERR_INVALID);
    } else if (!knowing_new(request)) {
        refuse(request, ERR_NOMEM);
    } else if (pause_of(request) > 0) {
        too_soon(request, pause_of(request));
    } else if (!login_enter(request->server->login, request->actor.staff)) {
        one_at_a_time(request);
    } else {
        request_read(request, read_account, done_account);
    }
}

// --- Resume ---

static int read_ticket(struct view *view, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    int result = knowing->has_ticket ? 0 : ticket_find(view, knowing->hash, &knowing->ticket);
    return result ? result : account_get(view, request->actor.staff, &knowing->account);
}

static void done_resume(int result, void *data)
{
    struct request *request = data;
    struct knowing *knowing = request->data;
    const struct ticket *ticket = &knowing->ticket;
    if (result && result != ERR_NOT_FOUND) {
        refuse(request, result);
        return;
    }
    bool good = !result && ticket->device == request->actor.device && ticket->staff == request->actor.staff && !knowing->account.blocked &&
                knowing->account.role != ROLE_NONE;
    struct pass *pass =
        good && (knowing->has_ticket || ticket_alive(ticket, request->now)) ? pass_take(request->server->passes, ticket) : NULL;
    if (!pass || !pass_use(pass, request->now)) {
        if (pass)
            pass_release(pass);
        problem_set(&request->problem, ERR_LOGIN, "The ticket has ended, or is not of this device.");
        refuse(request, ERR_LOGIN);
        return;
    }
    pass->kept |= !knowing->has_ticket;
    welcome(request, pass, false);
}

void handle_resume(struct request *request)
{
    const Sendco__Resume *resume = request->message->resume;
    if (!resume->has_ticket || resume->ticket.len != PASS_TICKET) {
        problem_set(&request->problem, ERR_INVALID, "The ticket is missing, or has not %d bytes.", PASS_TICKET);
        refuse(request, ERR_INVALID);
        return;
    }
    struct knowing *knowing = knowing_new(request);
    if (!knowing) {
        refuse(request, ERR_NOMEM);
        return;
    }
    pass_hash(resume->ticket.data, resume->ticket.len, knowing->hash);
    const struct pass *pass = pass_find(request->server->passes, knowing->hash);
    if (pass) {
        knowing->has_ticket = true;
        knowing->ticket = pass->row;
    }
    request_read(request, read_ticket, done_resume);
}
