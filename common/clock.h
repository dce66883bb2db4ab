// What time it is. Everything asks here, so that tests can say. Any thread.
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

int64_t clock_now(void);                    // seconds since 1970, UTC
uint64_t clock_monotonic(void);             // nanoseconds, never goes back
int32_t clock_today(void);                  // civil date in Europe/London
int32_t clock_civil(int64_t time, int *seconds);   // civil date in Europe/London of a UTC time; seconds into that day (may be NULL)
const char *clock_text(int64_t time, char buffer[32]);      // "Mon 14 Sep 2026 10:42", London
const char *clock_iso(int64_t time, char buffer[32]);       // "2026-09-14T09:42:00Z"
int64_t clock_parse(const char *text, int32_t today);        // ISO time, or a date (its last second, London); -1: neither
// The time stands at what the file's first line says (ISO time, or date: 09:00
// London) and follows the file when it changes; NULL: the real clock again. Tests
// and `init --today` only.
void clock_set(int64_t now);                // from now on it is this time and stands still; -1: real again

#endif
