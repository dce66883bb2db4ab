// The store through its two doors, on a real database in a directory of its own:
// merging, conflicts, spells, keys, undo, history, paging, scope, the chain.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/storing.h"

static void test_add_and_read(void **state)
{
    (void)state;
    int64_t id = storing_pupil("O’Brien", "Seán");
    struct record *record = storing_get(pupil, id);
    assert_string_equal(record_text(record, "surname"), "O’Brien");
    assert_false(record_has(record, "eal"));
    assert_int_equal(record->version, 1);
    assert_int_equal(record->about, id);
}

static void test_disjoint_merge(void **state)
{
    (void)state;
    int64_t id = storing_target(storing_pupil("Merge", "A"));
    struct change change;
    assert_int_equal(storing_put(storing_item(target, id, 1, "status", "met", NULL), &change), 0);
    change.actor.staff = 2;
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "Good", NULL), &change), 0);
    assert_int_equal(change.result.n_merged, 1);
    assert_string_equal(target->fields[change.result.merged[0].field].name, "status");
    struct record *record = storing_get(target, id);
    assert_int_equal(record_number(record, "status"), 2);
    assert_string_equal(record_text(record, "progress"), "Good");
    assert_int_equal(record->version, 3);
}

static void test_conflicts(void **state)
{
    (void)state;
    int64_t id = storing_target(storing_pupil("Conflict", "A"));
    struct change change;
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "Mine", NULL), &change), 0);
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "Yours", NULL), &change), ERR_CONFLICT);
    assert_int_equal(change.problem.n_fields, 1);
    assert_string_equal(change.problem.fields[0].theirs.text, "Mine");
    assert_string_equal(change.problem.fields[0].yours.text, "Yours");
    assert_int_equal(change.problem.fields[0].base.type, VALUE_EMPTY);
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "Mine", NULL), &change), 0); // equal: silent
    assert_int_equal(storing_put(storing_item(target, id, 2, "aim", "Reads twenty", NULL), &change), 0);
    assert_int_equal(storing_put(storing_item(target, id, 2, "due", "2026-12-01", NULL), &change), ERR_CONFLICT); // one group
    assert_string_equal(record_text(storing_get(target, id), "aim"), "Reads twenty");
    struct put_item strict = storing_item(target, id, 1, "baseline", "Three", NULL);
    change = storing_change(CHANGE_PUT);
    change.items = &strict;
    change.n_items = 1;
    change.strict = true;
    assert_int_equal(storing_run(&change), ERR_CONFLICT);
    assert_int_equal(storing_put(storing_item(target, id, 77, "baseline", "Three", NULL), &change), ERR_INVALID);
}

static void test_same_key(void **state)
{
    (void)state;
    struct put_item made = storing_item(pupil, -1, 0, "surname", "Once", "born", "2018-03-04", NULL);
    struct change change = storing_change(CHANGE_PUT), again;
    change.items = &made;
    change.n_items = 1;
    again = change;
    assert_int_equal(storing_run(&change), 0);
    assert_int_equal(storing_run(&again), 0);
    assert_true(again.result.replayed);
    assert_int_equal(again.result.done[0].id, change.result.done[0].id);
    assert_int_equal(again.result.from_seq, change.result.from_seq);
    again.hash[0] ^= 1;
    assert_int_equal(storing_run(&again), ERR_INVALID);
}

