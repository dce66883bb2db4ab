// Rules of provision, on a real store: what a run takes from its type, who is in it, its
// sessions, and how it is closed and opened again. Today is 27 May 2026.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "tests/support/judging.h"

// --- provision ---

static const char *new_type(const char *name)
{
    return text_id("ProvisionType",
                   storing_add(NEW("ProvisionType", "name", name, "minutes", "30", "per_week", "3", "weeks", "10", "group_size", "2")));
}

#define PROVISION(type, from, ...) NEW("Provision", "type", type, "name", "Group", "starts", from, __VA_ARGS__)
#define MEMBER(run, who, from, ...)                                                                                                        \
    NEW("ProvisionMember", "provision", text_id("Provision", run), "pupil", who, "starts", from, __VA_ARGS__)

static void test_a_provision_takes_from_its_type(void **state)
{
    (void)state;
    const struct kind *kind = kind_find("Provision");
    const char *type = new_type("Takes");
    struct change change;
    assert_int_equal(storing_put(PROVISION(type, "2026-01-05", "minutes", "20"), &change), 0);
    struct done_item *done = &change.result.done[change.result.n_done - 1];
    struct record *run = storing_get(kind, done->id);
    char text[DATE_TEXT_MAX];
    assert_int_equal(record_number(run, "minutes"), 20); // its own
    assert_int_equal(record_number(run, "per_week"), 3);
    assert_int_equal(record_number(run, "group_size"), 2);
    assert_string_equal(date_iso((int32_t)record_number(run, "ends"), text), "2026-03-15");
    assert_int_equal(record_number(run, "planned"), 30);
    assert_int_equal(done->version, run->version); // what its author goes on from
    assert_int_equal(undo(kind, done->id, &change), 0);
    struct storing reading = {.read = storing_read, .kind = kind, .id = done->id};
    assert_int_equal(storing_ask(&reading), ERR_NOT_FOUND); // the whole of it, not only what followed
    run = storing_get(kind, storing_add(PROVISION(type, "2026-01-05", "ends", "2026-01-12")));
    assert_int_equal(record_number(run, "planned"), 6); // a week begun counts
}

static void test_a_provision_closes_with_exit_data(void **state)
{
    (void)state;
    const char *type = new_type("Closes");
    const struct kind *members = kind_find("ProvisionMember");
    int64_t run = storing_add(PROVISION(type, "2026-01-05", "ends", "2026-03-27"));
    int64_t left = storing_add(MEMBER(run, new_pupil("Early"), "2026-01-05", "ends", "2026-02-01"));
    int64_t stays = storing_add(MEMBER(run, new_pupil("Stays"), "2026-01-05", "entry_score", "10"));
    judge(EDIT("Provision", run, "closed", "2026-01-04"), REFUSED, "closed", "before the provision starts");
    judge(EDIT("Provision", run, "closed", "2026-05-28"), REFUSED, "closed", "future");
    judge(EDIT("Provision", run, "closed", "2026-03-20"), REFUSED, "closed",
          "2 of its pupils have neither exit score nor exit reason: Early, A and Stays, A");
    assert_false(record_has(storing_get(members, stays), "ends")); // nothing is left of it
    storing_add(EDIT("ProvisionMember", left, "exit_reason", "MOVED-ON"));
    struct change change;
    struct put_item both[] = {EDIT("Provision", run, "closed", "2026-03-20"), EDIT("ProvisionMember", stays, "exit_score", "14")};
    assert_int_equal(together(both, 2, &change), 0);
    char text[DATE_TEXT_MAX];
    assert_string_equal(date_iso((int32_t)record_number(storing_get(members, stays), "ends"), text), "2026-03-20");
    assert_string_equal(date_iso((int32_t)record_number(storing_get(kind_find("Provision"), run), "ends"), text), "2026-03-20");
    assert_string_equal(date_iso((int32_t)record_number(storing_get(members, left), "ends"), text), "2026-02-01");
    judge(MEMBER(run, new_pupil("Late"), "2026-03-21", "entry_score", "10"), REFUSED, "provision", "was closed on Fri 20 Mar 2026");
    judge(EDIT("Provision", run, "closed", ""), ACCEPTED, "", "x"); // opened again
    judge(EDIT("Provision", run, "ends", ""), ACCEPTED, "", "x");
    storing_add(MEMBER(run, new_pupil("Late"), "2026-03-23", "entry_score", "10"));
    judge(EDIT("Provision", run, "closed", "2026-03-22"), REFUSED, "closed", "Late, A joins it only after that day");
    judge(EDIT("Provision", run, "closed", "2026-03-27", "close_reason", "The leader was ill"), ACCEPTED, "", "x");
    judge(EDIT("Provision", run, "close_reason", ""), REFUSED, "closed", "1 of its pupils has neither");
}

