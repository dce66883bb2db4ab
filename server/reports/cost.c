// Hours and pence of provision; what each figure means is said in cost.h. What
// cost_read.c has read is planned by its dates, then the sessions are added one by
// one, and last the pupils' marks. Reader thread.
#include "server/reports/cost.h"

#include "common/text.h"
#include "records/provision.pb-c.h"

// --- minutes and rates ---------------------------------------------------------

// The run's own, else its type's.
static bool usual(const struct cost_run *run, const char *field, int64_t *number)
{
    const struct record *from = record_has(run->run, field) ? run->run : run->type;
    *number = from ? record_number(from, field) : 0;
    return from && record_has(from, field);
}

static bool run_minutes(const struct cost_run *run, int64_t *minutes)
{
    return usual(run, "minutes", minutes);
}

bool cost_session_minutes(const struct cost_run *run, const struct record *session, int64_t *minutes)
{
    if (!record_has(session, "minutes"))
        return run_minutes(run, minutes);
    *minutes = record_number(session, "minutes");
    return true;
}

static bool run_rate(const struct costing *costing, const struct cost_run *run, int32_t day, int64_t *rate)
{
    const char *grade = record_text(run->run, "grade");
    if (run->run->withheld & field_bit(field_find(run->run->kind, "hourly")))
        return false;
    if (record_has(run->run, "hourly")) {
        *rate = record_number(run->run, "hourly");
        return true;
    }
    for (size_t i = 0; grade && i < costing->rates.n; i++) {
        const struct record *found = costing->rates.list[i];
        const char *of = record_text(found, "grade");
        if (of && text_same(of, grade) && rows_holds(found, day)) {
            *rate = record_number(found, "hourly");
            return true;
        }
    }
    return false;
}

static bool session_price(const struct costing *costing, const struct cost_run *run, int32_t day, int64_t minutes, int64_t *pence)
{
    int64_t rate;
    if (!costing->priced || !run_rate(costing, run, day, &rate))
        return false;
    *pence = figure_round(minutes * rate, 60);
    return true;
}

bool cost_session_pence(const struct costing *costing, const struct cost_run *run, const struct record *session, int64_t *pence)
{
    int64_t minutes;
    return cost_session_minutes(run, session, &minutes) &&
           session_price(costing, run, (int32_t)record_number(session, "day"), minutes, pence);
}

int64_t cost_resources(const struct costing *costing, const struct cost_run *run, int32_t by)
{
    int64_t starts = record_number(run->run, "starts");
    return costing->priced && run->type && starts >= costing->from && starts <= by ? record_number(run->type, "resources") : 0;
}

// --- sharing -------------------------------------------------------------------

enum part { PLANNED, TO_DATE, ACTUAL };

static struct figure *part_of(struct cost_amounts *amounts, enum part part)
{
    return part == PLANNED ? &amounts->planned : part == TO_DATE ? &amounts->to_date : &amounts->actual;
}

static int64_t weight(const struct cost_member *member, enum part part)
{
    return part == PLANNED ? member->days : member->days_to_date;
}

// By days in the run. What rounding leaves over is less than a penny for each who has a day.
static void share_by_days(struct costing *costing, const struct cost_run *run, enum part part, int64_t pence, const struct record *because)
{
    struct cost_member *members = costing->members + run->first;
    int64_t days = 0, left = pence;
    for (size_t i = 0; i < run->n_members; i++)
        days += weight(&members[i], part);
    for (size_t i = 0; days && i < run->n_members; i++)
        left -= pence * weight(&members[i], part) / days;
    for (size_t i = 0; days && i < run->n_members; i++) {
        if (weight(&members[i], part) == 0)
            continue;
        int64_t share = pence * weight(&members[i], part) / days + (left > 0);
        left--;
        figure_add(costing->work, part_of(&members[i].pence, part), share, because ? because : members[i].member);
    }
}

// Alike among the members of the session's day.
static void share_session(struct costing *costing, struct cost_run *run, const struct record *session, int64_t pence)
{
    struct cost_member *members = costing->members + run->first;
    int32_t day = (int32_t)record_number(session, "day");
    int64_t n = 0, given = 0;
    for (size_t i = 0; i < run->n_members; i++)
        n += rows_holds(members[i].member, day);
    run->unshared += n == 0;
    for (size_t i = 0; costing->priced && n && i < run->n_members; i++) {
        if (rows_holds(members[i].member, day))
            figure_add(costing->work, &members[i].pence.actual, pence / n + (given++ < pence % n), session);
    }
}

// --- planned and to date -------------------------------------------------------

// Sessions in so many days of the run. Closing a run early makes its days fewer, not its timetable fuller.
static int64_t sessions_to_date(const struct cost_run *run, int64_t planned, int64_t days)
{
    int64_t linear = figure_round(planned * days, run->days), per_week;
    if (!usual(run, "per_week", &per_week))
        return linear;
    int64_t most = (per_week * days + 6) / 7;
    return linear < most ? linear : most;
}

static void plan_member(struct costing *costing, const struct cost_run *run, struct cost_member *member, int64_t planned, int64_t minutes)
{
    int64_t to_date = sessions_to_date(run, planned, member->days_to_date);
    figure_add(costing->work, &member->minutes.planned, figure_round(planned * member->days, run->days) * minutes, member->member);
    figure_add(costing->work, &member->minutes.to_date, to_date * minutes, member->member);
}

static void plan_pence(struct costing *costing, struct cost_run *run, enum part part, int64_t sessions, int64_t each)
{
    int64_t resources = cost_resources(costing, run, part == PLANNED ? costing->to : costing->day);
    struct figure *pence = part_of(&run->pence, part);
    figure_add(costing->work, pence, sessions * each, run->run);
    if (resources)
        figure_add(costing->work, pence, resources, run->type);
    share_by_days(costing, run, part, pence->amount, NULL);
}

