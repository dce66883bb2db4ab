// What a report reads; see rows.h. Reader thread.
#include "server/reports/rows.h"

#include <stdlib.h>
#include <string.h>

static int on_row(struct record *record, void *data)
{
    struct rows *rows = data;
    if (rows->n == rows->room) {
        size_t room = rows->room ? rows->room * 2 : 256;
        struct record **list = arena_zero(rows->arena, room, sizeof(struct record *));
        if (!list)
            return ERR_NOMEM;
        if (rows->n)
            memcpy(list, rows->list, rows->n * sizeof(struct record *));
        rows->list = list;
        rows->room = room;
    }
    rows->list[rows->n++] = record;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

static int order_by_id(struct rows *rows)
{
    rows->by_id = rows->list;
    if (!rows->by_name || rows->n == 0)
        return 0;
    rows->by_id = arena_copy(rows->arena, rows->list, rows->n * sizeof(struct record *));
    if (!rows->by_id)
        return ERR_NOMEM;
    qsort(rows->by_id, rows->n, sizeof(struct record *), by_id);
    return 0;
}

int rows_query(struct report_work *work, struct query *query, unsigned how, struct rows *rows)
{
    struct problem denied;
    problem_init(&denied, work->arena);
    *rows = (struct rows){.kind = query->kind, .arena = work->arena, .by_name = how & ROWS_BY_NAME};
    query->as_known = work->as_known;
    query->as_at = how & ROWS_AS_AT && kind_is_spell(query->kind) ? work->as_at : DATE_NONE;
    if (rows->by_name) {
        query->order[0] = (struct order){.field = NULL};
        query->n_order = 1;
    }
    int result = view_list(work->view, query, work->arena, NULL, on_row, rows, how & ROWS_NEEDED ? work->problem : &denied);
    rows->denied = result == ERR_DENIED;
    if (rows->denied && !(how & ROWS_NEEDED))
        result = 0;
    if (result == 0)
        result = order_by_id(rows);
    if (result < 0 && work->problem->error == 0)
        return problem_set(work->problem, result, "%s",
                           denied.error ? denied.message : "The report needs more memory than this server has.");
    return result;
}

int rows_read(struct report_work *work, const char *kind, unsigned how, struct rows *rows)
{
    struct query query;
    query_init(&query, kind_find(kind));
    return rows_query(work, &query, how, rows);
}

struct record *rows_find(const struct rows *rows, int64_t id)
{
    size_t low = 0, high = rows->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->by_id[middle]->id == id)
            return rows->by_id[middle];
        if (rows->by_id[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// --- indexes -------------------------------------------------------------------

static int64_t key_of(const struct rows_index *index, const struct record *record)
{
    return index->field ? record->values[index->field->index].number : record->about;
}

struct keyed {
    int64_t key, then, id;
    struct record *record;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? 1 : -1;
    if (x->then != y->then)
        return x->then > y->then ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

int rows_index(struct report_work *work, const struct rows *rows, const char *field, const char *then, struct rows_index *index)
{
    struct keyed *keyed = arena_zero(work->arena, rows->n + 1, sizeof *keyed);
    *index = (struct rows_index){.n = rows->n, .field = field ? field_find(rows->kind, field) : NULL};
    index->list = arena_zero(work->arena, rows->n + 1, sizeof(struct record *));
    if (!keyed || !index->list)
        return problem_set(work->problem, ERR_NOMEM, "The report needs more memory than this server has.");
    for (size_t i = 0; i < rows->n; i++) {
        struct record *record = rows->list[i];
        keyed[i] = (struct keyed){key_of(index, record), then ? record_number(record, then) : 0, record->id, record};
    }
    if (rows->n)
        qsort(keyed, rows->n, sizeof *keyed, by_key);
    for (size_t i = 0; i < rows->n; i++)
        index->list[i] = keyed[i].record;
    return 0;
}

struct record **rows_of(const struct rows_index *index, int64_t value, size_t *n)
{
    size_t low = 0, high = index->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_of(index, index->list[middle]) < value)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < index->n && key_of(index, index->list[low + *n]) == value)
        ++*n;
    return *n ? index->list + low : NULL;
}

bool rows_holds(const struct record *record, int32_t day)
{
    const struct value *from = &record->values[record->kind->spell.from], *to = &record->values[record->kind->spell.to];
    return from->type == VALUE_NUMBER && from->number <= day && (to->type != VALUE_NUMBER || to->number >= day);
}
