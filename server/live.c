// Watches: no gap, no overlap, nothing that one may not see (live.h). Loop thread,
// but for round_read.
//
//            +--- a change of scope is possible, the day changes ---+
//            v                                                      |
//   READING --caught up--> LIVE ------------------------------------+
//      ^  |                 |
//      |  +--more to read-->+--> WAITING (for the session to take more, or the store) --> READING
//
// A round of READING takes, in one snapshot, the watcher's scope and what the log has
// after what was told. Commits that come meanwhile are held; those within the snapshot are
// then dropped. So a watch that begins, catches up or is judged anew goes one way.
#include "server/live.h"

#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/access/access.h"
#include "server/access/pass.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"

#define ROUND_COMMITS 128     // read from the log at once
#define HELD_MAX 256          // more commits than this are rather read from the log

enum watch_state { WATCH_READING, WATCH_WAITING, WATCH_LIVE };

struct watch {
    struct watch *prev, *next;       // of all
    struct watch *sibling;           // of the session
    struct session *session;
    uint64_t id;
    struct filter filter;
    struct sight *sight;             // NULL until the first round is over
    uint64_t scope_seq;              // the scope is right up to here
    uint64_t covered, passed;        // told; seen by us, told soon
    enum watch_state state;
    bool again;                      // this round will not do: another after it
    struct commit **held;
    size_t n_held;
};

struct live {
    struct server *server;
    struct watch *watches;
    struct sight *sights;
    struct session *present;         // sessions that look at something
    struct push_cache *cache;
    int32_t today;
};

struct round {
    struct live *live;
    uint64_t session, watch;
    struct actor actor;
    struct request *request;         // to be answered by the first round
    bool has_from;
    uint64_t from, wanted_epoch;
    struct arena arena;
    struct scope scope;
    uint64_t seq, epoch;
    struct commit *commits[ROUND_COMMITS];
    size_t n_commits;
    struct problem problem;
};

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

// --- scopes, each once ---

static struct sight *sight_take(struct live *live, const struct scope *scope)
{
    struct sight *sight;
    DL_FOREACH(live->sights, sight) {
        if (scope_equal(&sight->scope, scope)) {
            sight->refs++;
            return sight;
        }
    }
    sight = calloc(1, sizeof *sight);
    if (!sight)
        return NULL;
    arena_init(&sight->arena, 0);
    if (access_scope_copy(scope, &sight->arena, &sight->scope)) {
        arena_deinit(&sight->arena);
        free(sight);
        return NULL;
    }
    sight->refs = 1;
    sight->own = access_uses_own(scope);
    DL_APPEND(live->sights, sight);
    return sight;
}

static void sight_drop(struct live *live, struct sight *sight)
{
    if (!sight || --sight->refs > 0)
        return;
    DL_DELETE(live->sights, sight);
    push_cache_empty(live->cache);   // it may know this sight by its address
    arena_deinit(&sight->arena);
    free(sight);
}

// --- a watch begins and ends ---

static void watch_release_held(struct watch *watch)
{
    for (size_t i = 0; i < watch->n_held; i++)
        commit_unref(watch->held[i]);
    free(watch->held);
    watch->held = NULL;
    watch->n_held = 0;
}

static void watch_free(struct watch *watch)
{
    struct live *live = watch->session->server->live;
    LL_DELETE2(watch->session->watches, watch, sibling);
    watch->session->n_watches--;
    DL_DELETE(live->watches, watch);
    watch_release_held(watch);
    sight_drop(live, watch->sight);
    free(watch);
}

static void watch_resync(struct watch *watch, int why)
{
    push_resync(watch->session, watch->id, why, watch->covered);
    watch_free(watch);
}

static struct watch *watch_find(const struct session *session, uint64_t id)
{
    struct watch *watch;
    LL_FOREACH2(session->watches, watch, sibling) {
        if (watch->id == id)
            return watch;
    }
    return NULL;
}

