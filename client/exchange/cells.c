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
    if (roll_name_check(roll, row, (int)column, field_of(column), cell, column != ROLL_CLASS))
        row->values[column] = value_text(cell);
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
    static const char *const yes[] = {"T", "True", "Y", "Yes", "1", "Active", "✓", "✔", "☑", "Ticked", NULL};
    static const char *const no[] = {"F", "False", "N", "No", "0", "None", "✗", "✘", "☐", NULL};
    if (one_of(cell, no))
        row->values[column] = value_number(0);
    // Some systems put the column's own name where it holds: "Resourced provision".
    else if (one_of(cell, yes) || roll_column_find(cell) == (int)column)
        row->values[column] = value_number(1);
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

// The birth date says which of the two nursery years; most schools have the second.
static const char *nursery(const struct roll *roll, const struct roll_row *row)
{
    const struct value *born = &row->values[ROLL_BORN];
    const char *year = born->type == VALUE_NUMBER ? date_nc_year((int32_t)born->number, roll->date) : NULL;
    return year && strcmp(year, "N1") == 0 ? "N1" : "N2";
}

#define YEAR_MAX 24

// "Year N2", "Y4", "Reception", "Nursery" as code of the list year-group.
static const char *year_code(const struct roll *roll, const struct roll_row *row, const char *cell, char plain[YEAR_MAX])
{
    static const struct {
        const char *word, *code;
    } words[] = {{"reception", "R"}, {"rec", "R"},          {"yr", "R"},   {"yearr", "R"}, {"foundation2", "R"}, {"fs2", "R"},
                 {"f2", "R"},        {"foundation1", "N2"}, {"fs1", "N2"}, {"f1", "N2"},   {"nursery1", "N1"},   {"nursery2", "N2"}};
    static const char *const fronts[] = {"yeargroup", "ncyear", "year", "yr", "y"};
    roll_plain(cell, plain, YEAR_MAX);
    if (strcmp(plain, "nursery") == 0 || strcmp(plain, "nur") == 0)
        return nursery(roll, row);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].word, plain) == 0)
            return words[i].code;
    }
    const char *code = plain;
    for (size_t i = 0; i < 5 && code == plain; i++) {
        if (strncmp(plain, fronts[i], strlen(fronts[i])) == 0 && plain[strlen(fronts[i])])
            code += strlen(fronts[i]);
    }
    while (code[0] == '0' && isdigit((unsigned char)code[1]))
        code++;
    return code;
}

static void year_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    char plain[YEAR_MAX];
    const char *code = year_code(roll, row, cell, plain);
    const struct roll_code *found = roll_code_find(roll, "year-group", code);
    if (!found)
        found = roll_code_find(roll, "year-group", cell);
    if (found)
        row->values[column] = value_text(found->code);
    else
        roll_fault_add(roll, row, (int)column, "bad-year", "Write it as Year 4, 4, Reception or N2.", "is no year group");
}

// "94.1", "94,1", "94.1 %", "94.10000000000001": a number as written; false: none.
static bool percentage(const char *cell, double *number, bool *sign)
{
    char text[40], *end = NULL;
    size_t size = strspn(cell, "0123456789.,"), gap = strspn(cell + size, " %");
    *sign = memchr(cell + size, '%', gap) != NULL;
    if (!isdigit((unsigned char)*cell) || size >= sizeof text || cell[size + gap])
        return false;
    memcpy(text, cell, size);
    text[size] = '\0';
    if (strchr(text, ','))
        *strchr(text, ',') = '.';
    *number = strtod(text, &end);
    return !*end;
}

// A spreadsheet may hold 94.1 % as 0.941: then nothing in the column is above 1.
static void look_tenths(struct roll *roll)
{
    bool parts = false, more = false, sign = false;
    double number = 0;
    for (size_t i = 0; i < roll->n_rows; i++) {
        if (!percentage(roll->rows[i]->clean[ROLL_ATTENDANCE], &number, &sign))
            continue;
        parts = parts || (number > 0 && number < 1 && !sign);
        more = more || number > 1 || sign;
    }
    roll->fractions = parts && !more;
    roll->percents = more;
}

static void tenths_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const char *cell)
{
    static const char write[] = "Write a percentage from 0 to 100, such as 94.1.";
    double read = 0;
    bool sign = false, number = percentage(cell, &read, &sign);
    bool small = number && !sign && !roll->fractions && read > 0 && (read < 1 || (!roll->percents && read < 1.05));
    if (number && roll->fractions)
        read *= 100;
    if (!number)
        roll_fault_add(roll, row, (int)column, "bad-number", "Write it as 94.1.", "is no percentage");
    else if (small)
        roll_fault_add(roll, row, (int)column, "bad-number", write, "may be a part of one or a part of a hundred");
    else if (read > 100.000001)
        roll_fault_add(roll, row, (int)column, "bad-number", write, "is more than 100 per cent");
    else
        row->values[column] = value_number((int64_t)(read * 10 + 0.5));
}

static void one_cell(struct roll *roll, struct roll_row *row, enum roll_column column)
{
    const char *cell = row->clean[column];
    if (!*cell)
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
    case ROLL_AS_NAME:
    case ROLL_AS_DATE:
    case ROLL_AS_STATUS:
    case ROLL_AS_NEED:
    case ROLL_AS_NEEDS:
        break; // read as a whole column or a whole row
    }
}

#define CELL_MAX 2000 // bytes: nine needs by their titles are fewer

// What cannot be read as text is told here and not read as anything.
static void clean_row(struct roll *roll, struct roll_row *row)
{
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        bool skip = row->skip & UINT32_C(1) << column;
        if (!skip && row->cells[column] && strlen(row->cells[column]) > CELL_MAX) {
            roll_fault_add(roll, row, column, "too-long", "Look for a quotation mark that opens and is not closed.",
                           "is longer than any cell of a roll: %zu bytes", strlen(row->cells[column]));
            row->skip |= UINT32_C(1) << column;
            skip = true;
        }
        row->clean[column] = skip ? "" : roll_clean(row->cells[column], roll->arena);
        if (!strstr(row->clean[column], "\xef\xbf\xbd"))
            continue;
        roll_fault_add(roll, row, column, "encoding", "Export the file again as “CSV UTF-8”, or type the letter again by hand.",
                       "holds a byte that is no letter of %s", roll->encoding);
        row->skip |= UINT32_C(1) << column;
        row->clean[column] = "";
    }
}

void roll_cells(struct roll *roll)
{
    for (size_t i = 0; i < roll->n_rows; i++)
        clean_row(roll, roll->rows[i]);
    roll_dates(roll);
    roll_names(roll);
    look_tenths(roll);
    for (size_t i = 0; i < roll->n_rows; i++) {
        struct roll_row *row = roll->rows[i];
        for (int column = 0; column < ROLL_COLUMNS; column++)
            one_cell(roll, row, (enum roll_column)column);
        roll_row_status(roll, row);
        roll_row_needs(roll, row);
    }
    roll_checks(roll);
}
