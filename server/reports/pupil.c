// The pupil's page: everything that is kept about one pupil, in the order in which
// one looks for it, as at a day and as far as the reader's scope goes. A section of
// which the reader may see nothing at all is left out. Reader thread.
//
// Dates: spells (status, needs, placements, strategies, members of provision) and plans that begin after the
// day are left out, and so are reviews, log entries and concerns dated after it. Of what is shown, an
// end, a closing or a decision that came only after the day is left empty when that day is over; as at
// today or later it is what is planned. How a target stood follows from its reviews (pupil_targets.c). Other
// fields without a date of their own (a plan's status) are as the records have them now; what was typed in
// by a day is another question, which as-known answers.
//   standing, needs, placements   every spell begun by the day, newest first; needs of one day by rank
//   profile                       the one whose spell holds on the day
//   contacts                      all, by priority; without one last
//   log                           the newest 20
//   concerns                      newest first
// The other sections: pupil_plans.c, pupil_provision.c, pupil_work.c.
#include "server/reports/pupil.h"

#include <stdio.h>
#include <string.h>

#define LOG_ROWS 20

// "9;02": years and whole months, as schools write it; NULL before birth.
static const char *age_of(const struct page *page)
{
    int32_t day = page->work->as_at;
    if (!record_has(page->pupil, "born") || record_number(page->pupil, "born") > day)
        return NULL;
    int32_t born = (int32_t)record_number(page->pupil, "born");
    int years = date_years(born, day), months = 0;
    while (months < 11 && date_add_months(born, 12 * years + months + 1) <= day)
        months++;
    return arena_printf(page->work->arena, "%d;%02d", years, months);
}

static const char *status_of(const struct page *page)
{
    char since[DATE_TEXT_MAX];
    const struct record *status = page->row.status;
    const char *code = roll_provision(&page->row);
    if (!status || !*code)
        return NULL;
    const char *title = view_code_title(page->work->view, "sen-provision", code, page->work->arena);
    return arena_printf(page->work->arena, "%s (%s) since %s", title, code, date_human((int32_t)record_number(status, "starts"), since));
}

// Every field of the record that the reader sees and that is filled in, with what follows from it behind it.
static int pupil_section(const struct page *page)
{
    const struct kind *kind = page->pupil->kind;
    struct page_facts facts;
    int result = page_facts(page, "pupil", "Pupil", kind->n_fields + 5u, &facts);
    if (result < 0)
        return result;
    for (size_t i = 0; i < kind->n_fields; i++) {
        const char *field = kind->fields[i].name;
        bool year = strcmp(field, "year") == 0;
        if (!year)
            page_fact_of(&facts, page->pupil, field);
        if (strcmp(field, "born") == 0)
            page_fact(&facts, "Age", age_of(page), page->pupil);
        if (!year)
            continue;
        page_fact(&facts, "Year", page_year(page), page->pupil);
        page_fact(&facts, "Class", page_class(page), page->row.school_class);
        page_fact(&facts, "SEN", status_of(page), page->row.status);
        page_fact(&facts, "Needs", page_needs(page), page->row.n_needs ? page->row.needs[0] : NULL);
    }
    if (!roll_on_roll(page->pupil, page->work->as_at))
        facts.section->text = arena_strdup(page->work->arena, "Not on roll on this day.");
    return 0;
}

static int standing_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "provision", .width = 3, .how = PAGE_CODE, .label = "SEN"},
        {.field = "provision", .width = 26, .name = "title", .label = "Provision"},
        {.field = "starts", .width = 11, .name = "from"},
        {.field = "ends", .width = 11, .how = PAGE_PAST, .name = "until"},
        {.field = "reason", .width = 24},
        {.field = "parent_informed", .width = 11, .how = PAGE_PAST},
        {.field = "decided_by", .width = 18},
    };
    struct page_list list;
    int result = page_read(page, "SenStatus", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    return page_section(page, "standing", "SEN status over time", &list, columns, sizeof columns / sizeof *columns,
                        "No SEN status is recorded.")
               ? 0
               : ERR_NOMEM;
}

static int64_t by_rank(const struct page *page, const struct record *record)
{
    (void)page;
    return record_number(record, "rank");
}

static int64_t newest_first(const struct page *page, const struct record *record)
{
    (void)page;
    return -record_number(record, "starts");
}

static int needs_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "need", .width = 5, .how = PAGE_CODE},
        {.field = "need", .width = 30, .name = "title", .label = "Type of need"},
        {.field = "rank", .width = 4},
        {.field = "starts", .width = 11, .name = "from"},
        {.field = "ends", .width = 11, .how = PAGE_PAST, .name = "until"},
        {.field = "source", .width = 10},
    };
    struct page_list list;
    int result = page_read(page, "Need", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    result = page_sort(page, &list, by_rank);
    if (result == 0)
        result = page_sort(page, &list, newest_first);
    if (result < 0)
        return result;
    return page_section(page, "needs", "Needs over time", &list, columns, sizeof columns / sizeof *columns, "No need is recorded.")
               ? 0
               : ERR_NOMEM;
}

static int placements_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "place", .width = 20},
        {.field = "commissioned", .width = 12},
        {.field = "named", .width = 8},
        {.field = "time_in_base", .width = 12, .label = "Time in base, %"},
        {.field = "starts", .width = 11, .name = "from"},
        {.field = "ends", .width = 11, .how = PAGE_PAST, .name = "until"},
    };
    struct page_list list;
    int result = page_read(page, "Placement", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    return page_section(page, "placements", "Resourced provision and SEN unit", &list, columns, sizeof columns / sizeof *columns, "None.")
               ? 0
               : ERR_NOMEM;
}

