// A siege: COUNT hostile connections at once, of every sort in siege_door.c, siege_inside.c and
// siege_greedy.c, for SECONDS; who was sent away comes again. Prints one line of JSON: of each
// sort how many were made and how they ended, after how many seconds. One thread.
//
//   siege ADDRESS:PORT DIRECTORY COUNT SECONDS [SORT …]     with SORTs: these only
#include "tests/faults/siege.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SIEGE_TICK    25 // ms
#define SIEGE_OPENING 40 // connections begun in one tick
#define SIEGE_ENDINGS 16 // of one sort
#define SIEGE_SORTS   64

struct ending {
    char words[96];
    unsigned n;
    uint64_t least, most; // ms
};

struct tally {
    const struct sort *sort;
    unsigned actors, made, through; // `through`: reached the sort's stage
    struct ending endings[SIEGE_ENDINGS];
    unsigned n_endings;
};

uint64_t siege_frames;
static uv_loop_t loop;
static uv_timer_t timer;
static struct actor *actors;
static unsigned n_actors, n_tallies, most_open;
static struct tally tallies[SIEGE_SORTS];
static uint64_t ends;

void siege_fail(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    exit(1);
}

uint64_t siege_now(void)
{
    return uv_now(&loop);
}

static struct tally *tally_of(const struct sort *sort)
{
    for (unsigned i = 0; i < n_tallies; i++)
        if (tallies[i].sort == sort)
            return &tallies[i];
    siege_fail("%s is not counted", sort->name);
}

void siege_ended(struct actor *actor, const char *words)
{
    struct tally *tally = tally_of(actor->sort);
    uint64_t age = siege_now() - actor->began;
    unsigned i = 0;
    tally->through += actor->stage >= actor->sort->stage;
    while (i < tally->n_endings && strcmp(tally->endings[i].words, words) != 0)
        i++;
    if (i == SIEGE_ENDINGS)
        siege_fail("%s ends in too many ways: %s", actor->sort->name, words);
    struct ending *ending = &tally->endings[i];
    if (i == tally->n_endings) {
        tally->n_endings++;
        snprintf(ending->words, sizeof ending->words, "%s", words);
        ending->least = age;
    }
    ending->n++;
    ending->least = age < ending->least ? age : ending->least;
    ending->most = age > ending->most ? age : ending->most;
}

// --- the line of JSON ---

static void print_ending(const struct ending *ending, bool first)
{
    printf("%s{\"words\": \"%s\", \"n\": %u, \"least\": %.2f, \"most\": %.2f}", first ? "" : ", ", ending->words, ending->n,
           (double)ending->least / 1000, (double)ending->most / 1000);
}

static void print_tally(const struct tally *tally, bool first)
{
    printf("%s{\"sort\": \"%s\", \"actors\": %u, \"made\": %u, \"through\": %u, \"endings\": [", first ? "" : ", ", tally->sort->name,
           tally->actors, tally->made, tally->through);
    for (unsigned i = 0; i < tally->n_endings; i++)
        print_ending(&tally->endings[i], i == 0);
    printf("]}");
}

static void siege_print(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"cpu_s\": %.2f, \"most_open\": %u, \"requests\": %llu, \"sorts\": [", cpu, most_open, (unsigned long long)siege_frames);
    for (unsigned i = 0; i < n_tallies; i++)
        print_tally(&tallies[i], i == 0);
    printf("]}\n");
}

// --- the beat ---

static void siege_over(void)
{
    for (unsigned i = 0; i < n_actors; i++)
        if (actors[i].open && !actors[i].leaving)
            siege_ended(&actors[i], actors[i].stage < actors[i].sort->stage ? "held at the door" : "held");
    siege_print();
    exit(0);
}

static void on_tick(uv_timer_t *unused)
{
    (void)unused;
    unsigned opening = 0, open = 0;
    uint64_t now = siege_now();
    if (now >= ends)
        siege_over();
    for (unsigned i = 0; i < n_actors; i++) {
        struct actor *actor = &actors[i];
        open += actor->open;
        if (!actor->due || now < actor->due)
            continue;
        if (!actor->open && opening++ < SIEGE_OPENING) {
            tally_of(actor->sort)->made++;
            actor_open(actor);
        } else if (actor->open && !actor->leaving && actor->sort->tick) {
            actor->due = now + actor->sort->every;
            actor->sort->tick(actor);
        }
    }
    most_open = open > most_open ? open : most_open;
}

// --- the beginning ---

static bool wanted(const char *name, int n, char **names)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return n == 0;
}

static void muster(const struct sort *sorts, size_t n_sorts, unsigned count, int n, char **names)
{
    for (size_t i = 0; i < n_sorts; i++) {
        if (!wanted(sorts[i].name, n, names))
            continue;
        unsigned some = n ? count / (unsigned)n : sorts[i].share * count / 1000;
        struct tally *tally = &tallies[n_tallies++];
        tally->sort = &sorts[i];
        tally->actors = some ? some : 1;
        for (unsigned k = 0; k < tally->actors; k++, n_actors++) {
            actors[n_actors].sort = &sorts[i];
            actors[n_actors].index = n_actors;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc < 5)
        siege_fail("usage: siege ADDRESS:PORT DIRECTORY COUNT SECONDS [SORT …]");
    unsigned count = (unsigned)strtoul(argv[3], NULL, 10), seconds = (unsigned)strtoul(argv[4], NULL, 10);
    if (count == 0 || count > 10000 || seconds == 0)
        siege_fail("COUNT is from 1 to 10000, SECONDS at least 1");
    actors = calloc(count + siege_n_door + siege_n_inside + siege_n_greedy, sizeof *actors);
    if (!actors || uv_loop_init(&loop) != 0)
        siege_fail("out of memory");
    muster(siege_door, siege_n_door, count, argc - 5, argv + 5);
    muster(siege_inside, siege_n_inside, count, argc - 5, argv + 5);
    muster(siege_greedy, siege_n_greedy, count, argc - 5, argv + 5);
    if (n_actors == 0)
        siege_fail("there are no such sorts");
    for (unsigned i = 0; i < n_actors; i++) // not in ranks
        actors[i].due = siege_now() + 1 + 7919u * i % 1000;
    signal(SIGPIPE, SIG_IGN); // libuv does not see to it
    tls_begin(argv[2]);
    wire_begin(&loop, argv[1]);
    ends = siege_now() + (uint64_t)seconds * 1000;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_tick, SIEGE_TICK, SIEGE_TICK);
    return uv_run(&loop, UV_RUN_DEFAULT);
}
