// Who waits for whom in the store: long questions take turns and leave the quick ones a
// reader; so do changes; who is told BUSY behind a change of very many records has changed nothing;
// a WAL that grew too long lets people in again. The loop's thread.
#include "tests/support/storing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/clock.h"
#include "server/store/sqlite/sqlite.h"

#define PATIENCE_NS (UINT64_C(60) * 1000000000)

static uint64_t deadline;

// As the daemon's loop, which turns now and then whether something happens or not.
static void turn(void)
{
    assert_true(clock_monotonic() < deadline);
    uv_run(store->loop, UV_RUN_NOWAIT);
    usleep(100);
}

static int set_up(void **state)
{
    (void)state;
    deadline = clock_monotonic() + PATIENCE_NS;
    return 0;
}

// --- readers ---

struct asker {
    int64_t staff;
    unsigned us; // of processor time that a question takes
    unsigned waiting, answered;
};

static bool asks_on;

static int think(struct view *view, void *data)
{
    const struct asker *asker = data;
    (void)view;
    for (uint64_t began = clock_processor(); clock_processor() - began < (uint64_t)asker->us * 1000;)
        ;
    return 0;
}

static void ask(struct asker *asker);

static void on_thought(int result, void *data)
{
    struct asker *asker = data;
    assert_int_equal(result, 0);
    asker->waiting--;
    asker->answered++;
    if (asks_on)
        ask(asker);
}

static void ask(struct asker *asker)
{
    struct actor actor = {.staff = asker->staff};
    asker->waiting++;
    store_read(store, &actor, think, on_thought, asker);
}

// One has many long questions waiting at any time, one a long one at a time, one quick ones.
static void readers_take_turns(int64_t crowd_number, int64_t honest_number, int64_t quick_number)
{
    struct asker crowd = {.staff = crowd_number, .us = 8000}, honest = {.staff = honest_number, .us = 6000},
                 quick = {.staff = quick_number, .us = 50};
    asks_on = true;
    for (int i = 0; i < 20; i++)
        ask(&crowd);
    ask(&honest);
    ask(&quick);
    while (crowd.answered < 60)
        turn();
    unsigned answered = honest.answered, quickly = quick.answered;
    asks_on = false;
    while (crowd.waiting || honest.waiting || quick.waiting)
        turn();
    assert_true(answered >= 60 / 4);
    assert_true(quickly > answered);
}

static void test_long_questions_take_turns(void **state)
{
    (void)state;
    readers_take_turns(1, 2, 3);
    readers_take_turns(2, 1, 3);
}

// However their numbers fall: a school may have more people than there are places.
static void test_each_has_a_turn_of_their_own(void **state)
{
    (void)state;
    readers_take_turns(1, 1 + TURNS, 3);
    readers_take_turns(1 + TURNS, 2, 1);
}

// --- behind much ---

#define MANY 600

static atomic_bool held;

static int hold(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    (void)problem;
    while (after && strcmp(record_text(after, "surname"), "Held") == 0 && held)
        usleep(1000);
    return 0;
}

struct asked {
    int result;
    bool is_done;
};

static void on_done(int result, void *data)
{
    *(struct asked *)data = (struct asked){result, true};
}

static int keep_nothing(struct view *view, void *data)
{
    (void)view;
    (void)data;
    return 0;
}

static struct change bulk(void)
{
    struct change change = storing_change(CHANGE_PUT);
    change.batched = true;
    change.n_items = MANY;
    change.items = arena_alloc(&arena, MANY * sizeof *change.items);
    for (int i = 0; i < MANY; i++)
        change.items[i] = storing_item(pupil, -1 - i, 0, "surname", i ? "Many" : "Held", "forename", "Ada", "born", "2018-03-04", NULL);
    return change;
}

static uint64_t pupils(void)
{
    struct storing reading = {.read = storing_list, .kind = pupil};
    query_init(&reading.query, pupil);
    reading.query.limit = 1;
    assert_int_equal(storing_ask(&reading), 0);
    return reading.total;
}

