// The demo school from end to end: records are first made in memory, then written
// (demo_flush.c). Main thread.
#include "server/demo_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "server/access/role.h"

void demo_people(struct demo_person people[DEMO_PEOPLE])
{
    static const struct demo_person first[DEMO_PEOPLE] = {
        {"head", ROLE_HEAD, "Rosalind", "Farrow-Bright", "Dr", "Headteacher", 0},
        {"senco", ROLE_SENDCO, "Nerys", "Caradog", "Ms", "SENDCO", 0},
        {"cnlead", ROLE_CNPL, "Adaeze", "Okonjo-Reed", "Mrs", "Complex Needs Provision Leader", 0},
        {"teacher", ROLE_TEACHER, "Tomasz", "Wiśniak", "Mr", "Class teacher", 0},
        {"ta", ROLE_TA, "Siobhán", "Ó Ceallaigh", "Miss", "Teaching assistant", 0},
        {"medical", ROLE_MEDICAL, "Parveen", "Malhotra", "Mrs", "Medical administrator", 0},
        {"governor", ROLE_GOVERNOR, "Đình", "Trương", "Mr", "SEND link governor", 0},
    };
    memcpy(people, first, sizeof first);
}

int64_t demo_moment(int32_t day, unsigned minutes)
{
    // 15 hours before the next day begins: clocks change at night, so it is nine on that day too.
    return clock_midnight(day + 1) - 15 * 3600 + 60 * (int64_t)minutes;
}

int32_t demo_typed(const struct demo_world *world, int32_t day)
{
    int weekday = date_weekday(day);
    int32_t friday = day + (weekday <= 5 ? 5 - weekday : 12 - weekday);
    if (friday < world->start)
        friday = world->start;
    return friday > world->last ? world->last : friday;
}

static struct demo_entry *entry_add(struct demo_world *world, const struct kind *kind, int32_t day, struct demo_entry *actor)
{
    static struct demo_entry spare;
    if (world->n_entries == world->room) {
        size_t room = world->room ? world->room * 2 : 4096;
        struct demo_entry **entries = arena_zero(world->arena, room, sizeof(struct demo_entry *));
        if (entries && world->n_entries)
            memcpy(entries, world->entries, world->n_entries * sizeof(struct demo_entry *));
        if (entries) {
            world->entries = entries;
            world->room = room;
        }
    }
    struct demo_entry *entry = arena_zero(world->arena, 1, sizeof *entry);
    struct record *record = record_new(kind, world->arena);
    if (!entry || !record || world->n_entries == world->room) {
        world->failed = ERR_NOMEM;
        spare = (struct demo_entry){.record = record};
        return &spare;
    }
    *entry = (struct demo_entry){.record = record, .day = day, .place = world->n_entries, .actor = actor};
    record->id = -(int64_t)(world->n_entries + 1);
    world->entries[world->n_entries++] = entry;
    return entry;
}

struct demo_entry *demo_add(struct demo_world *world, const char *kind, int32_t day, struct demo_entry *actor)
{
    return entry_add(world, kind_find(kind), day, actor);
}

struct demo_entry *demo_add_at(struct demo_world *world, const char *kind, int32_t day, struct demo_entry *actor, int stage)
{
    struct demo_entry *entry = entry_add(world, kind_find(kind), day, actor);
    entry->stage = stage;
    return entry;
}

struct demo_entry *demo_edit(struct demo_world *world, struct demo_entry *edits, int32_t day, struct demo_entry *actor)
{
    struct demo_entry *entry = entry_add(world, edits->record->kind, day, actor);
    entry->edits = edits;
    return entry;
}

static void entry_set(struct demo_entry *entry, const char *field, struct value value)
{
    if (!entry->record)
        return;
    record_set(entry->record, field, value);
    entry->set |= field_bit(field_find(entry->record->kind, field));
}

void demo_text(struct demo_entry *entry, const char *field, const char *text)
{
    if (text && *text)
        entry_set(entry, field, value_text(text));
}

void demo_number(struct demo_entry *entry, const char *field, int64_t number)
{
    entry_set(entry, field, value_number(number));
}

void demo_ref(struct demo_entry *entry, const char *field, const struct demo_entry *other)
{
    if (other && other->record)
        demo_number(entry, field, other->id ? other->id : other->record->id);
}

size_t demo_share(const struct demo_world *world, size_t of_420)
{
    size_t share = (world->n_pupils * of_420 + 210) / 420;
    return share ? share : 1;
}

const char *demo_kept(struct demo_world *world, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return arena_strdup(world->arena, text);
}

struct demo_class *demo_class_then(const struct demo_pupil *pupil, int term)
{
    return term < DEMO_TERMS / 2 ? pupil->before : pupil->school_class;
}

struct demo_entry *demo_lead_of(const struct demo_world *world, const struct demo_pupil *pupil)
{
    return pupil->provision == 'E' ? world->cn_lead : world->lead;
}

static void count(const struct demo_world *world, struct demo_counts *counts)
{
    *counts = (struct demo_counts){.pupils = world->n_pupils, .staff = world->n_staff, .records = world->n_written};
    for (size_t i = 0; i < world->n_pupils; i++) {
        counts->support += world->pupils[i].provision == 'K';
        counts->plan += world->pupils[i].provision == 'E';
    }
}

static void world_dates(struct demo_world *world)
{
    int month, day;
    world->last = world->options->today - 1;
    // In the first days of September the new year has no records yet: the old one goes on.
    date_split(world->options->today - 9, &world->year, &month, &day);
    if (month < 9)
        world->year--;
    world->start = date_make(world->year - 1, 7, 17);
    demo_terms(world);
}

int demo_fill(struct bulk *bulk, const struct demo_options *options, struct demo_random *random, struct demo_person people[DEMO_PEOPLE],
              struct demo_counts *counts, struct problem *problem)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct demo_world world = {.bulk = bulk, .arena = &arena, .random = random, .options = options, .people = people, .problem = problem};
    world_dates(&world);
    demo_make_staff(&world);
    demo_make_classes(&world);
    demo_make_pupils(&world);
    demo_make_assignments(&world);
    demo_make_standing(&world);
    demo_make_plans(&world);
    demo_make_placements(&world);
    demo_make_contacts(&world);
    demo_make_profiles(&world);
    demo_make_concerns(&world);
    demo_make_provision(&world);
    demo_make_meetings(&world);
    demo_make_log(&world);
    int result = demo_flush(&world);
    if (result == 0)
        result = demo_make_others(&world);
    for (size_t i = 0; result == 0 && i < DEMO_PEOPLE; i++)
        people[i].staff = world.entries[i]->id; // they are the first records made
    count(&world, counts);
    arena_deinit(&arena);
    return result;
}
