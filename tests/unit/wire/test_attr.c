/* The attribute table, single attributes, canonical blocks and their hot fields. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/attr.h"

static const struct attr_context as2_context = {.as4 = false};
static const struct attr_context as4_context = {.as4 = true};

static void table_has_the_flags_of_the_registry(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        uint8_t flags;
        const char *name;
    } expected[] = {
        {1, 0x40, "ORIGIN"},
        {2, 0x40, "AS_PATH"},
        {3, 0x40, "NEXT_HOP"},
        {4, 0x80, "MULTI_EXIT_DISC"},
        {5, 0x40, "LOCAL_PREF"},
        {6, 0x40, "ATOMIC_AGGREGATE"},
        {7, 0xc0, "AGGREGATOR"},
        {8, 0xc0, "COMMUNITIES"},
        {9, 0x80, "ORIGINATOR_ID"},
        {10, 0x80, "CLUSTER_LIST"},
        {14, 0x80, "MP_REACH_NLRI"},
        {15, 0x80, "MP_UNREACH_NLRI"},
        {16, 0xc0, "EXTENDED_COMMUNITIES"},
        {17, 0xc0, "AS4_PATH"},
        {18, 0xc0, "AS4_AGGREGATOR"},
        {25, 0xc0, "IPV6_EXTENDED_COMMUNITIES"},
        {26, 0x80, "AIGP"},
        {32, 0xc0, "LARGE_COMMUNITY"},
        {35, 0xc0, "ONLY_TO_CUSTOMER"},
    };
    size_t known = 0;
    for (unsigned type = 0; type < 256; type++)
        known += attr_spec((uint8_t)type) != NULL;
    assert_int_equal(known, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < known; i++) {
        const struct attr_spec *spec = attr_spec(expected[i].type);
        assert_non_null(spec);
        assert_string_equal(spec->name, expected[i].name);
        assert_int_equal(spec->flags, expected[i].flags);
    }
}

/* Lengths that a type takes; everything else up to 48 bytes is refused. */
static void assert_lengths(uint8_t type, const struct attr_context *ctx, uint64_t good_lengths)
{
    uint8_t value[49];
    memset(value, 1, sizeof(value));
    for (size_t len = 0; len < sizeof(value); len++) {
        int expected = good_lengths >> len & 1 ? 0 : ERR_INVALID;
        assert_int_equal(attr_check(attr_spec(type), span_of(value, len), ctx), expected);
    }
}

#define LEN(n) (UINT64_C(1) << (n))

static void values_have_the_lengths_they_may_have(void **state)
{
    (void)state;
    assert_lengths(ATTR_ORIGIN, &as4_context, LEN(1));
    assert_lengths(ATTR_NEXT_HOP, &as4_context, LEN(4));
    assert_lengths(ATTR_MED, &as4_context, LEN(4));
    assert_lengths(ATTR_LOCAL_PREF, &as4_context, LEN(4));
    assert_lengths(ATTR_ATOMIC_AGGREGATE, &as4_context, LEN(0));
    assert_lengths(ATTR_AGGREGATOR, &as4_context, LEN(8));
    assert_lengths(ATTR_AGGREGATOR, &as2_context, LEN(6));
    uint64_t fours = 0;
    for (unsigned n = 4; n <= 48; n += 4)
        fours |= LEN(n);
    assert_lengths(ATTR_COMMUNITIES, &as4_context, fours);
    assert_lengths(ATTR_CLUSTER_LIST, &as4_context, fours);
    assert_lengths(ATTR_ORIGINATOR_ID, &as4_context, LEN(4));
    assert_lengths(ATTR_EXT_COMMUNITIES, &as4_context,
                   LEN(8) | LEN(16) | LEN(24) | LEN(32) | LEN(40) | LEN(48));
    assert_lengths(ATTR_IPV6_EXT_COMMUNITIES, &as4_context, LEN(20) | LEN(40));
    assert_lengths(ATTR_LARGE_COMMUNITIES, &as4_context, LEN(12) | LEN(24) | LEN(36) | LEN(48));
    assert_lengths(ATTR_AS4_AGGREGATOR, &as2_context, LEN(8));
    assert_lengths(ATTR_ONLY_TO_CUSTOMER, &as4_context, LEN(4));
}

