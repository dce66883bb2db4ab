// Reading the change log for the report of changes: what the reader may be told, as
// runs. Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_CHANGES_H
#define SERVER_REPORTS_CHANGES_H

#include "server/reports/rows.h"

#define CHANGES_MOST 20000 // looked through at a time

// One change that the reader may see.
struct told {
    const struct kind *kind;
    int64_t id, about, actor, at;
    uint64_t seq, changed;
    enum action action;
};

struct run {
    const struct told *oldest, *newest;
    uint64_t changed;
    bool added, restored;
    int64_t times;
};

struct changes {
    struct report_work *work;
    uint64_t from, upto; // after `from`, up to `upto`
    uint64_t last;       // of those to be looked through
    int64_t begin, end;  // and not before, not after these seconds
    struct record *pupil, *who;
    const struct kind *kind;
    size_t limit;
    bool cut; // there was more than CHANGES_MOST
    struct told *told;
    size_t n, room;
    struct run *runs;
    size_t n_runs, n_all; // on the page; in all
};

// From what was asked (pupil, who, kind, from, begin, end, limit) to the page's runs, oldest first, with upto, n_all and cut.
// 0 or an error.
int changes_read(struct changes *changes);

#endif
