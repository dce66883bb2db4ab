// See nth_alloc.h. Any thread.
#include "tests/faults/nth_alloc.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

// --- what libraries take of the C library ---

// The sanitizers have a malloc of their own, which must stay.
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__

static const char *const libraries[] = {"libutf8proc.so", "libsodium.so", "libprotobuf-c.so"};
#define LIBRARIES (sizeof libraries / sizeof *libraries)
static struct {
    uintptr_t from, to;
} code[LIBRARIES];

// Names of glibc's own.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *data, size_t size);

// Where a library's code lies.
static int on_library(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    (void)data;
    for (size_t i = 0; i < LIBRARIES; i++)
        for (int j = 0; strstr(info->dlpi_name, libraries[i]) && j < info->dlpi_phnum; j++)
            if (info->dlpi_phdr[j].p_type == PT_LOAD && (info->dlpi_phdr[j].p_flags & PF_X)) {
                code[i].from = info->dlpi_addr + info->dlpi_phdr[j].p_vaddr;
                code[i].to = code[i].from + info->dlpi_phdr[j].p_memsz;
            }
    return 0;
}

static bool is_library(const void *caller)
{
    for (size_t i = 0; i < LIBRARIES; i++)
        if ((uintptr_t)caller >= code[i].from && (uintptr_t)caller < code[i].to)
            return true;
    return false;
}

// A program's own come before the C library's, for all who call them.
void *malloc(size_t size)
{
    return is_library(__builtin_return_address(0)) && fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_library(__builtin_return_address(0)) && fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *data, size_t size)
{
    return is_library(__builtin_return_address(0)) && fails() ? NULL : __libc_realloc(data, size);
}

// What a password is hashed in.
void *mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    if (is_library(__builtin_return_address(0)) && fails())
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, size, protection, flags, file, offset);
}

static void libraries_find(void)
{
    dl_iterate_phdr(on_library, NULL);
}

#else

static void libraries_find(void) {}

#endif

void nth_alloc_install(void)
{
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &sqlite_memory) != SQLITE_OK)
        abort();
    sqlite3_mem_methods counting = sqlite_memory;
    counting.xMalloc = sqlite_malloc;
    counting.xRealloc = sqlite_realloc;
    if (sqlite3_config(SQLITE_CONFIG_MALLOC, &counting) != SQLITE_OK || sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) != SQLITE_OK ||
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK || // which nobody asks for, and takes a mutex each time
        !CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ||
        uv_replace_allocator(__wrap_malloc, __wrap_realloc, __wrap_calloc, free))
        abort();
    libraries_find();
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
