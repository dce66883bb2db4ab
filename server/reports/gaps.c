// What is missing or late, with names: for whoever wants to put it right before
// somebody asks. Reader thread.
//
// D is the report's day. The pupils are those on roll on D who pass the filters class, year, need and
// status; every section tells only of them, and a child may stand in several. Standing, class and year
// are as on D, "in force" as plan.h says:
//   no_plan       status K, and no plan in force; the count's reasons are pupils
//   no_provision  status K or E, a plan in force, and no ProvisionMember that holds on D in a run
//                 that holds on D and was not closed before; pupils
//   no_target     such a ProvisionMember that names no target; ProvisionMembers
//   undecided     a Concern raised on or before D - 42, without `decided` on or before D; weeks: whole
//                 weeks from raised to D; Concerns
//   review_due    a Plan in force whose review_due is before D; days: from review_due to D; Plans
//   no_rank_1     status K or E, and no Need of rank 1 that holds on D; pupils
//   parents       status K or E; met: Meetings with that pupil, parents yes, status empty or held, day from
//                 1 September of D's academic year to D; listed when fewer than three; by met, then name; pupils
// In order of name, but undecided by raised and review_due by the day due, then by name. A section whose
// records the reader may see none of is left out, with its line of the summary.
#include "server/reports/plan.h"
#include "server/reports/roll.h"

#include <stdlib.h>
#include <string.h>

#include "server/reports/gaps_names.h"

#define DECIDE_WITHIN 42
#define PARENTS_MEET  3

struct gaps {
    struct report_work *work;
    int32_t day, today;
    struct roll roll;
    struct rows plans, members, concerns, meetings;
    struct rows_index plans_of, members_of, meetings_of; // by pupil
};

struct gap_item {
    const struct roll_row *row;
    const struct record *record; // NULL: the gap is the pupil's
    int64_t order;               // before the name
    struct figure figure;
};

struct gap {
    const char *name, *title;
    struct report_column columns[5];
    size_t n_columns;
    bool (*seen)(const struct gaps *gaps);
    // either of a pupil, or of each record of some rows
    bool (*of_pupil)(struct gaps *gaps, struct gap_item *item);
    const struct rows *(*rows)(const struct gaps *gaps);
    bool (*of_record)(const struct gaps *gaps, struct gap_item *item);
    void (*fill)(struct gaps *gaps, Sendco__Report__Section *section, size_t row, const struct gap_item *item);
};

// --- which ---------------------------------------------------------------------

static const struct record *plan_of(const struct gaps *gaps, int64_t pupil)
{
    size_t n;
    const struct record *newest = NULL;
    struct record **plans = rows_of(&gaps->plans_of, pupil, &n);
    for (size_t i = 0; i < n; i++)
        if (plan_in_force(plans[i], gaps->day, gaps->today) &&
            (!newest || record_number(plans[i], "starts") >= record_number(newest, "starts")))
            newest = plans[i];
    return newest;
}

static bool is_no_plan(struct gaps *gaps, struct gap_item *item)
{
    return strcmp(roll_provision(item->row), "K") == 0 && !plan_of(gaps, item->row->pupil->id);
}

static bool is_no_provision(struct gaps *gaps, struct gap_item *item)
{
    size_t n;
    return roll_provided(item->row) && plan_of(gaps, item->row->pupil->id) && !rows_of(&gaps->members_of, item->row->pupil->id, &n);
}

static bool is_no_target(const struct gaps *gaps, struct gap_item *item)
{
    (void)gaps;
    return !record_has(item->record, "target");
}

static bool is_undecided(const struct gaps *gaps, struct gap_item *item)
{
    item->order = record_number(item->record, "raised");
    return item->order <= gaps->day - DECIDE_WITHIN &&
           !(record_has(item->record, "decided") && record_number(item->record, "decided") <= gaps->day);
}

static bool is_parents(struct gaps *gaps, struct gap_item *item)
{
    size_t n;
    struct record **meetings = rows_of(&gaps->meetings_of, item->row->pupil->id, &n);
    item->figure.known = true;
    for (size_t i = 0; i < n; i++)
        if (meeting_met(meetings[i], gaps->day))
            figure_add(gaps->work, &item->figure, 1, meetings[i]);
    item->order = item->figure.amount;
    return roll_provided(item->row) && item->order < PARENTS_MEET;
}

