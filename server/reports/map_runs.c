// The provision map by run, by who takes it, and for the whole school; map.c says
// what each figure is. Reader thread.
#include "server/reports/map.h"

// The sessions of a run from the period's first day to D.
static struct record **sessions_of(const struct map *map, const struct cost_run *run, size_t *n)
{
    return rows_of(&map->costing.sessions_of, run->run->id, n);
}

// How many sessions of the run were held, or lost; unknown to those who may see none.
static void count_sessions(const struct map *map, const struct cost_run *run, bool held, struct figure *figure)
{
    size_t n;
    struct record **sessions = sessions_of(map, run, &n);
    figure->known |= !map->costing.sessions.denied;
    for (size_t i = 0; i < n; i++)
        if ((record_number(sessions[i], "held") != 0) == held)
            figure_add(map->work, figure, 1, sessions[i]);
}

static size_t count_listed(const struct map *map)
{
    size_t n = 0;
    for (size_t i = 0; i < map->costing.n_runs; i++)
        n += map->listed[i];
    return n;
}

// --- provision -----------------------------------------------------------------

enum {
    RUN_NAME,
    RUN_TYPE,
    RUN_LAYER,
    RUN_LEADER,
    RUN_DAYS,
    RUN_FROM,
    RUN_UNTIL,
    RUN_PUPILS,
    RUN_PLANNED,
    RUN_TO_DATE,
    RUN_HELD,
    RUN_LOST,
    RUN_COUNT
};

static const struct report_column run_columns[RUN_COUNT] = {
    [RUN_NAME] = {"name", "Provision", SENDCO__REPORT__TYPE__TEXT, 26},
    [RUN_TYPE] = {"type", "Type", SENDCO__REPORT__TYPE__TEXT, 20},
    [RUN_LAYER] = {"layer", "Layer", SENDCO__REPORT__TYPE__TEXT, 13},
    [RUN_LEADER] = {"leader", "Leader", SENDCO__REPORT__TYPE__TEXT, 18},
    [RUN_DAYS] = {"days", "Days", SENDCO__REPORT__TYPE__TEXT, 14},
    [RUN_FROM] = {"from", "From", SENDCO__REPORT__TYPE__DAY, 11},
    [RUN_UNTIL] = {"until", "Until", SENDCO__REPORT__TYPE__DAY, 11},
    [RUN_PUPILS] = {"pupils", "Pupils", SENDCO__REPORT__TYPE__NUMBER, 6},
    [RUN_PLANNED] = {"sessions_planned", "Sessions planned", SENDCO__REPORT__TYPE__NUMBER, 8},
    [RUN_TO_DATE] = {"sessions_to_date", "Sessions to date", SENDCO__REPORT__TYPE__NUMBER, 8},
    [RUN_HELD] = {"held", "Held", SENDCO__REPORT__TYPE__NUMBER, 4},
    [RUN_LOST] = {"lost", "Lost", SENDCO__REPORT__TYPE__NUMBER, 4},
};

int32_t map_day_of(const struct map *map, const struct record *run)
{
    int64_t day = map->work->as_at;
    if (day < record_number(run, "starts"))
        day = record_number(run, "starts");
    else if (record_has(run, "ends") && day > record_number(run, "ends"))
        day = record_number(run, "ends");
    return (int32_t)day;
}

static void count_members(const struct map *map, const struct cost_run *run, struct figure *figure)
{
    int32_t day = map_day_of(map, run->run);
    figure->known = !map->costing.members_read.denied;
    for (size_t i = 0; i < run->n_members; i++) {
        const struct record *member = map->costing.members[run->first + i].member;
        if (rows_holds(member, day))
            figure_add(map->work, figure, 1, member);
    }
}

static struct value layer_of(const struct map *map, const struct cost_run *run)
{
    const char *code = run->type ? record_text(run->type, "layer") : NULL;
    return code ? value_text(view_code_title(map->work->view, "plan-layer", code, map->work->arena)) : (struct value){0};
}

static void run_words(const struct map *map, const struct cost_run *run, Sendco__Report__Row *out)
{
    report_cell(out, RUN_NAME, report_field(run->run, "name"));
    report_cell(out, RUN_TYPE, report_field(run->type, "name"));
    report_cell(out, RUN_LAYER, layer_of(map, run));
    report_cell(out, RUN_LEADER, report_ref(map->work, run->run, "leader"));
    report_cell(out, RUN_DAYS, report_field(run->run, "days"));
    report_cell(out, RUN_FROM, report_field(run->run, "starts"));
    report_cell(out, RUN_UNTIL, report_field(run->run, "ends"));
    report_link(out, run->run->kind, run->run->id, map->work->arena);
}

