// Put, Remove and Undo: a change made from the message, given to the store, its
// result packed. What is decided (merging, rights, checks) is decided by the store's
// writer. Loop thread.
#include <string.h>

#include <sodium.h>

#include "common/text.h"
#include "server/handlers/handlers.h"
#include "server/handlers/stage.h"
#include "server/pack.h"
#include "server/parse.h"
#include "server/request.h"
#include "server/server.h"

#define REASON_MAX 500       // characters
#define DONE_PART 4000       // changed records told in one reply

struct writing {
    struct request *request;
    struct change change;
    uint8_t stage_key[STORE_KEY];
    bool staged;
};

static struct writing *writing_new(struct request *request, enum change_verb verb)
{
    struct writing *writing = arena_zero(&request->arena, 1, sizeof *writing);
    if (!writing) {
        request_fail(request, ERR_NOMEM);
        return NULL;
    }
    writing->request = request;
    struct change *change = &writing->change;
    change->verb = verb;
    change->actor = request->actor;
    change->now = request->now;
    change->today = request->today;
    change->arena = &request->arena;
    randombytes_buf(change->entropy, sizeof change->entropy);
    problem_init(&change->problem, &request->arena);
    return writing;
}

// --- what was asked, as a hash: the same key with another one is refused ---

static void hash_number(crypto_hash_sha256_state *state, uint64_t number)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void hash_text(crypto_hash_sha256_state *state, const char *text)
{
    size_t size = text ? strlen(text) : 0;
    hash_number(state, text ? size + 1 : 0);
    crypto_hash_sha256_update(state, (const uint8_t *)(text ? text : ""), size);
}

// --- the answer ---

static Sendco__PutReply__Done **pack_done(const struct done_item *items, size_t n, struct arena *arena)
{
    Sendco__PutReply__Done **packed = arena_zero(arena, n + 1, sizeof *packed);
    Sendco__PutReply__Done *all = arena_zero(arena, n + 1, sizeof *all);
    for (size_t i = 0; packed && all && i < n; i++) {
        Sendco__PutReply__Done *done = packed[i] = &all[i];
        sendco__put_reply__done__init(done);
        done->has_kind = done->has_id = done->has_version = 1;
        done->kind = items[i].kind->number;
        done->id = items[i].id;
        done->version = items[i].version;
        done->has_temporary = items[i].temporary != 0;
        done->temporary = items[i].temporary;
        done->has_action = items[i].action != ACTION_NONE;
        if (done->has_action)
            done->action = (Sendco__Action)items[i].action;
        done->has_caused = items[i].caused;
        done->caused = items[i].caused;
    }
    return packed && all ? packed : NULL;
}

static int pack_merged(const struct change_result *result, struct arena *arena, Sendco__PutReply *reply)
{
    reply->merged = arena_zero(arena, result->n_merged + 1, sizeof *reply->merged);
    for (size_t i = 0; reply->merged && i < result->n_merged; i++) {
        const struct merged_item *item = &result->merged[i];
        Sendco__PutReply__Merged *merged = arena_alloc(arena, sizeof *merged);
        if (!merged)
            return ERR_NOMEM;
        sendco__put_reply__merged__init(merged);
        merged->has_kind = merged->has_id = merged->has_field = merged->has_when = 1;
        merged->kind = item->kind->number;
        merged->id = item->id;
        merged->field = item->kind->fields[item->field].number;
        merged->when = item->when;
        merged->who = (char *)(uintptr_t)item->who_name;
        reply->merged[reply->n_merged++] = merged;
    }
    return reply->merged ? 0 : ERR_NOMEM;
}

static int pack_warnings(const struct change_result *result, struct arena *arena, Sendco__PutReply *reply)
{
    reply->warnings = arena_zero(arena, result->n_warnings + 1, sizeof *reply->warnings);
    for (size_t i = 0; reply->warnings && i < result->n_warnings; i++) {
        const struct warning_item *item = &result->warnings[i];
        Sendco__PutReply__Warning *warning = arena_alloc(arena, sizeof *warning);
        if (!warning)
            return ERR_NOMEM;
        sendco__put_reply__warning__init(warning);
        warning->has_kind = warning->has_id = 1;
        warning->kind = item->kind->number;
        warning->id = item->id;
        warning->has_field = item->field >= 0;
        warning->field = item->field >= 0 ? item->kind->fields[item->field].number : 0;
        warning->message = (char *)(uintptr_t)item->message;
        reply->warnings[reply->n_warnings++] = warning;
    }
    return reply->warnings ? 0 : ERR_NOMEM;
}

