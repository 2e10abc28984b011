/* Decoding UPDATE messages: canonical attributes, NLRI, and the verdicts of RFC 7606. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "update_fixture.h"

#define LOOPBACK_V6_ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

/* Good messages. */

static void plain_announcement(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(MANDATORY_), BYTES(24, 203, 0, 113, NLRI_10_));
    assert_clean();
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(24, 203, 0, 113, NLRI_10_));
    assert_nlri(&update.mp_reach, FAMILY_NONE, none);
    assert_nlri(&update.withdrawn, FAMILY_NONE, none);
    assert_attrs(update.attrs, BYTES(MANDATORY_));
    assert_null(update.mp_attrs);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    assert_int_equal(update.attrs->hot.origin, ORIGIN_IGP);
    assert_int_equal(update.attrs->hot.as_path_len, 1);
    assert_int_equal(update.attrs->hot.neighbor_as, 65001);
    assert_int_equal(update.attrs->hot.next_hop_len_bytes, 4);
}

/* A message as a router sends it, from the marker's end on: AS path 65001 4200000000, MED,
 * AGGREGATOR, three kinds of communities, withdrawals and NLRI in one. */
static void message_with_everything(void **state)
{
    (void)state;
    decode_body(&ebgp,
                BYTES(0, 4, 24, 198, 51, 100,                                      /* withdrawn */
                      0, 84,                                                       /* attributes */
                      0x40, 1, 1, 2,                                               /* ORIGIN */
                      0x50, 2, 0, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0xfa, 0x56, 0xea, 0, /* AS_PATH */
                      0x40, 3, 4, 192, 0, 2, 1,                                    /* NEXT_HOP */
                      0x80, 4, 4, 0, 0, 0, 10,                                     /* MED */
                      0x40, 6, 0,                                                  /* ATOMIC */
                      0xc0, 7, 8, 0, 0, 0xfd, 0xe9, 192, 0, 2, 9,                  /* AGGREGATOR */
                      0xe0, 8, 4, 0xfd, 0xe9, 0, 100,                              /* COMMUNITIES */
                      0xc0, 16, 8, 0, 2, 0xfd, 0xe9, 0, 0, 0, 1,                   /* extended */
                      0xc0, 32, 12, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0, 0, 0, 2,      /* large */
                      0xc0, 99, 2, 7, 7,                                           /* unknown */
                      24, 203, 0, 113, 0));
    assert_clean();
    assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(24, 198, 51, 100));
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(24, 203, 0, 113, 0));
    assert_attrs(update.attrs,
                 BYTES(0x40, 1, 1, 2, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0xfa, 0x56, 0xea, 0,
                       0x40, 3, 4, 192, 0, 2, 1, 0x80, 4, 4, 0, 0, 0, 10, 0x40, 6, 0, 0xc0, 7, 8, 0,
                       0, 0xfd, 0xe9, 192, 0, 2, 9, 0xe0, 8, 4, 0xfd, 0xe9, 0, 100, 0xc0, 16, 8, 0,
                       2, 0xfd, 0xe9, 0, 0, 0, 1, 0xc0, 32, 12, 0, 0, 0xfd, 0xe9, 0, 0, 0, 1, 0, 0,
                       0, 2, 0xc0, 99, 2, 7, 7));
}

static void attributes_in_any_order_become_canonical(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(0xc0, 200, 1, 1, 0xc0, 8, 4, 0, 1, 0, 1, NEXT_HOP_, AS_PATH_, 0xf0, 100, 0, 1, 2,
                 ORIGIN_IGP_),
           BYTES(NLRI_10_));
    assert_clean();
    /* Sorted, lengths not extended, unknown ones as they came. */
    assert_attrs(update.attrs,
                 BYTES(MANDATORY_, 0xc0, 8, 4, 0, 1, 0, 1, 0xe0, 100, 1, 2, 0xc0, 200, 1, 1));
}

static void flags_become_canonical(void **state)
{
    (void)state;
    /* Low bits, and Partial where it has no meaning, are to be ignored. */
    decode(
        &ebgp, none,
        BYTES(0x6f, 1, 1, 0, AS_PATH_, NEXT_HOP_, 0xa3, 4, 4, 0, 0, 0, 1, 0xe1, 8, 4, 0, 1, 0, 1),
        BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0xe0, 8, 4, 0, 1, 0, 1));
}

/* To be shown as they were received; what goes on is for the encoder to say. The lower bits are to
 * be ignored. */
