// Rolls that can be read in two ways, or that would do harm when taken at their
// word: near duplicates, dates and figures of two meanings, blank needs, headings.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange/plan.h"
#include "common/date.h"
#include "common/text.h"

#define TODAY date_make(2026, 11, 23)

struct stage {
    struct arena arena;
    struct roll roll;
    struct school school;
    struct plan plan;
    struct problem problem;
};

static int setup(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return -1;
    arena_init(&stage->arena, 0);
    problem_init(&stage->problem, &stage->arena);
    school_init(&stage->school, &stage->arena);
    *state = stage;
    return 0;
}

static int teardown(void **state)
{
    struct stage *stage = *state;
    arena_deinit(&stage->arena);
    free(stage);
    return 0;
}

static void read_bytes(struct stage *stage, const char *bytes, size_t size)
{
    school_ready(&stage->school);
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
    assert_int_equal(roll_read(&stage->roll, bytes, size, &stage->problem), 0);
    assert_int_equal(plan_make(&stage->plan, &stage->roll, &stage->school, TODAY, NULL, NULL, &stage->arena), 0);
}

static void read_string(struct stage *stage, const char *text)
{
    read_bytes(stage, text, strlen(text));
}

static const struct roll_fault *find(const struct roll_fault *list, size_t n, size_t row, const char *code)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].row == row && strcmp(list[i].code, code) == 0)
            return &list[i];
    }
    return NULL;
}

static const struct roll_fault *fault_at(const struct stage *stage, size_t row, const char *code)
{
    return find(stage->roll.faults, stage->roll.n_faults, row, code);
}

static const struct roll_fault *note_at(const struct stage *stage, size_t row, const char *code)
{
    return find(stage->roll.notes, stage->roll.n_notes, row, code);
}

// The value of a cell; -1 when there is none.
static int64_t cell(const struct stage *stage, size_t row, enum roll_column column)
{
    return stage->roll.rows[row - 2]->values[column].type ? stage->roll.rows[row - 2]->values[column].number : -1;
}

static struct record *held_pupil(struct stage *stage, int64_t id, const char *surname, const char *forename, int32_t born, const char *upn)
{
    struct record *pupil = record_new(kind_find("Pupil"), &stage->arena);
    assert_non_null(pupil);
    pupil->id = id;
    pupil->version = 1;
    record_set(pupil, "surname", value_text(surname));
    record_set(pupil, "forename", value_text(forename));
    record_set(pupil, "born", value_number(born));
    if (upn)
        record_set(pupil, "upn", value_text(upn));
    return pupil;
}

static void held_need(struct stage *stage, int64_t id, int64_t pupil, const char *code, int rank)
{
    struct record *need = record_new(kind_find("Need"), &stage->arena);
    assert_non_null(need);
    need->id = id;
    need->version = 1;
    record_set(need, "pupil", value_number(pupil));
    record_set(need, "need", value_text(code));
    record_set(need, "rank", value_number(rank));
    record_set(need, "starts", value_number(TODAY - 100));
    school_add(&stage->school, need);
}

// --- tests ---------------------------------------------------------------------

static void test_birth_dates_that_nearly_agree(void **state)
{
    static const char *const near[] = {"Roe,Di,,22/11/2016", "Roe,Di,,21/10/2016", "Roe,Di,,21/11/2015", "Di,Roe,,21/11/2016",
                                       "Roe,Di,G839900226001,22/11/2016"};
    struct stage *stage = *state;
    school_add(&stage->school, held_pupil(stage, 1, "Roe", "Di", date_make(2016, 11, 21), NULL));
    school_add(&stage->school, held_pupil(stage, 2, "Ash", "Bo", date_make(2016, 5, 21), "T839900226000"));
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        read_string(stage, arena_printf(&stage->arena, "Surname,Forename,UPN,DOB\n%s\n", near[i]));
        assert_int_equal(stage->roll.n_faults, 1);
        assert_non_null(fault_at(stage, 2, "perhaps-same"));
    }
    // Two parts that differ are another child; two UPNs are two, and worth a look.
    read_string(stage, "Surname,Forename,UPN,DOB\nRoe,Di,,22/10/2016\nAsh,Bo,G839900226001,22/05/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.counts.pupils_new, 2);
    assert_non_null(note_at(stage, 3, "near-name"));
}

