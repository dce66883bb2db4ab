// Live: who watches what, what each is told after a commit, who looks at what. Loop
// thread; a watch's reading of the log and of its scope runs on a reader thread.
#ifndef SERVER_LIVE_H
#define SERVER_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/store/store.h"

struct live;
struct request;
struct server;
struct session;

#define WATCHES_MAX  64   // per session; per person see person.h
#define FILTER_KINDS 1024 // kinds there can be

struct filter { // compared as bytes: always begin from zero
    uint64_t kinds[FILTER_KINDS / 64];
    const struct kind *about_kind; // NULL: anyone
    int64_t about;
    uint64_t all; // 1: every kind
};

struct live *live_new(struct server *server);
void live_free(struct live *live);
void live_on_commit(struct commit *commit, void *data); // a store_commit_fn; data: the live
void live_tick(struct live *live);                      // once a second
void live_stop(struct live *live);                      // the daemon ends: every watch ends, silently

// Begins a watch and answers the request: from the change after *from, or from now
// (NULL); `epoch` 0: not said. Takes the request.
void live_watch(struct request *request, const struct filter *filter, const uint64_t *from, uint64_t epoch);
bool live_unwatch(struct session *session, uint64_t watch);
// Everything this session watches and looks at ends: silently, for it is going; or its
// ticket was given back, and every watch is told to log in again.
void live_leave(struct session *session);
void live_logged_out(struct session *session);
void live_drained(struct session *session); // it can take more
// It now looks at this (kind NULL: at nothing): those who may see that are told.
void live_present(struct session *session, const struct kind *kind, int64_t id, int64_t about, uint32_t field);

// --- between live.c and push.c ---

struct sight { // one scope, shared by all whose scope is the same
    struct sight *prev, *next;
    struct arena arena;
    struct scope scope;
    unsigned refs;
    bool own; // depends on who is assigned where
};

bool filter_takes(const struct filter *filter, const struct kind *kind, int64_t about);

struct push_cache; // what was packed for others, for one commit
struct push_cache *push_cache_new(void);
void push_cache_free(struct push_cache *cache);
void push_cache_empty(struct push_cache *cache);
// What this watch is told of a commit from its row `from` on, as frames of PUSH_PIECE bytes or a
// little more: *data of *size bytes, good until the cache is asked again or emptied; size 0: nothing
// of it may be seen. *next: the row to go on from, where there is something to tell; 0: that was all.
// 0 or ERR_NOMEM.
#define PUSH_PIECE ((size_t)256 << 10)
struct push_for {
    const struct sight *sight;
    const struct filter *filter;
    uint64_t watch, covers_from;
    size_t from;
    bool author;
    bool closes; // to be told even if nothing of it may be seen: it ends what was begun
};
int push_commit(struct push_cache *cache, const struct commit *commit, const struct push_for *to, const uint8_t **data, size_t *size,
                size_t *next);
void push_empty(struct session *session, uint64_t watch, uint64_t from, uint64_t to);
void push_resync(struct session *session, uint64_t watch, int why, uint64_t seq);
// `sight`: of the watch; what it does not show of who looks at what is left out.
void push_present(struct session *session, uint64_t watch, const struct sight *sight, const struct session *who, bool left);
bool sight_names(const struct sight *sight, int64_t staff); // may members of staff be told by name?

#endif
