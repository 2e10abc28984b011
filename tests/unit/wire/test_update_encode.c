/* Encoding UPDATE messages: attributes as groups of peers get them, packing, End-of-RIB, and the
 * way through encoder and decoder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "update_fixture.h"
#include "wire/message.h"
#include "wire/nlri.h"

static const struct attr_export to_ibgp = {.as4 = true, .session_kind = SESSION_INTERNAL};
static const struct attr_export to_ebgp = {.as4 = true,
                                           .border = true,
                                           .prepend = {65000},
                                           .prepend_count = 1,
                                           .next_hop_len_bytes = 4,
                                           .next_hop = {10, 0, 0, 9}};

#define LOCAL_PREF_100_ 0x40, 5, 4, 0, 0, 0, 100

/* Result of the last export. */
static uint8_t exported[65536];
static uint8_t next_hop[32];
static uint8_t next_hop_len_bytes;

static struct span export_as(enum family family, const struct attr_export *export,
                             struct span canonical)
{
    struct attr_hot hot = attr_hot_of(canonical);
    struct writer w = writer_over(exported, sizeof(exported));
    memset(next_hop, 0xee, sizeof(next_hop));
    update_encode_attrs(&w, canonical, &hot, family, export, next_hop, &next_hop_len_bytes);
    assert_true(writer_ok(&w));
    return writer_span(&w);
}

static struct span export_v4(const struct attr_export *export, struct span canonical)
{
    return export_as(FAMILY_IPV4_UNICAST, export, canonical);
}

static struct span exported_next_hop(void)
{
    return span_of(next_hop, next_hop_len_bytes);
}

static void ibgp_keeps_attributes_and_adds_local_pref(void **state)
{
    (void)state;
    struct span out = export_v4(&to_ibgp, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0xc0, 8, 4, 0,
                                                1, 0, 1, 0xe0, 99, 1, 1));
    assert_span_equal(out, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, LOCAL_PREF_100_, 0xc0, 8, 4, 0,
                                 1, 0, 1, 0xe0, 99, 1, 1));
    assert_span_equal(exported_next_hop(), BYTES(192, 0, 2, 1));

    struct span with_own = BYTES(MANDATORY_, 0x40, 5, 4, 0, 0, 0, 200, 0x80, 9, 4, 10, 0, 0, 1,
                                 0x80, 10, 4, 10, 0, 0, 2);
    assert_span_equal(export_v4(&to_ibgp, with_own), with_own);
}

static void ebgp_prepends_and_drops_what_is_internal(void **state)
{
    (void)state;
    struct span out = export_v4(
        &to_ebgp, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0x40, 5, 4, 0, 0, 0, 200, 0x40, 6, 0,
                        0x80, 9, 4, 10, 0, 0, 1, 0x80, 10, 4, 10, 0, 0, 2, 0x80, 26, 11, 1, 0, 11,
                        0, 0, 0, 0, 0, 0, 0, 1, 0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3));
    assert_span_equal(out, BYTES(ORIGIN_IGP_, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe8, 0, 0, 0xfd, 0xe9,
                                 0x40, 3, 4, 10, 0, 0, 9, 0x80, 4, 4, 0, 0, 0, 1, 0x40, 6, 0, 0xc0,
                                 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3));
    assert_span_equal(exported_next_hop(), BYTES(10, 0, 0, 9));
}

/* RFC 4271 §5: what is transitive goes on with the Partial bit, anything else stops here. */
static void unknown_attributes_go_on_as_partial_or_not_at_all(void **state)
{
    (void)state;
    static uint8_t canonical[600] = {MANDATORY_, 0xd0, 200, 1, 0};
    static uint8_t sent[600] = {MANDATORY_, LOCAL_PREF_100_, 0xf0, 200, 1, 0};
    size_t mandatory = BYTES(MANDATORY_).len_bytes;
    size_t more = BYTES(LOCAL_PREF_100_).len_bytes;
    assert_span_equal(export_v4(&to_ibgp, span_of(canonical, mandatory + 4 + 256)),
                      span_of(sent, mandatory + more + 4 + 256));
    struct span out = export_v4(&to_ibgp, BYTES(0xc0, 0, 1, 7, MANDATORY_, 0x80, 11, 1, 7, 0xc0, 12,
                                                1, 7, 0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
                                                3, 0xa0, 99, 1, 7, 0xe0, 255, 0));
    assert_span_equal(out, BYTES(0xe0, 0, 1, 7, MANDATORY_, LOCAL_PREF_100_, 0xe0, 12, 1, 7, 0xc0,
                                 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0xe0, 255, 0));
    struct attr_export transparent = {.as4 = true, .border = true, .transparent = true};
    assert_span_equal(export_v4(&transparent, BYTES(MANDATORY_, 0xc0, 99, 0, 0x80, 100, 0)),
                      BYTES(MANDATORY_, 0xe0, 99, 0));
}

