// The store when it is asked oddly: changes that two make together and that neither could make
// alone, rules that cause without end, more questions than are kept, databases that are not
// what they should be. On a real database in a directory of its own. One thread.
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

#include "tests/support/storing.h"

static const struct kind *class;

// --- changes ---

static int on_one(enum change_verb verb, const struct kind *kind, int64_t id, uint64_t version, struct change *change)
{
    *change = storing_change(verb);
    change->kind = kind;
    change->id = id;
    change->version = version;
    return storing_run(change);
}

static bool says(const struct record *record, const char *field, const char *word)
{
    const char *text = record_text(record, field);
    return text && strncmp(text, word, strlen(word)) == 0;
}

// No year 3 in the cellar: neither the room nor the year is wrong by itself.
static int no_cellar(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    if (!after || !says(after, "room", "Cellar") || !says(after, "year", "3"))
        return 0;
    return problem_set(problem, ERR_INVALID, "there is no room for year 3 in the cellar");
}

static void test_what_only_two_together_do_wrong_is_a_conflict(void **state)
{
    (void)state;
    struct change change;
    store_on_put(store, class, no_cellar, NULL);
    int64_t id = storing_add(storing_item(class, -1, 0, "name", "3C", "year", "2", "room", "Hall", NULL));
    assert_int_equal(storing_put(storing_item(class, id, 1, "room", "Cellar", NULL), &change), 0);
    assert_int_equal(storing_put(storing_item(class, id, 1, "year", "3", NULL), &change), ERR_CONFLICT);
    assert_non_null(strstr(change.problem.message, "with what "));
    assert_non_null(strstr(change.problem.message, "no room for year 3"));
    assert_int_equal(storing_put(storing_item(class, id, 2, "year", "3", NULL), &change), ERR_INVALID); // who had seen it
    assert_int_equal(storing_put(storing_item(class, id, 1, "year", "3", "room", "Cellar", NULL), &change),
                     ERR_INVALID); // all of it theirs
    assert_string_equal(record_text(storing_get(class, id), "year"), "2");
}

static void test_a_removal_by_one_who_has_not_seen_all(void **state)
{
    (void)state;
    struct change change;
    int64_t id = storing_target(storing_pupil("Unseen", "A"));
    assert_int_equal(storing_put(storing_item(target, id, 1, "note", "new", NULL), &change), 0);
    assert_int_equal(on_one(CHANGE_REMOVE, target, id, 1, &change), ERR_CONFLICT);
    assert_string_equal(change.problem.fields[0].theirs.text, "new");
    assert_int_equal(storing_put(storing_item(target, id, 2, "note", "", NULL), &change), 0);
    assert_int_equal(on_one(CHANGE_REMOVE, target, id, 1, &change), 0); // it is what they saw again
    assert_int_equal(on_one(CHANGE_REMOVE, target, id, 4, &change), ERR_CONFLICT);
    assert_non_null(strstr(change.problem.message, "removed"));
    assert_int_equal(storing_put(storing_item(target, id, 4, "note", "x", NULL), &change), ERR_CONFLICT);
    struct put_item back = storing_item(target, id, 3, "note", "x", NULL);
    back.restore = true;
    assert_int_equal(storing_put(back, &change), ERR_CONFLICT); // whoever brings it back has seen that it is gone
    back.record->version = 4;
    assert_int_equal(storing_put(back, &change), 0);
    assert_string_equal(record_text(storing_get(target, id), "note"), "x");
}

static void test_an_edit_says_what_it_saw(void **state)
{
    (void)state;
    struct change change;
    int64_t id = storing_target(storing_pupil("Saw", "A"));
    assert_int_equal(storing_put(storing_item(target, id, 0, "note", "x", NULL), &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.message, "which version"));
    assert_int_equal(storing_put(storing_item(target, id, 1, "pupil", "999999", NULL), &change), ERR_INVALID);
    assert_int_equal(storing_put(storing_item(target, id, 1, "plan", "-7", NULL), &change), ERR_INVALID); // no such record here
    assert_int_equal(storing_get(target, id)->version, 1);
}

// --- what rules may do ---

static int caused; // how deep a chain of changes is to go; below 0: nothing

static int cause_another(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after || !says(after, "name", "Chain") || caused-- <= 0)
        return 0;
    struct record *next = record_new(class, view ? &arena : NULL);
    char name[20];
    snprintf(name, sizeof name, "Chain %d", caused);
    record_set(next, "name", value_text(arena_strdup(&arena, name)));
    int64_t id = 0;
    int error = view_put(view, next, field_bit(field_find(class, "name")), &id, problem);
    assert_true(error || id > 0);
    return error;
}