static void test_spells(void **state)
{
    (void)state;
    char id[ID_TEXT_MAX];
    id_format(pupil, storing_pupil("Spell", "A"), id);
    struct change change;
    int64_t first = storing_add(storing_item(status, -1, 0, "pupil", id, "provision", "N", "starts", "2025-09-01", NULL));
    assert_int_equal(storing_put(storing_item(status, -1, 0, "pupil", id, "provision", "K", "starts", "2026-01-10", NULL), &change), 0);
    assert_int_equal(change.result.n_done, 2);
    assert_true(change.result.done[0].caused);
    struct record *closed = storing_get(status, first);
    char date[DATE_TEXT_MAX];
    assert_string_equal(date_iso((int32_t)record_number(closed, "ends"), date), "2026-01-09");
    // the same day again, and news to an author who had not seen it
    assert_int_equal(storing_put(storing_item(status, -1, 0, "pupil", id, "provision", "E", "starts", "2026-01-10", NULL), &change),
                     ERR_CONFLICT);
    struct put_item made = storing_item(status, -1, 0, "pupil", id, "provision", "E", "starts", "2026-02-01", NULL);
    struct change unaware = storing_change(CHANGE_PUT);
    unaware.items = &made;
    unaware.n_items = 1;
    unaware.has_seen = true;
    unaware.seen = 1;
    assert_int_equal(storing_run(&unaware), ERR_CONFLICT);
    // as at a date
    struct storing reading = {.read = storing_list};
    query_init(&reading.query, status);
    reading.query.about = closed->about;
    reading.query.as_at = (int32_t)record_number(closed, "ends");
    assert_int_equal(storing_ask(&reading), 0);
    assert_int_equal(reading.n, 1);
    assert_string_equal(record_text(reading.records[0], "provision"), "N");
    assert_int_equal(storing_put(storing_item(status, -1, 0, "pupil", id, "provision", "Q", "starts", "2026-03-01", NULL), &change),
                     ERR_INVALID);
    assert_int_equal(storing_put(storing_item(status, -1, 0, "pupil", id, "provision", "A", "starts", "2026-03-01", NULL), &change),
                     ERR_INVALID); // expired
}

static void test_unique_and_references(void **state)
{
    (void)state;
    struct change change;
    int64_t first = storing_add(storing_item(pupil, -1, 0, "surname", "U", "born", "2018-03-04", "upn", "B801200005001", NULL));
    assert_int_equal(storing_put(storing_item(pupil, -1, 0, "surname", "V", "born", "2018-03-04", "upn", "B801200005001", NULL), &change),
                     ERR_INVALID);
    assert_int_equal(change.problem.n_fields, 1);
    assert_int_equal(storing_put(storing_item(target, -1, 0, "pupil", "999999", "aim", "x", NULL), &change), ERR_INVALID);
    assert_int_equal(storing_put(storing_item(target, -1, 0, "aim", "x", NULL), &change), ERR_INVALID);
    storing_target(first);
    change = storing_change(CHANGE_REMOVE);
    change.kind = pupil;
    change.id = first;
    assert_int_equal(storing_run(&change), ERR_INVALID); // the target refers to it
    assert_non_null(strstr(change.problem.message, "TGT-"));
}

static void test_temporary_ids(void **state)
{
    (void)state;
    struct put_item made[2] = {storing_item(pupil, -1, 0, "surname", "Temp", "born", "2018-03-04", NULL),
                               storing_item(target, -2, 0, "aim", "x", NULL)};
    record_set(made[1].record, "pupil", value_number(-1));
    made[1].set |= field_bit(field_find(target, "pupil"));
    struct change change = storing_change(CHANGE_PUT);
    change.items = made;
    change.n_items = 2;
    change.batched = true;
    assert_int_equal(storing_run(&change), 0);
    assert_int_equal(change.result.done[1].temporary, -2);
    assert_int_equal(storing_get(target, change.result.done[1].id)->about, change.result.done[0].id);
    assert_int_equal(change.result.to_seq, change.result.from_seq + 1);
    struct change undo = storing_change(CHANGE_UNDO);
    undo.batch = change.result.batch;
    assert_int_equal(storing_run(&undo), 0);
    assert_int_equal(undo.result.n_done, 2);
    assert_int_equal(undo.result.n_skipped, 0);
    // all or nothing
    made[1].record->values[field_find(target, "pupil")->index] = value_number(-9);
    change = storing_change(CHANGE_PUT);
    change.items = made;
    change.n_items = 2;
    uint64_t seq = store_seq(store);
    assert_int_equal(storing_run(&change), ERR_INVALID);
    assert_int_equal(store_seq(store), seq);
}

