// Kinds and values: every field of every kind goes through parsing, printing and
// checking; no kind is named that is not needed for its rule.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/arena.h"
#include "common/date.h"
#include "common/error.h"
#include "common/record.h"

#define SEEDS 40

static struct arena arena;
static struct problem problem;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static int32_t today(void)
{
    return date_make(2026, 9, 14);
}

static const struct kind *kind_named(const char *name)
{
    const struct kind *kind = kind_find(name);
    if (!kind) {
        fail_msg("no kind %s", name);
        abort();
    }
    return kind;
}

static const struct field *field_named(const char *kind, const char *name)
{
    const struct field *field = field_find(kind_named(kind), name);
    if (!field) {
        fail_msg("no field %s of %s", name, kind);
        abort();
    }
    return field;
}

static struct value pick(const struct field *field, uint64_t random, void *data)
{
    (void)data;
    return field->as == AS_REF ? value_number((int64_t)(random % 100000) + 1) : value_text("N");
}

// --- kinds ---

static void test_find(void **state)
{
    (void)state;
    static const char *const words[] = {"senstatus", "SEN-Status", "sen_status", "SEN status", "SenStatus", "sen-statuses", "SEN statuses"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_ptr_equal(kind_find(words[i]), kind_named("sen-status"));
    }
    assert_ptr_equal(kind_find("pupils"), kind_named("Pupil"));
    assert_ptr_equal(kind_find("targets"), kind_named("target"));
    assert_ptr_equal(kind_find("memberships"), kind_named("ClassMembership"));
    assert_ptr_equal(kind_find("classes"), kind_named("SchoolClass"));
    assert_null(kind_find(""));
    assert_null(kind_find("--"));
    assert_null(kind_find("nonsense"));
    assert_null(kind_find("s"));
    char *long_word = arena_zero(&arena, 1, 1000);
    memset(long_word, 'p', 999);
    assert_null(kind_find(long_word));
    for (size_t i = 0; i < n_kinds; i++) {
        assert_ptr_equal(kind_by_number(kinds[i].number), &kinds[i]);
        assert_ptr_equal(kind_find(kinds[i].noun), &kinds[i]);
        assert_ptr_equal(kind_find(kinds[i].plural), &kinds[i]);
        assert_int_equal(kinds[i].index, i);
        uint64_t all = 0;
        for (size_t j = 0; j < kinds[i].n_fields; j++) {
            const struct field *field = &kinds[i].fields[j];
            assert_ptr_equal(field_by_number(&kinds[i], field->number), field);
            assert_ptr_equal(field_find(&kinds[i], field->name), field);
            assert_ptr_equal(field_kind(field), &kinds[i]);
            assert_true(field_group_bits(&kinds[i], field) & field_bit(field));
            all |= field_group_bits(&kinds[i], field);
        }
        assert_int_equal(all, (UINT64_C(1) << kinds[i].n_fields) - 1);
    }
    assert_null(kind_by_number(0));
    assert_null(kind_by_number(UINT32_MAX));
    assert_null(field_by_number(&kinds[0], 0));
    assert_null(field_by_number(&kinds[0], UINT32_MAX));
    assert_ptr_equal(kind_of_subject(SUBJECT_PUPIL), kind_named("pupil"));
    assert_null(kind_of_subject(SUBJECT_SCHOOL));
    assert_ptr_equal(field_find(kind_named("pupil"), "Known-As"), field_named("pupil", "known_as"));
    struct field stray = {.name = "stray", .label = "Stray"};
    assert_null(field_kind(&stray));
}

// --- values ---

static int parse(const struct field *field, const char *text, struct value *value)
{
    *value = value_number(-77);
    problem_init(&problem, &arena);
    return value_parse(field, text, today(), &arena, value, &problem);
}

static void check_number(const struct field *field, const char *text, int64_t number)
{
    struct value value;
    if (parse(field, text, &value)) {
        fail_msg("%s: %s", text, problem.message);
    }
    assert_int_equal(value.type, VALUE_NUMBER);
    if (value.number != number) {
        fail_msg("%s gives %lld", text, (long long)value.number);
    }
}

static void check_text(const struct field *field, const char *text, const char *wanted)
{
    struct value value;
    if (parse(field, text, &value)) {
        fail_msg("%s: %s", text, problem.message);
    }
    assert_int_equal(value.type, VALUE_TEXT);
    assert_string_equal(value.text, wanted);
}

