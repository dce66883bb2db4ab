// The parts of somebody's day: which records, and what of them is shown; see today.h.
// Reader thread.
#include "server/reports/today.h"

#include <stdlib.h>
#include <string.h>

#include "common/weekdays.h"
#include "server/reports/gaps_names.h"
#include "server/reports/plan.h"

#define WEEK         7
#define FORTNIGHT    14
#define FOLLOWED_FOR 60
#define NO_TIME      (24 * 60)

static const struct record *pupil_of(const struct today *today, const struct record *record)
{
    return rows_find(&today->roll.pupils, record->about);
}

static bool on_roll(const struct today *today, const struct record *record)
{
    const struct record *pupil = pupil_of(today, record);
    return pupil && roll_on_roll(pupil, today->day);
}

// Assigned to them on the day: the pupil, or the class that the pupil is in.
static bool is_theirs(const struct today *today, int64_t pupil)
{
    struct roll_row row = roll_of(&today->roll, pupil);
    for (size_t i = 0; row.pupil && i < today->assignments.n; i++) {
        const struct record *assignment = today->assignments.list[i];
        if (record_number(assignment, "pupil") == pupil)
            return true;
        if (row.school_class && record_number(assignment, "class") == row.school_class->id)
            return true;
    }
    return false;
}

static struct value person(const struct today *today, const struct record *record)
{
    return gaps_person(today->work, pupil_of(today, record));
}

static struct value label(const struct today *today, const struct record *record)
{
    const char *text = view_label(today->work->view, record->kind, record->id, today->work->arena);
    return text ? value_text(text) : (struct value){0};
}

// --- meetings ------------------------------------------------------------------

static const struct rows *rows_meetings(const struct today *today)
{
    return &today->meetings;
}

// "09:30", anywhere in a text, as minutes.
static int64_t time_in(const char *text)
{
    for (; text && *text; text++)
        if (text[0] >= '0' && text[0] <= '9' && text[1] >= '0' && text[1] <= '9' && text[2] == ':' && text[3] >= '0' && text[3] <= '5' &&
            text[4] >= '0' && text[4] <= '9')
            return 60 * (10 * (text[0] - '0') + text[1] - '0') + 10 * (text[3] - '0') + text[4] - '0';
    return NO_TIME;
}

static bool takes_meeting(struct today *today, struct today_item *item)
{
    bool asked = today->lead && !today->other;
    for (size_t i = 0; !asked && i < today->attending.n; i++)
        asked = record_number(today->attending.list[i], "meeting") == item->record->id;
    item->order = record_number(item->record, "day");
    item->then = time_in(record_text(item->record, "time"));
    return asked && !plan_chosen(item->record, "status", "cancelled") && item->order >= today->day && item->order <= today->day + WEEK;
}

static void fill_meeting(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, gaps_code(today->work, item->record, "purpose"));
    report_cell(row, 1, item->record->about ? person(today, item->record) : report_ref(today->work, item->record, "class"));
    report_cell(row, 2, report_field(item->record, "day"));
    report_cell(row, 3, report_field(item->record, "time"));
    report_cell(row, 4, report_field(item->record, "place"));
    report_cell(row, 5, report_field(item->record, "status"));
}

// --- sessions --------------------------------------------------------------------

static const struct rows *rows_provisions(const struct today *today)
{
    return &today->provisions;
}

bool today_meets(const struct record *provision, int32_t day)
{
    if (!weekdays_has(record_text(provision, "days"), date_weekday(day)) || !rows_holds(provision, day))
        return false;
    return !record_has(provision, "closed") || record_number(provision, "closed") >= day;
}

const struct record *today_session(const struct today *today, int64_t provision, int32_t day)
{
    for (size_t i = 0; i < today->sessions.n; i++)
        if (record_number(today->sessions.list[i], "provision") == provision && record_number(today->sessions.list[i], "day") == day)
            return today->sessions.list[i];
    return NULL;
}

bool today_leads(const struct today *today, const struct record *provision)
{
    return today->all || record_number(provision, "leader") == today->staff;
}

static bool takes_session(struct today *today, struct today_item *item)
{
    item->order = time_in(record_text(item->record, "days"));
    item->session = today_session(today, item->record->id, today->day);
    item->late = !item->session;
    return today_leads(today, item->record) && today_meets(item->record, today->day);
}

