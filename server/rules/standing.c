// Rules of where a pupil stands: SEN status and who is told of it, needs and their
// ranks, concerns and what is decided of them. Writer thread.
#include "server/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static int warn_of_no_plan(struct view *view, const struct record *status, struct problem *problem)
{
    bool live;
    int error = rule_has_live_plan(view, status->about, &live, problem);
    if (!error && !live)
        view_warn(view, status, "provision", "The pupil has no live plan; support without one is a gap (sendco plan add).");
    return error;
}

static int warn_of_needs(struct view *view, const struct record *status, struct problem *problem)
{
    struct query query;
    uint64_t n;
    int64_t starts = record_number(status, "starts");
    query_init(&query, kind_find("Need"));
    query.about = status->about;
    query.as_at = starts > view_today(view) ? (int32_t)starts : view_today(view);
    int error = rule_count(view, &query, &n, problem);
    if (!error && n)
        view_warn(view, status, "provision", "%llu of the pupil's needs still run%s; end them, or say why they stay.",
                  (unsigned long long)n, n == 1 ? "s" : "");
    return error;
}

// Judged when the request is done: the plan, or the needs' ends, may come with it.
static int settle_status(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !rule_changed(before, after, "provision") || rule_last_day(after) < view_today(view))
        return 0;
    if (rule_coded(after, "provision", "K") || rule_coded(after, "provision", "E"))
        return warn_of_no_plan(view, after, problem);
    return rule_coded(after, "provision", "N") ? warn_of_needs(view, after, problem) : 0;
}

// --- needs ---