static void unknown_optional_attributes_are_kept_as_they_came(void **state)
{
    (void)state;
    static const uint8_t flags[] = {0x80, 0xa0, 0xc0, 0xe0};
    for (size_t i = 0; i < sizeof(flags); i++) {
        decode(&ebgp, none, BYTES(MANDATORY_, flags[i] | 0x0f, 99, 2, 1, 2), BYTES(NLRI_10_));
        assert_clean();
        assert_attrs(update.attrs, BYTES(MANDATORY_, flags[i], 99, 2, 1, 2));
        assert_true(update.attrs->hot.flags & ATTR_HAS_UNKNOWN);
        /* Even of the last type; but what is reserved stands for something else (wire/attr.h). */
        decode(&ebgp, none, BYTES(flags[i], 255, 0, MANDATORY_), BYTES(NLRI_10_));
        assert_clean();
        assert_attrs(update.attrs, BYTES(MANDATORY_, flags[i], 255, 0));
        assert_true(update.attrs->hot.flags & ATTR_HAS_UNKNOWN);
        decode(&ebgp, none, BYTES(MANDATORY_, flags[i], 0, 1, 7), BYTES(NLRI_10_));
        assert_problem(VERDICT_DISCARD, 0);
        assert_attrs(update.attrs, BYTES(MANDATORY_));
        assert_false(update.attrs->hot.flags & ATTR_HAS_UNKNOWN);
    }
    decode(&ebgp, none, BYTES(MANDATORY_, 0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3),
           BYTES(NLRI_10_));
    assert_false(update.attrs->hot.flags & ATTR_HAS_UNKNOWN);
}

static void withdrawals_alone(void **state)
{
    (void)state;
    decode(&ebgp, BYTES(24, 192, 0, 2, 0), none, none);
    assert_clean();
    assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(24, 192, 0, 2, 0));
    assert_null(update.attrs);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);

    decode(&ebgp, none, BYTES(0x80, 15, 10, 0, 2, 1, IPV6_NLRI_), none);
    assert_clean();
    assert_nlri(&update.mp_unreach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
}

static void end_of_rib_of_both_kinds(void **state)
{
    (void)state;
    decode(&ebgp, none, none, none);
    assert_clean();
    assert_int_equal(update.end_of_rib, FAMILY_IPV4_UNICAST);
    assert_no_nlri();

    static const struct {
        uint16_t afi;
        uint8_t safi;
        enum family family;
    } cases[] = {
        {1, 1, FAMILY_IPV4_UNICAST},
        {2, 1, FAMILY_IPV6_UNICAST},
        {1, 133, FAMILY_IPV4_FLOW},
        {2, 133, FAMILY_IPV6_FLOW},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        decode(&ebgp, none, BYTES(0x80, 15, 3, 0, (uint8_t)cases[i].afi, cases[i].safi), none);
        assert_clean();
        assert_int_equal(update.end_of_rib, cases[i].family);
        assert_no_nlri();
    }
    decode(&ebgp, none, BYTES(0x90, 15, 0, 3, 0, 2, 1), none);
    assert_int_equal(update.end_of_rib, FAMILY_IPV6_UNICAST);
}

static void end_of_rib_is_nothing_else(void **state)
{
    (void)state;
    decode(&ebgp, BYTES(8, 10), BYTES(0x80, 15, 3, 0, 2, 1), none);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    decode(&ebgp, none, BYTES(0x80, 15, 3, 0, 2, 1, ORIGIN_IGP_), none);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    decode(&ebgp, none, BYTES(ORIGIN_IGP_), none);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    struct update_context only_v4 = ebgp;
    only_v4.families = FAMILY_BIT(FAMILY_IPV4_UNICAST);
    decode(&only_v4, none, BYTES(0x80, 15, 3, 0, 2, 1), none);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
    only_v4.families = FAMILY_BIT(FAMILY_IPV6_UNICAST);
    decode(&only_v4, none, none, none);
    assert_int_equal(update.end_of_rib, FAMILY_NONE);
}

/* Multiprotocol. */

static void ipv6_announcement(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(MP_REACH_V6_, ORIGIN_IGP_, AS_PATH_), none);
    assert_clean();
    assert_nlri(&update.mp_reach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    assert_null(update.attrs);
    assert_attrs(update.mp_attrs, BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 16, GLOBAL_));
    assert_int_equal(update.mp_attrs->hot.next_hop_len_bytes, 16);
}

