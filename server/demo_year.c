// The demo school's year: terms, half terms and bank holidays of an ordinary English
// school, worked out from the academic year. Any thread.
#include "server/demo_world.h"

static int32_t monday_from(int32_t day)
{
    int weekday = date_weekday(day);
    return weekday == 1 ? day : day + 8 - weekday;
}

static int32_t friday_until(int32_t day)
{
    return day - (date_weekday(day) + 2) % 7;
}

// Easter Sunday of the Gregorian calendar, by the almanac's rule.
static int32_t easter(int year)
{
    int golden = year % 19, century = year / 100, rest = year % 100;
    int moon = (19 * golden + century - century / 4 - (century - (century + 8) / 25 + 1) / 3 + 15) % 30;
    int sunday = (32 + 2 * (century % 4) + 2 * (rest / 4) - moon - rest % 4) % 7;
    int late = (golden + 11 * moon + 22 * sunday) / 451, sum = moon + sunday - 7 * late + 114;
    return date_make(year, sum / 31, sum % 31 + 1);
}

struct year_plan {
    int32_t starts[3], ends[3], halves[3]; // halves: the Monday of the week off
};

static struct year_plan year_plan(int year)
{
    int32_t september = date_make(year, 9, 3), sunday = easter(year + 1);
    struct year_plan plan = {
        .starts = {date_weekday(september) > 5 ? monday_from(september) : september, monday_from(date_make(year + 1, 1, 3)), sunday + 8},
        .ends = {friday_until(date_make(year, 12, 21)), sunday - 9, friday_until(date_make(year + 1, 7, 23))},
        .halves = {monday_from(date_make(year, 10, 23)), monday_from(date_make(year + 1, 2, 12)), monday_from(date_make(year + 1, 5, 25))},
    };
    return plan;
}

void demo_terms(struct demo_world *world)
{
    static const char *const names[] = {"autumn", "spring", "summer"};
    for (int i = 0; i < DEMO_TERMS; i++) {
        struct year_plan plan = year_plan(world->year - 1 + i / 3);
        struct demo_term *term = &world->terms[i];
        *term = (struct demo_term){names[i % 3], plan.starts[i % 3], plan.ends[i % 3], false};
        term->begun = term->starts + 12 <= world->last;
        if (term->begun)
            world->term = i;
    }
}

bool demo_school_day(int32_t day)
{
    int year, month, of_month;
    date_split(day, &year, &month, &of_month);
    if (date_weekday(day) > 5 || (month == 5 && day == monday_from(date_make(year, 5, 1))))
        return false;
    struct year_plan plan = year_plan(month < 9 ? year - 1 : year);
    for (int i = 0; i < 3; i++) {
        if (day >= plan.starts[i] && day <= plan.ends[i])
            return day < plan.halves[i] || day > plan.halves[i] + 4;
    }
    return false;
}

int32_t demo_school_day_from(int32_t day)
{
    while (!demo_school_day(day))
        day++;
    return day;
}
