// Sorted arrays over what the server holds: 50,000 pupils are looked up in an
// instant. Any thread, not shared.
#include "client/exchange/school.h"

#include <stdlib.h>
#include <string.h>

#include "common/date.h"
#include "common/text.h"

const char *const school_kinds[SCHOOL_KINDS + 1] = {"Pupil", "SchoolClass", "ClassMembership", "SenStatus", "Need", "Code", NULL};

void school_init(struct school *school, struct arena *arena)
{
    *school = (struct school){.arena = arena};
}

static void list_add(struct school *school, struct school_list *list, struct record *record)
{
    if (list->n == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        struct record **records = arena_zero(school->arena, room, sizeof(struct record *));
        if (!records) {
            school->failed = true;
            return;
        }
        if (list->n)
            memcpy(records, list->records, list->n * sizeof(struct record *));
        list->records = records;
        list->room = room;
    }
    list->records[list->n++] = record;
}

static struct school_list *list_of(struct school *school, const char *kind)
{
    struct school_list *const lists[] = {&school->pupils,   &school->classes, &school->memberships,
                                         &school->statuses, &school->needs,   &school->codes};
    for (size_t i = 0; school_kinds[i]; i++) {
        if (strcmp(school_kinds[i], kind) == 0)
            return lists[i];
    }
    return NULL;
}

void school_add(struct school *school, struct record *record)
{
    struct school_list *list = list_of(school, record->kind->name);
    if (record->removed)
        list = list == &school->pupils    ? (record_has(record, "upn") ? &school->removed : NULL)
               : list == &school->classes ? &school->removed_classes
                                          : NULL;
    if (list)
        list_add(school, list, record);
}

// --- order ---------------------------------------------------------------------

static int by_upn(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return strcmp(record_text(x, "upn"), record_text(y, "upn"));
}

static int by_former(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    return strcmp(record_text(x, "former_upn"), record_text(y, "former_upn"));
}

static int by_person(const void *a, const void *b)
{
    const struct school_person *x = a, *y = b;
    int order = x->born != y->born ? (x->born > y->born ? 1 : -1) : strcmp(x->surname, y->surname);
    return order ? order : strcmp(x->forename, y->forename);
}

static int by_forename(const void *a, const void *b)
{
    const struct school_person *x = a, *y = b;
    return x->born != y->born ? (x->born > y->born ? 1 : -1) : strcmp(x->forename, y->forename);
}

static int by_name(const void *a, const void *b)
{
    const struct school_person *x = a, *y = b;
    int order = strcmp(x->surname, y->surname);
    return order ? order : strcmp(x->forename, y->forename);
}

static int by_pupil(const void *a, const void *b)
{
    const struct record *x = *(struct record *const *)a, *y = *(struct record *const *)b;
    int64_t p = record_number(x, "pupil"), q = record_number(y, "pupil");
    if (p != q)
        return p > q ? 1 : -1;
    int64_t from = record_number(x, "starts"), to = record_number(y, "starts");
    return from != to ? (from > to ? 1 : -1) : (x->id > y->id) - (x->id < y->id);
}

static void sort(struct school_list *list, int (*compare)(const void *, const void *))
{
    if (list->n)
        qsort(list->records, list->n, sizeof(struct record *), compare);
}

static const char *fold(struct school *school, const struct record *pupil, const char *field)
{
    const char *text = record_text(pupil, field), *folded = text ? text_fold(text, school->arena) : "";
    school->failed = school->failed || !folded;
    return folded && *folded ? folded : text ? text : "";
}

static void persons(struct school *school)
{
    size_t n = school->n_persons = school->pupils.n;
    school->persons = arena_zero(school->arena, n + 1, sizeof *school->persons);
    for (size_t i = 0; school->persons && i < n; i++) {
        struct record *pupil = school->pupils.records[i];
        school->persons[i] =
            (struct school_person){pupil, fold(school, pupil, "surname"), fold(school, pupil, "forename"), record_number(pupil, "born")};
    }
    school->by_forename = school->persons ? arena_copy(school->arena, school->persons, (n + 1) * sizeof *school->persons) : NULL;
    school->by_name = school->by_forename ? arena_copy(school->arena, school->persons, (n + 1) * sizeof *school->persons) : NULL;
    if (!school->by_name) {
        school->failed = true;
        return;
    }
    qsort(school->persons, n, sizeof *school->persons, by_person);
    qsort(school->by_forename, n, sizeof *school->persons, by_forename);
    qsort(school->by_name, n, sizeof *school->persons, by_name);
}

int school_ready(struct school *school)
{
    school->by_former.n = school->by_upn.n = 0;
    for (size_t i = 0; i < school->pupils.n; i++) {
        struct record *pupil = school->pupils.records[i];
        if (record_has(pupil, "upn"))
            list_add(school, &school->by_upn, pupil);
        if (record_has(pupil, "former_upn"))
            list_add(school, &school->by_former, pupil);
    }
    persons(school);
    sort(&school->by_upn, by_upn);
    sort(&school->by_former, by_former);
    sort(&school->removed, by_upn);
    sort(&school->memberships, by_pupil);
    sort(&school->statuses, by_pupil);
    sort(&school->needs, by_pupil);
    return school->failed ? ERR_NOMEM : 0;
}

