// A clock that is wrong: preloaded into a client (LD_PRELOAD), what it takes for the time of
// day is SENDCO_CLOCK_OFF seconds off; and by the clock that it waits by, as many seconds have
// gone by besides as the file that SENDCO_CLOCK_GONE names has bytes. Any thread.
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *off = getenv("SENDCO_CLOCK_OFF"), *gone = getenv("SENDCO_CLOCK_GONE");
    long result = syscall(SYS_clock_gettime, clock, now);
    struct stat file;

    if (clock == CLOCK_REALTIME && off)
        now->tv_sec += atol(off);
    if (clock != CLOCK_REALTIME && gone && stat(gone, &file) == 0)
        now->tv_sec += file.st_size;
    return (int)result;
}

time_t time(time_t *to)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (to)
        *to = now.tv_sec;
    return now.tv_sec;
}
