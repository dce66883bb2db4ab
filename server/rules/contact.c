// Rules of dealings with home and with colleagues: the contact log, meetings and who
// was at them, actions and how they end. Writer thread.
#include "server/rules/rules.h"

#include <ctype.h>
#include <string.h>

#include "server/rules/judge.h"

// --- the contact log ---

static int judge_contact(struct view *view, const struct record *before, const struct record *log, const struct record *contact,
                         struct problem *problem)
{
    if (!contact || !rule_changed(before, log, "contact"))
        return 0;
    if (record_number(contact, "pupil") != record_number(log, "pupil"))
        return rule_refuse(problem, log, "contact", "Name a contact of this pupil, or leave it empty and say in the summary who it was.",
                           "is a contact of another pupil");
    if (record_number(contact, "do_not_contact"))
        view_warn(
            view, log, "contact",
            "DO NOT CONTACT: the school has been told not to contact this person. If they rang, say so; if the school did, tell a lead.");
    return 0;
}

static int check_log(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (record_number(after, "day") > view_today(view))
        return rule_refuse(problem, after, "day", "Give the day on which it was: today at the latest; what is to come is an action.",
                           "lies in the future");
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_contact(view, before, after, rule_follow(view, after, "contact", &arena), problem);
    arena_deinit(&arena);
    return error;
}

// --- meetings ---

static bool is_time(const char *text)
{
    static const char pattern[] = "dd:dd";
    if (strlen(text) != sizeof pattern - 1)
        return false;
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        if (pattern[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != pattern[i])
            return false;
    return (text[0] - '0') * 10 + text[1] - '0' < 24 && text[3] < '6';
}

static bool meets_parents(const struct record *meeting)
{
    return rule_coded(meeting, "purpose", "PARENT") || rule_coded(meeting, "purpose", "STRUCTURED") ||
           rule_coded(meeting, "purpose", "EVENING");
}

static void warn_of_parents(struct view *view, const struct record *before, const struct record *meeting)
{
    bool held =
        rule_chosen(meeting, "status", "held") || (!record_has(meeting, "status") && record_number(meeting, "day") < view_today(view));
    bool news = !before || rule_changed(before, meeting, "status") || rule_changed(before, meeting, "parents") ||
                rule_changed(before, meeting, "purpose");
    if (held && news && meets_parents(meeting) && !record_has(meeting, "parents"))
        view_warn(view, meeting, "parents",
                  "It does not say whether the parents came: parents=yes counts it towards the three meetings a year "
                  "(SEND Code of Practice 6.65), parents=no says that they did not.");
}

static int check_meeting(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (record_has(after, "pupil") && record_has(after, "class"))
        return rule_refuse(problem, after, "class", "Leave one of them empty: a meeting is about a pupil, a class or the school.",
                           "names both a class and a pupil");
    if (rule_chosen(after, "status", "held") && record_number(after, "day") > view_today(view))
        return rule_refuse(problem, after, "status", "Leave it planned until it was, or correct the day.",
                           "a meeting on a day to come was not held yet");
    if (record_has(after, "time") && !is_time(record_text(after, "time")))
        return rule_refuse(problem, after, "time", "Write it with two digits each, from 00:00 to 23:59: time=09:30", "is no time of day");
    warn_of_parents(view, before, after);
    return 0;
}

static int judge_attendee(struct view *view, const struct record *attendee, struct arena *arena, struct problem *problem)
{
    const struct record *contact = rule_follow(view, attendee, "contact", arena);
    const struct record *meeting = rule_follow(view, attendee, "meeting", arena);
    if (!contact || !meeting)
        return 0;
    if (!record_has(meeting, "pupil"))
        return rule_refuse(problem, attendee, "contact", "Give them by name instead: name=\"…\"",
                           "the meeting is about no pupil, so it has no pupil's contacts");
    if (record_number(contact, "pupil") != record_number(meeting, "pupil"))
        return rule_refuse(problem, attendee, "contact", "Name a contact of the meeting's pupil, or give them by name: name=\"…\"",
                           "is a contact of another pupil");
    return 0;
}

static int check_attendee(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    int named = record_has(after, "staff") + record_has(after, "contact") + record_has(after, "name");
    if (named != 1)
        return rule_refuse(problem, after, named ? "name" : "staff", "Give exactly one of staff, contact and name.",
                           named ? "names more than one person: an attendee is a member of staff, a contact, or somebody else by name"
                                 : "names nobody: an attendee is a member of staff, a contact, or somebody else by name");
    if (before)
        return 0; // meeting and contact are fixed
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_attendee(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// --- actions ---

static bool is_closed(const struct record *action)
{
    return rule_chosen(action, "status", "done") || rule_chosen(action, "status", "cancelled");
}

static void warn_of_action(struct view *view, const struct record *before, const struct record *action)
{
    if (!record_has(action, "owner") && (!before || record_has(before, "owner")))
        view_warn(view, action, "owner", "Nobody is named who sees to it.");
    if (!record_has(action, "due") && (!before || record_has(before, "due")))
        view_warn(view, action, "due", "No date says by when it is to be done.");
}

static int check_action(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (is_closed(after) && !record_has(after, "outcome"))
        return rule_refuse(problem, after, "outcome", "Say what came of it: outcome=\"…\"",
                           "an action is done or cancelled only with its outcome");
    if (record_has(after, "closed") && record_number(after, "closed") > view_today(view))
        return rule_refuse(problem, after, "closed", "Give the day on which it was closed, today at the latest, or leave it empty.",
                           "lies in the future");
    if (record_has(after, "closed") && !is_closed(after) && !is_closed(before)) // a reopened one loses the day
        return rule_refuse(problem, after, "closed", "Say how it ended as well: status=done or status=cancelled, with an outcome.",
                           "an action that is not done or cancelled is not closed");
    if (!is_closed(after))
        warn_of_action(view, before, after);
    return 0;
}

static int effect_action(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after || is_closed(after) == record_has(after, "closed"))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    struct record *action = record_copy(after, &arena);
    int error = action ? 0 : problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (!error) {
        record_set(action, "closed", is_closed(after) ? value_number(view_today(view)) : (struct value){.type = VALUE_EMPTY});
        error = view_put(view, action, field_bit(field_find(action->kind, "closed")), NULL, problem);
    }
    arena_deinit(&arena);
    return error;
}

void contact_rules(struct store *store)
{
    store_on_put(store, kind_find("ContactLog"), check_log, NULL);
    store_on_put(store, kind_find("Meeting"), check_meeting, NULL);
    store_on_put(store, kind_find("MeetingAttendee"), check_attendee, NULL);
    store_on_put(store, kind_find("Action"), check_action, effect_action);
}
