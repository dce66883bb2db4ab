// How the report on impact shows what was gathered: one row per type of provision,
// and what is missing; impact.c says what each figure is. Reader thread.
#include "server/reports/impact.h"

#include "server/reports/gaps_names.h"

enum {
    COL_TYPE,
    COL_RANK,
    COL_LAYER,
    COL_N,
    COL_UNMEASURED,
    COL_ENTRY,
    COL_EXIT,
    COL_GAIN,
    COL_RATIO,
    COL_EFFECTS,
    COL_ATTENDANCE = COL_EFFECTS + EFFECTS,
    COL_DECISIONS,
    COL_COST = COL_DECISIONS + DECISIONS, // from here on for those who may see what things cost
    COL_PER_PUPIL,
    COL_PER_MONTH,
    COL_COUNT
};

static const struct report_column columns[COL_COUNT] = {
    [COL_TYPE] = {"type", "Type", SENDCO__REPORT__TYPE__TEXT, 26},
    [COL_RANK] = {"rank", "Rank", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_LAYER] = {"layer", "Layer", SENDCO__REPORT__TYPE__TEXT, 13},
    [COL_N] = {"n", "n", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_UNMEASURED] = {"unmeasured", "Unmeasured", SENDCO__REPORT__TYPE__NUMBER, 10},
    [COL_ENTRY] = {"entry", "Entry", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_EXIT] = {"exit", "Exit", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_GAIN] = {"gain", "Gain", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_RATIO] = {"ratio", "Ratio gain", SENDCO__REPORT__TYPE__DECIMAL, 6},
    [COL_EFFECTS] = {"strong", "Strong", SENDCO__REPORT__TYPE__NUMBER, 6},
    [COL_EFFECTS + 1] = {"expected", "Expected", SENDCO__REPORT__TYPE__NUMBER, 8},
    [COL_EFFECTS + 2] = {"some", "Some", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_EFFECTS + 3] = {"none", "None", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_ATTENDANCE] = {"attendance", "Present %", SENDCO__REPORT__TYPE__NUMBER, 9},
    [COL_DECISIONS] = {"keep", "Keep", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_DECISIONS + 1] = {"change", "Change", SENDCO__REPORT__TYPE__NUMBER, 6},
    [COL_DECISIONS + 2] = {"stop", "Stop", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_COST] = {"cost", "Cost", SENDCO__REPORT__TYPE__PENCE, 10},
    [COL_PER_PUPIL] = {"cost_per_pupil", "A pupil", SENDCO__REPORT__TYPE__PENCE, 9},
    [COL_PER_MONTH] = {"cost_per_month", "A month gained", SENDCO__REPORT__TYPE__PENCE, 9},
};

struct cells {
    const struct impact *impact;
    Sendco__Report__Section *section;
    size_t row;
};

static void cell(const struct cells *at, size_t column, const struct figure *figure)
{
    report_figure(at->impact->work, at->section, at->row, column, figure);
}

// round(a x times / b), with the reasons of both; empty when there is nothing to divide by.
static void cell_ratio(const struct cells *at, size_t column, const struct figure *a, int64_t times, const struct figure *b)
{
    if (b->amount <= 0)
        return;
    struct figure figure = figure_of(at->impact->work, true, figure_round(a->amount * times, b->amount), a, NULL);
    cell(at, column, &figure);
}

static void fill_scores(const struct cells *at, const struct impact_line *line)
{
    cell(at, COL_N, &line->n);
    cell(at, COL_UNMEASURED, &line->unmeasured);
    cell_ratio(at, COL_ENTRY, &line->entry, 1, &line->n);
    cell_ratio(at, COL_EXIT, &line->exit, 1, &line->n);
    cell_ratio(at, COL_GAIN, &line->gain, 1, &line->n);
    cell_ratio(at, COL_ATTENDANCE, &line->present, 100, &line->marks);
    if (!impact_has_ratio(line))
        return;
    struct figure ratio = figure_of(at->impact->work, true, line->ratio, &line->timed_gain, NULL);
    cell(at, COL_RATIO, &ratio);
}

