/* The addresses that are ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/own_addrs.h"

static struct own_addrs own;

static int tear_down(void **state)
{
    (void)state;
    own_addrs_release(&own);
    return 0;
}

static struct ip_addr addr(const char *text)
{
    struct ip_addr parsed;
    assert_int_equal(ip_parse(text, &parsed), 0);
    return parsed;
}

static bool has(const char *text)
{
    struct ip_addr a = addr(text);
    return own_addrs_has(&own, &a);
}

static void add(const char *text, const char *link)
{
    struct ip_addr a = addr(text);
    own_addrs_add(&own, &a, link);
}

static void drop(const char *text)
{
    struct ip_addr a = addr(text);
    own_addrs_remove(&own, &a);
}

static void each_reason_counts(void **state)
{
    (void)state;
    assert_false(has("192.0.2.1"));
    add("192.0.2.1", "");
    add("192.0.2.1", "eth0");
    assert_true(has("192.0.2.1"));
    drop("192.0.2.1");
    assert_true(has("192.0.2.1"));
    drop("192.0.2.1");
    assert_false(has("192.0.2.1"));
    drop("192.0.2.1"); /* once too often does no harm */
    assert_int_equal(own.count, 0);
}

static void many_are_told_apart(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 300; i++) {
        struct ip_addr a = ip_from_v4(0x0a000000 + i * 2654435761u % 1000 * 2);
        own_addrs_add(&own, &a, "");
    }
    for (uint32_t i = 0; i < 2000; i++) {
        struct ip_addr a = ip_from_v4(0x0a000000 + i);
        bool expected = false;
        for (uint32_t k = 0; k < 300; k++)
            expected |= k * 2654435761u % 1000 * 2 == i;
        assert_int_equal(own_addrs_has(&own, &a), expected);
    }
}

/* RFC 4291 §2.5.5.2. */
static void a_mapped_address_is_the_ipv4_one(void **state)
{
    (void)state;
    struct ip_addr mapped = {.version = IP_V6, .bytes = {[10] = 0xff, 0xff, 192, 0, 2, 1}};
    add("192.0.2.1", "");
    assert_true(own_addrs_has(&own, &mapped));
    own_addrs_remove(&own, &mapped);
    assert_false(has("192.0.2.1"));
    own_addrs_add(&own, &mapped, "");
    assert_true(has("192.0.2.1"));
    mapped.bytes[15] = 2;
    assert_false(own_addrs_has(&own, &mapped));
}

static void nobodys_addresses_are_not_ours(void **state)
{
    (void)state;
    struct ip_addr none = {0};
    add("0.0.0.0", "");
    add("::", "");
    own_addrs_add(&own, &none, "");
    assert_int_equal(own.count, 0);
    assert_int_equal(own.changes, 0);
    assert_false(has("0.0.0.0"));
    assert_false(own_addrs_has(&own, &none));
}

static void link_local_ones_have_an_interface(void **state)
{
    (void)state;
    add("fe80::1%eth0", "eth0");
    add("2001:db8::1", "eth1");
    add("2001:db8::2", "");
    assert_true(has("fe80::1%eth0"));
    assert_false(has("fe80::1%eth1"));
    assert_false(has("fe80::1"));
    struct ip_addr a = addr("fe80::1%eth0");
    assert_string_equal(own_addrs_link(&own, &a), "eth0");
    a = addr("2001:db8::1");
    assert_string_equal(own_addrs_link(&own, &a), "eth1");
    a = addr("2001:db8::2");
    assert_string_equal(own_addrs_link(&own, &a), "");
    a = addr("2001:db8::3");
    assert_string_equal(own_addrs_link(&own, &a), "");
}

static void only_what_comes_and_goes_is_a_change(void **state)
{
    (void)state;
    struct own_addrs_list held = {0};
    struct own_addrs_list next = {0};
    struct ip_addr a = addr("192.0.2.1");
    struct ip_addr b = addr("192.0.2.2");
    own_addrs_list_add(&next, &a, "eth0");
    own_addrs_replace(&own, &held, &next);
    uint32_t changes = own.changes;
    own_addrs_list_add(&next, &a, "eth0");
    own_addrs_replace(&own, &held, &next);
    assert_int_equal(own.changes, changes);
    own_addrs_list_add(&next, &a, "eth1");
    own_addrs_replace(&own, &held, &next);
    assert_int_not_equal(own.changes, changes); /* it is on another interface */
    changes = own.changes;
    own_addrs_list_add(&next, &b, "eth1");
    own_addrs_replace(&own, &held, &next);
    assert_int_not_equal(own.changes, changes);
    assert_true(has("192.0.2.2"));
    assert_false(has("192.0.2.1"));
    own_addrs_replace(&own, &held, &next);
    assert_int_equal(own.count, 0);
    assert_null(held.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_reason_counts, tear_down),
        cmocka_unit_test_teardown(many_are_told_apart, tear_down),
        cmocka_unit_test_teardown(a_mapped_address_is_the_ipv4_one, tear_down),
        cmocka_unit_test_teardown(nobodys_addresses_are_not_ours, tear_down),
        cmocka_unit_test_teardown(link_local_ones_have_an_interface, tear_down),
        cmocka_unit_test_teardown(only_what_comes_and_goes_is_a_change, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
