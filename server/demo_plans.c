// The demo's plans: a cycle each term for everybody with provision, its targets, what
// was noted on the way and how each was judged at the end. Main thread.
#include "server/demo_world.h"

static const char *const pupil_views[] = {
    "I like it when we do it in the small room first.",
    "Reading is better with the ruler.",
    "I want to sit near my friend.",
    "Maths is fine. Writing makes my hand tired.",
    "The picture cards help me know what is next.",
    "I can do it when it is quiet.",
    "Please say my name first and then the thing.",
    "I want to be line leader again.",
    NULL,
};
static const char *const parent_views[] = {
    "Much happier coming in. Homework is still a struggle.",
    "We would like the same words to be used at home; please send the cards.",
    "Sleeps badly before spelling tests.",
    "Talks about school now, for the first time.",
    "Reads to the cat. The cat is patient.",
    "We did not know about the help card; now there is one on the fridge.",
    "Fridays are hard. Could the group be on another day?",
    NULL,
};
static const char *const progress_notes[] = {
    "Three days out of five this week.",  "Manages with one reminder.",
    "Not yet without an adult beside.",   "Nearly there; stretch it next half term.",
    "Did it in assembly, of all places.", "A slow fortnight after the cold.",
    "Better since the seat by the door.", NULL,
};
static const char *const carried[] = {
    "most sessions were lost to absence",
    "the step was right and the time too short",
    "met with an adult, not yet alone",
    "the family asked for one more term of it",
    NULL,
};

enum { PLAN_LIVE = 3, PLAN_REVIEWED = 4, PLAN_CLOSED = 5 };
enum { TARGET_OPEN = 1, TARGET_MET, TARGET_PARTLY, TARGET_NOT, TARGET_STOPPED };
enum { EXCEEDED = 1, MET, PARTLY_MET, NOT_MET, NOT_ASSESSED };

struct planning {
    struct demo_world *world;
    struct demo_pupil *pupil;
    int term, number;
    int32_t starts;
    struct demo_cycle *cycle;
    const struct demo_aim *over[DEMO_TARGETS]; // what the last cycle left to do
    const char *why[DEMO_TARGETS];
    size_t n_over;
    const struct demo_aim *aims[DEMO_TARGETS];
};

static struct demo_entry *plan_add(struct planning *planning)
{
    struct demo_world *world = planning->world;
    struct demo_random *random = world->random;
    const struct demo_pupil *pupil = planning->pupil;
    int32_t starts = planning->starts;
    struct demo_entry *entry = demo_add(world, "Plan", demo_typed(world, starts), demo_lead_of(world, pupil));
    demo_ref(entry, "pupil", pupil->entry);
    demo_text(entry, "template", demo_chance(random, 8) ? "BEHAVIOUR" : "APDR");
    demo_text(entry, "layer", pupil->provision == 'E' ? "SPECIALIST" : demo_chance(random, 30) ? "TARGETED-PLUS" : "TARGETED");
    demo_number(entry, "cycle", ++planning->number);
    demo_number(entry, "starts", starts);
    demo_number(entry, "review_due", planning->cycle->review);
    demo_number(entry, "status", PLAN_LIVE);
    if (demo_chance(random, 85))
        demo_number(entry, "parent_agreed", demo_between(random, starts - 7, starts));
    if (demo_chance(random, 60))
        demo_text(entry, "pupil_views", demo_word(random, pupil_views));
    if (demo_chance(random, 55))
        demo_text(entry, "parent_views", demo_word(random, parent_views));
    return entry;
}

static struct demo_entry *target_add(struct planning *planning, const struct demo_aim *aim, const char *why)
{
    struct demo_world *world = planning->world;
    struct demo_random *random = world->random;
    const struct demo_cycle *cycle = planning->cycle;
    struct demo_entry *entry = demo_add(world, "Target", demo_typed(world, planning->starts), demo_lead_of(world, planning->pupil));
    demo_ref(entry, "pupil", planning->pupil->entry);
    demo_ref(entry, "plan", cycle->plan);
    demo_text(entry, "area", aim->area);
    demo_text(entry, "aim", aim->aim);
    demo_text(entry, "measure", demo_chance(random, 97) ? aim->measure : NULL);
    demo_text(entry, "baseline", demo_chance(random, 95) ? (why ? aim->partly : aim->baseline) : NULL);
    if (demo_chance(random, 98))
        demo_number(entry, "due", demo_chance(random, 3) ? demo_upto(planning->pupil, cycle->review + 14) : cycle->review);
    demo_number(entry, "status", TARGET_OPEN);
    demo_ref(entry, "owner", demo_class_then(planning->pupil, planning->term)->teacher);
    if (why)
        demo_text(entry, "note", demo_kept(world, "Rolled over from the last cycle: %s.", why));
    return entry;
}

// What the class teacher wrote later: an edit of its own, in history.
static void progress(struct planning *planning, struct demo_entry *target)
{
    struct demo_world *world = planning->world;
    int32_t noted = demo_typed(world, planning->starts + demo_between(world->random, 10, 30));
    if (noted <= target->day || noted >= world->last || noted >= planning->cycle->review || !demo_chance(world->random, 25))
        return;
    struct demo_entry *edit = demo_edit(world, target, noted, demo_class_then(planning->pupil, planning->term)->teacher);
    edit->stage = STAGE_DAILY;
    demo_text(edit, "progress", demo_word(world->random, progress_notes));
}

