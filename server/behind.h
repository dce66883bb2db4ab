// Threads that come after the loop when there are not processors enough for all. Any thread.
#ifndef SERVER_BEHIND_H
#define SERVER_BEHIND_H

// From now on this thread runs at a lower priority. All that anybody asks goes through the loop's
// thread: what others read or hash must not make it wait. Where that cannot be, all stays as it is.
void thread_behind(void);

#endif
