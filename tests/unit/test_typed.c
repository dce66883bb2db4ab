// What people type, by what is odd about it: numbers, lengths of time, dates, times, choices and
// days of the week; and what is made up for tests. All that can be read in one way is read in
// that way; the rest is refused with what is wrong. One thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/error.h"
#include "common/number.h"
#include "common/record.h"
#include "common/weekdays.h"

#define NONE INT64_MIN // refused

static int32_t today(void)
{
    return date_make(2026, 9, 14);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *unit;
        int places;
        int64_t number;
        const char *fault;
    } table[] = {
        {"12", NULL, 0, 12, NULL},
        {"-12", NULL, 0, -12, NULL},
        {"+12", NULL, 0, 12, NULL},
        {"−12", NULL, 0, -12, NULL},
        {"- 12", NULL, 0, -12, NULL},
        {"1,234", NULL, 0, 1234, NULL},
        {"12,345,678", NULL, 0, 12345678, NULL},
        {"1,234.50", NULL, 2, 123450, NULL},
        {"£1,234.5", NULL, 2, 123450, NULL},
        {"-£3", NULL, 2, -300, NULL},
        {"£-3", NULL, 2, -300, NULL},
        {"92.4%", "%", 1, 924, NULL},
        {"92.4 %", "%", 1, 924, NULL},
        {"5 minutes", "minutes", 0, 5, NULL},
        {"9223372036854775", NULL, 2, 922337203685477500, NULL},
        {"", NULL, 0, NONE, "is no number"},
        {"-", NULL, 0, NONE, "is no number"},
        {"%", "%", 1, NONE, "is no number"},
        {"12 5", NULL, 0, NONE, "is no number"},
        {"--12", NULL, 0, NONE, "is no number"},
        {"+-12", NULL, 0, NONE, "is no number"},
        {"1-2", NULL, 0, NONE, "is no number"},
        {"££3", NULL, 2, NONE, "is no number"},
        {"3£", NULL, 2, NONE, "is no number"},
        {"£3", NULL, 1, NONE, "is no number"},
        {",123", NULL, 0, NONE, "is no number"},
        {"1,23", NULL, 0, NONE, "is no number"},
        {"1,2345", NULL, 0, NONE, "is no number"},
        {"1234,567", NULL, 0, NONE, "is no number"},
        {"1,23,456", NULL, 0, NONE, "is no number"},
        {"1,23.4", NULL, 1, NONE, "is no number"},
        {"1.234,5", NULL, 1, NONE, "has more than one decimal"},
        {"1.2,3", NULL, 2, NONE, "is no number"},
        {".5", NULL, 1, NONE, "is no number"},
        {"5.", NULL, 1, NONE, "is no number"},
        {"1.5", NULL, 0, NONE, "is no number"},
        {"1.2.3", NULL, 2, NONE, "is no number"},
        {"1.25", NULL, 1, NONE, "has more than one decimal"},
        {"1.255", NULL, 2, NONE, "has more than two decimals"},
        {"99999999999999999999", NULL, 0, NONE, "is too large"},
        {"922337203685477580", NULL, 2, NONE, "is too large"},
        {"1000000000000000000000000000000000000000000000000", NULL, 0, NONE, "is no number"},
        {"12a", NULL, 0, NONE, "is no number"},
        {"½", NULL, 1, NONE, "is no number"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t number = NONE;
        const char *fault = number_parse(table[i].text, table[i].unit, table[i].places, &number);
        if ((fault == NULL) != (table[i].fault == NULL) || (fault && strcmp(fault, table[i].fault) != 0) ||
            (!fault && number != table[i].number))
            fail_msg("%s: %s, %lld", table[i].text, fault ? fault : "good", (long long)number);
    }
}

static void test_lengths_of_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t minutes;
    } table[] = {
        {"90", 90},      {"90m", 90},        {"90 min", 90},
        {"90 mins", 90}, {"90 Minutes", 90}, {"1h", 60},
        {"1H30", 90},    {"1h30m", 90},      {"1h 5", 65},
        {"1h5min", 65},  {"1:30", 90},       {"1:05", 65},
        {"-1:30", -90},  {"0h59", 59},       {"1,000", 1000},
        {"0", 0},        {"100:00", 6000},   {"1:5", NONE},
        {"1:", NONE},    {"1:60", NONE},     {"1h60", NONE},
        {"1h30x", NONE}, {"h30", NONE},      {":30", NONE},
        {"1:30m", NONE}, {"1h30mins", NONE}, {"1.5h", NONE},
        {"1:300", NONE}, {"", NONE},         {"1x", NONE},
        {"1h1h", NONE},  {"123456m", NONE},  {"1h123456", NONE},
        {"1 2", NONE},   {"m", NONE},        {"-", NONE},
        {"1d", NONE},    {"1hm", NONE},      {"11111111111111111111111111111111111111111111111111", NONE},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t minutes = NONE;
        const char *fault = number_parse_minutes(table[i].text, NULL, &minutes);
        if ((fault != NULL) != (table[i].minutes == NONE) || minutes != table[i].minutes)
            fail_msg("%s: %s, %lld", table[i].text, fault ? fault : "good", (long long)minutes);
        if (fault)
            assert_string_equal(fault, "is no length of time");
    }
}