static void both_kinds_of_nlri_have_their_own_next_hop(void **state)
{
    (void)state;
    decode(&ebgp, BYTES(8, 11), BYTES(MANDATORY_, MP_REACH_V6_, 0x80, 15, 4, 0, 2, 1, 0),
           BYTES(NLRI_10_));
    assert_clean();
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
    assert_nlri(&update.mp_reach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(8, 11));
    assert_nlri(&update.mp_unreach, FAMILY_IPV6_UNICAST, BYTES(0));
    assert_attrs(update.attrs, BYTES(MANDATORY_));
    assert_attrs(update.mp_attrs, BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 16, GLOBAL_));
}

static void next_hop_without_nlri_is_ignored(void **state)
{
    (void)state;
    /* Even a malformed one (RFC 4760 §3). */
    decode(&ebgp, none, BYTES(MP_REACH_V6_, ORIGIN_IGP_, AS_PATH_, 0x40, 3, 3, 0, 0, 0), none);
    assert_clean();
    assert_attrs(update.mp_attrs, BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 16, GLOBAL_));
}

/* Decodes an announcement of ::/0 with a next hop, and returns the one that was understood. */
static struct span decode_next_hop(const struct update_context *ctx, uint8_t afi,
                                   struct span next_hop)
{
    uint8_t attrs[128];
    struct writer w = writer_over(attrs, sizeof(attrs));
    writer_put(&w, BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14));
    writer_u8(&w, (uint8_t)(next_hop.len_bytes + 6));
    writer_put(&w, BYTES(0, afi, 1));
    writer_u8(&w, (uint8_t)next_hop.len_bytes);
    writer_put(&w, next_hop);
    writer_put(&w, BYTES(0, 0));
    decode(ctx, none, writer_span(&w), none);
    struct span found = none;
    if (update.mp_attrs)
        attr_find(attr_block_span(update.mp_attrs), ATTR_NEXT_HOP, &found);
    return found;
}

static void ipv6_next_hops_with_link_local(void **state)
{
    (void)state;
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(GLOBAL_, LOCAL_)), BYTES(GLOBAL_, LOCAL_));
    assert_clean();
    assert_int_equal(update.mp_attrs->hot.next_hop_len_bytes, 32);
    /* A link-local address alone, in either place or in both. */
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(LOCAL_)), BYTES(LOCAL_));
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(ZERO_, LOCAL_)), BYTES(LOCAL_));
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(LOCAL_, LOCAL_)), BYTES(LOCAL_));
    /* The second is no link-local address. */
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(GLOBAL_, ZERO_)), BYTES(GLOBAL_));
    assert_span_equal(decode_next_hop(&ebgp, 2, BYTES(GLOBAL_, GLOBAL_)), BYTES(GLOBAL_));
    assert_clean();
}

