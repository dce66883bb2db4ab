// The writer: one thread, the only connection that changes anything. It takes the
// whole queue, gives each request a savepoint in one transaction, commits once and
// answers all: nobody is answered before their change is on disk.
//
//   queue -> BEGIN IMMEDIATE -> (SAVEPOINT, apply, RELEASE | ROLLBACK TO)* -> COMMIT -> answers
//
// A failed statement can roll the whole transaction back (disk full, no memory,
// I/O); then nobody is answered and each request runs again alone.
#include "server/store/sqlite/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/fault.h"

#define BATCH_MAX 512
#define BATCH_NS  (UINT64_C(20) * 1000 * 1000)
// A checkpoint makes those wait who come meanwhile: some 4 ms and 2 us a page where this
// was measured. So it comes once in 256 batches, that fewer than one request in a
// hundred meets it, but lets the WAL grow to 48 MB at most.
#define CHECKPOINT_PAGES      1000
#define CHECKPOINT_BATCHES    256
#define CHECKPOINT_PAGES_MOST 12000
#define SILENCE_NS            (UINT64_C(20) * 1000 * 1000) // nobody has come for so long: tidy up
#define WAL_SLOW_PAGES        16000                        // 64 MB: admit no more until it shrinks

// --- one request ---

static int apply_verb(struct view *view, struct change *change)
{
    struct problem *problem = &change->problem;
    if (change->verb == CHANGE_REMOVE)
        return put_remove(view, change->kind, change->id, change->version, problem);
    if (change->verb == CHANGE_UNDO)
        return put_undo(view, problem);
    return put_items(view, change, problem);
}

// As before its first change, but for what is known of whose records are to be left.
static void start_again(struct view *view, uint64_t seq, const uint8_t chain[32])
{
    struct writing *writing = view->writing;
    struct change *change = writing->change;
    writing->n_rows = writing->n_ids = writing->ids_room = writing->n_once = writing->once_room = 0;
    writing->from_seq = writing->to_seq = writing->batch = 0;
    arena_reset(writing->work);
    change->progress = 0;
    touch_clear(writing);
    memcpy(writing->chain, chain, 32);
    view->seq = seq;
    change->result = (struct change_result){.n_done = 0};
    problem_init(&change->problem, change->arena);
}

// Where settled rules refuse some of a batch's undoing, all that is about the same pupils, classes
// … stays as it is and is named; the others are taken back. One more attempt, however many are refused.
static int undo_others(struct view *view, uint64_t seq, const uint8_t chain[32])
{
    struct change *change = view->writing->change;
    struct problem first = change->problem;
    if (db_step(view->db, "ROLLBACK TO attempt") != SQLITE_OK)
        return problem_set(&change->problem, ERR_IO, "the database could not take the change back");
    start_again(view, seq, chain);
    int error = apply_verb(view, change);
    if (!error)
        error = settle(view, false, &change->problem);
    if (error || view->writing->n_rows)
        return error;
    change->problem = first; // nothing is left to take back: say why
    return first.error;
}

static int apply_and_settle(struct view *view, struct change *change)
{
    uint64_t seq = view->seq;
    uint8_t chain[32];
    bool by_owner = change->verb == CHANGE_UNDO && change->batch;
    memcpy(chain, view->writing->chain, sizeof chain);
    if (by_owner && db_step(view->db, "SAVEPOINT attempt") != SQLITE_OK) // ends with the request's
        return problem_set(&change->problem, ERR_IO, "the database could not begin the change");
    int error = apply_verb(view, change);
    if (!error)
        error = settle(view, by_owner, &change->problem);
    return error && view->writing->left.n ? undo_others(view, seq, chain) : error;
}

static struct commit *commit_new(struct view *view, const struct change *change)
{
    struct commit *commit = calloc(1, sizeof *commit);
    if (!commit)
        return NULL;
    arena_init(&commit->arena, 0);
    commit->refs = 1;
    commit->at = change->now;
    commit->actor = change->actor.staff;
    commit->on_behalf_of = change->actor.on_behalf_of;
    commit->actor_name = view_staff_name(view, change->actor.staff, &commit->arena);
    memcpy(commit->key, change->key, sizeof commit->key);
    return commit;
}