static void test_members_of_a_provision(void **state)
{
    (void)state;
    const char *who = new_pupil("Member"), *other = new_pupil("Elsewhere");
    int64_t run = storing_add(PROVISION(new_type("Members"), "2026-01-05", "ends", "2026-03-27"));
    judge(MEMBER(run, who, "2026-01-04", "entry_score", "10"), REFUSED, "starts", "before the first day of the provision");
    judge(MEMBER(run, who, "2026-03-28", "entry_score", "10"), REFUSED, "starts", "after the last day");
    judge(MEMBER(run, who, "2026-01-05", "ends", "2026-03-28"), REFUSED, "ends", "after the last day");
    judge(MEMBER(run, who, "2026-01-05", "entry_day", "2026-01-06", "exit_day", "2026-01-05"), REFUSED, "exit_day", "before");
    const char *aim = text_id("Target", storing_add(NEW("Target", "pupil", other, "aim", "Reads", "baseline", "Two")));
    judge(MEMBER(run, who, "2026-01-05", "target", aim), REFUSED, "target", "another pupil");
    judge(MEMBER(run, other, "2026-01-05", "target", aim, "entry_score", "10"), ACCEPTED, "", "entry score");
    judge(MEMBER(run, who, "2026-01-05", "ends", "2026-02-01"), WARNED, "", "No entry score");
}

static void test_a_group_that_is_too_large(void **state)
{
    (void)state;
    int64_t run = storing_add(PROVISION(new_type("Large"), "2026-01-05", "ends", "2026-03-27"));
    judge(MEMBER(run, new_pupil("One"), "2026-01-05", "ends", "2026-01-31"), ACCEPTED, "", "places");
    judge(MEMBER(run, new_pupil("Two"), "2026-01-05", "entry_score", "1"), ACCEPTED, "", "places");
    judge(MEMBER(run, new_pupil("Three"), "2026-02-01", "entry_score", "1"), ACCEPTED, "", "places");
    judge(MEMBER(run, new_pupil("Four"), "2026-01-20", "entry_score", "1"), WARNED, "", "3 pupils, from Tue 20 Jan 2026, for 2 places");
}

static void test_sessions_and_who_was_there(void **state)
{
    (void)state;
    const char *who = new_pupil("Present");
    int64_t run = storing_add(PROVISION(new_type("Sessions"), "2026-01-05", "ends", "2026-06-27"));
    storing_add(MEMBER(run, who, "2026-01-12", "entry_score", "1"));
#define SESSION(day, ...) NEW("ProvisionSession", "provision", text_id("Provision", run), "day", day, "held", __VA_ARGS__)
#define MARK(session, of) NEW("Attendance", "session", text_id("ProvisionSession", session), "pupil", of, "mark", "present")
    judge(SESSION("2026-01-04", "yes"), REFUSED, "day", "before the first day of the provision");
    judge(SESSION("2026-05-28", "yes"), REFUSED, "day", "future");
    judge(SESSION("2026-02-02", "no"), REFUSED, "lost_to", "says why");
    judge(SESSION("2026-02-02", "yes", "lost_to", "ROOM"), REFUSED, "lost_to", "not lost");
    int64_t lost = judge(SESSION("2026-02-02", "no", "lost_to", "ROOM"), ACCEPTED, "", "x");
    int64_t held = judge(SESSION("2026-02-03", "yes"), ACCEPTED, "", "x");
    int64_t early = judge(SESSION("2026-01-05", "yes"), ACCEPTED, "", "x");
    judge(MARK(lost, who), REFUSED, "session", "was not held");
    judge(MARK(early, who), REFUSED, "pupil", "was not in Group (PRV-");
    judge(MARK(held, new_pupil("Nobody")), REFUSED, "pupil", "was not in Group");
    judge(MARK(held, who), ACCEPTED, "", "x");
    judge(EDIT("ProvisionSession", held, "held", "no", "lost_to", "ROOM"), REFUSED, "held", "marked at it");
    judge(EDIT("ProvisionSession", early, "held", "no", "lost_to", "ROOM"), ACCEPTED, "", "x");
    storing_add(EDIT("Provision", run, "closed", "2026-04-01", "close_reason", "No staff"));
    judge(SESSION("2026-04-02", "yes"), REFUSED, "day", "after the last day of the provision");
}

