// Civil dates: the calendar's arithmetic and how dates are shown. How people type
// them is in date_parse.c. No clock, no time zone; any thread.
#include "common/date.h"

#include <stdio.h>

static const char *const date_days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
static const char *const date_months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Days before each month of a year that begins in March: the leap day then comes
// last and needs no case of its own.
static const int date_before[] = {0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337};

#define DAYS_TO_1970 719468 // from 1 March of year 0
#define DAYS_400     146097

static int date_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

int32_t date_make(int year, int month, int day)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > date_month_days(year, month)) {
        return DATE_NONE;
    }
    int y = month > 2 ? year : year - 1;
    int date = y * 365 + y / 4 - y / 100 + y / 400 + date_before[(month + 9) % 12] + day - 1 - DAYS_TO_1970;
    return date < DATE_MIN || date > DATE_MAX ? DATE_NONE : date;
}

void date_split(int32_t date, int *year, int *month, int *day)
{
    int64_t days = (int64_t)date + DAYS_TO_1970;
    int64_t era = (days >= 0 ? days : days - (DAYS_400 - 1)) / DAYS_400;
    int left = (int)(days - era * DAYS_400);
    // The last day of a century, and of four centuries, must not begin another year.
    int y = (left - left / 1460 + left / 36524 - left / (DAYS_400 - 1)) / 365;
    int of_year = left - (365 * y + y / 4 - y / 100);
    int m = 11;
    while (date_before[m] > of_year) {
        m--;
    }
    *day = of_year - date_before[m] + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = (int)(era * 400) + y + (m >= 10);
}

int date_weekday(int32_t date)
{
    int64_t days = (int64_t)date + 3; // 1970-01-01 was a Thursday
    return (int)((days % 7 + 7) % 7) + 1;
}

int32_t date_add_months(int32_t date, int months)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    int64_t count = (int64_t)year * 12 + month - 1 + months;
    if (count < 12 || count >= 12 * 10000) {
        return DATE_NONE;
    }
    year = (int)(count / 12);
    month = (int)(count % 12) + 1;
    int last = date_month_days(year, month);
    return date_make(year, month, day < last ? day : last);
}

int date_years(int32_t born, int32_t on)
{
    int year, month, day, on_year, on_month, on_day;
    date_split(born, &year, &month, &day);
    date_split(on, &on_year, &on_month, &on_day);
    return on_year - year - (on_month < month || (on_month == month && on_day < day));
}

const char *date_iso(int32_t date, char *buffer)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    snprintf(buffer, DATE_TEXT_MAX, "%04d-%02d-%02d", year, month, day);
    return buffer;
}

const char *date_human(int32_t date, char *buffer)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    snprintf(buffer, DATE_TEXT_MAX, "%s %d %s %d", date_days[date_weekday(date) - 1], day, date_months[month - 1], year);
    return buffer;
}

const char *date_nc_year(int32_t born, int32_t on)
{
    static const char *const years[] = {"E1", "E2", "N1", "N2", "R",  "1",  "2",  "3",  "4", "5",
                                        "6",  "7",  "8",  "9",  "10", "11", "12", "13", "14"};
    int year, month, day;
    date_split(on, &year, &month, &day);
    int32_t before = date_make(month >= 9 ? year : year - 1, 8, 31);
    if (before == DATE_NONE || born == DATE_NONE) {
        return NULL;
    }
    int age = date_years(born, before);
    return age >= 0 && age < (int)(sizeof years / sizeof *years) ? years[age] : NULL;
}
