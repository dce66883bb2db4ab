// The loop's side of the store: opening, queues to the threads and back, closing.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define WRITES_WAITING 4096
#define READS_WAITING  8192
#define BULK_LONG_NS   (UINT64_C(2) * 1000 * 1000 * 1000)

void queue_push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    if (queue->last)
        queue->last->next = job;
    else
        queue->first = job;
    queue->last = job;
    queue->size++;
}

struct job *queue_pop(struct queue *queue)
{
    struct job *job = queue->first;
    if (!job)
        return NULL;
    queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    queue->size--;
    job->next = NULL;
    return job;
}

// --- answers, back on the loop ---

void store_finish(struct store *store, struct queue *jobs)
{
    if (!jobs->size)
        return;
    uv_mutex_lock(&store->out_mutex);
    if (store->out.last)
        store->out.last->next = jobs->first;
    else
        store->out.first = jobs->first;
    store->out.last = jobs->last;
    store->out.size += jobs->size;
    uv_mutex_unlock(&store->out_mutex);
    *jobs = (struct queue){NULL, NULL, 0};
    uv_async_send(&store->async);
}

static bool is_spare(const struct store *store, const struct job *job)
{
    return job >= store->spares && job < store->spares + JOBS_SPARE;
}

static void job_end(struct store *store, struct job *job)
{
    if (!is_spare(store, job)) {
        free(job);
        return;
    }
    *job = (struct job){.type = JOB_REFUSED};
    queue_push(&store->spare, job);
}

static void answer(struct store *store, struct job *job)
{
    if (job->type != JOB_REFUSED)
        (job->type == JOB_READ ? &store->reading : &store->writing)->waiting--;
    if (job->commit) {
        store->seq = job->commit->to_seq;
        for (size_t i = 0; i < store->n_followers; i++)
            store->followers[i].fn(job->commit, store->followers[i].data);
        commit_unref(job->commit);
    }
    if (job->done)
        job->done(job->result, job->data);
    job_end(store, job);
}

static void on_async(uv_async_t *async)
{
    struct store *store = async->data;
    uv_mutex_lock(&store->out_mutex);
    struct queue out = store->out;
    store->out = (struct queue){NULL, NULL, 0};
    uv_mutex_unlock(&store->out_mutex);
    for (struct job *job; (job = queue_pop(&out)) != NULL;)
        answer(store, job);
}

// --- questions, from the loop ---

static void on_idle(uv_idle_t *idle)
{
    (void)idle; // its being active is what counts
}

// Gathered over a turn of the loop: one lock and one signal for all of it.
static void submit(struct store *store, struct lane *lane, size_t most, struct job *job)
{
    if (lane->waiting < most && !lane->stopping) {
        uv_idle_start(&store->gathering, on_idle);
        lane->waiting++;
        queue_push(&lane->gathered, job);
        return;
    }
    job->result = ERR_BUSY;
    if (job->change)
        problem_set(&job->change->problem, ERR_BUSY, "the server has as many requests waiting as it takes");
    job->type = JOB_REFUSED;
    struct queue refused = {NULL, NULL, 0};
    queue_push(&refused, job);
    store_finish(store, &refused);
}

static void hand_over(struct lane *lane, unsigned threads)
{
    if (!lane->gathered.size)
        return;
    size_t wake = lane->gathered.size < threads ? lane->gathered.size : threads;
    uv_mutex_lock(&lane->mutex);
    if (lane->queue.last)
        lane->queue.last->next = lane->gathered.first;
    else
        lane->queue.first = lane->gathered.first;
    lane->queue.last = lane->gathered.last;
    lane->queue.size += lane->gathered.size;
    for (size_t i = 0; i < wake; i++)
        uv_cond_signal(&lane->filled);
    uv_mutex_unlock(&lane->mutex);
    lane->gathered = (struct queue){NULL, NULL, 0};
}

static void refuse(struct store *store, struct job *job, int error)
{
    struct queue refused = {NULL, NULL, 0};
    job->type = JOB_REFUSED;
    job->result = error;
    queue_push(&refused, job);
    store_finish(store, &refused);
}

// Whoever would wait behind it for seconds is told so.
static bool bulk_is_long(const struct store *store)
{
    uint64_t since = store->bulk_since;
    return since && clock_monotonic() - since > BULK_LONG_NS;
}

static void refuse_behind(struct store *store, struct job *job)
{
    if (job->change) {
        problem_set(&job->change->problem, ERR_BUSY, "much is being written just now, perhaps an import");
        problem_hint(&job->change->problem, "Nothing was changed; try again in a moment. Reading goes on meanwhile.");
    }
    refuse(store, job, ERR_BUSY);
}

// Those who have waited for it from its beginning, too.
static void refuse_waiting(struct store *store)
{
    struct lane *lane = &store->writing;
    struct queue waited = {NULL, NULL, 0};
    if (!bulk_is_long(store))
        return;
    uv_mutex_lock(&lane->mutex);
    turns_take_all(lane, &waited);
    uv_mutex_unlock(&lane->mutex);
    for (struct job *job; (job = queue_pop(&waited)) != NULL; lane->waiting--)
        refuse_behind(store, job);
}

static void on_turn(uv_prepare_t *turn)
{
    struct store *store = turn->data;
    uv_idle_stop(&store->gathering);
    refuse_waiting(store);
    hand_over(&store->writing, 1);
    hand_over(&store->reading, store->n_readers);
}

// One of the spare ones when memory is out: there is no way to answer later without a job, so these only answer that.
static struct job *job_new(struct store *store, enum job_type type, store_done_fn *done, void *data)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job && !(job = queue_pop(&store->spare))) {
        log_write(LOG_ERROR, "out of memory");
        abort();
    }
    job->type = type;
    job->done = done;
    job->data = data;
    return job;
}

