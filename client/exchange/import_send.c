// Sends a plan as one batch, so that one undo takes all of it back. Main thread.
#include "client/exchange/import.h"

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
    import->applied = result == 0 && !import->dry_run;
    return result;
}