static int check4(uint8_t type, struct span value)
{
    return attr_check(attr_spec(type), value, &as4_context);
}

static void values_are_checked_beyond_their_length(void **state)
{
    (void)state;
    assert_int_equal(check4(ATTR_ORIGIN, BYTES(0)), 0);
    assert_int_equal(check4(ATTR_ORIGIN, BYTES(2)), 0);
    assert_int_equal(check4(ATTR_ORIGIN, BYTES(3)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AS_PATH, BYTES(2, 1, 0, 0, 0, 1)), 0);
    assert_int_equal(check4(ATTR_AS_PATH, BYTES(2, 1, 0, 1)), ERR_INVALID);
    assert_int_equal(attr_check(attr_spec(ATTR_AS_PATH), BYTES(2, 1, 0, 1), &as2_context), 0);
    /* AS4_PATH has 4 octets on every session, and is not sent empty. */
    assert_int_equal(attr_check(attr_spec(ATTR_AS4_PATH), BYTES(2, 1, 0, 0, 0, 1), &as2_context),
                     0);
    assert_int_equal(attr_check(attr_spec(ATTR_AS4_PATH), BYTES(2, 1, 0, 1), &as2_context),
                     ERR_INVALID);
    assert_int_equal(attr_check(attr_spec(ATTR_AS4_PATH), span_of(NULL, 0), &as2_context),
                     ERR_INVALID);
    /* AS 0 (RFC 7607). */
    assert_int_equal(check4(ATTR_AGGREGATOR, BYTES(0, 0, 0, 0, 192, 0, 2, 1)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AS4_AGGREGATOR, BYTES(0, 0, 0, 0, 192, 0, 2, 1)), ERR_INVALID);
}

static void aigp_is_a_run_of_tlvs(void **state)
{
    (void)state;
    assert_int_equal(check4(ATTR_AIGP, BYTES(1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5)), 0);
    assert_int_equal(check4(ATTR_AIGP, BYTES(9, 0, 3, 1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 5)), 0);
    assert_int_equal(check4(ATTR_AIGP, span_of(NULL, 0)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AIGP, BYTES(1, 0, 11, 0)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AIGP, BYTES(1, 0, 4, 0)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AIGP, BYTES(9, 0, 2)), ERR_INVALID);
    assert_int_equal(check4(ATTR_AIGP, BYTES(9, 0, 3, 9)), ERR_INVALID);
}

#define MAPPED_(...) 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, __VA_ARGS__

static void next_hops_that_no_host_has_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[16];
        uint8_t len_bytes;
        bool usable;
        bool usable_on_loopback;
    } cases[] = {
        {{192, 0, 2, 1}, 4, true, true},
        {{1, 0, 0, 0}, 4, true, true},
        {{126, 255, 255, 255}, 4, true, true},
        {{128, 0, 0, 0}, 4, true, true},
        {{223, 255, 255, 255}, 4, true, true},
        {{127, 0, 0, 1}, 4, false, true},
        {{127, 255, 255, 255}, 4, false, true},
        {{0, 0, 0, 0}, 4, false, false},
        {{0, 0, 0, 1}, 4, false, false},
        {{0, 255, 255, 255}, 4, false, false},
        {{224, 0, 0, 1}, 4, false, false},
        {{240, 0, 0, 1}, 4, false, false},
        {{255, 255, 255, 255}, 4, false, false},
        {{0x20, 1, 0xd, 0xb8, [15] = 1}, 16, true, true},
        {{0xfe, 0x80, [15] = 1}, 16, true, true},
        {{[15] = 2}, 16, true, true},
        {{[15] = 1}, 16, false, true},
        {{0}, 16, false, false},
        {{0xff, 2, [15] = 1}, 16, false, false},
        {{MAPPED_(192, 0, 2, 1)}, 16, true, true},
        {{MAPPED_(127, 0, 0, 1)}, 16, false, true},
        {{MAPPED_(0, 0, 0, 0)}, 16, false, false},
        {{MAPPED_(0, 0, 0, 1)}, 16, false, false},
        {{MAPPED_(224, 0, 0, 5)}, 16, false, false},
        {{MAPPED_(255, 255, 255, 255)}, 16, false, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct span address = span_of(cases[i].bytes, cases[i].len_bytes);
        if (attr_next_hop_usable(address, false) != cases[i].usable ||
            attr_next_hop_usable(address, true) != cases[i].usable_on_loopback)
            fail_msg("case %zu", i);
    }
}

