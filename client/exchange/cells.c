// Cells to values: each column is read as what it is, and whatever cannot be
// understood is a fault that says what would be right. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

static const struct field *field_of(enum roll_column column)
{
    const struct roll_column_info *info = &roll_columns[column];
    if (info->field)
        return field_find(kind_find("Pupil"), info->field);
    return column == ROLL_CLASS ? field_find(kind_find("SchoolClass"), "name") : NULL;
}

static void text_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    const struct field *field = field_of(column);
    char words[VALUE_FAULT_MAX];
    struct value value = value_text(cell);
    const char *fault = text_fault(row->cells[column], strlen(row->cells[column]), false);
    if (fault) {
        roll_fault_add(roll, row, (int)column, strncmp(fault, "a line", 6) == 0 ? "line-break" : "control-character",
                       "Type it again by hand, on one line.", "holds %s", fault);
        return;
    }
    fault = field ? value_fault(field, value, words) : NULL;
    if (fault)
        roll_fault_add(roll, row, (int)column, "bad-text", "Shorten or mend it in the MIS, then export again.", "%s", fault);
    else if (strchr("=+@-", *cell))
        // No name begins so; what does is meant for somebody's spreadsheet.
        roll_fault_add(roll, row, (int)column, "formula", "Type the name without the sign in front.", "begins like a spreadsheet formula");
    else
        row->values[column] = value;
}

static void upn_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    char upn[40];
    size_t at = 0;
    for (const char *c = cell; *c && at + 1 < sizeof upn; c++) {
        if (*c != ' ')
            upn[at++] = (char)toupper((unsigned char)*c);
    }
    upn[at] = '\0';
    const char *fault = upn_fault(upn);
    char *kept = fault ? NULL : arena_strdup(roll->arena, upn);
    if (fault)
        roll_fault_add(roll, row, (int)column, "bad-upn", "Take it from the MIS again; leave it empty when the pupil has none.", "%s",
                       fault);
    else if (kept)
        row->values[column] = value_text(kept);
}

static bool one_of(const char *cell, const char *const *words)
{
    for (; *words; words++) {
        if (text_same(*words, cell))
            return true;
    }
    return false;
}

static void flag_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    static const char *const yes[] = {"T", "True", "Y", "Yes", "1", "Active", NULL};
    static const char *const no[] = {"F", "False", "N", "No", "0", "None", NULL};
    // Some systems put the column's own name where it holds: "Resourced provision".
    bool named = roll_column_find(cell) == (int)column;
    if (named || one_of(cell, yes))
        row->values[column] = value_number(1);
    else if (one_of(cell, no))
        row->values[column] = value_number(0);
    else
        roll_fault_add(roll, row, (int)column, "bad-flag", "Write Yes or No, T or F.", "is neither yes nor no");
}

static void sex_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    static const char *const female[] = {"F", "Female", "Girl", NULL}, *const male[] = {"M", "Male", "Boy", NULL};
    if (one_of(cell, female))
        row->values[column] = value_number(1);
    else if (one_of(cell, male))
        row->values[column] = value_number(2);
    else
        roll_fault_add(roll, row, (int)column, "bad-sex", "Write M or F.", "is not known");
}

// "Year N2", "Year 4", "Reception", "Nursery" as code of the list year-group.
static void year_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    const char *code = cell;
    if (strlen(code) > 4 && (strncmp(code, "Year", 4) == 0 || strncmp(code, "year", 4) == 0 || strncmp(code, "YEAR", 4) == 0))
        code += 4 + strspn(code + 4, " ");
    if (text_same(code, "Reception"))
        code = "R";
    if (text_same(code, "Nursery")) {
        // The birth date says which of the two nursery years; most schools have the second.
        const struct value *born = &row->values[ROLL_BORN];
        const char *year = born->type == VALUE_NUMBER ? date_nc_year((int32_t)born->number, roll->date) : NULL;
        code = year && strcmp(year, "N1") == 0 ? "N1" : "N2";
    }
    while (code[0] == '0' && isdigit((unsigned char)code[1]))
        code++;
    const struct roll_code *found = roll_code_find(roll, "year-group", code);
    if (found)
        row->values[column] = value_text(found->code);
    else
        roll_fault_add(roll, row, (int)column, "bad-year", "Write it as Year 4, 4, Reception or N2.", "is no year group");
}

static void tenths_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    char *end = NULL;
    double number = strtod(cell, &end);
    end += strspn(end, " %");
    if (end == cell || *end || !(number >= 0 && number <= 100))
        roll_fault_add(roll, row, (int)column, "bad-number", "Write it as 94.1.", "is no percentage from 0 to 100");
    else
        row->values[column] = value_number((int64_t)(number * 10 + 0.5));
}

