// What costing reads: the runs of a period with their members, their sessions and
// the marks; cost.c makes the figures from it. Reader thread.
#include "server/reports/cost.h"

#include <stdlib.h>

// --- dates ---------------------------------------------------------------------

struct span {
    int64_t from, to; // both inclusive; to before from: nothing
};

static struct span span_of(const struct record *record, int64_t otherwise)
{
    return (struct span){record_number(record, "starts"), record_has(record, "ends") ? record_number(record, "ends") : otherwise};
}

static struct span span_both(struct span a, struct span b)
{
    return (struct span){a.from > b.from ? a.from : b.from, a.to < b.to ? a.to : b.to};
}

static int32_t span_days(struct span span)
{
    return span.to < span.from ? 0 : (int32_t)(span.to - span.from + 1);
}

static bool overlaps(const struct costing *costing, const struct record *run)
{
    return span_days(span_both(span_of(run, costing->to), (struct span){costing->from, costing->to})) > 0;
}

// --- reading -------------------------------------------------------------------

static int read_sessions(struct report_work *work, struct costing *costing)
{
    struct query query;
    query_init(&query, kind_find("ProvisionSession"));
    query_where(&query, "day", OP_GE, value_number(costing->from));
    query_where(&query, "day", OP_LE, value_number(costing->day));
    return rows_query(work, &query, ROWS_ALL, &costing->sessions);
}

// Marks have no date of their own. Sessions are numbered as they are entered, so that
// those of a period lie close together: their first and last number bound what is read.
static int read_attendances(struct report_work *work, struct costing *costing, int64_t pupil)
{
    struct query query;
    query_init(&query, kind_find("Attendance"));
    int64_t first = costing->sessions.n ? costing->sessions.list[0]->id : 1;
    int64_t last = costing->sessions.n ? costing->sessions.list[costing->sessions.n - 1]->id : 0;
    query_where(&query, "session", OP_GE, value_number(first));
    query_where(&query, "session", OP_LE, value_number(last));
    query.about = pupil;
    return rows_query(work, &query, ROWS_ALL, &costing->attendances);
}

static int read_all(struct report_work *work, struct costing *costing, int64_t pupil)
{
    int result = rows_read(work, "Provision", ROWS_BY_NAME, &costing->runs_read);
    if (result == 0)
        result = rows_read(work, "ProvisionType", ROWS_BY_NAME, &costing->types);
    if (result == 0)
        result = rows_read(work, "ProvisionMember", ROWS_ALL, &costing->members_read);
    if (result == 0)
        result = rows_read(work, "CostRate", ROWS_ALL, &costing->rates);
    if (result == 0)
        result = read_sessions(work, costing);
    if (result == 0)
        result = read_attendances(work, costing, pupil);
    if (result == 0)
        result = rows_index(work, &costing->members_read, "provision", NULL, &costing->members_of);
    return result == 0 ? rows_index(work, &costing->sessions, "provision", "day", &costing->sessions_of) : result;
}

// --- runs and members ----------------------------------------------------------

static bool has_pupil(struct record *const *members, size_t n, int64_t pupil)
{
    for (size_t i = 0; i < n; i++)
        if (record_number(members[i], "pupil") == pupil)
            return true;
    return false;
}

static void add_members(struct costing *costing, size_t at, struct record *const *members, size_t n)
{
    struct cost_run *run = &costing->runs[at];
    struct span whole = span_of(run->run, costing->to), within = span_both(whole, (struct span){costing->from, costing->to});
    run->days = span_days(whole);
    run->days_within = span_days(within);
    run->days_to_date = span_days(span_both(within, (struct span){costing->from, costing->day}));
    run->first = costing->n_members;
    run->n_members = n;
    for (size_t i = 0; i < n; i++) {
        struct cost_member *member = &costing->members[costing->n_members++];
        struct span stay = span_both(span_of(members[i], whole.to), within);
        *member = (struct cost_member){.member = members[i], .run = at, .days = span_days(stay)};
        member->days_to_date = span_days(span_both(stay, (struct span){costing->from, costing->day}));
    }
}

static int by_run_id(const void *a, const void *b)
{
    const struct cost_run *x = *(struct cost_run *const *)a, *y = *(struct cost_run *const *)b;
    return (x->run->id > y->run->id) - (x->run->id < y->run->id);
}

static int choose_runs(struct costing *costing, int64_t pupil)
{
    struct arena *arena = costing->work->arena;
    costing->runs = arena_zero(arena, costing->runs_read.n + 1, sizeof *costing->runs);
    costing->members = arena_zero(arena, costing->members_read.n + 1, sizeof *costing->members);
    costing->by_id = arena_zero(arena, costing->runs_read.n + 1, sizeof(struct cost_run *));
    if (!costing->runs || !costing->members || !costing->by_id)
        return problem_set(costing->work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    for (size_t i = 0; i < costing->runs_read.n; i++) {
        struct record *of = costing->runs_read.list[i];
        size_t n;
        struct record **members = rows_of(&costing->members_of, of->id, &n);
        if (!overlaps(costing, of) || (pupil && !has_pupil(members, n, pupil)))
            continue;
        struct cost_run *run = &costing->runs[costing->n_runs];
        *run = (struct cost_run){.run = of, .type = rows_find(&costing->types, record_number(of, "type"))};
        costing->by_id[costing->n_runs] = run;
        add_members(costing, costing->n_runs++, members, n);
    }
    if (costing->n_runs)
        qsort(costing->by_id, costing->n_runs, sizeof *costing->by_id, by_run_id);
    return 0;
}

struct cost_run *cost_run_find(const struct costing *costing, int64_t id)
{
    size_t low = 0, high = costing->n_runs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (costing->by_id[middle]->run->id == id)
            return costing->by_id[middle];
        if (costing->by_id[middle]->run->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int cost_read(struct costing *costing, int64_t pupil)
{
    int result = read_all(costing->work, costing, pupil);
    costing->priced = !costing->rates.denied;
    return result == 0 ? choose_runs(costing, pupil) : result;
}

// --- sums ----------------------------------------------------------------------

static void join_known(struct report_work *work, struct figure *into, const struct figure *from)
{
    if (from->known)
        figure_join(work, into, from);
}

void cost_join(struct report_work *work, struct cost_amounts *into, const struct cost_amounts *from)
{
    join_known(work, &into->planned, &from->planned);
    join_known(work, &into->to_date, &from->to_date);
    join_known(work, &into->actual, &from->actual);
}

bool cost_any(const struct cost_amounts *amounts)
{
    return amounts->planned.amount > 0 || amounts->to_date.amount > 0 || amounts->actual.amount > 0;
}
