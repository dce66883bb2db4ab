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
    const struct roll_row *either;      // the first that reads both ways, to two days
    size_t days, months, eithers;
    size_t calendars;       // year in front: nobody doubts those
    size_t serials, others; // days since 1899-12-30, as spreadsheets count
    bool doubtful;          // such strangers in a column of others, and nothing says what they are
    const char *rest;       // of the file has another order: its words for it
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

// 1: reads day first only; 2: month first only; 3: both ways, to two days; 0: says nothing.
static int ways(const struct roll *roll, const struct parts *parts)
{
    int32_t day = date_of(roll, parts, false), month = date_of(roll, parts, true);
    return parts->iso || parts->word || day == month ? 0 : month == DATE_NONE ? 1 : day == DATE_NONE ? 2 : 3;
}

static void look_cell(const struct roll *roll, const struct roll_row *row, const char *cell, struct shown *shown)
{
    const struct roll_row **const first[] = {NULL, &shown->day, &shown->month, &shown->either};
    size_t *const counts[] = {NULL, &shown->days, &shown->months, &shown->eithers};
    struct parts parts;
    int32_t date;
    bool serial = is_serial(cell, &date);
    shown->serials += serial;
    shown->others += !serial;
    if (serial || !take_parts(cell, &parts))
        return;
    int way = ways(roll, &parts);
    shown->calendars += parts.iso;
    if (way == 0)
        return;
    *first[way] = *first[way] ? *first[way] : row;
    ++*counts[way];
}

static void look(const struct roll *roll, enum roll_column column, struct shown *shown)
{
    for (size_t i = 0; i < roll->n_rows; i++) {
        if (*roll->rows[i]->clean[column])
            look_cell(roll, roll->rows[i], roll->rows[i]->clean[column], shown);
    }
}

// --- cells ---------------------------------------------------------------------

static void wrong_order(struct roll *roll, struct roll_row *row, enum roll_column column, const struct shown *shown)
{
    bool month_first = roll->month_first[column];
    const struct roll_row *other = month_first ? shown->month : shown->day;
    const char *hint = month_first ? "In this column months come first: 09/14/2016; or write 2016-09-14."
                                   : "Write it as 14/09/2016 or 2016-09-14; or say --date-order month-first for the whole file.";
    const char *is = month_first ? "day" : "month", *should = month_first ? "month" : "day";
    if (roll->order == ROLL_ORDER_SHOWN && shown->rest)
        roll_fault_add(roll, row, (int)column, "date-order", hint, "has the %s first, and the dates of “%s” have the %s first", is,
                       roll_short(shown->rest, 60, roll->arena), should);
    else if (other)
        roll_fault_add(roll, row, (int)column, "date-order", hint, "has the %s first, and %s shows that this column has the %s first", is,
                       roll_place(roll, other), should);
    else
        roll_fault_add(roll, row, (int)column, "bad-date", hint, "has the %s first", is);
}

static void wrong_date(struct roll *roll, struct roll_row *row, enum roll_column column, bool taken, int32_t date)
{
    const char *words = date != DATE_NONE ? (date < date_make(1900, 1, 1) ? "is before 1900" : "is too far in the future")
                        : taken           ? "is no day of the calendar"
                                          : "is no date";
    roll_fault_add(roll, row, (int)column, "bad-date", date != DATE_NONE ? "Look at the year." : "Write it as 14/09/2016 or 2016-09-14.",
                   "%s", words);
}

static void parts_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const struct shown *shown)
{
    bool month_first = roll->month_first[column];
    struct parts parts;
    bool taken = take_parts(row->clean[column], &parts);
    int32_t date = taken ? date_of(roll, &parts, month_first) : DATE_NONE;
    if (date == DATE_NONE && taken && date_of(roll, &parts, !month_first) != DATE_NONE)
        wrong_order(roll, row, column, shown);
    else if (taken && shown->doubtful && ways(roll, &parts) == 3)
        roll_fault_add(roll, row, (int)column, "date-order", "Write it with the year first, as the others of this column.",
                       "reads two ways: day first or month first");
    else if (date == DATE_NONE || date < date_make(1900, 1, 1) || date > DATE_MAX)
        wrong_date(roll, row, column, taken, date);
    else
        row->values[column] = value_number(date);
}

