// The store through its two doors, on a real database in a directory of its own:
// merging, conflicts, spells, keys, undo, history, paging, scope, the chain.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "server/store/account.h"
#include "server/store/store.h"

static struct store *store;
static uv_loop_t loop;
static char directory[64];
static struct arena arena;
static uint64_t next_key;
static struct scope narrow;          // what staff 99 may see
static int64_t narrow_pupils[4];
static const struct kind *pupil, *status, *target;

static int scope_of(struct view *view, const struct actor *actor, struct arena *memory, struct scope *scope)
{
    (void)view;
    (void)memory;
    *scope = actor->staff == 99 ? narrow : scope_all;
    return 0;
}

struct wait { int result; int done; };

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

static struct change change_new(enum change_verb verb)
{
    struct change change = {.verb = verb, .actor = {.staff = 1}, .now = 1700000000 + (int64_t)next_key, .today = 20600, .arena = &arena};
    next_key++;
    memcpy(change.key, &next_key, sizeof next_key);
    memcpy(change.hash, &next_key, sizeof next_key);
    problem_init(&change.problem, &arena);
    return change;
}

static int run(struct change *change)
{
    struct wait wait = {0, 0};
    store_write(store, change, on_done, &wait);
    return wait_for(&wait);
}

// put "field=value" pairs; ends with NULL
static struct put_item item(const struct kind *kind, int64_t id, uint64_t version, ...)
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

static int put(struct put_item made, struct change *change)
{
    *change = change_new(CHANGE_PUT);
    struct put_item *kept = arena_copy(&arena, &made, sizeof made);
    change->items = kept;
    change->n_items = 1;
    return run(change);
}

static int64_t add(struct put_item made)
{
    struct change change;
    int error = put(made, &change);
    if (error)
        fail_msg("%s", change.problem.message);
    return change.result.done[change.result.n_done - 1].id;
}

struct reading {                     // a question to a view, and its answer
    struct actor actor;
    int (*read)(struct view *view, struct reading *reading);
    const struct kind *kind;
    int64_t id, known;
    const char *text;
    struct query query;
    struct query_page page;
    struct problem problem;
    struct record *record, *records[512];
    size_t n;
    uint64_t total, covered, changed[64];
};

static int read_now(struct view *view, void *data)
{
    struct reading *reading = data;
    return reading->read(view, reading);
}

static struct wait current_wait;
static void on_read(int result, void *data) { (void)data; on_done(result, &current_wait); }

static int ask(struct reading *reading)
{
    current_wait = (struct wait){0, 0};
    problem_init(&reading->problem, &arena);
    if (!reading->actor.staff)
        reading->actor.staff = 1;
    store_read(store, &reading->actor, read_now, on_read, reading);
    return wait_for(&current_wait);
}

static int do_get(struct view *view, struct reading *reading)
{
    return reading->known ? view_get_known(view, reading->kind, reading->id, reading->known, &arena, &reading->record, &reading->problem)
                          : view_get(view, reading->kind, reading->id, &arena, &reading->record, &reading->problem);
}

static struct record *get(const struct kind *kind, int64_t id)
{
    struct reading reading = {.read = do_get, .kind = kind, .id = id};
    int error = ask(&reading);
    if (error)
        fail_msg("%s", reading.problem.message);
    return reading.record;
}

static int collect(struct record *record, void *data)
{
    struct reading *reading = data;
    if (reading->n < 512)
        reading->records[reading->n] = record;
    reading->n++;
    return 0;
}

static int do_list(struct view *view, struct reading *reading)
{
    int error = view_count(view, &reading->query, &reading->total, &reading->problem);
    return error ? error : view_list(view, &reading->query, &arena, &reading->page, collect, reading, &reading->problem);
}

static int64_t new_pupil(const char *surname, const char *forename)
{
    return add(item(pupil, -1, 0, "surname", surname, "forename", forename, "born", "2018-03-04", NULL));
}

static int64_t new_target(int64_t of)
{
    char id[ID_TEXT_MAX];
    return add(item(target, -1, 0, "pupil", id_format(pupil, of, id), "aim", "Reads ten words", "measure", "Nine of ten", "baseline", "Two", NULL));
}

// --- tests ---

static void test_add_and_read(void **state)
{
    (void)state;
    int64_t id = new_pupil("O’Brien", "Seán");
    struct record *record = get(pupil, id);
    assert_string_equal(record_text(record, "surname"), "O’Brien");
    assert_false(record_has(record, "eal"));
    assert_int_equal(record->version, 1);
    assert_int_equal(record->about, id);
}

