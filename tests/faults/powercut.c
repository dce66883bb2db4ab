// The power cut as a program:
//
//     powercut [--seed N] [--steps N] [--states N] [--fault NAME] [--forget db|wal] [--keep DIR]
//
// records `steps` groups of requests and tries about `states` states. It ends with 0 when
// all were good, with 1 when one was not, with 2 when the judge misses planted damage.
// --fault plants one of the store's faults (sync-off, ack-early), --forget that a file's
// syncs do nothing. --keep leaves a bad state in DIR as files.
#include "tests/faults/powercut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/faults/vfs_memory.h"
#include "tests/faults/vfs_record.h"

struct options {
    uint64_t seed;
    size_t states;
    int steps;
    struct planted planted;
    const char *keep;
};

static struct options options_read(int argc, char **argv)
{
    struct options options = {.seed = 1, .states = 5000, .steps = 40, .planted = {NULL, IMAGE_FILES}};
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--seed") == 0)
            options.seed = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--steps") == 0)
            options.steps = atoi(value);
        else if (strcmp(argv[i], "--states") == 0)
            options.states = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--fault") == 0)
            options.planted.fault = value;
        else if (strcmp(argv[i], "--forget") == 0)
            options.planted.forgotten = strcmp(value, "wal") == 0 ? IMAGE_WAL : IMAGE_DB;
        else if (strcmp(argv[i], "--keep") == 0)
            options.keep = value;
        else
            value = NULL;
        if (!value) {
            fprintf(stderr, "powercut: %s: see the head of powercut.c for what it takes\n", argv[i]);
            exit(64);
        }
    }
    return options;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void keep_state(const char *directory)
{
    static const char *const files[IMAGE_FILES] = {"sendco.db", "sendco.db-wal", "sendco.db-journal"};
    for (int f = 0; f < IMAGE_FILES; f++) {
        char path[4200];
        snprintf(path, sizeof path, "%s/%s", directory, files[f]);
        if (!image_save(&memory_disk[f], path))
            printf("cannot write %s\n", path);
    }
}

static const char *const names[STATES] = {"in order", "synced only", "subsets", "reordered", "torn sectors", "cut within a write"};

static void say(const struct options *options, const struct replay *replay, double took)
{
    printf("seed %llu: %zu states", (unsigned long long)options->seed, judged.states);
    for (int i = 0; i < STATES; i++)
        printf("%s %zu %s", i ? "," : ":", replay->of[i], names[i]);
    printf("; %zu positions, %zu syncs; %llu changes promised in %zu promises; %zu contents looked at closely, %zu opened again;"
           " up to %zu old keys forgotten; %.1f s, %.0f a second\n",
           replay->positions, replay->syncs, (unsigned long long)told_seq(), told_promises(), judged.views, judged.cold, judged.forgotten,
           took, (double)judged.states / took);
}

int main(int argc, char **argv)
{
    struct options options = options_read(argc, argv);
    struct replay replay = {.wanted = options.states};
    setvbuf(stdout, NULL, _IOLBF, 0);
    recorder_install();
    memory_install();
    work_run(options.seed, options.steps, &options.planted);
    work_say();
    double began = seconds();
    bool good = replay_run(&replay, options.seed);
    say(&options, &replay, seconds() - began);
    if (!good) {
        printf("red: a cut at position %zu (%s): %s\n", replay.positions - 1, names[replay.last], judged.why);
        if (options.keep)
            keep_state(options.keep);
        return 1;
    }
    int damages = judge_itself();
    if (damages < 0) {
        printf("red: the judge is blind: %s\n", judged.why);
        return 2;
    }
    printf("seed %llu: %d kinds of damage planted and found\n", (unsigned long long)options.seed, damages);
    return 0;
}
