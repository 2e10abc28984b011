/* Decoding each attribute of an UPDATE: its verdict from both kinds of peers, and what 2-octet
 * peers send (RFC 6793). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "update_fixture.h"

/* Each attribute, good and bad, from both kinds of peers. */

struct attr_case {
    const char *name;
    struct span attr; /* as on the wire; replaces the mandatory one of its type */
    enum attr_verdict from_ebgp;
    enum attr_verdict from_ibgp;
};

/* Decodes a message of ORIGIN, AS_PATH and NEXT_HOP with `attr` in its place among them. */
static void decode_with(const struct update_context *ctx, struct span attr)
{
    uint8_t attrs[256];
    struct writer w = writer_over(attrs, sizeof(attrs));
    const struct span mandatory[] = {BYTES(ORIGIN_IGP_), BYTES(AS_PATH_), BYTES(NEXT_HOP_)};
    for (size_t i = 0; i < 3; i++) {
        if (mandatory[i].data[1] != attr.data[1])
            writer_put(&w, mandatory[i]);
    }
    writer_put(&w, attr);
    decode(ctx, none, writer_span(&w), BYTES(NLRI_10_));
}

static void assert_case(const struct update_context *ctx, const struct attr_case *c,
                        enum attr_verdict expected)
{
    decode_with(ctx, c->attr);
    if (update.verdict != expected)
        fail_msg("%s: verdict %d, expected %d", c->name, update.verdict, expected);
    if (expected == VERDICT_WITHDRAW) {
        assert_null(update.attrs);
        assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
        return;
    }
    struct span found;
    bool there = attr_find(attr_block_span(update.attrs), c->attr.data[1], &found);
    if (there != (expected == VERDICT_OK))
        fail_msg("%s: the attribute %s kept", c->name, there ? "was" : "was not");
    if (there)
        assert_span_equal(found, span_of(c->attr.data + 3, c->attr.len_bytes - 3));
}

