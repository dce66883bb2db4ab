// The SEND register as at a date: one row per pupil on roll with SEN provision,
// with status, ranked needs and class, as far as the reader's scope goes. What one
// may not see leaves a cell empty. Reader thread.
#include "server/reports/roll.h"

#include <stdio.h>
#include <string.h>

enum {
    COL_PUPIL,
    COL_UPN,
    COL_BORN,
    COL_YEAR,
    COL_CLASS,
    COL_STATUS,
    COL_SINCE,
    COL_NEEDS,
    COL_PRIMARY,
    COL_INFORMED,
    COL_EAL,
    COL_PREMIUM,
    COL_LOOKED_AFTER,
    COL_COUNT
};

static const struct report_column columns[COL_COUNT] = {
    [COL_PUPIL] = {"pupil", "Pupil", SENDCO__REPORT__TYPE__TEXT, 26},
    [COL_UPN] = {"upn", "UPN", SENDCO__REPORT__TYPE__TEXT, 13},
    [COL_BORN] = {"born", "Born", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_YEAR] = {"year", "Year", SENDCO__REPORT__TYPE__TEXT, 4},
    [COL_CLASS] = {"class", "Class", SENDCO__REPORT__TYPE__TEXT, 5},
    [COL_STATUS] = {"provision", "SEN", SENDCO__REPORT__TYPE__TEXT, 3},
    [COL_SINCE] = {"since", "Since", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_NEEDS] = {"needs", "Needs", SENDCO__REPORT__TYPE__TEXT, 16},
    [COL_PRIMARY] = {"primary_need", "Primary need", SENDCO__REPORT__TYPE__TEXT, 28},
    [COL_INFORMED] = {"parent_informed", "Parent informed", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_EAL] = {"eal", "EAL", SENDCO__REPORT__TYPE__FLAG, 3},
    [COL_PREMIUM] = {"pupil_premium", "PP", SENDCO__REPORT__TYPE__FLAG, 3},
    [COL_LOOKED_AFTER] = {"looked_after", "LAC", SENDCO__REPORT__TYPE__FLAG, 3},
};

static struct value text_of(const struct record *record, const char *field)
{
    const char *text = record ? record_text(record, field) : NULL;
    return text ? value_text(text) : (struct value){0};
}

static struct value number_of(const struct record *record, const char *field)
{
    return record && record_has(record, field) ? value_number(record_number(record, field)) : (struct value){0};
}

// "SLCN, SPLD": by rank.
static struct value needs_of(const struct roll_row *row, struct arena *arena)
{
    char text[240] = "";
    size_t at = 0;
    for (size_t i = 0; i < row->n_needs; i++) {
        const char *code = record_text(row->needs[i], "need");
        if (!code || at + strlen(code) + 3 > sizeof text)
            continue;
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", code);
    }
    char *copy = at ? arena_strdup(arena, text) : NULL;
    return copy ? value_text(copy) : (struct value){0};
}

static struct value primary_of(const struct roll *roll, const struct roll_row *row)
{
    const char *code = row->n_needs ? record_text(row->needs[0], "need") : NULL;
    const struct record *found = roll_code(roll, "need-type", code, NULL);
    return found ? text_of(found, "title") : (struct value){0};
}

static void fill_row(const struct roll *roll, const struct roll_row *row, Sendco__Report__Row *out)
{
    const struct record *pupil = row->pupil;
    report_cell(out, COL_PUPIL, value_text(record_show(pupil, pupil->kind->shows, NULL, NULL, roll->work->arena)));
    report_cell(out, COL_UPN, text_of(pupil, "upn"));
    report_cell(out, COL_BORN, number_of(pupil, "born"));
    if (row->year)
        report_cell(out, COL_YEAR, value_text(row->year));
    report_cell(out, COL_CLASS, text_of(row->school_class, "name"));
    report_cell(out, COL_STATUS, text_of(row->status, "provision"));
    report_cell(out, COL_SINCE, number_of(row->status, "starts"));
    report_cell(out, COL_NEEDS, needs_of(row, roll->work->arena));
    report_cell(out, COL_PRIMARY, primary_of(roll, row));
    report_cell(out, COL_INFORMED, number_of(row->status, "parent_informed"));
    report_cell(out, COL_EAL, number_of(pupil, "eal"));
    report_cell(out, COL_PREMIUM, number_of(pupil, "pupil_premium"));
    report_cell(out, COL_LOOKED_AFTER, number_of(pupil, "looked_after"));
    report_link(out, pupil->kind, pupil->id, roll->work->arena);
}

