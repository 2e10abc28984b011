/* PDUs, octet by octet as the figures of RFC 6810, RFC 8210 and 8210bis have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rpki/rtr_pdu.h"

#define BYTES(...) span_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct rtr_pdu read_good(struct span in)
{
    struct rtr_pdu pdu;
    struct rtr_fault fault = {.why = "it is not whole"};
    size_t len_bytes;
    enum rtr_read read = rtr_pdu_read(in, &pdu, &len_bytes, &fault);
    if (read != RTR_READ_PDU)
        fail_msg("%s", fault.why);
    assert_int_equal(len_bytes, in.len_bytes);
    assert_true(span_equal(pdu.whole, in));
    /* Every beginning of it is one. */
    for (size_t cut = 0; cut < in.len_bytes; cut++)
        assert_int_equal(rtr_pdu_read(span_of(in.data, cut), &pdu, &len_bytes, &fault),
                         RTR_READ_MORE);
    assert_int_equal(rtr_pdu_read(in, &pdu, &len_bytes, &fault), RTR_READ_PDU);
    return pdu;
}

static void assert_bad(struct span in, enum rtr_error code)
{
    struct rtr_pdu pdu;
    struct rtr_fault fault;
    size_t len_bytes;
    assert_int_equal(rtr_pdu_read(in, &pdu, &len_bytes, &fault), RTR_READ_BAD);
    assert_int_equal(fault.code, code);
    assert_non_null(fault.why);
    assert_in_range(fault.bytes.len_bytes, RTR_HEADER_BYTES, in.len_bytes);
    assert_int_equal(fault.is_report, in.data[1] == RTR_ERROR_REPORT);
}

static void sessions(void **state)
{
    (void)state;
    struct rtr_pdu pdu = read_good(BYTES(1, 0, 0x12, 0x34, 0, 0, 0, 12, 0, 0, 1, 2));
    assert_int_equal(pdu.version, 1);
    assert_int_equal(pdu.type, RTR_SERIAL_NOTIFY);
    assert_int_equal(pdu.session_id, 0x1234);
    assert_int_equal(pdu.serial, 0x102);
    pdu = read_good(BYTES(0, 3, 0x12, 0x34, 0, 0, 0, 8));
    assert_int_equal(pdu.session_id, 0x1234);
    assert_int_equal(read_good(BYTES(2, 8, 0, 0, 0, 0, 0, 8)).type, RTR_CACHE_RESET);
    assert_bad(BYTES(1, 0, 0, 0, 0, 0, 0, 8), RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 3, 0, 0, 0, 0, 0, 9, 0), RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 3, 0, 0, 0, 0, 0, 0), RTR_CORRUPT_DATA);
}

static void the_end_of_data(void **state)
{
    (void)state;
    struct rtr_pdu pdu = read_good(BYTES(0, 7, 0, 5, 0, 0, 0, 12, 0, 0, 0, 9));
    assert_int_equal(pdu.serial, 9);
    assert_int_equal(pdu.refresh_s, 0);
    pdu = read_good(
        BYTES(1, 7, 0, 5, 0, 0, 0, 24, 0, 0, 0, 9, 0, 0, 14, 16, 0, 0, 2, 88, 0, 0, 28, 32));
    assert_int_equal(pdu.refresh_s, 3600);
    assert_int_equal(pdu.retry_s, 600);
    assert_int_equal(pdu.expire_s, 7200);
    assert_bad(BYTES(1, 7, 0, 5, 0, 0, 0, 12, 0, 0, 0, 9), RTR_CORRUPT_DATA);
    assert_bad(BYTES(0, 7, 0, 5, 0, 0, 0, 24, 0, 0, 0, 9, 0, 0, 14, 16, 0, 0, 2, 88, 0, 0, 28, 32),
               RTR_CORRUPT_DATA);
}

static void assert_vrp(const struct rtr_pdu *pdu, const char *prefix, uint8_t max_length,
                       uint32_t as, bool announce)
{
    char text[PREFIX_TEXT_MAX];
    assert_string_equal(prefix_format(&pdu->vrp.prefix, text), prefix);
    assert_int_equal(pdu->vrp.max_length, max_length);
    assert_int_equal(pdu->vrp.as, as);
    assert_int_equal(pdu->announce, announce);
}