static void each_attribute_has_its_verdict(void **state)
{
    (void)state;
    const enum attr_verdict OK = VERDICT_OK;
    const enum attr_verdict DISCARD = VERDICT_DISCARD;
    const enum attr_verdict WITHDRAW = VERDICT_WITHDRAW;
    const struct attr_case cases[] = {
        {"ORIGIN", BYTES(0x40, 1, 1, 2), OK, OK},
        {"ORIGIN value", BYTES(0x40, 1, 1, 3), WITHDRAW, WITHDRAW},
        {"ORIGIN length", BYTES(0x40, 1, 2, 0, 0), WITHDRAW, WITHDRAW},
        {"ORIGIN empty", BYTES(0x40, 1, 0), WITHDRAW, WITHDRAW},
        {"ORIGIN flags", BYTES(0xc0, 1, 1, 0), WITHDRAW, WITHDRAW},
        {"AS_PATH", BYTES(0x40, 2, 6, 2, 1, 0, 0, 0, 1), OK, OK},
        {"AS_PATH segment type", BYTES(0x40, 2, 6, 9, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"AS_PATH overrun", BYTES(0x40, 2, 6, 2, 2, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"AS_PATH underrun", BYTES(0x40, 2, 7, 2, 1, 0, 0, 0, 1, 2), WITHDRAW, WITHDRAW},
        {"AS_PATH empty segment", BYTES(0x40, 2, 2, 2, 0), WITHDRAW, WITHDRAW},
        {"AS_PATH confederation", BYTES(0x40, 2, 6, 3, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"AS_PATH AS 0", BYTES(0x40, 2, 6, 2, 1, 0, 0, 0, 0), WITHDRAW, WITHDRAW},
        {"AS_PATH flags", BYTES(0x80, 2, 6, 2, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"NEXT_HOP", BYTES(0x40, 3, 4, 10, 0, 0, 1), OK, OK},
        {"NEXT_HOP length", BYTES(0x40, 3, 5, 10, 0, 0, 1, 0), WITHDRAW, WITHDRAW},
        {"NEXT_HOP flags", BYTES(0xc0, 3, 4, 10, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"MED", BYTES(0x80, 4, 4, 0, 0, 0, 1), OK, OK},
        {"MED length", BYTES(0x80, 4, 3, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"MED flags", BYTES(0xc0, 4, 4, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"LOCAL_PREF", BYTES(0x40, 5, 4, 0, 0, 0, 1), DISCARD, OK},
        {"LOCAL_PREF length", BYTES(0x40, 5, 3, 0, 0, 1), DISCARD, WITHDRAW},
        {"LOCAL_PREF flags", BYTES(0xc0, 5, 4, 0, 0, 0, 1), DISCARD, WITHDRAW},
        {"ATOMIC_AGGREGATE", BYTES(0x40, 6, 0), OK, OK},
        {"ATOMIC_AGGREGATE length", BYTES(0x40, 6, 1, 0), DISCARD, DISCARD},
        {"ATOMIC_AGGREGATE flags", BYTES(0xc0, 6, 0), WITHDRAW, WITHDRAW},
        {"AGGREGATOR", BYTES(0xc0, 7, 8, 0, 1, 0, 1, 192, 0, 2, 1), OK, OK},
        {"AGGREGATOR length", BYTES(0xc0, 7, 6, 0, 1, 192, 0, 2, 1), DISCARD, DISCARD},
        {"AGGREGATOR AS 0", BYTES(0xc0, 7, 8, 0, 0, 0, 0, 192, 0, 2, 1), DISCARD, DISCARD},
        {"AGGREGATOR flags", BYTES(0x40, 7, 8, 0, 1, 0, 1, 192, 0, 2, 1), WITHDRAW, WITHDRAW},
        {"COMMUNITIES", BYTES(0xc0, 8, 8, 0, 1, 0, 1, 0, 1, 0, 2), OK, OK},
        {"COMMUNITIES length", BYTES(0xc0, 8, 5, 0, 1, 0, 1, 0), WITHDRAW, WITHDRAW},
        {"COMMUNITIES empty", BYTES(0xc0, 8, 0), WITHDRAW, WITHDRAW},
        {"COMMUNITIES flags", BYTES(0x80, 8, 4, 0, 1, 0, 1), WITHDRAW, WITHDRAW},
        {"ORIGINATOR_ID", BYTES(0x80, 9, 4, 10, 0, 0, 1), DISCARD, OK},
        {"ORIGINATOR_ID length", BYTES(0x80, 9, 3, 10, 0, 0), DISCARD, WITHDRAW},
        {"ORIGINATOR_ID flags", BYTES(0xc0, 9, 4, 10, 0, 0, 1), DISCARD, WITHDRAW},
        {"CLUSTER_LIST", BYTES(0x80, 10, 8, 10, 0, 0, 1, 10, 0, 0, 2), DISCARD, OK},
        {"CLUSTER_LIST length", BYTES(0x80, 10, 3, 10, 0, 0), DISCARD, WITHDRAW},
        {"CLUSTER_LIST empty", BYTES(0x80, 10, 0), DISCARD, WITHDRAW},
        {"CLUSTER_LIST flags", BYTES(0x40, 10, 4, 10, 0, 0, 1), DISCARD, WITHDRAW},
        {"extended", BYTES(0xc0, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1), OK, OK},
        {"extended length", BYTES(0xc0, 16, 7, 0, 2, 0, 1, 0, 0, 0), WITHDRAW, WITHDRAW},
        {"extended empty", BYTES(0xc0, 16, 0), WITHDRAW, WITHDRAW},
        {"extended flags", BYTES(0x40, 16, 8, 0, 2, 0, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"IPv6 extended", BYTES(0xc0, 25, 20, 0, 2, GLOBAL_, 0, 1), OK, OK},
        {"IPv6 extended length", BYTES(0xc0, 25, 8, 0, 2, 0, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"IPv6 extended flags", BYTES(0x80, 25, 20, 0, 2, GLOBAL_, 0, 1), WITHDRAW, WITHDRAW},
        {"AIGP", BYTES(0x80, 26, 11, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 9), DISCARD, OK},
        {"AIGP TLV", BYTES(0x80, 26, 4, 1, 0, 4, 0), DISCARD, DISCARD},
        {"AIGP flags", BYTES(0xc0, 26, 11, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 9), DISCARD, DISCARD},
        {"large", BYTES(0xc0, 32, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2), OK, OK},
        {"large length", BYTES(0xc0, 32, 8, 0, 1, 0, 1, 0, 0, 0, 1), WITHDRAW, WITHDRAW},
        {"large empty", BYTES(0xc0, 32, 0), WITHDRAW, WITHDRAW},
        {"large flags", BYTES(0x80, 32, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2), WITHDRAW,
         WITHDRAW},
        {"OTC", BYTES(0xc0, 35, 4, 0, 1, 0, 1), OK, OK},
        {"OTC length", BYTES(0xc0, 35, 3, 0, 1, 0), WITHDRAW, WITHDRAW},
        {"OTC flags", BYTES(0x80, 35, 4, 0, 1, 0, 1), WITHDRAW, WITHDRAW},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_case(&ebgp, &cases[i], cases[i].from_ebgp);
        assert_case(&ibgp, &cases[i], cases[i].from_ibgp);
    }
}

#define LARGE_(n) 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, n

static void large_communities_are_there_once(void **state)
{
    (void)state;
    struct span found;
    decode_with(&ebgp, BYTES(0xc0, 32, 60, LARGE_(3), LARGE_(1), LARGE_(3), LARGE_(2), LARGE_(1)));
    assert_clean();
    assert_true(attr_find(attr_block_span(update.attrs), ATTR_LARGE_COMMUNITIES, &found));
    assert_span_equal(found, BYTES(LARGE_(1), LARGE_(2), LARGE_(3)));
    /* Without repeats their order is kept. */
    decode_with(&ebgp, BYTES(0xc0, 32, 36, LARGE_(3), LARGE_(1), LARGE_(2)));
    assert_clean();
    assert_true(attr_find(attr_block_span(update.attrs), ATTR_LARGE_COMMUNITIES, &found));
    assert_span_equal(found, BYTES(LARGE_(3), LARGE_(1), LARGE_(2)));
}

/* 2-octet peers (RFC 6793). */

static void narrow_attributes_become_wide(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, AS_PATH_AS2_, NEXT_HOP_, 0xe0, 7, 6, 0xfd, 0xe9, 192, 0, 2, 9),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(MANDATORY_, 0xe0, 7, 8, 0, 0, 0xfd, 0xe9, 192, 0, 2, 9));
    assert_int_equal(update.attrs->hot.neighbor_as, 65001);
}

static void as4_attributes_are_merged(void **state)
{
    (void)state;
    /* 65001 AS_TRANS with 70000, aggregated by 70000. */
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0, NEXT_HOP_, 0xc0, 7, 6, 0x5b,
                 0xa0, 192, 0, 2, 9, 0xc0, 17, 6, 2, 1, 0, 1, 0x11, 0x70, 0xc0, 18, 8, 0, 1, 0x11,
                 0x70, 192, 0, 2, 9),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 1, 0x11,
                                     0x70, NEXT_HOP_, 0xc0, 7, 8, 0, 1, 0x11, 0x70, 192, 0, 2, 9));
    assert_int_equal(update.attrs->hot.as_path_len, 2);
}

static void as4_path_is_merged_without_aggregator(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, 0x40, 2, 4, 2, 1, 0x5b, 0xa0, NEXT_HOP_, 0xc0, 17, 6, 2, 1, 0, 1,
                 0x11, 0x70),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 1, 0, 1, 0x11, 0x70, NEXT_HOP_));
}

/* The aggregator speaks 2 octets only: AS4_ attributes are older than the path. */
static void as4_attributes_are_ignored_beside_a_narrow_aggregator(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0, NEXT_HOP_, 0xc0, 7, 6, 0xfd,
                 0xe9, 192, 0, 2, 9, 0xc0, 17, 6, 2, 1, 0, 1, 0x11, 0x70, 0xc0, 18, 8, 0, 1, 0x11,
                 0x70, 192, 0, 2, 9),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 0, 0x5b,
                                     0xa0, NEXT_HOP_, 0xc0, 7, 8, 0, 0, 0xfd, 0xe9, 192, 0, 2, 9));
}

