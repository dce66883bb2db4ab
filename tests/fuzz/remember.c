// See remember.h.
#include "tests/fuzz/remember.h"

#include <string.h>

#include "common/arena.h"
#include "common/kind.h"
#include "tests/fuzz/item.h"

#define KINDS_MOST 64
#define BYTES_MOST 512

struct told {
    uint64_t batch, seq, watch;
    struct {
        int64_t id;
        uint64_t version;
    } last[KINDS_MOST]; // by the kind's index
    uint8_t page[BYTES_MOST], ticket[BYTES_MOST];
    size_t page_size, ticket_size;
};

static struct told told;
static bool used; // by the frame that is being looked at

void remember_nothing(void)
{
    told = (struct told){0};
}

static void keep(const ProtobufCBinaryData *data, uint8_t bytes[BYTES_MOST], size_t *size)
{
    *size = data->len < BYTES_MOST ? data->len : 0;
    if (*size)
        memcpy(bytes, data->data, *size);
}

static void keep_done(const Sendco__PutReply *put)
{
    told.batch = put->has_batch ? put->batch : told.batch;
    for (size_t i = 0; i < put->n_done; i++) {
        const struct kind *kind = kind_by_number(put->done[i]->kind);
        if (!kind || kind->index >= KINDS_MOST)
            continue;
        told.last[kind->index].id = put->done[i]->id;
        told.last[kind->index].version = put->done[i]->version;
    }
}

void remember_reply(const Sendco__Reply *reply)
{
    told.seq = reply->has_seq ? reply->seq : told.seq;
    if (reply->body_case == SENDCO__REPLY__BODY_PUT)
        keep_done(reply->put);
    else if (reply->body_case == SENDCO__REPLY__BODY_RECORDS && reply->records->has_next)
        keep(&reply->records->next, told.page, &told.page_size);
    else if (reply->body_case == SENDCO__REPLY__BODY_LOGIN && reply->login->has_ticket)
        keep(&reply->login->ticket, told.ticket, &told.ticket_size);
    else if (reply->body_case == SENDCO__REPLY__BODY_WATCH)
        told.watch = reply->watch->watch;
}

// --- into a request ---

static void lay_number(protobuf_c_boolean has, uint64_t *number, uint64_t known)
{
    if (!has || *number != REMEMBER_TOLD)
        return;
    *number = known;
    used = true;
}

static void lay_bytes(protobuf_c_boolean has, ProtobufCBinaryData *data, uint8_t *known, size_t size)
{
    if (!has || data->len != 1)
        return;
    *data = (ProtobufCBinaryData){size, known};
    used = true;
}

// The record of that kind that was changed last, and its version.
static void lay_record(uint32_t number, int64_t *id, uint64_t *version)
{
    const struct kind *kind = kind_by_number(number);
    if (*id != REMEMBER_TOLD || !kind || kind->index >= KINDS_MOST)
        return;
    *id = told.last[kind->index].id;
    if (version && *version == REMEMBER_TOLD)
        *version = told.last[kind->index].version;
    used = true;
}

static void lay_request(Sendco__Request *request)
{
    switch (request->body_case) {
    case SENDCO__REQUEST__BODY_RESUME:
        lay_bytes(request->resume->has_ticket, &request->resume->ticket, told.ticket, told.ticket_size);
        break;
    case SENDCO__REQUEST__BODY_GET:
        lay_record(request->get->kind, &request->get->id, NULL);
        break;
    case SENDCO__REQUEST__BODY_HISTORY:
        lay_record(request->history->kind, &request->history->id, NULL);
        break;
    case SENDCO__REQUEST__BODY_LIST:
        lay_bytes(request->list->has_page, &request->list->page, told.page, told.page_size);
        break;
    case SENDCO__REQUEST__BODY_PUT:
        lay_number(request->put->has_seen, &request->put->seen, told.seq);
        for (size_t i = 0; i < request->put->n_records; i++)
            lay_record(request->put->records[i]->kind, &request->put->records[i]->id, &request->put->records[i]->version);
        break;
    case SENDCO__REQUEST__BODY_REMOVE:
        lay_record(request->remove->kind, &request->remove->id, &request->remove->version);
        break;
    case SENDCO__REQUEST__BODY_UNDO:
        lay_record(request->undo->kind, &request->undo->id, &request->undo->version);
        lay_number(request->undo->has_batch, &request->undo->batch, told.batch);
        break;
    case SENDCO__REQUEST__BODY_WATCH:
        lay_number(request->watch->has_from, &request->watch->from, told.seq);
        break;
    case SENDCO__REQUEST__BODY_UNWATCH:
        lay_number(request->unwatch->has_watch, &request->unwatch->watch, told.watch);
        break;
    default:
        break;
    }
}

bool remember_into(const uint8_t *data, size_t size, struct buffer *out)
{
    struct arena arena;
    Sendco__Frame *frame;
    arena_init(&arena, 0);
    used = false;
    if (frame_unpack(data, size, true, &arena, &frame, NULL) == 0 && frame->kind_case == SENDCO__FRAME__KIND_REQUEST)
        lay_request(frame->request);
    if (used)
        DEMAND(frame_append(out, frame, 2 * FRAME_MAX) == 0);
    arena_deinit(&arena);
    return used;
}