static void med_is_stripped_when_asked(void **state)
{
    (void)state;
    struct attr_export export = to_ebgp;
    export.strip_med = true;
    export.next_hop_len_bytes = 0;
    export.prepend_count = 0;
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1)),
                      BYTES(MANDATORY_));
}

/* RFC 9234 §5: added where there is none, in its place, and never changed. */
static void who_marks_a_route_first_has_marked_it(void **state)
{
    (void)state;
    struct attr_export export = to_ibgp;
    struct span marked = BYTES(MANDATORY_, LOCAL_PREF_100_, 0xe0, 35, 4, 0, 0, 0, 7, 0xe0, 99, 0);
    struct span bare = BYTES(MANDATORY_, LOCAL_PREF_100_, 0xe0, 99, 0);
    assert_span_equal(export_v4(&export, marked), marked);
    assert_span_equal(export_v4(&export, bare), bare);
    export.only_to_customer = 65000;
    assert_span_equal(export_v4(&export, marked), marked);
    assert_span_equal(export_v4(&export, bare), BYTES(MANDATORY_, LOCAL_PREF_100_, 0xc0, 35, 4, 0,
                                                      0, 0xfd, 0xe8, 0xe0, 99, 0));
    export = to_ebgp;
    export.only_to_customer = 65000;
    export.as4 = false;
    export.prepend[0] = 70000;
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_)),
                      BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0x5b, 0xa0, 0xfd, 0xe9, 0x40, 3, 4, 10,
                            0, 0, 9, 0xc0, 17, 10, 2, 2, 0, 1, 0x11, 0x70, 0, 0, 0xfd, 0xe9, 0xc0,
                            35, 4, 0, 0, 0xfd, 0xe8));
}

static void mandatory_attributes_are_always_there(void **state)
{
    (void)state;
    assert_span_equal(export_v4(&to_ibgp, BYTES(NEXT_HOP_)),
                      BYTES(ORIGIN_IGP_, 0x40, 2, 0, NEXT_HOP_, LOCAL_PREF_100_));
    assert_span_equal(export_v4(&to_ibgp, BYTES(0x40, 1, 1, 2, 0x40, 2, 0, NEXT_HOP_)),
                      BYTES(0x40, 1, 1, 2, 0x40, 2, 0, NEXT_HOP_, LOCAL_PREF_100_));
    assert_span_equal(
        export_v4(&to_ebgp, BYTES(ORIGIN_IGP_, 0x40, 2, 0, NEXT_HOP_)),
        BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe8, 0x40, 3, 4, 10, 0, 0, 9));
}

/* Into the internal sessions of another AS of ours: what is internal to the one stops, and the
 * other's begins. */
static void a_border_between_two_internal_sides(void **state)
{
    (void)state;
    struct attr_export export = to_ebgp;
    export.session_kind = SESSION_INTERNAL;
    export.strip_med = true;
    export.prepend[0] = 64999;
    assert_span_equal(
        export_v4(&export, BYTES(MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0x40, 5, 4, 0, 0, 0, 200, 0x80,
                                 9, 4, 10, 0, 0, 1, 0x80, 10, 4, 10, 0, 0, 2)),
        BYTES(ORIGIN_IGP_, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe7, 0, 0, 0xfd, 0xe9, 0x40, 3, 4, 10, 0,
              0, 9, LOCAL_PREF_100_));
}

/* RFC 4360 §6, RFC 5701 §2: bit 0x40 of the type. */
static void non_transitive_communities_stop_at_the_border(void **state)
{
    (void)state;
#define TARGET_     0x00, 0x02, 0xfd, 0xe8, 0, 0, 0, 1
#define LINK_SPEED_ 0x40, 0x04, 0xfd, 0xe8, 0, 0, 0, 2
#define V6_(type)   type, 0x02, GLOBAL_, 0, 7
    struct span both = BYTES(MANDATORY_, 0xc0, 16, 24, LINK_SPEED_, TARGET_, LINK_SPEED_, 0xc0, 25,
                             40, V6_(0x40), V6_(0x00));
    struct span only = BYTES(MANDATORY_, 0xc0, 16, 8, LINK_SPEED_, 0xc0, 25, 20, V6_(0x40));
    struct attr_export out = {.as4 = true, .border = true};
    assert_span_equal(export_v4(&out, both),
                      BYTES(MANDATORY_, 0xc0, 16, 8, TARGET_, 0xc0, 25, 20, V6_(0x00)));
    assert_span_equal(export_v4(&out, only), BYTES(MANDATORY_));
    out.transparent = true;
    assert_span_equal(export_v4(&out, both), both);
    struct attr_export inside = {.as4 = true};
    assert_span_equal(export_v4(&inside, only), only);
}

