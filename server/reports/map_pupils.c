// The provision map by pupil, and summed by class, year and need; map.c says what
// each figure is. Reader thread.
#include "server/reports/map.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

// --- who is on it --------------------------------------------------------------

static int by_pupil(const void *a, const void *b)
{
    const struct cost_member *x = *(struct cost_member *const *)a, *y = *(struct cost_member *const *)b;
    if (x->member->about != y->member->about)
        return x->member->about > y->member->about ? 1 : -1;
    return (x > y) - (x < y); // they lie in order of runs
}

static int order_members(struct map *map)
{
    size_t n = map->costing.n_members;
    map->members = arena_zero(map->work->arena, n + 1, sizeof(struct cost_member *));
    map->listed = arena_zero(map->work->arena, map->costing.n_runs + 1, sizeof *map->listed);
    map->pupils = arena_zero(map->work->arena, map->roll.n_rows + 1, sizeof *map->pupils);
    if (!map->members || !map->listed || !map->pupils)
        return problem_set(map->work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    for (size_t i = 0; i < n; i++)
        map->members[i] = &map->costing.members[i];
    if (n)
        qsort(map->members, n, sizeof *map->members, by_pupil);
    return 0;
}

static struct cost_member **members_of(const struct map *map, int64_t pupil, size_t *n)
{
    size_t low = 0, high = map->costing.n_members;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->members[middle]->member->about < pupil)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < map->costing.n_members && map->members[low + *n]->member->about == pupil)
        ++*n;
    return map->members + low;
}

static void add_pupil(struct map *map, const struct roll_row *row)
{
    size_t n;
    struct cost_member **members = members_of(map, row->pupil->id, &n);
    struct map_pupil pupil = {.row = row};
    bool in = false;
    for (size_t i = 0; i < n; i++) {
        if (members[i]->days == 0)
            continue;
        in = map->listed[members[i]->run] = true;
        cost_join(map->work, &pupil.minutes, &members[i]->minutes);
        cost_join(map->work, &pupil.pence, &members[i]->pence);
    }
    if (in)
        map->pupils[map->n_pupils++] = pupil;
}

int map_choose_pupils(struct map *map)
{
    int result = order_members(map);
    for (size_t i = 0; result == 0 && i < map->roll.n_rows; i++)
        if (!map->pupil || map->roll.rows[i].pupil->id == map->pupil->id)
            add_pupil(map, &map->roll.rows[i]);
    for (size_t i = 0; result == 0 && !map->filtered && i < map->costing.n_runs; i++)
        map->listed[i] = true;
    return result;
}

bool map_pupil_any(const struct map_pupil *pupil)
{
    return cost_any(&pupil->minutes) || cost_any(&pupil->pence);
}

// --- pupil ---------------------------------------------------------------------

enum { PUPIL_NAME, PUPIL_CLASS, PUPIL_YEAR, PUPIL_STATUS, PUPIL_NEED, PUPIL_WHAT, PUPIL_COUNT };

static const struct report_column pupil_columns[PUPIL_COUNT] = {
    [PUPIL_NAME] = {"pupil", "Pupil", SENDCO__REPORT__TYPE__TEXT, 26},
    [PUPIL_CLASS] = {"class", "Class", SENDCO__REPORT__TYPE__TEXT, 5},
    [PUPIL_YEAR] = {"year", "Year", SENDCO__REPORT__TYPE__TEXT, 4},
    [PUPIL_STATUS] = {"status", "SEN", SENDCO__REPORT__TYPE__TEXT, 3},
    [PUPIL_NEED] = {"need", "Primary need", SENDCO__REPORT__TYPE__TEXT, 5},
    [PUPIL_WHAT] = {"what", "Provision", SENDCO__REPORT__TYPE__TEXT, 36},
};

// "Phonics A; Talk group": what the pupil is, will be or was in, each as on the run's day.
static struct value what_of(const struct map *map, const struct record *pupil)
{
    size_t n;
    struct cost_member **members = members_of(map, pupil->id, &n);
    const char *what = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct record *run = map->costing.runs[members[i]->run].run;
        const char *name = record_text(run, "name");
        if (name && rows_holds(members[i]->member, map_day_of(map, run)))
            what = arena_printf(map->work->arena, "%s%s%s", what ? what : "", what ? "; " : "", name);
    }
    return what ? value_text(what) : (struct value){0};
}

static void pupil_words(const struct map *map, const struct roll_row *row, Sendco__Report__Row *out)
{
    const struct record *pupil = row->pupil;
    const char *need = roll_primary(row);
    report_cell(out, PUPIL_NAME, value_text(record_show(pupil, pupil->kind->shows, NULL, NULL, map->work->arena)));
    report_cell(out, PUPIL_CLASS, report_field(row->school_class, "name"));
    if (row->year)
        report_cell(out, PUPIL_YEAR, value_text(row->year));
    report_cell(out, PUPIL_STATUS, report_field(row->status, "provision"));
    if (need)
        report_cell(out, PUPIL_NEED, value_text(need));
    report_cell(out, PUPIL_WHAT, what_of(map, pupil));
    report_link(out, pupil->kind, pupil->id, map->work->arena);
}

