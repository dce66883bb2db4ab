// Which heading means what: one table for every MIS. A new one is a new row.
// Constant data, any thread.
#include "client/exchange/roll.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

const struct roll_column_info roll_columns[ROLL_COLUMNS] = {
    [ROLL_UPN] = {"UPN", "upn", "upn", ROLL_AS_UPN, "UPN"},
    [ROLL_FORMER_UPN] = {"Former UPN", "former_upn", "former_upn", ROLL_AS_UPN, "Former UPN"},
    [ROLL_SURNAME] = {"Surname", "surname", "surname", ROLL_AS_TEXT, "Surname, Legal Surname, Last name"},
    [ROLL_FORENAME] = {"Forename", "forename", "forename", ROLL_AS_TEXT, "Forename, Legal Forename, First name"},
    [ROLL_NAME] = {"Name", "name", NULL, ROLL_AS_NAME, "Name, Pupil name (as “Surname, Forename”)"},
    [ROLL_KNOWN_AS] = {"Known as", "known_as", "known_as", ROLL_AS_TEXT, "Chosen Name"},
    [ROLL_BORN] = {"Born", "born", "born", ROLL_AS_DATE, "DOB, Date of birth"},
    [ROLL_SEX] = {"Sex", "sex", "sex", ROLL_AS_SEX, "Sex, Gender"},
    [ROLL_YEAR] = {"Year", "year", "year", ROLL_AS_YEAR, "Year, Year group"},
    [ROLL_CLASS] = {"Class", "class", NULL, ROLL_AS_TEXT, "Reg, Registration form"},
    [ROLL_ENTERED] = {"Entered", "entered", "entered", ROLL_AS_DATE, "Date of Admission"},
    [ROLL_LEFT] = {"Left", "left", "left", ROLL_AS_DATE, "Leaving date"},
    [ROLL_STATUS] = {"SEN status", "status", NULL, ROLL_AS_STATUS, "SEN Status"},
    [ROLL_NEED1] = {"Primary need", "need1", NULL, ROLL_AS_NEED, "SEN Need (1)"},
    [ROLL_NEED2] = {"Secondary need", "need2", NULL, ROLL_AS_NEED, "SEN Need (2)"},
    [ROLL_NEED3] = {"Third need", "need3", NULL, ROLL_AS_NEED, "SEN Need (3)"},
    [ROLL_NEEDS] = {"Needs by rank", "needs", NULL, ROLL_AS_NEEDS, "SEN needs (ranked)"},
    [ROLL_UNIT] = {"SEN unit", "sen_unit", "sen_unit", ROLL_AS_FLAG, "SEN Unit Indicator"},
    [ROLL_RESOURCED] = {"Resourced provision", "resourced_provision", "resourced_provision", ROLL_AS_FLAG, "Resourced Provision Indicator"},
    [ROLL_PREMIUM] = {"Pupil premium", "pupil_premium", "pupil_premium", ROLL_AS_FLAG, "Pupil Premium Indicator"},
    [ROLL_FSM] = {"FSM", "fsm", "fsm", ROLL_AS_FLAG, "Eligible for FSM"},
    [ROLL_FSM6] = {"Ever 6 FSM", "fsm6", "fsm6", ROLL_AS_FLAG, "Ever 6"},
    [ROLL_EAL] = {"EAL", "eal", "eal", ROLL_AS_FLAG, "EAL"},
    [ROLL_CARE] = {"Looked after", "looked_after", "looked_after", ROLL_AS_FLAG, "In LEA Care"},
    [ROLL_PREVIOUS_CARE] = {"Previously looked after", "previously_looked_after", "previously_looked_after", ROLL_AS_FLAG,
                            "Previously looked after"},
    [ROLL_SERVICE] = {"Service child", "service_child", "service_child", ROLL_AS_FLAG, "Service child"},
    [ROLL_ATTENDANCE] = {"Attendance", "attendance", "attendance", ROLL_AS_TENTHS, "% Attendance"},
};

