// What reports there are: their words, parameters and the kinds they read. The
// server computes them (server/reports/, one file each), clients draw them; both
// read this table. To add a report: a row in report.c and a file in server/reports/.
#ifndef COMMON_REPORT_H
#define COMMON_REPORT_H

#include <stddef.h>

struct report_param {
    const char *name;  // "class"
    const char *value; // what it takes, for help: "NAME"
    const char *help;
};

struct report_info {
    const char *name;  // the command: "register"
    const char *title; // "SEND register"
    const char *help;  // a sentence
    const char *duty;
    const char *const *reads;          // message names of kinds, NULL-terminated
    const struct report_param *params; // a NULL name ends them
};

extern const struct report_info report_infos[];
extern const size_t n_report_infos;
const struct report_info *report_info_find(const char *name); // any case; may be NULL

#endif