// --- look-ups ------------------------------------------------------------------

static struct record *find_upn(const struct school_list *list, const char *field, const char *upn)
{
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(record_text(list->records[middle], field), upn);
        if (order == 0)
            return list->records[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct record *school_by_upn(const struct school *school, const char *upn)
{
    return find_upn(&school->by_upn, "upn", upn);
}

struct record *school_removed_upn(const struct school *school, const char *upn)
{
    return find_upn(&school->removed, "upn", upn);
}

struct record *school_removed_class(const struct school *school, const char *name)
{
    for (size_t i = 0; i < school->removed_classes.n; i++) {
        const char *text = record_text(school->removed_classes.records[i], "name");
        if (text && strcmp(text, name) == 0)
            return school->removed_classes.records[i];
    }
    return NULL;
}

struct record *school_by_former_upn(const struct school *school, const char *upn)
{
    return find_upn(&school->by_former, "former_upn", upn);
}

static int person_order(const struct school_person *person, const char *surname, const char *forename, int64_t born)
{
    if (person->born != born)
        return person->born > born ? 1 : -1;
    int order = surname ? strcmp(person->surname, surname) : 0;
    return order || !forename ? order : strcmp(person->forename, forename);
}

const struct school_person *school_by_person(const struct school *school, const char *surname, const char *forename, int64_t born,
                                             size_t *n)
{
    const struct school_person *list = surname ? school->persons : school->by_forename;
    size_t low = 0, high = school->n_persons;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (person_order(&list[middle], surname, forename, born) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < school->n_persons && person_order(&list[low + *n], surname, forename, born) == 0)
        ++*n;
    return *n ? list + low : NULL;
}

const struct school_person *school_by_name(const struct school *school, const char *surname, const char *forename, size_t *n)
{
    const struct school_person wanted = {NULL, surname, forename, 0};
    size_t low = 0, high = school->n_persons;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_name(&school->by_name[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < school->n_persons && by_name(&school->by_name[low + *n], &wanted) == 0)
        ++*n;
    return *n ? school->by_name + low : NULL;
}

struct record *school_class(const struct school *school, const char *name)
{
    for (size_t i = 0; i < school->classes.n; i++) {
        const char *text = record_text(school->classes.records[i], "name");
        if (text && text_same(text, name))
            return school->classes.records[i];
    }
    return NULL;
}

struct record *const *school_spells(const struct school *school, const char *kind, int64_t pupil, size_t *n)
{
    const struct school_list *list = strcmp(kind, "Need") == 0        ? &school->needs
                                     : strcmp(kind, "SenStatus") == 0 ? &school->statuses
                                                                      : &school->memberships;
    size_t low = 0, high = list->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (record_number(list->records[middle], "pupil") < pupil)
            low = middle + 1;
        else
            high = middle;
    }
    *n = 0;
    while (low + *n < list->n && record_number(list->records[low + *n], "pupil") == pupil)
        ++*n;
    return *n ? list->records + low : NULL;
}

// --- words ---------------------------------------------------------------------

bool school_on_roll(const struct record *pupil, int32_t date)
{
    return (!record_has(pupil, "entered") || record_number(pupil, "entered") <= date) &&
           (!record_has(pupil, "left") || record_number(pupil, "left") >= date);
}

bool school_holds(const struct record *spell, int32_t date)
{
    return record_number(spell, "starts") <= date && (!record_has(spell, "ends") || record_number(spell, "ends") >= date);
}

const char *school_name(const struct record *pupil, struct arena *arena)
{
    return record_show(pupil, pupil->kind->shows, NULL, NULL, arena);
}

static struct roll_codes codes_generated(struct arena *arena)
{
    size_t n = 0, room = 0;
    for (size_t i = 0; i < n_code_lists; i++)
        room += code_lists[i].n_rows;
    struct roll_code *codes = arena_zero(arena, room + 1, sizeof *codes);
    for (size_t i = 0; codes && i < n_code_lists; i++) {
        for (size_t row = 0; row < code_lists[i].n_rows; row++) {
            const struct code_row *from = &code_lists[i].rows[row];
            codes[n++] = (struct roll_code){code_lists[i].name, from->code, from->title, from->valid_from, from->valid_to};
        }
    }
    return (struct roll_codes){codes, n};
}

struct roll_codes school_codes(const struct school *school)
{
    size_t n = 0;
    if (school->codes.n == 0)
        return codes_generated(school->arena);
    struct roll_code *codes = arena_zero(school->arena, school->codes.n, sizeof *codes);
    for (size_t i = 0; codes && i < school->codes.n; i++) {
        const struct record *record = school->codes.records[i];
        const char *list = record_text(record, "list"), *code = record_text(record, "code"), *title = record_text(record, "title");
        if (!list || !code)
            continue;
        codes[n++] = (struct roll_code){list, code, title ? title : "", DATE_NONE, DATE_NONE};
        if (record_has(record, "valid_from"))
            codes[n - 1].from = (int32_t)record_number(record, "valid_from");
        if (record_has(record, "valid_to"))
            codes[n - 1].to = (int32_t)record_number(record, "valid_to");
    }
    return (struct roll_codes){codes, n};
}
