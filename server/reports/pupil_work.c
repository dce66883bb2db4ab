// The pupil's page: meetings, and what people said they would do. Reader thread.
//
//   parents   meetings with parents met, held (or without a status), in the academic year of the day and up to it
//   meetings  of the 12 months up to the day, and later ones still planned (or without a status); the latest first
//   actions   open on the day (plan.h), the first due first; then those closed in the 3 months up to it, newest
//             first. Late: open and due before the day. An action has no first day: all there are count
#include "server/reports/plan.h"
#include "server/reports/pupil.h"

#define MEETINGS_MONTHS 12
#define CLOSED_MONTHS   3
#define PARENTS_ASKED   3 // a year: SEND Code of Practice 2015, 6.65

// --- meetings --------------------------------------------------------------------

static bool meeting_shown(const struct page *page, const struct record *meeting)
{
    int64_t day = record_number(meeting, "day");
    if (day > page->work->as_at)
        return !record_has(meeting, "status") || plan_chosen(meeting, "status", "planned");
    return day >= date_add_months(page->work->as_at, -MEETINGS_MONTHS);
}

static int64_t latest_first(const struct page *page, const struct record *meeting)
{
    (void)page;
    return -record_number(meeting, "day");
}

static int parents_section(const struct page *page, const struct page_list *meetings, struct figure *met)
{
    static const struct report_column columns[] = {
        {"year", "Academic year", SENDCO__REPORT__TYPE__TEXT, 13},
        {"met", "Met", SENDCO__REPORT__TYPE__NUMBER, 5},
        {"asked", "Asked for", SENDCO__REPORT__TYPE__NUMBER, 9},
        {"last", "Last", SENDCO__REPORT__TYPE__DAY, 11},
    };
    Sendco__Report__Section *section = report_section(page->work, "parents", "Parents met", columns, 4, 1);
    int year = roll_academic_year(page->work->as_at);
    const char *called = arena_printf(page->work->arena, "%d/%02d", year, (year + 1) % 100);
    int64_t last = 0;
    if (!section || !called)
        return ERR_NOMEM;
    for (size_t i = 0; i < meetings->n; i++) {
        int64_t day = record_number(meetings->list[i], "day");
        if (!meeting_met(meetings->list[i], page->work->as_at))
            continue;
        figure_add(page->work, met, 1, meetings->list[i]);
        last = day > last ? day : last;
    }
    report_cell(section->rows[0], 0, value_text(called));
    report_figure(page->work, section, 0, 1, met);
    report_cell(section->rows[0], 2, value_number(PARENTS_ASKED));
    if (last)
        report_cell(section->rows[0], 3, value_number(last));
    return 0;
}

int meetings_sections(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "day", .width = 11},    {.field = "purpose", .width = 22}, {.field = "status", .width = 12},
        {.field = "parents", .width = 7}, {.field = "time", .width = 5},     {.field = "place", .width = 12},
        {.field = "agreed", .width = 24},
    };
    struct page_list list;
    struct figure met = {.known = true};
    int result = page_read(page, "Meeting", NULL, &list);
    if (result < 0 || list.denied)
        return result;
    result = parents_section(page, &list, &met);
    page_keep(page, &list, meeting_shown);
    if (result == 0)
        result = page_sort(page, &list, latest_first);
    if (result < 0)
        return result;
    Sendco__Report__Section *section = page_section(page, "meetings", "Meetings", &list, columns, sizeof columns / sizeof *columns, "");
    if (!section)
        return ERR_NOMEM;
    section->text = arena_printf(page->work->arena, "%sParents met so far this academic year: %lld of %d.",
                                 list.n ? "" : "None planned, and none in the last 12 months. ", (long long)met.amount, PARENTS_ASKED);
    return section->text ? 0 : ERR_NOMEM;
}

// --- actions ---------------------------------------------------------------------

static bool action_shown(const struct page *page, const struct record *action)
{
    int32_t day = page->work->as_at;
    if (action_open(action, day))
        return true;
    return record_has(action, "closed") && record_number(action, "closed") >= date_add_months(day, -CLOSED_MONTHS);
}

// Open ones by due date, without one last; behind them the others, newest first.
static int64_t action_place(const struct page *page, const struct record *action)
{
    const int64_t never = (int64_t)DATE_MAX + 1;
    if (action_open(action, page->work->as_at))
        return record_has(action, "due") ? record_number(action, "due") : never;
    return 2 * never - record_number(action, "closed");
}

int actions_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "what", .width = 34},
        {.field = "owner", .width = 18},
        {.field = "due", .width = 11},
        {.name = "late", .label = "Late", .width = 4, .type = SENDCO__REPORT__TYPE__FLAG},
        {.name = "status", .label = "Status", .width = 11, .type = SENDCO__REPORT__TYPE__TEXT},
        {.name = "closed", .label = "Closed", .width = 11, .type = SENDCO__REPORT__TYPE__DAY},
        {.name = "outcome", .label = "Outcome", .width = 24, .type = SENDCO__REPORT__TYPE__TEXT},
    };
    struct page_list list;
    int32_t day = page->work->as_at;
    int result = page_read(page, "Action", NULL, &list);
    if (result < 0 || list.denied)
        return result;
    page_keep(page, &list, action_shown);
    result = page_sort(page, &list, action_place);
    if (result < 0)
        return result;
    Sendco__Report__Section *section = page_section(page, "actions", "Actions", &list, columns, sizeof columns / sizeof *columns, "None.");
    for (size_t i = 0; section && i < list.n; i++) {
        const struct record *action = list.list[i];
        report_cell(section->rows[i], 3, value_number(action_overdue(action, day)));
        report_cell(section->rows[i], 4, action_status(action, day));
        if (action_open(action, day))
            continue; // closed only later, if at all
        report_cell(section->rows[i], 5, report_field(action, "closed"));
        report_cell(section->rows[i], 6, report_field(action, "outcome"));
    }
    return section ? 0 : ERR_NOMEM;
}
