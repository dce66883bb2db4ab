// Edges of small things: addresses that are nearly this machine's, passwords tried hours apart,
// letters beyond the plane that most are in, words longer than any, texts without memory. One thread.
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"
#include "common/value.h"
#include "server/access/access.h"
#include "server/access/login.h"
#include "server/access/role.h"
#include "server/arrivals.h"

static struct sockaddr_storage peer(const char *text)
{
    struct sockaddr_storage storage = {.ss_family = AF_INET6};
    assert_int_equal(inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&storage)->sin6_addr), 1);
    return storage;
}

static unsigned taken(struct arrivals *arrivals, const char *from, unsigned tries)
{
    struct sockaddr_storage source = peer(from);
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += arrivals_take(arrivals, &source, 1000);
    return n;
}

// Only this machine itself is not counted, not what looks like it in three words out of four.
static void test_addresses_that_are_nearly_this_machines(void **state)
{
    (void)state;
    static const char *const near[] = {"::2",
                                       "::1:0:1",
                                       "0:0:0:1::1",
                                       "1::1",
                                       "::1:0:0:1",
                                       "::fffe:127.0.0.1",
                                       "::ffff:126.0.0.1",
                                       "::ffff:128.0.0.1",
                                       "0:0:1:0:0:ffff:127.0.0.1",
                                       "1::ffff:127.0.0.1",
                                       "0:0:0:1:0:ffff:127.0.0.1",
                                       "::1:ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        struct arrivals arrivals;
        arrivals_init(&arrivals, 0);
        unsigned most = arrivals.per_source;
        assert_int_equal(taken(&arrivals, near[i], most + 5), most);
        assert_int_equal(taken(&arrivals, "::1", most + 5), most + 5);
        assert_int_equal(taken(&arrivals, "::ffff:127.3.2.1", most + 5), most + 5);
        arrivals_deinit(&arrivals);
    }
}

static void test_failures_long_ago_are_forgotten(void **state)
{
    (void)state;
    struct login *login = login_new(uv_default_loop());
    uint64_t now = 1000;
    for (int i = 0; i < 4; i++)
        login_result(login, 7, false, now);
    assert_int_equal(login_pause(login, 7, now), 4);
    now += UINT64_C(3600) * 1000; // an hour, and no more
    login_result(login, 7, false, now);
    assert_int_equal(login_pause(login, 7, now), 8);
    now += UINT64_C(3600) * 1000 + 1;
    login_result(login, 7, false, now);
    assert_int_equal(login_pause(login, 7, now), 0);
    login_result(login, 7, false, now);
    assert_int_equal(login_pause(login, 7, now), 1);
    login_free(login);
    login_free(NULL);
}

static void test_one_try_at_a_time(void **state)
{
    (void)state;
    struct login *login = login_new(uv_default_loop());
    login_leave(login, 8); // nobody is in
    login_result(login, 8, true, 1000);
    assert_true(login_enter(login, 8));
    assert_false(login_enter(login, 8));
    assert_true(login_enter(login, 9));
    login_result(login, 8, true, 1000); // good, and still being answered
    assert_false(login_enter(login, 8));
    login_leave(login, 8);
    assert_true(login_enter(login, 8));
    login_result(login, 8, false, 1000);
    login_leave(login, 8); // the failure stays
    login_result(login, 8, false, 1000);
    assert_int_equal(login_pause(login, 8, 1000), 1);
    login_result(login, 8, true, 1000);
    assert_int_equal(login_pause(login, 8, 1000), 0);
    login_free(login);
}

static void test_roles_outside_of_the_table(void **state)
{
    (void)state;
    static const enum role none[] = {ROLE_NONE, ROLE_COUNT, (enum role)(ROLE_COUNT + 50), (enum role) - 3};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_string_equal(role_word(none[i]), role_word(ROLE_NONE));
}

// --- words ---

static struct arena arena;

static void folds(const char *text, const char *folded)
{
    assert_string_equal(text_fold(text, &arena), folded);
}

