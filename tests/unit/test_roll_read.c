// Reading rolls without a school: encodings, lines, headings, dates, names, codes,
// cells; what is understood, and each fault on its row.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/exchange/school.h"
#include "common/date.h"

#define TODAY date_make(2026, 11, 23)

struct stage {
    struct arena arena;
    struct roll roll;
    struct school school;
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

static void read_text(struct stage *stage, const char *text, size_t size)
{
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
    assert_int_equal(roll_read(&stage->roll, text, size, &stage->problem), 0);
}

static void read_string(struct stage *stage, const char *text)
{
    read_text(stage, text, strlen(text));
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

static int64_t cell(const struct stage *stage, size_t row, enum roll_column column)
{
    return stage->roll.rows[row]->values[column].type ? stage->roll.rows[row]->values[column].number : -1;
}

static void test_date_order(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Surname,Forename,DOB,Date of Admission\nA,One,03/04/2016,09/02/2024\nB,Two,14/04/2016,09/14/2024\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(cell(stage, 0, ROLL_BORN), date_make(2016, 4, 3));
    assert_int_equal(cell(stage, 0, ROLL_ENTERED), date_make(2024, 9, 2));
    // One order for the column: what does not fit it is a fault, not another order.
    read_string(stage, "Surname,DOB\nA,14/04/2016\nG,15/04/2016\nB,04/14/2016\nC,2016-09-01\nD,1 Sep 2016\nE,01-Sep-16\nF,today\n");
    assert_int_equal(stage->roll.n_faults, 2);
    assert_non_null(strstr(fault_at(stage, 4, "date-order")->message, "row 2 shows"));
    assert_non_null(fault_at(stage, 8, "bad-date"));
    for (size_t i = 3; i < 6; i++)
        assert_int_equal(cell(stage, i, ROLL_BORN), date_make(2016, 9, 1));
    // As many one way as the other: both are named; said on the command line, only one is wrong.
    read_string(stage, "Surname,DOB\nA,14/04/2016\nB,04/14/2016\n");
    assert_int_equal(stage->roll.n_faults, 2);
    assert_non_null(strstr(fault_at(stage, 2, "date-order")->message, "row 3"));
    assert_non_null(strstr(fault_at(stage, 3, "date-order")->message, "row 2"));
}

static void test_dates(void **state)
{
    static const char *const same[] = {"14/09/2016",
                                       "14.09.2016",
                                       "14-9-16",
                                       "14 Sep 2016",
                                       "14-Sep-16",
                                       "14 September 2016",
                                       "14th September 2016",
                                       "Sep 14 2016",
                                       "September 14, 2016",
                                       "Wed 14 Sep 2016",
                                       "2016-09-14",
                                       "2016-09-14T00:00:00",
                                       "14/09/2016 00:00",
                                       "14/09/2016 12:00:00 AM",
                                       "20160914",
                                       " 14/09/2016 "};
    static const char *const none[] = {"31/02/2016", "29/02/2015",      "00/01/2016",  "14/13/2016",     "14/09",
                                       "2016",       "14/09/216",       "42627",       "14 Smarch 2016", "2016-02-30",
                                       "n/a",        "14/09/2016 noon", "14/09/20160", "1/1/1"};
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        read_string(stage, arena_printf(&stage->arena, "Surname;DOB\nA;\"%s\"\n", same[i]));
        assert_int_equal(stage->roll.n_faults, 0);
        assert_int_equal(cell(stage, 0, ROLL_BORN), date_make(2016, 9, 14));
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        read_string(stage, arena_printf(&stage->arena, "Surname;DOB\nA;%s\nB;14/09/2016\n", none[i]));
        if (stage->roll.n_faults != 1 || !fault_at(stage, 2, "bad-date"))
            print_error("%s: %zu faults\n", none[i], stage->roll.n_faults);
        assert_int_equal(stage->roll.n_faults, 1);
        assert_non_null(fault_at(stage, 2, "bad-date"));
    }
    // A column of nothing but a spreadsheet's numbers.
    read_string(stage, "Surname,DOB\nA,42627\nB,42628\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(cell(stage, 0, ROLL_BORN), date_make(2016, 9, 14));
}

static void test_words(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "LastName;FirstName;DateOfBirth;YearGroup;Form;SEN provision;SEN needs;EAL;% Attendance\n"
                       "Frith;Ada;01/10/2019;Year 2;2B;K - SEN Support;SLCN, spld;Yes;94.1\n"
                       "Frith;Ben;01/10/2022;Nursery;NUR;EHCP;Autism;n;100%\n"
                       "Frith;Cas;01/10/2021;Reception;RB;No special educational need;;;\n");
    assert_int_equal(stage->roll.n_faults, 0);
    const struct roll_row *first = stage->roll.rows[0], *second = stage->roll.rows[1], *third = stage->roll.rows[2];
    assert_string_equal(first->values[ROLL_STATUS].text, "K");
    assert_string_equal(first->values[ROLL_YEAR].text, "2");
    assert_int_equal(first->n_needs, 2);
    assert_string_equal(first->needs[1], "SPLD");
    assert_int_equal(first->values[ROLL_ATTENDANCE].number, 941);
    assert_string_equal(second->values[ROLL_YEAR].text, "N2");
    assert_string_equal(second->values[ROLL_STATUS].text, "E");
    assert_string_equal(second->needs[0], "ASD");
    assert_int_equal(second->values[ROLL_EAL].number, 0);
    assert_string_equal(third->values[ROLL_STATUS].text, "N");
    assert_int_equal(third->values[ROLL_EAL].type, VALUE_EMPTY);
}

static void test_encodings(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *encoding;
    } all[] = {
        {"Surname,DOB\nJos\xc3\xa9,14/04/2016\n", 29, "UTF-8"},
        {"\xef\xbb\xbfSurname,DOB\nJos\xc3\xa9,14/04/2016\n", 32, "UTF-8"},
        {"Surname,DOB\nJos\xe9,14/04/2016\n", 28, "Windows-1252"},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        read_text(stage, all[i].bytes, all[i].size);
        assert_int_equal(stage->roll.n_faults, 0);
        assert_string_equal(stage->roll.encoding, all[i].encoding);
        assert_string_equal(stage->roll.rows[0]->values[ROLL_SURNAME].text, "José");
    }
    for (int form = 0; form < 4; form++) { // little and big, with a mark and without
        char wide[80];
        size_t at = 0, big = (size_t)form % 2;
        if (form < 2)
            memcpy(wide, big ? "\xfe\xff" : "\xff\xfe", at = 2);
        for (size_t i = 0; i < all[2].size; i++) {
            wide[at + big] = all[2].bytes[i];
            wide[at + !big] = '\0';
            at += 2;
        }
        read_text(stage, wide, at);
        assert_int_equal(stage->roll.n_faults, 0);
        assert_string_equal(stage->roll.rows[0]->values[ROLL_SURNAME].text, "José");
    }
    // A byte that is no letter, a damaged file, one saved in the wrong alphabet.
    read_string(stage, "Surname,DOB\nA,14/04/2016\nJ\x81,14/04/2016\nB\xe9,14/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 3, "encoding"));
    read_string(stage, "Surname,DOB\nJos\xc3\xa9,14/04/2016\nJos\xe9,14/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 1);
    assert_non_null(fault_at(stage, 3, "encoding"));
    read_string(stage, "Surname,DOB\nJosÃ©,14/04/2016\n");
    assert_non_null(fault_at(stage, 2, "encoding"));
}

static void test_lines(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    struct stage *stage = *state;
    for (size_t i = 0; i < 3; i++) {
        const char *e = ends[i];
        read_string(
            stage,
            arena_printf(&stage->arena,
                         "\"Pupil list, 3 March 2026\",,,%s,,,%sSurname,DOB,Class,%sA,14/04/2016,5B,%s%sB,31/02/2016,5B%s,,,%sTotal,2,,%s",
                         e, e, e, e, e, e, e, e));
        assert_int_equal(stage->roll.n_rows, 3);
        assert_int_equal(stage->roll.n_faults, 2);
        assert_non_null(fault_at(stage, 3, "bad-date"));
        assert_non_null(fault_at(stage, 5, "totals"));
    }
}

static void test_headings(void **state)
{
    static const struct {
        const char *heading;
        int column;
    } all[] = {{"SEN Need (1)", ROLL_NEED1},
               {"sen_need_2", ROLL_NEED2},
               {"DATE OF BIRTH", ROLL_BORN},
               {"FirstName", ROLL_FORENAME},
               {"ProvisionTypeCode", ROLL_STATUS},
               {"% Attendance", ROLL_ATTENDANCE},
               {"Attendance %", ROLL_ATTENDANCE},
               {"Pupil name", ROLL_NAME},
               {"Shoe size", -1},
               {"", -1}};
    struct stage *stage = *state;
    int first, second;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(roll_column_find(all[i].heading), all[i].column);
    assert_int_equal(roll_column_near("Surnmae", &first, &second), ROLL_SURNAME);
    assert_int_equal(roll_column_near("Date of brith", &first, &second), ROLL_BORN);
    assert_int_equal(roll_column_near("SEN need 4", &first, &second), -1);
    assert_int_equal(roll_column_near("SEN notes", &first, &second), -1);
    read_string(stage, "Surnmae,Shoe size,Date of brith\nA,33,14/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_int_equal(stage->roll.n_taken, 2);
    assert_int_equal(stage->roll.n_unread, 1);
    // As somebody says.
    static const struct roll_map maps[] = {{"Kid", ROLL_SURNAME, ROLL_GIVEN}, {"Came", ROLL_BORN, ROLL_GIVEN}};
    static const char text[] = "Kid,Came\nA,14/04/2016\n";
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
    stage->roll.maps = maps;
    stage->roll.n_maps = 2;
    assert_int_equal(roll_read(&stage->roll, text, strlen(text), &stage->problem), 0);
    assert_int_equal(stage->roll.n_faults, 0);
    assert_string_equal(stage->roll.rows[0]->values[ROLL_SURNAME].text, "A");
}

static void test_names(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Pupil name;DOB\nO’Brien,  Mary   Ann;14/04/2016\n\"D'Arcy,\xc2\xa0Jo\xe2\x80\x8b\";15/04/2016\nSuryani;16/04/2016\n"
                       "Mary Smith;17/04/2016\n=cmd;17/04/2016\n1234;17/04/2016\n;17/04/2016\n");
    assert_string_equal(stage->roll.rows[0]->values[ROLL_SURNAME].text, "O’Brien");
    assert_string_equal(stage->roll.rows[0]->values[ROLL_FORENAME].text, "Mary Ann");
    assert_string_equal(stage->roll.rows[1]->values[ROLL_SURNAME].text, "D'Arcy");
    assert_string_equal(stage->roll.rows[1]->values[ROLL_FORENAME].text, "Jo");
    assert_int_equal(stage->roll.rows[2]->values[ROLL_FORENAME].type, VALUE_EMPTY);
    assert_int_equal(stage->roll.n_faults, 4);
    assert_non_null(fault_at(stage, 5, "name-order"));
    assert_non_null(fault_at(stage, 6, "formula"));
    assert_non_null(fault_at(stage, 7, "no-name"));
    assert_non_null(fault_at(stage, 8, "missing"));
}

static void test_codes(void **state)
{
    static const struct {
        const char *list, *text, *code;
    } all[] = {{"sen-provision", "n", "N"},
               {"sen-provision", "SEN support (K)", "K"},
               {"sen-provision", "K: SEN Support", "K"},
               {"sen-provision", "SEN Support", "K"},
               {"sen-provision", "EHCP", "E"},
               {"sen-provision", "EHC plan", "E"},
               {"sen-provision", "Education, Health and Care Plan", "E"},
               {"sen-provision", "Education, Health & Care Plan", "E"},
               {"sen-provision", "E – Education, Health and Care Plan", "E"},
               {"sen-provision", "No SEN", "N"},
               {"sen-provision", "None", "N"},
               {"sen-provision", "No Special Educational Needs", "N"},
               {"sen-provision", "School Action +", "P"},
               {"sen-provision", "School Action", "A"},
               {"sen-provision", "K - Education, health and care plan", NULL},
               {"sen-provision", "SEN", NULL},
               {"sen-provision", "Q - Unknown", NULL},
               {"need-type", "SpLD", "SPLD"},
               {"need-type", "NSA*", "NSA"},
               {"need-type", "SLCN - Speech…", "SLCN"},
               {"need-type", "Speech, Language and Communication Need", "SLCN"},
               {"need-type", "Autistic Spectrum Disorder (ASD)", "ASD"},
               {"need-type", "Profound & Multiple Learning Difficulties", "PMLD"},
               {"need-type", "ADHD", NULL},
               {"need-type", "Other Difficulty/Disability", "OTH"}};
    struct stage *stage = *state;
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct roll_code *code = roll_code_find(&stage->roll, all[i].list, all[i].text);
        if (!code != !all[i].code || (code && strcmp(code->code, all[i].code) != 0))
            print_error("%s: %s\n", all[i].text, code ? code->code : "none");
        assert_true(code ? all[i].code && strcmp(code->code, all[i].code) == 0 : !all[i].code);
    }
}

static void test_cells(void **state)
{
    struct stage *stage = *state;
    read_string(stage, "Surname;DOB;UPN;Sex;Year;EAL;Attendance;SEN Status;SEN Need (1);SEN Need (2)\n"
                       "A;14/04/2016;t839 9002 26000;Girl;Y5;✓;94,1%;K;Speech, language and communication needs, ASD;MLD\n"
                       "B;14/04/2016;;boy;05;;100;E;1. Specific learning difficulty / SEMH | 3) MLD;\n"
                       "C;14/04/2016;;U;Year 15;maybe;100.1;K;;ASD\n"
                       "D;14/04/2000;;;;;;;;\n"
                       "E;14/04/2016;A839900226000;;;;;;SLCN;\n"
                       "F;14/04/2016;;;;;;K;ASD;asd\n");
    assert_int_equal(stage->roll.rows[0]->n_needs, 3);
    assert_string_equal(stage->roll.rows[0]->needs[0], "SLCN");
    assert_string_equal(stage->roll.rows[0]->needs[2], "MLD");
    assert_string_equal(stage->roll.rows[0]->values[ROLL_UPN].text, "T839900226000");
    assert_int_equal(cell(stage, 0, ROLL_SEX), 1);
    assert_int_equal(cell(stage, 0, ROLL_EAL), 1);
    assert_int_equal(cell(stage, 0, ROLL_ATTENDANCE), 941);
    assert_string_equal(stage->roll.rows[1]->values[ROLL_YEAR].text, "5");
    assert_int_equal(stage->roll.rows[1]->n_needs, 3);
    static const char *const third[] = {"bad-sex", "bad-year", "bad-flag", "bad-number", "rank-gap"};
    for (size_t i = 0; i < 5; i++)
        assert_non_null(fault_at(stage, 4, third[i]));
    assert_non_null(fault_at(stage, 5, "too-old"));
    assert_non_null(fault_at(stage, 6, "bad-upn"));
    assert_non_null(fault_at(stage, 6, "need-without-status"));
    assert_non_null(fault_at(stage, 7, "need-twice"));
    assert_int_equal(stage->roll.n_faults, 9);
}

static void test_broken_files(void **state)
{
    struct stage *stage = *state;
    roll_init(&stage->roll, &stage->arena, school_codes(&stage->school), TODAY, TODAY);
    assert_int_equal(roll_read(&stage->roll, "", 0, &stage->problem), ERR_INPUT);
    assert_int_equal(roll_read(&stage->roll, "Sur\0name", 8, &stage->problem), ERR_INPUT);
    read_string(stage, "Shoe,Age\nA,7\n");
    assert_non_null(fault_at(stage, 1, "no-column"));
    read_string(stage, "Surname,DOB\nA,14/04/2016,more\nB,\"14/04/2016\n");
    assert_non_null(fault_at(stage, 2, "cells"));
    assert_non_null(fault_at(stage, 3, "quoting"));
    read_string(stage, "Surname,Last name,DOB\nA,A,14/04/2016\n");
    assert_non_null(fault_at(stage, 1, "twice"));
    read_string(stage, "Surname,Last name,DOB\nA,,14/04/2016\n");
    assert_int_equal(stage->roll.n_faults, 0);
    assert_string_equal(stage->roll.rows[0]->values[ROLL_SURNAME].text, "A");
    // A broken row costs itself, not those after it.
    read_string(stage, "Surname,DOB\nA\"b,14/04/2016\n\nB,14/04/2016\n\"C,14/04/2016\nD,31/02/2016\n");
    assert_int_equal(stage->roll.n_faults, 3);
    assert_non_null(fault_at(stage, 2, "quoting"));
    assert_non_null(fault_at(stage, 4, "quoting"));
    assert_non_null(fault_at(stage, 5, "bad-date"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_date_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_encodings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_codes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cells, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_files, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
