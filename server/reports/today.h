// The page of somebody's day: its parts, each chosen and drawn by itself. Reader
// thread; memory is the report's arena. What each part holds stands in today.c.
#ifndef SERVER_REPORTS_TODAY_H
#define SERVER_REPORTS_TODAY_H

#include "server/reports/roll.h"

struct today_item {
    const struct record *record;
    const struct record *session; // of a provision: what was marked for the day; may be NULL
    bool late;                    // counted apart in the first line
    int64_t order, then;          // lowest first, then by id
};

struct today_part {
    const struct today_kind *kind;
    struct today_item *items;
    size_t n, n_late;
};

#define TODAY_PARTS 7

struct today {
    struct report_work *work;
    int32_t day, now; // the report's day; today
    int64_t staff;    // whose day
    bool lead;        // who asks may see everybody's
    bool other;       // a lead asks for somebody else
    bool all;         // everybody's sessions
    struct roll roll;
    struct rows assignments, attending, meetings, provisions, sessions, actions, targets, plans, logs, concerns;
    struct rows_index logs_of; // by pupil, then day
    struct today_part parts[TODAY_PARTS];
    size_t n_parts;
};

struct today_kind {
    const char *name, *title;
    const char *one, *many; // in the first line: "meeting", "meetings"
    const char *late;       // "overdue"; NULL: none is late
    const char *more;       // the command that lists the rest
    const struct rows *(*rows)(const struct today *today);
    bool (*takes)(struct today *today, struct today_item *item);
    struct report_column columns[6];
    size_t n_columns;
    void (*fill)(struct today *today, Sendco__Report__Section *section, size_t row, const struct today_item *item);
};

extern const struct today_kind today_kinds[TODAY_PARTS];

// Does the provision meet on the day, by its dates and the words in `days`?
bool today_meets(const struct record *provision, int32_t day);
// What was marked for a provision on a day; NULL: nothing yet.
const struct record *today_session(const struct today *today, int64_t provision, int32_t day);
// Does the person whose day it is take it, or is everybody's asked for?
bool today_leads(const struct today *today, const struct record *provision);

#endif