bool live_unwatch(struct session *session, uint64_t id)
{
    struct watch *watch = watch_find(session, id);
    if (watch)
        watch_free(watch);
    return watch != NULL;
}

// --- telling ---

static bool commit_matters(const struct commit *commit)
{
    for (size_t i = 0; i < commit->n_rows; i++)
        if (access_kind_matters(commit->rows[i].record->kind))
            return true;
    return false;
}

// False when the watch has ended over it.
static bool watch_tell(struct watch *watch, const struct commit *commit)
{
    struct session *session = watch->session;
    struct live *live = session->server->live;
    if (commit->to_seq <= watch->passed)
        return true;
    if (session_unsent(session) > SESSION_HIGH) {
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
        return false;
    }
    struct push_for to = {watch->sight, &watch->filter, watch->id, watch->covered + 1, commit->actor == session->staff};
    const uint8_t *data;
    size_t size;
    int result = push_commit(live->cache, commit, &to, &data, &size);
    if (!result && size > 0)
        result = session_send_bytes(session, data, size);
    if (result) {
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
        return false;
    }
    watch->passed = commit->to_seq;
    if (size > 0)
        watch->covered = commit->to_seq;
    return true;
}

static void watch_hold(struct watch *watch, struct commit *commit)
{
    if (!watch->held)
        watch->held = malloc(HELD_MAX * sizeof *watch->held);
    if (!watch->held || watch->n_held == HELD_MAX) {
        watch_release_held(watch);
        watch->again = true;
    }
    if (!watch->again)
        watch->held[watch->n_held++] = commit_ref(commit);
}

static void round_start(struct watch *watch, struct request *request, const uint64_t *from, uint64_t epoch);

static void watch_commit(struct watch *watch, struct commit *commit, bool matters)
{
    if (watch->state == WATCH_READING)
        watch_hold(watch, commit);
    else if (watch->state == WATCH_LIVE && matters && watch->sight->own && commit->to_seq > watch->scope_seq)
        round_start(watch, NULL, &watch->passed, 0);   // it brings this commit as well
    else if (watch->state == WATCH_LIVE)
        watch_tell(watch, commit);
}

void live_on_commit(struct commit *commit, void *data)
{
    struct live *live = data;
    bool matters = commit_matters(commit);
    struct watch *watch, *next;
    DL_FOREACH_SAFE(live->watches, watch, next) {
        watch_commit(watch, commit, matters);
    }
    push_cache_empty(live->cache);
}

// --- rounds ---

// Takes the commit; nobody else knows it.
static int on_logged(struct commit *commit, void *data)
{
    struct round *round = data;
    round->commits[round->n_commits++] = commit;
    return 0;
}

static int round_read(struct view *view, void *data)
{
    struct round *round = data;
    round->seq = view_seq(view);
    round->epoch = view_epoch(view);
    int result = access_scope_copy(view_scope(view), &round->arena, &round->scope);
    if (result || !round->has_from || round->from >= round->seq)
        return result;
    if (round->wanted_epoch && round->wanted_epoch != round->epoch)
        return 0;
    return view_commits(view, round->from, ROUND_COMMITS, on_logged, round, &round->problem);
}

static void round_free(struct round *round)
{
    for (size_t i = 0; i < round->n_commits; i++)
        commit_unref(round->commits[i]);
    arena_deinit(&round->arena);
    free(round);
}

// The first round: the watch is told its number, and where its pushes begin.
static int round_answer(struct round *round, struct watch *watch)
{
    struct request *request = round->request;
    Sendco__WatchReply body = SENDCO__WATCH_REPLY__INIT;
    Sendco__Reply *reply = request_reply(request);
    if (!reply)
        return ERR_NOMEM;
    watch->covered = watch->passed = round->has_from ? round->from : round->seq;
    body.has_watch = 1;
    body.watch = watch->id;
    reply->body_case = SENDCO__REPLY__BODY_WATCH;
    reply->watch = &body;
    request->seq = watch->covered;
    round->request = NULL;
    request_end(request, reply);
    return 0;
}

