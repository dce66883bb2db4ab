// A period's provision map on its way into the next: what its files share. Main thread.
#ifndef CLIENT_CLI_CAPTURE_COPY_H
#define CLIENT_CLI_CAPTURE_COPY_H

#include "client/cli/capture.h"

struct copied {
    const struct record *from;
    struct record *to; // NULL: left out
    const char *why;   // why it was
    size_t pupils, gone;
};

struct copying {
    struct capture capture;
    int32_t from, until, starts, ends;
    struct captured runs, members, pupils;
    struct copied *copies;
    size_t n, made, placed, n_there; // placed: pupils in all
    const char *there;               // the copies that there are already
};

// The members of a run, one for each pupil: start with *at = 0. NULL at the end.
const struct record *member_next(const struct copying *copying, const struct copied *copy, size_t *at);
// Why a pupil does not go on, in the run's arena or constant; NULL: goes on.
const char *member_not(const struct copying *copying, const struct record *member);

// Shows what would be done, and asks. 0 to go on, 1 not to, or an error: a script says --yes.
int copying_agreed(struct copying *copying);
// Tells what was done: the exit code.
int copying_done(struct copying *copying);

#endif
