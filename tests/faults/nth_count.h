// One counter of calls, the Nth of which fails. Armed by one thread, counted by any.
#ifndef TESTS_FAULTS_NTH_COUNT_H
#define TESTS_FAULTS_NTH_COUNT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct nth_count {
    _Atomic uint64_t failing, counted, failed; // failing: which one; 0: none
    _Atomic bool goes_on;                      // and all after it
};

static inline void nth_count_arm(struct nth_count *count, uint64_t nth, bool goes_on)
{
    atomic_store(&count->failing, 0);
    atomic_store(&count->counted, 0);
    atomic_store(&count->failed, 0);
    atomic_store(&count->goes_on, goes_on);
    atomic_store(&count->failing, nth);
}

// How many there were; 0 when nothing was armed.
static inline uint64_t nth_count_disarm(struct nth_count *count)
{
    return atomic_exchange(&count->failing, 0) ? atomic_load(&count->counted) : 0;
}

// One more: does it fail?
static inline bool nth_count_fails(struct nth_count *count)
{
    uint64_t nth = atomic_load(&count->failing);
    if (!nth)
        return false;
    uint64_t now = atomic_fetch_add(&count->counted, 1) + 1;
    if (now != nth && !(now > nth && atomic_load(&count->goes_on)))
        return false;
    atomic_fetch_add(&count->failed, 1);
    return true;
}

#endif