/* Seen in the wild: the aggregator has a private AS, a 4-octet AS stands in the path after it. */
static void as4_path_counts_beside_an_aggregator_alone(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, 0x40, 2, 6, 2, 2, 0xfd, 0xe9, 0x5b, 0xa0, NEXT_HOP_, 0xc0, 7, 6, 0xfc,
                 0x13, 10, 21, 192, 194, 0xc0, 17, 6, 2, 1, 0, 3, 0, 5),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 10, 2, 2, 0, 0, 0xfd, 0xe9, 0, 3, 0, 5,
                                     NEXT_HOP_, 0xc0, 7, 8, 0, 0, 0xfc, 0x13, 10, 21, 192, 194));
}

static void as4_attributes_are_dropped_on_4_octet_sessions(void **state)
{
    (void)state;
    decode(&ebgp, none,
           BYTES(MANDATORY_, 0xc0, 17, 6, 2, 1, 0, 1, 0x11, 0x70, 0xc0, 18, 8, 0, 1, 0x11, 0x70,
                 192, 0, 2, 9),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(MANDATORY_));
}

static void malformed_as4_attributes_are_discarded(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, AS_PATH_AS2_, NEXT_HOP_, 0xc0, 17, 4, 2, 1, 0, 1, 0xc0, 18, 4, 0, 1,
                 0x11, 0x70),
           BYTES(NLRI_10_));
    assert_problem(VERDICT_DISCARD, ATTR_AS4_AGGREGATOR);
    assert_int_equal(update.problem_count, 2);
    assert_attrs(update.attrs, BYTES(MANDATORY_));
}