static void test_changes_that_cause_changes_have_an_end(void **state)
{
    (void)state;
    struct change change;
    store_on_put(store, class, NULL, cause_another);
    caused = 3;
    assert_int_equal(storing_put(storing_item(class, -1, 0, "name", "Chain", NULL), &change), 0);
    assert_int_equal(change.result.n_done, 4);
    uint64_t seq = store_seq(store);
    caused = 100;
    assert_int_equal(storing_put(storing_item(class, -1, 0, "name", "Chains", NULL), &change), ERR_INTERNAL);
    assert_non_null(strstr(change.problem.message, "deep"));
    assert_int_equal(store_seq(store), seq);
    caused = -1;
}

#define TOLD 1000 // WARNINGS_MOST

static int warn_often(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    (void)problem;
    for (int i = 0; after && says(after, "room", "Warned") && i < TOLD + 50; i++)
        view_warn(view, after, i % 2 ? "room" : NULL, "Warning %d", i);
    return 0;
}

static void test_warnings_have_an_end(void **state)
{
    (void)state;
    struct change change;
    store_on_put(store, class, warn_often, NULL);
    assert_int_equal(storing_put(storing_item(class, -1, 0, "name", "Warned", "room", "Warned", NULL), &change), 0);
    assert_int_equal(change.result.n_warnings, TOLD);
    assert_string_equal(change.result.warnings[TOLD - 1].message, "Warning 999");
    assert_int_equal(change.result.warnings[0].field, -1);
    assert_int_equal(change.result.warnings[1].field, field_find(class, "room")->index);
}

// What belongs to the writer does nothing, and says so, where one only reads.
static int try_to_change(struct view *view, struct storing *reading)
{
    int64_t id = 0;
    int error = storing_read(view, reading);
    assert_int_equal(error, 0);
    assert_int_equal(view_put(view, reading->record, 1, &id, &reading->problem), ERR_INTERNAL);
    view_warn(view, reading->record, NULL, "nobody is told");
    assert_false(view_changed(view, reading->record));
    assert_false(view_made(view, reading->kind, reading->id));
    assert_true(view_once(view, reading->record));
    assert_true(view_once(view, reading->record));
    assert_null(view_keep(view, reading->record, 8));
    return 0;
}

static void test_one_who_reads_changes_nothing(void **state)
{
    (void)state;
    int64_t id = storing_pupil("Read", "Only");
    uint64_t seq = store_seq(store);
    struct storing reading = {.read = try_to_change, .kind = pupil, .id = id};
    assert_int_equal(storing_ask(&reading), 0);
    assert_non_null(strstr(reading.problem.message, "only reads"));
    assert_int_equal(store_seq(store), seq);
}

// --- questions ---

static const char *const texts[] = {"forename", "known_as", "sex", "upn", "former_upn", "year",
                                    "entered",  "left",     "eal", "fsm", "attendance"};
#define TEXTS (sizeof texts / sizeof *texts)

static uint64_t asked(unsigned form, struct storing *listing)
{
    *listing = (struct storing){.read = storing_list};
    query_init(&listing->query, pupil);
    for (size_t i = 0; i < TEXTS; i++)
        if (form >> i & 1)
            query_where(&listing->query, texts[i], OP_EMPTY, value_text(""));
    assert_int_equal(storing_ask(listing), 0);
    return listing->total;
}

static bool fits(const struct record *record, unsigned form)
{
    for (size_t i = 0; i < TEXTS; i++)
        if (form >> i & 1 && record_has(record, texts[i]))
            return false;
    return true;
}

// Clients choose the form; those that nobody has asked for long are forgotten, and asked again are made again.
static void test_more_forms_of_a_question_than_are_kept(void **state)
{
    (void)state;
    struct change change;
    struct storing all, listing;
    int64_t one = storing_pupil("Forms", "A");
    assert_int_equal(
        storing_put(storing_item(pupil, one, 1, "known_as", "Fo", "year", "3", "eal", "yes", "attendance", "93.1", NULL), &change), 0);
    asked(0, &all);
    for (int round = 0; round < 2; round++)
        for (unsigned form = 1; form < 1u << TEXTS; form += round ? 97 : 1) {
            uint64_t expected = 0, total = asked(form, &listing);
            for (size_t i = 0; i < all.n; i++)
                expected += fits(all.records[i], form);
            if (total != expected)
                fail_msg("form %x: %llu, not %llu", form, (unsigned long long)total, (unsigned long long)expected);
            if (form % 512 == 0)
                assert_int_equal(storing_get(pupil, one)->id, one); // asked by its id, as ever
        }
}

