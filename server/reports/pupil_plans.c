// The pupil's page: plans, targets with how far they got, reviews and strategies.
// Reader thread.
//
//   plans       begun by the day, newest first; how many targets name the plan, by status on the day
//   targets     as pupil_targets.c says; reviewed, judgement, value: the newest review up to the day
//   reviews     of the last 12 months up to the day, newest first
//   strategies  begun by the day: those in use first, newest first
#include "server/reports/pupil.h"

#include <string.h>

#define REVIEWS_MONTHS 12

// --- plans -----------------------------------------------------------------------

static const char *const count_names[] = {NULL, "open", "met", "partly-met", "not-met", "stopped"}; // NULL: all
#define COUNTS      (sizeof count_names / sizeof *count_names)
#define FIRST_COUNT 7 // its column

static const struct page_column plan_columns[] = {
    {.field = "template", .width = 24, .label = "Plan"},
    {.field = "cycle", .width = 5},
    {.field = "layer", .width = 14},
    {.field = "starts", .width = 11, .name = "from", .label = "From"},
    {.field = "review_due", .width = 11},
    {.field = "status", .width = 8},
    {.field = "parent_agreed", .width = 11, .how = PAGE_PAST},
    {.name = "targets", .label = "Targets", .width = 7, .type = SENDCO__REPORT__TYPE__NUMBER},
    {.name = "open", .label = "Open", .width = 4, .type = SENDCO__REPORT__TYPE__NUMBER},
    {.name = "met", .label = "Met", .width = 4, .type = SENDCO__REPORT__TYPE__NUMBER},
    {.name = "partly_met", .label = "Partly", .width = 6, .type = SENDCO__REPORT__TYPE__NUMBER},
    {.name = "not_met", .label = "Not", .width = 4, .type = SENDCO__REPORT__TYPE__NUMBER},
    {.name = "stopped", .label = "Stopped", .width = 7, .type = SENDCO__REPORT__TYPE__NUMBER},
};

// How many of the pupil's targets name this plan, and stood so on the day.
static void plan_count(const struct page *page, const struct pupil_targets *all, Sendco__Report__Section *section, size_t row, size_t count)
{
    struct figure figure = {.known = !all->of_plans.denied};
    for (size_t i = 0; i < all->of_plans.n; i++) {
        const struct record *target = all->of_plans.list[i];
        if (record_number(target, "plan") == all->plans.list[row]->id &&
            (!count_names[count] || strcmp(targets_status(page, all, target), count_names[count]) == 0))
            figure_add(page->work, &figure, 1, target);
    }
    report_figure(page->work, section, row, FIRST_COUNT + count, &figure);
}

static int plans_section(const struct page *page, const struct pupil_targets *all)
{
    if (all->plans.denied)
        return 0;
    Sendco__Report__Section *section =
        page_section(page, "plans", "Plans", &all->plans, plan_columns, sizeof plan_columns / sizeof *plan_columns, "No plan has begun.");
    for (size_t i = 0; section && i < all->plans.n; i++)
        for (size_t j = 0; j < COUNTS; j++)
            plan_count(page, all, section, i, j);
    return section ? 0 : ERR_NOMEM;
}

// --- targets ---------------------------------------------------------------------

static const struct page_column target_columns[] = {
    {.field = "aim", .width = 30},
    {.name = "current", .label = "Now", .width = 3, .type = SENDCO__REPORT__TYPE__FLAG},
    {.field = "plan", .width = 16},
    {.field = "baseline", .width = 16},
    {.field = "measure", .width = 16},
    {.field = "due", .width = 11},
    {.name = "status", .label = "Status", .width = 10, .type = SENDCO__REPORT__TYPE__TEXT},
    {.field = "owner", .width = 16},
    {.name = "reviewed", .label = "Reviewed", .width = 11, .type = SENDCO__REPORT__TYPE__DAY},
    {.name = "judgement", .label = "Judgement", .width = 12, .type = SENDCO__REPORT__TYPE__TEXT},
    {.name = "value", .label = "Value", .width = 16, .type = SENDCO__REPORT__TYPE__TEXT},
};

static struct value status_title(const struct record *target, const char *name)
{
    const struct field *field = field_find(target->kind, "status");
    for (size_t i = 0; i < field->n_choices; i++)
        if (strcmp(field->choices[i].name, name) == 0)
            return value_text(field->choices[i].label);
    return (struct value){0};
}

static int targets_section(const struct page *page, const struct pupil_targets *all)
{
    const struct page_list *targets = &all->targets;
    if (targets->denied)
        return 0;
    Sendco__Report__Section *section = page_section(page, "targets", "Targets", targets, target_columns,
                                                    sizeof target_columns / sizeof *target_columns, "No target is set.");
    for (size_t i = 0; section && i < targets->n; i++) {
        const struct record *review = targets_review(page, all, targets->list[i]);
        report_cell(section->rows[i], 1, value_number(i < all->n_current));
        report_cell(section->rows[i], 6, status_title(targets->list[i], targets_status(page, all, targets->list[i])));
        report_cell(section->rows[i], 8, report_field(review, "day"));
        report_cell(section->rows[i], 9, report_field(review, "judgement"));
        report_cell(section->rows[i], 10, report_field(review, "value"));
    }
    return section ? 0 : ERR_NOMEM;
}

static bool recent(const struct page *page, const struct record *review)
{
    int64_t day = record_number(review, "day");
    return day <= page->work->as_at && day >= date_add_months(page->work->as_at, -REVIEWS_MONTHS);
}

static int reviews_section(const struct page *page, struct page_list *reviews)
{
    static const struct page_column columns[] = {
        {.field = "day", .width = 11},         {.field = "target", .width = 30}, {.field = "judgement", .width = 12},
        {.field = "value", .width = 20},       {.field = "next", .width = 20},   {.field = "evidence", .width = 20},
        {.field = "reviewed_by", .width = 16},
    };
    if (reviews->denied)
        return 0;
    page_keep(page, reviews, recent);
    return page_section(page, "reviews", "Reviews of targets", reviews, columns, sizeof columns / sizeof *columns,
                        "None in the last 12 months.")
               ? 0
               : ERR_NOMEM;
}

int plans_sections(const struct page *page)
{
    struct pupil_targets all;
    int result = targets_read(page, &all);
    if (result == 0)
        result = plans_section(page, &all);
    if (result == 0)
        result = targets_section(page, &all);
    return result == 0 ? reviews_section(page, &all.reviews) : result;
}

// --- strategies ------------------------------------------------------------------

static int64_t in_use_first(const struct page *page, const struct record *strategy)
{
    return page_in_use(page, strategy) ? 0 : 1;
}

int strategies_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "what", .width = 40},
        {.field = "need", .width = 20},
        {.field = "subject", .width = 12},
        {.field = "starts", .width = 11, .name = "from"},
        {.field = "ends", .width = 11, .how = PAGE_PAST, .name = "until"},
        {.field = "reviewed", .width = 11, .how = PAGE_PAST},
    };
    struct page_list list;
    int result = page_read(page, "Strategy", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    result = page_sort(page, &list, in_use_first);
    if (result < 0)
        return result;
    return page_section(page, "strategies", "Strategies", &list, columns, sizeof columns / sizeof *columns, "None.") ? 0 : ERR_NOMEM;
}
