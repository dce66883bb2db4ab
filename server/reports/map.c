// The provision map: what the school provides in a period, to whom, and what it
// takes and costs, planned, to date and actual. Reader thread.
//
// What a run's and a pupil's minutes and pence are is said in cost.h; D too. The rest:
//   period     the days from..to; without them the academic year (1 September to 31 August) of the report's day
//   pupils     on roll on the report's day, let through by the filters as they stand on that day, with at least one day in a run
//              within the period (cost_member.days); a pupil's figures are the sums over their memberships
//   runs       that overlap the period, by name; with a filter (class, year, need, status, pupil) those with such a pupil. Their
//              figures are those of the whole run
//   provision  pupils: members on the run's day, which is the report's brought into the run's dates: the first day of a run
//              to come, the last of one that is over; held, lost: sessions in from..D
//   pupil      what: names of the runs of the period of which the pupil is a member on the run's day
//   class, year, need   of the pupils on the report's day (need: the primary one); "-" where there is none, last. pupils: those with
//              any minutes or pence above 0; the rest are sums of the pupil rows. Classes by year, then name
//   staff      planned and to date: of the runs one leads; held and actual: of the held sessions one took (the session's own staff,
//              else the run's leader), resources with the leader; runs whose actual figure is unknown are left out of it. "-": nobody
//   school     "Adults' time, in all": runs as above; pupils: members with any minutes or pence above 0, on roll or not; "Pupils'
//              own time and their share": sums of the pupil rows. What is unknown is left out of every sum, and a gap names it
#include "server/reports/map.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "server/reports/gaps_names.h"

// --- sections ------------------------------------------------------------------

#define MAP_COLUMNS 24
static const struct report_column amounts[] = {
    {"minutes_planned", "Planned", SENDCO__REPORT__TYPE__DURATION, 8}, {"minutes_to_date", "To date", SENDCO__REPORT__TYPE__DURATION, 8},
    {"minutes_actual", "Actual", SENDCO__REPORT__TYPE__DURATION, 8},   {"cost_planned", "Cost planned", SENDCO__REPORT__TYPE__PENCE, 10},
    {"cost_to_date", "Cost to date", SENDCO__REPORT__TYPE__PENCE, 10}, {"cost_actual", "Cost actual", SENDCO__REPORT__TYPE__PENCE, 10},
};

Sendco__Report__Section *map_section(const struct map *map, const char *name, const char *title, const struct report_column *columns,
                                     size_t n_columns, size_t n_rows)
{
    struct report_column all[MAP_COLUMNS];
    size_t n = map->costing.priced ? 6 : 3;
    memcpy(all, columns, n_columns * sizeof *all);
    memcpy(all + n_columns, amounts, n * sizeof *all);
    return report_section(map->work, name, title, all, n_columns + n, n_rows);
}

static void three(const struct map *map, Sendco__Report__Section *section, size_t row, size_t column, const struct cost_amounts *of)
{
    report_figure(map->work, section, row, column, &of->planned);
    report_figure(map->work, section, row, column + 1, &of->to_date);
    report_figure(map->work, section, row, column + 2, &of->actual);
}

void map_amounts(const struct map *map, Sendco__Report__Section *section, size_t row, size_t column, const struct cost_amounts *minutes,
                 const struct cost_amounts *pence)
{
    three(map, section, row, column, minutes);
    if (map->costing.priced)
        three(map, section, row, column + 3, pence);
}

int map_empty(const struct map *map, Sendco__Report__Section *section)
{
    if (section->n_rows == 0)
        section->text = arena_strdup(map->work->arena, "None.");
    return section->n_rows || section->text ? 0 : ERR_NOMEM;
}

bool map_wants(const struct map *map, const char *section)
{
    return !map->by || text_same(map->by, section);
}

// --- parameters ----------------------------------------------------------------

static int by_read(struct map *map)
{
    static const char *const known[] = {"provision", "pupil", "class", "year", "need", "staff", "school"};
    map->by = report_param(map->work->query, "by");
    for (size_t i = 0; map->by && i < sizeof known / sizeof *known; i++)
        if (text_same(known[i], map->by))
            return 0;
    if (!map->by)
        return 0;
    problem_set(map->work->problem, ERR_INVALID, "by: the provision map has no section “%.40s”.", map->by);
    problem_hint(map->work->problem, "Take one of: provision, pupil, class, year, need, staff, school; without it all are shown.");
    return ERR_INVALID;
}