static void run_figures(const struct map *map, const struct cost_run *run, Sendco__Report__Section *section, size_t row)
{
    struct figure pupils = {0}, planned = {0}, to_date = {0}, held = {0}, lost = {0};
    count_members(map, run, &pupils);
    if (record_has(run->run, "planned")) {
        figure_add(map->work, &planned, run->planned_sessions, run->run);
        figure_add(map->work, &to_date, run->to_date_sessions, run->run);
    }
    count_sessions(map, run, true, &held);
    count_sessions(map, run, false, &lost);
    report_figure(map->work, section, row, RUN_PUPILS, &pupils);
    report_figure(map->work, section, row, RUN_PLANNED, &planned);
    report_figure(map->work, section, row, RUN_TO_DATE, &to_date);
    report_figure(map->work, section, row, RUN_HELD, &held);
    report_figure(map->work, section, row, RUN_LOST, &lost);
    map_amounts(map, section, row, RUN_COUNT, &run->minutes, &run->pence);
}

int map_provision(struct map *map)
{
    Sendco__Report__Section *section = map_section(map, "provision", "Provision", run_columns, RUN_COUNT, count_listed(map));
    size_t row = 0;
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < map->costing.n_runs; i++) {
        if (!map->listed[i])
            continue;
        run_words(map, &map->costing.runs[i], section->rows[row]);
        run_figures(map, &map->costing.runs[i], section, row++);
    }
    return map_empty(map, section);
}

// --- staff ---------------------------------------------------------------------

struct staff_line {
    int64_t id; // 0: nobody
    const struct record *staff;
    size_t place;
    struct figure held;
    struct cost_amounts minutes, pence;
};

struct staff_lines {
    struct rows staff;
    struct staff_line *list; // one per member of staff by name, and one for nobody at the end
    size_t n;
};

static int lines_make(struct map *map, struct staff_lines *lines)
{
    int result = rows_read(map->work, "Staff", ROWS_BY_NAME, &lines->staff);
    if (result < 0)
        return result;
    lines->n = lines->staff.n + 1;
    lines->list = arena_zero(map->work->arena, lines->n, sizeof *lines->list);
    for (size_t i = 0; lines->list && i < lines->staff.n; i++)
        lines->list[i] = (struct staff_line){.id = lines->staff.list[i]->id, .staff = lines->staff.list[i]};
    return lines->list ? 0 : ERR_NOMEM;
}

static struct staff_line *line_of(struct staff_lines *lines, int64_t staff)
{
    for (size_t i = 0; i + 1 < lines->n; i++)
        if (lines->list[i].id == staff)
            return &lines->list[i];
    return &lines->list[lines->n - 1];
}

// What was held counts for whoever took it.
static void staff_session(struct map *map, const struct cost_run *run, const struct record *session, struct staff_line *line)
{
    int64_t amount;
    figure_add(map->work, &line->held, 1, session);
    if (run->minutes.actual.known && cost_session_minutes(run, session, &amount))
        figure_add(map->work, &line->minutes.actual, amount, session);
    if (run->pence.actual.known && cost_session_pence(&map->costing, run, session, &amount))
        figure_add(map->work, &line->pence.actual, amount, session);
}

static void staff_run(struct map *map, const struct cost_run *run, struct staff_lines *lines)
{
    size_t n;
    struct record **sessions = sessions_of(map, run, &n);
    int64_t leader = record_number(run->run, "leader");
    struct staff_line *line = line_of(lines, leader);
    struct cost_amounts minutes = {run->minutes.planned, run->minutes.to_date, {0}}, pence = {run->pence.planned, run->pence.to_date, {0}};
    cost_join(map->work, &line->minutes, &minutes);
    cost_join(map->work, &line->pence, &pence);
    int64_t resources = cost_resources(&map->costing, run, map->costing.day);
    if (resources && run->pence.actual.known)
        figure_add(map->work, &line->pence.actual, resources, run->type);
    for (size_t i = 0; i < n; i++) {
        int64_t taker = record_has(sessions[i], "staff") ? record_number(sessions[i], "staff") : leader;
        if (record_number(sessions[i], "held"))
            staff_session(map, run, sessions[i], line_of(lines, taker));
    }
}

static bool amounts_known(const struct cost_amounts *amounts)
{
    return amounts->planned.known || amounts->to_date.known || amounts->actual.known;
}

static bool line_shown(const struct staff_line *line)
{
    return line->held.known || amounts_known(&line->minutes) || amounts_known(&line->pence);
}

static size_t lines_keep(struct staff_lines *lines)
{
    size_t n = 0;
    for (size_t i = 0; i < lines->n; i++)
        if (line_shown(&lines->list[i]))
            lines->list[n++] = lines->list[i];
    return n;
}