static void test_days(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said, *hint; // of what is refused
    } refused[] = {
        {"9/14/2026", "there is no month 14", "The day comes first: 14/9"},
        {"40/14/2026", "there is no month 14", "The day comes first, like 14/9/2026."},
        {"9/40/2026", "there is no month 40", "The day comes first, like 14/9/2026."},
        {"1/1/1700", "too far away", "Dates from 1783 to 2199 are taken."},
        {"1/1/2300", "too far away", "Dates from 1783 to 2199 are taken."},
        {"31/2/1700", "too far away", "Dates from 1783 to 2199 are taken."},
        {"31/2/2300", "too far away", "Dates from 1783 to 2199 are taken."},
        {"31/2", "31 Feb is no day", "Look at the day of the month."},
        {"14/9.2026", "is no date", NULL},
        {"14 9", "is no date", NULL},
        {"14 9 2026", "is no date", NULL},
        {"2026-9", "is no date", NULL},
        {"2026 Sep", "is no date", NULL},
        {"2026-100-1", "is no date", NULL},
        {"2026-1-100", "is no date", NULL},
        {"100/9/2026", "is no date", NULL},
        {"14/100/2026", "is no date", NULL},
        {"Sep 100", "is no date", NULL},
        {"100 Sep", "is no date", NULL},
        {"14 Sep Oct", "is no date", NULL},
        {"monday", NULL, NULL},
        {"last monday", NULL, NULL},
        {"last month", "is no date", NULL},
        {"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "is no date", NULL},
        {"14 abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "is no date", NULL},
        {"14{9", "is no date", NULL},
        {"14/9/2026 .", "is no date", NULL},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct problem problem;
        int32_t date = 0;
        problem_init(&problem, NULL);
        int error = date_parse(refused[i].text, today(), &date, &problem);
        if ((error != 0) != (refused[i].said != NULL) || (error && !strstr(problem.message, refused[i].said)))
            fail_msg("%s: %d, %s", refused[i].text, (int)date, problem.message);
        if (refused[i].hint)
            assert_string_equal(problem.hint, refused[i].hint);
        assert_int_equal(date_parse(refused[i].text, today(), &date, NULL), error);
    }
}

static void test_moments(void **state)
{
    (void)state;
    int64_t noon = clock_parse("2026-09-14T12:00:00Z", today());
    assert_int_equal(clock_parse("2026-09-14T13:00:00", today()), noon); // London's
    assert_int_equal(clock_parse("2026-09-14 13:00", today()), noon);
    assert_int_equal(clock_parse("2026-09-14T14:30:00+02:30", today()), noon);
    assert_int_equal(clock_parse("2026-09-14T07:00:00-05:00", today()), noon);
    static const char *const none[] = {
        "",
        "2026",
        "2026-09",
        "2026-13-01T10:00",
        "2026-09-31T10:00",
        "2026-09-14T",
        "2026-09-14x10:00",
        "20x6-09-14",
        "2026-0x-14",
        "2026-09-1x",
        "2026-09-14T24:00",
        "2026-09-14T10:60",
        "2026-09-14T10:00:60",
        "2026-09-14T10.00",
        "1500-01-01T10:00",
        "9999-01-01T10:00",
        "2026-09-14T10:00ZZ",
        "2026-09-14T10:00+",
        "2026-09-14T10:00+1",
        "2026-09-14T10:00+01:00Z",
        "2026-09-14T10:00 ",
        "2026-09-14T1:00",
        "2026-09-14T10:0",
    };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (clock_parse(none[i], today()) != -1)
            fail_msg("%s was taken", none[i]);
}

static void takes(const struct field *field, const char *text, int64_t number)
{
    struct arena arena;
    struct value value = {.type = VALUE_EMPTY};
    struct problem problem;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    int error = value_parse(field, text, today(), &arena, &value, &problem);
    if (number == NONE ? error != ERR_INVALID : error || value.type != VALUE_NUMBER || value.number != number)
        fail_msg("%s: %d, %lld, %s", text, error, (long long)value.number, problem.message);
    if (error)
        assert_non_null(strstr(problem.message, field->label));
    arena_deinit(&arena);
}

static void test_choices(void **state)
{
    (void)state;
    static const struct choice choices[] = {{1, "not-met", "Not met"}, {2, "not-judged", "Not yet judged"}, {3, "met", "Achieved"}};
    const struct field field = {.name = "how", .label = "How", .as = AS_ENUM, .choices = choices, .n_choices = 3};
    takes(&field, "NOT_MET", 1);
    takes(&field, "notmet", 1);
    takes(&field, "Not yet judged", 2);
    takes(&field, "achieved", 3);
    takes(&field, "m", 3);
    takes(&field, "not j", 2);
    takes(&field, "not", NONE); // which of two?
    takes(&field, "- _", NONE);
    takes(&field, "metal", NONE);
    takes(&field, "ach", NONE); // a name may be cut short, not a label
    // what is listed has an end, whatever there is to choose from
    struct choice many[40];
    char names[40][32];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "choice-number-%d", i);
        many[i] = (struct choice){i, names[i], "Nothing"};
    }
    const struct field one = {.name = "one", .label = "One", .as = AS_ENUM, .choices = many, .n_choices = 40};
    struct arena arena;
    struct value value;
    struct problem problem;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    assert_int_equal(value_parse(&one, "choice-number-55", 0, &arena, &value, &problem), ERR_INVALID);
    assert_non_null(strstr(problem.hint, "Did you mean choice-number-5? Take one of: choice-number-0, "));
    assert_non_null(strstr(problem.hint, "..."));
    takes(&one, "choice-number-39", 39);
    arena_deinit(&arena);
}

