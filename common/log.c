// Lines for the daemon's operator, on stderr. One write per line, so that lines
// of several threads never mix. Any thread.
#include "common/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_LINE 1024

struct log_name {
    const char *journal; // sd-daemon(3): its priority
    const char *word;
};

static const struct log_name log_names[] = {
    [LOG_ERROR] = {"<3>", "error: "},
    [LOG_WARN] = {"<4>", "warning: "},
    [LOG_NOTE] = {"<5>", ""},
    [LOG_TRACE] = {"<7>", "trace: "},
};

static bool log_is_wanted(enum log_level level)
{
    const char *trace = level == LOG_TRACE ? getenv("SENDCO_TRACE") : "1";
    return trace && strcmp(trace, "1") == 0;
}

// What a peer sent may be in the text: it must not forge a line or drive a terminal.
static void log_make_safe(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
    }
}

void log_write(enum log_level level, const char *format, ...)
{
    if (!log_is_wanted(level))
        return;
    char line[LOG_LINE + 2];
    int start = snprintf(line, LOG_LINE, "%ssendcod: %s", getenv("JOURNAL_STREAM") ? log_names[level].journal : "", log_names[level].word);
    va_list list;
    va_start(list, format);
    int length = vsnprintf(line + start, LOG_LINE - (size_t)start, format, list);
    va_end(list);
    if (length < 0)
        return;
    log_make_safe(line + start);
    size_t size = strlen(line);
    line[size++] = '\n';
    // A full or closed stderr is no reason to stop a school's work.
    for (size_t done = 0; done < size;) {
        ssize_t written = write(STDERR_FILENO, line + done, size - done);
        if (written <= 0)
            return;
        done += (size_t)written;
    }
}
