// What the benchmark knows of the rows it made: id, version and the date last
// written to each. A file mapped into memory, so that one run after another goes on
// from the versions that the server gave. One process at a time.
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/wire.h"

struct row {
    int64_t id;
    uint32_t version;
    int32_t due;
};

struct rows {
    struct row *row;
    size_t n, capacity;
};

// With `capacity` a new file, else the one there is. Fails the program on any fault.
static inline void rows_open(struct rows *rows, const char *path, size_t capacity)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | (capacity > 0 ? O_CREAT | O_TRUNC : 0), 0600);
    struct stat stat;
    if (fd < 0)
        fail("cannot open %s: %s", path, strerror(errno));
    if (capacity > 0 && ftruncate(fd, (off_t)(capacity * sizeof *rows->row)) < 0)
        fail("cannot make %s: %s", path, strerror(errno));
    if (fstat(fd, &stat) < 0 || stat.st_size < (off_t)sizeof *rows->row)
        fail("%s holds no rows", path);
    rows->capacity = (size_t)stat.st_size / sizeof *rows->row;
    rows->row = mmap(NULL, rows->capacity * sizeof *rows->row, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (rows->row == MAP_FAILED)
        fail("cannot map %s: %s", path, strerror(errno));
    rows->n = capacity > 0 ? 0 : rows->capacity;
}

// Cuts the file to the rows there are.
static inline void rows_close(struct rows *rows, const char *path)
{
    munmap(rows->row, rows->capacity * sizeof *rows->row);
    if (truncate(path, (off_t)(rows->n * sizeof *rows->row)) < 0)
        fail("cannot cut %s: %s", path, strerror(errno));
}

// xorshift64*: where the next row is, the same in every run.
static inline uint64_t rows_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

// A key as Put wants it: milliseconds first, then what no other run or request has.
static inline void rows_key(uint8_t key[16])
{
    static uint64_t counter;
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t rest = ((uint64_t)getpid() << 40) + counter++;
    for (int i = 0; i < 6; i++)
        key[i] = (uint8_t)(ms >> (40 - 8 * i));
    key[6] = 0x70;
    key[7] = 0;
    for (int i = 0; i < 8; i++)
        key[8 + i] = (uint8_t)(rest >> (56 - 8 * i));
}

#endif