static void test_times_of_day(void **state)
{
    (void)state;
    const struct field at = {.name = "at", .label = "At", .as = AS_TIME};
    int64_t noon = (int64_t)today() * 86400 + 12 * 3600;
    takes(&at, "14/9/2026 13:00", noon);
    takes(&at, "1969-12-31T23:59:59Z", -1);
    static const char *const none[] = {"14/9/2026 24:00",  "14/9/2026 -1:00", "14/9/2026 10:60", "14/9/2026 10:-5",
                                       "14/9/2026 10:00x", "31/2/2026 10:00", "10:00",           "29/3/2026 1:30"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        takes(&at, none[i], NONE);
    takes(&at, "25/10/2026 1:30", INT64_C(20751) * 86400 + 30 * 60); // comes twice: the first
}

static void test_lengths_of_texts(void **state)
{
    (void)state;
    char fault[VALUE_FAULT_MAX];
    const struct field field = {.name = "t", .label = "T", .as = AS_TEXT, .ranged = true, .min = 3, .max = INT64_MAX};
    assert_null(value_fault(&field, value_text("abc"), fault));
    assert_string_equal(value_fault(&field, value_text("ab"), fault), "is 2 characters long; at least 3 are needed");
    char longer[402];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    assert_string_equal(value_fault(&field, value_text(longer), fault), "is 401 characters long; at most 200 fit");
}

static void test_days_of_the_week(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned days, count;
    } table[] = {
        {"Mon to Thu", 0x0f, 4}, {"Mon until Wed", 0x07, 3}, {"Mon — Wed", 0x07, 3},  {"Mon and to Wed", 0x05, 2}, {"Mon to", 0x01, 1},
        {"until Wed", 0x04, 1},  {"Mon after Wed", 0x05, 2}, {"Mon is Wed", 0x05, 2}, {"Mon to to Wed", 0x07, 3},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (weekdays_named(table[i].text) != table[i].days || weekdays_count(table[i].text) != table[i].count)
            fail_msg("%s: %x, %u", table[i].text, weekdays_named(table[i].text), weekdays_count(table[i].text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),          cmocka_unit_test(test_lengths_of_time),  cmocka_unit_test(test_days),
        cmocka_unit_test(test_moments),          cmocka_unit_test(test_choices),          cmocka_unit_test(test_times_of_day),
        cmocka_unit_test(test_lengths_of_texts), cmocka_unit_test(test_days_of_the_week),
    };
    return cmocka_run_group_tests_name("typed", tests, NULL, NULL);
}
