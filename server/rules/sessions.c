// Rules of who is in a run of a provision, of its sessions and of who was there.
// Writer thread; a term's attendance comes in bulk, so each look is by an index.
#include "server/rules/rules.h"

#include <stdio.h>

#include "server/rules/judge.h"

// "RWI group (PRV-0012)"; as much of it as the author may see.
static const char *provision_name(struct view *view, int64_t id, struct arena *arena)
{
    char text[ID_TEXT_MAX];
    const struct kind *kind = kind_find("Provision");
    const char *name = view_label(view, kind, id, arena);
    const char *shown = arena_printf(arena, "%s (%s)", name ? name : "the provision", id_format(kind, id, text));
    return shown ? shown : "the provision";
}

// --- members ---

static int refuse_dates(const struct record *record, const char *field, const char *why, int64_t day, const struct record *provision,
                        struct problem *problem)
{
    char text[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[200];
    bool closed = record_has(provision, "closed");
    snprintf(hint, sizeof hint,
             closed ? "Give a day within it; it is closed, so what comes after belongs to a new one: see sendco provision show %s"
                    : "Give a day within it, or change its dates first: sendco provision edit %s ends=DATE",
             id_format(provision->kind, provision->id, id));
    return rule_refuse(problem, record, field, hint, "is %s of the provision, %s", why, date_human((int32_t)day, text));
}

static int judge_dates(const struct record *member, const struct record *provision, struct problem *problem)
{
    int64_t first = rule_first_day(provision), last = rule_last_day(provision);
    if (rule_first_day(member) < first)
        return refuse_dates(member, "starts", "before the first day", first, provision, problem);
    if (rule_first_day(member) > last)
        return refuse_dates(member, "starts", "after the last day", last, provision, problem);
    if (record_has(member, "ends") && rule_last_day(member) > last)
        return refuse_dates(member, "ends", "after the last day", last, provision, problem);
    return 0;
}

static size_t together_on(const struct found *members, int64_t day)
{
    size_t n = 0;
    for (size_t i = 0; i < members->n; i++)
        n += rule_first_day(members->records[i]) <= day && rule_last_day(members->records[i]) >= day;
    return n;
}

// A group is largest on a day on which somebody joins it.
static int warn_of_size(struct view *view, const struct record *member, const struct record *provision, struct arena *arena,
                        struct problem *problem)
{
    struct found members;
    size_t most = 0;
    int64_t when = 0;
    if (!record_has(provision, "group_size"))
        return 0;
    int error = rule_find_by(view, "ProvisionMember", "provision", provision->id, arena, &members, problem);
    for (size_t i = 0; i < members.n; i++) // this record's own dates are not stored yet
        if (members.records[i]->id == member->id)
            members.records[i--] = members.records[--members.n];
    for (size_t i = 0; i <= members.n; i++) {
        int64_t day = rule_first_day(i < members.n ? members.records[i] : member);
        size_t n = 1 + together_on(&members, day);
        bool beside = day >= rule_first_day(member) && day <= rule_last_day(member);
        if (!beside || n < most || (n == most && day > when))
            continue;
        most = n;
        when = day;
    }
    char text[DATE_TEXT_MAX];
    if (!error && most > (size_t)record_number(provision, "group_size"))
        view_warn(view, member, "pupil", "The group then has %zu pupils, from %s, for %lld places.", most, date_human((int32_t)when, text),
                  (long long)record_number(provision, "group_size"));
    return error;
}

static int judge_member(struct view *view, const struct record *before, const struct record *member, struct arena *arena,
                        struct problem *problem)
{
    const struct record *target = rule_changed(before, member, "target") ? rule_follow(view, member, "target", arena) : NULL;
    if (target && record_number(target, "pupil") != record_number(member, "pupil"))
        return rule_refuse(problem, member, "target", "Name a target of this pupil, or leave it empty.", "is a target of another pupil");
    const struct record *provision = rule_follow(view, member, "provision", arena);
    bool moved = rule_changed(before, member, "starts") || rule_changed(before, member, "ends");
    if (!provision || !moved)
        return 0;
    return warn_of_size(view, member, provision, arena, problem);
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
    int error = judge_member(view, before, after, &arena, problem);
    arena_deinit(&arena);
    if (!error && !record_has(after, "entry_score") && (!before || record_has(before, "entry_score")))
        view_warn(view, after, "entry_score", "No entry score: what the provision brings about can then not be told.");
    return error;
}

// Judged when the request is done: the provision may move, or be opened again, with its members.
static int settle_member(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || !(rule_changed(before, after, "starts") || rule_changed(before, after, "ends")))
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    const struct record *provision = rule_follow(view, after, "provision", &arena);
    int error = provision ? judge_dates(after, provision, problem) : 0;
    arena_deinit(&arena);
    return error;
}