static void two_asns_are_prepended_in_their_order(void **state)
{
    (void)state;
    struct attr_export export = to_ebgp;
    export.prepend_count = 2;
    export.prepend[1] = 64999;
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_)),
                      BYTES(ORIGIN_IGP_, 0x40, 2, 14, 2, 3, 0, 0, 0xfd, 0xe8, 0, 0, 0xfd, 0xe7, 0,
                            0, 0xfd, 0xe9, 0x40, 3, 4, 10, 0, 0, 9));
}

/* Weights, marks and the like: whatever else is there, whoever is told, it is as if they were not.
 */
static void what_is_noted_for_ourselves_is_never_sent(void **state)
{
    (void)state;
#define OURS_   0, 15, 9, 3, 0, 0, 0, 7, 3, 'a', 'b', 'c'
#define BEFORE_ MANDATORY_, 0x80, 4, 4, 0, 0, 0, 1, 0xc0, 8, 4, 0, 1, 0, 1
#define AFTER_  0xc0, 16, 8, 0x40, 2, 0, 1, 0, 0, 0, 2, 0xe0, 99, 1, 1
    for (unsigned bits = 0; bits < 128; bits++) {
        struct attr_export x = {
            .session_kind = bits & 1 ? SESSION_INTERNAL : SESSION_EXTERNAL,
            .as4 = bits & 2,
            .border = bits & 4,
            .transparent = bits & 8,
            .strip_med = bits & 16,
            .reflect = bits & 32,
        };
        if (bits & 64) {
            x.prepend[x.prepend_count++] = 65000;
            x.next_hop_len_bytes = 4;
            memcpy(x.next_hop, (const uint8_t[]){10, 0, 0, 9}, 4);
        }
        for (enum family family = 0; family < FAMILY_COUNT; family++) {
            uint8_t without[512];
            struct span out = export_as(family, &x, BYTES(BEFORE_, AFTER_));
            memcpy(without, out.data, out.len_bytes);
            assert_span_equal(export_as(family, &x, BYTES(BEFORE_, OURS_, AFTER_)),
                              span_of(without, out.len_bytes));
            out = export_as(family, &x, BYTES(BEFORE_));
            memcpy(without, out.data, out.len_bytes);
            assert_span_equal(export_as(family, &x, BYTES(BEFORE_, OURS_)),
                              span_of(without, out.len_bytes));
        }
    }
}

static void reflection_adds_originator_and_cluster(void **state)
{
    (void)state;
    struct attr_export export = to_ibgp;
    export.reflect = true;
    export.originator_id = 0x0a000001;
    export.cluster_id = 0x0a0000ff;
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_, 0xc0, 8, 4, 0, 1, 0, 1)),
                      BYTES(MANDATORY_, LOCAL_PREF_100_, 0xc0, 8, 4, 0, 1, 0, 1, 0x80, 9, 4, 10, 0,
                            0, 1, 0x80, 10, 4, 10, 0, 0, 255));
    /* The originator stays, the cluster goes in front. */
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_, 0x80, 9, 4, 10, 0, 0, 7, 0x80, 10, 4, 10,
                                               0, 0, 8, 0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1)),
                      BYTES(MANDATORY_, LOCAL_PREF_100_, 0x80, 9, 4, 10, 0, 0, 7, 0x80, 10, 8, 10,
                            0, 0, 255, 10, 0, 0, 8, 0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1));
}

