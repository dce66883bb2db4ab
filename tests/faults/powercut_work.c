// The work that is recorded: what a school does in a busy hour, in groups that share
// a commit, with what goes wrong on the way: conflicts, refusals, the same request
// twice, readers that hold a snapshot, checkpoints, a restart. The loop's thread.
#include "tests/faults/powercut_work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/rules/rules.h"
#include "tests/faults/vfs_record.h"
#include "tests/support/storing.h"

struct work work;

void work_give_up(const char *what, const struct change *change)
{
    printf("red: %s: %s\n", what, change ? change->problem.message : "");
    exit(1);
}

void work_say(void)
{
    const struct tally *tally = &work.tally;
    printf("work: %u requests done, %u of them merged, %u undoing; %u without effect, %u refused, %u said again, %u only tried;"
           " %u tickets, %u snapshots held, %u restarts, %u times a week passed, %u checkpoints in busy hours\n",
           tally->done, tally->merged, tally->undone, tally->idle, tally->refused, tally->again, tally->dry, tally->tickets, tally->held,
           tally->reopened, tally->weeks, tally->moved);
}

static bool is_refusal(int error)
{
    return error == ERR_CONFLICT || error == ERR_INVALID || error == ERR_NOT_FOUND;
}

static void count(const struct change *change, int result)
{
    struct tally *tally = &work.tally;
    const struct change_result *told = &change->result;
    bool real = !result && !change->dry_run && !told->replayed;
    tally->refused += result != 0;
    tally->dry += !result && change->dry_run;
    tally->again += told->replayed;
    tally->idle += real && !told->to_seq;
    tally->done += real && told->to_seq;
    tally->merged += real && told->to_seq && told->n_merged;
    tally->undone += real && told->to_seq && change->verb == CHANGE_UNDO;
}

static void on_answer(int result, void *data)
{
    struct asked *asked = data;
    const struct change_result *told = &asked->change.result;
    work.waiting--;
    if (result && !is_refusal(result))
        work_give_up("a request failed", &asked->change);
    count(&asked->change, result);
    if (result || asked->change.dry_run)
        return;
    if (told->replayed != asked->is_again)
        work_give_up("a key was not kept", &asked->change);
    if (told->to_seq && (told->to_seq > told_seq() || memcmp(told_row(told->to_seq)->key, asked->change.key, STORE_KEY) != 0))
        work_give_up("an answer does not fit what was told before", &asked->change);
    for (size_t i = 0; i < told->n_done; i++) {
        if (told->done[i].kind == pupil && told->done[i].version == 1 && work.n_pupils < KNOWN)
            work.pupils[work.n_pupils++] = told->done[i].id;
        if (told->done[i].kind == target && told->done[i].version == 1 && work.n_targets < KNOWN)
            work.targets[work.n_targets++] = told->done[i].id;
    }
    if (told->batch && !told->replayed && work.n_batches < KNOWN)
        work.batches[work.n_batches++] = told->batch;
}

struct asked *work_request(enum change_verb verb)
{
    struct asked *asked = arena_zero(&arena, 1, sizeof *asked);
    if (!asked)
        abort();
    asked->change = storing_change(verb);
    asked->change.now += work.passed;
    for (size_t i = 0; i < sizeof asked->change.entropy; i++)
        asked->change.entropy[i] = (uint8_t)dice_next(&work.dice);
    return asked;
}

void work_ask(struct asked *asked)
{
    work.waiting++;
    store_write(store, &asked->change, on_answer, asked);
}

// --- the store's life ---

static int nothing(struct view *view, struct storing *reading)
{
    (void)view;
    (void)reading;
    return 0;
}

static int told_before(struct commit *commit, void *data)
{
    (void)data;
    told_opened(commit);
    commit_unref(commit);
    return 0;
}

static int read_log(struct view *view, struct storing *reading)
{
    return view_commits(view, told_seq(), 0, told_before, NULL, &reading->problem);
}

// The reader's thread reads the log while the loop's waits for it.
static void opened(void)
{
    struct storing reading = {.read = read_log};
    rules_register(store);
    store_on_commit(store, told_commit, NULL);
    if (storing_ask(&reading))
        work_give_up(reading.problem.message, NULL);
}

static void settle(void)
{
    while (work.waiting) {
        struct storing reading = {.read = nothing};
        storing_ask(&reading);
    }
}

// The keys of all that was asked until now are kept no longer.
static void pass_a_week(void)
{
    work.passed += STORE_KEY_KEPT + 86400;
    work.last = NULL;
    work.tally.weeks++;
    work_edit();
    settle();
    usleep(30000); // the store tidies up
}

// Commit after commit without a silence: the WAL is moved meanwhile.
static void busy_hour(void)
{
    size_t from = recorder_position();
    for (int i = 0; i < 300; i++) {
        work_edit();
        settle();
    }
    work.tally.moved += (unsigned)recorder_syncs(IMAGE_DB, from);
}

void work_run(uint64_t seed, int steps, const struct planted *planted)
{
    work.dice.state = seed;
    fault_plant(planted->fault);
    storing_open(NULL);
    opened();
    fault_begin();
    if (planted->forgotten != IMAGE_FILES)
        recorder_forget_syncs(planted->forgotten);
    for (int step = 0; step < steps; step++) {
        for (unsigned n = dice_below(&work.dice, 3) ? 1 + dice_below(&work.dice, 3) : 4 + dice_below(&work.dice, 12); n; n--)
            work_some();
        settle();
        if (dice_below(&work.dice, 6) == 0)
            usleep(30000); // silence: the store tidies up
        if (step % 60 == 20)
            pass_a_week();
        if (step == 70)
            busy_hour();
        if (step % 60 == 40) {
            storing_reopen("");
            opened();
            work.tally.reopened++;
        }
    }
    storing_close(NULL);
}
