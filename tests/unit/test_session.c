// What sessions rest on, without a socket: the wheel of deadlines, what is made of
// requests (with every fault named), staging, and what a push holds.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sodium.h>

#include "common/clock.h"
#include "common/frame.h"
#include "server/access/access.h"
#include "server/access/matrix.h"
#include "server/arrivals.h"
#include "server/deadline.h"
#include "server/handlers/stage.h"
#include "server/live.h"
#include "server/parse.h"

// --- the wheel ---

struct fired {
    uint64_t now;
    size_t n;
    uint64_t at[512];
};

static struct fired *fired;

struct alarm {
    struct deadline deadline;
    uint64_t when;
};

static void on_due(struct deadline *deadline, void *data)
{
    struct wheel *wheel = data;
    const struct alarm *alarm = (const struct alarm *)deadline;
    if (fired->now < alarm->when) { // further off than the wheel is round: put back
        deadline_set(wheel, deadline, alarm->when);
        return;
    }
    fired->at[fired->n++] = fired->now - alarm->when;
}

static void test_deadlines_fire_late_never_early(void **state)
{
    (void)state;
    struct wheel wheel;
    struct alarm alarms[300] = {0};
    struct fired told = {0};
    fired = &told;
    wheel_init(&wheel, 5000);
    for (size_t i = 0; i < 300; i++) {
        alarms[i].when = 5000 + i * 997; // up to five minutes
        deadline_set(&wheel, &alarms[i].deadline, alarms[i].when);
    }
    for (size_t i = 0; i < 300; i += 3)
        deadline_clear(&alarms[i].deadline);
    deadline_clear(&alarms[0].deadline); // twice does no harm
    for (told.now = 5000; told.now < 5000 + 400000; told.now += 250)
        wheel_turn(&wheel, told.now, on_due, &wheel);
    assert_int_equal(told.n, 200);
    for (size_t i = 0; i < told.n; i++)
        assert_true(told.at[i] <= 2 * WHEEL_STEP);
}

static void test_a_deadline_moves(void **state)
{
    (void)state;
    struct wheel wheel;
    struct alarm alarm = {0};
    struct fired told = {0};
    fired = &told;
    wheel_init(&wheel, 0);
    alarm.when = 60000;
    deadline_set(&wheel, &alarm.deadline, alarm.when);
    alarm.when = 1000;
    deadline_set(&wheel, &alarm.deadline, alarm.when);
    told.now = 900;
    wheel_turn(&wheel, told.now, on_due, &wheel);
    assert_int_equal(told.n, 0);
    told.now = 1500;
    wheel_turn(&wheel, told.now, on_due, &wheel);
    assert_int_equal(told.n, 1);
    assert_int_equal(alarm.deadline.due, 0);
    told.now = 300000; // the loop was asleep for long
    wheel_turn(&wheel, told.now, on_due, &wheel);
    assert_int_equal(told.n, 1);
}

// --- how fast they come ---

static struct sockaddr_storage from_six(uint8_t net, uint8_t host)
{
    struct sockaddr_storage peer = {0};
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&peer;
    six->sin6_family = AF_INET6;
    six->sin6_addr.s6_addr[0] = 0x20;
    six->sin6_addr.s6_addr[7] = net;
    six->sin6_addr.s6_addr[15] = host;
    return peer;
}

static void test_so_many_a_second(void **state)
{
    (void)state;
    struct arrivals arrivals;
    struct sockaddr_storage four = {0}, mapped = from_six(0, 0);
    struct sockaddr_in *address = (struct sockaddr_in *)&four;
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(0x0a000005);
    struct in6_addr *six = &((struct sockaddr_in6 *)&mapped)->sin6_addr;
    memset(six, 0, sizeof *six);
    memset(six->s6_addr + 10, 0xff, 2);
    memcpy(six->s6_addr + 12, &address->sin_addr, 4);
    arrivals_init(&arrivals, 3);
    assert_true(arrivals_take(&arrivals, &four, 5000));
    assert_true(arrivals_take(&arrivals, &mapped, 5300)); // the same machine
    assert_true(arrivals_take(&arrivals, &four, 5600));
    assert_false(arrivals_take(&arrivals, &four, 5999));
    for (uint8_t i = 0; i < 5; i++) { // a network's machines are one source, too
        struct sockaddr_storage peer = from_six(1, i);
        assert_int_equal(arrivals_take(&arrivals, &peer, 5999), i < 3);
    }
    struct sockaddr_storage other = from_six(2, 1);
    assert_false(arrivals_take(&arrivals, &other, 5999)); // six in all
    assert_true(arrivals_take(&arrivals, &other, 6000));
    assert_true(arrivals_take(&arrivals, &four, 6000));
    arrivals_deinit(&arrivals);
    arrivals_init(&arrivals, 0);
    assert_int_equal(arrivals.per_source, ARRIVALS_PER_SOURCE);
}