static void two_octet_peers_get_as_trans(void **state)
{
    (void)state;
    struct attr_export export = to_ebgp;
    export.as4 = false;
    /* Nothing needs 4 octets: no AS4_ attributes. */
    assert_span_equal(
        export_v4(&export, BYTES(MANDATORY_, 0xc0, 7, 8, 0, 0, 0xfd, 0xe9, 1, 1, 1, 1)),
        BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0xfd, 0xe8, 0xfd, 0xe9, 0x40, 3, 4, 10, 0, 0, 9, 0xc0,
              7, 6, 0xfd, 0xe9, 1, 1, 1, 1));
    /* Path 70000, aggregator 70000 with Partial. */
    assert_span_equal(
        export_v4(&export, BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 1, 0, 1, 0x11, 0x70, NEXT_HOP_, 0xe0,
                                 7, 8, 0, 1, 0x11, 0x70, 1, 1, 1, 1, 0xc0, 16, 8, 0, 2, 0, 1, 0, 0,
                                 0, 1, 0xe0, 99, 1, 1)),
        BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0xfd, 0xe8, 0x5b, 0xa0, 0x40, 3, 4, 10, 0, 0, 9, 0xe0,
              7, 6, 0x5b, 0xa0, 1, 1, 1, 1, 0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1, 0xc0, 17, 10, 2, 2,
              0, 0, 0xfd, 0xe8, 0, 1, 0x11, 0x70, 0xc0, 18, 8, 0, 1, 0x11, 0x70, 1, 1, 1, 1, 0xe0,
              99, 1, 1));
    /* Our own AS is the one that needs them. */
    export.prepend[0] = 70000;
    assert_span_equal(export_v4(&export, BYTES(MANDATORY_)),
                      BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0x5b, 0xa0, 0xfd, 0xe9, 0x40, 3, 4, 10,
                            0, 0, 9, 0xc0, 17, 10, 2, 2, 0, 1, 0x11, 0x70, 0, 0, 0xfd, 0xe9));
}

static void next_hop_of_each_family(void **state)
{
    (void)state;
    struct span with_v6 = BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 16, GLOBAL_);
    struct span without = BYTES(ORIGIN_IGP_, AS_PATH_, LOCAL_PREF_100_);
    /* IPv6: handed out, not written. */
    assert_span_equal(export_as(FAMILY_IPV6_UNICAST, &to_ibgp, with_v6), without);
    assert_span_equal(exported_next_hop(), BYTES(GLOBAL_));
    assert_span_equal(export_as(FAMILY_IPV6_UNICAST, &to_ibgp,
                                BYTES(ORIGIN_IGP_, AS_PATH_, 0x40, 3, 32, GLOBAL_, LOCAL_)),
                      without);
    assert_span_equal(exported_next_hop(), BYTES(GLOBAL_, LOCAL_));
    /* IPv4 with an IPv6 next hop: the same (RFC 8950). */
    assert_span_equal(export_as(FAMILY_IPV4_UNICAST, &to_ibgp, with_v6), without);
    assert_span_equal(exported_next_hop(), BYTES(GLOBAL_));
    /* IPv6 with an IPv4 next hop: mapped. */
    assert_span_equal(export_as(FAMILY_IPV6_UNICAST, &to_ibgp, BYTES(MANDATORY_)), without);
    assert_span_equal(exported_next_hop(),
                      BYTES(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1));
    /* Flows: none, whatever the export says. */
    assert_span_equal(export_as(FAMILY_IPV4_FLOW, &to_ebgp, BYTES(ORIGIN_IGP_, 0x40, 2, 0)),
                      BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 1, 0, 0, 0xfd, 0xe8));
    assert_int_equal(next_hop_len_bytes, 0);
    /* Replaced. */
    struct attr_export self = {.as4 = true,
                               .session_kind = SESSION_INTERNAL,
                               .next_hop_len_bytes = 32,
                               .next_hop = {GLOBAL_, LOCAL_}};
    assert_span_equal(export_as(FAMILY_IPV6_UNICAST, &self, with_v6), without);
    assert_span_equal(exported_next_hop(), BYTES(GLOBAL_, LOCAL_));
}

static void export_fails_when_there_is_no_room(void **state)
{
    (void)state;
    struct span canonical = BYTES(MANDATORY_);
    struct attr_hot hot = attr_hot_of(canonical);
    for (size_t room = 0; room < 27; room++) {
        uint8_t small[27];
        struct writer w = writer_over(small, room);
        update_encode_attrs(&w, canonical, &hot, FAMILY_IPV4_UNICAST, &to_ibgp, next_hop,
                            &next_hop_len_bytes);
        assert_false(writer_ok(&w));
    }
    struct writer w = writer_over(exported, 27);
    update_encode_attrs(&w, canonical, &hot, FAMILY_IPV4_UNICAST, &to_ibgp, next_hop,
                        &next_hop_len_bytes);
    assert_true(writer_ok(&w));
    assert_int_equal(writer_len(&w), 27);
}

/* Messages. */