static void test_remove_and_undo(void **state)
{
    (void)state;
    int64_t id = storing_target(storing_pupil("Gone", "A"));
    struct change change = storing_change(CHANGE_REMOVE);
    change.kind = target;
    change.id = id;
    change.version = 1;
    change.reason = "typed twice";
    assert_int_equal(storing_run(&change), 0);
    struct storing reading = {.read = storing_read, .kind = target, .id = id};
    assert_int_equal(storing_ask(&reading), ERR_NOT_FOUND);
    assert_non_null(strstr(reading.problem.message, "removed by"));
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "late", NULL), &change), ERR_CONFLICT);
    change = storing_change(CHANGE_UNDO);
    change.kind = target;
    change.id = id;
    assert_int_equal(storing_run(&change), 0);
    assert_int_equal(storing_get(target, id)->version, 3);
    assert_int_equal(storing_put(storing_item(target, id, 3, "progress", "one", NULL), &change), 0);
    assert_int_equal(storing_put(storing_item(target, id, 4, "status", "met", NULL), &change), 0);
    change = storing_change(CHANGE_UNDO); // an older one, merged with what came after
    change.kind = target;
    change.id = id;
    change.version = 4;
    assert_int_equal(storing_run(&change), 0);
    assert_false(record_has(storing_get(target, id), "progress"));
    assert_int_equal(record_number(storing_get(target, id), "status"), 2);
}

static int on_entry(const struct entry *entry, void *data)
{
    struct storing *reading = data;
    reading->changed[reading->n++] = entry->changed;
    return 0;
}
static int do_history(struct view *view, struct storing *reading)
{
    return view_history(view, reading->kind, reading->id, &arena, on_entry, reading, &reading->problem);
}

static void test_history_and_as_known(void **state)
{
    (void)state;
    int64_t id = storing_target(storing_pupil("Past", "A"));
    struct change change;
    assert_int_equal(storing_put(storing_item(target, id, 1, "progress", "then", NULL), &change), 0);
    int64_t then = change.now;
    assert_int_equal(storing_put(storing_item(target, id, 2, "progress", "now", NULL), &change), 0);
    struct storing reading = {.read = do_history, .kind = target, .id = id};
    assert_int_equal(storing_ask(&reading), 0);
    assert_int_equal(reading.n, 3);
    assert_int_equal(reading.changed[2], field_bit(field_find(target, "progress")));
    struct storing known = {.read = storing_read, .kind = target, .id = id, .known = then};
    assert_int_equal(storing_ask(&known), 0);
    assert_string_equal(record_text(known.record, "progress"), "then");
    struct storing list = {.read = storing_list};
    query_init(&list.query, target);
    list.query.as_known = then;
    query_where(&list.query, "progress", OP_EQ, value_text("then"));
    assert_int_equal(storing_ask(&list), 0);
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
        storing_pupil(name, i % 2 ? "B" : "A");
    }
    struct storing reading = {.read = storing_list};
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
        assert_int_equal(storing_ask(&reading), 0);
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
    int64_t mine = storing_pupil("Mine", "A"), other = storing_pupil("Other", "B"), mine_target = storing_target(mine),
            other_target = storing_target(other);
    memset(&storing_narrow, 0, sizeof storing_narrow);
    storing_narrow.read[CLASS_C0][SUBJECT_PUPIL] = storing_narrow.read[CLASS_C1][SUBJECT_PUPIL] = REACH_OWN;
    storing_narrow.write[CLASS_C1][SUBJECT_PUPIL] = storing_narrow.write[CLASS_W1][SUBJECT_PUPIL] = REACH_OWN;
    storing_narrow.read[CLASS_W1][SUBJECT_PUPIL] = REACH_OWN;
    storing_narrow_pupils[0] = mine;
    storing_narrow.own[SUBJECT_PUPIL] = (struct id_set){storing_narrow_pupils, 1};
    struct storing reading = {.actor = {.staff = 99}, .read = storing_list};
    query_init(&reading.query, pupil);
    assert_int_equal(storing_ask(&reading), 0);
    assert_int_equal(reading.n, 1);
    assert_int_equal(reading.total, 1);
    assert_true(reading.records[0]->withheld & field_bit(field_find(pupil, "upn")));
    struct storing one = {.actor = {.staff = 99}, .read = storing_read, .kind = target, .id = other_target};
    assert_int_equal(storing_ask(&one), ERR_NOT_FOUND);
    struct storing denied = {.actor = {.staff = 99}, .read = storing_list};
    query_init(&denied.query, pupil);
    query_where(&denied.query, "upn", OP_EQ, value_text("B801200005001"));
    assert_int_equal(storing_ask(&denied), ERR_DENIED);
    struct put_item made = storing_item(target, mine_target, 1, "progress", "ok", NULL);
    struct change change = storing_change(CHANGE_PUT);
    change.actor.staff = 99;
    change.items = &made;
    change.n_items = 1;
    assert_int_equal(storing_run(&change), 0);
    made = storing_item(pupil, mine, 1, "known_as", "Mimi", NULL);
    change = storing_change(CHANGE_PUT);
    change.actor.staff = 99;
    change.items = &made;
    change.n_items = 1;
    assert_int_equal(storing_run(&change), ERR_DENIED);
    // another's pupil and one that is not there read alike
    char text[2][640], ids[2][ID_TEXT_MAX];
    int64_t about[2] = {other, 999999};
    for (int i = 0; i < 2; i++) {
        made = storing_item(target, -1, 0, "pupil", id_format(pupil, about[i], ids[i]), "aim", "x", NULL);
        change = storing_change(CHANGE_PUT);
        change.actor.staff = 99;
        change.items = &made;
        change.n_items = 1;
        assert_int_equal(storing_run(&change), ERR_INVALID);
        char *at = strstr(change.problem.message, ids[i]);
        assert_non_null(at);
        memset(at, '#', strlen(ids[i]));
        snprintf(text[i], sizeof text[i], "%.*s", (int)(at - change.problem.message), change.problem.message);
    }
    assert_string_equal(text[0], text[1]);
}

