// The asynchronous door to data, for the loop thread. Every answer comes by
// callback on the loop, even an instant failure.
#ifndef SERVER_STORE_STORE_H
#define SERVER_STORE_STORE_H

#include <uv.h>

#include "server/store/view.h"

struct store;

#define STORE_KEY      16
#define STORE_KEY_KEPT (7 * 86400) // seconds: so long the same key gets the first answer

// Who does it. Of a session; `role` is access's business.
struct actor {
    int64_t staff; // 0: sendcod itself
    int64_t device;
    int64_t on_behalf_of; // 0: nobody
    int role;
};

// Makes the actor's scope within this very snapshot; `view` sees everything here.
// The sets live in the arena.
typedef int store_scope_fn(struct view *view, const struct actor *actor, struct arena *arena, struct scope *scope);

struct store_options {
    const char *directory; // holds sendco.db
    store_scope_fn *scope;
    unsigned readers;   // threads; 0: 2
    bool create;        // init: make the database
    const char *school; // with create
    uint64_t seed;      // with create and not 0: the chain's start and salts follow from it (demo)
    bool demo;          // with create: everybody in it is invented, and every page says so
    bool *failed;       // with create, may be NULL: a disk that fails ends nothing, but sets this, and what was made is to be
                        // taken away. Valid once the store is closed
};

// Opens, creates tables and columns for new kinds and fields, seeds new code
// lists, starts the writer and the readers. Blocks; before the loop runs.
int store_open(const struct store_options *options, uv_loop_t *loop, struct store **store, struct problem *problem);
// Lets queued work finish, closes; then calls back on the loop.
void store_close(struct store *store, void (*on_closed)(void *data), void *data);
bool store_readonly(const struct store *store);
// Its disk was full when something was to be kept, which was refused, and no change was kept since.
bool store_disk_full(const struct store *store);
const char *store_school(const struct store *store);
bool store_demo(const struct store *store); // a made-up school
uint64_t store_epoch(const struct store *store);
uint64_t store_seq(const struct store *store); // newest committed, as the loop knows it

// Checks judge a change, effects follow from it; both run inside the writer's
// transaction. Rules of every sort read everything, whoever the author is: what holds, holds for all.
// A sentence names what else there is by view_label, which keeps to what its author may see.
// `before` is NULL for a new record, `after` for a removed one.
// Register before the loop runs. A check returns 0 or an error with its sentence.
typedef int store_rule_fn(struct view *view, const struct record *before, const struct record *after, struct problem *problem);
void store_on_put(struct store *store, const struct kind *kind, store_rule_fn *check, store_rule_fn *effect);
// A check that judges records together: asked once all of a request is done, for each
// record that it changed, with what it was before the request (NULL when new) and what it
// is now (NULL when removed). It may warn, but not change anything.
void store_on_settled(struct store *store, const struct kind *kind, store_rule_fn *check);

// --- reading ---

// `read` runs on a reader thread with a view of one snapshot in the actor's
// scope; keep it under 100 ms: copy, return, then compute in `done` or after.
// `done` runs on the loop with what `read` returned, or ERR_BUSY, ERR_IO.
typedef int store_read_fn(struct view *view, void *data);
typedef void store_done_fn(int result, void *data);
void store_read(struct store *store, const struct actor *actor, store_read_fn *read, store_done_fn *done, void *data);

// --- writing ---

struct put_item {
    struct record *record; // id, or negative when new; version: the base; values of the fields in `set`. NULL: packed
    uint64_t set;          // fields given a value
    uint64_t cleared;      // fields made empty
    bool restore;          // if it was removed, bring it back
    // One of very many stays packed until its turn comes; the body is as record_pack made it of a checked record.
    struct put_packed {
        const struct kind *kind;
        int64_t id;
        uint64_t version;
        const uint8_t *body;
        uint32_t size;
    } packed;
};

