// Dates of a roll: a column is written in one order, and the whole column says
// which. Never guessed row by row, for 03/04 fits both. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

struct parts {
    int a, b, c;
    bool iso, word; // as written; ISO: year, month, day; word: the month stood as a word
    bool month_led; // and in front: "Mar 12 2026"
};

static int month_of(const char *word, size_t size)
{
    static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
    char lower[12] = "";
    for (size_t i = 0; i < size && i < sizeof lower - 1; i++)
        lower[i] = (char)tolower((unsigned char)word[i]);
    for (int i = 0; size >= 3 && size < sizeof lower && i < 12; i++) {
        if (strncmp(months[i], lower, size) == 0)
            return i + 1;
    }
    return 0;
}

// --- what is written -----------------------------------------------------------

// One or two digits, or with `year` two or four; -1: none.
static int number_at(const char **text, bool year)
{
    size_t digits = strspn(*text, "0123456789");
    if (digits == 0 || digits > 4 || digits == 3 || (year && digits == 1) || (!year && digits > 2))
        return -1;
    int number = (int)strtol(*text, NULL, 10);
    *text += digits;
    return digits == 4 && number < 1000 ? -1 : number;
}

static void skip_sign(const char **text)
{
    *text += strspn(*text, " /.-,");
}

static size_t letters_at(const char *text)
{
    size_t letters = 0;
    while (isalpha((unsigned char)text[letters]))
        letters++;
    return letters;
}

// A time after the date is what databases add.
static bool only_time(const char *rest)
{
    if (!*rest)
        return true;
    return (*rest == ' ' || *rest == 'T') && strchr(rest, ':') && !rest[strspn(rest, "0123456789:.TZ+- APMapm")];
}

// "th" of "14th"; the weekday of "Mon 14 Sep 2026".
static void skip_ordinal(const char **text)
{
    static const char *const ends[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < 4 && letters_at(*text) == 2; i++) {
        if (strncmp(*text, ends[i], 2) == 0) {
            *text += 2;
            return;
        }
    }
}

static void skip_weekday(const char **text)
{
    static const char days[] = "mon tue wed thu fri sat sun ";
    size_t letters = letters_at(*text);
    char lower[5] = "    ";
    for (size_t i = 0; i < 3 && i < letters; i++)
        lower[i] = (char)tolower((unsigned char)(*text)[i]);
    if (letters < 3 || month_of(*text, letters) || !strstr(days, lower))
        return;
    *text += letters;
    skip_sign(text);
}

static bool take_word(const char **text, int *month)
{
    size_t letters = letters_at(*text);
    *month = letters ? month_of(*text, letters) : 0;
    *text += letters;
    skip_sign(text);
    return *month > 0;
}

static bool take_parts(const char *text, struct parts *parts)
{
    *parts = (struct parts){0};
    size_t digits = strspn(text, "0123456789");
    if (digits == 8) {
        parts->iso = true;
        return sscanf(text, "%4d%2d%2d", &parts->a, &parts->b, &parts->c) == 3 && only_time(text + 8);
    }
    skip_weekday(&text);
    digits = strspn(text, "0123456789");
    parts->iso = digits == 4;
    if (letters_at(text)) {
        parts->word = parts->month_led = take_word(&text, &parts->b);
        if (!parts->word)
            return false;
    }
    parts->a = number_at(&text, parts->iso);
    skip_ordinal(&text);
    skip_sign(&text);
    if (letters_at(text))
        parts->word = take_word(&text, &parts->b);
    else if (!parts->month_led)
        parts->b = number_at(&text, false);
    skip_sign(&text);
    parts->c = number_at(&text, !parts->iso);
    return parts->a >= 0 && parts->b > 0 && parts->c >= 0 && only_time(text);
}

static int full_year(int year, const struct roll *roll)
{
    if (year >= 100)
        return year;
    int now, month, day;
    date_split(roll->today, &now, &month, &day);
    int full = now - now % 100 + year;
    // The nearest within fifty years.
    if (full > now + 50)
        full -= 100;
    else if (full < now - 50)
        full += 100;
    return full;
}

static int32_t date_of(const struct roll *roll, const struct parts *parts, bool month_first)
{
    if (parts->iso)
        return date_make(parts->a, parts->b, parts->c);
    int year = full_year(parts->c, roll);
    return month_first && !parts->word ? date_make(year, parts->a, parts->b) : date_make(year, parts->b, parts->a);
}

// --- what the column says ------------------------------------------------------

