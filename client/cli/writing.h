// One change on its way, and how its outcome is told. Main thread.
#ifndef CLIENT_CLI_WRITING_H
#define CLIENT_CLI_WRITING_H

#include <jansson.h>

#include "client/cli/cli.h"

struct writing {
    struct cli *cli;
    const struct kind *kind; // NULL: a batch
    int64_t id;              // 0 while new
    struct record *record;   // what was typed; NULL for remove and undo
    uint64_t set;
    uint8_t key[CLI_KEY];
    const char *verb;
    const char *what; // what it said, of one that is removed; NULL: read it when it is told
    bool undo;
    uint64_t batch, version; // version: the base, or the one to take back
    uint64_t seen;           // of the Put: the same request has the same
};

// Of what an undo of a batch left alone, which are removed already; NULL when memory is out.
bool *skipped_back(struct cli *cli, const Sendco__PutReply *reply);
void skipped_text(struct cli *cli, const Sendco__PutReply *reply, const bool *back);

// The key: of --key, else a new one.
int writing_key(struct cli *cli, struct writing *writing, struct problem *problem);
// The promised object; `reply` NULL: nothing had to change.
json_t *writing_shape(const struct writing *writing, const Sendco__PutReply *reply);
void writing_row(const struct writing *writing, const Sendco__PutReply *reply);
// What names were taken for, on standard error: where standard output is for programs.
void writing_named(struct cli *cli);
// What was merged, what followed, what was warned of: for people, under what was done.
void writing_more(const struct writing *writing, const Sendco__PutReply *reply);

// Both return the exit code.
int writing_done(const struct writing *writing, const Sendco__PutReply *reply);
int writing_failed(const struct writing *writing, const char *doing, struct problem *problem);

#endif