static bool is_review_due(const struct gaps *gaps, struct gap_item *item)
{
    item->order = record_number(item->record, "review_due");
    return plan_in_force(item->record, gaps->day, gaps->today) && record_has(item->record, "review_due") && item->order < gaps->day;
}

static bool is_no_rank_1(struct gaps *gaps, struct gap_item *item)
{
    (void)gaps;
    return roll_provided(item->row) && !(item->row->n_needs && record_number(item->row->needs[0], "rank") == 1);
}

// --- whether the reader may see of it at all -------------------------------------

static bool sees_plans(const struct gaps *gaps)
{
    return !gaps->roll.statuses.denied && !gaps->plans.denied;
}

static bool sees_provision(const struct gaps *gaps)
{
    return sees_plans(gaps) && !gaps->members.denied;
}

static bool sees_members(const struct gaps *gaps)
{
    return !gaps->members.denied;
}

static bool sees_concerns(const struct gaps *gaps)
{
    return !gaps->concerns.denied;
}

static bool sees_meetings(const struct gaps *gaps)
{
    return !gaps->roll.statuses.denied && !gaps->meetings.denied;
}

static bool sees_needs(const struct gaps *gaps)
{
    return !gaps->roll.statuses.denied && !gaps->roll.needs.denied;
}

static const struct rows *rows_members(const struct gaps *gaps)
{
    return &gaps->members;
}

static const struct rows *rows_concerns(const struct gaps *gaps)
{
    return &gaps->concerns;
}

static const struct rows *rows_plans(const struct gaps *gaps)
{
    return &gaps->plans;
}

// --- rows ------------------------------------------------------------------------

static struct value year_of(const struct roll_row *row)
{
    return row->year ? value_text(row->year) : (struct value){0};
}

static void fill_no_plan(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    (void)gaps;
    report_cell(section->rows[at], 1, report_field(item->row->school_class, "name"));
    report_cell(section->rows[at], 2, year_of(item->row));
    report_cell(section->rows[at], 3, report_field(item->row->status, "starts"));
}

static void fill_no_provision(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    const struct record *plan = plan_of(gaps, item->row->pupil->id);
    const char *label = view_label(gaps->work->view, plan->kind, plan->id, gaps->work->arena);
    report_cell(section->rows[at], 1, report_field(item->row->school_class, "name"));
    report_cell(section->rows[at], 2, year_of(item->row));
    report_cell(section->rows[at], 3, value_text(roll_provision(item->row)));
    report_cell(section->rows[at], 4, label ? value_text(label) : (struct value){0});
}

static void fill_no_target(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    report_cell(section->rows[at], 1, report_ref(gaps->work, item->record, "provision"));
    report_cell(section->rows[at], 2, report_field(item->record, "starts"));
}

static void fill_undecided(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    report_cell(section->rows[at], 1, report_field(item->record, "raised"));
    gaps_figure(gaps->work, section, at, 2, plan_days_since(item->record, "raised", gaps->day) / 7, item->record);
    report_cell(section->rows[at], 3, report_ref(gaps->work, item->record, "raised_by"));
    report_cell(section->rows[at], 4, gaps_code(gaps->work, item->record, "area"));
}

static void fill_parents(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    size_t n;
    const struct record *last = NULL;
    struct record **meetings = rows_of(&gaps->meetings_of, item->row->pupil->id, &n);
    for (size_t i = 0; i < n; i++)
        if (meeting_met(meetings[i], gaps->day))
            last = meetings[i]; // they are in order of day
    report_cell(section->rows[at], 1, report_field(item->row->school_class, "name"));
    report_figure(gaps->work, section, at, 2, &item->figure);
    report_cell(section->rows[at], 3, report_field(last, "day"));
}

static void fill_review_due(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    const char *label = view_label(gaps->work->view, item->record->kind, item->record->id, gaps->work->arena);
    report_cell(section->rows[at], 1, report_field(item->row->school_class, "name"));
    report_cell(section->rows[at], 2, label ? value_text(label) : (struct value){0});
    report_cell(section->rows[at], 3, report_field(item->record, "review_due"));
    gaps_figure(gaps->work, section, at, 4, plan_days_since(item->record, "review_due", gaps->day), item->record);
}