static Sendco__Reply *put_reply(struct request *request, Sendco__PutReply **put)
{
    Sendco__Reply *reply = request_reply(request);
    *put = arena_alloc(&request->arena, sizeof **put);
    if (!reply || !*put)
        return NULL;
    sendco__put_reply__init(*put);
    reply->body_case = SENDCO__REPLY__BODY_PUT;
    reply->put = *put;
    return reply;
}

// The change stands whatever becomes of its answer: without memory, only that much is said.
static void writing_answer(struct writing *writing)
{
    struct request *request = writing->request;
    const struct change_result *result = &writing->change.result;
    struct arena *arena = &request->arena;
    arena->budget *= 2;
    request->seq = result->to_seq;
    Sendco__PutReply__Done **done = pack_done(result->done, result->n_done, arena);
    size_t from = 0, n_done = done ? result->n_done : 0;
    for (; n_done - from > DONE_PART; from += DONE_PART) {
        Sendco__PutReply *part;
        Sendco__Reply *reply = put_reply(request, &part);
        if (!reply)
            break;
        part->done = done + from;
        part->n_done = DONE_PART;
        request_part(request, reply);
    }
    Sendco__PutReply *put;
    Sendco__Reply *reply = put_reply(request, &put);
    if (!reply || pack_merged(result, arena, put) || pack_warnings(result, arena, put)) {
        request_end(request, reply);
        return;
    }
    put->done = done ? done + from : NULL;
    put->n_done = n_done - from;
    put->skipped = pack_done(result->skipped, result->n_skipped, arena);
    put->n_skipped = put->skipped ? result->n_skipped : 0;
    put->has_batch = result->batch != 0;
    put->batch = result->batch;
    put->has_from_seq = put->has_to_seq = result->to_seq != 0;
    put->from_seq = result->from_seq;
    put->to_seq = result->to_seq;
    put->has_replayed = result->replayed;
    put->replayed = result->replayed;
    request_end(request, reply);
}

static struct stage *writing_stage(const struct writing *writing)
{
    const struct request *request = writing->request;
    return writing->staged ? stage_find(request->server->stages, request->actor.staff, writing->stage_key) : NULL;
}

static void done_write(int result, void *data)
{
    struct writing *writing = data;
    struct request *request = writing->request;
    struct stage *stage = writing_stage(writing);
    if (stage) {
        stage->applying = false;
        stage->applied |= !result && !writing->change.dry_run;
    }
    if (!result) {
        writing_answer(writing);
        return;
    }
    request->problem = writing->change.problem;
    request_fail(request, result);
}

static void writing_start(struct writing *writing)
{
    struct stage *stage = writing_stage(writing);
    if (stage)
        stage->applying = true;
    if (writing->request->server->stopping)
        done_write(ERR_BUSY, writing);
    else
        store_write(writing->request->server->store, &writing->change, done_write, writing);
}

// --- from the message ---

static int writing_key(struct writing *writing, bool has, const ProtobufCBinaryData *key)
{
    struct change *change = &writing->change;
    if (!has && change->dry_run) {
        randombytes_buf(change->key, sizeof change->key);
        return 0;
    }
    return parse_key(has, key, change->key, &writing->request->problem);
}

static int writing_reason(struct writing *writing, const char *reason)
{
    writing->change.reason = reason;
    if (!reason)
        return 0;
    const char *fault = text_fault(reason, strlen(reason), true);
    if (fault)
        return problem_set(&writing->request->problem, ERR_INVALID, "The reason holds %s.", fault);
    if (text_length(reason) > REASON_MAX)
        return problem_set(&writing->request->problem, ERR_INVALID, "The reason is longer than %d characters.", REASON_MAX);
    return 0;
}

static int put_staged(struct writing *writing, crypto_hash_sha256_state *hash)
{
    struct request *request = writing->request;
    const Sendco__Put *put = request->message->put;
    struct change *change = &writing->change;
    if (put->n_records > 0)
        return problem_set(&request->problem, ERR_INVALID, "A change sent ahead in parts brings no records of its own.");
    struct stage *stage = put->has_key ? stage_find(request->server->stages, request->actor.staff, change->key) : NULL;
    if (!stage) {
        problem_set(&request->problem, ERR_INVALID, "Nothing was sent ahead under this key; it may have been dropped after an hour.");
        problem_hint(&request->problem, "Send it again from the beginning.");
        return ERR_INVALID;
    }
    if (stage->applying)
        return problem_set(&request->problem, ERR_BUSY, "What was sent ahead under this key is being applied.");
    memcpy(writing->stage_key, change->key, STORE_KEY);
    writing->staged = change->batched = true;
    change->items = stage->items;
    change->n_items = stage->n_items;
    crypto_hash_sha256_state whole = stage->hash;
    uint8_t records[32];
    crypto_hash_sha256_final(&whole, records);
    crypto_hash_sha256_update(hash, records, sizeof records);
    return 0;
}

