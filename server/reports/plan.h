// What several reports ask about plans and actions: is a plan in force, an action
// open, on a day? Reader thread; nothing is kept.
#ifndef SERVER_REPORTS_PLAN_H
#define SERVER_REPORTS_PLAN_H

#include "server/reports/rows.h"

// Does the record's enum field hold this choice ("partly-met")? False for an empty field.
bool plan_chosen(const struct record *record, const char *field, const char *choice);

// In force on the day: begun by then and agreed or live. What it was called on a day that is past is not
// kept with the plan, so there one whose review was due on that day or later counts as well.
bool plan_in_force(const struct record *plan, int32_t day, int32_t today);

// Not yet done or cancelled on the day, or only after it. An action without a status is open.
bool action_open(const struct record *action, int32_t day);
// Open on the day, and due before it.
bool action_overdue(const struct record *action, int32_t day);
// Its status on the day, as a cell: what was closed only later was open then.
struct value action_status(const struct record *action, int32_t day);

// Parents were met there: it says so, was held (or has no status), on a day of the academic year up to this day. Three
// a year are asked for (SEND Code of Practice 2015, 6.65).
bool meeting_met(const struct record *meeting, int32_t day);

// Days from the date in the field to this day; 0 when the field is empty.
int64_t plan_days_since(const struct record *record, const char *field, int32_t day);

#endif
