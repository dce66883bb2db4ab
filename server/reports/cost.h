// What provision takes and costs: hours and pence, planned, to date and actual, of
// each run and of each pupil in it. Shared by map, impact and the pupil's page.
// Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_COST_H
#define SERVER_REPORTS_COST_H

#include "server/reports/rows.h"

struct cost_amounts {
    struct figure planned, to_date, actual; // minutes or pence
};

struct cost_member {
    const struct record *member; // ProvisionMember
    size_t run;                  // index into costing.runs
    int32_t days, days_to_date;  // in the run within the period, and of these up to D
    struct cost_amounts minutes; // of the pupil's own time
    struct cost_amounts pence;   // the pupil's share
    size_t present, absent;      // sessions held while a member, with a mark; absent: any other mark
};

struct cost_run {
    const struct record *run, *type;         // type may be NULL
    size_t first, n_members;                 // in costing.members
    size_t held, lost;                       // sessions in from..D
    int32_t days, days_within, days_to_date; // its own: all, within the period, and of these up to D
    int64_t planned_sessions, to_date_sessions;
    struct cost_amounts minutes, pence; // of the run itself, not times its pupils
    size_t unshared;                    // held sessions without any member on the day
    bool unpriced;                      // no rate on a day that needs one
};

struct costing {
    struct report_work *work;
    int32_t from, to;      // the period, both inclusive
    int32_t day;           // D
    bool priced;           // the reader may see what things cost
    struct cost_run *runs; // by name
    size_t n_runs;
    struct cost_member *members; // run after run, by id within one
    size_t n_members;
    struct rows runs_read, types, members_read, sessions, attendances, rates;
    struct rows_index members_of, sessions_of; // by provision, then id; by provision, then day
    struct cost_run **by_id;                   // the runs by id
};

// Runs that overlap the period and, with `pupil` not 0, that this pupil is or was in; the marks then are read for this
// pupil alone. 0 or an error with its sentence.
//
// Figures, all integers; round is half away from zero; D is the earlier of the period's end and the report's day:
//   days(x)         days of the run's dates (starts..ends) that lie in x; a run without an end counts up to the period's end
//   planned n       round(planned sessions x days(period) / days of the run); to date: days(from..D) instead, and no more than
//                   cap(days(from..D))
//   cap(days)       sessions a week (the run's, else its type's) x days / 7, rounded up: what the timetable can hold in so many
//                   days, however early the run was closed; no cap where the sessions a week are not known
//   minutes         n x minutes of a session (the run's, else its type's); actual: the sum over held sessions in from..D of their
//                   own minutes, else those
//   rate(day)       the run's agreed rate, else the cost rate of its grade that holds on the day; none: pence unknown
//   pence           planned, to date: n x round(minutes x rate(first day of the run) / 60); actual: each session's
//                   round(minutes x rate(day) / 60);
//                   the type's resources come on top where the run begins in the period (to date, actual: and by D)
//   a pupil's time  planned, to date: round(planned sessions x days in the run (within the period, D) / days of the run) x minutes,
//                   to date of no more sessions than cap(days in the run to D);
//                   actual: minutes of the held sessions while a member at which the pupil was marked present
//   a pupil's share planned, to date: the run's pence by days in the run within the period (to D), rounded down, and the pennies left
//                   over one each in order of the members' ids, of those with a day; actual: each session's pence shared alike
//                   among the members of that day, the pennies left over in the same order; resources as to-date pence are
//   unknown         what lacks the planned sessions, the minutes or the rate; an actual figure is unknown as a whole when one of
//                   the run's held sessions lacks it, and the members' figures are whenever the run's is. A member without an end
//                   stays until the run's; days outside the run's dates do not count.
int cost_make(struct report_work *work, int32_t from, int32_t to, int64_t pupil, struct costing *costing);

struct cost_run *cost_run_find(const struct costing *costing, int64_t id); // NULL: not among them
// What one held session takes and costs; false: unknown.
bool cost_session_minutes(const struct cost_run *run, const struct record *session, int64_t *minutes);
bool cost_session_pence(const struct costing *costing, const struct cost_run *run, const struct record *session, int64_t *pence);
// The type's resources where they come on top of the actual pence; 0: they do not.
int64_t cost_resources(const struct costing *costing, const struct cost_run *run, int32_t by);
// Adds what is known.
void cost_join(struct report_work *work, struct cost_amounts *into, const struct cost_amounts *from);
// Is there anything above 0?
bool cost_any(const struct cost_amounts *amounts);
// cost_read.c: reads, and chooses the runs and members. 0 or an error with its sentence.
int cost_read(struct costing *costing, int64_t pupil);

#endif