static void round_failed(struct round *round, struct watch *watch, int result)
{
    if (round->request) {
        round->request->problem = round->problem;
        request_fail(round->request, result);
        watch_free(watch);
    } else if (result == ERR_BUSY || result == ERR_NOMEM) {
        watch->state = WATCH_WAITING;   // the next second tries again
    } else {
        log_write(LOG_WARN, "a watch could not be continued: %s", round->problem.message);
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
    }
}

static void presents_tell(struct live *live, struct watch *watch);

// What the round found, then what came meanwhile. False: the watch has ended.
static bool round_tell(struct round *round, struct watch *watch)
{
    for (size_t i = 0; i < round->n_commits; i++) {
        // what is replayed goes to this watch alone: it shares no packed frames
        push_cache_empty(round->live->cache);
        bool lives = watch_tell(watch, round->commits[i]);
        push_cache_empty(round->live->cache);
        if (!lives)
            return false;
    }
    return true;
}

static void round_over(struct round *round, struct watch *watch, bool first)
{
    struct commit **held = watch->held;
    size_t n_held = watch->n_held;
    bool more = round->n_commits == ROUND_COMMITS;
    watch->held = NULL;
    watch->n_held = 0;
    bool again = watch->again || more;
    watch->again = false;
    if (again) {
        watch->state = WATCH_WAITING;
        if (session_unsent(watch->session) < SESSION_LOW)
            round_start(watch, NULL, &watch->passed, 0);
    } else {
        if (watch->passed < round->seq)
            watch->passed = round->seq;
        watch->state = WATCH_LIVE;
        if (first)
            presents_tell(round->live, watch);
    }
    uint64_t session = round->session, id = watch->id;
    for (size_t i = 0; i < n_held; i++) {
        // any of these may end it, or send it to read again, when the rest is held anew
        struct session *of = session_find(round->live->server, session);
        struct watch *still = !again && of ? watch_find(of, id) : NULL;
        if (still)
            watch_commit(still, held[i], commit_matters(held[i]));
        push_cache_empty(round->live->cache);
        commit_unref(held[i]);
    }
    free(held);
}

static void round_done(int result, void *data)
{
    struct round *round = data;
    struct live *live = round->live;
    struct session *session = session_find(live->server, round->session);
    struct watch *watch = session ? watch_find(session, round->watch) : NULL;
    bool first = round->request != NULL;
    if (!watch) {
        if (round->request)
            request_fail(round->request, ERR_BUSY);
    } else if (result && result != ERR_RESYNC) {
        round_failed(round, watch, result);
    } else if (first && round_answer(round, watch)) {
        round_failed(round, watch, ERR_NOMEM);
    } else if (result == ERR_RESYNC) {
        watch_resync(watch, SENDCO__RESYNC__WHY__TOO_OLD);
    } else if ((round->wanted_epoch && round->wanted_epoch != round->epoch) || (round->has_from && round->from > round->seq)) {
        watch_resync(watch, SENDCO__RESYNC__WHY__EPOCH);
    } else {
        struct sight *sight = sight_take(live, &round->scope);
        struct sight *before = watch->sight;
        if (!sight || (before && before != sight)) {
            int why = sight ? SENDCO__RESYNC__WHY__SCOPE : SENDCO__RESYNC__WHY__BEHIND;
            sight_drop(live, sight);
            watch_resync(watch, why);
        } else {
            watch->sight = sight;
            sight_drop(live, before);
            watch->scope_seq = round->seq;
            if (round_tell(round, watch))
                round_over(round, watch, first);
        }
    }
    round_free(round);
}

