// Dates as school staff type them: day first, always; a weekday that does not fit
// is refused, because one of the two is a mistake. Any thread.
#include "common/date.h"

#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/text.h"

#define DATE_PARTS 6

// A number or a word, and the sign that stands before it.
struct date_part {
    int number; // -1: a word
    int digits;
    char word[12]; // lower case
    char sign;     // '/', '.', '-', ' ' or 0 when nothing stands between
};

struct date_input {
    const char *text;
    struct date_part parts[DATE_PARTS];
    int n;
    int32_t today;
    struct problem *problem;
};

static int date_refuse(struct date_input *input)
{
    char shown[80];
    problem_set(input->problem, ERR_INVALID, "\"%s\" is no date", text_excerpt(input->text, shown, sizeof shown));
    problem_hint(input->problem, "Type a date like 14/9, 14/9/2026, 14 Sep, 2026-09-14, today, fri, next fri, 3d, -2w or eom.");
    return ERR_INVALID;
}

static bool date_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char date_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool date_is_letter(char c)
{
    c = date_lower(c);
    return c >= 'a' && c <= 'z';
}

static const char *date_take_number(const char *at, struct date_part *part)
{
    part->number = 0;
    for (; date_is_digit(*at); at++) {
        if (++part->digits > 8) {
            return NULL;
        }
        part->number = part->number * 10 + (*at - '0');
    }
    return at;
}

static const char *date_take_word(const char *at, struct date_part *part)
{
    size_t length = 0;
    part->number = -1;
    for (; date_is_letter(*at); at++) {
        if (length + 1 >= sizeof part->word) {
            return NULL;
        }
        part->word[length++] = date_lower(*at);
    }
    part->word[length] = '\0';
    return at;
}

// Blanks and commas are alike; a full stop after a word ("Sept.") is a blank.
static const char *date_take_sign(const char *at, bool after_word, char *sign)
{
    *sign = '\0';
    for (; *at && strchr(" ,\t/.-", *at); at++) {
        bool blank = strchr(" ,\t", *at) || (*at == '.' && after_word);
        if (!blank && *sign && *sign != ' ') {
            return NULL;
        }
        if (!blank || !*sign) {
            *sign = blank ? ' ' : *at;
        }
    }
    return at;
}

// Takes the text apart; false when it holds what no date holds.
static bool date_take(struct date_input *input)
{
    char sign = '\0';
    const char *at = input->text;
    at += strspn(at, " \t");
    while (*at) {
        if (input->n == DATE_PARTS) {
            return false;
        }
        struct date_part *part = &input->parts[input->n++];
        *part = (struct date_part){.sign = sign};
        at = date_is_digit(*at) ? date_take_number(at, part) : date_is_letter(*at) ? date_take_word(at, part) : NULL;
        at = at ? date_take_sign(at, part->number < 0, &sign) : NULL;
        if (!at) {
            return false;
        }
    }
    return input->n > 0 && (sign == '\0' || sign == ' ');
}

