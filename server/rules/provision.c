// Rules of a run of a provision: what it takes from its type, and how it is closed.
// Writer thread.
#include "server/rules/rules.h"

#include <stdio.h>

#include "server/rules/judge.h"

static int check_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)before;
    if (!after || !record_has(after, "closed"))
        return 0;
    int64_t closed = record_number(after, "closed");
    if (closed > view_today(view))
        return rule_refuse(problem, after, "closed", "Give the last day, today at the latest; what is planned goes into ends.",
                           "lies in the future");
    if (closed < record_number(after, "starts"))
        return rule_refuse(problem, after, "closed", "Give a day from the first on, or correct the first day.",
                           "is before the provision starts");
    return 0;
}

// --- what is left empty is taken from the type ---

static uint64_t take(struct record *provision, const char *field, int64_t number)
{
    const struct field *of = field_find(provision->kind, field);
    bool fits = !of->ranged || (number >= of->min && number <= of->max);
    if (record_has(provision, field) || !fits || (of->as == AS_DATE && number > DATE_MAX))
        return 0;
    record_set(provision, field, value_number(number));
    return field_bit(of);
}

static uint64_t take_from_type(struct record *provision, const struct record *type)
{
    static const char *const same[] = {"minutes", "per_week", "group_size"};
    uint64_t set = 0;
    for (size_t i = 0; type && i < sizeof same / sizeof *same; i++)
        if (record_has(type, same[i]))
            set |= take(provision, same[i], record_number(type, same[i]));
    int64_t starts = record_number(provision, "starts");
    if (type && record_has(type, "weeks"))
        set |= take(provision, "ends", starts + 7 * record_number(type, "weeks") - 1);
    if (record_has(provision, "ends") && record_has(provision, "per_week")) {
        int64_t weeks = (record_number(provision, "ends") - starts + 7) / 7; // a week begun counts
        set |= take(provision, "planned", record_number(provision, "per_week") * weeks);
    }
    return set;
}

// --- closing ---

static int end_member(struct view *view, struct record *member, int64_t closed, struct problem *problem)
{
    if (rule_last_day(member) <= closed || record_number(member, "starts") > closed)
        return 0;
    record_set(member, "ends", value_number(closed));
    return view_put(view, member, field_bit(field_find(member->kind, "ends")), NULL, problem);
}

static int end_members(struct view *view, const struct record *provision, struct arena *arena, struct problem *problem)
{
    struct found members;
    int error = rule_find_by(view, "ProvisionMember", "provision", provision->id, arena, &members, problem);
    for (size_t i = 0; i < members.n && !error; i++)
        error = end_member(view, members.records[i], record_number(provision, "closed"), problem);
    return error;
}

static int follow_up(struct view *view, const struct record *after, bool is_new, struct arena *arena, struct problem *problem)
{
    struct record *provision = record_copy(after, arena);
    if (!provision)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    uint64_t set = is_new ? take_from_type(provision, rule_follow(view, after, "type", arena)) : 0;
    if (record_has(provision, "closed") && rule_last_day(provision) > record_number(provision, "closed")) {
        record_set(provision, "ends", value_number(record_number(provision, "closed")));
        set |= field_bit(field_find(provision->kind, "ends"));
    }
    int error = set ? view_put(view, provision, set, NULL, problem) : 0;
    return !error && record_has(provision, "closed") ? end_members(view, provision, arena, problem) : error;
}

static int effect_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    bool closes = after && record_has(after, "closed") && rule_changed(before, after, "closed");
    if (!after || (before && !closes))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = follow_up(view, after, !before, &arena, problem);
    arena_deinit(&arena);
    return error;
}

static int refuse_unmeasured(const struct record *provision, const char *const names[RULE_NAMED], const struct record *first, size_t n,
                             struct arena *arena, struct problem *problem)
{
    char member[ID_TEXT_MAX], id[ID_TEXT_MAX], hint[300];
    id_format(first->kind, first->id, member);
    snprintf(hint, sizeof hint,
             "For each: sendco member edit %s exit_score=… (or exit_reason=…); or say why for all: sendco provision edit %s close_reason=…",
             member, id_format(provision->kind, provision->id, id));
    return rule_refuse(problem, provision, "closed", hint, "%zu of its pupils %s neither exit score nor exit reason: %s", n,
                       n == 1 ? "has" : "have", rule_names(names, n, arena));
}

static const char *pupil_name(struct view *view, const struct record *member, struct arena *arena)
{
    return view_label(view, kind_find("Pupil"), record_number(member, "pupil"), arena);
}

static int judge_closing(struct view *view, const struct record *provision, struct arena *arena, struct problem *problem)
{
    struct found members;
    const char *names[RULE_NAMED] = {NULL};
    const struct record *first = NULL;
    size_t n = 0;
    int error = rule_find_by(view, "ProvisionMember", "provision", provision->id, arena, &members, problem);
    for (size_t i = 0; i < members.n && !error; i++) {
        const struct record *member = members.records[i];
        if (record_number(member, "starts") > record_number(provision, "closed")) {
            const char *name = pupil_name(view, member, arena);
            return rule_refuse(problem, provision, "closed", "Remove that pupil from it, or give a later day.",
                               "%s joins it only after that day", name ? name : "a pupil");
        }
        if (record_has(provision, "close_reason") || record_has(member, "exit_score") || record_has(member, "exit_reason"))
            continue;
        if (n < RULE_NAMED)
            names[n] = pupil_name(view, member, arena);
        first = first ? first : member;
        n++;
    }
    return error || !n ? error : refuse_unmeasured(provision, names, first, n, arena, problem);
}

// Judged when the request is done: the scores may come with the closing.
static int settle_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !record_has(after, "closed"))
        return 0;
    bool reason_gone = before && record_has(before, "close_reason") && !record_has(after, "close_reason");
    if (!rule_changed(before, after, "closed") && !reason_gone)
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_closing(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

void provision_rules(struct store *store)
{
    store_on_put(store, kind_find("Provision"), check_provision, effect_provision);
    store_on_settled(store, kind_find("Provision"), settle_provision);
}
