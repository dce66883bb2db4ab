// What is played: everything the store does for people, each in a form that goes the same
// way every time. Prepared on the loop's thread while nothing fails; what is read is read
// on a reader's.
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/value.h"
#include "tests/faults/nth_store.h"
#include "tests/support/storing.h"

static int64_t shift;                      // of the time: the store forgets keys now and then
static int64_t one, two, read_from, other; // pupils; the log from there; a target with a past

void play_say(struct play *play, const char *format, ...)
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

// --- writing ---

static struct change *change_new(struct play *play, enum change_verb verb)
{
    struct change *change = &play->changes[play->n_changes++];
    *change = storing_change(verb);
    change->now += shift;
    return change;
}

static struct change *put(struct play *play, size_t n, const struct put_item *items)
{
    struct change *change = change_new(play, CHANGE_PUT);
    change->items = arena_copy(&arena, items, n * sizeof *items);
    change->n_items = n;
    return change;
}

// At once, and it must succeed.
static const struct change_result *made(size_t n, const struct put_item *items, bool batched)
{
    struct play *alone = arena_zero(&arena, 1, sizeof *alone);
    struct change *change = put(alone, n, items);
    change->batched = batched;
    if (storing_run(change)) {
        printf("red: while nothing failed: %s\n", change->problem.message);
        exit(1);
    }
    return &change->result;
}

static struct put_item new_pupil(int64_t id, const char *surname)
{
    return storing_item(pupil, id, 0, "surname", surname, "forename", "Nth", "born", "2018-03-04", NULL);
}

static struct put_item new_target(int64_t id, int64_t of, const char *aim)
{
    struct put_item item = storing_item(target, id, 0, "aim", aim, "measure", "Nine of ten", "baseline", "Two", NULL);
    const struct field *field = field_find(target, "pupil");
    item.record->values[field->index] = value_number(of);
    item.set |= field_bit(field);
    return item;
}

static struct put_item new_status(int64_t of, const char *code, const char *from)
{
    struct put_item item = storing_item(status, -9, 0, "provision", code, "starts", from, NULL);
    const struct field *field = field_find(status, "pupil");
    item.record->values[field->index] = value_number(of);
    item.set |= field_bit(field);
    return item;
}

static int64_t a_pupil(void)
{
    struct put_item item = new_pupil(-1, "Fails");
    return made(1, &item, false)->done[0].id;
}

static int64_t a_target(void)
{
    struct put_item item = new_target(-1, one, "Reads ten words");
    return made(1, &item, false)->done[0].id;
}

static struct put_item edit(int64_t id, uint64_t version, const char *field, const char *text)
{
    return storing_item(target, id, version, field, text, NULL);
}

static void prepare_put(struct play *play)
{
    struct put_item item = new_pupil(-1, "Ōne");
    put(play, 1, &item);
}

static void prepare_several(struct play *play)
{
    struct put_item items[] = {new_target(-3, -1, "Écrit"), new_pupil(-1, "Two"), new_target(-2, -1, "Reads"), new_status(-1, "K", "2025-09-01")};
    put(play, 4, items);
}

static void prepare_merge(struct play *play)
{
    int64_t id = a_target();
    struct put_item theirs = edit(id, 1, "note", "theirs"), mine = edit(id, 1, "baseline", "mine");
    made(1, &theirs, false);
    put(play, 1, &mine);
}

static void prepare_conflict(struct play *play)
{
    int64_t id = a_target();
    struct put_item theirs = edit(id, 1, "note", "theirs"), mine = edit(id, 1, "note", "mine");
    made(1, &theirs, false);
    put(play, 1, &mine);
}

static void prepare_spell(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-01-06"), next = new_status(id, "K", "2025-09-01");
    made(1, &first, false);
    put(play, 1, &next);
}

static void prepare_overlap(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-09-01"), next = new_status(id, "K", "2025-01-06");
    made(1, &first, false);
    put(play, 1, &next);
}

// Nobody there, no such code: what cannot be read must not read like that.
static void prepare_refused(struct play *play)
{
    struct put_item item = new_status(a_pupil(), "Q", "2025-01-06");
    put(play, 1, &item);
}

static void prepare_remove(struct play *play)
{
    int64_t id = a_target();
    struct change *change = change_new(play, CHANGE_REMOVE);
    change->kind = target;
    change->id = id;
    change->version = 1;
    change->reason = "it is in the way";
}

static void prepare_referred(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item item = new_target(-1, id, "Stays");
    made(1, &item, false);
    struct change *change = change_new(play, CHANGE_REMOVE);
    change->kind = pupil;
    change->id = id;
    change->version = 1;
}

static void prepare_undo(struct play *play)
{
    int64_t id = a_target();
    struct put_item item = edit(id, 1, "note", "to be taken back");
    made(1, &item, false);
    struct change *change = change_new(play, CHANGE_UNDO);
    change->kind = target;
    change->id = id;
}