static void unusable_next_hops_withdraw(void **state)
{
    (void)state;
    decode_next_hop(&ebgp, 2, BYTES(ZERO_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    assert_nlri(&update.mp_reach, FAMILY_IPV6_UNICAST, BYTES(0));
    decode_next_hop(&ebgp, 2, BYTES(ZERO_, ZERO_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    decode_next_hop(&ebgp, 2, BYTES(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    decode_next_hop(&ebgp, 1, BYTES(224, 0, 0, 1));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    /* A link-local address beside it helps only where the place of the global one is empty. */
    decode_next_hop(&ebgp, 2, BYTES(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, LOCAL_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    decode_next_hop(&ebgp, 2, BYTES(LOOPBACK_V6_, LOCAL_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    const uint8_t bad[] = {0, 127, 224, 240, 255};
    for (size_t i = 0; i < sizeof(bad); i++) {
        decode(&ebgp, none, BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 4, bad[i], 0, 0, 1),
               BYTES(NLRI_10_));
        assert_problem(VERDICT_WITHDRAW, ATTR_NEXT_HOP);
        assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
        assert_null(update.attrs);
    }
}

static void loopback_next_hops_only_within_this_machine(void **state)
{
    (void)state;
    struct update_context loopback = ebgp;
    loopback.attr.loopback = true;
    const struct span hops[] = {BYTES(127, 0, 0, 2), BYTES(LOOPBACK_V6_)};
    for (size_t i = 0; i < 2; i++) {
        uint8_t afi = (uint8_t)(i + 1);
        assert_span_equal(decode_next_hop(&loopback, afi, hops[i]), hops[i]);
        assert_clean();
        decode_next_hop(&ebgp, afi, hops[i]);
        assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    }
    struct span attrs = BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 4, 127, 0, 0, 2);
    decode(&loopback, none, attrs, BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, attrs);
}

static void next_hop_lengths_that_cannot_be_reset(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {0x20, 1};
    static const uint8_t bad_v6[] = {0, 4, 8, 12, 15, 17, 24, 31, 33, 48};
    for (size_t i = 0; i < sizeof(bad_v6); i++) {
        decode_next_hop(&ebgp, 2, span_of(bytes, bad_v6[i]));
        assert_reset(9);
    }
    static const uint8_t bad_v4[] = {0, 3, 5, 12, 24};
    for (size_t i = 0; i < sizeof(bad_v4); i++) {
        decode_next_hop(&ebgp, 1, span_of(bytes, bad_v4[i]));
        assert_reset(9);
    }
    /* Next hop longer than the attribute. */
    decode(&ebgp, none, BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 6, 0, 2, 1, 16, 0, 0), none);
    assert_reset(9);
}

static void ipv4_with_ipv6_next_hop_only_when_negotiated(void **state)
{
    (void)state;
    struct update_context extended = ebgp;
    extended.extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST);
    assert_span_equal(decode_next_hop(&extended, 1, BYTES(GLOBAL_)), BYTES(GLOBAL_));
    assert_clean();
    assert_nlri(&update.mp_reach, FAMILY_IPV4_UNICAST, BYTES(0));
    assert_span_equal(decode_next_hop(&extended, 1, BYTES(GLOBAL_, LOCAL_)),
                      BYTES(GLOBAL_, LOCAL_));
    assert_span_equal(decode_next_hop(&extended, 1, BYTES(192, 0, 2, 1)), BYTES(192, 0, 2, 1));
    assert_clean();

    decode_next_hop(&ebgp, 1, BYTES(GLOBAL_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    assert_nlri(&update.mp_reach, FAMILY_IPV4_UNICAST, BYTES(0));
    assert_span_equal(decode_next_hop(&ebgp, 1, BYTES(192, 0, 2, 1)), BYTES(192, 0, 2, 1));
    assert_clean();
}

static void families_not_negotiated_are_dropped(void **state)
{
    (void)state;
    struct update_context v4 = ebgp;
    v4.families = FAMILY_BIT(FAMILY_IPV4_UNICAST);
    decode(&v4, none, BYTES(MANDATORY_, MP_REACH_V6_, 0x80, 15, 4, 0, 2, 1, 0), BYTES(NLRI_10_));
    assert_problem(VERDICT_DISCARD, ATTR_MP_UNREACH);
    assert_int_equal(update.problem_count, 2);
    assert_nlri(&update.mp_reach, FAMILY_NONE, none);
    assert_nlri(&update.mp_unreach, FAMILY_NONE, none);
    assert_attrs(update.attrs, BYTES(MANDATORY_));
    assert_null(update.mp_attrs);

    struct update_context v6 = ebgp;
    v6.families = FAMILY_BIT(FAMILY_IPV6_UNICAST);
    decode(&v6, BYTES(8, 11), BYTES(MANDATORY_), BYTES(NLRI_10_));
    assert_problem(VERDICT_DISCARD, 0);
    assert_no_nlri();

    /* AFI 25, SAFI 70: EVPN. */
    decode(&ebgp, none,
           BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 11, 0, 25, 70, 4, 192, 0, 2, 1, 0, 2, 0), none);
    assert_problem(VERDICT_DISCARD, ATTR_MP_REACH);
    assert_no_nlri();
}

/* An error in a message that announces only a family that was not negotiated is no reset: its NLRI
 * was found. */
static void error_beside_dropped_family_withdraws(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(0x40, 1, 1, 9, AS_PATH_, 0x80, 14, 11, 0, 25, 70, 4, 192, 0, 2, 1, 0, 2, 0), none);
    assert_problem(VERDICT_WITHDRAW, ATTR_ORIGIN);
}

/* Flows: "destination 10.0.0.0/8; protocol =6" is 7 bytes. */
#define FLOW_       6, 1, 8, 10, 3, 0x81, 6
#define OTHER_FLOW_ 6, 1, 8, 11, 3, 0x81, 17
#define BAD_FLOW_   3, 77, 0x81, 6

static void flows_have_no_next_hop(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 12, 0, 1, 133, 0, 0, FLOW_, 0xc0, 16, 8, 0x80, 6,
                 0, 0, 0, 0, 0, 0),
           none);
    assert_clean();
    assert_nlri(&update.mp_reach, FAMILY_IPV4_FLOW, BYTES(FLOW_));
    assert_attrs(update.mp_attrs,
                 BYTES(ORIGIN_IGP_, AS_PATH_, 0xc0, 16, 8, 0x80, 6, 0, 0, 0, 0, 0, 0));
    assert_int_equal(update.mp_attrs->hot.next_hop_len_bytes, 0);
}

/* The NEXT_HOP beside them is of the prefixes in the same message. */
static void flows_beside_prefixes_have_no_next_hop(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0x80, 14, 12, 0, 1, 133, 0, 0, FLOW_),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1));
    assert_nlri(&update.mp_reach, FAMILY_IPV4_FLOW, BYTES(FLOW_));
    assert_attrs(update.mp_attrs, BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 4, 4, 0, 0, 0, 1));
}

