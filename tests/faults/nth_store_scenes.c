// What is played: everything the store does for people, each in a form that goes the same
// way every time. Here what changes something; what is read is in nth_store_reading.c. On
// the loop's thread, while nothing fails.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/value.h"
#include "tests/faults/nth_store.h"
#include "tests/support/storing.h"

struct scenes_ground ground;
static int64_t shift; // of the time: the store forgets keys now and then

// --- writing ---

static struct change *change_new(struct play *play, enum change_verb verb)
{
    struct change *change = &play->changes[play->n_changes++];
    *change = storing_change(verb);
    change->now += shift;
    return change;
}

static struct change *put(struct play *play, size_t n, const struct put_item *items)
{
    struct change *change = change_new(play, CHANGE_PUT);
    change->items = arena_copy(&arena, items, n * sizeof *items);
    change->n_items = n;
    return change;
}

// At once, and it must succeed.
static const struct change_result *made(size_t n, const struct put_item *items, bool batched)
{
    static struct play alone; // large
    alone.n_changes = 0;
    struct change *change = put(&alone, n, items);
    change->batched = batched;
    if (storing_run(change)) {
        printf("red: while nothing failed: %s\n", change->problem.message);
        exit(1);
    }
    return arena_copy(&arena, &change->result, sizeof change->result);
}

static struct put_item new_pupil(int64_t id, const char *surname)
{
    return storing_item(pupil, id, 0, "surname", surname, "forename", "Nth", "born", "2018-03-04", NULL);
}

static struct put_item new_target(int64_t id, int64_t of, const char *aim)
{
    struct put_item item = storing_item(target, id, 0, "aim", aim, "measure", "Nine of ten", "baseline", "Two", NULL);
    const struct field *field = field_find(target, "pupil");
    item.record->values[field->index] = value_number(of);
    item.set |= field_bit(field);
    return item;
}

static struct put_item new_status(int64_t of, const char *code, const char *from)
{
    struct put_item item = storing_item(status, -9, 0, "provision", code, "starts", from, NULL);
    const struct field *field = field_find(status, "pupil");
    item.record->values[field->index] = value_number(of);
    item.set |= field_bit(field);
    return item;
}

static int64_t a_pupil(void)
{
    struct put_item item = new_pupil(-1, "Fails");
    return made(1, &item, false)->done[0].id;
}

static int64_t a_target(void)
{
    struct put_item item = new_target(-1, ground.one, "Reads ten words");
    return made(1, &item, false)->done[0].id;
}

static struct put_item edit(int64_t id, uint64_t version, const char *field, const char *text)
{
    return storing_item(target, id, version, field, text, NULL);
}

static void prepare_put(struct play *play)
{
    struct put_item item = new_pupil(-1, "Ōne");
    put(play, 1, &item);
}

static void prepare_several(struct play *play)
{
    struct put_item items[] = {new_target(-3, -1, "Écrit"), new_pupil(-1, "Two"), new_target(-2, -1, "Reads"),
                               new_status(-1, "K", "2025-09-01")};
    put(play, 4, items);
}

static void prepare_merge(struct play *play)
{
    int64_t id = a_target();
    struct put_item theirs = edit(id, 1, "note", "theirs"), mine = edit(id, 1, "baseline", "mine");
    made(1, &theirs, false);
    put(play, 1, &mine);
}

static void prepare_conflict(struct play *play)
{
    int64_t id = a_target();
    struct put_item theirs = edit(id, 1, "note", "theirs"), mine = edit(id, 1, "note", "mine");
    made(1, &theirs, false);
    put(play, 1, &mine);
}

static void prepare_spell(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-01-06"), next = new_status(id, "K", "2025-09-01");
    made(1, &first, false);
    put(play, 1, &next);
}

static void prepare_overlap(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-09-01"), next = new_status(id, "K", "2025-01-06");
    made(1, &first, false);
    put(play, 1, &next);
}

// Nobody there, no such code: what cannot be read must not read like that.
static void prepare_refused(struct play *play)
{
    struct put_item item = new_status(a_pupil(), "Q", "2025-01-06");
    put(play, 1, &item);
}

static void prepare_remove(struct play *play)
{
    int64_t id = a_target();
    struct change *change = change_new(play, CHANGE_REMOVE);
    change->kind = target;
    change->id = id;
    change->version = 1;
    change->reason = "it is in the way";
}

static void prepare_referred(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item item = new_target(-1, id, "Stays");
    made(1, &item, false);
    struct change *change = change_new(play, CHANGE_REMOVE);
    change->kind = pupil;
    change->id = id;
    change->version = 1;
}

