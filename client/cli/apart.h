// What tells records of one name apart: what must be known of them that the name does
// not show, and what they are in today, a pupil's class. Generic over kinds. Main thread.
#ifndef CLIENT_CLI_APART_H
#define CLIENT_CLI_APART_H

#include "client/cli/cli.h"

struct apart {
    const struct record *record;
    const char *in; // the class; NULL: in none, or of no kind that is in anything
    struct cli_labels *labels;
};

// Can more be said of records of this kind than what they are called?
bool apart_can(const struct kind *kind);
// Asks the server. 0 or an error; in cli->arena.
int apart_get(struct cli *cli, const struct kind *kind, int64_t id, struct apart *apart, struct problem *problem);
// "3B, born 14 Mar 2018"; "" when there is nothing to say.
const char *apart_text(struct cli *cli, const struct apart *apart);
// Are these n words nothing but what tells it apart? "3B", "14/3/2018", "3B born 14 Mar 2018".
bool apart_fits(struct cli *cli, const struct apart *apart, const char *const *words, size_t n);
// "Khan, Aisha  3B, born 14 Mar 2018": the label alone when the server says no more.
const char *apart_label(struct cli *cli, const struct kind *kind, int64_t id, const char *label);

#endif
