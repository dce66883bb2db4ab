// Pieces of arenas that fail (nthwire.h): what our own objects ask of arena_alloc and its kin,
// wrapped by the linker. One malloc serves many pieces, so that failing mallocs meet few of
// the places that ask; here each place is known by the calls that lead to it, and fails when
// it asks for the first time, for the last time, and once between. Any thread.
#include "tests/faults/nthwire.h"

#include <execinfo.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "common/arena.h"
#include "common/shortage.h"

#define DEEP   24
#define CALLS  6    // of those that led to a place
#define PLACES 4096 // of one scene; those beyond are not told

static _Atomic uint64_t counted, failing, failed;
static _Atomic bool armed, goes_on, notes;
static void *where[DEEP];
static _Atomic int where_deep;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t n_places;
static struct place {
    void *calls[CALLS];
    uint64_t n, first, between, last; // how often it asked; when, as the how manieth piece
} places[PLACES];

// Names after ld's --wrap.
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_zero(struct arena *arena, size_t count, size_t size);
void *__real_arena_copy(struct arena *arena, const void *data, size_t size);
char *__real_arena_strdup(struct arena *arena, const char *text);
char *__real_arena_strndup(struct arena *arena, const char *text, size_t size);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_zero(struct arena *arena, size_t count, size_t size);
void *__wrap_arena_copy(struct arena *arena, const void *data, size_t size);
char *__wrap_arena_strdup(struct arena *arena, const char *text);
char *__wrap_arena_strndup(struct arena *arena, const char *text, size_t size);
char *__wrap_arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

static struct place *place_of(void *const calls[CALLS])
{
    for (size_t i = 0; i < n_places; i++)
        if (memcmp(places[i].calls, calls, sizeof places[i].calls) == 0)
            return &places[i];
    if (n_places == PLACES)
        return NULL;
    memcpy(places[n_places].calls, calls, sizeof places[n_places].calls);
    return &places[n_places++];
}

// After the frames of this file: who asked, and who had called that.
static void note_place(uint64_t now)
{
    void *calls[CALLS + 3] = {NULL};
    backtrace(calls, CALLS + 3);
    pthread_mutex_lock(&lock);
    struct place *place = place_of(calls + 3);
    if (place) {
        place->n++;
        place->first = place->first ? place->first : now;
        if ((place->n & (place->n - 1)) == 0) // the latest power of two
            place->between = now;
        place->last = now;
    }
    pthread_mutex_unlock(&lock);
}

// Is this the one that fails?
static __attribute__((noinline)) bool fails(struct arena *arena)
{
    if (!atomic_load(&armed))
        return false;
    uint64_t nth = atomic_load(&failing), now = atomic_fetch_add(&counted, 1) + 1;
    if (atomic_load(&notes))
        note_place(now);
    if (now != nth && !(now > nth && atomic_load(&goes_on)))
        return false;
    if (atomic_fetch_add(&failed, 1) == 0)
        atomic_store(&where_deep, backtrace(where, DEEP));
    arena->lacked = true;
    shortage_note();
    return true;
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    return fails(arena) ? NULL : __real_arena_alloc(arena, size);
}

void *__wrap_arena_zero(struct arena *arena, size_t count, size_t size)
{
    return fails(arena) ? NULL : __real_arena_zero(arena, count, size);
}

void *__wrap_arena_copy(struct arena *arena, const void *data, size_t size)
{
    return fails(arena) ? NULL : __real_arena_copy(arena, data, size);
}

char *__wrap_arena_strdup(struct arena *arena, const char *text)
{
    return fails(arena) ? NULL : __real_arena_strdup(arena, text);
}

char *__wrap_arena_strndup(struct arena *arena, const char *text, size_t size)
{
    return fails(arena) ? NULL : __real_arena_strndup(arena, text, size);
}

char *__wrap_arena_printf(struct arena *arena, const char *format, ...)
{
    va_list list, again;
    if (fails(arena))
        return NULL;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    char *text = length < 0 ? NULL : __real_arena_alloc(arena, (size_t)length + 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}

// --- arming ---

void nth_piece_arm(const char *what, uint64_t nth, bool on)
{
    atomic_store(&armed, false);
    atomic_store(&notes, strcmp(what, "places") == 0);
    pthread_mutex_lock(&lock);
    if (atomic_load(&notes)) {
        memset(places, 0, n_places * sizeof *places);
        n_places = 0;
    }
    pthread_mutex_unlock(&lock);
    atomic_store(&counted, 0);
    atomic_store(&failed, 0);
    atomic_store(&where_deep, 0);
    atomic_store(&goes_on, on);
    atomic_store(&failing, nth);
    atomic_store(&armed, true);
}

uint64_t nth_piece_disarm(uint64_t *of_them)
{
    atomic_store(&armed, false);
    *of_them = atomic_load(&failed);
    return atomic_load(&counted);
}

void nth_piece_places(FILE *out)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < n_places; i++)
        fprintf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 " ", places[i].first, places[i].between, places[i].last);
    pthread_mutex_unlock(&lock);
    fprintf(out, ".\n");
}

void nth_piece_where(void)
{
    backtrace_symbols_fd(where, atomic_load(&where_deep), STDERR_FILENO);
}
