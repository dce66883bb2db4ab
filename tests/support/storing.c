// See storing.h.
#include "tests/support/storing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

struct store *store;
static uv_loop_t loop;
static char directory[64];
struct arena arena;
static uint64_t next_key;
struct scope storing_narrow; // what staff 99 may see
int64_t storing_narrow_pupils[4];
unsigned storing_readers;
const struct kind *pupil, *status, *target;

static int scope_of(struct view *view, const struct actor *actor, struct arena *memory, struct scope *scope)
{
    (void)view;
    (void)memory;
    *scope = actor->staff == 99 ? storing_narrow : scope_all;
    return 0;
}

struct wait {
    int result;
    int done;
};

static void on_done(int result, void *data)
{
    struct wait *wait = data;
    wait->result = result;
    wait->done = 1;
}

static int wait_for(struct wait *wait)
{
    while (!wait->done)
        uv_run(&loop, UV_RUN_ONCE);
    return wait->result;
}

struct change storing_change(enum change_verb verb)
{
    struct change change = {.verb = verb, .actor = {.staff = 1}, .now = 1700000000 + (int64_t)next_key, .today = 20600, .arena = &arena};
    next_key++;
    memcpy(change.key, &next_key, sizeof next_key);
    memcpy(change.hash, &next_key, sizeof next_key);
    problem_init(&change.problem, &arena);
    return change;
}

int storing_run(struct change *change)
{
    struct wait wait = {0, 0};
    store_write(store, change, on_done, &wait);
    return wait_for(&wait);
}

// put "field=value" pairs; ends with NULL
struct put_item storing_item(const struct kind *kind, int64_t id, uint64_t version, ...)
{
    struct put_item made = {.record = record_new(kind, &arena)};
    va_list list;
    va_start(list, version);
    made.record->id = id;
    made.record->version = version;
    for (const char *name; (name = va_arg(list, const char *)) != NULL;) {
        const char *text = va_arg(list, const char *);
        const struct field *field = field_find(kind, name);
        assert_non_null(field);
        struct value value;
        assert_int_equal(value_parse(field, text, 20600, &arena, &value, NULL), 0);
        made.record->values[field->index] = value;
        if (value.type == VALUE_EMPTY)
            made.cleared |= field_bit(field);
        else
            made.set |= field_bit(field);
    }
    va_end(list);
    return made;
}

int storing_put(struct put_item made, struct change *change)
{
    *change = storing_change(CHANGE_PUT);
    struct put_item *kept = arena_copy(&arena, &made, sizeof made);
    change->items = kept;
    change->n_items = 1;
    return storing_run(change);
}

int64_t storing_add(struct put_item made)
{
    struct change change;
    int error = storing_put(made, &change);
    if (error)
        fail_msg("%s", change.problem.message);
    return change.result.done[change.result.n_done - 1].id;
}

static int read_now(struct view *view, void *data)
{
    struct storing *reading = data;
    return reading->read(view, reading);
}

static struct wait current_wait;
static void on_read(int result, void *data)
{
    (void)data;
    on_done(result, &current_wait);
}

int storing_ask(struct storing *reading)
{
    current_wait = (struct wait){0, 0};
    problem_init(&reading->problem, &arena);
    if (!reading->actor.staff)
        reading->actor.staff = 1;
    store_read(store, &reading->actor, read_now, on_read, reading);
    return wait_for(&current_wait);
}

int storing_read(struct view *view, struct storing *reading)
{
    return reading->known ? view_get_known(view, reading->kind, reading->id, reading->known, &arena, &reading->record, &reading->problem)
                          : view_get(view, reading->kind, reading->id, &arena, &reading->record, &reading->problem);
}

struct record *storing_get(const struct kind *kind, int64_t id)
{
    struct storing reading = {.read = storing_read, .kind = kind, .id = id};
    int error = storing_ask(&reading);
    if (error)
        fail_msg("%s", reading.problem.message);
    return reading.record;
}

static int collect(struct record *record, void *data)
{
    struct storing *reading = data;
    if (reading->n < 512)
        reading->records[reading->n] = record;
    reading->n++;
    return 0;
}

int storing_list(struct view *view, struct storing *reading)
{
    int error = view_count(view, &reading->query, &reading->total, &reading->problem);
    return error ? error : view_list(view, &reading->query, &arena, &reading->page, collect, reading, &reading->problem);
}

int64_t storing_pupil(const char *surname, const char *forename)
{
    return storing_add(storing_item(pupil, -1, 0, "surname", surname, "forename", forename, "born", "2018-03-04", NULL));
}

int64_t storing_target(int64_t of)
{
    char id[ID_TEXT_MAX];
    return storing_add(storing_item(target, -1, 0, "pupil", id_format(pupil, of, id), "aim", "Reads ten words", "measure", "Nine of ten",
                                    "baseline", "Two", NULL));
}

int storing_open(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    uv_loop_init(&loop);
    snprintf(directory, sizeof directory, "/tmp/sendco-store-XXXXXX");
    assert_non_null(mkdtemp(directory));
    struct problem problem;
    problem_init(&problem, &arena);
    struct store_options options = {
        .directory = directory, .create = true, .school = "Test", .scope = scope_of, .readers = storing_readers};
    if (store_open(&options, &loop, &store, &problem))
        fail_msg("%s", problem.message);
    pupil = kind_find("Pupil");
    status = kind_find("SenStatus");
    target = kind_find("Target");
    return 0;
}

static void on_closed(void *data)
{
    *(int *)data = 1;
}

static void shut(void)
{
    int closed = 0;
    store_close(store, on_closed, &closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_DEFAULT);
}

void storing_reopen(const char *sql)
{
    char path[128];
    sqlite3 *db;
    struct problem problem;
    shut();
    snprintf(path, sizeof path, "%s/sendco.db", directory);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    problem_init(&problem, &arena);
    struct store_options options = {.directory = directory, .scope = scope_of, .readers = storing_readers};
    if (store_open(&options, &loop, &store, &problem))
        fail_msg("%s", problem.message);
}

int storing_close(void **state)
{
    (void)state;
    shut();
    assert_int_equal(uv_loop_close(&loop), 0);
    char path[128];
    const char *const files[] = {"sendco.db", "sendco.db-wal"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    rmdir(directory);
    arena_deinit(&arena);
    return 0;
}
