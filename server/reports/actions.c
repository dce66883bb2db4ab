// Who said they would do what by when. Reader thread.
//
// D is the report's day. Open, overdue and the status on D are as plan.h says. The actions are those the
// reader may see and that pass the filters owner, pupil, class (the pupil's on D) and mine (the reader's own):
//   summary   of the open ones: overdue (due before D), soon (due from D to D + 14), later (due after that),
//             no_date (no due day), no_owner (nobody's, whatever its due day), escalated (status escalated)
//   actions   the open ones: by due day, so that overdue ones come first, without a due day last; with `overdue` only
//             the overdue ones; else with `all` also those closed from D - 90 to D, last closed first, at the end.
//             days_overdue: from due to D
//   owners    of the open ones, by owner: open, overdue, chased (the sum of times chased); most overdue
//             first, then most open, then by the owner's name; those of nobody in a row "Nobody"
#include "server/reports/plan.h"
#include "server/reports/roll.h"

#include <stdlib.h>

#include "server/reports/gaps_names.h"

#define SOON_DAYS   14
#define CLOSED_DAYS 90

struct action_item {
    const struct record *action;
    bool open, overdue;
    int64_t order; // within its part of the list
};

struct actions {
    struct report_work *work;
    int32_t day;
    bool only_overdue, with_closed, mine;
    struct record *owner, *pupil; // NULL: any
    struct roll roll;
    struct rows actions, staff;
    struct action_item *items; // those that pass the filters and are open or, when asked for, closed lately
    size_t n, n_shown;
};

// --- which ---------------------------------------------------------------------

static bool passes(const struct actions *actions, const struct record *action)
{
    int64_t owner = record_number(action, "owner"), pupil = record_number(action, "pupil");
    if ((actions->owner && owner != actions->owner->id) || (actions->mine && owner != actions->work->query->reader))
        return false;
    if (actions->pupil && pupil != actions->pupil->id)
        return false;
    if (!actions->roll.filter.class)
        return true;
    struct roll_row row = roll_of(&actions->roll, pupil);
    return row.pupil && roll_passes(&actions->roll, &row);
}

static bool closed_lately(const struct actions *actions, const struct record *action)
{
    int64_t closed = record_number(action, "closed");
    return record_has(action, "closed") && closed <= actions->day && closed >= actions->day - CLOSED_DAYS;
}

static int by_order(const void *a, const void *b)
{
    const struct action_item *x = a, *y = b;
    if (x->open != y->open)
        return x->open ? -1 : 1;
    if (x->order != y->order)
        return x->order > y->order ? 1 : -1;
    return (x->action->id > y->action->id) - (x->action->id < y->action->id);
}

static int choose(struct actions *actions)
{
    actions->items = arena_zero(actions->work->arena, actions->actions.n + 1, sizeof *actions->items);
    if (!actions->items)
        return ERR_NOMEM;
    for (size_t i = 0; i < actions->actions.n; i++) {
        const struct record *action = actions->actions.list[i];
        struct action_item item = {action, action_open(action, actions->day), action_overdue(action, actions->day), 0};
        if (!passes(actions, action) || (!item.open && !(actions->with_closed && closed_lately(actions, action))))
            continue;
        item.order = !item.open ? -record_number(action, "closed") : record_has(action, "due") ? record_number(action, "due") : INT64_MAX;
        actions->items[actions->n++] = item;
    }
    if (actions->n)
        qsort(actions->items, actions->n, sizeof *actions->items, by_order);
    for (size_t i = 0; i < actions->n; i++)
        actions->n_shown += !actions->only_overdue || actions->items[i].overdue;
    return 0;
}

// --- summary ---------------------------------------------------------------------

enum { OVERDUE, SOON, LATER, NO_DATE, NO_OWNER, ESCALATED, STATES };
static const struct {
    const char *state, *title;
} states[STATES] = {
    [OVERDUE] = {"overdue", "Overdue"},        [SOON] = {"soon", "Due within 14 days"},       [LATER] = {"later", "Due later"},
    [NO_DATE] = {"no_date", "Without a date"}, [NO_OWNER] = {"no_owner", "Without an owner"}, [ESCALATED] = {"escalated", "Escalated"},
};

static const struct report_column summary_columns[] = {
    {"state", "State", SENDCO__REPORT__TYPE__TEXT, 10},
    {"title", "Open actions", SENDCO__REPORT__TYPE__TEXT, 24},
    {"actions", "Actions", SENDCO__REPORT__TYPE__NUMBER, 7},
};

static int due_state(const struct actions *actions, const struct action_item *item)
{
    if (!record_has(item->action, "due"))
        return NO_DATE;
    if (item->overdue)
        return OVERDUE;
    return item->order <= actions->day + SOON_DAYS ? SOON : LATER;
}

