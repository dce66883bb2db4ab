// The demo school from end to end: records are first made in memory, then written
// day by day as a school would have typed them. Main thread.
#include "server/demo_world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
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

// --- writing -------------------------------------------------------------------

static int by_day(const void *a, const void *b)
{
    const struct demo_entry *x = *(struct demo_entry *const *)a, *y = *(struct demo_entry *const *)b;
    if (x->day != y->day)
        return x->day > y->day ? 1 : -1;
    if (x->stage != y->stage)
        return x->stage - y->stage;
    if (x->stage == STAGE_DAILY && x->actor != y->actor)
        return (x->actor ? x->actor->place : 0) > (y->actor ? y->actor->place : 0) ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static struct demo_entry *by_temporary(struct demo_world *world, struct demo_entry *const *places, int64_t temporary)
{
    size_t place = (size_t)(-temporary - 1);
    return temporary < 0 && place < world->n_entries ? places[place] : NULL;
}

// Temporary ids of what is written already become real ones; those of the same batch stay.
static void settle(struct demo_world *world, struct demo_entry *const *places, struct demo_entry *entry)
{
    const struct kind *kind = entry->record->kind;
    for (size_t i = 0; i < kind->n_fields; i++) {
        struct value *value = &entry->record->values[i];
        if (kind->fields[i].as != AS_REF || value->type != VALUE_NUMBER)
            continue;
        const struct demo_entry *other = by_temporary(world, places, value->number);
        if (other && other->id)
            value->number = other->id;
    }
    if (entry->edits) {
        entry->record->id = entry->edits->id;
        entry->record->version = entry->edits->version;
    }
}

struct flush {
    struct demo_world *world;
    struct demo_entry *const *places;
    struct demo_entry *const *batch;
};

// Remembers what has which id, so that what the store changed by itself is known too.
static struct demo_entry **place_of(struct demo_world *world, const struct kind *kind, int64_t id)
{
    size_t *n = &world->n_by_id[kind->index], at = (size_t)id;
    if (at >= *n) {
        size_t more = at * 2 < 64 ? 64 : at * 2;
        struct demo_entry **room = arena_zero(world->arena, more, sizeof *room);
        if (!room) {
            world->failed = ERR_NOMEM;
            return NULL;
        }
        if (*n)
            memcpy(room, world->by_id[kind->index], *n * sizeof *room);
        world->by_id[kind->index] = room;
        *n = more;
    }
    return &world->by_id[kind->index][at];
}

static void on_written(const struct done_item *done, void *data)
{
    struct flush *flush = data;
    struct demo_entry *entry = by_temporary(flush->world, flush->places, done->temporary);
    struct demo_entry **place = place_of(flush->world, done->kind, done->id);
    if (!place)
        return;
    if (entry && !done->caused) {
        entry->id = done->id;
        *place = entry;
        flush->world->n_written++;
    }
    if (*place)
        (*place)->version = done->version;
}

// An edit joins when what it edits is written, and not by this very request.
static bool same_batch(const struct demo_world *world, const struct demo_entry *first, const struct demo_entry *next)
{
    return next->day == first->day && next->actor == first->actor && next->stage == first->stage &&
           (!next->edits || (next->edits->id && next->edits->batch != world->n_batches));
}

static size_t batch_size(struct flush *flush, size_t from)
{
    struct demo_world *world = flush->world;
    struct demo_entry *const *batch = flush->batch + from;
    size_t n = 0, most = world->n_entries - from < BULK_MAX ? world->n_entries - from : BULK_MAX;
    world->n_batches++;
    while (n < most && (n == 0 || same_batch(world, batch[0], batch[n]))) {
        if (batch[n]->edits)
            batch[n]->edits->batch = world->n_batches;
        n++;
    }
    // What belongs together is not cut apart.
    while (n == BULK_MAX && from + n < world->n_entries && batch[n]->together && n > 1)
        n--;
    return n;
}

static int write_batch(struct flush *flush, size_t from, size_t n, unsigned minutes)
{
    struct put_item items[BULK_MAX];
    const struct demo_entry *first = flush->batch[from];
    for (size_t i = 0; i < n; i++) {
        struct demo_entry *entry = flush->batch[from + i];
        settle(flush->world, flush->places, entry);
        items[i] = (struct put_item){.record = entry->record, .set = entry->set};
    }
    struct bulk_put put = {.now = demo_moment(first->day, minutes), .items = items, .n = n};
    put.actor.staff = first->actor ? first->actor->id : 0;
    put.actor.role = first->actor && first->actor->role ? first->actor->role : ROLE_SENDCO;
    return bulk_write(flush->world->bulk, &put, on_written, flush, flush->world->problem);
}

int demo_flush(struct demo_world *world)
{
    if (world->failed)
        return problem_set(world->problem, ERR_NOMEM, "There was not enough memory for so large a demo school.");
    struct demo_entry **sorted = arena_copy(world->arena, world->entries, world->n_entries * sizeof(struct demo_entry *));
    if (!sorted)
        return problem_set(world->problem, ERR_NOMEM, "There was not enough memory for so large a demo school.");
    qsort(sorted, world->n_entries, sizeof(struct demo_entry *), by_day);
    struct flush flush = {world, world->entries, sorted};
    unsigned minutes = 0;
    for (size_t from = 0; from < world->n_entries;) {
        size_t n = batch_size(&flush, from);
        // Each request of a day a minute after the one before.
        minutes = from > 0 && sorted[from]->day == sorted[from - 1]->day ? minutes + 1 : 0;
        int result = write_batch(&flush, from, n, minutes);
        if (result < 0)
            return result;
        from += n;
    }
    return 0;
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
