// See scarce.h.
#include "tests/fuzz/scarce.h"

#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/guard.h"
#include "common/record.h"
#include "tests/fuzz/item.h"

void scarce_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size, bool strict, size_t budget, bool good)
{
    struct arena arena;
    struct problem problem;
    arena_init(&arena, budget);
    problem_init(&problem, NULL);
    bool taken = guard_unpack(descriptor, data, size, strict, &arena, &problem) != NULL;
    DEMAND(arena.lacked ? !taken && problem.error == ERR_TOO_LARGE : taken == good);
    DEMAND(arena.used <= budget);
    arena_deinit(&arena);
}

// Shown and packed with what memory is left.
static void scarce_record(const struct record *record, struct arena *arena)
{
    uint8_t *data;
    size_t size;
    const char *shown = record_show(record, record->kind->shows, NULL, NULL, arena);
    DEMAND(shown && shown[0]);
    for (size_t i = 0; i < record->kind->n_fields; i++)
        DEMAND(value_format(&record->kind->fields[i], record->values[i], VALUE_HUMAN, arena) != NULL);
    DEMAND(record_pack(record, ~UINT64_C(0), arena, &data, &size) == 0 || arena->lacked);
}

void scarce_item(const Sendco__Record *message, size_t budget, const struct put_item *item, const struct problem *told)
{
    struct arena arena;
    struct put_item again;
    struct problem problem;
    arena_init(&arena, budget);
    problem_init(&problem, &arena);
    int result = parse_item(message, 0, &arena, &again, &problem);
    DEMAND(arena.used <= budget && result != ERR_INTERNAL);
    DEMAND(arena.lacked || (result == told->error && strcmp(problem.message, told->message) == 0 && problem.n_fields == told->n_fields));
    if (!arena.lacked && result == 0) {
        DEMAND(again.set == item->set && again.cleared == item->cleared && again.restore == item->restore);
        DEMAND(record_diff(again.record, item->record) == 0);
    }
    if (result == 0)
        scarce_record(again.record, &arena);
    arena_deinit(&arena);
}

// Whole or not at all.
void scarce_packed(struct put_item item, size_t budget)
{
    const struct record *record = item.record;
    struct arena arena;
    struct record *again, *copy;
    struct problem problem;
    arena_init(&arena, budget);
    problem_init(&problem, &arena);
    DEMAND((copy = record_copy(record, &arena)) ? record_diff(copy, record) == 0 : arena.lacked);
    int result = parse_packed(&item, &arena);
    DEMAND(result == 0 || (result == ERR_NOMEM && arena.lacked));
    if (!result)
        result = record_read(item.packed.kind, item.packed.body, item.packed.size, &arena, &again, &problem);
    DEMAND(result == 0 ? record_diff(again, record) == 0 : arena.lacked);
    arena_deinit(&arena);
}

void scarce_list(const Sendco__List *list, int32_t today, size_t budget, int result, const struct query *query)
{
    struct arena arena;
    struct query again;
    struct problem problem;
    arena_init(&arena, budget);
    problem_init(&problem, &arena);
    int less = parse_query(list, today, &arena, &again, &problem);
    DEMAND(arena.lacked || less == result);
    for (size_t i = 0; !arena.lacked && !less && i < query->n_where; i++)
        DEMAND(again.where[i].op == query->where[i].op && value_equal(again.where[i].value, query->where[i].value));
    arena_deinit(&arena);
}