static int fill_pupils(struct map *map)
{
    Sendco__Report__Section *section = map_section(map, "pupil", "By pupil", pupil_columns, PUPIL_COUNT, map->n_pupils);
    for (size_t i = 0; section && i < map->n_pupils; i++) {
        const struct map_pupil *pupil = &map->pupils[i];
        pupil_words(map, pupil->row, section->rows[i]);
        map_amounts(map, section, i, PUPIL_COUNT, &pupil->minutes, &pupil->pence);
    }
    return section ? map_empty(map, section) : ERR_NOMEM;
}

// --- class, year, need ---------------------------------------------------------

struct group {
    const char *name;
    int order; // before the name
    const struct record *link;
    struct figure pupils;
    struct cost_amounts minutes, pence;
};

typedef struct group key_fn(const struct map *map, const struct roll_row *row);

static struct group key_none(void)
{
    return (struct group){.name = "-", .order = INT_MAX};
}

static struct group key_class(const struct map *map, const struct roll_row *row)
{
    const char *name = row->school_class ? record_text(row->school_class, "name") : NULL;
    size_t place = INT_MAX - 1;
    if (!name)
        return key_none();
    roll_code(&map->roll, "year-group", record_text(row->school_class, "year"), &place);
    return (struct group){.name = name, .order = (int)place, .link = row->school_class};
}

static struct group key_year(const struct map *map, const struct roll_row *row)
{
    (void)map;
    return row->year ? (struct group){.name = row->year, .order = row->year_order} : key_none();
}

static struct group key_need(const struct map *map, const struct roll_row *row)
{
    (void)map;
    const char *need = roll_primary(row);
    return need ? (struct group){.name = need} : key_none();
}

static const struct grouping {
    const char *section, *title, *label;
    key_fn *key;
} groupings[] = {
    {"class", "By class", "Class", key_class},
    {"year", "By year", "Year", key_year},
    {"need", "By primary need", "Need", key_need},
};

static int by_order(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->order != y->order)
        return x->order > y->order ? 1 : -1;
    return strcmp(x->name, y->name);
}

static struct group *group_of(struct group *groups, size_t *n, struct group key)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(groups[i].name, key.name) == 0)
            return &groups[i];
    groups[*n] = key;
    groups[*n].pupils.known = true;
    return &groups[(*n)++];
}

static size_t group_pupils(const struct map *map, key_fn *key, struct group *groups)
{
    size_t n = 0;
    for (size_t i = 0; i < map->n_pupils; i++) {
        const struct map_pupil *pupil = &map->pupils[i];
        struct group *group = group_of(groups, &n, key(map, pupil->row));
        if (map_pupil_any(pupil))
            figure_add(map->work, &group->pupils, 1, pupil->row->pupil);
        cost_join(map->work, &group->minutes, &pupil->minutes);
        cost_join(map->work, &group->pence, &pupil->pence);
    }
    if (n)
        qsort(groups, n, sizeof *groups, by_order);
    return n;
}

static int fill_groups(struct map *map, const struct grouping *of)
{
    const struct report_column columns[] = {
        {of->section, of->label, SENDCO__REPORT__TYPE__TEXT, 8},
        {"pupils", "Pupils", SENDCO__REPORT__TYPE__NUMBER, 6},
    };
    struct group *groups = arena_zero(map->work->arena, map->n_pupils + 1, sizeof *groups);
    size_t n = groups ? group_pupils(map, of->key, groups) : 0;
    Sendco__Report__Section *section = groups ? map_section(map, of->section, of->title, columns, 2, n) : NULL;
    for (size_t i = 0; section && i < n; i++) {
        report_cell(section->rows[i], 0, value_text(groups[i].name));
        if (groups[i].link)
            report_link(section->rows[i], groups[i].link->kind, groups[i].link->id, map->work->arena);
        report_figure(map->work, section, i, 1, &groups[i].pupils);
        map_amounts(map, section, i, 2, &groups[i].minutes, &groups[i].pence);
    }
    return section ? map_empty(map, section) : ERR_NOMEM;
}

int map_of_pupils(struct map *map)
{
    int result = map_wants(map, "pupil") ? fill_pupils(map) : 0;
    for (size_t i = 0; result == 0 && i < sizeof groupings / sizeof *groupings; i++)
        if (map_wants(map, groupings[i].section))
            result = fill_groups(map, &groupings[i]);
    return result;
}
