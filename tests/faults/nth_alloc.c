// See nth_alloc.h. Any thread.
#include "tests/faults/nth_alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <sqlite3.h>
#include <uv.h>

#define DEEP 40

static _Atomic uint64_t counted, failing, failed; // failing: which one; 0: none is
static _Atomic bool goes_on, for_all;
static _Thread_local bool is_watched;
static _Thread_local unsigned paused;
static void *where[DEEP];
static _Atomic int where_deep;

// Names after ld's --wrap: what our objects call malloc arrives in __wrap_malloc.
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *data, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *data, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

static void note_where(void)
{
    paused++;
    atomic_store(&where_deep, backtrace(where, DEEP));
    paused--;
}

// Is this the one that fails?
static bool fails(void)
{
    uint64_t nth = atomic_load(&failing);
    if (!nth || paused || !(is_watched || atomic_load(&for_all)))
        return false;
    uint64_t now = atomic_fetch_add(&counted, 1) + 1;
    if (now != nth && !(now > nth && atomic_load(&goes_on)))
        return false;
    if (atomic_fetch_add(&failed, 1) == 0)
        note_where();
    errno = ENOMEM;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *data, size_t size)
{
    return fails() ? NULL : __real_realloc(data, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size)
{
    return fails() ? NULL : __real_strndup(text, size);
}

// --- the libraries' own ---

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
    return fails() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *data, int size)
{
    return fails() ? NULL : sqlite_memory.xRealloc(data, size);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_malloc(size);
}

static void *openssl_realloc(void *data, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : __real_realloc(data, size);
}

static void openssl_free(void *data, const char *file, int line)
{
    (void)file;
    (void)line;
    free(data);
}

void nth_alloc_install(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
        abort();
    sqlite3_mem_methods counting = sqlite_memory;
    counting.xMalloc = sqlite_malloc;
    counting.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
        !CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ||
        uv_replace_allocator(__wrap_malloc, __wrap_realloc, __wrap_calloc, free))
        abort();
    where_deep = backtrace(where, DEEP); // which loads what it needs
    where_deep = 0;
}

// --- arming ---

void nth_alloc_arm(uint64_t nth, enum nth_reach reach, enum nth_mode mode)
{
    nth_alloc_disarm();
    atomic_store(&counted, 0);
    atomic_store(&failed, 0);
    atomic_store(&where_deep, 0);
    atomic_store(&goes_on, mode == NTH_ON);
    atomic_store(&for_all, reach == NTH_PROCESS);
    is_watched = true;
    atomic_store(&failing, nth);
}

uint64_t nth_alloc_disarm(void)
{
    is_watched = false;
    return atomic_exchange(&failing, 0) ? atomic_load(&counted) : 0;
}

uint64_t nth_alloc_failed(void)
{
    return atomic_load(&failed);
}

void nth_alloc_pause(void)
{
    paused++;
}

void nth_alloc_resume(void)
{
    paused--;
}

void nth_alloc_where(void)
{
    backtrace_symbols_fd(where, atomic_load(&where_deep), STDERR_FILENO);
}