static void flows_with_a_next_hop_are_tolerated(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 16, 0, 1, 133, 4, 0, 0, 0, 0, 0, FLOW_), none);
    assert_clean();
    assert_nlri(&update.mp_reach, FAMILY_IPV4_FLOW, BYTES(FLOW_));
    assert_attrs(update.mp_attrs, BYTES(ORIGIN_IGP_, AS_PATH_));
}

static void malformed_flows_are_left_out(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 23, 0, 1, 133, 0, 0, BAD_FLOW_, FLOW_, FLOW_,
                 0x80, 15, 14, 0, 1, 133, OTHER_FLOW_, BAD_FLOW_),
           none);
    assert_int_equal(update.verdict, VERDICT_DISCARD);
    assert_int_equal(update.problem_count, 2);
    assert_span_equal(update.problems[0].where, BYTES(BAD_FLOW_));
    assert_nlri(&update.mp_reach, FAMILY_IPV4_FLOW, BYTES(FLOW_, FLOW_));
    assert_nlri(&update.mp_unreach, FAMILY_IPV4_FLOW, BYTES(OTHER_FLOW_));
    assert_non_null(update.mp_attrs);
    /* None is left. */
    decode(&ebgp, none, BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 9, 0, 1, 133, 0, 0, BAD_FLOW_),
           none);
    assert_problem(VERDICT_DISCARD, ATTR_MP_REACH);
    assert_no_nlri();
}

static void flows_that_run_past_the_end_reset(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 11, 0, 1, 133, 0, 0, 6, 1, 8, 10, 3, 0x81), none);
    assert_reset(9);
    decode(&ebgp, none, BYTES(0x80, 15, 4, 0, 1, 133, 0xf0), none);
    assert_reset(9);
}

/* Errors in the message and its NLRI. */

static void lengths_beyond_the_message_reset(void **state)
{
    (void)state;
    decode_body(&ebgp, none);
    assert_reset(1);
    decode_body(&ebgp, BYTES(0, 0, 0));
    assert_reset(1);
    decode_body(&ebgp, BYTES(0, 1, 0, 0));
    assert_reset(1);
    decode_body(&ebgp, BYTES(0, 0, 0, 5, ORIGIN_IGP_));
    assert_reset(1);
    decode_body(&ebgp, BYTES(0xff, 0xff, 0, 0));
    assert_reset(1);
}

static void malformed_nlri_resets(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(MANDATORY_), BYTES(33, 1, 2, 3, 4, 5));
    assert_reset(10);
    decode(&ebgp, none, BYTES(MANDATORY_), BYTES(NLRI_10_, 24, 1, 2));
    assert_reset(10);
    decode(&ebgp, BYTES(24, 1, 2), none, none);
    assert_reset(10);
    decode(&ebgp, none, BYTES(ORIGIN_IGP_, AS_PATH_, 0x80, 14, 23, 0, 2, 1, 16, GLOBAL_, 0, 129, 0),
           none);
    assert_reset(9);
    decode(&ebgp, none, BYTES(0x80, 15, 5, 0, 2, 1, 16, 1), none);
    assert_reset(9);
    /* The notification carries the attribute (RFC 4271 §6.3). */
    assert_span_equal(span_of(update.error.data, update.error.data_len_bytes),
                      BYTES(0x80, 15, 5, 0, 2, 1, 16, 1));
}

static void short_mp_attributes_reset(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(0x80, 14, 4, 0, 2, 1, 0), none);
    assert_reset(9);
    decode(&ebgp, none, BYTES(0x80, 15, 2, 0, 2), none);
    assert_reset(9);
}

static void attribute_past_the_end_withdraws(void **state)
{
    (void)state;
    const struct span cut[] = {
        BYTES(MANDATORY_, 0xc0, 8, 8, 0, 1, 0, 1),
        BYTES(MANDATORY_, 0xc0, 8),
        BYTES(MANDATORY_, 0xc0),
        BYTES(MANDATORY_, 0xd0, 8, 0),
    };
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        decode(&ebgp, BYTES(8, 11), cut[i], BYTES(NLRI_10_));
        assert_int_equal(update.verdict, VERDICT_WITHDRAW);
        assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
        assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(8, 11));
        assert_null(update.attrs);
    }
    /* NLRI of an MP attribute that is cut is lost. */
    decode(&ebgp, none, BYTES(MANDATORY_, 0x80, 14, 40, 0, 2, 1, 16), BYTES(NLRI_10_));
    assert_reset(1);
}

