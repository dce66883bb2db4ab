// The work that is recorded: what a school does in a busy hour, in groups that share
// a commit, with what goes wrong on the way: conflicts, refusals, the same request
// twice, readers that hold a snapshot, checkpoints, a restart. The loop's thread.
#include "tests/faults/powercut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/date.h"
#include "server/rules/rules.h"
#include "server/store/account.h"
#include "tests/faults/vfs_record.h"
#include "tests/support/storing.h"

#define KNOWN 400

struct asked { // a request on its way
    struct change change;
    bool is_again; // the first answer must come once more
};

static struct dice dice;
static unsigned waiting; // requests and readers without an answer
static int64_t pupils[KNOWN], targets[KNOWN];
static size_t n_pupils, n_targets;
static uint64_t batches[KNOWN];
static size_t n_batches, tickets;
static const struct asked *last;
static int32_t spell_day = 15000;
static int64_t passed; // seconds since the first hour

static void give_up(const char *what, const struct change *change)
{
    printf("red: %s: %s\n", what, change ? change->problem.message : "");
    exit(1);
}

// What came of it all: a recording is worth what happened in it.
static struct {
    unsigned done, idle, merged, refused, again, dry, undone, tickets, held, reopened, weeks, moved;
} tally;

void work_say(void)
{
    printf("work: %u requests done, %u of them merged, %u undoing; %u without effect, %u refused, %u said again, %u only tried;"
           " %u tickets, %u snapshots held, %u restarts, %u times a week passed, %u checkpoints in busy hours\n",
           tally.done, tally.merged, tally.undone, tally.idle, tally.refused, tally.again, tally.dry, tally.tickets, tally.held,
           tally.reopened, tally.weeks, tally.moved);
}

static bool is_refusal(int error)
{
    return error == ERR_CONFLICT || error == ERR_INVALID || error == ERR_NOT_FOUND;
}

static void count(const struct change *change, int result)
{
    const struct change_result *told = &change->result;
    bool real = !result && !change->dry_run && !told->replayed;
    tally.refused += result != 0;
    tally.dry += !result && change->dry_run;
    tally.again += told->replayed;
    tally.idle += real && !told->to_seq;
    tally.done += real && told->to_seq;
    tally.merged += real && told->to_seq && told->n_merged;
    tally.undone += real && told->to_seq && change->verb == CHANGE_UNDO;
}

static void on_answer(int result, void *data)
{
    struct asked *asked = data;
    const struct change_result *told = &asked->change.result;
    waiting--;
    if (result && !is_refusal(result))
        give_up("a request failed", &asked->change);
    count(&asked->change, result);
    if (result || asked->change.dry_run)
        return;
    if (told->replayed != asked->is_again)
        give_up("a key was not kept", &asked->change);
    if (told->to_seq && (told->to_seq > told_seq() || memcmp(told_row(told->to_seq)->key, asked->change.key, STORE_KEY) != 0))
        give_up("an answer does not fit what was told before", &asked->change);
    for (size_t i = 0; i < told->n_done; i++) {
        if (told->done[i].kind == pupil && told->done[i].version == 1 && n_pupils < KNOWN)
            pupils[n_pupils++] = told->done[i].id;
        if (told->done[i].kind == target && told->done[i].version == 1 && n_targets < KNOWN)
            targets[n_targets++] = told->done[i].id;
    }
    if (told->batch && !told->replayed && n_batches < KNOWN)
        batches[n_batches++] = told->batch;
}

static struct asked *request(enum change_verb verb)
{
    struct asked *asked = arena_zero(&arena, 1, sizeof *asked);
    if (!asked)
        abort();
    asked->change = storing_change(verb);
    asked->change.now += passed;
    for (size_t i = 0; i < sizeof asked->change.entropy; i++)
        asked->change.entropy[i] = (uint8_t)dice_next(&dice);
    return asked;
}

static void ask(struct asked *asked)
{
    waiting++;
    store_write(store, &asked->change, on_answer, asked);
}

