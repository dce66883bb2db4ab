// What one person has of the server, on all connections together: so that one who is let in, or a
// script of theirs gone wild, cannot have what is there for the whole school. Loop thread.
#ifndef SERVER_PERSON_H
#define SERVER_PERSON_H

#include <stdint.h>

#include "common/table.h"

// A desk, a few terminals and scripts at work need a dozen of each. Every commit is told to every watch.
#define PERSON_SESSIONS 64  // logged in at once
#define PERSON_WATCHES  256 // over all of them

struct problem;
struct session;

struct person {
    UT_hash_handle hh;
    int64_t staff;
    unsigned n_sessions, n_watches;
};

// Its session has proved who it is: counts it, once. 0; ERR_BUSY: one too many; ERR_NOMEM. See problem.
int person_join(struct session *session, struct problem *problem);
// It goes, and what it watched has ended. Of one that was not counted, or no more, nothing.
void person_leave(struct session *session);
// May this session, which is logged in, watch one thing more? 0 or ERR_BUSY: see problem.
int person_may_watch(const struct session *session, struct problem *problem);

#endif