static void missing_mandatory_attributes_withdraw(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(AS_PATH_, NEXT_HOP_), BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_ORIGIN);
    decode(&ebgp, none, BYTES(ORIGIN_IGP_, NEXT_HOP_), BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_AS_PATH);
    decode(&ebgp, none, BYTES(ORIGIN_IGP_, AS_PATH_), BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_NEXT_HOP);
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
    decode(&ebgp, none, none, BYTES(NLRI_10_));
    assert_int_equal(update.verdict, VERDICT_WITHDRAW);
    assert_int_equal(update.problem_count, 3);
    decode(&ebgp, none, BYTES(MP_REACH_V6_), none);
    assert_int_equal(update.verdict, VERDICT_WITHDRAW);
    assert_nlri(&update.mp_reach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    /* Nothing is missing where nothing is announced. */
    decode(&ebgp, BYTES(8, 11), none, none);
    assert_clean();
}

static void empty_as_path_is_there(void **state)
{
    (void)state;
    decode(&ibgp, none, BYTES(ORIGIN_IGP_, 0x40, 2, 0, NEXT_HOP_), BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 0, NEXT_HOP_));
}

static void repeated_attributes_count_once(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0x80, 4, 4, 0, 0, 0, 2, 0x40, 1, 1, 9, 0xc0,
                 99, 1, 1, 0xc0, 99, 1, 2),
           BYTES(NLRI_10_));
    assert_int_equal(update.verdict, VERDICT_DISCARD);
    assert_int_equal(update.problem_count, 3);
    assert_attrs(update.attrs, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0xc0, 99, 1, 1));
    /* The first counts even when it was discarded. */
    decode(&ebgp, none, BYTES(MANDATORY_, 0xc0, 7, 1, 0, 0xc0, 7, 8, 0, 0, 0, 1, 192, 0, 2, 1),
           BYTES(NLRI_10_));
    assert_problem(VERDICT_DISCARD, ATTR_AGGREGATOR);
    assert_attrs(update.attrs, BYTES(MANDATORY_));
}

static void repeated_mp_attributes_reset(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(MP_REACH_V6_, MP_REACH_V6_, ORIGIN_IGP_, AS_PATH_), none);
    assert_reset(1);
    decode(&ebgp, none, BYTES(0x80, 15, 3, 0, 2, 1, 0x80, 15, 3, 0, 1, 133), none);
    assert_reset(1);
}

static void unknown_well_known_attribute_resets(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(MANDATORY_, 0x40, 99, 1, 7), BYTES(NLRI_10_));
    assert_reset(2);
    assert_span_equal(span_of(update.error.data, update.error.data_len_bytes),
                      BYTES(0x40, 99, 1, 7));
}

/* RFC 7606 §5.2. */
static void error_in_a_message_that_announces_nothing_resets(void **state)
{
    (void)state;
    decode(&ebgp, BYTES(8, 11), BYTES(0x40, 1, 1, 9), none);
    assert_reset(1);
    decode(&ebgp, none, BYTES(0x80, 15, 4, 0, 2, 1, 0, 0x80, 4, 1, 0), none);
    assert_reset(1);
    decode(&ebgp, none, BYTES(0x40), none);
    assert_reset(1);
    /* What is discarded only is no reason. */
    decode(&ebgp, BYTES(8, 11), BYTES(0x40, 6, 1, 9), none);
    assert_problem(VERDICT_DISCARD, ATTR_ATOMIC_AGGREGATE);
    assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(8, 11));
    /* Nor are attributes without an error. */
    decode(&ebgp, BYTES(8, 11), BYTES(ORIGIN_IGP_), none);
    assert_clean();
}

