// See judge.h.
#include "server/rules/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/date.h"

int rule_refuse(struct problem *problem, const struct record *record, const char *field, const char *hint, const char *format, ...)
{
    char sentence[480];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    int index = field ? field_find(record->kind, field)->index : -1;
    problem_in_field(problem, ERR_INVALID, record->kind, record->id, index, "%s", sentence);
    problem_hint(problem, "%s", hint);
    return ERR_INVALID;
}

int64_t rule_choice(const struct kind *kind, const char *field, const char *choice)
{
    const struct field *of = field_find(kind, field);
    for (size_t i = 0; i < of->n_choices; i++)
        if (strcmp(of->choices[i].name, choice) == 0)
            return of->choices[i].number;
    return 0; // no choice has this number
}

bool rule_chosen(const struct record *record, const char *field, const char *choice)
{
    return record && record_has(record, field) && record_number(record, field) == rule_choice(record->kind, field, choice);
}

bool rule_coded(const struct record *record, const char *field, const char *code)
{
    const char *held = record ? record_text(record, field) : NULL;
    return held && strcmp(held, code) == 0;
}

bool rule_changed(const struct record *before, const struct record *after, const char *field)
{
    size_t index = field_find(after->kind, field)->index;
    return before ? !value_equal(before->values[index], after->values[index]) : after->values[index].type != VALUE_EMPTY;
}

int64_t rule_first_day(const struct record *record)
{
    return record_has(record, "starts") ? record_number(record, "starts") : INT64_MIN;
}

int64_t rule_last_day(const struct record *record)
{
    return record_has(record, "ends") ? record_number(record, "ends") : INT64_MAX;
}

bool rule_overlap(const struct record *a, const struct record *b)
{
    return rule_first_day(a) <= rule_last_day(b) && rule_first_day(b) <= rule_last_day(a);
}

struct record *rule_follow(struct view *view, const struct record *record, const char *field, struct arena *arena)
{
    struct record *found = NULL;
    const struct field *reference = field_find(record->kind, field);
    if (!record_has(record, field) || view_get(view, reference->ref, record_number(record, field), arena, &found, NULL))
        return NULL;
    return found;
}

static int on_found(struct record *record, void *data)
{
    struct found *found = data;
    if (found->n == found->room) {
        size_t room = found->room ? 2 * found->room : 16;
        struct record **grown = arena_alloc(found->arena, room * sizeof *grown);
        if (!grown)
            return ERR_NOMEM;
        if (found->n)
            memcpy(grown, found->records, found->n * sizeof *grown);
        found->records = grown;
        found->room = room;
    }
    found->records[found->n++] = record;
    return 0;
}

int rule_find(struct view *view, const struct query *query, struct arena *arena, struct found *found, struct problem *problem)
{
    *found = (struct found){.arena = arena};
    struct problem own; // whoever may see none of it is not told so by a rule
    problem_init(&own, NULL);
    int error = view_list(view, query, arena, NULL, on_found, found, &own);
    if (!error || error == ERR_DENIED)
        return 0;
    return problem_set(problem, error, "%s", own.message[0] ? own.message : "the server is short of memory");
}

int rule_find_by(struct view *view, const char *kind, const char *field, int64_t id, struct arena *arena, struct found *found,
                 struct problem *problem)
{
    struct query query;
    query_init(&query, kind_find(kind));
    query_where(&query, field, OP_EQ, value_number(id));
    return rule_find(view, &query, arena, found, problem);
}

int rule_find_about(struct view *view, const char *kind, int64_t about, struct arena *arena, struct found *found, struct problem *problem)
{
    struct query query;
    query_init(&query, kind_find(kind));
    query.about = about;
    return rule_find(view, &query, arena, found, problem);
}

bool rule_once(struct view *view, const struct kind *kind, int64_t group)
{
    struct record key = {.kind = kind, .id = group}; // the group's, not a record's
    return view_once(view, &key);
}

int rule_count(struct view *view, const struct query *query, uint64_t *n, struct problem *problem)
{
    struct problem own; // as in rule_find
    problem_init(&own, NULL);
    *n = 0;
    int error = view_count(view, query, n, &own);
    if (!error || error == ERR_DENIED)
        return 0;
    return problem_set(problem, error, "%s", own.message[0] ? own.message : "the server is short of memory");
}

int rule_first(struct view *view, struct query *query, struct arena *arena, struct record **first, struct problem *problem)
{
    struct found found;
    query->limit = 1;
    int error = rule_find(view, query, arena, &found, problem);
    *first = !error && found.n ? found.records[0] : NULL;
    return error;
}

const char *rule_id(struct view *view, const struct kind *kind, int64_t id, char text[ID_TEXT_MAX])
{
    return view_made(view, kind, id) ? "…" : id_format(kind, id, text);
}

