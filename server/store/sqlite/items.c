// All items of a put, in an order in which each finds what it refers to; of very many, each opened when
// its turn comes and given back when it is done. Writer thread, inside the request's savepoint.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t kind;
    int64_t temporary;
    size_t item;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind) : (x->temporary > y->temporary) - (x->temporary < y->temporary);
}

// An item that was begun, and may wait for those that it refers to.
struct begun {
    struct put_item item;
    size_t next; // field to look at
};

struct order_of {
    const struct change *change;
    struct place *places;
    bool *begun;
    struct begun *stack;
    size_t depth, room;
};

static int place_items(struct order_of *order, struct problem *problem)
{
    const struct change *change = order->change;
    size_t n = change->n_items;
    order->places = arena_alloc(change->arena, (n + 1) * sizeof *order->places);
    order->begun = arena_zero(change->arena, n + 1, sizeof *order->begun);
    if (!order->places || !order->begun)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    for (size_t i = 0; i < n; i++) {
        const struct put_item *item = &change->items[i];
        order->places[i] = item->record ? (struct place){item->record->kind->number, item->record->id, i}
                                        : (struct place){item->packed.kind->number, item->packed.id, i};
    }
    qsort(order->places, n, sizeof *order->places, compare_places);
    for (size_t i = 1; i < n; i++)
        if (order->places[i].temporary < 0 && !compare_places(&order->places[i - 1], &order->places[i]))
            return problem_set(problem, ERR_INVALID, "Two new records (%s) go by %lld; give each its own negative id.",
                               kind_by_number(order->places[i].kind)->noun, (long long)order->places[i].temporary);
    return 0;
}

// What is packed is opened, in memory that is given back when it is done.
static int item_open(struct view *view, struct put_item *item, struct problem *problem)
{
    if (item->record)
        return 0;
    int error = record_read(item->packed.kind, item->packed.body, item->packed.size, view->writing->work, &item->record, problem);
    if (error)
        return error;
    item->record->id = item->packed.id;
    item->record->version = item->packed.version;
    return 0;
}

static int item_begin(struct view *view, struct order_of *order, size_t at, struct problem *problem)
{
    if (order->depth == order->room) {
        size_t room = order->room ? 2 * order->room : 16;
        struct begun *grown = arena_alloc(order->change->arena, room * sizeof *grown);
        if (!grown)
            return problem_set(problem, ERR_NOMEM, "the server is short of memory");
        if (order->depth)
            memcpy(grown, order->stack, order->depth * sizeof *grown);
        order->stack = grown;
        order->room = room;
    }
    order->begun[at] = true;
    order->stack[order->depth] = (struct begun){.item = order->change->items[at]};
    return item_open(view, &order->stack[order->depth++].item, problem);
}

// A new record of the request that this one refers to and that nobody has begun with; n_items: none.
static size_t waits_for(const struct order_of *order, struct begun *begun)
{
    const struct record *record = begun->item.record;
    for (; begun->next < record->kind->n_fields; begun->next++) {
        const struct value *value = &record->values[begun->next];
        if (record->kind->fields[begun->next].as != AS_REF || value->type != VALUE_NUMBER || value->number >= 0)
            continue;
        struct place wanted = {record->kind->fields[begun->next].ref->number, value->number, 0};
        struct place *found = bsearch(&wanted, order->places, order->change->n_items, sizeof wanted, compare_places);
        if (found && !order->begun[found->item])
            return found->item;
    }
    return order->change->n_items;
}

// This item, after those that it refers to.
static int put_with_wanted(struct view *view, struct order_of *order, size_t at, struct problem *problem)
{
    int error = item_begin(view, order, at, problem);
    while (order->depth && !error) {
        struct begun *top = &order->stack[order->depth - 1];
        size_t next = waits_for(order, top);
        if (next < order->change->n_items) {
            error = item_begin(view, order, next, problem);
        } else {
            error = put_item(view, &top->item, problem);
            order->depth--;
            view->writing->change->progress++;
        }
    }
    if (!error)
        arena_reset(view->writing->work);
    return error;
}

// New records may refer to each other in any order: what is referred to goes
// first. A circle, or what is not there, is left for put_item to name.
int put_items(struct view *view, const struct change *change, struct problem *problem)
{
    struct order_of order = {.change = change};
    view->writing->change->steps = change->n_items;
    int error = place_items(&order, problem);
    for (size_t i = 0; i < change->n_items && !error; i++)
        if (!order.begun[i])
            error = put_with_wanted(view, &order, i, problem);
    return error;
}
