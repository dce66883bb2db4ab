// Bytes as they arrive: cut into frames, guarded, unpacked in an arena with its budget, and
// what they ask made into the house's structs: every kind's body, queries, filters. What is
// taken must come out of packing as it went in, and what is refused must be refused in words.
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/guard.h"
#include "common/record.h"
#include "common/text.h"
#include "server/parse.h"
#include "tests/fuzz/item.h"

const ProtobufCMessageDescriptor *const fuzz_message = &sendco__frame__descriptor;

#define TODAY         20780
#define BUDGET(size)  (16 * (size) + ((size_t)64 << 10)) // as dispatch.c
#define BODIES_BUDGET ((size_t)64 << 20)

static void judge_problem(const struct problem *problem)
{
    DEMAND(problem->error < 0 && problem->error != ERR_INTERNAL);
    DEMAND(problem->message[0] && problem_next(problem)[0]);
    DEMAND(text_fault(problem->message, strlen(problem->message), true) == NULL);
    for (size_t i = 0; i < problem->n_fields; i++)
        DEMAND(problem->fields[i].kind && problem->fields[i].field < problem->fields[i].kind->n_fields);
}

// --- records ---

// What was taken is what the log reads again, byte for byte.
static void judge_record(const struct record *record, struct arena *arena)
{
    uint8_t *first, *second;
    size_t first_size, second_size;
    struct record *again;
    struct problem problem;
    problem_init(&problem, arena);
    DEMAND(record_pack(record, ~UINT64_C(0), arena, &first, &first_size) == 0);
    DEMAND(record_unpack(record->kind, first, first_size, arena, &again, &problem) == 0);
    DEMAND(record_diff(record, again) == 0);
    DEMAND(record_pack(again, ~UINT64_C(0), arena, &second, &second_size) == 0);
    DEMAND(first_size == second_size && (first_size == 0 || memcmp(first, second, first_size) == 0));
    DEMAND(record_read(record->kind, first, first_size, arena, &again, &problem) == 0 && record_diff(record, again) == 0);
    if (record_check(record, &problem) != 0)
        judge_problem(&problem);
    const char *shown = record_show(record, record->kind->shows, NULL, NULL, arena);
    DEMAND(shown && text_fault(shown, strlen(shown), true) == NULL);
    for (size_t i = 0; i < record->kind->n_fields; i++) {
        DEMAND(value_check(&record->kind->fields[i], record->values[i], NULL) == 0);
        DEMAND(value_format(&record->kind->fields[i], record->values[i], VALUE_HUMAN, arena) != NULL);
    }
}

static void run_records(Sendco__Record **records, size_t n, struct arena *arena)
{
    struct put_item *items = arena_zero(arena, n + 1, sizeof *items);
    size_t good = 0;
    for (size_t i = 0; items && i < n; i++) {
        struct problem problem;
        problem_init(&problem, arena);
        if (parse_item(records[i], i, arena, &items[good], &problem) == 0)
            judge_record(items[good++].record, arena);
        else
            judge_problem(&problem);
        const struct kind *kind = kind_by_number(records[i]->kind);
        struct record *read;
        problem_init(&problem, arena);
        if (kind && records[i]->has_body && record_read(kind, records[i]->body.data, records[i]->body.len, arena, &read, &problem) != 0)
            judge_problem(&problem);
    }
    // what is sent ahead waits packed, and is opened by the store
    for (size_t i = 0; i < good; i++) {
        struct problem problem;
        struct record *read;
        problem_init(&problem, arena);
        if (parse_packed(&items[i], arena) == 0 &&
            record_read(items[i].packed.kind, items[i].packed.body, items[i].packed.size, arena, &read, &problem) != 0)
            judge_problem(&problem);
    }
}

// --- the rest of a request ---

