// What an undo of a batch left alone, and why: somebody changed it since, or it had
// been taken back before. Main thread.
#include "client/cli/told.h"
#include "client/cli/writing.h"

#include "common/kind.h"

struct looking {
    const Sendco__PutReply *reply;
    bool *back;
};

static int on_record(struct record *record, void *data)
{
    const struct looking *looking = data;

    for (size_t i = 0; record->removed && i < looking->reply->n_skipped; i++)
        if (looking->reply->skipped[i]->kind == record->kind->number && looking->reply->skipped[i]->id == record->id)
            looking->back[i] = true;
    return 0;
}

bool *skipped_back(struct cli *cli, const Sendco__PutReply *reply)
{
    struct looking looking = {reply, arena_zero(&cli->arena, reply->n_skipped + 1, sizeof *looking.back)};
    struct problem ignored;

    problem_init(&ignored, NULL);
    for (size_t k = 0; k < n_kinds && looking.back; k++) {
        struct cli_query query;
        bool any = false;

        for (size_t i = 0; i < reply->n_skipped; i++)
            any |= reply->skipped[i]->kind == kinds[k].number;
        cli_query_init(&query, &kinds[k]);
        query.removed = true;
        if (any && cli_list(cli, &query, on_record, &looking, NULL, &ignored) != 0)
            break; // then they are told as left alone, which they are
    }
    return looking.back;
}

static void skipped_line(struct cli *cli, const Sendco__PutReply *reply, const bool *back, bool wanted, const char *why)
{
    const char *ids = "";
    size_t n = 0;

    for (size_t i = 0; i < reply->n_skipped; i++)
        if ((back && back[i]) == wanted)
            ids = told_id(cli, ids, n++, kind_by_number(reply->skipped[i]->kind), reply->skipped[i]->id);
    if (n > 0)
        fprintf(cli->out, "  %s: %zu (%s)\n", why, n, told_rest(cli, ids, n));
}

void skipped_text(struct cli *cli, const Sendco__PutReply *reply, const bool *back)
{
    skipped_line(cli, reply, back, true, "already taken back");
    skipped_line(cli, reply, back, false, "left alone, changed since");
}
