// The versions of one record. Main thread.
#ifndef CLIENT_CLI_HISTORY_H
#define CLIENT_CLI_HISTORY_H

#include "client/cli/cli.h"

struct version {
    uint64_t seq, version, batch, changed;
    int64_t at;
    const char *who, *on_behalf_of, *reason;
    Sendco__Action action;
    struct record *record;
};

struct versions {
    struct version *list;
    size_t n, size;
    struct cli_labels *labels;
    struct problem *problem;
};

// Oldest first, in cli->arena. 0 or an error.
int history_get(struct cli *cli, const struct kind *kind, int64_t id, struct versions *versions, struct problem *problem);
struct value version_value(const struct version *version, const struct field *field); // empty for NULL
// What one version changed, in words: "Status Met -> Open; Note (empty) -> Late".
const char *history_changes(struct cli *cli, const struct versions *versions, const struct version *version);

#endif
