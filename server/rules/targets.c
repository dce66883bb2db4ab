// Rules of what a plan holds: targets, their reviews, which say how a target stands,
// and strategies. Writer thread.
#include "server/rules/rules.h"

#include <stdio.h>
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
    int error = 0;
    if (!before || rule_changed(before, after, "due")) { // most edits are of how far it is, and need no look at the plan
        struct arena arena;
        arena_init(&arena, 0);
        error = judge_plan(view, before, after, rule_follow(view, after, "plan", &arena), problem);
        arena_deinit(&arena);
    }
    if (!error && !record_has(after, "due") && (!before || record_has(before, "due")))
        view_warn(view, after, "due", "No date says by when this target is due.");
    if (!error && !record_has(after, "baseline") && (!before || record_has(before, "baseline")))
        view_warn(view, after, "baseline", "No baseline says where the pupil starts from; without one nobody can tell how far they came.");
    return error;
}

// --- in a plan that is reviewed or closed ---

static int refuse_in_finished(struct view *view, const struct record *record, const char *field, const struct record *plan,
                              const char *then, const char *sentence, struct problem *problem)
{
    char id[ID_TEXT_MAX], hint[200];
    snprintf(hint, sizeof hint, "Open the plan first: sendco plan edit %s status=live; %s", rule_id(view, plan->kind, plan->id, id), then);
    return rule_refuse(problem, record, field, hint, "%s", sentence);
}

// The plan keeps a review of each target that was not stopped.
static int judge_in_finished(struct view *view, const struct record *before, const struct record *target, const struct record *plan,
                             struct problem *problem)
{
    bool reviewed = true;
    if (!before && !view_changed(view, plan) && view_made(view, target->kind, target->id))
        return refuse_in_finished(view, target, "plan", plan, "then add the target, or leave the plan empty.",
                                  "it is reviewed or closed, so it takes no more targets", problem);
    bool opened = !rule_chosen(target, "status", "stopped") && (!before || rule_chosen(before, "status", "stopped"));
    int error = opened ? rule_is_reviewed(view, target->id, record_number(plan, "starts"), &reviewed, problem) : 0;
    if (error || reviewed)
        return error;
    return refuse_in_finished(view, target, "status", plan, "or review the target first.",
                              "its plan is reviewed or closed, and the target has no review since the plan began", problem);
}

static int settle_target(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !record_has(after, "plan") || (before && !rule_changed(before, after, "status")))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    const struct record *plan = rule_follow(view, after, "plan", &arena);
    int error = plan && rule_plan_is_finished(plan) ? judge_in_finished(view, before, after, plan, problem) : 0;
    arena_deinit(&arena);
    return error;
}

static int judge_kept(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                      struct problem *problem)
{
    bool reviewed;
    const struct record *review = after ? after : before, *target = rule_follow(view, review, "target", arena);
    const struct record *plan = target && !rule_chosen(target, "status", "stopped") ? rule_follow(view, target, "plan", arena) : NULL;
    if (!plan || !rule_plan_is_finished(plan))
        return 0;
    int error = rule_is_reviewed(view, target->id, record_number(plan, "starts"), &reviewed, problem);
    if (error || reviewed)
        return error;
    return refuse_in_finished(view, review, after ? "day" : NULL, plan, "or give the target another review first.",
                              "it is the only review of a target whose plan is reviewed or closed", problem);
}

// Judged when the request is done: another review may take its place.
static int settle_review(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!before || (after && !rule_changed(before, after, "day"))) // one more takes nothing away
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_kept(view, before, after, &arena, problem);
    arena_deinit(&arena);
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

struct judged {
    int64_t id, day, judgement; // id 0: none
};

static struct judged judged_of(const struct record *review)
{
    if (!review || rule_chosen(review, "judgement", "not-assessed"))
        return (struct judged){.id = 0};
    return (struct judged){review->id, record_number(review, "day"), record_number(review, "judgement")};
}

