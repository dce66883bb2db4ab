// What the cells of a row say together, and rows that name one pupil twice. What is
// odd but may be so is a note, not a fault. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

#define OLDEST     20  // years: no school has older pupils
#define YEAR_AHEAD 366 // days

static bool skipped(const struct roll_row *row, int column)
{
    return row->skip & UINT32_C(1) << column;
}

static void check_missing(struct roll *roll, struct roll_row *row)
{
    const enum roll_column needed[] = {roll_has(roll, ROLL_SURNAME) ? ROLL_SURNAME : ROLL_NAME, ROLL_BORN};
    for (size_t i = 0; i < 2; i++) {
        if (roll_has(roll, needed[i]) && !*row->clean[needed[i]] && !skipped(row, (int)needed[i]))
            roll_fault_add(roll, row, (int)needed[i], "missing", "Fill it in in the MIS; every pupil has one.", "is missing");
    }
}

static void check_dates(struct roll *roll, struct roll_row *row)
{
    struct value *born = &row->values[ROLL_BORN], *entered = &row->values[ROLL_ENTERED], *left = &row->values[ROLL_LEFT];
    if (born->type && born->number > roll->today)
        roll_fault_add(roll, row, ROLL_BORN, "future", "Look at the year.", "lies in the future");
    else if (born->type && date_years((int32_t)born->number, roll->date) >= OLDEST)
        roll_fault_add(roll, row, ROLL_BORN, "too-old", "Look at the year.", "makes this pupil %d years old",
                       date_years((int32_t)born->number, roll->date));
    else if (born->type && entered->type && entered->number < born->number)
        roll_fault_add(roll, row, ROLL_ENTERED, "before-birth", "Look at both dates.", "is before the pupil was born");
    if (entered->type && entered->number > roll->today + YEAR_AHEAD)
        roll_fault_add(roll, row, ROLL_ENTERED, "too-far", "Look at the year; next year's intake is the furthest a roll reaches.",
                       "is more than a year from now");
    if (left->type && left->number > roll->today + YEAR_AHEAD)
        roll_fault_add(roll, row, ROLL_LEFT, "too-far", "Look at the year; leave it empty until the pupil's leaving is near.",
                       "is more than a year from now");
    if (entered->type && left->type && left->number < entered->number)
        roll_fault_add(roll, row, ROLL_LEFT, "before-entry", "Look at both dates.", "is before the first day on roll");
}

static void note_year(struct roll *roll, const struct roll_row *row)
{
    const struct value *born = &row->values[ROLL_BORN], *year = &row->values[ROLL_YEAR];
    const char *usual = born->type ? date_nc_year((int32_t)born->number, roll->date) : NULL;
    if (usual && year->type && strcmp(year->text, "X") != 0 && strcmp(year->text, usual) != 0 && !row->faulty)
        roll_note_add(roll, row, ROLL_YEAR, "year-of-birth", "Right for a pupil taught out of their year; else look at the birth date.",
                      "a pupil born then is usually in %s%s", isdigit((unsigned char)*usual) ? "year " : "", usual);
}

static void note_need(struct roll *roll, const struct roll_row *row)
{
    const struct value *status = &row->values[ROLL_STATUS];
    bool speaks = roll_has(roll, ROLL_NEED1) || roll_has(roll, ROLL_NEEDS);
    if (speaks && status->type && strcmp(status->text, "N") != 0 && !row->n_needs && !row->faulty)
        roll_note_add(roll, row, ROLL_STATUS, "no-need", "The spring census asks for one; NSA where none is known yet.",
                      "has no type of need beside it");
}

// What stands in a name's place where nobody knew it, or somebody tried something out.
static bool is_stopgap(const char *name)
{
    static const char *const words[] = {"na",        "unknown",     "notknown", "none",     "tbc",  "tba",   "test",
                                        "testpupil", "teststudent", "xxx",      "nil",      "null", "dummy", "blank",
                                        "pupil",     "student",     "surname",  "forename", "name", "anon",  "anonymous"};
    char plain[40];
    roll_plain(name, plain, sizeof plain);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(plain, words[i]) == 0 && (strcmp(plain, "na") != 0 || strchr(name, '/')))
            return true;
    }
    return false;
}

