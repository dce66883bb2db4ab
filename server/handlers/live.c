// Watch, Unwatch, Presence: taken apart and handed to live.c. Loop thread, but for
// the reading of a record one looks at.
#include "common/clock.h"
#include "server/access/pass.h"
#include "server/handlers/handlers.h"
#include "server/live.h"
#include "server/parse.h"
#include "server/request.h"
#include "server/session.h"

// Who is in a class changes while one watches: a watch goes by whom a record itself is about.
static int filter_about(const Sendco__Watch *watch, struct filter *filter, struct problem *problem)
{
    int result = parse_about(watch->about, &filter->about_kind, problem);
    filter->about = watch->about->id;
    for (size_t i = 0; !result && i < watch->n_kinds; i++) {
        const struct kind *kind = kind_by_number(watch->kinds[i]);
        if (kind->about.subject == filter->about_kind->subject)
            continue;
        result = problem_set(problem, ERR_INVALID, "No %s is about a %s, and a watch knows no other way to choose.", kind->noun,
                             filter->about_kind->noun);
        problem_hint(problem, "Watch all of them: sendco %s watch; or ask now and then: sendco %s list", kind->noun, kind->noun);
    }
    return result;
}

static int filter_parse(const Sendco__Watch *watch, struct filter *filter, struct problem *problem)
{
    filter->all = watch->n_kinds == 0;
    for (size_t i = 0; i < watch->n_kinds; i++) {
        const struct kind *kind;
        int result = parse_kind(true, watch->kinds[i], &kind, problem);
        if (result)
            return result;
        filter->kinds[kind->index / 64] |= UINT64_C(1) << (kind->index % 64);
    }
    return watch->about ? filter_about(watch, filter, problem) : 0;
}

void handle_watch(struct request *request)
{
    const Sendco__Watch *watch = request->message->watch;
    struct filter filter = {0};
    int result = filter_parse(watch, &filter, &request->problem);
    if (result)
        request_fail(request, result);
    else
        live_watch(request, &filter, watch->has_from ? &watch->from : NULL, watch->has_epoch ? watch->epoch : 0);
}

void handle_unwatch(struct request *request)
{
    uint64_t watch = request->message->unwatch->watch;
    struct session *session = request_session(request);
    if (session && live_unwatch(session, watch)) {
        request_end(request, NULL);
        return;
    }
    problem_set(&request->problem, ERR_NOT_FOUND, "There is no watch %llu on this connection.", (unsigned long long)watch);
    problem_hint(&request->problem, "It may have ended with a Resync; watch again.");
    request_fail(request, ERR_NOT_FOUND);
}

// --- Presence ---

struct looking {
    const struct kind *kind;
    int64_t about;
    uint64_t turn; // of this session's: of two that overtake each other the later one counts
};

static int read_presence(struct view *view, void *data)
{
    struct request *request = data;
    struct looking *looking = request->data;
    struct record *record;
    request->seq = view_seq(view);
    int result = view_get(view, looking->kind, request->message->presence->id, &request->arena, &record, &request->problem);
    if (!result)
        looking->about = record->about;
    return result;
}

static void done_presence(int result, void *data)
{
    struct request *request = data;
    const struct looking *looking = request->data;
    const Sendco__Presence *presence = request->message->presence;
    struct session *session = request_session(request);
    if (result) {
        request_fail(request, result);
        return;
    }
    // who logged out meanwhile looks at nothing
    if (session && session->present_asked == looking->turn && pass_alive(session->pass, clock_now()))
        live_present(session, looking->kind, presence->id, looking->about, presence->field);
    request_end(request, NULL);
}

void handle_presence(struct request *request)
{
    const Sendco__Presence *presence = request->message->presence;
    struct session *session = request_session(request);
    struct looking *looking = arena_zero(&request->arena, 1, sizeof *looking);
    if (!looking || !session) {
        request_fail(request, ERR_NOMEM);
        return;
    }
    request->data = looking;
    looking->turn = ++session->present_asked;
    if (!presence->has_kind || presence->kind == 0) {
        live_present(session, NULL, 0, 0, 0);
        request_end(request, NULL);
        return;
    }
    int result = parse_target(true, presence->kind, presence->has_id, presence->id, &looking->kind, &request->problem);
    if (!result && presence->field != 0 && !field_by_number(looking->kind, presence->field))
        result = problem_set(&request->problem, ERR_INVALID, "A record of kind %s has no field with number %u.", looking->kind->noun,
                             (unsigned)presence->field);
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_presence, done_presence);
}