/* A NEXT_HOP without NLRI in the message is judged by its form. */
static void malformed_next_hop_in_a_message_that_announces_nothing_resets(void **state)
{
    (void)state;
    const struct span bad[] = {BYTES(0x40, 3, 5, 192, 0, 2, 1, 0), BYTES(0x40, 3, 0),
                               BYTES(0xc0, 3, 4, 192, 0, 2, 1)};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        decode(&ebgp, BYTES(8, 11), bad[i], none);
        assert_reset(1);
        assert_span_equal(span_of(update.error.data, update.error.data_len_bytes), bad[i]);
        decode(&ebgp, none, bad[i], none);
        assert_reset(1);
        uint8_t attrs[64];
        struct writer w = writer_over(attrs, sizeof(attrs));
        writer_put(&w, BYTES(0x80, 15, 4, 0, 2, 1, 0));
        writer_put(&w, bad[i]);
        decode(&ebgp, none, writer_span(&w), none);
        assert_reset(1);
    }
    /* RFC 4271 §6.3: for one that cannot be used the connection is not closed. */
    const struct span unusable[] = {BYTES(0x40, 3, 4, 0, 0, 0, 0), BYTES(0x40, 3, 4, 224, 0, 0, 1)};
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        decode(&ebgp, BYTES(8, 11), unusable[i], none);
        assert_clean();
        assert_nlri(&update.withdrawn, FAMILY_IPV4_UNICAST, BYTES(8, 11));
    }
    decode(&ebgp, none, BYTES(0x80, 14, 21, 0, 2, 1, 16, ZERO_, 0), none);
    assert_clean();
}

/* RFC 7606 §5.2 speaks of messages with other attributes than MP_UNREACH_NLRI. */
static void bad_flags_of_mp_unreach_alone_do_not_reset(void **state)
{
    (void)state;
    decode(&ebgp, none, BYTES(0xc0, 15, 10, 0, 2, 1, IPV6_NLRI_), none);
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_UNREACH);
    assert_nlri(&update.mp_unreach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    decode(&ebgp, none, BYTES(0xc0, 15, 3, 0, 2, 1), none);
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_UNREACH);
    assert_int_equal(update.end_of_rib, FAMILY_IPV6_UNICAST);
    decode(&ebgp, none, BYTES(0xc0, 15, 10, 0, 2, 1, IPV6_NLRI_, ORIGIN_IGP_), none);
    assert_reset(1);
}

/* RFC 7606 §3 c: what they announce and withdraw is found, and all of it withdrawn. */
static void bad_flags_of_mp_attributes_withdraw(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(0xc0, 14, 28, 0, 2, 1, 16, GLOBAL_, 0, IPV6_NLRI_, ORIGIN_IGP_, AS_PATH_), none);
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    assert_nlri(&update.mp_reach, FAMILY_IPV6_UNICAST, BYTES(IPV6_NLRI_));
    assert_null(update.mp_attrs);
    decode(&ebgp, none, BYTES(MANDATORY_, 0xc0, 15, 4, 0, 2, 1, 0), BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_UNREACH);
    assert_nlri(&update.mp_unreach, FAMILY_IPV6_UNICAST, BYTES(0));
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
    assert_null(update.attrs);
    /* Where NLRI cannot be found a reset remains. */
    decode(&ebgp, none, BYTES(0xc0, 14, 4, 0, 2, 1, 16, ORIGIN_IGP_, AS_PATH_), none);
    assert_reset(9);
}

/* RFC 4271 §6.3: the data are the attribute, all of it that a message holds. */
static void notification_holds_the_whole_attribute(void **state)
{
    (void)state;
    enum { HEADER_BYTES = 4 };
    static const size_t value_bytes[] = {1000, 4071, 4072, 9000};
    for (size_t i = 0; i < sizeof(value_bytes) / sizeof(value_bytes[0]); i++) {
        static uint8_t attr[10000];
        size_t len = HEADER_BYTES + value_bytes[i];
        memset(attr, 0xab, sizeof(attr));
        struct writer w = writer_over(attr, sizeof(attr));
        writer_put(&w, BYTES(0x50, 99)); /* an unknown well-known one */
        writer_u16(&w, (uint16_t)value_bytes[i]);
        decode(&ebgp, none, span_of(attr, len), none);
        assert_reset(2);
        size_t expected = len < 4075 ? len : 4075;
        assert_span_equal(span_of(update.error.data, update.error.data_len_bytes),
                          span_of(attr, expected));
    }
}

static void worst_problem_is_last(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(0x40, 1, 1, 9, AS_PATH_, NEXT_HOP_, 0x40, 6, 1, 0, 0xc0, 7, 1, 0, 0x40, 5, 4, 0, 0,
                 0, 1, 0x80, 9, 4, 1, 1, 1, 1, 0x80, 10, 4, 1, 1, 1, 1),
           BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_ORIGIN);
    assert_int_equal(update.problem_count, 4);
    assert_int_equal(update.problems[0].verdict, VERDICT_DISCARD);
    assert_span_equal(update.problems[3].where, BYTES(0x40, 1, 1, 9));
}

