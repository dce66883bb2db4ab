// Rules of a run of a provision, its members and its sessions together: all lie within
// its dates, and it is closed only with exit data or a reason. Writer thread; judged once
// a request is done, for the members' dates and scores may come with the provision's.
#include "server/rules/rules.h"

#include <stdio.h>

#include "server/rules/judge.h"

static const char *pupil_name(struct view *view, const struct record *member, struct arena *arena)
{
    const char *name = view_label(view, kind_find("Pupil"), record_number(member, "pupil"), arena);
    return name ? name : "a pupil";
}

// --- closing ---

static int refuse_unmeasured(struct view *view, const struct record *provision, const char *const names[RULE_NAMED],
                             const struct record *first, size_t n, struct arena *arena, struct problem *problem)
{
    char member[ID_TEXT_MAX], id[ID_TEXT_MAX], hint[300];
    snprintf(hint, sizeof hint,
             "For each: sendco member edit %s exit_score=… (or exit_reason=…); or say why for all: sendco provision edit %s close_reason=…",
             rule_id(view, first->kind, first->id, member), rule_id(view, provision->kind, provision->id, id));
    return rule_refuse(problem, provision, "closed", hint, "%zu of its pupils %s neither exit score nor exit reason: %s", n,
                       n == 1 ? "has" : "have", rule_names(names, n, arena));
}

static int judge_exits(struct view *view, const struct record *provision, const struct found *members, struct problem *problem)
{
    const char *names[RULE_NAMED] = {NULL};
    const struct record *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < members->n && !record_has(provision, "close_reason"); i++) {
        const struct record *member = members->records[i];
        if (record_has(member, "exit_score") || record_has(member, "exit_reason"))
            continue;
        if (n < RULE_NAMED)
            names[n] = view_label(view, kind_find("Pupil"), record_number(member, "pupil"), members->arena);
        first = first ? first : member;
        n++;
    }
    return n ? refuse_unmeasured(view, provision, names, first, n, members->arena, problem) : 0;
}

static int judge_closing(struct view *view, const struct record *provision, const struct found *members, struct problem *problem)
{
    int64_t closed = record_number(provision, "closed");
    for (size_t i = 0; i < members->n; i++)
        if (record_number(members->records[i], "starts") > closed)
            return rule_refuse(problem, provision, "closed", "Remove that pupil from it, or give a later day.",
                               "%s joins it only after that day", pupil_name(view, members->records[i], members->arena));
    if (rule_last_day(provision) > closed)
        return rule_refuse(problem, provision, "ends", "Give the day on which it was closed, or one before; or correct closed as well.",
                           "is after the day on which it was closed");
    return judge_exits(view, provision, members, problem);
}

// --- members and sessions within it ---

// By which date the provision became too short for them.
static const char *last_field(const struct record *provision)
{
    bool by_closing = record_has(provision, "closed") && record_number(provision, "closed") == rule_last_day(provision);
    return by_closing ? "closed" : "ends";
}

static int refuse_member(struct view *view, const struct record *provision, const char *field, const struct record *member, int64_t day,
                         const char *since, struct arena *arena, struct problem *problem)
{
    char text[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[240];
    snprintf(hint, sizeof hint, "Give days that hold it, or change the pupil's own first: sendco member list provision=%s",
             rule_id(view, provision->kind, provision->id, id));
    return rule_refuse(problem, provision, field, hint, "%s is in it %s %s", pupil_name(view, member, arena), since,
                       date_human((int32_t)day, text));
}

static int judge_members(struct view *view, const struct record *provision, const struct found *members, struct problem *problem)
{
    int64_t first = rule_first_day(provision), last = rule_last_day(provision);
    for (size_t i = 0; i < members->n; i++) {
        const struct record *member = members->records[i];
        int64_t from = rule_first_day(member);
        if (from < first)
            return refuse_member(view, provision, "starts", member, from, "already from", members->arena, problem);
        if (from > last)
            return refuse_member(view, provision, last_field(provision), member, from, "only from", members->arena, problem);
        if (record_has(member, "ends") && rule_last_day(member) > last)
            return refuse_member(view, provision, last_field(provision), member, rule_last_day(member), "until", members->arena, problem);
    }
    return 0;
}

// The session farthest outside on one side, if there is any.
static int judge_sessions(struct view *view, const struct record *provision, bool later, struct arena *arena, struct problem *problem)
{
    struct query query;
    struct record *session;
    char text[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[240];
    query_init(&query, kind_find("ProvisionSession"));
    query_where(&query, "provision", OP_EQ, value_number(provision->id));
    query_where(&query, "day", later ? OP_GT : OP_LT, value_number(later ? rule_last_day(provision) : rule_first_day(provision)));
    query.order[query.n_order++] = (struct order){.field = field_find(query.kind, "day"), .descending = later};
    int error = rule_first(view, &query, arena, &session, problem);
    if (error || !session)
        return error;
    snprintf(hint, sizeof hint, "Give days that hold it, or remove the session first: sendco session list provision=%s",
             rule_id(view, provision->kind, provision->id, id));
    return rule_refuse(problem, provision, later ? last_field(provision) : "starts", hint, "a session of it is entered for %s",
                       date_human((int32_t)record_number(session, "day"), text));
}

static int judge_span(struct view *view, const struct record *provision, const struct found *members, struct problem *problem)
{
    int error = judge_members(view, provision, members, problem);
    if (!error)
        error = judge_sessions(view, provision, false, members->arena, problem);
    return error ? error : judge_sessions(view, provision, true, members->arena, problem);
}

// Hours and cost are told from what is held, also of those that were held before.
static int warn_of_minutes(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct query query;
    uint64_t n;
    if (!before || !rule_changed(before, after, "minutes"))
        return 0;
    query_init(&query, kind_find("ProvisionSession"));
    query_where(&query, "provision", OP_EQ, value_number(after->id));
    query_where(&query, "held", OP_EQ, value_number(1));
    query_where(&query, "minutes", OP_EMPTY, (struct value){.type = VALUE_EMPTY});
    int error = rule_count(view, &query, &n, problem);
    if (!error && n)
        view_warn(view, after, "minutes", "%llu session%s held without minutes of %s own; %s now counted with these.",
                  (unsigned long long)n, n == 1 ? " was" : "s were", n == 1 ? "its" : "their", n == 1 ? "it is" : "they are");
    return error;
}

static int judge_provision(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                           struct problem *problem)
{
    struct found members;
    bool moved = rule_changed(before, after, "starts") || rule_changed(before, after, "ends");
    bool closed = record_has(after, "closed") && (moved || rule_changed(before, after, "closed") ||
                                                  (before && record_has(before, "close_reason") && !record_has(after, "close_reason")));
    if (!moved && !closed)
        return 0;
    int error = rule_find_by(view, "ProvisionMember", "provision", after->id, arena, &members, problem);
    if (!error && closed)
        error = judge_closing(view, after, &members, problem);
    return !error && moved ? judge_span(view, after, &members, problem) : error;
}

static int settle_provision(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0; // it is removed only when nobody is in it
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_provision(view, before, after, &arena, problem);
    arena_deinit(&arena);
    return error ? error : warn_of_minutes(view, before, after, problem);
}

void span_rules(struct store *store)
{
    store_on_settled(store, kind_find("Provision"), settle_provision);
}
