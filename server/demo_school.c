// The demo's people: staff, classes, pupils with their classes this year and last,
// and who works with whom. Main thread.
#include "server/demo_world.h"

#include <stdio.h>
#include <string.h>

#include "server/access/role.h"

static const char *const class_names[DEMO_CLASSES] = {"NUR", "RB", "RG", "1B", "1G", "2B", "2G", "3B",
                                                      "3G",  "4B", "4G", "5B", "5G", "6B", "6G"};
static const char *const year_codes[DEMO_YEARS] = {"N2", "R", "1", "2", "3", "4", "5", "6"};

// The class of a year (0: nursery) and a stream; the nursery is one class.
static struct demo_class *class_of(struct demo_world *world, int year, int stream)
{
    return &world->classes[year <= 0 ? 0 : year * DEMO_STREAMS - 1 + stream];
}

// --- staff ---------------------------------------------------------------------

static struct demo_entry *staff_add(struct demo_world *world, const char *forename, const char *surname, const char *title,
                                    const char *post)
{
    struct demo_entry *entry = demo_add(world, "Staff", world->start, NULL);
    demo_text(entry, "forename", forename);
    demo_text(entry, "surname", surname);
    demo_text(entry, "title", title);
    demo_text(entry, "post", post);
    demo_number(entry, "started", world->start - demo_between(world->random, 200, 5000));
    world->n_staff++;
    return entry;
}

static struct demo_entry *staff_invent(struct demo_world *world, const char *post)
{
    struct demo_name name = demo_name(world->random);
    const char *title = !name.female ? "Mr" : demo_chance(world->random, 50) ? "Mrs" : "Ms";
    return staff_add(world, name.forename, name.surname, title, post);
}

static void assistant_terms(struct demo_world *world, struct demo_entry *entry)
{
    static const char *const grades[] = {"TA2", "TA3", "HLTA", NULL};
    demo_text(entry, "grade", demo_word(world->random, grades));
    demo_number(entry, "contract", 60 * demo_between(world->random, 15, 32));
    demo_number(entry, "term_weeks", 39);
    demo_ref(entry, "manager", world->lead);
}

// The seven who log in come first, so that their ids are the same whatever else changes.
void demo_make_staff(struct demo_world *world)
{
    struct demo_entry *first[DEMO_PEOPLE];
    for (size_t i = 0; i < DEMO_PEOPLE; i++) {
        const struct demo_person *person = &world->people[i];
        first[i] = staff_add(world, person->forename, person->surname, person->title, person->post);
    }
    world->lead = first[PERSON_LEAD];
    world->cn_lead = first[PERSON_CN_LEAD];
    for (size_t i = 0; i < DEMO_PEOPLE; i++)
        first[i]->role = world->people[i].role;
    for (size_t i = 1; i < DEMO_PEOPLE - 1; i++) // the last is a governor
        demo_ref(first[i], "manager", first[PERSON_HEAD]);
    demo_text(first[PERSON_LEAD], "qualifications", "National Award for SEN Coordination");
    demo_text(first[PERSON_CN_LEAD], "qualifications", "BSc Speech and Language Therapy; National Professional Qualification for SENCOs");
    assistant_terms(world, first[PERSON_ASSISTANT]);
    staff_invent(world, "Deputy headteacher");
    for (size_t i = 0; i < DEMO_CLASSES; i++)
        world->classes[i].teacher = i == 7 ? first[PERSON_TEACHER] : staff_invent(world, "Class teacher");
    for (size_t i = 0; i < DEMO_CLASSES; i++)
        world->classes[i].teacher->role = ROLE_TEACHER;
    for (size_t i = 0; i < DEMO_CLASSES; i += 2) {
        world->classes[i].helper = staff_invent(world, "Teaching assistant");
        assistant_terms(world, world->classes[i].helper);
        world->classes[i].helper->role = ROLE_TA;
    }
    world->classes[7].helper = NULL;
}

// --- classes and pupils --------------------------------------------------------

void demo_make_classes(struct demo_world *world)
{
    for (size_t i = 0; i < DEMO_CLASSES; i++) {
        struct demo_class *class = &world->classes[i];
        class->name = class_names[i];
        class->year = year_codes[(i + 1) / 2];
        class->entry = demo_add(world, "SchoolClass", world->start, NULL);
        demo_text(class->entry, "name", class->name);
        demo_text(class->entry, "year", class->year);
        char room[24];
        snprintf(room, sizeof room, "Room %zu", i + 1);
        char *kept = arena_strdup(world->arena, room);
        demo_text(class->entry, "room", kept);
    }
}

