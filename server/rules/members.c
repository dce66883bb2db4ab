// Rules of who is in a run of a provision: within its dates, in its closed state, with
// the sessions that they were at, and how large the group becomes. Writer thread; what
// concerns the group is judged once in a request, for hundreds may join in one.
#include "server/rules/rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/rules/judge.h"

static int judge_dates(struct view *view, const struct record *member, const struct record *provision, struct problem *problem)
{
    int64_t first = rule_first_day(provision), last = rule_last_day(provision);
    if (rule_first_day(member) < first)
        return rule_refuse_dates(view, member, "starts", "before the first day", first, provision, problem);
    if (rule_first_day(member) > last)
        return rule_refuse_dates(view, member, "starts", "after the last day", last, provision, problem);
    if (record_has(provision, "closed") ? rule_last_day(member) > last : record_has(member, "ends") && rule_last_day(member) > last)
        return rule_refuse_dates(view, member, "ends", "after the last day", last, provision, problem);
    return 0;
}

// --- a group with too few places ---

struct joining {
    int64_t day, until;
    bool changed; // by this request
};

static int compare_days(const void *a, const void *b)
{
    int64_t x = ((const struct joining *)a)->day, y = ((const struct joining *)b)->day;
    return (x > y) - (x < y);
}

static int compare_ends(const void *a, const void *b)
{
    int64_t x = ((const struct joining *)a)->until, y = ((const struct joining *)b)->until;
    return (x > y) - (x < y);
}

// A group is largest on a day on which somebody joins it. Only days count on which
// somebody takes part whom this request changed.
static size_t largest(const struct joining *joining, const struct joining *ending, size_t n, int64_t *when)
{
    size_t most = 0, together = 0, changed = 0;
    for (size_t i = 0, gone = 0; i < n; i++) {
        together++;
        changed += joining[i].changed;
        for (; gone < n && ending[gone].until < joining[i].day; gone++) {
            together--;
            changed -= ending[gone].changed;
        }
        bool day_done = i + 1 == n || joining[i + 1].day != joining[i].day;
        if (!day_done || !changed || together <= most)
            continue;
        most = together;
        *when = joining[i].day;
    }
    return most;
}

static int count_together(struct view *view, const struct found *members, size_t *most, int64_t *when, struct problem *problem)
{
    struct joining *joining = arena_alloc(members->arena, (members->n + 1) * sizeof *joining);
    for (size_t i = 0; joining && i < members->n; i++) {
        const struct record *member = members->records[i];
        joining[i] = (struct joining){rule_first_day(member), rule_last_day(member), view_changed(view, member)};
    }
    struct joining *ending = joining ? arena_copy(members->arena, joining, (members->n + 1) * sizeof *joining) : NULL;
    if (!ending)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    qsort(joining, members->n, sizeof *joining, compare_days);
    qsort(ending, members->n, sizeof *ending, compare_ends);
    *most = largest(joining, ending, members->n, when);
    return 0;
}

// The changed one who joined last of those who are in it on that day.
static const struct record *joined_last(struct view *view, const struct found *members, int64_t day)
{
    const struct record *last = NULL;
    for (size_t i = 0; i < members->n; i++) {
        const struct record *member = members->records[i];
        bool there = rule_first_day(member) <= day && rule_last_day(member) >= day;
        if (there && view_changed(view, member) && (!last || rule_first_day(member) >= rule_first_day(last)))
            last = member;
    }
    return last;
}

static int warn_of_size(struct view *view, const struct record *provision, struct arena *arena, struct problem *problem)
{
    struct found members;
    size_t most = 0;
    int64_t when = 0;
    char text[DATE_TEXT_MAX];
    if (!record_has(provision, "group_size") || !view_once(view, provision))
        return 0;
    int error = rule_find_by(view, "ProvisionMember", "provision", provision->id, arena, &members, problem);
    if (!error)
        error = count_together(view, &members, &most, &when, problem);
    const struct record *member =
        error || most <= (size_t)record_number(provision, "group_size") ? NULL : joined_last(view, &members, when);
    if (member)
        view_warn(view, member, "pupil", "The group then has %zu pupils, from %s, for %lld places.", most, date_human((int32_t)when, text),
                  (long long)record_number(provision, "group_size"));
    return error;
}

// --- a closed provision ---

