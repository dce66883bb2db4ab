// Ids and records: every kind is made, packed, unpacked, checked and shown; bad
// bytes and lack of memory give an error.
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
#include "common/text.h"

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

// --- ids ---

static void test_ids(void **state)
{
    (void)state;
    static const int64_t ids[] = {1, 2, 31, 32, 1023, 1024, 32767, 32768, 1000000, INT64_C(1) << 40, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < n_kinds; i++) {
        for (size_t j = 0; j < sizeof ids / sizeof *ids; j++) {
            char text[ID_TEXT_MAX], squeezed[ID_TEXT_MAX] = "";
            const struct kind *kind = NULL;
            int64_t id = 0;
            id_format(&kinds[i], ids[j], text);
            assert_int_equal(strncmp(text, kinds[i].prefix, strlen(kinds[i].prefix)), 0);
            assert_true(strlen(text) >= strlen(kinds[i].prefix) + 5);
            assert_int_equal(id_parse(NULL, text, &kind, &id, &problem), 0);
            assert_ptr_equal(kind, &kinds[i]);
            assert_int_equal(id, ids[j]);
            size_t used = 0;
            for (const char *at = text; *at; at++) {
                if (*at != '-') {
                    squeezed[used++] = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
                }
            }
            assert_int_equal(id_parse(&kinds[i], squeezed, NULL, &id, &problem), 0);
            assert_int_equal(id, ids[j]);
        }
    }
}

// Every wrong character and every swap of neighbours is noticed.
static void test_id_slips(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    const struct kind *kind = kind_named("target");
    for (int64_t id = 1; id < 3000; id += 37) {
        char text[ID_TEXT_MAX], wrong[ID_TEXT_MAX];
        int64_t read;
        id_format(kind, id, text);
        size_t first = strlen(kind->prefix) + 1, length = strlen(text);
        for (size_t at = first; at < length; at++) {
            for (const char *digit = digits; *digit; digit++) {
                memcpy(wrong, text, sizeof wrong);
                wrong[at] = *digit;
                assert_int_equal(id_parse(kind, wrong, NULL, &read, &problem) == 0, *digit == text[at]);
            }
            if (at + 1 < length && text[at] != text[at + 1]) {
                memcpy(wrong, text, sizeof wrong);
                wrong[at] = text[at + 1];
                wrong[at + 1] = text[at];
                assert_int_equal(id_parse(kind, wrong, NULL, &read, &problem), ERR_INVALID);
            }
        }
    }
    char text[ID_TEXT_MAX];
    int64_t id = 0;
    snprintf(text, sizeof text, "%s", id_format(kind, 33, (char[ID_TEXT_MAX]){0})); // 11 in base 32
    for (char *at = text; *at; at++) {
        *at = *at == '0' ? 'o' : *at == '1' ? 'l' : *at;
    }
    assert_int_equal(id_parse(kind, text, NULL, &id, &problem), 0);
    assert_int_equal(id, 33);
    static const char *const none[] = {"",
                                       "-",
                                       "TGT",
                                       "TGT-",
                                       "TGT-0",
                                       "TGT-00",
                                       "12",
                                       "TGT-UUUU",
                                       "TGT-ZZZZZZZZZZZZZZ",
                                       "XYZ-04K7",
                                       "TGT-04K7-and-much-more-than-any-id-has",
                                       "\x1b[2J",
                                       "TGT\n",
                                       "99999999999999999999999"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(id_parse(NULL, none[i], NULL, &id, &problem), ERR_INVALID);
        assert_true(*problem_next(&problem) != '\0');
    }
    assert_int_equal(id_parse(kind, "12", NULL, &id, NULL), 0);
    assert_int_equal(id_parse(kind, "0", NULL, &id, NULL), ERR_INVALID);
    assert_int_equal(id_parse(kind, "-12", NULL, &id, NULL), ERR_INVALID);
    assert_string_equal(id_format(kind, -4, text), "-4");
}

// --- records ---

