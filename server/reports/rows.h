// All records of one kind that a report needs, read once in the reader's scope, and
// found by id or by what they refer to. Memory is the report's arena. Reader thread.
#ifndef SERVER_REPORTS_ROWS_H
#define SERVER_REPORTS_ROWS_H

#include "server/reports/reports.h"

struct rows {
    const struct kind *kind;
    struct record **list; // in order of id, or of name with ROWS_BY_NAME
    size_t n, room;
    bool denied; // the reader may see none of this kind
    bool by_name;
    struct record **by_id; // the same in order of id
    struct arena *arena;
};

enum rows_how {
    ROWS_ALL = 0,
    ROWS_AS_AT = 1,   // of spells only those that hold on the report's day
    ROWS_BY_NAME = 2, // ordered by what they are called, as lists are
    ROWS_NEEDED = 4,  // being denied is an error; otherwise it leaves the list empty
};
// Of a kind, as the log knew them when that was asked. 0 or an error with its sentence.
int rows_read(struct report_work *work, const char *kind, unsigned how, struct rows *rows);
// The same with the caller's own conditions (kind, where, about); as_known is filled in.
int rows_query(struct report_work *work, struct query *query, unsigned how, struct rows *rows);
struct record *rows_find(const struct rows *rows, int64_t id); // NULL: not there

// The same records in order of what they are about (field NULL) or of a reference or
// number, then of a second field (NULL: id).
struct rows_index {
    struct record **list;
    size_t n;
    const struct field *field; // NULL: about
};
int rows_index(struct report_work *work, const struct rows *rows, const char *field, const char *then, struct rows_index *index);
// The first of those with this value; *n of them follow each other. NULL when there are none.
struct record **rows_of(const struct rows_index *index, int64_t value, size_t *n);

// Does a spell's record (from, to) hold on the day? `to` is inclusive; empty: still.
bool rows_holds(const struct record *record, int32_t day);

#endif
