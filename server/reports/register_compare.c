// The register on two days side by side: who joined, left or changed between them,
// and how many stood where; for the two dates of a census, or "since last term".
// Reader thread.
//
// Of the report's day and the day to compare with, the earlier is "then" and the later "now". On the
// register: as register.c says. Each pupil differs in one way at most, the first that is true:
//   joined the register   not on it then, on it now
//   left the school       on it then, now not on roll
//   left the register     on it then, on roll now but not on it
//   status changed        on it both times, with another code
//   need changed          the same, with the same code, but other needs or another order of them
// Rows come as: joined, left the register, status, need, left the school; by name within each. Filters let
// through who passes them on either day. `since` is the day it took effect: the status's first day
// (joined: or the day the pupil entered, when later), the day after the last one, or the newest change of
// a need. Totals count, on each day, the pupils on roll whom the filters let through on that day.
#include "server/reports/register.h"

#include <string.h>

enum change { CHANGE_JOINED, CHANGE_OFF, CHANGE_STATUS, CHANGE_NEED, CHANGE_LEFT, CHANGE_NONE };

static const char *const change_words[] = {
    [CHANGE_JOINED] = "joined the register", [CHANGE_OFF] = "left the register", [CHANGE_STATUS] = "status changed",
    [CHANGE_NEED] = "need changed",          [CHANGE_LEFT] = "left the school",
};

struct pair { // one pupil, twice
    struct roll_row then, now;
    bool shown_then, shown_now; // on roll that day, and let through by the filters
    enum change change;
};

struct compare {
    struct report_work *work;
    struct roll then, now;
    struct pair *pairs; // by name
    size_t n_pairs, n_changed;
};

// --- who differs -----------------------------------------------------------------

static bool needs_differ(const struct pair *pair)
{
    if (pair->then.n_needs != pair->now.n_needs)
        return true;
    for (size_t i = 0; i < pair->now.n_needs; i++) {
        const char *then = record_text(pair->then.needs[i], "need"), *now = record_text(pair->now.needs[i], "need");
        if (!then || !now || strcmp(then, now) != 0)
            return true;
    }
    return false;
}

static enum change change_of(const struct compare *compare, const struct pair *pair)
{
    bool then = roll_registered(&compare->then, &pair->then), now = roll_registered(&compare->now, &pair->now);
    if (!then)
        return now ? CHANGE_JOINED : CHANGE_NONE;
    if (!now)
        return roll_on_roll(pair->now.pupil, compare->now.work->as_at) ? CHANGE_OFF : CHANGE_LEFT;
    if (strcmp(roll_provision(&pair->then), roll_provision(&pair->now)) != 0)
        return CHANGE_STATUS;
    return needs_differ(pair) ? CHANGE_NEED : CHANGE_NONE;
}

static bool passes(const struct roll *roll, const struct roll_row *row)
{
    return roll_on_roll(row->pupil, roll->work->as_at) && roll_passes(roll, row) && roll_status_passes(roll, row);
}

static int pairs_make(struct compare *compare)
{
    const struct rows *pupils = &compare->now.pupils;
    compare->pairs = arena_zero(compare->work->arena, pupils->n + 1, sizeof *compare->pairs);
    if (!compare->pairs)
        return ERR_NOMEM;
    for (size_t i = 0; i < pupils->n; i++) {
        struct pair *pair = &compare->pairs[compare->n_pairs];
        *pair = (struct pair){.then = roll_of(&compare->then, pupils->list[i]->id), .now = roll_of(&compare->now, pupils->list[i]->id)};
        pair->shown_then = passes(&compare->then, &pair->then);
        pair->shown_now = passes(&compare->now, &pair->now);
        if (!pair->shown_then && !pair->shown_now)
            continue;
        pair->change = change_of(compare, pair);
        compare->n_changed += pair->change != CHANGE_NONE;
        compare->n_pairs++;
    }
    return 0;
}

// --- since when, and why ---

static int64_t after_end(const struct record *record)
{
    return record_has(record, "ends") ? record_number(record, "ends") + 1 : 0;
}

// The newest day after `then` and up to `now` on which a need began or had just ended.
static int64_t need_changed_on(const struct compare *compare, const struct pair *pair)
{
    int64_t newest = 0;
    for (size_t i = 0; i < pair->now.n_needs; i++) {
        int64_t day = record_number(pair->now.needs[i], "starts");
        newest = day > newest ? day : newest;
    }
    for (size_t i = 0; i < pair->then.n_needs; i++) {
        int64_t day = after_end(pair->then.needs[i]);
        newest = day <= compare->now.work->as_at && day > newest ? day : newest;
    }
    return newest;
}

static int on_ended(struct record *status, void *data)
{
    int64_t *newest = data;
    *newest = after_end(status) > *newest ? after_end(status) : *newest;
    return 0;
}