static struct judged newer(struct judged a, struct judged b)
{
    if (!a.id || !b.id)
        return a.id ? a : b;
    if (a.day != b.day)
        return a.day > b.day ? a : b;
    return a.id > b.id ? a : b;
}

struct newest {
    int64_t but; // this review
    struct judged judged;
};

static int on_judgement(struct record *review, void *data)
{
    struct newest *newest = data;
    if (newest->judged.id && record_number(review, "day") < newest->judged.day)
        return 1; // the newest day comes first
    if (review->id != newest->but)
        newest->judged = newer(newest->judged, judged_of(review));
    return 0;
}

static void query_judgements(struct query *query, int64_t target)
{
    query_init(query, kind_find("TargetReview"));
    query_where(query, "target", OP_EQ, value_number(target));
    query_where(query, "judgement", OP_NE, value_number(rule_choice(query->kind, "judgement", "not-assessed")));
    query->order[query->n_order++] = (struct order){.field = field_find(query->kind, "day"), .descending = true};
}

// What this request has found to be the target's newest judgement, as its changes so far leave it: thousands of reviews
// may come in one request, and looking through all of them for each would take minutes.
struct standing {
    bool is_known;
    struct judged newest;
};

static struct standing *standing_of(struct view *view, int64_t target)
{
    struct record key = {.kind = kind_find("Target"), .id = target};
    return view_keep(view, &key, sizeof(struct standing));
}

// Of the target's other reviews, the newest that judges. 0 or an error.
static int newest_other(struct view *view, const struct record *review, const struct standing *standing, struct arena *arena,
                        struct judged *other, struct problem *problem)
{
    struct query query;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): judged with what it was or is
    struct newest newest = {review->id, {.id = 0}};
    if (standing && standing->is_known && standing->newest.id != review->id) {
        *other = standing->newest;
        return 0;
    }
    query_judgements(&query, record_number(review, "target"));
    int error = view_list(view, &query, arena, NULL, on_judgement, &newest, problem);
    *other = newest.judged;
    return error > 0 || error == ERR_DENIED ? 0 : error;
}

static const char *status_of(const struct kind *kind, struct judged judged)
{
    static const char *const told[][2] = {{"exceeded", "met"}, {"met", "met"}, {"partly-met", "partly-met"}, {"not-met", "not-met"}};
    for (size_t i = 0; judged.id && i < sizeof told / sizeof *told; i++)
        if (judged.judgement == rule_choice(kind, "judgement", told[i][0]))
            return told[i][1];
    return "open";
}

static int set_status(struct view *view, const struct record *review, struct judged judged, struct arena *arena, struct problem *problem)
{
    struct record *target = rule_follow(view, review, "target", arena);
    const char *status = status_of(review->kind, judged);
    if (!target || rule_chosen(target, "status", "stopped") || rule_chosen(target, "status", status))
        return 0; // somebody stopped it: a review does not undo that
    record_set(target, "status", value_number(rule_choice(target->kind, "status", status)));
    return view_put(view, target, field_bit(field_find(target->kind, "status")), NULL, problem);
}

// Only another newest judgement says how the target stands: until then what somebody set by hand holds.
static int tell_target(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                       struct problem *problem)
{
    const struct record *review = after ? after : before;
    struct standing *standing = standing_of(view, record_number(review, "target"));
    struct judged other;
    int error = newest_other(view, review, standing, arena, &other, problem);
    struct judged was = newer(other, judged_of(before)), now = newer(other, judged_of(after));
    if (!error && (was.id != now.id || was.judgement != now.judgement))
        error = set_status(view, review, now, arena, problem);
    if (!error && standing)
        *standing = (struct standing){true, now};
    return error;
}

static int effect_review(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "day") && !rule_changed(before, after, "judgement");
    if (same)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = tell_target(view, before, after, &arena, problem);
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
    store_on_settled(store, kind_find("Target"), settle_target);
    store_on_put(store, kind_find("TargetReview"), check_review, effect_review);
    store_on_settled(store, kind_find("TargetReview"), settle_review);
    store_on_put(store, kind_find("Strategy"), check_strategy, NULL);
}
