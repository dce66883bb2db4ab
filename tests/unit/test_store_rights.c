// What an author who sees little may do and is told: rules judge everything, a hidden
// field and a hidden record tell nothing of themselves. One thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/support/storing.h"

static const struct kind *log_kind, *meeting, *attendee;

// Staff 99 works with this pupil as a teacher does: reads and writes notes, not what is for the leads.
static void narrow_to(int64_t of)
{
    static const enum record_class classes[] = {CLASS_C0, CLASS_C1, CLASS_W1, CLASS_W2};
    memset(&storing_narrow, 0, sizeof storing_narrow);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        storing_narrow.read[classes[i]][SUBJECT_PUPIL] = storing_narrow.write[classes[i]][SUBJECT_PUPIL] = REACH_OWN;
    storing_narrow.write[CLASS_C0][SUBJECT_PUPIL] = REACH_NONE;
    storing_narrow_pupils[0] = of;
    storing_narrow.own[SUBJECT_PUPIL] = (struct id_set){storing_narrow_pupils, 1};
}

static int as_narrow(struct change *change)
{
    change->actor.staff = 99;
    return storing_run(change);
}

static int put_as_narrow(struct put_item item, struct change *change)
{
    *change = storing_change(CHANGE_PUT);
    change->items = arena_copy(&arena, &item, sizeof item);
    change->n_items = 1;
    return as_narrow(change);
}

static int on_one(enum change_verb verb, const struct kind *kind, int64_t id, struct change *change)
{
    *change = storing_change(verb);
    change->kind = kind;
    change->id = id;
    return as_narrow(change);
}

static struct put_item log_of(int64_t of, const char *restricted)
{
    char id[ID_TEXT_MAX];
    return storing_item(log_kind, -1, 0, "pupil", id_format(pupil, of, id), "day", "2026-05-01", "channel", "phone", "summary", "Rang",
                        "restricted", restricted, NULL);
}

// --- rules ---

static int64_t rule_other;                   // a pupil out of the author's sight
static uint64_t rule_counts[3], rule_labels; // what check, effect and settled rule counted; names given
static const char *const rule_word = "xyzzy";

static int rule_look(struct view *view, const struct record *after, int which, struct problem *problem)
{
    struct query query;
    const char *aim = after ? record_text(after, "aim") : NULL;
    if (!aim || strcmp(aim, rule_word) != 0)
        return 0;
    query_init(&query, pupil);
    rule_labels += view_label(view, pupil, rule_other, &arena) != NULL;
    return view_count(view, &query, &rule_counts[which], problem);
}

static int rule_check(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    return rule_look(view, after, 0, problem);
}

// Changes a record that the author does not see, and warns of it.
static int rule_effect(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct record *other;
    if (before || !after || !record_text(after, "aim") || strcmp(record_text(after, "aim"), rule_word) != 0)
        return 0;
    int error = rule_look(view, after, 1, problem);
    if (!error)
        error = view_get(view, pupil, rule_other, &arena, &other, problem);
    if (error)
        return error;
    view_warn(view, other, NULL, "hidden");
    record_set(other, "known_as", value_text("Told"));
    return view_put(view, other, field_bit(field_find(pupil, "known_as")), NULL, problem);
}

static int rule_settled(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    return rule_look(view, after, 2, problem);
}

static void test_rules_see_everything_and_name_only_what_their_author_sees(void **state)
{
    (void)state;
    struct change change;
    struct storing all = {.read = storing_list};
    char id[ID_TEXT_MAX];
    int64_t mine = storing_pupil("Mine", "A");
    rule_other = storing_pupil("Other", "B");
    narrow_to(mine);
    store_on_put(store, target, rule_check, rule_effect);
    store_on_settled(store, target, rule_settled);
    query_init(&all.query, pupil);
    assert_int_equal(storing_ask(&all), 0);
    assert_int_equal(put_as_narrow(storing_item(target, -1, 0, "pupil", id_format(pupil, mine, id), "aim", rule_word, NULL), &change), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rule_counts[i], all.total);
    assert_int_equal(rule_labels, 0);
    assert_string_equal(record_text(storing_get(pupil, rule_other), "known_as"), "Told");
    assert_int_equal(change.result.n_done, 1); // what was changed out of sight is not told
    assert_int_equal(change.result.n_warnings, 0);
    struct storing seen = {.actor = {.staff = 99}, .read = storing_list}; // and the scope is back
    query_init(&seen.query, pupil);
    assert_int_equal(storing_ask(&seen), 0);
    assert_int_equal(seen.total, 1);
    struct storing hidden = {.actor = {.staff = 99}, .read = storing_read, .kind = pupil, .id = rule_other};
    assert_int_equal(storing_ask(&hidden), ERR_NOT_FOUND);
}

// --- what a hidden field tells ---

static void expect_denied(int error, const struct change *change, char said[640], bool first)
{
    assert_int_equal(error, ERR_DENIED);
    if (first)
        snprintf(said, 640, "%s", change->problem.message);
    assert_string_equal(change->problem.message, said);
}

