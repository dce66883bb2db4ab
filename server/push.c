// What a watch is told, as frames. A commit is packed once for all who may see the
// same of it and were told of the same changes before. Loop thread.
#include <stdlib.h>
#include <string.h>

#include "common/frame.h"
#include "server/live.h"
#include "server/pack.h"
#include "server/request.h"
#include "server/session.h"

#define CACHE_ENTRIES 16

struct push_entry {
    struct push_for to;
    struct filter filter;
    struct buffer frames;
    size_t next;
    bool used;
};

struct push_cache {
    struct push_entry entries[CACHE_ENTRIES];
    size_t next;
    struct arena scratch;
};

struct push_cache *push_cache_new(void)
{
    struct push_cache *cache = calloc(1, sizeof *cache);
    if (cache)
        arena_init(&cache->scratch, 0);
    return cache;
}

void push_cache_empty(struct push_cache *cache)
{
    for (size_t i = 0; i < CACHE_ENTRIES; i++) {
        buffer_deinit(&cache->entries[i].frames);
        cache->entries[i].used = false;
    }
    cache->next = 0;
    arena_deinit(&cache->scratch);
    arena_init(&cache->scratch, 0);
}

void push_cache_free(struct push_cache *cache)
{
    if (!cache)
        return;
    push_cache_empty(cache);
    arena_deinit(&cache->scratch);
    free(cache);
}

bool filter_takes(const struct filter *filter, const struct kind *kind, int64_t about)
{
    if (!filter->all && !(filter->kinds[kind->index / 64] >> (kind->index % 64) & 1))
        return false;
    return !filter->about_kind || (filter->about_kind->subject == kind->about.subject && filter->about == about);
}

bool sight_names(const struct sight *sight, int64_t staff)
{
    return staff == 0 || scope_reads(&sight->scope, CLASS_C0, SUBJECT_STAFF, staff); // 0: sendcod itself
}

// --- one change ---

// NULL with *result 0: this watch does not see it.
static Sendco__Change *pack_change(const struct commit *commit, const struct change_row *row, const struct push_for *to,
                                   struct arena *arena, int *result)
{
    const struct kind *kind = row->record->kind;
    *result = 0;
    if (!filter_takes(to->filter, kind, row->record->about) || !scope_reads_record(&to->sight->scope, kind, row->record->about))
        return NULL;
    *result = ERR_NOMEM;
    struct record *record = record_copy(row->record, arena);
    if (!record)
        return NULL;
    uint64_t changed = row->changed;
    if (scope_filter(&to->sight->scope, record))
        changed &= ~record->withheld;
    // An edit of nothing but what one may not see is none of one's business.
    if (row->action == ACTION_EDIT && changed == 0) {
        *result = 0;
        return NULL;
    }
    Sendco__Change *change = arena_alloc(arena, sizeof *change);
    if (!change)
        return NULL;
    sendco__change__init(change);
    change->has_seq = change->has_action = change->has_at = 1;
    change->seq = row->seq;
    change->action = (Sendco__Action)row->action;
    change->at = commit->at;
    change->who = to->author || sight_names(to->sight, commit->actor) ? (char *)(uintptr_t)commit->actor_name : NULL;
    change->has_batch = commit->batch != 0;
    change->batch = commit->batch;
    change->has_key = to->author;
    change->key = (ProtobufCBinaryData){.len = to->author ? STORE_KEY : 0, .data = (uint8_t *)(uintptr_t)commit->key};
    change->about = pack_about(kind_of_subject(kind->about.subject), record->about, arena);
    change->record = pack_record(record, arena);
    if (!change->record || pack_fields(kind, changed, arena, &change->changed, &change->n_changed))
        return NULL;
    *result = 0;
    return change;
}

// --- one commit ---

static int push_part(struct buffer *out, const struct commit *commit, const struct push_for *to, Sendco__Change **changes, size_t n,
                     bool more)
{
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    Sendco__Push push = SENDCO__PUSH__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_PUSH;
    frame.push = &push;
    push.has_watch = push.has_covers_from = push.has_covers_to = 1;
    push.watch = to->watch;
    push.covers_from = to->covers_from;
    push.covers_to = commit->more ? commit->end_seq : commit->to_seq;
    push.changes = changes;
    push.n_changes = n;
    push.has_more = more;
    push.more = more;
    return frame_append(out, &frame, FRAME_MAX);
}

