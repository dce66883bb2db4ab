// Rules of where a pupil stands: SEN status and who is told of it, needs and their
// ranks, concerns and what is decided of them. Writer thread.
#include "server/rules/rules.h"

#include <stdio.h>

#include "server/rules/judge.h"

// --- status ---

static int check_status(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)problem;
    if (!after || record_has(after, "parent_informed") || !rule_changed(before, after, "provision"))
        return 0; // only whoever sets the status is told, not whoever later closes it
    if (rule_coded(after, "provision", "K") || rule_coded(after, "provision", "E"))
        view_warn(view, after, "parent_informed",
                  "No date says that the parent was informed; the school must tell them before SEN provision begins "
                  "(Children and Families Act 2014, section 68).");
    return 0;
}

static int warn_of_no_plan(struct view *view, const struct record *status, struct arena *arena, struct problem *problem)
{
    struct found plans;
    int error = rule_find_about(view, "Plan", status->about, arena, &plans, problem);
    for (size_t i = 0; i < plans.n; i++)
        if (rule_plan_is_live(plans.records[i], view_today(view)))
            return error;
    if (!error)
        view_warn(view, status, "provision", "The pupil has no live plan; support without one is a gap (sendco plan add).");
    return error;
}

static int warn_of_needs(struct view *view, const struct record *status, struct arena *arena, struct problem *problem)
{
    struct query query;
    struct found needs;
    int64_t starts = record_number(status, "starts");
    query_init(&query, kind_find("Need"));
    query.about = status->about;
    query.as_at = starts > view_today(view) ? (int32_t)starts : view_today(view);
    int error = rule_find(view, &query, arena, &needs, problem);
    if (!error && needs.n)
        view_warn(view, status, "provision", "%zu of the pupil's needs still run%s; end them, or say why they stay.", needs.n,
                  needs.n == 1 ? "s" : "");
    return error;
}

// Judged when the request is done: the plan, or the needs' ends, may come with it.
static int settle_status(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !rule_changed(before, after, "provision") || rule_last_day(after) < view_today(view))
        return 0;
    struct arena arena;
    int error = 0;
    arena_init(&arena, 0);
    if (rule_coded(after, "provision", "K") || rule_coded(after, "provision", "E"))
        error = warn_of_no_plan(view, after, &arena, problem);
    else if (rule_coded(after, "provision", "N"))
        error = warn_of_needs(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// --- needs ---

static int refuse_rank(const struct record *need, const struct record *other, struct problem *problem)
{
    char since[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    const char *name = record_text(other, "need");
    problem_in_field(problem, ERR_CONFLICT, need->kind, need->id, field_find(need->kind, "rank")->index,
                     "%s holds rank %lld of this pupil already, from %s", name ? name : "another need",
                     (long long)record_number(need, "rank"), date_human((int32_t)record_number(other, "starts"), since));
    problem_hint(problem, "End that need first, choose another rank, or put all in a new order in one go: sendco need order %s NEED …",
                 id_format(kind_find("Pupil"), need->about, id));
    return ERR_CONFLICT;
}

// The first day from `day` on that no need of rank 1 holds; INT64_MAX or beyond `last` when all are held.
static int64_t first_uncovered(const struct found *needs, int64_t day, int64_t last)
{
    for (size_t i = 0; i < needs->n && day <= last;) {
        const struct record *need = needs->records[i++];
        if (record_number(need, "rank") != 1 || rule_first_day(need) > day || rule_last_day(need) < day)
            continue;
        if (rule_last_day(need) >= last)
            return INT64_MAX;
        day = rule_last_day(need) + 1;
        i = 0; // another may go on from here
    }
    return day;
}

static int refuse_alone(const struct record *mine, const struct record *lower, int64_t day, struct problem *problem)
{
    char on[DATE_TEXT_MAX], pupil[ID_TEXT_MAX], hint[240];
    const char *name = record_text(lower, "need");
    snprintf(hint, sizeof hint,
             "Put the needs in a new order in one go: sendco need order %s NEED …; or give the first need those days too.",
             id_format(kind_find("Pupil"), mine->about, pupil));
    if (mine->id == lower->id)
        return rule_refuse(problem, mine, "rank", hint, "a need of rank %lld needs one of rank 1 beside it; on %s the pupil has none",
                           (long long)record_number(mine, "rank"), date_human((int32_t)day, on));
    return rule_refuse(problem, mine, "rank", hint, "%s, of rank %lld, would be left without a need of rank 1 on %s",
                       name ? name : "a need", (long long)record_number(lower, "rank"), date_human((int32_t)day, on));
}

// Of a pupil who has left nothing is asked beyond the last day on roll.
static int64_t last_on_roll(struct view *view, int64_t pupil, struct arena *arena)
{
    struct record *record;
    bool left = view_get(view, kind_find("Pupil"), pupil, arena, &record, NULL) == 0 && record_has(record, "left");
    return left ? record_number(record, "left") : INT64_MAX;
}

static int judge_needs(struct view *view, const struct record *mine, bool removed, struct arena *arena, struct problem *problem)
{
    struct found needs;
    int error = rule_find_about(view, "Need", mine->about, arena, &needs, problem);
    int64_t left = last_on_roll(view, mine->about, arena);
    for (size_t i = 0; i < needs.n && !error && !removed; i++) {
        const struct record *other = needs.records[i];
        if (other->id != mine->id && record_number(other, "rank") == record_number(mine, "rank") && rule_overlap(mine, other))
            error = refuse_rank(mine, other, problem);
    }
    for (size_t i = 0; i < needs.n && !error; i++) {
        const struct record *lower = needs.records[i];
        int64_t last = rule_last_day(lower) < left ? rule_last_day(lower) : left;
        int64_t day = record_number(lower, "rank") > 1 ? first_uncovered(&needs, record_number(lower, "starts"), last) : INT64_MAX;
        if (day <= last && day != INT64_MAX)
            error = refuse_alone(mine, lower, day, problem);
    }
    return error;
}

// Judged when the request is done, so that two needs may change places in it.
static int settle_need(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "rank") && !rule_changed(before, after, "starts") &&
                !rule_changed(before, after, "ends");
    if (same)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_needs(view, after ? after : before, !after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// --- concerns ---

static int check_concern(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after)
        return 0;
    bool decided = record_has(after, "decided");
    int64_t raised = record_number(after, "raised"), day = record_number(after, "decided");
    if (raised > view_today(view))
        return rule_refuse(problem, after, "raised", "Give the day on which it was raised: today at the latest.", "lies in the future");
    if (decided && !record_has(after, "outcome"))
        return rule_refuse(problem, after, "outcome", "Give both, outcome and decided, or leave both empty until it is decided.",
                           "a decided concern says what was decided");
    if (!decided && record_has(after, "outcome"))
        return rule_refuse(problem, after, "decided", "Give both, outcome and decided, or leave both empty until it is decided.",
                           "an outcome says on which day it was decided");
    if (decided && day < raised)
        return rule_refuse(problem, after, "decided", "Give a day from the one on which it was raised on.",
                           "is before the concern was raised");
    if (decided && day > view_today(view))
        return rule_refuse(problem, after, "decided", "Give the day of the decision: today at the latest.", "lies in the future");
    return 0;
}

void standing_rules(struct store *store)
{
    store_on_put(store, kind_find("SenStatus"), check_status, NULL);
    store_on_settled(store, kind_find("SenStatus"), settle_status);
    store_on_settled(store, kind_find("Need"), settle_need);
    store_on_put(store, kind_find("Concern"), check_concern, NULL);
}
