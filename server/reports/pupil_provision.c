// The pupil's page: what provision the pupil has had, with attendance, time and
// cost. Reader thread.
//
// One row for each membership begun by the day, newest first:
//   from, until     the membership's; until: its own end, or else the run's, which may be still to come
//   entry, exit     scores measured by the day: the day of measuring, else (exit) the membership's end; gain is exit
//                   less entry
//   held            sessions held while the pupil was a member, up to the day
//   present         of these, at which the pupil was marked present
//   minutes, cost   the pupil's actual time and share of the cost up to the day (cost.h), over a period that begins
//                   with the earliest of these runs and memberships
// Behind them "In all", their sum, and "This academic year", the same over 1 September to the day.
#include "server/reports/cost.h"
#include "server/reports/plan.h"
#include "server/reports/pupil.h"

enum {
    COL_RUN,
    COL_TYPE,
    COL_LEADER,
    COL_DAYS,
    COL_FROM,
    COL_UNTIL,
    COL_ENTRY,
    COL_EXIT,
    COL_GAIN,
    COL_PRESENT,
    COL_HELD,
    COL_MINUTES,
    COL_COST,
    COL_COUNT
};

static const struct report_column columns[COL_COUNT] = {
    [COL_RUN] = {"provision", "Provision", SENDCO__REPORT__TYPE__TEXT, 22},
    [COL_TYPE] = {"type", "Type", SENDCO__REPORT__TYPE__TEXT, 16},
    [COL_LEADER] = {"leader", "Leader", SENDCO__REPORT__TYPE__TEXT, 16},
    [COL_DAYS] = {"days", "Days", SENDCO__REPORT__TYPE__TEXT, 14},
    [COL_FROM] = {"from", "From", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_UNTIL] = {"until", "Until", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_ENTRY] = {"entry", "Entry", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_EXIT] = {"exit", "Exit", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_GAIN] = {"gain", "Gain", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_PRESENT] = {"present", "Present", SENDCO__REPORT__TYPE__NUMBER, 7},
    [COL_HELD] = {"held", "Held", SENDCO__REPORT__TYPE__NUMBER, 5},
    [COL_MINUTES] = {"minutes", "Time", SENDCO__REPORT__TYPE__DURATION, 7},
    [COL_COST] = {"cost", "Cost", SENDCO__REPORT__TYPE__PENCE, 9},
};

struct attended {
    struct figure present, held;
};

struct provisions {
    const struct page *page;
    struct page_list members;
    struct rows runs;
    struct rows_index marks_of; // by session
    bool unmarked;              // the reader may see no attendances
    struct costing costing, year;
    Sendco__Report__Section *section;
    struct attended attended; // in all
    struct figure minutes, pence;
};

// --- reading ---

// The first day of the earliest run or membership there is.
static int32_t earliest(const struct provisions *of)
{
    int64_t first = of->page->work->as_at;
    for (size_t i = 0; i < of->members.n; i++) {
        const struct record *member = of->members.list[i], *run = rows_find(&of->runs, record_number(member, "provision"));
        int64_t joined = record_number(member, "starts"), began = run ? record_number(run, "starts") : joined;
        first = joined < first ? joined : first;
        first = began < first ? began : first;
    }
    return (int32_t)first;
}

static int read_marks(struct provisions *of)
{
    struct query query;
    struct rows marks;
    query_init(&query, kind_find("Attendance"));
    query.about = of->page->pupil->id;
    int result = rows_query(of->page->work, &query, ROWS_ALL, &marks);
    of->unmarked = result == 0 && marks.denied;
    return result == 0 ? rows_index(of->page->work, &marks, "session", NULL, &of->marks_of) : result;
}