static void fill_no_rank_1(struct gaps *gaps, Sendco__Report__Section *section, size_t at, const struct gap_item *item)
{
    const char *codes = "";
    for (size_t i = 0; codes && i < item->row->n_needs; i++)
        codes = arena_printf(gaps->work->arena, "%s%s%s", codes, i ? ", " : "", record_text(item->row->needs[i], "need"));
    report_cell(section->rows[at], 1, report_field(item->row->school_class, "name"));
    report_cell(section->rows[at], 2, year_of(item->row));
    report_cell(section->rows[at], 3, value_text(roll_provision(item->row)));
    if (codes && *codes)
        report_cell(section->rows[at], 4, value_text(codes));
}

// clang-format off
#define PUPIL {"pupil", "Pupil", SENDCO__REPORT__TYPE__TEXT, 26}
#define CLASS {"class", "Class", SENDCO__REPORT__TYPE__TEXT, 5}
#define YEAR {"year", "Year", SENDCO__REPORT__TYPE__TEXT, 4}
#define STATUS {"status", "SEN", SENDCO__REPORT__TYPE__TEXT, 3}
#define PLAN {"plan", "Plan", SENDCO__REPORT__TYPE__TEXT, 30}
#define SINCE {"since", "Since", SENDCO__REPORT__TYPE__DAY, 11}

static const struct gap kinds_of_gap[] = {
    {"no_plan", "SEN support without a plan in force",
     {PUPIL, CLASS, YEAR, SINCE}, 4, sees_plans, is_no_plan, NULL, NULL, fill_no_plan},
    {"no_provision", "A plan in force, but no provision",
     {PUPIL, CLASS, YEAR, STATUS, PLAN}, 5, sees_provision, is_no_provision, NULL, NULL, fill_no_provision},
    {"no_target", "Provision that serves no target",
     {PUPIL, {"provision", "Provision", SENDCO__REPORT__TYPE__TEXT, 30}, SINCE}, 3,
     sees_members, NULL, rows_members, is_no_target, fill_no_target},
    {"undecided", "Concerns without a decision after six weeks",
     {PUPIL, {"raised", "Raised", SENDCO__REPORT__TYPE__DAY, 11}, {"weeks", "Weeks", SENDCO__REPORT__TYPE__NUMBER, 5},
      {"raised_by", "Raised by", SENDCO__REPORT__TYPE__TEXT, 20}, {"area", "Area", SENDCO__REPORT__TYPE__TEXT, 20}}, 5,
     sees_concerns, NULL, rows_concerns, is_undecided, fill_undecided},
    {"review_due", "Plans whose review is overdue",
     {PUPIL, CLASS, PLAN, {"review_due", "Review due", SENDCO__REPORT__TYPE__DAY, 11}, {"days", "Days", SENDCO__REPORT__TYPE__NUMBER, 4}}, 5,
     sees_plans, NULL, rows_plans, is_review_due, fill_review_due},
    {"no_rank_1", "On the register without a primary need",
     {PUPIL, CLASS, YEAR, STATUS, {"needs", "Needs", SENDCO__REPORT__TYPE__TEXT, 16}}, 5,
     sees_needs, is_no_rank_1, NULL, NULL, fill_no_rank_1},
    {"parents", "Parents met fewer than three times so far this academic year",
     {PUPIL, CLASS, {"met", "Met", SENDCO__REPORT__TYPE__NUMBER, 3}, {"last", "Last", SENDCO__REPORT__TYPE__DAY, 11}}, 4,
     sees_meetings, is_parents, NULL, NULL, fill_parents},
};
// clang-format on
#define GAP_KINDS (sizeof kinds_of_gap / sizeof kinds_of_gap[0])

// --- making it -------------------------------------------------------------------

static int by_order(const void *a, const void *b)
{
    const struct gap_item *x = a, *y = b;
    if (x->order != y->order)
        return x->order > y->order ? 1 : -1;
    if (x->row->place != y->row->place)
        return x->row->place > y->row->place ? 1 : -1;
    int64_t p = x->record ? x->record->id : 0, q = y->record ? y->record->id : 0;
    return (p > q) - (p < q);
}

static struct gap_item *collect(struct gaps *gaps, const struct gap *gap, size_t *n)
{
    const struct rows *rows = gap->rows ? gap->rows(gaps) : NULL;
    size_t most = rows ? rows->n : gaps->roll.n_rows;
    struct gap_item *items = arena_zero(gaps->work->arena, most + 1, sizeof *items);
    *n = 0;
    for (size_t i = 0; items && i < most; i++) {
        struct gap_item item = {.record = rows ? rows->list[i] : NULL};
        item.row = rows ? roll_find(&gaps->roll, item.record->about) : &gaps->roll.rows[i];
        if (item.row && (rows ? gap->of_record(gaps, &item) : gap->of_pupil(gaps, &item)))
            items[(*n)++] = item;
    }
    if (items && *n)
        qsort(items, *n, sizeof *items, by_order);
    return items;
}

