// See nth_vfs.h. Any thread.
#include "tests/faults/nth_vfs.h"

#include <stdlib.h>

#include <sqlite3.h>

#include "tests/faults/nth_count.h"

#define WRAPPED "unix-excl"

enum call { CALL_READ, CALL_WRITE, CALL_TRUNCATE, CALL_SYNC, CALL_SIZE, CALL_LOCK, CALL_OPEN, CALL_DELETE, CALL_ACCESS };

static const struct {
    const char *name;
    enum call call;
    int code;
    bool half; // half of the bytes are written first
} kinds_of_failure[] = {
    {"write-EIO", CALL_WRITE, SQLITE_IOERR_WRITE, false},
    {"write-ENOSPC", CALL_WRITE, SQLITE_FULL, false},
    {"write-short", CALL_WRITE, SQLITE_FULL, true},
    {"write-torn", CALL_WRITE, SQLITE_IOERR_WRITE, true},
    {"sync-EIO", CALL_SYNC, SQLITE_IOERR_FSYNC, false},
    {"read-EIO", CALL_READ, SQLITE_IOERR_READ, false},
    {"truncate-EIO", CALL_TRUNCATE, SQLITE_IOERR_TRUNCATE, false},
    {"size-EIO", CALL_SIZE, SQLITE_IOERR_FSTAT, false},
    {"lock-EIO", CALL_LOCK, SQLITE_IOERR_LOCK, false},
    {"open-EMFILE", CALL_OPEN, SQLITE_CANTOPEN, false},
    {"delete-EIO", CALL_DELETE, SQLITE_IOERR_DELETE, false},
    {"access-EIO", CALL_ACCESS, SQLITE_IOERR_ACCESS, false},
};

struct failing { // an open file
    sqlite3_file base;
    sqlite3_file *real;
};

static sqlite3_vfs vfs, *real_vfs;
static struct nth_count count;
static _Atomic unsigned armed;

const char *nth_vfs_name(unsigned kind)
{
    return kind < sizeof kinds_of_failure / sizeof *kinds_of_failure ? kinds_of_failure[kind].name : NULL;
}

void nth_vfs_arm(unsigned kind, uint64_t nth, bool goes_on)
{
    atomic_store(&armed, kind);
    nth_count_arm(&count, nth, goes_on);
}

uint64_t nth_vfs_disarm(void)
{
    return nth_count_disarm(&count);
}

uint64_t nth_vfs_failed(void)
{
    return atomic_load(&count.failed);
}

// SQLITE_OK, or what this call is to fail with.
static int failure(enum call call)
{
    unsigned kind = atomic_load(&armed);
    return kinds_of_failure[kind].call == call && nth_count_fails(&count) ? kinds_of_failure[kind].code : SQLITE_OK;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct failing *)file)->real;
}

static int on_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    int code = failure(CALL_WRITE);
    if (code != SQLITE_OK && kinds_of_failure[atomic_load(&armed)].half)
        real_of(file)->pMethods->xWrite(real_of(file), data, size / 2, offset);
    return code == SQLITE_OK ? real_of(file)->pMethods->xWrite(real_of(file), data, size, offset) : code;
}

static int on_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
    int code = failure(CALL_READ);
    return code == SQLITE_OK ? real_of(file)->pMethods->xRead(real_of(file), out, size, offset) : code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = failure(CALL_TRUNCATE);
    return code == SQLITE_OK ? real_of(file)->pMethods->xTruncate(real_of(file), size) : code;
}

static int on_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return failure(CALL_SYNC);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
    int code = failure(CALL_SIZE);
    return code == SQLITE_OK ? real_of(file)->pMethods->xFileSize(real_of(file), size) : code;
}

static int on_lock(sqlite3_file *file, int level)
{
    int code = failure(CALL_LOCK);
    return code == SQLITE_OK ? real_of(file)->pMethods->xLock(real_of(file), level) : code;
}

// --- what does not fail ---

static int on_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int on_reserved(sqlite3_file *file, int *result)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), result);
}

static int on_control(sqlite3_file *file, int what, void *data)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), what, data);
}

static int on_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int on_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, out);
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, n, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int removing)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), removing);
}

// Version 2: no memory mapping, past which calls could go.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_unlock,
    .xCheckReservedLock = on_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector,
    .xDeviceCharacteristics = on_device,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

static int on_open(sqlite3_vfs *self, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)self;
    struct failing *opened = (struct failing *)file;
    opened->real = (sqlite3_file *)(opened + 1);
    opened->base.pMethods = NULL;
    int code = failure(CALL_OPEN);
    if (code != SQLITE_OK)
        return code;
    code = real_vfs->xOpen(real_vfs, name, opened->real, flags, out_flags);
    if (opened->real->pMethods)
        opened->base.pMethods = &methods;
    return code;
}

static int on_delete(sqlite3_vfs *self, const char *name, int sync_directory)
{
    (void)self;
    (void)sync_directory;
    int code = failure(CALL_DELETE);
    return code == SQLITE_OK ? real_vfs->xDelete(real_vfs, name, 0) : code;
}

static int on_access(sqlite3_vfs *self, const char *name, int flags, int *result)
{
    (void)self;
    int code = failure(CALL_ACCESS);
    return code == SQLITE_OK ? real_vfs->xAccess(real_vfs, name, flags, result) : code;
}

// SQLite finds the VFS that was registered last under a name.
void nth_vfs_install(void)
{
    real_vfs = sqlite3_vfs_find(WRAPPED);
    if (!real_vfs)
        abort();
    vfs = *real_vfs;
    vfs.szOsFile = (int)sizeof(struct failing) + real_vfs->szOsFile;
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    vfs.xAccess = on_access;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK || sqlite3_vfs_find(WRAPPED) != &vfs)
        abort();
}
