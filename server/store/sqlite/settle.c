// What holds of several records together, judged once all of a request is done; and
// how rules of any sort are run. Writer thread, inside the request's savepoint.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

int rule_run(struct view *view, store_rule_fn *rule, const struct record *before, const struct record *after, struct problem *problem)
{
    const struct scope *reach = view->reach;
    view->reach = &scope_all;
    int error = rule(view, before, after, problem);
    view->reach = reach;
    return error;
}

static int run_settled(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    const struct store *store = view->store;
    const struct kind *kind = before ? before->kind : after->kind;
    int error = 0;
    for (size_t i = 0; i < store->n_rules && !error; i++)
        if (store->rules[i].kind == kind && store->rules[i].settle)
            error = rule_run(view, store->rules[i].settle, before, after, problem);
    return error;
}

static bool settles(const struct store *store, const struct kind *kind)
{
    for (size_t i = 0; i < store->n_rules; i++)
        if (store->rules[i].kind == kind && store->rules[i].settle)
            return true;
    return false;
}

// `whole`: with its values; of most records of a large change they are not kept, and read again.
static int settle_record(struct view *view, const struct record *written, bool whole, struct problem *problem)
{
    if (!settles(view->store, written->kind))
        return 0;
    const struct touch *touch = touch_find(view->writing, written->kind, written->id);
    if (!touch)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    if (touch->last != written->version)
        return 0; // written again later in the same request
    const struct record *before = touch->before && !touch->before->removed ? touch->before : NULL;
    if (before && touch->slim && !(before = log_image(view, before, before->version, view->writing->work)))
        return problem_set(problem, ERR_IO, "the log could not be read");
    const struct record *now = written->removed ? NULL : written;
    if (now && !whole && !(now = select_record(view, written->kind, written->id, view->writing->work)))
        return problem_set(problem, ERR_IO, "a record of the change could not be read");
    return before || now ? run_settled(view, before, now, problem) : 0;
}

static int settle_row(struct view *view, size_t row, struct problem *problem)
{
    int error = settle_record(view, view->writing->rows[row].record, row < COMMIT_ROWS, problem);
    arena_reset(view->writing->work);
    return error;
}

// --- whose records are refused ---

static struct owner owner_of(const struct record *record)
{
    struct owner owner = {.subject = scope_subject(record->kind, record->about), .id = record->about};
    if (record->about == 0) { // nobody's: it stands for itself
        owner.kind = record->kind->number;
        owner.id = record->id;
    }
    return owner;
}

static int owner_add(struct writing *writing, struct owner owner)
{
    struct owners *owners = &writing->left;
    if (owners->n == owners->room) {
        size_t room = owners->room ? 2 * owners->room : 16;
        struct owner *grown = arena_alloc(writing->change->arena, room * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (owners->n)
            memcpy(grown, owners->list, owners->n * sizeof *grown);
        owners->list = grown;
        owners->room = room;
    }
    owners->list[owners->n++] = owner;
    return 0;
}

static int compare_owners(const void *a, const void *b)
{
    const struct owner *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->subject != y->subject)
        return x->subject < y->subject ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

bool settle_is_left(const struct writing *writing, const struct record *record)
{
    struct owner owner = owner_of(record);
    return writing->left.n && bsearch(&owner, writing->left.list, writing->left.n, sizeof owner, compare_owners);
}

// One row's part of the gathering; *first is the first refusal. 0, or what failed and is no refusal.
static int gather_row(struct view *view, size_t row, int *first, struct problem *problem)
{
    struct writing *writing = view->writing;
    const struct record *written = writing->rows[row].record;
    struct problem why;
    problem_init(&why, writing->change->arena);
    int error = settle_row(view, row, &why);
    bool refused = error == ERR_INVALID || error == ERR_CONFLICT;
    if (error && (!refused || !*first))
        *problem = why;
    if (!refused)
        return error;
    *first = *first ? *first : error;
    return owner_add(writing, owner_of(written)) ? problem_set(problem, ERR_NOMEM, "the server is short of memory") : 0;
}

static int gather_refusals(struct view *view, struct problem *problem)
{
    struct writing *writing = view->writing;
    int first = 0, failed = 0;
    for (size_t i = 0; i < writing->n_rows && !failed; i++)
        failed = gather_row(view, i, &first, problem);
    if (failed)
        writing->left.n = 0; // nothing is to be tried again
    else if (first)
        qsort(writing->left.list, writing->left.n, sizeof *writing->left.list, compare_owners);
    return failed ? failed : first;
}

int settle(struct view *view, bool gather, struct problem *problem)
{
    const struct writing *writing = view->writing;
    if (gather)
        return gather_refusals(view, problem);
    int error = 0;
    for (size_t i = 0; i < writing->n_rows && !error; i++)
        error = settle_row(view, i, problem);
    return error;
}
