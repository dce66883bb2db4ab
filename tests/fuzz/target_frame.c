// Bytes as they arrive: cut into frames, guarded, unpacked in an arena with its budget, and
// what they ask made into the house's structs: every kind's body, queries, filters. What is
// taken must come out of packing as it went in, and what is refused must be refused in words.
// With little memory the same must come of it, or it must be known that memory was short.
#include <string.h>

#include "common/arena.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/guard.h"
#include "common/record.h"
#include "common/text.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "server/parse.h"
#include "tests/fuzz/item.h"
#include "tests/fuzz/scarce.h"

#define TODAY         20780
#define BUDGET(size)  (16 * (size) + ((size_t)64 << 10)) // as dispatch.c
#define BODIES_BUDGET ((size_t)64 << 20)
#define STRETCH_HEAD  4
#define STRETCH_MOST  ((size_t)160 << 10)
#define SCARCE(how)   ((size_t)((how) >> 2) * ((how) >> 2) * 48)

static size_t scarce; // memory in which all is done once more; 0: it is not

// The guard is of use to any schema: descriptor.proto has what ours lacks, messages within themselves and fields that must be there.
const ProtobufCMessageDescriptor *fuzz_message(uint8_t how)
{
    return how & ITEM_ANEW ? &google__protobuf__file_descriptor_proto__descriptor : &sendco__frame__descriptor;
}

static void judge_problem(const struct problem *problem)
{
    DEMAND(problem->error < 0 && problem->error != ERR_INTERNAL && problem->error != ERR_NOMEM);
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

// As a client reads a server's answer and the store its log: what is in it is not judged, but may be later.
static void run_trusted(const Sendco__Record *message, const struct record *judged, struct arena *arena)
{
    struct record *read;
    struct problem problem;
    problem_init(&problem, arena);
    const struct kind *kind = kind_by_number(message->kind);
    if (!kind || !message->has_body)
        return;
    if (record_read(kind, message->body.data, message->body.len, arena, &read, &problem) != 0) {
        judge_problem(&problem);
        return;
    }
    for (size_t i = 0; i < message->n_withheld; i++) {
        const struct field *field = field_by_number(kind, message->withheld[i]);
        read->withheld |= field ? field_bit(field) : 0;
    }
    bool good = true;
    for (size_t i = 0; i < kind->n_fields; i++) {
        problem_init(&problem, arena);
        if (value_check(&kind->fields[i], read->values[i], &problem) == 0)
            continue;
        judge_problem(&problem);
        good = false;
    }
    problem_init(&problem, arena);
    if (record_check(read, &problem) != 0)
        judge_problem(&problem);
    else
        DEMAND(good);
    // it differs from what was judged only by being composed
    DEMAND(!judged || !good || record_diff(read, judged) == 0);
    DEMAND(!judged || record_diff(read, judged) == record_diff(judged, read));
}

// Between two of a kind.
static void run_compared(const struct put_item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct record *a = items[i - 1].record, *b = items[i].record;
        if (a->kind == b->kind)
            DEMAND(record_diff(a, b) == record_diff(b, a));
    }
}

static void run_records(Sendco__Record **records, size_t n, struct arena *arena)
{
    struct put_item *items = arena_zero(arena, n + 1, sizeof *items);
    size_t good = 0;
    for (size_t i = 0; items && i < n; i++) {
        struct problem problem;
        problem_init(&problem, arena);
        int result = parse_item(records[i], 0, arena, &items[good], &problem);
        if (result)
            judge_problem(&problem);
        if (scarce)
            scarce_item(records[i], scarce, &items[good], &problem);
        if (!result)
            judge_record(items[good++].record, arena);
        run_trusted(records[i], result ? NULL : items[good - 1].record, arena);
    }
    run_compared(items, good);
    // what is sent ahead waits packed, and is opened by the store
    for (size_t i = 0; i < good; i++) {
        struct problem problem;
        struct record *read;
        problem_init(&problem, arena);
        if (scarce)
            scarce_packed(items[i], scarce);
        if (parse_packed(&items[i], arena) == 0 &&
            record_read(items[i].packed.kind, items[i].packed.body, items[i].packed.size, arena, &read, &problem) != 0)
            judge_problem(&problem);
    }
}

// --- the rest of a request ---

static void run_list(const Sendco__List *list, struct arena *arena)
{
    struct query query;
    struct problem problem;
    problem_init(&problem, arena);
    int result = parse_query(list, TODAY, arena, &query, &problem);
    if (result)
        judge_problem(&problem);
    else
        DEMAND(query.n_where <= QUERY_CONDITIONS && query.n_order <= QUERY_ORDERS && query.limit > 0 && query.limit <= 200);
    if (scarce)
        scarce_list(list, TODAY, scarce, result, &query);
}

