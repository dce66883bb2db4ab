// A disk that fails: preloaded into a daemon (LD_PRELOAD). SENDCO_DISK names a file that
// says what fails by now, in one word; it is read at every call that could:
//
//     sync       flushes of the database and of its WAL
//     sync-db    flushes of the database only, which a checkpoint makes
//     full       whatever would make one of the two longer, as when no block is free
//
// Anything else, or no file: nothing fails. Any thread.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int fdatasync(int fd);
int fsync(int fd);
ssize_t pwrite(int fd, const void *data, size_t size, off_t at);
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at);

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*real_fdatasync)(int), (*real_fsync)(int);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);

static void begin(void)
{
    *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
    *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
}

static bool is_said(const char *word)
{
    char said[32] = "";
    const char *path = getenv("SENDCO_DISK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return false;
    ssize_t size = read(fd, said, sizeof said - 1);
    close(fd);
    said[size > 0 ? size : 0] = '\0';
    said[strcspn(said, "\n")] = '\0';
    return strcmp(said, word) == 0;
}

static bool is_file(int fd, const char *end)
{
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, name, sizeof name - 1);
    if (size < 0)
        return false;
    name[size] = '\0';
    size_t length = strlen(end);
    return (size_t)size >= length && strcmp(name + size - length, end) == 0;
}

static bool sync_fails(int fd)
{
    pthread_once(&once, begin);
    bool is_db = is_file(fd, "/sendco.db"), is_wal = is_file(fd, "/sendco.db-wal");
    if (!((is_db || is_wal) && is_said("sync")) && !(is_db && is_said("sync-db")))
        return false;
    errno = EIO;
    return true;
}

int fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : real_fdatasync(fd);
}

int fsync(int fd)
{
    return sync_fails(fd) ? -1 : real_fsync(fd);
}

static bool is_full(int fd, size_t size, off_t at)
{
    struct stat about;
    pthread_once(&once, begin);
    if (!is_said("full") || !(is_file(fd, "/sendco.db") || is_file(fd, "/sendco.db-wal")))
        return false;
    if (fstat(fd, &about) == 0 && at + (off_t)size <= about.st_size)
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    return is_full(fd, size, at) ? -1 : real_pwrite(fd, data, size, at);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return is_full(fd, size, at) ? -1 : real_pwrite(fd, data, size, at);
}
