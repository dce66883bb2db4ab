// Dates: the calendar, every way of typing them, school years.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/date.h"
#include "common/error.h"

// Monday 14 September 2026
static int32_t today(void)
{
    return date_make(2026, 9, 14);
}

static void test_calendar(void **state)
{
    (void)state;
    assert_int_equal(date_make(1970, 1, 1), 0);
    assert_int_equal(date_make(2000, 3, 1), 11017);
    assert_int_equal(date_make(1782, 4, 7), DATE_MIN);
    assert_int_equal(date_make(2200, 1, 1), DATE_MAX);
    assert_int_equal(date_make(2200, 1, 2), DATE_NONE);
    assert_int_equal(date_make(1782, 4, 6), DATE_NONE);
    assert_int_equal(date_make(2026, 2, 29), DATE_NONE);
    assert_int_equal(date_make(1900, 2, 29), DATE_NONE);
    assert_int_not_equal(date_make(2000, 2, 29), DATE_NONE);
    assert_int_equal(date_make(2026, 13, 1), DATE_NONE);
    assert_int_equal(date_make(2026, 0, 1), DATE_NONE);
    assert_int_equal(date_make(2026, 4, 31), DATE_NONE);
    assert_int_equal(date_make(INT32_MAX, 1, 1), DATE_NONE);
    assert_int_equal(date_weekday(0), 4);
    assert_int_equal(date_weekday(today()), 1);
}

// Every day there is: split and make are inverse, days follow each other.
static void test_every_day(void **state)
{
    (void)state;
    int last_year = 0, last_month = 0, last_day = 0;
    for (int32_t date = DATE_MIN; date <= DATE_MAX; date++) {
        int year, month, day;
        date_split(date, &year, &month, &day);
        assert_int_equal(date_make(year, month, day), date);
        assert_int_equal(date_weekday(date), (date - DATE_MIN + date_weekday(DATE_MIN) - 1) % 7 + 1);
        if (date > DATE_MIN) {
            assert_true(day == last_day + 1 ? month == last_month && year == last_year
                                            : day == 1 && (month == last_month + 1 || (month == 1 && year == last_year + 1)));
        }
        last_year = year;
        last_month = month;
        last_day = day;
    }
}

// Extremes of the type must not crash what shows them.
static void test_wild(void **state)
{
    (void)state;
    char buffer[DATE_TEXT_MAX];
    static const int32_t wild[] = {INT32_MIN, INT32_MIN + 1, -1000000, 1000000, INT32_MAX};
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        assert_true(strlen(date_iso(wild[i], buffer)) < sizeof buffer);
        assert_true(strlen(date_human(wild[i], buffer)) < sizeof buffer);
        date_nc_year(wild[i], today());
        date_nc_year(today(), wild[i]);
        date_add_months(wild[i], INT32_MAX);
        date_add_months(wild[i], INT32_MIN);
    }
}

static void test_months(void **state)
{
    (void)state;
    assert_int_equal(date_add_months(date_make(2026, 1, 31), 1), date_make(2026, 2, 28));
    assert_int_equal(date_add_months(date_make(2028, 1, 31), 1), date_make(2028, 2, 29));
    assert_int_equal(date_add_months(date_make(2026, 1, 31), -2), date_make(2025, 11, 30));
    assert_int_equal(date_add_months(date_make(2028, 2, 29), 12), date_make(2029, 2, 28));
    assert_int_equal(date_add_months(date_make(2026, 12, 14), 1), date_make(2027, 1, 14));
    assert_int_equal(date_add_months(today(), 1000000), DATE_NONE);
}

static void test_years(void **state)
{
    (void)state;
    assert_int_equal(date_years(date_make(2016, 9, 15), today()), 9);
    assert_int_equal(date_years(date_make(2016, 9, 14), today()), 10);
    assert_int_equal(date_years(date_make(2016, 2, 29), date_make(2026, 2, 28)), 9);
    assert_int_equal(date_years(date_make(2016, 2, 29), date_make(2026, 3, 1)), 10);
    assert_int_equal(date_years(date_make(2016, 2, 29), date_make(2020, 2, 29)), 4);
}

