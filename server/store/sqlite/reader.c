// Readers: threads that answer from one snapshot each, and let it go before the
// answer leaves, so that no slow client holds the WAL.
#include "server/store/sqlite/sqlite.h"

#include "common/clock.h"
#include "common/log.h"

#define TURN_MAX 32                                  // requests answered from one snapshot
#define TURN_NS (UINT64_C(5) * 1000 * 1000)          // … while it is this young

static struct job *take(struct store *store)
{
    struct lane *lane = &store->reading;
    uv_mutex_lock(&lane->mutex);
    while (!lane->queue.size && !lane->stopping)
        uv_cond_wait(&lane->filled, &lane->mutex);
    struct job *job = lane->queue.size ? queue_pop(&lane->queue) : NULL;
    uv_mutex_unlock(&lane->mutex);
    return job;
}

static struct job *take_more(struct store *store)
{
    struct lane *lane = &store->reading;
    uv_mutex_lock(&lane->mutex);
    struct job *job = lane->queue.size ? queue_pop(&lane->queue) : NULL;
    uv_mutex_unlock(&lane->mutex);
    return job;
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
    for (struct job *job; (job = take(store)) != NULL;) {
        struct queue answered = {NULL, NULL, 0};
        uint64_t began = clock_monotonic();
        bool open = db.handle && db_run(&db, "BEGIN") == SQLITE_OK;
        for (; job; job = answered.size < TURN_MAX && clock_monotonic() - began < TURN_NS ? take_more(store) : NULL) {
            if (open)
                answer(store, &db, job);
            else
                job->result = ERR_IO;
            queue_push(&answered, job);
        }
        if (open)
            db_run(&db, "COMMIT");
        store_finish(store, &answered);
    }
    db_close(&db);
}
