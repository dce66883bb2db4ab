// Arena, buffer, frames and the guard: whatever bytes come,
// there is one clean answer.
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/error.h"
#include "common/frame.h"
#include "common/guard.h"

static uint64_t seed = 20260914;

// xorshift: the same run every time.
static uint32_t chance(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % below;
}

// --- arena -------------------------------------------------------------------

static void arena_gives_what_is_asked(void **state)
{
    (void)state;
    struct arena arena;
    uint8_t *pieces[500];
    size_t sizes[500];
    arena_init(&arena, 0);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 500; i++) {
            sizes[i] = i % 100 == 99 ? 100000 : chance(700);
            pieces[i] = arena_alloc(&arena, sizes[i]);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
            memset(pieces[i], (int)(i & 0xff), sizes[i]);
        }
        for (size_t i = 0; i < 500; i++) {
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(pieces[i][at], i & 0xff);
        }
        arena_reset(&arena);
        assert_true(arena.used > 0 && arena.used <= 66000);
    }
    arena_deinit(&arena);
    assert_int_equal(arena.used, 0);
}

static void arena_keeps_its_budget(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 10000);
    assert_null(arena_alloc(&arena, 10001));
    size_t given = 0;
    while (arena_alloc(&arena, 100))
        given += 100;
    assert_true(given > 6000 && given <= 10000);
    assert_true(arena.used <= 10000);
    assert_null(arena_zero(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 100));
    arena_deinit(&arena);
}

static void arena_copies_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    assert_string_equal(arena_strdup(&arena, "O’Brien"), "O’Brien");
    assert_string_equal(arena_strndup(&arena, "surname", 3), "sur");
    assert_string_equal(arena_strndup(&arena, "sur", 100), "sur");
    assert_string_equal(arena_printf(&arena, "%s-%04d", "TGT", 7), "TGT-0007");
    assert_memory_equal(arena_copy(&arena, "a\0b", 3), "a\0b", 3);
    assert_non_null(arena_copy(&arena, NULL, 0));
    assert_true(arena_alloc(&arena, 0) != arena_alloc(&arena, 0));
    const int *zero = arena_zero(&arena, 10, sizeof *zero);
    for (int i = 0; i < 10; i++)
        assert_int_equal(zero[i], 0);
    arena_deinit(&arena);
}

// --- buffer ------------------------------------------------------------------

// Against the plainest model: a count of bytes written and read.
static void buffer_is_a_queue(void **state)
{
    (void)state;
    struct buffer buffer;
    uint64_t written = 0, taken = 0;
    buffer_init(&buffer);
    assert_null(buffer_head(&buffer));
    for (int turn = 0; turn < 20000; turn++) {
        uint8_t part[3000];
        size_t size = chance(turn % 50 == 0 ? sizeof part : 200);
        for (size_t i = 0; i < size; i++)
            part[i] = (uint8_t)(written++ * 31);
        assert_int_equal(buffer_append(&buffer, part, size), 0);
        size_t wanted = chance(turn % 70 == 0 ? 20000 : 220);
        size_t gets = wanted < buffer_size(&buffer) ? wanted : buffer_size(&buffer);
        for (size_t i = 0; i < gets; i++)
            assert_int_equal(buffer_head(&buffer)[i], (uint8_t)(taken++ * 31));
        buffer_consume(&buffer, wanted);
        assert_int_equal(buffer_size(&buffer), written - taken);
        assert_true(buffer.capacity < 200000);
    }
    // A busy queue that is never quite empty does not grow for ever.
    for (int turn = 0; turn < 5000; turn++) {
        assert_int_equal(buffer_append(&buffer, "0123456789", 10), 0);
        while (buffer_size(&buffer) > 500)
            buffer_consume(&buffer, 10);
    }
    assert_true(buffer.capacity < 20000);
    buffer_deinit(&buffer);
}

