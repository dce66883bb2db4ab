// The demo's plans: for everybody with provision a cycle that runs, for some the
// one before, with two or three targets each. Main thread.
#include "server/demo_world.h"

static const char *const pupil_views[] = {
    "I like it when we do it in the small room first.",
    "Reading is better with the ruler.",
    "I want to sit near my friend.",
    "Maths is fine. Writing makes my hand tired.",
    "The picture cards help me know what is next.",
    NULL,
};
static const char *const parent_views[] = {
    "Much happier coming in. Homework is still a struggle.",
    "We would like the same words to be used at home; please send the cards.",
    "Sleeps badly before spelling tests.",
    "Talks about school now, for the first time.",
    NULL,
};
static const char *const progress_notes[] = {
    "Three days out of five this week.",
    "Manages with one reminder.",
    "Not yet without an adult beside.",
    "Nearly there; stretch it next half term.",
    NULL,
};

enum { PLAN_LIVE = 3, PLAN_REVIEWED = 4 };
enum { TARGET_OPEN = 1, TARGET_MET = 2, TARGET_PARTLY = 3, TARGET_NOT = 4 };

// The newest start of a term that lies at least ten days back.
static int32_t term_start(const struct demo_world *world, int32_t before)
{
    for (int year = world->year + 1; year > world->year - 3; year--) {
        const int32_t starts[] = {date_make(year, 9, 4), date_make(year, 4, 20), date_make(year, 1, 7)};
        for (size_t i = 0; i < 3; i++) {
            if (starts[i] <= before)
                return starts[i];
        }
    }
    return before;
}

static struct demo_entry *target_add(struct demo_world *world, const struct demo_pupil *pupil, const struct demo_entry *plan,
                                     int32_t starts, int32_t due, const struct demo_aim *aim, int status)
{
    struct demo_entry *entry = demo_add(world, "Target", demo_typed(world, starts), world->lead);
    demo_ref(entry, "pupil", pupil->entry);
    demo_ref(entry, "plan", plan);
    demo_text(entry, "area", aim->area);
    demo_text(entry, "aim", aim->aim);
    demo_text(entry, "measure", aim->measure);
    demo_text(entry, "baseline", aim->baseline);
    demo_number(entry, "due", due);
    demo_number(entry, "status", status);
    demo_ref(entry, "owner", pupil->school_class->teacher);
    return entry;
}

static struct demo_entry *plan_add(struct demo_world *world, const struct demo_pupil *pupil, int32_t starts, int cycle, int status)
{
    struct demo_random *random = world->random;
    struct demo_entry *entry = demo_add(world, "Plan", demo_typed(world, starts), pupil->provision == 'E' ? world->cn_lead : world->lead);
    demo_ref(entry, "pupil", pupil->entry);
    demo_text(entry, "template", demo_chance(random, 8) ? "BEHAVIOUR" : "APDR");
    demo_text(entry, "layer", pupil->provision == 'E' ? "SPECIALIST" : demo_chance(random, 30) ? "TARGETED-PLUS" : "TARGETED");
    demo_number(entry, "cycle", cycle);
    demo_number(entry, "starts", starts);
    demo_number(entry, "review_due", starts + 84);
    demo_number(entry, "status", status);
    if (demo_chance(random, 85))
        demo_number(entry, "parent_agreed", demo_between(random, starts - 7, starts));
    if (demo_chance(random, 60))
        demo_text(entry, "pupil_views", demo_word(random, pupil_views));
    if (demo_chance(random, 55))
        demo_text(entry, "parent_views", demo_word(random, parent_views));
    return entry;
}

// Two or three different aims.
static void targets(struct demo_world *world, const struct demo_pupil *pupil, const struct demo_entry *plan, int32_t starts, bool over)
{
    const struct demo_aim *taken[3] = {NULL, NULL, NULL};
    size_t n = 2 + demo_below(world->random, 2);
    for (size_t i = 0; i < n; i++) {
        const struct demo_aim *aim = demo_aim(world->random, i == 0 ? pupil->area : NULL);
        if (aim == taken[0] || aim == taken[1])
            continue;
        taken[i] = aim;
        int status = over ? TARGET_MET + (int)demo_below(world->random, 3) : TARGET_OPEN;
        struct demo_entry *target = target_add(world, pupil, plan, starts, starts + 70, aim, status);
        int32_t noted = demo_typed(world, starts + demo_between(world->random, 10, 30));
        // What the class teacher wrote later: an edit of its own, in history.
        if (noted > target->day && noted < world->last && demo_chance(world->random, 25)) {
            struct demo_entry *edit = demo_edit(world, target, noted, pupil->school_class->teacher);
            demo_text(edit, "progress", demo_word(world->random, progress_notes));
        }
    }
}

void demo_make_plans(struct demo_world *world)
{
    for (size_t i = 0; i < world->n_pupils; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        if (pupil->provision == 'N')
            continue;
        int32_t term = term_start(world, world->last - 10), starts = term;
        if (pupil->since > term)
            starts = pupil->since + 3 > world->last ? pupil->since : pupil->since + 3;
        int cycle = 1;
        int32_t earlier = term_start(world, term - 1);
        if (pupil->since < earlier && demo_chance(world->random, 40)) {
            struct demo_entry *before = plan_add(world, pupil, earlier, cycle, PLAN_REVIEWED);
            targets(world, pupil, before, earlier, true);
            cycle = 2;
        }
        struct demo_entry *live = plan_add(world, pupil, starts, cycle, PLAN_LIVE);
        targets(world, pupil, live, starts, false);
    }
}