// SIMS, Arbor, Bromcom and hand-made sheets. Lower case, letters and digits only.
static const char *const aliases[ROLL_COLUMNS] = {
    [ROLL_UPN] = "upn uniquepupilnumber upnnumber uniquepupilno upncode pupilupn studentupn upnno",
    [ROLL_FORMER_UPN] = "formerupn previousupn oldupn",
    [ROLL_SURNAME] = "surname lastname legalsurname legallastname familyname pupilsurname studentsurname legalfamilyname "
                     "familynames lastnames pupillastname studentlastname surnamelegal learnersurname",
    [ROLL_FORENAME] = "forename firstname legalforename legalfirstname givenname pupilforename studentforename givennames "
                      "forenames firstnames pupilfirstname studentfirstname forenamelegal learnerforename legalgivenname",
    [ROLL_NAME] = "name pupil pupilname student studentname fullname child childname childsname learner learnername "
                  "legalname pupilfullname studentfullname surnameforename surnamefirstname lastnamefirstname "
                  "surnameandforename legalsurnameforename nameofpupil nameofchild pupils",
    [ROLL_KNOWN_AS] = "chosenname preferredforename preferredfirstname preferredname knownas preferredgivenname chosenforename "
                      "chosenfirstname knownname knownasname calledname usualname "
                      "forenamepreferred firstnamepreferred preferredforenames",
    [ROLL_BORN] = "dob dateofbirth birthdate born birthday birth dateborn pupildob studentdob",
    [ROLL_SEX] = "sex gender legalsex legalgender pupilsex sexatbirth mf genderlegal",
    [ROLL_YEAR] = "year yeargroup ncyear yeartaughtin ncyearactual curriculumyear yr yrgroup yeargrp yeargroupname "
                  "yeartaught nationalcurriculumyear curriculumyeargroup currentyear currentyeargroup ncyeargroup ncyr "
                  "ncyeartaught actualncyear schoolyear nationalcurriculumyeargroup ncyeargrouptaughtin",
    [ROLL_CLASS] = "reg reggroup registrationform registrationgroup form class tutorgroup classname formname formgroup "
                   "classgroup classform formclass registration registrationclass regclass regform regname "
                   "registrationgroupname tutor classcode reggroupname currentregistrationform currentregistrationgroup "
                   "currentreggroup currentclass",
    [ROLL_ENTERED] = "dateofadmission admissiondate dateofentry entrydate enrolmentdate entered startdate admitted "
                     "dateadmitted dateofjoining joined joiningdate doa admissiondatecurrent schoolstartdate "
                     "enrolmentstartdate dateenrolled entrydatetoschool dateofenrolment dateonroll onrolldate "
                     "joinedschool dateadmittedtoschool datejoined",
    [ROLL_LEFT] = "leavingdate dateofleaving leavedate left dol leaverdate dateleft enrolmentenddate leftdate dateleftschool",
    [ROLL_STATUS] = "senstatus senprovision sencategory sencode provisiontypecode sendstatus sen senprovisiontype "
                    "senprovisiontypecode currentsenstatus senstatuscode senstage senlevel sendcode sendprovision "
                    "sendcategory senprovisioncode sensupportstatus provisiontype sencategorycode currentsenprovision "
                    "senddesignation sendlevel sencodeofpractice send sensupportehcp senstatusdescription sensupport",
    [ROLL_NEED1] = "senneed1 senneed primaryneed sentype1 primarysenneed primarysentype sentype primaryneedtype mainneed "
                   "primarysendneed need1 senneedtype senprimaryneed sentypeprimary senneedprimary primarysen senprimarytype "
                   "senneedtype1 sentypecode1 sentypecode primarysentypecode needtype1 sendneed1 senneedcode1 senneedrank1 "
                   "sentyperank1 needrank1 primaryneedcode primarysenneedtype sendneed sendtype1 mainsenneed "
                   "primarytypeofneed typeofneed senneedcode senprimaryneedtype primarysendneedtype",
    [ROLL_NEED2] = "senneed2 secondaryneed sentype2 secondarysenneed secondarysentype secondaryneedtype secondarysendneed "
                   "need2 sensecondaryneed sentypesecondary senneedsecondary secondarysen sensecondarytype senneedtype2 "
                   "sentypecode2 secondarysentypecode needtype2 sendneed2 senneedcode2 senneedrank2 sentyperank2 needrank2 "
                   "secondaryneedcode secondarysenneedtype sendtype2 secondarytypeofneed sensecondaryneedtype "
                   "secondarysendneedtype",
    [ROLL_NEED3] = "senneed3 need3 sentype3 senneedtype3 sentypecode3 needtype3 sendneed3 senneedcode3 senneedrank3 "
                   "sentyperank3 needrank3 tertiaryneed thirdneed tertiarysenneed senneedtertiary senneedthird",
    [ROLL_NEEDS] = "senneedsranked senneeds rankedneeds needs sentypes sendneeds senneedtypes typesofneed allneeds "
                   "senneedslist senneedsbyrank needsranked sendneedsranked senneedsinorder needsbyrank senneedsall "
                   "sentypesranked",
    [ROLL_UNIT] = "senunitindicator senunit insenunit senunitmember",
    [ROLL_RESOURCED] = "resourcedprovisionindicator resourcedprovision resourcedprovisionmember inresourcedprovision rpindicator "
                       "rp resourcebase memberofresourcedprovision",
    [ROLL_PREMIUM] = "pupilpremiumindicator pupilpremium pp ppindicator pupilpremiumeligible ppeligible pupilpremiumrecipient "
                     "receivespupilpremium deprivationpupilpremium pupilpremiumgrant inreceiptofpupilpremium ppg",
    [ROLL_FSM] = "eligibleforfsm fsm freeschoolmeals eligibleforfreemeals fsmeligible freemeals fsmeligibility "
                 "freeschoolmeal freeschoolmealseligible eligibleforfreeschoolmeals fsmindicator currentfsm "
                 "freeschoolmealeligible",
    [ROLL_FSM6] = "ever6 ever6fsm fsmever6 fsm6 ever6freemeals fsmever6years everfsm6 freeschoolmealsever6 "
                  "ever6freeschoolmeals fsminlast6years",
    [ROLL_EAL] = "eal englishasanadditionallanguage englishasadditionallanguage ealindicator additionallanguage ealstatus "
                 "iseal englishadditionallanguage",
    [ROLL_CARE] = "inleacare incare lookedafter lac lookedafterchild lookedafterchildren cla childlookedafter "
                  "childreninlookedaftercare inlacare incareindicator lacstatus inlocalauthoritycare currentlyincare "
                  "lookedafterincare incarestatus",
    [ROLL_PREVIOUS_CARE] = "previouslylookedafter plac everincare previouslylookedafterchild postlac postlookedafter adoptedfromcare "
                           "previouslyincare",
    [ROLL_SERVICE] = "servicechild servicechildren servicechildineducation servicefamily serviceindicator "
                     "servicechildindicator servicepupil armedforceschild armedforces servicechildrenineducation",
    [ROLL_ATTENDANCE] = "attendance attendancepercent percentageattendance attendancepercentage percentattendance attendancerate "
                        "presentpercent percentpresent attendanceytd overallattendance attendancethisyear att",
};