struct before {
    uint64_t seq;
    struct record *record;
};

static int on_entry(const struct entry *entry, void *data)
{
    struct before *before = data;
    if (entry->seq < before->seq)
        before->record = entry->action == ACTION_REMOVE ? NULL : entry->record;
    return 0;
}

struct record *rule_before(struct view *view, const struct record *now, uint64_t seq, struct arena *arena)
{
    struct before before = {seq, NULL};
    return view_history(view, now->kind, now->id, arena, on_entry, &before, NULL) ? NULL : before.record;
}

struct was {
    struct view *view;
    struct record *record;
};

static int on_version(const struct entry *entry, void *data)
{
    struct was *was = data;
    struct record change = {.seq = entry->seq};
    if (!view_changed(was->view, &change))
        was->record = entry->action == ACTION_REMOVE ? NULL : entry->record;
    return 0;
}

const struct record *rule_was(struct view *view, const struct record *now, struct arena *arena)
{
    struct was was = {view, NULL};
    if (!view_changed(view, now))
        return now->removed ? NULL : now;
    if (view_made(view, now->kind, now->id) || view_history(view, now->kind, now->id, arena, on_version, &was, NULL))
        return NULL;
    return was.record;
}

int rule_takes_part(struct view *view, int64_t provision, int64_t pupil, int32_t day, bool *takes_part, struct problem *problem)
{
    struct query query;
    uint64_t n = 0;
    query_init(&query, kind_find("ProvisionMember"));
    query.about = pupil;
    query.as_at = day;
    query_where(&query, "provision", OP_EQ, value_number(provision));
    int error = rule_count(view, &query, &n, problem);
    *takes_part = n > 0;
    return error;
}

int rule_is_reviewed(struct view *view, int64_t target, int64_t since, bool *reviewed, struct problem *problem)
{
    struct query query;
    struct arena arena;
    struct record *first;
    arena_init(&arena, 0);
    query_init(&query, kind_find("TargetReview"));
    query_where(&query, "target", OP_EQ, value_number(target));
    query_where(&query, "day", OP_GE, value_number(since));
    int error = rule_first(view, &query, &arena, &first, problem); // one is enough, however many there are
    *reviewed = first != NULL;
    arena_deinit(&arena);
    return error;
}

int rule_refuse_dates(struct view *view, const struct record *record, const char *field, const char *why, int64_t day,
                      const struct record *provision, struct problem *problem)
{
    char text[DATE_TEXT_MAX], id[ID_TEXT_MAX], hint[200];
    bool closed = record_has(provision, "closed");
    snprintf(hint, sizeof hint,
             closed ? "Give a day within it; it is closed, so what comes after belongs to a new one: see sendco provision show %s"
                    : "Give a day within it, or change its dates first: sendco provision edit %s ends=DATE",
             rule_id(view, provision->kind, provision->id, id));
    return rule_refuse(problem, record, field, hint, "is %s of the provision, %s", why, date_human((int32_t)day, text));
}

bool rule_plan_is_finished(const struct record *plan)
{
    return rule_chosen(plan, "status", "reviewed") || rule_chosen(plan, "status", "closed");
}

bool rule_plan_is_live(const struct record *plan, int32_t on)
{
    return (rule_chosen(plan, "status", "live") || rule_chosen(plan, "status", "agreed")) && record_number(plan, "starts") <= on;
}

static int on_plan(struct record *plan, void *data)
{
    struct view *view = data;
    return rule_plan_is_live(plan, view_today(view));
}

int rule_has_live_plan(struct view *view, int64_t pupil, bool *has, struct problem *problem)
{
    struct query query;
    struct arena arena;
    query_init(&query, kind_find("Plan"));
    query.about = pupil;
    query_where(&query, "starts", OP_LE, value_number(view_today(view)));
    query_where(&query, "status", OP_NE, value_number(rule_choice(query.kind, "status", "closed")));
    query_where(&query, "status", OP_NE, value_number(rule_choice(query.kind, "status", "reviewed")));
    arena_init(&arena, 0);
    int error = view_list(view, &query, &arena, NULL, on_plan, view, problem);
    *has = error > 0;
    arena_deinit(&arena);
    return error > 0 || error == ERR_DENIED ? 0 : error;
}

const char *rule_names(const char *const names[RULE_NAMED], size_t n, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < n && i < RULE_NAMED && text; i++) {
        const char *between = i == 0 ? "" : i + 1 == n ? " and " : "; ";
        text = arena_printf(arena, "%s%s%s", text, between, names[i] ? names[i] : "one you may not see");
    }
    if (text && n > RULE_NAMED)
        text = arena_printf(arena, "%s and %zu more", text, n - RULE_NAMED);
    return text ? text : "several";
}