// --- after the closing ---

static int64_t open_run(const char *type, const char *who, int64_t *member)
{
    int64_t run = storing_add(PROVISION(new_type(type), "2026-01-05", "ends", "2026-04-30"));
    *member = storing_add(MEMBER(run, who, "2026-01-05", "entry_score", "10"));
    return run;
}

static const char *day_of(const char *kind, int64_t id, const char *field)
{
    struct value value = has(kind, id, field);
    char text[DATE_TEXT_MAX];
    return value.type == VALUE_EMPTY ? "" : arena_strdup(&arena, date_iso((int32_t)value.number, text));
}

static void test_a_closed_provision_stays_as_it_was_closed(void **state)
{
    (void)state;
    struct change change;
    int64_t stays, run = open_run("Kept", new_pupil("Kept"), &stays);
    int64_t early = storing_add(MEMBER(run, new_pupil("Early"), "2026-01-05", "ends", "2026-02-01"));
    storing_add(EDIT("ProvisionMember", early, "exit_reason", "MOVED-ON"));
    storing_add(EDIT("ProvisionMember", stays, "exit_score", "14"));
    storing_add(EDIT("Provision", run, "closed", "2026-03-20"));
    judge(MEMBER(run, new_pupil("Late"), "2026-01-05", "ends", "2026-03-01", "exit_score", "3"), REFUSED, "provision", "nobody joins");
    judge(EDIT("ProvisionMember", stays, "exit_score", ""), REFUSED, "exit_score", "keeps an exit score");
    judge(EDIT("ProvisionMember", stays, "exit_score", "", "exit_reason", "DONE"), ACCEPTED, "", "x");
    judge(EDIT("ProvisionMember", stays, "ends", "2026-03-21"), REFUSED, "ends", "after the last day");
    judge(EDIT("ProvisionMember", stays, "ends", ""), REFUSED, "ends", "after the last day");
    judge(EDIT("Provision", run, "ends", "2026-03-21"), REFUSED, "ends", "after the day on which it was closed");
    judge(EDIT("Provision", run, "ends", ""), REFUSED, "ends", "after the day on which it was closed");
    assert_int_equal(removal(kind_find("ProvisionMember"), early, &change), 0);
    assert_int_equal(undo(kind_find("ProvisionMember"), early, &change), 0); // brought back is not joined
}

