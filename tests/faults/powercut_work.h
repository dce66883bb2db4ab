// The recorded work among its files: one request on its way, and what is known by now. The
// loop's thread.
#ifndef TESTS_FAULTS_POWERCUT_WORK_H
#define TESTS_FAULTS_POWERCUT_WORK_H

#include "tests/faults/powercut.h"

#define KNOWN 400

struct asked { // a request on its way
    struct change change;
    bool is_again; // the first answer must come once more
};

// What came of it all: a recording is worth what happened in it.
struct tally {
    unsigned done, idle, merged, refused, again, dry, undone, tickets, held, reopened, weeks, moved;
};

extern struct work {
    struct dice dice;
    unsigned waiting; // requests and readers without an answer
    int64_t pupils[KNOWN], targets[KNOWN];
    size_t n_pupils, n_targets;
    uint64_t batches[KNOWN];
    size_t n_batches;
    const struct asked *last; // what can be said again; NULL: nothing
    int64_t passed;           // seconds since the first hour
    struct tally tally;
} work;

// --- powercut_work.c ---

struct asked *work_request(enum change_verb verb); // in the arena, with a new key
void work_ask(struct asked *asked);
// Ends the program: the store answered what it should not. `change`: may be NULL.
void work_give_up(const char *what, const struct change *change);

// --- powercut_people.c ---

void work_some(void); // asks something that people ask
void work_edit(void); // a target is edited: an old version of it now and then

#endif
