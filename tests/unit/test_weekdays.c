// Days of the week as people type them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/weekdays.h"

static const struct {
    const char *text;
    unsigned days, count;
} cases[] = {
    {NULL, 0, 0},
    {"", 0, 0},
    {"09:30", 0, 0},
    {"Mon", 0x01, 1},
    {"Mon Wed Fri 09:30", 0x15, 3},
    {"tues and THURSDAYS", 0x0a, 2},
    {"Mon 09:30 Mon 13:30", 0x01, 2},
    {"Mon-Fri", 0x1f, 5},
    {"Mon – Wed 10:00", 0x07, 3},
    {"Tuesday to Thursday", 0x0e, 3},
    {"Sat-Mon", 0x61, 3},
    {"daily 08:50", 0x1f, 5},
    {"every day", 0x1f, 5},
    {"every Mon", 0x01, 1},
    {"Mon 09:30 - 10:00, Fri", 0x11, 2},
    {"Mo We", 0, 0},
    {"month end", 0, 0},
    {"Wedding", 0, 0},
    {"to Fri", 0x10, 1},
};

static void test_days_as_typed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (weekdays_named(cases[i].text) != cases[i].days || weekdays_count(cases[i].text) != cases[i].count)
            fail_msg("\"%s\": %x, %u", cases[i].text ? cases[i].text : "NULL", weekdays_named(cases[i].text),
                     weekdays_count(cases[i].text));
        for (int day = 1; day <= 7; day++)
            assert_int_equal(weekdays_has(cases[i].text, day), cases[i].days >> (day - 1) & 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_days_as_typed)};
    return cmocka_run_group_tests_name("weekdays", tests, NULL, NULL);
}
