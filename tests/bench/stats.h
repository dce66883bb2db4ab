// Times of single requests, kept one by one so that p50, p99 and the longest are
// exact, and their line of JSON. Loop thread only.
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <uv.h>

struct stats {
    uint32_t *us; // tenths of a microsecond would be noise
    size_t n, capacity;
    uint64_t last; // when the newest came, ns
    uint64_t gap;  // longest time in which nothing came, ns
};

static inline void stats_add(struct stats *stats, uint64_t from, uint64_t to)
{
    if (stats->n == stats->capacity) {
        stats->capacity = stats->capacity == 0 ? 1u << 16 : stats->capacity * 2;
        stats->us = realloc(stats->us, stats->capacity * sizeof *stats->us);
        if (stats->us == NULL) {
            fputs("out of memory for measurements\n", stderr);
            exit(1);
        }
    }
    stats->us[stats->n++] = (uint32_t)((to - from) / 1000);
    if (stats->last != 0 && to - stats->last > stats->gap)
        stats->gap = to - stats->last;
    stats->last = to;
}

static inline int stats_order(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static inline uint32_t stats_at(const struct stats *stats, double part)
{
    if (stats->n == 0)
        return 0;
    size_t at = (size_t)(part * (double)stats->n);
    return stats->us[at < stats->n ? at : stats->n - 1];
}

// Sorts, then prints `"NAME_p50_us": …, …` for one line of JSON.
static inline void stats_print(struct stats *stats, const char *name)
{
    qsort(stats->us, stats->n, stats->n > 0 ? sizeof *stats->us : 1, stats_order);
    printf("\"%sp50_us\": %u, \"%sp99_us\": %u, \"%smax_us\": %u, \"%sgap_us\": %llu", name, stats_at(stats, 0.5), name,
           stats_at(stats, 0.99), name, stats_at(stats, 1.0), name, (unsigned long long)(stats->gap / 1000));
}

static inline double stats_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
           ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) / 1e6;
}

#endif
