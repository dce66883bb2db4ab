// Numbers as people type them.
#ifndef COMMON_NUMBER_H
#define COMMON_NUMBER_H

#include <stdint.h>

// "12", "-3", "1,234", with `places` 1 "94.1", with 2 "£1,234.50": the last place
// counts one. `unit` (may be NULL) may stand behind it. NULL when good, else what
// is wrong in words ("is no number").
const char *number_parse(const char *text, const char *unit, int places, int64_t *number);
// Minutes: "90", "90 min", "1h30", "1h", "1:30".
const char *number_parse_minutes(const char *text, const char *unit, int64_t *number);

#endif
