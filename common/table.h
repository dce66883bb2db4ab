// uthash for a process that goes on when memory is out: HASH_ADD may take nothing then.
// Include this, never <uthash.h>, which ends the process. Macros only; any thread.
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

// After HASH_ADD: is it in the table? If not, nothing has changed and it is still the caller's.
#define TABLE_TOOK(element) ((element)->hh.tbl != NULL)

#endif
