// A pupil's targets: which are worked on, in what order they come, and how each of
// them stood on the report's day. For the pupil's page and the profile. Reader thread.
//
//   status    on the day: stopped when the record says so (that has no date). Else, when a review dated after the
//             day judges the target (any judgement but "not assessed"), what the newest judging review up to the
//             day says, or open when there is none; else the record's own; none is open
//   current   of a plan in force on the day (plan.h); or of no plan, or none that the reader sees, and open, or
//             partly met or not met and due on the day or later
//   order     the current ones, the first due first, without a due date last; then those of the 24 months before the
//             day, by due date or else by the plan's first day (with neither: all), the last due first. A target
//             of a plan not begun by the day is left out
#include "server/reports/plan.h"
#include "server/reports/pupil.h"

#include <string.h>

#define EARLIER_MONTHS 24

// --- how a target stands ---------------------------------------------------------

static const char *judged_as(const struct record *review)
{
    static const char *const told[][2] = {{"exceeded", "met"}, {"met", "met"}, {"partly-met", "partly-met"}, {"not-met", "not-met"}};
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (plan_chosen(review, "judgement", told[i][0]))
            return told[i][1];
    return NULL;
}

static const char *recorded_status(const struct record *target)
{
    static const char *const names[] = {"met", "partly-met", "not-met", "stopped"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (plan_chosen(target, "status", names[i]))
            return names[i];
    return "open";
}

const char *targets_status(const struct page *page, const struct pupil_targets *all, const struct record *target)
{
    const char *recorded = recorded_status(target);
    bool later = false;
    if (strcmp(recorded, "stopped") == 0)
        return recorded;
    for (size_t i = 0; i < all->reviews.n; i++) {
        const struct record *review = all->reviews.list[i];
        const char *judged = record_number(review, "target") == target->id ? judged_as(review) : NULL;
        if (judged && record_number(review, "day") <= page->work->as_at)
            return later ? judged : recorded; // the newest one by then
        later |= judged != NULL;
    }
    return later ? "open" : recorded;
}

const struct record *targets_review(const struct page *page, const struct pupil_targets *all, const struct record *target)
{
    for (size_t i = 0; i < all->reviews.n; i++) {
        const struct record *review = all->reviews.list[i];
        if (record_number(review, "target") == target->id && record_number(review, "day") <= page->work->as_at)
            return review;
    }
    return NULL;
}

// --- which, and in what order ----------------------------------------------------

static const struct record *list_find(const struct page_list *list, int64_t id)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->list[i]->id == id)
            return list->list[i];
    return NULL;
}

static bool worked_on(const struct page *page, const struct pupil_targets *all, const struct record *target)
{
    const char *status = targets_status(page, all, target);
    if (strcmp(status, "open") == 0)
        return true;
    bool unmet = strcmp(status, "partly-met") == 0 || strcmp(status, "not-met") == 0;
    return unmet && record_has(target, "due") && record_number(target, "due") >= page->work->as_at;
}

enum standing { STANDING_OUT, STANDING_CURRENT, STANDING_EARLIER };

static enum standing standing_of(const struct page *page, const struct pupil_targets *all, const struct record *target)
{
    struct report_work *work = page->work;
    const struct record *plan = list_find(&all->plans, record_number(target, "plan"));
    if (record_has(target, "plan") && !plan && !all->plans.denied)
        return STANDING_OUT;
    if (plan ? plan_in_force(plan, work->as_at, view_today(work->view)) : worked_on(page, all, target))
        return STANDING_CURRENT;
    const struct record *dated = record_has(target, "due") ? target : plan;
    int64_t day = !dated ? INT64_MAX : record_number(dated, dated == target ? "due" : "starts");
    return day >= date_add_months(work->as_at, -EARLIER_MONTHS) ? STANDING_EARLIER : STANDING_OUT;
}

static int64_t first_due(const struct page *page, const struct record *target)
{
    (void)page;
    return record_has(target, "due") ? record_number(target, "due") : INT64_MAX;
}

static int64_t last_due(const struct page *page, const struct record *target)
{
    (void)page;
    return record_has(target, "due") ? -record_number(target, "due") : INT64_MAX;
}

// The current ones stay in the list, the earlier ones go to `earlier`.
static int targets_split(const struct page *page, struct pupil_targets *all, struct page_list *earlier)
{
    struct page_list *targets = &all->targets;
    *earlier = (struct page_list){.kind = targets->kind};
    earlier->list = arena_zero(page->work->arena, targets->n + 1, sizeof(struct record *));
    if (!earlier->list)
        return ERR_NOMEM;
    for (size_t i = 0; i < targets->n; i++) {
        struct record *target = targets->list[i];
        enum standing standing = standing_of(page, all, target);
        if (standing == STANDING_CURRENT)
            targets->list[all->n_current++] = target;
        else if (standing == STANDING_EARLIER)
            earlier->list[earlier->n++] = target;
    }
    targets->n = all->n_current;
    int result = page_sort(page, targets, first_due);
    return result == 0 ? page_sort(page, earlier, last_due) : result;
}

static int targets_order(const struct page *page, struct pupil_targets *all)
{
    struct page_list earlier;
    all->n_current = 0;
    int result = targets_split(page, all, &earlier);
    if (result < 0)
        return result;
    if (earlier.n)
        memcpy(all->targets.list + all->n_current, earlier.list, earlier.n * sizeof(struct record *));
    all->targets.n += earlier.n;
    return 0;
}

// --- reading ---------------------------------------------------------------------

static int64_t highest_id(const struct page *page, const struct record *review)
{
    (void)page;
    return -review->id;
}

static int64_t newest_day(const struct page *page, const struct record *review)
{
    (void)page;
    return -record_number(review, "day");
}

int targets_read(const struct page *page, struct pupil_targets *all)
{
    int result = page_read(page, "Plan", "starts", &all->plans);
    if (result == 0)
        result = page_read(page, "Target", NULL, &all->targets);
    if (result == 0)
        result = page_read(page, "TargetReview", NULL, &all->reviews);
    if (result == 0)
        result = page_sort(page, &all->reviews, highest_id);
    if (result == 0)
        result = page_sort(page, &all->reviews, newest_day);
    if (result < 0)
        return result;
    all->of_plans = all->targets;
    all->of_plans.list = arena_copy(page->work->arena, all->targets.list, (all->targets.n + 1) * sizeof(struct record *));
    return all->of_plans.list ? targets_order(page, all) : ERR_NOMEM;
}
