// The demo's provision: runs each term with their members, every session of theirs and
// who was there, what was measured, how each run ended. Main thread.
#include "server/demo_provision.h"

#include <stdio.h>
#include <string.h>

#include "server/access/role.h"

enum { MEMBERS = 6, PRESENT = 1, ABSENT, REFUSED, ELSEWHERE };
enum { KEEP = 1, CHANGE, STOP };

struct member {
    const struct demo_pupil *pupil;
    struct demo_entry *entry;
    int32_t starts, left; // left: DATE_NONE when to the end
    int entry_score;
};

struct run {
    struct demo_world *world;
    const struct demo_type *type;
    struct demo_entry *entry, *leader, *typist;
    int term;
    unsigned days; // bit 0: Monday
    int32_t starts, ends;
    bool over;       // ended, and closed
    bool unmeasured; // closed with a reason instead of exit data
    struct member members[MEMBERS];
    size_t n_members;
};

// --- who and when --------------------------------------------------------------

static int year_then(const struct demo_pupil *pupil, int term)
{
    return pupil->year - (term < DEMO_TERMS / 2 ? 1 : 0);
}

static bool leaves_during(const struct run *run, const struct demo_pupil *pupil)
{
    return demo_upto(pupil, run->ends) != run->ends;
}

static int fit(const struct run *run, const struct demo_pupil *pupil, int year)
{
    const struct demo_term *term = &run->world->terms[run->term];
    bool here = demo_class_then(pupil, run->term) && pupil->entered <= term->starts && year_then(pupil, run->term) == year;
    // Nobody who is known to go soon begins, and none alone who goes before the end.
    if (leaves_during(run, pupil) && (pupil->left < run->starts + 21 || run->type->group == 1))
        return 0;
    if (!here || (run->type->specialist && pupil->provision != 'E'))
        return 0;
    if (pupil->provision == 'N')
        return 1;
    return pupil->area && strcmp(pupil->area, run->type->area) == 0 ? 9 : 5;
}

// Of one year group: those on the register whose need it serves first, then whoever else.
static void members_choose(struct run *run, int year)
{
    struct demo_world *world = run->world;
    size_t most = run->type->group == 1 ? 1 : (size_t)run->type->group - demo_chance(world->random, 30);
    size_t from = demo_below(world->random, world->n_all);
    for (int least = 9; least >= 1 && run->n_members < most; least -= 4) {
        for (size_t i = 0; i < world->n_all && run->n_members < most; i++) {
            const struct demo_pupil *pupil = &world->pupils[(from + i) % world->n_all];
            // A group is mostly of pupils on the register; a few others make it up.
            if (fit(run, pupil, year) != least || (least == 1 && run->n_members > 0 && !demo_chance(world->random, 20)))
                continue;
            int32_t left = leaves_during(run, pupil) ? pupil->left : DATE_NONE;
            run->members[run->n_members++] = (struct member){.pupil = pupil, .starts = run->starts, .left = left};
        }
    }
}

static struct demo_entry *leader_of(struct run *run, size_t number)
{
    struct demo_world *world = run->world;
    const struct demo_class *class = demo_class_then(run->members[0].pupil, run->term);
    if (run->type->specialist && demo_chance(world->random, 40))
        return world->cn_lead;
    if (number % 7 == 0)
        return world->entries[PERSON_ASSISTANT];
    if (demo_chance(world->random, 15))
        return class->teacher;
    return class->helper ? class->helper : world->classes[2 * demo_below(world->random, (DEMO_CLASSES + 1) / 2)].helper;
}

static const char *grade_of(const struct demo_world *world, const struct demo_entry *leader)
{
    if (leader->role == ROLE_TEACHER)
        return "TEACHER";
    if (leader == world->cn_lead)
        return "THERAPIST";
    const char *grade = record_text(leader->record, "grade");
    return grade && strcmp(grade, "HLTA") == 0 ? "HLTA" : "TA";
}

static unsigned days_of(struct demo_random *random, int per_week)
{
    static const unsigned often[6][2] = {{0, 0}, {4, 8}, {10, 5}, {21, 11}, {15, 30}, {31, 31}};
    return often[per_week][demo_below(random, 2)];
}