static void test_letters_beyond_the_first_plane(void **state)
{
    (void)state;
    folds("\U00020000\U00020001", "\U00020000 \U00020001"); // Han of the second plane: each is a word
    folds("\U0003ffff", "");
    folds("\u3041\u30f2", "\u3041 \u30f2");
    folds("\u3040x\u30fb", "x");
    folds("\u3400\u4dbf\u4e00", "\u3400 \u4dbf \u4e00");
    folds("\u0640a\u200db", "ab"); // a stretched line, a joiner: nothing one sees
    folds("a\u20ddb", "ab");       // a mark around it
    arena_deinit(&arena);
}

static void shown(const char *text, const char *safe)
{
    assert_string_equal(text_safe(text, false, &arena), safe);
}

static void test_joiners_stay_only_between_letters_that_join(void **state)
{
    (void)state;
    shown("\u0639\u200c\u0631", "\u0639\u200c\u0631");
    shown("\u0dc1\u200d\u0dbb", "\u0dc1\u200d\u0dbb");
    shown("\u0639\u200c", "\u0639\\u{200c}");
    shown("\u200c\u0631", "\\u{200c}\u0631");
    shown("a\u200db", "a\\u{200d}b");
    shown("\u0639\u200c\u200c\u0631", "\u0639\\u{200c}\\u{200c}\u0631");
    shown("\u0639\u200cb", "\u0639\\u{200c}b");
    shown("\u0639\u200c\x80", "\u0639\\u{200c}\\x{80}");
    shown("\u0e00\u200c\u0e01", "\u0e00\\u{200c}\u0e01");
    assert_int_equal(text_width("\u1160\u11ff\ud7b0\ud7fb"), 0); // vowels and finals within a syllable
    arena_deinit(&arena);
}

static void test_words_longer_than_any(void **state)
{
    (void)state;
    char a[200], b[300];
    memset(a, 'a', sizeof a - 1);
    memset(b, 'a', sizeof b - 1);
    a[sizeof a - 1] = b[sizeof b - 1] = 0;
    assert_int_equal(text_distance(a, a), 0);
    assert_true(text_distance(a, b) > 100);
    assert_true(text_distance(b, a) > 100);
    assert_true(text_distance("a", b) > 100);
}

static void test_what_is_asked_without_memory(void **state)
{
    (void)state;
    static const char *const fields[] = {"Ōne", NULL, "two"};
    for (size_t budget = 1; budget < 4000; budget += 16) { // every piece is refused once
        struct arena small;
        arena_init(&small, budget);
        const char *key = text_sort_key(fields, 3, &small), *normal = text_normal("e\u0301", &small),
                   *safe = text_safe("a\x1b", false, &small);
        const char *cut = text_cut("abcdef", 3, &small), *pad = text_pad("abc", 5, true, &small),
                   *fold = text_fold_search("Ó Ceallaigh", &small);
        assert_true(!key || !normal || !safe || !cut || !pad || !fold ? small.lacked : !small.lacked);
        assert_true((!normal || strcmp(normal, "é") == 0) && (!safe || strcmp(safe, "a\\u{1b}") == 0));
        assert_true((!cut || strcmp(cut, "ab…") == 0) && (!pad || strcmp(pad, "  abc") == 0));
        assert_true(!fold || strcmp(fold, "o oceallaigh ceallaigh") == 0);
        arena_deinit(&small);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_that_are_nearly_this_machines),
        cmocka_unit_test(test_failures_long_ago_are_forgotten),
        cmocka_unit_test(test_one_try_at_a_time),
        cmocka_unit_test(test_roles_outside_of_the_table),
        cmocka_unit_test(test_letters_beyond_the_first_plane),
        cmocka_unit_test(test_joiners_stay_only_between_letters_that_join),
        cmocka_unit_test(test_words_longer_than_any),
        cmocka_unit_test(test_what_is_asked_without_memory),
    };
    return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