static struct value session_state(const struct today *today, const struct record *session)
{
    if (!session)
        return value_text("not yet marked");
    if (record_number(session, "held"))
        return value_text("held");
    struct value why = gaps_code(today->work, session, "lost_to");
    const char *text = why.type == VALUE_TEXT ? arena_printf(today->work->arena, "lost: %s", why.text) : NULL;
    return value_text(text ? text : "lost");
}

static void fill_session(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, report_field(item->record, "name"));
    report_cell(row, 1, report_field(item->record, "days"));
    report_cell(row, 2, report_field(item->record, "room"));
    report_cell(row, 3, session_state(today, item->session));
    report_cell(row, 4, report_ref(today->work, item->record, "leader"));
}

// --- actions and targets ---------------------------------------------------------

static const struct rows *rows_actions(const struct today *today)
{
    return &today->actions;
}

static bool takes_action(struct today *today, struct today_item *item)
{
    item->order = record_number(item->record, "due");
    item->late = action_overdue(item->record, today->day);
    return record_number(item->record, "owner") == today->staff && action_open(item->record, today->day) &&
           record_has(item->record, "due") && item->order <= today->day + WEEK;
}

static void fill_action(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, report_field(item->record, "what"));
    report_cell(row, 1, person(today, item->record));
    report_cell(row, 2, report_field(item->record, "due"));
    if (item->late)
        gaps_figure(today->work, section, at, 3, plan_days_since(item->record, "due", today->day), item->record);
    report_cell(row, 4, action_status(item->record, today->day));
}

static const struct rows *rows_targets(const struct today *today)
{
    return &today->targets;
}

static bool takes_target(struct today *today, struct today_item *item)
{
    item->order = record_number(item->record, "due");
    return (!record_has(item->record, "status") || plan_chosen(item->record, "status", "open")) && record_has(item->record, "due") &&
           item->order >= today->day && item->order <= today->day + FORTNIGHT && on_roll(today, item->record) &&
           (record_number(item->record, "owner") == today->staff || is_theirs(today, item->record->about));
}

static void fill_target(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, report_field(item->record, "aim"));
    report_cell(row, 1, person(today, item->record));
    report_cell(row, 2, report_field(item->record, "due"));
    report_cell(row, 3, report_ref(today->work, item->record, "owner"));
}

// --- reviews, getting back to home, concerns ---------------------------------------

static const struct rows *rows_plans(const struct today *today)
{
    return &today->plans;
}

static bool takes_review(struct today *today, struct today_item *item)
{
    item->order = record_number(item->record, "review_due");
    item->late = item->order < today->day;
    return record_has(item->record, "review_due") && item->order <= today->day + FORTNIGHT &&
           plan_in_force(item->record, today->day, today->now) && on_roll(today, item->record) &&
           (!today->other || is_theirs(today, item->record->about));
}

static void fill_review(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, person(today, item->record));
    report_cell(row, 1, label(today, item->record));
    report_cell(row, 2, report_field(item->record, "review_due"));
    if (item->late)
        gaps_figure(today->work, section, at, 3, plan_days_since(item->record, "review_due", today->day), item->record);
}

static const struct rows *rows_logs(const struct today *today)
{
    return &today->logs;
}

// Has somebody spoken to them since: on a later day up to the report's, or the same day in a later entry?
static bool followed(const struct today *today, const struct record *log)
{
    size_t n;
    struct record **logs = rows_of(&today->logs_of, log->about, &n);
    int64_t day = record_number(log, "day");
    for (size_t i = 0; i < n; i++) {
        int64_t other = record_number(logs[i], "day");
        if (other <= today->day && (other > day || (other == day && logs[i]->id > log->id)))
            return true;
    }
    return false;
}

static bool takes_log(struct today *today, struct today_item *item)
{
    item->order = record_number(item->record, "follow_up");
    return record_has(item->record, "follow_up") && item->order <= today->day && item->order >= today->day - FOLLOWED_FOR &&
           record_number(item->record, "day") <= today->day && on_roll(today, item->record) && !followed(today, item->record) &&
           (!today->other || record_number(item->record, "staff") == today->staff || is_theirs(today, item->record->about));
}

