// The demo's meetings: parents' evenings, structured conversations, reviews of plans,
// pupil progress meetings, and what was to be done afterwards. Main thread.
#include "server/demo_world.h"

enum { PLANNED = 1, HELD, CANCELLED, NOT_ATTENDED };
enum { ACTION_OPEN = 1, ACTION_BEGUN, ACTION_DONE, ACTION_DROPPED, ACTION_RAISED };

struct gathering {
    const char *purpose, *time, *place;
    int32_t day;
    const struct demo_pupil *pupil; // NULL: about the class
    const struct demo_class *class;
    struct demo_entry *host;
};

// --- what follows --------------------------------------------------------------

static const char *const tasks[] = {
    "Send the picture cards home",
    "Ask the specialist teacher for a visit",
    "Order a sloped board",
    "Move the seat to the front left",
    "Share the profile with the lunchtime team",
    "Check the hearing aid batteries are in the office drawer",
    "Write the social story about the swimming coach",
    "Find a reading partner in Year 6",
    "Ring home after the first week of the group",
    "Print the now-and-next board for the hall",
    "Try the wobble cushion in the afternoons",
    "Book the room for the group",
    "Ask for the report of the last assessment",
    "Agree one phrase for stopping, with all adults",
    NULL,
};
static const char *const outcomes[] = {
    "Done; they are in use every day.",
    "Done. The visit was useful and short.",
    "Done, and it made a difference to mornings.",
    "Done; no change yet, looked at again at the review.",
    "Done by the class teacher instead.",
    "Done at the second try.",
    NULL,
};

static void action_close(struct demo_world *world, const struct demo_pupil *pupil, struct demo_entry *action, int32_t due,
                         struct demo_entry *by)
{
    struct demo_random *random = world->random;
    int32_t closed = demo_school_day_from(due + demo_between(random, -6, 12));
    bool old = world->last - due > 60, left = pupil && pupil->left != DATE_NONE;
    if (left)
        closed = demo_upto(pupil, closed);
    if (closed <= action->day)
        closed = action->day + 1;
    if (closed > world->last - 1 || (!left && !demo_chance(random, old ? 95 : 65)))
        return;
    int32_t typed = demo_typed(world, closed);
    if (typed <= action->day)
        return;
    bool dropped = demo_chance(random, 4);
    struct demo_entry *edit = demo_edit(world, action, typed, by);
    edit->stage = STAGE_DAILY;
    demo_number(edit, "status", dropped ? ACTION_DROPPED : ACTION_DONE);
    demo_text(edit, "outcome", dropped ? "Not needed after all: the class found its own way." : demo_word(random, outcomes));
    demo_number(edit, "closed", closed);
    if (demo_chance(random, 10))
        demo_number(edit, "chased", demo_between(random, 1, 2));
}

// What was due and is not done was sometimes carried on, sometimes only asked after.
static void action_linger(struct demo_world *world, struct demo_entry *action, int32_t due)
{
    struct demo_random *random = world->random;
    int32_t typed = demo_typed(world, due + 7);
    if (due > world->last - 10 || typed <= action->day || typed > due + 14)
        return;
    if (!demo_chance(random, 30))
        return;
    struct demo_entry *edit = demo_edit(world, action, typed, world->lead);
    edit->stage = STAGE_DAILY;
    demo_number(edit, "chased", demo_between(random, 1, 3));
    if (demo_chance(random, 50)) {
        demo_number(edit, "status", ACTION_BEGUN);
        demo_number(edit, "due", demo_school_day_from(due + 28));
    }
}

