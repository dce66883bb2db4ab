// The Nth call that fails: of the socket, and of libuv. One of them is armed at a time.
// Armed from any thread; they fail on whichever thread calls them.
#ifndef TESTS_FAULTS_NTHWIRE_H
#define TESTS_FAULTS_NTHWIRE_H

#include <stdbool.h>
#include <stdint.h>

// "write-EPIPE", "read-short" …: the table in nthwire_io.c. False: no such thing. `on`: and all after it.
bool nth_io_arm(const char *what, uint64_t nth, bool on);
// A function of libuv by its name, or "any" of those that are wrapped.
bool nth_uv_arm(const char *call, uint64_t nth, bool on);
// Nothing fails any more. How many calls were counted since it was armed; *failed: of these.
uint64_t nth_io_disarm(uint64_t *failed);

#endif
