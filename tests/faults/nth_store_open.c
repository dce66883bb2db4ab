// Opening and closing the store while the nth thing fails: it opens or says why not, and
// what failed to be made is not left half made. The loop's thread.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/sqlite/sqlite.h"
#include "tests/faults/nth_store.h"
#include "tests/faults/powercut_look.h"
#include "tests/support/storing.h"

#define AGAIN_EVERY   16 // points: it is opened or made again though all is as it was before
#define SILENCE_EVERY 16
#define SILENCE_MS    40 // the writer tidies up after half of it

static char directory[PLAY_PATH];
static uv_loop_t loop;
static uv_async_t unused; // what libuv needs for any handle of this sort is there before anything fails

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void shut(struct store *opened)
{
    bool closed = false;
    store_close(opened, on_closed, &closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
}

static bool exists(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

static void forget(void)
{
    static const char *const files[] = {"sendco.db", "sendco.db-wal", "sendco.db-journal", "readonly"};
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
}

static void begin(void)
{
    play_place(directory);
    if (uv_loop_init(&loop) || uv_async_init(&loop, &unused, NULL))
        abort();
    uv_unref((uv_handle_t *)&unused);
}

static int try(bool create, struct store **opened, struct problem *problem)
{
    struct store_options options = {.directory = directory, .create = create, .school = "Nth", .demo = true};
    problem_init(problem, NULL);
    return store_open(&options, &loop, opened, problem);
}

// As another process would find it: whole, with the name, the epoch and all the codes.
static bool opens_well(void)
{
    struct store *opened;
    struct problem problem;
    if (try(false, &opened, &problem))
        return wrong("it does not open when all is well again: %s", problem.message);
    bool good = strcmp(store_school(opened), "Nth") == 0 && store_demo(opened) && store_epoch(opened) == 1;
    uint64_t seq = store_seq(opened), rows = 0;
    for (size_t i = 0; i < n_code_lists; i++)
        rows += code_lists[i].n_rows;
    shut(opened);
    return (good && seq == rows) || wrong("a part of it is missing: seq %llu, name %d", (unsigned long long)seq, good);
}

static bool is_named(int error, const struct problem *problem)
{
    bool known = error == ERR_NOMEM || error == ERR_IO || error == ERR_READONLY || error == ERR_RETRY || error == ERR_UNKNOWN ||
                 error == ERR_INTERNAL;
    return (known && problem->message[0]) || wrong("it says %s: %s", error_info(error)->code, problem->message);
}

// --- what was there is still there, to the byte ---

static uint8_t *before;
static size_t before_size;

static uint8_t *content(const char *name, size_t *size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    *size = 0;
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        abort();
    fclose(file);
    return bytes;
}

static void remember(void)
{
    free(before);
    before = content("sendco.db", &before_size);
}

static bool is_as_before(void)
{
    size_t size, wal_size;
    uint8_t *wal = content("sendco.db-wal", &wal_size), *now = content("sendco.db", &size);
    bool same = before && now && size == before_size && memcmp(now, before, size) == 0 && wal_size == 0 && !exists("sendco.db-journal");
    free(wal);
    free(now);
    return same;
}

// Made anew, or still there: both must work then.
static bool is_left_well(bool create, int error, uint64_t nth)
{
    struct store *opened;
    struct problem problem;
    if (!create && nth % AGAIN_EVERY != 0 && is_as_before())
        return true;
    if (!create || !error) {
        bool good = opens_well();
        remember();
        return good;
    }
    if (exists("sendco.db") || exists("sendco.db-wal"))
        return wrong("a database that could not be made is left");
    if (nth % AGAIN_EVERY != 0)
        return true;
    if (try(true, &opened, &problem))
        return wrong("it cannot be made when all is well again: %s", problem.message);
    shut(opened);
    return opens_well();
}

// The writer's silence comes, and it tidies up while things fail; or until the point has come, which may be in that.
static void wait_in_silence(const struct failing *failing, uint64_t nth)
{
    for (int i = 0; i < SILENCE_MS && (nth % SILENCE_EVERY == 0 || !failing->failed()); i++)
        usleep(1000);
}

bool open_try(bool create, const struct failing *failing, uint64_t nth, uint64_t *counted)
{
    struct store *opened = NULL;
    struct problem problem;
    threads_end = true;
    if (!directory[0])
        begin();
    if (create)
        forget();
    else if (!exists("sendco.db")) {
        if (try(true, &opened, &problem))
            return wrong("it cannot be made: %s", problem.message);
        shut(opened);
    }
    failing->arm(failing->variant, nth);
    int error = try(create, &opened, &problem);
    bool told = !error && strcmp(store_school(opened), "Nth") == 0 && store_demo(opened) && store_epoch(opened) == 1;
    if (!error) {
        wait_in_silence(failing, nth);
        shut(opened);
    }
    *counted = failing->disarm();
    if (error ? !is_named(error, &problem) : !told && !wrong("it opened and knows neither its name nor its epoch"))
        return false;
    if (exists("readonly")) { // the disk failed at the end: it says so
        forget();
        return true;
    }
    return is_left_well(create, error, nth);
}

void open_end(void)
{
    if (!directory[0])
        return;
    forget();
    free(before);
    rmdir(directory);
    unused.data = NULL;
    uv_close((uv_handle_t *)&unused, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}
