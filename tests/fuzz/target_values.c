// What people type: dates, times and the values of every field of every kind. Whatever is
// understood must read the same again, and be good by the very checks that the server makes.
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/date.h"
#include "common/error.h"
#include "common/record.h"
#include "tests/fuzz/item.h"

#define TODAY 20780

static void judge_problem(const struct problem *problem)
{
    DEMAND(problem->error < 0 && problem->error != ERR_INTERNAL);
    DEMAND(problem->message[0] && problem_next(problem)[0]);
    DEMAND(item_clean(problem->message));
    DEMAND(item_clean(problem->hint));
}

static void run_date(const char *text, int32_t today)
{
    char iso[DATE_TEXT_MAX], human[DATE_TEXT_MAX];
    int32_t date = 0, again = 0;
    struct problem problem;
    problem_init(&problem, NULL);
    if (date_parse(text, today, &date, &problem) != 0) {
        judge_problem(&problem);
        return;
    }
    DEMAND(date >= DATE_MIN && date <= DATE_MAX);
    DEMAND(date_parse(date_iso(date, iso), TODAY, &again, NULL) == 0 && again == date);
    DEMAND(date_parse(date_human(date, human), TODAY, &again, NULL) == 0 && again == date);
    int year, month, day;
    date_split(date, &year, &month, &day);
    DEMAND(date_make(year, month, day) == date && date_weekday(date) >= 1 && date_weekday(date) <= 7);
    for (int months = -30; months <= 30; months += 7) {
        int32_t moved = date_add_months(date, months);
        if (moved == DATE_NONE) // only off either end
            DEMAND(date + 31 * months > DATE_MAX || date + 31 * months < DATE_MIN);
        else
            DEMAND(months > 0 ? moved > date : moved <= date);
    }
    (void)date_nc_year(date, TODAY);
    (void)date_years(date, TODAY);
}

static void run_time(const char *text)
{
    char iso[32];
    int64_t time = clock_parse(text, TODAY);
    if (time < 0)
        return;
    DEMAND(clock_parse(clock_iso(time, iso), TODAY) == time);
}

static void run_value(const struct field *field, const char *text)
{
    struct arena arena;
    struct problem problem;
    struct value value, again;
    arena_init(&arena, (size_t)8 << 20);
    problem_init(&problem, &arena);
    if (value_parse(field, text, TODAY, &arena, &value, &problem) != 0) {
        judge_problem(&problem);
    } else {
        DEMAND(value_check(field, value, &problem) == 0);
        const char *plain = value_format(field, value, VALUE_PLAIN, &arena), *human = value_format(field, value, VALUE_HUMAN, &arena);
        DEMAND(plain && human && (value.type == VALUE_EMPTY) == (plain[0] == '\0'));
        DEMAND(value_parse(field, plain, TODAY, &arena, &again, &problem) == 0);
        DEMAND(value_equal(value, again) && value_compare(value, again) == 0);
        DEMAND(strcmp(value_format(field, again, VALUE_PLAIN, &arena), plain) == 0);
    }
    arena_deinit(&arena);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

// Two bytes choose the field and the day, the rest is what was typed.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const struct kind *kind = &kinds[data[0] % n_kinds];
    char *text = malloc(size - 1);
    DEMAND(text != NULL);
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    run_date(text, TODAY - 60 * (int32_t)data[1]);
    run_time(text);
    run_value(&kind->fields[data[1] % kind->n_fields], text);
    // one of each sort, so that what one of them takes is tried on the others
    for (size_t i = 0; i < kind->n_fields; i++)
        run_value(&kind->fields[i], text);
    free(text);
    return 0;
}