static void note_names(struct roll *roll, const struct roll_row *row)
{
    static const enum roll_column names[] = {ROLL_SURNAME, ROLL_FORENAME};
    for (size_t i = 0; i < 2; i++) {
        const struct value *name = &row->values[names[i]];
        if (name->type != VALUE_TEXT)
            continue;
        if (is_stopgap(name->text))
            roll_note_add(roll, row, (int)names[i], "odd-name", "Look the pupil up in the MIS; take the row out if there is none.",
                          "looks like a word for no name");
        else if (strpbrk(name->text, "0123456789"))
            roll_note_add(roll, row, (int)names[i], "odd-name", "Right if the pupil writes it so; else mend it in the MIS.",
                          "has a digit in it");
    }
}

// --- the same pupil twice ------------------------------------------------------

static void fold_row(struct roll *roll, struct roll_row *row)
{
    const struct value *surname = &row->values[ROLL_SURNAME], *forename = &row->values[ROLL_FORENAME];
    const char *fold = surname->type ? text_fold(surname->text, roll->arena) : "";
    row->surname = fold && *fold ? fold : surname->type ? surname->text : "";
    fold = forename->type ? text_fold(forename->text, roll->arena) : "";
    row->forename = fold && *fold ? fold : forename->type ? forename->text : "";
}

static int by_upn(const void *a, const void *b)
{
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    int order = value_compare(x->values[ROLL_UPN], y->values[ROLL_UPN]);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static int person_order(const struct roll_row *x, const struct roll_row *y)
{
    int order = value_compare(x->values[ROLL_BORN], y->values[ROLL_BORN]);
    order = order ? order : strcmp(x->surname, y->surname);
    return order ? order : strcmp(x->forename, y->forename);
}

static int by_person(const void *a, const void *b)
{
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    int order = person_order(x, y);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

// Two of one name are told apart by their UPNs; without one they cannot be. A UPN
// that could not be read has its own fault, and says nothing either way.
static bool same_pupil(const struct roll_row *a, const struct roll_row *b)
{
    bool named = *a->surname && a->values[ROLL_BORN].type && person_order(a, b) == 0;
    const struct value *one = &a->values[ROLL_UPN], *other = &b->values[ROLL_UPN];
    return named && (!one->type || !other->type || value_equal(*one, *other));
}

static void fault_pupil(struct roll *roll, struct roll_row *row, const struct roll_row *other)
{
    roll_fault_add(roll, row, ROLL_SURNAME, "duplicate-pupil",
                   "Take one of the two rows out; or, if they are two pupils, give both their UPNs.",
                   "the same name and birth date stand in %s", roll_place(roll, other));
}

static void fault_upn(struct roll *roll, struct roll_row *row, const struct roll_row *other)
{
    roll_fault_add(roll, row, ROLL_UPN, "duplicate-upn", "A UPN belongs to one pupil: look up both in the MIS.", "is also the UPN of %s",
                   roll_place(roll, other));
}

// Each row of a run of one UPN names a neighbour, and each once; the same pupil
// again is one fault, on the later row.
static void check_upns(struct roll *roll, struct roll_row **sorted)
{
    struct roll_row *told = NULL;
    qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_upn);
    for (size_t i = 1; i < roll->n_rows; i++) {
        struct roll_row *row = sorted[i], *other = sorted[i - 1];
        if (!row->values[ROLL_UPN].type || !value_equal(row->values[ROLL_UPN], other->values[ROLL_UPN]) || same_pupil(row, other))
            continue;
        if (told != other)
            fault_upn(roll, other, row);
        fault_upn(roll, row, other);
        told = row;
    }
}

static void check_persons(struct roll *roll, struct roll_row **sorted)
{
    qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_person);
    for (size_t i = 0, n; i < roll->n_rows; i += n) {
        for (n = 1; i + n < roll->n_rows && person_order(sorted[i], sorted[i + n]) == 0;)
            n++;
        for (size_t at = i + 1; at < i + n; at++) {
            const struct roll_row *first = same_pupil(sorted[i], sorted[at]) ? sorted[i] : sorted[at - 1];
            if (same_pupil(first, sorted[at]))
                fault_pupil(roll, sorted[at], first);
            else if (*first->surname && first->values[ROLL_BORN].type)
                roll_note_add(roll, sorted[at], ROLL_UPN, "same-name", "Right for two pupils; else look up which UPN is theirs.",
                              "another UPN has the same name and birth date in %s", roll_place(roll, first));
        }
    }
}

const char *roll_near_dates(int64_t one, int64_t other)
{
    int year[2], month[2], day[2];
    date_split((int32_t)one, &year[0], &month[0], &day[0]);
    date_split((int32_t)other, &year[1], &month[1], &day[1]);
    if (one == other)
        return NULL;
    bool years = year[0] == year[1], months = month[0] == month[1], days = day[0] == day[1];
    if (years && !months && !days && month[0] == day[1] && month[1] == day[0])
        return "the same name, and day and month of birth changed over";
    if (months && days)
        return "the same name and birthday, in another year";
    if (years && days)
        return "the same name, day and year of birth, and another month";
    return years && months ? "the same name, month and year of birth, and another day" : NULL;
}

