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

// A pupil's needs by rank and day, and the days that those of rank 1 hold, apart and in order.
struct ranked {
    struct record **needs;
    struct days {
        int64_t first, last; // none when last is before first
    } * held;
    size_t n, n_held;
};

// The first day from `day` on that no need of rank 1 holds; INT64_MAX or beyond `last` when all are held.
static int64_t first_uncovered(const struct ranked *ranked, int64_t day)
{
    size_t low = 0, high = ranked->n_held; // the last that begins by that day is before `low`
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranked->held[middle].first <= day)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || ranked->held[low - 1].last < day)
        return day;
    return ranked->held[low - 1].last == INT64_MAX ? INT64_MAX : ranked->held[low - 1].last + 1;
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

static int judge_lower(struct view *view, const struct record *mine, const struct record *lower, const struct ranked *ranked,
                       struct days days, struct problem *problem)
{
    int64_t first = rule_first_day(lower) > days.first ? rule_first_day(lower) : days.first;
    int64_t last = rule_last_day(lower) < days.last ? rule_last_day(lower) : days.last;
    int64_t day = first <= last ? first_uncovered(ranked, first) : INT64_MAX;
    return day <= last && day != INT64_MAX ? refuse_alone(view, mine, lower, day, problem) : 0;
}

// Of the days that are new to a lower need only that one is asked; of those that a first need lost, all lower ones.
static int judge_need(struct view *view, const struct record *before, const struct record *after, const struct ranked *ranked, int64_t left,
                      struct problem *problem)
{
    struct days doubtful[4];
    int error = 0;
    doubtful_days(before, after, doubtful);
    for (size_t i = 0; i < 4 && !error; i++) {
        struct days days = {doubtful[i].first, doubtful[i].last < left ? doubtful[i].last : left};
        if (days.first > days.last)
            continue;
        if (i >= 2)
            error = judge_lower(view, after, after, ranked, days, problem);
        for (size_t at = 0; at < ranked->n && i < 2 && !error; at++)
            if (record_number(ranked->needs[at], "rank") != 1)
                error = judge_lower(view, after ? after : before, ranked->needs[at], ranked, days, problem);
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

static int rank_needs(const struct found *needs, struct ranked *ranked, struct problem *problem)
{
    *ranked = (struct ranked){.needs = arena_alloc(needs->arena, (needs->n + 1) * sizeof *ranked->needs),
                              .held = arena_alloc(needs->arena, (needs->n + 1) * sizeof *ranked->held),
                              .n = needs->n};
    if (!ranked->needs || !ranked->held)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (needs->n == 0)
        return 0;
    memcpy(ranked->needs, needs->records, needs->n * sizeof *ranked->needs);
    qsort(ranked->needs, needs->n, sizeof *ranked->needs, by_rank);
    for (size_t i = 0; i < needs->n && record_number(ranked->needs[i], "rank") == 1; i++) {
        struct days days = days_of(ranked->needs[i]), *last = ranked->n_held ? &ranked->held[ranked->n_held - 1] : NULL;
        if (!last || (last->last < INT64_MAX && days.first > last->last + 1))
            ranked->held[ranked->n_held++] = days;
        else if (days.last > last->last)
            last->last = days.last;
    }
    return 0;
}

// Two of a rank at once, one of them new or moved: beside the one that lasts longest so far each is seen.
static int judge_ranks(struct view *view, const struct ranked *ranked, struct problem *problem)
{
    const struct record *longest = NULL;
    for (size_t i = 0; i < ranked->n; i++) {
        const struct record *need = ranked->needs[i];
        bool beside = longest && record_number(longest, "rank") == record_number(need, "rank");
        if (beside && rule_overlap(longest, need) && (view_changed(view, need) || view_changed(view, longest)))
            return view_changed(view, need) ? refuse_rank(view, need, longest, problem) : refuse_rank(view, longest, need, problem);
        if (!beside || rule_last_day(need) > rule_last_day(longest))
            longest = need;
    }
    return 0;
}

// Those that the request removed are among them.
static int judge_changed(struct view *view, int64_t pupil, const struct ranked *ranked, struct arena *arena, struct problem *problem)
{
    struct query query;
    struct found all;
    int64_t left = last_on_roll(view, pupil, arena);
    query_init(&query, kind_find("Need"));
    query.about = pupil;
    query.removed = true;
    int error = rule_find(view, &query, arena, &all, problem);
    for (size_t i = 0; !error && i < all.n; i++) {
        const struct record *need = all.records[i];
        if (!view_changed(view, need))
            continue;
        const struct record *before = rule_was(view, need, arena);
        if (before || !need->removed)
            error = judge_need(view, before, need->removed ? NULL : need, ranked, left, problem);
    }
    return error;
}

static int judge_needs(struct view *view, int64_t pupil, struct arena *arena, struct problem *problem)
{
    struct found needs;
    struct ranked ranked;
    int error = rule_find_about(view, "Need", pupil, arena, &needs, problem);
    if (!error)
        error = rank_needs(&needs, &ranked, problem);
    if (!error)
        error = judge_ranks(view, &ranked, problem);
    return error ? error : judge_changed(view, pupil, &ranked, arena, problem);
}

// Judged when the request is done, so that two needs may change places in it; all of a pupil's at once, for there may be thousands.
static int settle_need(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "rank") && !rule_changed(before, after, "starts") &&
                !rule_changed(before, after, "ends");
    const struct record *need = after ? after : before;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is there
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
