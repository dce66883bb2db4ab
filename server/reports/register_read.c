// Reads what the register is made of, each kind once, and joins it in memory by
// sorted arrays. Reader thread.
#include "server/reports/register.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"

// --- reading -------------------------------------------------------------------

static int on_listed(struct record *record, void *data)
{
    struct register_list *list = data;
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        struct record **records = arena_zero(list->arena, room, sizeof(struct record *));
        if (!records)
            return ERR_NOMEM;
        if (list->n)
            memcpy(records, list->records, list->n * sizeof(struct record *));
        list->records = records;
        list->room = room;
    }
    list->records[list->n++] = record;
    return 0;
}

static int read_kind(struct register_work *work, const char *kind, bool by_name, struct register_list *list, struct problem *problem)
{
    struct query query;
    query_init(&query, kind_find(kind));
    query.as_known = work->as_known;
    query.as_at = kind_is_spell(query.kind) ? work->as_at : DATE_NONE;
    if (by_name) {
        query.order[0] = (struct order){.field = NULL};
        query.n_order = 1;
    }
    list->arena = work->arena;
    return view_list(work->view, &query, work->arena, NULL, on_listed, list, problem);
}

// What the reader may not see leaves cells empty; only pupils and their status make a register.
static int read_optional(struct register_work *work, const char *kind, struct register_list *list)
{
    struct problem denied;
    problem_init(&denied, NULL);
    int result = read_kind(work, kind, false, list, &denied);
    if (result == ERR_DENIED)
        return 0;
    return result < 0 ? problem_set(work->problem, result, "%s", denied.message) : 0;
}

int register_read(struct register_work *work)
{
    int result = read_kind(work, "SenStatus", false, &work->statuses, work->problem);
    if (result == 0)
        result = read_kind(work, "Pupil", true, &work->pupils, work->problem);
    if (result == 0)
        result = read_optional(work, "Need", &work->needs);
    if (result == 0)
        result = read_optional(work, "ClassMembership", &work->memberships);
    if (result == 0)
        result = read_optional(work, "SchoolClass", &work->classes);
    if (result == 0)
        result = read_optional(work, "Code", &work->codes);
    return result;
}

// --- joining -------------------------------------------------------------------

static int by_id(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static int by_about(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return x->about != y->about ? (x->about > y->about ? 1 : -1) : by_id(a, b);
}

static int by_about_rank(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    if (x->about != y->about)
        return x->about > y->about ? 1 : -1;
    int64_t p = record_number(x, "rank"), q = record_number(y, "rank");
    return p != q ? (p > q ? 1 : -1) : by_id(a, b);
}

static void sort(struct register_list *list, int (*compare)(const void *, const void *))
{
    if (list->n)
        qsort(list->records, list->n, sizeof(struct record *), compare);
}

// The first of the records about this pupil; *n tells how many follow each other.
static struct record **about_find(const struct register_list *list, int64_t about, size_t *n)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->records[middle]->about < about)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < list->n && list->records[low + *n]->about == about)
        ++*n;
    return *n ? list->records + low : NULL;
}

const struct record *register_class(const struct register_list *list, int64_t id)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->records[middle]->id == id)
            return list->records[middle];
        if (list->records[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const struct record *register_code(const struct register_work *work, const char *list, const char *code, size_t *place)
{
    for (size_t i = 0; code && i < work->codes.n; i++) {
        const struct record *row = work->codes.records[i];
        const char *name = record_text(row, "list"), *text = record_text(row, "code");
        if (name && text && strcmp(name, list) == 0 && text_same(text, code)) {
            if (place)
                *place = record_has(row, "order") ? (size_t)record_number(row, "order") : i;
            return row;
        }
    }
    return NULL;
}

static int32_t academic_year(int32_t date)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    return month >= 9 ? year : year - 1;
}

// A pupil's year is that of today; in another academic year their class then says better.
static const char *year_of(const struct register_work *work, const struct record *pupil, const struct record *school_class)
{
    const char *own = record_text(pupil, "year"), *taught = school_class ? record_text(school_class, "year") : NULL;
    bool same = academic_year(work->as_at) == academic_year(view_today(work->view));
    if (same)
        return own ? own : taught;
    return taught ? taught : own;
}

static bool on_roll(const struct record *pupil, int32_t as_at)
{
    return (!record_has(pupil, "entered") || record_number(pupil, "entered") <= as_at) &&
           (!record_has(pupil, "left") || record_number(pupil, "left") >= as_at);
}

static void join_row(const struct register_work *work, struct register_row *row)
{
    size_t n;
    int64_t id = row->pupil->id;
    struct record **found = about_find(&work->statuses, id, &n);
    row->status = found ? found[0] : NULL;
    found = about_find(&work->memberships, id, &n);
    row->school_class = found ? register_class(&work->classes, record_number(found[0], "class")) : NULL;
    found = about_find(&work->needs, id, &n);
    row->needs = (const struct record **)found;
    row->n_needs = n;
    row->year = year_of(work, row->pupil, row->school_class);
    size_t place = 0;
    row->year_order = register_code(work, "year-group", row->year, &place) ? (int)place : -1;
}

const char *register_provision(const struct register_row *row)
{
    const char *provision = row->status ? record_text(row->status, "provision") : NULL;
    return provision ? provision : "";
}

static void count_row(struct register_work *work, const char *provision)
{
    if (strcmp(provision, "K") == 0)
        work->n_support++;
    else if (strcmp(provision, "E") == 0)
        work->n_plan++;
    else if (strcmp(provision, "N") == 0 || !*provision)
        work->n_none++;
    else
        work->n_other++;
}

int register_join(struct register_work *work)
{
    sort(&work->statuses, by_about);
    sort(&work->memberships, by_about);
    sort(&work->needs, by_about_rank);
    sort(&work->classes, by_id);
    work->rows = arena_zero(work->arena, work->pupils.n + 1, sizeof *work->rows);
    if (!work->rows)
        return ERR_NOMEM;
    for (size_t i = 0; i < work->pupils.n; i++) {
        struct register_row *row = &work->rows[work->n_rows];
        *row = (struct register_row){.pupil = work->pupils.records[i], .place = i};
        if (!on_roll(row->pupil, work->as_at))
            continue;
        join_row(work, row);
        if (!register_passes(work, row))
            continue;
        count_row(work, register_provision(row));
        if (register_status_passes(work, row))
            work->n_rows++;
    }
    return 0;
}