// From row `from` on, until the piece is full and there is more to tell: then *next is where.
static int push_pack(struct buffer *out, const struct commit *commit, const struct push_for *to, struct arena *arena, size_t *next)
{
    struct pile pile = {0};
    size_t bytes = 0;
    int result = 0;
    *next = 0;
    for (size_t i = to->from; !result && i < commit->n_rows; i++) {
        Sendco__Change *change = pack_change(commit, &commit->rows[i], to, arena, &result);
        if (!change)
            continue;
        size_t size = sendco__change__get_packed_size(change) + 6;
        if (bytes + size > REQUEST_PART && pile.n > 0) {
            result = push_part(out, commit, to, (Sendco__Change **)pile.items, pile.n, true);
            pile.n = bytes = 0;
            if (!result && buffer_size(out) >= PUSH_PIECE) {
                *next = i;
                return 0;
            }
        }
        if (!result)
            result = pile_add(&pile, change, arena);
        bytes += size;
    }
    if (result || (pile.n == 0 && !to->closes))
        return result;
    return push_part(out, commit, to, (Sendco__Change **)pile.items, pile.n, commit->more);
}

static bool push_same(const struct push_entry *entry, const struct push_for *to)
{
    return entry->used && entry->to.sight == to->sight && entry->to.watch == to->watch && entry->to.covers_from == to->covers_from &&
           entry->to.from == to->from && entry->to.author == to->author && entry->to.closes == to->closes &&
           memcmp(&entry->filter, to->filter, sizeof entry->filter) == 0;
}

int push_commit(struct push_cache *cache, const struct commit *commit, const struct push_for *to, const uint8_t **data, size_t *size,
                size_t *next)
{
    struct push_entry *entry = NULL;
    for (size_t i = 0; !entry && i < CACHE_ENTRIES; i++)
        if (push_same(&cache->entries[i], to))
            entry = &cache->entries[i];
    if (!entry) {
        entry = &cache->entries[cache->next++ % CACHE_ENTRIES];
        buffer_deinit(&entry->frames);
        entry->used = false;
        int result = push_pack(&entry->frames, commit, to, &cache->scratch, &entry->next);
        arena_reset(&cache->scratch);
        if (result) {
            buffer_deinit(&entry->frames);
            return result;
        }
        entry->used = true;
        entry->to = *to;
        entry->filter = *to->filter;
    }
    *data = buffer_head(&entry->frames);
    *size = buffer_size(&entry->frames);
    *next = entry->next;
    return 0;
}

// --- small pushes ---

static void push_send(struct session *session, uint64_t watch, Sendco__Push *push)
{
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_PUSH;
    frame.push = push;
    push->has_watch = 1;
    push->watch = watch;
    (void)session_send(session, &frame);
}

void push_empty(struct session *session, uint64_t watch, uint64_t from, uint64_t to)
{
    Sendco__Push push = SENDCO__PUSH__INIT;
    push.has_covers_from = push.has_covers_to = 1;
    push.covers_from = from;
    push.covers_to = to;
    push_send(session, watch, &push);
}

void push_resync(struct session *session, uint64_t watch, int why, uint64_t seq)
{
    Sendco__Push push = SENDCO__PUSH__INIT;
    Sendco__Resync resync = SENDCO__RESYNC__INIT;
    resync.has_why = resync.has_seq = 1;
    resync.why = (Sendco__Resync__Why)why;
    resync.seq = seq;
    push.resync = &resync;
    push_send(session, watch, &push);
}

// What is edited is told only to whom it may be shown.
static uint32_t shown_field(const struct sight *sight, const struct session_present *at)
{
    const struct field *field = field_by_number(at->kind, at->field);
    return field && !(scope_withheld(&sight->scope, at->kind, at->about) & field_bit(field)) ? at->field : 0;
}

void push_present(struct session *session, uint64_t watch, const struct sight *sight, const struct session *who, bool left)
{
    const struct session_present *at = &who->present;
    Sendco__Push push = SENDCO__PUSH__INIT;
    Sendco__Present present = SENDCO__PRESENT__INIT, *list = &present;
    present.who = sight_names(sight, who->staff) ? who->name : NULL;
    present.has_session = present.has_kind = present.has_id = 1;
    present.session = who->id;
    present.kind = at->kind->number;
    present.id = at->id;
    present.field = shown_field(sight, at);
    present.has_field = present.field != 0;
    present.has_left = left;
    present.left = left;
    push.present = &list;
    push.n_present = 1;
    push_send(session, watch, &push);
}
