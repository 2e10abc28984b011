/* AS_PATH values: checks, questions, text, conversions between 2 and 4 octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/aspath.h"

static const struct span empty = {NULL, 0};

static void assert_bytes(const struct writer *w, struct span expected)
{
    assert_true(writer_ok(w));
    assert_span_equal(writer_span(w), expected);
}

static void assert_text(struct span path, const char *expected)
{
    struct strbuf text = {0};
    aspath_format(path, &text);
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
}

static void check_accepts_whole_segments(void **state)
{
    (void)state;
    assert_int_equal(aspath_check(empty, 4), 0);
    assert_int_equal(aspath_check(empty, 2), 0);
    assert_int_equal(aspath_check(BYTES(2, 1, 0, 0, 0, 1), 4), 0);
    assert_int_equal(aspath_check(BYTES(2, 2, 0, 1, 0, 2, 1, 1, 0, 3), 2), 0);
}

static void check_refuses_malformed_paths(void **state)
{
    (void)state;
    const struct span bad4[] = {
        BYTES(2),                      /* half a header */
        BYTES(2, 0),                   /* empty segment */
        BYTES(2, 1, 0, 0, 0),          /* underrun by a byte */
        BYTES(2, 2, 0, 0, 0, 1),       /* count too large */
        BYTES(2, 1, 0, 0, 0, 1, 0),    /* a byte too many */
        BYTES(2, 1, 0, 0, 0, 1, 2, 0), /* empty segment at the end */
        BYTES(0, 1, 0, 0, 0, 1),       /* unknown types */
        BYTES(5, 1, 0, 0, 0, 1),
        BYTES(3, 1, 0, 0, 0, 1), /* confederation segments */
        BYTES(2, 1, 0, 0, 0, 1, 4, 1, 0, 0, 0, 1),
        BYTES(2, 2, 0, 0, 0, 1, 0, 0, 0, 0), /* AS 0 */
    };
    for (size_t i = 0; i < sizeof(bad4) / sizeof(bad4[0]); i++)
        assert_int_equal(aspath_check(bad4[i], 4), ERR_INVALID);
    assert_int_equal(aspath_check(BYTES(2, 1, 0, 0, 0, 1), 2), ERR_INVALID);
    assert_int_equal(aspath_check(BYTES(2, 1, 0, 0), 2), ERR_INVALID);
}

/* Leaves 9 out, doubles the others, and counts how often it was asked. */
static uint32_t map_as(void *ctx, uint32_t as)
{
    ++*(unsigned *)ctx;
    return as == 9 ? 0 : 2 * as;
}

static void assert_mapped(struct span path, const char *expected, unsigned asked)
{
    uint8_t buf[64];
    unsigned count = 0;
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_mapped(&w, path, map_as, &count);
    assert_true(writer_ok(&w));
    assert_text(writer_span(&w), expected);
    assert_int_equal(count, asked);
}

static void paths_are_mapped_as_by_as(void **state)
{
    (void)state;
    assert_mapped(empty, "", 0);
    assert_mapped(BYTES(2, 2, 0, 0, 0, 1, 0, 0, 0, 9), "2", 2);
    assert_mapped(BYTES(2, 1, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 0, 0, 0, 3), "{6}", 3);
    assert_mapped(BYTES(2, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 9, 2, 1, 0, 0, 0, 3), "2 6", 3);
    assert_mapped(BYTES(3, 1, 0, 0, 0, 4, 1, 2, 0, 0, 0, 4, 0, 0, 0, 5), "(8) {8 10}", 3);
    assert_mapped(BYTES(1, 1, 0, 0, 0, 9), "", 1);
}

static void assert_last(struct span path, unsigned length, const char *expected)
{
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_last(&w, path, length);
    assert_true(writer_ok(&w));
    assert_text(writer_span(&w), expected);
}

static void the_end_of_a_path_is_found(void **state)
{
    (void)state;
    struct span path = BYTES(2, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4, 2, 2, 0, 0,
                             0, 5, 0, 0, 0, 6);
    static const char *const ends[] = {
        "", "6", "5 6", "{3 4} 5 6", "2 {3 4} 5 6", "1 2 {3 4} 5 6", "1 2 {3 4} 5 6"};
    for (unsigned length = 0; length < 7; length++)
        assert_last(path, length, ends[length]);
    assert_last(empty, 0, "");
    assert_last(empty, 1, "");
    /* Confederation segments have no length: they go with what stands behind them. */
    struct span confed = BYTES(3, 1, 0, 0, 0, 1, 2, 2, 0, 0, 0, 2, 0, 0, 0, 3);
    assert_last(confed, 1, "3");
    assert_last(confed, 2, "(1) 2 3");
}

