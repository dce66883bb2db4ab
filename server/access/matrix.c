// Who may: role by class of record by whom it is about. Deny by default: what is
// not written here is nobody's. Any thread.
//
// Each cell has five letters, for records about the school (nobody in particular),
// a pupil, a class, a member of staff, a provision's pupils:
//   A  all of them
//   O  one's own: pupils and classes one is assigned to today, oneself, the
//      provisions those pupils are in and those one leads (scope.c)
//   -  none
// Working notes about nobody, actions of the school, are the leads' alone: they tell of
// staff and of meetings that others were not at.
// Both leads run SEND together and cover for each other, so both read and write all.
// A role that is to come is a row in each table.
#include "server/access/matrix.h"

#define ALL_OF_IT                                                                                                                          \
    {                                                                                                                                      \
        [CLASS_C0] = "AAAAA", [CLASS_C1] = "AAAAA", [CLASS_C2] = "AAAAA", [CLASS_C3] = "AAAAA", [CLASS_C4] = "AAAAA",                      \
        [CLASS_M1] = "AAAAA", [CLASS_M2] = "AAAAA", [CLASS_S] = "AAAAA", [CLASS_H1] = "AAAAA", [CLASS_H2] = "AAAAA", [CLASS_H3] = "AAAAA", \
        [CLASS_F] = "AAAAA", [CLASS_G] = "AAAAA", [CLASS_A] = "AAAAA", [CLASS_W1] = "AAAAA", [CLASS_W2] = "AAAAA"                          \
    }

static const char *const reads[ROLE_COUNT][CLASS_COUNT] = {
    [ROLE_SENDCO] = ALL_OF_IT,
    [ROLE_CNPL] = ALL_OF_IT,
    [ROLE_HEAD] = ALL_OF_IT,
    // the code lists, the staff directory, what the school offers to all, and their own class
    [ROLE_TEACHER] = {[CLASS_C0] = "AOOA-", [CLASS_C1] = "AOO-O", [CLASS_C2] = "-OO-O", [CLASS_W1] = "-OO-O", [CLASS_W2] = "-OO-O"},
    // strategies, targets and provision of the pupils they work with; not their status, their plans, their homes
    [ROLE_TA] = {[CLASS_C0] = "AOOA-", [CLASS_C1] = "AO--O", [CLASS_W1] = "-O--O"},
    [ROLE_MEDICAL] = {[CLASS_C0] = "AAAA-"},
    // nothing by name
    [ROLE_GOVERNOR] = {[CLASS_C0] = "A----"},
};

static const char *const writes[ROLE_COUNT][CLASS_COUNT] = {
    [ROLE_SENDCO] = ALL_OF_IT,
    [ROLE_CNPL] = ALL_OF_IT,
    [ROLE_TEACHER] = {[CLASS_C1] = "-O---", [CLASS_W1] = "-O--O", [CLASS_W2] = "-O---"},
    [ROLE_TA] = {[CLASS_W1] = "-O--O"},
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