/* Whatever comes, the result keeps its promises. */
static void garbage_never_breaks_the_promises(void **state)
{
    (void)state;
    static const uint8_t good[] = {
        0,   4,    24,   198,  51, 100, 0, 55, 0x40, 1, 1,   2, 0x40, 2, 10,           2,  2,   0,
        0,   0xfd, 0xe9, 0xfa, 86, 0,   1, 64, 3,    4, 192, 0, 2,    1, MP_REACH_V6_, 24, 203, 0,
        113,
    };
    uint32_t seed = 7;
    unsigned verdicts[4] = {0};
    for (unsigned round = 0; round < 20000; round++) {
        uint8_t body[sizeof(good)];
        memcpy(body, good, sizeof(body));
        for (unsigned i = 0; i <= round % 4; i++) {
            seed = seed * 1103515245 + 12345;
            body[(seed >> 16) % sizeof(body)] = (uint8_t)(seed >> 8);
        }
        size_t len_bytes = round % 3 == 0 ? (seed >> 4) % sizeof(body) : sizeof(body);
        decode_body(round % 2 ? &ebgp : &ebgp_as2, span_of(body, len_bytes));
        verdicts[update.verdict]++;
        assert_int_equal(update.problem_count > 0, update.verdict > VERDICT_OK);
        if (update.verdict >= VERDICT_WITHDRAW) {
            assert_null(update.attrs);
            assert_null(update.mp_attrs);
        } else {
            assert_int_equal(update.attrs != NULL, update.reach.family != FAMILY_NONE);
            assert_int_equal(update.mp_attrs != NULL, update.mp_reach.family != FAMILY_NONE);
        }
        if (update.verdict == VERDICT_RESET)
            assert_no_nlri();
    }
    for (unsigned i = 0; i < 4; i++)
        assert_true(verdicts[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_announcement),
        cmocka_unit_test(message_with_everything),
        cmocka_unit_test(attributes_in_any_order_become_canonical),
        cmocka_unit_test(flags_become_canonical),
        cmocka_unit_test(unknown_optional_attributes_are_kept_as_they_came),
        cmocka_unit_test(withdrawals_alone),
        cmocka_unit_test(end_of_rib_of_both_kinds),
        cmocka_unit_test(end_of_rib_is_nothing_else),
        cmocka_unit_test(ipv6_announcement),
        cmocka_unit_test(both_kinds_of_nlri_have_their_own_next_hop),
        cmocka_unit_test(next_hop_without_nlri_is_ignored),
        cmocka_unit_test(ipv6_next_hops_with_link_local),
        cmocka_unit_test(unusable_next_hops_withdraw),
        cmocka_unit_test(loopback_next_hops_only_within_this_machine),
        cmocka_unit_test(next_hop_lengths_that_cannot_be_reset),
        cmocka_unit_test(ipv4_with_ipv6_next_hop_only_when_negotiated),
        cmocka_unit_test(families_not_negotiated_are_dropped),
        cmocka_unit_test(error_beside_dropped_family_withdraws),
        cmocka_unit_test(flows_have_no_next_hop),
        cmocka_unit_test(flows_beside_prefixes_have_no_next_hop),
        cmocka_unit_test(flows_with_a_next_hop_are_tolerated),
        cmocka_unit_test(malformed_flows_are_left_out),
        cmocka_unit_test(flows_that_run_past_the_end_reset),
        cmocka_unit_test(lengths_beyond_the_message_reset),
        cmocka_unit_test(malformed_nlri_resets),
        cmocka_unit_test(short_mp_attributes_reset),
        cmocka_unit_test(attribute_past_the_end_withdraws),
        cmocka_unit_test(missing_mandatory_attributes_withdraw),
        cmocka_unit_test(empty_as_path_is_there),
        cmocka_unit_test(repeated_attributes_count_once),
        cmocka_unit_test(repeated_mp_attributes_reset),
        cmocka_unit_test(unknown_well_known_attribute_resets),
        cmocka_unit_test(error_in_a_message_that_announces_nothing_resets),
        cmocka_unit_test(malformed_next_hop_in_a_message_that_announces_nothing_resets),
        cmocka_unit_test(bad_flags_of_mp_unreach_alone_do_not_reset),
        cmocka_unit_test(bad_flags_of_mp_attributes_withdraw),
        cmocka_unit_test(notification_holds_the_whole_attribute),
        cmocka_unit_test(worst_problem_is_last),
        cmocka_unit_test(garbage_never_breaks_the_promises),
    };
    return cmocka_run_group_tests_name("update", tests, NULL, NULL);
}
