// Plans in force, actions open; see plan.h. Reader thread.
#include "server/reports/plan.h"

#include "server/reports/roll.h"

#include <string.h>

bool plan_chosen(const struct record *record, const char *field, const char *choice)
{
    const struct field *of = field_find(record->kind, field);
    for (size_t i = 0; record_has(record, field) && i < of->n_choices; i++)
        if (of->choices[i].number == record_number(record, field))
            return strcmp(of->choices[i].name, choice) == 0;
    return false;
}

bool plan_in_force(const struct record *plan, int32_t day, int32_t today)
{
    if (!record_has(plan, "starts") || record_number(plan, "starts") > day)
        return false;
    if (plan_chosen(plan, "status", "agreed") || plan_chosen(plan, "status", "live"))
        return true;
    return day < today && record_has(plan, "review_due") && record_number(plan, "review_due") >= day;
}

static bool closed(const struct record *action)
{
    return plan_chosen(action, "status", "done") || plan_chosen(action, "status", "cancelled");
}

bool action_open(const struct record *action, int32_t day)
{
    return !closed(action) || (record_has(action, "closed") && record_number(action, "closed") > day);
}

bool action_overdue(const struct record *action, int32_t day)
{
    return action_open(action, day) && record_has(action, "due") && record_number(action, "due") < day;
}

struct value action_status(const struct record *action, int32_t day)
{
    if (!record_has(action, "status") || (closed(action) && action_open(action, day)))
        return value_text("Open");
    return report_field(action, "status");
}

int64_t plan_days_since(const struct record *record, const char *field, int32_t day)
{
    return record_has(record, field) ? day - record_number(record, field) : 0;
}

bool meeting_met(const struct record *meeting, int32_t day)
{
    int64_t held = record_number(meeting, "day");
    return record_number(meeting, "parents") && (!record_has(meeting, "status") || plan_chosen(meeting, "status", "held")) &&
           held >= roll_year_start(day) && held <= day;
}
