// A VFS that writes down everything that reaches the disk. It takes the name under
// which the store opens its database, so the store runs unchanged. Each thread's
// calls are noted in the order in which they came; any thread.
#ifndef TESTS_FAULTS_VFS_RECORD_H
#define TESTS_FAULTS_VFS_RECORD_H

#include "tests/faults/vfs_image.h"

// NAMES: the directory was synced, so that what was made and deleted before is certain; of no file.
enum event_type { EVENT_CREATE, EVENT_WRITE, EVENT_TRUNCATE, EVENT_DELETE, EVENT_SYNC, EVENT_NAMES };

struct event {
    enum event_type type;
    enum image_file file;
    int64_t offset; // TRUNCATE: the size that it gets
    size_t size;
    uint8_t *data; // WRITE: size bytes
};

// Before anything opens a database. Once.
void recorder_install(void);
// Plants a fault: this file's syncs are as good as not done.
void recorder_forget_syncs(enum image_file file);
// How many events there are: whatever has them all has happened by now.
size_t recorder_position(void);
size_t recorder_syncs(enum image_file file, size_t from); // of this file, since that position
// When nobody writes any more.
const struct event *recorder_events(size_t *n);

#endif
