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
    const char *why;  // "ROW:COLUMN" or "SECTION:ROW:COLUMN" of the figure to explain; NULL: none
    int64_t reader;   // the member of staff who asks
    size_t n_params;
    const char *const *names, *const *values;
};

struct figure_note;

// One report being made. All memory is the arena's.
struct report_work {
    struct view *view;
    struct arena *arena;
    struct problem *problem;
    const struct report_query *query;
    Sendco__Report *out;
    int32_t as_at;             // never DATE_NONE
    int64_t as_known;          // 0: now
    struct figure_note *noted; // figures shown so far; figure.c
};

struct report {
    const char *name;
    // Fills `out`, whose head is there already. 0 or an error with its sentence.
    int (*compute)(struct report_work *work);
};

const struct report *report_find(const char *name); // any case; may be NULL
// Checks the parameters, computes, and answers why. `out` is initialised and empty. 0 or an error with its sentence.
int report_run(const struct report *report, struct view *view, const struct report_query *query, struct arena *arena, Sendco__Report *out,
               struct problem *problem);

// --- for the reports themselves ---

// What was given for a parameter; NULL when it was not, or empty.
const char *report_param(const struct report_query *query, const char *name);
// The record that a parameter names, by id, as the report's row in common/report.c says of
// which kind. 0: *found, or NULL when the parameter was not given; else ERR_INVALID, ERR_NOT_FOUND.
int report_record(struct report_work *work, const char *param, struct record **found);
// A day that a parameter names: ISO. `otherwise` when it was not given. 0 or ERR_INVALID.
int report_day(struct report_work *work, const char *param, int32_t otherwise, int32_t *day);

struct report_column {
    const char *name, *label;
    Sendco__Report__Type type;
    uint32_t width;
};
// Adds a section whose rows are to be filled: room for `n_rows` rows of `n_columns` empty cells. NULL without memory.
Sendco__Report__Section *report_section(struct report_work *work, const char *name, const char *title, const struct report_column *columns,
                                        size_t n_columns, size_t n_rows);
// A section that is text alone; lines are ended by \n. 0 or ERR_NOMEM.
int report_text(struct report_work *work, const char *name, const char *title, const char *text);
// A thing to mend, a sentence. 0 or ERR_NOMEM.
int report_gap(struct report_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The record behind a row.
void report_link(Sendco__Report__Row *row, const struct kind *kind, int64_t id, struct arena *arena);
void report_cell(Sendco__Report__Row *row, size_t column, struct value value); // the text is borrowed; it must live as long as the report
// A record's field as a cell: text, number or the title of a choice; empty when the record is NULL or the field is.
struct value report_field(const struct record *record, const char *field);
// What a reference of a record is called; empty when there is none or it may not be seen.
struct value report_ref(struct report_work *work, const struct record *record, const char *field);

// --- figures: numbers that can say which records they come from (figure.c) ---

struct figure_part {
    const struct record *because;
    int64_t amount;
    struct figure_part *next;
};
struct figure {
    bool known; // false: an empty cell
    int64_t amount;
    struct figure_part *parts; // newest first; kept only when somebody asks why
};
// Adds so much, because of this record. What one record adds several times is told as its sum.
void figure_add(struct report_work *work, struct figure *figure, int64_t amount, const struct record *because);
// Takes in another figure with all its reasons.
void figure_join(struct report_work *work, struct figure *into, const struct figure *from);
// A figure made from others by a rule (a ratio, a share): the value as given, the reasons theirs.
struct figure figure_of(struct report_work *work, bool known, int64_t amount, const struct figure *a, const struct figure *b);
// Shows it in a cell, and remembers it for `why`.
void report_figure(struct report_work *work, Sendco__Report__Section *section, size_t row, size_t column, const struct figure *figure);
// Adds the section "why" for query->why. 0, or ERR_INVALID saying what there is to ask about.
int figure_why(struct report_work *work);

// numerator / denominator, half away from zero; the denominator is above 0.
int64_t figure_round(int64_t numerator, int64_t denominator);

extern const struct report register_report;
extern const struct report pupil_report;
extern const struct report profile_report;
extern const struct report gaps_report;
extern const struct report actions_report;
extern const struct report changes_report;
extern const struct report today_report;
extern const struct report map_report;
extern const struct report impact_report;

#endif
