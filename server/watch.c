// One watch: its scope, what it is told, what is held while it reads (watch.h). Loop thread.
#include "server/watch.h"

#include <stdlib.h>

#include <utlist.h>

#include "server/access/access.h"
#include "server/server.h"
#include "server/session.h"
#include "protocol.pb-c.h"

#define HELD_MAX 256          // more commits than this are rather read from the log

// --- scopes, each once ---

struct sight *sight_take(struct live *live, const struct scope *scope)
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

void sight_drop(struct live *live, struct sight *sight)
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

void watch_free(struct watch *watch)
{
    struct live *live = watch->session->server->live;
    LL_DELETE2(watch->session->watches, watch, sibling);
    watch->session->n_watches--;
    DL_DELETE(live->watches, watch);
    watch_release_held(watch);
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
    LL_FOREACH2(session->watches, watch, sibling) {
        if (watch->id == id)
            return watch;
    }
    return NULL;
}

// --- telling ---

bool watch_matters(const struct commit *commit)
{
    for (size_t i = 0; i < commit->n_rows; i++)
        if (access_kind_matters(commit->rows[i].record->kind))
            return true;
    return false;
}

bool watch_tell(struct watch *watch, const struct commit *commit)
{
    struct session *session = watch->session;
    struct live *live = session->server->live;
    if (commit->to_seq <= watch->passed)
        return true;
    if (session_unsent(session) > SESSION_HIGH) {
        watch->state = WATCH_WAITING;
        return true;
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

void watch_commit(struct watch *watch, struct commit *commit, bool matters)
{
    if (watch->state == WATCH_READING)
        watch_hold(watch, commit);
    else if (watch->state == WATCH_LIVE && matters && watch->sight->own && commit->to_seq > watch->scope_seq)
        round_start(watch, NULL, &watch->passed, 0);   // it brings this commit as well
    else if (watch->state == WATCH_LIVE)
        watch_tell(watch, commit);
}