static int period_read(struct report_work *work, int32_t *from, int32_t *to)
{
    int year = roll_academic_year(work->as_at);
    int result = report_day(work, "from", roll_year_start(work->as_at), from);
    if (result == 0)
        result = report_day(work, "to", date_make(year + 1, 8, 31), to);
    // NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): report_day sets it or fails
    if (result < 0 || *from <= *to)
        return result;
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];
    problem_set(work->problem, ERR_INVALID, "from: %s is after %s, the last day of the period.", date_human(*from, first),
                date_human(*to, last));
    problem_hint(work->problem, "Give from=DATE and to=DATE in order; without them it is the academic year.");
    return ERR_INVALID;
}

static int title_period(struct report_work *work, int32_t from, int32_t to)
{
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];
    work->out->title = arena_printf(work->arena, "%s, %s to %s", work->out->title, date_human(from, first), date_human(to, last));
    return work->out->title ? 0 : ERR_NOMEM;
}

static bool is_filtered(const struct map *map)
{
    static const char *const filters[] = {"class", "year", "need", "status", "pupil"};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (report_param(map->work->query, filters[i]))
            return true;
    return false;
}

// --- gaps ----------------------------------------------------------------------

static bool gap_unplanned(const struct map *map, const struct cost_run *run)
{
    (void)map;
    return !run->minutes.planned.known;
}

static bool gap_unpriced(const struct map *map, const struct cost_run *run)
{
    return map->costing.priced && run->unpriced;
}

// Only those who see all members can tell that there was none.
static bool gap_unshared(const struct map *map, const struct cost_run *run)
{
    const struct kind *member = map->costing.members_read.kind;
    return run->unshared && view_scope(map->work->view)->read[member->class][member->about.subject] == REACH_ALL;
}

static const struct {
    bool (*is)(const struct map *map, const struct cost_run *run);
    const char *sentence;
} gaps[] = {
    {gap_unplanned, "No planned figures, because the number of planned sessions or their minutes are missing"},
    {gap_unpriced, "The cost is not known, because there is neither an agreed rate nor a cost rate of the grade on each of its days"},
    {gap_unshared, "Sessions were held on days without any pupil in it"},
};

static int gap_tell(const struct map *map, size_t gap)
{
    struct gaps_names names = {.work = map->work};
    int result = 0;
    for (size_t i = 0; !result && i < map->costing.n_runs; i++) {
        const struct cost_run *run = &map->costing.runs[i];
        const char *name = record_text(run->run, "name");
        if (map->listed[i] && gaps[gap].is(map, run))
            result = gaps_name(&names, name ? name : "?");
    }
    return result ? result : gaps_tell(&names, gaps[gap].sentence);
}

static int gaps_add(const struct map *map)
{
    int result = 0;
    for (size_t i = 0; !result && i < sizeof gaps / sizeof *gaps; i++)
        result = gap_tell(map, i);
    return result;
}

// --- the report ----------------------------------------------------------------

static int fill(struct map *map)
{
    int result = map_wants(map, "provision") ? map_provision(map) : 0;
    if (result == 0)
        result = map_of_pupils(map);
    if (result == 0 && map_wants(map, "staff"))
        result = map_staff(map);
    if (result == 0 && map_wants(map, "school"))
        result = map_school(map);
    return result == 0 ? gaps_add(map) : result;
}

static int map_compute(struct report_work *work)
{
    struct map map = {.work = work};
    struct record *pupil = NULL;
    int32_t from, to;
    int result = by_read(&map);
    if (result == 0)
        result = period_read(work, &from, &to);
    if (result == 0)
        result = report_record(work, "pupil", &pupil);
    if (result == 0)
        result = roll_make(work, true, &map.roll);
    map.pupil = pupil;
    map.filtered = is_filtered(&map);
    if (result == 0)
        result = cost_make(work, from, to, 0, &map.costing); // the figures of a run are those of all its pupils
    if (result == 0 && map.costing.runs_read.denied)
        return problem_set(work->problem, ERR_DENIED, "your role does not let you see any %s", map.costing.runs_read.kind->plural);
    if (result == 0)
        result = title_period(work, from, to);
    if (result == 0)
        result = map_choose_pupils(&map);
    return result == 0 ? fill(&map) : result;
}

const struct report map_report = {"map", map_compute};