static void test_a_hidden_field_does_not_tell_whether_it_is_filled(void **state)
{
    (void)state;
    struct change change;
    char removed[640], cleared[640], set[640], undone[640];
    int64_t of = storing_pupil("Oracle", "A");
    narrow_to(of);
    for (int i = 0; i < 2; i++) {
        int64_t id = storing_add(log_of(of, i ? "For the leads" : ""));
        expect_denied(on_one(CHANGE_REMOVE, log_kind, id, &change), &change, removed, !i);
        expect_denied(put_as_narrow(storing_item(log_kind, id, 1, "restricted", "", NULL), &change), &change, cleared, !i);
        expect_denied(put_as_narrow(storing_item(log_kind, id, 1, "restricted", "Mine", NULL), &change), &change, set, !i);
        expect_denied(on_one(CHANGE_UNDO, log_kind, id, &change), &change, undone, !i); // somebody else added it
    }
}

static void test_ones_own_addition_is_taken_back_by_whoever_made_it(void **state)
{
    (void)state;
    struct change change;
    int64_t of = storing_pupil("Own", "A");
    narrow_to(of);
    assert_int_equal(put_as_narrow(log_of(of, ""), &change), 0);
    int64_t id = change.result.done[0].id;
    assert_int_equal(on_one(CHANGE_UNDO, log_kind, id, &change), 0);
    assert_int_equal(put_as_narrow(log_of(of, ""), &change), 0);
    id = change.result.done[0].id;
    assert_int_equal(storing_put(storing_item(log_kind, id, 1, "restricted", "For the leads", NULL), &change), 0);
    assert_int_equal(on_one(CHANGE_UNDO, log_kind, id, &change), ERR_DENIED); // the leads' change, not one's own
    assert_int_equal(on_one(CHANGE_REMOVE, log_kind, id, &change), ERR_DENIED);
}

// --- what a hidden record tells ---

static void test_a_reference_out_of_sight_reads_like_one_to_nothing(void **state)
{
    (void)state;
    struct change change;
    char text[4][ID_TEXT_MAX], said[640] = "", next[320] = "";
    narrow_to(storing_pupil("Seen", "A"));
    id_format(pupil, storing_pupil("Unseen", "B"), text[3]);
    int64_t ids[3] = {storing_add(storing_item(meeting, -1, 0, "purpose", "PARENT", "day", "2026-05-01", "pupil", text[3], NULL)),
                      storing_add(storing_item(meeting, -1, 0, "purpose", "STAFF", "day", "2026-05-01", NULL)), 999999};
    for (int i = 0; i < 3; i++) {
        id_format(meeting, ids[i], text[i]);
        assert_int_equal(put_as_narrow(storing_item(attendee, -1, 0, "meeting", text[i], "name", "X", NULL), &change), ERR_INVALID);
        char *at = strstr(change.problem.message, text[i]);
        assert_non_null(at);
        *at = 0;
        if (i == 0) {
            snprintf(said, sizeof said, "%s", change.problem.message);
            snprintf(next, sizeof next, "%s", problem_next(&change.problem));
        }
        assert_string_equal(change.problem.message, said);
        assert_string_equal(problem_next(&change.problem), next);
    }
}

static int name_it(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    char id[ID_TEXT_MAX];
    if (!after || strcmp(record_text(after, "name"), "Zz") != 0)
        return 0;
    problem_set(problem, ERR_INVALID, "(%s) is refused", id_format(after->kind, after->id, id));
    problem_hint(problem, "Look at %s, not at TGT-0001.", id);
    return ERR_INVALID;
}

static void test_new_records_are_named_without_their_ids(void **state)
{
    (void)state;
    struct change change = storing_change(CHANGE_PUT);
    char id[ID_TEXT_MAX];
    id_format(pupil, storing_pupil("Twice", "A"), id);
    const struct kind *class = kind_find("SchoolClass");
    struct put_item items[] = {storing_item(status, -1, 0, "pupil", id, "provision", "K", "starts", "2026-01-10", NULL),
                               storing_item(status, -2, 0, "pupil", id, "provision", "E", "starts", "2026-01-10", NULL)};
    change.items = items;
    change.n_items = 2;
    assert_int_equal(storing_run(&change), ERR_CONFLICT);
    assert_null(strstr(change.problem.message, "SEN-"));
    assert_null(strstr(problem_next(&change.problem), "SEN-"));
    assert_non_null(strstr(change.problem.message, "the new sen-status"));
    assert_int_equal(change.problem.fields[0].id, -1);
    store_on_settled(store, class, name_it);
    assert_int_equal(storing_put(storing_item(class, -1, 0, "name", "Zz", NULL), &change), ERR_INVALID);
    assert_string_equal(change.problem.message, "(the new class) is refused");
    assert_string_equal(problem_next(&change.problem), "Look at the new class, not at TGT-0001.");
}

static int open_with_kinds(void **state)
{
    log_kind = kind_find("ContactLog");
    meeting = kind_find("Meeting");
    attendee = kind_find("MeetingAttendee");
    return storing_open(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules_see_everything_and_name_only_what_their_author_sees),
        cmocka_unit_test(test_a_hidden_field_does_not_tell_whether_it_is_filled),
        cmocka_unit_test(test_ones_own_addition_is_taken_back_by_whoever_made_it),
        cmocka_unit_test(test_a_reference_out_of_sight_reads_like_one_to_nothing),
        cmocka_unit_test(test_new_records_are_named_without_their_ids),
    };
    return cmocka_run_group_tests_name("store, rights", tests, open_with_kinds, storing_close);
}
