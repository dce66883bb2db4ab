// What the server holds of pupils, classes and the register, as far as a roll
// speaks of it, with the look-ups that planning needs. Any thread, not shared.
#ifndef CLIENT_EXCHANGE_SCHOOL_H
#define CLIENT_EXCHANGE_SCHOOL_H

#include "client/exchange/roll.h"

struct school_list {
    struct record **records;
    size_t n, room;
};

// A pupil by the fold of their name.
struct school_person {
    struct record *record;
    const char *surname, *forename; // folded, or as written where nothing is left; ""
    int64_t born;
};

struct school {
    struct arena *arena;
    struct school_list pupils, classes, memberships, statuses, needs, codes;
    struct school_list removed, removed_classes; // UPNs and names of what was removed stay taken
    struct school_list by_upn, by_former;
    struct school_person *persons, *by_forename, *by_name; // by birth date and surname; by birth date and forename; by surname and forename
    size_t n_persons;
    bool failed; // memory
};

void school_init(struct school *school, struct arena *arena);
// The kinds it wants, NULL-terminated: message names.
#define SCHOOL_KINDS 6
extern const char *const school_kinds[SCHOOL_KINDS + 1];
// Keeps a record of one of these kinds; it must live as long as the school.
void school_add(struct school *school, struct record *record);
// After the last one: sorts for the look-ups. 0 or ERR_NOMEM.
int school_ready(struct school *school);
// The codes as a roll wants them; from the generated lists where the school shows none.
struct roll_codes school_codes(const struct school *school);

struct record *school_by_upn(const struct school *school, const char *upn); // NULL: none
struct record *school_removed_upn(const struct school *school, const char *upn);
struct record *school_removed_class(const struct school *school, const char *name);
struct record *school_by_former_upn(const struct school *school, const char *upn);
// Pupils of a birth date and surname, or forename when the surname is NULL, or both;
// names are folded. The first, and how many.
const struct school_person *school_by_person(const struct school *school, const char *surname, const char *forename, int64_t born,
                                             size_t *n);
// Pupils of a folded name, whenever they were born. The first, and how many.
const struct school_person *school_by_name(const struct school *school, const char *surname, const char *forename, size_t *n);
struct record *school_class(const struct school *school, const char *name);
// The spells of a kind about a pupil, in order of their start: the first, and how many.
struct record *const *school_spells(const struct school *school, const char *kind, int64_t pupil, size_t *n);

bool school_on_roll(const struct record *pupil, int32_t date);
bool school_holds(const struct record *spell, int32_t date);
// A pupil's name for a list: "Surname, Forename".
const char *school_name(const struct record *pupil, struct arena *arena);

#endif