static uint8_t wire[4 * 65536];

static void messages_have_their_parts_in_place(void **state)
{
    (void)state;
    struct update_writer u;
    struct writer w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, BYTES(MANDATORY_),
                                   (const uint8_t[]){192, 0, 2, 1}, 4));
    assert_true(update_put(&u, BYTES(8, 10)));
    assert_true(update_put(&u, BYTES(16, 172, 16)));
    assert_true(update_end(&u));
    assert_span_equal(writer_span(&w),
                      BYTES(MARKER, 0, 48, 2, 0, 0, 0, 20, MANDATORY_, 8, 10, 16, 172, 16));

    w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_withdraw(&u, &w, 4096, FAMILY_IPV4_UNICAST));
    assert_true(update_put(&u, BYTES(8, 10)));
    assert_true(update_end(&u));
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 25, 2, 0, 2, 8, 10, 0, 0));

    /* The MP attribute comes first (RFC 7606 §5.1). */
    w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_reach(&u, &w, 4096, FAMILY_IPV6_UNICAST, BYTES(ORIGIN_IGP_, AS_PATH_),
                                   (const uint8_t[]){GLOBAL_}, 16));
    assert_true(update_put(&u, BYTES(IPV6_NLRI_)));
    assert_true(update_end(&u));
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 68, 2, 0, 0, 0, 45, 0x90, 14, 0, 28, 0, 2,
                                             1, 16, GLOBAL_, 0, IPV6_NLRI_, ORIGIN_IGP_, AS_PATH_));

    w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_withdraw(&u, &w, 4096, FAMILY_IPV4_FLOW));
    assert_true(update_put(&u, BYTES(6, 1, 8, 10, 3, 0x81, 6)));
    assert_true(update_end(&u));
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 37, 2, 0, 0, 0, 14, 0x90, 15, 0, 10, 0, 1,
                                             133, 6, 1, 8, 10, 3, 0x81, 6));

    /* IPv4 with an IPv6 next hop. */
    w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, BYTES(ORIGIN_IGP_, AS_PATH_),
                                   (const uint8_t[]){GLOBAL_}, 16));
    assert_true(update_put(&u, BYTES(8, 10)));
    assert_true(update_end(&u));
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 63, 2, 0, 0, 0, 40, 0x90, 14, 0, 23, 0, 1,
                                             1, 16, GLOBAL_, 0, 8, 10, ORIGIN_IGP_, AS_PATH_));
}

static void end_of_rib_messages(void **state)
{
    (void)state;
    struct writer w = writer_over(wire, sizeof(wire));
    update_encode_end_of_rib(&w, FAMILY_IPV4_UNICAST);
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 23, 2, 0, 0, 0, 0));
    w = writer_over(wire, sizeof(wire));
    update_encode_end_of_rib(&w, FAMILY_IPV6_FLOW);
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0, 29, 2, 0, 0, 0, 6, 0x80, 15, 3, 0, 2, 133));
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        w = writer_over(wire, sizeof(wire));
        update_encode_end_of_rib(&w, family);
        decode_body(&ebgp, span_of(wire + 19, writer_len(&w) - 19));
        assert_clean();
        assert_int_equal(update.end_of_rib, family);
    }
}

/* A message into which nothing was put is none; it must never look like an End-of-RIB. */
static void empty_message_leaves_no_trace(void **state)
{
    (void)state;
    struct update_writer u;
    struct writer w = writer_over(wire, sizeof(wire));
    writer_u8(&w, 7);
    for (enum family family = 0; family < FAMILY_COUNT; family++) {
        assert_true(update_begin_withdraw(&u, &w, 4096, family));
        assert_false(update_end(&u));
        assert_int_equal(writer_len(&w), 1);
        assert_true(update_begin_reach(&u, &w, 4096, family, BYTES(ORIGIN_IGP_), NULL, 0));
        assert_false(update_end(&u));
        assert_int_equal(writer_len(&w), 1);
    }
    /* A flow larger than any message. */
    static uint8_t flow[4097] = {0xff, 0xff};
    assert_true(update_begin_withdraw(&u, &w, 4096, FAMILY_IPV4_FLOW));
    assert_false(update_put(&u, span_of(flow, sizeof(flow))));
    assert_false(update_end(&u));
    assert_int_equal(writer_len(&w), 1);
}