static void check_refused(const struct field *field, const char *text, const char *sentence)
{
    struct value value;
    if (parse(field, text, &value) != ERR_INVALID) {
        fail_msg("%s was taken for %s", text, field->label);
    }
    if (!strstr(problem.message, sentence) || strncmp(problem.message, field->label, strlen(field->label)) != 0) {
        fail_msg("%s: %s", text, problem.message);
    }
    assert_true(*problem_next(&problem) != '\0');
    if (field_kind(field)) {
        assert_int_equal(problem.n_fields, 1);
        assert_int_equal(problem.fields[0].field, field->index);
    }
    assert_int_equal(value_parse(field, text, today(), &arena, &value, NULL), ERR_INVALID);
}

static void test_parse_numbers(void **state)
{
    (void)state;
    struct field money = {.name = "cost", .label = "Cost", .as = AS_MONEY};
    check_number(&money, "12.50", 1250);
    check_number(&money, "£1,234", 123400);
    check_number(&money, " £ 1,234,567.8 ", 123456780);
    check_number(&money, "-£5", -500);
    check_number(&money, "£-5", -500);
    check_number(&money, "−5", -500);
    check_number(&money, "0", 0);
    static const char *const no_money[] = {"12.505",
                                           "1,23",
                                           "12,3456",
                                           "1,2345",
                                           "12.",
                                           ".5",
                                           "£",
                                           "-",
                                           "--5",
                                           "££5",
                                           "12.5.0",
                                           "1,234,56",
                                           "12 5",
                                           "five",
                                           "99999999999999999999999",
                                           "1.2,345",
                                           "9999999999999999.99",
                                           "$5",
                                           "1e5",
                                           "0x10",
                                           "١٢"};
    for (size_t i = 0; i < sizeof no_money / sizeof *no_money; i++) {
        check_refused(&money, no_money[i], "");
    }
    struct field tenths = {
        .name = "attendance", .label = "Attendance", .as = AS_TENTHS, .unit = "%", .ranged = true, .min = 0, .max = 1000};
    check_number(&tenths, "94.1", 941);
    check_number(&tenths, "94.1%", 941);
    check_number(&tenths, "94 %", 940);
    check_number(&tenths, "100", 1000);
    check_refused(&tenths, "100.1", "must be from 0.0% to 100.0%");
    check_refused(&tenths, "-0.1", "must be from");
    check_refused(&tenths, "94.15", "more than one decimal");
    struct field minutes = {.name = "length", .label = "Length", .as = AS_MINUTES};
    check_number(&minutes, "90", 90);
    check_number(&minutes, "1h30", 90);
    check_number(&minutes, "1:30", 90);
    check_number(&minutes, "1 h 30 m", 90);
    check_number(&minutes, "2H", 120);
    check_number(&minutes, "45 min", 45);
    check_number(&minutes, "90m", 90);
    static const char *const no_length[] = {"1:3", "1:60", "1h60", ":30", "h", "1:", "1:30:00", "1.5", "soon", "1h30x", "999999h"};
    for (size_t i = 0; i < sizeof no_length / sizeof *no_length; i++) {
        check_refused(&minutes, no_length[i], "is no length of time");
    }
    const struct field *rank = field_named("need", "rank");
    check_number(rank, "1", 1);
    check_number(rank, "+99", 99);
    check_refused(rank, "100", "must be from 1 to 99");
    check_refused(rank, "0", "must be from 1 to 99");
    check_refused(rank, "1.5", "is no number");
    check_refused(rank, "9223372036854775808", "is too large");
}

static void test_parse_words(void **state)
{
    (void)state;
    const struct field *eal = field_named("pupil", "eal");
    static const char *const yes[] = {"yes", "Y", "true", "1", "T", " YES "}, *const no[] = {"no", "N", "false", "0", "f"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        check_number(eal, yes[i], 1);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        check_number(eal, no[i], 0);
    }
    check_refused(eal, "maybe", "is neither yes nor no");
    const struct field *status = field_named("target", "status");
    check_number(status, "partly-met", 3);
    check_number(status, "Partly met", 3);
    check_number(status, "PARTLY_MET", 3);
    check_number(status, "partlymet", 3);
    check_number(status, "met", 2);
    check_number(status, "n", 4);
    check_refused(status, "half", "\"half\" is none of its choices");
    assert_non_null(strstr(problem_next(&problem), "Take one of: "));
    struct value unused;
    parse(status, "opne", &unused);
    assert_non_null(strstr(problem_next(&problem), "Did you mean open?"));
    check_refused(status, "-", "is none of its choices");
    check_refused(status, "99", "is none of its choices");
    check_number(field_named("pupil", "sex"), "F", 1);
    const struct field *provision = field_named("sen-status", "provision");
    check_text(provision, "k", "K");
    check_text(provision, "SEN support", "K");
    check_text(provision, "Qq", "Qq");
    check_refused(provision, "a code that is too long", "at most 20 fit");
    check_text(field_named("pupil", "year"), "Year 3", "3");
}

