/* NOTIFICATION messages (RFC 4271 §4.5) and shutdown messages (RFC 9003). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "bytes.h"
#include "wire/message.h"

static void encodes_the_whole_message(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct writer w = writer_over(buf, sizeof(buf));
    struct notification n = notification_make(2, 1, BYTES(0x00, 0x04));
    message_encode_notification(&w, &n);
    assert_span_equal(writer_span(&w), BYTES(MARKER, 0x00, 0x17, 0x03, 0x02, 0x01, 0x00, 0x04));
}

static void decodes_and_cuts(void **state)
{
    (void)state;
    struct notification n;
    assert_int_equal(notification_decode(BYTES(0x06), &n), ERR_TRUNCATED);
    assert_int_equal(notification_decode(BYTES(0x04, 0x00), &n), 0);
    assert_int_equal(n.code, NOTIFY_HOLD_EXPIRED);
    assert_int_equal(n.data_len_bytes, 0);

    /* All that a message of 4,096 bytes holds. */
    uint8_t body[6000];
    memset(body, 0xab, sizeof(body));
    assert_int_equal(notification_decode(span_of(body, sizeof(body)), &n), 0);
    assert_int_equal(n.data_len_bytes, 4075);
    assert_int_equal(n.data[4074], 0xab);
    uint8_t buf[5000];
    struct writer w = writer_over(buf, sizeof(buf));
    message_encode_notification(&w, &n);
    assert_int_equal(writer_len(&w), 4096);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(notification_code_name(NOTIFY_CEASE), "Cease");
    assert_string_equal(notification_code_name(0), "unknown");
    assert_string_equal(notification_code_name(9), "unknown");
    assert_string_equal(notification_code_name(255), "unknown");
    assert_string_equal(notification_subcode_name(2, 4), "Unsupported Optional Parameter");
    assert_string_equal(notification_subcode_name(3, 11), "Malformed AS_PATH");
    assert_string_equal(notification_subcode_name(6, 9), "Hard Reset");
    assert_string_equal(notification_subcode_name(6, 200), "unknown");
    assert_string_equal(notification_subcode_name(99, 1), "unknown");
}

static void assert_described(const struct notification *n, const char *expected)
{
    struct strbuf out = {0};
    notification_describe(n, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
}

static void describes(void **state)
{
    (void)state;
    struct notification n = notification_make(4, 0, span_of(NULL, 0));
    assert_described(&n, "Hold Timer Expired (4) / Unspecific (0)");
    n = notification_make(1, 2, BYTES(0x10, 0x01));
    assert_described(&n, "Message Header Error (1) / Bad Message Length (2), data 1001");
    n = notification_make(77, 3, span_of(NULL, 0));
    assert_described(&n, "unknown (77) / unknown (3)");
}

/* RFC 4486 §4. */
static void prefix_limits(void **state)
{
    (void)state;
    struct notification n = notification_make(6, 1, BYTES(0, 1, 1, 0, 0, 0, 10));
    assert_described(&n,
                     "Cease (6) / Maximum Number of Prefixes Reached (1), ipv4 unicast, limit 10");
    n = notification_make(6, 1, BYTES(0, 2, 129, 0xff, 0xff, 0xff, 0xff));
    assert_described(&n, "Cease (6) / Maximum Number of Prefixes Reached (1), AFI 2, SAFI 129, "
                         "limit 4294967295");
    n = notification_make(6, 1, span_of(NULL, 0));
    assert_described(&n, "Cease (6) / Maximum Number of Prefixes Reached (1)");
    n = notification_make(6, 1, BYTES(0, 1, 1, 0, 0, 0, 10, 7));
    assert_described(&n,
                     "Cease (6) / Maximum Number of Prefixes Reached (1), data 0001010000000a07");
    n = notification_make(6, 8, BYTES(0, 1, 1, 0, 0, 0, 10));
    assert_described(&n, "Cease (6) / Out of Resources (8), data 0001010000000a");
}

static void shutdown_message(void **state)
{
    (void)state;
    struct notification n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, "maintenance");
    assert_int_equal(n.code, 6);
    assert_int_equal(n.subcode, 2);
    assert_span_equal(span_of(n.data, n.data_len_bytes),
                      BYTES(11, 'm', 'a', 'i', 'n', 't', 'e', 'n', 'a', 'n', 'c', 'e'));
    assert_described(&n, "Cease (6) / Administrative Shutdown (2), message \"maintenance\"");
    n = notification_cease(NOTIFY_CEASE_ADMIN_RESET, NULL);
    assert_int_equal(n.data_len_bytes, 0);
    assert_described(&n, "Cease (6) / Administrative Reset (4)");
    /* RFC 9003 §2 names two subcodes, others have no message. */
    n = notification_cease(NOTIFY_CEASE_CONFIG_CHANGE, "text");
    assert_int_equal(n.data_len_bytes, 0);
}

/* 255 bytes at most, and no half characters. */
static void long_shutdown_messages(void **state)
{
    (void)state;
    char text[400];
    memset(text, 'a', sizeof(text));
    text[255] = '\0';
    struct notification n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, text);
    assert_int_equal(n.data_len_bytes, 256);
    assert_int_equal(n.data[0], 255);
    text[255] = 'b';
    text[300] = '\0';
    n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, text);
    assert_int_equal(n.data[0], 255);
    assert_int_equal(n.data[255], 'a');
    memcpy(text + 253, "\xe2\x82\xac", 3); /* the euro sign would end at 256 */
    n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, text);
    assert_int_equal(n.data[0], 253);
    assert_int_equal(n.data_len_bytes, 254);
}

static void foreign_text_is_made_harmless(void **state)
{
    (void)state;
    struct notification n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, "gr\xc3\xbc\xc3\x9f");
    assert_described(&n, "Cease (6) / Administrative Shutdown (2), message \"gr\xc3\xbc\xc3\x9f\"");
    /* Line feed, escape, DEL, a C1 control, a right-to-left override. */
    n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, "a\nb\x1b[1m\x7f\xc2\x9b\xe2\x80\xae.");
    assert_described(&n, "Cease (6) / Administrative Shutdown (2), message \"a?b?[1m???.\"");
    /* A stray continuation, an overlong slash, a surrogate, a cut character. */
    n = notification_cease(NOTIFY_CEASE_ADMIN_SHUTDOWN, "\x80\xc0\xaf\xed\xa0\x80\xe2\x82");
    assert_described(&n, "Cease (6) / Administrative Shutdown (2), message \"????????\"");
}

static void shutdown_message_with_bad_length(void **state)
{
    (void)state;
    struct notification n = notification_make(6, 2, BYTES(5, 'a', 'b'));
    assert_described(&n, "Cease (6) / Administrative Shutdown (2), data 056162");
    n = notification_make(6, 4, BYTES(0));
    assert_described(&n, "Cease (6) / Administrative Reset (4), data 00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_whole_message),
        cmocka_unit_test(decodes_and_cuts),
        cmocka_unit_test(names),
        cmocka_unit_test(describes),
        cmocka_unit_test(prefix_limits),
        cmocka_unit_test(shutdown_message),
        cmocka_unit_test(long_shutdown_messages),
        cmocka_unit_test(foreign_text_is_made_harmless),
        cmocka_unit_test(shutdown_message_with_bad_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