static void run_request(const Sendco__Request *request, struct arena *arena)
{
    struct problem problem;
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
        run_list(request->list, arena);
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
    Sendco__Frame *again;
    arena_init(&arena, 0);
    buffer_init(&first);
    buffer_init(&second);
    DEMAND(frame_append(&first, frame, 2 * FRAME_MAX) == 0);
    if (buffer_size(&first) > 4) {
        DEMAND(frame_append(&second, frame, buffer_size(&first) - 5) == ERR_TOO_LARGE && buffer_size(&second) == 0);
        DEMAND(frame_unpack(buffer_head(&first) + 4, buffer_size(&first) - 4, strict, &arena, &again, NULL) == 0);
        DEMAND(frame_append(&second, again, 2 * FRAME_MAX) == 0);
        DEMAND(buffer_size(&first) == buffer_size(&second));
        DEMAND(memcmp(buffer_head(&first), buffer_head(&second), buffer_size(&first)) == 0);
    }
    buffer_deinit(&first);
    buffer_deinit(&second);
    arena_deinit(&arena);
}

// A message of the other schema.
static void run_other(const struct item *item, bool strict)
{
    struct arena arena;
    struct problem problem;
    const ProtobufCMessageDescriptor *descriptor = fuzz_message(item->how);
    arena_init(&arena, BODIES_BUDGET);
    problem_init(&problem, NULL);
    ProtobufCMessage *message = guard_unpack(descriptor, item->data, item->size, strict, &arena, &problem);
    if (!message)
        judge_problem(&problem);
    else
        DEMAND(protobuf_c_message_check(message));
    if (scarce)
        scarce_message(descriptor, item->data, item->size, strict, scarce, message != NULL);
    arena_deinit(&arena);
}

static void run_frame(const uint8_t *data, size_t size, bool strict)
{
    struct arena arena;
    struct problem problem;
    Sendco__Frame *frame = NULL;
    arena_init(&arena, BUDGET(size));
    problem_init(&problem, NULL);
    int result = frame_unpack(data, size, strict, &arena, &frame, &problem);
    if (scarce)
        scarce_message(&sendco__frame__descriptor, data, size, strict, scarce, result == 0 || result == ERR_TOO_LARGE);
    if (result) {
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

// An item that stands for a longer one: three bytes of size and one of a unit, then a message whose last so
// many bytes are said again and again up to that size.
static void stretch(const struct item *item, struct buffer *whole)
{
    size_t size = 0, unit = 0;
    if (item->size > STRETCH_HEAD) {
        size = ((size_t)item->data[0] << 16 | (size_t)item->data[1] << 8 | item->data[2]) % (STRETCH_MOST + 1);
        unit = 1 + item->data[3] % (item->size - STRETCH_HEAD);
        DEMAND(buffer_append(whole, item->data + STRETCH_HEAD, item->size - STRETCH_HEAD) == 0);
    }
    uint8_t *room = buffer_reserve(whole, STRETCH_MOST);
    DEMAND(room != NULL);
    size_t more = size > buffer_size(whole) && unit ? size - buffer_size(whole) : 0;
    for (size_t i = 0; i < more; i++)
        room[i] = room[(ptrdiff_t)i - (ptrdiff_t)unit];
    buffer_grow(whole, more);
}

static bool run_bytes(struct buffer *in, const uint8_t *data, size_t size, uint8_t how, bool strict, size_t most)
{
    const uint8_t head[4] = {0, (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    size_t first = how & ITEM_TORN ? size / 2 : size;
    DEMAND(how & ITEM_RAW || buffer_append(in, head, 4) == 0);
    DEMAND(first == 0 || buffer_append(in, data, first) == 0);
    if (!run_stream(in, most, strict))
        return false;
    DEMAND(size == first || buffer_append(in, data + first, size - first) == 0);
    return size == first || run_stream(in, most, strict);
}

static bool run_item(struct buffer *in, const struct item *item, bool strict, size_t most)
{
    if (!(item->how & ITEM_LATER))
        return run_bytes(in, item->data, item->size, item->how, strict, most);
    struct buffer whole;
    buffer_init(&whole);
    stretch(item, &whole);
    bool on = run_bytes(in, buffer_head(&whole), buffer_size(&whole), item->how, strict, most);
    buffer_deinit(&whole);
    return on;
}

// The first byte: 1: before login; 2: as a client reads; more: memory is scarce, too. Of an item,
// ITEM_ANEW: it is of the other schema; ITEM_LATER: it stands for a longer one.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct item item;
    struct buffer in;
    buffer_init(&in);
    uint8_t how = size ? *data++ : 0;
    bool on = size > 0, strict = !(how & 2);
    scarce = SCARCE(how);
    size -= on;
    while (on && item_next(&data, &size, &item)) {
        if (item.how & ITEM_ANEW)
            run_other(&item, strict);
        else
            on = run_item(&in, &item, strict, how & 1 ? FRAME_MAX_BEFORE_LOGIN : FRAME_MAX);
    }
    buffer_deinit(&in);
    return 0;
}
