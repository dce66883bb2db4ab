// Errors by number and code, and the sentences that go with them.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/kind.h"
#include "protocol.pb-c.h"

static void errors_have_all_they_need(void **state)
{
    (void)state;
    size_t count;
    const struct error_info *all = error_list(&count);
    assert_true(count >= 26);
    for (size_t i = 0; i < count; i++) {
        assert_true(all[i].error < 0 && all[i].exit > 0 && (all[i].exit < 128 || all[i].error == ERR_INTERRUPTED));
        assert_true(strlen(all[i].hint) > 5 && strlen(all[i].help) > 10);
        assert_ptr_equal(error_info((int)all[i].error), &all[i]);
        assert_ptr_equal(error_by_code(all[i].code), &all[i]);
        assert_true(protobuf_c_enum_descriptor_get_value(&sendco__outcome__descriptor, all[i].outcome) != NULL);
    }
    assert_ptr_equal(error_by_code("e-conflict"), error_info(ERR_CONFLICT));
    assert_null(error_by_code("E-NONSENSE"));
    assert_string_equal(error_info(-9999)->code, "E-INTERNAL");
}

static void problems_are_clean_sentences(void **state)
{
    (void)state;
    struct problem problem;
    problem_init(&problem, NULL);
    assert_int_equal(problem_set(&problem, ERR_INVALID, "no \"%s\"", "a\x1b[2J\xff\xc2\x9b"), ERR_INVALID);
    assert_string_equal(problem.message, "no \"a?[2J??\"");
    problem_set(&problem, ERR_INPUT, "Row 3: %s", problem.message);
    assert_string_equal(problem.message, "Row 3: no \"a?[2J??\"");
    assert_string_equal(problem_next(&problem), error_info(ERR_INPUT)->hint);
    problem_hint(&problem, "Ask %s.", "Ann");
    assert_string_equal(problem_next(&problem), "Ask Ann.");
    problem_set(&problem, ERR_BUSY, "other");
    assert_string_equal(problem_next(&problem), error_info(ERR_BUSY)->hint);
    for (size_t lead = 0; lead < 4; lead++) {
        char text[2000];
        memset(text, 'x', lead);
        for (size_t i = lead; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "€", 4);
        problem_set(&problem, ERR_INVALID, "%s", text);
        assert_true(strlen(problem.message) > sizeof problem.message - 8);
        assert_string_equal(problem.message + strlen(problem.message) - 3, "…");
        assert_null(strchr(problem.message, '?'));
    }
    assert_int_equal(problem_set(NULL, ERR_BUSY, "x"), ERR_BUSY);
    problem_hint(NULL, "x");
}

static void problems_name_fields(void **state)
{
    (void)state;
    static const struct field fields[] = {{.name = "surname", .label = "Surname"}};
    static const struct kind kind = {.name = "Pupil", .title = "Pupil", .fields = fields, .n_fields = 1};
    struct problem problem;
    struct arena arena;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    char yours[] = "typed";
    for (int i = 0; i < 40; i++) {
        assert_int_equal(problem_in_field(&problem, ERR_INVALID, &kind, i, i % 2 ? 0 : -1, "is missing (%d)", i), ERR_INVALID);
        struct problem_field *field = &problem.fields[i];
        field->yours = value_number(i);
    }
    assert_string_equal(problem.message, "Surname: is missing (39)");
    assert_int_equal(problem.n_fields, 40);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(problem.fields[i].id, i);
        assert_int_equal(problem.fields[i].yours.number, i);
        assert_ptr_equal(problem.fields[i].kind, &kind);
    }
    assert_string_equal(problem.fields[7].message, "is missing (7)");
    struct problem_field *kept =
        problem_field_add(&problem, &(struct problem_field){.kind = &kind, .yours = value_text(yours), .who = yours});
    memset(yours, '!', 5);
    assert_string_equal(kept->yours.text, "typed");
    assert_string_equal(kept->who, "typed");
    problem_init(&problem, NULL);
    problem_in_field(&problem, ERR_INVALID, &kind, 1, -1, "has ended");
    assert_string_equal(problem.message, "Pupil: has ended");
    assert_int_equal(problem.n_fields, 0);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_all_they_need),
        cmocka_unit_test(problems_are_clean_sentences),
        cmocka_unit_test(problems_name_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