// Whoever follows reads the rows of a large one from the log: they are given back.
static int commit_slim(struct commit *commit, struct arena *arena)
{
    const char *name = arena_strdup(arena, commit->actor_name);
    commit->rows = NULL;
    commit->n_rows = 0;
    arena_deinit(&commit->arena);
    arena_init(&commit->arena, 0);
    commit->actor_name = name ? arena_strdup(&commit->arena, name) : NULL;
    if (commit->actor_name)
        return 0;
    commit_unref(commit);
    return ERR_NOMEM;
}

// A planted fault: the role is asked, and not whose pupils they are by now.
static void widen(struct scope *scope)
{
    for (uint8_t *cell = &scope->read[0][0]; cell < &scope->read[0][0] + sizeof scope->read; cell++)
        *cell = *cell == REACH_OWN ? REACH_ALL : *cell;
    for (uint8_t *cell = &scope->write[0][0]; cell < &scope->write[0][0] + sizeof scope->write; cell++)
        *cell = *cell == REACH_OWN ? REACH_ALL : *cell;
}

// What could not all be read or written was not judged either: nothing that came of it counts. 0: all could.
static int refuse_untold(struct view *view, struct change *change)
{
    struct problem why;
    problem_init(&why, change->arena);
    int error = view->store->trouble = view_trouble(view, &why);
    if (!error)
        return 0;
    change->problem = why;
    change->result = (struct change_result){.n_done = 0};
    return error;
}

// 0 and *commit when something changed. The caller's savepoint undoes a failure.
// NOLINTNEXTLINE(readability-non-const-parameter): what is written goes on with it
static int apply(struct store *store, struct change *change, struct commit **commit, uint8_t chain[32])
{
    struct view view = {.now = change->now, .today = change->today};
    struct arena work;
    struct writing writing = {.change = change, .chain = chain, .work = &work};
    arena_init(&work, change->arena->budget);
    change->progress = change->steps = 0;
    change->result = (struct change_result){.n_done = 0};
    int error = view_begin(&view, store, &store->db, &change->actor), trouble;
    if (error)
        problem_set(&change->problem, error, "your rights could not be read");
    if (fault_on("scope-unchecked"))
        widen(&view.scope);
    if (!error && (error = keys_find(&view, change)) == 1) {
        trouble = refuse_untold(&view, change);
        view_end(&view);
        arena_deinit(&work);
        return trouble; // 0: answered before, the same answer again
    }
    if (!error && !(writing.commit = commit_new(&view, change)))
        error = problem_set(&change->problem, ERR_NOMEM, "the server is short of memory");
    view.writing = &writing;
    if (!error)
        error = apply_and_settle(&view, change);
    if (error)
        touch_tell(&writing, &change->problem);
    touch_clear(&writing);
    if (!error) {
        if (!change->dry_run) { // which takes no seq and leaves no key
            change->result.batch = writing.batch;
            change->result.from_seq = writing.from_seq;
            change->result.to_seq = writing.to_seq;
            if (!fault_on("key-not-kept"))
                error = db_error(&store->db, keys_keep(&view, change), &change->problem);
        }
    }
    if ((trouble = refuse_untold(&view, change)))
        error = trouble; // and see run_job
    view_end(&view);
    arena_deinit(&work);
    if (error || change->dry_run || !writing.n_rows) {
        commit_unref(writing.commit);
        return error;
    }
    writing.commit->rows = writing.rows;
    writing.commit->n_rows = writing.n_rows;
    if (writing.commit->large && commit_slim(writing.commit, change->arena)) // which gave it up
        return problem_set(&change->problem, ERR_NOMEM, "the server is short of memory");
    writing.commit->from_seq = writing.from_seq;
    writing.commit->to_seq = writing.to_seq;
    writing.commit->batch = writing.batch;
    *commit = writing.commit;
    return 0;
}

static int keep(struct store *store, struct job *job)
{
    struct view view = {.now = 0};
    const struct actor self = {.staff = 0};
    int error = view_begin(&view, store, &store->db, &self);
    if (!error)
        error = job->read(&view, job->data);
    int trouble = store->trouble = view_trouble(&view, NULL);
    view_end(&view);
    return trouble ? trouble : error;
}

// --- one transaction ---

