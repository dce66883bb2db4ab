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
    {"compare", "DATE", "who joined, left or changed between that day and the report's, and how many stood where", NULL, REPORT_DAY},
    {"limit", "N", "at most so many rows", NULL, 0},
    {0},
};

static const char *const pupil_reads[] = {"Pupil",
                                          "SenStatus",
                                          "Need",
                                          "Placement",
                                          "ClassMembership",
                                          "SchoolClass",
                                          "Profile",
                                          "Plan",
                                          "Target",
                                          "TargetReview",
                                          "Strategy",
                                          "Provision",
                                          "ProvisionType",
                                          "ProvisionMember",
                                          "ProvisionSession",
                                          "Attendance",
                                          "CostRate",
                                          "Contact",
                                          "ContactLog",
                                          "Meeting",
                                          "Action",
                                          "Concern",
                                          "Staff",
                                          "Code",
                                          NULL};
static const struct report_param pupil_params[] = {
    {"pupil", "PUPIL", "whose page, by name or id", "Pupil", REPORT_WORD | REPORT_REQUIRED},
    {0},
};

static const char *const profile_reads[] = {"Pupil",    "Need",      "ClassMembership", "SchoolClass", "Profile", "Plan", "Target",
                                            "Strategy", "Provision", "ProvisionMember", "Staff",       "Code",    NULL};

static const char *const map_reads[] = {"Provision",
                                        "ProvisionType",
                                        "ProvisionMember",
                                        "ProvisionSession",
                                        "Attendance",
                                        "CostRate",
                                        "Pupil",
                                        "SenStatus",
                                        "ClassMembership",
                                        "SchoolClass",
                                        "Need",
                                        "Code",
                                        "Staff",
                                        NULL};
static const struct report_param map_params[] = {
    {"by", "SECTION", "only this section: provision, pupil, class, year, need, staff or school", NULL, 0},
    {"class", "NAME", "only pupils of this class, by name or id", NULL, 0},
    {"year", "YEAR", "only pupils of this year: N2, R, 1 … 6", NULL, 0},
    {"need", "CODE", "only pupils with this need at any rank: SLCN, ASD …", NULL, 0},
    {"status", "CODES", "only pupils with K, E, \"K,E\" or N", NULL, 0},
    {"pupil", "PUPIL", "only this pupil", "Pupil", 0},
    {"from", "DATE", "the period's first day; without it 1 September of the academic year", NULL, REPORT_DAY},
    {"to", "DATE", "the period's last day; without it 31 August of the academic year", NULL, REPORT_DAY},
    {0},
};

static const char *const impact_reads[] = {"ProvisionType",
                                           "Provision",
                                           "ProvisionMember",
                                           "ProvisionSession",
                                           "Attendance",
                                           "CostRate",
                                           "Pupil",
                                           "SenStatus",
                                           "ClassMembership",
                                           "SchoolClass",
                                           "Need",
                                           "Code",
                                           NULL};
static const struct report_param impact_params[] = {
    {"layer", "CODE", "only types of this layer: UNIVERSAL, TARGETED, TARGETED-PLUS, SPECIALIST", NULL, 0},
    {"class", "NAME", "only pupils of this class, by name or id", NULL, 0},
    {"year", "YEAR", "only pupils of this year: N2, R, 1 … 6", NULL, 0},
    {"need", "CODE", "only pupils with this need at any rank: SLCN, ASD …", NULL, 0},
    {"status", "CODES", "only pupils with K, E, \"K,E\" or N", NULL, 0},
    {"from", "DATE", "first day on which a pupil left it; without it 1 September of the last academic year", NULL, REPORT_DAY},
    {"to", "DATE", "last day on which a pupil left it; without it the report's day", NULL, REPORT_DAY},
    {0},
};

static const char *const gaps_reads[] = {"Plan", "ProvisionMember", "Provision",   "Concern", "Meeting", "Staff", "Pupil", "SenStatus",
                                         "Need", "ClassMembership", "SchoolClass", "Code",    NULL};
