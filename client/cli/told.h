// Many of a kind told in one line: warnings, ids, counts. Main thread.
#ifndef CLIENT_CLI_TOLD_H
#define CLIENT_CLI_TOLD_H

#include <jansson.h>

#include "client/cli/cli.h"

// "1 record", "3 records".
const char *told_count(struct cli *cli, size_t n, const char *one, const char *many);
// "PUP-0017, PUP-0025, PUP-003X and 77 more"; adds one to what `text` ("" at first) says of `nth` + 1 so far.
const char *told_id(struct cli *cli, const char *text, size_t nth, const struct kind *kind, int64_t id);
// The end of it: how many were not named.
const char *told_rest(struct cli *cli, const char *text, size_t n);
// "SPLD rank 2, of O'Hanrahan, Róisín": what a record says and whose it is, made safe to print. "" when it
// cannot be read.
const char *told_record(struct cli *cli, const struct kind *kind, int64_t id);
// Each distinct sentence once, with how often and of which records.
void told_warnings(struct cli *cli, FILE *to, const char *prefix, const Sendco__PutReply *reply);
// [{kind, id, field, message}, …], every one.
json_t *told_warnings_json(const Sendco__PutReply *reply);

#endif
