// Status and Who: how the daemon is, and who is connected. Loop thread, but for the
// reading.
#include "server/access/pass.h"
#include "server/access/role.h"
#include "server/handlers/handlers.h"
#include "server/pack.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

// --- Status ---

static int read_status(struct view *view, void *data)
{
    struct request *request = data;
    request->seq = view_seq(view);
    return view_figures(view, request->data);
}

static void done_status(int result, void *data)
{
    struct request *request = data;
    struct view_figures *figures = request->data;
    const struct server *server = request->server;
    struct session *session = request_session(request);
    Sendco__Reply *reply = request_reply(request);
    Sendco__StatusReply *status = arena_alloc(&request->arena, sizeof *status);
    if (result || !session || !reply || !status) {
        request_fail(request, result ? result : ERR_NOMEM);
        return;
    }
    sendco__status_reply__init(status);
    status->has_now = status->has_started = status->has_sessions = status->has_records = status->has_changes = 1;
    status->has_chain = status->has_database_bytes = status->has_wal_bytes = status->has_readonly = status->has_demo = 1;
    status->has_disk_full = 1;
    status->school = (char *)(uintptr_t)store_school(server->store);
    status->server = (char *)(uintptr_t)SERVER_NAME;
    status->now = request->now;
    status->started = server->started;
    status->sessions = (uint32_t)server->n_sessions;
    status->records = figures->records;
    status->changes = figures->changes;
    status->chain = (ProtobufCBinaryData){.len = sizeof figures->chain, .data = figures->chain};
    status->database_bytes = figures->database_bytes;
    status->wal_bytes = figures->wal_bytes;
    status->readonly = store_readonly(server->store);
    status->disk_full = store_disk_full(server->store);
    status->demo = store_demo(server->store);
    status->role = (char *)(uintptr_t)role_word((enum role)session->role);
    status->person = session->name;
    reply->body_case = SENDCO__REPLY__BODY_STATUS;
    reply->status = status;
    request_end(request, reply);
}

void handle_status(struct request *request)
{
    request->data = arena_zero(&request->arena, 1, sizeof(struct view_figures));
    if (!request->data)
        request_fail(request, ERR_NOMEM);
    else
        request_read(request, read_status, done_status);
}

// --- Who ---

// One connection, copied: it may be gone when the reading is done.
struct caller {
    Sendco__WhoReply__Person person; // first: a pile of callers is one of persons
    Sendco__Present present;
    int64_t staff, about; // about: whom what is looked at concerns
};

static struct caller *caller_copy(const struct session *session, const struct request *request, struct arena *arena)
{
    struct caller *caller = arena_zero(arena, 1, sizeof *caller);
    if (!caller)
        return NULL;
    Sendco__WhoReply__Person *person = &caller->person;
    sendco__who_reply__person__init(person);
    sendco__present__init(&caller->present);
    caller->staff = session->staff;
    person->name = arena_strdup(arena, session->name);
    person->role = (char *)(uintptr_t)role_word((enum role)session->role);
    person->device = arena_strdup(arena, session->device);
    person->has_since = person->has_self = 1;
    person->since = session->since;
    person->self = session->id == request->session;
    if (session->present.kind) {
        Sendco__Present *present = person->present = &caller->present;
        present->who = person->name;
        present->has_session = present->has_kind = present->has_id = 1;
        present->session = session->id;
        present->kind = session->present.kind->number;
        present->id = session->present.id;
        present->has_field = session->present.field != 0;
        present->field = session->present.field;
        caller->about = session->present.about;
    }
    return person->name && person->device ? caller : NULL;
}

// What each looks at is told to those who may see it; who they are, to those who may see the staff.
static int read_who(struct view *view, void *data)
{
    struct request *request = data;
    struct pile *callers = request->data, seen = {0};
    const struct scope *scope = view_scope(view);
    request->seq = view_seq(view);
    for (size_t i = 0; i < callers->n; i++) {
        struct caller *caller = callers->items[i];
        Sendco__WhoReply__Person *person = &caller->person;
        if (!person->self && !scope_reads(scope, CLASS_C0, SUBJECT_STAFF, caller->staff))
            continue;
        if (person->present) {
            person->present_label =
                (char *)(uintptr_t)view_label(view, kind_by_number(person->present->kind), person->present->id, &request->arena);
            const struct kind *kind = kind_by_number(person->present->kind);
            const struct field *field = field_by_number(kind, person->present->field);
            if (field && (scope_withheld(scope, kind, caller->about) & field_bit(field)))
                person->present->has_field = 0;
            if (!person->present_label)
                person->present = NULL;
        }
        int result = pile_add(&seen, caller, &request->arena);
        if (result)
            return result;
    }
    *callers = seen;
    return 0;
}

static void done_who(int result, void *data)
{
    struct request *request = data;
    const struct pile *callers = request->data;
    for (size_t from = 0; !result;) {
        Sendco__Reply *reply = request_reply(request);
        Sendco__WhoReply *who = arena_alloc(&request->arena, sizeof *who);
        if (!reply || !who) {
            result = ERR_NOMEM;
            break;
        }
        sendco__who_reply__init(who);
        reply->body_case = SENDCO__REPLY__BODY_WHO;
        reply->who = who;
        who->people = (Sendco__WhoReply__Person **)callers->items + from;
        for (size_t bytes = 0; from < callers->n && bytes < REQUEST_PART; from++, who->n_people++)
            bytes += protobuf_c_message_get_packed_size(callers->items[from]) + 6;
        if (from < callers->n) {
            request_part(request, reply);
            continue;
        }
        request_end(request, reply);
        return;
    }
    request_fail(request, result);
}

void handle_who(struct request *request)
{
    struct pile *callers = arena_zero(&request->arena, 1, sizeof *callers);
    int result = callers ? 0 : ERR_NOMEM;
    request->data = callers;
    const struct session *session, *next;
    HASH_ITER(hh, request->server->sessions, session, next)
    {
        if (!result && session_open(session) && session->state == SESSION_READY && pass_alive(session->pass, request->now))
            result = pile_add(callers, caller_copy(session, request, &request->arena), &request->arena);
    }
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_who, done_who);
}
