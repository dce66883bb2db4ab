// The import without a server: reading rolls, finding every fault, planning what
// changes, and planning nothing the second time. Also the demo's chance and names.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange/plan.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/text.h"
#include "server/demo_world.h"

#define TODAY date_make(2026, 11, 23)

struct stage {
    struct arena arena;
    struct roll roll;
    struct school school;
    struct plan plan;
    struct problem problem;
    int64_t next_id;
    plan_ask_fn *ask;
    int answer, asked;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    arena_init(&stage->arena, 0);
    problem_init(&stage->problem, &stage->arena);
    school_init(&stage->school, &stage->arena);
    stage->next_id = 1000;
    *state = stage;
    return stage ? 0 : -1;
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    arena_deinit(&stage->arena);
    free(stage);
    return 0;
}

static void plan_text(struct stage *stage, const char *text, size_t size, int32_t date)
{
    school_ready(&stage->school);
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, date);
    assert_int_equal(roll_read(&stage->roll, text, size, &stage->problem), 0);
    assert_int_equal(plan_make(&stage->plan, &stage->roll, &stage->school, date, stage->ask, stage, &stage->arena), 0);
}

static void plan_string(struct stage *stage, const char *text, int32_t date)
{
    plan_text(stage, text, strlen(text), date);
}

static void plan_file(struct stage *stage, const char *path, int32_t date)
{
    static char bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    plan_text(stage, bytes, size, date);
}

// --- a server in memory --------------------------------------------------------

struct ids {
    int64_t temporary, real;
};

static int64_t id_real(const struct ids *ids, size_t n, int64_t id)
{
    for (size_t i = 0; id < 0 && i < n; i++) {
        if (ids[i].temporary == id)
            return ids[i].real;
    }
    return id;
}

// As the store does: a new spell closes the running one the day before.
static void close_running(struct school_list *list, const struct record *record)
{
    for (size_t i = 0; i < list->n; i++) {
        struct record *other = list->records[i];
        if (other->kind == record->kind && other != record && record_number(other, "pupil") == record_number(record, "pupil") &&
            !record_has(other, "ends") && record_number(other, "starts") < record_number(record, "starts"))
            record_set(other, "ends", value_number(record_number(record, "starts") - 1));
    }
}

static void keep(struct stage *stage, struct school *next, const struct plan_change *change, struct ids *ids, size_t *n)
{
    struct record *record = record_copy(change->record, &stage->arena);
    if (record->id < 0) {
        ids[(*n)++] = (struct ids){record->id, stage->next_id};
        record->id = stage->next_id++;
    }
    for (size_t i = 0; i < record->kind->n_fields; i++) {
        if (record->kind->fields[i].as == AS_REF && record->values[i].type == VALUE_NUMBER)
            record->values[i].number = id_real(ids, *n, record->values[i].number);
    }
    school_add(next, record);
    if (strcmp(record->kind->name, "SenStatus") == 0)
        close_running(&next->statuses, record);
    if (strcmp(record->kind->name, "ClassMembership") == 0)
        close_running(&next->memberships, record);
}

static bool edited(const struct plan *plan, const struct record *record)
{
    for (size_t i = 0; i < plan->n_changes; i++) {
        if (plan->changes[i].record->kind == record->kind && plan->changes[i].record->id == record->id)
            return true;
    }
    return false;
}

static void apply(struct stage *stage)
{
    const struct school *held = &stage->school;
    const struct school_list *lists[] = {&held->pupils, &held->classes, &held->memberships, &held->statuses, &held->needs};
    struct ids *ids = arena_zero(&stage->arena, stage->plan.n_changes + 1, sizeof *ids);
    struct school next;
    size_t n = 0;
    assert_int_equal(stage->roll.n_faults, 0);
    school_init(&next, &stage->arena);
    for (size_t l = 0; l < 5; l++) {
        for (size_t i = 0; i < lists[l]->n; i++) {
            if (lists[l]->records[i]->id > 0 && !edited(&stage->plan, lists[l]->records[i]))
                school_add(&next, lists[l]->records[i]);
        }
    }
    for (size_t i = 0; i < stage->plan.n_changes; i++)
        keep(stage, &next, &stage->plan.changes[i], ids, &n);
    stage->school = next;
}