static int profile_section(const struct page *page)
{
    struct page_list list;
    struct page_facts facts;
    int result = page_read(page, "Profile", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    page_keep(page, &list, page_in_use);
    result = page_facts(page, "profile", "One-page profile", list.kind->n_fields, &facts);
    if (result < 0)
        return result;
    if (list.n == 0)
        facts.section->text = arena_strdup(page->work->arena, "No profile is in force.");
    for (size_t i = 0; list.n && i < list.kind->n_fields; i++)
        if (strcmp(list.kind->fields[i].name, "pupil") != 0)
            page_fact_of(&facts, list.list[0], list.kind->fields[i].name);
    return 0;
}

// --- home ------------------------------------------------------------------------

static int64_t by_priority(const struct page *page, const struct record *record)
{
    (void)page;
    return record_has(record, "priority") ? record_number(record, "priority") : INT64_MAX;
}

// Shouted, because somebody on the telephone reads it in passing.
static const char *warning_of(const struct record *contact)
{
    bool disclose = record_number(contact, "do_not_disclose") != 0, contacting = record_number(contact, "do_not_contact") != 0;
    if (disclose && contacting)
        return "DO NOT DISCLOSE, DO NOT CONTACT";
    return disclose ? "DO NOT DISCLOSE" : contacting ? "DO NOT CONTACT" : NULL;
}

// The same above the table: a narrow window may leave the column out, never this.
static int warnings_text(const struct page *page, Sendco__Report__Section *section, const struct page_list *contacts)
{
    char *text = NULL;
    for (size_t i = 0; i < contacts->n; i++) {
        const char *warning = warning_of(contacts->list[i]), *name = record_text(contacts->list[i], "name");
        if (!warning)
            continue;
        report_cell(section->rows[i], 1, value_text(warning));
        text = arena_printf(page->work->arena, "%s%s%s: %s.", text ? text : "", text ? " " : "", name ? name : "", warning);
        if (!text)
            return ERR_NOMEM;
    }
    section->text = text ? text : section->text;
    return 0;
}

static int contacts_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "name", .width = 22},         {.name = "warning", .label = "Warning", .width = 31, .type = SENDCO__REPORT__TYPE__TEXT},
        {.field = "relationship", .width = 12}, {.field = "parental_responsibility", .width = 4, .label = "PR"},
        {.field = "priority", .width = 4},      {.field = "phone", .width = 14},
        {.field = "email", .width = 20},        {.field = "prefers", .width = 10},
        {.field = "language", .width = 10},     {.field = "interpreter", .width = 5},
    };
    struct page_list list;
    int result = page_read(page, "Contact", NULL, &list);
    if (result < 0 || list.denied)
        return result;
    result = page_sort(page, &list, by_priority);
    if (result < 0)
        return result;
    Sendco__Report__Section *section =
        page_section(page, "contacts", "Contacts", &list, columns, sizeof columns / sizeof *columns, "No contact is recorded.");
    return section ? warnings_text(page, section, &list) : ERR_NOMEM;
}

static int log_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "day", .width = 11},       {.field = "channel", .width = 9},  {.field = "contact", .width = 18, .label = "With"},
        {.field = "staff", .width = 16},     {.field = "summary", .width = 30}, {.field = "agreed", .width = 20},
        {.field = "follow_up", .width = 11},
    };
    struct page_list list;
    int result = page_read(page, "ContactLog", "day", &list);
    if (result < 0 || list.denied)
        return result;
    size_t all = list.n;
    list.n = all > LOG_ROWS ? LOG_ROWS : all;
    Sendco__Report__Section *section =
        page_section(page, "log", "Contact with home", &list, columns, sizeof columns / sizeof *columns, "Nothing is logged.");
    if (section && all > list.n)
        section->text = arena_printf(page->work->arena, "The newest %zu of %zu.", list.n, all);
    return section ? 0 : ERR_NOMEM;
}

static int concerns_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "raised", .width = 11},
        {.field = "area", .width = 18},
        {.field = "concern", .width = 30},
        {.field = "tried", .width = 20},
        {.field = "raised_by", .width = 16},
        {.field = "decided", .width = 11, .how = PAGE_PAST},
        {.name = "outcome", .label = "Outcome", .width = 20, .type = SENDCO__REPORT__TYPE__TEXT},
        {.name = "decided_by", .label = "Decided by", .width = 16, .type = SENDCO__REPORT__TYPE__TEXT},
    };
    struct page_list list;
    int result = page_read(page, "Concern", "raised", &list);
    if (result < 0 || list.denied)
        return result;
    Sendco__Report__Section *section =
        page_section(page, "concerns", "Concerns", &list, columns, sizeof columns / sizeof *columns, "None.");
    for (size_t i = 0; section && i < list.n; i++) {
        const struct record *concern = list.list[i];
        if (page_past(page, concern, "decided").type == VALUE_EMPTY)
            continue; // not decided then: nor is what was decided
        report_cell(section->rows[i], 6, page_title(page, concern, "outcome"));
        report_cell(section->rows[i], 7, report_ref(page->work, concern, "decided_by"));
    }
    return section ? 0 : ERR_NOMEM;
}

static int pupil_compute(struct report_work *work)
{
    static int (*const sections[])(const struct page *page) = {
        pupil_section,     standing_section, needs_section, placements_section, profile_section, plans_sections,   strategies_section,
        provision_section, contacts_section, log_section,   meetings_sections,  actions_section, concerns_section,
    };
    struct page page;
    int result = page_make(work, &page);
    for (size_t i = 0; result == 0 && i < sizeof sections / sizeof *sections; i++)
        result = sections[i](&page);
    return result;
}

const struct report pupil_report = {"pupil", pupil_compute};
