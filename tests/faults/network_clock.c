// A clock that is wrong: preloaded into a client (LD_PRELOAD), what it takes for the time of
// day is SENDCO_CLOCK_OFF seconds off. Any thread.
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    const char *off = getenv("SENDCO_CLOCK_OFF");
    long result = syscall(SYS_clock_gettime, clock, now);

    if (clock == CLOCK_REALTIME && off)
        now->tv_sec += atol(off);
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