void roll_plain(const char *text, char *out, size_t room)
{
    size_t at = 0;
    for (const char *c = text; *c && at + 1 < room; c++) {
        if (isalnum((unsigned char)*c))
            out[at++] = (char)tolower((unsigned char)*c);
    }
    out[at] = '\0';
}

#define PLAIN_MAX 64

// The next word of *list into `word`; false after the last.
static bool next_alias(const char **list, char word[PLAIN_MAX])
{
    *list += strspn(*list, " ");
    size_t size = strcspn(*list, " ");
    if (!size || size >= PLAIN_MAX)
        return false;
    memcpy(word, *list, size);
    word[size] = '\0';
    *list += size;
    return true;
}

static int find_plain(const char *plain)
{
    char word[PLAIN_MAX];
    for (int column = 0; *plain && column < ROLL_COLUMNS; column++) {
        for (const char *list = aliases[column]; next_alias(&list, word);) {
            if (strcmp(word, plain) == 0)
                return column;
        }
    }
    return -1;
}

// "Gender (Legal)" without its brackets; but "Need (4)" is none of the first, and
// "Surname (parent)" is another person's. False: there is nothing to leave out.
static bool without_brackets(const char *heading, char plain[PLAIN_MAX])
{
    static const char *const others[] = {"parent", "carer", "contact", "guardian", "mother",    "father", "sibling",  "teacher",
                                         "tutor",  "staff", "former",  "previous", "preferred", "chosen", "expected", "end"};
    const char *open = strpbrk(heading, "(["), *close = open ? strpbrk(open, ")]") : NULL;
    char inside[PLAIN_MAX], text[2 * PLAIN_MAX];
    if (!close || (size_t)(close - open) >= sizeof inside || strlen(heading) >= sizeof text)
        return false;
    memcpy(inside, open, (size_t)(close - open));
    inside[close - open] = '\0';
    roll_plain(inside, inside, sizeof inside);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strstr(inside, others[i]))
            return false;
    }
    snprintf(text, sizeof text, "%.*s %s", (int)(open - heading), heading, close + 1);
    roll_plain(text, plain, PLAIN_MAX);
    return *plain && !strpbrk(inside, "0123456789");
}

