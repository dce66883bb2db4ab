// The daemon with its resources failing when a test says so: linked with server/main.c into
// DIR/faults/nthwire, which takes sendcod's command line. SENDCO_CONTROL names two FIFOs, .in
// and .out; every line in is answered by one out:
//
//     alloc N once | on         the Nth allocation fails, or that and all after it
//     io WHAT N once | on       so does the Nth read, write or accept on a socket (nthwire_io.c)
//     uv CALL N once | on       so does the Nth call of that function of libuv; "any": of any
//     piece any N once | on     so does the Nth piece of an arena (nthwire_pieces.c); "places": who asks is noted
//     places                    of every place that was noted three of its pieces: "FIRST,BETWEEN,LAST …"
//     off                       nothing fails any more: "COUNTED FAILED" since it was armed
//     state                     what the loop holds, as NAME=NUMBER
//     where                     on stderr, the calls that led to the first failing allocation
//
// A thread of its own reads them, which nothing fails for; the loop thread tells the state.
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <utlist.h>
#include <uv.h>

#include "server/live.h"
#include "server/server.h"
#include "server/session.h"
#include "server/watch.h"
#include "tests/faults/nth_alloc.h"
#include "tests/faults/nthwire.h"

#define FILES_LOOKED 512

struct live *__real_live_new(struct server *server);
struct live *__wrap_live_new(struct server *server);
void __real_live_stop(struct live *live);
void __wrap_live_stop(struct live *live);

static struct server *server;
static uv_async_t asked;
static sem_t told;
static char state[256];
static bool allocations, pieces; // what was armed last

// --- the loop's state ---

static unsigned files_open(void)
{
    unsigned n = 0;
    for (int file = 0; file < FILES_LOOKED; file++)
        n += fcntl(file, F_GETFD) >= 0;
    return n;
}

static void on_asked(uv_async_t *async)
{
    (void)async;
    nth_alloc_pause();
    size_t requests = 0, load = 0, watches = 0, plain = 0;
    const struct session *session, *next;
    HASH_ITER(hh, server->sessions, session, next)
    {
        requests += session->n_requests;
        load += session->load;
        plain += buffer_size(&session->plain) + buffer_size(&session->pending);
    }
    const struct watch *watch;
    DL_FOREACH(server->live->watches, watch)
    watches++;
    snprintf(state, sizeof state, "sessions=%zu strangers=%zu requests=%zu load=%zu watches=%zu bytes=%zu files=%u heap=%zu",
             server->n_sessions, server->n_strangers, requests, load, watches, plain, files_open(), (size_t)mallinfo2().uordblks);
    nth_alloc_resume();
    sem_post(&told);
}

// The one place where the daemon shows its struct to a test.
struct live *__wrap_live_new(struct server *made)
{
    nth_alloc_pause();
    server = made;
    if (uv_async_init(&made->loop, &asked, on_asked) != 0)
        abort();
    uv_unref((uv_handle_t *)&asked);
    nth_alloc_resume();
    return __real_live_new(made);
}

// The daemon ends: its loop must have nothing of ours left.
void __wrap_live_stop(struct live *live)
{
    uv_close((uv_handle_t *)&asked, NULL);
    __real_live_stop(live);
}

// --- what is asked ---

static void control_arm(FILE *out, const char *what, const char *which, const char *number, const char *mode)
{
    uint64_t nth = number ? strtoull(number, NULL, 10) : 0;
    bool on = mode && strcmp(mode, "on") == 0;
    allocations = strcmp(what, "alloc") == 0;
    pieces = strcmp(what, "piece") == 0;
    if (allocations)
        nth_alloc_arm(nth, NTH_PROCESS, on ? NTH_ON : NTH_ONCE);
    else if (pieces)
        nth_piece_arm(which, nth, on);
    else if (!(strcmp(what, "io") == 0 ? nth_io_arm(which, nth, on) : nth_uv_arm(which, nth, on)))
        fprintf(out, "unknown ");
    fprintf(out, "armed\n");
}

static void control_off(FILE *out)
{
    uint64_t counted = nth_alloc_disarm(), failed = allocations ? nth_alloc_failed() : 0;
    uint64_t io_failed, io_counted = pieces ? nth_piece_disarm(&io_failed) : nth_io_disarm(&io_failed);
    fprintf(out, "%" PRIu64 " %" PRIu64 "\n", allocations ? counted : io_counted, allocations ? failed : io_failed);
}

static void control_state(FILE *out)
{
    uv_async_send(&asked);
    while (sem_wait(&told) != 0)
        ;
    fprintf(out, "%s\n", state);
}

static void control_answer(FILE *out, char *line)
{
    char *rest = NULL, *word = strtok_r(line, " \n", &rest), *words[3] = {NULL};
    for (size_t i = 0; word && i < 3; i++)
        words[i] = strtok_r(NULL, " \n", &rest);
    if (word && strcmp(word, "off") == 0)
        control_off(out);
    else if (word && strcmp(word, "state") == 0)
        control_state(out);
    else if (word && strcmp(word, "where") == 0)
        nth_alloc_where(), nth_piece_where(), fprintf(out, "told\n");
    else if (word && strcmp(word, "places") == 0)
        nth_piece_places(out);
    else if (word && strcmp(word, "alloc") == 0)
        control_arm(out, word, NULL, words[0], words[1]);
    else if (word)
        control_arm(out, word, words[0] ? words[0] : "", words[1], words[2]);
    fflush(out);
}

static void *control_main(void *data)
{
    const char *path = data;
    char name[512], line[256];
    nth_alloc_pause(); // for ever
    snprintf(name, sizeof name, "%s.in", path);
    FILE *in = fopen(name, "re");
    snprintf(name, sizeof name, "%s.out", path);
    FILE *out = fopen(name, "we");
    if (!in || !out)
        abort();
    while (fgets(line, sizeof line, in))
        control_answer(out, line);
    return NULL;
}

// --- the beginning ---

#ifndef __SANITIZE_ADDRESS__ // which tells more itself
static void on_crash(int number)
{
    nth_alloc_where();
    nth_piece_where();
    raise(number); // SA_RESETHAND: now it ends
}
#endif

__attribute__((constructor)) static void control_begin(void)
{
    const char *path = getenv("SENDCO_CONTROL");
    pthread_t thread;
    if (!path)
        return;
#ifndef __SANITIZE_ADDRESS__
    struct sigaction crash = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    sigaction(SIGSEGV, &crash, NULL);
    sigaction(SIGABRT, &crash, NULL);
#endif
    nth_alloc_install();
    if (sem_init(&told, 0, 0) != 0 || pthread_create(&thread, NULL, control_main, (void *)(uintptr_t)path) != 0)
        abort();
    pthread_detach(thread);
}
