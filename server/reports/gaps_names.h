// What lists of things to mend have in common: sentences with names, and words where
// a section has no rows. Reader thread; memory is the report's arena.
#ifndef SERVER_REPORTS_GAPS_NAMES_H
#define SERVER_REPORTS_GAPS_NAMES_H

#include "server/reports/rows.h"

struct gaps_names {
    struct report_work *work;
    const char *text; // "A; B"
    size_t n;         // all, also those that are only counted
};
// Takes a name in: the first five are told, the others counted. 0 or ERR_NOMEM.
int gaps_name(struct gaps_names *names, const char *name);
// "SENTENCE: A; B; and 3 more." as a gap of the report; nothing when there are no names. 0 or ERR_NOMEM.
int gaps_tell(struct gaps_names *names, const char *sentence);

// What stands above a section's rows; "None." for a NULL. 0 or ERR_NOMEM.
int gaps_text(struct report_work *work, Sendco__Report__Section *section, const char *text);
// What a pupil or a member of staff is called; empty for NULL.
struct value gaps_person(struct report_work *work, const struct record *person);
// The title of a code of a list, as a cell; empty when the field is.
struct value gaps_code(struct report_work *work, const struct record *record, const char *field);
// A figure that is one number of one record.
void gaps_figure(struct report_work *work, Sendco__Report__Section *section, size_t row, size_t column, int64_t amount,
                 const struct record *because);

#endif
