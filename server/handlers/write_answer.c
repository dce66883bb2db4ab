// The answer to Put, Remove and Undo: what was done, merged, warned of and skipped, in as
// many replies as it takes. Loop thread; a long one is packed on a thread of libuv's.
#include "server/handlers/write.h"

#include "server/fault.h"
#include "server/pack.h"
#include "server/request.h"
#include "server/server.h"

#define ANSWER_PART 4000 // items told in one reply

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
    if (fault_on("packing-sleeps"))
        uv_sleep(1000);
    writing->packed = writing_pack(writing);
}

static void on_packed(uv_work_t *work, int status)
{
    (void)status; // nobody cancels it
    struct writing *writing = work->data;
    struct server *server = writing->request->server;
    writing_told(writing);
    server->packing--;
    server_packed(server);
}

// Counted, for the end of the daemon waits for it; what comes after its beginning is packed on the loop.
static bool writing_pack_aside(struct writing *writing)
{
    struct server *server = writing->request->server;
    writing->work.data = writing;
    if (server->stopping || uv_queue_work(&server->loop, &writing->work, on_pack, on_packed))
        return false;
    server->packing++;
    return true;
}

void writing_answer(struct writing *writing)
{
    struct request *request = writing->request;
    const struct change_result *change = &writing->change.result;
    request->arena.budget *= 2;
    request->arena.lacked = false; // what the store lacked in an attempt that it made again
    request->seq = change->to_seq ? change->to_seq : store_seq(request->server->store);
    buffer_init(&writing->out);
    bool is_long = change->n_done + change->n_merged + change->n_warnings + change->n_skipped > ANSWER_PART;
    if (is_long && writing_pack_aside(writing))
        return;
    writing->packed = writing_pack(writing);
    writing_told(writing);
}
