// Rules of a provision's sessions and of who was there. Writer thread; a term's
// attendance comes in bulk, so each look is by an index.
#include "server/rules/rules.h"

#include <stdio.h>

#include "server/rules/judge.h"

// "RWI group (PRV-0012)"; as much of it as the author may see, and as will last.
static const char *provision_name(struct view *view, int64_t id, struct arena *arena)
{
    char text[ID_TEXT_MAX];
    const struct kind *kind = kind_find("Provision");
    const char *name = view_label(view, kind, id, arena), *shown = name;
    if (!view_made(view, kind, id))
        shown = arena_printf(arena, "%s (%s)", name ? name : "the provision", id_format(kind, id, text));
    return shown ? shown : "the provision";
}

// --- sessions ---

// Within the provision: judged when the request is done, for its dates may move with it.
static int judge_session_day(struct view *view, const struct record *session, struct arena *arena, struct problem *problem)
{
    int64_t day = record_number(session, "day");
    const struct record *provision = rule_follow(view, session, "provision", arena);
    if (!provision)
        return 0;
    if (day < rule_first_day(provision))
        return rule_refuse_dates(view, session, "day", "before the first day", rule_first_day(provision), provision, problem);
    if (day > rule_last_day(provision))
        return rule_refuse_dates(view, session, "day", "after the last day", rule_last_day(provision), provision, problem);
    return 0;
}

static int judge_lost(struct view *view, const struct record *session, struct problem *problem)
{
    struct query query;
    uint64_t n = 0;
    char id[ID_TEXT_MAX], hint[160];
    query_init(&query, kind_find("Attendance"));
    query_where(&query, "session", OP_EQ, value_number(session->id));
    int error = rule_count(view, &query, &n, problem);
    if (error || !n)
        return error;
    snprintf(hint, sizeof hint, "Remove them first: sendco attendance list session=%s", rule_id(view, session->kind, session->id, id));
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
    if (record_number(after, "day") > view_today(view))
        return rule_refuse(problem, after, "day", "Enter a session when it was held, or was to be held: today at the latest.",
                           "lies in the future");
    return 0;
}

static int settle_session(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    if (before || !after) // the day is fixed
        return 0;
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
    char text[DATE_TEXT_MAX];
    bool takes_part;
    int64_t provision = record_number(session, "provision"), day = record_number(session, "day");
    int error = rule_takes_part(view, provision, record_number(attendance, "pupil"), (int32_t)day, &takes_part, problem);
    if (error || takes_part)
        return error;
    return rule_refuse(problem, attendance, "pupil",
                       "Put the pupil into it from that day on: sendco member add provision=… pupil=… starts=…", "was not in %s on %s",
                       provision_name(view, provision, arena), date_human((int32_t)day, text));
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
    store_on_put(store, kind_find("ProvisionSession"), check_session, NULL);
    store_on_settled(store, kind_find("ProvisionSession"), settle_session);
    store_on_put(store, kind_find("Attendance"), check_attendance, NULL);
}
