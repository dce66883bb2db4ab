// Threads behind the loop (behind.h).
#include "server/behind.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

// Against a loop that has much to do such a thread has a quarter of a processor, and all of one
// that nobody else wants. On Linux this is of the thread alone, and there is no way back.
#define BEHIND   5
#define LAST_OFF 19 // there is no lower priority

void thread_behind(void)
{
    static _Thread_local bool is_behind;
    if (is_behind)
        return;
    is_behind = true;
    errno = 0;
    int own = getpriority(PRIO_PROCESS, (id_t)gettid());
    if (own == -1 && errno)
        return;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), own + BEHIND < LAST_OFF ? own + BEHIND : LAST_OFF);
}
