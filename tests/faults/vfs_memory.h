// A VFS over images in memory: SQLite opens a state of the disk as it would open the
// files after the power came back. Nothing is locked, since nobody else is there.
// One thread.
#ifndef TESTS_FAULTS_VFS_MEMORY_H
#define TESTS_FAULTS_VFS_MEMORY_H

#include "tests/faults/vfs_image.h"

#define MEMORY_VFS "sendco-disk"

// What a database opened through it consists of; its name there means nothing.
extern struct image memory_disk[IMAGE_FILES];

void memory_install(void);
// The machine was off: the index of the WAL, which lives in memory, is gone. After each
// change of memory_disk; open connections then recover it anew.
void memory_restart(void);

#endif