static void prepare_undo_spell(struct play *play)
{
    int64_t id = a_pupil();
    struct put_item first = new_status(id, "N", "2025-01-06"), next = new_status(id, "K", "2025-09-01");
    made(1, &first, false);
    int64_t spell = made(1, &next, false)->done[0].id;
    struct change *change = change_new(play, CHANGE_UNDO);
    change->kind = status;
    change->id = spell;
}

static void prepare_undo_batch(struct play *play)
{
    struct put_item items[] = {new_target(-1, one, "Batch A"), new_target(-2, one, "Batch B"), new_target(-3, one, "Batch C")};
    const struct change_result *result = made(3, items, true);
    struct put_item later = edit(result->done[1].id, 1, "note", "built on");
    made(1, &later, false);
    change_new(play, CHANGE_UNDO)->batch = result->batch;
}

static void prepare_ticket(struct play *play)
{
    play->tickets = 1;
}

// Several requests in one transaction.
static void prepare_together(struct play *play)
{
    for (int i = 0; i < 4; i++) {
        struct put_item item = i == 2 ? new_status(a_pupil(), "Q", "2025-01-06") : edit(a_target(), 1, "note", "together");
        put(play, 1, &item);
    }
    play->tickets = 1;
}

static void prepare_again(struct play *play)
{
    struct put_item item = edit(a_target(), 1, "note", "said twice");
    struct change *change = put(play, 1, &item);
    struct change first = *change;
    if (storing_run(&first))
        abort();
}

static void prepare_tidy(struct play *play)
{
    shift += 61;
    prepare_merge(play);
}

// --- reading ---

static void say_record(struct play *play, const struct record *record)
{
    play_say(play, "%s %" PRId64 " v%llu%s:", record->kind->name, record->id, (unsigned long long)record->version, record->removed ? " removed" : "");
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
    int error = view_get(view, target, other, &play->memory, &record, &play->problem);
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
    query.about = one;
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
    return view_history(view, target, other, &play->memory, on_entry, play, &play->problem);
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
    return view_commits(view, (uint64_t)read_from, 6, on_commit, play, &play->problem);
}

static int read_figures(struct view *view, struct play *play)
{
    struct view_figures figures;
    int error = view_figures(view, &figures);
    play_say(play, "%llu %llu %02x%02x", (unsigned long long)figures.records, (unsigned long long)figures.changes, figures.chain[0], figures.chain[31]);
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

void scenes_prepare(void)
{
    struct put_item items[] = {new_pupil(-1, "Stays"), new_pupil(-2, "O'Brien")};
    const struct change_result *result = made(2, items, false);
    one = result->done[0].id;
    two = result->done[1].id;
    read_from = (int64_t)result->from_seq - 1;
    for (int i = 0; i < 5; i++) {
        struct put_item item = new_target(-1, i % 2 ? one : two, i < 3 ? "Reads ten words" : "Écrit dix mots");
        other = made(1, &item, false)->done[0].id;
    }
    for (uint64_t version = 1; version < 4; version++) {
        struct put_item item = edit(other, version, version % 2 ? "note" : "progress", version == 3 ? "" : "goes on");
        made(1, &item, false);
    }
    struct put_item spells[] = {new_status(one, "K", "2025-01-06"), new_status(two, "E", "2025-09-01")};
    spells[1].record->id = -2;
    made(2, spells, false);
}

// The readings come first, while there is only what they were given.
const struct scenario scenarios[] = {
    {.name = "get", .prepare = prepare_get},
    {.name = "nobody", .prepare = prepare_nobody},
    {.name = "list", .prepare = prepare_list},
    {.name = "contains", .prepare = prepare_contains},
    {.name = "as at", .prepare = prepare_as_at},
    {.name = "as known", .prepare = prepare_known},
    {.name = "history", .prepare = prepare_history},
    {.name = "search", .prepare = prepare_search},
    {.name = "log", .prepare = prepare_log},
    {.name = "figures", .prepare = prepare_figures},
    {.name = "cold list", .prepare = prepare_list, .reopens = true},
    {.name = "cold search", .prepare = prepare_search, .reopens = true},
    {.name = "put", .prepare = prepare_put},
    {.name = "put several", .prepare = prepare_several},
    {.name = "merge", .prepare = prepare_merge},
    {.name = "conflict", .prepare = prepare_conflict},
    {.name = "spell", .prepare = prepare_spell},
    {.name = "overlap", .prepare = prepare_overlap},
    {.name = "refused", .prepare = prepare_refused},
    {.name = "remove", .prepare = prepare_remove},
    {.name = "referred", .prepare = prepare_referred},
    {.name = "undo", .prepare = prepare_undo},
    {.name = "undo spell", .prepare = prepare_undo_spell},
    {.name = "undo batch", .prepare = prepare_undo_batch},
    {.name = "ticket", .prepare = prepare_ticket},
    {.name = "together", .prepare = prepare_together},
    {.name = "again", .prepare = prepare_again},
    {.name = "tidy", .prepare = prepare_tidy, .waits = true},
    {.name = "cold put", .prepare = prepare_several, .reopens = true},
};
const size_t n_scenarios = sizeof scenarios / sizeof *scenarios;