static void buffer_gives_memory_back(void **state)
{
    (void)state;
    struct buffer buffer;
    uint8_t *data;
    size_t size;
    buffer_init(&buffer);
    assert_non_null(buffer_reserve(&buffer, 300000));
    buffer_grow(&buffer, 300000);
    buffer_consume(&buffer, 299999);
    assert_int_equal(buffer_size(&buffer), 1);
    buffer_consume(&buffer, 1);
    assert_int_equal(buffer.capacity, 0);
    assert_int_equal(buffer_append(&buffer, "hello", 5), 0);
    buffer_consume(&buffer, 2);
    buffer_take(&buffer, &data, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(data, "llo", 3);
    assert_int_equal(buffer_size(&buffer), 0);
    free(data);
    buffer_take(&buffer, &data, &size);
    assert_null(data);
    assert_null(buffer_reserve(&buffer, SIZE_MAX));
    buffer_deinit(&buffer);
}

// --- frames ------------------------------------------------------------------

static void put_request(struct buffer *out, uint64_t id, const char *search)
{
    Sendco__Search body = SENDCO__SEARCH__INIT;
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    body.text = (char *)(uintptr_t)search;
    request.has_id = true;
    request.id = id;
    request.body_case = SENDCO__REQUEST__BODY_SEARCH;
    request.search = &body;
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = &request;
    assert_int_equal(frame_append(out, &frame, FRAME_MAX), 0);
}

static void frames_come_in_any_pieces(void **state)
{
    (void)state;
    struct buffer all, in;
    struct arena arena;
    struct problem problem;
    const uint8_t *data;
    size_t size;
    uint64_t seen = 0;
    buffer_init(&all);
    buffer_init(&in);
    arena_init(&arena, 0);
    for (uint64_t id = 1; id <= 20; id++)
        put_request(&all, id, id % 2 ? "Łucja" : "");
    while (buffer_size(&all) > 0) {
        assert_int_equal(buffer_append(&in, buffer_head(&all), 1), 0);
        buffer_consume(&all, 1);
        int got = frame_next(&in, FRAME_MAX_BEFORE_LOGIN, &data, &size, &problem);
        assert_true(got >= 0);
        if (got == 0)
            continue;
        Sendco__Frame *frame;
        assert_int_equal(frame_unpack(data, size, true, &arena, &frame, &problem), 0);
        assert_int_equal(frame->request->id, ++seen);
        assert_string_equal(frame->request->search->text, seen % 2 ? "Łucja" : "");
        buffer_consume(&in, 4 + size);
        arena_reset(&arena);
    }
    assert_int_equal(seen, 20);
    assert_int_equal(buffer_size(&in), 0);
    arena_deinit(&arena);
    buffer_deinit(&all);
    buffer_deinit(&in);
}

static void frames_have_limits(void **state)
{
    (void)state;
    struct buffer buffer;
    struct problem problem;
    const uint8_t *data;
    size_t size;
    buffer_init(&buffer);
    assert_int_equal(buffer_append(&buffer, "\0\0\x10\x01", 4), 0);
    assert_int_equal(frame_next(&buffer, FRAME_MAX_BEFORE_LOGIN, &data, &size, &problem), ERR_TOO_LARGE);
    assert_non_null(strstr(problem.message, "4097"));
    assert_int_equal(frame_next(&buffer, FRAME_MAX, &data, &size, &problem), 0);
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer_append(&buffer, "\xff\xff\xff\xff", 4), 0);
    assert_int_equal(frame_next(&buffer, FRAME_MAX, &data, &size, NULL), ERR_TOO_LARGE);
    buffer_consume(&buffer, 4);
    assert_int_equal(buffer_append(&buffer, "\0\0\0\0", 4), 0);
    assert_int_equal(frame_next(&buffer, FRAME_MAX, &data, &size, &problem), ERR_PROTOCOL);
    buffer_consume(&buffer, 4);

    Sendco__Push push = SENDCO__PUSH__INIT;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    frame.kind_case = SENDCO__FRAME__KIND_PUSH;
    frame.push = &push;
    push.has_watch = true;
    push.watch = 1;
    size_t exact = sendco__frame__get_packed_size(&frame);
    assert_int_equal(frame_append(&buffer, &frame, exact - 1), ERR_TOO_LARGE);
    assert_int_equal(buffer_size(&buffer), 0);
    assert_int_equal(frame_append(&buffer, &frame, exact), 0);
    assert_int_equal(buffer_size(&buffer), 4 + exact);
    buffer_deinit(&buffer);
}

// --- guard -------------------------------------------------------------------

static struct problem said;

static int check(const ProtobufCMessageDescriptor *descriptor, const char *bytes, size_t size, bool strict)
{
    problem_init(&said, NULL);
    // Off the heap, so that the sanitizer sees a step too far.
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    int error = guard_check(descriptor, copy, size, strict, &said);
    struct arena arena;
    arena_init(&arena, 0);
    if (!error)
        assert_non_null(guard_unpack(descriptor, copy, size, strict, &arena, &said));
    arena_deinit(&arena);
    free(copy);
    return error;
}