// When two addresses have sent all that may come, the first few of each other one still come in.
static void test_a_few_of_each_source_whatever_others_send(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 2 * ARRIVALS_FIRST);
    struct sockaddr_storage greedy[2] = {from_six(1, 0), from_six(2, 0)}, other = from_six(3, 0);
    for (unsigned i = 0; i < 4 * ARRIVALS_FIRST; i++)
        assert_true(arrivals_take(&arrivals, &greedy[i % 2], 5000));
    assert_false(arrivals_take(&arrivals, &greedy[0], 5100));
    assert_true(arrivals_take(&arrivals, &other, 5200));
    assert_true(arrivals_take(&arrivals, &other, 5300));
    assert_false(arrivals_take(&arrivals, &other, 5400));
    for (unsigned i = 0; i < 2 * ARRIVALS_FIRST; i++) { // and that has an end, too
        struct sockaddr_storage peer = from_six((uint8_t)(10 + i), 0);
        assert_int_equal(arrivals_take(&arrivals, &peer, 5500), i < 2 * ARRIVALS_FIRST - 2);
    }
    arrivals_deinit(&arrivals);
}

static void test_a_crowd_lasts_as_long_as_anybody_is_in_it(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 0);
    struct sockaddr_storage one = from_six(1, 1), same = from_six(1, 2), other = from_six(2, 1);
    struct crowd *crowd = crowd_join(&arrivals, &one);
    assert_non_null(crowd);
    assert_ptr_equal(crowd_join(&arrivals, &same), crowd);
    struct crowd *second = crowd_join(&arrivals, &other);
    assert_ptr_not_equal(second, crowd);
    assert_int_equal(crowd->n, 2);
    crowd_leave(&arrivals, crowd);
    crowd_leave(&arrivals, crowd);
    crowd_leave(&arrivals, second);
    assert_null(arrivals.crowds);
    arrivals_deinit(&arrivals);
}

// --- what is made of a List ---

static const int32_t today = 20000; // October 2024

static int query_of(Sendco__List *list, struct problem *problem)
{
    static struct arena arena;
    struct query query;
    arena_deinit(&arena);
    arena_init(&arena, 0);
    problem_init(problem, NULL);
    return parse_query(list, today, &arena, &query, problem);
}

#define refuses(list, word)                                                                                                                \
    do {                                                                                                                                   \
        struct problem problem_;                                                                                                           \
        assert_int_equal(query_of(list, &problem_), ERR_INVALID);                                                                          \
        assert_non_null(strstr(problem_.message, word));                                                                                   \
        assert_null(strpbrk(problem_.message, "_")); /* people read it: no words of the protocol */                                        \
        assert_null(strstr(problem_.message, "about.kind"));                                                                               \
        assert_null(strstr(problem_.message, "where.op"));                                                                                 \
        assert_true(problem_next(&problem_)[0]);                                                                                           \
    } while (0)

