// A small invented school for targets that need a store: made once, then laid out afresh,
// the same every time. Main thread.
#ifndef TESTS_FUZZ_GROUND_H
#define TESTS_FUZZ_GROUND_H

#include <stddef.h>
#include <stdint.h>

#include "server/store/store.h"

#define GROUND_PEOPLE 7     // one of each role, in the demo's order
#define GROUND_TODAY  20780 // 23 November 2026
#define GROUND_NOW    INT64_C(1795435200)

// Makes the school: so many pupils, everybody's device and ticket; the clock stands still at GROUND_NOW. Once.
void ground_make(size_t pupils);
// Its database as it was in the beginning, in a directory that is gone at the end of the process.
const char *ground_lay(void);
int64_t ground_staff(unsigned person);
// Of the person's device and of the ticket it may resume by.
void ground_fingerprint(unsigned person, uint8_t fingerprint[32]);
void ground_ticket(unsigned person, uint8_t ticket[32]);

#endif
