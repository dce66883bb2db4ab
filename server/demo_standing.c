// The demo's register: who has which status since when, with what went before, and
// the needs behind it. About 23 in a hundred pupils, eight of them with a plan, five of
// those in the resourced provision. Main thread.
#include "server/demo_world.h"

#include <string.h>

struct need_share {
    const char *code, *area;
    unsigned weight;
};

static const struct need_share need_shares[] = {
    {"SLCN", "CI", 32}, {"SEMH", "SEMH", 20}, {"ASD", "CI", 17}, {"SPLD", "CL", 12}, {"MLD", "CL", 9}, {"PD", "SP", 3},
    {"HI", "SP", 2},    {"VI", "SP", 1},      {"SLD", "CL", 2},  {"OTH", NULL, 1},   {"NSA", NULL, 1},
};

static const char *const told_how[] = {"Meeting", "Telephone", "Letter", "Parents' evening", NULL};

struct spell_words {
    const char *provision, *reason;
    bool told;
};

static struct demo_entry *status_add(struct demo_world *world, const struct demo_pupil *pupil, struct spell_words words, int32_t starts,
                                     int32_t ends)
{
    struct demo_random *random = world->random;
    struct demo_entry *by = strcmp(words.provision, "E") == 0 ? world->cn_lead : world->lead;
    struct demo_entry *entry = demo_add(world, "SenStatus", demo_typed(world, starts), by);
    demo_ref(entry, "pupil", pupil->entry);
    demo_text(entry, "provision", words.provision);
    demo_number(entry, "starts", starts);
    if (ends != DATE_NONE)
        demo_number(entry, "ends", ends);
    demo_text(entry, "reason", words.reason);
    if (!words.told)
        return entry;
    demo_ref(entry, "decided_by", by);
    // A few were forgotten: that is what the register's gaps are for.
    if (!demo_chance(random, 93))
        return entry;
    demo_number(entry, "parent_informed", starts - demo_between(random, 1, 14));
    demo_text(entry, "informed_how", demo_word(random, told_how));
    return entry;
}

// One spell after the other. Where the next is typed in on the same day its start
// is known already; otherwise the store closes the old one when the new one comes.
struct chain {
    struct demo_world *world;
    const struct demo_pupil *pupil;
    struct spell_words words;
    int32_t starts;
    bool any;
};

static void chain_to(struct chain *chain, struct spell_words words, int32_t starts)
{
    if (chain->any) {
        bool together = demo_typed(chain->world, starts) == demo_typed(chain->world, chain->starts);
        status_add(chain->world, chain->pupil, chain->words, chain->starts, together ? starts - 1 : DATE_NONE);
    }
    chain->words = words;
    chain->starts = starts;
    chain->any = true;
}

static void chain_end(struct chain *chain)
{
    demo_stays(chain->world, chain->pupil, status_add(chain->world, chain->pupil, chain->words, chain->starts, DATE_NONE));
}

static const struct spell_words none = {"N", "MIS", false};
static const struct spell_words support = {"K", "CONCERN", true};
static const struct spell_words plan = {"E", "PLAN-ISSUED", true};
static const struct spell_words ceased = {"N", "PROGRESS", false};

// --- needs ---------------------------------------------------------------------

static const struct need_share *pick_need(struct demo_random *random)
{
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof need_shares / sizeof need_shares[0]; i++)
        sum += need_shares[i].weight;
    size_t at = demo_below(random, sum);
    for (size_t i = 0;; i++) {
        if (at < need_shares[i].weight)
            return &need_shares[i];
        at -= need_shares[i].weight;
    }
}

// A need, with its end typed in when it was known.
static struct demo_entry *need_add(struct chain *chain, const char *code, int rank, int32_t starts, int32_t ends)
{
    struct demo_world *world = chain->world;
    struct demo_entry *by = demo_lead_of(world, chain->pupil);
    struct demo_entry *entry = demo_add(world, "Need", demo_typed(world, starts), by);
    demo_ref(entry, "pupil", chain->pupil->entry);
    demo_text(entry, "need", code);
    demo_number(entry, "rank", rank);
    demo_number(entry, "starts", starts);
    demo_number(entry, "source", demo_chance(world->random, 40) ? 2 : 1);
    if (ends == DATE_NONE) {
        demo_stays(world, chain->pupil, entry);
        return entry;
    }
    int32_t typed = demo_typed(world, ends + 1);
    struct demo_entry *closing = typed > entry->day ? demo_edit(world, entry, typed, by) : entry;
    demo_number(closing, "ends", ends);
    return entry;
}

// Some were on the register once.
static void without(struct demo_world *world, struct chain *chain)
{
    int32_t entered = chain->pupil->entered, last = demo_until(world, chain->pupil);
    chain_to(chain, none, entered);
    if (last - entered > 400 && demo_chance(world->random, 9)) {
        int32_t from = demo_between(world->random, entered + 60, last - 250);
        int32_t until = demo_between(world->random, from + 120, last - 20);
        chain_to(chain, support, from);
        chain_to(chain, ceased, until);
        need_add(chain, pick_need(world->random)->code, 1, from, until - 1);
    }
    chain_end(chain);
}

