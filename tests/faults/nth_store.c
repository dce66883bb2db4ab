// The store while the Nth thing fails, for N = 1, 2, 3 … until nothing does:
//
//     nth_store HOW [--limit N] [--only SCENARIO] [--fault NAME] [--seed N] [--processes N]
//
// HOW: "once" (an allocation), "on" (it and all after it), "calls" (of SQLite, with three
// codes, the transaction kept or rolled back), "disk" (a call of the VFS; each in a process
// of its own), "open" (all of these while a store is opened and closed). With --limit at
// most so many of a scenario's points are tried, spread evenly. --fault plants one of the
// store's faults (server/fault.h). --processes shares the points out among so many. It ends
// with 0 when all was answered truly, with 1 and a line "red: …" when not.
#include "tests/faults/nth_store.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/faults/nth_alloc.h"
#include "tests/faults/nth_calls.h"
#include "tests/faults/nth_vfs.h"
#include "tests/faults/powercut.h"
#include "tests/support/storing.h"

#define LOOK_EVERY 50   // points
#define PASSES     3    // in a row without a failure: it passes clean, whatever the threads do
#define ROWS_MOST  2000 // that earlier sweeps have left: looking at all of them takes its time

static struct {
    const char *how, *only, *fault;
    uint64_t limit, seed;
    unsigned processes;
} options = {.how = "once", .limit = UINT64_MAX, .seed = 1, .processes = 1};

// --- ways to fail ---

static void arm_alloc(unsigned variant, uint64_t nth)
{
    nth_alloc_arm(nth, NTH_PROCESS, variant ? NTH_ON : NTH_ONCE);
}

static const int codes[] = {SQLITE_NOMEM, SQLITE_IOERR_READ, SQLITE_FULL};

static void arm_calls(unsigned variant, uint64_t nth)
{
    nth_calls_arm(nth, codes[variant / 2], variant % 2 ? NTH_GONE : NTH_KEPT);
}

static void arm_disk(unsigned variant, uint64_t nth)
{
    nth_vfs_arm(variant / 2, nth, variant % 2);
}

static const struct failing once = {"allocations, once", arm_alloc, nth_alloc_disarm, nth_alloc_failed, 0};
static const struct failing on = {"allocations, from then on", arm_alloc, nth_alloc_disarm, nth_alloc_failed, 1};
static const struct failing calls[] = {
    {"calls: NOMEM", arm_calls, nth_calls_disarm, nth_calls_failed, 0},
    {"calls: NOMEM, rolled back", arm_calls, nth_calls_disarm, nth_calls_failed, 1},
    {"calls: IOERR", arm_calls, nth_calls_disarm, nth_calls_failed, 2},
    {"calls: IOERR, rolled back", arm_calls, nth_calls_disarm, nth_calls_failed, 3},
    {"calls: FULL", arm_calls, nth_calls_disarm, nth_calls_failed, 4},
    {"calls: FULL, rolled back", arm_calls, nth_calls_disarm, nth_calls_failed, 5},
};

static const struct failing *now_failing;

static void stop_failing(void)
{
    now_failing->disarm();
}

// --- a point that does not end ---

#define HANG_SECONDS 120

static char point_name[200];

static void on_alarm(int number)
{
    (void)number;
    if (write(STDOUT_FILENO, point_name, strlen(point_name)) < 0)
        _exit(2);
    _exit(1);
}

static void point_begins(const char *scenario, const char *failing, uint64_t nth)
{
    snprintf(point_name, sizeof point_name, "red: %s, %s, number %llu: no end within %d s\n", scenario, failing, (unsigned long long)nth,
             HANG_SECONDS);
    signal(SIGALRM, on_alarm);
    alarm(HANG_SECONDS);
}

// --- one point ---

static struct play clean, play; // too large for the stack

static void play_begin(struct play *one, const struct scenario *scenario)
{
    arena_deinit(&one->memory);
    memset(one, 0, sizeof *one);
    arena_init(&one->memory, 0);
    scenario->prepare(one);
    if (scenario->is_cold)
        play_reopen();
}

static void red(const struct scenario *scenario, const struct failing *failing, uint64_t nth)
{
    printf("red: %s, %s, number %llu: %s\n", scenario->name, failing->name, (unsigned long long)nth, judged.why);
    if (strncmp(failing->name, "allocations", 11) == 0)
        nth_alloc_where();
    else if (strncmp(failing->name, "calls", 5) == 0)
        printf("that failed: %s\n", nth_calls_where());
    exit(1);
}

