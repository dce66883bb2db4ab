// Which pupil of the school a row means: by UPN, else by name and birth date, else
// somebody is asked. Never a second record for one pupil without a word. Any thread.
#include "client/exchange/plan.h"

#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

#define NEAR_MAX 8

static const char *text_or_null(struct value value)
{
    return value.type == VALUE_TEXT ? value.text : NULL;
}

static const char *told(const struct plan *plan, const struct record *pupil)
{
    char id[ID_TEXT_MAX], day[DATE_TEXT_MAX];
    const char *text = arena_printf(plan->arena, "%s %s, born %s", id_format(pupil->kind, pupil->id, id), school_name(pupil, plan->arena),
                                    date_human((int32_t)record_number(pupil, "born"), day));
    return text ? text : "a pupil";
}

// --- by UPN --------------------------------------------------------------------

static bool same_fold(const struct plan *plan, const struct record *pupil, const char *field, const char *folded)
{
    const char *text = record_text(pupil, field), *other = text ? text_fold(text, plan->arena) : "";
    other = other && *other ? other : text ? text : "";
    return strcmp(other, folded) == 0;
}

// One whose name and birth date are both another's is not the owner of the UPN.
static bool is_other(const struct plan *plan, const struct record *pupil, const struct roll_row *row)
{
    const struct value *born = &row->values[ROLL_BORN];
    bool forename = roll_has(plan->roll, ROLL_FORENAME) || roll_has(plan->roll, ROLL_NAME);
    return born->type && *row->surname && born->number != record_number(pupil, "born") &&
           (!same_fold(plan, pupil, "surname", row->surname) || (forename && !same_fold(plan, pupil, "forename", row->forename)));
}

static const struct record *by_upn(const struct plan *plan, const struct roll_row *row)
{
    const char *upn = text_or_null(row->values[ROLL_UPN]), *former = text_or_null(row->values[ROLL_FORMER_UPN]);
    const struct record *found = upn ? school_by_upn(plan->school, upn) : NULL;
    if (!found && former)
        found = school_by_upn(plan->school, former);
    if (!found && upn)
        found = school_by_former_upn(plan->school, upn);
    if (!found && upn)
        found = school_removed_upn(plan->school, upn); // an undone import, or a mistake: named again, they come back
    return found;
}

// --- by name and birth date ----------------------------------------------------

static const char *other_hint(const struct plan *plan, const struct record *pupil, const char *upn)
{
    char id[ID_TEXT_MAX];
    return arena_printf(plan->arena, "Find out which UPN is right: correct it in the MIS, or here: sendco pupil edit %s upn=%s",
                        id_format(pupil->kind, pupil->id, id), upn);
}

static const struct record *by_name(const struct plan *plan, struct roll_row *row)
{
    const char *upn = text_or_null(row->values[ROLL_UPN]);
    size_t n = 0;
    const struct school_person *same = *row->surname && row->values[ROLL_BORN].type
                                           ? school_by_person(plan->school, row->surname, row->forename, row->values[ROLL_BORN].number, &n)
                                           : NULL;
    if (n > 1) {
        roll_fault_add(plan->roll, row, ROLL_SURNAME, "several", "Give this row its UPN.", "%zu pupils have this name and birth date", n);
        return NULL;
    }
    if (n == 1 && upn && record_has(same->record, "upn")) {
        roll_fault_add(plan->roll, row, ROLL_UPN, "other-upn", other_hint(plan, same->record, upn),
                       "%s has the same name and birth date and the UPN %s", told(plan, same->record), record_text(same->record, "upn"));
        return NULL;
    }
    return n == 1 ? same->record : NULL;
}

