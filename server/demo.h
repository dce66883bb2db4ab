// The demo school: invented pupils and staff, the same for the same seed, day and
// number of pupils, byte for byte. `sendcod init --demo`, main thread.
#ifndef SERVER_DEMO_H
#define SERVER_DEMO_H

#include "server/bulk.h"

struct demo_options {
    size_t pupils; // 420 when nobody says
    uint64_t seed;
    int32_t today;
};

#define DEMO_PEOPLE 7

// Who gets an account and a profile.
struct demo_person {
    const char *profile; // "senco"
    int role;            // enum role
    const char *forename, *surname, *title, *post;
    int64_t staff; // set by demo_fill
};

struct demo_counts {
    size_t pupils, staff, support, plan, records;
};

// Small and fast, and the same on every machine (splitmix64).
struct demo_random {
    uint64_t state;
};
uint64_t demo_next(struct demo_random *random);
size_t demo_below(struct demo_random *random, size_t n); // 0 … n-1; n is at least 1
bool demo_chance(struct demo_random *random, unsigned percent);
int32_t demo_between(struct demo_random *random, int32_t from, int32_t to); // both inclusive
void demo_bytes(void *random, uint8_t *bytes, size_t size);                 // a bulk_random_fn

// Seven people, to begin with.
void demo_people(struct demo_person people[DEMO_PEOPLE]);
// Writes the whole school; tells the people's ids and what was made. `random` also
// feeds `bulk`, so it must be the same.
int demo_fill(struct bulk *bulk, const struct demo_options *options, struct demo_random *random, struct demo_person people[DEMO_PEOPLE],
              struct demo_counts *counts, struct problem *problem);

#endif
