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
    int stage;                // of its day: enum demo_stage
    int role;                 // of a member of staff, enum role
    bool together;            // in the same request as the one before
    size_t batch;             // the request that last edited it
    size_t sent;              // the request that makes it; 0: not sent yet
    size_t touched;           // the latest request from which anything may follow for it
    int64_t id;               // real, once written
    uint64_t version;
};

// In which order one day's records are typed: what others refer to; then what
// everybody writes of their own, request by person; then what judges or ends it.
enum demo_stage { STAGE_FIRST, STAGE_DAILY, STAGE_LAST };

// Places among the people who log in. The Head comes first: the others name her as their manager.
enum { PERSON_HEAD, PERSON_LEAD, PERSON_CN_LEAD, PERSON_TEACHER, PERSON_ASSISTANT };

enum { DEMO_YEARS = 8, DEMO_CLASSES = 15, DEMO_STREAMS = 2 }; // N2, R, 1 … 6
enum { DEMO_TERMS = 6, DEMO_TARGETS = 3, DEMO_CONTACTS = 3 };
enum { DEMO_TRADITION_OWN = 3 }; // names of those before it are of these islands

struct demo_term {
    const char *name; // "autumn"
    int32_t starts, ends;
    bool begun; // long enough ago that something happened in it
};

// A pupil's plan of one term.
struct demo_cycle {
    struct demo_entry *plan, *targets[DEMO_TARGETS];
    size_t n_targets;
    bool reviewed;
    int32_t review; // the day on which it was or will be reviewed
};

struct demo_class {
    const char *name, *year;
    struct demo_entry *entry, *teacher, *helper;
};

struct demo_pupil {
    struct demo_entry *entry;
    struct demo_class *school_class, *before; // this year's and last year's; NULL: not here then
    int year;                                 // 0: N2, 1: R, 2: year 1 …; of those who left: that they would be in
    int32_t born, entered;
    int32_t left;     // the last day on roll; DATE_NONE while here
    bool joined;      // from another school, in the middle of a year
    char provision;   // 'N', 'K', 'E'
    int32_t since;    // of K or E
    int32_t from;     // on the register without a break: before `since` when E came after K
    const char *area; // of the primary need; NULL: none
    const char *need; // the primary need; NULL: none
    const char *name; // the child goes by
    const char *surname;
    int tradition;
    bool eal;
    bool placed; // in the resourced provision
    struct demo_cycle cycles[DEMO_TERMS];
    struct demo_entry *contacts[DEMO_CONTACTS];
    size_t n_contacts;
};

struct demo_world {
    struct bulk *bulk;
    struct arena *arena;
    struct demo_random *random;
    const struct demo_options *options;
    struct demo_person *people;
    struct demo_entry **entries;
    size_t n_entries, room, n_written;
    int year;                           // the academic year began in September of it
    int32_t start;                      // the school begins to use sendco
    int32_t last;                       // the last day anything was typed in: yesterday
    struct demo_term terms[DEMO_TERMS]; // last year's three, this year's three
    int term;                           // the newest that has begun
    struct demo_class classes[DEMO_CLASSES];
    struct demo_pupil *pupils;
    size_t n_pupils, n_staff;
    size_t n_finished, n_all; // last year's oldest come after those on roll, then who left in between
    struct demo_entry *lead, *cn_lead;
    struct demo_entry **by_id[256]; // of each kind by its index: what was written, by id
    size_t n_by_id[256];
    size_t n_batches;
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
// The same, sorted to a later part of that day.
struct demo_entry *demo_add_at(struct demo_world *world, const char *kind, int32_t day, struct demo_entry *actor, int stage);
// So many, of a school of 420 pupils; at least one.
size_t demo_share(const struct demo_world *world, size_t of_420);
const char *demo_kept(struct demo_world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The class a pupil was in during a term; NULL: not here then.
struct demo_class *demo_class_then(const struct demo_pupil *pupil, int term);
// Whoever leads on a pupil: the complex needs lead for plans, else the SENDCO.
struct demo_entry *demo_lead_of(const struct demo_world *world, const struct demo_pupil *pupil);
// Comings and goings: demo_leavers.c. Places are those among the pupils.
void demo_roll_sizes(struct demo_world *world);
int demo_year_of(const struct demo_world *world, size_t place);
int32_t demo_left_of(struct demo_world *world, size_t place);
bool demo_is_joiner(const struct demo_world *world, size_t place);
int32_t demo_joined_of(struct demo_world *world, size_t place); // a joiner's first day
// The last day on which anything is known of a pupil; a day, brought forward to the last
// day on roll when it lies after it; whether a pupil was on roll.
int32_t demo_until(const struct demo_world *world, const struct demo_pupil *pupil);
int32_t demo_upto(const struct demo_pupil *pupil, int32_t day);
bool demo_on_roll(const struct demo_pupil *pupil, int32_t day);
// A spell that lasts until the pupil leaves: of those who did, it ends that day.
void demo_stays(struct demo_world *world, const struct demo_pupil *pupil, struct demo_entry *entry);
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
void demo_make_provision(struct demo_world *world);
void demo_make_contacts(struct demo_world *world);
void demo_make_log(struct demo_world *world);
void demo_make_meetings(struct demo_world *world);
void demo_make_concerns(struct demo_world *world);
void demo_make_profiles(struct demo_world *world); // and strategies
void demo_make_placements(struct demo_world *world);
// Something to do that came out of a meeting (NULL: of none).
void demo_make_action(struct demo_world *world, const struct demo_pupil *pupil, const struct demo_entry *meeting, int32_t day);

// The school's year: demo_year.c.
void demo_terms(struct demo_world *world);
bool demo_school_day(int32_t day);
int32_t demo_school_day_from(int32_t day); // that day or the next that is one
// Some records of every kind that has no recipe, from its annotations.
int demo_make_others(struct demo_world *world);

// Words: demo_words.c, demo_aims.c.
struct demo_name {
    const char *surname, *forename, *known_as;
    bool female;
    int tradition;
};
struct demo_name demo_name(struct demo_random *random);
const char *demo_forename(struct demo_random *random, int tradition, bool female);
const char *demo_language(int tradition); // NULL: English
struct demo_aim {
    const char *area, *aim, *measure, *baseline, *partly;
};
// An aim of this area; of any when NULL.
const struct demo_aim *demo_aim(struct demo_random *random, const char *area);
// What a review of an aim says, for a judgement of TargetReview.
struct demo_verdict {
    const char *value, *evidence, *next;
};
struct demo_verdict demo_verdict(struct demo_world *world, const struct demo_aim *aim, int judgement);
const char *demo_word(struct demo_random *random, const char *const *words); // NULL-terminated

#endif