// The row's name and birth date are just those of somebody else: their UPNs were
// mixed up, or one of them is not this pupil's.
static const struct record *is_somebody(const struct plan *plan, const struct record *found, const struct roll_row *row)
{
    size_t n = 0;
    const struct value *born = &row->values[ROLL_BORN];
    bool forename = roll_has(plan->roll, ROLL_FORENAME) || roll_has(plan->roll, ROLL_NAME);
    if (!born->type || !*row->surname || !forename)
        return NULL;
    const struct school_person *same = school_by_person(plan->school, row->surname, row->forename, born->number, &n);
    for (size_t i = 0; i < n; i++) {
        if (same[i].record == found)
            return NULL;
    }
    return n ? same[0].record : NULL;
}

static const char *of_removed(const struct plan *plan, const struct record *found, const char *otherwise)
{
    char id[ID_TEXT_MAX];
    const char *hint = found->removed ? arena_printf(plan->arena,
                                                     "Correct the UPN or the name in the MIS. If it is that pupil after all, bring them "
                                                     "back first: sendco undo %s",
                                                     id_format(found->kind, found->id, id))
                                      : NULL;
    return hint ? hint : otherwise;
}

static const struct record *exactly(const struct plan *plan, struct roll_row *row)
{
    const struct record *found = by_upn(plan, row), *other;
    if (!found)
        return row->skip == UINT32_MAX ? NULL : by_name(plan, row);
    if (is_other(plan, found, row))
        roll_fault_add(plan->roll, row, ROLL_UPN, "upn-of-another",
                       of_removed(plan, found, "Look both pupils up in the MIS and correct the UPN or the name."),
                       "is the UPN of %s%s: neither name nor birth date is the same", told(plan, found),
                       found->removed ? ", who was removed from the register here" : "");
    else if ((other = is_somebody(plan, found, row)) != NULL)
        roll_fault_add(plan->roll, row, ROLL_UPN, "upn-of-another",
                       of_removed(plan, found, "Look both pupils up in the MIS: their UPNs or names may have changed places."),
                       "is the UPN of %s%s, but name and birth date are those of %s", told(plan, found),
                       found->removed ? " (removed here)" : "", told(plan, other));
    else
        return found;
    return NULL;
}

// --- one pupil, two rows -------------------------------------------------------

struct pair {
    const struct record *pupil;
    size_t at; // in roll->rows
};

static int by_pupil(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->pupil->id != y->pupil->id)
        return x->pupil->id > y->pupil->id ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

// Sorted, so that it also answers whether somebody is named in the file.
static struct pair *pairs(struct plan *plan, size_t *n)
{
    struct pair *list = arena_zero(plan->arena, plan->roll->n_rows + 1, sizeof *list);
    *n = 0;
    for (size_t i = 0; list && i < plan->roll->n_rows; i++) {
        if (plan->matched[i])
            list[(*n)++] = (struct pair){plan->matched[i], i};
    }
    if (list)
        qsort(list, *n, sizeof *list, by_pupil);
    else
        plan->failed = true;
    return list;
}

static void check_pairs(struct plan *plan, const struct pair *list, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct roll_row *row = plan->roll->rows[list[i].at], *other = plan->roll->rows[list[i - 1].at];
        // Two rows with one UPN, or one name, have been told already.
        if (list[i].pupil->id == list[i - 1].pupil->id && !row->faulty && !other->faulty)
            roll_fault_add(plan->roll, row, ROLL_SURNAME, "duplicate-pupil", "Take one of the two rows out, or correct it.",
                           "%s means the same pupil, %s", roll_place(plan->roll, other), told(plan, list[i].pupil));
    }
}

static bool is_named(const struct pair *list, size_t n, const struct record *pupil)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].pupil->id < pupil->id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && list[low].pupil->id == pupil->id;
}

// --- nearly --------------------------------------------------------------------

struct near {
    const struct record *pupils[NEAR_MAX];
    const char *why[NEAR_MAX];
    size_t n;
};