static bool transaction_gone(struct store *store)
{
    return sqlite3_get_autocommit(store->db.handle) != 0 && !fault_on("rollback-unseen");
}

static void roll_back(struct store *store)
{
    if (store->db.handle && !sqlite3_get_autocommit(store->db.handle))
        db_run(&store->db, "ROLLBACK");
}

// After a failure of memory or disk not even ROLLBACK takes all back: the search index of SQLite 3.40 was seen to keep
// its totals of a request that was gone, and to write them with the next one. So the connection goes with the transaction.
static void let_go(struct store *store)
{
    roll_back(store);
    if (!fault_on("connection-kept"))
        db_close(&store->db);
}

static int open_again(struct store *store)
{
    struct problem problem;
    if (store->db.handle)
        return SQLITE_OK;
    problem_init(&problem, NULL);
    db_calm();
    if (db_open(&store->db, store->path, false, true, &problem))
        return db_trouble();
    store->db.epoch = store->epoch;
    return SQLITE_OK;
}

static int begin(struct store *store)
{
    int code = open_again(store);
    if (code != SQLITE_OK)
        return code;
    roll_back(store); // what could not be rolled back before
    db_calm();
    return db_step(&store->db, "BEGIN IMMEDIATE");
}

// The disk may have lost what it said it kept: the marker makes the next start read-only, until a person has looked.
void writer_mark(const struct store *store, int code)
{
    char path[4200];
    snprintf(path, sizeof path, "%s/readonly", store->directory);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0) {
        dprintf(file, "The disk failed to keep a change (SQLite code %d). Check the disk and the database, then remove this file.\n", code);
        (void)fsync(file); // the log says it in any case
        close(file);
    }
    log_write(LOG_ERROR, "the disk failed to keep a change (code %d): stopping; the next start is read-only until %s is removed", code,
              path);
}

static void stop_for_ever(struct store *store, int code)
{
    writer_mark(store, code);
    _exit(70);
}

// One request inside its savepoint. False when the transaction is gone.
static bool run_job(struct store *store, struct job *job)
{
    struct db *db = &store->db;
    uint8_t chain[32];
    memcpy(chain, store->chain, sizeof chain);
    if (db_step(db, "SAVEPOINT request") != SQLITE_OK)
        return false; // not begun: not to be answered as if it had been
    job->commit = NULL;
    job->result = job->type == JOB_WRITE ? apply(store, job->change, &job->commit, chain) : keep(store, job);
    if (db_is_sync(db_trouble())) // a large request goes to the WAL before its commit
        stop_for_ever(store, db_trouble());
    // a savepoint does not take all back either, then: see let_go
    if (transaction_gone(store) || store->trouble)
        return false;
    bool undo = job->result || (job->type == JOB_WRITE && job->change->dry_run);
    if (undo && db_step(db, "ROLLBACK TO request") != SQLITE_OK)
        return false;
    if (db_step(db, "RELEASE request") != SQLITE_OK)
        return false;
    if (!undo)
        memcpy(store->chain, chain, sizeof chain);
    return !transaction_gone(store);
}

enum fate { FATE_KEPT, FATE_LOST, FATE_UNKNOWN };

#define LOOKS_MOST 100 // at a database that cannot be read just now
#define LOOK_MS    50

// Where the chain ends by now, on disk.
static void look_for_chain(struct store *store, uint8_t chain[32])
{
    int code = SQLITE_OK;
    for (int i = 0; i < LOOKS_MOST; i++) {
        roll_back(store);
        if ((code = log_chain(&store->db, chain)) == SQLITE_OK)
            return;
        uv_sleep(LOOK_MS);
    }
    if (db_is_disk(code))
        stop_for_ever(store, code);
    log_write(LOG_ERROR, "the end of the log cannot be read (code %d): stopping, since nothing can be added to it", code);
    _exit(70);
}

// A commit failed. One that did not find room is not there; else it may be, and what is in the database tells, if
// there is anything to see. `before`: the chain's end before the batch.
static enum fate fate_of(struct store *store, int code, const uint8_t before[32])
{
    uint8_t wanted[32];
    bool is_open = !sqlite3_get_autocommit(store->db.handle); // the commit was not even tried
    roll_back(store);
    if (is_open || (code & 0xff) == SQLITE_FULL)
        return FATE_LOST;
    memcpy(wanted, store->chain, sizeof wanted);
    look_for_chain(store, store->chain);
    bool is_there = memcmp(wanted, before, sizeof wanted) != 0 && memcmp(wanted, store->chain, sizeof wanted) == 0;
    return is_there ? FATE_KEPT : FATE_UNKNOWN;
}