// How many things this scenario could fail by, and what it answers when none does. A first time for the statements
// that are then prepared.
static uint64_t play_clean(const struct scenario *scenario, const struct failing *failing)
{
    arena_reset(&arena);
    play_begin(&clean, scenario);
    play_run(&clean, scenario, NULL);
    play_begin(&clean, scenario);
    failing->arm(failing->variant, UINT64_MAX);
    play_run(&clean, scenario, NULL);
    return failing->disarm();
}

static bool is_over; // the store has ended, in this process

// False: nothing failed.
static bool play_point(const struct scenario *scenario, const struct failing *failing, uint64_t nth)
{
    point_begins(scenario->name, failing->name, nth);
    play_begin(&play, scenario);
    failing->arm(failing->variant, nth);
    now_failing = failing;
    bool lives = play_run(&play, scenario, stop_failing);
    failing->disarm();
    bool failed = failing->failed() != 0;
    is_over = !lives;
    if (!judge_answers(scenario, &play, &clean))
        red(scenario, failing, nth);
    if (!lives ? !judge_restart(scenario, &play, &clean) : !judge_again(scenario, &play, &clean))
        red(scenario, failing, nth);
    return failed;
}

// The i-th of `n` points out of `total`.
static uint64_t point_of(uint64_t i, uint64_t n, uint64_t total)
{
    struct dice dice = {.state = options.seed * 1000003 + i};
    uint64_t low = i * total / n, high = (i + 1) * total / n;
    return n >= total ? i + 1 : low + 1 + dice_next(&dice) % (high > low ? high - low : 1);
}

// All of them, until it passes clean; or about so many as the limit says.
static void sweep(const struct scenario *scenario, const struct failing *failing)
{
    uint64_t total = play_clean(scenario, failing), tried = 0;
    bool all = total <= options.limit;
    unsigned passed = 0;
    for (uint64_t i = 0; all ? i < total || passed < PASSES : i < options.limit; i++) {
        if (!share_mine(i))
            continue;
        uint64_t nth = all ? i + 1 : point_of(i, options.limit, total);
        bool failed = play_point(scenario, failing, nth);
        passed = failed ? 0 : passed + 1;
        tried += failed;
        if (i / options.processes % LOOK_EVERY == 0 && !judge_all())
            red(scenario, failing, nth);
    }
    if (!judge_all())
        red(scenario, failing, total);
    share_told(scenario->name, failing->name, tried, all ? 0 : total, 0);
}

static bool is_wanted(const struct scenario *scenario)
{
    return !options.only || strcmp(options.only, scenario->name) == 0;
}

static void store_anew(void)
{
    play_close();
    play_open(options.fault);
    scenes_prepare();
}

static void sweep_all(const struct failing *list, size_t n)
{
    const struct scenario *scenario;
    play_open(options.fault);
    scenes_prepare();
    for (size_t s = 0; (scenario = scene(s)) != NULL; s++)
        for (size_t i = 0; i < n && is_wanted(scenario); i++) {
            if (told_seq() > ROWS_MOST)
                store_anew();
            sweep(scenario, &list[i]);
        }
    arena_deinit(&clean.memory);
    arena_deinit(&play.memory);
    play_close();
}

static void sweep_once(void)
{
    sweep_all(&once, 1);
}

static void sweep_on(void)
{
    sweep_all(&on, 1);
}

static void sweep_calls(void)
{
    sweep_all(calls, sizeof calls / sizeof *calls);
}

// --- the disk: the store may end the process ---

#define DISK_WAYS 32

struct shared { // with the process that tries, and with the one after it
    unsigned way;
    uint64_t next;
    struct {
        uint64_t total, tried, ended;
    } of[DISK_WAYS];
};

static struct shared *shared;

static const struct failing *disk_way(unsigned way)
{
    static char name[40];
    static struct failing disk;
    if (way == DISK_WAYS || !nth_vfs_name(way / 2))
        return NULL;
    snprintf(name, sizeof name, "%s, %s", nth_vfs_name(way / 2), way % 2 ? "on" : "once");
    disk = (struct failing){name, arm_disk, nth_vfs_disarm, nth_vfs_failed, way};
    return &disk;
}

