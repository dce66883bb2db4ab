// The table of reports: what each is called, takes and reads. Constant data, any
// thread.
#include "common/report.h"

#include "common/text.h"

static const char *const register_reads[] = {"Pupil", "SenStatus", "Need", "ClassMembership", "SchoolClass", "Code", NULL};
static const struct report_param register_params[] = {
    {"class", "NAME", "only this class, by name or id", NULL, 0},
    {"year", "YEAR", "only this year: N2, R, 1 … 6", NULL, 0},
    {"status", "CODES", "K, E, \"K,E\", N, or all; without it everybody with SEN provision", NULL, 0},
    {"need", "CODE", "only pupils with this need at any rank: SLCN, ASD …", NULL, 0},
    {"sort", "ORDER", "name, class, year, status, since or need; with a minus in front from the end", NULL, 0},
    {0},
};

const struct report_info report_infos[] = {
    {"register", "SEND register", "Who is on the SEND register on a date, with status, needs and class.", "R8", register_reads,
     register_params},
};
const size_t n_report_infos = sizeof report_infos / sizeof report_infos[0];

const struct report_info *report_info_find(const char *name)
{
    for (size_t i = 0; name && i < n_report_infos; i++) {
        if (text_same(report_infos[i].name, name))
            return &report_infos[i];
    }
    return NULL;
}