static const struct roll_fault *fault_at(const struct stage *stage, size_t row, const char *code)
{
    for (size_t i = 0; i < stage->roll.n_faults; i++) {
        const struct roll_fault *fault = &stage->roll.faults[i];
        if (fault->row == row && strcmp(fault->code, code) == 0)
            return fault;
    }
    return NULL;
}

// --- tests ---------------------------------------------------------------------

static void test_sims_roll(void **state)
{
    struct stage *stage = *state;
    plan_file(stage, "tests/data/roll-sims.csv", TODAY);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.counts.rows, 60);
    assert_int_equal(stage->plan.counts.pupils_new, 60);
    assert_int_equal(stage->plan.counts.classes_new, 15);
    assert_int_equal(stage->plan.counts.memberships, 60);
    assert_int_equal(stage->plan.counts.statuses, 60);
    assert_true(stage->plan.counts.needs > 5);
    assert_int_equal(stage->plan.n_missing, 0);
    for (size_t i = 0; i < stage->plan.n_changes; i++)
        assert_int_equal(record_check(stage->plan.changes[i].record, &stage->problem), 0);
}

static void test_second_time_nothing(void **state)
{
    struct stage *stage = *state;
    plan_file(stage, "tests/data/roll-sims.csv", TODAY);
    apply(stage);
    plan_file(stage, "tests/data/roll-sims.csv", TODAY);
    assert_int_equal(stage->plan.n_changes, 0);
    assert_int_equal(stage->plan.counts.pupils_unchanged, 60);
    // Nor does time alone change anything.
    plan_file(stage, "tests/data/roll-sims.csv", TODAY + 40);
    assert_int_equal(stage->plan.n_changes, 0);
}

static void test_dirty_roll(void **state)
{
    static const struct {
        size_t row;
        const char *code, *column;
    } expected[] = {
        {2, "unknown-status", "SEN status"},
        {3, "old-code", "SEN status"},
        {4, "unknown-need", "SEN needs (ranked)"},
        {6, "need-without-status", "SEN needs (ranked)"},
        {7, "future", "Date of birth"},
        {8, "bad-upn", "UPN"},
        {9, "bad-upn", "UPN"},
        {10, "missing", "Last name"},
        {11, "duplicate-upn", "UPN"},
        {12, "duplicate-upn", "UPN"},
        {13, "control-character", "First name"},
        {14, "bad-text", "Last name"},
        {15, "formula", "Last name"},
        {16, "line-break", "Last name"},
        {17, "bad-date", "Date of birth"},
        {18, "bad-flag", "Pupil Premium"},
    };
    struct stage *stage = *state;
    plan_file(stage, "tests/data/roll-arbor-dirty.csv", TODAY);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct roll_fault *fault = fault_at(stage, expected[i].row, expected[i].code);
        if (!fault)
            print_error("row %zu: no %s\n", expected[i].row, expected[i].code);
        assert_non_null(fault);
        assert_string_equal(fault->column, expected[i].column);
        assert_true(strlen(fault->message) > 5 && strlen(fault->hint) > 5);
    }
    assert_int_equal(stage->roll.n_faults, sizeof expected / sizeof expected[0]);
}

static const struct plan_change *change_of(const struct stage *stage, const char *kind, size_t place)
{
    for (size_t i = 0; i < stage->plan.n_changes; i++) {
        if (strcmp(stage->plan.changes[i].record->kind->name, kind) == 0 && place-- == 0)
            return &stage->plan.changes[i];
    }
    return NULL;
}