static void test_conditions_and_what_they_are_about(void **state)
{
    (void)state;
    struct query query;
    query_init(&query, pupil);
    for (int i = 0; i < QUERY_CONDITIONS + 5; i++)
        query_where(&query, "surname", OP_SET, value_text(""));
    assert_int_equal(query.n_where, QUERY_CONDITIONS);
    struct storing listing = {.read = storing_list};
    query_init(&listing.query, pupil);
    query_where(&listing.query, "colour", OP_SET, value_text(""));
    assert_int_equal(storing_ask(&listing), ERR_INVALID);
    assert_non_null(strstr(listing.problem.message, "no field of Pupil"));
    query_init(&query, target);
    assert_true(query_about(&query, pupil, 1));
    assert_null(query.in);
    assert_true(query_about(&query, class, 1)); // whoever is in it
    assert_non_null(query.in);
    assert_false(query_about(&query, kind_find("Code"), 1));
    assert_false(query_about(&query, kind_find("Staff"), 1));
    query_init(&query, kind_find("Code"));
    assert_false(query_about(&query, pupil, 1));
    query_init(&query, kind_find("ClassMembership"));
    assert_true(query_about(&query, class, 1));
    assert_ptr_equal(query.in, field_find(query.kind, "class"));
}

// --- databases ---

static char place[64];
static uv_loop_t loop;

static void on_closed(void *data)
{
    *(bool *)data = true;
}

// Opens the database in `place`; what went wrong is in the problem. Closed again.
static int opened(bool create, unsigned readers, struct problem *problem)
{
    struct store_options options = {.directory = place, .create = create, .readers = readers};
    struct store *other = NULL;
    bool closed = false;
    problem_init(problem, NULL);
    int error = store_open(&options, &loop, &other, problem);
    if (error)
        return error;
    store_close(other, on_closed, &closed);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    return 0;
}

static void on_database(const char *sql)
{
    char path[100];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/sendco.db", place);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void remove_place(void)
{
    static const char *const files[] = {"sendco.db", "sendco.db-wal", "readonly"};
    char path[100];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", place, files[i]);
        unlink(path);
    }
    rmdir(place);
}

static void mark(bool readonly)
{
    char path[100];
    snprintf(path, sizeof path, "%s/readonly", place);
    if (!readonly) {
        unlink(path);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void expect(int error, const char *words, bool create)
{
    struct problem problem;
    int got = opened(create, 0, &problem);
    if (got != error || (words && !strstr(problem.message, words)))
        fail_msg("%d, %s", got, problem.message);
    assert_true(!error || problem_next(&problem)[0]);
}

static void test_databases_that_are_not_what_they_should_be(void **state)
{
    (void)state;
    struct problem problem;
    assert_int_equal(uv_loop_init(&loop), 0);
    snprintf(place, sizeof place, "/tmp/sendco-odd-XXXXXX");
    assert_non_null(mkdtemp(place));
    expect(ERR_CONFIG, "there is no database in", false);
    assert_int_equal(opened(true, 99, &problem), 0);
    expect(ERR_CONFIG, "there is a database already", true);
    assert_int_equal(opened(false, 1, &problem), 0);
    on_database("PRAGMA user_version = 9000");
    expect(ERR_VERSION, "made by a newer sendcod", false);
    on_database("PRAGMA user_version = 2; PRAGMA application_id = 7");
    expect(ERR_CONFIG, "not a sendco database", false);
    on_database("PRAGMA application_id = 0");
    expect(ERR_CONFIG, "not a sendco database", false);
    remove_place();
    assert_int_equal(uv_loop_close(&loop), 0);
}

// A column of a kind that is newer than the database is added; not where nothing may be changed.
static void test_an_older_database_is_brought_into_form(void **state)
{
    (void)state;
    struct problem problem;
    assert_int_equal(uv_loop_init(&loop), 0);
    snprintf(place, sizeof place, "/tmp/sendco-odd-XXXXXX");
    assert_non_null(mkdtemp(place));
    assert_int_equal(opened(true, 0, &problem), 0);
    on_database("ALTER TABLE pupil DROP COLUMN known_as; DELETE FROM meta WHERE key IN ('school', 'epoch');");
    mark(true);
    expect(ERR_READONLY, "bring the database into its own form first", false);
    mark(false);
    expect(0, NULL, false);
    mark(true);
    expect(0, NULL, false); // now it is in form
    on_database("SELECT known_as FROM pupil");
    remove_place();
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int open_with_class(void **state)
{
    class = kind_find("SchoolClass");
    return storing_open(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_only_two_together_do_wrong_is_a_conflict),
        cmocka_unit_test(test_a_removal_by_one_who_has_not_seen_all),
        cmocka_unit_test(test_an_edit_says_what_it_saw),
        cmocka_unit_test(test_changes_that_cause_changes_have_an_end),
        cmocka_unit_test(test_warnings_have_an_end),
        cmocka_unit_test(test_one_who_reads_changes_nothing),
        cmocka_unit_test(test_more_forms_of_a_question_than_are_kept),
        cmocka_unit_test(test_conditions_and_what_they_are_about),
        cmocka_unit_test(test_databases_that_are_not_what_they_should_be),
        cmocka_unit_test(test_an_older_database_is_brought_into_form),
    };
    return cmocka_run_group_tests_name("store, odd", tests, open_with_class, storing_close);
}
