// One watch: its scope, what it is told, what is held while it reads (watch.h). Loop thread.
#include "server/watch.h"

#include <stdlib.h>

#include <utlist.h>

#include "server/access/access.h"
#include "server/fault.h"
#include "server/person.h"
#include "server/server.h"
#include "server/session.h"
#include "protocol.pb-c.h"

#define TELLINGS_MAX ((size_t)32 << 20) // bytes of commits told in pieces, for all watches together
#define HELD_MAX     256                // more commits than this are rather read from the log

// --- scopes, each once ---

struct sight *sight_take(struct live *live, const struct scope *scope)
{
    struct sight *sight;
    DL_FOREACH(live->sights, sight)
    {
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

void sight_drop(struct live *live, struct sight *sight)
{
    if (!sight || --sight->refs > 0)
        return;
    DL_DELETE(live->sights, sight);
    push_cache_empty(live->cache); // it may know this sight by its address
    arena_deinit(&sight->arena);
    free(sight);
}

// --- commits told in pieces ---

static struct telling *telling_take(struct live *live, struct commit *commit)
{
    struct telling *telling;
    DL_FOREACH(live->tellings, telling)
    {
        // who read it from the log has it in memory of its own: that one goes
        if (telling->commit->from_seq == commit->from_seq && telling->commit->to_seq == commit->to_seq &&
            telling->commit->n_rows == commit->n_rows) {
            telling->refs++;
            return telling;
        }
    }
    telling = calloc(1, sizeof *telling);
    if (!telling)
        return NULL;
    telling->commit = commit_ref(commit);
    telling->refs = 1;
    DL_APPEND(live->tellings, telling);
    return telling;
}

static void telling_drop(struct live *live, struct telling *telling)
{
    if (!telling || --telling->refs > 0)
        return;
    DL_DELETE(live->tellings, telling);
    commit_unref(telling->commit);
    free(telling);
}

void tellings_tick(struct live *live)
{
    size_t bytes = 0;
    struct telling *telling;
    DL_FOREACH(live->tellings, telling)
    bytes += telling->commit->arena.used;
    // the newest may be as large as it is: whoever reads must be able to have it
    DL_FOREACH(live->tellings, telling)
    {
        if (bytes <= TELLINGS_MAX || !telling->next)
            break;
        bytes -= telling->commit->arena.used;
        telling->late = true;
    }
}

// --- a watch begins and ends ---

static void watch_release_held(struct watch *watch)
{
    for (size_t i = 0; i < watch->n_held; i++)
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference,clang-analyzer-core.CallAndMessage): n_held of them
        commit_unref(watch->held[i]);
    free(watch->held);
    watch->held = NULL;
    watch->n_held = 0;
}

void watch_free(struct watch *watch)
{
    struct live *live = watch->session->server->live;
    LL_DELETE2(watch->session->watches, watch, sibling);
    watch->session->n_watches--;
    watch->session->person->n_watches--;
    DL_DELETE(live->watches, watch);
    watch_release_held(watch);
    telling_drop(live, watch->telling);
    sight_drop(live, watch->sight);
    free(watch);
}

void watch_resync(struct watch *watch, int why)
{
    push_resync(watch->session, watch->id, why, watch->covered);
    watch_free(watch);
}

struct watch *watch_find(const struct session *session, uint64_t id)
{
    struct watch *watch;
    LL_FOREACH2(session->watches, watch, sibling)
    {
        if (watch->id == id)
            return watch;
    }
    return NULL;
}

// --- telling ---

bool watch_matters(const struct commit *commit)
{
    if (commit->large)
        return true;
    for (size_t i = 0; i < commit->n_rows; i++)
        if (access_kind_matters(commit->rows[i].record->kind))
            return true;
    return false;
}

// Pieces of a commit from `row` on, until it is told or the session takes no more. *row: where to go
// on; 0: nowhere. Returns 0 or an error.
static int watch_pieces(struct watch *watch, const struct commit *commit, size_t *row, bool *told)
{
    struct session *session = watch->session;
    struct push_cache *cache = session->server->live->cache;
    do {
        struct push_for to = {.sight = watch->sight,
                              .filter = &watch->filter,
                              .watch = watch->id,
                              .covers_from = watch->covered + 1,
                              .from = *row,
                              .author = commit->actor == session->staff,
                              .closes = watch->begun && !commit->more};
        const uint8_t *data;
        size_t size;
        int result = push_commit(cache, commit, &to, &data, &size, row);
        if (!result && size > 0)
            result = session_send_bytes(session, data, size);
        if (result)
            return result;
        *told |= size > 0;
    } while (*row > 0 && session_unsent(session) <= SESSION_HIGH);
    return 0;
}

static bool watch_told(struct watch *watch, struct commit *commit, size_t row)
{
    struct telling *before = watch->telling;
    bool told = before != NULL; // of a commit that was begun something was told
    int result = watch_pieces(watch, commit, &row, &told);
    watch->row = row;
    if (!result && row > 0) {
        watch->state = WATCH_WAITING;
        if (!before && !(watch->telling = telling_take(watch->session->server->live, commit)))
            result = ERR_NOMEM;
    }
    if (result) {
        watch_resync(watch, SENDCO__RESYNC__WHY__BEHIND);
        return false;
    }
    if (row > 0)
        return true;
    watch->passed = commit->to_seq;
    watch->begun = commit->more && (told || watch->begun);
    if (told && !commit->more)
        watch->covered = commit->to_seq;
    watch->telling = NULL;
    telling_drop(watch->session->server->live, before);
    return true;
}

bool watch_tell(struct watch *watch, struct commit *commit)
{
    if (commit->to_seq <= watch->passed && !fault_on("push-disorder"))
        return true;
    if (session_unsent(watch->session) > SESSION_HIGH) {
        watch->state = WATCH_WAITING;
        return true;
    }
    return watch_told(watch, commit, 0);
}

void watch_go_on(struct watch *watch)
{
    struct live *live = watch->session->server->live;
    if (session_unsent(watch->session) > SESSION_HIGH)
        return; // another watch of this session was quicker
    if (watch->telling) {
        // its watches go on at different rows and times: they share no packed frames
        push_cache_empty(live->cache);
        bool lives = watch_told(watch, watch->telling->commit, watch->row);
        push_cache_empty(live->cache);
        if (!lives || watch->telling)
            return;
    }
    if (session_unsent(watch->session) <= SESSION_HIGH)
        round_start(watch, NULL, &watch->passed, 0);
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

void watch_commit(struct watch *watch, struct commit *commit, bool matters)
{
    if (watch->state == WATCH_READING)
        watch_hold(watch, commit);
    else if (watch->state == WATCH_LIVE && commit->large && commit->to_seq > watch->passed)
        round_start(watch, NULL, &watch->passed, 0); // in pieces, from the log
    else if (watch->state == WATCH_LIVE && matters && !fault_on("watch-unjudged") && watch->sight->own && commit->to_seq > watch->scope_seq)
        round_start(watch, NULL, &watch->passed, 0); // it brings this commit as well
    else if (watch->state == WATCH_LIVE)
        watch_tell(watch, commit);
}
