// Some records of every kind that has no recipe, made from its annotations alone,
// so that a kind just added is in the demo without anybody touching it. Main thread.
#include "server/demo_world.h"

#include <string.h>

#include "common/log.h"

enum { OTHERS = 20 };

struct others {
    struct demo_world *world;
    const struct kind *kind;
    int64_t *ids[256]; // of each kind by its index: what may be referred to
    size_t n_ids[256];
};

static bool has_recipe(const struct demo_world *world, const struct kind *kind)
{
    for (size_t i = 0; i < world->n_entries; i++) {
        if (world->entries[i]->record->kind == kind)
            return true;
    }
    // A code list begins with its own rows.
    return strcmp(kind->name, "Code") == 0;
}

static void ids_add(struct others *others, const struct kind *kind, int64_t id)
{
    size_t *n = &others->n_ids[kind->index];
    if ((*n & (*n - 1)) == 0) {
        int64_t *room = arena_zero(others->world->arena, *n ? *n * 2 : 1, sizeof *room);
        if (!room)
            return;
        if (*n)
            memcpy(room, others->ids[kind->index], *n * sizeof *room);
        others->ids[kind->index] = room;
    }
    others->ids[kind->index][(*n)++] = id;
}

static const char *pick_code(const char *list, uint64_t random)
{
    for (size_t i = 0; i < n_code_lists; i++) {
        if (strcmp(code_lists[i].name, list) != 0)
            continue;
        const char *always[256];
        size_t n = 0;
        // A sample's dates may lie anywhere: only codes without an end or a beginning fit them all.
        for (size_t row = 0; row < code_lists[i].n_rows && n < 256; row++) {
            const struct code_row *code = &code_lists[i].rows[row];
            if (code->valid_to == DATE_NONE && code->valid_from == DATE_NONE)
                always[n++] = code->code;
        }
        return n ? always[random % n] : NULL;
    }
    return NULL;
}

static struct value pick(const struct field *field, uint64_t random, void *data)
{
    const struct others *others = data;
    if (field->as == AS_CODE) {
        const char *code = pick_code(field->codes, random);
        return code ? value_text(code) : (struct value){0};
    }
    size_t n = field->ref ? others->n_ids[field->ref->index] : 0;
    return n ? value_number(others->ids[field->ref->index][random % n]) : (struct value){0};
}

// Everything it must refer to exists by now.
static bool is_ready(const struct others *others, const struct kind *kind)
{
    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        if (field->required && field->as == AS_REF && others->n_ids[field->ref->index] == 0)
            return false;
    }
    return true;
}

static void on_made(const struct done_item *done, void *data)
{
    struct others *others = data;
    if (done->kind == others->kind && !done->caused && done->id > 0) {
        ids_add(others, done->kind, done->id);
        others->world->n_written++;
    }
}

static uint64_t filled(const struct record *record)
{
    uint64_t set = 0;
    for (size_t i = 0; i < record->kind->n_fields; i++)
        set |= record->values[i].type == VALUE_EMPTY ? 0 : UINT64_C(1) << i;
    return set;
}

static int put_items(struct others *others, struct put_item *items, size_t n, struct problem *problem)
{
    struct bulk_put put = {.now = demo_moment(others->world->last, 420), .items = items, .n = n};
    put.actor.staff = others->world->lead->id;
    return bulk_write(others->world->bulk, &put, on_made, others, problem);
}

// Samples know nothing of spells that may not overlap nor of rules: those that do
// not fit are left out, one by one.
static int make_kind(struct others *others, const struct kind *kind)
{
    struct demo_world *world = others->world;
    struct put_item items[OTHERS];
    size_t before = others->n_ids[kind->index];
    others->kind = kind;
    for (size_t i = 0; i < OTHERS; i++) {
        struct record *record = record_sample(kind, demo_next(world->random), pick, others, world->arena);
        if (!record)
            return problem_set(world->problem, ERR_NOMEM, "There was not enough memory for so large a demo school.");
        record->id = -(int64_t)(i + 1);
        items[i] = (struct put_item){.record = record, .set = filled(record)};
    }
    struct problem refused;
    problem_init(&refused, NULL);
    int result = put_items(others, items, OTHERS, &refused);
    for (size_t i = 0; result < 0 && i < OTHERS; i++) {
        int one = put_items(others, &items[i], 1, &refused);
        if (one < 0 && one != ERR_CONFLICT && one != ERR_INVALID)
            return problem_set(world->problem, one, "%s", refused.message);
    }
    if (others->n_ids[kind->index] == before)
        log_write(LOG_NOTE, "the demo has no %s: %s", kind->noun, refused.message);
    return 0;
}

int demo_make_others(struct demo_world *world)
{
    static struct others others;
    others = (struct others){.world = world};
    bool made[256] = {false};
    for (size_t i = 0; i < world->n_entries; i++) {
        if (!world->entries[i]->edits)
            ids_add(&others, world->entries[i]->record->kind, world->entries[i]->id);
    }
    // Kinds may refer to each other in any order: go round until no more become ready.
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < n_kinds && i < 256; i++) {
            if (made[i] || has_recipe(world, &kinds[i]) || !is_ready(&others, &kinds[i]))
                continue;
            int result = make_kind(&others, &kinds[i]);
            if (result < 0)
                return result;
            made[i] = again = true;
        }
    }
    return 0;
}
