// Between the register's own files: what it read, how rows are joined, chosen and
// ordered. Reader thread.
#ifndef SERVER_REPORTS_REGISTER_H
#define SERVER_REPORTS_REGISTER_H

#include "server/reports/reports.h"

struct register_list {
    struct record **records;
    size_t n, room;
    struct arena *arena;
};

struct register_row {
    const struct record *pupil, *status, *school_class;
    const struct record **needs; // by rank
    size_t n_needs;
    const char *year;
    int year_order;
    size_t place; // by name, and what settles ties
};

struct register_filter {
    const char *status, *need, *year;
    int64_t class;
    bool all;
};

struct register_work {
    struct view *view;
    struct arena *arena;
    struct problem *problem;
    int32_t as_at;
    int64_t as_known;
    struct register_list pupils, statuses, needs, memberships, classes, codes;
    struct register_filter filter;
    struct register_row *rows;
    size_t n_rows, n_none, n_support, n_plan, n_other;
};

// Reads every kind it needs within the reader's scope. 0 or an error.
int register_read(struct register_work *work);
// One row per pupil on roll that the filters let through, by name; counts all by provision. 0 or ERR_NOMEM.
int register_join(struct register_work *work);
// Takes the parameters apart. 0 or ERR_INVALID with what would have been right.
int register_filters(struct register_work *work, const struct report_query *query);
bool register_passes(const struct register_work *work, const struct register_row *row);
bool register_status_passes(const struct register_work *work, const struct register_row *row);
int register_sort(struct register_work *work, const char *order);
// The provision code of a row, "" when there is none.
const char *register_provision(const struct register_row *row);
// The Code record of a list; *place (may be NULL) is where it stands in its list.
const struct record *register_code(const struct register_work *work, const char *list, const char *code, size_t *place);
const struct record *register_class(const struct register_list *classes, int64_t id);

#endif
