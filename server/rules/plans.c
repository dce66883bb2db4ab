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

// --- with its reviews judged ---

static const char *target_name(struct view *view, const struct record *target, struct arena *arena)
{
    char id[ID_TEXT_MAX], aim[48];
    text_excerpt(record_text(target, "aim"), aim, sizeof aim);
    if (view_made(view, target->kind, target->id))
        return arena_printf(arena, "\"%s\"", aim);
    return arena_printf(arena, "%s (%s)", id_format(target->kind, target->id, id), aim);
}

static int refuse_unreviewed(struct view *view, const struct record *plan, const char *const names[RULE_NAMED], int64_t first, size_t n,
                             struct arena *arena, struct problem *problem)
{
    char target[ID_TEXT_MAX], since[DATE_TEXT_MAX], hint[256];
    snprintf(hint, sizeof hint, "Review each first: sendco target-review add target=%s day=today judgement=met; or stop it: status=stopped",
             rule_id(view, kind_find("Target"), first, target));
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
            error = rule_is_reviewed(view, target->id, record_number(plan, "starts"), &reviewed, problem);
        if (reviewed)
            continue;
        if (n < RULE_NAMED)
            names[n] = target_name(view, target, arena);
        first = first ? first : target->id;
        n++;
    }
    return error || !n ? error : refuse_unreviewed(view, plan, names, first, n, arena, problem);
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

static int on_cycle(struct record *plan, void *data)
{
    struct record **last = data;
    if (!rule_plan_is_finished(plan))
        return 0;
    *last = plan;
    return 1; // the newest come first
}

// The finished plan of the same template that began last before this one; NULL: none.
static int cycle_before(struct view *view, const struct record *plan, struct arena *arena, struct record **last, struct problem *problem)
{
    struct query query;
    query_init(&query, kind_find("Plan"));
    query.about = plan->about;
    query_where(&query, "template", OP_EQ, value_text(record_text(plan, "template")));
    query_where(&query, "starts", OP_LT, value_number(record_number(plan, "starts")));
    query.order[query.n_order++] = (struct order){.field = field_find(query.kind, "starts"), .descending = true};
    *last = NULL;
    int error = view_list(view, &query, arena, NULL, on_cycle, last, problem);
    return error > 0 ? 0 : error;
}

static int warn_of_progress(struct view *view, const struct record *plan, const struct found *targets, struct arena *arena,
                            struct problem *problem)
{
    struct found earlier;
    struct record *before;
    if (!fewer_than_half(targets))
        return 0;
    int error = cycle_before(view, plan, arena, &before, problem);
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

static int judge_finish(struct view *view, const struct record *plan, bool told, struct arena *arena, struct problem *problem)
{
    struct found targets;
    int error = rule_find_by(view, "Target", "plan", plan->id, arena, &targets, problem);
    if (!error)
        error = judge_reviews(view, plan, &targets, arena, problem);
    if (error || !told || !rule_chosen(plan, "status", "reviewed"))
        return error;
    warn_of_views(view, plan);
    return warn_of_progress(view, plan, &targets, arena, problem);
}

// --- the last live one ---

static int warn_of_last(struct view *view, const struct record *plan, bool removed, struct problem *problem)
{
    struct query query;
    uint64_t n;
    bool live;
    query_init(&query, kind_find("SenStatus"));
    query.about = plan->about;
    query.as_at = view_today(view);
    query_where(&query, "provision", OP_EQ, value_text("K"));
    int error = rule_count(view, &query, &n, problem);
    if (error || !n)
        return error;
    error = rule_has_live_plan(view, plan->about, &live, problem);
    if (!error && !live)
        view_warn(view, plan, removed ? NULL : "status", "It was the pupil's last live plan, and the pupil is on SEN support (K).");
    return error;
}

// Judged when the request is done: reviews and the next cycle may come with it.
static int settle_plan(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct arena arena;
    int error = 0;
    arena_init(&arena, 0);
    bool ended = after && rule_plan_is_finished(after) && rule_changed(before, after, "status");
    bool moved = after && rule_plan_is_finished(after) && rule_changed(before, after, "starts"); // a review counts from then on
    if (ended || moved)
        error = judge_finish(view, after, ended, &arena, problem);
    if (!error && rule_chosen(before, "status", "live") && !rule_chosen(after, "status", "live"))
        error = warn_of_last(view, after ? after : before, !after, problem);
    arena_deinit(&arena);
    return error;
}

void plans_rules(struct store *store)
{
    store_on_put(store, kind_find("Plan"), check_plan, NULL);
    store_on_settled(store, kind_find("Plan"), settle_plan);
}