static void origin_is_the_last_as_of_a_sequence(void **state)
{
    (void)state;
    assert_int_equal(aspath_origin_as(empty), 0);
    assert_int_equal(aspath_origin_as(BYTES(2, 1, 0, 0, 0, 7)), 7);
    assert_int_equal(aspath_origin_as(BYTES(2, 2, 0, 0, 0, 7, 0, 0, 0, 8)), 8);
    assert_int_equal(aspath_origin_as(BYTES(2, 1, 0, 0, 0, 7, 1, 1, 0, 0, 0, 8)), 0);
    assert_int_equal(aspath_origin_as(BYTES(1, 1, 0, 0, 0, 7, 2, 1, 0, 0, 0, 8)), 8);
}

static void unique_length_counts_prepends_once(void **state)
{
    (void)state;
    static uint8_t value[65000];
    assert_int_equal(aspath_unique_length(empty), 0);
    assert_int_equal(aspath_unique_length(BYTES(2, 2, 0, 0, 0, 7, 0, 0, 0, 7)), 1);
    assert_int_equal(aspath_unique_length(BYTES(2, 1, 0, 0, 0, 7, 1, 2, 0, 0, 0, 7, 0, 0, 0, 8)),
                     2);
    for (uint32_t different = 1; different < 20000; different *= 3) {
        struct writer w = writer_over(value, sizeof(value));
        uint32_t asn = 0;
        for (unsigned segment = 0; segment < 63; segment++) {
            writer_u8(&w, ASPATH_SEQUENCE);
            writer_u8(&w, 254);
            for (unsigned i = 0; i < 254; i++)
                writer_u32(&w, 1 + asn++ % different * 65536);
        }
        unsigned expected = different < asn ? different : asn;
        assert_true(writer_ok(&w));
        assert_int_equal(aspath_unique_length(writer_span(&w)), expected);
    }
}

static void private_as_numbers_are_those_of_rfc_6996(void **state)
{
    (void)state;
    static const uint32_t private[] = {64512, 65534, 4200000000, 4294967294};
    static const uint32_t others[] = {1, 64511, 65535, 65536, 4199999999, 4294967295};
    for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++)
        assert_true(aspath_is_private_as(private[i]));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_false(aspath_is_private_as(others[i]));
    assert_true(aspath_has_private_as(BYTES(2, 1, 0, 0, 0, 7, 1, 1, 0, 0, 0xfc, 0)));
    assert_false(aspath_has_private_as(BYTES(2, 1, 0, 0, 0, 7, 1, 1, 0, 0, 0xfb, 0xff)));
}

static void summary_of_sequences_and_sets(void **state)
{
    (void)state;
    struct span path = BYTES(2, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0);
    assert_int_equal(aspath_summarize(path).length, 3);
    assert_int_equal(aspath_summarize(path).first_as, 1);
    assert_false(aspath_summarize(path).has_set);

    struct span with_set = BYTES(2, 1, 0, 0, 0, 9, 1, 2, 0, 0, 0, 1, 0, 0, 0, 2);
    assert_int_equal(aspath_summarize(with_set).length, 2);
    assert_int_equal(aspath_summarize(with_set).first_as, 9);
    assert_true(aspath_summarize(with_set).has_set);

    struct span set_first = BYTES(1, 2, 0, 0, 0, 1, 0, 0, 0, 2, 2, 1, 0, 0, 0, 9);
    assert_int_equal(aspath_summarize(set_first).first_as, 0);
    assert_int_equal(aspath_summarize(set_first).length, 2);

    assert_int_equal(aspath_summarize(empty).length, 0);
    assert_int_equal(aspath_summarize(empty).first_as, 0);
}

static void confederation_segments_have_no_length(void **state)
{
    (void)state;
    struct span path = BYTES(3, 2, 0, 0, 0, 1, 0, 0, 0, 2, 4, 1, 0, 0, 0, 3, 2, 1, 0, 0, 0, 7);
    assert_int_equal(aspath_summarize(path).length, 1);
    assert_int_equal(aspath_summarize(path).first_as, 0);
    assert_text(path, "(1 2) [3] 7");
}

