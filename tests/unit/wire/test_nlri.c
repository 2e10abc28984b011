/* Unicast NLRI: reading, checking, writing (RFC 4271 §4.3, RFC 7606 §5.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "bytes.h"
#include "wire/nlri.h"

/* Reads all of `nlri`: returns whether it was well-formed, and the texts joined by spaces. */
static bool read_all(struct span nlri, uint8_t version, char *ret_text)
{
    struct reader r = reader_over(nlri);
    struct prefix p;
    *ret_text = '\0';
    while (nlri_next(&r, version, &p)) {
        char one[PREFIX_TEXT_MAX];
        strcat(ret_text, prefix_format(&p, one));
        strcat(ret_text, " ");
    }
    assert_int_equal(nlri_check(nlri, version), reader_ok(&r));
    return reader_ok(&r);
}

static void reads_prefixes_of_all_lengths(void **state)
{
    (void)state;
    char text[512];
    assert_true(read_all(span_of(NULL, 0), IP_V4, text));
    assert_string_equal(text, "");
    assert_true(
        read_all(BYTES(0, 8, 10, 9, 10, 128, 24, 192, 0, 2, 32, 192, 0, 2, 1), IP_V4, text));
    assert_string_equal(text, "0.0.0.0/0 10.0.0.0/8 10.128.0.0/9 192.0.2.0/24 192.0.2.1/32 ");
    assert_true(read_all(BYTES(0, 32, 0x20, 1, 0xd, 0xb8, 3, 0x20, 128, 0x20, 1, 0xd, 0xb8, 0, 0, 0,
                               0, 0, 0, 0, 0, 0, 0, 0, 1),
                         IP_V6, text));
    assert_string_equal(text, "::/0 2001:db8::/32 2000::/3 2001:db8::1/128 ");
}

static void clears_bits_behind_the_length(void **state)
{
    (void)state;
    char text[512];
    assert_true(read_all(BYTES(9, 10, 255, 1, 0xff, 23, 10, 1, 255), IP_V4, text));
    assert_string_equal(text, "10.128.0.0/9 128.0.0.0/1 10.1.254.0/23 ");
}

static void refuses_lengths_and_cuts(void **state)
{
    (void)state;
    char text[512];
    assert_false(read_all(BYTES(33, 1, 2, 3, 4, 5), IP_V4, text));
    assert_false(read_all(BYTES(255), IP_V4, text));
    assert_false(read_all(BYTES(24, 10, 0), IP_V4, text));
    assert_false(read_all(BYTES(8, 10, 32), IP_V4, text));
    assert_string_equal(text, "10.0.0.0/8 ");
    assert_false(
        read_all(BYTES(129, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), IP_V6, text));
    assert_false(read_all(BYTES(64, 0x20, 1), IP_V6, text));
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8",    "10.128.0.0/9",  "192.0.2.1/32",
        "::/0",      "2000::/3",    "2001:db8::/32", "2001:db8::/33", "2001:db8::1/128",
    };
    static const unsigned bytes[] = {1, 2, 2, 3, 5, 1, 2, 5, 6, 17};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct prefix p;
        struct prefix again;
        uint8_t buf[32];
        assert_int_equal(prefix_parse(texts[i], &p), 0);
        struct writer w = writer_over(buf, sizeof(buf));
        nlri_put_bits(&w, p.len_bits, p.bytes);
        assert_int_equal(writer_len(&w), bytes[i]);
        struct reader r = reader_over(writer_span(&w));
        assert_true(nlri_next(&r, p.version, &again));
        assert_true(prefix_equal(&p, &again));
        assert_int_equal(reader_left(&r), 0);
    }
}

/* Every length, with set bits after it, and with more and fewer bytes after the prefix. */
static void reads_the_same_whatever_follows(void **state)
{
    (void)state;
    enum { AFTER_MAX = 17 };
    static const uint8_t versions[] = {IP_V4, IP_V6};
    for (unsigned v = 0; v < 2; v++) {
        for (unsigned len_bits = 0; len_bits <= prefix_max_bits(versions[v]); len_bits++) {
            uint8_t buf[1 + 16 + AFTER_MAX];
            size_t len_bytes = 1 + (len_bits + 7) / 8;
            for (unsigned i = 0; i < sizeof(buf); i++)
                buf[i] = (uint8_t)(0xff - 3 * i);
            buf[0] = (uint8_t)len_bits;
            struct prefix expected = prefix_make(versions[v], (uint8_t)len_bits, buf + 1);
            for (size_t after = 0; after <= AFTER_MAX; after++) {
                struct prefix p;
                struct reader r = reader_over(span_of(buf, len_bytes + after));
                assert_true(nlri_next(&r, versions[v], &p));
                assert_memory_equal(&p, &expected, sizeof(p));
                assert_int_equal(reader_left(&r), after);
            }
        }
    }
}

static void put_without_room_writes_nothing(void **state)
{
    (void)state;
    uint8_t buf[3] = {9, 9, 9};
    struct prefix p;
    prefix_parse("192.0.2.0/24", &p);
    struct writer w = writer_over(buf, sizeof(buf));
    nlri_put_bits(&w, p.len_bits, p.bytes);
    assert_false(writer_ok(&w));
    assert_int_equal(writer_len(&w), 0);
    assert_int_equal(buf[0], 9);
    /* Of several, as many as fit, in as few bytes as they need. */
    uint8_t more[7];
    const struct nlri_key keys[] = {{p.bytes, 8}, {p.bytes, 8}, {p.bytes, 16}, {p.bytes, 8}};
    w = writer_over(more, sizeof(more));
    assert_int_equal(nlri_put_prefixes(&w, 4, keys, 4), 3);
    assert_true(writer_ok(&w));
    assert_int_equal(writer_len(&w), 7);
    assert_memory_equal(more, "\10\300\10\300\20\300\0", 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_prefixes_of_all_lengths),
        cmocka_unit_test(clears_bits_behind_the_length),
        cmocka_unit_test(refuses_lengths_and_cuts),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(reads_the_same_whatever_follows),
        cmocka_unit_test(put_without_room_writes_nothing),
    };
    return cmocka_run_group_tests_name("nlri", tests, NULL, NULL);
}
