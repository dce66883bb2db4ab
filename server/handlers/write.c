// Put, Remove and Undo: a change made from the message, given to the store, its result
// told by write_answer.c. What is decided (merging, rights, checks) is decided by the store's
// writer. Loop thread.
#include <string.h>

#include <sodium.h>
#include <utlist.h>

#include "common/text.h"
#include "server/fault.h"
#include "server/handlers/handlers.h"
#include "server/handlers/stage.h"
#include "server/handlers/write.h"
#include "server/parse.h"
#include "server/person.h"
#include "server/request.h"
#include "server/server.h"

#define REASON_MAX 500 // characters

// What applying all that one may send ahead takes: each record, as it was, as it will be, and what is told of it.
#define STAGE_WORK (4 * STAGE_BYTES)

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

// --- what takes long ---

// Every second: whoever waits for much to be written hears that it goes on, and how far it is.
void writings_tick(struct server *server)
{
    struct writing *writing;
    uint64_t now = uv_now(&server->loop);
    DL_FOREACH(server->writings, writing)
    {
        size_t steps = writing->change.steps, done = writing->change.progress;
        if (now - writing->began < 1000)
            continue;
        Sendco__Reply reply = SENDCO__REPLY__INIT;
        Sendco__PutReply put = SENDCO__PUT_REPLY__INIT;
        put.has_steps_done = put.has_steps = 1;
        put.steps_done = done < steps ? done : steps;
        put.steps = steps;
        reply.body_case = SENDCO__REPLY__BODY_PUT;
        reply.put = &put;
        request_sign(writing->request, &reply);
    }
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
    struct server *server = request->server;
    int64_t staff = request->actor.staff;
    bool staged = writing->staged, dry_run = writing->change.dry_run;
    person_changed(request->person, writing->held);
    uint8_t key[STORE_KEY];
    memcpy(key, writing->stage_key, sizeof key);
    if (writing->change.batched)
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): it is in the list
        DL_DELETE(server->writings, writing);
    if (!result)
        writing_answer(writing);
    else {
        request->problem = writing->change.problem;
        request_fail(request, result);
    }
    if (staged)
        stage_answered(server->stages, staff, key, result, dry_run);
}

static void writing_start(struct writing *writing)
{
    struct request *request = writing->request;
    struct stage *stage = writing_stage(writing);
    size_t size = request->arena.used;
    int refused = request->server->stopping ? ERR_BUSY : person_changes(request->person, size, &writing->change.problem);
    writing->held = refused ? 0 : size;
    if (stage)
        stage->applying = true;
    if (writing->change.batched && fault_on("loop-sleeps"))
        uv_sleep(2500);
    if (writing->change.batched) {
        writing->began = uv_now(&request->server->loop);
        DL_APPEND(request->server->writings, writing);
    }
    if (refused)
        done_write(refused, writing);
    else
        store_write(request->server->store, &writing->change, done_write, writing);
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
    writing->change.reason = reason; // clean text: the guard takes no other
    if (reason && text_length(reason) > REASON_MAX)
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
    request->arena.budget = STAGE_WORK;
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
    crypto_hash_sha256_final(&hash, change->hash);
    if (!result) {
        writing_start(writing);
        return;
    }
    if (writing->staged)
        stage_answered(request->server->stages, request->actor.staff, change->key, result, change->dry_run);
    request_fail(request, result);
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
    change->dry_run = undo->dry_run;
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
    if (undo->has_batch)
        request->arena.budget = STAGE_WORK;
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