static void test_disjoint_merge(void **state)
{
    (void)state;
    int64_t id = new_target(new_pupil("Merge", "A"));
    struct change change;
    assert_int_equal(put(item(target, id, 1, "status", "met", NULL), &change), 0);
    change.actor.staff = 2;
    assert_int_equal(put(item(target, id, 1, "progress", "Good", NULL), &change), 0);
    assert_int_equal(change.result.n_merged, 1);
    assert_string_equal(target->fields[change.result.merged[0].field].name, "status");
    struct record *record = get(target, id);
    assert_int_equal(record_number(record, "status"), 2);
    assert_string_equal(record_text(record, "progress"), "Good");
    assert_int_equal(record->version, 3);
}

static void test_conflicts(void **state)
{
    (void)state;
    int64_t id = new_target(new_pupil("Conflict", "A"));
    struct change change;
    assert_int_equal(put(item(target, id, 1, "progress", "Mine", NULL), &change), 0);
    assert_int_equal(put(item(target, id, 1, "progress", "Yours", NULL), &change), ERR_CONFLICT);
    assert_int_equal(change.problem.n_fields, 1);
    assert_string_equal(change.problem.fields[0].theirs.text, "Mine");
    assert_string_equal(change.problem.fields[0].yours.text, "Yours");
    assert_int_equal(change.problem.fields[0].base.type, VALUE_EMPTY);
    assert_int_equal(put(item(target, id, 1, "progress", "Mine", NULL), &change), 0);   // equal: silent
    assert_int_equal(put(item(target, id, 2, "aim", "Reads twenty", NULL), &change), 0);
    assert_int_equal(put(item(target, id, 2, "due", "2026-12-01", NULL), &change), ERR_CONFLICT);   // one group
    assert_string_equal(record_text(get(target, id), "aim"), "Reads twenty");
    struct put_item strict = item(target, id, 1, "baseline", "Three", NULL);
    change = change_new(CHANGE_PUT);
    change.items = &strict;
    change.n_items = 1;
    change.strict = true;
    assert_int_equal(run(&change), ERR_CONFLICT);
    assert_int_equal(put(item(target, id, 77, "baseline", "Three", NULL), &change), ERR_INVALID);
}

static void test_same_key(void **state)
{
    (void)state;
    struct put_item made = item(pupil, -1, 0, "surname", "Once", "born", "2018-03-04", NULL);
    struct change change = change_new(CHANGE_PUT), again;
    change.items = &made;
    change.n_items = 1;
    again = change;
    assert_int_equal(run(&change), 0);
    assert_int_equal(run(&again), 0);
    assert_true(again.result.replayed);
    assert_int_equal(again.result.done[0].id, change.result.done[0].id);
    assert_int_equal(again.result.from_seq, change.result.from_seq);
    again.hash[0] ^= 1;
    assert_int_equal(run(&again), ERR_INVALID);
}

static void test_spells(void **state)
{
    (void)state;
    char id[ID_TEXT_MAX];
    id_format(pupil, new_pupil("Spell", "A"), id);
    struct change change;
    int64_t first = add(item(status, -1, 0, "pupil", id, "provision", "N", "starts", "2025-09-01", NULL));
    assert_int_equal(put(item(status, -1, 0, "pupil", id, "provision", "K", "starts", "2026-01-10", NULL), &change), 0);
    assert_int_equal(change.result.n_done, 2);
    assert_true(change.result.done[0].caused);
    struct record *closed = get(status, first);
    char date[DATE_TEXT_MAX];
    assert_string_equal(date_iso((int32_t)record_number(closed, "ends"), date), "2026-01-09");
    // the same day again, and news to an author who had not seen it
    assert_int_equal(put(item(status, -1, 0, "pupil", id, "provision", "E", "starts", "2026-01-10", NULL), &change), ERR_CONFLICT);
    struct put_item made = item(status, -1, 0, "pupil", id, "provision", "E", "starts", "2026-02-01", NULL);
    struct change unaware = change_new(CHANGE_PUT);
    unaware.items = &made;
    unaware.n_items = 1;
    unaware.has_seen = true;
    unaware.seen = 1;
    assert_int_equal(run(&unaware), ERR_CONFLICT);
    // as at a date
    struct reading reading = {.read = do_list};
    query_init(&reading.query, status);
    reading.query.about = closed->about;
    reading.query.as_at = (int32_t)record_number(closed, "ends");
    assert_int_equal(ask(&reading), 0);
    assert_int_equal(reading.n, 1);
    assert_string_equal(record_text(reading.records[0], "provision"), "N");
    assert_int_equal(put(item(status, -1, 0, "pupil", id, "provision", "Q", "starts", "2026-03-01", NULL), &change), ERR_INVALID);
    assert_int_equal(put(item(status, -1, 0, "pupil", id, "provision", "A", "starts", "2026-03-01", NULL), &change), ERR_INVALID);   // expired
}