static int put_records(struct writing *writing, crypto_hash_sha256_state *hash)
{
    struct request *request = writing->request;
    const Sendco__Put *put = request->message->put;
    struct change *change = &writing->change;
    if (put->n_records == 0)
        return problem_set(&request->problem, ERR_INVALID, "There is no record in the change.");
    change->items = arena_zero(&request->arena, put->n_records, sizeof *change->items);
    if (!change->items)
        return ERR_NOMEM;
    for (size_t i = 0; i < put->n_records; i++) {
        int result = parse_item(put->records[i], i, &request->arena, &change->items[change->n_items++], &request->problem);
        if (!result)
            result = stage_hash_record(hash, put->records[i], &request->arena);
        if (result)
            return result;
    }
    return 0;
}

void handle_put(struct request *request)
{
    const Sendco__Put *put = request->message->put;
    struct writing *writing = writing_new(request, CHANGE_PUT);
    if (!writing)
        return;
    struct change *change = &writing->change;
    change->strict = put->strict;
    change->dry_run = put->dry_run;
    change->has_seen = put->has_seen;
    change->seen = put->seen;
    // `seen` is not part of what is asked: a retry may have seen more
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    hash_text(&hash, put->staged ? "staged put" : "put");
    hash_number(&hash, put->strict ? 1 : 0);
    hash_text(&hash, put->reason);
    int result = writing_key(writing, put->has_key, &put->key);
    if (!result)
        result = writing_reason(writing, put->reason);
    if (!result)
        result = put->staged ? put_staged(writing, &hash) : put_records(writing, &hash);
    if (!result)
        result = parse_temporaries(change->items, change->n_items, &request->problem);
    crypto_hash_sha256_final(&hash, change->hash);
    if (result)
        request_fail(request, result);
    else
        writing_start(writing);
}

void handle_remove(struct request *request)
{
    const Sendco__Remove *remove = request->message->remove;
    struct writing *writing = writing_new(request, CHANGE_REMOVE);
    if (!writing)
        return;
    struct change *change = &writing->change;
    change->id = remove->id;
    change->version = remove->version;
    int result = writing_key(writing, remove->has_key, &remove->key);
    if (!result)
        result = parse_target(remove->has_kind, remove->kind, remove->has_id, remove->id, &change->kind, &request->problem);
    if (!result && !remove->version)
        result = problem_set(&request->problem, ERR_INVALID, "It does not say which version was seen.");
    if (!result)
        result = writing_reason(writing, remove->reason);
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    hash_text(&hash, "remove");
    hash_number(&hash, remove->kind);
    hash_number(&hash, (uint64_t)remove->id);
    hash_number(&hash, remove->version);
    hash_text(&hash, remove->reason);
    crypto_hash_sha256_final(&hash, change->hash);
    if (result)
        request_fail(request, result);
    else
        writing_start(writing);
}

void handle_undo(struct request *request)
{
    const Sendco__Undo *undo = request->message->undo;
    struct writing *writing = writing_new(request, CHANGE_UNDO);
    if (!writing)
        return;
    struct change *change = &writing->change;
    int result = writing_key(writing, undo->has_key, &undo->key);
    if (!result && undo->has_batch && (undo->has_kind || undo->has_id || undo->has_version))
        result = problem_set(&request->problem, ERR_INVALID, "Name a batch or a record, not both.");
    else if (!result && undo->has_batch && undo->batch == 0)
        result = problem_set(&request->problem, ERR_INVALID, "There is no batch 0; they begin at 1.");
    else if (!result && !undo->has_batch)
        result = parse_target(undo->has_kind, undo->kind, undo->has_id, undo->id, &change->kind, &request->problem);
    change->id = undo->id;
    change->version = undo->version;
    change->batch = undo->batch;
    change->batched = undo->has_batch;
    crypto_hash_sha256_state hash;
    crypto_hash_sha256_init(&hash);
    hash_text(&hash, "undo");
    hash_number(&hash, undo->kind);
    hash_number(&hash, (uint64_t)undo->id);
    hash_number(&hash, undo->version);
    hash_number(&hash, undo->batch);
    crypto_hash_sha256_final(&hash, change->hash);
    if (result)
        request_fail(request, result);
    else
        writing_start(writing);
}
