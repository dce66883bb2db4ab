// See judging.h.
#include "tests/support/judging.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "server/rules/rules.h"

bool is_warned(const struct change *change, const char *words)
{
    for (size_t i = 0; i < change->result.n_warnings; i++)
        if (strstr(change->result.warnings[i].message, words))
            return true;
    return false;
}

// What a request must come to: REFUSED names the field and has a next step; WARNED and
// ACCEPTED are both done, with and without a warning of these words.
static void expect(const struct change *change, int error, enum verdict verdict, const char *field, const char *words)
{
    if (verdict != REFUSED) {
        if (error)
            fail_msg("%s: %s", words, change->problem.message);
        assert_int_equal(is_warned(change, words), verdict == WARNED);
        return;
    }
    if (error != ERR_INVALID || !strstr(change->problem.message, words))
        fail_msg("%d, \"%s\" expected: %s", error, words, change->problem.message);
    assert_true(problem_next(&change->problem)[0] != 0);
    assert_true(change->problem.n_fields > 0);
    int at = change->problem.fields[0].field;
    assert_string_equal(at < 0 ? "" : change->problem.fields[0].kind->fields[at].name, field);
}

int64_t judge(struct put_item item, enum verdict verdict, const char *field, const char *words)
{
    struct change change;
    int error = storing_put(item, &change);
    expect(&change, error, verdict, field, words);
    return error ? 0 : change.result.done[change.result.n_done - 1].id;
}

int together(struct put_item *items, size_t n, struct change *change)
{
    *change = storing_change(CHANGE_PUT);
    change->items = arena_copy(&arena, items, n * sizeof *items);
    change->n_items = n;
    return storing_run(change);
}

int removal(const struct kind *kind, int64_t id, struct change *change)
{
    *change = storing_change(CHANGE_REMOVE);
    change->kind = kind;
    change->id = id;
    return storing_run(change);
}

int undo(const struct kind *kind, int64_t id, struct change *change)
{
    *change = storing_change(CHANGE_UNDO);
    change->kind = kind;
    change->id = id;
    return storing_run(change);
}

const char *text_id(const char *kind, int64_t id)
{
    char text[ID_TEXT_MAX];
    return arena_strdup(&arena, id_format(kind_find(kind), id, text));
}

const char *new_pupil(const char *surname)
{
    return text_id("Pupil", storing_pupil(surname, "A"));
}

const char *has_choice(const char *kind, int64_t id, const char *field)
{
    struct record *record = storing_get(kind_find(kind), id);
    const struct field *of = field_find(record->kind, field);
    for (size_t i = 0; i < of->n_choices; i++)
        if (record_has(record, field) && of->choices[i].number == record_number(record, field))
            return of->choices[i].name;
    return "";
}

struct value has(const char *kind, int64_t id, const char *field)
{
    struct record *record = storing_get(kind_find(kind), id);
    return record->values[field_find(record->kind, field)->index];
}

int open_with_rules(void **state)
{
    int result = storing_open(state);
    rules_register(store);
    return result;
}