static void run_request(const Sendco__Request *request, struct arena *arena)
{
    struct problem problem;
    struct query query;
    uint8_t key[STORE_KEY];
    int result = 0;
    const struct kind *kind;
    problem_init(&problem, arena);
    switch (request->body_case) {
    case SENDCO__REQUEST__BODY_PUT:
        result = parse_key(request->put->has_key, &request->put->key, key, &problem);
        run_records(request->put->records, request->put->n_records, arena);
        break;
    case SENDCO__REQUEST__BODY_STAGE:
        run_records(request->stage->records, request->stage->n_records, arena);
        break;
    case SENDCO__REQUEST__BODY_LIST:
        result = parse_query(request->list, TODAY, arena, &query, &problem);
        if (!result)
            DEMAND(query.n_where <= QUERY_CONDITIONS && query.n_order <= QUERY_ORDERS && query.limit > 0 && query.limit <= 200);
        break;
    case SENDCO__REQUEST__BODY_GET:
        result = parse_target(request->get->has_kind, request->get->kind, request->get->has_id, request->get->id, &kind, &problem);
        if (!result)
            result = parse_known(request->get->has_as_known, request->get->as_known, TODAY, &problem);
        break;
    case SENDCO__REQUEST__BODY_WATCH:
        result = request->watch->about ? parse_about(request->watch->about, &kind, &problem) : 0;
        break;
    default:
        break;
    }
    if (result)
        judge_problem(&problem);
}

// --- frames ---

// What was unpacked packs to something that unpacks to the same.
static void judge_frame(const Sendco__Frame *frame, bool strict)
{
    struct arena arena;
    struct buffer first, second;
    struct problem problem;
    Sendco__Frame *again;
    arena_init(&arena, 0);
    buffer_init(&first);
    buffer_init(&second);
    problem_init(&problem, NULL);
    DEMAND(frame_append(&first, frame, 2 * FRAME_MAX) == 0);
    if (buffer_size(&first) > 4) {
        DEMAND(frame_unpack(buffer_head(&first) + 4, buffer_size(&first) - 4, strict, &arena, &again, &problem) == 0);
        DEMAND(frame_append(&second, again, 2 * FRAME_MAX) == 0);
        DEMAND(buffer_size(&first) == buffer_size(&second));
        DEMAND(memcmp(buffer_head(&first), buffer_head(&second), buffer_size(&first)) == 0);
    }
    buffer_deinit(&first);
    buffer_deinit(&second);
    arena_deinit(&arena);
}

static void run_frame(const uint8_t *data, size_t size, bool strict)
{
    struct arena arena;
    struct problem problem;
    Sendco__Frame *frame = NULL;
    arena_init(&arena, BUDGET(size));
    problem_init(&problem, NULL);
    if (frame_unpack(data, size, strict, &arena, &frame, &problem) != 0) {
        judge_problem(&problem);
    } else {
        judge_frame(frame, strict);
        arena.budget = BODIES_BUDGET;
        if (frame->kind_case == SENDCO__FRAME__KIND_REQUEST)
            run_request(frame->request, &arena);
        else if (frame->kind_case == SENDCO__FRAME__KIND_REPLY && frame->reply->body_case == SENDCO__REPLY__BODY_RECORDS)
            run_records(frame->reply->records->records, frame->reply->records->n_records, &arena);
    }
    DEMAND(arena.used <= BODIES_BUDGET);
    arena_deinit(&arena);
}

// False: the connection would have ended.
static bool run_stream(struct buffer *in, size_t most, bool strict)
{
    const uint8_t *data;
    size_t size;
    struct problem problem;
    problem_init(&problem, NULL);
    for (;;) {
        int result = frame_next(in, most, &data, &size, &problem);
        if (result < 0)
            judge_problem(&problem);
        if (result != 1)
            return result == 0;
        DEMAND(size > 0 && size <= most && buffer_size(in) >= 4 + size);
        run_frame(data, size, strict);
        buffer_consume(in, 4 + size);
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

// The first byte: 1: before login; 2: as a client reads.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct item item;
    struct buffer in;
    buffer_init(&in);
    uint8_t how = size ? *data++ : 0;
    size_t most = how & 1 ? FRAME_MAX_BEFORE_LOGIN : FRAME_MAX;
    bool on = size > 0;
    size -= size > 0;
    while (on && item_next(&data, &size, &item)) {
        const uint8_t head[4] = {0, (uint8_t)(item.size >> 16), (uint8_t)(item.size >> 8), (uint8_t)item.size};
        size_t first = item.how & ITEM_TORN ? item.size / 2 : item.size;
        DEMAND(item.how & ITEM_RAW || buffer_append(&in, head, 4) == 0);
        DEMAND(first == 0 || buffer_append(&in, item.data, first) == 0);
        on = run_stream(&in, most, !(how & 2));
        if (on && item.size > first) {
            DEMAND(buffer_append(&in, item.data + first, item.size - first) == 0);
            on = run_stream(&in, most, !(how & 2));
        }
    }
    buffer_deinit(&in);
    return 0;
}
