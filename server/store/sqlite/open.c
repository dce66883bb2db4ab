// Opening the store: the database is looked at, made or widened, and the threads begin.
// What fails on the way leaves nothing half made. Before the loop runs, on its thread.
#include "server/store/sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "common/log.h"

static int check_file(struct store *store, const struct store_options *options, struct problem *problem)
{
    struct stat about;
    snprintf(store->directory, sizeof store->directory, "%s", options->directory);
    if ((size_t)snprintf(store->path, sizeof store->path, "%s/sendco.db", options->directory) >= sizeof store->path)
        return problem_set(problem, ERR_CONFIG, "the directory's name is too long");
    bool there = stat(store->path, &about) == 0;
    if (there && options->create)
        return problem_set(problem, ERR_CONFIG, "there is a database already: %s", store->path);
    if (!there && !options->create)
        return problem_set(problem, ERR_CONFIG, "there is no database in %s; make one with: sendcod init --dir %s --school NAME",
                           options->directory, options->directory);
    if (there && about.st_nlink > 1)
        return problem_set(problem, ERR_CONFIG, "%s has more than one hard link; a database with two names can be damaged", store->path);
    char marker[4200];
    snprintf(marker, sizeof marker, "%s/readonly", options->directory);
    store->readonly = access(marker, F_OK) == 0;
    if (store->readonly)
        log_write(LOG_WARN, "read-only: the disk once failed to keep a change; look at %s", marker);
    return 0;
}

static int read_meta(struct store *store, struct problem *problem)
{
    db_calm();
    char text[64];
    if (!schema_meta(&store->db, "school", store->school, sizeof store->school))
        snprintf(store->school, sizeof store->school, "School");
    store->demo = schema_meta(&store->db, "demo", text, sizeof text) != NULL;
    store->epoch = store->db.epoch = schema_meta(&store->db, "epoch", text, sizeof text) ? strtoull(text, NULL, 10) : 1;
    store->seed = schema_meta(&store->db, "seed", text, sizeof text) ? strtoull(text, NULL, 10) : 0;
    store->seq = (uint64_t)db_number(&store->db, "SELECT max(seq) FROM change", 0);
    log_chain(&store->db, store->chain);
    return db_error(&store->db, db_trouble(), problem);
}

static void lane_init(struct lane *lane)
{
    if (uv_mutex_init(&lane->mutex) || uv_cond_init(&lane->filled))
        abort(); // at start
}

static int start_threads(struct store *store, struct problem *problem)
{
    store->has_writer = true; // before it asks
    if (uv_thread_create(&store->writer, writer_main, store)) {
        store->has_writer = false;
        return problem_set(problem, ERR_INTERNAL, "the writer's thread could not be started");
    }
    for (; store->n_begun < store->n_readers; store->n_begun++)
        if (uv_thread_create(&store->readers[store->n_begun], reader_main, store))
            return problem_set(problem, ERR_INTERNAL, "a reader's thread could not be started");
    return 0;
}

// What was half made is nothing: the next attempt must not meet it.
static void unmake(const char *database)
{
    char path[sizeof((struct store *)NULL)->path + 8];
    static const char *const ends[] = {"", "-wal", "-journal"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(path, sizeof path, "%s%s", database, ends[i]);
        unlink(path);
    }
}

static void on_given_up(void *data)
{
    *(bool *)data = true;
}

// What had begun ends; the loop, which does not run yet, lets go of it.
static void give_up(struct store *store, bool create)
{
    uv_loop_t *loop = store->loop;
    bool gone = false;
    char path[sizeof store->path];
    memcpy(path, store->path, sizeof path);
    store_close(store, on_given_up, &gone);
    while (!gone)
        uv_run(loop, UV_RUN_NOWAIT);
    if (create)
        unmake(path);
}

static int open_database(struct store *store, const struct store_options *options, struct problem *problem)
{
    int error = db_open(&store->db, store->path, options->create, true, problem);
    if (error)
        return error;
    if (store->readonly)
        db_only_look(&store->db);
    error = schema_open(&store->db, options, problem);
    if (error && !options->create && db_is_sync(db_trouble())) // it brought the database into another form
        writer_mark(store, db_trouble());
    if (!error)
        error = read_meta(store, problem);
    if (!error && !store->readonly)
        error = schema_seed_lists(store, &store->db, problem);
    if (error)
        return error;
    db_calm();
    store->seq = (uint64_t)db_number(&store->db, "SELECT max(seq) FROM change", 0);
    return db_error(&store->db, db_trouble(), problem);
}

int store_open(const struct store_options *options, uv_loop_t *loop, struct store **out, struct problem *problem)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store || sodium_init() < 0) {
        free(store);
        return problem_set(problem, ERR_NOMEM, "out of memory");
    }
    store->loop = loop;
    for (size_t i = 0; i < JOBS_SPARE; i++)
        queue_push(&store->spare, &store->spares[i]);
    store->scope = options->scope;
    store->n_readers = options->readers ? options->readers : 2;
    if (store->n_readers > STORE_READERS)
        store->n_readers = STORE_READERS;
    int error = check_file(store, options, problem);
    if (error) {
        free(store);
        return error;
    }
    store->fresh = options->create;
    store->failed = options->failed;
    error = open_database(store, options, problem);
    lane_init(&store->writing);
    lane_init(&store->reading);
    if (uv_mutex_init(&store->out_mutex))
        abort(); // at start
    bool joined = !error && (error = store_join(store, problem)) == 0;
    if (joined) {
        store->fresh = options->failed != NULL; // the writer looks at it
        error = start_threads(store, problem);
    }
    if (!error) {
        *out = store;
        return 0;
    }
    if (joined) {
        give_up(store, options->create);
    } else {
        db_close(&store->db);
        if (options->create)
            unmake(store->path);
        free(store);
    }
    return error;
}
