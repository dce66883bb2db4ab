// The one-page profile for whoever takes a lesson: who the pupil is, how to speak
// with them, what helps, what they work on now. Fits on a sheet of A4: long texts and
// long lists are cut, and a gap says so. Reader thread.
//
// The profile is the one whose spell holds on the day. Targets: the current ones of the pupil's page
// (pupil_targets.c) that are neither met nor stopped. Strategies: in use on the day. Provision: memberships that hold on the day in
// runs that do. Nothing here is above what classroom staff see, but for the needs, which those read who
// may. Old: neither begun nor signed off within the 12 months up to the day.
#include "server/reports/pupil.h"

#include <string.h>

#include "common/text.h"

#define TEXT_LINES      5
#define TEXT_COLUMNS    420 // five lines or so
#define TARGETS_MOST    6
#define STRATEGIES_MOST 8

static const char *name_of(const struct page *page)
{
    const struct record *pupil = page->pupil;
    return record_show(pupil, pupil->kind->shows, NULL, NULL, page->work->arena);
}

static int pupil_section(const struct page *page)
{
    struct page_facts facts;
    int result = page_facts(page, "pupil", "Pupil", 6, &facts);
    if (result < 0)
        return result;
    page_fact(&facts, "Name", name_of(page), page->pupil);
    page_fact_of(&facts, page->pupil, "known_as");
    page_fact(&facts, "Class", page_class(page), page->row.school_class);
    page_fact(&facts, "Year", page_year(page), page->pupil);
    page_fact(&facts, "Needs", page_needs(page), page->row.n_needs ? page->row.needs[0] : NULL);
    if (record_number(page->pupil, "eal"))
        page_fact(&facts, "EAL", "First language other than English", page->pupil);
    return 0;
}

// --- the profile's own words ---

// As much of a text as the page has room for; NULL without memory.
static const char *text_fit(const char *text, struct arena *arena)
{
    const char *cut = text_cut(text, TEXT_COLUMNS, arena), *end = cut;
    for (int i = 0; end && i < TEXT_LINES; i++)
        end = (end = strchr(end, '\n')) ? end + 1 : NULL;
    return end ? arena_printf(arena, "%.*s…", (int)(end - 1 - cut), cut) : cut;
}

static int text_row(struct page_facts *facts, const struct record *profile, const char *name)
{
    struct report_work *work = facts->page->work;
    const struct field *field = field_find(profile->kind, name);
    const char *text = record_text(profile, name), *fit = text ? text_fit(text, work->arena) : NULL;
    if (text && !fit)
        return ERR_NOMEM;
    page_fact(facts, field->label, fit, profile);
    if (!text || strcmp(text, fit) == 0)
        return 0;
    return report_gap(work, "“%s” is longer than this page has room for; all of it is on the pupil's own page.", field->label);
}

static int words_section(const struct page *page, const struct record *profile)
{
    static const char *const names[] = {"communication", "helps", "hinders", "triggers", "strengths", "pupil_words", "parent_words"};
    struct page_facts facts;
    int result = page_facts(page, "profile", "Profile", sizeof names / sizeof *names, &facts);
    for (size_t i = 0; result == 0 && profile && i < sizeof names / sizeof *names; i++)
        result = text_row(&facts, profile, names[i]);
    if (result == 0 && facts.section->n_rows == 0)
        facts.section->text = arena_strdup(page->work->arena, profile ? "Nothing is written in it yet." : "No profile is in force.");
    return result;
}

// --- what is done now ---

// The current targets but for those that are met or stopped.
static struct page_list still_to_reach(const struct page *page, const struct pupil_targets *all)
{
    struct page_list list = all->targets;
    list.n = 0;
    for (size_t i = 0; i < all->n_current; i++) {
        const char *status = targets_status(page, all, all->targets.list[i]);
        if (strcmp(status, "met") != 0 && strcmp(status, "stopped") != 0)
            list.list[list.n++] = all->targets.list[i];
    }
    return list;
}

// What the page has no room for is told, not passed over.
static int cap_text(const struct page_facts *facts, size_t all, const char *none)
{
    struct arena *arena = facts->page->work->arena;
    size_t n = facts->section->n_rows;
    if (n && n == all)
        return 0;
    facts->section->text =
        n ? arena_printf(arena, "The first %zu of %zu; all are on the pupil's own page.", n, all) : arena_strdup(arena, none);
    return facts->section->text ? 0 : ERR_NOMEM;
}

static void target_row(struct page_facts *facts, const struct record *target)
{
    struct arena *arena = facts->page->work->arena;
    char due[DATE_TEXT_MAX];
    const char *measure = record_text(target, "measure"), *aim = record_text(target, "aim");
    const char *by =
        record_has(target, "due") ? arena_printf(arena, "By %s", date_human((int32_t)record_number(target, "due"), due)) : "No date";
    const char *text = measure ? arena_printf(arena, "%s\nWe shall know by: %s", aim, measure) : aim;
    page_fact(facts, by ? by : "", text, target);
}

