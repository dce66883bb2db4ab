// Which heading means what: one table for every MIS. A new one is a new row.
// Constant data, any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <string.h>

const struct roll_column_info roll_columns[ROLL_COLUMNS] = {
    [ROLL_UPN] = {"UPN", "upn", ROLL_AS_UPN, "UPN"},
    [ROLL_FORMER_UPN] = {"Former UPN", "former_upn", ROLL_AS_UPN, "Former UPN"},
    [ROLL_SURNAME] = {"Surname", "surname", ROLL_AS_TEXT, "Surname, Legal Surname, Last name"},
    [ROLL_FORENAME] = {"Forename", "forename", ROLL_AS_TEXT, "Forename, Legal Forename, First name"},
    [ROLL_KNOWN_AS] = {"Known as", "known_as", ROLL_AS_TEXT, "Chosen Name"},
    [ROLL_BORN] = {"Born", "born", ROLL_AS_DATE, "DOB, Date of birth"},
    [ROLL_SEX] = {"Sex", "sex", ROLL_AS_SEX, "Sex, Gender"},
    [ROLL_YEAR] = {"Year", "year", ROLL_AS_YEAR, "Year, Year group"},
    [ROLL_CLASS] = {"Class", NULL, ROLL_AS_TEXT, "Reg, Registration form"},
    [ROLL_ENTERED] = {"Entered", "entered", ROLL_AS_DATE, "Date of Admission"},
    [ROLL_LEFT] = {"Left", "left", ROLL_AS_DATE, "Leaving date"},
    [ROLL_STATUS] = {"SEN status", NULL, ROLL_AS_STATUS, "SEN Status"},
    [ROLL_NEED1] = {"Primary need", NULL, ROLL_AS_NEED, "SEN Need (1)"},
    [ROLL_NEED2] = {"Secondary need", NULL, ROLL_AS_NEED, "SEN Need (2)"},
    [ROLL_NEEDS] = {"Needs by rank", NULL, ROLL_AS_NEEDS, "SEN needs (ranked)"},
    [ROLL_UNIT] = {"SEN unit", "sen_unit", ROLL_AS_FLAG, "SEN Unit Indicator"},
    [ROLL_RESOURCED] = {"Resourced provision", "resourced_provision", ROLL_AS_FLAG, "Resourced Provision Indicator"},
    [ROLL_PREMIUM] = {"Pupil premium", "pupil_premium", ROLL_AS_FLAG, "Pupil Premium Indicator"},
    [ROLL_FSM] = {"FSM", "fsm", ROLL_AS_FLAG, "Eligible for FSM"},
    [ROLL_FSM6] = {"Ever 6 FSM", "fsm6", ROLL_AS_FLAG, "Ever 6"},
    [ROLL_EAL] = {"EAL", "eal", ROLL_AS_FLAG, "EAL"},
    [ROLL_CARE] = {"Looked after", "looked_after", ROLL_AS_FLAG, "In LEA Care"},
    [ROLL_PREVIOUS_CARE] = {"Previously looked after", "previously_looked_after", ROLL_AS_FLAG, "Previously looked after"},
    [ROLL_SERVICE] = {"Service child", "service_child", ROLL_AS_FLAG, "Service child"},
    [ROLL_ATTENDANCE] = {"Attendance", "attendance", ROLL_AS_TENTHS, "% Attendance"},
};