static void test_a_list_is_taken_apart(void **state)
{
    (void)state;
    struct problem problem;
    const struct kind *target = kind_find("Target"), *pupil = kind_find("Pupil"), *staff = kind_find("Staff");
    Sendco__List list = SENDCO__LIST__INIT;
    refuses(&list, "kind");
    list.has_kind = 1;
    list.kind = 4711;
    refuses(&list, "4711");
    list.kind = target->number;
    assert_int_equal(query_of(&list, &problem), 0);

    Sendco__Condition condition = SENDCO__CONDITION__INIT, *conditions[20];
    Sendco__Value value = SENDCO__VALUE__INIT;
    for (size_t i = 0; i < 20; i++)
        conditions[i] = &condition;
    list.where = conditions;
    list.n_where = 1;
    refuses(&list, "no field with number 0");
    condition.field = field_find(target, "aim")->number;
    refuses(&list, "how to compare");
    condition.has_op = 1;
    condition.op = SENDCO__CONDITION__OP__CONTAINS;
    refuses(&list, "needs a text");
    condition.value = &value;
    value.has_number = 1;
    refuses(&list, "text");
    value.text = (char[]){"read"};
    assert_int_equal(query_of(&list, &problem), 0);
    condition.op = (Sendco__Condition__Op)10;
    refuses(&list, "how to compare");
    condition.op = SENDCO__CONDITION__OP__SET;
    assert_int_equal(query_of(&list, &problem), 0);
    list.n_where = 17;
    refuses(&list, "16 conditions");
    list.n_where = 0;

    Sendco__About about = SENDCO__ABOUT__INIT;
    list.about = &about;
    refuses(&list, "neither a pupil");
    about.has_kind = about.has_id = 1;
    about.id = 3;
    about.kind = staff->number;
    refuses(&list, "about a");
    about.kind = pupil->number;
    assert_int_equal(query_of(&list, &problem), 0);
    about.id = 0;
    refuses(&list, "which pupil");
    list.about = NULL;

    list.has_page = 1;
    list.page.len = 3;
    refuses(&list, "page");
    list.has_page = 0;
    list.has_as_known = 1;
    list.as_known = -5;
    refuses(&list, "1970");
    list.as_known = clock_midnight(today + 1) - 1; // a date means its last second
    assert_int_equal(query_of(&list, &problem), 0);
    list.as_known++;
    refuses(&list, "after today");
    list.has_as_known = 0;
    list.has_as_at = 1;
    list.as_at = INT32_MAX;
    refuses(&list, "no day");
    list.as_at = today;
    refuses(&list, "a first and a last day"); // a target holds for no days
    list.kind = kind_find("SenStatus")->number;
    assert_int_equal(query_of(&list, &problem), 0);
}

// --- what is made of a Put's record ---

static void item_of(Sendco__Record *record, int result, const char *word)
{
    struct arena arena;
    struct problem problem;
    struct put_item item;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    assert_int_equal(parse_item(record, 2, &arena, &item, &problem), result);
    if (result) {
        assert_non_null(strstr(problem.message, "Record 3: "));
        assert_non_null(strstr(problem.message, word));
    } else {
        assert_int_equal(item.set & item.cleared, 0);
    }
    arena_deinit(&arena);
}

static void test_a_record_is_taken_apart(void **state)
{
    (void)state;
    const struct kind *target = kind_find("Target");
    uint32_t cleared[] = {field_find(target, "aim")->number};
    uint8_t aim[] = {(uint8_t)(cleared[0] << 3 | 2), 2, 'g', 'o'};
    Sendco__Record record = SENDCO__RECORD__INIT;
    item_of(&record, ERR_INVALID, "kind");
    record.has_kind = 1;
    record.kind = target->number;
    item_of(&record, ERR_INVALID, "id");
    record.has_id = 1;
    record.id = 12;
    item_of(&record, ERR_INVALID, "version");
    record.has_version = 1;
    record.version = 3;
    record.has_body = 1;
    record.body.data = aim;
    record.body.len = sizeof aim;
    item_of(&record, 0, "");
    record.cleared = cleared;
    record.n_cleared = 1;
    item_of(&record, ERR_INVALID, "cleared");
    cleared[0] = 60000;
    item_of(&record, ERR_INVALID, "60000");
    record.n_cleared = 0;
    record.has_removed = record.removed = 1;
    item_of(&record, ERR_INVALID, "remove");
    record.removed = 0; // bring it back
    item_of(&record, 0, NULL);
}

// --- staging ---

