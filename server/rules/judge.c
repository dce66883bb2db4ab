// See judge.h.
#include "server/rules/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

bool rule_plan_is_live(const struct record *plan, int32_t on)
{
    return (rule_chosen(plan, "status", "live") || rule_chosen(plan, "status", "agreed")) && record_number(plan, "starts") <= on;
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