static void with(struct demo_world *world, struct chain *chain, struct demo_pupil *pupil)
{
    int32_t entered = pupil->entered, since = entered, last = demo_until(world, pupil);
    pupil->from = entered;
    if (pupil->joined || last - entered < 60 || demo_chance(world->random, 15)) {
        // They came with it from another school.
        struct spell_words words = pupil->provision == 'E' ? plan : support;
        words.reason = "TRANSFER";
        chain_to(chain, words, entered);
    } else {
        int32_t earliest = entered + 30 > last - 1400 ? entered + 30 : last - 1400;
        chain_to(chain, none, entered);
        since = pupil->from = demo_between(world->random, earliest, last - 20);
        chain_to(chain, support, since);
        if (pupil->provision == 'E') {
            since = demo_between(world->random, since + 5, last - 8);
            chain_to(chain, plan, since);
        }
    }
    pupil->since = since;
    chain_end(chain);
}

// One pupil's way was long: six spells of status and four of needs.
static void often(struct demo_world *world, struct chain *chain, struct demo_pupil *pupil)
{
    static const struct spell_words back = {"K", "PLAN-CEASED", true};
    const struct spell_words steps[] = {none, support, ceased, support, plan, back};
    int32_t days[6], step = (world->last - pupil->entered) / 6;
    for (int i = 0; i < 6; i++) {
        days[i] = pupil->entered + i * step;
        chain_to(chain, steps[i], days[i]);
    }
    chain_end(chain);
    int32_t assessed = days[4] + step / 2;
    need_add(chain, "NSA", 1, days[1], days[2] - 1);
    need_add(chain, "SLCN", 1, days[3], assessed - 1);
    need_add(chain, "ASD", 1, assessed, DATE_NONE)->together = true;
    need_add(chain, "SEMH", 2, days[3] + step / 2, days[5] - 1);
    pupil->from = days[3];
    pupil->since = days[5];
    pupil->area = "CI";
    pupil->need = "ASD";
}

static void needs(struct demo_world *world, struct chain *chain, struct demo_pupil *pupil)
{
    const struct need_share *first = pick_need(world->random), *second = pick_need(world->random);
    int32_t since = pupil->from, last = demo_until(world, pupil);
    while (pupil->placed && (!first->area || strcmp(first->area, "CI") != 0)) // what the provision is for
        first = pick_need(world->random);
    pupil->area = first->area;
    pupil->need = first->code;
    // A first thought that an assessment later put right.
    bool changed = last - since > 200 && strcmp(first->code, "NSA") != 0 && demo_chance(world->random, 12);
    int32_t from = changed ? demo_between(world->random, since + 60, last - 60) : since;
    if (changed)
        need_add(chain, "NSA", 1, since, from - 1);
    need_add(chain, first->code, 1, from, DATE_NONE)->together = changed;
    if (second != first && strcmp(second->code, "NSA") != 0 && demo_chance(world->random, pupil->provision == 'E' ? 70 : 40))
        need_add(chain, second->code, 2, since, DATE_NONE);
    // Of a leaver both end at once: none of rank 2 without one of rank 1.
    if (pupil->left != DATE_NONE)
        world->entries[world->n_entries - 1]->together = true;
}

// Who of these is on the register: a share of all.
static void choose(struct demo_world *world, struct demo_pupil *pupils, size_t n)
{
    size_t chosen = (n * 23 + 50) / 100, plans = (n * 8 + 50) / 100, places = (n * 20 + 210) / 420;
    size_t *order = arena_zero(world->arena, n + 1, sizeof *order);
    if (!order) {
        world->failed = ERR_NOMEM;
        return;
    }
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t other = demo_below(world->random, i), held = order[i - 1];
        order[i - 1] = order[other];
        order[other] = held;
    }
    for (size_t i = 0; i < chosen; i++) {
        pupils[order[i]].provision = i < plans ? 'E' : 'K';
        pupils[order[i]].placed = i < places && i < plans;
    }
}

// The first pupil of 3B and of 4G, whom the assistant is assigned to.
static void choose_assisted(struct demo_world *world)
{
    const char *const classes[] = {"3B", "4G"};
    for (size_t c = 0; c < 2; c++) {
        for (size_t i = 0; i < world->n_pupils; i++) {
            if (strcmp(world->pupils[i].school_class->name, classes[c]) != 0)
                continue;
            if (world->pupils[i].provision == 'N')
                world->pupils[i].provision = 'K';
            break;
        }
    }
}

// Whoever has been here longest of those with support; NULL when nobody has been here for three years.
static const struct demo_pupil *longest(const struct demo_world *world)
{
    const struct demo_pupil *found = NULL;
    for (size_t i = 0; i < world->n_pupils; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        if (pupil->provision == 'K' && world->last - pupil->entered > 1000 && (!found || pupil->entered < found->entered))
            found = pupil;
    }
    return found;
}

void demo_make_standing(struct demo_world *world)
{
    choose(world, world->pupils, world->n_pupils);
    choose(world, world->pupils + world->n_pupils, world->n_all - world->n_pupils);
    choose_assisted(world);
    const struct demo_pupil *long_way = longest(world);
    for (size_t i = 0; i < world->n_all; i++) {
        struct demo_pupil *pupil = &world->pupils[i];
        struct chain chain = {.world = world, .pupil = pupil};
        if (pupil->provision == 'N') {
            without(world, &chain);
        } else if (pupil == long_way) {
            often(world, &chain, pupil);
        } else {
            with(world, &chain, pupil);
            needs(world, &chain, pupil);
        }
        if (pupil->placed)
            demo_number(pupil->entry, "resourced_provision", 1);
    }
}
