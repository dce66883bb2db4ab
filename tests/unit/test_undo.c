// Taking a whole batch back, with the school's rules at work: what rules changed meanwhile
// is not in the way, and what they refuse is left alone and named. One thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "server/rules/rules.h"
#include "tests/support/storing.h"

static int open_ruled(void **state)
{
    int error = storing_open(state);
    if (!error)
        rules_register(store);
    return error;
}

static uint64_t batch(struct put_item *items, size_t n, struct change *change)
{
    *change = storing_change(CHANGE_PUT);
    change->items = items;
    change->n_items = n;
    change->batched = true;
    if (storing_run(change))
        fail_msg("%s", change->problem.message);
    return change->result.batch;
}

static int undo_batch(uint64_t number, struct change *change)
{
    *change = storing_change(CHANGE_UNDO);
    change->batch = number;
    change->batched = true; // as the server asks: an undo can be undone
    return storing_run(change);
}

static bool is_there(const struct kind *kind, int64_t id)
{
    struct storing reading = {.read = storing_read, .kind = kind, .id = id};
    return storing_ask(&reading) == 0;
}

static void refer(struct put_item *item, const char *field, int64_t id)
{
    record_set(item->record, field, value_number(id));
    item->set |= field_bit(field_find(item->record->kind, field));
}

static struct put_item need_of(int64_t temporary, int64_t of, const char *need, const char *rank)
{
    struct put_item item = storing_item(kind_find("Need"), temporary, 0, "need", need, "rank", rank, "starts", "2026-01-05", NULL);
    refer(&item, "pupil", of);
    return item;
}

static void test_undo_of_an_undo_says_what_it_brought_back(void **state)
{
    (void)state;
    struct change change;
    struct put_item items[] = {storing_item(target, -1, 0, "aim", "x", NULL)};
    refer(&items[0], "pupil", storing_pupil("Back", "A"));
    uint64_t number = batch(items, 1, &change);
    int64_t id = change.result.done[0].id;
    assert_int_equal(undo_batch(number, &change), 0);
    assert_int_equal(change.result.done[0].action, ACTION_REMOVE);
    assert_int_equal(undo_batch(change.result.batch, &change), 0);
    assert_int_equal(change.result.done[0].action, ACTION_RESTORE);
    assert_true(is_there(target, id));
}

static void test_what_rules_change_on_the_way_is_not_in_the_way(void **state)
{
    (void)state;
    struct change change;
    struct put_item items[] = {storing_item(target, -1, 0, "aim", "x", NULL),
                               storing_item(kind_find("TargetReview"), -2, 0, "day", "2026-05-01", "judgement", "met", NULL)};
    refer(&items[0], "pupil", storing_pupil("Way", "A"));
    refer(&items[1], "target", -1);
    uint64_t number = batch(items, 2, &change);
    int64_t id = change.result.done[0].id;
    assert_int_equal(record_number(storing_get(target, id), "status"), 2);
    assert_int_equal(undo_batch(number, &change), 0);
    assert_int_equal(change.result.n_skipped, 0);
    assert_int_equal(change.result.done[change.result.n_done - 1].action, ACTION_REMOVE);
    assert_false(is_there(target, id));
}

// The review came first in the batch, so its target is taken back before it, and told again by the rule.
static void test_what_a_rule_changes_after_its_turn_is_taken_back_too(void **state)
{
    (void)state;
    struct change change;
    int64_t id = storing_target(storing_pupil("Turn", "A"));
    struct put_item old = storing_item(kind_find("TargetReview"), -1, 0, "day", "2026-03-01", "judgement", "partly-met", NULL);
    refer(&old, "target", id);
    storing_add(old);
    assert_int_equal(storing_put(storing_item(target, id, storing_get(target, id)->version, "status", "not-met", NULL), &change), 0);
    struct put_item items[] = {storing_item(kind_find("TargetReview"), -1, 0, "day", "2026-05-01", "judgement", "met", NULL)};
    refer(&items[0], "target", id);
    uint64_t number = batch(items, 1, &change);
    assert_int_equal(undo_batch(number, &change), 0);
    assert_int_equal(change.result.n_skipped, 0);
    struct record *now = storing_get(target, id);
    assert_string_equal(field_find(target, "status")->choices[record_number(now, "status") - 1].name, "not-met");
}

static void test_one_owner_who_is_refused_is_left_alone_and_named(void **state)
{
    (void)state;
    enum { MANY = 3 };
    struct change change;
    struct put_item items[MANY];
    int64_t ids[MANY], of[MANY];
    for (int i = 0; i < MANY; i++)
        items[i] = need_of(-1 - i, of[i] = storing_pupil("Owner", "A"), "SLCN", "1");
    uint64_t number = batch(items, MANY, &change);
    for (int i = 0; i < MANY; i++)
        ids[i] = change.result.done[i].id;
    storing_add(need_of(-1, of[1], "ASD", "2")); // would be left without one of rank 1
    assert_int_equal(undo_batch(number, &change), 0);
    assert_int_equal(change.result.n_done, MANY - 1);
    assert_int_equal(change.result.n_skipped, 1);
    assert_int_equal(change.result.skipped[0].id, ids[1]);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(is_there(kind_find("Need"), ids[i]), i == 1);
    assert_int_equal(undo_batch(number, &change), ERR_INVALID); // nothing but the refused is left
    assert_non_null(strstr(change.problem.message, "rank 1"));
    uint64_t seq = store_seq(store);
    assert_int_equal(undo_batch(number, &change), ERR_INVALID);
    assert_int_equal(store_seq(store), seq);
}

static void test_a_closed_provision_is_opened_again_with_its_members(void **state)
{
    (void)state;
    const struct kind *type = kind_find("ProvisionType"), *provision = kind_find("Provision"), *member = kind_find("ProvisionMember");
    struct change change;
    struct put_item made = storing_item(provision, -1, 0, "name", "Group", "starts", "2026-01-05", "ends", "2026-07-10", NULL);
    refer(&made, "type", storing_add(storing_item(type, -1, 0, "name", "Undone", NULL)));
    int64_t run = storing_add(made), members[2];
    for (int i = 0; i < 2; i++) {
        struct put_item joins = storing_item(member, -1, 0, "starts", "2026-01-05", "entry_score", "7", NULL);
        refer(&joins, "provision", run);
        refer(&joins, "pupil", storing_pupil("Member", "A"));
        members[i] = storing_add(joins);
    }
    struct record *before = storing_get(provision, run);
    struct put_item items[] = {storing_item(provision, run, before->version, "closed", "2026-05-01", "close_reason", "Staff left", NULL)};
    uint64_t number = batch(items, 1, &change);
    assert_true(record_has(storing_get(member, members[1]), "ends"));
    assert_int_equal(undo_batch(number, &change), 0);
    assert_int_equal(change.result.n_skipped, 0);
    assert_int_equal(record_diff(before, storing_get(provision, run)), 0);
    for (int i = 0; i < 2; i++)
        assert_false(record_has(storing_get(member, members[i]), "ends"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo_of_an_undo_says_what_it_brought_back),
        cmocka_unit_test(test_what_rules_change_on_the_way_is_not_in_the_way),
        cmocka_unit_test(test_what_a_rule_changes_after_its_turn_is_taken_back_too),
        cmocka_unit_test(test_one_owner_who_is_refused_is_left_alone_and_named),
        cmocka_unit_test(test_a_closed_provision_is_opened_again_with_its_members),
    };
    return cmocka_run_group_tests_name("undo", tests, open_ruled, storing_close);
}