static void attributes_are_read_one_by_one(void **state)
{
    (void)state;
    struct span bytes = BYTES(0x40, 1, 1, 2, 0xd0, 8, 0, 4, 0xff, 0xff, 0xff, 1, 0x40, 6, 0);
    struct reader r = reader_over(bytes);
    struct attr_view a;
    assert_true(attr_next(&r, &a));
    assert_int_equal(a.flags, 0x40);
    assert_int_equal(a.type, 1);
    assert_span_equal(a.value, BYTES(2));
    assert_span_equal(a.raw, BYTES(0x40, 1, 1, 2));
    assert_true(attr_next(&r, &a));
    assert_int_equal(a.flags, 0xd0);
    assert_span_equal(a.value, BYTES(0xff, 0xff, 0xff, 1));
    assert_span_equal(a.raw, BYTES(0xd0, 8, 0, 4, 0xff, 0xff, 0xff, 1));
    assert_true(attr_next(&r, &a));
    assert_int_equal(a.type, 6);
    assert_int_equal(a.value.len_bytes, 0);
    assert_int_equal(a.raw.len_bytes, 3);
    assert_false(attr_next(&r, &a));
    assert_true(reader_ok(&r));
}

static void attributes_that_are_cut_fail(void **state)
{
    (void)state;
    const struct span cut[] = {
        BYTES(0x40),       BYTES(0x40, 1),       BYTES(0x40, 1, 1),
        BYTES(0x50, 1, 0), BYTES(0x50, 1, 0, 1), BYTES(0xc0, 8, 4, 0, 0, 0),
    };
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        struct reader r = reader_over(cut[i]);
        struct attr_view a;
        assert_false(attr_next(&r, &a));
        assert_false(reader_ok(&r));
        assert_int_equal(a.flags, cut[i].data[0]);
        assert_int_equal(a.type, cut[i].len_bytes > 1 ? cut[i].data[1] : 0);
        assert_span_equal(a.raw, cut[i]);
    }
}

static void put_extends_the_length_where_needed(void **state)
{
    (void)state;
    static uint8_t value[70000];
    static uint8_t buf[70100];
    struct writer w = writer_over(buf, sizeof(buf));
    attr_put(&w, 0x50, 2, span_of(value, 255));
    assert_int_equal(writer_len(&w), 258);
    assert_memory_equal(buf, ((const uint8_t[]){0x40, 2, 255}), 3);

    w = writer_over(buf, sizeof(buf));
    attr_put(&w, 0x40, 2, span_of(value, 256));
    assert_int_equal(writer_len(&w), 260);
    assert_memory_equal(buf, ((const uint8_t[]){0x50, 2, 1, 0}), 4);

    /* Written piecemeal it comes out the same. */
    for (size_t len = 0; len < 600; len += 5) {
        uint8_t expected[700];
        for (size_t i = 0; i < len; i++)
            value[i] = (uint8_t)(i * 7);
        struct writer w1 = writer_over(expected, sizeof(expected));
        attr_put(&w1, 0xc0, 8, span_of(value, len));
        w = writer_over(buf, sizeof(buf));
        size_t mark = attr_put_begin(&w, 0xc0, 8);
        writer_bytes(&w, value, len);
        attr_put_end(&w, mark);
        assert_true(writer_ok(&w));
        assert_span_equal(writer_span(&w), writer_span(&w1));
    }
}

