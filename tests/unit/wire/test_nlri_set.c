/* What an UPDATE announces, to be asked by prefix and by flow (RFC 4271 §4.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../keys.h"
#include "base/prefix.h"
#include "bytes.h"
#include "wire/nlri_set.h"

static struct attr_block attrs;

static bool has(const struct nlri_set *set, const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return nlri_set_has(set, prefix_key(p));
}

static void both_fields_of_one_family_count(void **state)
{
    (void)state;
    struct update u = {
        .reach = {FAMILY_IPV4_UNICAST, BYTES(8, 10, 24, 192, 0, 2)},
        .attrs = &attrs,
        .mp_reach = {FAMILY_IPV4_UNICAST, BYTES(16, 172, 16, 8, 10)},
        .mp_attrs = &attrs,
    };
    struct nlri_set set;
    nlri_set_init(&set, &u, FAMILY_IPV4_UNICAST, 7);
    assert_true(has(&set, "10.0.0.0/8"));
    assert_true(has(&set, "192.0.2.0/24"));
    assert_true(has(&set, "172.16.0.0/16"));
    assert_false(has(&set, "192.0.0.0/16"));
    assert_false(has(&set, "10.0.0.0/9"));
    assert_false(has(&set, "0.0.0.0/0"));
    nlri_set_release(&set);
}

static void other_families_and_what_is_treated_as_withdrawn_do_not(void **state)
{
    (void)state;
    struct update u = {
        .reach = {FAMILY_IPV4_UNICAST, BYTES(8, 10)},
        .mp_reach = {FAMILY_IPV6_UNICAST, BYTES(16, 0x20, 1)},
        .mp_attrs = &attrs,
    };
    assert_false(nlri_set_is_needed(&u, FAMILY_IPV4_UNICAST));
    assert_true(nlri_set_is_needed(&u, FAMILY_IPV6_UNICAST));
    assert_false(nlri_set_is_needed(&u, FAMILY_IPV6_FLOW));
    struct nlri_set set;
    nlri_set_init(&set, &u, FAMILY_IPV6_UNICAST, 7);
    assert_true(has(&set, "2001::/16"));
    assert_false(has(&set, "2002::/16"));
    nlri_set_release(&set);
}

/* Bits after the length do not tell two prefixes apart. */
static void prefixes_are_compared_by_what_they_mean(void **state)
{
    (void)state;
    struct update u = {.reach = {FAMILY_IPV4_UNICAST, BYTES(12, 10, 0x1f)}, .attrs = &attrs};
    struct nlri_set set;
    nlri_set_init(&set, &u, FAMILY_IPV4_UNICAST, 7);
    assert_true(has(&set, "10.16.0.0/12"));
    nlri_set_release(&set);
}

static bool has_flow(const struct nlri_set *set, struct span flow)
{
    return nlri_set_has(set, (struct nlri_key){flow.data, (uint32_t)flow.len_bytes});
}

static void flows_are_asked_for_by_components(void **state)
{
    (void)state;
    struct update u = {
        .mp_reach = {FAMILY_IPV4_FLOW, BYTES(3, 3, 0x81, 6, 3, 3, 0x81, 17)},
        .mp_attrs = &attrs,
    };
    struct nlri_set set;
    nlri_set_init(&set, &u, FAMILY_IPV4_FLOW, 7);
    assert_true(has_flow(&set, BYTES(3, 0x81, 6)));
    assert_true(has_flow(&set, BYTES(3, 0x81, 17)));
    assert_false(has_flow(&set, BYTES(3, 0x81, 1)));
    nlri_set_release(&set);
}

/* As many prefixes as a message holds, each twice. */
static void thousands_are_found(void **state)
{
    (void)state;
    enum { COUNT = 8000 };
    static uint8_t bytes[2 * COUNT * 4];
    struct writer w = writer_over(bytes, sizeof(bytes));
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        writer_u8(&w, 24);
        writer_u8(&w, 10);
        writer_u16(&w, (uint16_t)(i % COUNT * 2));
    }
    struct update u = {.reach = {FAMILY_IPV4_UNICAST, writer_span(&w)}, .attrs = &attrs};
    struct nlri_set set;
    nlri_set_init(&set, &u, FAMILY_IPV4_UNICAST, 7);
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        uint8_t address[4] = {10, (uint8_t)(i >> 8), (uint8_t)i, 0};
        struct prefix p = prefix_make(IP_V4, 24, address);
        assert_int_equal(nlri_set_has(&set, prefix_key(p)), i % 2 == 0);
    }
    nlri_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_fields_of_one_family_count),
        cmocka_unit_test(other_families_and_what_is_treated_as_withdrawn_do_not),
        cmocka_unit_test(prefixes_are_compared_by_what_they_mean),
        cmocka_unit_test(flows_are_asked_for_by_components),
        cmocka_unit_test(thousands_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
