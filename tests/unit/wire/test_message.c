/* Framing (RFC 4271 §4.1, §6.1, RFC 8654), KEEPALIVE and ROUTE-REFRESH (RFC 2918, RFC 7313). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/message.h"

/* Frames a header of `len` and `type` with `available` bytes of input, after which zeroes follow.
 */
static int frame(uint16_t len, uint8_t type, size_t available, size_t max,
                 struct notification *ret_error)
{
    static uint8_t input[65535];
    memset(input, 0xff, 16);
    input[16] = (uint8_t)(len >> 8);
    input[17] = (uint8_t)len;
    input[18] = type;
    uint8_t got_type = 0;
    struct span body = {0};
    int n = message_frame(span_of(input, available), max, &got_type, &body, ret_error);
    if (n > 0) {
        assert_int_equal(got_type, type);
        assert_ptr_equal(body.data, input + 19);
        assert_int_equal(body.len_bytes, len - 19);
    }
    return n;
}

static void keepalive(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    message_encode_keepalive(&w);
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0x00, 0x13, 0x04));
    uint8_t type;
    struct span body;
    struct notification error;
    assert_int_equal(message_frame(writer_span(&w), 4096, &type, &body, &error), 19);
    assert_int_equal(type, MESSAGE_KEEPALIVE);
    assert_int_equal(body.len_bytes, 0);
}

static void waits_for_the_rest(void **state)
{
    (void)state;
    struct notification error;
    assert_int_equal(frame(23, MESSAGE_UPDATE, 0, 4096, &error), 0);
    assert_int_equal(frame(23, MESSAGE_UPDATE, 18, 4096, &error), 0);
    assert_int_equal(frame(23, MESSAGE_UPDATE, 22, 4096, &error), 0);
    assert_int_equal(frame(23, MESSAGE_UPDATE, 23, 4096, &error), 23);
    assert_int_equal(frame(23, MESSAGE_UPDATE, 100, 4096, &error), 23);
}

static void bad_marker(void **state)
{
    (void)state;
    struct span input = BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                              0xff, 0xff, 0xff, 0xff, 0xfe, 0x00, 0x13, 0x04);
    uint8_t type;
    struct span body;
    struct notification error;
    assert_true(message_frame(input, 4096, &type, &body, &error) < 0);
    assert_int_equal(error.code, 1);
    assert_int_equal(error.subcode, 1);
    assert_int_equal(error.data_len_bytes, 0);
}

/* The answer to a bad length carries the length field (RFC 4271 §6.1). */
static void assert_bad_length(uint16_t len, uint8_t type, size_t max)
{
    struct notification error;
    assert_true(frame(len, type, 19, max, &error) < 0);
    assert_int_equal(error.code, 1);
    assert_int_equal(error.subcode, 2);
    assert_int_equal(error.data_len_bytes, 2);
    assert_int_equal(error.data[0], len >> 8);
    assert_int_equal(error.data[1], len & 0xff);
}

static void bad_lengths(void **state)
{
    (void)state;
    assert_bad_length(0, MESSAGE_UPDATE, 4096);
    assert_bad_length(18, MESSAGE_KEEPALIVE, 4096);
    assert_bad_length(4097, MESSAGE_UPDATE, 4096);
    assert_bad_length(28, MESSAGE_OPEN, 4096);
    assert_bad_length(22, MESSAGE_UPDATE, 4096);
    assert_bad_length(20, MESSAGE_NOTIFICATION, 4096);
    assert_bad_length(20, MESSAGE_KEEPALIVE, 4096);
    /* RFC 8654 §4: OPEN and KEEPALIVE stay small. */
    assert_bad_length(4097, MESSAGE_OPEN, 65535);
    assert_bad_length(4097, MESSAGE_KEEPALIVE, 65535);
}

static void extended_messages(void **state)
{
    (void)state;
    struct notification error;
    assert_int_equal(frame(4096, MESSAGE_UPDATE, 65535, 4096, &error), 4096);
    assert_int_equal(frame(65535, MESSAGE_UPDATE, 65535, 65535, &error), 65535);
    assert_int_equal(frame(65535, MESSAGE_NOTIFICATION, 65535, 65535, &error), 65535);
}

static void bad_type(void **state)
{
    (void)state;
    static const uint8_t types[] = {0, 6, 128, 255};
    for (size_t i = 0; i < sizeof(types); i++) {
        struct notification error;
        assert_true(frame(19, types[i], 19, 4096, &error) < 0);
        assert_int_equal(error.code, 1);
        assert_int_equal(error.subcode, 3);
        assert_int_equal(error.data_len_bytes, 1);
        assert_int_equal(error.data[0], types[i]);
    }
}