static const struct report_column summary_columns[] = {
    {"provision", "SEN", SENDCO__REPORT__TYPE__TEXT, 3},
    {"title", "Provision", SENDCO__REPORT__TYPE__TEXT, 34},
    {"pupils", "Pupils", SENDCO__REPORT__TYPE__NUMBER, 6},
};

// How many pupils on roll hold each provision, before --status narrows the list.
static int summary(const struct roll *roll)
{
    const struct {
        const char *code, *title;
        size_t n;
    } lines[] = {
        {"E", "Education, health and care plan", roll->n_plan},
        {"K", "SEN support", roll->n_support},
        {NULL, "Earlier provision codes", roll->n_other},
        {"N", "No special educational need", roll->n_none},
    };
    size_t n = 0;
    Sendco__Report__Section *section = report_section(roll->work, "summary", "On roll", summary_columns, 3, 4);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < 4; i++) {
        if (!lines[i].code && lines[i].n == 0)
            continue;
        const struct record *code = roll_code(roll, "sen-provision", lines[i].code, NULL);
        const char *title = code ? record_text(code, "title") : NULL;
        Sendco__Report__Row *row = section->rows[n++];
        if (lines[i].code)
            report_cell(row, 0, value_text(lines[i].code));
        report_cell(row, 1, value_text(title ? title : lines[i].title));
        report_cell(row, 2, value_number((int64_t)lines[i].n));
    }
    section->n_rows = n;
    return 0;
}

// --- gaps: what the law asks for and the register does not hold ---

static bool gap_untold(const struct roll_row *row)
{
    const struct record *status = row->status;
    return roll_provided(row) && !record_has(status, "parent_informed") &&
           !(status->withheld & field_bit(field_find(status->kind, "parent_informed")));
}

static bool gap_late(const struct roll_row *row)
{
    const struct record *status = row->status;
    return roll_provided(row) && record_has(status, "parent_informed") && record_has(status, "starts") &&
           record_number(status, "parent_informed") > record_number(status, "starts");
}

static const struct {
    bool (*is)(const struct roll_row *row);
    const char *sentence;
} gaps[] = {
    {gap_untold, "No date says that the parent was informed"},
    {gap_late, "The parent was informed only after provision began (Children and Families Act 2014, s.68)"},
};
#define GAPS      (sizeof gaps / sizeof gaps[0])
#define GAP_NAMES 5 // more are counted

static int gap_tell(const struct roll *roll, size_t gap)
{
    size_t n = 0;
    const char *names = NULL;
    for (size_t i = 0; i < roll->n_rows; i++) {
        const struct record *pupil = roll->rows[i].pupil;
        if (!gaps[gap].is(&roll->rows[i]) || ++n > GAP_NAMES)
            continue;
        const char *name = record_show(pupil, pupil->kind->shows, NULL, NULL, roll->work->arena);
        names = name ? arena_printf(roll->work->arena, "%s%s%s", names ? names : "", names ? "; " : "", name) : NULL;
        if (!names)
            return ERR_NOMEM;
    }
    if (n == 0)
        return 0;
    return n > GAP_NAMES ? report_gap(roll->work, "%s: %s; and %zu more.", gaps[gap].sentence, names, n - GAP_NAMES)
                         : report_gap(roll->work, "%s: %s.", gaps[gap].sentence, names);
}

static int gaps_add(const struct roll *roll)
{
    int result = 0;
    for (size_t i = 0; !result && i < GAPS; i++)
        result = gap_tell(roll, i);
    return result;
}

static int fill(struct roll *roll)
{
    Sendco__Report__Section *section = report_section(roll->work, "register", "Register", columns, COL_COUNT, roll->n_rows);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < roll->n_rows; i++)
        fill_row(roll, &roll->rows[i], section->rows[i]);
    int result = summary(roll);
    return result == 0 ? gaps_add(roll) : result;
}

static int register_compute(struct report_work *work)
{
    struct roll roll;
    int result = roll_make(work, false, &roll);
    if (result == 0 && roll.statuses.denied)
        return problem_set(work->problem, ERR_DENIED, "your role does not let you see any %s", roll.statuses.kind->plural);
    if (result == 0)
        result = roll_sort(&roll, report_param(work->query, "sort"));
    return result == 0 ? fill(&roll) : result;
}

const struct report register_report = {"register", register_compute};