// Two or three different aims, first what was left to do.
static void targets(struct planning *planning)
{
    struct demo_world *world = planning->world;
    struct demo_cycle *cycle = planning->cycle;
    size_t n = 2 + demo_below(world->random, 2);
    for (size_t i = 0; i < n; i++) {
        bool over = i < planning->n_over;
        const struct demo_aim *aim = over ? planning->over[i] : demo_aim(world->random, i == 0 ? planning->pupil->area : NULL);
        bool taken = false;
        for (size_t k = 0; k < cycle->n_targets; k++)
            taken = taken || planning->aims[k] == aim;
        if (taken)
            continue;
        planning->aims[cycle->n_targets] = aim;
        struct demo_entry *target = target_add(planning, aim, over ? planning->why[i] : NULL);
        cycle->targets[cycle->n_targets++] = target;
        progress(planning, target);
    }
}

static int judge(struct demo_random *random)
{
    size_t at = demo_below(random, 100);
    return at < 10 ? EXCEEDED : at < 50 ? MET : at < 80 ? PARTLY_MET : at < 95 ? NOT_MET : NOT_ASSESSED;
}

static void review(struct planning *planning, size_t which)
{
    static const int becomes[] = {0, TARGET_MET, TARGET_MET, TARGET_PARTLY, TARGET_NOT, 0};
    struct demo_world *world = planning->world;
    struct demo_cycle *cycle = planning->cycle;
    struct demo_entry *teacher = demo_class_then(planning->pupil, planning->term)->teacher;
    int32_t day = demo_school_day_from(cycle->review - 3);
    int judgement = judge(world->random);
    struct demo_verdict verdict = demo_verdict(world, planning->aims[which], judgement);
    struct demo_entry *entry = demo_add_at(world, "TargetReview", demo_typed(world, day), teacher, STAGE_DAILY);
    demo_ref(entry, "target", cycle->targets[which]);
    demo_number(entry, "day", day);
    demo_number(entry, "judgement", judgement);
    demo_text(entry, "value", verdict.value);
    demo_text(entry, "evidence", verdict.evidence);
    demo_text(entry, "next", verdict.next);
    demo_ref(entry, "reviewed_by", teacher);
    int status = becomes[judgement];
    if (!status && planning->pupil->left != DATE_NONE) // nobody will come back to it
        status = TARGET_STOPPED;
    if (status) {
        struct demo_entry *edit = demo_edit(world, cycle->targets[which], entry->day, teacher);
        edit->stage = STAGE_DAILY;
        edit->together = true;
        demo_number(edit, "status", status);
    }
    if ((judgement == NOT_MET && demo_chance(world->random, 60)) || (judgement == PARTLY_MET && demo_chance(world->random, 25))) {
        planning->over[planning->n_over] = planning->aims[which];
        planning->why[planning->n_over++] = demo_word(world->random, carried);
    }
}

// A cycle that is over is judged and put away; the newest one's is still to be put away,
// but for whoever left.
static void finish(struct planning *planning)
{
    struct demo_world *world = planning->world;
    struct demo_cycle *cycle = planning->cycle;
    bool left = planning->pupil->left != DATE_NONE, newest = planning->term == world->term && !left;
    planning->n_over = 0;
    if (cycle->review > world->last - 3 || (newest && !demo_chance(world->random, 60)))
        return;
    for (size_t i = 0; i < cycle->n_targets; i++)
        review(planning, i);
    cycle->reviewed = true;
    if (newest)
        return;
    struct demo_entry *edit = demo_edit(world, cycle->plan, demo_typed(world, cycle->review), demo_lead_of(world, planning->pupil));
    edit->stage = STAGE_LAST;
    demo_number(edit, "status", !left && planning->term == world->term - 1 && demo_chance(world->random, 40) ? PLAN_REVIEWED : PLAN_CLOSED);
}

static bool has_cycle(struct planning *planning)
{
    struct demo_world *world = planning->world;
    const struct demo_pupil *pupil = planning->pupil;
    const struct demo_term *term = &world->terms[planning->term];
    if (!term->begun || !demo_class_then(pupil, planning->term))
        return false;
    int32_t usual = demo_school_day_from(term->starts + demo_between(world->random, 3, 9));
    planning->starts = pupil->from + 3 > usual ? demo_school_day_from(pupil->from + 3) : usual;
    if (planning->starts > term->ends - 40 || planning->starts > demo_until(world, pupil) - 30 || planning->starts > world->last)
        return false;
    // A few were forgotten: that is what the report of gaps is for.
    return pupil->provision == 'E' || !demo_chance(world->random, planning->term == world->term ? 7 : 2);
}

void demo_make_plans(struct demo_world *world)
{
    for (size_t i = 0; i < world->n_all; i++) {
        struct planning planning = {.world = world, .pupil = &world->pupils[i]};
        if (planning.pupil->provision == 'N')
            continue;
        for (planning.term = 0; planning.term < DEMO_TERMS; planning.term++) {
            if (!has_cycle(&planning))
                continue;
            planning.cycle = &planning.pupil->cycles[planning.term];
            int32_t last = demo_upto(planning.pupil, world->terms[planning.term].ends);
            planning.cycle->review = demo_school_day_from(last - demo_between(world->random, 7, 11));
            planning.cycle->plan = plan_add(&planning);
            targets(&planning);
            finish(&planning);
        }
    }
}