static void date_cell(struct roll *roll, struct roll_row *row, enum roll_column column, const struct shown *shown)
{
    int32_t date = DATE_NONE;
    if (!*row->clean[column])
        return;
    if (!is_serial(row->clean[column], &date))
        parts_cell(roll, row, column, shown);
    else if (shown->others)
        roll_fault_add(roll, row, (int)column, "bad-date", "Format the cell as a date in the spreadsheet, then save it again.",
                       "is a spreadsheet's number for a day where other rows have dates");
    else
        row->values[column] = value_number(date);
}

// --- the order of a column -----------------------------------------------------

// As many one way as the other: nobody can say which are wrong, so both ends are named.
static void contradiction(struct roll *roll, enum roll_column column, const struct shown *shown)
{
    struct roll_row *day = NULL;
    for (size_t i = 0; i < roll->n_rows && !day; i++)
        day = roll->rows[i] == shown->day ? roll->rows[i] : NULL;
    if (day)
        roll_fault_add(roll, day, (int)column, "date-order", "Write all dates of a column in one order, or say --date-order day-first.",
                       "has the day first, and %s has the month first", roll_place(roll, shown->month));
}

// A column proves an order when hardly anything in it stands against it.
static bool proves(const struct shown *shown)
{
    size_t most = shown->days > shown->months ? shown->days : shown->months, least = shown->days + shown->months - most;
    return most && most > 3 * least;
}

// What the other columns prove: above 0 day first, below 0 month first.
static long proof_of_others(const struct roll *roll, const struct shown *all, int column, const char **heading)
{
    long proof = 0;
    for (int other = 0; other < ROLL_COLUMNS; other++) {
        const struct shown *shown = &all[other];
        if (other == column || !proves(shown))
            continue;
        proof += (long)shown->days - (long)shown->months;
        *heading = roll->headings[other];
    }
    return proof;
}

static void note_order(struct roll *roll, int column, const struct shown *shown)
{
    bool month_first = roll->month_first[column];
    int32_t date;
    struct parts parts;
    char day[DATE_TEXT_MAX];
    take_parts(shown->either->clean[column], &parts);
    date = date_of(roll, &parts, month_first);
    roll_note_add(roll, shown->either, column, "date-order",
                  month_first ? "If the day comes first: --date-order day-first" : "If the month comes first: --date-order month-first",
                  "no date of this column says what comes first, and it was read %s first: %s", month_first ? "month" : "day",
                  date_human(date, day));
}

// A few against what the rest of the file proves are slips, and turn nothing round;
// a column most of which says so itself is written so.
static void order_column(struct roll *roll, struct shown *all, int column)
{
    struct shown *shown = &all[column];
    const char *rest = NULL;
    long others = proof_of_others(roll, all, column, &rest);
    bool both = shown->days && shown->months && !proves(shown), said = shown->days || shown->months;
    bool own_month = shown->months > shown->days, weak = said && !both && shown->days + shown->months < shown->eithers;
    bool follow = others && (!said || both || (weak && own_month != (others < 0)));
    roll->month_first[column] = roll->order == ROLL_ORDER_SHOWN ? (follow ? others < 0 : own_month) : roll->order == ROLL_MONTH_FIRST;
    if (roll->order != ROLL_ORDER_SHOWN)
        return;
    shown->rest = follow && rest ? rest : NULL;
    if (!follow && both && shown->days == shown->months)
        contradiction(roll, (enum roll_column)column, shown);
    shown->doubtful = !follow && !said && shown->calendars >= shown->eithers;
    if (!follow && !said && !shown->doubtful && shown->eithers)
        note_order(roll, column, shown);
}

void roll_dates(struct roll *roll)
{
    struct shown all[ROLL_COLUMNS] = {{0}};
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (roll_columns[column].read == ROLL_AS_DATE && roll_has(roll, (enum roll_column)column))
            look(roll, (enum roll_column)column, &all[column]);
    }
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (roll_columns[column].read != ROLL_AS_DATE || !roll_has(roll, (enum roll_column)column))
            continue;
        order_column(roll, all, column);
        for (size_t i = 0; i < roll->n_rows; i++)
            date_cell(roll, roll->rows[i], (enum roll_column)column, &all[column]);
    }
}
