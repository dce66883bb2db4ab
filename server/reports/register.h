// What the two files of the register share. Reader thread.
#ifndef SERVER_REPORTS_REGISTER_H
#define SERVER_REPORTS_REGISTER_H

#include "server/reports/roll.h"

// The parameter limit: at most so many rows; SIZE_MAX when it was not given. 0 or ERR_INVALID.
int register_limit(struct report_work *work, size_t *limit);
// Whoever reads no status has no register: ERR_DENIED; else 0.
int register_allowed(const struct roll *roll);
// The register on the report's day beside that on another, in place of the register itself (register_compare.c).
int register_compare(struct report_work *work, int32_t day);

#endif