static void test_nc_year(void **state)
{
    (void)state;
    static const struct {
        int year, month, day;
        const char *nc;
    } born[] = {
        {2016, 8, 31, "6"}, {2016, 9, 1, "5"},  {2022, 8, 31, "R"}, {2022, 9, 1, "N2"}, {2023, 8, 31, "N2"}, {2023, 9, 1, "N1"},
        {2024, 9, 1, "E2"}, {2025, 9, 1, "E1"}, {2021, 8, 31, "1"}, {2008, 9, 1, "13"}, {2008, 8, 31, "14"},
    };
    for (size_t i = 0; i < sizeof born / sizeof *born; i++) {
        int32_t date = date_make(born[i].year, born[i].month, born[i].day);
        assert_string_equal(date_nc_year(date, date_make(2026, 9, 1)), born[i].nc);
        assert_string_equal(date_nc_year(date, date_make(2027, 8, 31)), born[i].nc);
    }
    assert_null(date_nc_year(date_make(2026, 9, 1), today()));
    assert_null(date_nc_year(date_make(2007, 8, 31), today()));
    assert_string_equal(date_nc_year(date_make(2016, 8, 31), date_make(2026, 8, 31)), "5");
}

static void check_parse(const char *text, int year, int month, int day)
{
    struct problem problem;
    problem_init(&problem, NULL);
    int32_t date = 0;
    if (date_parse(text, today(), &date, &problem)) {
        fail_msg("%s: %s", text, problem.message);
    }
    char got[DATE_TEXT_MAX], wanted[DATE_TEXT_MAX];
    if (date != date_make(year, month, day)) {
        fail_msg("%s gives %s, not %s", text, date_iso(date, got), date_iso(date_make(year, month, day), wanted));
    }
}

static void test_parse_calendar(void **state)
{
    (void)state;
    static const char *const same[] = {
        "14/9",           "14/9/26",     "14/09/2026",        "14.9.2026",          "14-9-2026",
        "14.9",           "2026-09-14",  "2026/9/14",         "20260914",           "14 sep",
        "14 Sept. 2026",  "Sep 14 2026", "14 September 2026", "September 14, 2026", "14sep2026",
        "14-Sep-26",      "14th Sep",    "Mon 14 Sep 2026",   "monday 14/9",        "Mon, 14 Sep 2026",
        " 14 / 9 / 2026", "2026-9-14",   "14th September 26", "MON 14TH SEP",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        check_parse(same[i], 2026, 9, 14);
    }
    check_parse("1/3", 2027, 3, 1);     // 168 days on, 197 back
    check_parse("20/3", 2026, 3, 20);   // 178 back, 187 on
    check_parse("29 feb", 2028, 2, 29); // 533 days on, 929 back
    check_parse("14/9/75", 2075, 9, 14);
    check_parse("14/9/76", 1976, 9, 14);
    check_parse("31/8/16", 2016, 8, 31);
    check_parse("2/3/2017", 2017, 3, 2); // day first, always
    check_parse("29/2/2024", 2024, 2, 29);
}

static void test_parse_words(void **state)
{
    (void)state;
    check_parse("today", 2026, 9, 14);
    check_parse("Tomorrow", 2026, 9, 15);
    check_parse("yesterday", 2026, 9, 13);
    check_parse("fri", 2026, 9, 18);
    check_parse("weds", 2026, 9, 16);
    check_parse("mon", 2026, 9, 21); // said on a Monday: a week on
    check_parse("next mon", 2026, 9, 21);
    check_parse("next fri", 2026, 9, 25);
    check_parse("next sunday", 2026, 9, 27);
    check_parse("last mon", 2026, 9, 7);
    check_parse("last fri", 2026, 9, 11);
    check_parse("last sun", 2026, 9, 13);
    check_parse("3d", 2026, 9, 17);
    check_parse("+10", 2026, 9, 24);
    check_parse("-1w", 2026, 9, 7);
    check_parse("2w", 2026, 9, 28);
    check_parse("3m", 2026, 12, 14);
    check_parse("-1y", 2025, 9, 14);
    check_parse("eow", 2026, 9, 20);
    check_parse("eom", 2026, 9, 30);
    int32_t date, friday = date_make(2026, 9, 18), sunday = date_make(2026, 9, 20);
    assert_int_equal(date_parse("fri", friday, &date, NULL), 0);
    assert_int_equal(date, friday + 7);
    assert_int_equal(date_parse("next fri", friday, &date, NULL), 0);
    assert_int_equal(date, friday + 7);
    assert_int_equal(date_parse("eow", sunday, &date, NULL), 0);
    assert_int_equal(date, sunday);
    assert_int_equal(date_parse("next fri", sunday, &date, NULL), 0);
    assert_int_equal(date, sunday + 5);
    assert_int_equal(date_parse("eom", date_make(2028, 2, 10), &date, NULL), 0);
    assert_int_equal(date, date_make(2028, 2, 29));
    assert_int_equal(date_parse("eom", date_make(2026, 12, 31), &date, NULL), 0);
    assert_int_equal(date, date_make(2026, 12, 31));
}