int roll_column_find(const char *heading)
{
    char plain[PLAIN_MAX];
    roll_plain(heading, plain, sizeof plain);
    int column = find_plain(plain);
    return column < 0 && without_brackets(heading, plain) ? find_plain(plain) : column;
}

// --- headings that would be missed -----------------------------------------------

// What other columns of an MIS are called that sound like ours and say nothing here.
static const char known_others[] = "preferredsurname preferredlastname chosensurname formersurname previoussurname countryofbirth "
                                   "placeofbirth birthcountry birthplace birthcertificateseen birthorder senstartdate senstatusstartdate "
                                   "senstatusdate senreviewdate sennotes sencomments seninformation senco sendco sencoordinator "
                                   "sendcoordinator dietaryneeds dietaryneed medicalneeds medicalneed accessneeds middlenames ";

// One word of a heading: "SEN" and "Type" of "SENType"; 0: none left.
static size_t word_at(const char *text)
{
    size_t n = 0;
    for (; isalpha((unsigned char)text[n]); n++) {
        bool begins = n && isupper((unsigned char)text[n]) && islower((unsigned char)text[n + 1]);
        if (begins || (n && isupper((unsigned char)text[n]) && islower((unsigned char)text[n - 1])))
            break;
    }
    return n;
}

bool roll_column_sounds(const char *heading)
{
    static const char *const whole[] = {"upn", "upns", "dob", "sen", "send", "need", "needs", "birth", "born"};
    static const char *const parts[] = {"surname", "forename", "birth"};
    char plain[PLAIN_MAX], word[PLAIN_MAX];
    roll_plain(heading, plain, sizeof plain);
    for (const char *list = known_others; next_alias(&list, word);) {
        if (strcmp(word, plain) == 0)
            return false;
    }
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strstr(plain, parts[i]))
            return true;
    }
    for (size_t n; *heading; heading += n ? n : 1) {
        n = word_at(heading);
        snprintf(word, sizeof word, "%.*s", n < sizeof word ? (int)n : 0, heading);
        for (size_t i = 0; n && i < sizeof whole / sizeof whole[0]; i++) {
            if (text_same(word, whole[i]))
                return true;
        }
    }
    return false;
}

int roll_column_named(const char *name)
{
    char plain[PLAIN_MAX], other[PLAIN_MAX];
    roll_plain(name, plain, sizeof plain);
    for (int i = 0; i < ROLL_COLUMNS; i++) {
        roll_plain(roll_columns[i].name, other, sizeof other);
        if (strcmp(other, plain) == 0)
            return i;
    }
    return roll_column_find(name);
}

// "SEN need 3" is no slip for "SEN need 2".
static bool same_digits(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a && !isdigit((unsigned char)*a))
            a++;
        // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.Branch): both end with a zero
        while (*b && !isdigit((unsigned char)*b))
            b++;
        if (*a != *b)
            return false;
        if (!*a)
            return true;
    }
}

int roll_column_near(const char *heading, int *first, int *second)
{
    char plain[PLAIN_MAX], word[PLAIN_MAX];
    roll_plain(heading, plain, sizeof plain);
    size_t length = strlen(plain);
    int best = length < 5 ? 0 : length < 10 ? 1 : 2; // in short words one slip makes another word
    *first = *second = -1;
    for (int column = 0; best && column < ROLL_COLUMNS; column++) {
        for (const char *list = aliases[column]; next_alias(&list, word);) {
            int distance = same_digits(word, plain) ? text_distance(word, plain) : best + 1;
            if (distance > best || (distance == best && *first == column))
                continue;
            *second = distance == best ? *first : -1;
            *first = column;
            best = distance;
        }
    }
    return *first < 0 ? -1 : *second < 0 ? *first : -2;
}
