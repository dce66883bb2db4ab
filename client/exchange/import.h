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
    struct roll_map *maps; // what --map says, and what was remembered
    size_t n_maps;
    uint64_t headings;             // of the file: what a mapping is remembered by
    enum roll_order order;         // of dates, by --date-order
    bool asked;                    // a person saw the plan and said yes
    uint64_t seen;                 // how far the school was known when reading began
    const Sendco__PutReply *reply; // NULL: nothing was sent
};

// What the server holds, into import->school. 0 or an error.
int import_load(struct import *import, struct problem *problem);
// What --map says, into import->maps. 0 or ERR_USAGE.
int mapping_options(struct import *import, struct problem *problem);
// Adds what was remembered for a file of these headings; --forget-map drops it. 0 or ERR_CONFIG.
int mapping_recall(struct import *import, const char *bytes, size_t size, struct problem *problem);
// Asks at a terminal what the headings mean that sound like ours and are not. True: read the file again.
bool mapping_ask(struct import *import);
// Keeps what --map said, when the file was read with it. 0 or ERR_CONFIG.
int mapping_keep(struct import *import, struct problem *problem);

// Sends the plan as one batch; with dry_run the server only checks it. 0 or an error.
int import_send(struct import *import, struct problem *problem);
// What became of this new record; NULL: nothing is told of it. Of the reply of import_send only, which lies in order.
const Sendco__PutReply__Done *import_done(const Sendco__PutReply *reply, const struct record *record);
// As one JSON object on cli->out.
void import_show_json(const struct import *import);
// The changes of the plan, pupil by pupil, from what to what.
void import_show_changes(const struct import *import, size_t most);
// Text for a terminal, cut to `width` columns unless that is 0.
const char *import_safe(const struct import *import, const char *text, int width);
// Summary, faults, what comes next.
void import_show_text(const struct import *import);
// What a person is asked about, not longer than the terminal; and, after a yes, how it ended.
void import_show_question(const struct import *import);
void import_show_end(const struct import *import);

#endif