static int summary(struct actions *actions)
{
    struct figure figures[STATES] = {{0}};
    Sendco__Report__Section *section = report_section(actions->work, "summary", "In short", summary_columns, 3, STATES);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0; i < actions->n && actions->items[i].open; i++) {
        const struct record *action = actions->items[i].action;
        figure_add(actions->work, &figures[due_state(actions, &actions->items[i])], 1, action);
        if (!record_has(action, "owner"))
            figure_add(actions->work, &figures[NO_OWNER], 1, action);
        if (plan_chosen(action, "status", "escalated"))
            figure_add(actions->work, &figures[ESCALATED], 1, action);
    }
    for (size_t i = 0; i < STATES; i++) {
        figures[i].known = true;
        report_cell(section->rows[i], 0, value_text(states[i].state));
        report_cell(section->rows[i], 1, value_text(states[i].title));
        report_figure(actions->work, section, i, 2, &figures[i]);
    }
    return 0;
}

// --- the actions -----------------------------------------------------------------

enum { COL_WHAT, COL_PUPIL, COL_OWNER, COL_DUE, COL_DAYS, COL_STATUS, COL_CHASED, COL_AGREED, COL_CLOSED, COL_COUNT };
static const struct report_column columns[COL_COUNT] = {
    [COL_WHAT] = {"what", "What", SENDCO__REPORT__TYPE__TEXT, 36},
    [COL_PUPIL] = {"pupil", "Pupil", SENDCO__REPORT__TYPE__TEXT, 22},
    [COL_OWNER] = {"owner", "Owner", SENDCO__REPORT__TYPE__TEXT, 18},
    [COL_DUE] = {"due", "Due", SENDCO__REPORT__TYPE__DAY, 11},
    [COL_DAYS] = {"days_overdue", "Days over", SENDCO__REPORT__TYPE__NUMBER, 4},
    [COL_STATUS] = {"status", "Status", SENDCO__REPORT__TYPE__TEXT, 11},
    [COL_CHASED] = {"chased", "Chased", SENDCO__REPORT__TYPE__NUMBER, 3},
    [COL_AGREED] = {"agreed_at", "Agreed at", SENDCO__REPORT__TYPE__TEXT, 24},
    [COL_CLOSED] = {"closed", "Closed", SENDCO__REPORT__TYPE__DAY, 11},
};

static void fill_row(struct actions *actions, Sendco__Report__Section *section, size_t at, const struct action_item *item)
{
    struct report_work *work = actions->work;
    const struct record *action = item->action;
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, COL_WHAT, report_field(action, "what"));
    report_cell(row, COL_PUPIL, gaps_person(work, rows_find(&actions->roll.pupils, record_number(action, "pupil"))));
    report_cell(row, COL_OWNER, report_ref(work, action, "owner"));
    report_cell(row, COL_DUE, report_field(action, "due"));
    if (item->overdue)
        gaps_figure(work, section, at, COL_DAYS, plan_days_since(action, "due", actions->day), action);
    report_cell(row, COL_STATUS, action_status(action, actions->day));
    if (record_has(action, "chased"))
        gaps_figure(work, section, at, COL_CHASED, record_number(action, "chased"), action);
    report_cell(row, COL_AGREED, report_ref(work, action, "meeting"));
    if (!item->open)
        report_cell(row, COL_CLOSED, report_field(action, "closed"));
    report_link(row, action->kind, action->id, work->arena);
}

static int list(struct actions *actions)
{
    const char *title = actions->only_overdue  ? "Overdue actions"
                        : actions->with_closed ? "Actions, open and closed lately"
                                               : "Open actions";
    Sendco__Report__Section *section = report_section(actions->work, "actions", title, columns, COL_COUNT, actions->n_shown);
    if (!section)
        return ERR_NOMEM;
    for (size_t i = 0, at = 0; i < actions->n; i++)
        if (!actions->only_overdue || actions->items[i].overdue)
            fill_row(actions, section, at++, &actions->items[i]);
    return actions->n_shown ? 0 : gaps_text(actions->work, section, NULL);
}

// --- owners ----------------------------------------------------------------------

struct owner_row {
    const struct record *staff; // NULL: nobody
    size_t place;
    struct figure open, overdue, chased;
};