static int gap_section(struct gaps *gaps, const struct gap *gap, struct figure *count)
{
    size_t n;
    struct gap_item *items = collect(gaps, gap, &n);
    Sendco__Report__Section *section = items ? report_section(gaps->work, gap->name, gap->title, gap->columns, gap->n_columns, n) : NULL;
    count->known = true;
    for (size_t i = 0; section && i < n; i++) {
        const struct record *about = items[i].record ? items[i].record : items[i].row->pupil;
        report_cell(section->rows[i], 0, gaps_person(gaps->work, items[i].row->pupil));
        report_link(section->rows[i], about->kind, about->id, gaps->work->arena);
        gap->fill(gaps, section, i, &items[i]);
        figure_add(gaps->work, count, 1, about);
    }
    return !section ? ERR_NOMEM : n ? 0 : gaps_text(gaps->work, section, NULL);
}

static const struct report_column summary_columns[] = {
    {"gap", "Gap", SENDCO__REPORT__TYPE__TEXT, 12},
    {"title", "What is missing", SENDCO__REPORT__TYPE__TEXT, 54},
    {"count", "Count", SENDCO__REPORT__TYPE__NUMBER, 5},
};

static int gaps_fill(struct gaps *gaps)
{
    int result = 0;
    size_t n = 0;
    Sendco__Report__Section *summary = report_section(gaps->work, "summary", "In all", summary_columns, 3, GAP_KINDS);
    if (!summary)
        return ERR_NOMEM;
    for (size_t i = 0; result == 0 && i < GAP_KINDS; i++) {
        struct figure count = {0};
        if (!kinds_of_gap[i].seen(gaps))
            continue;
        result = gap_section(gaps, &kinds_of_gap[i], &count);
        report_cell(summary->rows[n], 0, value_text(kinds_of_gap[i].name));
        report_cell(summary->rows[n], 1, value_text(kinds_of_gap[i].title));
        report_figure(gaps->work, summary, n++, 2, &count);
    }
    summary->n_rows = n;
    if (result == 0 && n == 0)
        return problem_set(gaps->work->problem, ERR_DENIED, "your role does not let you see any %s", gaps->plans.kind->plural);
    return result;
}

// Members of runs that are over stay members when nobody ended it: they get nothing any more.
static int members_read(struct gaps *gaps)
{
    struct rows runs;
    int result = rows_read(gaps->work, "ProvisionMember", ROWS_AS_AT, &gaps->members);
    if (result == 0)
        result = rows_read(gaps->work, "Provision", ROWS_AS_AT, &runs);
    size_t kept = 0;
    for (size_t i = 0; result == 0 && i < gaps->members.n; i++) {
        struct record *member = gaps->members.list[i];
        const struct record *run = rows_find(&runs, record_number(member, "provision"));
        if (run && (!record_has(run, "closed") || record_number(run, "closed") >= gaps->day))
            gaps->members.list[kept++] = member;
    }
    gaps->members.n = kept;
    return result;
}

static int gaps_read(struct gaps *gaps)
{
    int result = roll_make(gaps->work, !report_param(gaps->work->query, "status"), &gaps->roll);
    if (result == 0)
        result = rows_read(gaps->work, "Plan", ROWS_ALL, &gaps->plans);
    if (result == 0)
        result = members_read(gaps);
    if (result == 0)
        result = rows_read(gaps->work, "Concern", ROWS_ALL, &gaps->concerns);
    if (result == 0)
        result = rows_read(gaps->work, "Meeting", ROWS_ALL, &gaps->meetings);
    if (result == 0)
        result = rows_index(gaps->work, &gaps->plans, NULL, NULL, &gaps->plans_of);
    if (result == 0)
        result = rows_index(gaps->work, &gaps->members, NULL, NULL, &gaps->members_of);
    return result == 0 ? rows_index(gaps->work, &gaps->meetings, NULL, "day", &gaps->meetings_of) : result;
}

static int gaps_compute(struct report_work *work)
{
    struct gaps gaps = {.work = work, .day = work->as_at, .today = view_today(work->view)};
    int result = gaps_read(&gaps);
    return result == 0 ? gaps_fill(&gaps) : result;
}

const struct report gaps_report = {"gaps", gaps_compute};
