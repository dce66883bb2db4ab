// Filters: conditions, orders and page keys of a List against a small school, as somebody of
// any role. Every page followed to its end: nothing twice, as many as counted, in the order asked for,
// and each row one that the conditions let through.
#include <stdlib.h>
#include <string.h>

#include "common/error.h"
#include "common/guard.h"
#include "common/text.h"
#include "server/access/access.h"
#include "server/parse.h"
#include "tests/fuzz/ground.h"
#include "tests/fuzz/item.h"

#define ROWS_MOST 4096
#define PAGES     40
#define ITEMS     8
#define PUPILS    48

static uv_loop_t loop;
static struct store *store;

struct listing {
    const struct item *item;
    struct arena arena;
    struct problem problem;
    struct query query;
    struct record *rows[ROWS_MOST];
    size_t n;
    ProtobufCBinaryData patch; // laid over the first page's key
    bool done;
};

const ProtobufCMessageDescriptor *fuzz_message(uint8_t how)
{
    (void)how;
    return &sendco__list__descriptor;
}

static void judge_problem(const struct problem *problem, int result)
{
    DEMAND(problem->error == result && problem->message[0] && problem_next(problem)[0]);
    DEMAND(result != ERR_INTERNAL && result != ERR_IO && result != ERR_NOMEM);
}

static bool contains(const char *text, const char *part)
{
    struct arena arena;
    arena_init(&arena, 0);
    const char *whole = text_fold(text, &arena), *folded = text_fold(part, &arena);
    DEMAND(whole && folded);
    bool found = strstr(whole, folded) != NULL;
    arena_deinit(&arena);
    return found;
}

// As the store must have judged it, without SQL.
static bool lets_through(const struct condition *condition, const struct record *record)
{
    struct value value = record->values[condition->field->index];
    bool empty = value.type == VALUE_EMPTY;
    if (condition->op == OP_EMPTY || condition->op == OP_SET)
        return empty == (condition->op == OP_EMPTY);
    if (empty || condition->value.type != value.type)
        return empty && condition->op == OP_NE;
    int difference = value_compare(value, condition->value);
    switch (condition->op) {
    case OP_EQ:
        return difference == 0;
    case OP_NE:
        return difference != 0;
    case OP_LT:
        return difference < 0;
    case OP_LE:
        return difference <= 0;
    case OP_GT:
        return difference > 0;
    case OP_GE:
        return difference >= 0;
    default:
        return contains(value.text, condition->value.text);
    }
}

static int on_row(struct record *record, void *data)
{
    struct listing *listing = data;
    const struct query *query = &listing->query;
    DEMAND(record->kind == query->kind && listing->n < ROWS_MOST);
    DEMAND(!record->removed || query->removed);
    DEMAND(query->about == 0 || query->in || record->about == query->about);
    for (size_t i = 0; i < query->n_where; i++)
        DEMAND(lets_through(&query->where[i], record));
    listing->rows[listing->n++] = record;
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return (x->id > y->id) - (x->id < y->id);
}

// What is empty comes first.
static int by_field(const struct field *field, const struct record *a, const struct record *b)
{
    struct value none = field_is_text(field) ? value_text("") : value_number(-INT64_MAX);
    struct value x = a->values[field->index], y = b->values[field->index];
    return value_compare(x.type == VALUE_EMPTY ? none : x, y.type == VALUE_EMPTY ? none : y);
}

// In the order of the first field asked for; then nothing twice.
static void judge_rows(struct listing *listing)
{
    const struct order *order = &listing->query.order[0];
    for (size_t i = 1; listing->query.n_order > 0 && order->field && i < listing->n; i++) {
        int step = by_field(order->field, listing->rows[i - 1], listing->rows[i]);
        DEMAND(order->descending ? step >= 0 : step <= 0);
    }
    qsort(listing->rows, listing->n, sizeof *listing->rows, by_id);
    for (size_t i = 1; i < listing->n; i++)
        DEMAND(listing->rows[i - 1]->id != listing->rows[i]->id);
}

// 0 at the end of the pages; 1: there are more than one follows. With a patch the second page is begun by
// somebody who changed the key that the first gave.
static int pages(struct view *view, struct listing *listing)
{
    for (size_t i = 0; i < PAGES; i++) {
        struct query_page page = {0};
        int result = view_list(view, &listing->query, &listing->arena, &page, on_row, listing, &listing->problem);
        if (result || !page.next)
            return result;
        for (size_t at = 0; i == 0 && at < listing->patch.len && at < page.next_size; at++)
            page.next[at] ^= listing->patch.data[at];
        listing->query.page = page.next;
        listing->query.page_size = page.next_size;
    }
    return 1;
}

static int read_list(struct view *view, void *data)
{
    struct listing *listing = data;
    const struct item *item = listing->item;
    Sendco__List *list =
        (Sendco__List *)guard_unpack(&sendco__list__descriptor, item->data, item->size, true, &listing->arena, &listing->problem);
    if (list && item->how & ITEM_LATER && list->has_page) {
        listing->patch = list->page;
        list->has_page = 0;
    }
    int result = list ? parse_query(list, GROUND_TODAY, &listing->arena, &listing->query, &listing->problem) : listing->problem.error;
    if (result) {
        judge_problem(&listing->problem, result);
        return 0;
    }
    uint64_t count = 0;
    bool first = !listing->query.page && !listing->patch.len;
    int counted = view_count(view, &listing->query, &count, &listing->problem);
    result = pages(view, listing);
    if (result < 0)
        judge_problem(&listing->problem, result);
    else if (result == 0 && first)
        DEMAND(counted == 0 && count == listing->n);
    if (result >= 0 && first)
        judge_rows(listing);
    return 0;
}

static void on_read(int result, void *data)
{
    struct listing *listing = data;
    DEMAND(result == 0);
    listing->done = true;
}

static void run_item(const struct item *item, struct actor actor)
{
    static struct listing listing;
    memset(&listing, 0, sizeof listing);
    listing.item = item;
    arena_init(&listing.arena, (size_t)64 << 20);
    problem_init(&listing.problem, &listing.arena);
    store_read(store, &actor, read_list, on_read, &listing);
    while (!listing.done)
        uv_run(&loop, UV_RUN_ONCE);
    arena_deinit(&listing.arena);
}

// One of those of the ground, or anybody in any role.
static struct actor actor_of(unsigned who)
{
    unsigned person = who & 7, staff = who >> 3 & 31;
    if (person == 7)
        return (struct actor){0};
    return (struct actor){.staff = staff ? (int64_t)staff : ground_staff(person), .role = (int)person + 1};
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    ground_make(PUPILS);
    struct problem problem;
    problem_init(&problem, NULL);
    struct store_options options = {.directory = ground_lay(), .scope = access_scope, .readers = 1};
    DEMAND(uv_loop_init(&loop) == 0 && store_open(&options, &loop, &store, &problem) == 0);
    return 0;
}

// The first byte is who asks. Of an item, ITEM_LATER: its page is laid over the one that the list gives.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct item item;
    unsigned who = size ? *data++ : 0;
    size -= size > 0;
    for (size_t i = 0; i < ITEMS && item_next(&data, &size, &item); i++)
        run_item(&item, actor_of((who & ~7u) | ((who + (item.how & ITEM_WHO)) & 7)));
    return 0;
}