static const struct report_param gaps_params[] = {
    {"class", "NAME", "only pupils of this class, by name or id", NULL, 0},
    {"year", "YEAR", "only pupils of this year: N2, R, 1 … 6", NULL, 0},
    {"need", "CODE", "only pupils with this need at any rank: SLCN, ASD …", NULL, 0},
    {"status", "CODES", "only pupils with K, E, \"K,E\" or N", NULL, 0},
    {0},
};

static const char *const actions_reads[] = {"Action", "Meeting", "Pupil", "Staff", "ClassMembership", "SchoolClass", NULL};
static const struct report_param actions_params[] = {
    {"owner", "STAFF", "only this person's", "Staff", 0},
    {"pupil", "PUPIL", "only those about this pupil", "Pupil", 0},
    {"class", "NAME", "only those about pupils of this class, by name or id", NULL, 0},
    {"overdue", "", "only those that are overdue", NULL, REPORT_FLAG},
    {"all", "", "those closed in the last 90 days too", NULL, REPORT_FLAG},
    {"mine", "", "only my own", NULL, REPORT_FLAG},
    {0},
};

// Which kinds: all there are; the report itself says so.
static const char *const changes_reads[] = {NULL};
static const struct report_param changes_params[] = {
    {"since", "SINCE", "a day, or #N for after change N; without it the last seven days", NULL, REPORT_DAY},
    {"pupil", "PUPIL", "only what is about this pupil", "Pupil", 0},
    {"kind", "KIND", "only records of this kind: target, plan, meeting …", NULL, 0},
    {"who", "STAFF", "only what this person changed", "Staff", 0},
    {"limit", "N", "at most so many rows, the oldest; without it 200", NULL, 0},
    {0},
};

static const char *const today_reads[] = {
    "Meeting", "MeetingAttendee", "Provision", "ProvisionSession", "Action",      "Target", "Plan", "ContactLog",
    "Concern", "Assignment",      "Pupil",     "ClassMembership",  "SchoolClass", "Staff",  "Code", NULL};
static const struct report_param today_params[] = {
    {"staff", "STAFF", "the day of somebody else, for those who lead SEND", "Staff", 0},
    {"all", "", "everybody's sessions, for those who lead SEND", NULL, REPORT_FLAG},
    {0},
};

const struct report_info report_infos[] = {
    {"register", "SEND register", "Who is on the SEND register on a date, with status, needs and class.", "R8", register_reads,
     register_params, "compare"},
    {"pupil", "Pupil's page", "All that is kept about one pupil: status, needs, plans, targets, provision, home, meetings and actions.",
     "R8 R3 R5", pupil_reads, pupil_params, NULL},
    {"profile", "One-page profile", "What whoever teaches a pupil must know, on one page.", "T1", profile_reads, pupil_params, NULL},
    {"map", "Provision map", "What is provided to whom, by pupil, class, year, need, staff and school: hours and cost, planned and actual.",
     "R3 R9 L4", map_reads, map_params, "provision"},
    {"impact", "Impact of provision", "What each type of provision brings about: gains from entry to exit, and what a month's gain costs.",
     "R9 T1 R4", impact_reads, impact_params, NULL},
    {"gaps", "Gaps", "What is missing or late: plans, provision, targets, decisions, meetings with parents, reviews, primary needs.",
     "R3 R5 R8", gaps_reads, gaps_params, "summary"},
    {"actions", "Actions", "Who said they would do what by when, and what is overdue.", "L7", actions_reads, actions_params, NULL},
    {"changes", "Changes", "What has changed since you last looked, and who changed it.", "L7", changes_reads, changes_params, NULL},
    {"today", "Today", "What you have to see to: meetings, sessions, actions, targets, reviews, who waits for an answer.", "L7",
     today_reads, today_params, "actions"},
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