// The pupil's own row beside it is no proof of another pupil.
static void test_two_rows_that_nearly_agree(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Surname,Forename,UPN,DOB\nAsh,Bo,T839900226000,21/05/2016\nAsh,Bo,,22/05/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_non_null(strstr(note_at(stage, 3, "near-name")->message, "row 2"));
    read_string(stage, "Surname,Forename,UPN,DOB\nKahn,Ada,,21/05/2016\nAda,Khan,,21/05/2016\nKhan,Ada,T839900226000,21/05/2016\n");
    assert_non_null(note_at(stage, 4, "near-name"));
    assert_int_equal(stage->roll.n_notes, 2);
    school_add(&stage->school, held_pupil(stage, 2, "Ash", "Bo", date_make(2016, 5, 21), "T839900226000"));
    read_string(stage, "Surname,Forename,UPN,DOB\nAsh,Bo,T839900226000,21/05/2016\nAsh,Bo,,22/05/2016\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 3, "perhaps-same"));
}

static void test_near_dates(void **state)
{
    (void)state;
    assert_null(roll_near_dates(17000, 17000)); // the same is told as the same
    assert_non_null(roll_near_dates(date_make(2016, 5, 21), date_make(2016, 5, 22)));
    assert_null(roll_near_dates(date_make(2016, 5, 21), date_make(2017, 5, 22)));
}

static void test_upns_that_changed_places(void **state)
{
    struct stage *stage = *state;
    int32_t born = date_make(2016, 9, 14);
    school_add(&stage->school, held_pupil(stage, 1, "Khan", "Ada", born, "T839900226000"));
    school_add(&stage->school, held_pupil(stage, 2, "Khan", "Ali", born, "G839900226001"));
    read_string(stage, "Surname,Forename,UPN,DOB\nKhan,Ali,T839900226000,14/09/2016\nKhan,Ada,G839900226001,14/09/2016\n");
    assert_int_equal(stage->roll.n_faults, 2);
    assert_non_null(strstr(fault_at(stage, 2, "upn-of-another")->message, "Khan, Ali"));
    assert_non_null(fault_at(stage, 3, "upn-of-another"));
    read_string(stage, "Surname,Forename,UPN,DOB\nKhan,Ada,T839900226000,14/09/2016\nKhan,Alina,G839900226001,14/09/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->plan.counts.pupils_changed, 1);
    // What is right is said with the command that puts it right here.
    read_string(stage, "Surname,Forename,UPN,DOB\nKhan,Ada,W839900226002,14/09/2016\n");
    assert_non_null(strstr(fault_at(stage, 2, "other-upn")->hint, "sendco pupil edit PUP-"));
}

static void test_the_upn_of_one_removed(void **state)
{
    struct stage *stage = *state;
    struct record *gone = held_pupil(stage, 1, "Khan", "Ada", date_make(2016, 9, 14), "T839900226000");
    gone->removed = true;
    school_add(&stage->school, gone);
    read_string(stage, "Surname,Forename,UPN,DOB\nLee,Bo,T839900226000,15/09/2017\n");
    const struct roll_fault *fault = fault_at(stage, 2, "upn-of-another");
    assert_non_null(strstr(fault->message, "removed"));
    assert_non_null(strstr(fault->hint, "sendco undo PUP-"));
}

static void test_attendance(void **state)
{
    static const struct {
        const char *cells[2];
        int64_t tenths[2]; // -1: a fault
    } all[] = {{{"94.09999999999999", "94.10000000000001 %"}, {941, 941}},
               {{"0.941", "1"}, {941, 1000}},
               {{"0", "0.5"}, {0, 500}},
               {{"0.941", "94.1"}, {-1, 941}},
               {{"0.5%", "94.1"}, {5, 941}},
               {{"1", "0"}, {-1, 0}},
               {{"1", "88"}, {10, 880}},
               {{"100.00000000000001", "100.04"}, {1000, -1}},
               {{"1e2", "nan"}, {-1, -1}}};
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        read_string(stage, arena_printf(&stage->arena, "Surname;DOB;Attendance\nA;14/04/2016;%s\nB;15/04/2016;%s\n", all[i].cells[0],
                                        all[i].cells[1]));
        for (size_t row = 0; row < 2; row++) {
            if (cell(stage, row + 2, ROLL_ATTENDANCE) != all[i].tenths[row])
                print_error("%s: %d\n", all[i].cells[row], (int)cell(stage, row + 2, ROLL_ATTENDANCE));
            assert_int_equal(cell(stage, row + 2, ROLL_ATTENDANCE), all[i].tenths[row]);
            assert_true(!fault_at(stage, row + 2, "bad-number") == (all[i].tenths[row] >= 0));
        }
    }
}

static void test_the_order_that_others_prove(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Surname,DOB,Date of Admission\nA,09/14/2016,09/03/2021\nB,10/25/2016,09/04/2021\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(cell(stage, 2, ROLL_ENTERED), date_make(2021, 9, 3));
    // One slip turns nothing round.
    read_string(stage, "Surname,DOB,Date of Admission\nA,14/09/2016,03/09/2021\nB,25/10/2016,04/09/2021\nC,26/10/2016,09/13/2021\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(strstr(fault_at(stage, 4, "date-order")->message, "DOB"));
    assert_int_equal(cell(stage, 2, ROLL_ENTERED), date_make(2021, 9, 3));
    // Nor does a column that contradicts itself.
    read_string(stage, "Surname,DOB,Date of Admission\nA,14/09/2016,13/09/2021\nB,25/10/2016,09/14/2021\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 3, "date-order"));
    // A stranger among dates that nobody doubts.
    read_string(stage, "Surname,DOB\nA,2016-09-14\nB,2016-10-25\nC,03/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 4, "date-order"));
    read_string(stage, "Surname,DOB,Date of Admission\nA,2016-09-14,\nB,2016-10-25,09/13/2021\nC,03/04/2016,\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(cell(stage, 4, ROLL_BORN), date_make(2016, 3, 4));
    // Nothing says it: it is told how it was read.
    read_string(stage, "Surname,DOB\nA,03/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_non_null(strstr(note_at(stage, 2, "date-order")->message, "3 Apr 2016"));
    read_string(stage, "Surname,DOB\nA,12 Mar 1899\nB,04/04/2016\n");
    assert_non_null(strstr(fault_at(stage, 2, "bad-date")->message, "before 1900"));
}

static void test_blank_needs(void **state)
{
    static const char head[] = "Surname,Forename,DOB,SEN Status,SEN Need (1),SEN Need (2)";
    struct stage *stage = *state;
    school_add(&stage->school, held_pupil(stage, 1, "Lee", "Bo", date_make(2016, 10, 15), NULL));
    held_need(stage, 1, 1, "ASD", 1);
    held_need(stage, 2, 1, "HI", 2);
    read_string(stage, arena_printf(&stage->arena, "%s\nLee,Bo,15/10/2016,,,\n", head));
    assert_int_equal(stage->plan.n_changes, 0);
    read_string(stage, arena_printf(&stage->arena, "%s\nLee,Bo,15/10/2016,K,,\n", head));
    assert_int_equal(stage->plan.counts.needs_ended, 0);
    assert_non_null(strstr(note_at(stage, 1, "needs-kept")->message, "1 row says"));
    read_string(stage, arena_printf(&stage->arena, "%s\nLee,Bo,15/10/2016,K,ASD,\n", head));
    assert_int_equal(stage->plan.counts.needs_ended, 1);
    read_string(stage, arena_printf(&stage->arena, "%s\nLee,Bo,15/10/2016,N,,\n", head));
    assert_int_equal(stage->plan.counts.needs_ended, 2);
}

static void test_headings_in_brackets(void **state)
{
    static const struct {
        const char *heading;
        int column;
    } all[] = {{"Unique Pupil Number (UPN)", ROLL_UPN},
               {"UPN No.", ROLL_UPN},
               {"Date Of Birth (DOB)", ROLL_BORN},
               {"Gender (Legal)", ROLL_SEX},
               {"SEN (Current)", ROLL_STATUS},
               {"SEND", ROLL_STATUS},
               {"SEN Support/EHCP", ROLL_STATUS},
               {"SEN Primary Need Type", ROLL_NEED1},
               {"SEN Need (2)", ROLL_NEED2},
               {"SEN Need (4)", -1},
               {"Surname (parent)", -1},
               {"Forename (preferred)", ROLL_KNOWN_AS},
               {"NC Year Group (Taught In)", ROLL_YEAR},
               {"National Curriculum Year Group", ROLL_YEAR},
               {"Current Registration Form", ROLL_CLASS},
               {"Date on Roll", ROLL_ENTERED},
               {"English as an Additional Language (EAL)", ROLL_EAL},
               {"Eligible for Free School Meals (FSM)", ROLL_FSM},
               {"Att %", ROLL_ATTENDANCE},
               {"Pupil Premium Grant", ROLL_PREMIUM},
               {"Child Looked After (CLA)", ROLL_CARE}};
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (roll_column_find(all[i].heading) != all[i].column)
            print_error("%s: %d\n", all[i].heading, roll_column_find(all[i].heading));
        assert_int_equal(roll_column_find(all[i].heading), all[i].column);
    }
    read_string(stage, "Surname,DOB,Known SEN details,Presents,Group name,Country of birth\nA,14/04/2016,K,3,b,Wales\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(strstr(fault_at(stage, 1, ROLL_UNREAD)->hint, "--map 'Known SEN details="));
    read_string(stage, "Surname,DOB,Known SEN details\nA,14/04/2016,\n");
    assert_int_equal(stage->roll.n_faults, 0);
}

// However long a cell, what is said of it is short, and whole characters.
static void test_long_cells(void **state)
{
    struct stage *stage = *state;
    char *parts = arena_zero(&stage->arena, 1, 1 << 21);
    for (size_t size = 1500; size < (1 << 21); size *= 30) {
        for (size_t i = 0; i + 3 < size; i += 3)
            memcpy(parts + i, "a, ", 3);
        read_string(stage, arena_printf(&stage->arena, "Surname,DOB,SEN Status,SEN needs\nA,14/04/2016,K,\"%s\"\n", parts));
        assert_int_equal(stage->roll.n_faults, 1);
        assert_true(strlen(stage->roll.faults[0].value) < 200);
    }
    for (size_t i = 0; i < 60; i++)
        memcpy(parts + 3 * i, "王", 3);
    parts[180] = '\0';
    for (size_t extra = 0; extra < 3; extra++) {
        read_string(stage,
                    arena_printf(&stage->arena, "Surname,DOB,SEN status%.*s%s,SEN Status\nA,14/04/2016,K,E\n", (int)extra, "---", parts));
        assert_non_null(fault_at(stage, 1, "twice"));
        for (size_t i = 0; i < stage->roll.n_faults; i++)
            assert_null(text_fault(stage->roll.faults[i].message, strlen(stage->roll.faults[i].message), false));
        const char *cut = roll_short(parts, 90 + extra, &stage->arena);
        assert_null(text_fault(cut, strlen(cut), false));
    }
}

static void test_lines_beside_rows(void **state)
{
    struct stage *stage = *state;
    read_string(stage,
                "Pupil list,,\n\nSurname,Forename,DOB\nA,\"An\nn\",14/04/2016\n\nB,Bo,31/02/2016\n\"C,Cy,14/04/2016\nD,Di,32/01/2016\n");
    assert_int_equal(fault_at(stage, 2, "line-break")->line, 4);
    assert_int_equal(fault_at(stage, 3, "bad-date")->line, 7);
    assert_int_equal(fault_at(stage, 4, "quoting")->line, 8);
    assert_int_equal(fault_at(stage, 5, "bad-date")->line, 9);
    read_string(stage, "List,\nSurname,DOB\nA,14/04/2016\nA,14/04/2016\n");
    assert_non_null(strstr(fault_at(stage, 3, "duplicate-pupil")->message, "row 2 (line 3)"));
}

static void test_zero_in_wide_text(void **state)
{
    static const char text[] = "Surname,DOB\nSm\0ith,14/04/2016\nOk,15/04/2016\n";
    struct stage *stage = *state;
    char wide[2 * sizeof text] = "\xff\xfe";
    for (size_t i = 0; i + 1 < sizeof text; i++)
        wide[2 + 2 * i] = text[i];
    read_bytes(stage, wide, 2 * sizeof text);
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 2, "control-character"));
}

static void test_odd_rows(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Surname,Forename,DOB,SEN Status,Date of Admission,Leaving date\nN/A,Bo,14/09/2016,,,\nNa,Bo,15/09/2016,,,\n"
                       "Smith123,Bo,16/09/2016,,,\nTEST,Pupil,17/09/2016,,,\nA,Bo,18/09/2016,E H C P ?,,\nB,Bo,19/09/2016,K?,,\n"
                       "C,Bo,20/09/2016,,04/09/2035,\nD,Bo,21/09/2016,,,04/09/2035\n");
    assert_non_null(note_at(stage, 2, "odd-name"));
    assert_null(note_at(stage, 3, "odd-name"));
    assert_non_null(note_at(stage, 4, "odd-name"));
    assert_non_null(note_at(stage, 5, "odd-name"));
    assert_non_null(fault_at(stage, 6, "unknown-status"));
    assert_non_null(fault_at(stage, 7, "unknown-status"));
    assert_non_null(fault_at(stage, 8, "too-far"));
    assert_non_null(fault_at(stage, 9, "too-far"));
    assert_int_equal(stage->roll.n_faults, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_birth_dates_that_nearly_agree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_rows_that_nearly_agree, setup, teardown),
        cmocka_unit_test(test_near_dates),
        cmocka_unit_test_setup_teardown(test_upns_that_changed_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_upn_of_one_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_attendance, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_order_that_others_prove, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blank_needs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headings_in_brackets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_beside_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zero_in_wide_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_odd_rows, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