static void test_closed_on_another_day_and_opened_again(void **state)
{
    (void)state;
    int64_t stays, run = open_run("Corrected", new_pupil("Stays"), &stays);
    int64_t early = storing_add(MEMBER(run, new_pupil("Early"), "2026-01-05", "ends", "2026-03-20", "entry_score", "1"));
    storing_add(EDIT("ProvisionMember", early, "exit_reason", "MOVED-ON"));
    storing_add(EDIT("ProvisionMember", stays, "exit_score", "14"));
    storing_add(EDIT("Provision", run, "closed", "2026-03-20"));
    storing_add(EDIT("Provision", run, "closed", "2026-03-27"));
    assert_string_equal(day_of("Provision", run, "ends"), "2026-03-27");
    assert_string_equal(day_of("ProvisionMember", stays, "ends"), "2026-03-27");
    storing_add(EDIT("Provision", run, "closed", "2026-03-20"));
    assert_string_equal(day_of("Provision", run, "ends"), "2026-03-20");
    assert_string_equal(day_of("ProvisionMember", stays, "ends"), "2026-03-20");
    storing_add(EDIT("Provision", run, "closed", ""));
    assert_string_equal(day_of("Provision", run, "ends"), "2026-04-30"); // as it was planned
    assert_string_equal(day_of("ProvisionMember", stays, "ends"), "");
    assert_string_equal(day_of("ProvisionMember", early, "ends"), "2026-03-20"); // ended before the closing
}

static void test_taking_back_a_closing_opens_it(void **state)
{
    (void)state;
    struct change change;
    int64_t stays, run = open_run("Taken back", new_pupil("Back"), &stays);
    storing_add(EDIT("Provision", run, "closed", "2026-03-20", "close_reason", "No staff"));
    assert_int_equal(undo(kind_find("Provision"), run, &change), 0);
    assert_string_equal(day_of("Provision", run, "ends"), "2026-04-30");
    assert_string_equal(day_of("ProvisionMember", stays, "ends"), "");
    int64_t other = storing_add(PROVISION(new_type("Emptied"), "2026-01-05", "room", "Hall"));
    storing_add(EDIT("Provision", other, "ends", "", "planned", "", "group_size", ""));
    assert_int_equal(removal(kind_find("Provision"), other, &change), 0);
    assert_int_equal(undo(kind_find("Provision"), other, &change), 0);
    assert_string_equal(day_of("Provision", other, "ends"), ""); // not filled again
    assert_int_equal(has("Provision", other, "planned").type, VALUE_EMPTY);
}

static void test_all_of_it_in_one_request(void **state)
{
    (void)state;
    struct change change;
    struct put_item all[] = {PROVISION(new_type("At once"), "2026-01-05", "closed", "2026-03-20"),
                             NEW("ProvisionMember", "pupil", new_pupil("Once"), "starts", "2026-01-05", "entry_score", "1")};
    const struct field *of = field_find(kind_find("ProvisionMember"), "provision");
    all[1].record->values[of->index] = value_number(-1);
    all[1].set |= field_bit(of);
    assert_int_equal(together(all, 2, &change), ERR_INVALID);
    assert_null(strstr(change.problem.message, "PRV-")); // ids that the next ones will get
    assert_null(strstr(change.problem.hint, "PRV-"));
    assert_null(strstr(change.problem.hint, "PVM-"));
    assert_non_null(strstr(change.problem.message, "Once, A"));
    record_set(all[1].record, "exit_score", value_number(30));
    all[1].set |= field_bit(field_find(all[1].record->kind, "exit_score"));
    assert_int_equal(together(all, 2, &change), 0);
    for (size_t i = 0; i < change.result.n_done; i++)
        if (change.result.done[i].kind == all[1].record->kind)
            assert_string_equal(day_of("ProvisionMember", change.result.done[i].id, "ends"), "2026-03-15"); // as planned
}

// --- dates that move ---