static void put_fails_when_there_is_no_room(void **state)
{
    (void)state;
    static uint8_t value[70000];
    static uint8_t buf[70100];
    struct writer w = writer_over(buf, 6);
    attr_put(&w, 0x40, 3, BYTES(1, 2, 3, 4));
    assert_false(writer_ok(&w));

    w = writer_over(buf, 3 + 256); /* one too few for the extended length */
    size_t mark = attr_put_begin(&w, 0x40, 2);
    writer_bytes(&w, value, 256);
    attr_put_end(&w, mark);
    assert_false(writer_ok(&w));

    w = writer_over(buf, sizeof(buf)); /* more than a length can say */
    mark = attr_put_begin(&w, 0x40, 2);
    writer_bytes(&w, value, 65536);
    attr_put_end(&w, mark);
    assert_false(writer_ok(&w));
}

/* All blocks of this file; too large for the stack. */
static struct attr_block block;

static void block_sorts_what_is_added(void **state)
{
    (void)state;
    attr_block_init(&block);
    assert_int_equal(attr_block_add(&block, ATTR_COMMUNITIES, BYTES(0, 0, 0, 1)), 0);
    assert_int_equal(attr_block_add(&block, ATTR_ORIGIN, BYTES(0)), 0);
    assert_int_equal(attr_block_add(&block, 200, BYTES(9)), 0);
    assert_int_equal(attr_block_add(&block, ATTR_NEXT_HOP, BYTES(192, 0, 2, 1)), 0);
    assert_int_equal(attr_block_add(&block, ATTR_AS_PATH, span_of(NULL, 0)), 0);
    assert_int_equal(attr_block_finish(&block), 0);
    assert_span_equal(attr_block_span(&block),
                      BYTES(0x40, 1, 1, 0, 0x40, 2, 0, 0x40, 3, 4, 192, 0, 2, 1, 0xc0, 8, 4, 0, 0,
                            0, 1, 0xc0, 200, 1, 9));
    assert_int_equal(attr_block_add(&block, ATTR_ORIGIN, BYTES(1)), ERR_EXISTS);

    struct span value;
    assert_true(attr_find(attr_block_span(&block), ATTR_NEXT_HOP, &value));
    assert_span_equal(value, BYTES(192, 0, 2, 1));
    assert_true(attr_find(attr_block_span(&block), 200, &value));
    assert_false(attr_find(attr_block_span(&block), ATTR_MED, &value));
    assert_false(attr_find(attr_block_span(&block), 201, &value));
    assert_false(attr_find(span_of(NULL, 0), ATTR_ORIGIN, &value));
}

static void block_says_when_it_is_full(void **state)
{
    (void)state;
    static uint8_t value[65535];
    attr_block_init(&block);
    assert_int_equal(attr_block_add(&block, 200, span_of(value, 65000)), 0);
    assert_int_equal(attr_block_add(&block, 100, span_of(value, 528)), ERR_FULL);
    assert_int_equal(attr_block_add(&block, 100, span_of(value, 527)), 0);
    assert_int_equal(block.len_bytes, 65535);
    assert_int_equal(attr_block_add(&block, 101, span_of(NULL, 0)), ERR_FULL);
    struct span found;
    assert_true(attr_find(attr_block_span(&block), 200, &found));
    assert_int_equal(found.len_bytes, 65000);
}

