// Readers: threads that answer from one snapshot each, and let it go before the
// answer leaves, so that no slow client holds the WAL. Who asks is served in turn,
// however much each asks, and long questions never have all the readers.
#include "server/store/sqlite/sqlite.h"

#include "common/clock.h"
#include "common/log.h"
#include "server/behind.h"

#define TURN_MAX    32                            // requests answered from one snapshot
#define TURN_NS     (UINT64_C(5) * 1000 * 1000)   // … while it is this young
#define SNAPSHOT_NS (UINT64_C(100) * 1000 * 1000) // a question that takes longer holds the WAL
#define LONG_NS     (UINT64_C(1) * 1000 * 1000)   // of one's questions lately: the next is likely to be long
#define MUCH_NS     (UINT64_C(30) * 1000 * 1000)  // of a reader's time lately, each AGE_NS counting half as much as the one after it
#define AGE_NS      (UINT64_C(100) * 1000 * 1000)

// Who asks long questions, or so many that it comes to the same. Under the mutex, as is what follows.
static bool turn_is_long(const struct turn *turn)
{
    return turn->cost > LONG_NS || turn->used > MUCH_NS;
}

// While others are about, or not.
static bool is_slow(const struct turn *turn, bool crowded)
{
    return crowded ? turn_is_long(turn) : turn->cost > LONG_NS;
}

// How many readers may answer such at once: one fewer while anybody else is about.
static unsigned long_most(const struct store *store)
{
    bool others = false;
    for (size_t i = 0; i < TURNS && !others; i++)
        others =
            (store->reading.turns.turn[i].used || store->reading.turns.turn[i].queue.size) && !turn_is_long(&store->reading.turns.turn[i]);
    return others && store->n_readers > 1 ? store->n_readers - 1 : store->n_readers;
}

// Slow ones have an order of their own: else who stands behind a quick one would come first every time.
static struct turn *next_long(struct store *store, bool crowded)
{
    for (unsigned i = 0; i < TURNS; i++) {
        struct turn *turn = &store->reading.turns.turn[store->next_long++ % TURNS];
        if (turn->queue.size && is_slow(turn, crowded))
            return turn;
    }
    return NULL; // not while there is one
}

// One question of each who waits, and round again: a share, so that the other readers find work
// too, and no more than is soon done, for who comes now waits for it. A long one goes alone.
static void take_turns(struct store *store, struct queue *jobs, bool *is_long)
{
    turns_sort_in(&store->reading);
    unsigned most = long_most(store), empty = 0;
    uint64_t cost = 0;
    size_t share = store->reading.turns.n / store->n_readers + 1;
    for (; empty < TURNS && cost < LONG_NS && jobs->size < share && jobs->size < TURN_MAX; store->reading.turns.next++) {
        struct turn *turn = &store->reading.turns.turn[store->reading.turns.next % TURNS];
        bool slow = is_slow(turn, most < store->n_readers);
        empty++;
        if (!turn->queue.size || (slow && store->n_long >= most))
            continue;
        if (slow && jobs->size)
            return; // it comes first the next time
        turn = slow ? next_long(store, most < store->n_readers) : turn;
        queue_push(jobs, queue_pop(&turn->queue));
        store->reading.turns.n--;
        cost += turn->cost;
        empty = 0;
        if (slow) {
            *is_long = true;
            store->n_long++;
            store->reading.turns.next++;
            return;
        }
    }
}

// Empty: it is time to end. Who comes last of the readers then takes what is left.
static void take(struct store *store, struct queue *jobs, bool *is_long)
{
    struct lane *lane = &store->reading;
    *is_long = false;
    uv_mutex_lock(&lane->mutex);
    while (take_turns(store, jobs, is_long), !jobs->size && !lane->stopping)
        uv_cond_wait(&lane->filled, &lane->mutex);
    uv_mutex_unlock(&lane->mutex);
}

// What was answered tells how long its people's questions are.
static void reckon(struct store *store, const struct queue *answered)
{
    uint64_t now = clock_monotonic(), ages = (now - store->aged) / AGE_NS;
    if (ages) {
        for (size_t i = 0; i < TURNS; i++)
            store->reading.turns.turn[i].used >>= ages < 63 ? ages : 63;
        store->aged = now;
    }
    for (const struct job *job = answered->first; job; job = job->next) {
        struct turn *turn = turn_of(&store->reading.turns, job);
        turn->cost = (7 * turn->cost + job->took) / 8;
        turn->used += job->took;
    }
}

// What there was no time for goes back to the front.
static void give_back(struct store *store, const struct queue *answered, struct queue *jobs, bool was_long)
{
    uv_mutex_lock(&store->reading.mutex);
    reckon(store, answered);
    if (jobs->size)
        uv_cond_signal(&store->reading.filled);
    turns_give_back(&store->reading.turns, jobs);
    store->n_long -= was_long;
    uv_mutex_unlock(&store->reading.mutex);
}

// Snapshots are to be short. One that was not is told of once, and the next when it is half as long again.
static void note_long(struct store *store, uint64_t took)
{
    uint64_t longest = store->longest_read;
    if (took <= SNAPSHOT_NS || took < longest + longest / 2)
        return;
    store->longest_read = took;
    log_write(LOG_NOTE, "one question was read for %llu ms, from one snapshot", (unsigned long long)(took / 1000000));
}

static void answer(struct store *store, struct db *db, struct job *job)
{
    struct view view = {.now = clock_now(), .today = clock_today()};
    uint64_t began = clock_processor();
    int error = view_begin(&view, store, db, &job->actor);
    job->result = error ? error : job->read(&view, job->data);
    int trouble = view_trouble(&view, NULL);
    if (trouble && job->result != ERR_TOO_LARGE) // which says more
        job->result = trouble;
    view_end(&view);
    job->took = clock_processor() - began;
    note_long(store, job->took);
}

// A snapshot to answer from. 0, or what to answer instead; the next questions try anew.
static int begin(struct store *store, struct db *db)
{
    struct problem problem;
    problem_init(&problem, NULL);
    db_calm();
    if (!db->handle && db_open(db, store->path, false, false, &problem)) {
        log_write(LOG_ERROR, "a reader could not start: %s", problem.message);
        return problem.error;
    }
    db->epoch = store->epoch;
    if (!sqlite3_get_autocommit(db->handle))
        db_run(db, "ROLLBACK"); // what could not be ended before
    db_calm();
    return db_error(db, db_step(db, "BEGIN"), NULL);
}

static void end(struct db *db)
{
    if (db_step(db, "COMMIT") != SQLITE_OK && !sqlite3_get_autocommit(db->handle))
        db_run(db, "ROLLBACK");
}

void reader_main(void *data)
{
    struct store *store = data;
    struct db db = {.handle = NULL};
    thread_behind();
    if (begin(store, &db) == 0) // now, not when the first waits for it
        end(&db);
    bool is_long;
    for (struct queue jobs = {NULL, NULL, 0}; take(store, &jobs, &is_long), jobs.size;) {
        struct queue answered = {NULL, NULL, 0};
        uint64_t began = clock_monotonic();
        int closed = begin(store, &db);
        while (jobs.size && (!answered.size || clock_monotonic() - began < TURN_NS)) {
            struct job *job = queue_pop(&jobs);
            if (closed)
                job->result = closed;
            else
                answer(store, &db, job);
            queue_push(&answered, job);
        }
        if (!closed)
            end(&db);
        give_back(store, &answered, &jobs, is_long);
        store_finish(store, &answered);
    }
    db_close(&db);
}