static void count_as_looks_into_every_segment(void **state)
{
    (void)state;
    struct span path =
        BYTES(2, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 5, 1, 2, 0, 0, 0, 5, 0, 5, 0, 0);
    assert_int_equal(aspath_count_as(path, 5), 3);
    assert_int_equal(aspath_count_as(path, 6), 1);
    assert_int_equal(aspath_count_as(path, 0x50000), 1);
    assert_int_equal(aspath_count_as(path, 7), 0);
    assert_int_equal(aspath_count_as(empty, 5), 0);
}

static void count_in_looks_for_several(void **state)
{
    (void)state;
    struct span path =
        BYTES(2, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 5, 1, 2, 0, 0, 0, 5, 0, 5, 0, 0);
    struct u32_set asns = {0};
    assert_int_equal(aspath_count_in(path, &asns), 0);
    u32_set_add(&asns, 0x50000);
    u32_set_add(&asns, 5);
    u32_set_add(&asns, 7);
    u32_set_settle(&asns);
    assert_int_equal(aspath_count_in(path, &asns), 4);
    assert_int_equal(aspath_count_in(empty, &asns), 0);
    u32_set_release(&asns);
}

static void format_writes_sets_in_braces(void **state)
{
    (void)state;
    assert_text(empty, "");
    assert_text(BYTES(2, 2, 0, 0, 0, 100, 0xff, 0xff, 0xff, 0xff), "100 4294967295");
    assert_text(BYTES(2, 1, 0, 0, 0xfb, 0xf4, 1, 2, 0, 0, 0xfb, 0xf6, 0, 0, 0xfb, 0xf7),
                "64500 {64502 64503}");
}

static void parse_reads_what_people_write(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected; /* as aspath_format writes it */
    } cases[] = {
        {"", ""},
        {"   ", ""},
        {"64500 64501 {64502 64503}", "64500 64501 {64502 64503}"},
        {"1.10 65535.65535", "65546 4294967295"},
        {" 1,2 ,3", "1 2 3"},
        {"{1,2} 3{4}", "{1 2} 3 {4}"},
        {"{1} {2}", "{1} {2}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[256];
        struct writer w = writer_over(buf, sizeof(buf));
        assert_int_equal(aspath_parse(cases[i].text, &w), 0);
        assert_int_equal(aspath_check(writer_span(&w), 4), 0);
        assert_text(writer_span(&w), cases[i].expected);
    }
}

static void parse_refuses_what_is_no_path(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"x", ERR_INVALID},        {"1 -2", ERR_INVALID},
        {"1x", ERR_INVALID},       {"{1", ERR_INVALID},
        {"1}", ERR_INVALID},       {"{}", ERR_INVALID},
        {"{{1}}", ERR_INVALID},    {"1.", ERR_INVALID},
        {".1", ERR_INVALID},       {"1.2.3", ERR_INVALID},
        {"4294967296", ERR_RANGE}, {"65536.0", ERR_RANGE},
        {"0.65536", ERR_RANGE},    {"0", ERR_RANGE},
        {"1 0.0", ERR_RANGE},      {"99999999999999999999999", ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t buf[256];
        struct writer w = writer_over(buf, sizeof(buf));
        assert_int_equal(aspath_parse(cases[i].text, &w), cases[i].err);
    }
    uint8_t small[5];
    struct writer w = writer_over(small, sizeof(small));
    assert_int_equal(aspath_parse("1", &w), ERR_FULL);
}

static void parse_starts_a_segment_every_255(void **state)
{
    (void)state;
    struct strbuf text = {0};
    for (unsigned i = 1; i <= 300; i++)
        strbuf_printf(&text, "%u ", i);
    uint8_t buf[2048];
    struct writer w = writer_over(buf, sizeof(buf));
    assert_int_equal(aspath_parse(strbuf_text(&text), &w), 0);
    assert_int_equal(writer_len(&w), 2 + 255 * 4 + 2 + 45 * 4);
    assert_int_equal(buf[1], 255);
    assert_int_equal(buf[2 + 255 * 4], ASPATH_SEQUENCE);
    assert_int_equal(buf[2 + 255 * 4 + 1], 45);
    assert_int_equal(aspath_summarize(writer_span(&w)).length, 300);

    /* A set cannot be split without becoming another path. */
    struct strbuf set = {0};
    strbuf_printf(&set, "{%s}", strbuf_text(&text));
    w = writer_over(buf, sizeof(buf));
    assert_int_equal(aspath_parse(strbuf_text(&set), &w), ERR_RANGE);
    strbuf_release(&set);
    strbuf_release(&text);
}

