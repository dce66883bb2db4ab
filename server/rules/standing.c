// Rules of the SEND register: each rank is held by one need at a time, and a
// parent is told before provision begins. Writer thread.
#include "server/rules/rules.h"

#include <string.h>

#include "server/store/store.h"

static int check_status(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)problem;
    if (!after || record_has(after, "parent_informed"))
        return 0;
    const char *provision = record_text(after, "provision");
    if (!provision || (strcmp(provision, "K") != 0 && strcmp(provision, "E") != 0))
        return 0;
    // Only whoever sets the status is told, not whoever later closes it.
    const char *earlier = before ? record_text(before, "provision") : NULL;
    if (!earlier || strcmp(earlier, provision) != 0)
        view_warn(view, after, "parent_informed",
                  "No date says that the parent was informed; the school must tell them before SEN provision begins "
                  "(Children and Families Act 2014, section 68).");
    return 0;
}

struct rank_walk {
    const struct record *mine;
    int64_t starts, ends;
    char other[32];
    int64_t since;
};

static int on_other_need(struct record *other, void *data)
{
    struct rank_walk *walk = data;
    if (other->id == walk->mine->id)
        return 0;
    int64_t starts = record_number(other, "starts");
    int64_t ends = record_has(other, "ends") ? record_number(other, "ends") : INT64_MAX;
    if (starts > walk->ends || ends < walk->starts)
        return 0;
    const char *need = record_text(other, "need");
    strncpy(walk->other, need ? need : "another need", sizeof walk->other - 1);
    walk->since = starts;
    return 1;
}

static int check_need(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after || !record_has(after, "pupil") || !record_has(after, "rank") || !record_has(after, "starts"))
        return 0;
    struct rank_walk walk = {.mine = after, .starts = record_number(after, "starts")};
    walk.ends = record_has(after, "ends") ? record_number(after, "ends") : INT64_MAX;
    struct query query;
    query_init(&query, after->kind);
    query.about = record_number(after, "pupil"); // a need is about its pupil, and by that it is found fastest
    query_where(&query, "rank", OP_EQ, value_number(record_number(after, "rank")));
    struct arena arena;
    arena_init(&arena, 0);
    int found = view_list(view, &query, &arena, NULL, on_other_need, &walk, problem);
    arena_deinit(&arena);
    if (found <= 0)
        return found;
    char since[DATE_TEXT_MAX];
    problem_in_field(problem, ERR_CONFLICT, after->kind, after->id, field_find(after->kind, "rank")->index,
                     "%s holds rank %lld of this pupil already, from %s", walk.other, (long long)record_number(after, "rank"),
                     date_human((int32_t)walk.since, since));
    problem_hint(problem, "End that need first, or choose another rank.");
    return ERR_CONFLICT;
}

void standing_rules(struct store *store)
{
    store_on_put(store, kind_find("SenStatus"), check_status, NULL);
    store_on_put(store, kind_find("Need"), check_need, NULL);
}
