// The close look at one state of the disk, and what the judge shares with it. One thread.
#ifndef TESTS_FAULTS_POWERCUT_LOOK_H
#define TESTS_FAULTS_POWERCUT_LOOK_H

#include <sqlite3.h>

#include "tests/faults/powercut.h"

struct kept { // what a good state holds
    uint64_t seq;
    size_t tickets;
};

// Opens memory_disk anew and goes over all of it. False: something is wrong, see judged.why.
bool look_closely(struct kept *kept);
sqlite3 *judge_open(void); // NULL: it cannot be opened, and judged.why says so
// Says in judged.why what is wrong; always false.
bool wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
