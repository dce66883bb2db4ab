// What comes after the store has ended its process for the disk's sake: its files as the
// next process finds them. The loop's thread; the old store's writer stands still for ever.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/store/sqlite/sqlite.h"
#include "tests/faults/nth_store.h"
#include "tests/faults/powercut_look.h"
#include "tests/support/storing.h"

static void copy(const char *from, const char *to, const char *name)
{
    char path[4200], bytes[65536];
    snprintf(path, sizeof path, "%s/%s", from, name);
    FILE *in = fopen(path, "r");
    if (!in)
        return;
    snprintf(path, sizeof path, "%s/%s", to, name);
    FILE *out = fopen(path, "w");
    if (!out)
        abort();
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, in)) > 0;)
        if (fwrite(bytes, 1, n, out) != n)
            abort();
    fclose(in);
    if (fclose(out) != 0)
        abort();
}

static const char *const files[] = {"sendco.db", "sendco.db-wal", "readonly"};

static void forget(const char *directory)
{
    char path[4200];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, files[i]);
        unlink(path);
    }
    rmdir(directory);
}

static bool open_there(const char *directory, uv_loop_t *loop, store_scope_fn *scope)
{
    struct problem problem;
    struct store_options options = {.directory = directory, .scope = scope, .readers = 1};
    problem_init(&problem, NULL);
    return store_open(&options, loop, &store, &problem) == 0 || wrong("it does not open again: %s", problem.message);
}

static void on_closed(void *data)
{
    *(bool *)data = true;
}

static void shut(void)
{
    uv_loop_t *loop = store->loop;
    bool closed = false;
    store_close(store, on_closed, &closed);
    while (!closed)
        uv_run(loop, UV_RUN_ONCE);
}

// --- what is there though nobody was told ---

static const struct play *asked_by;

static bool was_asked(const uint8_t key[STORE_KEY])
{
    for (size_t i = 0; i < asked_by->n_changes; i++)
        if (asked_by->results[i] == ERR_UNKNOWN && memcmp(asked_by->changes[i].key, key, STORE_KEY) == 0)
            return true;
    return false;
}

static int on_untold(struct commit *commit, void *data)
{
    (void)data;
    bool good = was_asked(commit->key);
    if (good)
        told_opened(commit);
    commit_unref(commit);
    return good ? 0 : ERR_INTERNAL;
}

static int read_untold(struct view *view, struct storing *reading)
{
    return view_commits(view, told_seq(), 0, on_untold, NULL, &reading->problem);
}

static bool is_refused(const struct scenario *scenario, const struct play *play)
{
    static struct play again;
    play_again(play, &again);
    play_run(&again, scenario, NULL);
    for (size_t i = 0; i < again.n_changes; i++)
        if (again.results[i] != ERR_READONLY || !again.changes[i].problem.message[0])
            return wrong("%s: a read-only store answers %d", scenario->name, again.results[i]);
    for (size_t i = 0; i < again.tickets; i++)
        if (again.ticket_results[i] != ERR_READONLY)
            return wrong("%s: a read-only store keeps a ticket", scenario->name);
    return !again.read || !again.read_result || wrong("%s: a read-only store does not read", scenario->name);
}

static bool serves_readonly(const struct scenario *scenario, const struct play *play)
{
    struct storing reading = {.read = read_untold};
    asked_by = play;
    if (!store_readonly(store))
        return wrong("%s: it takes changes after the disk failed", scenario->name);
    if (storing_ask(&reading))
        return wrong("%s: there are changes that nobody asked for", scenario->name);
    store_seq(store);
    return is_refused(scenario, play) && judge_all();
}

static bool restarted(const struct scenario *scenario, const struct play *play, const struct play *clean, const char *directory)
{
    uv_loop_t *loop = store->loop;
    store_scope_fn *scope = store->scope;
    char marker[4200];
    if (!open_there(directory, loop, scope) || !serves_readonly(scenario, play))
        return false;
    shut();
    snprintf(marker, sizeof marker, "%s/readonly", directory);
    if (unlink(marker) != 0)
        return wrong("%s: no marker was left", scenario->name);
    if (!open_there(directory, loop, scope))
        return false;
    play_follow();
    bool good = judge_again(scenario, play, clean) && judge_all();
    shut();
    return good;
}

bool judge_restart(const struct scenario *scenario, const struct play *play, const struct play *clean)
{
    struct store *old = store;
    play_go_on();
    char directory[PLAY_PATH];
    play_place(directory);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        copy(old->directory, directory, files[i]);
    bool good = restarted(scenario, play, clean, directory);
    forget(directory);
    forget(old->directory);
    return good;
}