static enum fate commit_batch(struct store *store, const uint8_t before[32])
{
    int code = db_step(&store->db, "COMMIT");
    if (code == SQLITE_OK)
        return FATE_KEPT;
    log_write(LOG_ERROR, "commit failed: %s (%d)", sqlite3_errmsg(store->db.handle), code);
    if (db_is_disk(code))
        stop_for_ever(store, code);
    return fate_of(store, code, before);
}

static void fail(struct job *job, int error, const char *sentence)
{
    commit_unref(job->commit);
    job->commit = NULL;
    job->result = error;
    if (job->type == JOB_WRITE)
        problem_set(&job->change->problem, error, "%s", sentence);
}

// An import, or an undo of one: it may take many seconds.
static bool is_bulk(const struct job *job)
{
    return job->type == JOB_WRITE && job->change->batched && (job->change->verb == CHANGE_UNDO || job->change->n_items > COMMIT_ROWS);
}

// Runs the jobs in one transaction and moves them to `answered`. Returns how
// many; 0 when the transaction was lost and nobody may be answered.
static size_t run_batch(struct store *store, struct queue *jobs, struct queue *answered)
{
    uint8_t chain[32];
    memcpy(chain, store->chain, sizeof chain);
    if ((store->lost_code = begin(store)) != SQLITE_OK)
        return 0;
    db_within(true);
    struct queue done = {NULL, NULL, 0};
    uint64_t began = clock_monotonic();
    bool lost = false;
    while (jobs->size && done.size < BATCH_MAX && !lost) {
        struct job *job = jobs->first;
        if (is_bulk(job) && done.size)
            break; // who came before it does not wait for it
        store->bulk_since = is_bulk(job) ? clock_monotonic() : 0;
        lost = !run_job(store, job);
        queue_push(&done, queue_pop(jobs));
        if (clock_monotonic() - began > BATCH_NS)
            break;
    }
    db_within(false);
    if (fault_on("ack-early") && !lost) { // what the kill test must catch
        size_t n = done.size;
        store_finish(store, &done);
        uv_sleep(5); // long enough for the answer to leave
        commit_batch(store, chain);
        return n;
    }
    enum fate fate = lost ? FATE_LOST : commit_batch(store, chain);
    if (fate == FATE_LOST) {
        store->lost_code = db_trouble() ? db_trouble() : SQLITE_NOMEM; // the first failure, whatever failed after it
        memcpy(store->chain, chain, sizeof chain);
    }
    if (fate != FATE_KEPT)
        let_go(store);
    if (fate == FATE_LOST) { // hand them back, in order, unanswered
        for (struct job *job = done.first; job; job = job->next)
            if (job->commit) {
                commit_unref(job->commit);
                job->commit = NULL;
            }
        if (done.last) {
            done.last->next = jobs->first;
            jobs->last = jobs->last ? jobs->last : done.last;
            jobs->first = done.first;
            jobs->size += done.size;
        }
        return 0;
    }
    size_t n = done.size;
    while (done.size) {
        struct job *job = queue_pop(&done);
        if (fate == FATE_UNKNOWN)
            fail(job, ERR_UNKNOWN, "the server could not tell whether the change was kept");
        queue_push(answered, job);
    }
    return n;
}

static void reset_change(struct change *change)
{
    change->result = (struct change_result){.n_done = 0};
    problem_init(&change->problem, change->arena);
}

