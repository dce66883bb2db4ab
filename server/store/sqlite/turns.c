// Who waits for a thread of the store, person by person: each has a queue of their own and they
// are served in turn, so that one who asks much waits for themselves and not the others for
// them. Each one's order is kept. Any thread, under the lane's mutex.
#include "server/store/sqlite/sqlite.h"

// One has a place of their own, near their number, unless more wait at once than there are places:
// who shares one with somebody who asks much waits behind it.
struct turn *turn_of(struct turns *turns, const struct job *job)
{
    int64_t staff = job->actor.staff;
    struct turn *home = &turns->turn[(uint64_t)staff % TURNS], *idle = NULL;
    for (size_t i = 0; i < TURNS; i++) {
        struct turn *turn = &turns->turn[((uint64_t)staff + i) % TURNS];
        if (turn->staff == staff)
            return turn;
        if (!idle && !turn->queue.size && !turn->used)
            idle = turn;
    }
    if (!idle)
        return home;
    *idle = (struct turn){.staff = staff};
    return idle;
}

void turns_sort_in(struct lane *lane)
{
    for (struct job *job; (job = queue_pop(&lane->queue)) != NULL; lane->turns.n++)
        queue_push(&turn_of(&lane->turns, job)->queue, job);
}

static void queue_push_front(struct queue *queue, struct job *job)
{
    job->next = queue->first;
    queue->first = job;
    if (!queue->last)
        queue->last = job;
    queue->size++;
}

void turns_give_back(struct turns *turns, struct queue *jobs)
{
    struct job *back = NULL;
    if (jobs->first) // whose turn it was: else who stands behind the same ones would never have theirs
        turns->next = (unsigned)(turn_of(turns, jobs->first) - turns->turn);
    for (struct job *job; (job = queue_pop(jobs)) != NULL; back = job)
        job->next = back;
    for (struct job *job = back; job; job = back) {
        back = job->next;
        queue_push_front(&turn_of(turns, job)->queue, job);
        turns->n++;
    }
}

bool job_is_bulk(const struct job *job)
{
    return job->type == JOB_WRITE && job->change->batched && (job->change->verb == CHANGE_UNDO || job->change->n_items > COMMIT_ROWS);
}

void turns_take(struct turns *turns, struct queue *jobs, size_t most)
{
    for (unsigned empty = 0; empty < TURNS && jobs->size < most; turns->next++) {
        struct queue *queue = &turns->turn[turns->next % TURNS].queue;
        empty++;
        if (!queue->size)
            continue;
        bool bulk = job_is_bulk(queue->first);
        if (bulk && jobs->size)
            return; // it comes first the next time
        empty = 0;
        turns->n--;
        queue_push(jobs, queue_pop(queue));
        if (bulk) {
            turns->next++;
            return;
        }
    }
}

void turns_take_all(struct lane *lane, struct queue *jobs)
{
    turns_sort_in(lane);
    for (size_t i = 0; i < TURNS; i++)
        for (struct job *job; (job = queue_pop(&lane->turns.turn[i].queue)) != NULL; lane->turns.n--)
            queue_push(jobs, job);
}
