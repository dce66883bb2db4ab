// What rules say and ask again and again. Writer thread, inside the request's
// transaction. Rules judge by all there is, but name only what view_label lets the
// author see.
#ifndef SERVER_RULES_JUDGE_H
#define SERVER_RULES_JUDGE_H

#include "server/store/store.h"

#define RULE_NAMED 3 // so many are named in a sentence; of the rest only how many

// Refuses the record (or, with a field's name, that field): ERR_INVALID with this next step.
int rule_refuse(struct problem *problem, const struct record *record, const char *field, const char *hint, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

// Does the enum field hold this choice ("partly-met"), the code field this code? False for an empty field or no record.
bool rule_chosen(const struct record *record, const char *field, const char *choice);
bool rule_coded(const struct record *record, const char *field, const char *code);
// The number of a choice, which must exist.
int64_t rule_choice(const struct kind *kind, const char *field, const char *choice);
// Is the field's value another one than before? Of a new record: has it any?
bool rule_changed(const struct record *before, const struct record *after, const char *field);
// The first and the last day of a record with `starts` and `ends`; open ends are as far as can be.
int64_t rule_first_day(const struct record *record);
int64_t rule_last_day(const struct record *record);
bool rule_overlap(const struct record *a, const struct record *b);

// The record that a reference field names, in the arena; NULL when the field is empty or what it names out of sight.
struct record *rule_follow(struct view *view, const struct record *record, const char *field, struct arena *arena);

struct found {
    struct record **records;
    size_t n, room;
    struct arena *arena;
};
// Everything that the query finds, in the arena; nothing where the author's role reaches none of it. 0 or an error.
int rule_find(struct view *view, const struct query *query, struct arena *arena, struct found *found, struct problem *problem);
// The same for "records of this kind that name this id here" and "that are about this one".
int rule_find_by(struct view *view, const char *kind, const char *field, int64_t id, struct arena *arena, struct found *found,
                 struct problem *problem);
int rule_find_about(struct view *view, const char *kind, int64_t about, struct arena *arena, struct found *found, struct problem *problem);

// True the first time in this request for this kind and group: all that are about one pupil, or name one target, are then
// judged together.
bool rule_once(struct view *view, const struct kind *kind, int64_t group);

// How many there are; 0 where the author's role reaches none of it. 0 or an error.
int rule_count(struct view *view, const struct query *query, uint64_t *n, struct problem *problem);
// The first that the query finds, in the arena; NULL: none. 0 or an error.
int rule_first(struct view *view, struct query *query, struct arena *arena, struct record **first, struct problem *problem);

// The id for a next step; "…" for what the request itself makes, which is gone when it is refused.
const char *rule_id(struct view *view, const struct kind *kind, int64_t id, char text[ID_TEXT_MAX]);

// The record as its log has it last before that change; NULL: it was not, or the log has it no more.
struct record *rule_before(struct view *view, const struct record *now, uint64_t seq, struct arena *arena);

// The record as it was before this request, for one that is there now or that the request removed; NULL: it was not there.
const struct record *rule_was(struct view *view, const struct record *now, struct arena *arena);

// Was the pupil in the provision on that day? 0 or an error.
int rule_takes_part(struct view *view, int64_t provision, int64_t pupil, int32_t day, bool *takes_part, struct problem *problem);
// Has the target a review since that day? 0 or an error.
int rule_is_reviewed(struct view *view, int64_t target, int64_t since, bool *reviewed, struct problem *problem);

// "is after the last day of the provision, Fri 27 Mar 2026": refuses that date of a member or a session.
int rule_refuse_dates(struct view *view, const struct record *record, const char *field, const char *why, int64_t day,
                      const struct record *provision, struct problem *problem);

// Reviewed or closed.
bool rule_plan_is_finished(const struct record *plan);
// Live or agreed, and begun by that day; one whose review is overdue still is.
bool rule_plan_is_live(const struct record *plan, int32_t on);
// Has the pupil such a plan today? 0 or an error.
int rule_has_live_plan(struct view *view, int64_t pupil, bool *has, struct problem *problem);

// "A, B, C and 2 more"; `names` has the first RULE_NAMED of `n`. In the arena.
const char *rule_names(const char *const names[RULE_NAMED], size_t n, struct arena *arena);

#endif
