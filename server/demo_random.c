// The demo's own chance: splitmix64, so that a seed gives the same school on every
// machine and with every library. Main thread.
#include "server/demo.h"

#include <string.h>

uint64_t demo_next(struct demo_random *random)
{
    random->state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ (mixed >> 31);
}

size_t demo_below(struct demo_random *random, size_t n)
{
    return n ? (size_t)((demo_next(random) >> 11) % n) : 0;
}

bool demo_chance(struct demo_random *random, unsigned percent)
{
    return demo_below(random, 100) < percent;
}

int32_t demo_between(struct demo_random *random, int32_t from, int32_t to)
{
    return to <= from ? from : from + (int32_t)demo_below(random, (size_t)(to - from) + 1);
}

void demo_bytes(void *random, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = demo_next(random);
        memcpy(bytes + at, &word, size - at < 8 ? size - at : 8);
    }
}
