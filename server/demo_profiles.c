// The demo's one-page profiles and strategies: the school's library, and what was taken
// from it for each pupil on the register. Main thread.
#include "server/demo_world.h"

#include <string.h>

// --- strategies ----------------------------------------------------------------

struct strategy {
    const char *need, *what, *subject;
};

static const struct strategy library[] = {
    {"SLCN", "Say the name first, then one instruction; wait ten seconds", NULL},
    {"SLCN", "Pre-teach five words of the topic with pictures", NULL},
    {"SLCN", "Offer two answers to choose from instead of an open question", NULL},
    {"SLCN", "Repeat what was said with the sound or the ending right, and carry on", NULL},
    {"SLCN", "Sentence starters on the table", "English"},
    {"ASD", "Now-and-next board, taken along to the hall", NULL},
    {"ASD", "Warn five minutes and one minute before a change", NULL},
    {"ASD", "The same peg, seat and place in the line every day", NULL},
    {"ASD", "Ear defenders within reach, no need to ask", NULL},
    {"ASD", "Say what to do, not what to stop", NULL},
    {"ASD", "A job at the start of break", NULL},
    {"SEMH", "Check in at the door with the feelings chart", NULL},
    {"SEMH", "Help card on the table; answer it within a minute", NULL},
    {"SEMH", "Praise quietly and to one side", NULL},
    {"SEMH", "An errand when the face goes red", NULL},
    {"SEMH", "First question done together, the rest alone", NULL},
    {"SPLD", "Cream paper, size 14, wide lines", NULL},
    {"SPLD", "Word bank of this week's words, not of all words", "English"},
    {"SPLD", "Mark ideas and spelling on different days", "English"},
    {"SPLD", "Table square and number line always allowed", "Mathematics"},
    {"SPLD", "Read the question aloud to them in everything but reading", NULL},
    {"MLD", "Things to hold before pictures, pictures before signs", "Mathematics"},
    {"MLD", "Three steps on a card, tick each", NULL},
    {"MLD", "Begin with what was learnt yesterday, said by the child", NULL},
    {"PD", "Sloped board and pencil grip", NULL},
    {"PD", "A rest for the hand after five lines; type the rest", NULL},
    {"PD", "Start down the stairs a minute early", NULL},
    {"HI", "Face the light when speaking; say who speaks next", NULL},
    {"HI", "Check the aids with the ring of sounds at registration", NULL},
    {"VI", "Sit front left; read out what goes on the board", NULL},
    {"NSA", "Chunk the task: one page folded in four", NULL},
};

enum { LIBRARY = sizeof library / sizeof library[0] };

static void library_add(struct demo_world *world, struct demo_entry *entries[LIBRARY])
{
    for (size_t i = 0; i < LIBRARY; i++) {
        entries[i] = demo_add(world, "Strategy", world->start, world->lead);
        demo_text(entries[i], "what", library[i].what);
        demo_text(entries[i], "need", library[i].need);
        demo_text(entries[i], "subject", library[i].subject);
    }
}

static void strategies_of(struct demo_world *world, const struct demo_pupil *pupil, struct demo_entry *const entries[LIBRARY])
{
    size_t n = 2 + demo_below(world->random, 3), from = demo_below(world->random, LIBRARY), given = 0;
    int32_t starts = pupil->from > world->start ? pupil->from : world->start;
    for (size_t step = 0; step < 2 * LIBRARY && given < n; step++) {
        size_t at = (from + step) % LIBRARY;
        bool fits = pupil->need && strcmp(library[at].need, pupil->need) == 0;
        if (fits == (step >= LIBRARY)) // first what fits the need, then what comes next
            continue;
        struct demo_entry *by = pupil->school_class ? pupil->school_class->teacher : pupil->before->teacher;
        struct demo_entry *entry = demo_add_at(world, "Strategy", demo_typed(world, starts), by, STAGE_DAILY);
        demo_ref(entry, "pupil", pupil->entry);
        demo_text(entry, "what", library[at].what);
        demo_text(entry, "need", library[at].need);
        demo_text(entry, "subject", library[at].subject);
        demo_ref(entry, "origin", entries[at]);
        demo_number(entry, "starts", starts);
        demo_stays(world, pupil, entry);
        if (demo_until(world, pupil) - starts > 120 && demo_chance(world->random, 60))
            demo_number(demo_edit(world, entry, demo_typed(world, starts + 90), by), "reviewed", starts + 90);
        given++;
    }
}

// --- profiles ------------------------------------------------------------------

