// Whom "own" means: pupils, classes and provisions somebody works with today, or led lately
// (access.h). In whichever thread the view lives.
#include <stdlib.h>
#include <string.h>

#include "server/access/access.h"
#include "server/access/matrix.h"

// Ids gathered in an arena; sorted and made unique at the end.
struct gather {
    struct arena *arena;
    int64_t *ids;
    size_t n, capacity;
    const char *field; // whose reference is gathered by on_gather
};

static int gather_add(struct gather *gather, int64_t id)
{
    if (id == 0)
        return 0;
    if (gather->n == gather->capacity) {
        size_t capacity = gather->capacity ? 2 * gather->capacity : 64;
        int64_t *ids = arena_alloc(gather->arena, capacity * sizeof *ids);
        if (!ids)
            return ERR_NOMEM;
        if (gather->n)
            memcpy(ids, gather->ids, gather->n * sizeof *ids);
        gather->ids = ids;
        gather->capacity = capacity;
    }
    gather->ids[gather->n++] = id;
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

static struct id_set gather_set(struct gather *gather)
{
    if (gather->n == 0)
        return (struct id_set){0};
    qsort(gather->ids, gather->n, sizeof *gather->ids, compare_ids);
    size_t n = 1;
    for (size_t i = 1; i < gather->n; i++)
        if (gather->ids[i] != gather->ids[n - 1])
            gather->ids[n++] = gather->ids[i];
    gather->n = n;
    return (struct id_set){gather->ids, n};
}

struct own {
    struct view *view;
    struct gather pupils, classes, groups;
};

static int on_assignment(struct record *record, void *data)
{
    struct own *own = data;
    int result = gather_add(&own->pupils, record_number(record, "pupil"));
    return result ? result : gather_add(&own->classes, record_number(record, "class"));
}

static int on_gather(struct record *record, void *data)
{
    struct gather *gather = data;
    return gather_add(gather, record_number(record, gather->field));
}

// What the spells of `kind` that hold today and say `by` = id name in `field`.
static int own_follow(struct own *own, const struct kind *kind, const char *by, int64_t id, struct gather *into, const char *field)
{
    struct query query;
    query_init(&query, kind);
    query_where(&query, by, OP_EQ, value_number(id));
    query.as_at = view_today(own->view);
    into->field = field;
    return view_list(own->view, &query, into->arena, NULL, on_gather, into, NULL);
}

// How long a leader sees a provision that has ended, and a pupil who was in it: the last
// session, the exit scores and the decision are entered in the weeks after.
#define LED_AFTER 42 // days

struct led {
    struct gather *into;
    const char *field; // whose reference is gathered; NULL: the record itself
    int64_t since;     // spells that ended before count no more
};

static int on_led(struct record *record, void *data)
{
    const struct led *led = data;
    if (record_has(record, "ends") && record_number(record, "ends") < led->since)
        return 0;
    return gather_add(led->into, led->field ? record_number(record, led->field) : record->id);
}

// What the spells of `kind` that say `by` = id, and hold today or ended lately, name in `field`.
static int own_follow_led(struct own *own, const struct kind *kind, const char *by, int64_t id, struct gather *into, const char *field)
{
    struct led led = {into, field, view_today(own->view) - LED_AFTER};
    struct query query;
    query_init(&query, kind);
    query_where(&query, by, OP_EQ, value_number(id));
    query_where(&query, "starts", OP_LE, value_number(view_today(own->view)));
    return view_list(own->view, &query, into->arena, NULL, on_led, &led, NULL);
}

static int own_find(struct own *own, int64_t staff, struct arena *arena)
{
    const struct kind *assignment = kind_find("Assignment"), *membership = kind_find("ClassMembership"),
                      *member = kind_find("ProvisionMember");
    if (!assignment || !membership)
        return 0;
    struct query query;
    query_init(&query, assignment);
    query_where(&query, "staff", OP_EQ, value_number(staff));
    query.as_at = view_today(own->view);
    int result = view_list(own->view, &query, arena, NULL, on_assignment, own, NULL);
    if (!result && member)
        result = own_follow_led(own, kind_of_subject(SUBJECT_GROUP), "leader", staff, &own->groups, NULL);
    for (size_t i = 0, n = own->groups.n; !result && i < n; i++)
        result = own_follow_led(own, member, "provision", own->groups.ids[i], &own->pupils, "pupil");
    // first the pupils one is assigned to singly or leads: their classes come after, and bring nobody else in
    size_t n_assigned = own->classes.n, n_single = own->pupils.n;
    for (size_t i = 0; !result && i < n_assigned; i++)
        result = own_follow(own, membership, "class", own->classes.ids[i], &own->pupils, "pupil");
    for (size_t i = 0; !result && i < n_single; i++)
        result = own_follow(own, membership, "pupil", own->pupils.ids[i], &own->classes, "class");
    for (size_t i = 0; !result && member && i < own->pupils.n; i++)
        result = own_follow(own, member, "pupil", own->pupils.ids[i], &own->groups, "provision");
    return result;
}

int access_scope(struct view *view, const struct actor *actor, struct arena *arena, struct scope *scope)
{
    if (actor->staff == 0) {
        *scope = scope_all;
        return 0;
    }
    *scope = (struct scope){0};
    matrix_fill(scope, (enum role)actor->role);
    if (!access_uses_own(scope))
        return 0;
    struct own own = {.view = view, .pupils = {.arena = arena}, .classes = {.arena = arena}, .groups = {.arena = arena}};
    int result = own_find(&own, actor->staff, arena);
    if (result)
        return result;
    int64_t *self = arena_copy(arena, &actor->staff, sizeof actor->staff);
    if (!self)
        return ERR_NOMEM;
    scope->own[SUBJECT_PUPIL] = gather_set(&own.pupils);
    scope->own[SUBJECT_CLASS] = gather_set(&own.classes);
    scope->own[SUBJECT_STAFF] = (struct id_set){self, 1};
    scope->own[SUBJECT_GROUP] = gather_set(&own.groups);
    return 0;
}

bool access_uses_own(const struct scope *scope)
{
    return memchr(scope->read, REACH_OWN, sizeof scope->read) || memchr(scope->write, REACH_OWN, sizeof scope->write);
}

bool access_kind_matters(const struct kind *kind)
{
    static const char *const names[] = {"Assignment", "ClassMembership", "Provision", "ProvisionMember"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(kind->name, names[i]) == 0)
            return true;
    return false;
}

int access_scope_copy(const struct scope *scope, struct arena *arena, struct scope *copy)
{
    *copy = *scope;
    for (size_t i = 0; i < SUBJECT_COUNT; i++) {
        if (scope->own[i].n == 0) {
            copy->own[i] = (struct id_set){0};
            continue;
        }
        copy->own[i].ids = arena_copy(arena, scope->own[i].ids, scope->own[i].n * sizeof *scope->own[i].ids);
        if (!copy->own[i].ids)
            return ERR_NOMEM;
    }
    return 0;
}
