// Tickets that have ended are known to have for as long as their rows could still be taken for good.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/access/pass.h"

#define NOW ((int64_t)1700000000)

static struct passes *passes;

static int set_up(void **state)
{
    (void)state;
    passes = passes_new(NULL); // nothing is written
    passes_stop(passes);
    return passes ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    passes_free(passes);
    return 0;
}

static struct ticket row_of(uint8_t first, int64_t used)
{
    struct ticket row = {.staff = 1, .device = 2, .issued = NOW - 3600, .used = used};
    memset(row.hash, first, sizeof row.hash);
    return row;
}

// As Resume does it, from a row that the store has.
static bool lets_in(struct ticket row, int64_t now)
{
    struct pass *pass = ticket_alive(&row, now) ? pass_take(passes, &row) : NULL;
    bool in = pass_use(pass, now);
    if (pass)
        pass_release(pass);
    return in;
}

static void test_an_ended_one_stays_ended_while_its_row_could_be_good(void **state)
{
    (void)state;
    struct ticket row = row_of(7, NOW);
    struct pass *pass = pass_take(passes, &row);
    assert_non_null(pass);
    pass_end(pass);
    pass_release(pass);
    for (int64_t now = NOW; now < NOW + 2 * PASS_IDLE; now += 30) {
        passes_sweep(passes, now);
        assert_false(lets_in(row, now));
    }
    assert_null(pass_find(passes, row.hash)); // and then it is forgotten
}

static void test_one_that_nobody_uses_is_forgotten(void **state)
{
    (void)state;
    struct ticket row = row_of(8, NOW), old = row_of(9, NOW - PASS_IDLE);
    pass_release(pass_take(passes, &row));
    pass_release(pass_take(passes, &old));
    for (int64_t now = NOW; now < NOW + 90; now += 30)
        passes_sweep(passes, now);
    assert_null(pass_find(passes, old.hash));
    assert_true(lets_in(row, NOW + 90));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_an_ended_one_stays_ended_while_its_row_could_be_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_that_nobody_uses_is_forgotten, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
