// Taking back what cannot be taken back, or not by this person, or in part: each is refused with
// its reason, and nothing is changed; of a batch what is refused is left alone, whosever it is.
// One thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/storing.h"

static int on_one(enum change_verb verb, const struct kind *kind, int64_t id, uint64_t version, struct change *change)
{
    *change = storing_change(verb);
    change->kind = kind;
    change->id = id;
    change->version = version;
    return storing_run(change);
}

static void refuses(const struct kind *kind, int64_t id, uint64_t version, int error, const char *words)
{
    struct change change;
    uint64_t seq = store_seq(store);
    int got = on_one(CHANGE_UNDO, kind, id, version, &change);
    if (got != error || !strstr(change.problem.message, words))
        fail_msg("%d, %s", got, change.problem.message);
    assert_true(problem_next(&change.problem)[0] != 0);
    assert_int_equal(store_seq(store), seq);
}

static void test_versions_that_cannot_be_taken_back(void **state)
{
    (void)state;
    static const char only_newest[] = "only the newest version can be taken back";
    struct change change;
    int64_t id = storing_target(storing_pupil("Versions", "A"));
    assert_int_equal(on_one(CHANGE_REMOVE, target, id, 1, &change), 0);
    assert_int_equal(on_one(CHANGE_UNDO, target, id, 2, &change), 0); // brings it back
    assert_int_equal(storing_put(storing_item(target, id, 3, "note", "x", NULL), &change), 0);
    refuses(target, id, 1, ERR_INVALID, only_newest); // the adding
    refuses(target, id, 2, ERR_INVALID, only_newest); // the removing
    refuses(target, id, 3, ERR_INVALID, only_newest); // the bringing back
    refuses(target, id, 5, ERR_INVALID, "has no version 5");
    refuses(target, 999999, 0, ERR_NOT_FOUND, "there is no target");
    assert_int_equal(on_one(CHANGE_UNDO, target, id, 4, &change), 0);
    assert_false(record_has(storing_get(target, id), "note"));
}

static void test_an_older_version_is_merged_into_what_came_since(void **state)
{
    (void)state;
    struct change change;
    int64_t id = storing_target(storing_pupil("Older", "A"));
    assert_int_equal(storing_put(storing_item(target, id, 1, "note", "old", "measure", "", NULL), &change), 0);
    assert_int_equal(storing_put(storing_item(target, id, 2, "progress", "good", NULL), &change), 0);
    assert_int_equal(on_one(CHANGE_UNDO, target, id, 2, &change), 0);
    struct record *now = storing_get(target, id);
    assert_false(record_has(now, "note"));
    assert_string_equal(record_text(now, "measure"), "Nine of ten");
    assert_string_equal(record_text(now, "progress"), "good");
    assert_int_equal(storing_put(storing_item(target, id, 4, "progress", "better", NULL), &change), 0);
    refuses(target, id, 3, ERR_CONFLICT, "");
}

// --- spells ---

static struct put_item status_of(int64_t temporary, int64_t of, const char *code, const char *from)
{
    char id[ID_TEXT_MAX];
    return storing_item(status, temporary, 0, "pupil", id_format(pupil, of, id), "provision", code, "starts", from, NULL);
}

static bool runs(int64_t spell)
{
    return !record_has(storing_get(status, spell), "ends");
}

// Of several spells that one request closed only the one that gave way to this one runs again.
static void test_only_its_own_predecessor_runs_again(void **state)
{
    (void)state;
    struct change change = storing_change(CHANGE_PUT);
    int64_t of[3], first[3], second[3];
    struct put_item items[3];
    for (int i = 0; i < 3; i++) {
        of[i] = storing_pupil("Spells", "A");
        first[i] = storing_add(status_of(-1, of[i], "N", "2025-09-01"));
        items[i] = status_of(-1 - i, of[i], "K", "2026-01-10");
    }
    change.items = items;
    change.n_items = 3;
    assert_int_equal(storing_run(&change), 0);
    for (size_t i = 0; i < change.result.n_done; i++)
        if (!change.result.done[i].caused)
            second[-1 - change.result.done[i].temporary] = change.result.done[i].id;
    assert_int_equal(on_one(CHANGE_UNDO, status, second[1], 0, &change), 0);
    assert_true(runs(first[1]) && !runs(first[0]) && !runs(first[2]));
    // what somebody changed since stays as they left it
    uint64_t version = storing_get(status, first[2])->version;
    assert_int_equal(storing_put(storing_item(status, first[2], version, "ends", "2025-12-19", NULL), &change), 0);
    assert_int_equal(on_one(CHANGE_UNDO, status, second[2], 0, &change), 0);
    assert_false(runs(first[2]));
    assert_int_equal(on_one(CHANGE_REMOVE, status, first[0], storing_get(status, first[0])->version, &change), 0);
    assert_int_equal(on_one(CHANGE_UNDO, status, second[0], 0, &change), 0); // the other is gone: nothing to reopen
    assert_int_equal(change.result.n_done, 1);
}

