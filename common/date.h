// Civil dates as days since 1970-01-01 (proleptic Gregorian, no time zone).
#ifndef COMMON_DATE_H
#define COMMON_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct problem;

#define DATE_NONE     INT32_MIN
#define DATE_MIN      (-68569) // 1782-04-07: nothing a school records is older
#define DATE_MAX      84006    // 2200-01-01
#define DATE_TEXT_MAX 40

int32_t date_make(int year, int month, int day); // DATE_NONE when there is no such day
void date_split(int32_t date, int *year, int *month, int *day);
int date_weekday(int32_t date); // 1 Monday … 7 Sunday
// Months added, to the month's last day where the day does not exist.
int32_t date_add_months(int32_t date, int months);
int date_years(int32_t born, int32_t on); // whole years of age; on 29 Feb births, a year is full on 1 March
// "2026-09-14" and "Mon 14 Sep 2026". Buffers of DATE_TEXT_MAX.
const char *date_iso(int32_t date, char *buffer);
const char *date_human(int32_t date, char *buffer);
// As school staff type them, day first always: 14/9, 14/9/26, 14.9.2026, 14 sep,
// 14 September 2026, Sep 14 2026, 2026-09-14, 20260914, today, tomorrow, yesterday, fri, next fri,
// last mon, 3d, +10, -1w, 2w, 3m, eow (Sunday), eom. A two-digit year is the nearest within
// 50 years; a missing one the nearest date to today. `fri` is the next Friday
// after today (said on a Friday: a week on), `next fri` the Friday of next week
// (Monday to Sunday), `last fri` the one before today. 0 or ERR_INVALID with a
// sentence that shows what is taken.
int date_parse(const char *text, int32_t today, int32_t *date, struct problem *problem);

// NC year for a birth date: "R", "1" … "14", "N1", "N2", "E2", "E1"; NULL outside.
// `on` is any day of the academic year (1 September to 31 August).
const char *date_nc_year(int32_t born, int32_t on);

#endif