static int read_all(struct provisions *of)
{
    struct report_work *work = of->page->work;
    int64_t pupil = of->page->pupil->id;
    int result = rows_read(work, "Provision", ROWS_ALL, &of->runs);
    if (result == 0)
        result = read_marks(of);
    if (result == 0)
        result = cost_make(work, earliest(of), work->as_at, pupil, &of->costing);
    return result == 0 ? cost_make(work, roll_year_start(work->as_at), work->as_at, pupil, &of->year) : result;
}

// --- a row ---

// The mark that says that the pupil was there; NULL when none does.
static const struct record *mark_present(const struct provisions *of, int64_t session)
{
    size_t n;
    struct record **marks = rows_of(&of->marks_of, session, &n);
    for (size_t i = 0; i < n; i++)
        if (plan_chosen(marks[i], "mark", "present"))
            return marks[i];
    return NULL;
}

// Sessions from a day on that were held while a member, and those of them with the mark.
static struct attended attended_of(const struct provisions *of, const struct record *member, int32_t from)
{
    struct report_work *work = of->page->work;
    bool seen = !of->costing.sessions.denied;
    struct attended attended = {.present = {.known = seen && !of->unmarked}, .held = {.known = seen}};
    size_t n;
    struct record **sessions = rows_of(&of->costing.sessions_of, record_number(member, "provision"), &n);
    for (size_t i = 0; i < n; i++) {
        int64_t day = record_number(sessions[i], "day");
        if (!record_number(sessions[i], "held") || day < from || day > work->as_at || !rows_holds(member, (int32_t)day))
            continue;
        const struct record *mark = mark_present(of, sessions[i]->id);
        figure_add(work, &attended.held, 1, sessions[i]);
        if (mark)
            figure_add(work, &attended.present, 1, mark);
    }
    return attended;
}

static const struct cost_member *cost_of(const struct costing *costing, int64_t member)
{
    for (size_t i = 0; i < costing->n_members; i++)
        if (costing->members[i].member->id == member)
            return &costing->members[i];
    return NULL;
}

static bool measured(const struct page *page, const struct record *member, const char *score, const char *day, const char *otherwise)
{
    const char *when = record_has(member, day) ? day : otherwise;
    return record_has(member, score) && (!record_has(member, when) || record_number(member, when) <= page->work->as_at);
}

static void fill_scores(const struct provisions *of, size_t at, const struct record *member)
{
    const struct page *page = of->page;
    Sendco__Report__Row *row = of->section->rows[at];
    bool entry = measured(page, member, "entry_score", "entry_day", "starts");
    bool leaving = measured(page, member, "exit_score", "exit_day", "ends");
    struct figure gain = {0};
    if (entry)
        report_cell(row, COL_ENTRY, report_field(member, "entry_score"));
    if (leaving)
        report_cell(row, COL_EXIT, report_field(member, "exit_score"));
    if (entry && leaving)
        figure_add(page->work, &gain, record_number(member, "exit_score") - record_number(member, "entry_score"), member);
    report_figure(page->work, of->section, at, COL_GAIN, &gain);
}

static void fill_figures(struct provisions *of, size_t at, const struct record *member)
{
    struct report_work *work = of->page->work;
    struct attended attended = attended_of(of, member, DATE_MIN);
    const struct cost_member *cost = cost_of(&of->costing, member->id);
    figure_join(work, &of->attended.present, &attended.present);
    figure_join(work, &of->attended.held, &attended.held);
    report_figure(work, of->section, at, COL_PRESENT, &attended.present);
    report_figure(work, of->section, at, COL_HELD, &attended.held);
    if (!cost)
        return;
    figure_join(work, &of->minutes, &cost->minutes.actual);
    report_figure(work, of->section, at, COL_MINUTES, &cost->minutes.actual);
    if (!of->costing.priced)
        return;
    figure_join(work, &of->pence, &cost->pence.actual);
    report_figure(work, of->section, at, COL_COST, &cost->pence.actual);
}

