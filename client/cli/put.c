// Sending changes: as one Put, or staged in pieces under the Put's key when they
// are many. A connection lost on the way is made again and everything sent again
// under the same key, which keeps it from being applied twice. Main thread.
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/buffer.h"
#include "client/cli/run.h"
#include "common/kind.h"

#define PUT_RECORDS 400 // a message may have 4,096 fields in all, a record has seven
#define PUT_BYTES   ((size_t)160 << 10)
#define PUT_AHEAD   4 // parts on their way at once: a slow line carries them in less time than an answer may take
#define PUT_TRIES   3

struct packed {
    Sendco__Record *wire;
    Sendco__Record **pointers;
    size_t *bytes;
    size_t n, total;
};

static int put_pack_one(struct cli *cli, const struct cli_change *change, struct packed *packed, struct problem *problem)
{
    const struct record *record = change->record;
    const struct kind *kind = record->kind;
    Sendco__Record *wire = &packed->wire[packed->n];
    uint64_t full = 0;

    sendco__record__init(wire);
    wire->has_kind = wire->has_id = wire->has_body = true;
    wire->kind = kind->number;
    wire->id = record->id;
    wire->has_version = record->id > 0;
    wire->version = record->version;
    wire->has_removed = change->restore; // false: bring it back
    wire->cleared = arena_alloc(&cli->arena, kind->n_fields * sizeof *wire->cleared);
    if (!wire->cleared)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for the changes.");
    for (size_t i = 0; i < kind->n_fields; i++) {
        uint64_t bit = UINT64_C(1) << i;

        if (!(change->set & bit))
            continue;
        if (record->values[i].type != VALUE_EMPTY)
            full |= bit;
        else if (record->id > 0)
            wire->cleared[wire->n_cleared++] = kind->fields[i].number;
    }
    if (record_pack(record, full, &cli->arena, &wire->body.data, &wire->body.len) != 0)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for the changes.");
    packed->pointers[packed->n] = wire;
    packed->bytes[packed->n] = wire->body.len + wire->n_cleared + 40;
    packed->total += packed->bytes[packed->n++];
    return 0;
}

static int put_pack(struct cli *cli, const struct cli_put *put, struct packed *packed, struct problem *problem)
{
    packed->wire = arena_alloc(&cli->arena, (put->n + 1) * sizeof *packed->wire);
    packed->pointers = arena_alloc(&cli->arena, (put->n + 1) * sizeof *packed->pointers);
    packed->bytes = arena_alloc(&cli->arena, (put->n + 1) * sizeof *packed->bytes);
    if (!packed->wire || !packed->pointers || !packed->bytes)
        return problem_set(problem, ERR_NOMEM, "There is not enough memory for the changes.");
    for (size_t i = 0; i < put->n; i++) {
        int error = put_pack_one(cli, &put->changes[i], packed, problem);

        if (error != 0)
            return error;
    }
    return 0;
}

struct part {
    Sendco__Request request;
    Sendco__Stage stage;
    struct problem problem;
};

// The part that begins with this record; how many are in it.
static size_t part_make(struct part *part, const struct cli_put *put, const struct packed *packed, size_t from, uint32_t number,
                        struct arena *arena)
{
    size_t n = 0, bytes = 0;

    while (from + n < packed->n && n < PUT_RECORDS && (n == 0 || bytes + packed->bytes[from + n] <= PUT_BYTES))
        bytes += packed->bytes[from + n++];
    sendco__request__init(&part->request);
    sendco__stage__init(&part->stage);
    problem_init(&part->problem, arena);
    part->stage.has_key = part->stage.has_part = true;
    part->stage.key = (ProtobufCBinaryData){CLI_KEY, (uint8_t *)put->key};
    part->stage.part = number;
    part->stage.n_records = n;
    part->stage.records = packed->pointers + from;
    part->request.body_case = SENDCO__REQUEST__BODY_STAGE;
    part->request.stage = &part->stage;
    return n;
}

// Some parts are on their way at once: the server takes them in their order, and refuses what comes behind a gap.
static int put_stage(struct cli *cli, const struct cli_put *put, const struct packed *packed, struct problem *problem)
{
    struct part parts[PUT_AHEAD];
    struct cli_question questions[PUT_AHEAD];
    uint32_t number = 0;

    for (size_t from = 0; from < packed->n;) {
        size_t n = 0;

        for (; n < PUT_AHEAD && from < packed->n; n++) {
            from += part_make(&parts[n], put, packed, from, number++, &cli->arena);
            questions[n] = (struct cli_question){.request = &parts[n].request, .problem = &parts[n].problem};
        }
        int error = cli_ask_all(cli, questions, n, problem);
        if (error != 0)
            return error;
        cli_progress(cli, "sending", from, packed->n);
    }
    cli_progress_end(cli);
    return 0;
}