static void attributes_that_leave_no_room_are_refused(void **state)
{
    (void)state;
    static uint8_t attrs[65536];
    struct update_writer u;
    struct writer w = writer_over(wire, sizeof(wire));
    /* 19 + 2 + 2 bytes of message, 5 of NLRI. */
    assert_true(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, span_of(attrs, 4096 - 28),
                                   (const uint8_t[]){192, 0, 2, 1}, 4));
    assert_true(update_put(&u, BYTES(32, 192, 0, 2, 1)));
    assert_false(update_put(&u, BYTES(0)));
    assert_true(update_end(&u));
    assert_int_equal(writer_len(&w), 4096);
    assert_false(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, span_of(attrs, 4096 - 23),
                                    (const uint8_t[]){192, 0, 2, 1}, 4));
    assert_int_equal(writer_len(&w), 4096);
    assert_true(writer_ok(&w));
    /* 25 more of MP_REACH_NLRI, 17 of NLRI. */
    assert_true(update_begin_reach(&u, &w, 4096, FAMILY_IPV6_UNICAST,
                                   span_of(attrs, 4096 - 23 - 25 - 17), (const uint8_t[]){GLOBAL_},
                                   16));
    assert_true(update_put(&u, BYTES(128, GLOBAL_)));
    assert_true(update_end(&u));
    assert_int_equal(writer_len(&w), 8192);
    assert_false(update_begin_reach(&u, &w, 4096, FAMILY_IPV6_UNICAST,
                                    span_of(attrs, 4096 - 23 - 25), (const uint8_t[]){GLOBAL_},
                                    16));
    /* The limit of the writer counts as well. */
    w = writer_over(wire, 50);
    assert_false(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, span_of(attrs, 27),
                                    (const uint8_t[]){192, 0, 2, 1}, 4));
    assert_false(update_begin_reach(&u, &w, 4096, FAMILY_IPV4_UNICAST, span_of(attrs, 60),
                                    (const uint8_t[]){192, 0, 2, 1}, 4));
    assert_int_equal(writer_len(&w), 0);
    assert_true(update_begin_withdraw(&u, &w, 4096, FAMILY_IPV4_UNICAST));
    for (unsigned i = 0; i < 20; i++)
        assert_true(update_put(&u, BYTES(0)));
    struct writer room = update_room(&u);
    assert_int_equal(writer_left(&room), 7);
    writer_bytes(&room, (const uint8_t[7]){0}, 7);
    update_wrote(&u, &room);
    assert_false(update_put(&u, BYTES(0)));
    assert_true(update_end(&u));
    assert_int_equal(writer_len(&w), 50);
}

/* Packs `count` different prefixes into as many messages as they need, decodes these, and sees each
 * prefix once and in order. Returns the number of messages. */
static unsigned pack_and_decode(enum family family, bool withdraw, size_t max_bytes, unsigned count)
{
    uint8_t version = family_info(family)->ip_version;
    uint8_t len_bits = version == IP_V4 ? 32 : 64;
    struct span attrs = version == IP_V4 ? BYTES(MANDATORY_) : BYTES(ORIGIN_IGP_, AS_PATH_);
    const uint8_t hop[16] = {GLOBAL_};
    unsigned put = 0;
    unsigned got = 0;
    unsigned messages = 0;
    while (put < count) {
        struct update_writer u;
        struct writer w = writer_over(wire, sizeof(wire));
        if (withdraw)
            assert_true(update_begin_withdraw(&u, &w, max_bytes, family));
        else
            assert_true(update_begin_reach(&u, &w, max_bytes, family, attrs, hop,
                                           version == IP_V4 ? 4 : 16));
        for (; put < count; put++) {
            struct prefix p = {.version = version, .len_bits = len_bits};
            p.bytes[1] = (uint8_t)(put >> 16);
            p.bytes[2] = (uint8_t)(put >> 8);
            p.bytes[3] = (uint8_t)put;
            uint8_t one[17];
            struct writer nlri = writer_over(one, sizeof(one));
            nlri_put_bits(&nlri, p.len_bits, p.bytes);
            if (!update_put(&u, writer_span(&nlri)))
                break;
        }
        assert_true(update_end(&u));
        messages++;

        uint8_t type;
        struct span body;
        struct notification error;
        assert_true(writer_len(&w) <= max_bytes);
        assert_true(put == count || writer_len(&w) > max_bytes - 1 - len_bits / 8u);
        assert_int_equal(message_frame(writer_span(&w), max_bytes, &type, &body, &error),
                         writer_len(&w));
        assert_int_equal(type, MESSAGE_UPDATE);
        decode_body(&ebgp, body);
        assert_clean();
        const struct update_nlri *nlri = version == IP_V4 ? &update.reach : &update.mp_reach;
        if (withdraw)
            nlri = version == IP_V4 ? &update.withdrawn : &update.mp_unreach;
        assert_int_equal(nlri->family, family);
        struct reader r = reader_over(nlri->bytes);
        for (struct prefix p; nlri_next(&r, version, &p); got++)
            assert_int_equal((unsigned)p.bytes[1] << 16 | (unsigned)p.bytes[2] << 8 | p.bytes[3],
                             got);
        assert_int_equal(got, put);
    }
    return messages;
}

