// Sends a plan as one batch: staged in pieces under one key, then applied whole, so
// that the server gives it a batch number and one undo takes all of it back. However
// few the records are. Main thread.
#include "client/exchange/import.h"

#include "client/cli/run.h"

#include <string.h>

#define SEND_RECORDS 400 // of one piece: a message has at most 4,096 fields in all
#define SEND_BYTES   ((size_t)160 << 10)

struct sending {
    struct import *import;
    struct problem *problem;
    uint8_t key[CLI_KEY];
    Sendco__Record **records;
    size_t n;
};

static size_t record_bytes(const Sendco__Record *record)
{
    return record->body.len + record->n_cleared + 40;
}

static Sendco__Record *record_wire(const struct plan_change *change, struct arena *arena)
{
    const struct record *record = change->record;
    Sendco__Record *wire = arena_alloc(arena, sizeof *wire);
    uint32_t *cleared = arena_zero(arena, record->kind->n_fields, sizeof *cleared);
    uint64_t full = 0;
    if (!wire || !cleared)
        return NULL;
    sendco__record__init(wire);
    wire->has_kind = wire->has_id = wire->has_body = 1;
    wire->kind = record->kind->number;
    wire->id = record->id;
    wire->has_version = record->id > 0;
    wire->version = record->version;
    wire->has_removed = change->restore; // false: bring it back
    wire->cleared = cleared;
    for (size_t i = 0; i < record->kind->n_fields; i++) {
        const struct field *field = &record->kind->fields[i];
        if ((change->set & field_bit(field)) == 0)
            continue;
        if (record->values[i].type != VALUE_EMPTY)
            full |= field_bit(field);
        else if (record->id > 0)
            cleared[wire->n_cleared++] = field->number;
    }
    return record_pack(record, full, arena, &wire->body.data, &wire->body.len) == 0 ? wire : NULL;
}

static int send_piece(struct sending *sending, uint32_t part, size_t from, size_t n)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Stage stage = SENDCO__STAGE__INIT;
    stage.has_key = stage.has_part = 1;
    stage.key = (ProtobufCBinaryData){CLI_KEY, sending->key};
    stage.part = part;
    stage.records = sending->records + from;
    stage.n_records = n;
    request.body_case = SENDCO__REQUEST__BODY_STAGE;
    request.stage = &stage;
    return cli_ask(sending->import->cli, &request, NULL, NULL, sending->problem);
}

static int send_pieces(struct sending *sending)
{
    int result = 0;
    uint32_t part = 0;
    for (size_t from = 0; result == 0 && from < sending->n;) {
        size_t n = 0, bytes = 0;
        while (from + n < sending->n && n < SEND_RECORDS && (n == 0 || bytes + record_bytes(sending->records[from + n]) <= SEND_BYTES))
            bytes += record_bytes(sending->records[from + n++]);
        result = send_piece(sending, part++, from, n);
        from += n;
        cli_progress(sending->import->cli, "sending", from, sending->n);
    }
    cli_progress_end(sending->import->cli);
    return result;
}

static int send_put(struct sending *sending)
{
    static char reason[] = "import";
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put put = SENDCO__PUT__INIT;
    put.has_key = put.has_staged = put.has_seen = put.has_dry_run = 1;
    put.key = (ProtobufCBinaryData){CLI_KEY, sending->key};
    put.staged = 1;
    put.seen = sending->import->seen;
    put.dry_run = sending->import->dry_run;
    put.reason = reason;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    Sendco__PutReply *reply = NULL;
    int result = cli_put_request(sending->import->cli, &request, &reply, sending->problem);
    sending->import->reply = reply;
    return result;
}

int import_send(struct import *import, struct problem *problem)
{
    const struct plan *plan = &import->plan;
    struct arena *arena = &import->cli->arena;
    struct sending sending = {.import = import, .problem = problem, .n = plan->n_changes};
    sending.records = arena_zero(arena, plan->n_changes, sizeof(Sendco__Record *));
    for (size_t i = 0; sending.records && i < plan->n_changes; i++) {
        sending.records[i] = record_wire(&plan->changes[i], arena);
        if (!sending.records[i])
            sending.records = NULL;
    }
    if (!sending.records)
        return problem_set(problem, ERR_NOMEM, "There was not enough memory for so large a roll.");
    cli_key_make(sending.key);
    int result = send_pieces(&sending);
    if (result == 0)
        result = send_put(&sending);
    import->applied = result == 0 && !import->dry_run;
    return result;
}