static void test_sample(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kinds; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct record *one = record_sample(&kinds[i], seed, pick, NULL, &arena);
            struct record *same = record_sample(&kinds[i], seed, pick, NULL, &arena);
            struct record *other = record_sample(&kinds[i], seed + 1000, pick, NULL, &arena);
            if (record_check(one, &problem)) {
                fail_msg("%s: %s", kinds[i].name, problem.message);
            }
            assert_int_equal(record_diff(one, same), 0);
            assert_int_not_equal(record_diff(one, other), 0);
            for (size_t j = 0; j < kinds[i].n_fields; j++) {
                assert_int_not_equal(one->values[j].type, VALUE_EMPTY);
            }
            assert_int_equal(record_diff(one, record_copy(one, &arena)), 0);
        }
        struct record *bare = record_sample(&kinds[i], 1, NULL, NULL, &arena);
        for (size_t j = 0; j < kinds[i].n_fields; j++) {
            assert_int_equal(bare->values[j].type == VALUE_EMPTY, kinds[i].fields[j].as == AS_REF);
        }
    }
}

static void test_pack(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kinds; i++) {
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct record *record = record_sample(&kinds[i], seed, pick, NULL, &arena), *back = NULL;
            uint8_t *data, *again;
            size_t size, again_size;
            uint64_t mask = seed % 2 ? UINT64_MAX : seed * UINT64_C(0x9e3779b97f4a7c15);
            assert_int_equal(record_pack(record, mask, &arena, &data, &size), 0);
            if (record_unpack(&kinds[i], data, size, &arena, &back, &problem)) {
                fail_msg("%s: %s", kinds[i].name, problem.message);
            }
            uint64_t all = (UINT64_C(1) << kinds[i].n_fields) - 1;
            assert_int_equal(record_diff(record, back), ~mask & all);
            assert_int_equal(record_pack(back, UINT64_MAX, &arena, &again, &again_size), 0);
            assert_int_equal(size, again_size);
            assert_memory_equal(data, again, size);
        }
        arena_reset(&arena);
    }
}

// The largest and smallest that the calendar and the wire hold come back whole.
static void test_pack_extremes(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kinds; i++) {
        for (int large = 0; large < 2; large++) {
            struct record *record = record_new(&kinds[i], &arena), *back = NULL;
            for (size_t j = 0; j < kinds[i].n_fields; j++) {
                const struct field *field = &kinds[i].fields[j];
                int64_t extreme = field->as == AS_REF ? (large ? INT64_MAX : INT64_MIN) : large ? INT32_MAX : INT32_MIN;
                extreme = field->as == AS_DATE ? (large ? DATE_MAX : DATE_MIN) : extreme;
                extreme = field->ranged ? (large ? field->max : field->min) : extreme;
                if (!field_is_text(field) && value_check(field, value_number(extreme), NULL) == 0) {
                    record->values[j] = value_number(extreme);
                }
            }
            uint8_t *data;
            size_t size;
            assert_int_equal(record_pack(record, UINT64_MAX, &arena, &data, &size), 0);
            assert_int_equal(record_unpack(&kinds[i], data, size, &arena, &back, &problem), 0);
            assert_int_equal(record_diff(record, back), 0);
        }
    }
}

// Cut or changed bytes give an error or a valid record, never anything else.
static void test_unpack_noise(void **state)
{
    (void)state;
    uint64_t random = 1;
    for (size_t i = 0; i < n_kinds; i++) {
        struct record *record = record_sample(&kinds[i], 7, pick, NULL, &arena);
        uint8_t *data;
        size_t size;
        assert_int_equal(record_pack(record, UINT64_MAX, &arena, &data, &size), 0);
        for (size_t round = 0; round < 3000; round++) {
            struct arena scratch;
            arena_init(&scratch, (size_t)1 << 20);
            uint8_t *noise = arena_copy(&scratch, data, size);
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size_t cut = round % 2 ? size : (size_t)(random >> 33) % (size + 1);
            noise[(random >> 20) % size] = (uint8_t)(random >> 48);
            struct record *back;
            struct problem said;
            problem_init(&said, &scratch);
            if (!record_unpack(&kinds[i], noise, cut, &scratch, &back, &said)) {
                uint8_t *again;
                size_t again_size;
                for (size_t j = 0; j < kinds[i].n_fields; j++) {
                    assert_int_equal(value_check(&kinds[i].fields[j], back->values[j], NULL), 0);
                }
                assert_int_equal(record_pack(back, UINT64_MAX, &scratch, &again, &again_size), 0);
            } else {
                assert_true(said.message[0] != '\0');
            }
            arena_deinit(&scratch);
        }
    }
}