static void packing_fills_messages_to_their_limit(void **state)
{
    (void)state;
    /* (4096 - 43) / 5 = 810 prefixes a message; (65535 - 43) / 5 = 13098. */
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, false, 4096, 810), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, false, 4096, 811), 2);
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, false, 65535, 13098), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, false, 65535, 13099), 2);
    /* (4096 - 23) / 5 = 814. */
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, true, 4096, 814), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, true, 4096, 815), 2);
    assert_int_equal(pack_and_decode(FAMILY_IPV4_UNICAST, true, 65535, 13102), 1);
    /* (4096 - 23 - 25 - 13) / 9 = 448; (65535 - 61) / 9 = 7274. */
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, false, 4096, 448), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, false, 4096, 449), 2);
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, false, 65535, 7274), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, false, 65535, 7275), 2);
    /* (4096 - 23 - 7) / 9 = 451. */
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, true, 4096, 451), 1);
    assert_int_equal(pack_and_decode(FAMILY_IPV6_UNICAST, true, 4096, 452), 2);
}

/* Attributes that leave room for one NLRI to the byte, and for one byte less. */
static void a_message_has_room_for_exactly_one_prefix(void **state)
{
    (void)state;
    static const uint8_t nlri[17] = {128};
    static uint8_t attrs[4096];
    static const struct {
        enum family family;
        uint8_t next_hop_len_bytes;
        uint8_t nlri_bytes;
    } cases[] = {
        {FAMILY_IPV4_UNICAST, 4, 2},   {FAMILY_IPV4_UNICAST, 4, 5},  {FAMILY_IPV4_UNICAST, 16, 4},
        {FAMILY_IPV6_UNICAST, 16, 17}, {FAMILY_IPV6_UNICAST, 32, 8}, {FAMILY_IPV4_FLOW, 0, 11},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t head = update_reach_bytes(cases[i].family, 0, cases[i].next_hop_len_bytes,
                                         cases[i].nlri_bytes);
        for (size_t len = 4096 - head; len <= 4096 - head + 1; len++) {
            struct update_writer u;
            struct writer w = writer_over(wire, sizeof(wire));
            bool fits = update_begin_reach(&u, &w, 4096, cases[i].family, span_of(attrs, len),
                                           next_hop, cases[i].next_hop_len_bytes) &&
                        update_put(&u, span_of(nlri, cases[i].nlri_bytes));
            assert_int_equal(fits, len == 4096 - head);
            if (fits) {
                assert_true(update_end(&u));
                assert_int_equal(writer_len(&w), 4096);
            }
        }
    }
}

/* What is exported to an internal peer comes back from it unchanged, but for LOCAL_PREF. */
static void assert_round_trip(enum family family, bool as4, struct span canonical, struct span nlri,
                              struct span expected)
{
    struct attr_export export = {.as4 = as4, .session_kind = SESSION_INTERNAL};
    struct update_context ctx = ibgp;
    ctx.attr.as4 = as4;
    ctx.extended_next_hop = FAMILY_BIT(FAMILY_IPV4_UNICAST);
    struct span attrs = export_as(family, &export, canonical);
    struct update_writer u;
    struct writer w = writer_over(wire, sizeof(wire));
    assert_true(update_begin_reach(&u, &w, 4096, family, attrs, next_hop, next_hop_len_bytes));
    assert_true(update_put(&u, nlri));
    assert_true(update_end(&u));
    decode_body(&ctx, span_of(wire + 19, writer_len(&w) - 19));
    assert_clean();
    const struct attr_block *block = update.mp_attrs ? update.mp_attrs : update.attrs;
    assert_attrs(block, expected);
}

#define REST_                                                                                      \
    0x40, 6, 0, 0xe0, 7, 8, 0, 1, 0x11, 0x70, 1, 1, 1, 1, 0xc0, 8, 4, 0xfd, 0xe8, 0, 1, 0x80, 9,   \
        4, 10, 0, 0, 1, 0x80, 10, 4, 10, 0, 0, 2, 0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1, 0x80, 26,   \
        11, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 1, 0xc0, 32, 12, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3,    \
        0xc0, 35, 4, 0, 0, 0, 5, 0xe0, 99, 2, 1, 2
