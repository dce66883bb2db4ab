// Watches: no gap, no overlap, nothing that one may not see (live.h). Loop thread,
// but for round_read.
//
//            +--- a change of scope is possible, the day changes ---+
//            v                                                      |
//   READING --caught up--> LIVE ------------------------------------+
//      ^  |                 |
//      |  +--more to read-->+--> WAITING (for the session to take more, or the store) --> READING
//
// A round of READING takes, in one snapshot, the watcher's scope and a piece of what the log
// has after what was told. Commits that come meanwhile are held; those within the snapshot are
// then dropped. So a watch that begins, catches up or is judged anew goes one way. What a
// session has no room for stays in the log, where the next round finds it: however far
// behind, a watch costs one piece, and who takes nothing at all is cut (SESSION_STUCK). A commit
// of more than a piece is kept once for all who are still told of it (struct telling).
#include "server/live.h"

#include <stdlib.h>

#include <utlist.h>

#include "common/clock.h"
#include "server/access/pass.h"
#include "server/fault.h"
#include "server/person.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"
#include "server/watch.h"

struct live *live_new(struct server *server)
{
    struct live *live = calloc(1, sizeof *live);
    if (!live)
        return NULL;
    live->server = server;
    live->today = clock_today();
    live->cache = push_cache_new();
    if (live->cache)
        return live;
    free(live);
    return NULL;
}

void live_free(struct live *live)
{
    if (!live)
        return;
    push_cache_free(live->cache);
    free(live);
}

static void live_tell(struct live *live, struct commit *commit)
{
    bool matters = watch_matters(commit);
    struct watch *watch, *next;
    DL_FOREACH_SAFE(live->watches, watch, next)
    {
        watch_commit(watch, commit, matters);
    }
    push_cache_empty(live->cache);
}

// A planted fault: of two commits the second is told first.
static void live_tell_disordered(struct live *live, struct commit *commit)
{
    static struct commit *kept;
    struct commit *late = kept;
    kept = late ? NULL : commit_ref(commit);
    if (!late)
        return;
    live_tell(live, commit);
    live_tell(live, late);
    commit_unref(late);
}

void live_on_commit(struct commit *commit, void *data)
{
    if (fault_on("push-disorder"))
        live_tell_disordered(data, commit);
    else
        live_tell(data, commit);
}

void live_watch(struct request *request, const struct filter *filter, const uint64_t *from, uint64_t epoch)
{
    struct session *session = request_session(request);
    struct live *live = request->server->live;
    struct watch *watch = session ? calloc(1, sizeof *watch) : NULL;
    if (!watch) {
        request_fail(request, ERR_NOMEM);
        return;
    }
    if (session->n_watches >= WATCHES_MAX) {
        free(watch);
        problem_set(&request->problem, ERR_INVALID, "This connection watches %d things already.", WATCHES_MAX);
        problem_hint(&request->problem, "End one with Unwatch, or watch more kinds in one.");
        request_fail(request, ERR_INVALID);
        return;
    }
    if (person_may_watch(session, &request->problem)) {
        free(watch);
        request_fail(request, ERR_BUSY);
        return;
    }
    watch->session = session;
    watch->id = ++session->last_watch;
    watch->filter = *filter;
    session->n_watches++;
    session->person->n_watches++;
    LL_PREPEND2(session->watches, watch, sibling);
    DL_APPEND(live->watches, watch);
    round_start(watch, request, from, epoch);
}

void live_drained(struct session *session)
{
    struct watch *watch, *next;
    LL_FOREACH_SAFE2(session->watches, watch, next, sibling)
    {
        if (watch->state == WATCH_WAITING)
            watch_go_on(watch);
    }
}

bool live_unwatch(struct session *session, uint64_t id)
{
    struct watch *watch = watch_find(session, id);
    if (watch)
        watch_free(watch);
    return watch != NULL;
}

// --- once a second ---

// One that was not answered yet has no number to say it by: its request is refused instead.
static void watch_log_out(struct watch *watch)
{
    if (watch->sight)
        watch_resync(watch, SENDCO__RESYNC__WHY__LOGIN);
    else
        watch_free(watch);
}

static void watch_tick(struct watch *watch, bool new_day, int64_t now)
{
    if (!pass_alive(watch->session->pass, now)) {
        watch_log_out(watch);
        return;
    }
    if (new_day && watch->state == WATCH_READING)
        watch->again = true;
    if (watch->telling && watch->telling->late) {
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
        return;
    }
    if (watch->state == WATCH_WAITING || (new_day && watch->state == WATCH_LIVE && watch->sight->own)) {
        if (session_unsent(watch->session) < SESSION_LOW)
            watch_go_on(watch);
    } else if (watch->state == WATCH_LIVE && watch->passed > watch->covered && session_unsent(watch->session) <= SESSION_HIGH) {
        push_empty(watch->session, watch->id, watch->covered + 1, watch->passed);
        watch->covered = watch->passed;
    }
}

void live_tick(struct live *live)
{
    int32_t today = clock_today();
    bool new_day = today != live->today;
    live->today = today;
    int64_t now = clock_now();
    presents_tick(live, now);
    tellings_tick(live);
    struct watch *watch, *next;
    DL_FOREACH_SAFE(live->watches, watch, next)
    {
        watch_tick(watch, new_day, now);
    }
}

void live_stop(struct live *live)
{
    while (live->watches)
        watch_free(live->watches);
}

void live_logged_out(struct session *session)
{
    session->present_asked++; // one that is still being read no longer counts
    while (session->watches)
        watch_log_out(session->watches);
    live_leave(session);
}

void live_leave(struct session *session)
{
    while (session->watches)
        watch_free(session->watches);
    live_present(session, NULL, 0, 0, 0);
}
