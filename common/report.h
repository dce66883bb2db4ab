// What reports there are: their words, parameters and the kinds they read. The
// server computes them (server/reports/, one file each), clients draw them; both
// read this table. To add a report: a row in report.c and a file in server/reports/.
#ifndef COMMON_REPORT_H
#define COMMON_REPORT_H

#include <stddef.h>

enum report_how {
    REPORT_WORD = 1,     // may be given as a word after the report's name
    REPORT_REQUIRED = 2, // the report cannot be made without it
    REPORT_DAY = 4,      // a day: clients take whatever people type and send ISO
    REPORT_FLAG = 8,     // takes no value: sent as "yes"
};

struct report_param {
    const char *name;  // "class"
    const char *value; // what it takes, for help: "NAME"; "" for a flag
    const char *help;
    const char *kind; // message name of the kind whose record it names: clients resolve it and send the id; NULL: none
    unsigned how;     // enum report_how
};

struct report_info {
    const char *name;  // the command: "register"
    const char *title; // "SEND register"
    const char *help;  // a sentence
    const char *duty;
    const char *const *reads;          // message names of kinds, NULL-terminated
    const struct report_param *params; // a NULL name ends them
    const char *table;                 // the section that stands for it in a file of one table; NULL: the one of its own name
};

extern const struct report_info report_infos[];
extern const size_t n_report_infos;
const struct report_info *report_info_find(const char *name); // any case; may be NULL

#endif