static void prefixes(void **state)
{
    (void)state;
    struct rtr_pdu pdu =
        read_good(BYTES(1, 4, 0, 0, 0, 0, 0, 20, 1, 24, 26, 0, 192, 0, 2, 0, 0, 0, 0xfb, 0xf4));
    assert_vrp(&pdu, "192.0.2.0/24", 26, 64500, true);
    pdu = read_good(BYTES(0, 4, 0, 0, 0, 0, 0, 20, 0xfe, 24, 24, 0xff, 192, 0, 2, 0, 0, 0, 0, 0));
    assert_vrp(&pdu, "192.0.2.0/24", 24, 0, false);
    pdu = read_good(BYTES(2, 6, 0, 0, 0, 0, 0, 32, 1, 32, 48, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0,
                          0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff));
    assert_vrp(&pdu, "2001:db8::/32", 48, UINT32_MAX, true);
    pdu = read_good(BYTES(1, 6, 0, 0, 0, 0, 0, 32, 1, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                          0, 0, 0, 0, 0, 0, 0, 1));
    assert_vrp(&pdu, "::/0", 128, 1, true);
}

static void lengths_of_prefixes(void **state)
{
    (void)state;
    assert_bad(BYTES(1, 4, 0, 0, 0, 0, 0, 20, 1, 33, 33, 0, 192, 0, 2, 0, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 4, 0, 0, 0, 0, 0, 20, 1, 24, 33, 0, 192, 0, 2, 0, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 4, 0, 0, 0, 0, 0, 20, 1, 24, 23, 0, 192, 0, 2, 0, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 6, 0, 0, 0, 0, 0, 32, 1, 64, 129, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                     0, 0, 0, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 4, 0, 0, 0, 0, 0, 32, 1, 24, 24, 0, 192, 0, 2, 0, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
    /* 8210bis §5.6 is strict about host bits, its predecessors are not. */
    struct rtr_pdu pdu =
        read_good(BYTES(1, 4, 0, 0, 0, 0, 0, 20, 1, 24, 24, 0, 192, 0, 2, 1, 0, 0, 0, 1));
    assert_vrp(&pdu, "192.0.2.0/24", 24, 1, true);
    assert_bad(BYTES(2, 4, 0, 0, 0, 0, 0, 20, 1, 24, 24, 0, 192, 0, 2, 1, 0, 0, 0, 1),
               RTR_CORRUPT_DATA);
}

static void aspas(void **state)
{
    (void)state;
    uint32_t providers[4];
    struct rtr_pdu pdu =
        read_good(BYTES(2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 2));
    assert_true(pdu.announce);
    assert_int_equal(pdu.customer, 9);
    assert_int_equal(rtr_pdu_providers(&pdu, providers), 2);
    assert_int_equal(providers[0], 1);
    assert_int_equal(providers[1], 2);
    pdu = read_good(BYTES(2, 11, 0, 0, 0, 0, 0, 12, 0, 0, 0, 9));
    assert_false(pdu.announce);
    assert_int_equal(pdu.providers.len_bytes, 0);
    /* Providers in a withdrawal are of no concern. */
    pdu = read_good(BYTES(2, 11, 0, 0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 1));
    assert_false(pdu.announce);
    pdu = read_good(BYTES(2, 11, 1, 0, 0, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0)); /* none at all */
    assert_int_equal(rtr_pdu_providers(&pdu, providers), 1);
    assert_bad(BYTES(2, 11, 1, 0, 0, 0, 0, 12, 0, 0, 0, 9), RTR_ASPA_PROVIDER_LIST);
    assert_bad(BYTES(2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 1),
               RTR_ASPA_PROVIDER_LIST);
    assert_bad(BYTES(2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 2),
               RTR_ASPA_PROVIDER_LIST);
    assert_bad(BYTES(2, 11, 1, 0, 0, 0, 0, 20, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2),
               RTR_ASPA_PROVIDER_LIST);
    assert_bad(BYTES(2, 11, 1, 0, 0, 0, 0, 18, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0), RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 11, 1, 0, 0, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0, 1), RTR_UNSUPPORTED_TYPE);
}

static void what_is_not_known(void **state)
{
    (void)state;
    assert_bad(BYTES(3, 3, 0, 0, 0, 0, 0, 8), RTR_UNSUPPORTED_VERSION);
    assert_bad(BYTES(255, 10, 0, 0, 0, 0, 0, 8), RTR_UNSUPPORTED_VERSION);
    assert_bad(BYTES(1, 5, 0, 0, 0, 0, 0, 8), RTR_UNSUPPORTED_TYPE);
    assert_bad(BYTES(1, 12, 0, 0, 0, 0, 0, 8), RTR_UNSUPPORTED_TYPE);
    assert_bad(BYTES(1, 255, 0, 0, 0xff, 0xff, 0xff, 0xff), RTR_UNSUPPORTED_TYPE);
    assert_bad(BYTES(0, 9, 0, 0, 0, 0, 0, 40), RTR_UNSUPPORTED_TYPE);
    assert_bad(BYTES(1, 9, 0, 0, 0, 1, 0, 0), RTR_CORRUPT_DATA); /* longer than PDUs are */
    uint8_t key[40] = {1, 9, 1, 0, 0, 0, 0, 40};
    assert_int_equal(read_good(span_of(key, sizeof(key))).type, RTR_ROUTER_KEY);
}

static void reports(void **state)
{
    (void)state;
    struct rtr_pdu pdu = read_good(
        BYTES(1, 10, 0, 2, 0, 0, 0, 26, 0, 0, 0, 8, 1, 2, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2, 'n', 'o'));
    assert_int_equal(pdu.code, RTR_NO_DATA);
    assert_true(span_equal(pdu.text, span_of("no", 2)));
    assert_bad(BYTES(1, 10, 0, 2, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0), RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 10, 0, 2, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 1), RTR_CORRUPT_DATA);
    assert_bad(BYTES(1, 10, 0, 2, 0, 0, 0, 16, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0),
               RTR_CORRUPT_DATA);
}