int map_staff(struct map *map)
{
    static const struct report_column columns[] = {
        {"name", "Staff", SENDCO__REPORT__TYPE__TEXT, 26},
        {"held", "Sessions held", SENDCO__REPORT__TYPE__NUMBER, 8},
    };
    struct staff_lines lines = {.n = 0};
    int result = lines_make(map, &lines);
    for (size_t i = 0; !result && i < map->costing.n_runs; i++)
        if (map->listed[i])
            staff_run(map, &map->costing.runs[i], &lines);
    size_t n = result == 0 ? lines_keep(&lines) : 0;
    Sendco__Report__Section *section = result == 0 ? map_section(map, "staff", "By staff", columns, 2, n) : NULL;
    for (size_t i = 0; section && i < n; i++) {
        struct staff_line *line = &lines.list[i];
        line->held.known = !map->costing.sessions.denied; // who held none held 0
        report_cell(section->rows[i], 0, value_text("-"));
        if (line->staff) {
            report_cell(section->rows[i], 0, value_text(record_show(line->staff, line->staff->kind->shows, NULL, NULL, map->work->arena)));
            report_link(section->rows[i], line->staff->kind, line->id, map->work->arena);
        }
        report_figure(map->work, section, i, 1, &line->held);
        map_amounts(map, section, i, 2, &line->minutes, &line->pence);
    }
    return result < 0 ? result : section ? map_empty(map, section) : ERR_NOMEM;
}

// --- the whole school ----------------------------------------------------------

enum { ALL_NAME, ALL_RUNS, ALL_PUPILS, ALL_HELD, ALL_LOST, ALL_COUNT };

static const struct report_column all_columns[ALL_COUNT] = {
    [ALL_NAME] = {"name", "Whole school", SENDCO__REPORT__TYPE__TEXT, 31},
    [ALL_RUNS] = {"runs", "Provisions", SENDCO__REPORT__TYPE__NUMBER, 10},
    [ALL_PUPILS] = {"pupils", "Pupils", SENDCO__REPORT__TYPE__NUMBER, 6},
    [ALL_HELD] = {"held", "Sessions held", SENDCO__REPORT__TYPE__NUMBER, 8},
    [ALL_LOST] = {"lost", "Lost", SENDCO__REPORT__TYPE__NUMBER, 4},
};

// Everybody in the listed runs with minutes or pence, each once, also those who have left since.
static void count_everybody(const struct map *map, struct figure *figure)
{
    int64_t last = 0;
    figure->known = !map->costing.members_read.denied;
    for (size_t i = 0; i < map->costing.n_members; i++) {
        const struct cost_member *member = map->members[i];
        int64_t pupil = member->member->about;
        if (pupil == last || !map->listed[member->run] || !(cost_any(&member->minutes) || cost_any(&member->pence)))
            continue;
        figure_add(map->work, figure, 1, rows_find(&map->roll.pupils, pupil));
        last = pupil;
    }
}

static void all_runs(const struct map *map, Sendco__Report__Section *section, size_t row)
{
    struct figure runs = {.known = true}, pupils = {0}, held = {.known = !map->costing.sessions.denied}, lost = held;
    struct cost_amounts minutes = {{0}, {0}, {0}}, pence = {{0}, {0}, {0}};
    for (size_t i = 0; i < map->costing.n_runs; i++) {
        const struct cost_run *run = &map->costing.runs[i];
        if (!map->listed[i])
            continue;
        figure_add(map->work, &runs, 1, run->run);
        count_sessions(map, run, true, &held);
        count_sessions(map, run, false, &lost);
        cost_join(map->work, &minutes, &run->minutes);
        cost_join(map->work, &pence, &run->pence);
    }
    count_everybody(map, &pupils);
    report_figure(map->work, section, row, ALL_RUNS, &runs);
    report_figure(map->work, section, row, ALL_PUPILS, &pupils);
    report_figure(map->work, section, row, ALL_HELD, &held);
    report_figure(map->work, section, row, ALL_LOST, &lost);
    map_amounts(map, section, row, ALL_COUNT, &minutes, &pence);
}

static void all_pupils(const struct map *map, Sendco__Report__Section *section, size_t row)
{
    struct figure pupils = {.known = true};
    struct cost_amounts minutes = {{0}, {0}, {0}}, pence = {{0}, {0}, {0}};
    for (size_t i = 0; i < map->n_pupils; i++) {
        const struct map_pupil *of = &map->pupils[i];
        if (map_pupil_any(of))
            figure_add(map->work, &pupils, 1, of->row->pupil);
        cost_join(map->work, &minutes, &of->minutes);
        cost_join(map->work, &pence, &of->pence);
    }
    report_figure(map->work, section, row, ALL_PUPILS, &pupils);
    map_amounts(map, section, row, ALL_COUNT, &minutes, &pence);
}

int map_school(struct map *map)
{
    Sendco__Report__Section *section = map_section(map, "school", "Whole school", all_columns, ALL_COUNT, 2);
    if (!section)
        return ERR_NOMEM;
    report_cell(section->rows[0], ALL_NAME, value_text("Adults' time, in all"));
    report_cell(section->rows[1], ALL_NAME, value_text("Pupils' own time and their share"));
    all_runs(map, section, 0);
    all_pupils(map, section, 1);
    return 0;
}
