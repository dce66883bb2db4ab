// The writer: one thread, the only connection that changes anything. It takes what waits, of each
// person in turn, gives each request a savepoint in one transaction, commits once and answers all:
// nobody is answered before their change is on disk.
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
    if (store->failed)
        *store->failed = true;
    if (store->fresh)
        return;
    snprintf(path, sizeof path, "%s/readonly", store->directory);
    log_write(LOG_ERROR, "the disk failed to keep a change (code %d): stopping", code);
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    bool marked = file >= 0;
    if (marked) {
        dprintf(file, "The disk failed to keep a change (SQLite code %d). Check the disk and the database, then remove this file.\n", code);
        marked = fsync(file) == 0;
        close(file);
    }
    if (marked)
        log_write(LOG_ERROR, "the next start is read-only until %s is removed", path);
    else
        log_write(LOG_ERROR, "nor could the disk keep %s: check it and the database before the next start", path);
}

// While the store is opened it returns: nobody was answered yet, and opening fails. Nor is a fresh one worth more than
// what whoever makes it takes away again.
static void stop_for_ever(struct store *store, int code)
{
    writer_mark(store, code);
    if (store->has_writer && !store->fresh)
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
    job->result = job->type == JOB_WRITE ? apply_change(store, job->change, &job->commit, chain) : apply_keep(store, job);
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
    for (int i = 0; i < (store->has_writer ? LOOKS_MOST : 1); i++) {
        roll_back(store);
        if ((code = log_chain(&store->db, chain)) == SQLITE_OK)
            return;
        uv_sleep(LOOK_MS);
    }
    if (db_is_disk(code))
        stop_for_ever(store, code);
    log_write(LOG_ERROR, "the end of the log cannot be read (code %d): stopping, since nothing can be added to it", code);
    if (store->has_writer && !store->fresh)
        _exit(70);
    memset(chain, 0, 32); // so that nobody takes it for what was wanted
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
    if (!db_is_disk(code))
        return fate_of(store, code, before);
    stop_for_ever(store, code);
    return FATE_UNKNOWN;
}

static void fail(struct job *job, int error, const char *sentence)
{
    commit_unref(job->commit);
    job->commit = NULL;
    job->result = error;
    if (job->type == JOB_WRITE)
        problem_set(&job->change->problem, error, "%s", sentence);
}

// For whoever asks how the daemon is, and once in the log.
static void note_full(struct store *store, bool full)
{
    if (store->disk_full != full)
        log_write(full ? LOG_ERROR : LOG_NOTE, full ? "the disk is full: changes are refused" : "the disk has room for a change again");
    store->disk_full = full;
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
    while (jobs->first && done.size < BATCH_MAX && !lost) {
        struct job *job = jobs->first;
        store->bulk_since = job_is_bulk(job) ? clock_monotonic() : 0; // it came alone
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
        if (job->commit)
            note_full(store, false);
        queue_push(answered, job);
    }
    return n;
}

static void reset_change(struct change *change)
{
    change->result = (struct change_result){.n_done = 0};
    change_more_room(change);
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
    if (pages >= 0)
        store->db.wal_pages = pages; // which a connection opened again does not know
    store->batches = 0;
    store->slow = store->db.wal_pages - store->db.wal_moved > WAL_SLOW_PAGES;
}

// Tried alone, and lost again.
static void fail_lost(struct store *store, struct job *job)
{
    int code = store->lost_code;
    if ((code & 0xff) == SQLITE_FULL) {
        note_full(store, true);
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
    if (store->slow || store->db.wal_pages > store->db.wal_moved)
        checkpoint(store);
    if (store->last_write - store->pruned > 60 && open_again(store) == SQLITE_OK) {
        int code = keys_prune(&store->db, store->last_write - STORE_KEY_KEPT);
        if (db_is_disk(code)) // it commits, too
            stop_for_ever(store, code);
        store->pruned = store->last_write;
    }
}

// False: it is time to end.
static bool take(struct store *store, struct queue *jobs)
{
    struct lane *lane = &store->writing;
    bool tidied = false;
    uv_mutex_lock(&lane->mutex);
    while (!lane->queue.size && !lane->turns.n && !lane->stopping) {
        if (tidied) {
            uv_cond_wait(&lane->filled, &lane->mutex);
        } else if (uv_cond_timedwait(&lane->filled, &lane->mutex, SILENCE_NS) == UV_ETIMEDOUT && !lane->queue.size) {
            uv_mutex_unlock(&lane->mutex);
            tidy(store);
            tidied = !store->slow; // while nobody is let in nobody wakes us
            uv_mutex_lock(&lane->mutex);
        }
    }
    *jobs = (struct queue){NULL, NULL, 0};
    turns_sort_in(lane);
    turns_take(&lane->turns, jobs, BATCH_MAX);
    uv_mutex_unlock(&lane->mutex);
    return jobs->size > 0;
}

static void give_back(struct lane *lane, struct queue *jobs)
{
    uv_mutex_lock(&lane->mutex);
    turns_give_back(&lane->turns, jobs);
    uv_mutex_unlock(&lane->mutex);
}

void writer_main(void *data)
{
    struct store *store = data;
    struct queue jobs;
    while (take(store, &jobs)) {
        struct queue answered = {NULL, NULL, 0};
        for (struct job *job = jobs.first; job; job = job->next)
            if (job->type == JOB_WRITE)
                store->last_write = job->change->now;
        run_all(store, &jobs, &answered);
        give_back(&store->writing, &jobs);
        store_finish(store, &answered);
        store->batches++;
        if (is_due(store))
            checkpoint(store);
        if (store->bulk_since)
            malloc_trim(0); // what it took goes back to the system
        store->bulk_since = 0;
    }
}
