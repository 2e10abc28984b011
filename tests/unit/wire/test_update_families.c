/* UPDATE messages of every family: next hops with an RD, malformed NLRI among others, and the way
 * through encoder and decoder (RFC 4364 §4.3.2, RFC 4659 §3.2.1, RFC 4798 §2, RFC 7606, RFC 8277,
 * RFC 8950). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "update_fixture.h"
#include "wire/message.h"

#define NO_RD_  0, 0, 0, 0, 0, 0, 0, 0
#define V4_     192, 0, 2, 1
#define MAPPED_ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, V4_
#define RD_     0, 0, 0xfd, 0xe8, 0, 0, 0, 1
#define LABEL_  0, 1, 1
/* 10.1.0.0/16 and 2001:db8::/32 with a label. */
#define LABELED_V4_ 40, LABEL_, 10, 1
#define LABELED_V6_ 56, LABEL_, 0x20, 1, 0xd, 0xb8
#define VPN_V4_     104, LABEL_, RD_, 10, 1
#define VPN_V6_     120, LABEL_, RD_, 0x20, 1, 0xd, 0xb8

/* One route of a family. */
static struct span nlri_of(enum family family)
{
    static const uint8_t v4[] = {16, 10, 1};
    static const uint8_t v6[] = {32, 0x20, 1, 0xd, 0xb8};
    static const uint8_t flow[] = {6, 1, 8, 10, 3, 0x81, 6};
    static const uint8_t flow_v6[] = {7, 1, 8, 0, 0x20, 3, 0x81, 6};
    static const uint8_t labeled_v4[] = {LABELED_V4_};
    static const uint8_t labeled_v6[] = {LABELED_V6_};
    static const uint8_t vpn_v4[] = {VPN_V4_};
    static const uint8_t vpn_v6[] = {VPN_V6_};
    static const struct span all[FAMILY_COUNT] = {
        [FAMILY_IPV4_UNICAST] = {v4, sizeof(v4)},
        [FAMILY_IPV6_UNICAST] = {v6, sizeof(v6)},
        [FAMILY_IPV4_FLOW] = {flow, sizeof(flow)},
        [FAMILY_IPV6_FLOW] = {flow_v6, sizeof(flow_v6)},
        [FAMILY_IPV4_MULTICAST] = {v4, sizeof(v4)},
        [FAMILY_IPV6_MULTICAST] = {v6, sizeof(v6)},
        [FAMILY_IPV4_LABELED] = {labeled_v4, sizeof(labeled_v4)},
        [FAMILY_IPV6_LABELED] = {labeled_v6, sizeof(labeled_v6)},
        [FAMILY_IPV4_VPN] = {vpn_v4, sizeof(vpn_v4)},
        [FAMILY_IPV6_VPN] = {vpn_v6, sizeof(vpn_v6)},
    };
    assert_true(all[family].len_bytes > 0); /* a new family wants a route here */
    return all[family];
}

/* Decodes an announcement by MP_REACH_NLRI. */
static void decode_reach(const struct update_context *ctx, enum family family, struct span next_hop,
                         struct span nlri)
{
    uint8_t attrs[512];
    const struct family_info *f = family_info(family);
    struct writer w = writer_over(attrs, sizeof(attrs));
    writer_put(&w, BYTES(ORIGIN_IGP_, AS_PATH_, 0x90, 14));
    writer_u16(&w, (uint16_t)(next_hop.len_bytes + nlri.len_bytes + 5));
    writer_put(&w, BYTES(0, (uint8_t)f->afi, f->safi));
    writer_u8(&w, (uint8_t)next_hop.len_bytes);
    writer_put(&w, next_hop);
    writer_u8(&w, 0);
    writer_put(&w, nlri);
    assert_true(writer_ok(&w));
    decode(ctx, none, writer_span(&w), none);
}

/* The next hop that was understood. */
static struct span decode_next_hop(const struct update_context *ctx, enum family family,
                                   struct span next_hop)
{
    struct span found = none;
    decode_reach(ctx, family, next_hop, nlri_of(family));
    if (update.mp_attrs)
        attr_find(attr_block_span(update.mp_attrs), ATTR_NEXT_HOP, &found);
    return found;
}

