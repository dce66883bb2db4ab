// The store while one thing after another fails under it: what is played, and how it is judged.
#ifndef TESTS_FAULTS_NTH_STORE_H
#define TESTS_FAULTS_NTH_STORE_H

#include "server/store/store.h"

#define PLAY_CHANGES 6
#define PLAY_TEXT    65536
#define PLAY_PATH    64

// One run of a scenario: what is asked, and what came of it as a text that is the same in every good run.
struct play {
    struct change changes[PLAY_CHANGES];
    int results[PLAY_CHANGES];
    size_t n_changes;
    size_t tickets; // kept beside the changes: new ones
    int ticket_results[PLAY_CHANGES];
    int (*read)(struct view *view, struct play *play); // NULL: it does not read
    int read_result;
    struct problem problem;
    char text[PLAY_TEXT]; // of what was read
    size_t size;
    struct arena memory; // of the reading
    size_t waiting;
    bool is_again; // all is well by now
};

struct scenario {
    const char *name;
    void (*prepare)(struct play *play); // while nothing fails
    bool waits;                         // the writer is left in silence for a while: it tidies up
    bool is_cold;                       // with a store that has just been opened: no statement is prepared yet
};

// --- nth_store_scenes.c: who changes something. nth_store_reading.c: who reads ---

void scenes_prepare(void);                   // what the readings read
const struct scenario *scene(size_t number); // from 0, readings first, each cold as well; NULL: there are no more. Till the next call
extern const struct scenario readings[];
extern const size_t n_readings;
extern struct scenes_ground { // what the readings know by name
    int64_t one, two, target; // pupils; a target with a past
    uint64_t read_from;       // the log from there
} ground;

// --- nth_store_play.c: on the loop's thread ---

void play_follow(void);            // whoever follows the store that is open
void play_open(const char *fault); // a store with rules; its followers' tale is kept (powercut_told.c)
void play_close(void);
void play_reopen(void);
void play_place(char directory[PLAY_PATH]); // a new directory, in memory where there is one: nobody waits for a disk here
// Asks all that the play holds, and waits. `late`: called once when no answer comes for a while. False: the store ended
// the process, as it does when the disk fails to keep a change.
bool play_run(struct play *play, const struct scenario *scenario, void (*late)(void));
// The same requests under the same keys, in `again`.
void play_again(const struct play *play, struct play *again);
extern bool threads_end; // a thread that ends the process ends alone, rather than stand still
bool play_ended(void);   // the store would be gone
void play_go_on(void);   // with another one
// One change's outcome as a text without numbers; `done_only`: what is the same when the answer is given again.
void play_outcome(const struct change *change, int result, bool done_only, char *text, size_t size);

// --- nth_store_share.c ---

// Does `work` in so many processes (1: in this one), which all go through the same sweeps. How many points they tried.
// One that ends otherwise than with 0 ends the program, with 1.
uint64_t share_out(unsigned among, void (*work)(void));
bool share_mine(uint64_t i); // is the i-th point of a sweep to be tried by this process?
// This process has gone through a sweep, and in so many points something failed. The last process says how many that is in
// all. `of`: so many there are; 0: those were all.
void share_told(const char *scenario, const char *failing, uint64_t tried, uint64_t of, uint64_t ended);

// --- nth_store_judge.c ---

// Is each answer of this play, in which something failed, true? `clean`: the same scenario without a failure.
bool judge_answers(const struct scenario *scenario, const struct play *play, const struct play *clean);
// Asks the same again, with the same keys: what was done is not done twice, what was not is done now.
bool judge_again(const struct scenario *scenario, const struct play *play, const struct play *clean);
// Everything that was told is there, and nothing else. False here and above: judged.why (powercut.h) says what is wrong.
bool judge_all(void);

// --- nth_store_restart.c ---

// The store has ended the process: its files, as another process would find them, are served read-only, then written again.
bool judge_restart(const struct scenario *scenario, const struct play *play, const struct play *clean);

// --- nth_store_open.c ---

struct failing { // a way to fail
    const char *name;
    void (*arm)(unsigned variant, uint64_t nth);
    uint64_t (*disarm)(void); // how many were counted
    uint64_t (*failed)(void);
    unsigned variant;
};
// Opening and closing a new database, or one that is there, while the nth thing fails. False: it went wrong.
bool open_try(bool create, const struct failing *failing, uint64_t nth, uint64_t *counted);
void open_end(void); // removes what it used

#endif