static void plan_run(struct costing *costing, struct cost_run *run)
{
    struct report_work *work = costing->work;
    int64_t planned = record_number(run->run, "planned"), minutes, each;
    run->planned_sessions = figure_round(planned * run->days_within, run->days);
    run->to_date_sessions = sessions_to_date(run, planned, run->days_to_date);
    if (!record_has(run->run, "planned") || !run_minutes(run, &minutes))
        return;
    figure_add(work, &run->minutes.planned, run->planned_sessions * minutes, run->run);
    figure_add(work, &run->minutes.to_date, run->to_date_sessions * minutes, run->run);
    for (size_t i = 0; i < run->n_members; i++)
        plan_member(costing, run, &costing->members[run->first + i], planned, minutes);
    run->unpriced = costing->priced && !session_price(costing, run, (int32_t)record_number(run->run, "starts"), minutes, &each);
    if (!costing->priced || run->unpriced)
        return;
    plan_pence(costing, run, PLANNED, run->planned_sessions, each);
    plan_pence(costing, run, TO_DATE, run->to_date_sessions, each);
}

// --- actual --------------------------------------------------------------------

// What of the run's held sessions is known of all of them.
struct known {
    bool minutes, pence;
};

static void add_session(struct costing *costing, struct cost_run *run, const struct record *session, struct known *known)
{
    int64_t minutes = 0, pence = 0;
    if (!record_number(session, "held")) {
        run->lost++;
        return;
    }
    run->held++;
    bool timed = cost_session_minutes(run, session, &minutes), priced = cost_session_pence(costing, run, session, &pence);
    figure_add(costing->work, &run->minutes.actual, minutes, session);
    figure_add(costing->work, &run->pence.actual, pence, session);
    share_session(costing, run, session, pence);
    known->minutes &= timed;
    known->pence &= priced;
    run->unpriced |= costing->priced && timed && !priced;
}

static void add_sessions(struct costing *costing, struct cost_run *run, struct known *known)
{
    size_t n;
    struct record **sessions = rows_of(&costing->sessions_of, run->run->id, &n);
    *known = (struct known){!costing->sessions.denied, costing->priced && !costing->sessions.denied};
    for (size_t i = 0; i < n; i++)
        add_session(costing, run, sessions[i], known);
    int64_t resources = cost_resources(costing, run, costing->day);
    if (!resources)
        return;
    figure_add(costing->work, &run->pence.actual, resources, run->type);
    share_by_days(costing, run, ACTUAL, resources, run->type);
}

static struct cost_member *member_on(const struct costing *costing, const struct cost_run *run, int64_t pupil, int32_t day)
{
    for (size_t i = 0; i < run->n_members; i++) {
        struct cost_member *member = &costing->members[run->first + i];
        if (member->member->about == pupil && rows_holds(member->member, day))
            return member;
    }
    return NULL;
}

static void add_mark(struct costing *costing, const struct record *session, const struct record *mark)
{
    struct cost_run *run = cost_run_find(costing, record_number(session, "provision"));
    struct cost_member *member = run ? member_on(costing, run, mark->about, (int32_t)record_number(session, "day")) : NULL;
    bool present = record_number(mark, "mark") == SENDCO__RECORDS__ATTENDANCE__MARK__PRESENT;
    int64_t minutes;
    if (!member || !record_number(session, "held"))
        return;
    member->present += present;
    member->absent += !present;
    if (present && cost_session_minutes(run, session, &minutes))
        figure_add(costing->work, &member->minutes.actual, minutes, session);
}

static void add_marks(struct costing *costing)
{
    const struct field *of = field_find(kind_find("Attendance"), "session");
    for (size_t i = 0; i < costing->attendances.n; i++) {
        const struct record *mark = costing->attendances.list[i];
        const struct record *session = rows_find(&costing->sessions, mark->values[of->index].number);
        if (session)
            add_mark(costing, session, mark);
    }
}

// Nothing added is 0 where all is known; what is unknown counts nowhere.
static void settle(struct figure *figure, bool known)
{
    if (known)
        figure->known = true;
    else
        *figure = (struct figure){.known = false};
}

static void settle_run(struct costing *costing, struct cost_run *run, const struct known *known)
{
    settle(&run->minutes.actual, known->minutes);
    settle(&run->pence.actual, known->pence);
    for (size_t i = 0; i < run->n_members; i++) {
        struct cost_member *member = &costing->members[run->first + i];
        settle(&member->minutes.actual, known->minutes && !costing->attendances.denied);
        settle(&member->pence.planned, run->pence.planned.known);
        settle(&member->pence.to_date, run->pence.to_date.known);
        settle(&member->pence.actual, known->pence);
    }
}

int cost_make(struct report_work *work, int32_t from, int32_t to, int64_t pupil, struct costing *costing)
{
    *costing = (struct costing){.work = work, .from = from, .to = to, .day = to < work->as_at ? to : work->as_at};
    int result = cost_read(costing, pupil);
    struct known *known = result == 0 ? arena_zero(work->arena, costing->n_runs + 1, sizeof *known) : NULL;
    if (result == 0 && !known)
        return problem_set(work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    for (size_t i = 0; result == 0 && i < costing->n_runs; i++) {
        plan_run(costing, &costing->runs[i]);
        add_sessions(costing, &costing->runs[i], &known[i]);
    }
    if (result == 0)
        add_marks(costing);
    for (size_t i = 0; result == 0 && i < costing->n_runs; i++)
        settle_run(costing, &costing->runs[i], &known[i]);
    return result;
}