static void next_hops_of_vpns_have_an_rd(void **state)
{
    (void)state;
    struct update_context ctx = ebgp;
    ctx.extended_next_hop = FAMILY_BIT(FAMILY_IPV4_VPN);
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV4_VPN, BYTES(NO_RD_, V4_)), BYTES(V4_));
    assert_clean();
    /* Whatever it is. */
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV4_VPN, BYTES(RD_, V4_)), BYTES(V4_));
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV4_VPN, BYTES(NO_RD_, GLOBAL_)),
                      BYTES(GLOBAL_));
    assert_span_equal(
        decode_next_hop(&ctx, FAMILY_IPV4_VPN, BYTES(NO_RD_, GLOBAL_, NO_RD_, LOCAL_)),
        BYTES(GLOBAL_, LOCAL_));
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV6_VPN, BYTES(NO_RD_, GLOBAL_)),
                      BYTES(GLOBAL_));
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV6_VPN, BYTES(NO_RD_, MAPPED_)),
                      BYTES(MAPPED_));
    assert_span_equal(
        decode_next_hop(&ctx, FAMILY_IPV6_VPN, BYTES(NO_RD_, GLOBAL_, NO_RD_, LOCAL_)),
        BYTES(GLOBAL_, LOCAL_));
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV6_VPN, BYTES(NO_RD_, ZERO_, NO_RD_, LOCAL_)),
                      BYTES(LOCAL_));
    assert_clean();
    /* 6PE. */
    assert_span_equal(decode_next_hop(&ctx, FAMILY_IPV6_LABELED, BYTES(MAPPED_)), BYTES(MAPPED_));
    assert_clean();
}

static void next_hops_that_are_of_no_use(void **state)
{
    (void)state;
    decode_next_hop(&ebgp, FAMILY_IPV4_VPN, BYTES(NO_RD_, GLOBAL_)); /* not negotiated */
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    assert_nlri(&update.mp_reach, FAMILY_IPV4_VPN, BYTES(VPN_V4_));
    decode_next_hop(&ebgp, FAMILY_IPV4_VPN, BYTES(NO_RD_, 224, 0, 0, 1));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
    decode_next_hop(&ebgp, FAMILY_IPV6_VPN, BYTES(NO_RD_, ZERO_));
    assert_problem(VERDICT_WITHDRAW, ATTR_MP_REACH);
}

/* Every length that a family cannot have resets. */
static void next_hop_lengths_of_each_family(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                      1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct update_context ctx = ebgp;
    ctx.extended_next_hop = FAMILY_ALL;
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        const struct family_info *f = family_info(family);
        for (size_t len = 0; len < sizeof(bytes); len++) {
            size_t addresses = len;
            bool is_two = len == 32u + 2u * f->rd_bytes;
            if (f->rd_bytes > 0)
                addresses = len < f->rd_bytes ? 1 : len - f->rd_bytes * (is_two ? 2u : 1u);
            bool can_be = (addresses == 4 && f->ip_version == IP_V4) || addresses == 16 || is_two;
            decode_next_hop(&ctx, family, span_of(bytes, len));
            if (!f->has_next_hop || can_be)
                assert_clean();
            else
                assert_reset(9);
        }
    }
}

/* One that has more bits than labels, RD and address is left out, and the others count. */
static void malformed_routes_are_left_out(void **state)
{
    (void)state;
    decode_reach(&ebgp, FAMILY_IPV4_VPN, BYTES(NO_RD_, V4_),
                 BYTES(VPN_V4_, 128, LABEL_, RD_, 10, 1, 1, 1, 1, 96, LABEL_, RD_, 11));
    assert_problem(VERDICT_DISCARD, ATTR_MP_REACH);
    assert_nlri(&update.mp_reach, FAMILY_IPV4_VPN, BYTES(VPN_V4_, 96, LABEL_, RD_, 11));
    assert_non_null(update.mp_attrs);
    assert_span_equal(update.problems[0].where, BYTES(128, LABEL_, RD_, 10, 1, 1, 1, 1));
}