static void prepare_undo(struct play *play)
{
    int64_t id = a_target();
    struct put_item item = edit(id, 1, "note", "to be taken back");
    made(1, &item, false);
    struct change *change = change_new(play, CHANGE_UNDO);
    change->kind = target;
    change->id = id;
}

static void prepare_undo_spell(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-01-06"), next = new_status(id, "K", "2025-09-01");
    made(1, &first, false);
    int64_t spell = made(1, &next, false)->done[0].id;
    struct change *change = change_new(play, CHANGE_UNDO);
    change->kind = status;
    change->id = spell;
}

static void prepare_undo_batch(struct play *play)
{
    struct put_item items[] = {new_target(-1, ground.one, "Batch A"), new_target(-2, ground.one, "Batch B"),
                               new_target(-3, ground.one, "Batch C")};
    const struct change_result *result = made(3, items, true);
    struct put_item later = edit(result->done[1].id, 1, "note", "built on");
    made(1, &later, false);
    change_new(play, CHANGE_UNDO)->batch = result->batch;
}

static void prepare_ticket(struct play *play)
{
    play->tickets = 1;
}

// Several requests in one transaction.
static void prepare_together(struct play *play)
{
    for (int i = 0; i < 4; i++) {
        struct put_item item = i == 2 ? new_status(a_pupil(), "Q", "2025-01-06") : edit(a_target(), 1, "note", "together");
        put(play, 1, &item);
    }
    play->tickets = 1;
}

static void prepare_again(struct play *play)
{
    struct put_item item = edit(a_target(), 1, "note", "said twice");
    struct change *change = put(play, 1, &item);
    struct change first = *change;
    if (storing_run(&first))
        abort();
}

static void prepare_tidy(struct play *play)
{
    shift += 61;
    prepare_merge(play);
}

// --- all of it ---

void scenes_prepare(void)
{
    struct put_item items[] = {new_pupil(-1, "Stays"), new_pupil(-2, "O'Brien")};
    const struct change_result *result = made(2, items, false);
    ground = (struct scenes_ground){result->done[0].id, result->done[1].id, 0, result->from_seq - 1};
    for (int i = 0; i < 5; i++) {
        struct put_item item = new_target(-1, i % 2 ? ground.one : ground.two, i < 3 ? "Reads ten words" : "Écrit dix mots");
        ground.target = made(1, &item, false)->done[0].id;
    }
    for (uint64_t version = 1; version < 4; version++) {
        struct put_item item = edit(ground.target, version, version % 2 ? "note" : "progress", version == 3 ? "" : "goes on");
        made(1, &item, false);
    }
    struct put_item spells[] = {new_status(ground.one, "K", "2025-01-06"), new_status(ground.two, "E", "2025-09-01")};
    spells[1].record->id = -2;
    made(2, spells, false);
}

static const struct scenario changes[] = {
    {.name = "put", .prepare = prepare_put},
    {.name = "put several", .prepare = prepare_several},
    {.name = "merge", .prepare = prepare_merge},
    {.name = "conflict", .prepare = prepare_conflict},
    {.name = "spell", .prepare = prepare_spell},
    {.name = "overlap", .prepare = prepare_overlap},
    {.name = "refused", .prepare = prepare_refused},
    {.name = "remove", .prepare = prepare_remove},
    {.name = "referred", .prepare = prepare_referred},
    {.name = "undo", .prepare = prepare_undo},
    {.name = "undo spell", .prepare = prepare_undo_spell},
    {.name = "undo batch", .prepare = prepare_undo_batch},
    {.name = "ticket", .prepare = prepare_ticket},
    {.name = "together", .prepare = prepare_together},
    {.name = "again", .prepare = prepare_again},
    {.name = "tidy", .prepare = prepare_tidy, .waits = true},
};

static const struct scenario *warm(size_t number)
{
    size_t n = number - n_readings;
    if (number < n_readings)
        return &readings[number];
    return n < sizeof changes / sizeof *changes ? &changes[n] : NULL;
}

// The readings come first, while there is only what they were given.
const struct scenario *scene(size_t number)
{
    static struct scenario cold;
    static char name[40];
    const struct scenario *scenario = warm(number / 2);
    if (!scenario || number % 2 == 0)
        return scenario;
    cold = *scenario;
    snprintf(name, sizeof name, "cold %s", scenario->name);
    cold.name = name;
    cold.is_cold = true;
    cold.waits = false;
    return &cold;
}