static const char *const strengths[] = {
    "Knows every bus of the town and its driver. Kind to younger children.",
    "Draws maps that others can follow. Remembers what was said last week, to the word.",
    "Funny, and means to be. Tries again.",
    "Builds. Anything with wheels will be made to go.",
    "Sings in tune and in time. Notices when somebody is left out.",
    "Strong at mental arithmetic when nobody asks for the working.",
    "Looks after the plants; reports on each.",
    NULL,
};
static const char *const helps[] = {
    "One thing at a time, said once, then time. A quiet corner before it is needed.",
    "A clear beginning and end. A look at tomorrow before going home.",
    "Pictures beside words. The first question done together.",
    "A seat with the back to the wall, near the door.",
    "Moving for two minutes before sitting for ten.",
    NULL,
};
static const char *const hinders[] = {
    "Being hurried. Two adults talking at once.", "Surprises, nice ones too.",    "Copying from the board.",
    "Being asked in front of everybody.",         "A noisy hall and no warning.", NULL,
};
static const char *const own_words[] = {
    "Ask me about trains.",
    "I like it when people wait.",
    "Don't touch my pencils, please.",
    "I can do it if I start.",
    "My dog is called Biscuit.",
    "I am good at being on time.",
    NULL,
};
static const char *const family_words[] = {
    "Worn out on Thursdays: keep it light.",
    "Loves being asked to help.",
    "Says that it is fine when it is not. Ask twice.",
    "We use the same cards at home.",
    NULL,
};

static struct demo_entry *profile_add(struct demo_world *world, const struct demo_pupil *pupil, int32_t starts,
                                      const struct demo_class *class)
{
    struct demo_random *random = world->random;
    int32_t typed = demo_typed(world, starts), signed_off = starts + demo_between(random, 0, 2);
    struct demo_entry *entry = demo_add_at(world, "Profile", typed, class->teacher, STAGE_DAILY);
    demo_ref(entry, "pupil", pupil->entry);
    demo_number(entry, "starts", starts);
    demo_text(entry, "strengths", demo_word(random, strengths));
    demo_text(entry, "helps", demo_word(random, helps));
    demo_text(entry, "hinders", demo_word(random, hinders));
    demo_text(entry, "pupil_words", demo_word(random, own_words));
    if (demo_chance(random, 70))
        demo_text(entry, "parent_words", demo_word(random, family_words));
    if (pupil->area && strcmp(pupil->area, "CI") == 0)
        demo_text(entry, "communication",
                  demo_chance(random, 40) ? "Short sentences and the core board. Sign for toilet, stop and more."
                                          : "Speaks in full sentences when calm; shows the card when not.");
    if (pupil->area && strcmp(pupil->area, "SEMH") == 0)
        demo_text(entry, "triggers", "Losing the place, losing a game, losing the seat.");
    if (signed_off > typed || !demo_chance(random, 85))
        return entry;
    demo_number(entry, "signed_off", signed_off);
    demo_ref(entry, "signed_by", demo_lead_of(world, pupil));
    return entry;
}

// The first as soon as may be; for half of the pupils a new one in the new year.
static void profiles_of(struct demo_world *world, const struct demo_pupil *pupil)
{
    int32_t first = pupil->from + 7 > world->terms[0].starts + 10 ? pupil->from + 7 : world->terms[0].starts + 10;
    int32_t again = demo_school_day_from(world->terms[DEMO_TERMS / 2].starts + demo_between(world->random, 7, 30));
    bool early = pupil->before && first < world->terms[DEMO_TERMS / 2].starts - 60;
    if (!early && first < world->terms[DEMO_TERMS / 2].starts + 7)
        first = world->terms[DEMO_TERMS / 2].starts + 7;
    first = demo_school_day_from(first);
    if (first > world->last || demo_upto(pupil, first + 7) == pupil->left || !demo_chance(world->random, 94))
        return;
    struct demo_entry *entry = profile_add(world, pupil, first, early ? pupil->before : pupil->school_class);
    if (early && again <= world->last && demo_upto(pupil, again + 7) != pupil->left && demo_chance(world->random, 50))
        entry = profile_add(world, pupil, again, pupil->school_class);
    demo_stays(world, pupil, entry);
}

void demo_make_profiles(struct demo_world *world)
{
    struct demo_entry *entries[LIBRARY];
    library_add(world, entries);
    for (size_t i = 0; i < world->n_all; i++) {
        if (world->pupils[i].provision == 'N')
            continue;
        strategies_of(world, &world->pupils[i], entries);
        profiles_of(world, &world->pupils[i]);
    }
}
