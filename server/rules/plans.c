// Rules of plans: one closes only with its targets' reviews, and what is said when
// it does. A profile's dates are its annotations' business. Writer thread.
#include "server/rules/rules.h"

#include <stdio.h>

#include "common/text.h"
#include "server/rules/judge.h"

static int check_plan(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    if (!after || !record_has(after, "review_due") || record_number(after, "review_due") >= record_number(after, "starts"))
        return 0;
    return rule_refuse(problem, after, "review_due", "Give a day after the plan's first, or leave it empty.", "is before the plan starts");
}

static bool is_finished(const struct record *plan)
{
    return rule_chosen(plan, "status", "reviewed") || rule_chosen(plan, "status", "closed");
}

// --- with its reviews judged ---

static int is_reviewed(struct view *view, const struct record *target, int64_t since, bool *reviewed, struct problem *problem)
{
    struct query query;
    uint64_t n = 0;
    query_init(&query, kind_find("TargetReview"));
    query_where(&query, "target", OP_EQ, value_number(target->id));
    query_where(&query, "day", OP_GE, value_number(since));
    int error = view_count(view, &query, &n, problem);
    *reviewed = n > 0;
    return error;
}

static const char *target_name(const struct record *target, struct arena *arena)
{
    char id[ID_TEXT_MAX], aim[48];
    id_format(target->kind, target->id, id);
    return arena_printf(arena, "%s (%s)", id, text_excerpt(record_text(target, "aim"), aim, sizeof aim));
}

static int refuse_unreviewed(const struct record *plan, const char *const names[RULE_NAMED], int64_t first, size_t n, struct arena *arena,
                             struct problem *problem)
{
    char target[ID_TEXT_MAX], since[DATE_TEXT_MAX], hint[256];
    snprintf(hint, sizeof hint, "Review each first: sendco target-review add target=%s day=today judgement=met; or stop it: status=stopped",
             id_format(kind_find("Target"), first, target));
    return rule_refuse(problem, plan, "status", hint, "%zu of the plan's targets %s no review since it began on %s: %s", n,
                       n == 1 ? "has" : "have", date_human((int32_t)record_number(plan, "starts"), since), rule_names(names, n, arena));
}

static int judge_reviews(struct view *view, const struct record *plan, const struct found *targets, struct arena *arena,
                         struct problem *problem)
{
    const char *names[RULE_NAMED] = {NULL};
    int64_t first = 0;
    size_t n = 0;
    int error = 0;
    for (size_t i = 0; i < targets->n && !error; i++) {
        const struct record *target = targets->records[i];
        bool reviewed = rule_chosen(target, "status", "stopped");
        if (!reviewed)
            error = is_reviewed(view, target, record_number(plan, "starts"), &reviewed, problem);
        if (reviewed)
            continue;
        if (n < RULE_NAMED)
            names[n] = target_name(target, arena);
        first = first ? first : target->id;
        n++;
    }
    return error || !n ? error : refuse_unreviewed(plan, names, first, n, arena, problem);
}

// --- what is told when it is reviewed ---

static bool fewer_than_half(const struct found *targets)
{
    size_t n = 0, met = 0;
    for (size_t i = 0; i < targets->n; i++) {
        n += !rule_chosen(targets->records[i], "status", "stopped");
        met += rule_chosen(targets->records[i], "status", "met");
    }
    return 2 * met < n;
}

// The finished plan of the same template that began last before this one; NULL: none.
static const struct record *cycle_before(const struct record *plan, const struct found *plans)
{
    const struct record *last = NULL;
    const char *template = record_text(plan, "template");
    for (size_t i = 0; i < plans->n; i++) {
        const struct record *other = plans->records[i];
        if (other->id == plan->id || !is_finished(other) || !template || !rule_coded(other, "template", template))
            continue;
        bool earlier = record_number(other, "starts") < record_number(plan, "starts");
        if (earlier && (!last || record_number(other, "starts") > record_number(last, "starts")))
            last = other;
    }
    return last;
}

static int warn_of_progress(struct view *view, const struct record *plan, const struct found *targets, struct arena *arena,
                            struct problem *problem)
{
    struct found plans, earlier;
    if (!fewer_than_half(targets))
        return 0;
    int error = rule_find_about(view, "Plan", plan->about, arena, &plans, problem);
    const struct record *before = error ? NULL : cycle_before(plan, &plans);
    if (error || !before)
        return error;
    error = rule_find_by(view, "Target", "plan", before->id, arena, &earlier, problem);
    if (!error && fewer_than_half(&earlier))
        view_warn(view, plan, "status",
                  "Fewer than half of the targets were met, and so it was in the cycle before: consider specialist involvement "
                  "(SEND Code of Practice 6.58).");
    return error;
}

static void warn_of_views(struct view *view, const struct record *plan)
{
    if (!record_has(plan, "pupil_views"))
        view_warn(view, plan, "pupil_views", "The plan is reviewed without the pupil's views.");
    if (!record_has(plan, "parent_views"))
        view_warn(view, plan, "parent_views", "The plan is reviewed without the parent's views.");
}

static int judge_finish(struct view *view, const struct record *plan, struct arena *arena, struct problem *problem)
{
    struct found targets;
    int error = rule_find_by(view, "Target", "plan", plan->id, arena, &targets, problem);
    if (!error)
        error = judge_reviews(view, plan, &targets, arena, problem);
    if (error || !rule_chosen(plan, "status", "reviewed"))
        return error;
    warn_of_views(view, plan);
    return warn_of_progress(view, plan, &targets, arena, problem);
}

// --- the last live one ---

static int warn_of_last(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                        struct problem *problem)
{
    const struct record *plan = after ? after : before;
    struct found plans, statuses;
    struct query query;
    query_init(&query, kind_find("SenStatus"));
    query.about = plan->about;
    query.as_at = view_today(view);
    query_where(&query, "provision", OP_EQ, value_text("K"));
    int error = rule_find(view, &query, arena, &statuses, problem);
    if (error || !statuses.n)
        return error;
    error = rule_find_about(view, "Plan", plan->about, arena, &plans, problem);
    for (size_t i = 0; i < plans.n; i++)
        if (plans.records[i]->id != plan->id && rule_plan_is_live(plans.records[i], view_today(view)))
            return error;
    if (!error)
        view_warn(view, plan, after ? "status" : NULL, "It was the pupil's last live plan, and the pupil is on SEN support (K).");
    return error;
}

// Judged when the request is done: reviews and the next cycle may come with it.
static int settle_plan(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct arena arena;
    int error = 0;
    arena_init(&arena, 0);
    if (after && is_finished(after) && rule_changed(before, after, "status"))
        error = judge_finish(view, after, &arena, problem);
    if (!error && rule_chosen(before, "status", "live") && !rule_chosen(after, "status", "live"))
        error = warn_of_last(view, before, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

void plans_rules(struct store *store)
{
    store_on_put(store, kind_find("Plan"), check_plan, NULL);
    store_on_settled(store, kind_find("Plan"), settle_plan);
}