static void fill_costs(const struct cells *at, const struct impact_line *line)
{
    if (!at->impact->priced || line->cost_unknown || !line->cost.known)
        return;
    cell(at, COL_COST, &line->cost);
    cell_ratio(at, COL_PER_PUPIL, &line->cost, 1, &line->n);
    if (line->months)
        cell_ratio(at, COL_PER_MONTH, &line->cost, 10, &line->gain);
}

static void fill_row(const struct cells *at, const struct impact_line *line)
{
    struct report_work *work = at->impact->work;
    Sendco__Report__Row *out = at->section->rows[at->row];
    const char *layer = record_text(line->type, "layer");
    report_cell(out, COL_TYPE, report_field(line->type, "name"));
    if (line->rank)
        report_cell(out, COL_RANK, value_number((int64_t)line->rank));
    if (layer)
        report_cell(out, COL_LAYER, value_text(view_code_title(work->view, "plan-layer", layer, work->arena)));
    report_link(out, line->type->kind, line->type->id, work->arena);
    fill_scores(at, line);
    for (size_t i = 0; i < EFFECTS; i++)
        cell(at, COL_EFFECTS + i, &line->effects[i]);
    for (size_t i = 0; i < DECISIONS; i++)
        cell(at, COL_DECISIONS + i, &line->decisions[i]);
    fill_costs(at, line);
}

int impact_table(struct impact *impact)
{
    size_t n = 0;
    for (size_t i = 0; i < impact->n_lines; i++)
        n += impact->lines[i].shown;
    struct cells at = {.impact = impact};
    at.section = report_section(impact->work, "impact", "By type of provision", columns, impact->priced ? COL_COUNT : COL_COST, n);
    if (!at.section)
        return ERR_NOMEM;
    for (size_t i = 0; i < impact->n_lines; i++) {
        if (!impact->lines[i].shown)
            continue;
        fill_row(&at, &impact->lines[i]);
        at.row++;
    }
    if (n == 0)
        at.section->text = arena_strdup(impact->work->arena, "No pupil left a provision in this period.");
    return n || at.section->text ? 0 : ERR_NOMEM;
}

// --- gaps ----------------------------------------------------------------------

static bool gap_few(const struct impact_line *line, int64_t *n)
{
    *n = line->n.amount;
    return line->months && *n < IMPACT_LEAST;
}

static bool gap_unmeasured(const struct impact_line *line, int64_t *n)
{
    *n = line->unmeasured.amount;
    return *n > 0;
}

static bool gap_unpriced(const struct impact_line *line, int64_t *n)
{
    *n = line->n.amount;
    return line->cost_unknown;
}

static const struct {
    bool (*is)(const struct impact_line *line, int64_t *n);
    const char *sentence;
    bool priced; // only for those who may see what things cost
} gaps[] = {
    {gap_few, "Not ranked, because fewer than five pupils were measured at entry and exit", false},
    {gap_unmeasured, "Pupils left without a score at entry and at exit", false},
    {gap_unpriced, "The cost is not known, because a rate or the minutes of a session are missing", true},
};

static int gap_tell(const struct impact *impact, size_t gap)
{
    struct gaps_names names = {.work = impact->work};
    int result = 0;
    for (size_t i = 0; !result && i < impact->n_lines; i++) {
        const struct impact_line *line = &impact->lines[i];
        const char *name = record_text(line->type, "name");
        int64_t n;
        if (!line->shown || !gaps[gap].is(line, &n))
            continue;
        const char *told = arena_printf(impact->work->arena, "%s (%lld)", name ? name : "?", (long long)n);
        result = told ? gaps_name(&names, told) : ERR_NOMEM;
    }
    return result ? result : gaps_tell(&names, gaps[gap].sentence);
}

int impact_gaps(const struct impact *impact)
{
    int result = 0;
    for (size_t i = 0; !result && i < sizeof gaps / sizeof *gaps; i++)
        if (impact->priced || !gaps[i].priced)
            result = gap_tell(impact, i);
    return result;
}