static int refuse_rank(struct view *view, const struct record *need, const struct record *other, struct problem *problem)
{
    char since[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    const char *name = record_text(other, "need");
    problem_in_field(problem, ERR_CONFLICT, need->kind, need->id, field_find(need->kind, "rank")->index,
                     "%s holds rank %lld of this pupil already, from %s", name ? name : "another need",
                     (long long)record_number(need, "rank"), date_human((int32_t)record_number(other, "starts"), since));
    problem_hint(problem, "End that need first, choose another rank, or put all in a new order in one go: sendco need order %s NEED …",
                 rule_id(view, kind_find("Pupil"), need->about, id));
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

static int refuse_alone(struct view *view, const struct record *mine, const struct record *lower, int64_t day, struct problem *problem)
{
    char on[DATE_TEXT_MAX], pupil[ID_TEXT_MAX], hint[240];
    const char *name = record_text(lower, "need");
    snprintf(hint, sizeof hint,
             "Put the needs in a new order in one go: sendco need order %s NEED …; or give the first need those days too.",
             rule_id(view, kind_find("Pupil"), mine->about, pupil));
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

struct days {
    int64_t first, last; // none when last is before first
};

static struct days days_of(const struct record *need)
{
    return (struct days){rule_first_day(need), rule_last_day(need)};
}

// What is in `these` and not in `those`: before them and after them.
static void days_without(struct days these, struct days those, struct days left[2])
{
    static const struct days none = {1, 0};
    left[0] = these;
    left[1] = none;
    if (those.first > those.last)
        return;
    left[0].last = these.last < those.first ? these.last : those.first - 1;
    if (those.last < these.last)
        left[1] = (struct days){these.first > those.last ? these.first : those.last + 1, these.last};
}

// The days on which this change can leave a need alone: those on which a lower need is new
// and those that a first need holds no more. An older gap is not this change's fault.
static void doubtful_days(const struct record *before, const struct record *after, struct days doubtful[4])
{
    static const struct days none = {1, 0};
    bool was_first = before && record_number(before, "rank") == 1, is_first = after && record_number(after, "rank") == 1;
    for (size_t i = 0; i < 4; i++)
        doubtful[i] = none;
    if (was_first)
        days_without(days_of(before), is_first ? days_of(after) : none, doubtful);
    if (after && !is_first)
        days_without(days_of(after), before && !was_first ? days_of(before) : none, doubtful + 2);
}

static int judge_alone(struct view *view, const struct record *mine, const struct found *needs, struct days days, bool all,
                       struct problem *problem)
{
    for (size_t i = 0; i < needs->n; i++) {
        const struct record *lower = needs->records[i];
        if (record_number(lower, "rank") == 1 || (!all && lower->id != mine->id))
            continue;
        int64_t first = rule_first_day(lower) > days.first ? rule_first_day(lower) : days.first;
        int64_t last = rule_last_day(lower) < days.last ? rule_last_day(lower) : days.last;
        int64_t day = first <= last ? first_uncovered(needs, first, last) : INT64_MAX;
        if (day <= last && day != INT64_MAX)
            return refuse_alone(view, mine, lower, day, problem);
    }
    return 0;
}

static int judge_rank(struct view *view, const struct record *mine, const struct found *needs, struct problem *problem)
{
    for (size_t i = 0; i < needs->n; i++) {
        const struct record *other = needs->records[i];
        if (other->id != mine->id && record_number(other, "rank") == record_number(mine, "rank") && rule_overlap(mine, other))
            return refuse_rank(view, mine, other, problem);
    }
    return 0;
}

static int judge_need(struct view *view, const struct record *before, const struct record *after, const struct found *needs, int64_t left,
                      struct problem *problem)
{
    struct days doubtful[4];
    int error = after ? judge_rank(view, after, needs, problem) : 0;
    doubtful_days(before, after, doubtful);
    for (size_t i = 0; i < 4 && !error; i++) {
        doubtful[i].last = doubtful[i].last < left ? doubtful[i].last : left;
        error = judge_alone(view, after ? after : before, needs, doubtful[i], i < 2, problem); // of those that are new, only mine
    }
    return error;
}

static int by_rank(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    int64_t p = record_number(x, "rank"), q = record_number(y, "rank");
    if (p == q) {
        p = rule_first_day(x);
        q = rule_first_day(y);
    }
    return (p > q) - (p < q);
}

// Needs of rank 1 in order, none beside another: up to which day do they hold without a gap from this one on? Before `day`: not at all.
static int64_t held_until(const struct record *const *firsts, const int64_t *until, size_t n, int64_t day)
{
    size_t low = 0, high = n; // the last that begins by that day is before `low`
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rule_first_day(firsts[middle]) <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low && rule_last_day(firsts[low - 1]) >= day ? until[low - 1] : INT64_MIN;
}

// Are all as they should be: no two of a rank at once, and none without one of rank 1 on any day on roll? Then nobody need
// look at each. They lie by rank.
static bool all_well(struct record *const *needs, size_t n, int64_t left, int64_t *until)
{
    size_t n_first = 0;
    for (size_t i = 1; i < n; i++)
        if (record_number(needs[i - 1], "rank") == record_number(needs[i], "rank") &&
            rule_last_day(needs[i - 1]) >= rule_first_day(needs[i]))
            return false;
    while (n_first < n && record_number(needs[n_first], "rank") == 1)
        n_first++;
    for (size_t i = n_first; i-- > 0;) {
        int64_t last = rule_last_day(needs[i]);
        bool goes_on = i + 1 < n_first && rule_first_day(needs[i + 1]) == last + 1;
        until[i] = goes_on ? until[i + 1] : last;
    }
    for (size_t i = n_first; i < n; i++) {
        int64_t last = rule_last_day(needs[i]) < left ? rule_last_day(needs[i]) : left;
        if (rule_first_day(needs[i]) <= last &&
            held_until((const struct record *const *)needs, until, n_first, rule_first_day(needs[i])) < last)
            return false;
    }
    return true;
}

// Something is not as it should be: is it what the request changed, or was it so before?
static int judge_changed(struct view *view, int64_t pupil, const struct found *needs, int64_t left, struct problem *problem)
{
    struct query query;
    struct found all;
    query_init(&query, kind_find("Need"));
    query.about = pupil;
    query.removed = true;
    int error = rule_find(view, &query, needs->arena, &all, problem);
    for (size_t i = 0; !error && i < all.n; i++) {
        const struct record *need = all.records[i], *before = rule_was(view, need, needs->arena);
        if (view_changed(view, need) && (before || !need->removed))
            error = judge_need(view, before, need->removed ? NULL : need, needs, left, problem);
    }
    return error;
}

static int judge_needs(struct view *view, int64_t pupil, struct arena *arena, struct problem *problem)
{
    struct found needs;
    int error = rule_find_about(view, "Need", pupil, arena, &needs, problem);
    if (error || needs.n == 0)
        return error;
    int64_t left = last_on_roll(view, pupil, arena);
    struct record **ranked = arena_alloc(arena, needs.n * sizeof *ranked);
    int64_t *until = arena_alloc(arena, needs.n * sizeof *until);
    if (!ranked || !until)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    memcpy(ranked, needs.records, needs.n * sizeof *ranked);
    qsort(ranked, needs.n, sizeof *ranked, by_rank);
    return all_well(ranked, needs.n, left, until) ? 0 : judge_changed(view, pupil, &needs, left, problem);
}

// Judged when the request is done, so that two needs may change places in it; all of a pupil's at once, for there may be thousands.
static int settle_need(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "rank") && !rule_changed(before, after, "starts") &&
                !rule_changed(before, after, "ends");
    const struct record *need = after ? after : before;
    if (same || !rule_once(view, need->kind, need->about))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_needs(view, need->about, &arena, problem);
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