static void disk_points(const struct scenario *scenario, const struct failing *failing)
{
    uint64_t total = play_clean(scenario, failing), n = total < options.limit ? total : options.limit;
    shared->of[shared->way].total = total;
    while (shared->next < n) {
        uint64_t i = shared->next++;
        if (!share_mine(i))
            continue;
        shared->of[shared->way].tried += play_point(scenario, failing, point_of(i, n, total));
        if (is_over) {
            shared->of[shared->way].ended++;
            _exit(0); // with a thread that stands still
        }
    }
    if (!judge_all())
        red(scenario, failing, total);
}

static void disk_child(const struct scenario *scenario)
{
    const struct failing *failing;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    play_open(options.fault);
    scenes_prepare();
    for (; (failing = disk_way(shared->way)) != NULL; shared->way++, shared->next = 0)
        disk_points(scenario, failing);
    play_close();
    exit(0);
}

static void disk_sweeps(const struct scenario *scenario)
{
    const struct failing *failing;
    memset(shared, 0, sizeof *shared);
    while ((failing = disk_way(shared->way)) != NULL) {
        int how;
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            disk_child(scenario);
        if (child < 0 || waitpid(child, &how, 0) != child)
            abort();
        if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
            continue;
        failing = disk_way(shared->way);
        printf("red: %s, %s, number %llu: how %d\n", scenario->name, failing ? failing->name : "end", (unsigned long long)shared->next,
               how);
        exit(1);
    }
    for (unsigned way = 0; (failing = disk_way(way)) != NULL; way++)
        share_told(scenario->name, failing->name, shared->of[way].tried, shared->of[way].total <= options.limit ? 0 : shared->of[way].total,
                   shared->of[way].ended);
}

static void disk_all(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    const struct scenario *scenario;
    for (size_t s = 0; (scenario = scene(s)) != NULL; s++)
        if (is_wanted(scenario))
            disk_sweeps(scenario);
}

// --- opening and closing ---

static void open_sweep(bool create, const struct failing *failing)
{
    const struct scenario opening = {.name = create ? "make" : "open"};
    uint64_t total = 0, counted, tried = 0;
    if (!open_try(create, failing, UINT64_MAX, &total))
        red(&opening, failing, 0);
    uint64_t n = total < options.limit ? total : options.limit;
    for (uint64_t i = 0; i < n; i++) {
        if (!share_mine(i))
            continue;
        point_begins(opening.name, failing->name, point_of(i, n, total));
        if (!open_try(create, failing, point_of(i, n, total), &counted))
            red(&opening, failing, point_of(i, n, total));
        tried += failing->failed() != 0;
    }
    share_told(opening.name, failing->name, tried, total <= options.limit ? 0 : total, 0);
}

static void open_all(void)
{
    for (int create = 0; create < 2; create++) {
        open_sweep(create, &once);
        open_sweep(create, &on);
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i += 2)
            open_sweep(create, &calls[i]);
        const struct failing *disk;
        for (unsigned way = 0; (disk = disk_way(way)) != NULL; way++)
            open_sweep(create, disk);
    }
    open_end();
}

static void options_read(int argc, char **argv)
{
    options.how = argc > 1 ? argv[1] : "";
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--limit") == 0)
            options.limit = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0)
            options.only = argv[i + 1];
        else if (strcmp(argv[i], "--fault") == 0)
            options.fault = argv[i + 1];
        else if (strcmp(argv[i], "--processes") == 0)
            options.processes = (unsigned)strtoul(argv[i + 1], NULL, 10);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
} ways[] = {{"once", sweep_once}, {"on", sweep_on}, {"calls", sweep_calls}, {"disk", disk_all}, {"open", open_all}};

int main(int argc, char **argv)
{
    struct timespec from, to;
    setvbuf(stdout, NULL, _IOLBF, 0);
    options_read(argc, argv);
    nth_alloc_install();
    nth_vfs_install();
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(options.how, ways[i].name) != 0)
            continue;
        uint64_t points = share_out(options.processes, ways[i].run);
        clock_gettime(CLOCK_MONOTONIC, &to);
        printf("%s: %llu points in %.1f s\n", options.how, (unsigned long long)points,
               (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
        return 0;
    }
    return 64;
}
