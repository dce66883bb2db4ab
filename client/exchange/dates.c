// Dates of a roll: a column is written in one order, and the whole column says
// which. Never guessed row by row, for 03/04 fits both. Any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

struct parts {
    int a, b, c;
    bool iso, word;
}; // as written; ISO: year, month, day; word: the month stood as a word

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

// Up to four digits at *text; -1: none.
static int number_at(const char **text)
{
    int number = 0, digits = 0;
    while (isdigit((unsigned char)**text) && digits < 5) {
        number = number * 10 + (**text - '0');
        ++*text;
        digits++;
    }
    return digits && digits < 5 ? number : -1;
}

static void skip_sign(const char **text)
{
    *text += strspn(*text, " /.-");
}

// A time of midnight after the date is what databases add.
static bool only_midnight(const char *rest)
{
    rest += strspn(rest, " T");
    return !*rest || (strspn(rest, "0:.Z") == strlen(rest));
}

static bool take_parts(const char *text, struct parts *parts)
{
    *parts = (struct parts){0};
    size_t digits = strspn(text, "0123456789");
    if (digits == 8) {
        parts->iso = true;
        return sscanf(text, "%4d%2d%2d", &parts->a, &parts->b, &parts->c) == 3 && only_midnight(text + 8);
    }
    parts->iso = digits == 4;
    parts->a = number_at(&text);
    skip_sign(&text);
    size_t letters = 0;
    while (isalpha((unsigned char)text[letters]))
        letters++;
    if (letters) {
        parts->b = month_of(text, letters);
        parts->word = true;
        text += letters;
    } else {
        parts->b = number_at(&text);
    }
    skip_sign(&text);
    parts->c = number_at(&text);
    return parts->a >= 0 && parts->b > 0 && parts->c >= 0 && only_midnight(text);
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

// One date with 13 or more in front shows that days come first; one with 13 or
// more behind, and none against it, that months do. Without a sign: days, as in Britain.
static bool is_month_first(const struct roll *roll, enum roll_column column)
{
    bool shown = false;
    for (size_t i = 0; i < roll->n_rows; i++) {
        struct parts parts;
        const char *cell = roll->rows[i]->cells[column];
        if (!cell || !take_parts(cell, &parts) || parts.iso || parts.word)
            continue;
        if (parts.a > 12)
            return false;
        shown = shown || parts.b > 12;
    }
    return shown;
}

static void date_cell(struct roll *roll, struct roll_row *row, enum roll_column column)
{
    const char *cell = row->cells[column];
    if (!cell || !*cell)
        return;
    struct parts parts;
    bool month_first = roll->month_first[column];
    const char *hint =
        month_first ? "In this column months come first: 09/14/2016; or write 2016-09-14." : "Write it as 14/09/2016 or 2016-09-14.";
    int32_t date = take_parts(cell, &parts) ? date_of(roll, &parts, month_first) : DATE_NONE;
    if (date == DATE_NONE || date < DATE_MIN || date > DATE_MAX)
        roll_fault_add(roll, row, (int)column, "bad-date", hint, "is no date");
    else
        row->values[column] = value_number(date);
}

void roll_dates(struct roll *roll, enum roll_column column)
{
    if (!roll_has(roll, column))
        return;
    roll->month_first[column] = is_month_first(roll, column);
    for (size_t i = 0; i < roll->n_rows; i++)
        date_cell(roll, roll->rows[i], column);
}