// The day after the last status of the register that the pupil had before `now`, when there is none now.
static int64_t ended_on(const struct compare *compare, const struct record *pupil)
{
    struct query query;
    int64_t newest = 0;
    query_init(&query, compare->now.statuses.kind);
    query.about = pupil->id;
    query.as_known = compare->work->as_known;
    query_where(&query, "ends", OP_LT, value_number(compare->now.work->as_at));
    query_where(&query, "provision", OP_NE, value_text("N"));
    return view_list(compare->work->view, &query, compare->work->arena, NULL, on_ended, &newest, NULL) < 0 ? 0 : newest;
}

static int64_t changed_on(const struct compare *compare, const struct pair *pair)
{
    const struct record *pupil = pair->now.pupil, *status = pair->now.status;
    int64_t day = status ? record_number(status, "starts") : ended_on(compare, pupil);
    if (pair->change == CHANGE_NEED)
        return need_changed_on(compare, pair);
    if (pair->change == CHANGE_LEFT)
        return record_number(pupil, "left") + 1;
    if (pair->change == CHANGE_JOINED && record_has(pupil, "entered") && record_number(pupil, "entered") > day)
        return record_number(pupil, "entered");
    return day;
}

// Why the status is what it is now; a need has no reason of its own, nor has a status that the pupil left with.
static struct value reason_of(const struct compare *compare, const struct pair *pair)
{
    const struct record *then = pair->then.status, *now = pair->now.status;
    bool same = then && now && then->id == now->id;
    if (!now || pair->change == CHANGE_NEED || (pair->change == CHANGE_LEFT && same))
        return (struct value){0};
    const struct record *code = roll_code(&compare->now, "register-reason", record_text(now, "reason"), NULL);
    return report_field(code ? code : now, code ? "title" : "reason");
}

// --- sections --------------------------------------------------------------------

enum { COL_PUPIL, COL_CLASS, COL_CHANGE, COL_THEN, COL_NOW, COL_NEEDS_THEN, COL_NEEDS_NOW, COL_SINCE, COL_REASON, COL_COUNT };

static const struct report_column columns[COL_COUNT] = {
    [COL_PUPIL] = {"pupil", "Pupil", SENDCO__REPORT__TYPE__TEXT, 26},
    [COL_CLASS] = {"class", "Class", SENDCO__REPORT__TYPE__TEXT, 5},
    [COL_CHANGE] = {"change", "Change", SENDCO__REPORT__TYPE__TEXT, 19},
    [COL_THEN] = {"then", "Then", SENDCO__REPORT__TYPE__TEXT, 4},
    [COL_NOW] = {"now", "Now", SENDCO__REPORT__TYPE__TEXT, 3},
    [COL_NEEDS_THEN] = {"needs_then", "Needs then", SENDCO__REPORT__TYPE__TEXT, 14},
    [COL_NEEDS_NOW] = {"needs_now", "Needs now", SENDCO__REPORT__TYPE__TEXT, 14},
    [COL_SINCE] = {"since", "Since", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_REASON] = {"reason", "Reason", SENDCO__REPORT__TYPE__TEXT, 28},
};

// What the pupil held on one of the days; nothing of a day when not on roll.
static void fill_day(const struct roll *roll, const struct roll_row *row, Sendco__Report__Row *out, size_t status, size_t needs)
{
    if (!roll_on_roll(row->pupil, roll->work->as_at))
        return;
    const char *codes = roll_needs(row, roll->work->arena);
    report_cell(out, status, report_field(row->status, "provision"));
    if (codes)
        report_cell(out, needs, value_text(codes));
}

static void fill_row(const struct compare *compare, const struct pair *pair, Sendco__Report__Row *out)
{
    struct arena *arena = compare->work->arena;
    const struct record *pupil = pair->now.pupil;
    const struct record *school_class = pair->change == CHANGE_LEFT ? pair->then.school_class : pair->now.school_class;
    int64_t since = changed_on(compare, pair);
    report_cell(out, COL_PUPIL, value_text(record_show(pupil, pupil->kind->shows, NULL, NULL, arena)));
    report_cell(out, COL_CLASS, report_field(school_class, "name"));
    report_cell(out, COL_CHANGE, value_text(change_words[pair->change]));
    fill_day(&compare->then, &pair->then, out, COL_THEN, COL_NEEDS_THEN);
    fill_day(&compare->now, &pair->now, out, COL_NOW, COL_NEEDS_NOW);
    if (since)
        report_cell(out, COL_SINCE, value_number(since));
    report_cell(out, COL_REASON, reason_of(compare, pair));
    report_link(out, pupil->kind, pupil->id, arena);
}

static char *compare_text(const struct compare *compare, size_t shown)
{
    struct arena *arena = compare->work->arena;
    char then[DATE_TEXT_MAX], now[DATE_TEXT_MAX];
    date_human(compare->then.work->as_at, then);
    date_human(compare->now.work->as_at, now);
    if (compare->n_changed == 0)
        return arena_printf(arena, "Then: %s. Now: %s. Nobody differs.", then, now);
    if (shown < compare->n_changed)
        return arena_printf(arena, "Then: %s. Now: %s. The first %zu of %zu.", then, now, shown, compare->n_changed);
    return arena_printf(arena, "Then: %s. Now: %s.", then, now);
}

