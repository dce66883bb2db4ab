// What each type of provision brings about, and what that costs. Reader thread.
//
// Figures, all integers; round is half away from zero; scores, means and the ratio are tenths:
//   period      the days from..D; from: 1 September of the academic year before that of the report's day, if not given; D: the
//               earlier of the last day asked for and the report's day
//   left        of a membership: exit_day, else ends. It counts when that lies in the period and its pupil is let through by the
//               filters as the pupil stands on the report's day (on roll or not)
//   n           memberships that count and have both scores; unmeasured: those that count without
//   entry, exit, gain   round(sum / n) of the n
//   ratio       months gained in a month, of types measured in months: days = left - (entry_day, else starts) of each of the n;
//               over those with days above 0: round(sum of gains x 304375 / (sum of days x 10000))
//   strong, expected, some, none   how many of those that count were judged so
//   attendance  round(100 x present / marks) over the held sessions of the n memberships up to D
//   cost        the n members' actual pence (cost.h) over the period that reaches from the first day of any run with one of a
//               report's n members to D; unknown when one of them is. cost_per_pupil: round(cost / n); cost_per_month, of types
//               measured in months whose sum of gains is above 0: round(cost x 10 / sum of gains)
//   keep, change, stop   decisions of the type's runs closed in the period; with a filter of pupils, of those runs with a membership
//               that counts
//   rank        1 … among types measured in months with n of 5 or more and a ratio: by ratio, then larger n, then name
//   rows        types with a membership that counts or a run closed in the period: by rank, then name
#include <stdlib.h>

#include "common/text.h"
#include "records/provision.pb-c.h"
#include "server/reports/impact.h"

// --- parameters ----------------------------------------------------------------

static int period_read(struct impact *impact)
{
    struct report_work *work = impact->work;
    int32_t to = 0;
    int result = report_day(work, "from", date_make(roll_academic_year(work->as_at) - 1, 9, 1), &impact->from);
    if (result == 0)
        result = report_day(work, "to", work->as_at, &to);
    if (result < 0)
        return result;
    impact->day = to < work->as_at ? to : work->as_at;
    char first[DATE_TEXT_MAX], last[DATE_TEXT_MAX];
    date_human(impact->from, first);
    if (impact->from > to) {
        problem_set(work->problem, ERR_INVALID, "from: %s is after %s, the last day of the period.", first, date_human(to, last));
        problem_hint(work->problem, "Give from=DATE and to=DATE in order; without them it is from last academic year to the report's day.");
        return ERR_INVALID;
    }
    work->out->title = arena_printf(work->arena, "%s, %s to %s", work->out->title, first, date_human(to, last));
    return work->out->title ? 0 : ERR_NOMEM;
}

static int check_layer(const struct impact *impact)
{
    const char *layer = report_param(impact->work->query, "layer");
    if (!layer || impact->roll.codes.n == 0 || roll_code(&impact->roll, "plan-layer", layer, NULL))
        return 0;
    problem_set(impact->work->problem, ERR_INVALID, "Layer: “%.40s” is no code of the list plan-layer.", layer);
    problem_hint(impact->work->problem, "See the codes with: sendco code list --where list=plan-layer");
    return ERR_INVALID;
}

static bool is_filtered(const struct report_query *query)
{
    return report_param(query, "class") || report_param(query, "year") || report_param(query, "need") || report_param(query, "status");
}

// --- reading -------------------------------------------------------------------

static bool in_layer(const struct impact *impact, const struct record *type)
{
    const char *layer = report_param(impact->work->query, "layer"), *own = record_text(type, "layer");
    return !layer || (own && text_same(own, layer));
}

static void line_begin(struct impact_line *line, const struct record *type, bool months, size_t place)
{
    *line = (struct impact_line){.type = type, .months = months, .place = place};
    line->n.known = line->unmeasured.known = true; // counts of nobody are 0, not empty
    for (size_t i = 0; i < EFFECTS; i++)
        line->effects[i].known = true;
    for (size_t i = 0; i < DECISIONS; i++)
        line->decisions[i].known = true;
}