static void test_what_changes(void **state)
{
    struct stage *stage = *state;
    plan_string(stage,
                "Surname,Forename,DOB,Reg,SEN Status,SEN Need (1),SEN Need (2)\nA,Ann,14/04/2016,5B,K,SLCN,SPLD\nB,Bo,15/04/2016,5B,N,,\n",
                TODAY);
    apply(stage);
    // A week later: another status, the needs change places, one pupil is not named.
    plan_string(stage, "Surname,Forename,DOB,Reg,SEN Status,SEN Need (1),SEN Need (2)\nA,Ann,14/04/2016,5G,E,SPLD,SLCN\n", TODAY + 7);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.counts.pupils_unchanged, 1);
    assert_int_equal(stage->plan.counts.classes_new, 1);
    assert_int_equal(stage->plan.counts.memberships, 1);
    assert_int_equal(stage->plan.counts.statuses, 1);
    assert_int_equal(stage->plan.counts.needs, 2);
    assert_int_equal(stage->plan.counts.needs_ended, 2);
    assert_int_equal(stage->plan.n_missing, 1);
    assert_string_equal(record_text(stage->plan.missing[0], "surname"), "B");
    assert_int_equal(record_number(change_of(stage, "SenStatus", 0)->record, "starts"), TODAY + 7);
    assert_int_equal(record_number(change_of(stage, "Need", 0)->record, "ends"), TODAY + 6);
    assert_false(record_has(change_of(stage, "Need", 2)->record, "ends"));
    apply(stage);
    // The same day again with a correction: edited in place, nothing ends before it began.
    plan_string(stage, "Surname,Forename,DOB,Reg,SEN Status,SEN Need (1),SEN Need (2)\nA,Ann,14/04/2016,5G,K,SPLD,ASD\n", TODAY + 7);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.n_changes, 2);
    assert_true(change_of(stage, "SenStatus", 0)->record->id > 0);
    assert_string_equal(record_text(change_of(stage, "Need", 0)->record, "need"), "ASD");
    // And a file from before says nothing against what is recorded since.
    plan_string(stage, "Surname,Forename,DOB,SEN Status\nA,Ann,14/04/2016,N\n", TODAY + 3);
    assert_non_null(fault_at(stage, 2, "later-spell"));
}

static void test_matching(void **state)
{
    struct stage *stage = *state;
    plan_string(stage, "UPN,Surname,Forename,DOB\nT839900226000,A,Ann,14/04/2016\n,B,Bo,15/04/2016\n", TODAY);
    apply(stage);
    // A new surname under the same UPN; a UPN for whom there was none; a stranger to the UPN known.
    plan_string(stage, "UPN,Surname,Forename,DOB\nT839900226000,Ash,Ann,14/04/2016\nG839900226001,B,Bo,15/04/2016\n", TODAY);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.counts.pupils_changed, 2);
    assert_int_equal(stage->plan.n_changes, 2);
    plan_string(stage, "UPN,Surname,Forename,DOB\nW839900226002,A,Ann,14/04/2016\n", TODAY);
    assert_non_null(fault_at(stage, 2, "other-upn"));
}

static int answer(void *data, const struct roll_row *row, const struct record *const *pupils, const char *const *why, size_t n)
{
    struct stage *stage = data;
    stage->asked++;
    assert_true(row->row > 1 && n > 0 && pupils[0] && why[0]);
    return stage->answer;
}

static void test_near_misses(void **state)
{
    static const char *const near[] = {"A,Anne,04/05/2016", "Ash,Ann,04/05/2016", "A,Ann,05/04/2016"};
    struct stage *stage = *state;
    plan_string(stage, "Surname,Forename,DOB\nA,Ann,04/05/2016\n", TODAY);
    apply(stage);
    for (size_t i = 0; i < 3; i++) {
        const char *text = arena_printf(&stage->arena, "Surname,Forename,DOB\n%s\n", near[i]);
        stage->ask = NULL;
        plan_string(stage, text, TODAY);
        assert_int_equal(stage->roll.n_faults, 1);
        assert_non_null(fault_at(stage, 2, "perhaps-same"));
        stage->ask = answer;
        stage->answer = 0; // the same
        plan_string(stage, text, TODAY);
        assert_int_equal(stage->plan.counts.pupils_changed, 1);
        stage->answer = 1; // a new one
        plan_string(stage, text, TODAY);
        assert_int_equal(stage->plan.counts.pupils_new, 1);
    }
    assert_int_equal(stage->asked, 6);
    // A twin: the other one is in the file too. And letters do not make another pupil.
    plan_string(stage, "Surname,Forename,DOB\nA,ANN,04/05/2016\nA,Bea,04/05/2016\n", TODAY);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->asked, 6);
    assert_int_equal(stage->plan.counts.pupils_new, 1);
}