// Pupils of the first year that a school takes them; some come later, who left by the year before at the latest.
static int32_t entered_of(struct demo_world *world, int year, bool leaves)
{
    int newest = leaves ? year - 1 : year;
    int joined = demo_chance(world->random, 70) ? 0 : demo_chance(world->random, 70) ? 1 : (int)demo_below(world->random, (size_t)year + 1);
    if (joined > newest)
        joined = newest;
    int32_t entered = date_make(world->year - (year - joined), 9, 1 + (int)demo_below(world->random, 8));
    if (joined == year && year > 1)
        entered += demo_between(world->random, 0, world->last - entered); // in the middle of a year
    return entered > world->last ? world->last : entered;
}

// The check letter is the weighted sum of the other twelve characters, mod 23.
static const char *upn_make(struct demo_world *world, int32_t entered, unsigned school, unsigned serial)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRTUVWXYZ";
    int year, month, day;
    date_split(entered, &year, &month, &day);
    char digits[24];
    // Numbers from 9000 are no school's.
    snprintf(digits, sizeof digits, "839%04u%02d%03u", school + serial / 1000, year % 100, serial % 1000);
    unsigned sum = 0;
    for (unsigned i = 0; i < 12; i++)
        sum += (i + 2) * (unsigned)(digits[i] - '0');
    return arena_printf(world->arena, "%c%s", letters[sum % 23], digits);
}

static void pupil_flags(struct demo_world *world, struct demo_pupil *pupil)
{
    struct demo_random *random = world->random;
    struct demo_entry *entry = pupil->entry;
    bool meals = demo_chance(random, 22);
    pupil->eal = demo_chance(random, pupil->tradition < DEMO_TRADITION_OWN ? 2 : 42);
    demo_number(entry, "eal", pupil->eal);
    demo_number(entry, "fsm", meals);
    demo_number(entry, "fsm6", meals || demo_chance(random, 5));
    bool care = demo_chance(random, 1);
    demo_number(entry, "looked_after", care);
    demo_number(entry, "previously_looked_after", !care && demo_chance(random, 1));
    demo_number(entry, "pupil_premium", meals || care || demo_chance(random, 4));
    demo_number(entry, "service_child", demo_chance(random, 2));
    if (demo_chance(random, 4))
        demo_number(entry, "social_worker", 1);
    demo_number(entry, "photo_consent", demo_chance(random, 88));
    demo_number(entry, "attendance", demo_chance(random, 10) ? demo_between(random, 780, 899) : demo_between(random, 900, 1000));
}

// Whoever joined in the middle of a year brings the number of the school before.
static void upn_give(struct demo_world *world, const struct demo_pupil *pupil, unsigned *serials)
{
    int year, month, day;
    int32_t first = pupil->joined ? date_make(world->year - pupil->year + 1, 9, 1) : pupil->entered;
    date_split(first, &year, &month, &day);
    demo_text(pupil->entry, "upn", upn_make(world, first, pupil->joined ? 9501 : 9001, serials[year % 100]++));
}

static void pupil_make(struct demo_world *world, size_t place, unsigned *serials)
{
    struct demo_pupil *pupil = &world->pupils[place];
    pupil->year = demo_year_of(world, place);
    pupil->left = demo_left_of(world, place);
    bool now = demo_upto(pupil, world->terms[DEMO_TERMS / 2].starts) != pupil->left;
    if (now)
        pupil->school_class = class_of(world, pupil->year, (int)(place % DEMO_STREAMS));
    // The cohort of year 1 turns five in the school year before it; each year is a year older.
    int32_t oldest = date_make(world->year - 3 - pupil->year - 1, 9, 1);
    pupil->born = demo_between(world->random, oldest, date_add_months(oldest, 12) - 1);
    pupil->joined = demo_is_joiner(world, place);
    pupil->entered = pupil->joined ? demo_joined_of(world, place) : entered_of(world, pupil->year, pupil->left != DATE_NONE);
    pupil->provision = 'N';
    struct demo_name name = demo_name(world->random);
    struct demo_entry *entry = demo_add(world, "Pupil", demo_typed(world, pupil->entered), NULL);
    pupil->entry = entry;
    pupil->tradition = name.tradition;
    pupil->surname = name.surname;
    pupil->name = name.forename ? name.forename : name.surname;
    demo_text(entry, "surname", name.surname);
    demo_text(entry, "forename", name.forename);
    demo_text(entry, "known_as", name.known_as);
    demo_number(entry, "born", pupil->born);
    demo_number(entry, "sex", name.female ? 1 : 2);
    // Some nursery children have no number yet; it is never invented.
    if (pupil->year > 0 || !demo_chance(world->random, 5))
        upn_give(world, pupil, serials);
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): who has left was in a year above the first
    demo_text(entry, "year", year_codes[pupil->year - !now]);
    demo_number(entry, "entered", pupil->entered);
    pupil_flags(world, pupil);
    if (pupil->left != DATE_NONE)
        demo_number(demo_edit(world, entry, demo_typed(world, pupil->left), NULL), "left", pupil->left);
}

