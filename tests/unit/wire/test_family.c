/* Address families: code points (IANA AFI and SAFI registries) and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ip.h"
#include "wire/family.h"

static void wire_code_points(void **state)
{
    (void)state;
    assert_int_equal(family_from_wire(1, 1), FAMILY_IPV4_UNICAST);
    assert_int_equal(family_from_wire(2, 1), FAMILY_IPV6_UNICAST);
    assert_int_equal(family_from_wire(1, 133), FAMILY_IPV4_FLOW);
    assert_int_equal(family_from_wire(2, 133), FAMILY_IPV6_FLOW);
    assert_int_equal(family_from_wire(1, 2), FAMILY_NONE);
    assert_int_equal(family_from_wire(1, 128), FAMILY_NONE);
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
        assert_int_equal(family_from_name(info->config_name), i);
        assert_int_equal(info->ip_version, info->afi == AFI_IPV4 ? IP_V4 : IP_V6);
        assert_int_equal(info->is_flow, info->safi == SAFI_FLOW);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wire_code_points),
        cmocka_unit_test(names_in_any_spelling),
        cmocka_unit_test(every_family_finds_itself),
        cmocka_unit_test(sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
