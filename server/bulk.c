// Waits for the store's answers by running the loop until they come. Main thread,
// `sendcod init` only: a serving daemon never waits.
#include "server/bulk.h"

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

int bulk_write(struct bulk *bulk, const struct bulk_put *put, bulk_done_fn *on_done, void *data, struct problem *problem)
{
    struct arena arena;
    struct wait wait = {0};
    arena_init(&arena, 0);
    struct change change = {.verb = CHANGE_PUT, .actor = put->actor, .now = put->now, .items = put->items, .n_items = put->n};
    change.today = clock_civil(put->now, NULL);
    change.arena = &arena;
    bulk->random(bulk->random_data, change.key, sizeof change.key);
    bulk->random(bulk->random_data, change.hash, sizeof change.hash);
    bulk->random(bulk->random_data, change.entropy, sizeof change.entropy);
    problem_init(&change.problem, &arena);
    store_write(bulk->store, &change, on_answer, &wait);
    int result = wait_for(bulk, &wait);
    if (result < 0) {
        problem_set(problem, result, "%s", change.problem.message[0] ? change.problem.message : "The database did not take the records.");
        if (change.problem.hint[0])
            problem_hint(problem, "%s", change.problem.hint);
    }
    for (size_t i = 0; result == 0 && on_done && i < change.result.n_done; i++)
        on_done(&change.result.done[i], data);
    arena_deinit(&arena);
    return result;
}

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
