// What `sendcod init` writes with: requests sent ahead of their answers, in their order, and the first that is refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/kind.h"
#include "server/bulk.h"

#define MANY (3 * BULK_AHEAD)

static struct bulk bulk;
static struct arena arena;
static char directory[] = "/tmp/sendco-bulk-XXXXXX";
static struct problem problem;
static int64_t told[MANY];
static size_t n_told, most_ahead;

static void some_bytes(void *data, uint8_t *bytes, size_t size)
{
    uint8_t *next = data;
    memset(bytes, ++*next, size);
}

static int set_up(void **state)
{
    static uint8_t next;
    struct store_options store = {.directory = mkdtemp(directory), .school = "Bulk"};

    (void)state;
    arena_init(&arena, 0);
    problem_init(&problem, &arena);
    return bulk_open(&bulk, store, some_bytes, &next, &problem);
}

static int tear_down(void **state)
{
    char command[64];

    (void)state;
    bulk_close(&bulk);
    arena_deinit(&arena);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static void on_done(const struct done_item *done, void *data)
{
    (void)data;
    if (bulk.n_ahead > most_ahead)
        most_ahead = bulk.n_ahead;
    told[n_told++] = done->temporary;
}

// A member of staff; without a name nobody is one.
static int send_staff(int64_t temporary, const char *surname)
{
    struct record *record = record_new(kind_find("Staff"), &arena);
    struct put_item item = {.record = record};
    struct bulk_put put = {.now = 1795000000, .items = &item, .n = 1};

    record->id = temporary;
    record_set(record, "post", value_text("Teacher"));
    item.set = field_bit(field_find(record->kind, "post"));
    if (surname) {
        record_set(record, "surname", value_text(surname));
        item.set |= field_bit(field_find(record->kind, "surname"));
    }
    return bulk_send(&bulk, &put, on_done, NULL, &problem);
}

static void test_many_are_sent_ahead_and_told_in_their_order(void **state)
{
    (void)state;
    n_told = most_ahead = 0;
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(send_staff(-1 - i, "Bell"), 0);
    assert_true(bulk.n_ahead > 1);
    assert_int_equal(bulk_wait(&bulk, 0, &problem), 0);
    assert_int_equal(bulk.n_ahead, 0);
    assert_int_equal(n_told, MANY);
    for (int64_t i = 0; i < MANY; i++)
        assert_int_equal(told[i], -1 - i);
    assert_in_range(most_ahead, 2, BULK_AHEAD);
}

static void test_the_first_refused_is_told(void **state)
{
    (void)state;
    n_told = 0;
    assert_int_equal(send_staff(-1, "Bell"), 0);
    assert_int_equal(send_staff(-2, NULL), 0);
    assert_int_equal(send_staff(-3, "Bell"), 0);
    assert_int_equal(bulk_wait(&bulk, 0, &problem), ERR_INVALID);
    assert_non_null(strstr(problem.message, "urname"));
    assert_int_equal(bulk.n_ahead, 0);
    assert_int_equal(send_staff(-4, "Bell"), ERR_INVALID); // nothing more is begun
    assert_int_equal(n_told, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_are_sent_ahead_and_told_in_their_order),
        cmocka_unit_test(test_the_first_refused_is_told),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