static const char *days_text(struct run *run)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri"}, *const times[] = {"09:10", "09:40", "11:00", "13:15", "14:20"};
    char text[60] = "";
    for (unsigned day = 0; day < 5; day++) {
        if (run->days & (1u << day))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", names[day]);
    }
    return demo_kept(run->world, "%s%s", text, times[demo_below(run->world->random, 5)]);
}

static bool meets(const struct run *run, int32_t day)
{
    return date_weekday(day) <= 5 && (run->days & (1u << (date_weekday(day) - 1))) && demo_school_day(day);
}

// --- the run and its members ---------------------------------------------------

static void run_add(struct run *run, struct demo_entry *type, size_t number)
{
    static const char *const marks[] = {"red", "blue", "green", "gold"};
    struct demo_world *world = run->world;
    const struct demo_class *class = demo_class_then(run->members[0].pupil, run->term);
    int planned = 0;
    for (int32_t day = run->starts; day <= run->ends; day++)
        planned += meets(run, day);
    run->typist = run->type->specialist ? world->cn_lead : world->lead;
    run->entry = demo_add(world, "Provision", demo_typed(world, run->starts), run->typist);
    struct demo_entry *entry = run->entry;
    demo_ref(entry, "type", type);
    demo_text(entry, "name",
              run->n_members == 1 ? demo_kept(world, "%s, %s", run->type->name, class->name)
                                  : demo_kept(world, "%s, Year %s %s", run->type->name, class->year, marks[number % 4]));
    demo_ref(entry, "leader", run->leader);
    demo_text(entry, "grade", grade_of(world, run->leader));
    if (demo_chance(world->random, 4))
        demo_number(entry, "hourly", 2400);
    demo_text(entry, "room", run->type->room);
    demo_text(entry, "days", days_text(run));
    demo_number(entry, "starts", run->starts);
    demo_number(entry, "ends", run->ends);
    demo_number(entry, "minutes", run->type->minutes);
    demo_number(entry, "per_week", run->type->per_week);
    demo_number(entry, "planned", planned);
    demo_number(entry, "group_size", run->type->group);
}

// In tenths, as it is kept: an age in months, a standard score, points.
static int entry_score(const struct run *run, const struct demo_pupil *pupil)
{
    struct demo_random *random = run->world->random;
    if (run->type->measured == IN_STANDARD_SCORE)
        return 10 * demo_between(random, 69, 92);
    if (run->type->measured == IN_POINTS)
        return 10 * demo_between(random, run->type->lowest, run->type->highest);
    int months = (run->starts - pupil->born) * 12 / 365 - demo_between(random, 6, 24);
    return 10 * (months < 48 ? 48 : months);
}

// A gain, and how well it is thought of (ProvisionMember.Effect).
static int gain(const struct run *run, int32_t days, int *effect)
{
    size_t luck = demo_below(run->world->random, 100);
    *effect = luck < 10 ? 1 : luck < 35 ? 2 : luck < 80 ? 3 : 4;
    static const int points[] = {0, 0, 20, 50, 90}, scores[] = {0, -10, 20, 50, 90}, ratio[] = {0, 3, 9, 17, 30};
    int spread = (int)demo_below(run->world->random, 3) * 10;
    if (run->type->measured == IN_POINTS)
        return points[*effect] + (*effect > 1 ? spread : 0);
    if (run->type->measured == IN_STANDARD_SCORE)
        return scores[*effect] + spread;
    return (days * 10 * 12 / 365 * ratio[*effect] / 10 + spread) / 10 * 10; // months of gain a month, in tenths
}

static struct demo_entry *target_of(const struct run *run, const struct demo_pupil *pupil, int32_t typed)
{
    const struct demo_cycle *cycle = &pupil->cycles[run->term];
    for (size_t i = 0; i < cycle->n_targets; i++) {
        const char *area = record_text(cycle->targets[i]->record, "area");
        if (area && strcmp(area, run->type->area) == 0 && cycle->targets[i]->day <= typed)
            return cycle->targets[i];
    }
    return NULL;
}

