/* Address families: code points (IANA AFI and SAFI registries) and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "wire/family.h"
#include "wire/nlri_text.h"

static void wire_code_points(void **state)
{
    (void)state;
    assert_int_equal(family_from_wire(1, 1), FAMILY_IPV4_UNICAST);
    assert_int_equal(family_from_wire(2, 1), FAMILY_IPV6_UNICAST);
    assert_int_equal(family_from_wire(1, 133), FAMILY_IPV4_FLOW);
    assert_int_equal(family_from_wire(2, 133), FAMILY_IPV6_FLOW);
    assert_int_equal(family_from_wire(1, 2), FAMILY_IPV4_MULTICAST);
    assert_int_equal(family_from_wire(2, 2), FAMILY_IPV6_MULTICAST);
    assert_int_equal(family_from_wire(1, 4), FAMILY_IPV4_LABELED);
    assert_int_equal(family_from_wire(2, 4), FAMILY_IPV6_LABELED);
    assert_int_equal(family_from_wire(1, 128), FAMILY_IPV4_VPN);
    assert_int_equal(family_from_wire(2, 128), FAMILY_IPV6_VPN);
    assert_int_equal(family_from_wire(1, 129), FAMILY_NONE);
    assert_int_equal(family_from_wire(3, 128), FAMILY_NONE);
    assert_int_equal(family_from_wire(25, 65), FAMILY_NONE);
    assert_int_equal(family_from_wire(0, 1), FAMILY_NONE);
}

static void names_in_any_spelling(void **state)
{
    (void)state;
    assert_int_equal(family_from_name("ipv4 unicast"), FAMILY_IPV4_UNICAST);
    assert_int_equal(family_from_name("IPv6-Unicast"), FAMILY_IPV6_UNICAST);
    assert_int_equal(family_from_name("ipv4_flow"), FAMILY_IPV4_FLOW);
    assert_int_equal(family_from_name("IPV6 FLOW"), FAMILY_IPV6_FLOW);
    assert_int_equal(family_from_name("ipv4 labeled unicast"), FAMILY_IPV4_LABELED);
    assert_int_equal(family_from_name("ipv4"), FAMILY_NONE);
    assert_int_equal(family_from_name("ipv4 unicast "), FAMILY_NONE);
    assert_int_equal(family_from_name("ipv4unicast"), FAMILY_NONE);
    assert_int_equal(family_from_name(""), FAMILY_NONE);
}

static void every_family_finds_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        const struct family_info *info = family_info((enum family)i);
        assert_int_equal(family_from_wire(info->afi, info->safi), i);
        assert_int_equal(family_from_name(info->name), i);
        assert_int_equal(info->ip_version, info->afi == AFI_IPV4 ? IP_V4 : IP_V6);
        /* Keys are in an address tree, or have an order of their own. */
        assert_int_equal(info->key_bytes == 0, info->compare != NULL);
        assert_int_equal(family_for_text(info->ip_version, info->written_as) != FAMILY_NONE, true);
    }
}

/* What a peer has where nothing else is said is that of the first releases. */
static void defaults(void **state)
{
    (void)state;
    assert_int_equal(family_defaults(),
                     FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_UNICAST) |
                         FAMILY_BIT(FAMILY_IPV4_FLOW) | FAMILY_BIT(FAMILY_IPV6_FLOW));
    assert_int_equal(family_with_next_hop(IP_V6),
                     FAMILY_BIT(FAMILY_IPV6_UNICAST) | FAMILY_BIT(FAMILY_IPV6_MULTICAST) |
                         FAMILY_BIT(FAMILY_IPV6_LABELED) | FAMILY_BIT(FAMILY_IPV6_VPN));
}

/* Labels mean something to the next hop alone. */
static void next_hops_that_can_be_ours(void **state)
{
    (void)state;
    assert_int_equal(family_with_own_next_hop(IP_V4),
                     FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV4_MULTICAST));
    assert_int_equal(family_with_own_next_hop(IP_V6),
                     FAMILY_BIT(FAMILY_IPV6_UNICAST) | FAMILY_BIT(FAMILY_IPV6_MULTICAST));
}

static void sets(void **state)
{
    (void)state;
    family_set set = FAMILY_BIT(FAMILY_IPV6_UNICAST) | FAMILY_BIT(FAMILY_IPV4_FLOW);
    assert_true(family_in(set, FAMILY_IPV6_UNICAST));
    assert_true(family_in(set, FAMILY_IPV4_FLOW));
    assert_false(family_in(set, FAMILY_IPV4_UNICAST));
    assert_false(family_in(FAMILY_ALL, FAMILY_NONE));
}

static void martians(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        bool martian;
    } cases[] = {
        {"0.0.0.0/0", false},
        {"0.0.0.0/1", false},
        {"0.0.0.0/7", false},
        {"0.0.0.0/8", true},
        {"0.0.0.0/32", true},
        {"0.1.0.0/16", true},
        {"1.0.0.0/8", false},
        {"126.0.0.0/7", false},
        {"127.0.0.0/8", true},
        {"127.255.255.255/32", true},
        {"126.0.0.0/8", false},
        {"128.0.0.0/1", false},
        {"192.0.0.0/2", false},
        {"223.255.255.0/24", false},
        {"224.0.0.0/3", true},
        {"224.0.0.0/4", true},
        {"239.1.0.0/16", true},
        {"240.0.0.0/4", true},
        {"255.255.255.255/32", true},
        {"10.0.0.0/8", false},
        {"100.64.0.0/10", false},
        {"::/0", false},
        {"::/1", false},
        {"::/127", false},
        {"::/128", true},
        {"::1/128", true},
        {"::2/128", false},
        {"64:ff9b::/96", false},
        {"7f00::/8", false},
        {"2001:db8::/32", false},
        {"fc00::/7", false},
        {"fe00::/7", false},
        {"fe80::/9", false},
        {"fe80::/10", true},
        {"fe80::1/128", true},
        {"febf::/16", true},
        {"fec0::/10", false},
        {"ff00::/8", true},
        {"ff02::1/128", true},
        {"fe00::/8", false},
        {"e000::/4", false},
        {"f000::/4", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix p;
        assert_int_equal(prefix_parse(cases[i].prefix, &p), 0);
        enum family family = p.version == IP_V4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST;
        const struct family_info *info = family_info(family);
        if (nlri_is_martian(info, (struct nlri_key){p.bytes, p.len_bits}) != cases[i].martian)
            fail_msg("%s", cases[i].prefix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_code_points),
        cmocka_unit_test(names_in_any_spelling),
        cmocka_unit_test(every_family_finds_itself),
        cmocka_unit_test(defaults),
        cmocka_unit_test(next_hops_that_can_be_ours),
        cmocka_unit_test(sets),
        cmocka_unit_test(martians),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