void demo_make_action(struct demo_world *world, const struct demo_pupil *pupil, const struct demo_entry *meeting, int32_t day)
{
    struct demo_random *random = world->random;
    int term = day < world->terms[DEMO_TERMS / 2].starts ? 0 : DEMO_TERMS - 1;
    struct demo_class *class = pupil ? demo_class_then(pupil, term) : NULL;
    struct demo_entry *owner = class && demo_chance(random, 50) ? class->teacher : demo_chance(random, 50) ? world->lead : world->cn_lead;
    int32_t due = demo_school_day_from(day + demo_between(random, 7, 35));
    bool left = pupil && pupil->left != DATE_NONE;
    if (left && demo_upto(pupil, demo_typed(world, day) + 7) == pupil->left)
        return; // too late to begin anything
    if (left)
        due = demo_upto(pupil, due);
    struct demo_entry *entry = demo_add_at(world, "Action", demo_typed(world, day), meeting ? meeting->actor : owner, STAGE_DAILY);
    if (pupil)
        demo_ref(entry, "pupil", pupil->entry);
    demo_text(entry, "what", demo_word(random, tasks));
    bool owned = left || demo_chance(random, 97);
    if (owned)
        demo_ref(entry, "owner", owner);
    demo_number(entry, "due", due);
    demo_ref(entry, "meeting", meeting);
    demo_number(entry, "status", ACTION_OPEN);
    size_t before = world->n_entries;
    if (owned)
        action_close(world, pupil, entry, due, owner);
    if (world->n_entries == before)
        action_linger(world, entry, due);
}

// --- meetings ------------------------------------------------------------------

static const char *const notes[] = {
    "Went through the targets one by one; the family sees the same at home, mostly on Sundays.",
    "Short and friendly. The new seat helps; spelling does not.",
    "We listened first. What matters to them: friends at break, and sleep.",
    "Looked at the books together. Proud of the map work.",
    "Talked about what comes after the group ends, and that an end is good news.",
    NULL,
};
static const char *const class_notes[] = {
    "Looked at who is not where they should be, and why. Two children to try in the reading group.",
    "Groups go well; Tuesdays lose sessions to the hall. Swap with music.",
    "Three to watch after the next assessment week.",
    NULL,
};

static void attendee_add(struct demo_world *world, const struct demo_entry *meeting, const char *field, const struct demo_entry *who,
                         int32_t invited, int came)
{
    struct demo_entry *entry = demo_add_at(world, "MeetingAttendee", meeting->day, meeting->actor, meeting->stage);
    demo_ref(entry, "meeting", meeting);
    demo_ref(entry, field, who);
    demo_number(entry, "invited", invited);
    if (came >= 0)
        demo_number(entry, "attended", came);
}

static void attendees(struct demo_world *world, const struct gathering *about, const struct demo_entry *meeting, int status)
{
    int32_t invited = about->day - demo_between(world->random, 7, 21);
    int came = status == PLANNED ? -1 : status == HELD;
    if (status == PLANNED && invited > world->last)
        invited = world->last;
    attendee_add(world, meeting, "staff", about->host, invited, came);
    if (!about->pupil) {
        attendee_add(world, meeting, "staff", world->lead, invited, came);
        return;
    }
    for (size_t i = 0; i < about->pupil->n_contacts && i < 2; i++) {
        if (i == 0 || demo_chance(world->random, 35))
            attendee_add(world, meeting, "contact", about->pupil->contacts[i], invited, came);
    }
    if (status != HELD || !demo_chance(world->random, 6))
        return;
    struct demo_entry *guest = demo_add_at(world, "MeetingAttendee", meeting->day, meeting->actor, meeting->stage);
    demo_ref(guest, "meeting", meeting);
    demo_text(guest, "name", "Specialist teacher");
    demo_text(guest, "role", "Advisory service");
    demo_number(guest, "attended", 1);
}

static void meeting_add(struct demo_world *world, const struct gathering *about)
{
    struct demo_random *random = world->random;
    bool ahead = about->day > world->last;
    size_t at = demo_below(random, 100);
    int status = ahead ? PLANNED : !about->pupil || at < 88 ? HELD : at < 96 ? NOT_ATTENDED : CANCELLED;
    int32_t typed = ahead ? world->last : demo_typed(world, about->day);
    struct demo_entry *entry = demo_add_at(world, "Meeting", typed, about->host, STAGE_DAILY);
    if (about->pupil)
        demo_ref(entry, "pupil", about->pupil->entry);
    else
        demo_ref(entry, "class", about->class->entry);
    demo_text(entry, "purpose", about->purpose);
    demo_number(entry, "day", about->day);
    demo_text(entry, "time", about->time);
    demo_text(entry, "place", about->place);
    demo_number(entry, "status", status);
    if (about->pupil && !ahead)
        demo_number(entry, "parents", status == HELD);
    if (status == HELD && demo_chance(random, 70))
        demo_text(entry, "notes", demo_word(random, about->pupil ? notes : class_notes));
    attendees(world, about, entry, status);
    if (status == HELD && demo_chance(random, 62))
        demo_make_action(world, about->pupil, entry, about->day);
}

