// Readers: threads that answer from one snapshot each, and let it go before the
// answer leaves, so that no slow client holds the WAL.
#include "server/store/sqlite/sqlite.h"

#include "common/clock.h"
#include "common/log.h"

#define TURN_MAX 32                          // requests answered from one snapshot
#define TURN_NS  (UINT64_C(5) * 1000 * 1000) // … while it is this young

// A share of what waits, so that the other readers find work too. Empty: it is
// time to end.
static void take(struct store *store, struct queue *jobs)
{
    struct lane *lane = &store->reading;
    uv_mutex_lock(&lane->mutex);
    while (!lane->queue.size && !lane->stopping)
        uv_cond_wait(&lane->filled, &lane->mutex);
    size_t share = lane->queue.size / store->n_readers + 1;
    while (lane->queue.size && jobs->size < share && jobs->size < TURN_MAX)
        queue_push(jobs, queue_pop(&lane->queue));
    uv_mutex_unlock(&lane->mutex);
}

// What it took but had no time for goes back to the front.
static void give_back(struct store *store, struct queue *jobs)
{
    struct lane *lane = &store->reading;
    if (!jobs->size)
        return;
    uv_mutex_lock(&lane->mutex);
    jobs->last->next = lane->queue.first;
    lane->queue.first = jobs->first;
    lane->queue.last = lane->queue.last ? lane->queue.last : jobs->last;
    lane->queue.size += jobs->size;
    uv_cond_signal(&lane->filled);
    uv_mutex_unlock(&lane->mutex);
    *jobs = (struct queue){NULL, NULL, 0};
}

static void answer(struct store *store, struct db *db, struct job *job)
{
    struct view view = {.now = clock_now(), .today = clock_today()};
    int error = view_begin(&view, store, db, &job->actor);
    job->result = error ? error : job->read(&view, job->data);
    view_end(&view);
}

void reader_main(void *data)
{
    struct store *store = data;
    struct db db;
    struct problem problem;
    problem_init(&problem, NULL);
    if (db_open(&db, store->path, false, false, &problem)) {
        log_write(LOG_ERROR, "a reader could not start: %s", problem.message);
        db.handle = NULL;
    }
    db.epoch = store->epoch;
    for (struct queue jobs = {NULL, NULL, 0}; take(store, &jobs), jobs.size;) {
        struct queue answered = {NULL, NULL, 0};
        uint64_t began = clock_monotonic();
        bool open = db.handle && db_step(&db, "BEGIN") == SQLITE_OK;
        while (jobs.size && (!answered.size || clock_monotonic() - began < TURN_NS)) {
            struct job *job = queue_pop(&jobs);
            if (open)
                answer(store, &db, job);
            else
                job->result = ERR_IO;
            queue_push(&answered, job);
        }
        if (open)
            db_step(&db, "COMMIT");
        give_back(store, &jobs);
        store_finish(store, &answered);
    }
    db_close(&db);
}
