// The Nth call that fails: of the socket, of libuv, of arenas. One of them is armed at a time.
// Armed from any thread; they fail on whichever thread calls them.
#ifndef TESTS_FAULTS_NTHWIRE_H
#define TESTS_FAULTS_NTHWIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// "write-EPIPE", "read-short" …: the table in nthwire_io.c. False: no such thing. `on`: and all after it.
bool nth_io_arm(const char *what, uint64_t nth, bool on);
// A function of libuv by its name, or "any" of those that are wrapped.
bool nth_uv_arm(const char *call, uint64_t nth, bool on);
// Nothing fails any more. How many calls were counted since it was armed; *failed: of these.
uint64_t nth_io_disarm(uint64_t *failed);

// The Nth piece of any arena. `what`: "any"; or "places", which notes who asks, for nth_piece_places.
void nth_piece_arm(const char *what, uint64_t nth, bool on);
uint64_t nth_piece_disarm(uint64_t *failed);
// A line: of every place noted the pieces that it asked for first, between and last.
void nth_piece_places(FILE *out);
// Where the first failing piece was asked for, as nth_alloc_where.
void nth_piece_where(void);

#endif
