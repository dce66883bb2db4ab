// Roll against school, pupil by pupil: what each row changes. Nobody is ever taken
// off roll because a file does not name them. Any thread.
#include "client/exchange/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

// --- changes -------------------------------------------------------------------

static struct plan_change *change_new(struct plan *plan)
{
    static struct plan_change spare;
    if (plan->n_changes == plan->room) {
        size_t room = plan->room ? plan->room * 2 : 512;
        struct plan_change *changes = arena_zero(plan->arena, room, sizeof *changes);
        if (!changes) {
            plan->failed = true;
            spare = (struct plan_change){0};
            return &spare;
        }
        if (plan->n_changes)
            memcpy(changes, plan->changes, plan->n_changes * sizeof *changes);
        plan->changes = changes;
        plan->room = room;
    }
    return &plan->changes[plan->n_changes++];
}

struct plan_change *plan_add(struct plan *plan, const char *kind, const struct record *pupil, size_t row, int stage)
{
    struct plan_change *change = change_new(plan);
    *change = (struct plan_change){.record = record_new(kind_find(kind), plan->arena), .pupil = pupil, .row = row, .stage = stage};
    if (change->record)
        change->record->id = --plan->next_temporary;
    else
        plan->failed = true;
    return change;
}

struct plan_change *plan_edit(struct plan *plan, const struct record *record, const struct record *pupil, size_t row, int stage)
{
    struct plan_change *change = change_new(plan);
    *change = (struct plan_change){.record = record_copy(record, plan->arena), .held = record, .pupil = pupil, .row = row, .stage = stage};
    if (!change->record)
        plan->failed = true;
    return change;
}

void plan_set(struct plan_change *change, const char *field, struct value value)
{
    if (!change->record)
        return;
    record_set(change->record, field, value);
    change->set |= field_bit(field_find(change->record->kind, field));
}

static struct value value_of(const struct record *record, const char *field)
{
    return record->values[field_find(record->kind, field)->index];
}

// --- pupils --------------------------------------------------------------------

// What the roll says of a pupil's own field; false: nothing.
static bool said(const struct roll_row *row, int column, const struct record *held, struct value *value)
{
    *value = row->values[column];
    if (value->type == VALUE_EMPTY || !roll_columns[column].field)
        return false;
    // SIMS repeats the forename as chosen name when nobody filled it in: that says
    // nothing, least of all that the name entered here is wrong.
    if (column == ROLL_KNOWN_AS && value_equal(*value, row->values[ROLL_FORENAME]))
        return false;
    // A file that still has the UPN from before does not bring it back.
    if (column == ROLL_UPN && held && record_has(held, "upn") && value_equal(*value, value_of(held, "former_upn")))
        return false;
    return !value_equal(*value, held ? value_of(held, roll_columns[column].field) : (struct value){0});
}

static const struct record *pupil_new(struct plan *plan, struct roll_row *row)
{
    struct plan_change *change = plan_add(plan, "Pupil", NULL, row->row, STAGE_PUPIL);
    struct value value;
    if (!change->record)
        return NULL;
    change->pupil = change->record;
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (said(row, column, NULL, &value))
            plan_set(change, roll_columns[column].field, value);
    }
    plan->counts.pupils_new++;
    return change->record;
}

static void pupil_edit(struct plan *plan, const struct record *pupil, struct roll_row *row)
{
    struct plan_change *change = pupil->removed ? plan_edit(plan, pupil, pupil, row->row, STAGE_PUPIL) : NULL;
    struct value value;
    // Named again after they had left: they are back.
    bool back = record_has(pupil, "left") && record_number(pupil, "left") < plan->date && row->values[ROLL_LEFT].type == VALUE_EMPTY;
    for (int column = 0; column < ROLL_COLUMNS; column++) {
        if (!said(row, column, pupil, &value))
            continue;
        if (!change)
            change = plan_edit(plan, pupil, pupil, row->row, STAGE_PUPIL);
        plan_set(change, roll_columns[column].field, value);
    }
    if (back) {
        if (!change)
            change = plan_edit(plan, pupil, pupil, row->row, STAGE_PUPIL);
        plan_set(change, "left", (struct value){0});
    }
    if (pupil->removed) {
        change->restore = true;
        plan->counts.pupils_restored++;
    } else if (change)
        plan->counts.pupils_changed++;
    else
        plan->counts.pupils_unchanged++;
}

