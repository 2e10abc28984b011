/* Who has a port: what the kernel's table says, and which socket is in the way of which. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "net/holder.h"
#include "net_fixture.h"

/* Addresses are words in the order of this machine, as the kernel writes them. */
static void reads_lines(void **ctx)
{
    (void)ctx;
    struct holder_socket s;
    char line[256];
    snprintf(line, sizeof(line),
             "   0: %08X:049B 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        "
             "0 6403759 1 000000009c10f924 100 0 0 10 0",
             htonl(0x7f280301));
    assert_true(holder_parse(line, &s));
    assert_int_equal(s.where.port, 1179);
    assert_int_equal(ip_to_v4(&s.where.addr), 0x7f280301);
    assert_int_equal(s.user_id, 1000);
    assert_int_equal(s.inode, 6403759);
    snprintf(line, sizeof(line),
             "   1: %08X%08X%08X%08X:00B3 00000000000000000000000000000000:0000 0A "
             "00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0",
             htonl(0x20010db8), 0, 0, htonl(1));
    assert_true(holder_parse(line, &s));
    struct endpoint expected = endpoint_of("2001:db8::1", 179);
    assert_true(ip_equal(&s.where.addr, &expected.addr));
    assert_int_equal(s.where.port, 179);
}

static void takes_no_others(void **ctx)
{
    (void)ctx;
    struct holder_socket s;
    static const char *const lines[] = {
        "",
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when",
        /* established */
        "   0: 0103287F:049B 0203287F:9000 01 00000000:00000000 00:00000000 00000000 0 0 12 1",
        /* an address of no known length */
        "   0: 0103287F01:049B 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 12 1",
        /* cut off */
        "   0: 0103287F:049B 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_false(holder_parse(lines[i], &s));
}

static void knows_what_is_in_the_way(void **ctx)
{
    (void)ctx;
    static const struct {
        const char *held;
        const char *wanted;
        bool expected;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"0.0.0.0", "127.0.0.1", true},
        {"127.0.0.1", "0.0.0.0", true},
        {"::", "127.0.0.1", true},
        {"127.0.0.1", "::", true},
        {"::", "::1", true},
        {"0.0.0.0", "::1", false},
        {"::1", "::1", true},
        {"::1", "127.0.0.1", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct endpoint held = endpoint_of(cases[i].held, 179);
        struct endpoint wanted = endpoint_of(cases[i].wanted, 179);
        assert_int_equal(holder_is_in_the_way(&held, &wanted), cases[i].expected);
        wanted.port = 180;
        assert_false(holder_is_in_the_way(&held, &wanted));
    }
}

static void explains(void **ctx)
{
    (void)ctx;
    struct strbuf out = {0};
    struct endpoint where = endpoint_of("127.0.0.1", 179);
    holder_explain(&where, ECONNREFUSED, 1000, &out);
    where.port = 1024;
    holder_explain(&where, EACCES, 1000, &out);
    assert_string_equal(strbuf_text(&out), "");
    where.port = 1023;
    holder_explain(&where, EACCES, 1000, &out);
    assert_non_null(strstr(strbuf_text(&out), "CAP_NET_BIND_SERVICE"));
    assert_non_null(strstr(strbuf_text(&out), "/test_holder`"));
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_lines),
        cmocka_unit_test(takes_no_others),
        cmocka_unit_test(knows_what_is_in_the_way),
        cmocka_unit_test(explains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