static void test_upns_of_others(void **state)
{
    struct stage *stage = *state;
    plan_string(stage, "UPN,Former UPN,Surname,Forename,DOB\nT839900226000,G839900226001,A,Ann,14/04/2016\n", TODAY);
    apply(stage);
    plan_string(stage, "UPN,Surname,Forename,DOB\nT839900226000,B,Bo,15/04/2017\n", TODAY);
    assert_non_null(fault_at(stage, 2, "upn-of-another"));
    plan_string(stage, "UPN,Surname,Forename,DOB\nG839900226001,Ash,Ann,14/04/2016\n", TODAY);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.n_changes, 1);
    assert_string_equal(record_text(stage->plan.changes[0].record, "upn"), "T839900226000");
    plan_string(stage, "UPN,Surname,Forename,DOB\nT839900226000,A,Ann,14/04/2016\nG839900226001,A,Anna,14/04/2016\n", TODAY);
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 3, "duplicate-pupil"));
}

// Cut anywhere, a roll is still read without harm.
static void test_cut_anywhere(void **state)
{
    struct stage *stage = *state;
    static const char text[] =
        "UPN,Surname,Forename,DOB,Reg,SEN Status,SEN needs\nT839900226000,\"A\"\"b\",Ünn,14/04/2016,5B,K,\"1. SLCN 2. ASD\"\n";
    for (size_t size = 0; size < sizeof text; size++) {
        roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
        int result = roll_read(&stage->roll, text, size, &stage->problem);
        assert_true(result == 0 || result == ERR_INPUT);
        if (result == 0)
            assert_int_equal(plan_make(&stage->plan, &stage->roll, &stage->school, TODAY, NULL, NULL, &stage->arena), 0);
    }
}

// SIMS repeats the forename as chosen name: what was entered here stays.
static void test_chosen_name_that_says_nothing(void **state)
{
    struct stage *stage = *state;
    struct record *pupil = record_new(kind_find("Pupil"), &stage->arena);
    pupil->id = stage->next_id++;
    pupil->version = 1;
    record_set(pupil, "surname", value_text("Bell"));
    record_set(pupil, "forename", value_text("Abigail"));
    record_set(pupil, "known_as", value_text("Abby"));
    record_set(pupil, "born", value_number(date_make(2016, 4, 14)));
    school_add(&stage->school, pupil);
    plan_string(stage, "Surname,Forename,Chosen Name,DOB\nBell,Abigail,Abigail,14/04/2016\n", TODAY);
    assert_int_equal(stage->plan.n_changes, 0);
    plan_string(stage, "Surname,Forename,Chosen Name,DOB\nBell,Abigail,Gail,14/04/2016\n", TODAY);
    assert_int_equal(stage->plan.n_changes, 1);
    assert_ptr_equal(stage->plan.changes[0].held, pupil);
    assert_string_equal(record_text(stage->plan.changes[0].record, "known_as"), "Gail");
}

static void test_demo_names(void **state)
{
    struct stage *stage = *state;
    struct demo_random one = {7}, other = {7};
    for (size_t i = 0; i < 2000; i++) {
        struct demo_name a = demo_name(&one), b = demo_name(&other);
        assert_ptr_equal(a.surname, b.surname);
        assert_non_null(a.surname);
        const char *const parts[] = {a.surname, a.forename, a.known_as};
        for (size_t j = 0; j < 3; j++) {
            assert_true(!parts[j] || text_fault(parts[j], strlen(parts[j]), false) == NULL);
            assert_true(!parts[j] || strcmp(text_normal(parts[j], &stage->arena), parts[j]) == 0);
        }
    }
    for (int32_t day = TODAY - 800; day < TODAY; day++) {
        int seconds = 0;
        assert_int_equal(clock_civil(demo_moment(day, 0), &seconds), day);
        assert_int_equal(seconds, 9 * 3600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sims_roll, setup, teardown),
        cmocka_unit_test_setup_teardown(test_second_time_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dirty_roll, setup, teardown),
        cmocka_unit_test_setup_teardown(test_near_misses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_upns_of_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_matching, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut_anywhere, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chosen_name_that_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_demo_names, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