static int unpack_bytes(const char *kind, const char *bytes, size_t size, struct record **record)
{
    problem_init(&problem, &arena);
    return record_unpack(kind_named(kind), (const uint8_t *)bytes, size, &arena, record, &problem);
}

static void test_unpack_rules(void **state)
{
    (void)state;
    struct record *record;
    assert_int_equal(unpack_bytes("pupil", "", 0, &record), 0);
    assert_false(record_has(record, "surname"));
    // A foreign client may decompose its letters.
    assert_int_equal(unpack_bytes("pupil", "\x0a\x06Sia\xcc\x82n", 8, &record), 0);
    assert_string_equal(record_text(record, "surname"), "Siân");
    assert_int_equal(unpack_bytes("pupil", "\x0a\x05 Bo\xc2\xa0", 7, &record), 0);
    assert_string_equal(record_text(record, "surname"), "Bo");
    assert_int_equal(unpack_bytes("pupil", "\x0a\x00", 2, &record), ERR_INVALID);
    assert_non_null(strstr(problem.message, "Surname: is an empty text"));
    assert_int_equal(unpack_bytes("pupil", "\x28\x09", 2, &record), ERR_INVALID); // sex = 9
    assert_non_null(strstr(problem.message, "Sex: 9 is none of its choices"));
    assert_int_equal(unpack_bytes("pupil", "\xfa\x7f\x01x", 4, &record), ERR_PROTOCOL); // a field nobody knows
    assert_int_equal(unpack_bytes("pupil", "\x0a\x03\x1b[A", 5, &record), ERR_PROTOCOL);
    assert_int_equal(unpack_bytes("pupil", "\x0a\x05\x41", 3, &record), ERR_PROTOCOL);
    // Two faults at once are both told.
    assert_int_equal(unpack_bytes("pupil", "\x28\x09\xa0\x01\xe9\x07", 6, &record), ERR_INVALID);
    assert_int_equal(problem.n_fields, 2);
    assert_string_equal(problem.message, "Sex: 9 is none of its choices; Attendance: must be from 0.0% to 100.0%");
}

static void test_record_check(void **state)
{
    (void)state;
    struct record *pupil = record_new(kind_named("pupil"), &arena);
    assert_int_equal(record_check(pupil, &problem), ERR_INVALID);
    assert_string_equal(problem.message, "Surname: is missing; Born: is missing");
    assert_int_equal(problem.n_fields, 2);
    assert_int_equal(record_check(pupil, NULL), ERR_INVALID);
    pupil->withheld = field_bit(field_named("pupil", "born"));
    record_set(pupil, "surname", value_text("Ng"));
    problem_init(&problem, &arena);
    assert_int_equal(record_check(pupil, &problem), 0);
    struct record *spell = record_sample(kind_named("sen-status"), 3, pick, NULL, &arena);
    record_set(spell, "ends", value_number(record_number(spell, "starts")));
    assert_int_equal(record_check(spell, &problem), 0);
    record_set(spell, "ends", value_number(record_number(spell, "starts") - 1));
    assert_int_equal(record_check(spell, &problem), ERR_INVALID);
    assert_non_null(strstr(problem.message, "Until: is before \"From\""));
    // So many faults that they do not all fit into a sentence.
    for (size_t i = 0; i < n_kinds; i++) {
        struct record *broken = record_new(&kinds[i], &arena);
        for (size_t j = 0; j < kinds[i].n_fields; j++) {
            broken->values[j] = field_is_text(&kinds[i].fields[j]) ? value_number(1) : value_text("x");
        }
        problem_init(&problem, &arena);
        assert_int_equal(record_check(broken, &problem), ERR_INVALID);
        assert_int_equal(problem.n_fields, kinds[i].n_fields);
    }
}

static const char *label(const struct kind *kind, int64_t id, void *data)
{
    (void)data;
    return id == 7 ? NULL : kind->noun;
}

