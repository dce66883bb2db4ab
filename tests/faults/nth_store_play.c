// Asking the store, and waiting for its answers, whatever fails meanwhile. The loop's thread.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/rules/rules.h"
#include "server/store/account.h"
#include "server/store/sqlite/sqlite.h"
#include "tests/faults/nth_alloc.h"
#include "tests/faults/nth_store.h"
#include "tests/faults/powercut.h"
#include "tests/support/storing.h"

#define LATE_MS    400   // then nothing fails any more
#define HANGS_MS   30000 // then nobody will ever answer
#define SILENCE_US 40000 // the writer tidies up after half of it

static _Atomic bool ended;
bool threads_end;       // rather than stand still
static size_t tickets;  // that were told as kept
static uv_timer_t tick; // of who waits: whether it lasts too long

void __real__exit(int code) __attribute__((noreturn));
void __wrap__exit(int code) __attribute__((noreturn));

// The store ends the process: it is then as good as gone, and the judge goes on.
void __wrap__exit(int code)
{
    if (code != 70)
        __real__exit(code);
    atomic_store(&ended, true);
    if (threads_end)
        pthread_exit(NULL); // the writer's, while the store is being closed: who waits for it goes on
    for (;;)
        pause();
}

bool play_ended(void)
{
    return atomic_load(&ended);
}

void play_go_on(void)
{
    atomic_store(&ended, false);
}

// --- the store ---

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

// The tale itself needs memory, and gets it.
static void told_now(struct commit *commit, void *data)
{
    nth_alloc_pause();
    told_commit(commit, data);
    nth_alloc_resume();
}

void play_follow(void)
{
    struct storing reading = {.read = read_log};
    rules_register(store);
    store_on_commit(store, told_now, NULL);
    if (storing_ask(&reading)) {
        printf("red: %s\n", reading.problem.message);
        exit(1);
    }
}

void play_open(const char *fault)
{
    fault_plant(fault);
    told_forget();
    tickets = 0;
    storing_readers = 1; // the same statements are prepared already, whoever answers
    storing_open(NULL);
    uv_timer_init(store->loop, &tick);
    play_follow();
    fault_begin();
}

void play_place(char directory[PLAY_PATH])
{
    static const char *const places[] = {"/dev/shm/sendco-nth-XXXXXX", "/tmp/sendco-nth-XXXXXX"};
    snprintf(directory, PLAY_PATH, "%s", places[0]);
    if (mkdtemp(directory))
        return;
    snprintf(directory, PLAY_PATH, "%s", places[1]);
    if (!mkdtemp(directory))
        abort();
}

void play_reopen(void)
{
    storing_reopen("");
    play_follow();
}

void play_close(void)
{
    uv_close((uv_handle_t *)&tick, NULL);
    storing_close(NULL);
}

// --- one play ---

struct asked { // a change on its way
    struct play *play;
    size_t at;
};
static struct asked asked[PLAY_CHANGES];

static void on_change(int result, void *data)
{
    struct asked *one = data;
    one->play->results[one->at] = result;
    one->play->waiting--;
}

static void on_ticket(int result, void *data)
{
    struct asked *one = data;
    one->play->ticket_results[one->at] = result;
    one->play->waiting--;
}

static void on_read(int result, void *data)
{
    struct play *play = data;
    play->read_result = result;
    play->waiting--;
}

static int read_now(struct view *view, void *data)
{
    struct play *play = data;
    return play->read(view, play);
}

static struct ticket kept[PLAY_CHANGES];

static int keep_ticket(struct view *view, void *data)
{
    struct asked *one = data;
    return ticket_put(view, &kept[one->at]);
}

static void ask(struct play *play)
{
    static struct asked ticket_asked[PLAY_CHANGES];
    static const struct actor somebody = {.staff = 1};
    play->waiting = play->n_changes + play->tickets + (play->read != NULL);
    play->size = 0;
    play->text[0] = 0;
    for (size_t i = 0; i < PLAY_CHANGES; i++)
        play->results[i] = play->ticket_results[i] = ERR_UNKNOWN; // until it is answered
    for (size_t i = 0; i < play->n_changes; i++) {
        asked[i] = (struct asked){play, i};
        store_write(store, &play->changes[i], on_change, &asked[i]);
    }
    for (size_t i = 0; i < play->tickets; i++) {
        ticket_asked[i] = (struct asked){play, i};
        kept[i] = (struct ticket){.staff = 1, .device = (int64_t)(tickets + i + 1)};
        told_ticket_hash(tickets + i + 1, kept[i].hash);
        store_keep(store, keep_ticket, on_ticket, &ticket_asked[i]);
    }
    if (play->read) {
        problem_init(&play->problem, &play->memory);
        store_read(store, &somebody, read_now, on_read, play);
    }
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void told_tickets(const struct play *play)
{
    bool all = true;
    for (size_t i = 0; i < play->tickets; i++)
        all &= play->ticket_results[i] == 0;
    for (size_t i = 0; all && i < play->tickets; i++, tickets++)
        told_ticket();
}

static void on_tick(uv_timer_t *timer)
{
    (void)timer;
}

// `late`: may be NULL; the same when it need not be called any more.
static void wait_for(struct play *play, const struct scenario *scenario, void (**late)(void))
{
    double began = milliseconds();
    uv_timer_start(&tick, on_tick, 1, 1);
    while (play->waiting && !play_ended()) {
        uv_run(store->loop, UV_RUN_ONCE);
        double passed = milliseconds() - began;
        if (*late && passed > LATE_MS) {
            (*late)();
            *late = NULL;
        }
        if (passed > HANGS_MS) {
            printf("red: %s: no answer comes\n", scenario->name);
            exit(1);
        }
    }
    uv_timer_stop(&tick);
}

static int nothing(struct view *view, void *data)
{
    (void)view;
    (void)data;
    return 0;
}

static void on_nothing(int result, void *data)
{
    struct play *play = data;
    (void)result;
    play->waiting--;
}

bool play_run(struct play *play, const struct scenario *scenario, void (*late)(void))
{
    bool waits = scenario->waits && !play->is_again;
    ask(play);
    wait_for(play, scenario, &late);
    if (waits)
        usleep(SILENCE_US);
    if (late)
        late();
    late = NULL;
    if (waits && !play_ended()) { // the writer may still be at it, and end the process for what it meets
        play->waiting++;
        store_keep(store, nothing, on_nothing, play);
        wait_for(play, scenario, &late);
    }
    told_tickets(play);
    return !play_ended();
}

void play_again(const struct play *play, struct play *again)
{
    arena_deinit(&again->memory);
    arena_init(&again->memory, 0);
    again->n_changes = play->n_changes;
    again->tickets = play->tickets;
    again->read = play->read;
    again->is_again = true;
    for (size_t i = 0; i < play->n_changes; i++) {
        again->changes[i] = play->changes[i];
        again->changes[i].result = (struct change_result){.n_done = 0};
        problem_init(&again->changes[i].problem, again->changes[i].arena);
    }
}
