// What would have to change so that the school holds what the roll says: records
// to put, as one transaction. No network; any thread, not shared.
#ifndef CLIENT_EXCHANGE_PLAN_H
#define CLIENT_EXCHANGE_PLAN_H

#include "client/exchange/school.h"

struct plan_change {
    struct record *record;      // new: a negative id; else id and version as the server has them, with the new values
    uint64_t set;               // the fields to send
    bool restore;               // it was removed and comes back
    const struct record *held;  // what the server has; NULL: a new one
    const struct record *pupil; // whom it is about; NULL: a class
    size_t row;                 // of the roll; 0: of several
    int stage;                  // what must come first has the lower number
};

struct plan_counts {
    size_t rows, pupils_new, pupils_restored, pupils_changed, pupils_unchanged, classes_new, memberships, statuses, needs, needs_ended,
        missing, needs_kept;
};

// Which of these pupils a row means: an index, n: a new pupil; ERR_AMBIGUOUS: there is
// nobody who could say. `why`: what speaks for each.
typedef int plan_ask_fn(void *data, const struct roll_row *row, const struct record *const *pupils, const char *const *why, size_t n);

struct plan {
    struct roll *roll;
    struct school *school;
    struct arena *arena;
    int32_t date; // spells begin on it
    plan_ask_fn *ask;
    void *ask_data;
    const struct record **matched; // by place in roll->rows; NULL: nobody yet
    struct plan_change *changes;
    size_t n_changes, room;
    int64_t next_temporary;
    const struct record **missing; // on roll, not in the file
    size_t n_missing;
    struct plan_counts counts;
    bool failed; // memory
};

// Compares roll and school. Faults are noted in the roll; a plan of a roll with
// faults must not be applied. `ask` may be NULL: nobody is there to say. 0 or ERR_NOMEM.
int plan_make(struct plan *plan, struct roll *roll, struct school *school, int32_t date, plan_ask_fn *ask, void *ask_data,
              struct arena *arena);

// --- between its own files ---

// Whom each row means: plan->matched. Doubts are asked about or noted as faults.
void plan_match(struct plan *plan);
// A new record about `pupil` (may be NULL), or an edit of `record`; fill it by plan_set.
struct plan_change *plan_add(struct plan *plan, const char *kind, const struct record *pupil, size_t row, int stage);
struct plan_change *plan_edit(struct plan *plan, const struct record *record, const struct record *pupil, size_t row, int stage);
void plan_set(struct plan_change *change, const char *field, struct value value);
// One spell at a time (class, status): brings `field` to `value` from the date on.
// True: something had to change.
bool plan_spell(struct plan *plan, const char *kind, const char *field, struct value value, const struct record *pupil, bool is_new,
                struct roll_row *row, int column, int32_t starts);
// Ranked needs as the row has them.
void plan_needs(struct plan *plan, const struct record *pupil, bool is_new, struct roll_row *row, int32_t starts);

// Does the pupil have needs that go on beyond the day?
bool plan_needs_hold(const struct plan *plan, const struct record *pupil, int32_t starts);

enum { STAGE_CLASS, STAGE_PUPIL, STAGE_END, STAGE_BEGIN };

#endif