static struct demo_entry *membership(struct demo_world *world, const struct demo_pupil *pupil, const struct demo_class *class,
                                     int32_t starts)
{
    struct demo_entry *entry = demo_add(world, "ClassMembership", demo_typed(world, starts), world->lead);
    demo_ref(entry, "pupil", pupil->entry);
    demo_ref(entry, "class", class->entry);
    demo_number(entry, "starts", starts);
    return entry;
}

// Last year's class and this year's; the new one, or the last day on roll, closes the old one.
static void memberships(struct demo_world *world, struct demo_pupil *pupil, int stream)
{
    int32_t this_year = date_make(world->year, 9, 1), last_year = date_make(world->year - 1, 9, 1);
    int32_t starts = pupil->entered > this_year ? pupil->entered : this_year;
    struct demo_entry *entry = NULL;
    if (pupil->entered < this_year && pupil->year > 0) {
        int32_t before = pupil->entered > last_year ? pupil->entered : last_year;
        pupil->before = class_of(world, pupil->year - 1, stream);
        entry = membership(world, pupil, pupil->before, before);
    }
    if (pupil->school_class)
        entry = membership(world, pupil, pupil->school_class, starts > world->last ? world->last : starts);
    demo_stays(world, pupil, entry);
}

void demo_make_pupils(struct demo_world *world)
{
    unsigned serials[100] = {0};
    demo_roll_sizes(world);
    world->pupils = arena_zero(world->arena, world->n_all + 1, sizeof *world->pupils);
    if (!world->pupils) {
        world->n_pupils = world->n_all = 0;
        world->failed = ERR_NOMEM;
        return;
    }
    for (size_t i = 0; i < world->n_all; i++)
        pupil_make(world, i, serials);
    for (size_t i = 0; i < world->n_all; i++)
        memberships(world, &world->pupils[i], (int)(i % DEMO_STREAMS));
}

// --- who works with whom -------------------------------------------------------

static void assign(struct demo_world *world, const struct demo_entry *staff, const struct demo_entry *class, const struct demo_entry *pupil,
                   int relation, int32_t starts)
{
    if (starts > world->last)
        starts = world->last;
    struct demo_entry *entry = demo_add(world, "Assignment", demo_typed(world, starts), world->lead);
    demo_ref(entry, "staff", staff);
    demo_ref(entry, "class", class);
    demo_ref(entry, "pupil", pupil);
    demo_number(entry, "relation", relation);
    demo_number(entry, "starts", starts);
}

// The first pupils of a class, for whom a teaching assistant is there.
static void assign_pupils(struct demo_world *world, const struct demo_entry *staff, const char *class, size_t n)
{
    int32_t year = date_make(world->year, 9, 1);
    for (size_t i = 0; i < world->n_pupils && n > 0; i++) {
        const struct demo_pupil *pupil = &world->pupils[i];
        if (strcmp(pupil->school_class->name, class) != 0)
            continue;
        assign(world, staff, NULL, pupil->entry, 2, pupil->entered > year ? pupil->entered : year);
        n--;
    }
}

void demo_make_assignments(struct demo_world *world)
{
    int32_t year = date_make(world->year, 9, 1);
    for (size_t i = 0; i < DEMO_CLASSES; i++) {
        const struct demo_class *class = &world->classes[i];
        assign(world, class->teacher, class->entry, NULL, 1, year);
        if (class->helper)
            assign(world, class->helper, class->entry, NULL, 2, year);
    }
    // The assistant who logs in works in the teacher's class and in another.
    const struct demo_entry *assistant = world->entries[PERSON_ASSISTANT];
    assign_pupils(world, assistant, "3B", 2);
    assign_pupils(world, assistant, "4G", 2);
}
