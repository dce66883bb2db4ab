// What rules tell of a change that is seldom meant, and that what comes by the thousand
// is judged in one go, on a real store. Today is 27 May 2026.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "tests/support/judging.h"

#define REVIEW(target, day, judgement)                                                                                                     \
    NEW("TargetReview", "target", text_id("Target", target), "day", day, "judgement", judgement, "value", "x")

static void test_a_target_beside_the_plan(void **state)
{
    (void)state;
    const char *who = new_pupil("Beside");
#define TARGET(...) NEW("Target", "pupil", who, "aim", "Reads", "baseline", "Two", "due", "2026-07-01", __VA_ARGS__)
    judge(TARGET("note", "x"), ACCEPTED, "", "belongs to no plan");
    int64_t draft = storing_add(NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-04-20", "status", "draft"));
    judge(TARGET("note", "x"), ACCEPTED, "", "belongs to no plan");
    storing_add(EDIT("Plan", draft, "status", "live"));
    char hint[40];
    const char *plan = text_id("Plan", draft);
    snprintf(hint, sizeof hint, "add it again with plan=%s", plan);
    int64_t alone = judge(TARGET("note", "x"), WARNED, "", hint);
    judge(EDIT("Target", alone, "note", "y"), ACCEPTED, "", "belongs to no plan");
    judge(TARGET("plan", plan), ACCEPTED, "", "belongs to no plan");
    struct change change;
    struct put_item both[] = {NEW("Plan", "pupil", who, "template", "APDR", "starts", "2026-05-20", "status", "agreed"),
                              TARGET("note", "x")};
    storing_add(EDIT("Plan", draft, "status", "draft"));
    assert_int_equal(together(both, 2, &change), 0);
    assert_true(is_warned(&change, "belongs to no plan"));
}

static void test_a_run_of_unknown_cost_and_other_days(void **state)
{
    (void)state;
    const char *type = text_id("ProvisionType", storing_add(NEW("ProvisionType", "name", "Advice", "minutes", "30", "per_week", "3")));
#define RUN(...) NEW("Provision", "type", type, "name", "Group", "starts", "2026-05-04", __VA_ARGS__)
    int64_t run = judge(RUN("note", "x"), WARNED, "", "its cost will be unknown");
    judge(EDIT("Provision", run, "note", "y"), ACCEPTED, "", "unknown");
    judge(EDIT("Provision", run, "grade", "TA"), ACCEPTED, "", "unknown");
    judge(EDIT("Provision", run, "grade", ""), WARNED, "", "its cost will be unknown");
    judge(RUN("hourly", "12.00"), ACCEPTED, "", "unknown");
    static const struct {
        const char *days;
        enum verdict verdict;
        const char *words;
    } table[] = {
        {"Mon Wed Fri 09:30", ACCEPTED, "names"},
        {"mondays, Weds and Thurs", ACCEPTED, "names"},
        {"Mon 09:30, Mon 13:30, Tues 09:30", ACCEPTED, "names"},
        {"Mon Wed", WARNED, "\"Mon Wed\" names 2 weekdays, and there are 3 sessions a week"},
        {"Mon Tue Wed Thu", WARNED, "names 4 weekdays"},
        {"monthly, in the Sunflower room", WARNED, "names 0 weekdays"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        judge(RUN("grade", "TA", "days", table[i].days), table[i].verdict, "", table[i].words);
    run = storing_add(RUN("grade", "TA", "days", "Mon"));
    judge(EDIT("Provision", run, "note", "x"), ACCEPTED, "", "names");
    judge(EDIT("Provision", run, "per_week", "1"), ACCEPTED, "", "names");
    judge(EDIT("Provision", run, "per_week", "2"), WARNED, "", "names 1 weekday, and there are 2 sessions");
}

static void test_the_same_twice(void **state)
{
    (void)state;
    const char *who = new_pupil("Twice");
    int64_t aim = storing_add(NEW("Target", "pupil", who, "aim", "Reads", "baseline", "Two"));
    judge(REVIEW(aim, "2026-05-04", "met"), ACCEPTED, "", "two reviews");
    judge(REVIEW(aim, "2026-05-05", "met"), ACCEPTED, "", "two reviews");
    int64_t second = judge(REVIEW(aim, "2026-05-04", "not-met"), WARNED, "", "two reviews of this day: see TRV-");
    judge(EDIT("TargetReview", second, "value", "y"), ACCEPTED, "", "two reviews");
    const char *mother = text_id("Contact", storing_add(NEW("Contact", "pupil", who, "name", "Mrs Twice")));
#define LOG(day, with, what) NEW("ContactLog", "pupil", who, "day", day, "channel", "phone", "contact", with, "summary", what)
    judge(LOG("2026-05-04", mother, "Rang"), ACCEPTED, "", "tells the same");
    judge(LOG("2026-05-05", mother, "Rang"), ACCEPTED, "", "tells the same");
    judge(LOG("2026-05-04", mother, "Rang back"), ACCEPTED, "", "tells the same");
    judge(LOG("2026-05-04", "", "Rang"), ACCEPTED, "", "tells the same");
    int64_t twin = judge(LOG("2026-05-04", mother, "Rang"), WARNED, "", "tells the same of the same person and day: see LOG-");
    judge(EDIT("ContactLog", twin, "channel", "email"), ACCEPTED, "", "tells the same");
}

// --- by the thousand ---

#define MANY 4000
static struct put_item many[MANY];

static double seconds_of(size_t n, struct change *change, int expected)
{
    struct timespec began, ended;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &began);
    int error = together(many, n, change);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
    if (error != expected)
        fail_msg("%s", change->problem.message);
    return (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
}

static void make_many(struct put_item made, size_t n, const char *field, int64_t first)
{
    for (size_t i = 0; i < n; i++) {
        many[i] = made;
        many[i].record = record_copy(made.record, &arena);
        many[i].record->id = -1 - (int64_t)i;
        record_set(many[i].record, field, value_number(first + (int64_t)i));
    }
}

// Four times as many take about four times as long, not sixteen times; a shared computer may be slow in one of them.
static void is_linear(double some, double all)
{
    assert_true(all < 10 * some + 0.5);
}

static void test_thousands_of_reviews(void **state)
{
    (void)state;
    struct change change;
    double took[2];
    for (size_t i = 0; i < 2; i++) {
        size_t n = i ? MANY : MANY / 4;
        int64_t aim = storing_add(NEW("Target", "pupil", new_pupil("Reviews"), "aim", "Reads", "baseline", "Two"));
        struct put_item made = REVIEW(aim, "2010-01-01", "partly-met");
        make_many(made, n, "day", record_number(made.record, "day"));
        record_set(many[n - 1].record, "judgement", value_number(1)); // exceeded
        took[i] = seconds_of(n, &change, 0);
        assert_string_equal(has_choice("Target", aim, "status"), "met");
        assert_false(is_warned(&change, "two reviews"));
    }
    is_linear(took[0], took[1]);
}

static void test_thousands_of_needs(void **state)
{
    (void)state;
    struct change change;
    const char *who = new_pupil("Needs");
    struct put_item first = NEW("Need", "pupil", who, "need", "ASD", "rank", "1", "starts", "2000-01-01", "ends", "2012-12-31");
    int64_t starts = record_number(first.record, "starts");
    storing_add(first);
    make_many(NEW("Need", "pupil", who, "need", "SLCN", "rank", "2", "starts", "2000-01-01", "ends", "2000-01-01"), MANY, "starts", starts);
    for (size_t at = 0; at < MANY; at++)
        record_set(many[at].record, "ends", value_number(starts + (int64_t)at));
    record_set(many[MANY - 1].record, "rank", value_number(1)); // beside the first
    seconds_of(MANY, &change, ERR_CONFLICT);
    assert_non_null(strstr(change.problem.message, "ASD holds rank 1"));
    record_set(many[MANY - 1].record, "rank", value_number(2));
    assert_true(seconds_of(MANY, &change, 0) < 20); // a pupil judged for each of them would take minutes
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_target_beside_the_plan), cmocka_unit_test(test_a_run_of_unknown_cost_and_other_days),
        cmocka_unit_test(test_the_same_twice),           cmocka_unit_test(test_thousands_of_reviews),
        cmocka_unit_test(test_thousands_of_needs),
    };
    return cmocka_run_group_tests_name("advice", tests, open_with_rules, storing_close);
}
