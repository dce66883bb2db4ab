// What time it is, in UTC and in Europe/London. London's summer time is
// computed, since the process may run with any TZ and without tzdata; the rules
// are those in force from 1972 on. No locks: any thread.
#include "common/clock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/date.h"

#define DAY  86400
#define HOUR 3600

static _Atomic int64_t clock_standing = -1;
static int64_t (*_Atomic clock_asked)(void);

int64_t clock_real(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

int64_t clock_now(void)
{
    int64_t (*hook)(void) = atomic_load(&clock_asked);
    if (hook)
        return hook();
    int64_t standing = atomic_load(&clock_standing);
    return standing < 0 ? clock_real() : standing;
}

void clock_set(int64_t now)
{
    atomic_store(&clock_standing, now);
}

void clock_hook(int64_t (*hook)(void))
{
    atomic_store(&clock_asked, hook);
}

uint64_t clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_processor(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The first Sunday on or after that day of the month, at `hour` UTC.
static int64_t clock_sunday(int year, int month, int day, int hour)
{
    int32_t date = date_make(year, month, day);
    return (int64_t)(date + 7 - date_weekday(date)) * DAY + hour * HOUR;
}

// Was or will London be an hour ahead of UTC at that time? Since 1996 from the
// last Sunday of March to the last of October, 01:00 UTC. The 1970s began with
// summer time all year; what was before 1970 counts as GMT.
static bool clock_is_summer(int64_t time, int year)
{
    if (year < 1970)
        return false;
    if (year < 1972)
        return time < clock_sunday(1971, 10, 31, 2);
    int hour = year < 1981 ? 2 : 1;
    int spring = year < 1981 ? 16 : 25;
    int autumn = year < 1990 ? 23 : year < 1996 ? 22 : 25;
    return time >= clock_sunday(year, 3, spring, hour) && time < clock_sunday(year, 10, autumn, hour);
}

static int clock_offset(int64_t time)
{
    int year, month, day;
    int64_t date = time / DAY - (time % DAY < 0);
    if (date < DATE_MIN || date > DATE_MAX)
        return 0;
    date_split((int32_t)date, &year, &month, &day);
    return clock_is_summer(time, year) ? HOUR : 0;
}

int32_t clock_civil(int64_t time, int *seconds)
{
    // No record is older or newer, and days must fit an int32_t.
    if (time < (int64_t)DATE_MIN * DAY)
        time = (int64_t)DATE_MIN * DAY;
    if (time > (int64_t)DATE_MAX * DAY)
        time = (int64_t)DATE_MAX * DAY;
    int64_t local = time + clock_offset(time);
    int64_t date = local / DAY - (local % DAY < 0);
    if (seconds)
        *seconds = (int)(local - date * DAY);
    return (int32_t)date;
}

int32_t clock_today(void)
{
    return clock_civil(clock_now(), NULL);
}

const char *clock_text(int64_t time, char buffer[32])
{
    char day[DATE_TEXT_MAX];
    int seconds;
    int32_t date = clock_civil(time, &seconds);
    snprintf(buffer, 32, "%.20s %02u:%02u", date_human(date, day), (unsigned)seconds / HOUR % 24, (unsigned)seconds / 60 % 60);
    return buffer;
}

const char *clock_iso(int64_t time, char buffer[32])
{
    char day[DATE_TEXT_MAX];
    int64_t date = time / DAY - (time % DAY < 0);
    if (date < DATE_MIN || date > DATE_MAX)
        time = date = 0;
    unsigned seconds = (unsigned)(time - date * DAY);
    snprintf(buffer, 32, "%.12sT%02u:%02u:%02uZ", date_iso((int32_t)date, day), seconds / HOUR % 24, seconds / 60 % 60, seconds % 60);
    return buffer;
}

// London's wall clock to UTC; of an hour that comes twice, the first.
static int64_t clock_from_local(int64_t local)
{
    return clock_offset(local - HOUR) == HOUR ? local - HOUR : local;
}

int64_t clock_midnight(int32_t date)
{
    return clock_from_local((int64_t)date * DAY);
}

// Exactly `digits` digits, at most `max`; -1 otherwise.
static int clock_digits(const char **text, int digits, int max)
{
    int number = 0;
    for (int i = 0; i < digits; i++, ++*text) {
        if (**text < '0' || **text > '9')
            return -1;
        number = number * 10 + (**text - '0');
    }
    return number <= max ? number : -1;
}

static bool clock_literal(const char **text, char c)
{
    if (**text != c)
        return false;
    ++*text;
    return true;
}

// "09:42" or "09:42:07", as seconds; -1 when it is neither.
static int clock_parse_daytime(const char **text, bool may_have_seconds)
{
    int hour = clock_digits(text, 2, 23);
    if (hour < 0 || !clock_literal(text, ':'))
        return -1;
    int minute = clock_digits(text, 2, 59);
    if (minute < 0)
        return -1;
    int second = 0;
    if (may_have_seconds && clock_literal(text, ':'))
        second = clock_digits(text, 2, 59);
    return second < 0 ? -1 : hour * HOUR + minute * 60 + second;
}

static int64_t clock_parse_iso(const char *text)
{
    int year = clock_digits(&text, 4, 9999);
    if (year < 0 || !clock_literal(&text, '-'))
        return -1;
    int month = clock_digits(&text, 2, 12);
    if (month < 0 || !clock_literal(&text, '-'))
        return -1;
    int day = clock_digits(&text, 2, 31);
    int32_t date = day < 0 ? DATE_NONE : date_make(year, month, day);
    if (date == DATE_NONE || date < DATE_MIN || date > DATE_MAX || (!clock_literal(&text, 'T') && !clock_literal(&text, ' ')))
        return -1;
    int seconds = clock_parse_daytime(&text, true);
    if (seconds < 0)
        return -1;
    int64_t time = (int64_t)date * DAY + seconds;
    if (*text == '\0')
        return clock_from_local(time);
    if (clock_literal(&text, 'Z'))
        return *text ? -1 : time;
    int sign = *text == '+' ? 1 : *text == '-' ? -1 : 0;
    text += sign != 0;
    int offset = sign ? clock_parse_daytime(&text, false) : -1;
    return offset < 0 || *text ? -1 : time - sign * offset;
}

int64_t clock_parse(const char *text, int32_t today)
{
    int64_t time = clock_parse_iso(text);
    int32_t date;
    if (time != -1 || date_parse(text, today, &date, NULL) != 0)
        return time;
    return clock_midnight(date + 1) - 1;
}