// How far ahead meetings are in the book.
static bool in_book(const struct demo_world *world, int32_t day)
{
    return day <= world->last + 15;
}

static void evenings(struct demo_world *world, int term)
{
    static const char *const times[] = {"15:30", "15:50", "16:20", "17:00", "17:40", "18:10", NULL};
    const struct demo_term *about = &world->terms[term];
    for (size_t i = 0; i < world->n_all; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        int32_t day = demo_school_day_from(about->starts + 67 + (int32_t)(i % 2) * 2);
        struct demo_class *class = demo_class_then(pupil, term);
        if (pupil->provision == 'N' || !class || !demo_on_roll(pupil, day) || !in_book(world, day))
            continue;
        meeting_add(world, &(struct gathering){"EVENING", demo_word(world->random, times), "Hall", day, pupil, NULL, class->teacher});
    }
}

static void conversations(struct demo_world *world, int term)
{
    const struct demo_term *about = &world->terms[term];
    for (size_t i = 0; i < world->n_all; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        const struct demo_cycle *cycle = &pupil->cycles[term];
        if (!cycle->plan)
            continue;
        int32_t day = demo_school_day_from(about->starts + demo_between(world->random, 14, 60));
        if (demo_chance(world->random, pupil->provision == 'E' ? 60 : 22) && in_book(world, day) && demo_on_roll(pupil, day))
            meeting_add(world, &(struct gathering){"STRUCTURED", "14:15", "Rainbow room", day, pupil, NULL, demo_lead_of(world, pupil)});
        day = demo_school_day_from(cycle->review - 3);
        if (demo_chance(world->random, 40) && in_book(world, day) && (cycle->reviewed || day > world->last))
            meeting_add(world, &(struct gathering){"REVIEW", "09:10", "SENDCO's room", day, pupil, NULL, demo_lead_of(world, pupil)});
    }
}

// Before they go on to the next school.
static void transitions(struct demo_world *world)
{
    for (size_t i = world->n_pupils; i < world->n_all; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        int32_t day = demo_school_day_from(pupil->left - demo_between(world->random, 12, 25));
        if (pupil->provision != 'N' && demo_on_roll(pupil, day) && day >= world->start)
            meeting_add(world, &(struct gathering){"TRANSITION", "13:30", "Rainbow room", day, pupil, NULL, demo_lead_of(world, pupil)});
    }
}

static void progress_meetings(struct demo_world *world, int term)
{
    for (size_t i = 0; i < DEMO_CLASSES; i++) {
        const struct demo_class *class = &world->classes[i];
        int32_t day = demo_school_day_from(world->terms[term].starts + 45 + (int32_t)i);
        if (in_book(world, day))
            meeting_add(world, &(struct gathering){"PPM", "13:00", "Staff room", day, NULL, class, class->teacher});
    }
}

// What the leads set themselves, about nobody.
static void own_actions(struct demo_world *world, int term)
{
    size_t n = demo_share(world, 25);
    for (size_t i = 0; i < n; i++) {
        int32_t day = demo_school_day_from(demo_between(world->random, world->terms[term].starts, world->terms[term].ends - 7));
        if (day <= world->last)
            demo_make_action(world, NULL, NULL, day);
    }
}

void demo_make_meetings(struct demo_world *world)
{
    for (int term = 0; term < DEMO_TERMS; term++) {
        if (term % 3 < 2) // autumn and spring
            evenings(world, term);
        conversations(world, term);
        progress_meetings(world, term);
        own_actions(world, term);
    }
    transitions(world);
}
