// Days of the week in what people type: "Mon Wed Fri 09:30", "Tues and Thurs",
// "Mon-Fri", "daily". Pure functions, any thread.
#ifndef COMMON_WEEKDAYS_H
#define COMMON_WEEKDAYS_H

#include <stdbool.h>

// Bit 0 for Monday to bit 6 for Sunday; 0 when no day is named. The text may be NULL.
unsigned weekdays_named(const char *text);
// How many sessions a week they make: "Mon 09:30 Mon 13:30" is two, "Mon-Fri" and "daily" are five.
unsigned weekdays_count(const char *text);
bool weekdays_has(const char *text, int weekday); // 1 Monday … 7 Sunday, as date_weekday

#endif