#define TAKEN(name, bytes) assert_int_equal(check(&sendco__##name##__descriptor, bytes, sizeof bytes - 1, true), 0)
#define REFUSED(name, bytes, words)                                                                                                        \
    do {                                                                                                                                   \
        assert_int_equal(check(&sendco__##name##__descriptor, bytes, sizeof bytes - 1, true), ERR_PROTOCOL);                               \
        if (!strstr(said.message, words))                                                                                                  \
            fail_msg("\"%s\" does not say \"%s\"", said.message, words);                                                                   \
    } while (0)

static void guard_knows_wire_types(void **state)
{
    (void)state;
    TAKEN(get, "");
    TAKEN(get, "\x08\x05\x10\x07");
    TAKEN(get, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    REFUSED(get, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", "Get.id is a number of more than 64 bits");
    REFUSED(get, "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "Get.id is a number of");
    REFUSED(get, "\x10\xff", "ends in the middle");
    REFUSED(get, "\x10", "ends in the middle");
    REFUSED(get, "\x80", "ends in the middle");
    REFUSED(get, "\x11\0\0\0\0\0\0\0\0", "is of another type");
    REFUSED(get, "\x15\0\0\0\0", "is of another type");
    REFUSED(get, "\x12\x01\x05", "is of another type");
    REFUSED(get, "\x13\x14", "is a group");
    REFUSED(get, "\x14", "is a group");
    REFUSED(get, "\x16", "wire type");
    REFUSED(get, "\x07", "field number");
    REFUSED(get, "\x00\x01", "field number");
    REFUSED(get, "\x80\x80\x80\x80\x80\x01", "too many bytes");
    REFUSED(get, "\xff\xff\xff\xff\x7f\x01", "field number");
    REFUSED(hello, "\x11\0\0\0", "longer than the message");
    TAKEN(hello, "\x11\0\0\0\0\0\0\0\x80");
}

static void guard_knows_ranges(void **state)
{
    (void)state;
    TAKEN(get, "\x08\xff\xff\xff\xff\x0f");
    REFUSED(get, "\x08\xff\xff\xff\xff\x1f", "Get.kind is a number out of its range");
    TAKEN(get, "\x20\x01");
    REFUSED(get, "\x20\x02", "Get.labels is a number out of its range");
    TAKEN(reply, "\x18\x02");
    TAKEN(reply, "\x18\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    REFUSED(reply, "\x18\xff\xff\xff\xff\x0f", "Reply.outcome is a number out of its range");
}

static void guard_knows_unknown_fields(void **state)
{
    (void)state;
    static const char unknown[] = "\x08\x05\xfa\x3e\x02hi";
    assert_int_equal(check(&sendco__get__descriptor, unknown, sizeof unknown - 1, true), ERR_PROTOCOL);
    assert_non_null(strstr(said.message, "field 1007"));
    assert_int_equal(check(&sendco__get__descriptor, unknown, sizeof unknown - 1, false), 0);
    assert_int_equal(check(&sendco__get__descriptor, unknown, sizeof unknown - 2, false), ERR_PROTOCOL);
    assert_int_equal(check(&sendco__get__descriptor, "\xfb\x3e\xfc\x3e", 4, false), ERR_PROTOCOL);
}

static void guard_counts_occurrences(void **state)
{
    (void)state;
    REFUSED(get, "\x08\x05\x08\x05", "Get.kind comes twice");
    REFUSED(request, "\x22\x00\x22\x00", "Request.resume comes twice");
    REFUSED(request, "\x22\x00\x2a\x00", "Request.logout comes twice, or beside another");
    REFUSED(frame, "\x12\x00\x0a\x00", "Frame.request comes twice, or beside");
    TAKEN(list, "\x12\x00\x12\x02\x08\x01");
    REFUSED(list, "\x12\x00\x12\x04\x08\x01\x08\x01", "List.where#2.field comes twice");
    REFUSED(frame, "\x0a\x0a\x5a\x08\x12\x00\x12\x04\x08\x01\x08\x80", "Frame.request.put.records#2.kind");
}

static void guard_takes_packed_and_not(void **state)
{
    (void)state;
    TAKEN(record, "\x2a\x03\x01\xac\x02\x28\x07");
    TAKEN(record, "\x2a\x00");
    REFUSED(record, "\x2a\x02\x01\xac", "Record.cleared#1 ends in the middle");
    REFUSED(record, "\x28\x01\x2a\x05\xff\xff\xff\xff\x1f", "Record.cleared#2 is a number out of its range");
    REFUSED(record, "\x2d\x01\x00\x00\x00", "is of another type");
}

static void guard_reads_texts(void **state)
{
    (void)state;
    TAKEN(search, "\x0a\x03\xe2\x82\xac");
    TAKEN(search, "\x0a\x04"
                  "a\n\tb");
    REFUSED(search,
            "\x0a\x03"
            "a\0b",
            "Search.text is not a clean text");
    REFUSED(search, "\x0a\x02\xc3\x28", "Search.text is not a clean text");
    REFUSED(search, "\x0a\x02\xc0\x80", "Search.text is not a clean text");
    REFUSED(search, "\x0a\x03\xed\xa0\x80", "Search.text is not a clean text");
    REFUSED(search, "\x0a\x01\x1b", "Search.text is not a clean text");
    REFUSED(search, "\x0a\x02\xc2\x9b", "Search.text is not a clean text");
    REFUSED(search,
            "\x0a\x05"
            "abcd",
            "longer than the message");
    REFUSED(search,
            "\x0a\xff\xff\xff\xff\x0f"
            "abcd",
            "longer than the message");
    TAKEN(resume, "\x0a\x04\x00\xff\xc3\x28");

    char *long_text = calloc(1, GUARD_TEXT + 10);
    assert_non_null(long_text);
    memset(long_text, 'x', GUARD_TEXT + 10);
    memcpy(long_text, "\x0a\x80\x80\x04", 4);
    assert_int_equal(check(&sendco__search__descriptor, long_text, 4 + GUARD_TEXT, true), 0);
    memcpy(long_text, "\x0a\x81\x80\x04", 4);
    assert_int_equal(check(&sendco__search__descriptor, long_text, 5 + GUARD_TEXT, true), ERR_PROTOCOL);
    free(long_text);
}

// Our own messages never nest in themselves; this one does.
struct nest {
    ProtobufCMessage base;
    struct nest *inner;
};
static const ProtobufCMessageDescriptor nest_descriptor;
static const ProtobufCFieldDescriptor nest_fields[] = {
    {.name = "inner",
     .id = 1,
     .label = PROTOBUF_C_LABEL_OPTIONAL,
     .type = PROTOBUF_C_TYPE_MESSAGE,
     .offset = offsetof(struct nest, inner),
     .descriptor = &nest_descriptor},
};
static const unsigned nest_by_name[] = {0};
static const ProtobufCIntRange nest_ranges[] = {{1, 0}, {0, 1}};
static const ProtobufCMessageDescriptor nest_descriptor = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "test.Nest",
    .short_name = "Nest",
    .c_name = "Nest",
    .package_name = "test",
    .sizeof_message = sizeof(struct nest),
    .n_fields = 1,
    .fields = nest_fields,
    .fields_sorted_by_name = nest_by_name,
    .n_field_ranges = 1,
    .field_ranges = nest_ranges,
};

static int check_nest(unsigned depth)
{
    uint8_t bytes[200];
    size_t size = 0;
    // The outermost is a message itself; each level below wraps what is there.
    for (unsigned i = 1; i < depth; i++) {
        memmove(bytes + 2, bytes, size);
        bytes[0] = 0x0a;
        bytes[1] = (uint8_t)size;
        size += 2;
    }
    problem_init(&said, NULL);
    return guard_check(&nest_descriptor, bytes, size, true, &said);
}

static void guard_bounds_the_tree(void **state)
{
    (void)state;
    assert_int_equal(check_nest(GUARD_DEPTH), 0);
    assert_int_equal(check_nest(GUARD_DEPTH + 1), ERR_PROTOCOL);
    assert_non_null(strstr(said.message, "is nested too deeply"));
    assert_int_equal(check_nest(60), ERR_PROTOCOL);

    char *many = malloc(2 * (GUARD_FIELDS_LAX + 1));
    assert_non_null(many);
    for (size_t i = 0; i <= GUARD_FIELDS_LAX; i++)
        memcpy(many + 2 * i, "\x12\x00", 2);
    assert_int_equal(check(&sendco__list__descriptor, many, 2 * GUARD_FIELDS, true), 0);
    assert_int_equal(check(&sendco__list__descriptor, many, 2 * (GUARD_FIELDS + 1), true), ERR_PROTOCOL);
    assert_non_null(strstr(said.message, "too many fields"));
    assert_int_equal(check(&sendco__list__descriptor, many, 2 * GUARD_FIELDS_LAX, false), 0);
    assert_int_equal(check(&sendco__list__descriptor, many, 2 * (GUARD_FIELDS_LAX + 1), false), ERR_PROTOCOL);

    struct arena arena;
    arena_init(&arena, 64 << 10);
    assert_null(guard_unpack(&sendco__list__descriptor, (const uint8_t *)many, 2 * GUARD_FIELDS, true, &arena, &said));
    assert_int_equal(said.error, ERR_TOO_LARGE);
    assert_true(arena.used <= 64 << 10);
    arena_deinit(&arena);
    free(many);
}

static size_t make_put(uint8_t *bytes, size_t room)
{
    Sendco__Record one = SENDCO__RECORD__INIT, two = SENDCO__RECORD__INIT, *records[] = {&one, &two};
    Sendco__Put put = SENDCO__PUT__INIT;
    Sendco__Request request = SENDCO__REQUEST__INIT;
    Sendco__Frame frame = SENDCO__FRAME__INIT;
    uint32_t cleared[] = {3, 300};
    uint8_t body[] = {0x0a, 0x03, 'a', 'i', 'm'};
    frame.kind_case = SENDCO__FRAME__KIND_REQUEST;
    frame.request = &request;
    request.has_id = one.has_kind = one.has_id = one.has_body = two.has_kind = two.has_version = true;
    request.id = 77;
    request.body_case = SENDCO__REQUEST__BODY_PUT;
    request.put = &put;
    put.n_records = 2;
    put.records = records;
    put.reason = (char[]){"tidying"};
    one.kind = two.kind = 11;
    one.id = -1;
    one.body = (ProtobufCBinaryData){sizeof body, body};
    two.version = UINT64_MAX;
    two.n_cleared = 2;
    two.cleared = cleared;
    assert_true(sendco__frame__get_packed_size(&frame) <= room);
    return sendco__frame__pack(&frame, bytes);
}

// Whatever the guard takes, protobuf-c takes as well, and packs again to what the guard takes.
static void guard_and_parser_agree(void **state)
{
    (void)state;
    uint8_t good[256], bad[256], again[4096];
    size_t size = make_put(good, sizeof good);
    unsigned taken = 0;
    assert_int_equal(check(&sendco__frame__descriptor, (const char *)good, size, true), 0);
    for (unsigned turn = 0; turn < 200000; turn++) {
        size_t cut = chance(4) ? size : chance((uint32_t)size + 1);
        memcpy(bad, good, size);
        for (unsigned n = chance(4); n > 0; n--)
            bad[chance((uint32_t)size)] = chance(2) ? (uint8_t)chance(256) : (uint8_t)(bad[chance((uint32_t)size)] ^ (1u << chance(8)));
        bool strict = chance(2);
        if (guard_check(&sendco__frame__descriptor, bad, cut, strict, NULL) != 0)
            continue;
        struct arena arena;
        arena_init(&arena, 0);
        ProtobufCMessage *message = guard_unpack(&sendco__frame__descriptor, bad, cut, strict, &arena, NULL);
        assert_non_null(message);
        size_t packed = protobuf_c_message_get_packed_size(message);
        assert_true(packed <= sizeof again);
        protobuf_c_message_pack(message, again);
        assert_int_equal(guard_check(&sendco__frame__descriptor, again, packed, strict, &said), 0);
        arena_deinit(&arena);
        taken++;
    }
    assert_true(taken > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_what_is_asked), cmocka_unit_test(arena_keeps_its_budget),
        cmocka_unit_test(arena_copies_text),         cmocka_unit_test(buffer_is_a_queue),
        cmocka_unit_test(buffer_gives_memory_back),  cmocka_unit_test(frames_come_in_any_pieces),
        cmocka_unit_test(frames_have_limits),        cmocka_unit_test(guard_knows_wire_types),
        cmocka_unit_test(guard_knows_ranges),        cmocka_unit_test(guard_knows_unknown_fields),
        cmocka_unit_test(guard_counts_occurrences),  cmocka_unit_test(guard_takes_packed_and_not),
        cmocka_unit_test(guard_reads_texts),         cmocka_unit_test(guard_bounds_the_tree),
        cmocka_unit_test(guard_and_parser_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
