// Between the two files of the demo's provision.
#ifndef SERVER_DEMO_PROVISION_H
#define SERVER_DEMO_PROVISION_H

#include "server/demo_world.h"

enum { DEMO_TYPES = 15 };
enum { IN_MONTHS = 1, IN_STANDARD_SCORE, IN_POINTS };

struct demo_type {
    const char *name, *layer, *area, *need, *room;
    int group, minutes, per_week, weeks;
    int youngest, oldest; // years as in struct demo_pupil
    int measured;         // ProvisionType.Measure
    const char *measure;
    int64_t resources;   // pence
    int lowest, highest; // of entry scores in points
    bool specialist;     // for pupils with a plan
    const char *evidence, *entry, *exit;
};

extern const struct demo_type demo_types[DEMO_TYPES];

// The types and the cost rates; `entries` gets the types.
void demo_make_types(struct demo_world *world, struct demo_entry *entries[DEMO_TYPES]);

#endif
