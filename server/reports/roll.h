// Who is on roll as at a report's day and how each of them stands: class, year,
// SEN provision, needs by rank. Shared by all reports about pupils. Reader thread.
#ifndef SERVER_REPORTS_ROLL_H
#define SERVER_REPORTS_ROLL_H

#include "server/reports/rows.h"

struct roll_row {
    const struct record *pupil, *status, *school_class; // the latter two may be NULL
    struct record *const *needs;                        // by rank
    size_t n_needs;
    const char *year; // may be NULL
    int year_order;
    size_t place; // by name, and what settles ties
};

struct roll_filter {
    const char *status, *need, *year;
    int64_t class;
    bool all;
};

struct roll {
    struct report_work *work;
    struct rows pupils, statuses, needs, memberships, classes, codes; // pupils: all, also those who left
    struct rows_index status_of, needs_of, class_of;                  // by pupil
    struct roll_filter filter;
    struct roll_row *rows; // those on roll that the filters let through
    size_t n_rows, n_none, n_support, n_plan, n_other;
    struct figure none, support, plan, other; // the same four, because of the status, or of the pupil who has none
};

// Reads, takes the parameters class, year, status and need apart (those the report has), and joins. Without a
// status everybody with SEN provision; `everybody`: all on roll. By name. 0 or an error with its sentence.
int roll_make(struct report_work *work, bool everybody, struct roll *roll);
// The same as at another day than the report's, in the same snapshot; the roll's own `work` then has that day.
int roll_make_on(struct report_work *work, int32_t day, bool everybody, struct roll *roll);
// One pupil's standing, on roll or not, filtered or not; .pupil NULL when not to be seen.
struct roll_row roll_of(const struct roll *roll, int64_t pupil);
// The row among those that the filters let through; NULL when it is not.
const struct roll_row *roll_find(const struct roll *roll, int64_t pupil);
int roll_sort(struct roll *roll, const char *order);
// The provision code of a row, "" when there is none.
const char *roll_provision(const struct roll_row *row);
// Is it K or E?
bool roll_provided(const struct roll_row *row);
// Is the pupil on the register on the roll's day: on roll, with another provision code than N?
bool roll_registered(const struct roll *roll, const struct roll_row *row);
// The code of the need of rank 1, or the first there is; NULL.
const char *roll_primary(const struct roll_row *row);
// The Code record of a list; *place (may be NULL) is where it stands in its list.
const struct record *roll_code(const struct roll *roll, const char *list, const char *code, size_t *place);
bool roll_on_roll(const struct record *pupil, int32_t day);
// 2026 for the academic year 2026/27, which begins on 1 September; and its first day.
int roll_academic_year(int32_t day);
int32_t roll_year_start(int32_t day);

// roll_choose.c
// "SLCN, SPLD": the codes of a row's needs by rank; NULL when there are none or memory is out.
const char *roll_needs(const struct roll_row *row, struct arena *arena);
int roll_filters(struct roll *roll);
bool roll_passes(const struct roll *roll, const struct roll_row *row);
bool roll_status_passes(const struct roll *roll, const struct roll_row *row);

#endif
