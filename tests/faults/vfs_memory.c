// See vfs_memory.h.
#include "tests/faults/vfs_memory.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#define REGIONS 256

struct opened {
    sqlite3_file base;
    struct image *image;
};

struct image memory_disk[IMAGE_FILES];
static sqlite3_vfs vfs;
static void *regions[REGIONS];
static size_t region_size;

static struct image *image_of(sqlite3_file *file)
{
    return ((struct opened *)file)->image;
}

static struct image *image_named(const char *name)
{
    size_t size = strlen(name);
    if (size > 4 && strcmp(name + size - 4, "-wal") == 0)
        return &memory_disk[IMAGE_WAL];
    return &memory_disk[size > 8 && strcmp(name + size - 8, "-journal") == 0 ? IMAGE_JOURNAL : IMAGE_DB];
}

static int on_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset)
{
    return image_read(image_of(file), offset, out, (size_t)size) == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset)
{
    image_write(image_of(file), offset, data, (size_t)size);
    return SQLITE_OK;
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    image_truncate(image_of(file), size);
    return SQLITE_OK;
}

static int on_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = image_of(file)->size;
    return SQLITE_OK;
}

static int on_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int on_reserved(sqlite3_file *file, int *result)
{
    (void)file;
    *result = 0;
    return SQLITE_OK;
}

static int on_control(sqlite3_file *file, int what, void *data)
{
    (void)file;
    (void)what;
    (void)data;
    return SQLITE_NOTFOUND;
}

static int on_sector(sqlite3_file *file)
{
    (void)file;
    return 512;
}

static int on_device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int on_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    (void)file;
    *out = NULL;
    if (region >= REGIONS)
        return SQLITE_FULL;
    region_size = (size_t)size;
    if (!regions[region] && extend && !(regions[region] = calloc(1, region_size)))
        return SQLITE_NOMEM;
    *out = regions[region];
    return SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    (void)file;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void on_shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int on_shm_unmap(sqlite3_file *file, int removing)
{
    (void)file;
    (void)removing;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_lock,
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
    struct opened *opened = (struct opened *)file;
    opened->base.pMethods = NULL;
    if (!name) // a temporary file: temp_store keeps those in memory
        return SQLITE_CANTOPEN;
    opened->image = image_named(name);
    if (!opened->image->exists && !(flags & SQLITE_OPEN_CREATE))
        return SQLITE_CANTOPEN;
    opened->image->exists = true;
    opened->base.pMethods = &methods;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *self, const char *name, int sync_directory)
{
    (void)self;
    (void)sync_directory;
    image_clear(image_named(name));
    return SQLITE_OK;
}

// As on Unix, an empty file counts as none.
static int on_access(sqlite3_vfs *self, const char *name, int flags, int *result)
{
    (void)self;
    *result = image_named(name)->exists && (flags != SQLITE_ACCESS_EXISTS || image_named(name)->size > 0);
    return SQLITE_OK;
}

static int on_full_name(sqlite3_vfs *self, const char *name, int size, char *out)
{
    (void)self;
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
}

void memory_install(void)
{
    vfs = *sqlite3_vfs_find(NULL);
    vfs.zName = MEMORY_VFS;
    vfs.szOsFile = (int)sizeof(struct opened);
    vfs.xOpen = on_open;
    vfs.xDelete = on_delete;
    vfs.xAccess = on_access;
    vfs.xFullPathname = on_full_name;
    if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
        abort();
}

void memory_restart(void)
{
    for (int i = 0; i < REGIONS && regions[i]; i++)
        memset(regions[i], 0, region_size);
}