static void member_add(struct run *run, struct member *member)
{
    struct demo_world *world = run->world;
    int32_t late = run->starts + 21;
    bool some = run->n_members > 2 && member != run->members && member->left == DATE_NONE;
    if (some && late + 30 < run->ends && late < world->last - 7 && demo_chance(world->random, 5))
        member->starts = demo_school_day_from(late);
    int32_t typed = demo_typed(world, member->starts);
    member->entry = demo_add(world, "ProvisionMember", typed, run->typist);
    struct demo_entry *entry = member->entry;
    demo_ref(entry, "provision", run->entry);
    demo_ref(entry, "pupil", member->pupil->entry);
    demo_number(entry, "starts", member->starts);
    member->entry_score = entry_score(run, member->pupil);
    demo_number(entry, "entry_score", member->entry_score);
    demo_number(entry, "entry_day", member->starts);
    demo_ref(entry, "target", target_of(run, member->pupil, typed));
    if (member->pupil->provision == 'E' && demo_chance(world->random, 50))
        demo_text(entry, "section_f",
                  demo_kept(world, "%d sessions a week of %d minutes in a small group, run by trained staff", run->type->per_week,
                            run->type->minutes));
}

static void member_exit(struct run *run, struct member *member)
{
    static const char *const early[] = {"CAUGHT-UP", "UNSUITED", "MOVED-ON", NULL};
    struct demo_world *world = run->world;
    bool left = member->left != DATE_NONE;
    int32_t ends = left ? member->left : run->ends, typed = demo_typed(world, ends);
    struct demo_entry *edit = demo_edit(world, member->entry, typed, run->typist);
    edit->stage = STAGE_LAST;
    demo_number(edit, "ends", ends);
    int effect = 0, gained = gain(run, ends - member->starts, &effect);
    if (left)
        demo_text(edit, "exit_reason", member->pupil->left == ends ? "LEFT" : demo_word(world->random, early));
    else if (run->unmeasured || demo_chance(world->random, 5))
        demo_text(edit, "exit_reason", run->unmeasured ? NULL : "ABSENT");
    if (left ? demo_chance(world->random, 50)
             : !run->unmeasured && !(edit->set & field_bit(field_find(edit->record->kind, "exit_reason")))) {
        demo_number(edit, "exit_score", member->entry_score + gained);
        demo_number(edit, "exit_day", ends);
        demo_number(edit, "effect", effect);
    }
}

// --- sessions ------------------------------------------------------------------

static const char *lost_to(struct demo_random *random)
{
    static const char *const why[] = {"STAFF", "STAFF", "STAFF", "STAFF", "STAFF", "EVENT", "EVENT", "EVENT", "ROOM", "PUPILS", NULL};
    return demo_chance(random, 8) ? demo_word(random, why) : NULL;
}

static void attend(struct run *run, const struct member *member, struct demo_entry *session)
{
    static const char *const remarks[] = {"Asked for one more.",           "Led the group for the last five minutes.",
                                          "Needed the quiet chair first.", "New personal best.",
                                          "Tired; half the cards.",        NULL};
    struct demo_random *random = run->world->random;
    size_t at = demo_below(random, 1000);
    int mark = at < 930 ? PRESENT : at < 980 ? ABSENT : at < 992 ? ELSEWHERE : REFUSED;
    struct demo_entry *entry = demo_add_at(run->world, "Attendance", session->day, run->leader, STAGE_DAILY);
    demo_ref(entry, "session", session);
    demo_ref(entry, "pupil", member->pupil->entry);
    demo_number(entry, "mark", mark);
    if (mark == PRESENT && demo_chance(random, 20))
        demo_number(entry, "progress", 1);
    if (mark == PRESENT && demo_chance(random, 3))
        demo_text(entry, "note", demo_word(random, remarks));
}

static void session_add(struct run *run, int32_t day)
{
    static const char *const remarks[] = {"Began late after assembly.",  "Went well; skip the first card next time.",
                                          "Fire bell in the middle.",    "All four steps today.",
                                          "Two new words for the wall.", NULL};
    struct demo_world *world = run->world;
    const char *lost = lost_to(world->random);
    struct demo_entry *entry = demo_add_at(world, "ProvisionSession", demo_typed(world, day), run->leader, STAGE_DAILY);
    demo_ref(entry, "provision", run->entry);
    demo_number(entry, "day", day);
    demo_number(entry, "held", lost == NULL);
    demo_text(entry, "lost_to", lost);
    if (lost)
        return;
    if (demo_chance(world->random, 4))
        demo_ref(entry, "staff", world->lead);
    if (demo_chance(world->random, 4))
        demo_number(entry, "minutes", run->type->minutes - 5);
    if (demo_chance(world->random, 6))
        demo_text(entry, "note", demo_word(world->random, remarks));
    for (size_t i = 0; i < run->n_members; i++) {
        const struct member *member = &run->members[i];
        if (day >= member->starts && (member->left == DATE_NONE || day <= member->left))
            attend(run, member, entry);
    }
}

