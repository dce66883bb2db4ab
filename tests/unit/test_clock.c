// London's time beside the system's tzdata, and times as text.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/date.h"

// Against the system's own tzdata, around every change and through the years.
static void london_is_right(void **state)
{
    (void)state;
    setenv("TZ", "Europe/London", 1);
    tzset();
    struct tm tm;
    time_t probe = 1720000000;
    if (!localtime_r(&probe, &tm) || tm.tm_gmtoff != 3600) {
        unsetenv("TZ");
        skip();
    }
    for (int64_t time = 0; time < INT64_C(2145916800); time += 1799) {
        time_t when = (time_t)time;
        localtime_r(&when, &tm);
        int seconds;
        int32_t date = clock_civil(time, &seconds);
        if (date != date_make(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) || seconds != tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec)
            fail_msg("%lld is not what tzdata says", (long long)time);
    }
    unsetenv("TZ");
    tzset();
}

static void clock_reads_and_writes(void **state)
{
    (void)state;
    char text[32];
    int64_t time = clock_parse("2026-09-14T09:42:00Z", 0);
    assert_string_equal(clock_iso(time, text), "2026-09-14T09:42:00Z");
    assert_string_equal(clock_text(time, text), "Mon 14 Sep 2026 10:42");
    assert_int_equal(clock_parse("2026-09-14T10:42:00+01:00", 0), time);
    assert_int_equal(clock_parse("2026-09-14T10:42", 0), time);
    assert_int_equal(clock_parse("2026-09-14 10:42:00", 0), time);
    assert_int_equal(clock_parse("2026-09-14T04:42:00-05:00", 0), time);
    assert_string_equal(clock_iso(clock_parse("2026-09-14", 0), text), "2026-09-14T22:59:59Z");
    assert_string_equal(clock_iso(clock_parse("2026-10-25", 0), text), "2026-10-25T23:59:59Z");
    assert_string_equal(clock_iso(clock_midnight(date_make(2026, 10, 25)), text), "2026-10-24T23:00:00Z");
    assert_string_equal(clock_iso(clock_midnight(date_make(2026, 3, 29)), text), "2026-03-29T00:00:00Z");
    assert_string_equal(clock_iso(clock_midnight(date_make(2026, 3, 30)), text), "2026-03-29T23:00:00Z");
    assert_string_equal(clock_iso(clock_parse("2026-10-25T01:30", 0), text), "2026-10-25T00:30:00Z"); // comes twice: the first
    assert_string_equal(clock_iso(clock_parse("2026-03-29T02:30", 0), text), "2026-03-29T01:30:00Z");
    static const char *const wrong[] = {"",
                                        "T",
                                        "2026-02-30T10:00Z",
                                        "2026-09-14T24:00Z",
                                        "2026-09-14T10:61Z",
                                        "2026-09-14T10:00Zx",
                                        "2026-09-14T10",
                                        "2026-09-14T10:00+1",
                                        "soonish"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(clock_parse(wrong[i], 0), -1);
    clock_iso(INT64_MAX, text);
    clock_text(INT64_MIN, text);
    clock_set(time);
    assert_int_equal(clock_now(), time);
    assert_int_equal(clock_today(), date_make(2026, 9, 14));
    assert_true(clock_real() != time);
    clock_set(-1);
    assert_int_equal(clock_now() / 10, clock_real() / 10);
    uint64_t before = clock_monotonic();
    assert_true(clock_monotonic() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(london_is_right),
        cmocka_unit_test(clock_reads_and_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