#define WIDE_PATH_ 0x40, 2, 16, 2, 2, 0, 1, 0x11, 0x70, 0, 0, 0, 5, 1, 1, 0, 1, 0, 0
#define MED_PREF_  0x80, 4, 4, 0, 0, 0, 1, 0x40, 5, 4, 0, 0, 0, 200

static void round_trip_keeps_every_attribute(void **state)
{
    (void)state;
    struct span v4 = BYTES(ORIGIN_IGP_, WIDE_PATH_, NEXT_HOP_, MED_PREF_, REST_);
    struct span v6 = BYTES(ORIGIN_IGP_, WIDE_PATH_, 0x40, 3, 32, GLOBAL_, LOCAL_, MED_PREF_, REST_);
    struct span flow = BYTES(ORIGIN_IGP_, WIDE_PATH_, MED_PREF_, REST_);
    for (int as4 = 0; as4 < 2; as4++) {
        assert_round_trip(FAMILY_IPV4_UNICAST, as4, v4, BYTES(8, 10), v4);
        assert_round_trip(FAMILY_IPV6_UNICAST, as4, v6, BYTES(IPV6_NLRI_), v6);
        assert_round_trip(FAMILY_IPV4_UNICAST, as4, v6, BYTES(8, 10), v6);
        assert_round_trip(FAMILY_IPV4_FLOW, as4, flow, BYTES(6, 1, 8, 10, 3, 0x81, 6), flow);
        assert_round_trip(FAMILY_IPV4_UNICAST, as4, BYTES(MANDATORY_), BYTES(0),
                          BYTES(MANDATORY_, LOCAL_PREF_100_));
    }
}

static void long_attributes_survive_the_round_trip(void **state)
{
    (void)state;
    static uint8_t canonical[4000];
    struct writer w = writer_over(canonical, sizeof(canonical));
    writer_put(&w, BYTES(ORIGIN_IGP_));
    size_t mark = attr_put_begin(&w, 0x40, 2);
    writer_put(&w, BYTES(2, 255));
    for (unsigned i = 0; i < 255; i++)
        writer_u32(&w, 100000 + i);
    attr_put_end(&w, mark);
    writer_put(&w, BYTES(NEXT_HOP_, LOCAL_PREF_100_));
    mark = attr_put_begin(&w, 0xc0, 8);
    for (unsigned i = 0; i < 200; i++)
        writer_u32(&w, i);
    attr_put_end(&w, mark);
    for (int as4 = 0; as4 < 2; as4++)
        assert_round_trip(FAMILY_IPV4_UNICAST, as4, writer_span(&w), BYTES(8, 10), writer_span(&w));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ibgp_keeps_attributes_and_adds_local_pref),
        cmocka_unit_test(ebgp_prepends_and_drops_what_is_internal),
        cmocka_unit_test(what_is_noted_for_ourselves_is_never_sent),
        cmocka_unit_test(med_is_stripped_when_asked),
        cmocka_unit_test(unknown_attributes_go_on_as_partial_or_not_at_all),
        cmocka_unit_test(who_marks_a_route_first_has_marked_it),
        cmocka_unit_test(mandatory_attributes_are_always_there),
        cmocka_unit_test(a_border_between_two_internal_sides),
        cmocka_unit_test(non_transitive_communities_stop_at_the_border),
        cmocka_unit_test(two_asns_are_prepended_in_their_order),
        cmocka_unit_test(a_message_has_room_for_exactly_one_prefix),
        cmocka_unit_test(reflection_adds_originator_and_cluster),
        cmocka_unit_test(two_octet_peers_get_as_trans),
        cmocka_unit_test(next_hop_of_each_family),
        cmocka_unit_test(export_fails_when_there_is_no_room),
        cmocka_unit_test(messages_have_their_parts_in_place),
        cmocka_unit_test(end_of_rib_messages),
        cmocka_unit_test(empty_message_leaves_no_trace),
        cmocka_unit_test(attributes_that_leave_no_room_are_refused),
        cmocka_unit_test(packing_fills_messages_to_their_limit),
        cmocka_unit_test(round_trip_keeps_every_attribute),
        cmocka_unit_test(long_attributes_survive_the_round_trip),
    };
    return cmocka_run_group_tests_name("update_encode", tests, NULL, NULL);
}
