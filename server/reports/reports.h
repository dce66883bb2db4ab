// Reports: what people look at, computed over one snapshot in one scope. A report
// is a file here, a row in reports.c, and its words in common/report.c. They run
// on a reader thread and read through view.h only.
#ifndef SERVER_REPORTS_REPORTS_H
#define SERVER_REPORTS_REPORTS_H

#include "protocol.pb-c.h"
#include "server/store/view.h"

struct report_query {
    int32_t as_at;    // DATE_NONE: today
    int64_t as_known; // 0: now
    size_t n_params;
    const char *const *names, *const *values;
};

struct report {
    const char *name;
    // Fills `out`, which is initialised and empty, from the arena. 0 or an error with its sentence.
    int (*compute)(struct view *view, const struct report_query *query, struct arena *arena, Sendco__Report *out, struct problem *problem);
};

const struct report *report_find(const char *name); // any case; may be NULL

// --- for the reports themselves ---

// What was given for a parameter; NULL when it was not, or empty.
const char *report_param(const struct report_query *query, const char *name);
// Every parameter is one of the report's own. 0 or ERR_INVALID naming the stranger and the choice.
int report_check(const struct report_query *query, const char *report, struct problem *problem);
// Title, date, filters and the kinds read. 0 or ERR_NOMEM.
int report_head(Sendco__Report *out, const char *report, const struct report_query *query, int32_t as_at, struct arena *arena);

struct report_column {
    const char *name, *label;
    Sendco__Report__Type type;
    uint32_t width;
};
// Adds a section whose rows are to be filled: room for `n_rows` rows of `n_columns` empty cells. NULL without memory.
Sendco__Report__Section *report_section(Sendco__Report *out, const char *name, const char *title, const struct report_column *columns,
                                        size_t n_columns, size_t n_rows, struct arena *arena);
// Adds the record behind a row.
void report_link(Sendco__Report__Row *row, const struct kind *kind, int64_t id, struct arena *arena);
void report_cell(Sendco__Report__Row *row, size_t column, struct value value); // the text is borrowed; it must live as long as the report

extern const struct report register_report;

#endif