static void fill_row(struct provisions *of, size_t at)
{
    struct report_work *work = of->page->work;
    const struct record *member = of->members.list[at], *run = rows_find(&of->runs, record_number(member, "provision"));
    Sendco__Report__Row *row = of->section->rows[at];
    report_cell(row, COL_RUN, report_ref(work, member, "provision"));
    report_cell(row, COL_TYPE, report_ref(work, run, "type"));
    report_cell(row, COL_LEADER, report_ref(work, run, "leader"));
    report_cell(row, COL_DAYS, report_field(run, "days"));
    report_cell(row, COL_FROM, report_field(member, "starts"));
    report_cell(row, COL_UNTIL, report_field(record_has(member, "ends") ? member : run, "ends"));
    fill_scores(of, at, member);
    fill_figures(of, at, member);
    report_link(row, member->kind, member->id, work->arena);
}

// --- the totals ---

static void fill_all(struct provisions *of, size_t at)
{
    struct report_work *work = of->page->work;
    report_cell(of->section->rows[at], COL_RUN, value_text("In all"));
    report_figure(work, of->section, at, COL_PRESENT, &of->attended.present);
    report_figure(work, of->section, at, COL_HELD, &of->attended.held);
    report_figure(work, of->section, at, COL_MINUTES, &of->minutes);
    if (of->costing.priced)
        report_figure(work, of->section, at, COL_COST, &of->pence);
}

static void fill_year(struct provisions *of, size_t at)
{
    struct report_work *work = of->page->work;
    struct figure minutes = {0}, pence = {0};
    struct attended attended = {.present = {.known = of->attended.present.known}, .held = {.known = of->attended.held.known}};
    size_t n = 0;
    for (size_t i = 0; i < of->year.n_members; i++) {
        const struct cost_member *member = &of->year.members[i];
        if (member->member->about != of->page->pupil->id || !member->days)
            continue;
        struct attended own = attended_of(of, member->member, roll_year_start(work->as_at));
        n++;
        figure_join(work, &attended.present, &own.present);
        figure_join(work, &attended.held, &own.held);
        figure_join(work, &minutes, &member->minutes.actual);
        figure_join(work, &pence, &member->pence.actual);
    }
    minutes.known |= n == 0; // nothing took nothing
    pence.known |= n == 0;
    report_cell(of->section->rows[at], COL_RUN, value_text("This academic year"));
    report_figure(work, of->section, at, COL_PRESENT, &attended.present);
    report_figure(work, of->section, at, COL_HELD, &attended.held);
    report_figure(work, of->section, at, COL_MINUTES, &minutes);
    if (of->year.priced)
        report_figure(work, of->section, at, COL_COST, &pence);
}

// How many of the rows have a cost that cannot be told, so that the totals are not taken for all of it.
static int tell_unpriced(const struct provisions *of)
{
    size_t n = 0;
    for (size_t i = 0; of->costing.priced && i < of->members.n; i++) {
        const struct cost_member *cost = cost_of(&of->costing, of->members.list[i]->id);
        n += cost && !cost->pence.actual.known;
    }
    return n ? report_gap(of->page->work,
                          "The cost of %zu provision%s is not known and not in the totals: the run's grade has no cost rate on the day of "
                          "a session.",
                          n, n == 1 ? "" : "s")
             : 0;
}

int provision_section(const struct page *page)
{
    struct provisions of = {.page = page};
    int result = page_read(page, "ProvisionMember", "starts", &of.members);
    if (result < 0 || of.members.denied)
        return result;
    result = read_all(&of);
    if (result < 0)
        return result;
    size_t n = of.members.n;
    of.section = report_section(page->work, "provision", "Provision", columns, of.costing.priced ? COL_COUNT : COL_COST, n ? n + 2 : 0);
    if (!of.section)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        fill_row(&of, i);
    if (n == 0)
        return (of.section->text = arena_strdup(page->work->arena, "None.")) ? 0 : ERR_NOMEM;
    fill_all(&of, n);
    fill_year(&of, n + 1);
    return tell_unpriced(&of);
}
