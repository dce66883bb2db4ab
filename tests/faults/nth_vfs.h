// A disk that fails: under the name of the VFS that the store opens, over the real one.
#ifndef TESTS_FAULTS_NTH_VFS_H
#define TESTS_FAULTS_NTH_VFS_H

#include <stdbool.h>
#include <stdint.h>

// Before the store is opened, once. Syncs are not passed on: nobody cuts the power here.
void nth_vfs_install(void);
// What fails and how, by number from 0: "write-EIO", "write-ENOSPC", "write-short", "sync-EIO" …; NULL behind the last.
const char *nth_vfs_name(unsigned kind);
// From now on the `nth` such call fails, or that and all after it.
void nth_vfs_arm(unsigned kind, uint64_t nth, bool goes_on);
// How many such calls were counted since; fewer than nth: none failed.
uint64_t nth_vfs_disarm(void);
uint64_t nth_vfs_failed(void);

#endif