// --- batches ---

static bool refusing;

static int keeps_some(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    const char *name =
        before && !after ? record_text(before, before->kind == pupil || before->kind == kind_find("Staff") ? "surname" : "name") : NULL;
    if (!refusing || !name || strncmp(name, "Keep", 4) != 0)
        return 0;
    return problem_set(problem, ERR_INVALID, "%s stays", name);
}

#define PUPILS  40
#define OTHERS  6 // classes, and so many staff
#define TOUCHED (PUPILS + 2 * OTHERS)

static struct put_item person(const struct kind *kind, int i)
{
    char name[24];
    snprintf(name, sizeof name, "%s %d", i % 2 ? "Keep" : "Drop", i);
    const char *said = arena_strdup(&arena, name);
    if (kind == pupil)
        return storing_item(kind, -1 - i, 0, "surname", said, "born", "2018-03-04", NULL);
    if (kind == kind_find("Staff"))
        return storing_item(kind, -1 - i, 0, "surname", said, NULL);
    return storing_item(kind, -1 - i, 0, "name", said, NULL);
}

static int undo_batch(uint64_t batch, int64_t staff, struct change *change)
{
    *change = storing_change(CHANGE_UNDO);
    change->actor.staff = staff;
    change->batch = batch;
    change->batched = true;
    return storing_run(change);
}

static bool is_there(const struct kind *kind, int64_t id)
{
    struct storing reading = {.read = storing_read, .kind = kind, .id = id};
    return storing_ask(&reading) == 0;
}

static void test_many_who_are_refused_are_left_alone(void **state)
{
    (void)state;
    const struct kind *kinds_of[3] = {pupil, kind_find("SchoolClass"), kind_find("Staff")};
    struct put_item items[TOUCHED];
    struct change change = storing_change(CHANGE_PUT);
    for (int i = 0; i < TOUCHED; i++)
        items[i] = person(kinds_of[i < PUPILS ? 0 : 1 + i % 4 / 2], i);
    for (int i = 0; i < 3; i++)
        store_on_settled(store, kinds_of[i], keeps_some);
    change.items = items;
    change.n_items = TOUCHED;
    change.batched = true;
    assert_int_equal(storing_run(&change), 0);
    struct change_result made = change.result;
    refusing = true;
    assert_int_equal(undo_batch(made.batch, 1, &change), 0);
    assert_int_equal(change.result.n_done, TOUCHED / 2);
    assert_int_equal(change.result.n_skipped, TOUCHED / 2);
    for (size_t i = 0; i < made.n_done; i++)
        assert_int_equal(is_there(made.done[i].kind, made.done[i].id), made.done[i].temporary % 2 == 0);
    refusing = false;
    assert_int_equal(undo_batch(made.batch, 1, &change), 0); // now the rest
    for (size_t i = 0; i < made.n_done; i++)
        assert_false(is_there(made.done[i].kind, made.done[i].id));
    assert_int_equal(undo_batch(made.batch + 1000, 1, &change), ERR_NOT_FOUND);
}

static void test_a_batch_that_one_may_not_see(void **state)
{
    (void)state;
    struct put_item items[] = {person(pupil, 2), person(pupil, 4)};
    struct change change = storing_change(CHANGE_PUT);
    change.items = items;
    change.n_items = 2;
    change.batched = true;
    assert_int_equal(storing_run(&change), 0);
    struct change_result made = change.result;
    memset(&storing_narrow, 0, sizeof storing_narrow);
    for (int class = CLASS_C0; class < CLASS_COUNT; class ++)
        storing_narrow.read[class][SUBJECT_PUPIL] = storing_narrow.write[class][SUBJECT_PUPIL] = REACH_OWN;
    storing_narrow_pupils[0] = made.done[1].id;
    storing_narrow.own[SUBJECT_PUPIL] = (struct id_set){storing_narrow_pupils, 1};
    uint64_t seq = store_seq(store);
    assert_int_equal(undo_batch(made.batch, 99, &change), ERR_DENIED);
    assert_non_null(strstr(change.problem.message, "may not see"));
    assert_int_equal(store_seq(store), seq);
    change = storing_change(CHANGE_UNDO);
    change.actor.staff = 99;
    change.kind = pupil;
    change.id = made.done[0].id;
    assert_int_equal(storing_run(&change), ERR_NOT_FOUND); // reads like one that is not there
    assert_true(is_there(pupil, made.done[0].id) && is_there(pupil, made.done[1].id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_that_cannot_be_taken_back),  cmocka_unit_test(test_an_older_version_is_merged_into_what_came_since),
        cmocka_unit_test(test_only_its_own_predecessor_runs_again), cmocka_unit_test(test_many_who_are_refused_are_left_alone),
        cmocka_unit_test(test_a_batch_that_one_may_not_see),
    };
    return cmocka_run_group_tests_name("undo, odd", tests, storing_open, storing_close);
}
