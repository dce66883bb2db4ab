// Waits for the store's answers by running the loop until they come. Main thread,
// `sendcod init` only: a serving daemon never waits.
#include "server/bulk.h"

#include <stdlib.h>

#include "common/clock.h"

struct wait {
    bool done;
    int result;
};

static void on_answer(int result, void *data)
{
    struct wait *wait = data;
    wait->done = true;
    wait->result = result;
}

static void on_closed(void *data)
{
    on_answer(0, data);
}

// Whoever makes the school may write all of it.
static int bulk_scope(struct view *view, const struct actor *actor, struct arena *arena, struct scope *scope)
{
    (void)view;
    (void)actor;
    (void)arena;
    *scope = scope_all;
    return 0;
}

int bulk_open(struct bulk *bulk, struct store_options options, bulk_random_fn *random, void *data, struct problem *problem)
{
    *bulk = (struct bulk){.random = random, .random_data = data};
    if (uv_loop_init(&bulk->loop) != 0)
        return problem_set(problem, ERR_NOMEM, "The event loop could not be made.");
    bulk->made = true;
    options.scope = bulk_scope;
    options.create = true;
    options.failed = &bulk->failed;
    options.readers = 1;
    return store_open(&options, &bulk->loop, &bulk->store, problem);
}

static int wait_for(struct bulk *bulk, struct wait *wait)
{
    while (!wait->done && uv_run(&bulk->loop, UV_RUN_ONCE) != 0)
        ;
    // With nothing left to run the answer either came or never will.
    return wait->done ? wait->result : ERR_INTERNAL;
}

void bulk_close(struct bulk *bulk)
{
    struct wait wait = {0};
    if (bulk->store) {
        store_close(bulk->store, on_closed, &wait);
        wait_for(bulk, &wait);
        bulk->store = NULL;
    }
    if (bulk->made) {
        uv_run(&bulk->loop, UV_RUN_DEFAULT);
        uv_loop_close(&bulk->loop);
        bulk->made = false;
    }
}

// --- records -------------------------------------------------------------------

// One request on its way.
struct sent {
    struct bulk *bulk;
    struct change change;
    struct arena arena;
    bulk_done_fn *on_done;
    void *data;
};

static void on_sent(int result, void *data)
{
    struct sent *sent = data;
    struct change *change = &sent->change;
    struct problem *refused = &sent->bulk->refused;
    if (result < 0 && refused->error == 0) {
        problem_set(refused, result, "%s", change->problem.message[0] ? change->problem.message : "The database did not take the records.");
        if (change->problem.hint[0])
            problem_hint(refused, "%s", change->problem.hint);
    }
    for (size_t i = 0; result == 0 && sent->on_done && i < change->result.n_done; i++)
        sent->on_done(&change->result.done[i], sent->data);
    sent->bulk->n_ahead--;
    arena_deinit(&sent->arena);
    free(sent);
}

// Salts come from its random bytes: they are drawn in the order of sending.
static void change_fill(struct bulk *bulk, const struct bulk_put *put, struct change *change)
{
    *change = (struct change){.verb = CHANGE_PUT, .actor = put->actor, .now = put->now, .n_items = put->n};
    change->today = clock_civil(put->now, NULL);
    bulk->random(bulk->random_data, change->key, sizeof change->key);
    bulk->random(bulk->random_data, change->hash, sizeof change->hash);
    bulk->random(bulk->random_data, change->entropy, sizeof change->entropy);
}

int bulk_send(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem)
{
    int result = bulk_wait(bulk, BULK_AHEAD - 1, problem);
    struct sent *sent = result == 0 ? calloc(1, sizeof *sent) : NULL;
    if (!sent)
        return result < 0 ? result : problem_set(problem, ERR_NOMEM, "There was not enough memory to write the records.");
    arena_init(&sent->arena, 0);
    change_fill(bulk, put, &sent->change);
    sent->bulk = bulk;
    sent->on_done = on_done;
    sent->data = data;
    sent->change.arena = &sent->arena;
    sent->change.items = arena_copy(&sent->arena, put->items, put->n * sizeof *put->items);
    problem_init(&sent->change.problem, &sent->arena);
    if (!sent->change.items) {
        arena_deinit(&sent->arena);
        free(sent);
        return problem_set(problem, ERR_NOMEM, "There was not enough memory to write the records.");
    }
    bulk->n_ahead++;
    store_write(bulk->store, &sent->change, on_sent, sent);
    return 0;
}

int bulk_wait(struct bulk *bulk, size_t most, struct problem *problem)
{
    while (bulk->n_ahead > most && uv_run(&bulk->loop, UV_RUN_ONCE) != 0)
        ;
    const struct problem *refused = &bulk->refused;
    if (refused->error) {
        problem_set(problem, refused->error, "%s", refused->message);
        if (refused->hint[0])
            problem_hint(problem, "%s", refused->hint);
    } else if (bulk->n_ahead > most) {
        return problem_set(problem, ERR_INTERNAL, "The database did not answer.");
    }
    return refused->error;
}

int bulk_write(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem)
{
    problem_init(&bulk->refused, NULL);
    int result = bulk_send(bulk, put, on_done, data, problem);
    return result < 0 ? result : bulk_wait(bulk, 0, problem);
}

// --- accounts ------------------------------------------------------------------

// store_keep hands one pointer to both the work and its answer.
struct keep {
    struct wait wait;
    store_read_fn *fn;
    void *data;
};

static int keep_run(struct view *view, void *data)
{
    struct keep *keep = data;
    return keep->fn(view, keep->data);
}

static void on_kept(int result, void *data)
{
    struct keep *keep = data;
    on_answer(result, &keep->wait);
}

int bulk_keep(struct bulk *bulk, store_read_fn *fn, void *data)
{
    struct keep keep = {.fn = fn, .data = data};
    store_keep(bulk->store, keep_run, on_kept, &keep);
    return wait_for(bulk, &keep.wait);
}