// --- the end -------------------------------------------------------------------

static void leave_early(struct run *run)
{
    int32_t day = run->starts + 45;
    for (size_t i = 1; i < run->n_members; i++) {
        if (run->members[i].left == DATE_NONE && day < run->ends - 14 && day < run->world->last - 7 && demo_chance(run->world->random, 5))
            run->members[i].left = day;
    }
}

static void run_close(struct run *run)
{
    static const char *const verdicts[] = {"Worth the hour. Offer it again.", "Good for most; the two youngest were not ready.",
                                           "Sessions were lost to the hall; next time in the library.", NULL};
    struct demo_world *world = run->world;
    size_t luck = demo_below(world->random, 100);
    struct demo_entry *edit = demo_edit(world, run->entry, demo_typed(world, run->ends), run->typist);
    edit->stage = STAGE_LAST;
    demo_number(edit, "closed", run->ends);
    demo_number(edit, "decision", run->unmeasured ? CHANGE : luck < 70 ? KEEP : luck < 92 ? CHANGE : STOP);
    demo_text(edit, "close_reason", run->unmeasured ? "The leader moved to another class before the exit measure could be taken." : NULL);
    if (demo_chance(world->random, 50))
        demo_text(edit, "note", demo_word(world->random, verdicts));
}

static void run_live(struct run *run, struct demo_entry *type, size_t number)
{
    run->leader = leader_of(run, number);
    run->days = days_of(run->world->random, run->type->per_week);
    run_add(run, type, number);
    for (size_t i = 0; i < run->n_members; i++)
        member_add(run, &run->members[i]);
    leave_early(run);
    for (int32_t day = run->starts; day <= run->ends && day <= run->world->last; day++) {
        if (meets(run, day))
            session_add(run, day);
    }
    run->over = run->ends < run->world->last - 2;
    run->unmeasured = demo_chance(run->world->random, 4);
    for (size_t i = 0; i < run->n_members; i++) {
        if (run->over || run->members[i].left != DATE_NONE)
            member_exit(run, &run->members[i]);
    }
    if (run->over)
        run_close(run);
}

static void run_begin(struct demo_world *world, struct demo_entry *const entries[DEMO_TYPES], int term, size_t number)
{
    // Each type in turn, and what runs in two year groups at once a second time.
    static const size_t turns[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1, 11, 4, 12, 3, 11, 7};
    const struct demo_term *about = &world->terms[term];
    size_t at = turns[number % (sizeof turns / sizeof turns[0])];
    struct run run = {.world = world, .type = &demo_types[at], .term = term};
    run.starts = demo_school_day_from(about->starts + 6 + (int32_t)demo_below(world->random, 5));
    run.ends = run.starts + run.type->weeks * 7 - 1;
    if (term % 3 == 2)
        run.ends += 7; // over the half term
    if (run.ends > about->ends - 3)
        run.ends = about->ends - 3;
    if (run.starts > world->last)
        return;
    // Round the years it suits, until one has somebody for it.
    int years = run.type->oldest - run.type->youngest + 1, first = (int)demo_below(world->random, (size_t)years);
    for (int i = 0; i < years && run.n_members == 0; i++)
        members_choose(&run, run.type->youngest + (first + i) % years);
    if (run.n_members > 0)
        run_live(&run, entries[at], number);
}

void demo_make_provision(struct demo_world *world)
{
    struct demo_entry *entries[DEMO_TYPES];
    size_t n = demo_share(world, 25), number = 0;
    demo_make_types(world, entries);
    for (int term = 0; term < DEMO_TERMS; term++) {
        for (size_t i = 0; i < n && world->terms[term].begun; i++)
            run_begin(world, entries, term, number++);
    }
}
