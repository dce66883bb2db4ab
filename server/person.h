// What one person has of the server, on all connections together: so that one who is let in, or a
// script of theirs gone wild, cannot have what is there for the whole school. Loop thread.
#ifndef SERVER_PERSON_H
#define SERVER_PERSON_H

#include <stdint.h>

#include "common/table.h"

// A desk, a few terminals and scripts at work need a dozen of each. Every commit is told to every watch.
#define PERSON_SESSIONS 64                // logged in at once
#define PERSON_WATCHES  256               // over all of them
#define PERSON_REQUESTS 512               // being answered at once
#define PERSON_CHANGES  ((size_t)8 << 20) // bytes that changes take while they wait to be made; one of them may be larger

struct problem;
struct server;
struct session;

struct person {
    UT_hash_handle hh;
    int64_t staff;
    unsigned n_sessions, n_watches, n_requests;
    size_t changing; // bytes
};

// Its session has proved who it is: counts it, once. 0; ERR_BUSY: one too many; ERR_NOMEM. See problem.
int person_join(struct session *session, struct problem *problem);
// It goes, and what it watched has ended. Of one that was not counted, or no more, nothing.
void person_leave(struct session *session);
// May this session, which is logged in, watch one thing more? 0 or ERR_BUSY: see problem.
int person_may_watch(const struct session *session, struct problem *problem);

// One request more, of a session that is logged in (else NULL): counted until person_answered, which may come when all
// their sessions have gone.
struct person *person_asks(struct session *session);
// Is that not too many? 0 or ERR_BUSY: see problem.
int person_may_ask(const struct person *person, struct problem *problem);
void person_answered(struct server *server, struct person *person);
// A change of so many bytes goes to the store: 0, or ERR_BUSY, and it is not counted; until person_changed. See problem.
int person_changes(struct person *person, size_t size, struct problem *problem);
void person_changed(struct person *person, size_t size);

#endif
