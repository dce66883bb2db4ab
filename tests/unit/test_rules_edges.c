// Rules at their edges, on a real store: the last minute of a day, one and several of a thing, what
// comes in one request and what came before. Today is 27 May 2026.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/support/judging.h"

static void test_times_of_day(void **state)
{
    (void)state;
    static const struct {
        const char *time;
        enum verdict verdict;
    } table[] = {{"00:00", ACCEPTED}, {"23:59", ACCEPTED}, {"19:30", ACCEPTED}, {"24:00", REFUSED}, {"30:00", REFUSED},
                 {"10:60", REFUSED},  {"10:99", REFUSED},  {"9:30", REFUSED},   {"0930", REFUSED},  {"09.30", REFUSED},
                 {"09:3x", REFUSED},  {"x9:30", REFUSED},  {"noon", REFUSED}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        judge(NEW("Meeting", "purpose", "STAFF", "day", "2026-06-10", "time", table[i].time), table[i].verdict, "time",
              "is no time of day");
}

#define STATUS(who, code, from) NEW("SenStatus", "pupil", who, "provision", code, "starts", from)
#define PLAN(who, from, ...)    NEW("Plan", "pupil", who, "template", "APDR", "starts", from, __VA_ARGS__)
#define NEED(who, code, rank)   NEW("Need", "pupil", who, "need", code, "rank", rank, "starts", "2025-09-01")

static void test_no_support_and_needs_that_still_run(void **state)
{
    (void)state;
    const char *one = new_pupil("Oneneed"), *two = new_pupil("Twoneeds"), *none = new_pupil("Noneed");
    storing_add(NEED(one, "ASD", "1"));
    storing_add(NEED(two, "ASD", "1"));
    storing_add(NEED(two, "SLCN", "2"));
    judge(STATUS(one, "N", "2026-05-01"), WARNED, "", "1 of the pupil's needs still runs");
    judge(STATUS(two, "N", "2026-05-01"), WARNED, "", "2 of the pupil's needs still run;");
    judge(STATUS(none, "N", "2026-05-01"), ACCEPTED, "", "still run");
    judge(STATUS(two, "N", "2026-07-01"), WARNED, "", "still run"); // from a day to come
    struct put_item ended = STATUS(one, "K", "2025-01-06");
    record_set(ended.record, "ends", value_number(20100));
    ended.set |= field_bit(field_find(ended.record->kind, "ends"));
    judge(ended, ACCEPTED, "", "no live plan"); // it was over long ago
}

static void test_the_last_live_plan(void **state)
{
    (void)state;
    struct change change;
    const struct kind *plan = kind_find("Plan");
    const char *who = new_pupil("Last"), *other = new_pupil("Free");
    int64_t first = storing_add(PLAN(who, "2026-01-05", "status", "live")), second = storing_add(PLAN(who, "2026-04-20", "status", "live"));
    storing_add(STATUS(who, "K", "2025-09-01"));
    assert_int_equal(removal(plan, first, &change), 0);
    assert_false(is_warned(&change, "last live plan"));
    assert_int_equal(removal(plan, second, &change), 0);
    assert_true(is_warned(&change, "last live plan"));
    assert_int_equal(undo(plan, second, &change), 0);
    judge(EDIT("Plan", second, "status", "draft"), WARNED, "", "last live plan");
    judge(EDIT("Plan", second, "status", "live"), ACCEPTED, "", "last live plan");
    int64_t without = storing_add(PLAN(other, "2026-04-20", "status", "live")); // on no support
    assert_int_equal(removal(plan, without, &change), 0);
    assert_false(is_warned(&change, "last live plan"));
}

static void test_days_of_a_plan(void **state)
{
    (void)state;
    const char *who = new_pupil("Days");
    judge(PLAN(who, "2026-04-20", "status", "live", "review_due", "2026-04-19"), REFUSED, "review_due", "");
    int64_t plan = judge(PLAN(who, "2026-04-20", "status", "live", "review_due", "2026-04-20"), ACCEPTED, "", "x");
    judge(EDIT("Plan", plan, "review_due", ""), ACCEPTED, "", "x");
    judge(EDIT("Plan", plan, "status", "reviewed"), WARNED, "", "without the pupil's views");
    judge(EDIT("Plan", plan, "pupil_views", "I like it", "parent_views", "Good"), ACCEPTED, "", "views");
    judge(EDIT("Plan", plan, "status", "closed"), ACCEPTED, "", "views");
}

#define RUN(...)               NEW("Provision", "type", type, "name", "Group", "starts", "2026-01-05", __VA_ARGS__)
#define SESSION(run, day, ...) NEW("ProvisionSession", "provision", text_id("Provision", run), "day", day, "held", "yes", __VA_ARGS__)
#define MEMBER(run, who, from, ...)                                                                                                        \
    NEW("ProvisionMember", "provision", text_id("Provision", run), "pupil", who, "starts", from, __VA_ARGS__)

static void test_sessions_counted_with_other_minutes(void **state)
{
    (void)state;
    const char *type = text_id("ProvisionType", storing_add(NEW("ProvisionType", "name", "Edges", "minutes", "30")));
    int64_t run = storing_add(RUN("ends", "2026-07-10"));
    judge(EDIT("Provision", run, "minutes", "20"), ACCEPTED, "", "without minutes");
    storing_add(SESSION(run, "2026-02-03", "minutes", "25"));
    judge(EDIT("Provision", run, "minutes", "25"), ACCEPTED, "", "without minutes"); // it has its own
    storing_add(SESSION(run, "2026-02-04", "note", "x"));
    judge(EDIT("Provision", run, "minutes", "30"), WARNED, "", "1 session was held without minutes of its own; it is now");
    storing_add(SESSION(run, "2026-02-05", "note", "x"));
    judge(EDIT("Provision", run, "minutes", "35"), WARNED, "", "2 sessions were held without minutes of their own; they are now");
    judge(EDIT("Provision", run, "name", "Other"), ACCEPTED, "", "without minutes");
}

static void test_members_beyond_the_end(void **state)
{
    (void)state;
    const char *type = text_id("ProvisionType", storing_add(NEW("ProvisionType", "name", "Beyond", "minutes", "30")));
    int64_t run = storing_add(RUN("ends", "2026-05-29"));
    storing_add(MEMBER(run, new_pupil("Later"), "2026-04-20", "exit_score", "4"));
    judge(EDIT("Provision", run, "ends", "2026-04-19"), REFUSED, "ends", "Later, A is in it only from Mon 20 Apr 2026");
    judge(EDIT("Provision", run, "closed", "2026-04-10", "close_reason", "x"), REFUSED, "closed", "Later, A joins it only after that day");
    int64_t until = storing_add(MEMBER(run, new_pupil("Until"), "2026-01-05", "ends", "2026-05-08", "exit_score", "4"));
    judge(EDIT("Provision", run, "ends", "2026-05-07"), REFUSED, "ends", "Until, A is in it until Fri 8 May 2026");
    judge(EDIT("ProvisionMember", until, "ends", "2026-05-07"), ACCEPTED, "", "x");
    judge(EDIT("Provision", run, "ends", "2026-05-07"), ACCEPTED, "", "x");
    judge(EDIT("Provision", run, "closed", "2026-05-06"), ACCEPTED, "", "x"); // ends with it
    judge(EDIT("Provision", run, "ends", "2026-05-08"), REFUSED, "ends", "after the day on which it was closed");
}

static void test_more_than_can_be_named(void **state)
{
    (void)state;
    static const char *const names[] = {"Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Hh", "Ii", "Jj", "Kk", "Ll"};
    const char *type = text_id("ProvisionType", storing_add(NEW("ProvisionType", "name", "Many", "minutes", "30")));
    int64_t run = storing_add(RUN("ends", "2026-05-29", "group_size", "20"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        storing_add(MEMBER(run, new_pupil(names[i]), "2026-01-05", "entry_score", "7"));
    judge(EDIT("Provision", run, "closed", "2026-05-20"), REFUSED, "closed",
          "12 of its pupils have neither exit score nor exit reason: Aa, A; Bb, A; Cc, A and 9 more");
    judge(EDIT("Provision", run, "closed", "2026-05-20", "close_reason", "Staff left"), ACCEPTED, "", "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_of_day),           cmocka_unit_test(test_no_support_and_needs_that_still_run),
        cmocka_unit_test(test_the_last_live_plan),     cmocka_unit_test(test_days_of_a_plan),
        cmocka_unit_test(test_members_beyond_the_end), cmocka_unit_test(test_sessions_counted_with_other_minutes),
        cmocka_unit_test(test_more_than_can_be_named),
    };
    return cmocka_run_group_tests_name("rules, edges", tests, open_with_rules, storing_close);
}
