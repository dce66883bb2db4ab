// Rules about people on a real store: a pupil's and a member of staff's days make sense,
// nobody manages themselves, an assignment is with one. Today is 27 May 2026.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/judging.h"

#define PUPIL(...) NEW("Pupil", "surname", "Days", __VA_ARGS__)

static void test_a_pupils_days_follow_each_other(void **state)
{
    (void)state;
    judge(PUPIL("born", "2026-05-28"), REFUSED, "born", "lies in the future");
    judge(PUPIL("born", "2026-05-27"), ACCEPTED, "", "x");
    judge(PUPIL("born", "2019-03-01", "entered", "2019-02-28"), REFUSED, "entered", "before the pupil was born");
    judge(PUPIL("born", "2019-03-01", "entered", "2024-09-01", "left", "2024-08-31"), REFUSED, "left", "before the first");
    int64_t id = judge(PUPIL("born", "2019-03-01", "entered", "2024-09-01", "left", "2024-09-01"), ACCEPTED, "", "x");
    judge(EDIT("Pupil", id, "entered", "2024-09-02"), REFUSED, "left", "before the first");
    judge(EDIT("Pupil", id, "born", "2024-09-02"), REFUSED, "entered", "born");
    judge(EDIT("Pupil", id, "entered", "2024-09-02", "left", ""), ACCEPTED, "", "x");
}

static void test_staff_manage_others_and_leave_after_they_began(void **state)
{
    (void)state;
    int64_t id = judge(NEW("Staff", "surname", "Manager", "started", "2024-09-01"), ACCEPTED, "", "x");
    const char *own = text_id("Staff", id);
    judge(EDIT("Staff", id, "manager", own), REFUSED, "manager", "their own line manager");
    judge(EDIT("Staff", id, "left", "2024-08-31"), REFUSED, "left", "before the first");
    judge(EDIT("Staff", id, "left", "2024-09-01"), ACCEPTED, "", "x");
    judge(NEW("Staff", "surname", "Managed", "manager", own), ACCEPTED, "", "x");
}

static void test_what_is_removed_is_not_judged(void **state)
{
    (void)state;
    struct change change;
    int64_t who = judge(PUPIL("born", "2019-03-01"), ACCEPTED, "", "x"), staff = judge(NEW("Staff", "surname", "Gone"), ACCEPTED, "", "x");
    assert_int_equal(removal(kind_find("Pupil"), who, &change), 0);
    assert_int_equal(removal(kind_find("Staff"), staff, &change), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pupils_days_follow_each_other),
        cmocka_unit_test(test_staff_manage_others_and_leave_after_they_began),
        cmocka_unit_test(test_what_is_removed_is_not_judged),
    };
    return cmocka_run_group_tests_name("rules of people", tests, open_with_rules, storing_close);
}