static void parse_as_takes_one_number(void **state)
{
    (void)state;
    uint32_t as = 7;
    assert_int_equal(aspath_parse_as("65000", &as), 0);
    assert_int_equal(as, 65000);
    assert_int_equal(aspath_parse_as("1.1", &as), 0);
    assert_int_equal(as, 65537);
    assert_int_equal(aspath_parse_as("0", &as), 0);
    assert_int_equal(as, 0);
    as = 7;
    assert_int_equal(aspath_parse_as("", &as), ERR_INVALID);
    assert_int_equal(aspath_parse_as("1 2", &as), ERR_INVALID);
    assert_int_equal(aspath_parse_as("4294967296", &as), ERR_RANGE);
    assert_int_equal(as, 7);
}

static void prepend_joins_the_first_sequence(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, BYTES(2, 1, 0, 0, 0, 5, 1, 1, 0, 0, 0, 6),
                         (const uint32_t[]){65537, 65536}, 2, 4);
    assert_bytes(&w, BYTES(2, 3, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 5, 1, 1, 0, 0, 0, 6));
}

static void prepend_to_empty_path_or_set_makes_a_sequence(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, empty, (const uint32_t[]){7}, 1, 4);
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0, 7));

    w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, BYTES(1, 1, 0, 0, 0, 6), (const uint32_t[]){7}, 1, 4);
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0, 7, 1, 1, 0, 0, 0, 6));

    w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, BYTES(1, 1, 0, 0, 0, 6), NULL, 0, 4);
    assert_bytes(&w, BYTES(1, 1, 0, 0, 0, 6));
}

/* A sequence of `count` times AS 9. */
static size_t make_long(uint8_t *buf, unsigned count)
{
    buf[0] = ASPATH_SEQUENCE;
    buf[1] = (uint8_t)count;
    memset(buf + 2, 0, count * 4);
    for (unsigned i = 0; i < count; i++)
        buf[2 + i * 4 + 3] = 9;
    return 2 + count * 4;
}

static void prepend_to_a_full_sequence_makes_a_new_one(void **state)
{
    (void)state;
    uint8_t path[2048];
    uint8_t buf[4096];
    size_t len_bytes = make_long(path, 255);
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, span_of(path, len_bytes), (const uint32_t[]){7}, 1, 4);
    assert_int_equal(writer_len(&w), 6 + len_bytes);
    assert_memory_equal(buf, ((const uint8_t[]){2, 1, 0, 0, 0, 7}), 6);
    assert_memory_equal(buf + 6, path, len_bytes);

    /* Room for some: the path stays one of valid segments, as long as it must be. */
    len_bytes = make_long(path, 254);
    w = writer_over(buf, sizeof(buf));
    uint32_t sevens[300];
    for (unsigned i = 0; i < 300; i++)
        sevens[i] = 7;
    aspath_put_prepended(&w, span_of(path, len_bytes), sevens, 300, 4);
    assert_true(writer_ok(&w));
    assert_int_equal(aspath_check(writer_span(&w), 4), 0);
    assert_int_equal(aspath_summarize(writer_span(&w)).length, 554);
    assert_int_equal(aspath_count_as(writer_span(&w), 7), 300);
    assert_int_equal(aspath_summarize(writer_span(&w)).first_as, 7);
}

static void narrow_path_has_as_trans(void **state)
{
    (void)state;
    struct span path = BYTES(2, 2, 0, 0, 0, 5, 0, 1, 0, 0, 1, 1, 0, 0, 0xff, 0xff);
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, path, NULL, 0, 2);
    /* AS_TRANS is 23456, 0x5ba0. */
    assert_bytes(&w, BYTES(2, 2, 0, 5, 0x5b, 0xa0, 1, 1, 0xff, 0xff));

    w = writer_over(buf, sizeof(buf));
    aspath_put_prepended(&w, path, (const uint32_t[]){70000}, 1, 2);
    assert_bytes(&w, BYTES(2, 3, 0x5b, 0xa0, 0, 5, 0x5b, 0xa0, 1, 1, 0xff, 0xff));

    assert_true(aspath_needs_as4(path));
    assert_false(aspath_needs_as4(BYTES(2, 1, 0, 0, 0xff, 0xff)));
    assert_false(aspath_needs_as4(empty));
}

static void widened_path_keeps_its_segments(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_widened(&w, BYTES(2, 1, 0, 5, 2, 1, 1, 2, 1, 2, 0, 3, 0, 4));
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0, 5, 2, 1, 0, 0, 1, 2, 1, 2, 0, 0, 0, 3, 0, 0, 0, 4));
}