static int by_load(const void *a, const void *b)
{
    const struct owner_row *x = a, *y = b;
    if (x->overdue.amount != y->overdue.amount)
        return x->overdue.amount < y->overdue.amount ? 1 : -1;
    if (x->open.amount != y->open.amount)
        return x->open.amount < y->open.amount ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static void owner_add(struct actions *actions, struct owner_row *row, const struct action_item *item)
{
    figure_add(actions->work, &row->open, 1, item->action);
    if (item->overdue)
        figure_add(actions->work, &row->overdue, 1, item->action);
    if (record_number(item->action, "chased"))
        figure_add(actions->work, &row->chased, record_number(item->action, "chased"), item->action);
    row->overdue.known = row->chased.known = true;
}

// One row per member of staff, and one for nobody; those with nothing to do are dropped.
static struct owner_row *owners_count(struct actions *actions, size_t *n)
{
    struct owner_row *rows = arena_zero(actions->work->arena, actions->staff.n + 1, sizeof *rows);
    *n = 0;
    for (size_t place = 0; rows && place <= actions->staff.n; place++) {
        const struct record *staff = place < actions->staff.n ? actions->staff.list[place] : NULL;
        struct owner_row row = {.staff = staff, .place = place};
        for (size_t i = 0; i < actions->n && actions->items[i].open; i++)
            if (record_number(actions->items[i].action, "owner") == (staff ? staff->id : 0))
                owner_add(actions, &row, &actions->items[i]);
        if (row.open.amount)
            rows[(*n)++] = row;
    }
    return rows;
}

static const struct report_column owner_columns[] = {
    {"owner", "Owner", SENDCO__REPORT__TYPE__TEXT, 24},
    {"open", "Open", SENDCO__REPORT__TYPE__NUMBER, 4},
    {"overdue", "Overdue", SENDCO__REPORT__TYPE__NUMBER, 4},
    {"chased", "Chased", SENDCO__REPORT__TYPE__NUMBER, 4},
};

static int owners(struct actions *actions)
{
    size_t n;
    struct owner_row *rows = owners_count(actions, &n);
    Sendco__Report__Section *section = rows ? report_section(actions->work, "owners", "By owner", owner_columns, 4, n) : NULL;
    if (!section)
        return ERR_NOMEM;
    if (n)
        qsort(rows, n, sizeof *rows, by_load);
    for (size_t i = 0; i < n; i++) {
        report_cell(section->rows[i], 0, rows[i].staff ? gaps_person(actions->work, rows[i].staff) : value_text("Nobody"));
        report_figure(actions->work, section, i, 1, &rows[i].open);
        report_figure(actions->work, section, i, 2, &rows[i].overdue);
        report_figure(actions->work, section, i, 3, &rows[i].chased);
        if (rows[i].staff)
            report_link(section->rows[i], rows[i].staff->kind, rows[i].staff->id, actions->work->arena);
    }
    return n ? 0 : gaps_text(actions->work, section, NULL);
}

// --- making it -------------------------------------------------------------------

static int tell(struct actions *actions)
{
    struct gaps_names alone = {.work = actions->work}, undated = {.work = actions->work};
    int result = 0;
    for (size_t i = 0; result == 0 && i < actions->n && actions->items[i].open; i++) {
        const struct record *action = actions->items[i].action;
        const char *what = record_text(action, "what");
        if (!record_has(action, "owner"))
            result = gaps_name(&alone, what ? what : "?");
        if (result == 0 && !record_has(action, "due"))
            result = gaps_name(&undated, what ? what : "?");
    }
    if (result == 0)
        result = gaps_tell(&alone, "Nobody sees to it");
    return result == 0 ? gaps_tell(&undated, "No day says by when") : result;
}

static int take_params(struct actions *actions)
{
    const struct report_query *query = actions->work->query;
    actions->only_overdue = report_param(query, "overdue");
    actions->with_closed = report_param(query, "all") && !actions->only_overdue;
    actions->mine = report_param(query, "mine");
    int result = report_record(actions->work, "owner", &actions->owner);
    return result == 0 ? report_record(actions->work, "pupil", &actions->pupil) : result;
}

static int actions_compute(struct report_work *work)
{
    struct actions actions = {.work = work, .day = work->as_at};
    int result = rows_read(work, "Action", ROWS_NEEDED, &actions.actions);
    if (result == ERR_DENIED)
        return problem_set(work->problem, ERR_DENIED, "your role does not let you see any %s", actions.actions.kind->plural);
    if (result == 0)
        result = rows_read(work, "Staff", ROWS_BY_NAME, &actions.staff);
    if (result == 0)
        result = take_params(&actions);
    if (result == 0)
        result = roll_make(work, true, &actions.roll);
    if (result == 0)
        result = choose(&actions);
    if (result == 0)
        result = summary(&actions);
    if (result == 0)
        result = list(&actions);
    if (result == 0)
        result = owners(&actions);
    return result == 0 ? tell(&actions) : result;
}

const struct report actions_report = {"actions", actions_compute};