// SIMS, Arbor, Bromcom and hand-made sheets. Lower case, letters and digits only.
static const struct {
    const char *heading;
    enum roll_column column;
} aliases[] = {
    {"upn", ROLL_UPN},
    {"uniquepupilnumber", ROLL_UPN},
    {"upnnumber", ROLL_UPN},
    {"formerupn", ROLL_FORMER_UPN},
    {"previousupn", ROLL_FORMER_UPN},
    {"surname", ROLL_SURNAME},
    {"lastname", ROLL_SURNAME},
    {"legalsurname", ROLL_SURNAME},
    {"legallastname", ROLL_SURNAME},
    {"familyname", ROLL_SURNAME},
    {"forename", ROLL_FORENAME},
    {"firstname", ROLL_FORENAME},
    {"legalforename", ROLL_FORENAME},
    {"legalfirstname", ROLL_FORENAME},
    {"givenname", ROLL_FORENAME},
    {"chosenname", ROLL_KNOWN_AS},
    {"preferredforename", ROLL_KNOWN_AS},
    {"preferredfirstname", ROLL_KNOWN_AS},
    {"preferredname", ROLL_KNOWN_AS},
    {"knownas", ROLL_KNOWN_AS},
    {"dob", ROLL_BORN},
    {"dateofbirth", ROLL_BORN},
    {"birthdate", ROLL_BORN},
    {"born", ROLL_BORN},
    {"sex", ROLL_SEX},
    {"gender", ROLL_SEX},
    {"legalsex", ROLL_SEX},
    {"year", ROLL_YEAR},
    {"yeargroup", ROLL_YEAR},
    {"ncyear", ROLL_YEAR},
    {"yeartaughtin", ROLL_YEAR},
    {"ncyearactual", ROLL_YEAR},
    {"curriculumyear", ROLL_YEAR},
    {"reg", ROLL_CLASS},
    {"reggroup", ROLL_CLASS},
    {"registrationform", ROLL_CLASS},
    {"registrationgroup", ROLL_CLASS},
    {"form", ROLL_CLASS},
    {"class", ROLL_CLASS},
    {"tutorgroup", ROLL_CLASS},
    {"dateofadmission", ROLL_ENTERED},
    {"admissiondate", ROLL_ENTERED},
    {"dateofentry", ROLL_ENTERED},
    {"entrydate", ROLL_ENTERED},
    {"enrolmentdate", ROLL_ENTERED},
    {"entered", ROLL_ENTERED},
    {"startdate", ROLL_ENTERED},
    {"leavingdate", ROLL_LEFT},
    {"dateofleaving", ROLL_LEFT},
    {"leavedate", ROLL_LEFT},
    {"left", ROLL_LEFT},
    {"senstatus", ROLL_STATUS},
    {"senprovision", ROLL_STATUS},
    {"sencategory", ROLL_STATUS},
    {"sencode", ROLL_STATUS},
    {"provisiontypecode", ROLL_STATUS},
    {"sendstatus", ROLL_STATUS},
    {"sen", ROLL_STATUS},
    {"senneed1", ROLL_NEED1},
    {"senneed", ROLL_NEED1},
    {"primaryneed", ROLL_NEED1},
    {"sentype1", ROLL_NEED1},
    {"primarysenneed", ROLL_NEED1},
    {"primarysentype", ROLL_NEED1},
    {"sentype", ROLL_NEED1},
    {"senneed2", ROLL_NEED2},
    {"secondaryneed", ROLL_NEED2},
    {"sentype2", ROLL_NEED2},
    {"secondarysenneed", ROLL_NEED2},
    {"secondarysentype", ROLL_NEED2},
    {"senneedsranked", ROLL_NEEDS},
    {"senneeds", ROLL_NEEDS},
    {"rankedneeds", ROLL_NEEDS},
    {"senunitindicator", ROLL_UNIT},
    {"senunit", ROLL_UNIT},
    {"resourcedprovisionindicator", ROLL_RESOURCED},
    {"resourcedprovision", ROLL_RESOURCED},
    {"pupilpremiumindicator", ROLL_PREMIUM},
    {"pupilpremium", ROLL_PREMIUM},
    {"pp", ROLL_PREMIUM},
    {"eligibleforfsm", ROLL_FSM},
    {"fsm", ROLL_FSM},
    {"freeschoolmeals", ROLL_FSM},
    {"eligibleforfreemeals", ROLL_FSM},
    {"fsmeligible", ROLL_FSM},
    {"freemeals", ROLL_FSM},
    {"ever6", ROLL_FSM6},
    {"ever6fsm", ROLL_FSM6},
    {"fsmever6", ROLL_FSM6},
    {"eal", ROLL_EAL},
    {"englishasanadditionallanguage", ROLL_EAL},
    {"inleacare", ROLL_CARE},
    {"incare", ROLL_CARE},
    {"lookedafter", ROLL_CARE},
    {"lac", ROLL_CARE},
    {"lookedafterchild", ROLL_CARE},
    {"previouslylookedafter", ROLL_PREVIOUS_CARE},
    {"plac", ROLL_PREVIOUS_CARE},
    {"everincare", ROLL_PREVIOUS_CARE},
    {"servicechild", ROLL_SERVICE},
    {"servicechildren", ROLL_SERVICE},
    {"servicechildineducation", ROLL_SERVICE},
    {"attendance", ROLL_ATTENDANCE},
    {"attendancepercent", ROLL_ATTENDANCE},
    {"percentageattendance", ROLL_ATTENDANCE},
};

int roll_column_find(const char *heading)
{
    char plain[64];
    size_t at = 0;
    for (const char *c = heading; *c && at + 1 < sizeof plain; c++) {
        if (isalnum((unsigned char)*c))
            plain[at++] = (char)tolower((unsigned char)*c);
    }
    plain[at] = '\0';
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].heading, plain) == 0)
            return (int)aliases[i].column;
    }
    return -1;
}