static int lines_make(struct impact *impact)
{
    impact->lines = arena_zero(impact->work->arena, impact->types.n + 1, sizeof *impact->lines);
    for (size_t i = 0; impact->lines && i < impact->types.n; i++) {
        const struct record *type = impact->types.list[i];
        bool months = record_number(type, "measured_in") == SENDCO__RECORDS__PROVISION_TYPE__MEASURE__MONTHS;
        if (in_layer(impact, type))
            line_begin(&impact->lines[impact->n_lines++], type, months, i);
    }
    return impact->lines ? 0 : ERR_NOMEM;
}

static int read_all(struct impact *impact)
{
    struct report_work *work = impact->work;
    int result = roll_make(work, true, &impact->roll);
    if (result == 0)
        result = rows_read(work, "ProvisionType", ROWS_BY_NAME, &impact->types);
    if (result == 0)
        result = rows_read(work, "Provision", ROWS_ALL, &impact->runs);
    if (result == 0)
        result = rows_read(work, "ProvisionMember", ROWS_ALL, &impact->members);
    if (result == 0 && impact->members.denied)
        return problem_set(work->problem, ERR_DENIED, "your role does not let you see any %s", impact->members.kind->plural);
    if (result == 0)
        result = check_layer(impact);
    if (result == 0)
        result = rows_index(work, &impact->members, "provision", NULL, &impact->members_of);
    return result == 0 ? lines_make(impact) : result;
}

static struct impact_line *line_of(const struct impact *impact, const struct record *run)
{
    for (size_t i = 0; run && i < impact->n_lines; i++)
        if (impact->lines[i].type->id == record_number(run, "type"))
            return &impact->lines[i];
    return NULL;
}

// --- memberships ---------------------------------------------------------------

static bool has_left(const struct record *member, int64_t *day)
{
    const char *field = record_has(member, "exit_day") ? "exit_day" : "ends";
    *day = record_number(member, field);
    return record_has(member, field);
}

static bool measured(const struct record *member)
{
    return record_has(member, "entry_score") && record_has(member, "exit_score");
}

static bool counts(const struct impact *impact, const struct record *member)
{
    int64_t left;
    if (!has_left(member, &left) || left < impact->from || left > impact->day)
        return false;
    if (!impact->filtered)
        return true;
    struct roll_row row = roll_of(&impact->roll, member->about);
    return row.pupil && roll_passes(&impact->roll, &row) && roll_status_passes(&impact->roll, &row);
}

static void add_scores(struct impact *impact, struct impact_line *line, const struct record *member)
{
    struct report_work *work = impact->work;
    int64_t entry = record_number(member, "entry_score"), exit = record_number(member, "exit_score"), left = 0;
    int64_t began = record_number(member, record_has(member, "entry_day") ? "entry_day" : "starts");
    has_left(member, &left);
    figure_add(work, &line->n, 1, member);
    figure_add(work, &line->entry, entry, member);
    figure_add(work, &line->exit, exit, member);
    figure_add(work, &line->gain, exit - entry, member);
    if (left <= began)
        return;
    figure_add(work, &line->timed_gain, exit - entry, member);
    figure_add(work, &line->days, left - began, member);
}

static void add_member(struct impact *impact, const struct record *member)
{
    struct impact_line *line = line_of(impact, rows_find(&impact->runs, record_number(member, "provision")));
    if (!line || !counts(impact, member))
        return;
    line->shown = true;
    if (measured(member))
        add_scores(impact, line, member);
    else
        figure_add(impact->work, &line->unmeasured, 1, member);
    int64_t effect = record_number(member, "effect"); // NONE is 1, STRONG 4
    if (effect >= 1 && effect <= EFFECTS)
        figure_add(impact->work, &line->effects[EFFECTS - effect], 1, member);
}

// Was anybody in the run who is asked about?
static bool concerned(const struct impact *impact, const struct record *run)
{
    size_t n;
    struct record **members = rows_of(&impact->members_of, run->id, &n);
    for (size_t i = 0; i < n && impact->filtered; i++)
        if (counts(impact, members[i]))
            return true;
    return !impact->filtered;
}

static void add_decision(struct impact *impact, const struct record *run)
{
    struct impact_line *line = line_of(impact, run);
    int64_t closed = record_number(run, "closed"), decision = record_number(run, "decision");
    if (!line || !record_has(run, "closed") || closed < impact->from || closed > impact->day || !concerned(impact, run))
        return;
    line->shown = true;
    if (decision >= 1 && decision <= DECISIONS)
        figure_add(impact->work, &line->decisions[decision - 1], 1, run);
}

