// A watch's reading: in one snapshot its scope, and what the log has after what was
// told (watch.h). Loop thread, but for round_read.
#include <stdlib.h>

#include "common/log.h"
#include "server/access/access.h"
#include "server/request.h"
#include "server/server.h"
#include "server/session.h"
#include "server/watch.h"

// Read from the log at once: what a snapshot gives within its 100 ms, and no more than a
// session takes between two looks at whether it still does.
#define ROUND_COMMITS 128
#define ROUND_ROWS    1024
#define ROUND_BYTES   ((size_t)2 << 20)
#define ROUND_FULL    1 // ends the walk; no error

struct round {
    struct live *live;
    uint64_t session, watch;
    struct actor actor;
    struct request *request; // to be answered by the first round
    bool has_from;
    uint64_t from, wanted_epoch;
    struct arena arena;
    struct scope scope;
    uint64_t seq, epoch;
    struct commit *commits[ROUND_COMMITS];
    size_t n_commits, n_rows, n_bytes;
    bool more; // the log goes on
    struct problem problem;
};

// Takes the commit; nobody else knows it.
static int on_logged(struct commit *commit, void *data)
{
    struct round *round = data;
    round->commits[round->n_commits++] = commit;
    round->n_rows += commit->n_rows;
    round->n_bytes += commit->arena.used;
    bool full = round->n_commits == ROUND_COMMITS || round->n_rows >= ROUND_ROWS || round->n_bytes >= ROUND_BYTES;
    return full ? ROUND_FULL : 0;
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
    result = view_commits(view, round->from, 0, on_logged, round, &round->problem);
    round->more = result == ROUND_FULL;
    return round->more ? 0 : result;
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
    if (!reply || request->arena.lacked)
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
        watch->state = WATCH_WAITING; // the next second tries again
    } else {
        log_write(LOG_WARN, "a watch could not be continued: %s", round->problem.message);
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
    }
}

// What the round found, as far as the session takes it. False: the watch has ended.
static bool round_tell(struct round *round, struct watch *watch)
{
    for (size_t i = 0; i < round->n_commits && watch->state == WATCH_READING; i++) {
        // what is replayed goes to this watch alone: it shares no packed frames
        push_cache_empty(round->live->cache);
        bool lives = watch_tell(watch, round->commits[i]);
        push_cache_empty(round->live->cache);
        if (!lives)
            return false;
    }
    return true;
}

// Reads on, or lives from here with what came meanwhile.
static void round_over(struct round *round, struct watch *watch)
{
    struct commit **held = watch->held;
    size_t n_held = watch->n_held;
    watch->held = NULL;
    watch->n_held = 0;
    bool again = watch->again || round->more || watch->state == WATCH_WAITING;
    watch->again = false;
    uint64_t session = round->session, id = watch->id;
    if (again) {
        watch->state = WATCH_WAITING;
        if (session_unsent(watch->session) < SESSION_LOW)
            watch_go_on(watch); // it may end over it
    } else {
        if (watch->passed < round->seq)
            watch->passed = round->seq;
        watch->state = WATCH_LIVE;
        if (!watch->greeted)
            presents_tell(round->live, watch);
        watch->greeted = true;
    }
    for (size_t i = 0; i < n_held; i++) {
        // any of these may end it, or send it to read again, when the rest is held anew
        struct session *of = session_find(round->live->server, session);
        struct watch *still = !again && of ? watch_find(of, id) : NULL;
        if (still)
            watch_commit(still, held[i], watch_matters(held[i]));
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
                round_over(round, watch);
        }
    }
    round_free(round);
}

void round_start(struct watch *watch, struct request *request, const uint64_t *from, uint64_t epoch)
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