// 1…: which of the names begins with the word, of which at least three letters are there.
static int date_name(const char *word, const char *const *names, int n)
{
    size_t length = strlen(word);
    for (int i = 0; i < n && length >= 3; i++) {
        if (strncmp(names[i], word, length) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static int date_weekday_name(const char *word)
{
    static const char *const names[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
    return strcmp(word, "weds") == 0 ? 3 : date_name(word, names, 7);
}

static int date_month_name(const char *word)
{
    static const char *const names[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
    return date_name(word, names, 12);
}

static int date_within(struct date_input *input, int64_t found, int32_t *date)
{
    if (found < DATE_MIN || found > DATE_MAX) {
        char shown[80];
        problem_set(input->problem, ERR_INVALID, "\"%s\" is too far away", text_excerpt(input->text, shown, sizeof shown));
        problem_hint(input->problem, "Dates from 1783 to 2199 are taken.");
        return ERR_INVALID;
    }
    *date = (int32_t)found;
    return 0;
}

static int date_no_day(struct date_input *input, int year, int month, int day)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (month < 1 || month > 12) {
        problem_set(input->problem, ERR_INVALID, "there is no month %d", month);
        problem_hint(input->problem,
                     month <= 31 && day >= 1 && day <= 12 ? "The day comes first: %d/%d" : "The day comes first, like 14/9/2026.", month,
                     day);
    } else if (year && (year < 1783 || year > 2199)) {
        return date_within(input, INT64_MAX, NULL);
    } else if (year) {
        problem_set(input->problem, ERR_INVALID, "%d %s %d is no day", day, names[month - 1], year);
        problem_hint(input->problem, "Look at the day of the month.");
    } else {
        problem_set(input->problem, ERR_INVALID, "%d %s is no day", day, names[month - 1]);
        problem_hint(input->problem, "Look at the day of the month.");
    }
    return ERR_INVALID;
}

// The day of that name nearest to today; of two, the coming one. Eight years reach
// over a century that has no leap day.
static int32_t date_nearest(int32_t today, int month, int day)
{
    int year, unused;
    int32_t best = DATE_NONE;
    date_split(today, &year, &unused, &unused);
    for (int y = year - 8; y <= year + 8; y++) {
        int32_t date = date_make(y, month, day);
        if (date != DATE_NONE && (best == DATE_NONE || labs((long)date - today) <= labs((long)best - today))) {
            best = date;
        }
    }
    return best;
}

// Of the years that end in these two digits the one from 50 before to 49 after this year.
static int date_full_year(int32_t today, int two_digits)
{
    int year, unused;
    date_split(today, &year, &unused, &unused);
    int first = year - 50;
    return first + ((two_digits - first % 100) % 100 + 100) % 100;
}

// `year` NULL: none was typed.
static int date_resolve(struct date_input *input, int day, int month, const struct date_part *year, int32_t *date)
{
    int full = 0;
    if (year) {
        if (year->digits != 2 && year->digits != 4) {
            return date_refuse(input);
        }
        full = year->digits == 2 ? date_full_year(input->today, year->number) : year->number;
    }
    int32_t found = year ? date_make(full, month, day) : month < 1 || month > 12 ? DATE_NONE : date_nearest(input->today, month, day);
    if (found == DATE_NONE) {
        return date_no_day(input, full, month, day);
    }
    *date = found;
    return 0;
}

// 3d, +10, -1w, 2w, 3m, 1y: `*matched` tells whether it is one at all.
static int date_relative(struct date_input *input, int32_t *date, bool *matched)
{
    const char *at = input->text + strspn(input->text, " \t");
    char sign = *at == '+' || *at == '-' ? *at++ : '\0';
    size_t digits = strspn(at, "0123456789");
    char unit = date_lower(at[digits]);
    const char *rest = at + digits + (unit != '\0');
    *matched = digits > 0 && digits <= 6 && *rest == '\0' && (unit ? strchr("dwmy", unit) != NULL : sign != '\0');
    if (!*matched) {
        return 0;
    }
    int count = atoi(at);
    count = sign == '-' ? -count : count;
    if (unit == 'm' || unit == 'y') {
        int32_t found = date_add_months(input->today, unit == 'y' ? count * 12 : count);
        return date_within(input, found == DATE_NONE ? INT64_MAX : found, date);
    }
    return date_within(input, input->today + (int64_t)count * (unit == 'w' ? 7 : 1), date);
}

static bool date_word(const char *word, int32_t today, int32_t *date)
{
    int year, month, day;
    date_split(today, &year, &month, &day);
    if (strcmp(word, "today") == 0) {
        *date = today;
    } else if (strcmp(word, "tomorrow") == 0) {
        *date = today + 1;
    } else if (strcmp(word, "yesterday") == 0) {
        *date = today - 1;
    } else if (strcmp(word, "eow") == 0) {
        *date = today + 7 - date_weekday(today);
    } else if (strcmp(word, "eom") == 0) {
        *date = date_add_months(today - day + 1, 1) - 1;
    } else if (date_weekday_name(word)) {
        int ahead = (date_weekday_name(word) - date_weekday(today) + 7) % 7;
        *date = today + (ahead ? ahead : 7);
    } else {
        return false;
    }
    return true;
}

// "next fri", "last mon"
static bool date_two_words(const char *which, const char *day, int32_t today, int32_t *date)
{
    int weekday = date_weekday_name(day), now = date_weekday(today);
    if (weekday && strcmp(which, "next") == 0) {
        *date = today - now + 7 + weekday;
    } else if (weekday && strcmp(which, "last") == 0) {
        int back = (now - weekday + 7) % 7;
        *date = today - (back ? back : 7);
    } else {
        return false;
    }
    return true;
}

static bool date_is_ordinal(const struct date_part *part)
{
    static const char *const endings[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < 4 && !part->sign; i++) {
        if (strcmp(part->word, endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void date_drop(struct date_input *input, int index)
{
    memmove(&input->parts[index], &input->parts[index + 1], (size_t)(input->n - index - 1) * sizeof input->parts[0]);
    input->n--;
}

// Day, month and perhaps year, in numbers or with the month's name.
static int date_calendar(struct date_input *input, int32_t *date)
{
    struct date_part *p = input->parts;
    for (int i = 1; i < input->n; i++) {
        if (p[i].number < 0 && p[i - 1].number >= 0 && date_is_ordinal(&p[i])) {
            date_drop(input, i--);
        }
    }
    int n = input->n;
    if (n == 1 && p[0].digits == 8) {
        return date_resolve(input, p[0].number % 100, p[0].number / 100 % 100,
                            &(struct date_part){.number = p[0].number / 10000, .digits = 4}, date);
    }
    if ((n != 2 && n != 3) || (n == 3 && p[2].number < 0)) {
        return date_refuse(input);
    }
    const struct date_part *year = n == 3 ? &p[2] : NULL;
    int first = p[0].number, second = p[1].number;
    if (first < 0 && second >= 0 && p[1].digits <= 2 && date_month_name(p[0].word)) {
        return date_resolve(input, second, date_month_name(p[0].word), year, date);
    }
    if (first >= 0 && p[0].digits <= 2 && second < 0 && date_month_name(p[1].word)) {
        return date_resolve(input, first, date_month_name(p[1].word), year, date);
    }
    bool joined = first >= 0 && second >= 0 && p[1].sign && p[1].sign != ' ' && (n == 2 || p[2].sign == p[1].sign);
    if (joined && n == 3 && p[0].digits == 4 && p[1].digits <= 2 && p[2].digits <= 2) {
        return date_resolve(input, p[2].number, second, &p[0], date);
    }
    return joined && p[0].digits <= 2 && p[1].digits <= 2 ? date_resolve(input, first, second, year, date) : date_refuse(input);
}

int date_parse(const char *text, int32_t today, int32_t *date, struct problem *problem)
{
    struct date_input input = {.text = text, .today = today, .problem = problem};
    bool matched;
    int result = date_relative(&input, date, &matched);
    if (matched) {
        return result;
    }
    if (!date_take(&input)) {
        return date_refuse(&input);
    }
    struct date_part *p = input.parts;
    int32_t found = 0;
    if ((input.n == 1 && p[0].number < 0 && date_word(p[0].word, today, &found)) ||
        (input.n == 2 && p[0].number < 0 && p[1].number < 0 && date_two_words(p[0].word, p[1].word, today, &found))) {
        return date_within(&input, found, date);
    }
    int weekday = input.n > 2 && p[0].number < 0 ? date_weekday_name(p[0].word) : 0;
    if (weekday) {
        date_drop(&input, 0);
    }
    result = date_calendar(&input, &found);
    if (!result && weekday && date_weekday(found) != weekday) {
        char human[DATE_TEXT_MAX], shown[80];
        problem_set(problem, ERR_INVALID, "\"%s\" does not fit together: it is %s", text_excerpt(text, shown, sizeof shown),
                    date_human(found, human));
        problem_hint(problem, "Leave the weekday out, or correct the day.");
        return ERR_INVALID;
    }
    if (!result) {
        *date = found;
    }
    return result;
}
