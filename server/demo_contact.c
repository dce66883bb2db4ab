// The demo's dealings with home: who is there, and the log of calls and messages.
// Main thread.
#include "server/demo_world.h"

#include <stdio.h>

enum { PHONE = 1, EMAIL, TEXT_MESSAGE, LETTER, IN_PERSON, APP };

struct kin {
    const char *relationship;
    bool female, parental;
};

// --- contacts ------------------------------------------------------------------

static struct demo_entry *contact_add(struct demo_world *world, const struct demo_pupil *pupil, const struct kin *kin, int priority)
{
    struct demo_random *random = world->random;
    const char *forename = demo_forename(random, pupil->tradition, kin->female);
    unsigned serial = (unsigned)(pupil - world->pupils) * DEMO_CONTACTS + (unsigned)priority;
    struct demo_entry *entry = demo_add(world, "Contact", demo_typed(world, pupil->entered), world->lead);
    demo_ref(entry, "pupil", pupil->entry);
    demo_text(entry, "name", demo_kept(world, "%s %s", forename, pupil->surname));
    demo_text(entry, "relationship", kin->relationship);
    demo_number(entry, "parental_responsibility", kin->parental);
    demo_number(entry, "priority", priority);
    // 07700 900000 to 900999 belong to nobody: they are kept for invented people.
    demo_text(entry, "phone", demo_kept(world, "07700 900%03u", serial % 1000));
    if (demo_chance(random, 70))
        demo_text(entry, "email", demo_kept(world, "family%u@home.example", serial));
    demo_number(entry, "prefers", demo_chance(random, 50) ? PHONE : demo_between(random, EMAIL, APP));
    const char *language = pupil->eal ? demo_language(pupil->tradition) : NULL;
    demo_text(entry, "language", language);
    if (language && demo_chance(random, 30))
        demo_number(entry, "interpreter", 1);
    return entry;
}

static void contacts_of(struct demo_world *world, struct demo_pupil *pupil, size_t n)
{
    static const struct kin first[] = {{"MOTHER", true, true}, {"FATHER", false, true}, {"GRANDPARENT", true, true}},
                            others[] = {{"FATHER", false, true},      {"MOTHER", true, true},    {"STEP-PARENT", false, false},
                                        {"GRANDPARENT", true, false}, {"SIBLING", false, false}, {"OTHER", true, false}};
    size_t at = demo_chance(world->random, 80) ? 0 : demo_chance(world->random, 80) ? 1 : 2;
    for (size_t i = 0; i < n && i < DEMO_CONTACTS; i++) {
        const struct kin *kin = i == 0 ? &first[at] : i == 1 && at < 2 ? &others[at] : &others[2 + demo_below(world->random, 4)];
        pupil->contacts[pupil->n_contacts++] = contact_add(world, pupil, kin, (int)i + 1);
    }
}

// Two of all must not be told, for reasons that are nobody's secret.
static void undisclosed(struct demo_world *world)
{
    static const char *const reasons[] = {
        "A neighbour who collects on Tuesdays: told the time of collecting, nothing else. The family asked for this.",
        "The family tells this side its news itself, and asked that school does not run ahead of it.",
    };
    size_t done = 0;
    for (size_t i = 0; i < world->n_pupils && done < 2; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        if (pupil->n_contacts < 2)
            continue;
        demo_number(pupil->contacts[pupil->n_contacts - 1], "do_not_disclose", 1);
        demo_text(pupil->contacts[pupil->n_contacts - 1], "reason", reasons[done++]);
    }
}

void demo_make_contacts(struct demo_world *world)
{
    for (size_t i = 0; i < world->n_all; i++) {
        struct demo_pupil *pupil = &world->pupils[i];
        if (pupil->provision != 'N')
            contacts_of(world, pupil, 1 + demo_below(world->random, 3));
        else if (demo_chance(world->random, 50))
            contacts_of(world, pupil, 1 + demo_below(world->random, 2));
    }
    undisclosed(world);
}

// --- the log -------------------------------------------------------------------