// As words to be read, not as a table: an aim cut short is none.
static int targets_section(const struct page *page)
{
    struct pupil_targets targets;
    struct page_facts facts;
    int result = targets_read(page, &targets);
    if (result < 0 || targets.targets.denied)
        return result;
    struct page_list list = still_to_reach(page, &targets);
    result = page_facts(page, "targets", "Working on now", TARGETS_MOST, &facts);
    for (size_t i = 0; result == 0 && i < list.n; i++)
        target_row(&facts, list.list[i]);
    return result == 0 ? cap_text(&facts, list.n, "No target is open.") : result;
}

static int strategies(const struct page *page)
{
    struct page_list list;
    struct page_facts facts;
    int result = page_read(page, "Strategy", "starts", &list);
    if (result < 0 || list.denied)
        return result;
    page_keep(page, &list, page_in_use);
    result = page_facts(page, "strategies", "Strategies", STRATEGIES_MOST, &facts);
    for (size_t i = 0; result == 0 && i < list.n; i++) {
        const char *subject = record_text(list.list[i], "subject");
        page_fact(&facts, subject ? subject : "Any lesson", record_text(list.list[i], "what"), list.list[i]);
    }
    return result == 0 ? cap_text(&facts, list.n, "None.") : result;
}

// --- the timetable ---

// Of each membership in force its run, when that is in force as well.
static int runs_read(const struct page *page, const struct page_list *members, struct page_list *list)
{
    struct rows runs;
    int result = rows_read(page->work, "Provision", ROWS_ALL, &runs);
    if (result < 0)
        return result;
    *list = (struct page_list){.kind = runs.kind, .list = arena_zero(page->work->arena, members->n + 1, sizeof(struct record *))};
    if (!list->list)
        return ERR_NOMEM;
    for (size_t i = 0; i < members->n; i++) {
        struct record *run = rows_find(&runs, record_number(members->list[i], "provision"));
        if (run && page_in_use(page, run))
            list->list[list->n++] = run;
    }
    return 0;
}

static int timetable_section(const struct page *page)
{
    static const struct page_column columns[] = {
        {.field = "name", .width = 26, .name = "provision", .label = "Provision"},
        {.field = "days", .width = 20},
        {.field = "room", .width = 12},
        {.field = "leader", .width = 18},
    };
    struct page_list members, runs;
    int result = page_read(page, "ProvisionMember", "starts", &members);
    if (result < 0 || members.denied)
        return result;
    page_keep(page, &members, page_in_use);
    result = runs_read(page, &members, &runs);
    if (result < 0)
        return result;
    return page_section(page, "provision", "Provision", &runs, columns, sizeof columns / sizeof *columns, "None.") ? 0 : ERR_NOMEM;
}

// --- how good it still is ---

// Signed off by the report's day?
static bool signed_by_then(const struct page *page, const struct record *profile)
{
    return record_has(profile, "signed_off") && record_number(profile, "signed_off") <= page->work->as_at;
}

static int signed_section(const struct page *page, const struct record *profile)
{
    struct page_facts facts;
    int result = page_facts(page, "signed", "In force", 3, &facts);
    if (result < 0)
        return result;
    page_fact_of(&facts, profile, "starts");
    if (signed_by_then(page, profile)) {
        page_fact_of(&facts, profile, "signed_off");
        page_fact_of(&facts, profile, "signed_by");
    }
    return 0;
}

static int gaps(const struct page *page, const struct record *profile)
{
    char newest[DATE_TEXT_MAX];
    if (!profile)
        return report_gap(page->work, "%s has no one-page profile in force; write one: sendco profile add.", name_of(page));
    bool is_signed = signed_by_then(page, profile);
    int64_t day = record_number(profile, "starts");
    if (is_signed && record_number(profile, "signed_off") > day)
        day = record_number(profile, "signed_off");
    int result = 0;
    if (day < date_add_months(page->work->as_at, -12))
        result = report_gap(page->work, "The profile of %s is older than a year (%s); go through it with the pupil and the family.",
                            name_of(page), date_human((int32_t)day, newest));
    if (result == 0 && !is_signed)
        result = report_gap(page->work, "The profile of %s is not signed off.", name_of(page));
    return result;
}

static int sections(const struct page *page, const struct record *profile)
{
    int result = pupil_section(page);
    if (result == 0)
        result = words_section(page, profile);
    if (result == 0)
        result = targets_section(page);
    if (result == 0)
        result = strategies(page);
    if (result == 0)
        result = timetable_section(page);
    if (result == 0 && profile)
        result = signed_section(page, profile);
    return result == 0 ? gaps(page, profile) : result;
}

static int profile_compute(struct report_work *work)
{
    struct page page;
    struct page_list list = {0};
    int result = page_make(work, &page);
    if (result == 0)
        result = page_read(&page, "Profile", "starts", &list);
    if (result < 0)
        return result;
    if (list.denied)
        return problem_set(work->problem, ERR_DENIED, "your role does not let you see any %s", list.kind->plural);
    page_keep(&page, &list, page_in_use);
    return sections(&page, list.n ? list.list[0] : NULL);
}

const struct report profile_report = {"profile", profile_compute};