static void check_show(const struct record *record, const char *template, const char *wanted)
{
    assert_string_equal(record_show(record, template, NULL, NULL, &arena), wanted);
}

static void test_show(void **state)
{
    (void)state;
    struct record *pupil = record_new(kind_named("pupil"), &arena);
    pupil->id = 135;
    char id[ID_TEXT_MAX];
    check_show(pupil, "{surname}, {forename}", id_format(pupil->kind, 135, id));
    record_set(pupil, "surname", value_text("Yılmaz"));
    check_show(pupil, "{surname}, {forename}", "Yılmaz");
    check_show(pupil, "{forename} {surname}", "Yılmaz");
    check_show(pupil, "{surname} ({forename})", "Yılmaz");
    check_show(pupil, "{surname} [{forename}], {year}", "Yılmaz");
    record_set(pupil, "forename", value_text("Aisha"));
    record_set(pupil, "sex", value_number(1));
    record_set(pupil, "born", value_number(date_make(2017, 3, 2)));
    check_show(pupil, "{surname}, {forename}", "Yılmaz, Aisha");
    check_show(pupil, "{surname} ({forename})", "Yılmaz (Aisha)");
    check_show(pupil, "Pupil {surname}: {sex}, born {born}.", "Pupil Yılmaz: Female, born Thu 2 Mar 2017.");
    check_show(pupil, "{surname}{year}{forename}", "YılmazAisha");
    check_show(pupil, "{nobody} {surname}", "Yılmaz");
    check_show(pupil, "{surname", id);
    struct record *status = record_new(kind_named("sen-status"), &arena);
    record_set(status, "provision", value_text("K"));
    check_show(status, status->kind->shows, "K");
    record_set(status, "starts", value_number(today()));
    check_show(status, status->kind->shows, "K from Mon 14 Sep 2026");
    record_set(status, "pupil", value_number(8));
    assert_string_equal(record_show(status, "{pupil} {provision}", label, NULL, &arena), "pupil K");
    record_set(status, "pupil", value_number(7));
    assert_non_null(strstr(record_show(status, "{pupil} {provision}", label, NULL, &arena), "PUP-"));
    for (size_t i = 0; i < n_kinds; i++) {
        struct record *record = record_sample(&kinds[i], 5, pick, NULL, &arena);
        assert_true(strlen(record_show(record, kinds[i].shows, NULL, NULL, &arena)) > 0);
        assert_true(strlen(record_show(record, kinds[i].sort, label, NULL, &arena)) > 0);
    }
}

// Wherever memory runs out there is an error and nothing else.
static void test_no_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_kinds; i++) {
        struct record *record = record_sample(&kinds[i], 5, pick, NULL, &arena);
        uint8_t *data;
        size_t size;
        assert_int_equal(record_pack(record, UINT64_MAX, &arena, &data, &size), 0);
        for (size_t budget = 1; budget < 6000; budget += 61) {
            struct arena little;
            arena_init(&little, budget);
            struct record *back;
            uint8_t *again;
            struct value value;
            problem_init(&problem, NULL);
            record_unpack(&kinds[i], data, size, &little, &back, &problem);
            record_pack(record, UINT64_MAX, &little, &again, &size);
            record_copy(record, &little);
            assert_non_null(record_show(record, kinds[i].shows, NULL, NULL, &little));
            for (size_t j = 0; j < kinds[i].n_fields; j++) {
                const char *plain = value_format(&kinds[i].fields[j], record->values[j], VALUE_HUMAN, &little);
                value_parse(&kinds[i].fields[j], plain, today(), &little, &value, &problem);
            }
            record_sample(&kinds[i], 5, pick, NULL, &little);
            text_fold_search("O’Brien", &little);
            text_safe("O’Brien", false, &little);
            text_pad("O’Brien", 30, false, &little);
            arena_deinit(&little);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ids),          TEST(test_id_slips),     TEST(test_sample),       TEST(test_pack), TEST(test_pack_extremes),
        TEST(test_unpack_noise), TEST(test_unpack_rules), TEST(test_record_check), TEST(test_show), TEST(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