static void round_start(struct watch *watch, struct request *request, const uint64_t *from, uint64_t epoch)
{
    struct session *session = watch->session;
    struct live *live = session->server->live;
    struct round *round = calloc(1, sizeof *round);
    watch->state = round && !session->server->stopping ? WATCH_READING : WATCH_WAITING;
    if (watch->state == WATCH_WAITING) {
        free(round);
        if (!request)
            return;
        request_fail(request, ERR_BUSY);
        watch_free(watch);
        return;
    }
    round->live = live;
    round->session = session->id;
    round->watch = watch->id;
    round->request = request;
    round->actor = (struct actor){.staff = session->staff, .device = session->device_id, .role = session->role};
    round->has_from = from != NULL;
    round->from = from ? *from : 0;
    round->wanted_epoch = epoch;
    arena_init(&round->arena, 0);
    problem_init(&round->problem, NULL);
    store_read(session->server->store, &round->actor, round_read, round_done, round);
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
    watch->session = session;
    watch->id = ++session->last_watch;
    watch->filter = *filter;
    session->n_watches++;
    LL_PREPEND2(session->watches, watch, sibling);
    DL_APPEND(live->watches, watch);
    round_start(watch, request, from, epoch);
}

void live_drained(struct session *session)
{
    struct watch *watch;
    LL_FOREACH2(session->watches, watch, sibling) {
        if (watch->state == WATCH_WAITING)
            round_start(watch, NULL, &watch->passed, 0);
    }
}

// --- once a second ---

static void watch_tick(struct watch *watch, bool new_day, int64_t now)
{
    if (!pass_alive(watch->session->pass, now)) {
        // Watching again will tell that the ticket has ended.
        watch_resync(watch, SENDCO__RESYNC__WHY__SCOPE);
        return;
    }
    if (new_day && watch->state == WATCH_READING)
        watch->again = true;
    if (watch->state == WATCH_WAITING || (new_day && watch->state == WATCH_LIVE && watch->sight->own)) {
        if (session_unsent(watch->session) < SESSION_LOW)
            round_start(watch, NULL, &watch->passed, 0);
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
    struct watch *watch, *next;
    DL_FOREACH_SAFE(live->watches, watch, next) {
        watch_tick(watch, new_day, now);
    }
}

void live_stop(struct live *live)
{
    while (live->watches)
        watch_free(live->watches);
}

// --- who looks at what ---

// The watch by which this session hears of such a record; NULL: it does not.
static struct watch *present_watch(const struct session *session, const struct kind *kind, int64_t about)
{
    struct watch *watch;
    LL_FOREACH2(session->watches, watch, sibling) {
        if (watch->sight && filter_takes(&watch->filter, kind, about) &&
            scope_reads(&watch->sight->scope, kind->class, kind->about.subject, about))
            return watch;
    }
    return NULL;
}

static void present_tell(struct live *live, const struct session *who, bool left)
{
    const struct session_present *at = &who->present;
    struct watch *watch;
    DL_FOREACH(live->watches, watch) {
        struct session *session = watch->session;
        if (session != who && session_unsent(session) <= SESSION_HIGH && present_watch(session, at->kind, at->about) == watch)
            push_present(session, watch->id, who, at->kind, at->id, at->field, left);
    }
}

static void presents_tell(struct live *live, struct watch *watch)
{
    const struct session *who;
    DL_FOREACH2(live->present, who, present_next) {
        if (who != watch->session && present_watch(watch->session, who->present.kind, who->present.about) == watch)
            push_present(watch->session, watch->id, who, who->present.kind, who->present.id, who->present.field, false);
    }
}

void live_present(struct session *session, const struct kind *kind, int64_t id, int64_t about, uint32_t field)
{
    struct live *live = session->server->live;
    bool same = session->present.kind == kind && session->present.id == id;
    if (session->present.kind) {
        if (!same)
            present_tell(live, session, true);
        DL_DELETE2(live->present, session, present_prev, present_next);
    }
    session->present = (struct session_present){kind, id, about, field};
    if (!kind)
        return;
    DL_APPEND2(live->present, session, present_prev, present_next);
    present_tell(live, session, false);
}

void live_leave(struct session *session)
{
    while (session->watches)
        watch_free(session->watches);
    live_present(session, NULL, 0, 0, 0);
}