static void merge_takes_the_tail_from_as4_path(void **state)
{
    (void)state;
    uint8_t buf[64];
    /* 100 AS_TRANS 300 with 70000 300: as if no 2-octet speaker had been on the way. */
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 3, 0, 100, 0x5b, 0xa0, 1, 44),
                      BYTES(2, 2, 0, 1, 0x11, 0x70, 0, 0, 1, 44));
    assert_bytes(&w, BYTES(2, 3, 0, 0, 0, 100, 0, 1, 0x11, 0x70, 0, 0, 1, 44));

    /* Of the same length: AS4_PATH alone. */
    w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 1, 0x5b, 0xa0), BYTES(2, 1, 0, 1, 0x11, 0x70));
    assert_bytes(&w, BYTES(2, 1, 0, 1, 0x11, 0x70));
}

static void merge_keeps_the_segments_of_as4_path(void **state)
{
    (void)state;
    uint8_t buf[64];
    /* 5 | AS_TRANS, in two sequences. */
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 1, 0, 5, 2, 1, 0x5b, 0xa0),
                      BYTES(2, 1, 0, 0, 0, 5, 2, 1, 0, 1, 0x11, 0x70));
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0, 5, 2, 1, 0, 1, 0x11, 0x70));
    /* What is taken from AS_PATH goes into the first of them only. */
    w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 2, 0, 4, 0, 5, 2, 1, 0x5b, 0xa0),
                      BYTES(2, 1, 0, 0, 0, 5, 2, 1, 0, 1, 0x11, 0x70));
    assert_bytes(&w, BYTES(2, 2, 0, 0, 0, 4, 0, 0, 0, 5, 2, 1, 0, 1, 0x11, 0x70));
}

static void merge_counts_a_set_as_one(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    /* 10 {20 30} AS_TRANS with 70000: two to take from AS_PATH, the set whole. */
    aspath_put_merged(&w, BYTES(2, 1, 0, 10, 1, 2, 0, 20, 0, 30, 2, 1, 0x5b, 0xa0),
                      BYTES(2, 1, 0, 1, 0x11, 0x70));
    assert_bytes(&w,
                 BYTES(2, 1, 0, 0, 0, 10, 1, 2, 0, 0, 0, 20, 0, 0, 0, 30, 2, 1, 0, 1, 0x11, 0x70));
}

/* RFC 6793 §6: confederation segments are discarded, wherever they stand, and do not count. */
static void merge_leaves_out_confederation_segments(void **state)
{
    (void)state;
    /* 65001 AS_TRANS AS_TRANS with (65000) 65537 131074. */
    static const uint8_t as_path[] = {2, 3, 0xfd, 0xe9, 0x5b, 0xa0, 0x5b, 0xa0};
    static const uint8_t merged[] = {2, 3, 0, 0, 0xfd, 0xe9, 0, 1, 0, 1, 0, 2, 0, 2};
    const struct span as4_paths[] = {
        BYTES(3, 1, 0, 0, 0xfd, 0xe8, 2, 2, 0, 1, 0, 1, 0, 2, 0, 2),
        BYTES(2, 2, 0, 1, 0, 1, 0, 2, 0, 2, 4, 1, 0, 0, 0xfd, 0xe8),
        BYTES(3, 1, 0, 0, 0, 9, 4, 2, 0, 0, 0, 7, 0, 0, 0, 8, 2, 2, 0, 1, 0, 1, 0, 2, 0, 2),
    };
    uint8_t buf[64];
    for (size_t i = 0; i < sizeof(as4_paths) / sizeof(as4_paths[0]); i++) {
        struct writer w = writer_over(buf, sizeof(buf));
        assert_int_equal(aspath_check_as4(as4_paths[i]), 0);
        aspath_put_merged(&w, span_of(as_path, sizeof(as_path)), as4_paths[i]);
        assert_bytes(&w, span_of(merged, sizeof(merged)));
    }
    /* Nothing else is left: AS_PATH alone. */
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 1, 0x5b, 0xa0), BYTES(3, 1, 0, 0, 0xfd, 0xe8));
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0x5b, 0xa0));
    /* Between sequences. */
    w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 2, 0x5b, 0xa0, 0x5b, 0xa0),
                      BYTES(2, 1, 0, 1, 0, 1, 3, 1, 0, 0, 0, 9, 2, 1, 0, 2, 0, 2));
    assert_bytes(&w, BYTES(2, 1, 0, 1, 0, 1, 2, 1, 0, 2, 0, 2));
}

