// The SEND register as at a date: one row per pupil on roll with SEN provision,
// with status, ranked needs and class, as far as the reader's scope goes. What one
// may not see leaves a cell empty. Reader thread.
//
// On roll on D: entered is empty or not after D, left is empty or not before D. On the register on D: on
// roll, with a spell of SenStatus that holds on D and whose code is not N. Needs are those whose spells
// hold on D, by rank. The summary counts pupils on roll on D by their code (none counts as N), of those
// that class, year and need let through; status and limit do not narrow it.
#include "server/reports/register.h"

#include "common/number.h"
#include "server/reports/gaps_names.h"

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

static struct value needs_of(const struct roll_row *row, struct arena *arena)
{
    const char *text = roll_needs(row, arena);
    return text ? value_text(text) : (struct value){0};
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
        const struct figure *pupils;
    } lines[] = {
        {"E", "Education, health and care plan", &roll->plan},
        {"K", "SEN support", &roll->support},
        {NULL, "Earlier provision codes", &roll->other},
        {"N", "No special educational need", &roll->none},
    };
    size_t n = 0;
    Sendco__Report__Section *section = report_section(roll->work, "summary", "On roll", summary_columns, 3, 4);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < 4; i++) {
        if (!lines[i].code && lines[i].pupils->amount == 0)
            continue;
        const struct record *code = roll_code(roll, "sen-provision", lines[i].code, NULL);
        const char *title = code ? record_text(code, "title") : NULL;
        if (lines[i].code)
            report_cell(section->rows[n], 0, value_text(lines[i].code));
        report_cell(section->rows[n], 1, value_text(title ? title : lines[i].title));
        report_figure(roll->work, section, n++, 2, lines[i].pupils);
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
#define GAPS (sizeof gaps / sizeof gaps[0])

static int gap_tell(const struct roll *roll, size_t gap)
{
    struct gaps_names names = {.work = roll->work};
    int result = 0;
    for (size_t i = 0; !result && i < roll->n_rows; i++) {
        const struct record *pupil = roll->rows[i].pupil;
        if (gaps[gap].is(&roll->rows[i]))
            result = gaps_name(&names, record_show(pupil, pupil->kind->shows, NULL, NULL, roll->work->arena));
    }
    return result ? result : gaps_tell(&names, gaps[gap].sentence);
}

static int gaps_add(const struct roll *roll)
{
    int result = 0;
    for (size_t i = 0; !result && i < GAPS; i++)
        result = gap_tell(roll, i);
    return result;
}

static int fill(struct roll *roll, size_t limit)
{
    struct arena *arena = roll->work->arena;
    size_t n = roll->n_rows < limit ? roll->n_rows : limit;
    Sendco__Report__Section *section = report_section(roll->work, "register", "Register", columns, COL_COUNT, n);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        fill_row(roll, &roll->rows[i], section->rows[i]);
    if (n == 0)
        section->text = arena_strdup(arena, "Nobody.");
    else if (n < roll->n_rows)
        section->text = arena_printf(arena, "The first %zu of %zu.", n, roll->n_rows);
    int result = summary(roll);
    return result == 0 ? gaps_add(roll) : result;
}

int register_limit(struct report_work *work, size_t *limit)
{
    const char *given = report_param(work->query, "limit");
    int64_t number = 0;
    *limit = SIZE_MAX;
    if (!given)
        return 0;
    const char *fault = number_parse(given, NULL, 0, &number);
    if (fault || number < 1) {
        problem_set(work->problem, ERR_INVALID, "Limit: “%.40s” %s.", given, fault ? fault : "is no number of rows");
        problem_hint(work->problem, "Take a whole number from 1, or leave it out for all.");
        return ERR_INVALID;
    }
    *limit = (size_t)number;
    return 0;
}

int register_allowed(const struct roll *roll)
{
    if (!roll->statuses.denied)
        return 0;
    return problem_set(roll->work->problem, ERR_DENIED, "your role does not let you see any %s", roll->statuses.kind->plural);
}

static int register_as_at(struct report_work *work)
{
    struct roll roll;
    size_t limit;
    int result = roll_make(work, false, &roll);
    if (result == 0)
        result = register_allowed(&roll);
    if (result == 0)
        result = register_limit(work, &limit);
    if (result == 0)
        result = roll_sort(&roll, report_param(work->query, "sort"));
    return result == 0 ? fill(&roll, limit) : result;
}

static int register_compute(struct report_work *work)
{
    int32_t day;
    int result = report_day(work, "compare", DATE_NONE, &day);
    if (result < 0)
        return result;
    return day == DATE_NONE ? register_as_at(work) : register_compare(work, day);
}

const struct report register_report = {"register", register_compute};
