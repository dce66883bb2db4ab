// Writes the demo school day by day, as a school would have typed it: a request for what one person
// typed on one day. Requests are sent ahead of the answers, so that the store commits several at once,
// as far as the same school comes of it as one by one. Main thread.
#include "server/demo_world.h"

#include <stdlib.h>
#include <string.h>

#include "server/access/role.h"

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
    const struct kind *staff;
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
           (!next->edits || (next->edits->sent && next->edits->batch != world->n_batches));
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

// What a field refers to; NULL: nothing. The staff do not count: they stand beside everything, and nothing follows for them.
static struct demo_entry *beside(const struct flush *flush, const struct demo_entry *entry, size_t field)
{
    const struct kind *to = entry->record->kind->fields[field].ref;
    const struct value *value = &entry->record->values[field];
    if (!to || to == flush->staff || value->type != VALUE_NUMBER)
        return NULL;
    size_t id = (size_t)value->number;
    return value->number < 0                       ? by_temporary(flush->world, flush->places, value->number)
           : id < flush->world->n_by_id[to->index] ? flush->world->by_id[to->index][id]
                                                   : NULL;
}

static size_t later(size_t a, size_t b)
{
    return a > b ? a : b;
}

// What follows from a record follows for itself, for what it refers to, and for others that refer to the same.
static size_t touched(const struct flush *flush, const struct demo_entry *entry)
{
    size_t last = entry->touched;
    for (size_t i = 0; i < entry->record->kind->n_fields; i++) {
        const struct demo_entry *other = beside(flush, entry, i);
        last = other ? later(last, other->touched) : last;
    }
    return last;
}

static void touch(struct flush *flush, struct demo_entry *entry)
{
    entry->touched = flush->world->n_batches;
    for (size_t i = 0; i < entry->record->kind->n_fields; i++) {
        struct demo_entry *other = beside(flush, entry, i);
        if (other)
            other->touched = flush->world->n_batches;
    }
}

// The latest request whose answer must be there before this entry can be sent: that of what it refers to, for
// the id; of an edit, any that may have changed the version.
static size_t sent_before(const struct flush *flush, const struct demo_entry *entry)
{
    const struct kind *kind = entry->record->kind;
    size_t last = entry->edits ? touched(flush, entry->edits) : 0;
    if (entry->actor)
        last = later(last, entry->actor->sent);
    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct value *value = &entry->record->values[i];
        const struct demo_entry *other =
            kind->fields[i].as == AS_REF && value->type == VALUE_NUMBER ? by_temporary(flush->world, flush->places, value->number) : NULL;
        last = other ? later(last, other->sent) : last;
    }
    return last;
}

// Requests are sent without waiting for those before them, as far as they need nothing of their answers.
static int write_batch(struct flush *flush, size_t from, size_t n, unsigned minutes)
{
    struct demo_world *world = flush->world;
    struct put_item items[BULK_MAX];
    const struct demo_entry *first = flush->batch[from];
    size_t last = 0;
    for (size_t i = 0; i < n; i++)
        last = later(last, sent_before(flush, flush->batch[from + i]));
    int result = bulk_wait(world->bulk, world->n_batches - 1 - last, world->problem);
    if (result < 0)
        return result;
    for (size_t i = 0; i < n; i++) {
        struct demo_entry *entry = flush->batch[from + i];
        settle(world, flush->places, entry);
        entry->sent = world->n_batches;
        touch(flush, entry);
        if (entry->edits)
            touch(flush, entry->edits);
        items[i] = (struct put_item){.record = entry->record, .set = entry->set};
    }
    struct bulk_put put = {.now = demo_moment(first->day, minutes), .items = items, .n = n};
    put.actor.staff = first->actor ? first->actor->id : 0;
    put.actor.role = first->actor && first->actor->role ? first->actor->role : ROLE_SENDCO;
    return bulk_send(world->bulk, &put, on_written, flush, world->problem);
}

int demo_flush(struct demo_world *world)
{
    if (world->failed)
        return problem_set(world->problem, ERR_NOMEM, "There was not enough memory for so large a demo school.");
    struct demo_entry **sorted = arena_copy(world->arena, world->entries, world->n_entries * sizeof(struct demo_entry *));
    if (!sorted)
        return problem_set(world->problem, ERR_NOMEM, "There was not enough memory for so large a demo school.");
    qsort(sorted, world->n_entries, sizeof(struct demo_entry *), by_day);
    struct flush flush = {world, world->entries, sorted, kind_find("Staff")};
    unsigned minutes = 0;
    int result = 0;
    for (size_t from = 0, n; result == 0 && from < world->n_entries; from += n) {
        n = batch_size(&flush, from);
        // Each request of a day a minute after the one before.
        minutes = from > 0 && sorted[from]->day == sorted[from - 1]->day ? minutes + 1 : 0;
        result = write_batch(&flush, from, n, minutes);
    }
    // The last ones are told of their answers before what they are told with is gone.
    int waited = bulk_wait(world->bulk, 0, world->problem);
    return result < 0 ? result : waited;
}