static int by_name(const void *a, const void *b)
{
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    int order = strcmp(x->surname, y->surname);
    order = order ? order : strcmp(x->forename, y->forename);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

static bool same_name(const struct roll_row *x, const struct roll_row *y)
{
    return *x->surname && strcmp(x->surname, y->surname) == 0 && strcmp(x->forename, y->forename) == 0;
}

#define NEIGHBOURS 20 // rows of one name, or birth date, that are compared with one

// One letter more, less, another, or two changed over; in the time of one look along both.
static bool one_slip(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    size_t n = strlen(a), m = strlen(b);
    while (n && m && a[n - 1] == b[m - 1]) {
        n--;
        m--;
    }
    return n + m > 0 && ((n <= 1 && m <= 1) || (n == 2 && m == 2 && a[0] == b[1] && a[1] == b[0]));
}

// One birth date, and names that a slip of the pen makes of each other.
static const char *near_names(const struct roll_row *x, const struct roll_row *y)
{
    if (!*x->surname || !*y->surname || value_compare(x->values[ROLL_BORN], y->values[ROLL_BORN]) != 0)
        return NULL;
    if (strcmp(x->surname, y->forename) == 0 && strcmp(x->forename, y->surname) == 0)
        return "the same birth date, and surname and forename changed over";
    bool surname = strcmp(x->surname, y->surname) == 0, forename = strcmp(x->forename, y->forename) == 0;
    bool near = surname != forename && (surname ? one_slip(x->forename, y->forename) : one_slip(x->surname, y->surname));
    return near ? "the same birth date and nearly the same name" : NULL;
}

static void note_near_names(struct roll *roll, struct roll_row **sorted)
{
    for (size_t i = 0; i < roll->n_rows; i++) {
        const struct value *one = sorted[i]->values;
        for (size_t at = i + 1; one[ROLL_BORN].type && at < roll->n_rows && at <= i + NEIGHBOURS; at++) {
            bool two = one[ROLL_UPN].type && sorted[at]->values[ROLL_UPN].type;
            const char *why = two ? NULL : near_names(sorted[i], sorted[at]);
            if (why)
                roll_note_add(roll, sorted[at], ROLL_SURNAME, "near-name", "Right for two pupils; else take one of the rows out.",
                              "%s has %s", roll_place(roll, sorted[i]), why);
        }
    }
}

// Two rows of the file may be one pupil with a slip in one of the birth dates.
static void note_near(struct roll *roll, struct roll_row **sorted)
{
    qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_name);
    for (size_t i = 0; i < roll->n_rows; i++) {
        for (size_t at = i + 1; at < roll->n_rows && at <= i + NEIGHBOURS && same_name(sorted[i], sorted[at]); at++) {
            const struct value *one = sorted[i]->values, *other = sorted[at]->values;
            bool dates = one[ROLL_BORN].type && other[ROLL_BORN].type, two = one[ROLL_UPN].type && other[ROLL_UPN].type;
            const char *why = dates && !two ? roll_near_dates(one[ROLL_BORN].number, other[ROLL_BORN].number) : NULL;
            if (why)
                roll_note_add(roll, sorted[at], ROLL_BORN, "near-name", "Right for two pupils; else take one of the rows out.", "%s has %s",
                              roll_place(roll, sorted[i]), why);
        }
    }
}

void roll_checks(struct roll *roll)
{
    struct roll_row **sorted = roll->n_rows > 1 ? arena_copy(roll->arena, roll->rows, roll->n_rows * sizeof(struct roll_row *)) : NULL;
    for (size_t i = 0; i < roll->n_rows; i++) {
        struct roll_row *row = roll->rows[i];
        if (row->skip != UINT32_MAX) {
            check_missing(roll, row);
            check_dates(roll, row);
        }
        fold_row(roll, row);
    }
    if (sorted) {
        check_upns(roll, sorted);
        check_persons(roll, sorted);
        note_near_names(roll, sorted); // by birth date, as check_persons left them
        note_near(roll, sorted);
    }
    for (size_t i = 0; i < roll->n_rows; i++) {
        note_year(roll, roll->rows[i]);
        note_need(roll, roll->rows[i]);
        note_names(roll, roll->rows[i]);
    }
}