static void test_busy_behind_much_is_not_done(void **state)
{
    (void)state;
    struct change many = bulk(), small = storing_change(CHANGE_PUT), again;
    struct put_item item = storing_item(pupil, -1, 0, "surname", "Waits", "forename", "Bea", "born", "2018-03-04", NULL);
    struct asked first = {0, false}, second = {0, false}, ticket = {0, false};
    small.items = &item;
    small.n_items = 1;
    again = small;
    held = true;
    store_on_put(store, pupil, hold, NULL);
    store_write(store, &many, on_done, &first);
    store_write(store, &small, on_done, &second); // in the same turn: it is right behind it
    while (!store->bulk_since)
        turn();
    store_keep(store, keep_nothing, on_done, &ticket);
    while (!second.is_done || !ticket.is_done)
        turn();
    assert_false(first.is_done);
    assert_int_equal(second.result, ERR_BUSY);
    assert_int_equal(ticket.result, ERR_BUSY);
    assert_non_null(strstr(small.problem.hint, "Nothing was changed"));
    held = false;
    while (!first.is_done)
        turn();
    assert_int_equal(first.result, 0);
    uint64_t before = pupils();
    assert_int_equal(storing_run(&again), 0);
    assert_false(again.result.replayed);
    assert_int_equal(pupils(), before + 1);
}

// --- changes of several people ---

#define CHANGES 60

static int dawdle(struct view *view, const struct record *before, const struct record *after, struct problem *problem)
{
    (void)view;
    (void)before;
    (void)problem;
    if (after && strcmp(record_text(after, "surname"), "Dawdles") == 0)
        usleep(25000); // more than a transaction waits for
    return 0;
}

struct sender {
    int64_t staff;
    struct change change[CHANGES];
    struct put_item item[CHANGES];
    unsigned n, answered, result;
};

static void on_made(int result, void *data)
{
    struct sender *sender = data;
    sender->answered++;
    sender->result |= result != 0;
}

static void send_all(struct sender *sender, const char *surname)
{
    for (unsigned i = 0; i < sender->n; i++) {
        sender->change[i] = storing_change(CHANGE_PUT);
        sender->change[i].actor.staff = sender->staff;
        sender->item[i] = storing_item(pupil, -1, 0, "surname", surname, "forename", "Di", "born", "2018-03-04", NULL);
        sender->change[i].items = &sender->item[i];
        sender->change[i].n_items = 1;
        store_write(store, &sender->change[i], on_made, sender);
    }
}

// Two have many slow changes waiting; a third who comes last is not behind them, nor is the second behind the first.
static void test_changes_take_turns(void **state)
{
    (void)state;
    static struct sender first = {.staff = 7, .n = CHANGES}, second = {.staff = 8, .n = CHANGES}, last = {.staff = 9, .n = 3};
    store_on_put(store, pupil, dawdle, NULL);
    send_all(&first, "Dawdles");
    send_all(&second, "Dawdles");
    send_all(&last, "Quick");
    while (last.answered < last.n)
        turn();
    assert_true(first.answered + second.answered <= 3 * last.n);
    while (first.answered < CHANGES / 2)
        turn();
    assert_in_range(second.answered, CHANGES / 2 - 4, CHANGES / 2 + 4);
    while (first.answered < CHANGES || second.answered < CHANGES)
        turn();
    assert_int_equal(first.result | second.result | last.result, 0);
}

// --- a long WAL ---

static void test_a_long_wal_lets_in_again(void **state)
{
    (void)state;
    struct change change;
    int result;
    db_close(&store->db); // as after a failure: its connection knows of no WAL
    store->slow = true;
    do {
        result = storing_put(storing_item(pupil, -1, 0, "surname", "Slow", "forename", "Cy", "born", "2018-03-04", NULL), &change);
        assert_true(result == 0 || result == ERR_BUSY);
        if (result)
            assert_non_null(strstr(change.problem.message, "behind"));
        assert_true(clock_monotonic() < deadline);
    } while (result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_long_questions_take_turns, set_up),
        cmocka_unit_test_setup(test_each_has_a_turn_of_their_own, set_up),
        cmocka_unit_test_setup(test_busy_behind_much_is_not_done, set_up),
        cmocka_unit_test_setup(test_changes_take_turns, set_up),
        cmocka_unit_test_setup(test_a_long_wal_lets_in_again, set_up),
    };
    return cmocka_run_group_tests(tests, storing_open, storing_close);
}
