// Get, List and History: records as the asker may see them. The reading runs on a
// reader thread, within one snapshot; the rest on the loop thread.
#include <string.h>

#include "server/handlers/handlers.h"
#include "server/pack.h"
#include "server/parse.h"
#include "server/request.h"

#define PAGE_PREFIX 8

// What Get, List and History gather; in the request's arena.
struct reading {
    struct request *request;
    struct query query;
    bool with_labels;
    struct labels labels;
    struct pile items; // Sendco__Record or Sendco__HistoryReply__Entry
    struct query_page page;
    uint64_t total, first_seq;
    const struct kind *kind;
    struct view *view;
};

static struct reading *reading_new(struct request *request)
{
    struct reading *reading = arena_zero(&request->arena, 1, sizeof *reading);
    if (!reading) {
        request_fail(request, ERR_NOMEM);
        return NULL;
    }
    reading->request = request;
    request->data = reading;
    return reading;
}

static void reading_begin(struct reading *reading, struct view *view)
{
    reading->view = view;
    reading->request->seq = view_seq(view);
    labels_init(&reading->labels, view, &reading->request->arena);
}

static int on_record(struct record *record, void *data)
{
    struct reading *reading = data;
    struct arena *arena = &reading->request->arena;
    int result = pile_add(&reading->items, pack_record(record, arena), arena);
    // labels are asked for after the walk: asking within it would mix two statements
    return result || !reading->with_labels ? result : pile_add(&reading->labels.pile, record, arena);
}

// The records noted by on_record make way for the labels of what they refer to.
static int reading_label(struct reading *reading)
{
    struct pile records = reading->labels.pile;
    reading->labels.pile = (struct pile){0};
    int result = 0;
    for (size_t i = 0; !result && i < records.n; i++)
        result = labels_of(&reading->labels, records.items[i]);
    return result;
}

// --- answers ---

static Sendco__Reply *reading_reply(struct reading *reading, Sendco__RecordsReply **records)
{
    Sendco__Reply *reply = request_reply(reading->request);
    *records = arena_alloc(&reading->request->arena, sizeof **records);
    if (!reply || !*records)
        return NULL;
    sendco__records_reply__init(*records);
    reply->body_case = SENDCO__REPLY__BODY_RECORDS;
    reply->records = *records;
    return reply;
}

static void reading_labels_out(struct reading *reading)
{
    struct pile *pile = &reading->labels.pile;
    for (size_t from = 0, n; from < pile->n; from += n) {
        Sendco__RecordsReply *records;
        Sendco__Reply *reply = reading_reply(reading, &records);
        n = pile_part(pile, from);
        if (!reply)
            return; // an answer without its labels is still right
        records->labels = (Sendco__Label **)pile->items + from;
        records->n_labels = n;
        request_part(reading->request, reply);
    }
}

static int reading_next(struct reading *reading, Sendco__RecordsReply *records)
{
    if (!reading->page.next)
        return 0;
    records->next.len = reading->page.next_size + PAGE_PREFIX;
    records->next.data = arena_alloc(&reading->request->arena, records->next.len);
    if (!records->next.data)
        return ERR_NOMEM;
    for (size_t i = 0; i < PAGE_PREFIX; i++)
        records->next.data[i] = (uint8_t)(reading->first_seq >> (8 * i));
    memcpy(records->next.data + PAGE_PREFIX, reading->page.next, reading->page.next_size);
    records->has_next = 1;
    return 0;
}

static void done_records(int result, void *data)
{
    struct request *request = data;
    struct reading *reading = request->data;
    if (result) {
        request_fail(request, result);
        return;
    }
    // the labels go first when all does not fit into one reply
    size_t labels = 0;
    for (size_t i = 0; i < reading->labels.pile.n; i++)
        labels += protobuf_c_message_get_packed_size(reading->labels.pile.items[i]) + 6;
    bool apart = labels > REQUEST_PART / 4;
    if (apart)
        reading_labels_out(reading);
    for (size_t from = 0, n;; from += n) {
        Sendco__RecordsReply *records;
        Sendco__Reply *reply = reading_reply(reading, &records);
        if (!reply || reading_next(reading, records)) {
            request_fail(request, ERR_NOMEM);
            return;
        }
        n = pile_part(&reading->items, from);
        records->records = (Sendco__Record **)reading->items.items + from;
        records->n_records = n;
        if (from + n < reading->items.n) {
            records->has_next = 0;
            request_part(request, reply);
            continue;
        }
        if (!apart) {
            records->labels = (Sendco__Label **)reading->labels.pile.items;
            records->n_labels = reading->labels.pile.n;
        }
        records->has_total = request->message->body_case == SENDCO__REQUEST__BODY_LIST && !reading->query.page;
        records->total = reading->total;
        records->has_first_seq = reading->first_seq != 0;
        records->first_seq = reading->first_seq;
        request_end(request, reply);
        return;
    }
}

// --- Get ---

static int read_get(struct view *view, void *data)
{
    struct request *request = data;
    struct reading *reading = request->data;
    const Sendco__Get *get = request->message->get;
    struct record *record;
    reading_begin(reading, view);
    int result = get->has_as_known
                     ? view_get_known(view, reading->kind, get->id, get->as_known, &request->arena, &record, &request->problem)
                     : view_get(view, reading->kind, get->id, &request->arena, &record, &request->problem);
    if (!result)
        result = on_record(record, reading);
    return result ? result : reading_label(reading);
}

void handle_get(struct request *request)
{
    const Sendco__Get *get = request->message->get;
    struct reading *reading = reading_new(request);
    if (!reading)
        return;
    int result = parse_target(get->has_kind, get->kind, get->has_id, get->id, &reading->kind, &request->problem);
    if (!result)
        result = parse_known(get->has_as_known, get->as_known, request->today, &request->problem);
    reading->with_labels = get->labels;
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_get, done_records);
}

