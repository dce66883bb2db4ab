// The power cut: real work on the real store is recorded down to its writes and syncs;
// then the disk is put into every state in which a cut could have left it, opened
// with real SQLite, and judged by what people had been told until then.
#ifndef TESTS_FAULTS_POWERCUT_H
#define TESTS_FAULTS_POWERCUT_H

#include "server/store/store.h"
#include "tests/faults/vfs_image.h"

#define CONTENT 32

// --- powercut_told.c: what the store told. On the loop's thread; read-only afterwards ---

struct told_row { // one change of a record, as whoever follows the store was told it
    const struct kind *kind;
    int64_t id;
    uint64_t version;
    enum action action;
    uint8_t content[CONTENT]; // hash of the packed record
    uint64_t from, to, batch; // of its request
    uint8_t key[STORE_KEY];   // of its request
    int64_t at;               // of its request
    uint64_t next;            // seq of this record's next change; 0: it is the newest
};
struct promise { // from this position of the recording on
    size_t position;
    uint64_t seq;   // all changes up to here are kept
    size_t tickets; // and so many tickets
};

void told_commit(struct commit *commit, void *unused); // a store_commit_fn; its changes are promised now
void told_ticket(void);                                // one more is promised now
// The lists of codes, which nobody was told of when the store opened; position: of the recording then.
void told_opened(struct commit *commit);
const struct told_row *told_row(uint64_t seq); // NULL: no such seq was ever told
uint64_t told_seq(void);                       // the last
void told_forget(void);                        // another store begins
// What must be there when the power goes at this position.
struct promise told_promise(size_t position);
size_t told_promises(void);
void told_content(const struct record *record, struct arena *arena, uint8_t content[CONTENT]);
void told_ticket_hash(size_t number, uint8_t hash[32]); // tickets are numbered from 1

// --- powercut_work.c ---

struct planted {               // a fault
    const char *fault;         // of server/fault.h; NULL: none
    enum image_file forgotten; // whose syncs are lost once the store is made; IMAGE_FILES: none
};
// A new store, `steps` groups of requests, its end. Ends the process if the store answers what it should not.
void work_run(uint64_t seed, int steps, const struct planted *planted);
void work_say(void); // one line of what happened in it

// --- powercut_fault.c: in place of server/fault_off.c ---

void fault_plant(const char *name); // before the store is opened; NULL: none
void fault_begin(void);             // the store is open: it may answer early from now on

// --- powercut_judge.c: over memory_disk ---

struct judged {
    size_t states, views, cold; // cold: opened anew though a connection was at hand
    size_t forgotten;           // keys at most that were no longer kept
    char why[512];              // empty: all good
};
extern struct judged judged;
// Opens the state and finds what is wrong with it, first of all against the promise.
bool judge_state(struct promise promise);
// Plants damage in the state of memory_disk, one kind at a time: each must be found. How many were; -1: one was not, see judged.why.
int judge_itself(void);

// --- powercut_replay.c ---

enum state { STATE_PREFIX, STATE_SYNCED, STATE_SUBSET, STATE_REORDERED, STATE_TORN, STATE_CUT, STATES };
struct replay {
    size_t wanted, positions, syncs, repeated;
    size_t of[STATES];
    enum state last;
};
// Every position, and random states up to about `wanted`. False: a state was bad, judged.why says how; memory_disk
// still holds it. True: memory_disk holds the end of the recording.
bool replay_run(struct replay *replay, uint64_t seed);

// --- numbers ---

struct dice {
    uint64_t state;
};
uint64_t dice_next(struct dice *dice);
unsigned dice_below(struct dice *dice, unsigned most); // 0 … most - 1

#endif