void store_read(struct store *store, const struct actor *actor, store_read_fn *read, store_done_fn *done, void *data)
{
    struct job *job = job_new(store, JOB_READ, done, data);
    job->actor = *actor;
    job->read = read;
    if (is_spare(store, job))
        refuse(store, job, ERR_NOMEM);
    else
        submit(store, &store->reading, READS_WAITING, job);
}

void store_write(struct store *store, struct change *change, store_done_fn *done, void *data)
{
    struct job *job = job_new(store, JOB_WRITE, done, data);
    job->change = change;
    if (!store->fresh) // one that is being made is written in the order in which it is sent
        job->actor = change->actor;
    if (is_spare(store, job)) {
        refuse(store, job, problem_set(&change->problem, ERR_NOMEM, "the server is short of memory; nothing was changed"));
        return;
    }
    if (!store->readonly && bulk_is_long(store)) {
        refuse_behind(store, job);
        return;
    }
    if (!store->readonly && store->slow) {
        problem_set(&change->problem, ERR_BUSY, "the disk is behind with what was written last; try again in a moment");
        refuse(store, job, ERR_BUSY);
        return;
    }
    if (!store->readonly) {
        submit(store, &store->writing, WRITES_WAITING, job);
        return;
    }
    // the disk is not to be trusted: not a byte goes there
    refuse(store, job, problem_set(&change->problem, ERR_READONLY, "the database takes no changes now: its disk once failed to keep one"));
}

void store_keep(struct store *store, store_read_fn *keep, store_done_fn *done, void *data)
{
    struct job *job = job_new(store, JOB_KEEP, done, data);
    job->read = keep;
    if (store->readonly || is_spare(store, job))
        refuse(store, job, store->readonly ? ERR_READONLY : ERR_NOMEM);
    else if (bulk_is_long(store))
        refuse_behind(store, job);
    else
        submit(store, &store->writing, WRITES_WAITING, job);
}

static void rule_add(struct store *store, struct rule rule)
{
    struct rule *grown = realloc(store->rules, (store->n_rules + 1) * sizeof *grown);
    if (!grown)
        abort(); // at start
    grown[store->n_rules++] = rule;
    store->rules = grown;
}

void store_on_put(struct store *store, const struct kind *kind, store_rule_fn *check, store_rule_fn *effect)
{
    rule_add(store, (struct rule){.kind = kind, .check = check, .effect = effect});
}

void store_on_settled(struct store *store, const struct kind *kind, store_rule_fn *check)
{
    rule_add(store, (struct rule){.kind = kind, .settle = check});
}

void store_on_commit(struct store *store, store_commit_fn *fn, void *data)
{
    if (store->n_followers == sizeof store->followers / sizeof *store->followers)
        abort(); // at start
    store->followers[store->n_followers].fn = fn;
    store->followers[store->n_followers++].data = data;
}

bool store_readonly(const struct store *store)
{
    return store->readonly;
}
bool store_disk_full(const struct store *store)
{
    return store->disk_full;
}
const char *store_school(const struct store *store)
{
    return store->school;
}
bool store_demo(const struct store *store)
{
    return store->demo;
}
uint64_t store_epoch(const struct store *store)
{
    return store->epoch;
}
uint64_t store_seq(const struct store *store)
{
    return store->seq;
}

// --- beginning and end ---

int store_join(struct store *store, struct problem *problem)
{
    if (uv_async_init(store->loop, &store->async, on_async))
        return problem_set(problem, ERR_INTERNAL, "the loop could not be joined");
    uv_idle_init(store->loop, &store->gathering); // these cannot fail
    uv_prepare_init(store->loop, &store->turn);
    uv_prepare_start(&store->turn, on_turn);
    uv_unref((uv_handle_t *)&store->turn);
    store->turn.data = store->gathering.data = store->async.data = store;
    return 0;
}

static void stop(struct lane *lane)
{
    uv_mutex_lock(&lane->mutex);
    lane->stopping = true;
    uv_cond_broadcast(&lane->filled);
    uv_mutex_unlock(&lane->mutex);
}

static void on_closed(uv_handle_t *handle)
{
    struct store *store = handle->data;
    if (--store->open_handles)
        return;
    uv_mutex_destroy(&store->out_mutex);
    uv_mutex_destroy(&store->writing.mutex);
    uv_mutex_destroy(&store->reading.mutex);
    uv_cond_destroy(&store->writing.filled);
    uv_cond_destroy(&store->reading.filled);
    void (*closed)(void *) = store->on_closed;
    void *data = store->closed_data;
    free(store->rules);
    free(store);
    if (closed)
        closed(data);
}

static void checkpoint_last(struct store *store)
{
    if (!store->db.handle)
        return;
    int code = sqlite3_wal_checkpoint_v2(store->db.handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (!db_is_disk(code))
        return;
    writer_mark(store, code);
    sqlite3_db_config(store->db.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL); // the WAL has it all: it stays
}

void store_close(struct store *store, void (*closed)(void *data), void *data)
{
    store->on_closed = closed;
    store->closed_data = data;
    on_turn(&store->turn); // what this turn gathered still counts
    stop(&store->writing);
    stop(&store->reading);
    if (store->has_writer)
        uv_thread_join(&store->writer);
    for (unsigned i = 0; i < store->n_begun; i++)
        uv_thread_join(&store->readers[i]);
    on_async(&store->async); // what was answered last
    if (!store->readonly)
        checkpoint_last(store);
    db_close(&store->db);
    store->open_handles = 3;
    uv_close((uv_handle_t *)&store->gathering, on_closed);
    uv_close((uv_handle_t *)&store->turn, on_closed);
    uv_close((uv_handle_t *)&store->async, on_closed);
}