// --- List ---

static int read_list(struct view *view, void *data)
{
    struct request *request = data;
    struct reading *reading = request->data;
    const Sendco__List *list = request->message->list;
    reading_begin(reading, view);
    reading->first_seq = view_seq(view);
    if (list->has_page) {
        reading->first_seq = 0;
        for (size_t i = 0; i < PAGE_PREFIX; i++)
            reading->first_seq |= (uint64_t)list->page.data[i] << (8 * i);
    }
    int result = view_list(view, &reading->query, &request->arena, &reading->page, on_record, reading, &request->problem);
    if (!result && !list->has_page && !reading->page.next)
        reading->total = reading->items.n;
    else if (!result && !list->has_page)
        result = view_count(view, &reading->query, &reading->total, &request->problem);
    return result ? result : reading_label(reading);
}

void handle_list(struct request *request)
{
    struct reading *reading = reading_new(request);
    if (!reading)
        return;
    reading->with_labels = request->message->list->labels;
    int result = parse_query(request->message->list, request->today, &request->arena, &reading->query, &request->problem);
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_list, done_records);
}

// --- History ---

static int pack_entry(const struct entry *entry, struct arena *arena, Sendco__HistoryReply__Entry *packed)
{
    sendco__history_reply__entry__init(packed);
    packed->has_seq = packed->has_version = packed->has_at = packed->has_action = 1;
    packed->seq = entry->seq;
    packed->version = entry->version;
    packed->at = entry->at;
    packed->action = (Sendco__Action)entry->action;
    packed->has_batch = entry->batch != 0;
    packed->batch = entry->batch;
    packed->reason = entry->reason ? arena_strdup(arena, entry->reason) : NULL;
    if (!entry->record)
        return 0;
    packed->record = pack_record(entry->record, arena);
    if (!packed->record)
        return ERR_NOMEM;
    return pack_fields(entry->record->kind, entry->changed & ~entry->record->withheld, arena, &packed->changed, &packed->n_changed);
}

// The people of an entry, named once the walk is over.
struct history_item {
    Sendco__HistoryReply__Entry entry;
    int64_t actor, on_behalf_of;
};

static int on_entry(const struct entry *entry, void *data)
{
    struct reading *reading = data;
    struct arena *arena = &reading->request->arena;
    struct history_item *item = arena_zero(arena, 1, sizeof *item);
    if (!item)
        return ERR_NOMEM;
    item->actor = entry->actor;
    item->on_behalf_of = entry->on_behalf_of;
    int result = pack_entry(entry, arena, &item->entry);
    if (!result)
        result = pile_add(&reading->items, item, arena);
    if (!result && entry->record)
        result = pile_add(&reading->labels.pile, entry->record, arena);
    return result;
}

// The staff by name, as far as the asker may see the staff.
static char *history_name(struct view *view, int64_t staff, struct arena *arena)
{
    if (staff != 0 && !scope_reads(view_scope(view), CLASS_C0, SUBJECT_STAFF, staff)) // 0: sendcod itself
        return NULL;
    return (char *)(uintptr_t)view_staff_name(view, staff, arena);
}

static int read_history(struct view *view, void *data)
{
    struct request *request = data;
    struct reading *reading = request->data;
    reading_begin(reading, view);
    int result = view_history(view, reading->kind, request->message->history->id, &request->arena, on_entry, reading, &request->problem);
    for (size_t i = 0; !result && i < reading->items.n; i++) {
        struct history_item *item = reading->items.items[i];
        item->entry.who = history_name(view, item->actor, &request->arena);
        if (item->on_behalf_of)
            item->entry.on_behalf_of = history_name(view, item->on_behalf_of, &request->arena);
    }
    return result ? result : reading_label(reading);
}

static Sendco__Reply *history_reply(struct request *request, Sendco__HistoryReply **history)
{
    Sendco__Reply *reply = request_reply(request);
    *history = arena_alloc(&request->arena, sizeof **history);
    if (!reply || !*history)
        return NULL;
    sendco__history_reply__init(*history);
    reply->body_case = SENDCO__REPLY__BODY_HISTORY;
    reply->history = *history;
    return reply;
}

static void done_history(int result, void *data)
{
    struct request *request = data;
    const struct reading *reading = request->data;
    const struct pile *entries = &reading->items, *labels = &reading->labels.pile;
    size_t entry = 0, label = 0;
    while (!result) {
        Sendco__HistoryReply *history;
        Sendco__Reply *reply = history_reply(request, &history);
        if (!reply) {
            result = ERR_NOMEM;
            break;
        }
        // the entries, then the labels; an entry is the first thing of its item: the pile serves as it is
        if (entry < entries->n) {
            history->entries = (Sendco__HistoryReply__Entry **)entries->items + entry;
            entry += history->n_entries = pile_part(entries, entry);
        } else if (label < labels->n) {
            history->labels = (Sendco__Label **)labels->items + label;
            label += history->n_labels = pile_part(labels, label);
        }
        if (entry == entries->n && label == labels->n) {
            request_end(request, reply);
            return;
        }
        request_part(request, reply);
    }
    request_fail(request, result);
}

void handle_history(struct request *request)
{
    const Sendco__History *history = request->message->history;
    struct reading *reading = reading_new(request);
    if (!reading)
        return;
    int result = parse_target(history->has_kind, history->kind, history->has_id, history->id, &reading->kind, &request->problem);
    if (result)
        request_fail(request, result);
    else
        request_read(request, read_history, done_history);
}