static void refresh(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    message_encode_refresh(&w, FAMILY_IPV6_FLOW, REFRESH_END);
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0x00, 0x17, 0x05, 0x00, 0x02, 0x02, 0x85));

    struct route_refresh r;
    struct notification error;
    assert_int_equal(message_decode_refresh(BYTES(0x00, 0x01, 0x01, 0x80), true, &r, &error), 0);
    assert_int_equal(r.afi, 1);
    assert_int_equal(r.subtype, REFRESH_BEGIN);
    assert_int_equal(r.safi, 128);
}

/* RFC 2918 §3: the byte is reserved where RFC 7313 has not given it a meaning. */
static void refresh_with_a_value_in_the_reserved_byte(void **state)
{
    (void)state;
    struct route_refresh r;
    struct notification error;
    for (unsigned value = 0; value <= 255; value++) {
        struct span body = BYTES(0x00, 0x02, (uint8_t)value, 0x01);
        assert_int_equal(message_decode_refresh(body, false, &r, &error), 0);
        assert_int_equal(r.subtype, REFRESH_REQUEST);
        assert_int_equal(r.afi, 2);
        assert_int_equal(r.safi, 1);
        assert_int_equal(message_decode_refresh(body, true, &r, &error), 0);
        assert_int_equal(r.subtype, value);
    }
}

/* RFC 5291 §4: IMMEDIATE, one type of ORF, one entry (remove all). */
static void refresh_with_orf_entries(void **state)
{
    (void)state;
    struct route_refresh r;
    struct notification error;
    struct span body = BYTES(0, 1, 0, 1, 1, 64, 0, 1, 0x80);
    for (int enhanced = 0; enhanced <= 1; enhanced++) {
        assert_int_equal(message_decode_refresh(body, enhanced, &r, &error), 0);
        assert_int_equal(r.subtype, REFRESH_REQUEST);
        assert_int_equal(r.afi, 1);
        assert_int_equal(r.safi, 1);
    }
}

/* RFC 4271 §6.1: code 1, subcode 2, the length field as data. */
static void refresh_that_is_too_short(void **state)
{
    (void)state;
    struct route_refresh r;
    struct notification error;
    static const uint8_t body[3] = {0, 1, 0};
    for (uint8_t len = 0; len <= sizeof(body); len++) {
        for (int enhanced = 0; enhanced <= 1; enhanced++) {
            assert_true(message_decode_refresh(span_of(body, len), enhanced, &r, &error) < 0);
            assert_int_equal(error.code, 1);
            assert_int_equal(error.subcode, 2);
            assert_span_equal(span_of(error.data, error.data_len_bytes),
                              BYTES(0x00, (uint8_t)(19 + len)));
        }
    }
    /* What is a subtype elsewhere is nothing without the capability. */
    assert_true(message_decode_refresh(BYTES(0, 1, 1), false, &r, &error) < 0);
    assert_int_equal(error.code, 1);
}

/* RFC 7313 §5: code 7, subcode 1, the complete message as data. */
static void refresh_mark_of_wrong_length(void **state)
{
    (void)state;
    struct route_refresh r;
    struct notification error;
    for (uint8_t subtype = REFRESH_BEGIN; subtype <= REFRESH_END; subtype++) {
        assert_true(message_decode_refresh(BYTES(0x00, 0x01, subtype), true, &r, &error) < 0);
        assert_int_equal(error.code, 7);
        assert_int_equal(error.subcode, 1);
        assert_span_equal(span_of(error.data, error.data_len_bytes),
                          BYTES(MARKER, 0x00, 0x16, 0x05, 0x00, 0x01, subtype));
    }
    static const uint8_t large[8000] = {0, 1, REFRESH_END, 1};
    assert_true(message_decode_refresh(span_of(large, sizeof(large)), true, &r, &error) < 0);
    assert_int_equal(error.code, 7);
    assert_int_equal(error.data_len_bytes, 4075);
    assert_int_equal(error.data[16] << 8 | error.data[17], 8019);
    assert_int_equal(message_decode_refresh(span_of(large, sizeof(large)), false, &r, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keepalive),
        cmocka_unit_test(waits_for_the_rest),
        cmocka_unit_test(bad_marker),
        cmocka_unit_test(bad_lengths),
        cmocka_unit_test(extended_messages),
        cmocka_unit_test(bad_type),
        cmocka_unit_test(refresh),
        cmocka_unit_test(refresh_with_a_value_in_the_reserved_byte),
        cmocka_unit_test(refresh_with_orf_entries),
        cmocka_unit_test(refresh_that_is_too_short),
        cmocka_unit_test(refresh_mark_of_wrong_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
