// Sends a plan as one batch, so that one undo takes all of it back. Main thread.
#include "client/exchange/import.h"

#include <stdlib.h>

static int compare_done(const Sendco__PutReply__Done *a, uint32_t kind, int64_t temporary)
{
    return a->kind != kind ? (a->kind > kind) - (a->kind < kind) : (a->temporary > temporary) - (a->temporary < temporary);
}

static int by_temporary(const void *a, const void *b)
{
    const Sendco__PutReply__Done *of = *(Sendco__PutReply__Done *const *)b;
    return compare_done(*(Sendco__PutReply__Done *const *)a, of->kind, of->temporary);
}

const Sendco__PutReply__Done *import_done(const Sendco__PutReply *reply, const struct record *record)
{
    size_t low = 0, high = reply->n_done;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_done(reply->done[middle], record->kind->number, record->id);
        if (order == 0)
            return reply->done[middle];
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return NULL;
}

int import_send(struct import *import, struct problem *problem)
{
    const struct plan *plan = &import->plan;
    struct cli_change *changes = arena_zero(&import->cli->arena, plan->n_changes, sizeof *changes);
    struct cli_put put = {
        .changes = changes, .n = plan->n_changes, .dry_run = import->dry_run, .batch = true, .reason = "import", .seen = import->seen};
    Sendco__PutReply *reply = NULL;
    if (!changes)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory for so large a roll.");
    for (size_t i = 0; i < plan->n_changes; i++)
        changes[i] = (struct cli_change){plan->changes[i].record, plan->changes[i].set, plan->changes[i].restore};
    cli_key_make(put.key);
    int result = cli_put(import->cli, &put, &reply, problem);
    import->reply = reply;
    if (result == 0 && reply->n_done) // a roll may have very many, and each is looked for
        qsort(reply->done, reply->n_done, sizeof *reply->done, by_temporary);
    import->applied = result == 0 && !import->dry_run;
    return result;
}
