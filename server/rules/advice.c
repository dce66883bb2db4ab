// What is told of a change that is no fault, but seldom meant: a target beside the plan,
// a run whose cost nobody will know or whose days do not fit its sessions, the same thing
// entered twice. Nothing is refused. Writer thread; judged once a request is done.
#include "server/rules/rules.h"

#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "common/weekdays.h"
#include "server/rules/judge.h"

// --- a target without the plan that there is ---

static int on_live_plan(struct record *plan, void *data)
{
    struct record **live = data;
    *live = plan;
    return 1; // the newest comes first
}

static int live_plan(struct view *view, int64_t pupil, const char *status, struct arena *arena, struct record **live,
                     struct problem *problem)
{
    struct query query;
    query_init(&query, kind_find("Plan"));
    query.about = pupil;
    query_where(&query, "starts", OP_LE, value_number(view_today(view)));
    query_where(&query, "status", OP_EQ, value_number(rule_choice(query.kind, "status", status)));
    query.order[query.n_order++] = (struct order){.field = field_find(query.kind, "starts"), .descending = true};
    int error = view_list(view, &query, arena, NULL, on_live_plan, live, problem);
    return error > 0 ? 0 : error;
}

static void warn_beside_plan(struct view *view, const struct record *target, const struct record *plan, struct arena *arena)
{
    char id[ID_TEXT_MAX];
    const char *label = view_label(view, plan->kind, plan->id, arena);
    if (!label)
        return; // whoever may not see the plan can do nothing about it
    if (view_made(view, plan->kind, plan->id))
        view_warn(view, target, "plan",
                  "The target belongs to no plan, though the pupil has one in force, %s. A plan is given when the "
                  "target is added: remove this one and add it again with plan=….",
                  label);
    else
        view_warn(view, target, "plan",
                  "The target belongs to no plan, though the pupil has one in force, %s (%s). A plan is given when "
                  "the target is added: remove this one and add it again with plan=%s.",
                  label, id_format(plan->kind, plan->id, id), id);
}

static int settle_target(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (before || !after || record_has(after, "plan") || rule_chosen(after, "status", "stopped"))
        return 0;
    struct arena arena;
    struct record *plan = NULL;
    arena_init(&arena, 0);
    int error = live_plan(view, after->about, "live", &arena, &plan, problem);
    if (!error && !plan)
        error = live_plan(view, after->about, "agreed", &arena, &plan, problem);
    if (!error && plan)
        warn_beside_plan(view, after, plan, &arena);
    arena_deinit(&arena);
    return error;
}

// --- a run ---

static void warn_of_days(struct view *view, const struct record *provision)
{
    char days[64];
    int64_t named = (int64_t)weekdays_count(record_text(provision, "days")), per_week = record_number(provision, "per_week");
    if (named == per_week)
        return;
    view_warn(view, provision, "days",
              "\"%s\" names %lld weekday%s, and there %s %lld session%s a week: name each of them (Mon Wed 09:30), "
              "or correct per_week.",
              text_excerpt(record_text(provision, "days"), days, sizeof days), (long long)named, named == 1 ? "" : "s",
              per_week == 1 ? "is" : "are", (long long)per_week, per_week == 1 ? "" : "s");
}

// Who may not see the agreed rate is not told later that there is none.
static bool tells_of_cost(struct view *view, const struct record *before, const struct record *after)
{
    const struct field *hourly = field_find(after->kind, "hourly");
    if (record_has(after, "grade") || record_has(after, "hourly"))
        return false;
    if (!before)
        return true;
    return (rule_changed(before, after, "grade") || rule_changed(before, after, "hourly")) &&
           scope_reads(view_scope(view), hourly->class, scope_subject(after->kind, after->about), after->about);
}

static int settle_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)problem;
    if (!after)
        return 0;
    if (tells_of_cost(view, before, after))
        view_warn(view, after, "grade",
                  "Neither a grade nor an agreed rate says what an hour of it costs, so its cost will be unknown: "
                  "grade=TA, for instance, takes the cost rate of that grade.");
    bool timetabled = record_has(after, "days") && record_has(after, "per_week");
    if (timetabled && (!before || rule_changed(before, after, "days") || rule_changed(before, after, "per_week")))
        warn_of_days(view, after);
    return 0;
}

// --- the same twice ---

typedef int order_fn(const void *a, const void *b);

// Of those that are alike, each that the request changed is told of once, beside one that the author may see.
static void warn_of_twins(struct view *view, struct found *found, order_fn *order, const char *field, const char *what)
{
    char id[ID_TEXT_MAX];
    if (found->n)
        qsort(found->records, found->n, sizeof *found->records, order);
    for (size_t i = 1; i < found->n; i++) {
        const struct record *one = found->records[i - 1], *two = found->records[i];
        if (order(&found->records[i - 1], &found->records[i]) || !(view_changed(view, one) || view_changed(view, two)))
            continue;
        const struct record *mine = view_changed(view, two) ? two : one, *other = mine == two ? one : two;
        if (view_label(view, other->kind, other->id, found->arena))
            view_warn(view, mine, field, "%s: see %s, and if they are one, remove one of them.", what,
                      view_made(view, other->kind, other->id) ? "what was added with it" : id_format(other->kind, other->id, id));
    }
}

static int by_number(const struct record *a, const struct record *b, const char *field)
{
    int64_t x = record_number(a, field), y = record_number(b, field);
    return (x > y) - (x < y);
}

static int review_order(const void *a, const void *b)
{
    return by_number(*(struct record *const *)a, *(struct record *const *)b, "day");
}

static int settle_review(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !rule_changed(before, after, "day") || !rule_once(view, after->kind, record_number(after, "target")))
        return 0;
    struct arena arena;
    struct found reviews;
    arena_init(&arena, 0);
    int error = rule_find_by(view, "TargetReview", "target", record_number(after, "target"), &arena, &reviews, problem);
    if (!error)
        warn_of_twins(view, &reviews, review_order, "day", "The target has two reviews of this day");
    arena_deinit(&arena);
    return error;
}

static int log_order(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    int order = by_number(x, y, "day");
    if (order == 0)
        order = by_number(x, y, "contact");
    return order ? order : strcmp(record_text(x, "summary"), record_text(y, "summary"));
}

static int settle_log(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool same = before && after && !rule_changed(before, after, "day") && !rule_changed(before, after, "contact") &&
                !rule_changed(before, after, "summary");
    if (!after || same || !rule_once(view, after->kind, after->about))
        return 0;
    struct arena arena;
    struct found entries;
    arena_init(&arena, 0);
    int error = rule_find_about(view, "ContactLog", after->about, &arena, &entries, problem);
    if (!error)
        warn_of_twins(view, &entries, log_order, "summary", "Another entry tells the same of the same person and day");
    arena_deinit(&arena);
    return error;
}

void advice_rules(struct store *store)
{
    store_on_settled(store, kind_find("Target"), settle_target);
    store_on_settled(store, kind_find("Provision"), settle_provision);
    store_on_settled(store, kind_find("TargetReview"), settle_review);
    store_on_settled(store, kind_find("ContactLog"), settle_log);
}
