// Dated spells from a roll that knows only today: what differs begins on the
// import's date, what it no longer names ends the day before. Any thread.
#include "client/exchange/plan.h"

#include <string.h>

#include "common/date.h"
#include "common/text.h"

static struct value value_of(const struct record *record, const char *field)
{
    return record->values[field_find(record->kind, field)->index];
}

static void spell_begin(struct plan *plan, const char *kind, const char *field, struct value value, const struct record *pupil, size_t row,
                        int32_t starts)
{
    struct plan_change *change = plan_add(plan, kind, pupil, row, STAGE_BEGIN);
    plan_set(change, "pupil", value_number(pupil->id));
    plan_set(change, field, value);
    plan_set(change, "starts", value_number(starts));
    if (strcmp(kind, "SenStatus") == 0)
        plan_set(change, "reason", value_text("MIS"));
}

// A spell that begins later than the import's date already says otherwise.
static void fault_later(struct plan *plan, struct roll_row *row, int column, int64_t starts)
{
    char day[DATE_TEXT_MAX], iso[DATE_TEXT_MAX];
    roll_fault_add(
        plan->roll, row, column, "later-spell",
        arena_printf(plan->arena, "Import with --date %s or later, or correct the record by hand.", date_iso((int32_t)starts, iso)),
        "the school has recorded another value from %s", date_human((int32_t)starts, day));
}

bool plan_spell(struct plan *plan, const char *kind, const char *field, struct value value, const struct record *pupil, bool is_new,
                struct roll_row *row, int column, int32_t starts)
{
    size_t n = 0;
    struct record *const *spells = is_new ? NULL : school_spells(plan->school, kind, pupil->id, &n);
    const struct record *held = NULL;
    for (size_t i = 0; i < n; i++) {
        if (school_holds(spells[i], starts))
            held = spells[i];
        else if (record_number(spells[i], "starts") > starts && !held) {
            if (value_equal(value_of(spells[i], field), value))
                return false; // a pupil who comes later: it will hold then
            fault_later(plan, row, column, record_number(spells[i], "starts"));
            return false;
        }
    }
    if (held && value_equal(value_of(held, field), value))
        return false;
    if (n && held != spells[n - 1] && record_number(spells[n - 1], "starts") > starts) {
        fault_later(plan, row, column, record_number(spells[n - 1], "starts"));
        return false;
    }
    if (held && record_number(held, "starts") >= starts) {
        // It began on this very day: the newer file corrects it.
        plan_set(plan_edit(plan, held, pupil, row->row, STAGE_BEGIN), field, value);
        return true;
    }
    // The store closes an open spell when the next one begins; one with an end must give way first.
    if (held && record_has(held, "ends"))
        plan_set(plan_edit(plan, held, pupil, row->row, STAGE_END), "ends", value_number(starts - 1));
    spell_begin(plan, kind, field, value, pupil, row->row, starts);
    return true;
}

// --- needs ---------------------------------------------------------------------

struct needs_work {
    struct plan *plan;
    const struct record *pupil;
    struct roll_row *row;
    int32_t starts;
    const struct record *held[ROLL_NEEDS_MAX * 2]; // hold on the date
    bool kept[ROLL_NEEDS_MAX * 2];
    size_t n_held;
    bool met[ROLL_NEEDS_MAX]; // of row->needs
};

// A need that begins later and is just what the file says (a pupil who comes later).
static bool need_to_come(struct needs_work *work, const struct record *spell)
{
    int64_t rank = record_number(spell, "rank");
    const char *code = record_text(spell, "need");
    if (rank < 1 || rank > (int64_t)work->row->n_needs || !code || strcmp(code, work->row->needs[rank - 1]) != 0)
        return false;
    return work->met[rank - 1] = true;
}

bool plan_needs_hold(const struct plan *plan, const struct record *pupil, int32_t starts)
{
    size_t n = 0;
    struct record *const *spells = school_spells(plan->school, "Need", pupil->id, &n);
    for (size_t i = 0; i < n; i++) {
        if (school_holds(spells[i], starts) && (!record_has(spells[i], "ends") || record_number(spells[i], "ends") > starts))
            return true;
    }
    return false;
}

