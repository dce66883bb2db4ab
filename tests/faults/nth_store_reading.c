// What is played and changes nothing: every way to ask the store, the answer as a text. They
// are prepared on the loop's thread, and read on a reader's.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/value.h"
#include "tests/faults/nth_store.h"
#include "tests/support/storing.h"

__attribute__((format(printf, 2, 3))) static void play_say(struct play *play, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(play->text + play->size, sizeof play->text - play->size, format, list);
    va_end(list);
    if (size > 0)
        play->size += (size_t)size;
    if (play->size >= sizeof play->text)
        abort();
}

static void say_record(struct play *play, const struct record *record)
{
    play_say(play, "%s %" PRId64 " v%llu%s:", record->kind->name, record->id, (unsigned long long)record->version,
             record->removed ? " removed" : "");
    for (int i = 0; i < record->kind->n_fields; i++) {
        const struct value *value = &record->values[i];
        if (value->type == VALUE_TEXT)
            play_say(play, " %d=%s", i, value->text);
        else if (value->type == VALUE_NUMBER)
            play_say(play, " %d=%" PRId64, i, value->number);
    }
    play_say(play, "\n");
}

static int on_record(struct record *record, void *data)
{
    say_record(data, record);
    return 0;
}

static int read_get(struct view *view, struct play *play)
{
    struct record *record;
    int error = view_get(view, target, ground.target, &play->memory, &record, &play->problem);
    if (error)
        return error;
    say_record(play, record);
    const char *label = view_label(view, pupil, record_number(record, "pupil"), &play->memory);
    play_say(play, "%s, %s, %s", label ? label : "nobody", view_staff_name(view, 0, &play->memory),
             view_code_title(view, "sen-provision", "K", &play->memory));
    return 0;
}

// What is not there is "not there" only when that is sure.
static int read_nobody(struct view *view, struct play *play)
{
    struct record *record;
    int error = view_get(view, target, 999999, &play->memory, &record, &play->problem);
    play_say(play, "%s", play->problem.message);
    return error == ERR_NOT_FOUND ? 0 : ERR_INTERNAL;
}

static int walk(struct view *view, struct play *play, struct query *query)
{
    struct query_page page = {.next = NULL};
    uint64_t n = 0;
    int error = view_count(view, query, &n, &play->problem);
    if (!error)
        error = view_list(view, query, &play->memory, &page, on_record, play, &play->problem);
    play_say(play, "of %llu", (unsigned long long)n);
    if (error || !page.next)
        return error;
    query->page = page.next;
    query->page_size = page.next_size;
    return view_list(view, query, &play->memory, &page, on_record, play, &play->problem);
}

static int read_list(struct view *view, struct play *play)
{
    struct query query;
    query_init(&query, target);
    query.about = ground.one;
    query.order[query.n_order++] = (struct order){.field = field_find(target, "aim")};
    query.limit = 3;
    return walk(view, play, &query);
}

static int read_contains(struct view *view, struct play *play)
{
    struct query query;
    query_init(&query, target);
    query_where(&query, "aim", OP_CONTAINS, value_text("écrit"));
    query.order[query.n_order++] = (struct order){.about = true};
    return walk(view, play, &query);
}

static int read_as_at(struct view *view, struct play *play)
{
    struct query query;
    query_init(&query, status);
    query.as_at = 20332; // 1 September 2025
    query.order[query.n_order++] = (struct order){.field = NULL};
    return walk(view, play, &query);
}

static int read_known(struct view *view, struct play *play)
{
    struct query query;
    query_init(&query, target);
    query.as_known = view_now(view);
    query_where(&query, "aim", OP_CONTAINS, value_text("words"));
    return walk(view, play, &query);
}

static int on_entry(const struct entry *entry, void *data)
{
    play_say(data, "seq %llu action %d changed %llx reason %s: ", (unsigned long long)entry->seq, entry->action,
             (unsigned long long)entry->changed, entry->reason ? entry->reason : "none");
    say_record(data, entry->record);
    return 0;
}

static int read_history(struct view *view, struct play *play)
{
    return view_history(view, target, ground.target, &play->memory, on_entry, play, &play->problem);
}

static int on_hit(const struct hit *hit, void *data)
{
    play_say(data, "%s %" PRId64 " %s %s\n", hit->kind->name, hit->id, hit->field ? hit->field->name : "", hit->text);
    return 0;
}

static int read_search(struct view *view, struct play *play)
{
    bool capped;
    int error = view_search(view, "ten wor", NULL, 0, 20, &play->memory, on_hit, play, &capped, &play->problem);
    return error ? error : view_search(view, "stays f", NULL, 0, 20, &play->memory, on_hit, play, &capped, &play->problem);
}

static int on_commit(struct commit *commit, void *data)
{
    play_say(data, "%llu to %llu by %s:\n", (unsigned long long)commit->from_seq, (unsigned long long)commit->to_seq, commit->actor_name);
    for (size_t i = 0; i < commit->n_rows; i++)
        say_record(data, commit->rows[i].record);
    commit_unref(commit);
    return 0;
}

static int read_log(struct view *view, struct play *play)
{
    return view_commits(view, ground.read_from, 6, on_commit, play, &play->problem);
}

static int read_figures(struct view *view, struct play *play)
{
    struct view_figures figures;
    int error = view_figures(view, &figures);
    play_say(play, "%llu %llu %02x%02x", (unsigned long long)figures.records, (unsigned long long)figures.changes, figures.chain[0],
             figures.chain[31]);
    return error;
}

#define READING(name)                                                                                                                      \
    static void prepare_##name(struct play *play)                                                                                          \
    {                                                                                                                                      \
        play->read = read_##name;                                                                                                          \
    }
READING(get)
READING(nobody)
READING(list)
READING(contains)
READING(as_at)
READING(known)
READING(history)
READING(search)
READING(log)
READING(figures)

const struct scenario readings[] = {
    {.name = "get", .prepare = prepare_get},         {.name = "nobody", .prepare = prepare_nobody},
    {.name = "list", .prepare = prepare_list},       {.name = "contains", .prepare = prepare_contains},
    {.name = "as at", .prepare = prepare_as_at},     {.name = "as known", .prepare = prepare_known},
    {.name = "history", .prepare = prepare_history}, {.name = "search", .prepare = prepare_search},
    {.name = "log", .prepare = prepare_log},         {.name = "figures", .prepare = prepare_figures},
};
const size_t n_readings = sizeof readings / sizeof *readings;
