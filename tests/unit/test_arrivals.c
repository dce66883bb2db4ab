// How many may come from one address in a second: addresses of both families, /64s of IPv6, this machine.
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/arrivals.h"

static struct sockaddr_storage peer(const char *text)
{
    struct sockaddr_storage storage;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&storage;
    struct sockaddr_in *four = (struct sockaddr_in *)&storage;
    memset(&storage, 0, sizeof storage);
    storage.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    void *to = storage.ss_family == AF_INET6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr;
    assert_int_equal(inet_pton(storage.ss_family, text, to), 1);
    return storage;
}

static unsigned taken(struct arrivals *arrivals, const char *from, unsigned tries, uint64_t now)
{
    struct sockaddr_storage source = peer(from);
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += arrivals_take(arrivals, &source, now);
    return n;
}

static void test_so_many_a_second_from_one_source(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 5);
    assert_int_equal(taken(&arrivals, "192.0.2.1", 9, 1000), 5);
    assert_int_equal(taken(&arrivals, "192.0.2.1", 9, 1999), 0);
    assert_int_equal(taken(&arrivals, "192.0.2.2", 3, 1999), 3);
    assert_int_equal(taken(&arrivals, "192.0.2.1", 9, 2000), 5);
    arrivals_deinit(&arrivals);
}

static void test_a_64_of_ipv6_is_one_source(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 4);
    assert_int_equal(taken(&arrivals, "2001:db8:0:1::1", 3, 0), 3);
    assert_int_equal(taken(&arrivals, "2001:db8:0:1:ffff::2", 3, 0), 1);
    assert_int_equal(taken(&arrivals, "2001:db8:0:2::1", 3, 0), 3);
    arrivals_deinit(&arrivals);
}

// An address of IPv4 is the same whether it comes by a socket of IPv4 or of both.
static void test_mapped_addresses_are_those_of_ipv4(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 4);
    assert_int_equal(taken(&arrivals, "::ffff:192.0.2.1", 3, 0), 3);
    assert_int_equal(taken(&arrivals, "192.0.2.1", 3, 0), 1);
    assert_int_equal(taken(&arrivals, "::ffff:192.0.2.2", 3, 0), 3);
    arrivals_deinit(&arrivals);
}

static void test_this_machine_is_counted_when_a_number_was_asked_for(void **state)
{
    (void)state;
    struct arrivals arrivals;
    static const char *const local[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};
    arrivals_init(&arrivals, 0);
    unsigned most = arrivals.per_source + 1;
    for (size_t i = 0; i < sizeof local / sizeof local[0]; i++)
        assert_int_equal(taken(&arrivals, local[i], most, 0), most);
    assert_int_equal(taken(&arrivals, "::ffff:10.0.0.1", most, 0), most - 1);
    arrivals_deinit(&arrivals);
    arrivals_init(&arrivals, 7);
    assert_int_equal(taken(&arrivals, "127.0.0.1", 9, 0), 7);
    arrivals_deinit(&arrivals);
}

static void test_a_crowd_lasts_until_the_last_leaves(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 0);
    struct sockaddr_storage one = peer("2001:db8::1"), near = peer("2001:db8::2"), far = peer("192.0.2.9");
    struct crowd *crowd = crowd_join(&arrivals, &one);
    assert_non_null(crowd);
    assert_ptr_equal(crowd_join(&arrivals, &near), crowd);
    assert_int_equal(crowd->n, 2);
    struct crowd *other = crowd_join(&arrivals, &far);
    assert_ptr_not_equal(other, crowd);
    crowd_leave(&arrivals, other);
    crowd_leave(&arrivals, crowd);
    assert_int_equal(crowd->n, 1);
    crowd_leave(&arrivals, crowd);
    assert_null(arrivals.crowds);
    arrivals_deinit(&arrivals);
}

// After the handshake a device is what counts, wherever it is; no address is taken for one.
static void test_a_device_is_a_crowd_of_its_own(void **state)
{
    (void)state;
    struct arrivals arrivals;
    arrivals_init(&arrivals, 0);
    struct sockaddr_storage address = peer("2001:db8::1");
    uint8_t one[32] = {0x20, 0x01, 0x0d, 0xb8, [31] = 1}, other[32] = {0x20, 0x01, 0x0d, 0xb8, [31] = 2};
    struct crowd *crowd = crowd_join_device(&arrivals, one), *from = crowd_join(&arrivals, &address);
    assert_non_null(crowd);
    assert_ptr_equal(crowd_join_device(&arrivals, one), crowd);
    assert_int_equal(crowd->n, 2);
    assert_ptr_not_equal(from, crowd);
    struct crowd *second = crowd_join_device(&arrivals, other);
    assert_ptr_not_equal(second, crowd);
    crowd_leave(&arrivals, second);
    crowd_leave(&arrivals, from);
    crowd_leave(&arrivals, crowd);
    crowd_leave(&arrivals, crowd);
    assert_null(arrivals.crowds);
    arrivals_deinit(&arrivals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_so_many_a_second_from_one_source),
        cmocka_unit_test(test_a_64_of_ipv6_is_one_source),
        cmocka_unit_test(test_mapped_addresses_are_those_of_ipv4),
        cmocka_unit_test(test_this_machine_is_counted_when_a_number_was_asked_for),
        cmocka_unit_test(test_a_crowd_lasts_until_the_last_leaves),
        cmocka_unit_test(test_a_device_is_a_crowd_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
