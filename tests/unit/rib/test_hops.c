/* Next hops of a group against an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/hops.h"

enum { KEYS = 300 };

static void hops_are_those_of_the_model(void **state)
{
    (void)state;
    struct random r = {5};
    struct hops h = {0};
    uint32_t members[KEYS] = {0};
    uint32_t routes[KEYS] = {0};
    for (unsigned step = 0; step < 20000; step++) {
        /* It grows, and becomes empty at the end. */
        unsigned bias = step < 10000 ? 2 : 1;
        uint32_t i = random_below(&r, KEYS);
        struct ip_addr addr = ip_from_v4(0x0a000000 + i);
        struct hop_key key = hop_key_of_ip(&addr);
        if (random_below(&r, 2)) {
            members[i] = random_below(&r, 3) < bias ? 1 + random_below(&r, 9) : 0;
            hops_set_member(&h, &key, members[i]);
        } else {
            int32_t change = random_below(&r, 3) < bias ? 1 : routes[i] > 0 ? -1 : 0;
            routes[i] += (uint32_t)change;
            hops_add_routes(&h, &key, change);
        }
        const struct hop *hop = hops_find(&h, &key);
        assert_int_equal(hop != NULL, members[i] != 0 || routes[i] != 0);
        if (hop) {
            assert_int_equal(hop->member, members[i]);
            assert_int_equal(hop->routes, routes[i]);
        }
    }
    for (uint32_t i = 0; i < KEYS; i++) {
        struct ip_addr addr = ip_from_v4(0x0a000000 + i);
        struct hop_key key = hop_key_of_next_hop(span_of(addr.bytes, 4));
        const struct hop *hop = hops_find(&h, &key);
        assert_int_equal(hop ? hop->member : 0, members[i]);
        assert_int_equal(hop ? hop->routes : 0, routes[i]);
        hops_set_member(&h, &key, 0);
        hops_add_routes(&h, &key, -(int32_t)routes[i]);
    }
    assert_int_equal(h.count, 0);
    assert_null(h.slots);
}

static void addresses_of_both_versions_are_told_apart(void **state)
{
    (void)state;
    static const uint8_t both[32] = {0x20, 1, 0xd, 0xb8, [15] = 1, [16] = 0xfe, 0x80, [31] = 2};
    struct hop_key global = hop_key_of_next_hop(span_of(both, 16));
    struct hop_key first = hop_key_of_next_hop(span_of(both, 32));
    struct ip_addr v4 = ip_from_v4(0x20010db8);
    struct hop_key mapped = hop_key_of_ip(&v4);
    assert_memory_equal(&global, &first, sizeof(global));
    assert_memory_not_equal(&global, &mapped, sizeof(global));
    assert_int_equal(mapped.bytes[10], 0xff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hops_are_those_of_the_model),
        cmocka_unit_test(addresses_of_both_versions_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