static void check_of_as4_path_tolerates_confederations_only(void **state)
{
    (void)state;
    assert_int_equal(aspath_check_as4(BYTES(3, 1, 0, 0, 0, 9, 4, 1, 0, 0, 0, 9)), 0);
    assert_int_equal(aspath_check_as4(BYTES(5, 1, 0, 0, 0, 9)), ERR_INVALID);
    assert_int_equal(aspath_check_as4(BYTES(0, 1, 0, 0, 0, 9)), ERR_INVALID);
    assert_int_equal(aspath_check_as4(BYTES(3, 0)), ERR_INVALID);
    assert_int_equal(aspath_check_as4(BYTES(3, 2, 0, 0, 0, 9)), ERR_INVALID);
    assert_int_equal(aspath_check_as4(BYTES(2, 1, 0, 0, 0, 0)), ERR_INVALID);
}

static void merge_ignores_an_as4_path_that_is_longer(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    aspath_put_merged(&w, BYTES(2, 1, 0x5b, 0xa0), BYTES(2, 2, 0, 0, 0, 1, 0, 0, 0, 2));
    assert_bytes(&w, BYTES(2, 1, 0, 0, 0x5b, 0xa0));
}

static void format_and_parse_are_inverse(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (unsigned round = 0; round < 500; round++) {
        uint8_t path[512];
        uint8_t again[512];
        struct writer w = writer_over(path, sizeof(path));
        uint8_t last = 0;
        for (unsigned segment = 0; segment < round % 5; segment++) {
            /* Sequences never stand side by side: their text would not tell them apart. */
            uint8_t type = last == ASPATH_SEQUENCE ? ASPATH_SET : 1 + (seed >> 16) % 2;
            uint8_t count = (uint8_t)(1 + (seed >> 20) % 6);
            writer_u8(&w, type);
            writer_u8(&w, count);
            for (unsigned i = 0; i < count; i++) {
                seed = seed * 1103515245 + 12345;
                writer_u32(&w, seed | 1);
            }
            last = type;
        }
        struct strbuf text = {0};
        aspath_format(writer_span(&w), &text);
        struct writer w2 = writer_over(again, sizeof(again));
        assert_int_equal(aspath_parse(strbuf_text(&text), &w2), 0);
        assert_true(span_equal(writer_span(&w), writer_span(&w2)));
        strbuf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_accepts_whole_segments),
        cmocka_unit_test(check_refuses_malformed_paths),
        cmocka_unit_test(paths_are_mapped_as_by_as),
        cmocka_unit_test(the_end_of_a_path_is_found),
        cmocka_unit_test(origin_is_the_last_as_of_a_sequence),
        cmocka_unit_test(unique_length_counts_prepends_once),
        cmocka_unit_test(private_as_numbers_are_those_of_rfc_6996),
        cmocka_unit_test(summary_of_sequences_and_sets),
        cmocka_unit_test(confederation_segments_have_no_length),
        cmocka_unit_test(count_as_looks_into_every_segment),
        cmocka_unit_test(count_in_looks_for_several),
        cmocka_unit_test(format_writes_sets_in_braces),
        cmocka_unit_test(parse_reads_what_people_write),
        cmocka_unit_test(parse_refuses_what_is_no_path),
        cmocka_unit_test(parse_starts_a_segment_every_255),
        cmocka_unit_test(parse_as_takes_one_number),
        cmocka_unit_test(prepend_joins_the_first_sequence),
        cmocka_unit_test(prepend_to_empty_path_or_set_makes_a_sequence),
        cmocka_unit_test(prepend_to_a_full_sequence_makes_a_new_one),
        cmocka_unit_test(narrow_path_has_as_trans),
        cmocka_unit_test(widened_path_keeps_its_segments),
        cmocka_unit_test(merge_takes_the_tail_from_as4_path),
        cmocka_unit_test(merge_keeps_the_segments_of_as4_path),
        cmocka_unit_test(merge_counts_a_set_as_one),
        cmocka_unit_test(merge_leaves_out_confederation_segments),
        cmocka_unit_test(check_of_as4_path_tolerates_confederations_only),
        cmocka_unit_test(merge_ignores_an_as4_path_that_is_longer),
        cmocka_unit_test(format_and_parse_are_inverse),
    };
    return cmocka_run_group_tests_name("aspath", tests, NULL, NULL);
}