static void test_unique_and_references(void **state)
{
    (void)state;
    struct change change;
    int64_t first = add(item(pupil, -1, 0, "surname", "U", "born", "2018-03-04", "upn", "B801200005001", NULL));
    assert_int_equal(put(item(pupil, -1, 0, "surname", "V", "born", "2018-03-04", "upn", "B801200005001", NULL), &change), ERR_INVALID);
    assert_int_equal(change.problem.n_fields, 1);
    assert_int_equal(put(item(target, -1, 0, "pupil", "999999", "aim", "x", NULL), &change), ERR_INVALID);
    assert_int_equal(put(item(target, -1, 0, "aim", "x", NULL), &change), ERR_INVALID);
    new_target(first);
    change = change_new(CHANGE_REMOVE);
    change.kind = pupil;
    change.id = first;
    assert_int_equal(run(&change), ERR_INVALID);   // the target refers to it
    assert_non_null(strstr(change.problem.message, "TGT-"));
}

static void test_temporary_ids(void **state)
{
    (void)state;
    struct put_item made[2] = {item(pupil, -1, 0, "surname", "Temp", "born", "2018-03-04", NULL), item(target, -2, 0, "aim", "x", NULL)};
    record_set(made[1].record, "pupil", value_number(-1));
    made[1].set |= field_bit(field_find(target, "pupil"));
    struct change change = change_new(CHANGE_PUT);
    change.items = made;
    change.n_items = 2;
    change.batched = true;
    assert_int_equal(run(&change), 0);
    assert_int_equal(change.result.done[1].temporary, -2);
    assert_int_equal(get(target, change.result.done[1].id)->about, change.result.done[0].id);
    assert_int_equal(change.result.to_seq, change.result.from_seq + 1);
    struct change undo = change_new(CHANGE_UNDO);
    undo.batch = change.result.batch;
    assert_int_equal(run(&undo), 0);
    assert_int_equal(undo.result.n_done, 2);
    assert_int_equal(undo.result.n_skipped, 0);
    // all or nothing
    made[1].record->values[field_find(target, "pupil")->index] = value_number(-9);
    change = change_new(CHANGE_PUT);
    change.items = made;
    change.n_items = 2;
    uint64_t seq = store_seq(store);
    assert_int_equal(run(&change), ERR_INVALID);
    assert_int_equal(store_seq(store), seq);
}

static void test_remove_and_undo(void **state)
{
    (void)state;
    int64_t id = new_target(new_pupil("Gone", "A"));
    struct change change = change_new(CHANGE_REMOVE);
    change.kind = target;
    change.id = id;
    change.version = 1;
    change.reason = "typed twice";
    assert_int_equal(run(&change), 0);
    struct reading reading = {.read = do_get, .kind = target, .id = id};
    assert_int_equal(ask(&reading), ERR_NOT_FOUND);
    assert_non_null(strstr(reading.problem.message, "removed by"));
    assert_int_equal(put(item(target, id, 1, "progress", "late", NULL), &change), ERR_CONFLICT);
    change = change_new(CHANGE_UNDO);
    change.kind = target;
    change.id = id;
    assert_int_equal(run(&change), 0);
    assert_int_equal(get(target, id)->version, 3);
    assert_int_equal(put(item(target, id, 3, "progress", "one", NULL), &change), 0);
    assert_int_equal(put(item(target, id, 4, "status", "met", NULL), &change), 0);
    change = change_new(CHANGE_UNDO);   // an older one, merged with what came after
    change.kind = target;
    change.id = id;
    change.version = 4;
    assert_int_equal(run(&change), 0);
    assert_false(record_has(get(target, id), "progress"));
    assert_int_equal(record_number(get(target, id), "status"), 2);
}

static int on_entry(const struct entry *entry, void *data)
{
    struct reading *reading = data;
    reading->changed[reading->n++] = entry->changed;
    return 0;
}
static int do_history(struct view *view, struct reading *reading)
{
    return view_history(view, reading->kind, reading->id, &arena, on_entry, reading, &reading->problem);
}

