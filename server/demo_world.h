// Between the demo's own files: records on their way, in the order in which a
// school would have typed them in. References between them are temporary ids,
// which become real ones batch by batch.
#ifndef SERVER_DEMO_WORLD_H
#define SERVER_DEMO_WORLD_H

#include "server/demo.h"

struct demo_entry {
    struct record *record; // its id is -(place in world.entries + 1), or what it edits
    uint64_t set;
    int32_t day; // typed in on this day
    size_t place;
    struct demo_entry *edits; // NULL: a new record
    struct demo_entry *actor; // a Staff record; NULL: sendcod itself
    int64_t id;               // real, once written
    uint64_t version;
};

// Places among the people who log in. The Head comes first: the others name her as their manager.
enum { PERSON_HEAD, PERSON_LEAD, PERSON_CN_LEAD, PERSON_TEACHER, PERSON_ASSISTANT };

enum { DEMO_YEARS = 8, DEMO_CLASSES = 15, DEMO_STREAMS = 2 }; // N2, R, 1 … 6

struct demo_class {
    const char *name, *year;
    struct demo_entry *entry, *teacher, *helper;
};

struct demo_pupil {
    struct demo_entry *entry;
    struct demo_class *school_class;
    int year; // 0: N2, 1: R, 2: year 1 …
    int32_t born, entered;
    char provision;   // 'N', 'K', 'E'
    int32_t since;    // of K or E
    const char *area; // of the primary need; NULL: none
};

struct demo_world {
    struct bulk *bulk;
    struct arena *arena;
    struct demo_random *random;
    const struct demo_options *options;
    struct demo_person *people;
    struct demo_entry **entries;
    size_t n_entries, room, n_written;
    int year;      // the academic year began in September of it
    int32_t start; // the school begins to use sendco
    int32_t last;  // the last day anything was typed in: yesterday
    struct demo_class classes[DEMO_CLASSES];
    struct demo_pupil *pupils;
    size_t n_pupils, n_staff;
    struct demo_entry *lead, *cn_lead;
    int failed; // memory
    struct problem *problem;
};

// A new record of this kind, typed in on `day` at the earliest. Never NULL: without
// memory the world is marked as failed and a spare entry is given.
struct demo_entry *demo_add(struct demo_world *world, const char *kind, int32_t day, struct demo_entry *actor);
struct demo_entry *demo_edit(struct demo_world *world, struct demo_entry *edits, int32_t day, struct demo_entry *actor);
void demo_text(struct demo_entry *entry, const char *field, const char *text);
void demo_number(struct demo_entry *entry, const char *field, int64_t number);
void demo_ref(struct demo_entry *entry, const char *field, const struct demo_entry *other);
// The day on which something that begins on `day` is typed in: that week's Friday.
int32_t demo_typed(const struct demo_world *world, int32_t day);
// Writes what is waiting, in the order of the days.
int demo_flush(struct demo_world *world);
// The moment on a day when the office types: 9 o'clock in London and some minutes.
int64_t demo_moment(int32_t day, unsigned minutes);

// The recipes.
void demo_make_staff(struct demo_world *world);
void demo_make_classes(struct demo_world *world);
void demo_make_pupils(struct demo_world *world);
void demo_make_assignments(struct demo_world *world);
void demo_make_standing(struct demo_world *world); // status and needs
void demo_make_plans(struct demo_world *world);
// Some records of every kind that has no recipe, from its annotations.
int demo_make_others(struct demo_world *world);

// Words: demo_words.c.
struct demo_name {
    const char *surname, *forename, *known_as;
    bool female;
};
struct demo_name demo_name(struct demo_random *random);
struct demo_aim {
    const char *area, *aim, *measure, *baseline;
};
const struct demo_aim *demo_aim(struct demo_random *random, const char *area);
const char *demo_word(struct demo_random *random, const char *const *words); // NULL-terminated

#endif