static void put(struct put_item *items, size_t n, bool batched)
{
    struct asked *asked = request(CHANGE_PUT);
    asked->change.items = arena_copy(&arena, items, n * sizeof *items);
    asked->change.n_items = n;
    asked->change.batched = batched;
    asked->change.dry_run = !batched && dice_below(&dice, 25) == 0;
    last = asked->change.dry_run ? last : asked;
    ask(asked);
}

// Text of any length up to `most`, now and then long enough for pages of its own.
static const char *words(unsigned most)
{
    size_t n = dice_below(&dice, 12) ? 1 + dice_below(&dice, 60) : most;
    char *text = arena_alloc(&arena, n + 24);
    if (!text)
        abort();
    int size = snprintf(text, 24, "%08x ", (unsigned)dice_next(&dice));
    for (size_t i = (size_t)size; i < n; i++)
        text[i] = (char)(i % 7 ? 'a' + (int)dice_below(&dice, 26) : ' ');
    text[n > (size_t)size ? n - 1 : (size_t)size - 1] = 'z';
    text[n > (size_t)size ? n : (size_t)size] = 0;
    return text;
}

static struct put_item new_target(int64_t temporary, int64_t of)
{
    struct put_item item = storing_item(target, temporary, 0, "aim", words(900), "baseline", words(900), NULL);
    record_set(item.record, "pupil", value_number(of));
    item.set |= field_bit(field_find(target, "pupil"));
    return item;
}

static int64_t one_of(const int64_t *ids, size_t n)
{
    return ids[dice_below(&dice, (unsigned)n)];
}

// Most work is on few: there versions, merges and undoing come together.
static int64_t busy_target(void)
{
    size_t busy = n_targets < 10 || dice_below(&dice, 5) == 0 ? n_targets : 10;
    return one_of(targets + n_targets - busy, busy);
}

static uint64_t version_of(const struct kind *kind, int64_t id)
{
    for (uint64_t seq = told_seq(); seq; seq--)
        if (told_row(seq)->kind == kind && told_row(seq)->id == id)
            return told_row(seq)->version;
    return 1;
}

// --- what people do ---

static void add_pupil(void)
{
    struct put_item items[4] = {storing_item(pupil, -1, 0, "surname", words(50), "forename", words(50), "born", "2018-03-04", NULL)};
    size_t n = 1 + dice_below(&dice, 4);
    for (size_t i = 1; i < n; i++)
        items[i] = new_target(-1 - (int64_t)i, -1);
    put(items, n, false);
}

static void add_target(void)
{
    struct put_item item = new_target(-1, one_of(pupils, n_pupils));
    put(&item, 1, false);
}

// An old version now and then: a merge, or a conflict.
static void edit_target(void)
{
    int64_t id = busy_target();
    uint64_t version = version_of(target, id);
    version -= version > 1 && dice_below(&dice, 3) == 0;
    const char *const fields[] = {"progress", "note", "measure"};
    struct put_item item = storing_item(target, id, version, fields[dice_below(&dice, 3)], dice_below(&dice, 6) ? words(950) : "", NULL);
    put(&item, 1, false);
}

static void add_status(void)
{
    static const char *const codes[] = {"N", "K", "E"};
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX];
    date_iso(spell_day += 1 + (int32_t)dice_below(&dice, 5), day);
    id_format(pupil, one_of(pupils, n_pupils), id);
    struct put_item item = storing_item(status, -1, 0, "pupil", id, "provision", codes[dice_below(&dice, 3)], "starts", day, NULL);
    put(&item, 1, false);
}

static void add_batch(void)
{
    struct put_item items[24];
    size_t n = 4 + dice_below(&dice, 20);
    for (size_t i = 0; i < n; i++)
        items[i] = new_target(-1 - (int64_t)i, one_of(pupils, n_pupils));
    put(items, n, true);
}

static void refer_to_nobody(void)
{
    struct put_item item = new_target(-1, 999999);
    put(&item, 1, false);
}

static void remove_target(void)
{
    struct asked *asked = request(CHANGE_REMOVE);
    asked->change.kind = target;
    asked->change.id = busy_target();
    asked->change.version = version_of(target, asked->change.id);
    asked->change.reason = words(40);
    ask(asked);
}

static void undo_target(void)
{
    struct asked *asked = request(CHANGE_UNDO);
    asked->change.kind = target;
    asked->change.id = busy_target();
    ask(asked);
}

