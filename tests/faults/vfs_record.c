// See vfs_record.h.
#include "tests/faults/vfs_record.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#define WRAPPED "unix-excl"

struct noted { // an open file
    sqlite3_file base;
    enum image_file file;
    sqlite3_file *real;
    bool names; // its next sync is one of the directory, too
};

static sqlite3_vfs vfs, *real_vfs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct event *events;
static size_t n_events, events_room;
static atomic_bool forgotten[IMAGE_FILES]; // while the store's threads are at work

static void note(struct event event)
{
    pthread_mutex_lock(&mutex);
    if (n_events == events_room) {
        events_room = events_room ? 2 * events_room : 4096;
        events = realloc(events, events_room * sizeof *events);
        if (!events)
            abort();
    }
    events[n_events++] = event;
    pthread_mutex_unlock(&mutex);
}

size_t recorder_position(void)
{
    pthread_mutex_lock(&mutex);
    size_t position = n_events;
    pthread_mutex_unlock(&mutex);
    return position;
}

size_t recorder_syncs(enum image_file file, size_t from)
{
    size_t n = 0;
    pthread_mutex_lock(&mutex);
    for (size_t i = from; i < n_events; i++)
        n += events[i].file == file && events[i].type == EVENT_SYNC;
    pthread_mutex_unlock(&mutex);
    return n;
}

const struct event *recorder_events(size_t *n)
{
    *n = n_events;
    return events;
}

void recorder_forget_syncs(enum image_file file)
{
    atomic_store(&forgotten[file], true);
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct noted *)file)->real;
}

static enum image_file kind_of(sqlite3_file *file)
{
    return ((struct noted *)file)->file;
}

// --- what changes the disk ---

static int on_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    int code = real_of(file)->pMethods->xWrite(real_of(file), data, size, offset);
    if (code != SQLITE_OK || kind_of(file) == IMAGE_FILES)
        return code;
    uint8_t *copy = malloc((size_t)size + 1);
    if (!copy)
        return SQLITE_NOMEM;
    memcpy(copy, data, (size_t)size);
    note((struct event){EVENT_WRITE, kind_of(file), offset, (size_t)size, copy});
    return code;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int code = real_of(file)->pMethods->xTruncate(real_of(file), size);
    if (code == SQLITE_OK && kind_of(file) != IMAGE_FILES)
        note((struct event){EVENT_TRUNCATE, kind_of(file), size, 0, NULL});
    return code;
}

// The power is cut only in the replay: the machine's own disk need not wait. As SQLite does on
// Unix, the first sync of a WAL or a journal that may be new syncs its directory too.
static int on_sync(sqlite3_file *file, int flags)
{
    (void)flags;
    struct noted *noted = (struct noted *)file;
    if (noted->file == IMAGE_FILES || forgotten[noted->file])
        return SQLITE_OK;
    note((struct event){EVENT_SYNC, noted->file, 0, 0, NULL});
    if (noted->names)
        note((struct event){EVENT_NAMES, IMAGE_FILES, 0, 0, NULL});
    noted->names = false;
    return SQLITE_OK;
}

static enum image_file kind_of_name(const char *name)
{
    size_t size = name ? strlen(name) : 0;
    if (size > 4 && strcmp(name + size - 4, "-wal") == 0)
        return IMAGE_WAL;
    return size > 8 && strcmp(name + size - 8, "-journal") == 0 ? IMAGE_JOURNAL : IMAGE_DB;
}

static int on_delete(sqlite3_vfs *self, const char *name, int sync_directory)
{
    (void)self;
    int code = real_vfs->xDelete(real_vfs, name, 0);
    if (code != SQLITE_OK)
        return code;
    note((struct event){EVENT_DELETE, kind_of_name(name), 0, 0, NULL});
    if (sync_directory && !forgotten[kind_of_name(name)])
        note((struct event){EVENT_NAMES, IMAGE_FILES, 0, 0, NULL});
    return code;
}

// --- what does not ---

static int on_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), out, size, offset);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int on_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
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

// Version 2: no memory mapping, past which writes could go.
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
    struct noted *noted = (struct noted *)file;
    bool is_ours = (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    bool there = name && access(name, F_OK) == 0;
    noted->real = (sqlite3_file *)(noted + 1);
    noted->file = is_ours ? kind_of_name(name) : IMAGE_FILES;
    noted->names = noted->file != IMAGE_DB && (flags & SQLITE_OPEN_CREATE) != 0;
    noted->base.pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, noted->real, flags, out_flags);
    if (noted->real->pMethods)
        noted->base.pMethods = &methods;
    if (code == SQLITE_OK && is_ours && !there)
        note((struct event){EVENT_CREATE, noted->file, 0, 0, NULL});
    return code;
}

// SQLite finds the VFS that was registered last under a name.
void recorder_install(void)
{
    real_vfs = sqlite3_vfs_find(WRAPPED);
    if (!real_vfs)
        abort();
    vfs = *real_vfs;
    vfs.szOsFile = (int)sizeof(struct noted) + real_vfs->szOsFile;
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK || sqlite3_vfs_find(WRAPPED) != &vfs)
        abort();
}
