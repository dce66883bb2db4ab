// Put, Remove and Undo: a change made from the message, given to the store, its
// result packed. What is decided (merging, rights, checks) is decided by the store's
// writer. Loop thread.
#include <string.h>

#include <sodium.h>
#include <utlist.h>

#include "common/buffer.h"
#include "common/log.h"
#include "common/text.h"
#include "server/fault.h"
#include "server/handlers/handlers.h"
#include "server/handlers/stage.h"
#include "server/pack.h"
#include "server/parse.h"
#include "server/request.h"
#include "server/server.h"

#define REASON_MAX  500  // characters
#define ANSWER_PART 4000 // items told in one reply

// What applying all that one may send ahead takes: each record, as it was, as it will be, and what is told of it.
#define STAGE_WORK (4 * STAGE_BYTES)

struct writing {
    struct writing *prev, *next; // of those that may take long, while the store has them
    struct request *request;
    struct change change;
    uint8_t stage_key[STORE_KEY];
    bool staged;
    uint64_t began; // ms
    uv_work_t work; // packing a long answer
    struct buffer out;
    int packed; // 0, or why the answer could not be packed
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

// Told in as many replies as it takes: every list may be as long as what was sent ahead. A part
// under way takes one item after another, and is packed when it is full. A long answer is packed
// on a thread, for the loop has others to answer.
struct answer {
    struct request *request;
    struct buffer *out;
    Sendco__Reply *reply;
    Sendco__PutReply *put;
    struct pile done, merged, warnings, skipped;
    size_t bytes, n;
};

static int answer_begin(struct answer *answer)
{
    struct arena *arena = &answer->request->arena;
    Sendco__Reply *reply = request_reply(answer->request);
    Sendco__PutReply *put = arena_alloc(arena, sizeof *put);
    if (!reply || !put)
        return ERR_NOMEM;
    sendco__put_reply__init(put);
    reply->body_case = SENDCO__REPLY__BODY_PUT;
    reply->put = put;
    answer->reply = reply;
    answer->put = put;
    answer->done.n = answer->merged.n = answer->warnings.n = answer->skipped.n = 0;
    answer->bytes = answer->n = 0;
    return 0;
}

// The piles' items as the message's lists.
static void answer_fill(struct answer *answer)
{
    Sendco__PutReply *put = answer->put;
    put->done = (Sendco__PutReply__Done **)answer->done.items;
    put->n_done = answer->done.n;
    put->merged = (Sendco__PutReply__Merged **)answer->merged.items;
    put->n_merged = answer->merged.n;
    put->warnings = (Sendco__PutReply__Warning **)answer->warnings.items;
    put->n_warnings = answer->warnings.n;
    put->skipped = (Sendco__PutReply__Done **)answer->skipped.items;
    put->n_skipped = answer->skipped.n;
}

static int answer_add(struct answer *answer, struct pile *pile, void *item)
{
    if (!item)
        return ERR_NOMEM;
    size_t size = protobuf_c_message_get_packed_size(item) + 6;
    if (answer->n == ANSWER_PART || (answer->n > 0 && answer->bytes + size > REQUEST_PART)) {
        answer_fill(answer);
        int result = request_pack(answer->request, answer->reply, true, answer->out);
        if (!result)
            result = answer_begin(answer);
        if (result)
            return result;
    }
    answer->bytes += size;
    answer->n++;
    return pile_add(pile, item, &answer->request->arena);
}

static Sendco__PutReply__Done *pack_done(const struct done_item *item, struct arena *arena)
{
    Sendco__PutReply__Done *done = arena_alloc(arena, sizeof *done);
    if (!done)
        return NULL;
    sendco__put_reply__done__init(done);
    done->has_kind = done->has_id = done->has_version = 1;
    done->kind = item->kind->number;
    done->id = item->id;
    done->version = item->version;
    done->has_temporary = item->temporary != 0;
    done->temporary = item->temporary;
    done->has_action = item->action != ACTION_NONE;
    if (done->has_action)
        done->action = (Sendco__Action)item->action;
    done->has_caused = item->caused;
    done->caused = item->caused;
    return done;
}

static Sendco__PutReply__Merged *pack_merged(const struct merged_item *item, struct arena *arena)
{
    Sendco__PutReply__Merged *merged = arena_alloc(arena, sizeof *merged);
    if (!merged)
        return NULL;
    sendco__put_reply__merged__init(merged);
    merged->has_kind = merged->has_id = merged->has_field = merged->has_when = 1;
    merged->kind = item->kind->number;
    merged->id = item->id;
    merged->field = item->kind->fields[item->field].number;
    merged->when = item->when;
    merged->who = (char *)(uintptr_t)item->who_name;
    return merged;
}

static Sendco__PutReply__Warning *pack_warning(const struct warning_item *item, struct arena *arena)
{
    Sendco__PutReply__Warning *warning = arena_alloc(arena, sizeof *warning);
    if (!warning)
        return NULL;
    sendco__put_reply__warning__init(warning);
    warning->has_kind = warning->has_id = 1;
    warning->kind = item->kind->number;
    warning->id = item->id;
    warning->has_field = item->field >= 0;
    warning->field = item->field >= 0 ? item->kind->fields[item->field].number : 0;
    warning->message = (char *)(uintptr_t)item->message;
    return warning;
}

static int answer_lists(struct answer *answer, const struct change_result *change)
{
    struct arena *arena = &answer->request->arena;
    int result = 0;
    for (size_t i = 0; !result && i < change->n_done; i++)
        result = answer_add(answer, &answer->done, pack_done(&change->done[i], arena));
    for (size_t i = 0; !result && i < change->n_merged; i++)
        result = answer_add(answer, &answer->merged, pack_merged(&change->merged[i], arena));
    for (size_t i = 0; !result && i < change->n_warnings; i++)
        result = answer_add(answer, &answer->warnings, pack_warning(&change->warnings[i], arena));
    for (size_t i = 0; !result && i < change->n_skipped; i++)
        result = answer_add(answer, &answer->skipped, pack_done(&change->skipped[i], arena));
    return result;
}

// The change stands whatever becomes of its answer: the same key again gets all of it.
static void writing_untold(struct writing *writing)
{
    struct request *request = writing->request;
    int error = writing->change.dry_run ? ERR_NOMEM : ERR_UNKNOWN;
    problem_set(&request->problem, error, "The server is short of memory to tell what %s.",
                error == ERR_UNKNOWN ? "the change did; it was saved" : "the change would do");
    request_fail(request, error);
}

// Any thread. 0, ERR_NOMEM or ERR_TOO_LARGE.
static int writing_pack(struct writing *writing)
{
    const struct change_result *change = &writing->change.result;
    struct answer answer = {.request = writing->request, .out = &writing->out};
    int result = answer_begin(&answer);
    if (!result)
        result = answer_lists(&answer, change);
    if (result)
        return result;
    Sendco__PutReply *put = answer.put;
    answer_fill(&answer);
    put->has_batch = change->batch != 0;
    put->batch = change->batch;
    put->has_from_seq = put->has_to_seq = change->to_seq != 0;
    put->from_seq = change->from_seq;
    put->to_seq = change->to_seq;
    put->has_replayed = change->replayed;
    put->replayed = change->replayed;
    result = request_pack(writing->request, answer.reply, false, &writing->out);
    return writing->request->arena.lacked ? ERR_NOMEM : result;
}

static void writing_told(struct writing *writing)
{
    struct request *request = writing->request;
    struct buffer out = writing->out;
    if (writing->packed)
        writing_untold(writing);
    else
        request_end_packed(request, &out);
    buffer_deinit(&out);
}

static void on_pack(uv_work_t *work)
{
    struct writing *writing = work->data;
    writing->packed = writing_pack(writing);
}

static void on_packed(uv_work_t *work, int status)
{
    (void)status; // nobody cancels it
    writing_told(work->data);
}

static void writing_answer(struct writing *writing)
{
    struct request *request = writing->request;
    const struct change_result *change = &writing->change.result;
    request->arena.budget *= 2;
    request->arena.lacked = false; // what the store lacked in an attempt that it made again
    request->seq = change->to_seq ? change->to_seq : store_seq(request->server->store);
    buffer_init(&writing->out);
    writing->work.data = writing;
    bool is_long = change->n_done + change->n_merged + change->n_warnings + change->n_skipped > ANSWER_PART;
    if (is_long && !uv_queue_work(&request->server->loop, &writing->work, on_pack, on_packed))
        return;
    writing->packed = writing_pack(writing);
    writing_told(writing);
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
    struct stage *stage = writing_stage(writing);
    if (stage)
        stage->applying = true;
    if (writing->change.batched && fault_on("loop-sleeps"))
        uv_sleep(2500);
    if (writing->change.batched) {
        writing->began = uv_now(&writing->request->server->loop);
        DL_APPEND(writing->request->server->writings, writing);
    }
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
    int result = writing_key(writing, undo->has_key, &undo->key);
    if (!result && undo->has_batch && (undo->has_kind || undo->has_id || undo->has_version))
        result = problem_set(&request->problem, ERR_INVALID, "Name a batch or a record, not both.");
    else if (!result && undo->has_batch && undo->batch == 0)
        result = problem_set(&request->problem, ERR_INVALID, "There is no batch 0; they begin at 1.");
    else if (!result && !undo->has_batch)
        result = parse_target(undo->has_kind, undo->kind, undo->has_id, undo->id, &change->kind, &request->problem);
    change->id = undo->id;
    change->version = undo->version;
    change->dry_run = undo->dry_run;
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