static int changes_fill(const struct compare *compare, size_t limit)
{
    size_t n = compare->n_changed < limit ? compare->n_changed : limit, filled = 0;
    Sendco__Report__Section *section = report_section(compare->work, "compare", "Changes", columns, COL_COUNT, n);
    if (!section || !(section->text = compare_text(compare, n)))
        return ERR_NOMEM;
    for (int change = CHANGE_JOINED; change < CHANGE_NONE; change++) {
        for (size_t i = 0; i < compare->n_pairs && filled < n; i++) {
            if ((int)compare->pairs[i].change == change)
                fill_row(compare, &compare->pairs[i], section->rows[filled++]);
        }
    }
    return 0;
}

static const struct report_column total_columns[] = {
    {"status", "SEN", SENDCO__REPORT__TYPE__TEXT, 3},
    {"title", "Provision", SENDCO__REPORT__TYPE__TEXT, 34},
    {"then", "Then", SENDCO__REPORT__TYPE__NUMBER, 5},
    {"now", "Now", SENDCO__REPORT__TYPE__NUMBER, 5},
    {"difference", "Difference", SENDCO__REPORT__TYPE__NUMBER, 10},
};

enum total { TOTAL_PLAN, TOTAL_SUPPORT, TOTAL_OTHER, TOTAL_ALL, TOTAL_COUNT };

static bool counts(enum total total, const struct roll_row *row)
{
    const char *provision = roll_provision(row);
    bool support = strcmp(provision, "K") == 0, plan = strcmp(provision, "E") == 0, on = *provision && strcmp(provision, "N") != 0;
    return total == TOTAL_PLAN ? plan : total == TOTAL_SUPPORT ? support : total == TOTAL_OTHER ? on && !plan && !support : on;
}

struct total_line {
    struct figure then, now, difference;
};

static struct total_line total_line(const struct compare *compare, enum total total)
{
    struct total_line line = {{.known = true}, {.known = true}, {.known = true}};
    for (size_t i = 0; i < compare->n_pairs; i++) {
        const struct pair *pair = &compare->pairs[i];
        bool then = pair->shown_then && counts(total, &pair->then), now = pair->shown_now && counts(total, &pair->now);
        if (then)
            figure_add(compare->work, &line.then, 1, pair->then.status);
        if (now)
            figure_add(compare->work, &line.now, 1, pair->now.status);
        if (then != now)
            figure_add(compare->work, &line.difference, now ? 1 : -1, now ? pair->now.status : pair->then.status);
    }
    return line;
}

static int totals_fill(const struct compare *compare)
{
    static const char *const codes[] = {"E", "K", NULL, "All"};
    static const char *const titles[] = {"Education, health and care plan", "SEN support", "Earlier provision codes", "On the register"};
    size_t n = 0;
    Sendco__Report__Section *section = report_section(compare->work, "totals", "How many", total_columns, 5, TOTAL_COUNT);
    if (!section)
        return ERR_NOMEM;
    for (enum total total = 0; total < TOTAL_COUNT; total++) {
        struct total_line line = total_line(compare, total);
        const struct record *code = roll_code(&compare->now, "sen-provision", codes[total], NULL);
        if (total == TOTAL_OTHER && !line.then.amount && !line.now.amount)
            continue;
        if (codes[total])
            report_cell(section->rows[n], 0, value_text(codes[total]));
        report_cell(section->rows[n], 1, code ? report_field(code, "title") : value_text(titles[total]));
        report_figure(compare->work, section, n, 2, &line.then);
        report_figure(compare->work, section, n, 3, &line.now);
        report_figure(compare->work, section, n++, 4, &line.difference);
    }
    section->n_rows = n;
    return 0;
}

static int refuse_sort(struct report_work *work)
{
    if (!report_param(work->query, "sort"))
        return 0;
    problem_set(work->problem, ERR_INVALID, "Sort: a comparison is ordered by what changed, then by name.");
    problem_hint(work->problem, "Leave sort out, or leave compare out.");
    return ERR_INVALID;
}

int register_compare(struct report_work *work, int32_t day)
{
    struct compare compare = {.work = work};
    size_t limit;
    int result = register_limit(work, &limit);
    if (result == 0)
        result = refuse_sort(work);
    if (result == 0)
        result = roll_make_on(work, day < work->as_at ? day : work->as_at, true, &compare.then);
    if (result == 0)
        result = register_allowed(&compare.then);
    if (result == 0)
        result = roll_make_on(work, day < work->as_at ? work->as_at : day, true, &compare.now);
    if (result == 0)
        result = pairs_make(&compare);
    if (result == 0)
        result = changes_fill(&compare, limit);
    return result == 0 ? totals_fill(&compare) : result;
}