static void undo_batch(void)
{
    struct asked *asked = request(CHANGE_UNDO);
    asked->change.batch = n_batches ? batches[dice_below(&dice, (unsigned)n_batches)] : 1;
    ask(asked);
}

// The answer was lost on the way: the very same request, with its key.
static void say_again(void)
{
    if (!last || !last->change.result.n_done)
        return;
    struct asked *asked = request(CHANGE_PUT);
    memcpy(asked->change.key, last->change.key, STORE_KEY);
    memcpy(asked->change.hash, last->change.hash, sizeof asked->change.hash);
    asked->change.items = last->change.items;
    asked->change.n_items = last->change.n_items;
    asked->is_again = true;
    ask(asked);
}

static int keep_ticket(struct view *view, void *data)
{
    const struct ticket *ticket = data;
    return ticket_put(view, ticket);
}

static void on_ticket(int result, void *data)
{
    (void)data;
    waiting--;
    if (result)
        give_up("a ticket was not kept", NULL);
    told_ticket();
    tally.tickets++;
}

static void add_ticket(void)
{
    struct ticket *ticket = arena_zero(&arena, 1, sizeof *ticket);
    if (!ticket)
        abort();
    told_ticket_hash(++tickets, ticket->hash);
    ticket->staff = 1;
    ticket->device = (int64_t)tickets;
    waiting++;
    store_keep(store, keep_ticket, on_ticket, ticket);
}

static int look_long(struct view *view, void *data)
{
    (void)view;
    (void)data;
    usleep(40000);
    return 0;
}

static void on_look(int result, void *data)
{
    (void)result;
    (void)data;
    waiting--;
}

// While somebody looks at a snapshot a checkpoint gets only half-way, and the WAL cannot begin anew.
static void hold_snapshot(void)
{
    static const struct actor somebody = {.staff = 1};
    waiting++;
    tally.held++;
    store_read(store, &somebody, look_long, on_look, NULL);
}

static void some_request(void)
{
    static void (*const rare[])(void) = {undo_batch, say_again, refer_to_nobody, add_ticket, add_ticket, add_batch, hold_snapshot};
    static void (*const usual[])(void) = {edit_target, edit_target, edit_target, add_target, remove_target, undo_target, add_status};
    if (n_pupils < 4 || dice_below(&dice, 20) == 0)
        add_pupil();
    else if (!n_targets)
        add_target();
    else if (dice_below(&dice, 8) == 0)
        rare[dice_below(&dice, 7)]();
    else
        usual[dice_below(&dice, 7)]();
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
        give_up(reading.problem.message, NULL);
}

static void settle(void)
{
    while (waiting) {
        struct storing reading = {.read = nothing};
        storing_ask(&reading);
    }
}

// The keys of all that was asked until now are kept no longer.
static void pass_a_week(void)
{
    passed += STORE_KEY_KEPT + 86400;
    last = NULL;
    tally.weeks++;
    edit_target();
    settle();
    usleep(30000); // the store tidies up
}

// Commit after commit without a silence: the WAL is moved meanwhile.
static void busy_hour(void)
{
    size_t from = recorder_position();
    for (int i = 0; i < 300; i++) {
        edit_target();
        settle();
    }
    tally.moved += (unsigned)recorder_syncs(IMAGE_DB, from);
}

void work_run(uint64_t seed, int steps, const struct planted *planted)
{
    dice.state = seed;
    fault_plant(planted->fault);
    storing_open(NULL);
    opened();
    fault_begin();
    if (planted->forgotten != IMAGE_FILES)
        recorder_forget_syncs(planted->forgotten);
    for (int step = 0; step < steps; step++) {
        for (unsigned n = dice_below(&dice, 3) ? 1 + dice_below(&dice, 3) : 4 + dice_below(&dice, 12); n; n--)
            some_request();
        settle();
        if (dice_below(&dice, 6) == 0)
            usleep(30000); // silence: the store tidies up
        if (step % 60 == 20)
            pass_a_week();
        if (step == 70)
            busy_hour();
        if (step % 60 == 40) {
            storing_reopen("");
            opened();
            tally.reopened++;
        }
    }
    storing_close(NULL);
}