static void fill_log(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, person(today, item->record));
    report_cell(row, 1, report_field(item->record, "follow_up"));
    report_cell(row, 2, report_field(item->record, "day"));
    report_cell(row, 3, report_ref(today->work, item->record, "staff"));
    report_cell(row, 4, report_field(item->record, "agreed"));
}

static const struct rows *rows_concerns(const struct today *today)
{
    return &today->concerns;
}

static bool takes_concern(struct today *today, struct today_item *item)
{
    item->order = record_number(item->record, "raised");
    return today->lead && !today->other && item->order <= today->day && on_roll(today, item->record) &&
           !(record_has(item->record, "decided") && record_number(item->record, "decided") <= today->day);
}

static void fill_concern(struct today *today, Sendco__Report__Section *section, size_t at, const struct today_item *item)
{
    Sendco__Report__Row *row = section->rows[at];
    report_cell(row, 0, person(today, item->record));
    report_cell(row, 1, report_field(item->record, "raised"));
    gaps_figure(today->work, section, at, 2, plan_days_since(item->record, "raised", today->day) / 7, item->record);
    report_cell(row, 3, report_ref(today->work, item->record, "raised_by"));
    report_cell(row, 4, gaps_code(today->work, item->record, "area"));
}

// clang-format off
#define TEXT SENDCO__REPORT__TYPE__TEXT
#define DAY SENDCO__REPORT__TYPE__DAY
#define NUMBER SENDCO__REPORT__TYPE__NUMBER
#define PUPIL {"pupil", "Pupil", TEXT, 24}

const struct today_kind today_kinds[TODAY_PARTS] = {
    {"meetings", "Meetings today and within a week", "meeting", "meetings", NULL, "sendco meeting list", rows_meetings, takes_meeting,
     {{"meeting", "Meeting", TEXT, 22}, {"about", "About", TEXT, 20}, {"day", "Day", DAY, 11}, {"time", "Time", TEXT, 5},
      {"place", "Place", TEXT, 10}, {"status", "Status", TEXT, 8}}, 6, fill_meeting},
    {"sessions", "Sessions today", "session", "sessions", "not yet marked", "sendco provision list", rows_provisions, takes_session,
     {{"session", "Session", TEXT, 24}, {"days", "Days", TEXT, 16}, {"room", "Room", TEXT, 10}, {"state", "Today", TEXT, 16},
      {"leader", "Leader", TEXT, 16}}, 5, fill_session},
    {"actions", "Actions overdue or due within a week", "action", "actions", "overdue", "sendco actions --mine", rows_actions, takes_action,
     {{"what", "What", TEXT, 32}, PUPIL, {"due", "Due", DAY, 11}, {"days_overdue", "Days over", NUMBER, 4}, {"status", "Status", TEXT, 10}}, 5,
     fill_action},
    {"targets", "Targets due within a fortnight", "target due", "targets due", NULL, "sendco target list", rows_targets, takes_target,
     {{"aim", "Aim", TEXT, 34}, PUPIL, {"due", "Due", DAY, 11}, {"owner", "Owner", TEXT, 16}}, 4, fill_target},
    {"reviews", "Plans to review within a fortnight", "plan to review", "plans to review", "overdue", "sendco gaps", rows_plans, takes_review,
     {PUPIL, {"plan", "Plan", TEXT, 30}, {"review_due", "Review due", DAY, 11}, {"days_overdue", "Days over", NUMBER, 4}}, 4, fill_review},
    {"follow_up", "To get back to", "family to get back to", "families to get back to", NULL, "sendco contact-log list", rows_logs, takes_log,
     {PUPIL, {"follow_up", "By", DAY, 11}, {"spoken", "Spoken", DAY, 11}, {"by", "With", TEXT, 16}, {"agreed", "Agreed", TEXT, 24}}, 5, fill_log},
    {"concerns", "Concerns waiting for a decision", "concern waiting", "concerns waiting", NULL, "sendco concern list", rows_concerns,
     takes_concern,
     {PUPIL, {"raised", "Raised", DAY, 11}, {"weeks", "Weeks", NUMBER, 4}, {"raised_by", "Raised by", TEXT, 16}, {"area", "Area", TEXT, 20}}, 5,
     fill_concern},
};
// clang-format on
