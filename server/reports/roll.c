// Reads what standing is made of, each kind once, and joins it in memory; see
// roll.h. Reader thread.
#include "server/reports/roll.h"

#include <string.h>

#include "common/text.h"

static int roll_read(struct roll *roll)
{
    struct report_work *work = roll->work;
    const struct {
        const char *kind;
        unsigned how;
        struct rows *rows;
    } reads[] = {
        {"Pupil", ROWS_BY_NAME | ROWS_NEEDED, &roll->pupils},
        {"SenStatus", ROWS_AS_AT, &roll->statuses},
        {"Need", ROWS_AS_AT, &roll->needs},
        {"ClassMembership", ROWS_AS_AT, &roll->memberships},
        {"SchoolClass", ROWS_ALL, &roll->classes},
    };
    struct report_work present = *work; // codes are read as they are now: what they are called is no part of what was known
    present.as_known = 0;
    int result = rows_read(&present, "Code", ROWS_ALL, &roll->codes);
    for (size_t i = 0; result == 0 && i < sizeof reads / sizeof *reads; i++)
        result = rows_read(work, reads[i].kind, reads[i].how, reads[i].rows);
    if (result == 0)
        result = rows_index(work, &roll->statuses, NULL, NULL, &roll->status_of);
    if (result == 0)
        result = rows_index(work, &roll->needs, NULL, "rank", &roll->needs_of);
    return result == 0 ? rows_index(work, &roll->memberships, NULL, NULL, &roll->class_of) : result;
}

const struct record *roll_code(const struct roll *roll, const char *list, const char *code, size_t *place)
{
    for (size_t i = 0; code && i < roll->codes.n; i++) {
        const struct record *row = roll->codes.list[i];
        const char *name = record_text(row, "list"), *text = record_text(row, "code");
        if (name && text && strcmp(name, list) == 0 && text_same(text, code)) {
            if (place)
                *place = record_has(row, "order") ? (size_t)record_number(row, "order") : i;
            return row;
        }
    }
    return NULL;
}

int roll_academic_year(int32_t day)
{
    int year, month, date;
    date_split(day, &year, &month, &date);
    return month >= 9 ? year : year - 1;
}

int32_t roll_year_start(int32_t day)
{
    return date_make(roll_academic_year(day), 9, 1);
}

// A pupil's year is that of today; in another academic year their class then says better.
static const char *year_of(const struct roll *roll, const struct record *pupil, const struct record *school_class)
{
    const char *own = record_text(pupil, "year"), *taught = school_class ? record_text(school_class, "year") : NULL;
    bool same = roll_academic_year(roll->work->as_at) == roll_academic_year(view_today(roll->work->view));
    if (same)
        return own ? own : taught;
    return taught ? taught : own;
}

bool roll_on_roll(const struct record *pupil, int32_t day)
{
    return (!record_has(pupil, "entered") || record_number(pupil, "entered") <= day) &&
           (!record_has(pupil, "left") || record_number(pupil, "left") >= day);
}

static void join_row(const struct roll *roll, struct roll_row *row)
{
    size_t n;
    int64_t id = row->pupil->id;
    struct record **found = rows_of(&roll->status_of, id, &n);
    row->status = found ? found[0] : NULL;
    found = rows_of(&roll->class_of, id, &n);
    row->school_class = found ? rows_find(&roll->classes, record_number(found[0], "class")) : NULL;
    row->needs = rows_of(&roll->needs_of, id, &n);
    row->n_needs = n;
    row->year = year_of(roll, row->pupil, row->school_class);
    size_t place = 0;
    row->year_order = roll_code(roll, "year-group", row->year, &place) ? (int)place : -1;
}

struct roll_row roll_of(const struct roll *roll, int64_t pupil)
{
    struct roll_row row = {.pupil = rows_find(&roll->pupils, pupil)};
    if (row.pupil)
        join_row(roll, &row);
    return row;
}

const struct roll_row *roll_find(const struct roll *roll, int64_t pupil)
{
    for (size_t i = 0; i < roll->n_rows; i++)
        if (roll->rows[i].pupil->id == pupil)
            return &roll->rows[i];
    return NULL;
}

const char *roll_provision(const struct roll_row *row)
{
    const char *provision = row->status ? record_text(row->status, "provision") : NULL;
    return provision ? provision : "";
}

bool roll_provided(const struct roll_row *row)
{
    const char *provision = roll_provision(row);
    return strcmp(provision, "K") == 0 || strcmp(provision, "E") == 0;
}

bool roll_registered(const struct roll *roll, const struct roll_row *row)
{
    const char *provision = roll_provision(row);
    return row->pupil && roll_on_roll(row->pupil, roll->work->as_at) && *provision && strcmp(provision, "N") != 0;
}

const char *roll_primary(const struct roll_row *row)
{
    return row->n_needs ? record_text(row->needs[0], "need") : NULL;
}

static void count_row(struct roll *roll, const struct roll_row *row)
{
    const char *provision = roll_provision(row);
    bool support = strcmp(provision, "K") == 0, plan = strcmp(provision, "E") == 0, none = strcmp(provision, "N") == 0 || !*provision;
    size_t *n = support ? &roll->n_support : plan ? &roll->n_plan : none ? &roll->n_none : &roll->n_other;
    struct figure *figure = support ? &roll->support : plan ? &roll->plan : none ? &roll->none : &roll->other;
    ++*n;
    figure_add(roll->work, figure, 1, row->status ? row->status : row->pupil);
}

static int roll_join(struct roll *roll)
{
    roll->rows = arena_zero(roll->work->arena, roll->pupils.n + 1, sizeof *roll->rows);
    if (!roll->rows)
        return problem_set(roll->work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    for (size_t i = 0; i < roll->pupils.n; i++) {
        struct roll_row *row = &roll->rows[roll->n_rows];
        *row = (struct roll_row){.pupil = roll->pupils.list[i], .place = i};
        if (!roll_on_roll(row->pupil, roll->work->as_at))
            continue;
        join_row(roll, row);
        if (!roll_passes(roll, row))
            continue;
        count_row(roll, row);
        if (roll_status_passes(roll, row))
            roll->n_rows++;
    }
    return 0;
}

int roll_make(struct report_work *work, bool everybody, struct roll *roll)
{
    const struct figure nobody = {.known = true};
    *roll = (struct roll){.work = work, .filter = {.all = everybody}, .none = nobody, .support = nobody, .plan = nobody, .other = nobody};
    int result = roll_read(roll);
    if (result == 0)
        result = roll_filters(roll);
    return result == 0 ? roll_join(roll) : result;
}

int roll_make_on(struct report_work *work, int32_t day, bool everybody, struct roll *roll)
{
    struct report_work *on_day = arena_copy(work->arena, work, sizeof *work);
    if (!on_day)
        return problem_set(work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    on_day->as_at = day;
    return roll_make(on_day, everybody, roll);
}
