// One request inside the writer's transaction: who asks, whether it was answered before,
// what it changes and what must hold then, and what those who follow are told of it. The
// writer thread.
#include "server/store/sqlite/sqlite.h"

#include <stdlib.h>
#include <string.h>

#include "server/fault.h"

static int apply_verb(struct view *view, struct change *change)
{
    struct problem *problem = &change->problem;
    if (change->verb == CHANGE_REMOVE)
        return put_remove(view, change->kind, change->id, change->version, problem);
    if (change->verb == CHANGE_UNDO)
        return put_undo(view, problem);
    return put_items(view, change, problem);
}

// Another attempt: what the first took of the arena's budget is given once more.
void change_more_room(struct change *change)
{
    if (change->arena->budget)
        change->arena->budget += change->arena->used;
}

// As before its first change, but for what is known of whose records are to be left.
static void start_again(struct view *view, uint64_t seq, const uint8_t chain[32])
{
    struct writing *writing = view->writing;
    struct change *change = writing->change;
    writing->n_rows = writing->n_ids = writing->ids_room = writing->n_once = writing->once_room = 0;
    writing->from_seq = writing->to_seq = writing->batch = 0;
    arena_reset(writing->work);
    change->progress = 0;
    touch_clear(writing);
    memcpy(writing->chain, chain, 32);
    view->seq = seq;
    change->result = (struct change_result){.n_done = 0};
    change_more_room(change);
    problem_init(&change->problem, change->arena);
}

// Where settled rules refuse some of a batch's undoing, all that is about the same pupils, classes
// … stays as it is and is named; the others are taken back. One more attempt, however many are refused.
static int undo_others(struct view *view, uint64_t seq, const uint8_t chain[32])
{
    struct change *change = view->writing->change;
    struct problem first = change->problem;
    if (db_step(view->db, "ROLLBACK TO attempt") != SQLITE_OK)
        return problem_set(&change->problem, ERR_IO, "the database could not take the change back");
    start_again(view, seq, chain);
    int error = apply_verb(view, change);
    if (!error)
        error = settle(view, false, &change->problem);
    if (error || view->writing->n_rows)
        return error;
    change->problem = first; // nothing is left to take back: say why
    return first.error;
}

static int apply_and_settle(struct view *view, struct change *change)
{
    uint64_t seq = view->seq;
    uint8_t chain[32];
    bool by_owner = change->verb == CHANGE_UNDO && change->batch;
    memcpy(chain, view->writing->chain, sizeof chain);
    if (by_owner && db_step(view->db, "SAVEPOINT attempt") != SQLITE_OK) // ends with the request's
        return problem_set(&change->problem, ERR_IO, "the database could not begin the change");
    int error = apply_verb(view, change);
    if (!error)
        error = settle(view, by_owner, &change->problem);
    return error && view->writing->left.n ? undo_others(view, seq, chain) : error;
}

static struct commit *commit_new(struct view *view, const struct change *change)
{
    struct commit *commit = calloc(1, sizeof *commit);
    if (!commit)
        return NULL;
    arena_init(&commit->arena, 0);
    commit->refs = 1;
    commit->at = change->now;
    commit->actor = change->actor.staff;
    commit->on_behalf_of = change->actor.on_behalf_of;
    commit->actor_name = view_staff_name(view, change->actor.staff, &commit->arena);
    memcpy(commit->key, change->key, sizeof commit->key);
    return commit;
}

// Whoever follows reads the rows of a large one from the log: they are given back.
static int commit_slim(struct commit *commit, struct arena *arena)
{
    const char *name = arena_strdup(arena, commit->actor_name);
    commit->rows = NULL;
    commit->n_rows = 0;
    arena_deinit(&commit->arena);
    arena_init(&commit->arena, 0);
    commit->actor_name = name ? arena_strdup(&commit->arena, name) : NULL;
    if (commit->actor_name)
        return 0;
    commit_unref(commit);
    return ERR_NOMEM;
}

// A planted fault: the role is asked, and not whose pupils they are by now.
static void widen(struct scope *scope)
{
    for (uint8_t *cell = &scope->read[0][0]; cell < &scope->read[0][0] + sizeof scope->read; cell++)
        *cell = *cell == REACH_OWN ? REACH_ALL : *cell;
    for (uint8_t *cell = &scope->write[0][0]; cell < &scope->write[0][0] + sizeof scope->write; cell++)
        *cell = *cell == REACH_OWN ? REACH_ALL : *cell;
}

// What could not all be read or written was not judged either: nothing that came of it counts. 0: all could.
static int refuse_untold(struct view *view, struct change *change)
{
    struct problem why;
    problem_init(&why, change->arena);
    int error = view->store->trouble = view_trouble(view, &why);
    if (!error)
        return 0;
    change->problem = why;
    change->result = (struct change_result){.n_done = 0};
    return error;
}

// NOLINTNEXTLINE(readability-non-const-parameter): what is written goes on with it
int apply_change(struct store *store, struct change *change, struct commit **commit, uint8_t chain[32])
{
    struct view view = {.now = change->now, .today = change->today};
    struct arena work;
    struct writing writing = {.change = change, .chain = chain, .work = &work};
    arena_init(&work, change->arena->budget);
    change->progress = change->steps = 0;
    change->result = (struct change_result){.n_done = 0};
    int error = view_begin(&view, store, &store->db, &change->actor), trouble;
    if (error)
        problem_set(&change->problem, error, "your rights could not be read");
    if (fault_on("scope-unchecked"))
        widen(&view.scope);
    if (!error && (error = keys_find(&view, change)) == 1) {
        trouble = refuse_untold(&view, change);
        view_end(&view);
        arena_deinit(&work);
        return trouble; // 0: answered before, the same answer again
    }
    if (!error && !(writing.commit = commit_new(&view, change)))
        error = problem_set(&change->problem, ERR_NOMEM, "the server is short of memory");
    view.writing = &writing;
    if (!error)
        error = apply_and_settle(&view, change);
    if (error)
        touch_tell(&writing, &change->problem);
    touch_clear(&writing);
    if (!error) {
        if (!change->dry_run) { // which takes no seq and leaves no key
            change->result.batch = writing.batch;
            change->result.from_seq = writing.from_seq;
            change->result.to_seq = writing.to_seq;
            if (!fault_on("key-not-kept"))
                error = db_error(&store->db, keys_keep(&view, change), &change->problem);
        }
    }
    if ((trouble = refuse_untold(&view, change)))
        error = trouble; // and see run_job
    view_end(&view);
    arena_deinit(&work);
    if (error || change->dry_run || !writing.n_rows) {
        commit_unref(writing.commit);
        return error;
    }
    writing.commit->rows = writing.rows;
    writing.commit->n_rows = writing.n_rows;
    if (writing.commit->large && commit_slim(writing.commit, change->arena)) // which gave it up
        return problem_set(&change->problem, ERR_NOMEM, "the server is short of memory");
    writing.commit->from_seq = writing.from_seq;
    writing.commit->to_seq = writing.to_seq;
    writing.commit->batch = writing.batch;
    *commit = writing.commit;
    return 0;
}

int apply_keep(struct store *store, struct job *job)
{
    struct view view = {.now = 0};
    const struct actor self = {.staff = 0};
    int error = view_begin(&view, store, &store->db, &self);
    if (!error)
        error = job->read(&view, job->data);
    int trouble = store->trouble = view_trouble(&view, NULL);
    view_end(&view);
    return trouble ? trouble : error;
}