static void hot_fields_are_what_the_attributes_say(void **state)
{
    (void)state;
    attr_block_init(&block);
    attr_block_add(&block, ATTR_ORIGIN, BYTES(1));
    attr_block_add(&block, ATTR_AS_PATH,
                   BYTES(2, 2, 0, 0, 0xfd, 0xe8, 0, 1, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2));
    attr_block_add(&block, ATTR_NEXT_HOP, BYTES(192, 0, 2, 1));
    attr_block_add(&block, ATTR_MED, BYTES(0, 0, 1, 0));
    attr_block_add(&block, ATTR_LOCAL_PREF, BYTES(0, 0, 0, 200));
    attr_block_add(&block, ATTR_COMMUNITIES, BYTES(0, 1, 0, 2, 0xff, 0xff, 0xff, 1));
    attr_block_add(&block, ATTR_ORIGINATOR_ID, BYTES(10, 0, 0, 1));
    attr_block_add(&block, ATTR_CLUSTER_LIST, BYTES(10, 0, 0, 2, 10, 0, 0, 3));
    attr_block_finish(&block);
    const struct attr_hot *hot = &block.hot;
    assert_int_equal(hot->origin, ORIGIN_EGP);
    assert_int_equal(hot->as_path_len, 3);
    assert_int_equal(hot->neighbor_as, 65000);
    assert_int_equal(hot->as_path_offset, 4 + 3);
    assert_int_equal(hot->next_hop_len_bytes, 4);
    assert_int_equal(hot->next_hop_offset, 4 + 3 + 20 + 3);
    assert_memory_equal(block.bytes + hot->next_hop_offset, ((const uint8_t[]){192, 0, 2, 1}), 4);
    assert_int_equal(hot->med, 256);
    assert_int_equal(hot->local_pref, 200);
    assert_int_equal(hot->originator_id, 0x0a000001);
    assert_int_equal(hot->cluster_list_len, 2);
    assert_int_equal(hot->flags, ATTR_HAS_MED | ATTR_HAS_LOCAL_PREF | ATTR_NO_EXPORT |
                                     ATTR_HAS_ORIGINATOR_ID | ATTR_HAS_AS_SET);
}

static void hot_fields_have_defaults(void **state)
{
    (void)state;
    struct attr_hot hot = attr_hot_of(BYTES(0x40, 1, 1, 0, 0x40, 2, 0));
    assert_int_equal(hot.flags, 0);
    assert_int_equal(hot.local_pref, 100);
    assert_int_equal(hot.as_path_len, 0);
    assert_int_equal(hot.as_path_offset, 0);
    assert_int_equal(hot.next_hop_len_bytes, 0);
    assert_int_equal(hot.neighbor_as, 0);
}

static void hot_flags_of_well_known_communities(void **state)
{
    (void)state;
    static const struct {
        uint8_t last;
        uint16_t flags;
    } cases[] = {
        {0, 0},
        {1, ATTR_NO_EXPORT},
        {2, ATTR_NO_ADVERTISE},
        {3, ATTR_NO_EXPORT_SUBCONFED},
        {4, ATTR_NOPEER},
        {5, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct attr_hot hot =
            attr_hot_of(BYTES(0xc0, 8, 8, 0, 1, 0, 1, 0xff, 0xff, 0xff, cases[i].last));
        assert_int_equal(hot.flags, cases[i].flags);
    }
    /* The same bytes across the border of two communities are not one. */
    assert_int_equal(attr_hot_of(BYTES(0xc0, 8, 8, 0, 0, 0xff, 0xff, 0xff, 1, 0, 0)).flags, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_has_the_flags_of_the_registry),
        cmocka_unit_test(values_have_the_lengths_they_may_have),
        cmocka_unit_test(values_are_checked_beyond_their_length),
        cmocka_unit_test(aigp_is_a_run_of_tlvs),
        cmocka_unit_test(next_hops_that_no_host_has_are_refused),
        cmocka_unit_test(attributes_are_read_one_by_one),
        cmocka_unit_test(attributes_that_are_cut_fail),
        cmocka_unit_test(put_extends_the_length_where_needed),
        cmocka_unit_test(put_fails_when_there_is_no_room),
        cmocka_unit_test(block_sorts_what_is_added),
        cmocka_unit_test(block_says_when_it_is_full),
        cmocka_unit_test(hot_fields_are_what_the_attributes_say),
        cmocka_unit_test(hot_fields_have_defaults),
        cmocka_unit_test(hot_flags_of_well_known_communities),
    };
    return cmocka_run_group_tests_name("attr", tests, NULL, NULL);
}