static void what_is_written(void **state)
{
    (void)state;
    uint8_t buf[RTR_REPORT_MAX_BYTES];
    struct writer w = writer_over(buf, sizeof(buf));
    rtr_write_reset_query(&w, 2);
    assert_true(span_equal(writer_span(&w), BYTES(2, 2, 0, 0, 0, 0, 0, 8)));
    w = writer_over(buf, sizeof(buf));
    rtr_write_serial_query(&w, 1, 0x1234, 7);
    assert_true(span_equal(writer_span(&w), BYTES(1, 1, 0x12, 0x34, 0, 0, 0, 12, 0, 0, 0, 7)));
    w = writer_over(buf, sizeof(buf));
    rtr_write_error_report(&w, 1, RTR_CORRUPT_DATA, BYTES(1, 3, 0, 0, 0, 0, 0, 9), "no");
    struct rtr_pdu pdu = read_good(writer_span(&w));
    assert_int_equal(pdu.code, RTR_CORRUPT_DATA);
    assert_true(span_equal(pdu.text, span_of("no", 2)));
    /* However long what it is about. */
    uint8_t much[1000] = {0};
    char text[1000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    w = writer_over(buf, sizeof(buf));
    rtr_write_error_report(&w, 2, RTR_INTERNAL_ERROR, span_of(much, sizeof(much)), text);
    assert_true(writer_ok(&w));
    assert_int_equal(read_good(writer_span(&w)).code, RTR_INTERNAL_ERROR);
}

static void codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(rtr_error_name(RTR_CORRUPT_DATA), "Corrupt Data");
    assert_string_equal(rtr_error_name(9), "ASPA Provider List Error");
    assert_string_equal(rtr_error_name(12), "unknown code");
    for (uint16_t code = 0; code < 12; code++)
        assert_non_null(rtr_error_name(code));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions),
        cmocka_unit_test(the_end_of_data),
        cmocka_unit_test(prefixes),
        cmocka_unit_test(lengths_of_prefixes),
        cmocka_unit_test(aspas),
        cmocka_unit_test(what_is_not_known),
        cmocka_unit_test(reports),
        cmocka_unit_test(what_is_written),
        cmocka_unit_test(codes_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
