// What is gathered of each type of provision for the report on impact (impact.c) and
// how it is shown (impact_table.c). Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_IMPACT_H
#define SERVER_REPORTS_IMPACT_H

#include "server/reports/cost.h"
#include "server/reports/roll.h"

#define IMPACT_LEAST 5 // of fewer pupils no type is better or worse than another
#define EFFECTS      4 // STRONG, EXPECTED, SOME, NONE: as they are shown
#define DECISIONS    3

struct impact_line {
    const struct record *type;
    bool months;
    struct figure n, unmeasured, entry, exit, gain; // the latter three: sums of tenths
    struct figure timed_gain, days;                 // of those with days above 0
    struct figure effects[EFFECTS], decisions[DECISIONS];
    struct figure present, marks, cost;
    bool cost_unknown;  // of one of the n
    bool shown;         // there is something to say
    int64_t ratio;      // tenths, when there is one
    size_t rank, place; // 0: none; by name
};

struct impact {
    struct report_work *work;
    int32_t from, day; // the period: D
    struct roll roll;
    bool filtered; // by anything about pupils
    bool priced;   // the reader may see what things cost
    struct rows types, runs, members;
    struct rows_index members_of; // by provision
    struct costing costing;
    struct impact_line *lines; // one per type, by name
    size_t n_lines;
};

bool impact_has_ratio(const struct impact_line *line);
// impact_table.c: the section, and the gaps to fill. 0 or an error.
int impact_table(struct impact *impact);
int impact_gaps(const struct impact *impact);

#endif