struct answered {
    struct buffer packed; // the parts of a long answer: packed messages, joined, are one
    Sendco__PutReply *reply;
    struct problem *problem;
    bool is_undo;
};

static int on_put(struct cli *cli, const Sendco__Reply *reply, void *data)
{
    struct answered *answered = data;
    size_t size;

    if (reply->body_case != SENDCO__REPLY__BODY_PUT)
        return problem_set(answered->problem, ERR_PROTOCOL, "The server did not answer the change as one.");
    if (reply->more && reply->put->has_steps) { // only a sign that it goes on
        cli->waits_why = arena_printf(&cli->arena, "Being %s: %llu of %llu records", answered->is_undo ? "taken back" : "written",
                                      (unsigned long long)reply->put->steps_done, (unsigned long long)reply->put->steps);
        return 0;
    }
    size = sendco__put_reply__get_packed_size(reply->put);
    uint8_t *bytes = buffer_reserve(&answered->packed, size + 1);
    if (bytes)
        buffer_grow(&answered->packed, sendco__put_reply__pack(reply->put, bytes));
    if (bytes && reply->more)
        return 0;
    if (bytes)
        answered->reply = sendco__put_reply__unpack(&cli->arena.allocator, buffer_size(&answered->packed), buffer_head(&answered->packed));
    return answered->reply ? 0 : problem_set(answered->problem, ERR_NOMEM, "There is not enough memory for the answer.");
}

int cli_put_request(struct cli *cli, Sendco__Request *request, Sendco__PutReply **reply, struct problem *problem)
{
    struct answered answered = {.problem = problem, .is_undo = request->body_case == SENDCO__REQUEST__BODY_UNDO};
    buffer_init(&answered.packed);
    int error = cli_ask(cli, request, on_put, &answered, problem);
    buffer_deinit(&answered.packed);

    if (error == 0 && reply)
        *reply = answered.reply;
    return error;
}

static int put_send(struct cli *cli, const struct cli_put *put, const struct packed *packed, bool staged, Sendco__PutReply **reply,
                    struct problem *problem)
{
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Put wire = SENDCO__PUT__INIT;

    wire.has_key = true;
    wire.key = (ProtobufCBinaryData){CLI_KEY, (uint8_t *)put->key};
    wire.has_staged = wire.staged = staged;
    if (!staged) {
        wire.n_records = packed->n;
        wire.records = packed->pointers;
    }
    wire.has_strict = wire.strict = put->strict;
    wire.has_dry_run = wire.dry_run = put->dry_run;
    wire.has_seen = true;
    wire.seen = put->seen;
    wire.reason = (char *)put->reason;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &wire;
    return cli_put_request(cli, &request, reply, problem);
}

// The network stayed away for too long, or somebody interrupted.
static bool put_given_up(int error)
{
    return error == ERR_UNREACHABLE || error == ERR_TIMEOUT || error == ERR_UNKNOWN || error == ERR_INTERRUPTED;
}

// What was staged does not outlive the server, so a new connection begins again.
static int put_staged(struct cli *cli, const struct cli_put *put, const struct packed *packed, Sendco__PutReply **reply,
                      struct problem *problem)
{
    bool lost = false; // a Put on its way: only its key can tell what became of it

    for (int tries = 1;; tries++) {
        unsigned generation = cli->generation, sending;
        int error = put_stage(cli, put, packed, problem);

        if (error != 0 && lost)
            return cli_unknown(problem);
        sending = cli->generation;
        if (error == 0)
            error = put_send(cli, put, packed, true, reply, problem);
        lost |= cli->generation != sending && !put->dry_run;
        if (error == 0 || generation == cli->generation || tries == PUT_TRIES || put_given_up(error))
            return error;
        problem->n_fields = 0;
        problem->hint[0] = '\0';
    }
}

int cli_put(struct cli *cli, const struct cli_put *put, Sendco__PutReply **reply, struct problem *problem)
{
    struct packed packed = {.n = 0};
    struct cli_put same = *put; // sent again, a request must be the same to the last byte
    int error = cli_open(cli, problem);

    if (error == 0)
        error = put_pack(cli, put, &packed, problem);
    if (error != 0)
        return error;
    if (same.seen == 0)
        same.seen = cli->seq;
    if (!put->batch && packed.n <= PUT_RECORDS && packed.total <= PUT_BYTES)
        return put_send(cli, &same, &packed, false, reply, problem);
    return put_staged(cli, &same, &packed, reply, problem);
}