static void test_history_and_as_known(void **state)
{
    (void)state;
    int64_t id = new_target(new_pupil("Past", "A"));
    struct change change;
    assert_int_equal(put(item(target, id, 1, "progress", "then", NULL), &change), 0);
    int64_t then = change.now;
    assert_int_equal(put(item(target, id, 2, "progress", "now", NULL), &change), 0);
    struct reading reading = {.read = do_history, .kind = target, .id = id};
    assert_int_equal(ask(&reading), 0);
    assert_int_equal(reading.n, 3);
    assert_int_equal(reading.changed[2], field_bit(field_find(target, "progress")));
    struct reading known = {.read = do_get, .kind = target, .id = id, .known = then};
    assert_int_equal(ask(&known), 0);
    assert_string_equal(record_text(known.record, "progress"), "then");
    struct reading list = {.read = do_list};
    query_init(&list.query, target);
    list.query.as_known = then;
    query_where(&list.query, "progress", OP_EQ, value_text("then"));
    assert_int_equal(ask(&list), 0);
    assert_int_equal(list.n, 1);
    assert_int_equal(list.total, 1);
    assert_int_equal(list.records[0]->id, id);
}

static void test_paging(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++) {
        char name[16];
        snprintf(name, sizeof name, "Page%02d", (i * 7) % 25);
        new_pupil(name, i % 2 ? "B" : "A");
    }
    struct reading reading = {.read = do_list};
    query_init(&reading.query, pupil);
    query_where(&reading.query, "surname", OP_CONTAINS, value_text("page"));
    reading.query.order[0] = (struct order){.field = field_find(pupil, "forename"), .descending = true};
    reading.query.order[1] = (struct order){.field = NULL};
    reading.query.n_order = 2;
    reading.query.limit = 4;
    int pages = 0;
    do {
        reading.query.page = reading.page.next;
        reading.query.page_size = reading.page.next_size;
        assert_int_equal(ask(&reading), 0);
        pages++;
    } while (reading.page.next);
    assert_int_equal(pages, 7);
    assert_int_equal(reading.n, 25);
    assert_int_equal(reading.total, 25);
    for (size_t i = 1; i < reading.n; i++) {
        int by_forename = strcmp(record_text(reading.records[i - 1], "forename"), record_text(reading.records[i], "forename"));
        assert_true(by_forename >= 0);
        if (!by_forename)
            assert_true(strcmp(record_text(reading.records[i - 1], "surname"), record_text(reading.records[i], "surname")) < 0);
    }
}

static void test_scope(void **state)
{
    (void)state;
    int64_t mine = new_pupil("Mine", "A"), other = new_pupil("Other", "B"), mine_target = new_target(mine), other_target = new_target(other);
    memset(&narrow, 0, sizeof narrow);
    narrow.read[CLASS_C0][SUBJECT_PUPIL] = narrow.read[CLASS_C1][SUBJECT_PUPIL] = REACH_OWN;
    narrow.write[CLASS_C1][SUBJECT_PUPIL] = REACH_OWN;
    narrow_pupils[0] = mine;
    narrow.own[SUBJECT_PUPIL] = (struct id_set){narrow_pupils, 1};
    struct reading reading = {.actor = {.staff = 99}, .read = do_list};
    query_init(&reading.query, pupil);
    assert_int_equal(ask(&reading), 0);
    assert_int_equal(reading.n, 1);
    assert_int_equal(reading.total, 1);
    assert_true(reading.records[0]->withheld & field_bit(field_find(pupil, "upn")));
    struct reading one = {.actor = {.staff = 99}, .read = do_get, .kind = target, .id = other_target};
    assert_int_equal(ask(&one), ERR_NOT_FOUND);
    struct reading denied = {.actor = {.staff = 99}, .read = do_list};
    query_init(&denied.query, pupil);
    query_where(&denied.query, "upn", OP_EQ, value_text("B801200005001"));
    assert_int_equal(ask(&denied), ERR_DENIED);
    struct put_item made = item(target, mine_target, 1, "progress", "ok", NULL);
    struct change change = change_new(CHANGE_PUT);
    change.actor.staff = 99;
    change.items = &made;
    change.n_items = 1;
    assert_int_equal(run(&change), 0);
    made = item(pupil, mine, 1, "known_as", "Mimi", NULL);
    change = change_new(CHANGE_PUT);
    change.actor.staff = 99;
    change.items = &made;
    change.n_items = 1;
    assert_int_equal(run(&change), ERR_DENIED);
    // another's pupil and one that is not there read alike
    char text[2][640], ids[2][ID_TEXT_MAX];
    int64_t about[2] = {other, 999999};
    for (int i = 0; i < 2; i++) {
        made = item(target, -1, 0, "pupil", id_format(pupil, about[i], ids[i]), "aim", "x", NULL);
        change = change_new(CHANGE_PUT);
        change.actor.staff = 99;
        change.items = &made;
        change.n_items = 1;
        assert_int_equal(run(&change), ERR_INVALID);
        char *at = strstr(change.problem.message, ids[i]);
        assert_non_null(at);
        memset(at, '#', strlen(ids[i]));
        snprintf(text[i], sizeof text[i], "%.*s", (int)(at - change.problem.message), change.problem.message);
    }
    assert_string_equal(text[0], text[1]);
}