static void checkpoint(struct store *store)
{
    int pages = 0, moved = 0;
    if (open_again(store) != SQLITE_OK)
        return; // until the next request
    int code = sqlite3_wal_checkpoint_v2(store->db.handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (db_is_disk(code))
        stop_for_ever(store, code);
    // all moved: the next commit begins the WAL anew, unless a reader still looks at it
    store->db.wal_moved = moved > 0 ? moved : 0;
    store->batches = 0;
    store->slow = store->db.wal_pages - store->db.wal_moved > WAL_SLOW_PAGES;
}

// Tried alone, and lost again.
static void fail_lost(struct store *store, struct job *job)
{
    int code = store->lost_code;
    if ((code & 0xff) == SQLITE_FULL) {
        fail(job, ERR_READONLY, "the server's disk is full; nothing was changed");
        problem_hint(job->type == JOB_WRITE ? &job->change->problem : NULL, DISK_FULL_HINT);
    } else if ((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM) {
        fail(job, ERR_NOMEM, "the server is short of memory; nothing was changed");
    } else if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED) {
        fail(job, ERR_RETRY, "the database could not take the change; nothing was changed");
    } else {
        fail(job, ERR_IO, "the database could not be read or written; nothing was changed");
    }
}

static void run_all(struct store *store, struct queue *jobs, struct queue *answered)
{
    if (run_batch(store, jobs, answered) || !jobs->size)
        return;
    if ((store->lost_code & 0xff) == SQLITE_FULL)
        checkpoint(store); // the WAL can then begin anew, within the room that it has
    // the transaction was lost: each request alone, so that one cannot take others with it
    struct queue all = *jobs;
    *jobs = (struct queue){NULL, NULL, 0};
    while (all.size) {
        struct queue one = {NULL, NULL, 0};
        struct job *job = queue_pop(&all);
        queue_push(&one, job);
        if (job->type == JOB_WRITE)
            reset_change(job->change);
        if (run_batch(store, &one, answered))
            continue;
        if (!one.size)
            continue;
        job = queue_pop(&one);
        fail_lost(store, job);
        queue_push(answered, job);
    }
}

int writer_apply(struct store *store, struct change *change)
{
    struct job job = {.type = JOB_WRITE, .change = change};
    struct queue jobs = {NULL, NULL, 0}, answered = {NULL, NULL, 0};
    queue_push(&jobs, &job);
    run_all(store, &jobs, &answered);
    commit_unref(job.commit);
    return job.result;
}

// --- between transactions ---

static bool is_due(const struct store *store)
{
    int pages = store->db.wal_pages - store->db.wal_moved;
    return pages >= CHECKPOINT_PAGES_MOST || (pages >= CHECKPOINT_PAGES && store->batches >= CHECKPOINT_BATCHES);
}

// What can wait until nobody does.
static void tidy(struct store *store)
{
    if (store->db.wal_pages > store->db.wal_moved)
        checkpoint(store);
    if (store->last_write - store->pruned > 60 && open_again(store) == SQLITE_OK) {
        int code = keys_prune(&store->db, store->last_write - STORE_KEY_KEPT);
        if (db_is_disk(code)) // it commits, too
            stop_for_ever(store, code);
        store->pruned = store->last_write;
    }
}

// Everything that waits. False: it is time to end.
static bool take(struct store *store, struct queue *jobs)
{
    struct lane *lane = &store->writing;
    bool tidied = false;
    uv_mutex_lock(&lane->mutex);
    while (!lane->queue.size && !lane->stopping) {
        if (tidied) {
            uv_cond_wait(&lane->filled, &lane->mutex);
        } else if (uv_cond_timedwait(&lane->filled, &lane->mutex, SILENCE_NS) == UV_ETIMEDOUT && !lane->queue.size) {
            uv_mutex_unlock(&lane->mutex);
            tidy(store);
            tidied = !store->slow; // while nobody is let in nobody wakes us
            uv_mutex_lock(&lane->mutex);
        }
    }
    bool stop = lane->stopping && !lane->queue.size;
    *jobs = lane->queue;
    lane->queue = (struct queue){NULL, NULL, 0};
    uv_mutex_unlock(&lane->mutex);
    return !stop;
}

void writer_main(void *data)
{
    struct store *store = data;
    struct queue jobs;
    while (take(store, &jobs)) {
        while (jobs.size) {
            struct queue answered = {NULL, NULL, 0};
            for (struct job *job = jobs.first; job; job = job->next)
                if (job->type == JOB_WRITE)
                    store->last_write = job->change->now;
            run_all(store, &jobs, &answered);
            store_finish(store, &answered);
            store->batches++;
            if (is_due(store))
                checkpoint(store);
            if (store->bulk_since)
                malloc_trim(0); // what it took goes back to the system
            store->bulk_since = 0;
        }
    }
}