/* RFC 7606 §3 c where they mean something, RFC 6793 §4.1 where they do not. */
static void as4_attributes_with_bad_flags(void **state)
{
    (void)state;
    static const uint8_t as4_path[] = {0x80, 17, 6, 2, 1, 0, 0, 0, 1};
    static const uint8_t as4_aggregator[] = {0x40, 18, 8, 0, 0, 0, 1, 192, 0, 2, 1};
    const struct span attrs[] = {span_of(as4_path, sizeof(as4_path)),
                                 span_of(as4_aggregator, sizeof(as4_aggregator))};
    for (size_t i = 0; i < 2; i++) {
        uint8_t buf[128];
        struct writer w = writer_over(buf, sizeof(buf));
        writer_put(&w, BYTES(ORIGIN_IGP_, AS_PATH_AS2_, NEXT_HOP_));
        writer_put(&w, attrs[i]);
        decode(&ebgp_as2, none, writer_span(&w), BYTES(NLRI_10_));
        assert_problem(VERDICT_WITHDRAW, attrs[i].data[1]);
        decode_with(&ebgp, attrs[i]);
        assert_clean();
        assert_attrs(update.attrs, BYTES(MANDATORY_));
    }
}

/* RFC 6793 §6: 65001 AS_TRANS AS_TRANS with (65000) 65537 131074. */
static void confederation_segments_of_as4_path_are_discarded(void **state)
{
    (void)state;
    decode(&ebgp_as2, none,
           BYTES(ORIGIN_IGP_, 0x40, 2, 8, 2, 3, 0xfd, 0xe9, 0x5b, 0xa0, 0x5b, 0xa0, NEXT_HOP_, 0xc0,
                 17, 16, 3, 1, 0, 0, 0xfd, 0xe8, 2, 2, 0, 1, 0, 1, 0, 2, 0, 2),
           BYTES(NLRI_10_));
    assert_clean();
    assert_attrs(update.attrs, BYTES(ORIGIN_IGP_, 0x40, 2, 14, 2, 3, 0, 0, 0xfd, 0xe9, 0, 1, 0, 1,
                                     0, 2, 0, 2, NEXT_HOP_));
}

/* A path that does not fit once its ASNs have 4 octets. */
static void path_too_long_to_widen_withdraws(void **state)
{
    (void)state;
    static uint8_t attrs[65000];
    struct writer w = writer_over(attrs, sizeof(attrs));
    writer_put(&w, BYTES(ORIGIN_IGP_, NEXT_HOP_));
    size_t mark = attr_put_begin(&w, 0x40, 2);
    for (unsigned i = 0; i < 100; i++) {
        writer_put(&w, BYTES(2, 250));
        for (unsigned as = 1; as <= 250; as++)
            writer_u16(&w, (uint16_t)as);
    }
    attr_put_end(&w, mark);
    assert_true(writer_ok(&w));
    decode(&ebgp_as2, none, writer_span(&w), BYTES(NLRI_10_));
    assert_problem(VERDICT_WITHDRAW, ATTR_AS_PATH);
    assert_null(update.attrs);
    assert_nlri(&update.reach, FAMILY_IPV4_UNICAST, BYTES(NLRI_10_));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_attribute_has_its_verdict),
        cmocka_unit_test(large_communities_are_there_once),
        cmocka_unit_test(narrow_attributes_become_wide),
        cmocka_unit_test(as4_attributes_are_merged),
        cmocka_unit_test(as4_path_is_merged_without_aggregator),
        cmocka_unit_test(as4_attributes_are_ignored_beside_a_narrow_aggregator),
        cmocka_unit_test(as4_path_counts_beside_an_aggregator_alone),
        cmocka_unit_test(as4_attributes_are_dropped_on_4_octet_sessions),
        cmocka_unit_test(malformed_as4_attributes_are_discarded),
        cmocka_unit_test(as4_attributes_with_bad_flags),
        cmocka_unit_test(confederation_segments_of_as4_path_are_discarded),
        cmocka_unit_test(path_too_long_to_widen_withdraws),
    };
    return cmocka_run_group_tests_name("update_attrs", tests, NULL, NULL);
}
