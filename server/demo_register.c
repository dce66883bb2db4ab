// What stands around the demo's register: places in the resourced provision, key
// workers, concerns before anybody is on it. Main thread.
#include "server/demo_world.h"

#include <string.h>

// --- the resourced provision ---------------------------------------------------

static void key_worker(struct demo_world *world, const struct demo_pupil *pupil, size_t place)
{
    int32_t year = date_make(pupil->school_class ? world->year : world->year - 1, 9, 1);
    const struct demo_class *class = &world->classes[place * 2 % DEMO_CLASSES / 2 * 2]; // those with a helper
    int32_t starts = pupil->entered > year ? pupil->entered : year;
    if (!class->helper)
        return;
    struct demo_entry *entry = demo_add(world, "Assignment", demo_typed(world, starts), world->cn_lead);
    demo_ref(entry, "staff", class->helper);
    demo_ref(entry, "pupil", pupil->entry);
    demo_number(entry, "relation", 3);
    demo_number(entry, "starts", starts > world->last ? world->last : starts);
    demo_stays(world, pupil, entry);
}

void demo_make_placements(struct demo_world *world)
{
    size_t n = 0;
    for (size_t i = 0; i < world->n_all; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        if (!pupil->placed)
            continue;
        struct demo_entry *entry = demo_add(world, "Placement", demo_typed(world, pupil->since), world->cn_lead);
        demo_ref(entry, "pupil", pupil->entry);
        demo_number(entry, "place", 1);
        demo_number(entry, "commissioned", demo_chance(world->random, 85));
        demo_number(entry, "named", demo_chance(world->random, 90));
        demo_number(entry, "time_in_base", 10 * demo_between(world->random, 1, 7));
        demo_number(entry, "starts", pupil->since);
        demo_stays(world, pupil, entry);
        key_worker(world, pupil, n++);
    }
}

// --- concerns ------------------------------------------------------------------

struct worry {
    const char *area, *seen, *tried;
};

static const struct worry worries[] = {
    {"CL", "Knows the sounds one by one and cannot yet put three together, unlike the rest of the group.",
     "Ten minutes of blending a day for four weeks; overlearning cards at home."},
    {"CL", "Reverses b and d in every line and loses the place when reading from the board.", "Ruler, cream paper, b and d on the desk."},
    {"CL", "Counts in ones for everything; number bonds are gone by the next morning.", "Numicon in the small group, three times a week."},
    {"CI", "Answers a question with the question's last word; looks lost on the carpet.", "Instructions in two parts, with pictures."},
    {"CI", "Plays beside the others and never with them; has one friend, who is away.", "Paired jobs; a buddy at break."},
    {"CI", "Cannot be understood by new adults; s, sh and ch all sound alike.", "Asked home about hearing; the check is booked."},
    {"SEMH", "Cries at the gate on Mondays, and is quiet until lunch.", "Comes in by the office; a job to do first."},
    {"SEMH", "Leaves the table when writing begins; comes back for anything else.", "First a sentence said, then written by an adult."},
    {"SP", "Tires after two lines and holds the pencil with the whole hand.", "Pencil grip, sloped board on loan."},
    {"SP", "Sits close to everything and copies the neighbour's screen.", "Moved to the front; letter about an eye test."},
};

static void decide(struct demo_world *world, struct demo_entry *concern, int32_t raised, const struct demo_pupil *pupil)
{
    static const char *const codes[] = {"MONITOR", "MONITOR", "SCREEN", "NONE"};
    static const char *const reasons[] = {"Caught up with the class once the group began; looked at again at the end of term.",
                                          "The class's own help works. Ask again after the next assessment week.",
                                          "A screening will tell more than another term of waiting.",
                                          "Hearing and sight are fine now, and so is the rest."};
    bool joined = pupil->provision != 'N';
    int32_t decided = joined ? pupil->from : demo_school_day_from(raised + demo_between(world->random, 10, 41));
    size_t which = demo_below(world->random, 4);
    if (decided > world->last)
        return;
    int32_t typed = demo_typed(world, decided);
    struct demo_entry *edit = typed > concern->day ? demo_edit(world, concern, typed, world->lead) : concern;
    demo_number(edit, "decided", decided);
    demo_text(edit, "outcome", joined ? "REGISTER" : codes[which]);
    demo_ref(edit, "decided_by", world->lead);
    demo_text(edit, "reason", joined ? "More is needed than the class can give alone; the family agreed." : reasons[which]);
}

static struct demo_entry *concern_add(struct demo_world *world, const struct demo_pupil *pupil, int32_t raised)
{
    const struct worry *worry = &worries[demo_below(world->random, sizeof worries / sizeof worries[0])];
    for (int tries = 0; pupil->area && strcmp(worry->area, pupil->area) != 0 && tries < 40; tries++)
        worry = &worries[demo_below(world->random, sizeof worries / sizeof worries[0])];
    bool this_year = raised >= world->terms[DEMO_TERMS / 2].starts;
    const struct demo_class *class = this_year || !pupil->before ? pupil->school_class : pupil->before;
    struct demo_entry *entry = demo_add(world, "Concern", demo_typed(world, raised), class->teacher);
    demo_ref(entry, "pupil", pupil->entry);
    demo_number(entry, "raised", raised);
    demo_ref(entry, "raised_by", class->teacher);
    demo_text(entry, "area", worry->area);
    demo_text(entry, "concern", worry->seen);
    demo_text(entry, "tried", worry->tried);
    return entry;
}

// Those who came on the register since the school has sendco: it began with a concern.
static void joined(struct demo_world *world)
{
    for (size_t i = 0; i < world->n_all; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        int32_t raised = demo_school_day_from(pupil->from - demo_between(world->random, 20, 40));
        if (pupil->provision != 'N' && pupil->from > world->start + 60 && raised > pupil->entered && raised < pupil->from &&
            demo_chance(world->random, 70))
            decide(world, concern_add(world, pupil, raised), raised, pupil);
    }
}

void demo_make_concerns(struct demo_world *world)
{
    size_t n = demo_share(world, 34), late = demo_share(world, 4), fresh = demo_share(world, 6);
    joined(world);
    for (size_t i = 0; i < n; i++) {
        const struct demo_pupil *pupil = &world->pupils[demo_below(world->random, world->n_pupils)];
        for (int tries = 0; pupil->provision != 'N' && tries < 60; tries++)
            pupil = &world->pupils[demo_below(world->random, world->n_pupils)];
        bool waits = i < late + fresh;
        int32_t newest = i < late ? world->last - 50 : world->last - (waits ? 2 : 45);
        int32_t oldest = i < late ? world->last - 110 : waits ? world->last - 35 : world->start + 50;
        if (oldest < pupil->entered + 14)
            oldest = pupil->entered + 14;
        if (pupil->provision != 'N' || oldest > newest)
            continue;
        int32_t raised = demo_school_day_from(demo_between(world->random, oldest, newest));
        if (raised > world->last)
            continue;
        struct demo_entry *concern = concern_add(world, pupil, raised);
        if (!waits)
            decide(world, concern, raised, pupil);
    }
}