static void one_cell(struct roll *roll, struct roll_row *row, enum roll_column column)
{
    const char *cell = row->cells[column] ? text_normal(row->cells[column], roll->arena) : NULL;
    if (!cell || !*cell)
        return;
    switch (roll_columns[column].read) {
    case ROLL_AS_TEXT:
        text_cell(roll, row, column, cell);
        break;
    case ROLL_AS_UPN:
        upn_cell(roll, row, column, cell);
        break;
    case ROLL_AS_FLAG:
        flag_cell(roll, row, column, cell);
        break;
    case ROLL_AS_SEX:
        sex_cell(roll, row, column, cell);
        break;
    case ROLL_AS_YEAR:
        year_cell(roll, row, column, cell);
        break;
    case ROLL_AS_TENTHS:
        tenths_cell(roll, row, column, cell);
        break;
    case ROLL_AS_DATE:
    case ROLL_AS_STATUS:
    case ROLL_AS_NEED:
    case ROLL_AS_NEEDS:
        break; // read as a whole column or a whole row
    }
}

// What a row must have, and what its cells say together.
static void check_row(struct roll *roll, struct roll_row *row)
{
    static const enum roll_column needed[] = {ROLL_SURNAME, ROLL_BORN};
    for (size_t i = 0; i < 2; i++) {
        const char *cell = row->cells[needed[i]];
        if (roll_has(roll, needed[i]) && (!cell || !cell[strspn(cell, " \t")]))
            roll_fault_add(roll, row, (int)needed[i], "missing", "Fill it in in the MIS; every pupil has one.", "is missing");
    }
    const struct value *born = &row->values[ROLL_BORN], *entered = &row->values[ROLL_ENTERED], *left = &row->values[ROLL_LEFT];
    if (born->type && born->number > roll->today)
        roll_fault_add(roll, row, ROLL_BORN, "future", "Look at the year.", "lies in the future");
    else if (born->type && entered->type && entered->number < born->number)
        roll_fault_add(roll, row, ROLL_ENTERED, "before-birth", "Look at both dates.", "is before the pupil was born");
    if (entered->type && left->type && left->number < entered->number)
        roll_fault_add(roll, row, ROLL_LEFT, "before-entry", "Look at both dates.", "is before the first day on roll");
}

// --- the same pupil twice ------------------------------------------------------

static int by_upn(const void *a, const void *b)
{
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    int order = value_compare(x->values[ROLL_UPN], y->values[ROLL_UPN]);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_person(const void *a, const void *b)
{
    static const enum roll_column keys[] = {ROLL_BORN, ROLL_SURNAME, ROLL_FORENAME, ROLL_UPN};
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int order = value_compare(x->values[keys[i]], y->values[keys[i]]);
        if (order)
            return order;
    }
    return (x->row > y->row) - (x->row < y->row);
}

// Twins of one name are told apart by their UPNs; without one they cannot be.
static bool same_person(const struct roll_row *a, const struct roll_row *b)
{
    bool named = a->values[ROLL_SURNAME].type && a->values[ROLL_BORN].type;
    return named && value_equal(a->values[ROLL_SURNAME], b->values[ROLL_SURNAME]) &&
           value_equal(a->values[ROLL_BORN], b->values[ROLL_BORN]) && value_equal(a->values[ROLL_FORENAME], b->values[ROLL_FORENAME]) &&
           (!a->values[ROLL_UPN].type || !b->values[ROLL_UPN].type);
}

static void twice(struct roll *roll, struct roll_row *row, const struct roll_row *other, enum roll_column column)
{
    if (column == ROLL_UPN)
        roll_fault_add(roll, row, ROLL_UPN, "duplicate-upn", "A UPN belongs to one pupil: look up both in the MIS.",
                       "is also the UPN of row %zu", other->row);
    else
        roll_fault_add(roll, row, (int)column, "duplicate-pupil", "Take one of the two rows out, or give both their UPNs.",
                       "the same name and birth date stand in row %zu", other->row);
}

static void check_twice(struct roll *roll)
{
    struct roll_row **sorted = arena_copy(roll->arena, roll->rows, roll->n_rows * sizeof(struct roll_row *));
    if (!sorted || roll->n_rows < 2)
        return;
    qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_upn);
    for (size_t i = 1; i < roll->n_rows; i++) {
        if (!sorted[i]->values[ROLL_UPN].type || !value_equal(sorted[i - 1]->values[ROLL_UPN], sorted[i]->values[ROLL_UPN]))
            continue;
        // Each row of a run names a neighbour, and each once.
        if (i < 2 || !value_equal(sorted[i - 2]->values[ROLL_UPN], sorted[i]->values[ROLL_UPN]))
            twice(roll, sorted[i - 1], sorted[i], ROLL_UPN);
        twice(roll, sorted[i], sorted[i - 1], ROLL_UPN);
    }
    qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_person);
    for (size_t i = 1; i < roll->n_rows; i++) {
        if (same_person(sorted[i - 1], sorted[i]))
            twice(roll, sorted[i], sorted[i - 1], ROLL_SURNAME);
    }
}

void roll_cells(struct roll *roll)
{
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (roll_columns[column].read == ROLL_AS_DATE)
            roll_dates(roll, (enum roll_column)column);
    }
    for (size_t i = 0; i < roll->n_rows; i++) {
        struct roll_row *row = roll->rows[i];
        for (int column = 0; column < ROLL_COLUMNS; column++)
            one_cell(roll, row, (enum roll_column)column);
        roll_status(roll, row);
        roll_needs(roll, row);
        check_row(roll, row);
    }
    check_twice(roll);
}