static void routes_that_cannot_be_told_apart_reset(void **state)
{
    (void)state;
    static const struct {
        enum family family;
        uint8_t len_bits;
    } cases[] = {
        {FAMILY_IPV4_MULTICAST, 33}, {FAMILY_IPV6_MULTICAST, 129}, {FAMILY_IPV4_LABELED, 23},
        {FAMILY_IPV4_LABELED, 0},    {FAMILY_IPV4_VPN, 87},        {FAMILY_IPV6_VPN, 24},
    };
    static const uint8_t hop[24] = {[23] = 1, [11] = 1, [8] = 10, [3] = 1};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct family_info *f = family_info(cases[i].family);
        uint8_t nlri[64] = {cases[i].len_bits, [3] = 1};
        decode_reach(&ebgp, cases[i].family,
                     span_of(hop, f->rd_bytes + (f->ip_version == IP_V4 ? 4u : 16u)),
                     span_of(nlri, 1 + (cases[i].len_bits + 7u) / 8));
        assert_reset(9);
    }
}

/* --- the way out --- */

static uint8_t exported[4096];
static uint8_t wire[4096];

/* Encodes one announcement to an internal peer. */
static struct span encode(enum family family, struct span canonical, struct span nlri)
{
    static const struct attr_export export = {.as4 = true, .session_kind = SESSION_INTERNAL};
    struct attr_hot hot = attr_hot_of(canonical);
    struct writer attrs = writer_over(exported, sizeof(exported));
    uint8_t next_hop[32];
    uint8_t next_hop_len_bytes;
    update_encode_attrs(&attrs, canonical, &hot, family, &export, next_hop, &next_hop_len_bytes);
    struct update_writer u;
    struct writer w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_reach(&u, &w, 4096, family, writer_span(&attrs), next_hop,
                                   next_hop_len_bytes));
    assert_true(update_put(&u, nlri));
    assert_true(update_end(&u));
    assert_int_equal(writer_len(&w), update_reach_bytes(family, writer_len(&attrs),
                                                        next_hop_len_bytes, nlri.len_bytes));
    return writer_span(&w);
}

#define LOCAL_PREF_100_ 0x40, 5, 4, 0, 0, 0, 100
#define COMMON_         ORIGIN_IGP_, AS_PATH_
#define SENT_           ORIGIN_IGP_, AS_PATH_, LOCAL_PREF_100_

static void messages_of_vpns(void **state)
{
    (void)state;
    struct span rest = BYTES(SENT_);
    size_t head = 23 + 4 + 3 + 1 + 1 + rest.len_bytes;
    /* The labels are written with the NLRI, not as an attribute. */
    struct span sent =
        encode(FAMILY_IPV4_VPN, BYTES(0, 0, 3, LABEL_, COMMON_, 0x40, 3, 4, V4_), BYTES(VPN_V4_));
    assert_span_equal(sent, BYTES(MARKER, 0, (uint8_t)(head + 12 + 14), 2, 0, 0, 0,
                                  (uint8_t)(head + 12 + 14 - 23), 0x90, 14, 0, 31, 0, 1, 128, 12,
                                  NO_RD_, V4_, 0, VPN_V4_, SENT_));
    sent = encode(FAMILY_IPV4_VPN, BYTES(COMMON_, 0x40, 3, 16, GLOBAL_), BYTES(VPN_V4_));
    assert_span_equal(span_of(sent.data + 30, 25), BYTES(24, NO_RD_, GLOBAL_));
    sent = encode(FAMILY_IPV6_VPN, BYTES(COMMON_, 0x40, 3, 32, GLOBAL_, LOCAL_), BYTES(VPN_V6_));
    assert_span_equal(span_of(sent.data + 30, 49), BYTES(48, NO_RD_, GLOBAL_, NO_RD_, LOCAL_));
    /* By way of an IPv4 network: 6VPE, 6PE. */
    sent = encode(FAMILY_IPV6_VPN, BYTES(COMMON_, 0x40, 3, 4, V4_), BYTES(VPN_V6_));
    assert_span_equal(span_of(sent.data + 30, 25), BYTES(24, NO_RD_, MAPPED_));
    sent = encode(FAMILY_IPV6_LABELED, BYTES(COMMON_, 0x40, 3, 4, V4_), BYTES(LABELED_V6_));
    assert_span_equal(span_of(sent.data + 30, 17), BYTES(16, MAPPED_));
}

