// The house's structs as protocol messages (pack.h). Any thread.
#include "server/pack.h"

#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "server/request.h"
#include "server/store/view.h"

Sendco__Value *pack_value(struct value value, struct arena *arena)
{
    Sendco__Value *packed = arena_alloc(arena, sizeof *packed);
    if (!packed)
        return NULL;
    sendco__value__init(packed);
    if (value.type == VALUE_NUMBER) {
        packed->has_number = 1;
        packed->number = value.number;
    } else if (value.type == VALUE_TEXT) {
        packed->text = (char *)(uintptr_t)value.text;
    }
    return packed;
}

static Sendco__FieldProblem *pack_field_problem(const struct problem_field *field, struct arena *arena)
{
    Sendco__FieldProblem *packed = arena_alloc(arena, sizeof *packed);
    if (!packed)
        return NULL;
    sendco__field_problem__init(packed);
    if (field->kind) {
        packed->has_kind = 1;
        packed->kind = field->kind->number;
        packed->has_field = field->field >= 0;
        packed->field = field->field >= 0 ? field->kind->fields[field->field].number : 0;
    }
    packed->has_id = field->id != 0;
    packed->id = field->id;
    packed->message = (char *)(uintptr_t)field->message;
    if (field->message && !field->who)
        return packed;
    packed->was = pack_value(field->base, arena);
    packed->theirs = pack_value(field->theirs, arena);
    packed->yours = pack_value(field->yours, arena);
    if (!packed->was || !packed->theirs || !packed->yours)
        return NULL;
    packed->who = (char *)(uintptr_t)field->who;
    packed->has_when = field->when != 0;
    packed->when = field->when;
    return packed;
}

void pack_failure(const struct problem *problem, Sendco__Problem *packed, Sendco__Reply *reply, struct arena *arena)
{
    const struct error_info *info = error_info(problem->error);
    reply->has_outcome = 1;
    reply->outcome = (Sendco__Outcome)info->outcome;
    sendco__problem__init(packed);
    packed->code = (char *)(uintptr_t)info->code;
    packed->message = (char *)(uintptr_t)problem->message;
    packed->hint = (char *)(uintptr_t)problem_next(problem);
    reply->problem = packed;
    // The refusal itself may be for want of memory: a little more than the budget, then.
    if (arena->budget)
        arena->budget += (size_t)256 << 10;
    packed->fields = problem->n_fields ? arena_zero(arena, problem->n_fields, sizeof *packed->fields) : NULL;
    for (size_t i = 0; packed->fields && i < problem->n_fields; i++) {
        packed->fields[i] = pack_field_problem(&problem->fields[i], arena);
        if (!packed->fields[i])
            return;
    }
    packed->n_fields = packed->fields ? problem->n_fields : 0;
}

int pack_fields(const struct kind *kind, uint64_t set, struct arena *arena, uint32_t **numbers, size_t *n)
{
    *n = 0;
    *numbers = NULL;
    if (!set)
        return 0;
    *numbers = arena_alloc(arena, kind->n_fields * sizeof **numbers);
    if (!*numbers)
        return ERR_NOMEM;
    for (size_t i = 0; i < kind->n_fields; i++)
        if (set & field_bit(&kind->fields[i]))
            (*numbers)[(*n)++] = kind->fields[i].number;
    return 0;
}

Sendco__Record *pack_record(const struct record *record, struct arena *arena)
{
    Sendco__Record *packed = arena_alloc(arena, sizeof *packed);
    if (!packed)
        return NULL;
    sendco__record__init(packed);
    packed->has_kind = packed->has_id = packed->has_version = packed->has_body = 1;
    packed->kind = record->kind->number;
    packed->id = record->id;
    packed->version = record->version;
    packed->has_removed = record->removed;
    packed->removed = record->removed;
    if (record_pack(record, ~record->withheld, arena, &packed->body.data, &packed->body.len) ||
        pack_fields(record->kind, record->withheld, arena, &packed->withheld, &packed->n_withheld))
        return NULL;
    return packed;
}

