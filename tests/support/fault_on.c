// Faults and the clock as tests plant them; linked into the tests' sendcod only.
// SENDCO_FAULT holds names separated by commas and is read once, at the first
// question; --clock-file is read again at every question for the time, so that a
// test that has written it need not wait. Any thread.
#include "server/fault.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

static pthread_once_t fault_once = PTHREAD_ONCE_INIT;
static char *fault_names;
static char fault_clock_path[PATH_MAX];
static _Atomic int64_t fault_clock_last = -1; // while a test is writing the file

static void fault_read(void)
{
    const char *names = getenv("SENDCO_FAULT");
    fault_names = strdup(names ? names : "");
}

bool fault_on(const char *name)
{
    pthread_once(&fault_once, fault_read);
    size_t size = strlen(name);
    for (const char *at = fault_names; at && *at; at += strcspn(at, ","), at += *at == ',') {
        if (strcspn(at, ",") == size && strncmp(at, name, size) == 0)
            return true;
    }
    return false;
}

// The first line: a time as clock_parse takes it, or a date, which means 09:00 in London.
static int64_t fault_clock_read(void)
{
    char line[64];
    int fd = open(fault_clock_path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, line, sizeof line - sizeof "T09:00");
    if (fd >= 0)
        close(fd);
    if (size <= 0)
        return -1;
    line[size] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strlen(line) == strlen("2026-09-14"))
        strcat(line, "T09:00");
    return clock_parse(line, 0);
}

static int64_t fault_clock_now(void)
{
    int64_t now = fault_clock_read();
    if (now < 0)
        return atomic_load(&fault_clock_last);
    atomic_store(&fault_clock_last, now);
    return now;
}

// A clock file that cannot be understood ends the process: a test must not go on at another time.
bool fault_clock_file(const char *path)
{
    snprintf(fault_clock_path, sizeof fault_clock_path, "%s", path);
    int64_t now = fault_clock_read();
    if (now < 0) {
        fprintf(stderr, "sendcod-test: %s: its first line is no time and no date\n", path);
        exit(2);
    }
    atomic_store(&fault_clock_last, now);
    clock_hook(fault_clock_now);
    return true;
}