// --- sessions ---

static int judge_session_day(struct view *view, const struct record *session, struct arena *arena, struct problem *problem)
{
    int64_t day = record_number(session, "day");
    if (day > view_today(view))
        return rule_refuse(problem, session, "day", "Enter a session when it was held, or was to be held: today at the latest.",
                           "lies in the future");
    const struct record *provision = rule_follow(view, session, "provision", arena);
    if (!provision)
        return 0;
    if (day < rule_first_day(provision))
        return refuse_dates(session, "day", "before the first day", rule_first_day(provision), provision, problem);
    if (day > rule_last_day(provision))
        return refuse_dates(session, "day", "after the last day", rule_last_day(provision), provision, problem);
    return 0;
}

static int judge_lost(struct view *view, const struct record *session, struct problem *problem)
{
    struct query query;
    uint64_t n = 0;
    char id[ID_TEXT_MAX], hint[160];
    query_init(&query, kind_find("Attendance"));
    query_where(&query, "session", OP_EQ, value_number(session->id));
    int error = view_count(view, &query, &n, problem);
    if (error || !n)
        return error;
    snprintf(hint, sizeof hint, "Remove them first: sendco attendance list session=%s", id_format(session->kind, session->id, id));
    return rule_refuse(problem, session, "held", hint, "%llu %s marked at it, so it was held", (unsigned long long)n,
                       n == 1 ? "pupil is" : "pupils are");
}

static int check_session(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after)
        return 0;
    bool held = record_number(after, "held") != 0;
    if (!held && !record_has(after, "lost_to"))
        return rule_refuse(problem, after, "lost_to", "Say why, for instance lost_to=STAFF; the codes: sendco code list list=session-lost",
                           "a session that was not held says why");
    if (held && record_has(after, "lost_to"))
        return rule_refuse(problem, after, "lost_to", "Leave it empty, or say held=no.",
                           "a session that was held was not lost to anything");
    if (before)
        return held || !record_number(before, "held") ? 0 : judge_lost(view, after, problem); // the day is fixed
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_session_day(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

// --- attendance ---

static int judge_membership(struct view *view, const struct record *attendance, const struct record *session, struct arena *arena,
                            struct problem *problem)
{
    struct query query;
    uint64_t n = 0;
    char day[DATE_TEXT_MAX];
    query_init(&query, kind_find("ProvisionMember"));
    query.about = record_number(attendance, "pupil"); // by that it is found fastest
    query.as_at = (int32_t)record_number(session, "day");
    query_where(&query, "provision", OP_EQ, value_number(record_number(session, "provision")));
    int error = view_count(view, &query, &n, problem);
    if (error || n)
        return error;
    return rule_refuse(problem, attendance, "pupil",
                       "Put the pupil into it from that day on: sendco member add provision=… pupil=… starts=…", "was not in %s on %s",
                       provision_name(view, record_number(session, "provision"), arena),
                       date_human((int32_t)record_number(session, "day"), day));
}

static int judge_attendance(struct view *view, const struct record *attendance, struct arena *arena, struct problem *problem)
{
    const struct record *session = rule_follow(view, attendance, "session", arena);
    if (!session)
        return 0;
    if (!record_number(session, "held"))
        return rule_refuse(problem, attendance, "session", "Correct the session first (held=yes), or leave this out.",
                           "was not held, so nobody was at it");
    return judge_membership(view, attendance, session, arena, problem);
}

static int check_attendance(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (!after || before) // session and pupil are fixed
        return 0;
    struct arena arena;
    arena_init(&arena, 0);
    int error = judge_attendance(view, after, &arena, problem);
    arena_deinit(&arena);
    return error;
}

void sessions_rules(struct store *store)
{
    store_on_put(store, kind_find("ProvisionMember"), check_member, NULL);
    store_on_settled(store, kind_find("ProvisionMember"), settle_member);
    store_on_put(store, kind_find("ProvisionSession"), check_session, NULL);
    store_on_put(store, kind_find("Attendance"), check_attendance, NULL);
}