static void test_parse_texts(void **state)
{
    (void)state;
    const struct field *surname = field_named("pupil", "surname"), *aim = field_named("target", "aim");
    check_text(surname, "  Sia\u0302n  ", "Siân");
    check_text(surname, "O’Brien-D'Souza", "O’Brien-D'Souza");
    check_text(surname, "a\u202Eb", "a\u202Eb"); // kept, and shown escaped
    check_refused(surname, "a\nb", "Surname: holds a line break at byte 2");
    check_refused(surname, "\x1b]0;x\x07", "holds a control character at byte 1");
    check_refused(surname, "\xff", "holds invalid UTF-8 at byte 1");
    char *long_name = arena_zero(&arena, 1, 700);
    for (size_t i = 0; i < 300; i++) {
        memcpy(long_name + 2 * i, "é", 2);
    }
    check_refused(surname, long_name, "is 300 characters long; at most 60 fit");
    check_text(aim, "two\r\nlines\rthree\n", "two\nlines\nthree");
    check_text(aim, "a\tb", "a\tb");
    check_refused(aim, "a\x01", "holds a control character");
    struct value value;
    static const char *const blank[] = {"", "  ", "\u00A0", "\uFEFF"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++) {
        for (size_t j = 0; j < kinds[0].n_fields; j++) {
            assert_int_equal(parse(&kinds[0].fields[j], blank[i], &value), 0);
            assert_int_equal(value.type, VALUE_EMPTY);
        }
    }
    const struct field *upn = field_named("pupil", "upn");
    check_text(upn, "b801 2000 05001", "B801200005001");
    check_refused(upn, "A801200005001", "UPN: the check letter should be B");
    check_refused(upn, "B80120000500", "must have 13 characters, not 12");
}

static void test_parse_times(void **state)
{
    (void)state;
    const struct field *due = field_named("target", "due");
    check_number(due, "14/9", today());
    check_number(due, "2016-02-29", date_make(2016, 2, 29));
    check_number(due, " tomorrow ", today() + 1);
    check_refused(due, "31 Feb 2026", "Due: 31 Feb 2026 is no day");
    check_refused(due, "soon", "Due: \"soon\" is no date");
    struct field at = {.name = "at", .label = "Given", .as = AS_TIME};
    int64_t noon = (int64_t)today() * 86400 + 12 * 3600;
    check_number(&at, "2026-09-14T12:00:00Z", noon);
    check_number(&at, "14/9/2026 13:00", noon); // summer time
    check_number(&at, "Mon 14 Sep 2026 13:00", noon);
    check_number(&at, "today 13:00", noon);
    check_number(&at, "14/12/2026 12:00", noon + INT64_C(91) * 86400);
    check_refused(&at, "14/9/2026 25:00", "is no time");
    check_refused(&at, "29/3/2026 1:30", "is no time"); // the clocks went past it
    check_refused(&at, "noonish", "is no time");
}

static void test_parse_refs(void **state)
{
    (void)state;
    const struct field *pupil = field_named("target", "pupil");
    char id[ID_TEXT_MAX];
    check_number(pupil, "12", 12);
    check_number(pupil, id_format(pupil->ref, 135, id), 135);
    check_number(pupil, "-3", -3);
    check_refused(pupil, "0", "is no id");
    check_refused(pupil, "-0", "is no id");
    check_refused(pupil, "Ada", "Pupil: \"Ada\" is no id");
    check_refused(pupil, id_format(kind_named("target"), 135, id), "is an id of the kind Target, not Pupil");
}

// Printed plainly, every value of every field is read back; dates and more also as people see them.
static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kinds; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct record *record = record_sample(&kinds[i], seed, pick, NULL, &arena);
            for (size_t j = 0; j < kinds[i].n_fields; j++) {
                const struct field *field = &kinds[i].fields[j];
                struct value value;
                const char *plain = value_format(field, record->values[j], VALUE_PLAIN, &arena);
                const char *human = value_format(field, record->values[j], VALUE_HUMAN, &arena);
                if (parse(field, plain, &value) || !value_equal(value, record->values[j])) {
                    fail_msg("%s.%s \"%s\": %s", kinds[i].name, field->name, plain, problem.message);
                }
                bool exact = field->as != AS_TIME; // people are not shown seconds
                if (parse(field, human, &value) || (exact && !value_equal(value, record->values[j]))) {
                    fail_msg("%s.%s \"%s\": %s", kinds[i].name, field->name, human, problem.message);
                }
            }
        }
        arena_reset(&arena);
    }
}