static void test_parts_come_in_order(void **state)
{
    (void)state;
    const struct kind *target = kind_find("Target");
    uint8_t aim[] = {(uint8_t)(field_find(target, "aim")->number << 3 | 2), 2, 'g', 'o'};
    Sendco__Record record = SENDCO__RECORD__INIT, other, *one[] = {&record}, *two[] = {&other};
    record.has_kind = record.has_id = record.has_body = 1;
    record.kind = target->number;
    record.id = -1;
    record.body.data = aim;
    record.body.len = sizeof aim;
    other = record;
    other.id = -2;
    uint8_t key[STORE_KEY] = {9};
    struct stages *stages = stages_new();
    struct stage *stage = NULL;
    struct problem problem;
    problem_init(&problem, NULL);
    assert_int_equal(stage_add(stages, 1, key, 1, 1, one, 0, &stage, &problem), ERR_INVALID); // nothing there yet
    assert_int_equal(stage_add(stages, 1, key, 0, 1, one, 0, &stage, &problem), 0);
    assert_int_equal(stage_add(stages, 1, key, 2, 1, two, 0, &stage, &problem), ERR_INVALID); // 1 was next
    assert_int_equal(stage_add(stages, 1, key, 1, 1, two, 0, &stage, &problem), 0);
    assert_int_equal(stage_add(stages, 1, key, 0, 1, one, 0, &stage, &problem), 0);           // again, the same
    assert_int_equal(stage_add(stages, 1, key, 0, 1, two, 0, &stage, &problem), ERR_INVALID); // again, another
    assert_int_equal(stage->n_items, 2);
    assert_null(stage_find(stages, 2, key)); // somebody else's
    stage->applied = stage->answered = true;
    assert_int_equal(stage_add(stages, 1, key, 2, 1, two, 0, &stage, &problem), ERR_INVALID);
    stages_sweep(stages, 2 * (uint64_t)STAGE_SECONDS * 1000);
    assert_null(stage_find(stages, 1, key));
    stages_free(stages);
}

// --- pushes ---

static struct record *target_of(int64_t pupil, struct arena *arena, size_t length)
{
    struct record *record = record_new(kind_find("Target"), arena);
    char *aim = arena_alloc(arena, length + 1);
    memset(aim, 'a', length);
    aim[length] = '\0';
    record->id = pupil * 10;
    record->version = 1;
    record->about = pupil;
    record_set(record, "pupil", value_number(pupil));
    record_set(record, "aim", value_text(aim));
    return record;
}

// All frames of a push; returns how many changes they hold and checks that they belong together.
static size_t changes_in(const uint8_t *data, size_t size, size_t *n_frames)
{
    size_t n = 0;
    *n_frames = 0;
    bool more = true;
    while (size > 0) {
        struct buffer buffer = {.data = (uint8_t *)(uintptr_t)data, .end = size, .capacity = size};
        const uint8_t *packed;
        size_t length;
        struct arena arena;
        struct problem problem;
        Sendco__Frame *frame;
        arena_init(&arena, 0);
        problem_init(&problem, NULL);
        assert_true(more);
        assert_int_equal(frame_next(&buffer, FRAME_MAX, &packed, &length, &problem), 1);
        assert_int_equal(frame_unpack(packed, length, true, &arena, &frame, &problem), 0);
        assert_int_equal(frame->push->covers_from, 41);
        assert_int_equal(frame->push->covers_to, 60);
        n += frame->push->n_changes;
        more = frame->push->more;
        ++*n_frames;
        data += 4 + length;
        size -= 4 + length;
        arena_deinit(&arena);
    }
    assert_true(*n_frames == 0 || !more);
    return n;
}

static void test_a_push_holds_what_one_may_see(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    enum { ROWS = 400 };
    struct change_row *rows = arena_zero(&arena, ROWS, sizeof *rows);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct change_row){.seq = 50, .action = ACTION_ADD, .changed = 3, .record = target_of((int64_t)i + 1, &arena, 900)};
    struct commit commit = {.from_seq = 50, .to_seq = 60, .actor_name = "Ann", .rows = rows, .n_rows = ROWS};
    struct sight all = {.scope = scope_all}, teacher = {0}, governor = {0};
    const int64_t own[] = {5, 6, 7};
    matrix_fill(&teacher.scope, ROLE_TEACHER);
    teacher.scope.own[SUBJECT_PUPIL] = (struct id_set){own, 3};
    matrix_fill(&governor.scope, ROLE_GOVERNOR);
    struct filter filter = {.all = 1}, pupil = {.all = 1, .about_kind = kind_find("Pupil"), .about = 6};
    struct push_cache *cache = push_cache_new();
    const struct {
        const struct sight *sight;
        const struct filter *filter;
        size_t n;
    } cases[] = {
        {&all, &filter, ROWS}, {&teacher, &filter, 3}, {&governor, &filter, 0}, {&all, &pupil, 1}, {&all, &filter, ROWS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct push_for to = {cases[i].sight, cases[i].filter, 1, 41, 0, false, false};
        const uint8_t *data;
        size_t size, n_frames, next;
        assert_int_equal(push_commit(cache, &commit, &to, &data, &size, &next), 0);
        assert_int_equal(next, 0);
        assert_int_equal(changes_in(data, size, &n_frames), cases[i].n);
        assert_int_equal(n_frames > 1, cases[i].n == ROWS); // 360 KB do not fit into one frame
    }
    push_cache_free(cache);
    arena_deinit(&arena);
}