Sendco__About *pack_about(const struct kind *kind, int64_t id, struct arena *arena)
{
    if (!kind || id == 0)
        return NULL;
    Sendco__About *packed = arena_alloc(arena, sizeof *packed);
    if (!packed)
        return NULL;
    sendco__about__init(packed);
    packed->has_kind = packed->has_id = 1;
    packed->kind = kind->number;
    packed->id = id;
    return packed;
}

int pile_add(struct pile *pile, void *item, struct arena *arena)
{
    if (!item)
        return ERR_NOMEM;
    if (pile->n == pile->capacity) {
        size_t capacity = pile->capacity ? 2 * pile->capacity : 32;
        void **items = arena_alloc(arena, capacity * sizeof *items);
        if (!items)
            return ERR_NOMEM;
        if (pile->n)
            memcpy(items, pile->items, pile->n * sizeof *items);
        pile->items = items;
        pile->capacity = capacity;
    }
    pile->items[pile->n++] = item;
    return 0;
}

size_t pile_part(const struct pile *pile, size_t from)
{
    size_t bytes = 0, n = 0;
    while (from + n < pile->n) {
        bytes += protobuf_c_message_get_packed_size(pile->items[from + n]) + 6;
        if (n > 0 && bytes > REQUEST_PART)
            break;
        n++;
    }
    return n;
}

// --- labels: an open hash of what has been asked ---

struct label_slot {
    const struct kind *kind;
    int64_t id;
};

void labels_init(struct labels *labels, struct view *view, struct arena *arena)
{
    *labels = (struct labels){.view = view, .arena = arena};
}

static struct label_slot *label_slot(struct label_slot *slots, size_t n, const struct kind *kind, int64_t id)
{
    uint64_t hash = ((uint64_t)id ^ ((uint64_t)kind->number << 48)) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(hash >> 32) & (n - 1);
    while (slots[at].kind && (slots[at].kind != kind || slots[at].id != id))
        at = (at + 1) & (n - 1);
    return &slots[at];
}

static int labels_grow(struct labels *labels)
{
    size_t n = labels->n_slots ? 4 * labels->n_slots : 256;
    struct label_slot *slots = arena_zero(labels->arena, n, sizeof *slots);
    if (!slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < labels->n_slots; i++)
        if (labels->slots[i].kind)
            *label_slot(slots, n, labels->slots[i].kind, labels->slots[i].id) = labels->slots[i];
    labels->slots = slots;
    labels->n_slots = n;
    return 0;
}

int labels_add(struct labels *labels, const struct kind *kind, int64_t id)
{
    if (2 * labels->n_used >= labels->n_slots && labels_grow(labels))
        return ERR_NOMEM;
    struct label_slot *slot = label_slot(labels->slots, labels->n_slots, kind, id);
    if (slot->kind)
        return 0;
    *slot = (struct label_slot){kind, id};
    labels->n_used++;
    const char *text = view_label(labels->view, kind, id, labels->arena);
    if (!text)
        return 0;
    Sendco__Label *label = arena_alloc(labels->arena, sizeof *label);
    if (!label)
        return ERR_NOMEM;
    sendco__label__init(label);
    label->has_kind = label->has_id = 1;
    label->kind = kind->number;
    label->id = id;
    label->text = (char *)(uintptr_t)text;
    return pile_add(&labels->pile, label, labels->arena);
}

int labels_of(struct labels *labels, const struct record *record)
{
    const struct kind *kind = record->kind;
    for (size_t i = 0; i < kind->n_fields; i++) {
        const struct field *field = &kind->fields[i];
        if (field->as != AS_REF || record->values[i].type != VALUE_NUMBER || (record->withheld & field_bit(field)))
            continue;
        int result = labels_add(labels, field->ref, record->values[i].number);
        if (result)
            return result;
    }
    return 0;
}
