/* The action on the next hop, in both directions and all families. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "action_fixture.h"

#define WAS  "next_hop 198.51.100.1; as_path 65001"
#define WAS6 "next_hop 2001:db8::9; as_path 65001"

static int as_at_first(void **state)
{
    static struct policy_scene first;
    (void)state;
    if (first.peer)
        scene = first;
    first = scene;
    return 0;
}

static void a_next_hop_is_set_on_import(void **state)
{
    (void)state;
    assert_becomes("next_hop", "203.0.113.7", WAS, "next_hop 203.0.113.7; as_path 65001");
    assert_becomes("next_hop", "2001:db8::1", WAS, "next_hop 2001:db8::1; as_path 65001");
    assert_becomes("next_hop", "self", WAS, "next_hop 192.0.2.100; as_path 65001");
    assert_becomes("next_hop", "peer", WAS, "next_hop 192.0.2.10; as_path 65001");
    assert_becomes("next_hop", "{peer.address}", WAS, "next_hop 192.0.2.10; as_path 65001");
    assert_becomes("next_hop", "discard", WAS, "next_hop 192.0.2.1; as_path 65001");
    assert_stays("next_hop", "unchanged", WAS);
    assert_stays("next_hop", "198.51.100.1", WAS);
}

static void in_ipv6_families_it_is_an_ipv6_address(void **state)
{
    (void)state;
    scene.family = FAMILY_IPV6_UNICAST;
    scene.own_next_hop = BYTES(GLOBAL_, LOCAL_);
    assert_becomes("next_hop", "2001:db8::7", WAS6, "next_hop 2001:db8::7; as_path 65001");
    assert_becomes("next_hop", "203.0.113.7", WAS6, "next_hop ::ffff:203.0.113.7; as_path 65001");
    assert_becomes("next_hop", "peer", WAS6, "next_hop ::ffff:192.0.2.10; as_path 65001");
    assert_becomes("next_hop", "discard", WAS6, "next_hop 100::1; as_path 65001");
    attrs_of(&before_block, WAS6);
    assert_int_equal(apply_to("next_hop", "self", attr_block_span(&before_block)), 0);
    struct span hop = {0};
    assert_true(attr_find(attr_block_span(&result), ATTR_NEXT_HOP, &hop));
    assert_span_equal(hop, BYTES(GLOBAL_, LOCAL_));
    assert_true(is_canonical(attr_block_span(&result), scene.family));
    scene.own_next_hop = BYTES(192, 0, 2, 100);
    assert_becomes("next_hop", "self", WAS6, "next_hop ::ffff:192.0.2.100; as_path 65001");
}

static void what_is_set_on_export_is_kept(void **state)
{
    (void)state;
    scene.direction = POLICY_EXPORT;
    static const struct {
        const char *value;
        const char *hop;
    } cases[] = {
        {"203.0.113.7", "203.0.113.7"}, {"self", "192.0.2.100"},       {"peer", "192.0.2.10"},
        {"discard", "192.0.2.1"},       {"unchanged", "198.51.100.1"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[128];
        snprintf(want, sizeof(want), "next_hop %s; weight 3; kept 3", cases[i].hop);
        assert_becomes("next_hop", cases[i].value, "next_hop 198.51.100.1; weight 3; kept 2", want);
    }
}

static void without_an_address_of_ours_there_is_no_self(void **state)
{
    (void)state;
    scene.own_next_hop = none;
    attrs_of(&before_block, WAS);
    assert_int_equal(apply_to("next_hop", "self", attr_block_span(&before_block)), ERR_NOT_FOUND);
    scene.direction = POLICY_EXPORT;
    assert_becomes("next_hop", "self", WAS, "as_path 65001; kept 1");
}

static void flows_have_none_and_labels_are_not_ours(void **state)
{
    (void)state;
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        const struct family_info *info = family_info(family);
        scene.family = family;
        for (unsigned direction = 0; direction < POLICY_DIRECTIONS; direction++) {
            scene.direction = (enum policy_direction)direction;
            if (!info->has_next_hop) {
                assert_stays("next_hop", "203.0.113.7", "as_path 65001");
                assert_stays("next_hop", "self", "as_path 65001");
                assert_stays("next_hop", "unchanged", "as_path 65001");
            } else if (info->has_labels) {
                attrs_of(&before_block, WAS);
                apply_to("next_hop", "self", attr_block_span(&before_block));
                assert_span_equal(attr_block_span(&result), attr_block_span(&before_block));
            }
        }
    }
}

static void what_is_no_next_hop_is_refused(void **state)
{
    (void)state;
    assert_refused("next_hop", "router1", "expected an address, \"self\", \"peer\"");
    assert_refused("next_hop", "", "is no next hop");
    assert_refused("next_hop", "192.0.2.0/24", "is no next hop");
    assert_refused("next_hop", "{peer.as}", "is no next hop");
    assert_refused("next_hop", "224.0.0.1", "is not a unicast address");
    assert_refused("next_hop", "0.0.0.0", "is not a unicast address");
    assert_refused("next_hop", "ff02::1", "is not a unicast address");
    assert_refused("next_hop", "fe80::1", "is link-local");
}

static void it_looks_at_the_peer_for_its_address_alone(void **state)
{
    (void)state;
    static const char *const values[] = {"203.0.113.7", "self", "unchanged", "discard", "peer"};
    for (unsigned i = 0; i < 5; i++) {
        struct policy_set set = set_of("next_hop", values[i]);
        assert_int_equal(set.variables, i == 4 ? POLICY_PEER_ADDRESS : 0);
        set.action->release(set.value);
        for (unsigned k = 0; k < 5; k++)
            assert_int_equal(have_equal_digests("next_hop", values[i], values[k]), i == k);
    }
    assert_true(have_equal_digests("next_hop", "peer", "{peer.address}"));
    assert_false(have_equal_digests("next_hop", "203.0.113.7", "203.0.113.8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_next_hop_is_set_on_import, as_at_first),
        cmocka_unit_test_setup(in_ipv6_families_it_is_an_ipv6_address, as_at_first),
        cmocka_unit_test_setup(what_is_set_on_export_is_kept, as_at_first),
        cmocka_unit_test_setup(without_an_address_of_ours_there_is_no_self, as_at_first),
        cmocka_unit_test_setup(flows_have_none_and_labels_are_not_ours, as_at_first),
        cmocka_unit_test_setup(what_is_no_next_hop_is_refused, as_at_first),
        cmocka_unit_test_setup(it_looks_at_the_peer_for_its_address_alone, as_at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