// --- cost and attendance of those measured -------------------------------------

// The first day of the runs with somebody measured; false: nobody was.
static bool first_day(const struct impact *impact, int64_t *first)
{
    bool any = false;
    for (size_t i = 0; i < impact->members.n; i++) {
        const struct record *member = impact->members.list[i], *run = rows_find(&impact->runs, record_number(member, "provision"));
        if (!line_of(impact, run) || !measured(member) || !counts(impact, member))
            continue;
        int64_t starts = record_number(run, "starts");
        *first = any && *first < starts ? *first : starts;
        any = true;
    }
    return any;
}

static void add_marks(struct impact *impact, struct impact_line *line, const struct cost_member *member)
{
    figure_add(impact->work, &line->present, (int64_t)member->present, member->member);
    figure_add(impact->work, &line->marks, (int64_t)(member->present + member->absent), member->member);
}

static int add_costs(struct impact *impact)
{
    int64_t first = 0;
    int result = first_day(impact, &first) ? cost_make(impact->work, (int32_t)first, impact->day, 0, &impact->costing) : 0;
    for (size_t i = 0; result == 0 && i < impact->costing.n_members; i++) {
        const struct cost_member *member = &impact->costing.members[i];
        struct impact_line *line = line_of(impact, impact->costing.runs[member->run].run);
        if (!line || !measured(member->member) || !counts(impact, member->member))
            continue;
        add_marks(impact, line, member);
        line->cost_unknown |= !member->pence.actual.known;
        figure_join(impact->work, &line->cost, &member->pence.actual);
    }
    return result;
}

// --- rank ----------------------------------------------------------------------

bool impact_has_ratio(const struct impact_line *line)
{
    return line->months && line->days.amount > 0;
}

static int by_ratio(const void *a, const void *b)
{
    const struct impact_line *x = *(struct impact_line *const *)a, *y = *(struct impact_line *const *)b;
    if (x->ratio != y->ratio)
        return x->ratio > y->ratio ? -1 : 1;
    if (x->n.amount != y->n.amount)
        return x->n.amount > y->n.amount ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int by_rank(const void *a, const void *b)
{
    const struct impact_line *x = a, *y = b;
    if (x->rank != y->rank)
        return !x->rank ? 1 : !y->rank ? -1 : x->rank > y->rank ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static int rank_lines(struct impact *impact)
{
    struct impact_line **ranked = arena_zero(impact->work->arena, impact->n_lines + 1, sizeof(struct impact_line *));
    size_t n = 0;
    for (size_t i = 0; ranked && i < impact->n_lines; i++) {
        struct impact_line *line = &impact->lines[i];
        if (!impact_has_ratio(line))
            continue;
        line->ratio = figure_round(line->timed_gain.amount * 304375, line->days.amount * 10000);
        if (line->n.amount >= IMPACT_LEAST)
            ranked[n++] = line;
    }
    if (n)
        qsort(ranked, n, sizeof *ranked, by_ratio);
    for (size_t i = 0; i < n; i++)
        ranked[i]->rank = i + 1;
    if (ranked && impact->n_lines)
        qsort(impact->lines, impact->n_lines, sizeof *impact->lines, by_rank);
    return ranked ? 0 : ERR_NOMEM;
}

static void gather(struct impact *impact)
{
    for (size_t i = 0; i < impact->members.n; i++)
        add_member(impact, impact->members.list[i]);
    for (size_t i = 0; i < impact->runs.n; i++)
        add_decision(impact, impact->runs.list[i]);
}

static int impact_compute(struct report_work *work)
{
    struct impact impact = {.work = work, .filtered = is_filtered(work->query)};
    impact.priced = scope_reads_kind(view_scope(work->view), kind_find("CostRate"));
    int result = period_read(&impact);
    if (result == 0)
        result = read_all(&impact);
    if (result < 0)
        return result;
    gather(&impact);
    result = add_costs(&impact);
    if (result == 0)
        result = rank_lines(&impact);
    if (result == 0)
        result = impact_table(&impact);
    return result == 0 ? impact_gaps(&impact) : result;
}

const struct report impact_report = {"impact", impact_compute};