static void check_both(const struct field *field, int64_t number, const char *human, const char *plain)
{
    struct value value;
    assert_string_equal(value_format(field, value_number(number), VALUE_HUMAN, &arena), human);
    assert_string_equal(value_format(field, value_number(number), VALUE_PLAIN, &arena), plain);
    check_number(field, plain, number);
    assert_int_equal(parse(field, human, &value), 0);
    assert_int_equal(value.number, number);
}

static void test_format(void **state)
{
    (void)state;
    struct field money = {.name = "m", .label = "M", .as = AS_MONEY}, minutes = {.name = "n", .label = "N", .as = AS_MINUTES};
    struct field tenths = {.name = "t", .label = "T", .as = AS_TENTHS, .unit = "%"}, time = {.name = "w", .label = "W", .as = AS_TIME};
    check_both(&money, 123456789, "£1,234,567.89", "1234567.89");
    check_both(&money, -5, "-£0.05", "-0.05");
    check_both(&money, 99999, "£999.99", "999.99");
    check_both(&money, 0, "£0.00", "0.00");
    check_both(&minutes, 90, "1h30", "90");
    check_both(&minutes, 60, "1h", "60");
    check_both(&minutes, 45, "45 min", "45");
    check_both(&minutes, -61, "-1h01", "-61");
    check_both(&tenths, 941, "94.1%", "94.1");
    check_both(&tenths, -5, "-0.5%", "-0.5");
    check_both(&time, -60, "Wed 31 Dec 1969 23:59", "1969-12-31T23:59:00Z");
    check_number(&time, "1969-12-31T23:59:59Z", -1);
    check_both(field_named("target", "due"), today(), "Mon 14 Sep 2026", "2026-09-14");
    check_both(field_named("pupil", "eal"), 1, "yes", "true");
    check_both(field_named("pupil", "eal"), 0, "no", "false");
    check_both(field_named("target", "status"), 3, "Partly met", "partly-met");
    // What is not valid is shown all the same.
    static const int64_t wild[] = {INT64_MIN, INT64_MIN + 1, -1, 99, INT32_MAX, INT64_MAX};
    for (enum field_as as = AS_NUMBER; as <= AS_UPN; as++) {
        struct field field = {.name = "x", .label = "X", .as = as, .ref = &kinds[0]};
        for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
            assert_non_null(value_format(&field, value_number(wild[i]), VALUE_HUMAN, &arena));
            assert_non_null(value_format(&field, value_number(wild[i]), VALUE_PLAIN, &arena));
            value_check(&field, value_number(wild[i]), &problem);
        }
        assert_string_equal(value_format(&field, (struct value){.type = VALUE_EMPTY}, VALUE_HUMAN, &arena), "");
    }
}

static void test_check(void **state)
{
    (void)state;
    const struct field *due = field_named("target", "due"), *aim = field_named("target", "aim");
    assert_int_equal(value_check(due, value_number(DATE_MAX + 1), &problem), ERR_INVALID);
    assert_string_equal(problem.message, "Due: must be at most Wed 1 Jan 2200");
    assert_int_equal(value_check(due, value_number(DATE_NONE), &problem), ERR_INVALID);
    assert_int_equal(value_check(due, value_text("x"), &problem), ERR_INVALID);
    assert_int_equal(value_check(aim, value_number(1), &problem), ERR_INVALID);
    assert_int_equal(value_check(aim, value_text(""), &problem), ERR_INVALID);
    assert_int_equal(value_check(aim, value_text("Sia\u0302n"), &problem), ERR_INVALID);
    assert_int_equal(value_check(aim, value_text("a "), &problem), ERR_INVALID);
    assert_int_equal(value_check(aim, (struct value){.type = VALUE_EMPTY}, &problem), 0);
    assert_int_equal(value_check(field_named("need", "rank"), value_number(INT64_C(1) << 40), &problem), ERR_INVALID);
    assert_int_equal(value_check(field_named("pupil", "eal"), value_number(2), &problem), ERR_INVALID);
    assert_int_equal(value_check(field_named("target", "status"), value_number(0), &problem), ERR_INVALID);
    assert_int_equal(value_check(field_named("target", "plan"), value_number(0), &problem), ERR_INVALID);
    assert_true(value_compare(value_number(1), value_number(2)) < 0);
    assert_true(value_compare((struct value){.type = VALUE_EMPTY}, value_number(INT64_MIN)) < 0);
    assert_true(value_compare(value_text("b"), value_text("a")) > 0);
    assert_int_equal(value_compare(value_text("a"), value_text("a")), 0);
    assert_false(value_equal(value_number(0), (struct value){.type = VALUE_EMPTY}));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find),       TEST(test_parse_numbers), TEST(test_parse_words), TEST(test_parse_texts), TEST(test_parse_times),
        TEST(test_parse_refs), TEST(test_round_trip),    TEST(test_format),      TEST(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
