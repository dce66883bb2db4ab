// `sendco import`: what came of it, and how it is told. Main thread.
#ifndef CLIENT_EXCHANGE_IMPORT_H
#define CLIENT_EXCHANGE_IMPORT_H

#include "client/cli/cli.h"
#include "client/exchange/plan.h"

struct import {
    struct cli *cli;
    const char *file;
    int32_t date;
    struct roll roll;
    struct school school;
    struct plan plan;
    bool dry_run, applied;
    bool asked;                    // a person saw the plan and said yes
    uint64_t seen;                 // how far the school was known when reading began
    const Sendco__PutReply *reply; // NULL: nothing was sent
};

// Sends the plan as one batch; with dry_run the server only checks it. 0 or an error.
int import_send(struct import *import, struct problem *problem);
// As one JSON object on cli->out.
void import_show_json(const struct import *import);
// Summary, faults, what comes next.
void import_show_text(const struct import *import);
// What a person is asked about, not longer than the terminal; and, after a yes, how it ended.
void import_show_question(const struct import *import);
void import_show_end(const struct import *import);

#endif