// Two UPNs are two pupils, twins for instance; and one whom another row names is not this one.
static void near_one(struct near *near, const struct roll_row *row, const struct record *pupil, const struct pair *named, size_t n_named,
                     const char *why)
{
    bool two = row->values[ROLL_UPN].type && record_has(pupil, "upn");
    for (size_t i = 0; i < near->n; i++)
        two = two || near->pupils[i] == pupil;
    if (two || near->n == NEAR_MAX || is_named(named, n_named, pupil))
        return;
    near->why[near->n] = why;
    near->pupils[near->n++] = pupil;
}

static void near_add(struct near *near, const struct roll_row *row, const struct school_person *found, size_t n, const struct pair *named,
                     size_t n_named, const char *why)
{
    for (size_t i = 0; i < n && near->n < NEAR_MAX; i++)
        near_one(near, row, found[i].record, named, n_named, why);
}

#define SAME_NAME_MAX 200 // pupils that are looked at: no school has more of one name

static void near_name(const struct plan *plan, const struct roll_row *row, struct near *near)
{
    size_t n = 0;
    const struct school_person *found = school_by_name(plan->school, row->surname, row->forename, &n);
    for (size_t i = 0; i < n && i < SAME_NAME_MAX; i++) {
        const struct record *pupil = found[i].record;
        const char *why = roll_near_dates(row->values[ROLL_BORN].number, found[i].born);
        bool two = row->values[ROLL_UPN].type && record_has(pupil, "upn");
        if (why && two)
            roll_note_add(plan->roll, row, ROLL_BORN, "near-name", "Right for two pupils; else look up which UPN is theirs.",
                          "%s has another UPN and %s", told(plan, pupil), why);
        else if (why)
            near_one(near, row, pupil, NULL, 0, why); // though another row names them: who has two rows has them so
    }
}

static void near_find(const struct plan *plan, const struct roll_row *row, const struct pair *named, size_t n_named, struct near *near)
{
    int64_t born = row->values[ROLL_BORN].number;
    size_t n = 0;
    const struct school_person *found = school_by_person(plan->school, row->surname, NULL, born, &n);
    near_add(near, row, found, n, named, n_named, "the same surname and birth date, another forename");
    found = *row->forename ? school_by_person(plan->school, NULL, row->forename, born, &n) : (n = 0, NULL);
    near_add(near, row, found, n, named, n_named, "the same forename and birth date, another surname");
    found = *row->forename ? school_by_person(plan->school, row->forename, row->surname, born, &n) : (n = 0, NULL);
    near_add(near, row, found, n, NULL, 0, "the same birth date, and surname and forename changed over");
    near_name(plan, row, near);
}

static const struct record *nearly(struct plan *plan, struct roll_row *row, const struct pair *named, size_t n_named)
{
    struct near near = {.n = 0};
    near_find(plan, row, named, n_named, &near);
    if (near.n == 0)
        return NULL;
    int answer = plan->ask ? plan->ask(plan->ask_data, row, near.pupils, near.why, near.n) : ERR_AMBIGUOUS;
    if (answer >= 0)
        return (size_t)answer < near.n ? near.pupils[answer] : NULL;
    roll_fault_add(plan->roll, row, ROLL_SURNAME, "perhaps-same",
                   "Correct the name or the birth date on one side, give the UPN, or import at a terminal, where you are asked.",
                   "may be %s: %s", told(plan, near.pupils[0]), near.why[0]);
    return NULL;
}

void plan_match(struct plan *plan)
{
    const struct roll *roll = plan->roll;
    size_t n = 0;
    for (size_t i = 0; i < roll->n_rows; i++)
        plan->matched[i] = exactly(plan, roll->rows[i]);
    struct pair *list = pairs(plan, &n);
    if (!list)
        return;
    check_pairs(plan, list, n);
    for (size_t i = 0; i < roll->n_rows; i++) {
        struct roll_row *row = roll->rows[i];
        if (!plan->matched[i] && !row->faulty && *row->surname && row->values[ROLL_BORN].type)
            plan->matched[i] = nearly(plan, row, list, n);
    }
    list = pairs(plan, &n); // an answer may have named somebody twice
    if (list)
        check_pairs(plan, list, n);
}
