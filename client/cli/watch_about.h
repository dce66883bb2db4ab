// Telling watched changes, and the names of those whom they are about. Main thread.
#ifndef CLIENT_CLI_WATCH_ABOUT_H
#define CLIENT_CLI_WATCH_ABOUT_H

#include <jansson.h>

#include "client/cli/cli.h"

#define WATCH_LABELS 256

struct watch_label {
    const struct kind *kind;
    int64_t id;
    char *text;
};

struct watch_labels {
    struct watch_label slots[WATCH_LABELS];
};

// " of Xu, Xin Yi", in cli->arena; "" when the record itself is the one it is about,
// or the server does not say. Asks the server, so not while a push is being received.
const char *watch_about(struct cli *cli, struct watch_labels *labels, const Sendco__Change *change, const struct kind *kind, int64_t id);
// The record changed: its name may have.
void watch_label_forget(struct watch_labels *labels, const struct kind *kind, int64_t id);
void watch_labels_free(struct watch_labels *labels);

// One change on standard output: for people with whom it is about, else with tabs between.
void watch_change_line(struct cli *cli, struct watch_labels *labels, const Sendco__Change *change, const struct record *record,
                       const struct kind *kind, int64_t id);
// The same as a JSON object, which is the caller's. `record` may be NULL.
json_t *watch_change_json(struct cli *cli, const Sendco__Change *change, const struct record *record, const struct kind *kind, int64_t id);

#endif
