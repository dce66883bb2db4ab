// The provision map in the making: what its sections share (map.c, map_runs.c,
// map_pupils.c). Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_MAP_H
#define SERVER_REPORTS_MAP_H

#include "server/reports/cost.h"
#include "server/reports/roll.h"

struct map_pupil {
    const struct roll_row *row;
    struct cost_amounts minutes, pence;
};

struct map {
    struct report_work *work;
    const char *by;             // the one section asked for; NULL: all
    const struct record *pupil; // the one pupil asked for; NULL: all
    bool filtered;              // by anything about pupils
    struct roll roll;
    struct costing costing;
    struct cost_member **members; // by pupil, then by run
    struct map_pupil *pupils;     // on roll, let through, with a day in a run within the period; by name
    size_t n_pupils;
    bool *listed; // by index of the run: without a filter all, with one those with such a pupil
};

// A section with its own columns, then the minutes, then the pence for those who may see them.
Sendco__Report__Section *map_section(const struct map *map, const char *name, const char *title, const struct report_column *columns,
                                     size_t n_columns, size_t n_rows);
// The amounts of a row, from that column on.
void map_amounts(const struct map *map, Sendco__Report__Section *section, size_t row, size_t column, const struct cost_amounts *minutes,
                 const struct cost_amounts *pence);
// "None." where a section has no row.
int map_empty(const struct map *map, Sendco__Report__Section *section);
bool map_wants(const struct map *map, const char *section);

// map_runs.c
// The report's day brought into the run's dates; its members then are those told of.
int32_t map_day_of(const struct map *map, const struct record *run);
int map_provision(struct map *map);
int map_staff(struct map *map);
int map_school(struct map *map);
// map_pupils.c
bool map_pupil_any(const struct map_pupil *pupil); // any minutes or pence above 0?
int map_choose_pupils(struct map *map);
int map_of_pupils(struct map *map); // sections pupil, class, year, need

#endif