static int judge_added(struct view *view, const struct record *member, const struct record *provision, struct problem *problem)
{
    char closed[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[160];
    if (view_changed(view, provision) || !view_made(view, member->kind, member->id)) // both at once, or brought back
        return 0;
    snprintf(hint, sizeof hint, "Open it first: sendco provision edit %s closed= ; then add the pupil and close it again.",
             id_format(provision->kind, provision->id, id));
    return rule_refuse(problem, member, "provision", hint, "was closed on %s; nobody joins it any more",
                       date_human((int32_t)record_number(provision, "closed"), closed));
}

static int judge_exit(struct view *view, const struct record *member, const struct record *provision, struct problem *problem)
{
    char id[ID_TEXT_MAX], hint[200];
    if (record_has(provision, "close_reason") || record_has(member, "exit_score") || record_has(member, "exit_reason"))
        return 0;
    snprintf(hint, sizeof hint,
             "Give exit_score=… or exit_reason=…; or say for all why there is none: sendco provision edit %s close_reason=…",
             rule_id(view, provision->kind, provision->id, id));
    return rule_refuse(problem, member, "exit_score", hint,
                       "the provision is closed: it keeps an exit score or an exit reason of every pupil");
}

static int judge_closed(struct view *view, const struct record *before, const struct record *member, const struct record *provision,
                        struct problem *problem)
{
    int error = before ? 0 : judge_added(view, member, provision, problem);
    bool exits = !before || rule_changed(before, member, "exit_score") || rule_changed(before, member, "exit_reason");
    return !error && exits ? judge_exit(view, member, provision, problem) : error;
}

// --- the sessions they were at ---

static int refuse_present(struct view *view, const struct record *member, const char *field, const struct record *session,
                          struct problem *problem)
{
    char day[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[200];
    snprintf(hint, sizeof hint, "Keep the pupil in it on that day, or remove the mark first: sendco attendance list session=%s",
             rule_id(view, session->kind, session->id, id));
    return rule_refuse(problem, member, field, hint, "the pupil is marked at the session of %s",
                       date_human((int32_t)record_number(session, "day"), day));
}

static int judge_marked(struct view *view, const struct record *member, const char *field, const struct record *session,
                        struct problem *problem)
{
    struct query query;
    uint64_t n;
    int64_t pupil = record_number(member, "pupil");
    bool takes_part = false;
    query_init(&query, kind_find("Attendance"));
    query_where(&query, "session", OP_EQ, value_number(session->id));
    query_where(&query, "pupil", OP_EQ, value_number(pupil));
    int error = rule_count(view, &query, &n, problem);
    if (!error && n) // in another spell, perhaps
        error =
            rule_takes_part(view, record_number(session, "provision"), pupil, (int32_t)record_number(session, "day"), &takes_part, problem);
    return error || !n || takes_part ? error : refuse_present(view, member, field, session, problem);
}

// From `first` to `last` the member takes part no more.
static int judge_left_out(struct view *view, const struct record *member, const char *field, int64_t first, int64_t last,
                          struct arena *arena, struct problem *problem)
{
    struct query query;
    struct found sessions;
    if (first > last)
        return 0;
    query_init(&query, kind_find("ProvisionSession"));
    query_where(&query, "provision", OP_EQ, value_number(record_number(member, "provision")));
    query_where(&query, "day", OP_GE, value_number(first));
    query_where(&query, "day", OP_LE, value_number(last));
    int error = rule_find(view, &query, arena, &sessions, problem);
    for (size_t i = 0; i < sessions.n && !error; i++)
        error = judge_marked(view, member, field, sessions.records[i], problem);
    return error;
}

static int judge_days(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                      struct problem *problem)
{
    int64_t first = rule_first_day(before), last = rule_last_day(before);
    if (!after)
        return judge_left_out(view, before, NULL, first, last, arena, problem);
    int64_t from = rule_first_day(after), until = rule_last_day(after);
    int error = from > first ? judge_left_out(view, after, "starts", first, last < from ? last : from - 1, arena, problem) : 0;
    if (!error && until < last)
        error = judge_left_out(view, after, "ends", first > until ? first : until + 1, last, arena, problem);
    return error;
}

// --- all of it ---

static int judge_target(struct view *view, const struct record *member, struct arena *arena, struct problem *problem)
{
    const struct record *target = rule_follow(view, member, "target", arena);
    if (!target || record_number(target, "pupil") == record_number(member, "pupil"))
        return 0;
    return rule_refuse(problem, member, "target", "Name a target of this pupil, or leave it empty.", "is a target of another pupil");
}

static int check_member(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    if (record_has(after, "entry_day") && record_has(after, "exit_day") &&
        record_number(after, "exit_day") < record_number(after, "entry_day"))
        return rule_refuse(problem, after, "exit_day", "Give a day from the one on which the pupil was measured at entry on.",
                           "is before \"Measured at entry\"");
    struct arena arena;
    arena_init(&arena, 0);
    int error = rule_changed(before, after, "target") ? judge_target(view, after, &arena, problem) : 0;
    arena_deinit(&arena);
    if (!error && !record_has(after, "entry_score") && (!before || record_has(before, "entry_score")))
        view_warn(view, after, "entry_score", "No entry score: what the provision brings about can then not be told.");
    return error;
}

// Who comes into a provision that is closed in the same request was in it until then.
static int end_with(struct view *view, const struct record *member, struct arena *arena, struct problem *problem)
{
    const struct record *provision = rule_follow(view, member, "provision", arena);
    if (!provision || !record_has(provision, "closed") || !view_changed(view, provision) ||
        rule_first_day(member) > rule_last_day(provision))
        return 0;
    struct record *ended = record_copy(member, arena);
    if (!ended)
        return problem_set(problem, ERR_NOMEM, "the server is short of memory");
    record_set(ended, "ends", value_number(rule_last_day(provision)));
    return view_put(view, ended, field_bit(field_find(ended->kind, "ends")), NULL, problem);
}

static int effect_member(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (before || !after || record_has(after, "ends"))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = end_with(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

static int judge_member(struct view *view, const struct record *before, const struct record *after, struct arena *arena,
                        struct problem *problem)
{
    const struct record *provision = rule_follow(view, after ? after : before, "provision", arena);
    bool moved = after && (rule_changed(before, after, "starts") || rule_changed(before, after, "ends"));
    bool grew = moved && (!before || rule_first_day(after) < rule_first_day(before) || rule_last_day(after) > rule_last_day(before));
    int error = 0;
    if (!provision)
        return 0;
    if (after && record_has(provision, "closed"))
        error = judge_closed(view, before, after, provision, problem);
    if (!error && moved)
        error = judge_dates(view, after, provision, problem);
    if (!error && before && (moved || !after))
        error = judge_days(view, before, after, arena, problem);
    return !error && grew ? warn_of_size(view, provision, arena, problem) : error;
}

// Judged when the request is done: the provision may move, close or be opened again with
// its members.
static int settle_member(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_member(view, before, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

void members_rules(struct store *store)
{
    store_on_put(store, kind_find("ProvisionMember"), check_member, effect_member);
    store_on_settled(store, kind_find("ProvisionMember"), settle_member);
}