struct shown {
    const struct roll_row *day, *month; // the first that can only be so
    size_t days, months;
    size_t serials, others; // days since 1899-12-30, as spreadsheets count
};

static bool is_serial(const char *cell, int32_t *date)
{
    size_t digits = strspn(cell, "0123456789");
    if (digits != 5 || (cell[5] && strcmp(cell + 5, ".0") != 0))
        return false;
    long number = strtol(cell, NULL, 10);
    *date = date_make(1899, 12, 30) + (int32_t)number;
    return number >= 20000 && number < 60000;
}

static void look(const struct roll *roll, enum roll_column column, struct shown *shown)
{
    for (size_t i = 0; i < roll->n_rows; i++) {
        const struct roll_row *row = roll->rows[i];
        const char *cell = row->clean[column];
        struct parts parts;
        int32_t date;
        if (!*cell)
            continue;
        bool serial = is_serial(cell, &date);
        shown->serials += serial;
        shown->others += !serial;
        if (serial || !take_parts(cell, &parts) || parts.iso || parts.word)
            continue;
        bool day = date_of(roll, &parts, false) != DATE_NONE, month = date_of(roll, &parts, true) != DATE_NONE;
        if (day && !month) {
            shown->day = shown->day ? shown->day : row;
            shown->days++;
        } else if (month && !day) {
            shown->month = shown->month ? shown->month : row;
            shown->months++;
        }
    }
}

// --- cells ---------------------------------------------------------------------

static void wrong_order(struct roll *roll, struct roll_row *row, enum roll_column column, const struct roll_row *other)
{
    bool month_first = roll->month_first[column];
    const char *hint = month_first ? "In this column months come first: 09/14/2016; or write 2016-09-14."
                                   : "Write it as 14/09/2016 or 2016-09-14; or say --date-order month-first for the whole file.";
    if (other)
        roll_fault_add(roll, row, (int)column, "date-order", hint, "has the %s first, and row %zu shows that this column has the %s first",
                       month_first ? "day" : "month", other->row, month_first ? "month" : "day");
    else
        roll_fault_add(roll, row, (int)column, "bad-date", hint, "has the %s first", month_first ? "day" : "month");
}

static void date_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const struct shown *shown)
{
    const char *cell = row->clean[column];
    struct parts parts;
    int32_t date = DATE_NONE;
    bool month_first = roll->month_first[column], taken = false;
    if (!*cell)
        return;
    if (is_serial(cell, &date)) {
        if (shown->others)
            roll_fault_add(roll, row, (int)column, "bad-date", "Format the cell as a date in the spreadsheet, then save it again.",
                           "is a spreadsheet's number for a day where other rows have dates");
        else
            row->values[column] = value_number(date);
        return;
    }
    taken = take_parts(cell, &parts);
    date = taken ? date_of(roll, &parts, month_first) : DATE_NONE;
    bool other_way = date == DATE_NONE && taken && date_of(roll, &parts, !month_first) != DATE_NONE;
    if (other_way)
        wrong_order(roll, row, column, month_first ? shown->month : shown->day);
    else if (date == DATE_NONE || date < date_make(1900, 1, 1) || date > DATE_MAX)
        roll_fault_add(roll, row, (int)column, "bad-date", "Write it as 14/09/2016 or 2016-09-14.",
                       taken ? "is no day of the calendar" : "is no date");
    else
        row->values[column] = value_number(date);
}

// As many one way as the other: nobody can say which are wrong, so both ends are named.
static void contradiction(struct roll *roll, enum roll_column column, const struct shown *shown)
{
    struct roll_row *day = NULL;
    for (size_t i = 0; i < roll->n_rows && !day; i++)
        day = roll->rows[i] == shown->day ? roll->rows[i] : NULL;
    if (day)
        roll_fault_add(roll, day, (int)column, "date-order", "Write all dates of a column in one order, or say --date-order day-first.",
                       "has the day first, and row %zu has the month first", shown->month->row);
}

void roll_dates(struct roll *roll, enum roll_column column)
{
    struct shown shown = {0};
    if (!roll_has(roll, column))
        return;
    look(roll, column, &shown);
    roll->month_first[column] = roll->order == ROLL_ORDER_SHOWN ? shown.months > shown.days : roll->order == ROLL_MONTH_FIRST;
    if (roll->order == ROLL_ORDER_SHOWN && shown.days && shown.days == shown.months)
        contradiction(roll, column, &shown);
    for (size_t i = 0; i < roll->n_rows; i++)
        date_cell(roll, roll->rows[i], column, &shown);
}
