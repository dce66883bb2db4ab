// The Nth call of SQLite or libuv that our own objects make fails (link with the flags of
// NTH_STORE_WRAP in the Makefile). What SQLite calls within itself is left alone.
#ifndef TESTS_FAULTS_NTH_CALLS_H
#define TESTS_FAULTS_NTH_CALLS_H

#include <stdbool.h>
#include <stdint.h>

enum nth_gone { NTH_KEPT, NTH_GONE }; // the transaction stays open, or is rolled back by the failure

// From now on the `nth` call fails with this code of SQLite's. The sentence that SQLite has for it goes with it.
void nth_calls_arm(uint64_t nth, int code, enum nth_gone gone);
// How many calls were counted since; fewer than nth: none failed.
uint64_t nth_calls_disarm(void);
uint64_t nth_calls_failed(void);
const char *nth_calls_where(void); // the call that failed, its SQL perhaps

#endif