static int on_hit(const struct hit *hit, void *data)
{
    struct reading *reading = data;
    reading->id = hit->id;
    reading->n++;
    return 0;
}
static int do_search(struct view *view, struct reading *reading)
{
    bool capped;
    return view_search(view, reading->text, NULL, 0, 20, &arena, on_hit, reading, &capped, &reading->problem);
}

static void test_search(void **state)
{
    (void)state;
    int64_t id = new_pupil("Wiśniewska-O’Hara", "Łucja");
    const char *const words[] = {"lucja", "Łucja wis", "ohara", "o'hara", "hara lucja", "wisniewskaohara"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct reading reading = {.read = do_search, .text = words[i]};
        assert_int_equal(ask(&reading), 0);
        if (reading.n != 1 || reading.id != id)
            fail_msg("%s: %zu hits", words[i], reading.n);
    }
    struct change change;
    assert_int_equal(put(item(pupil, id, 1, "forename", "Zofia", NULL), &change), 0);
    struct reading gone = {.read = do_search, .text = "lucja"};
    assert_int_equal(ask(&gone), 0);
    assert_int_equal(gone.n, 0);
    struct reading other = {.actor = {.staff = 99}, .read = do_search, .text = "zofia"};
    assert_int_equal(ask(&other), 0);
    assert_int_equal(other.n, 0);
    struct reading nothing = {.read = do_search, .text = "\"* - '"};
    assert_int_equal(ask(&nothing), ERR_INVALID);
}

static int on_commit(struct commit *commit, void *data)
{
    struct reading *reading = data;
    assert_int_equal(commit->from_seq, reading->covered + 1);
    assert_int_equal(commit->to_seq, commit->from_seq + commit->n_rows - 1);
    reading->covered = commit->to_seq;
    reading->n++;
    commit_unref(commit);
    return 0;
}
static int do_commits(struct view *view, struct reading *reading)
{
    return view_commits(view, reading->covered, 0, on_commit, reading, &reading->problem);
}

static void test_log_feed_joins(void **state)
{
    (void)state;
    struct reading reading = {.read = do_commits};
    assert_int_equal(ask(&reading), 0);
    assert_int_equal(reading.covered, store_seq(store));
    assert_true(reading.n > 50);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    uv_loop_init(&loop);
    snprintf(directory, sizeof directory, "/tmp/sendco-store-XXXXXX");
    assert_non_null(mkdtemp(directory));
    struct problem problem;
    problem_init(&problem, &arena);
    struct store_options options = {.directory = directory, .create = true, .school = "Test", .scope = scope_of};
    if (store_open(&options, &loop, &store, &problem))
        fail_msg("%s", problem.message);
    pupil = kind_find("Pupil");
    status = kind_find("SenStatus");
    target = kind_find("Target");
    return 0;
}

static void on_closed(void *data) { *(int *)data = 1; }

static int teardown(void **state)
{
    (void)state;
    int closed = 0;
    store_close(store, on_closed, &closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_DEFAULT);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_and_read),     cmocka_unit_test(test_disjoint_merge),        cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_same_key),         cmocka_unit_test(test_spells),                cmocka_unit_test(test_unique_and_references),
        cmocka_unit_test(test_temporary_ids),    cmocka_unit_test(test_remove_and_undo),       cmocka_unit_test(test_history_and_as_known),
        cmocka_unit_test(test_paging),           cmocka_unit_test(test_scope),                 cmocka_unit_test(test_search),
        cmocka_unit_test(test_log_feed_joins),
    };
    return cmocka_run_group_tests_name("store", tests, setup, teardown);
}
