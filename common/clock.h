// What time it is. Everything asks here, so that tests can say. Any thread.
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);                               // seconds since 1970, UTC
uint64_t clock_monotonic(void);                        // nanoseconds, never goes back
uint64_t clock_processor(void);                        // nanoseconds of a processor that this thread has had: waiting for one is not in it
int32_t clock_today(void);                             // civil date in Europe/London
int32_t clock_civil(int64_t time, int *seconds);       // civil date in Europe/London of a UTC time; seconds into that day (may be NULL)
const char *clock_text(int64_t time, char buffer[32]); // "Mon 14 Sep 2026 10:42", London
const char *clock_iso(int64_t time, char buffer[32]);  // "2026-09-14T09:42:00Z"
// "2026-09-14T09:42:00Z", with an offset ("+01:00"), or without either (London
// time; seconds may be missing), or a date as date_parse takes it (its last
// second, London); -1: neither.
int64_t clock_parse(const char *text, int32_t today);
int64_t clock_midnight(int32_t date); // the UTC time at which that day begins in London

// Tests and `init --today` only: from now on it is this time and stands still;
// -1: real again.
void clock_set(int64_t now);
// Tests only: this function says what time it is, in any thread; NULL: nobody does.
void clock_hook(int64_t (*hook)(void));
// The real time whatever was set, for what the world outside checks by its own
// clock: certificates.
int64_t clock_real(void);

#endif