/* What is sent comes back as it was, with each next hop that the family can have. */
static void assert_round_trip(enum family family, struct span next_hop)
{
    uint8_t canonical[256];
    struct writer w = writer_over(canonical, sizeof(canonical));
    struct update_context ctx = ibgp;
    ctx.extended_next_hop = FAMILY_ALL;
    writer_put(&w, BYTES(COMMON_));
    if (family_info(family)->has_next_hop)
        attr_put(&w, 0x40, ATTR_NEXT_HOP, next_hop);
    writer_put(&w, BYTES(LOCAL_PREF_100_, 0xc0, 16, 8, 0, 2, 0xfd, 0xe8, 0, 0, 0, 1));
    struct span sent = encode(family, writer_span(&w), nlri_of(family));
    decode_body(&ctx, span_of(sent.data + 19, sent.len_bytes - 19));
    assert_clean();
    bool in_field = update.attrs != NULL;
    assert_true(in_field ? family == FAMILY_OF_FIELDS : update.mp_attrs != NULL);
    assert_nlri(in_field ? &update.reach : &update.mp_reach, family, nlri_of(family));
    assert_attrs(in_field ? update.attrs : update.mp_attrs, writer_span(&w));
}

static void every_family_makes_the_round_trip(void **state)
{
    (void)state;
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        if (family_info(family)->ip_version == IP_V4)
            assert_round_trip(family, BYTES(V4_));
        assert_round_trip(family, BYTES(GLOBAL_));
        assert_round_trip(family, BYTES(GLOBAL_, LOCAL_));
    }
}

static void every_family_is_withdrawn(void **state)
{
    (void)state;
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        const struct family_info *f = family_info(family);
        uint8_t room[NLRI_ROOM_BYTES];
        uint8_t again_room[NLRI_ROOM_BYTES];
        uint8_t nlri_bytes[64];
        struct nlri nlri;
        struct nlri again;
        struct reader r = reader_over(nlri_of(family));
        assert_int_equal(f->read(f, &r, room, &nlri, 1), 1);
        struct writer one = writer_over(nlri_bytes, sizeof(nlri_bytes));
        assert_int_equal(f->put(f, &one, &nlri.key, 1, none), 1);
        struct update_writer u;
        struct writer w = writer_over(wire, sizeof(wire));
        assert_true(update_begin_withdraw(&u, &w, 4096, family));
        assert_true(update_put(&u, writer_span(&one)));
        assert_true(update_end(&u));
        decode_body(&ebgp, span_of(wire + 19, writer_len(&w) - 19));
        assert_clean();
        const struct update_nlri *run =
            family == FAMILY_OF_FIELDS ? &update.withdrawn : &update.mp_unreach;
        assert_nlri(run, family, writer_span(&one));
        r = reader_over(run->bytes);
        assert_int_equal(f->read(f, &r, again_room, &again, 1), 1);
        assert_true(nlri_key_equal(f, again.key, nlri.key));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_hops_of_vpns_have_an_rd),
        cmocka_unit_test(next_hops_that_are_of_no_use),
        cmocka_unit_test(next_hop_lengths_of_each_family),
        cmocka_unit_test(malformed_routes_are_left_out),
        cmocka_unit_test(routes_that_cannot_be_told_apart_reset),
        cmocka_unit_test(messages_of_vpns),
        cmocka_unit_test(every_family_makes_the_round_trip),
        cmocka_unit_test(every_family_is_withdrawn),
    };
    return cmocka_run_group_tests_name("update_families", tests, NULL, NULL);
}