static void needs_held(struct needs_work *work)
{
    size_t n = 0;
    struct record *const *spells = school_spells(work->plan->school, "Need", work->pupil->id, &n);
    for (size_t i = 0; i < n && work->n_held < ROLL_NEEDS_MAX * 2; i++) {
        if (school_holds(spells[i], work->starts))
            work->held[work->n_held++] = spells[i];
        else if (record_number(spells[i], "starts") > work->starts && !need_to_come(work, spells[i]))
            fault_later(work->plan, work->row, roll_has(work->plan->roll, ROLL_NEEDS) ? ROLL_NEEDS : ROLL_NEED1,
                        record_number(spells[i], "starts"));
    }
}

// Begun and ended on this very day: corrected here before, and free to be again.
static bool only_today(const struct needs_work *work, const struct record *held)
{
    return record_number(held, "starts") >= work->starts && record_has(held, "ends") &&
           record_number(held, "ends") == record_number(held, "starts");
}

static void needs_match(struct needs_work *work)
{
    for (size_t i = 0; i < work->n_held; i++) {
        if (only_today(work, work->held[i]))
            continue;
        const char *code = record_text(work->held[i], "need");
        for (size_t rank = 0; rank < work->row->n_needs; rank++) {
            if (work->met[rank] || !code || strcmp(code, work->row->needs[rank]) != 0 ||
                record_number(work->held[i], "rank") != (int64_t)rank + 1)
                continue;
            work->kept[i] = work->met[rank] = true;
            break;
        }
    }
}

static bool began_now(const struct needs_work *work, size_t i)
{
    return !work->kept[i] && record_number(work->held[i], "starts") >= work->starts;
}

// One that began on this very day cannot end before it: it becomes what the file
// says. First those whose need is still named, then any other.
static void needs_correct(struct needs_work *work, bool same_need)
{
    for (size_t i = 0; i < work->n_held; i++) {
        const char *code = record_text(work->held[i], "need");
        for (size_t rank = 0; began_now(work, i) && rank < work->row->n_needs; rank++) {
            if (work->met[rank] || (same_need && (!code || strcmp(code, work->row->needs[rank]) != 0)))
                continue;
            struct plan_change *change = plan_edit(work->plan, work->held[i], work->pupil, work->row->row, STAGE_END);
            if (!same_need)
                plan_set(change, "need", value_text(work->row->needs[rank]));
            if (record_number(work->held[i], "rank") != (int64_t)rank + 1)
                plan_set(change, "rank", value_number((int64_t)rank + 1));
            if (only_today(work, work->held[i]))
                plan_set(change, "ends", (struct value){0});
            work->met[rank] = work->kept[i] = true;
            work->plan->counts.needs++;
        }
    }
}

// What is left over of this very day ends on it, behind the ranks that go on.
static void need_end(struct needs_work *work, size_t i, int64_t *behind)
{
    const struct record *held = work->held[i];
    bool today = began_now(work, i), ended = only_today(work, held);
    bool in_way = today && work->row->n_needs && record_number(held, "rank") <= *behind;
    if (ended && !in_way)
        return; // it cannot end earlier than that
    struct plan_change *change = plan_edit(work->plan, held, work->pupil, work->row->row, STAGE_END);
    if (in_way)
        plan_set(change, "rank", value_number(++*behind));
    if (ended)
        return;
    plan_set(change, "ends", value_number(today ? record_number(held, "starts") : work->starts - 1));
    work->plan->counts.needs_ended++;
}

void plan_needs(struct plan *plan, const struct record *pupil, bool is_new, struct roll_row *row, int32_t starts)
{
    struct needs_work work = {.plan = plan, .pupil = pupil, .row = row, .starts = starts};
    if (!is_new)
        needs_held(&work);
    needs_match(&work);
    if (row->faulty)
        return;
    needs_correct(&work, true);
    needs_correct(&work, false);
    int64_t behind = (int64_t)row->n_needs;
    for (size_t i = 0; i < work.n_held; i++) {
        if (!work.kept[i])
            need_end(&work, i, &behind);
    }
    for (size_t rank = 0; rank < row->n_needs; rank++) {
        if (work.met[rank])
            continue;
        struct plan_change *change = plan_add(plan, "Need", pupil, row->row, STAGE_BEGIN);
        plan_set(change, "pupil", value_number(pupil->id));
        plan_set(change, "need", value_text(row->needs[rank]));
        plan_set(change, "rank", value_number((int64_t)rank + 1));
        plan_set(change, "starts", value_number(starts));
        plan->counts.needs++;
    }
}
