// Rules of what a plan holds: targets, their reviews, which say how a target stands,
// and strategies. Writer thread.
#include "server/rules/rules.h"

#include <string.h>

#include "server/rules/judge.h"

// --- targets ---

static int judge_plan(struct view *view, const struct record *before, const struct record *target, const struct record *plan,
                      struct problem *problem)
{
    if (!plan)
        return 0;
    if (!before && record_number(plan, "pupil") != record_number(target, "pupil")) // both are fixed
        return rule_refuse(problem, target, "plan", "Name a plan of the target's own pupil, or leave the plan empty.",
                           "it is another pupil's plan");
    char due[DATE_TEXT_MAX];
    if (rule_changed(before, target, "due") && record_has(target, "due") && record_has(plan, "review_due") &&
        record_number(target, "due") > record_number(plan, "review_due"))
        view_warn(view, target, "due", "The target is due after the day on which its plan is to be reviewed, %s.",
                  date_human((int32_t)record_number(plan, "review_due"), due));
    return 0;
}

static int check_target(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_plan(view, before, after, rule_follow(view, after, "plan", &arena), problem);
    arena_deinit(&arena);
    if (!error && !record_has(after, "due") && (!before || record_has(before, "due")))
        view_warn(view, after, "due", "No date says by when this target is due.");
    if (!error && !record_has(after, "baseline") && (!before || record_has(before, "baseline")))
        view_warn(view, after, "baseline", "No baseline says where the pupil starts from; without one nobody can tell how far they came.");
    return error;
}

// --- reviews ---

static int judge_day(struct view *view, const struct record *review, struct arena *arena, struct problem *problem)
{
    char starts[DATE_TEXT_MAX];
    if (record_number(review, "day") > view_today(view))
        return rule_refuse(problem, review, "day", "Give the day of the review: today at the latest.", "lies in the future");
    const struct record *target = rule_follow(view, review, "target", arena);
    const struct record *plan = target ? rule_follow(view, target, "plan", arena) : NULL;
    if (!plan || record_number(review, "day") >= record_number(plan, "starts"))
        return 0;
    return rule_refuse(problem, review, "day", "Give a day from then on; a review of an earlier cycle belongs to that cycle's target.",
                       "is before the target's plan began, on %s", date_human((int32_t)record_number(plan, "starts"), starts));
}

static int check_review(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (rule_chosen(after, "judgement", "not-assessed") && !record_has(after, "evidence"))
        return rule_refuse(problem, after, "evidence", "Say in a few words why: evidence=\"Absent for the last three weeks\"",
                           "a target that was not assessed needs the reason here");
    if (!rule_changed(before, after, "day"))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_day(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// The newest review that judges at all; NULL: none.
static const struct record *newest_judgement(const struct found *reviews)
{
    const struct record *newest = NULL;
    for (size_t i = 0; i < reviews->n; i++) {
        const struct record *review = reviews->records[i];
        if (rule_chosen(review, "judgement", "not-assessed"))
            continue;
        int64_t day = record_number(review, "day"), best = newest ? record_number(newest, "day") : INT64_MIN;
        if (day > best || (day == best && review->id > newest->id))
            newest = review;
    }
    return newest;
}

static const char *status_of(const struct record *judgement)
{
    static const char *const told[][2] = {{"exceeded", "met"}, {"met", "met"}, {"partly-met", "partly-met"}, {"not-met", "not-met"}};
    for (size_t i = 0; judgement && i < sizeof told / sizeof *told; i++)
        if (rule_chosen(judgement, "judgement", told[i][0]))
            return told[i][1];
    return "open";
}

static int tell_target(struct view *view, const struct record *before, const struct record *review, struct arena *arena,
                       struct problem *problem)
{
    struct record *target = rule_follow(view, review, "target", arena);
    struct found reviews;
    if (!target || rule_chosen(target, "status", "stopped")) // somebody stopped it: a review does not undo that
        return 0;
    int error = rule_find_by(view, "TargetReview", "target", target->id, arena, &reviews, problem);
    const struct record *judgement = newest_judgement(&reviews);
    bool judged = before && !rule_chosen(before, "judgement", "not-assessed");
    const char *status = status_of(judgement);
    bool as_is = rule_chosen(target, "status", status) || (!judgement && (!judged || !record_has(target, "status")));
    if (error || as_is)
        return error;
    record_set(target, "status", value_number(rule_choice(target->kind, "status", status)));
    return view_put(view, target, field_bit(field_find(target->kind, "status")), NULL, problem);
}

static int effect_review(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "day") && !rule_changed(before, after, "judgement");
    if (same)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = tell_target(view, before, after ? after : before, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// --- strategies ---

static int check_strategy(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (rule_last_day(after) < rule_first_day(after))
        return rule_refuse(problem, after, "ends", "Give a last day from the first on.", "is before \"From\"");
    if (before || !record_has(after, "origin"))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    const struct record *origin = rule_follow(view, after, "origin", &arena);
    bool is_library = !origin || !record_has(origin, "pupil");
    arena_deinit(&arena);
    if (is_library)
        return 0;
    return rule_refuse(problem, after, "origin", "Name an entry of the library (one without a pupil), or leave it empty.",
                       "is a strategy of one pupil, not of the school's library");
}

void targets_rules(struct store *store)
{
    store_on_put(store, kind_find("Target"), check_target, NULL);
    store_on_put(store, kind_find("TargetReview"), check_review, effect_review);
    store_on_put(store, kind_find("Strategy"), check_strategy, NULL);
}