static const char *const openings[] = {"Rang to say that", "They rang to say that", "Message: ", "At the gate:", "Short call:", NULL};
static const char *const news[] = {
    "%s read to the group today and asked to do it again tomorrow",
    "%s has new glasses; please remind at carpet time",
    "%s was tired after a short night and might need the quiet corner",
    "the reading book for %s did not come home this week",
    "%s told the whole story of the trip at tea, in order",
    "%s has a hospital appointment for hearing and will be late on Wednesday",
    "the picture cards for %s helped at the weekend; could a second set come home",
    "%s did not want to come in on Monday but was fine once the register was taken",
    "%s ate lunch in the hall all week, with ear defenders on the table and not on the ears",
    "homework for %s took an hour; agreed to stop after fifteen minutes, done or not",
    "%s goes by a different taxi from next week",
    "the speech therapist saw %s and left exercises; a copy is in the bag",
    "%s tied both laces and would like it known",
    "%s would like the group to stay on Tuesdays because of the drum lesson",
    NULL,
};
static const char *const agreements[] = {
    "School sends the cards; home uses them at bedtime for two weeks.",
    "We speak again after half term.",
    "The teacher looks at it this week and writes a line in the book.",
    "Stop after fifteen minutes, whatever is done.",
    "Same words at home and here: first, then.",
    NULL,
};

static struct demo_entry *log_author(struct demo_world *world, const struct demo_pupil *pupil, int term)
{
    size_t at = demo_below(world->random, 100);
    struct demo_class *class = demo_class_then(pupil, term);
    return at < 40 && class ? class->teacher : demo_lead_of(world, pupil);
}

static void log_add(struct demo_world *world, const struct demo_pupil *pupil, int term, int32_t day)
{
    struct demo_random *random = world->random;
    struct demo_entry *author = log_author(world, pupil, term);
    struct demo_entry *entry = demo_add_at(world, "ContactLog", demo_typed(world, day), author, STAGE_DAILY);
    size_t opening = demo_below(random, 5);
    static const int channels[] = {PHONE, PHONE, TEXT_MESSAGE, IN_PERSON, PHONE};
    char said[400];
    // The sentences are ours and take the one name.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(said, sizeof said, demo_word(random, news), pupil->name);
#pragma GCC diagnostic pop
    demo_ref(entry, "pupil", pupil->entry);
    demo_number(entry, "day", day);
    demo_number(entry, "channel", channels[opening]);
    if (pupil->n_contacts)
        demo_ref(entry, "contact", pupil->contacts[demo_chance(random, 80) ? 0 : demo_below(random, pupil->n_contacts)]);
    demo_ref(entry, "staff", author);
    demo_text(entry, "summary", demo_kept(world, "%s %s.", openings[opening], said));
    if (demo_chance(random, 40))
        demo_text(entry, "agreed", demo_word(random, agreements));
    int32_t again = demo_school_day_from(day + demo_between(random, 3, 14));
    if (demo_chance(random, 15) && demo_on_roll(pupil, again))
        demo_number(entry, "follow_up", again);
    if (demo_chance(random, 2))
        demo_text(entry, "restricted", "Would rather not be rung at work.");
}

// Somebody of these whom the school knew on that day; NULL: not this time.
static const struct demo_pupil *log_about(struct demo_world *world, int32_t day)
{
    for (int tries = 0; tries < 20; tries++) {
        const struct demo_pupil *pupil = &world->pupils[demo_below(world->random, world->n_all)];
        bool known = demo_on_roll(pupil, day) && pupil->n_contacts;
        if (known && (pupil->provision != 'N' || demo_chance(world->random, 5)))
            return pupil;
    }
    return NULL;
}

// About sixteen a week of term.
void demo_make_log(struct demo_world *world)
{
    for (int term = 0; term < DEMO_TERMS; term++) {
        const struct demo_term *about = &world->terms[term];
        for (int32_t week = about->starts; week <= about->ends && week <= world->last; week += 7) {
            size_t n = demo_share(world, 17);
            for (size_t i = 0; i < n; i++) {
                int32_t day = demo_school_day_from(week + (int32_t)demo_below(world->random, 5));
                const struct demo_pupil *pupil = log_about(world, day);
                if (pupil && day <= world->last)
                    log_add(world, pupil, term, day);
            }
        }
    }
}