static void test_a_large_commit_is_told_in_pieces(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 0);
    enum { ROWS = 2000 };
    struct change_row *rows = arena_zero(&arena, ROWS, sizeof *rows);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct change_row){.seq = 50, .action = ACTION_ADD, .changed = 3, .record = target_of((int64_t)i + 1, &arena, 900)};
    struct commit commit = {.from_seq = 50, .to_seq = 60, .actor_name = "Ann", .rows = rows, .n_rows = ROWS};
    struct sight all = {.scope = scope_all};
    struct filter filter = {.all = 1};
    struct push_cache *cache = push_cache_new();
    struct buffer whole = {0};
    size_t next = 0, pieces = 0, n_frames;
    do {
        struct push_for to = {&all, &filter, 1, 41, next, false, false};
        const uint8_t *data;
        size_t size;
        assert_int_equal(push_commit(cache, &commit, &to, &data, &size, &next), 0);
        assert_true(size > 0 && size < 2 * PUSH_PIECE);
        assert_int_equal(buffer_append(&whole, data, size), 0);
        pieces++;
    } while (next > 0);
    assert_true(pieces > 3);
    assert_int_equal(changes_in(buffer_head(&whole), buffer_size(&whole), &n_frames), ROWS); // each once, joined by `more`
    buffer_deinit(&whole);
    push_cache_free(cache);
    arena_deinit(&arena);
}

static void test_stages_are_counted(void **state)
{
    (void)state;
    struct stages *stages = stages_new();
    struct stage *stage = NULL;
    struct problem problem;
    problem_init(&problem, NULL);
    uint8_t key[STORE_KEY] = {0};
    uint8_t body[] = {8, 1};
    Sendco__Record record = SENDCO__RECORD__INIT, *one[] = {&record};
    record.has_kind = record.has_id = record.has_body = 1;
    record.kind = kind_find("Target")->number;
    record.id = -1;
    record.body = (ProtobufCBinaryData){sizeof body, body};
    assert_int_equal(stage_add(stages, 1, key, 0, 0, one, 0, &stage, &problem), ERR_INVALID); // an empty part
    assert_null(stage_find(stages, 1, key));
    for (key[0] = 0; key[0] < STAGES_MAX; key[0]++)
        assert_int_equal(stage_add(stages, 1, key, 0, 1, one, 0, &stage, &problem), 0);
    assert_int_equal(stage_add(stages, 1, key, 0, 1, one, 0, &stage, &problem), ERR_TOO_LARGE);
    assert_int_equal(stage_add(stages, 2, key, 0, 1, one, 0, &stage, &problem), 0); // somebody else's do not count
    key[0] = 3;
    stage = stage_find(stages, 1, key);
    stage->applied = stage->answered = true; // what was put makes room
    key[0] = 99;
    assert_int_equal(stage_add(stages, 1, key, 0, 1, one, 0, &stage, &problem), 0);
    key[0] = 3;
    assert_null(stage_find(stages, 1, key));
    record.has_id = 0;
    key[0] = 77;
    assert_int_equal(stage_add(stages, 2, key, 0, 1, one, 0, &stage, &problem), ERR_INVALID);
    assert_null(stage_find(stages, 2, key)); // refused, it leaves nothing
    stages_free(stages);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines_fire_late_never_early),
        cmocka_unit_test(test_a_deadline_moves),
        cmocka_unit_test(test_so_many_a_second),
        cmocka_unit_test(test_a_few_of_each_source_whatever_others_send),
        cmocka_unit_test(test_a_crowd_lasts_as_long_as_anybody_is_in_it),
        cmocka_unit_test(test_a_list_is_taken_apart),
        cmocka_unit_test(test_a_record_is_taken_apart),
        cmocka_unit_test(test_parts_come_in_order),
        cmocka_unit_test(test_a_push_holds_what_one_may_see),
        cmocka_unit_test(test_a_large_commit_is_told_in_pieces),
        cmocka_unit_test(test_stages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