static const char *text_or_null(struct value value)
{
    return value.type == VALUE_TEXT ? value.text : NULL;
}

// --- classes -------------------------------------------------------------------

static int by_class(const void *a, const void *b)
{
    const struct roll_row *x = *(struct roll_row *const *)a, *y = *(struct roll_row *const *)b;
    int order = value_compare(x->values[ROLL_CLASS], y->values[ROLL_CLASS]);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

// A class all of whose rows name one year is of that year; else it is mixed.
static void class_new(struct plan *plan, struct roll_row *const *rows, size_t n)
{
    const char *name = text_or_null(rows[0]->values[ROLL_CLASS]);
    const struct record *removed = school_removed_class(plan->school, name);
    struct plan_change *change = removed ? plan_edit(plan, removed, NULL, rows[0]->row, STAGE_CLASS)
                                         : plan_add(plan, "SchoolClass", NULL, rows[0]->row, STAGE_CLASS);
    struct value year = rows[0]->values[ROLL_YEAR];
    for (size_t i = 1; i < n; i++)
        year = value_equal(year, rows[i]->values[ROLL_YEAR]) ? year : (struct value){0};
    plan_set(change, "name", rows[0]->values[ROLL_CLASS]);
    if (year.type == VALUE_TEXT)
        plan_set(change, "year", year);
    change->restore = removed != NULL;
    if (change->record)
        change->record->removed = false;
    if (change->record)
        school_add(plan->school, change->record); // rows find it by its temporary id
    plan->counts.classes_new++;
}

static void classes(struct plan *plan)
{
    const struct roll *roll = plan->roll;
    struct roll_row **sorted = arena_copy(plan->arena, roll->rows, roll->n_rows * sizeof(struct roll_row *));
    if (!sorted || !roll_has(roll, ROLL_CLASS))
        return;
    if (roll->n_rows)
        qsort(sorted, roll->n_rows, sizeof(struct roll_row *), by_class);
    for (size_t i = 0, n; i < roll->n_rows; i += n) {
        const char *name = text_or_null(sorted[i]->values[ROLL_CLASS]);
        for (n = 1; i + n < roll->n_rows && value_equal(sorted[i]->values[ROLL_CLASS], sorted[i + n]->values[ROLL_CLASS]);)
            n++;
        if (name && !school_class(plan->school, name))
            class_new(plan, sorted + i, n);
    }
}

// --- rows ----------------------------------------------------------------------

static int32_t school_year_start(int32_t date)
{
    int year, month, day;
    date_split(date, &year, &month, &day);
    return date_make(month >= 9 ? year : year - 1, 9, 1);
}

// A registration class is for one school year: the file says nothing of earlier ones.
static int32_t membership_start(const struct plan *plan, const struct roll_row *row, bool is_new)
{
    int32_t entered = row->values[ROLL_ENTERED].type ? (int32_t)row->values[ROLL_ENTERED].number : plan->date;
    int32_t year = school_year_start(plan->date);
    if (!is_new)
        return plan->date;
    return entered > year ? entered : year;
}

// Blank cells end nothing: an export that may not show needs has them all blank. N
// says that there are none, and a row that names some names all.
static void row_needs(struct plan *plan, const struct record *pupil, bool is_new, struct roll_row *row, int32_t starts)
{
    const struct roll *roll = plan->roll;
    const struct value *status = &row->values[ROLL_STATUS];
    bool column = roll_has(roll, ROLL_NEEDS) || roll_has(roll, ROLL_NEED1) || roll_has(roll, ROLL_NEED2);
    bool none = status->type && strcmp(status->text, "N") == 0;
    if (column && (row->n_needs || none))
        plan_needs(plan, pupil, is_new, row, starts);
    else if (column && status->type && !is_new)
        plan->counts.needs_kept += plan_needs_hold(plan, pupil, starts);
}

static void row_spells(struct plan *plan, const struct record *pupil, bool is_new, struct roll_row *row)
{
    // One who has left by then belongs to no class any more.
    if (row->values[ROLL_LEFT].type && row->values[ROLL_LEFT].number < plan->date)
        return;
    int32_t entered = row->values[ROLL_ENTERED].type ? (int32_t)row->values[ROLL_ENTERED].number : plan->date;
    int32_t starts = entered > plan->date ? entered : plan->date;
    const char *name = text_or_null(row->values[ROLL_CLASS]);
    const struct record *class = name ? school_class(plan->school, name) : NULL;
    if (class && plan_spell(plan, "ClassMembership", "class", value_number(class->id), pupil, is_new, row, ROLL_CLASS,
                            membership_start(plan, row, is_new)))
        plan->counts.memberships++;
    if (row->values[ROLL_STATUS].type &&
        plan_spell(plan, "SenStatus", "provision", row->values[ROLL_STATUS], pupil, is_new, row, ROLL_STATUS, starts))
        plan->counts.statuses++;
    row_needs(plan, pupil, is_new, row, starts);
}

// Rows that say K or E and no need, and pupils whose needs stay because of that.
static void note_kept(struct plan *plan)
{
    size_t n = plan->counts.needs_kept;
    if (n)
        roll_note_add(plan->roll, NULL, ROLL_STATUS, "needs-kept",
                      "An export without the right to see needs looks so. A need that is over: sendco need edit NEED ends=DATE",
                      "%zu %s K or E and no need; the needs recorded here stay as they are", n, n == 1 ? "row says" : "rows say");
}

static int by_record(const void *a, const void *b)
{
    const struct record *x = *(const struct record *const *)a, *y = *(const struct record *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static void missing(struct plan *plan, const struct record **seen, size_t n_seen)
{
    const struct school_list *pupils = &plan->school->pupils;
    plan->missing = arena_zero(plan->arena, pupils->n + 1, sizeof(const struct record *));
    if (n_seen)
        qsort(seen, n_seen, sizeof(const struct record *), by_record);
    for (size_t i = 0; plan->missing && i < pupils->n; i++) {
        const struct record *pupil = pupils->records[i];
        bool named = n_seen && bsearch(&pupil, seen, n_seen, sizeof(const struct record *), by_record);
        if (!named && school_on_roll(pupil, plan->date))
            plan->missing[plan->n_missing++] = pupil;
    }
    plan->counts.missing = plan->n_missing;
}

static int by_stage(const void *a, const void *b)
{
    const struct plan_change *x = a, *y = b;
    if (x->stage != y->stage)
        return x->stage - y->stage;
    if (x->row != y->row)
        return x->row > y->row ? 1 : -1;
    // New ones in the order in which they were thought of: temporary ids fall.
    return (x->record->id < y->record->id) - (x->record->id > y->record->id);
}

int plan_make(struct plan *plan, struct roll *roll, struct school *school, int32_t date, plan_ask_fn *ask, void *ask_data,
              struct arena *arena)
{
    *plan = (struct plan){.roll = roll, .school = school, .arena = arena, .date = date, .ask = ask, .ask_data = ask_data};
    plan->matched = arena_zero(arena, roll->n_rows + 1, sizeof(const struct record *));
    const struct record **seen = arena_zero(arena, roll->n_rows + 1, sizeof(const struct record *));
    size_t n_seen = 0;
    plan->counts.rows = roll->n_rows;
    if (seen && plan->matched) {
        plan_match(plan);
        classes(plan);
    }
    for (size_t i = 0; seen && plan->matched && i < roll->n_rows; i++) {
        struct roll_row *row = roll->rows[i];
        const struct record *pupil = plan->matched[i];
        if (pupil)
            seen[n_seen++] = pupil; // also one whose row is faulty: they are not missing
        if (row->faulty)
            continue;
        bool is_new = pupil == NULL;
        if (is_new)
            pupil = pupil_new(plan, row);
        else
            pupil_edit(plan, pupil, row);
        if (pupil)
            row_spells(plan, pupil, is_new || pupil->removed, row); // their spells went with them
    }
    if (seen)
        missing(plan, seen, n_seen);
    note_kept(plan);
    roll_faults_sort(roll);
    if (!seen || !plan->matched || !plan->missing || plan->failed)
        return ERR_NOMEM;
    if (plan->n_changes)
        qsort(plan->changes, plan->n_changes, sizeof *plan->changes, by_stage);
    return 0;
}
