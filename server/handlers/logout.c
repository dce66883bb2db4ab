// Logout, which says what it is worth when the store cannot note it, and Ping. Loop thread.
#include <string.h>

#include "server/access/pass.h"
#include "server/handlers/handlers.h"
#include "server/live.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

static int keep_logout(struct view *view, void *data)
{
    const struct request *request = data;
    return ticket_remove(view, request->data);
}

// Ended here, but its row stays: whoever logs out must know what that is worth.
static int logout_unwritten(struct request *request, int error)
{
    problem_set(&request->problem, error,
                "The ticket has ended on this server, but that could not be written down: were the server started again within "
                "%d minutes, it would take the ticket once more.",
                PASS_IDLE / 60);
    if (error == ERR_READONLY || error == ERR_IO)
        problem_hint(&request->problem, "Ask the technician to look at the disk, and to start the server again no sooner than that.");
    else
        problem_hint(&request->problem, "The server tries it again by itself every half minute; it is best not started again before.");
    return error;
}

static void done_logout(int result, void *data)
{
    struct request *request = data;
    struct session *session = request_session(request);
    struct pass *pass = pass_find(request->server->passes, request->data);
    if (session)
        session_gate(session, false);
    if (result && result != ERR_NOT_FOUND && pass && pass_stays(pass))
        request_fail(request, logout_unwritten(request, result));
    else
        request_end(request, NULL);
}

// It ends here at once, on every connection that came with it; it is answered when the store has forgotten it.
void handle_logout(struct request *request)
{
    struct session *session = request_session(request);
    request->data = arena_alloc(&request->arena, sizeof session->pass->row.hash); // which ticket
    if (!request->data) {
        session_gate(session, false);
        request_fail(request, ERR_NOMEM);
        return;
    }
    memcpy(request->data, session->pass->row.hash, sizeof session->pass->row.hash);
    live_logged_out(session);
    pass_end(session->pass);
    request_keep(request, keep_logout, done_logout);
}

void handle_ping(struct request *request)
{
    request_end(request, NULL);
}
