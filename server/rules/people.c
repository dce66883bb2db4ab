// Rules about people: a pupil's dates make sense, nobody manages themselves, an
// assignment is with a class or with a pupil. Writer thread.
#include "server/rules/rules.h"

#include "server/store/store.h"

static int field_index(const struct record *record, const char *name)
{
    return field_find(record->kind, name)->index;
}

static int check_pupil(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after)
        return 0;
    int64_t born = record_number(after, "born");
    if (record_has(after, "born") && born > view_today(view))
        return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_index(after, "born"), "lies in the future");
    if (!record_has(after, "entered"))
        return 0;
    if (record_number(after, "entered") < born)
        return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_index(after, "entered"),
                                "the first day on roll is before the pupil was born");
    if (record_has(after, "left") && record_number(after, "left") < record_number(after, "entered"))
        return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_index(after, "left"),
                                "the last day on roll is before the first");
    return 0;
}

static int check_staff(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    if (!after)
        return 0;
    if (record_has(after, "manager") && record_number(after, "manager") == after->id)
        return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_index(after, "manager"),
                                "nobody is their own line manager");
    if (record_has(after, "started") && record_has(after, "left") && record_number(after, "left") < record_number(after, "started"))
        return problem_in_field(problem, ERR_INVALID, after->kind, after->id, field_index(after, "left"),
                                "the last day in post is before the first");
    return 0;
}

static int check_assignment(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    if (!after || record_has(after, "class") != record_has(after, "pupil"))
        return 0;
    const char *fault = record_has(after, "class") ? "names both a class and a pupil; leave one of them empty"
                                                   : "names neither a class nor a pupil; name one of them";
    return problem_in_field(problem, ERR_INVALID, after->kind, after->id, -1, "%s", fault);
}

void people_rules(struct store *store)
{
    store_on_put(store, kind_find("Pupil"), check_pupil, NULL);
    store_on_put(store, kind_find("Staff"), check_staff, NULL);
    store_on_put(store, kind_find("Assignment"), check_assignment, NULL);
}