struct done_item {
    const struct kind *kind;
    int64_t id, temporary;
    uint64_t version;
    enum action action; // ACTION_NONE: nothing had to change
    bool caused;
};
struct merged_item {
    const struct kind *kind;
    int64_t id;
    int field;
    int64_t who;
    int64_t when;
    const char *who_name;
};
struct warning_item {
    const struct kind *kind;
    int64_t id;
    int field;
    const char *message;
};

struct change_result { // in the change's arena
    struct done_item *done;
    size_t n_done;
    struct merged_item *merged;
    size_t n_merged;
    struct warning_item *warnings;
    size_t n_warnings;
    struct done_item *skipped;
    size_t n_skipped;
    uint64_t batch, from_seq, to_seq;
    bool replayed;
};

enum change_verb { CHANGE_PUT, CHANGE_REMOVE, CHANGE_UNDO };

// One mutating request. The caller owns it and its arena until `done`.
struct change {
    enum change_verb verb;
    struct actor actor;
    uint8_t key[STORE_KEY];
    uint8_t hash[32];    // of what was asked: the same key with another hash is refused
    uint8_t entropy[32]; // salts come from it
    int64_t now;         // chosen by the caller: the store asks no clock
    int32_t today;
    bool strict, dry_run, batched;
    bool has_seen;
    uint64_t seen;          // how far the author's view went
    struct put_item *items; // CHANGE_PUT
    size_t n_items;
    const struct kind *kind; // CHANGE_REMOVE, CHANGE_UNDO
    int64_t id;
    uint64_t version; // REMOVE: the base; UNDO: which, 0 the newest
    uint64_t batch;   // UNDO of a batch; 0: of a record
    const char *reason;
    struct arena *arena;
    struct change_result result;
    struct problem problem;
    _Atomic size_t progress, steps; // how far the writer is; any thread may look
};
// Answered after the commit that holds it is on disk: 0, or ERR_CONFLICT,
// ERR_INVALID, ERR_DENIED, ERR_NOT_FOUND, ERR_BUSY, ERR_UNKNOWN, ERR_READONLY … with the problem set.
void store_write(struct store *store, struct change *change, store_done_fn *done, void *data);

// The store's own bookkeeping that is no record: accounts, devices, tickets
// (account.h). Runs in the writer's transaction; `done` after the commit, or with
// ERR_READONLY while the store takes no changes, ERR_BUSY while very much is being written.
void store_keep(struct store *store, store_read_fn *keep, store_done_fn *done, void *data);

// --- following ---

struct change_row { // one record's change
    uint64_t seq;
    enum action action;
    uint64_t changed;
    struct record *record; // after it, whole and unfiltered
};
// One committed request, shared by reference; loop thread only. One of more than COMMIT_ROWS changes comes
// to the followers without them, `large`; the log gives it in pieces of so many, each but the last with `more`.
#define COMMIT_ROWS 512
struct commit {
    uint64_t from_seq, to_seq, batch;
    uint64_t end_seq; // with `more`: of the whole request
    bool large, more;
    int64_t at, actor, on_behalf_of;
    const char *actor_name;
    uint8_t key[STORE_KEY];
    struct change_row *rows;
    size_t n_rows;
    unsigned refs;
    struct arena arena;
};
struct commit *commit_ref(struct commit *commit);
void commit_unref(struct commit *commit);
// Called on the loop for every commit in seq order, before the request's own `done`.
typedef void store_commit_fn(struct commit *commit, void *data);
void store_on_commit(struct store *store, store_commit_fn *fn, void *data);

// Committed requests after `from` (each handed over: on_commit unrefs it), oldest first, up to the view's snapshot; on a reader
// thread. One with many rows comes in pieces, and `from` may lie between two of them. `limit`: of pieces; 0: none.
// ERR_RESYNC when the log no longer reaches back.
int view_commits(struct view *view, uint64_t from, size_t limit, int (*on_commit)(struct commit *commit, void *data), void *data,
                 struct problem *problem);

#endif