static void check_refused(const char *text, const char *sentence)
{
    struct problem problem;
    problem_init(&problem, NULL);
    int32_t date = 12345;
    if (date_parse(text, today(), &date, &problem) != ERR_INVALID) {
        fail_msg("%s was taken", text);
    }
    assert_int_equal(date, 12345);
    if (!strstr(problem.message, sentence)) {
        fail_msg("%s: %s", text, problem.message);
    }
    assert_true(problem.hint[0] != '\0');
    assert_int_equal(date_parse(text, today(), &date, NULL), ERR_INVALID);
}

static void test_parse_refused(void **state)
{
    (void)state;
    check_refused("31/2/2026", "31 Feb 2026 is no day");
    check_refused("31 Feb 2026", "31 Feb 2026 is no day");
    check_refused("29/2/26", "29 Feb 2026 is no day");
    check_refused("31/4", "31 Apr is no day");
    check_refused("9/14/2026", "there is no month 14");
    check_refused("0/1", "is no day");
    check_refused("14/0", "there is no month 0");
    check_refused("2026-02-30", "30 Feb 2026 is no day");
    check_refused("20260230", "30 Feb 2026 is no day");
    check_refused("Tue 14 Sep 2026", "it is Mon 14 Sep 2026");
    check_refused("1/1/1500", "too far away");
    check_refused("999999d", "too far away");
    check_refused("-999999m", "too far away");
    static const char *const none[] = {"",
                                       " ",
                                       "10",
                                       "soon",
                                       "14",
                                       "sep",
                                       "sep 2026",
                                       "14/9/026",
                                       "14//9",
                                       "14/9/",
                                       "/14/9",
                                       "14/9-2026",
                                       "14 9 2026x",
                                       "next",
                                       "next week",
                                       "3x",
                                       "+",
                                       "-",
                                       "123456789",
                                       "14/9/2026/1",
                                       "\x1b[2J",
                                       "14/sep/x",
                                       "99999999999999999999d",
                                       "ff 14",
                                       "2026-09",
                                       "1 2 3 4 5 6 7 8",
                                       "14 Sep 2026 10:42",
                                       "½"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        check_refused(none[i], "is no date");
    }
    check_refused("\x1b]0;x\x07", "\"?]0;x?\" is no date");
}

// Whatever is printed is taken back: every day of a hundred years and more, read
// on various days.
static void test_round_trip(void **state)
{
    (void)state;
    static const int32_t on[] = {0, 20709, 11016};
    for (int32_t date = date_make(1950, 1, 1); date <= date_make(2060, 12, 31); date++) {
        char iso[DATE_TEXT_MAX], human[DATE_TEXT_MAX];
        int32_t read;
        assert_int_equal(date_parse(date_iso(date, iso), on[date % 3 < 0 ? 0 : date % 3], &read, NULL), 0);
        assert_int_equal(read, date);
        assert_int_equal(date_parse(date_human(date, human), on[date % 3 < 0 ? 0 : date % 3], &read, NULL), 0);
        assert_int_equal(read, date);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar),       cmocka_unit_test(test_every_day),   cmocka_unit_test(test_wild),
        cmocka_unit_test(test_months),         cmocka_unit_test(test_years),       cmocka_unit_test(test_nc_year),
        cmocka_unit_test(test_parse_calendar), cmocka_unit_test(test_parse_words), cmocka_unit_test(test_parse_refused),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
