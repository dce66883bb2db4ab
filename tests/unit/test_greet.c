// Who waits for us loses neither time nor place by it: deadlines that stand still, whose handshake goes on in a turn,
// who leaves the door when there are too many, and threads that come after the loop. Sessions that nobody is connected to.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/behind.h"
#include "server/server.h"
#include "server/session.h"

static struct server server;

static int begin(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    if (uv_loop_init(&server.loop) != 0)
        return -1;
    server.loop.time = 100000; // it goes as the tests say
    server.turn = 10;
    wheel_init(&server.wheel, server.loop.time);
    arrivals_init(&server.arrivals, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    struct session *session, *next;
    HASH_ITER(hh, server.sessions, session, next)
    session_cut(session);
    uv_run(&server.loop, UV_RUN_DEFAULT);
    arrivals_deinit(&server.arrivals);
    return server.n_sessions > 0 || server.greeting.again || server.greeting.first || uv_loop_close(&server.loop) != 0;
}

// A connection from 10.0.x.y, as session_accept makes it.
static struct session *come(unsigned from)
{
    struct session *session = calloc(1, sizeof *session);
    struct sockaddr_storage peer = {0};
    struct sockaddr_in *address = (struct sockaddr_in *)&peer;
    assert_non_null(session);
    assert_int_equal(uv_tcp_init(&server.loop, &session->tcp), 0);
    session->tcp.data = session;
    session->server = &server;
    session->id = ++server.next_session;
    session->stranger = session->reading = true;
    HASH_ADD(hh, server.sessions, id, sizeof session->id, session);
    server.n_sessions++;
    server.n_strangers++;
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(0x0a000000 + from);
    assert_true(door_come(session, &peer));
    session_become(session, SESSION_HANDSHAKING);
    door_thin_out(&server.silent);
    return session;
}

static void pass(uint64_t ms)
{
    server.loop.time += ms;
    server.turn++;
    wheel_turn(&server.wheel, server.loop.time, session_on_due, NULL);
}

static void say(struct session *session)
{
    assert_int_equal(greet_later(session, (const uint8_t *)"x", 1), 0);
}

// --- whose turn it is ---

static struct session *greeted[16];
static size_t n_greeted, stop_at;

// A turn is over when its time is: here, after so many.
static void on_greeted(struct session *session, const uint8_t *data, size_t size)
{
    clock_t began = clock();
    assert_true(size > 0 && data[0] == 'x');
    greeted[n_greeted++] = session;
    while (n_greeted >= stop_at && (uint64_t)(clock() - began) * (UINT64_C(1000000000) / CLOCKS_PER_SEC) <= GREET_MOST)
        ;
}

// How many had a turn, when there is time for no more than `most`.
static size_t turn(size_t most)
{
    n_greeted = 0;
    stop_at = most;
    bool more = greet_turn(&server.greeting, on_greeted);
    assert_int_equal(more, server.greeting.again || server.greeting.first);
    return n_greeted;
}

static void test_a_second_turn_comes_before_first_ones_once(void **state)
{
    (void)state;
    struct session *one = come(1), *two = come(2), *three = come(3), *four = come(4);
    say(one);
    say(two);
    say(three);
    assert_int_equal(turn(2), 2);
    assert_ptr_equal(greeted[0], one);
    assert_ptr_equal(greeted[1], two);
    say(four);
    say(one);
    say(two);
    assert_int_equal(turn(2), 2);
    assert_ptr_equal(greeted[0], one); // in the order in which they came back
    assert_ptr_equal(greeted[1], two);
    say(one); // byte by byte
    assert_int_equal(turn(9), 3);
    assert_ptr_equal(greeted[0], three);
    assert_ptr_equal(greeted[1], four);
    assert_ptr_equal(greeted[2], one);
    assert_int_equal(turn(9), 0);
}

static void test_who_goes_is_in_no_line(void **state)
{
    (void)state;
    struct session *one = come(1), *two = come(2);
    say(one);
    assert_int_equal(turn(1), 1);
    say(one);
    say(two);
    session_cut(one);
    session_cut(two);
    assert_int_equal(turn(9), 0);
}

// --- time that stands still ---

static void test_a_handshake_that_waits_for_us_loses_no_time(void **state)
{
    (void)state;
    struct session *session = come(1), *silent = come(2);
    pass(3000);
    say(session);
    pass(SESSION_HANDSHAKE * 1000);
    assert_true(silent->closed);
    assert_false(session->closed);
    assert_int_equal(turn(1), 1);
    pass(1000);
    assert_false(session->closed);
    pass(1000 + 2 * WHEEL_STEP);
    assert_true(session->closed);
}

static void test_bytes_one_by_one_buy_no_time_for_ever(void **state)
{
    (void)state;
    struct session *session = come(1);
    unsigned waits = 0;
    for (; !session->closed && waits < 100; waits++) {
        say(session);
        pass(1000);
        if (!session->closed)
            assert_int_equal(turn(1), 1);
    }
    assert_in_range(waits, SESSION_WAITS + SESSION_HANDSHAKE, SESSION_WAITS + SESSION_HANDSHAKE + 1);
}

static void test_an_answer_under_way_costs_no_time(void **state)
{
    (void)state;
    struct session *session = come(1);
    session_become(session, SESSION_LOGIN);
    pass(5000);
    uint64_t by = session->must_by;
    session_gate(session, true);
    pass(SESSION_LOGIN_TIME * 1000 + 60000); // "in time" would be over; it would be told so
    assert_int_equal(session->state, SESSION_LOGIN);
    session_gate(session, false);
    assert_int_equal(session->must_by, by + SESSION_LOGIN_TIME * 1000 + 60000);
    assert_in_range(session->deadline.due, session->must_by / WHEEL_STEP, session->must_by / WHEEL_STEP + 1);
    session_become(session, SESSION_READY);
    session_gate(session, true); // later ones have nothing to hold
    pass(1000);
    session_gate(session, false);
    assert_int_equal(session->must_by, 0);
}

static void test_one_question_after_another_keeps_nobody_at_the_door(void **state)
{
    (void)state;
    struct session *session = come(1);
    session_become(session, SESSION_LOGIN);
    uint64_t by = session->must_by;
    for (unsigned i = 0; i < SESSION_WAITS; i++) {
        session_gate(session, true);
        session_gate(session, false); // answered at once: it was no wait
        session_gate(session, true);
        pass(400);
        session_gate(session, false);
        assert_int_equal(session->must_by, by += 400);
    }
    session_gate(session, true);
    pass(400);
    assert_int_equal(session->held_since, 0);
    assert_true(session->deadline.due <= by / WHEEL_STEP + 1); // it runs
    session_gate(session, false);
    assert_int_equal(session->must_by, by);
}

static void test_a_goodbye_does_not_wait_for_an_answer(void **state)
{
    (void)state;
    struct session *session = come(1);
    session_become(session, SESSION_LOGIN);
    session_gate(session, true);
    session_become(session, SESSION_CLOSING);
    pass(SESSION_GOODBYE * 1000 + 2 * WHEEL_STEP);
    assert_true(session->closed);
}

// --- who leaves the door ---

static struct session *full[DOOR_PLACES];

static void fill_door(unsigned but)
{
    for (unsigned i = 0; i < DOOR_PLACES - but; i++)
        full[i] = come(1000 + i);
}

static void fill_door_of_one_begun(void)
{
    fill_door(0);
    say(full[0]);
    assert_int_equal(turn(1), 1);
}

static void test_who_says_nothing_goes_first(void **state)
{
    (void)state;
    fill_door(0);
    for (size_t i = 0; i < DOOR_PLACES; i++)
        if (i != 7 && i != 9)
            say(full[i]);
    struct session *newcomer = come(1);
    assert_true(full[7]->closed); // who came first
    assert_false(newcomer->closed);
    come(2);
    come(3);
    assert_true(newcomer->closed);
    for (size_t i = 0; i < DOOR_PLACES; i++)
        assert_int_equal(full[i]->closed, i == 7 || i == 9);
}

static void test_what_was_begun_is_kept_while_it_waits_for_us(void **state)
{
    (void)state;
    fill_door_of_one_begun();
    for (size_t i = 1; i < DOOR_PLACES; i++)
        say(full[i]);
    pass(DOOR_BEGUN);
    pass(0); // its answer is not read at once
    say(full[0]);
    assert_true(come(1)->closed); // rather than any of those
    for (size_t i = 0; i < DOOR_PLACES; i++)
        assert_false(full[i]->closed);
}

static void test_what_was_begun_is_waited_for_a_little(void **state)
{
    (void)state;
    fill_door_of_one_begun();
    pass(DOOR_BEGUN - 1);
    pass(0);
    come(1);
    assert_false(full[0]->closed);
    assert_true(full[1]->closed);
    pass(1);
    come(2);
    assert_true(full[0]->closed);
}

// Turns may be long: what came in one is read in the next.
static void test_what_was_begun_is_waited_for_as_long_as_turns_are(void **state)
{
    (void)state;
    fill_door_of_one_begun();
    pass(10 * DOOR_BEGUN);
    come(1);
    assert_false(full[0]->closed);
    assert_true(full[1]->closed);
    pass(0);
    come(2);
    assert_true(full[0]->closed);
}

static void test_bytes_one_by_one_keep_no_place(void **state)
{
    (void)state;
    fill_door_of_one_begun();
    say(full[0]);
    assert_int_equal(turn(1), 1);
    say(full[0]);
    come(1);
    assert_true(full[0]->closed);
}

static void test_a_crowd_goes_before_all_that(void **state)
{
    (void)state;
    fill_door(2);
    struct session *one = come(1), *same = come(1);
    say(one);
    assert_int_equal(turn(1), 1);
    say(one);
    say(same);
    assert_false(come(2)->closed);
    assert_true(same->closed); // not begun
    assert_false(one->closed);
}

static void test_of_those_that_wait_for_us_the_last_goes(void **state)
{
    (void)state;
    struct session *crowd[3];
    fill_door(3);
    for (size_t i = 0; i < 3; i++)
        say(crowd[i] = come(1));
    assert_false(come(2)->closed);
    assert_false(crowd[1]->closed);
    assert_true(crowd[2]->closed);
}

// --- threads behind the loop ---

static void *lower_twice(void *data)
{
    thread_behind();
    thread_behind();
    *(int *)data = getpriority(PRIO_PROCESS, (id_t)gettid());
    return NULL;
}

// In a process of its own, for there is no way back. Its exit code: the thread's priority, or 100.
static int lowered_from(int priority)
{
    int status = 0, lowered = 100;
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        if (setpriority(PRIO_PROCESS, 0, priority) == 0 && pthread_create(&thread, NULL, lower_twice, &lowered) == 0)
            pthread_join(thread, NULL);
        _exit(getpriority(PRIO_PROCESS, 0) == priority ? lowered : 100);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_a_thread_is_behind_whatever_the_loop_has(void **state)
{
    (void)state;
    int priority = getpriority(PRIO_PROCESS, 0), own = priority < 0 ? 0 : priority;
    assert_int_equal(lowered_from(own), own + 5 < 19 ? own + 5 : 19);
    if (own < 10)
        assert_int_equal(lowered_from(10), 15);
    assert_int_equal(lowered_from(17 > own ? 17 : own), 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_second_turn_comes_before_first_ones_once, begin, end),
        cmocka_unit_test_setup_teardown(test_who_goes_is_in_no_line, begin, end),
        cmocka_unit_test_setup_teardown(test_a_handshake_that_waits_for_us_loses_no_time, begin, end),
        cmocka_unit_test_setup_teardown(test_bytes_one_by_one_buy_no_time_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(test_an_answer_under_way_costs_no_time, begin, end),
        cmocka_unit_test_setup_teardown(test_one_question_after_another_keeps_nobody_at_the_door, begin, end),
        cmocka_unit_test_setup_teardown(test_a_goodbye_does_not_wait_for_an_answer, begin, end),
        cmocka_unit_test_setup_teardown(test_who_says_nothing_goes_first, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_begun_is_kept_while_it_waits_for_us, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_begun_is_waited_for_a_little, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_begun_is_waited_for_as_long_as_turns_are, begin, end),
        cmocka_unit_test_setup_teardown(test_bytes_one_by_one_keep_no_place, begin, end),
        cmocka_unit_test_setup_teardown(test_a_crowd_goes_before_all_that, begin, end),
        cmocka_unit_test_setup_teardown(test_of_those_that_wait_for_us_the_last_goes, begin, end),
        cmocka_unit_test(test_a_thread_is_behind_whatever_the_loop_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
