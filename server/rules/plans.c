// Rules of plans and targets: a target belongs to a plan of the same pupil, and
// somebody should say by when. Writer thread.
#include "server/rules/rules.h"

#include "server/store/store.h"

static int check_plan(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    if (!after || !record_has(after, "review_due") || record_number(after, "review_due") >= record_number(after, "starts"))
        return 0;
    return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_find(after->kind, "review_due")->index,
                            "is before the plan starts");
}

static int check_same_pupil(struct view *view, const struct record *target, struct problem *problem)
{
    struct arena arena;
    struct record *plan = NULL;
    arena_init(&arena, 0);
    int result = view_get(view, kind_find("Plan"), record_number(target, "plan"), &arena, &plan, problem);
    bool same = result == 0 && record_number(plan, "pupil") == record_number(target, "pupil");
    arena_deinit(&arena);
    if (result < 0 || same)
        return result;
    problem_in_field(problem, ERR_INVALID, target->kind, target->id, field_find(target->kind, "plan")->index, "it is another pupil's plan");
    problem_hint(problem, "Name a plan of the target's own pupil, or leave the plan empty.");
    return ERR_INVALID;
}

static int check_target(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    // Both links are fixed, so only a new target needs the look at its plan.
    if (!before && record_has(after, "plan")) {
        int result = check_same_pupil(view, after, problem);
        if (result < 0)
            return result;
    }
    if (!record_has(after, "due") && (!before || record_has(before, "due")))
        view_warn(view, after, "due", "No date says by when this target is due.");
    return 0;
}

void plans_rules(struct store *store)
{
    store_on_put(store, kind_find("Plan"), check_plan, NULL);
    store_on_put(store, kind_find("Target"), check_target, NULL);
}