static void test_members_and_sessions_lie_within(void **state)
{
    (void)state;
    struct change change;
    const char *who = new_pupil("Within");
    int64_t member, run = open_run("Within", who, &member);
    int64_t held = storing_add(SESSION("2026-02-03", "yes")), mark = storing_add(MARK(held, who));
    judge(EDIT("Provision", run, "starts", "2026-01-06"), REFUSED, "starts", "Within, A is in it already from Mon 5 Jan 2026");
    judge(EDIT("Provision", run, "ends", "2026-01-04"), REFUSED, "ends", "before");
    judge(EDIT("Provision", run, "ends", "2026-02-02"), REFUSED, "ends", "a session of it is entered for Tue 3 Feb 2026");
    judge(EDIT("Provision", run, "closed", "2026-02-02", "close_reason", "x"), REFUSED, "closed", "entered for Tue 3 Feb 2026");
    judge(EDIT("ProvisionMember", member, "ends", "2026-02-02"), REFUSED, "ends", "marked at the session of Tue 3 Feb 2026");
    judge(EDIT("ProvisionMember", member, "starts", "2026-02-04"), REFUSED, "starts", "marked at the session of Tue 3 Feb 2026");
    assert_int_equal(removal(kind_find("ProvisionMember"), member, &change), ERR_INVALID);
    assert_non_null(strstr(change.problem.message, "Tue 3 Feb 2026"));
    judge(EDIT("ProvisionMember", member, "ends", "2026-02-03"), ACCEPTED, "", "x");
    judge(EDIT("Provision", run, "minutes", "45"), WARNED, "", "1 session was held without minutes of its own");
    struct put_item both[] = {EDIT("Provision", run, "starts", "2026-02-01"), EDIT("ProvisionMember", member, "starts", "2026-02-01")};
    assert_int_equal(together(both, 2, &change), 0);
    judge(EDIT("Provision", run, "starts", "2026-02-04"), REFUSED, "starts", "is in it already");
    assert_int_equal(removal(kind_find("Attendance"), mark, &change), 0);
    assert_int_equal(removal(kind_find("ProvisionMember"), member, &change), 0);
    judge(EDIT("Provision", run, "starts", "2026-02-04"), REFUSED, "starts", "a session of it is entered");
    struct put_item moved[] = {EDIT("Provision", run, "ends", "2026-05-20"), SESSION("2026-05-15", "yes")};
    struct put_item other[] = {moved[1], moved[0]};
    assert_int_equal(together(other, 2, &change), 0); // in either order
}

// --- many at once ---

static void test_hundreds_join_at_once(void **state)
{
    (void)state;
    static struct put_item items[4000];
    struct change change;
    int64_t run = storing_add(PROVISION(new_type("Hundreds"), "2000-01-01", "ends", "2026-12-31"));
    const int64_t who[4] = {storing_pupil("A", "A"), storing_pupil("B", "B"), storing_pupil("C", "C"), storing_pupil("D", "D")};
    struct put_item made = MEMBER(run, text_id("Pupil", who[0]), "2000-01-01", "ends", "2000-01-01", "entry_score", "1");
    for (size_t i = 0; i < 4000; i++) {
        items[i] = made;
        items[i].record = record_copy(made.record, &arena);
        items[i].record->id = -1 - (int64_t)i;
        int64_t day = record_number(made.record, "starts") + (int64_t)i / 4;
        record_set(items[i].record, "starts", value_number(day));
        record_set(items[i].record, "ends", value_number(day));
        record_set(items[i].record, "pupil", value_number(who[i % 4]));
    }
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    assert_int_equal(together(items, 4000, &change), 0);
    clock_gettime(CLOCK_MONOTONIC, &ended);
    assert_int_equal(change.result.n_warnings, 1); // of the group once, not of each
    assert_true(is_warned(&change, "4 pupils, from Sat 1 Jan 2000, for 2 places"));
    assert_true(ended.tv_sec - began.tv_sec < 20); // a group judged for each of them would take minutes
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_provision_takes_from_its_type),
        cmocka_unit_test(test_a_provision_closes_with_exit_data),
        cmocka_unit_test(test_members_of_a_provision),
        cmocka_unit_test(test_a_group_that_is_too_large),
        cmocka_unit_test(test_sessions_and_who_was_there),
        cmocka_unit_test(test_a_closed_provision_stays_as_it_was_closed),
        cmocka_unit_test(test_closed_on_another_day_and_opened_again),
        cmocka_unit_test(test_taking_back_a_closing_opens_it),
        cmocka_unit_test(test_all_of_it_in_one_request),
        cmocka_unit_test(test_members_and_sessions_lie_within),
        cmocka_unit_test(test_hundreds_join_at_once),
    };
    return cmocka_run_group_tests_name("rules of provision", tests, open_with_rules, storing_close);
}
