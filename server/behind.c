// Threads behind the loop (behind.h).
#include "server/behind.h"

#include <sys/resource.h>
#include <unistd.h>

// Against a loop that has much to do such a thread has a quarter of a processor, and all of one
// that nobody else wants. On Linux this is of the thread alone, and there is no way back.
#define BEHIND 5

void thread_behind(void)
{
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), BEHIND);
}
