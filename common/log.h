// What the daemon says to its operator: one line each on stderr (journald adds
// the rest). No pupil's data ever goes here. Any thread.
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_NOTE, LOG_TRACE }; // LOG_TRACE only with SENDCO_TRACE=1

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