static int on_hit(const struct hit *hit, void *data)
{
    struct storing *reading = data;
    reading->id = hit->id;
    reading->n++;
    return 0;
}
static int do_search(struct view *view, struct storing *reading)
{
    bool capped;
    return view_search(view, reading->text, NULL, 0, 20, &arena, on_hit, reading, &capped, &reading->problem);
}

static void test_search(void **state)
{
    (void)state;
    int64_t id = storing_pupil("Wiśniewska-O’Hara", "Łucja");
    const char *const words[] = {"lucja", "Łucja wis", "ohara", "o'hara", "hara lucja", "wisniewskaohara"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct storing reading = {.read = do_search, .text = words[i]};
        assert_int_equal(storing_ask(&reading), 0);
        if (reading.n != 1 || reading.id != id)
            fail_msg("%s: %zu hits", words[i], reading.n);
    }
    struct change change;
    assert_int_equal(storing_put(storing_item(pupil, id, 1, "forename", "Zofia", NULL), &change), 0);
    struct storing gone = {.read = do_search, .text = "lucja"};
    assert_int_equal(storing_ask(&gone), 0);
    assert_int_equal(gone.n, 0);
    struct storing other = {.actor = {.staff = 99}, .read = do_search, .text = "zofia"};
    assert_int_equal(storing_ask(&other), 0);
    assert_int_equal(other.n, 0);
    struct storing nothing = {.read = do_search, .text = "\"* - '"};
    assert_int_equal(storing_ask(&nothing), ERR_INVALID);
}

static int on_commit(struct commit *commit, void *data)
{
    struct storing *reading = data;
    assert_int_equal(commit->from_seq, reading->covered + 1);
    assert_int_equal(commit->to_seq, commit->from_seq + commit->n_rows - 1);
    reading->covered = commit->to_seq;
    reading->n++;
    commit_unref(commit);
    return 0;
}
static int do_commits(struct view *view, struct storing *reading)
{
    return view_commits(view, reading->covered, 0, on_commit, reading, &reading->problem);
}

static void test_log_feed_joins(void **state)
{
    (void)state;
    struct storing reading = {.read = do_commits};
    assert_int_equal(storing_ask(&reading), 0);
    assert_int_equal(reading.covered, store_seq(store));
    assert_true(reading.n > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_and_read),   cmocka_unit_test(test_disjoint_merge),  cmocka_unit_test(test_conflicts),
        cmocka_unit_test(test_same_key),       cmocka_unit_test(test_spells),          cmocka_unit_test(test_unique_and_references),
        cmocka_unit_test(test_temporary_ids),  cmocka_unit_test(test_remove_and_undo), cmocka_unit_test(test_history_and_as_known),
        cmocka_unit_test(test_paging),         cmocka_unit_test(test_scope),           cmocka_unit_test(test_search),
        cmocka_unit_test(test_log_feed_joins),
    };
    return cmocka_run_group_tests_name("store", tests, storing_open, storing_close);
}
