// Who may: role by class of record by whom it is about. Deny by default: what is
// not written here is nobody's. Any thread.
//
// Each cell has four letters, for records about the school (nobody in particular),
// a pupil, a class, a member of staff:
//   A  all of them
//   O  one's own: pupils and classes one is assigned to today, oneself (scope.c)
//   -  none
// Both leads run SEND together and cover for each other, so both read and write all.
// A role that is to come is a row in each table.
#include "server/access/matrix.h"

#define ALL_OF_IT                                                                                                                          \
    {                                                                                                                                      \
        [CLASS_C0] = "AAAA", [CLASS_C1] = "AAAA", [CLASS_C2] = "AAAA", [CLASS_C3] = "AAAA", [CLASS_C4] = "AAAA", [CLASS_M1] = "AAAA",      \
        [CLASS_M2] = "AAAA", [CLASS_S] = "AAAA", [CLASS_H1] = "AAAA", [CLASS_H2] = "AAAA", [CLASS_H3] = "AAAA", [CLASS_F] = "AAAA",        \
        [CLASS_G] = "AAAA", [CLASS_A] = "AAAA"                                                                                             \
    }

static const char *const reads[ROLE_COUNT][CLASS_COUNT] = {
    [ROLE_SENDCO] = ALL_OF_IT,
    [ROLE_CNPL] = ALL_OF_IT,
    [ROLE_HEAD] = ALL_OF_IT,
    // the code lists, the staff directory, and their own class
    [ROLE_TEACHER] = {[CLASS_C0] = "AOOA", [CLASS_C1] = "-OO-", [CLASS_C2] = "-OO-"},
    // strategies and targets of the pupils they work with; not their status, not their plans
    [ROLE_TA] = {[CLASS_C0] = "AOOA", [CLASS_C1] = "-O--"},
    [ROLE_MEDICAL] = {[CLASS_C0] = "AAAA"},
    // nothing by name
    [ROLE_GOVERNOR] = {[CLASS_C0] = "A---"},
};

static const char *const writes[ROLE_COUNT][CLASS_COUNT] = {
    [ROLE_SENDCO] = ALL_OF_IT,
    [ROLE_CNPL] = ALL_OF_IT,
    [ROLE_TEACHER] = {[CLASS_C1] = "-O--"},
};

static enum reach cell(const char *const table[ROLE_COUNT][CLASS_COUNT], enum role role, enum record_class class, enum subject subject)
{
    if (role <= ROLE_NONE || role >= ROLE_COUNT || class < CLASS_C0 || class >= CLASS_COUNT || subject >= SUBJECT_COUNT)
        return REACH_NONE;
    const char *letters = table[role][class];
    if (!letters)
        return REACH_NONE;
    return letters[subject] == 'A' ? REACH_ALL : letters[subject] == 'O' ? REACH_OWN : REACH_NONE;
}

enum reach matrix_read(enum role role, enum record_class class, enum subject subject)
{
    return cell(reads, role, class, subject);
}

enum reach matrix_write(enum role role, enum record_class class, enum subject subject)
{
    return cell(writes, role, class, subject);
}

void matrix_fill(struct scope *scope, enum role role)
{
    for (int class = 0; class < CLASS_COUNT; class ++) {
        for (int subject = 0; subject < SUBJECT_COUNT; subject++) {
            scope->read[class][subject] = (uint8_t)matrix_read(role, (enum record_class) class, (enum subject)subject);
            scope->write[class][subject] = (uint8_t)matrix_write(role, (enum record_class) class, (enum subject)subject);
        }
    }
}
