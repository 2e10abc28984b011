/* Addresses: text, order, classes, socket addresses, endpoints. */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/ip.h"

static struct ip_addr parse(const char *text)
{
    struct ip_addr addr;
    if (ip_parse(text, &addr) != 0)
        fail_msg("%s is refused", text);
    return addr;
}

static void assert_text(const struct ip_addr *addr, const char *expected)
{
    char buf[IP_TEXT_MAX];
    assert_string_equal(ip_format(addr, buf), expected);
}

static void text(void **state)
{
    (void)state;
    struct ip_addr a = parse("192.0.2.1");
    assert_int_equal(a.version, IP_V4);
    assert_int_equal(ip_to_v4(&a), 0xc0000201);
    assert_text(&a, "192.0.2.1");
    a = parse("2001:DB8:0:0:0:0:0:1");
    assert_int_equal(a.version, IP_V6);
    assert_text(&a, "2001:db8::1");
    a = parse("::");
    assert_text(&a, "::");
    a = ip_from_v4(0x0a000001);
    assert_text(&a, "10.0.0.1");
    a = ip_from_bytes(IP_V6, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x05");
    assert_text(&a, "2001:db8::5");
}

static void bad_text(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "1.2.3",       "1.2.3.4.5", "1.2.3.256",
                                      "x",   "1.2.3.4 ",    ":::",       "1::2::3",
                                      "g::", "10.0.0.1%lo", "1.2.3.4/8", "2001:db8::%"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ip_addr a = {.version = 99};
        if (ip_parse(bad[i], &a) == 0)
            fail_msg("\"%s\" is accepted", bad[i]);
        assert_int_equal(a.version, 99);
    }
    char long_text[300];
    memset(long_text, '1', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    struct ip_addr a;
    assert_int_equal(ip_parse(long_text, &a), ERR_INVALID);
}

static void interfaces(void **state)
{
    (void)state;
    unsigned lo = if_nametoindex("lo");
    assert_true(lo > 0);
    struct ip_addr a = parse("fe80::1%lo");
    assert_string_equal(a.interface, "lo");
    assert_text(&a, "fe80::1%lo");
    /* An index is that of the interface that has it now. */
    char numbered[32];
    snprintf(numbered, sizeof(numbered), "fe80::1%%%u", lo);
    struct ip_addr b = parse(numbered);
    assert_true(ip_equal(&a, &b));
    struct ip_addr c = parse("fe80::1");
    assert_false(ip_equal(&a, &c));
    /* The name counts, whether or not there is such an interface. */
    b = parse("fe80::1%nosuchif0");
    assert_text(&b, "fe80::1%nosuchif0");
    assert_false(ip_equal(&a, &b));
    b = parse("fe80::1%4000000");
    assert_text(&b, "fe80::1%4000000");
    static const char *const bad[] = {"fe80::1%",    "fe80::1%0123456789abcdef",
                                      "fe80::1%a b", "fe80::1%a/64",
                                      "fe80::1%..",  "fe80::1%a:b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(ip_parse(bad[i], &a), ERR_INVALID);
    assert_string_equal(parse("fe80::1%0123456789abcde").interface, "0123456789abcde");
}

static void interface_of_sockaddr(void **state)
{
    (void)state;
    struct sockaddr_storage sa;
    struct sockaddr_in6 sin6;
    struct ip_addr a = parse("fe80::1%lo");
    ip_to_sockaddr(&a, 179, &sa);
    memcpy(&sin6, &sa, sizeof(sin6));
    assert_int_equal(sin6.sin6_scope_id, if_nametoindex("lo"));
    struct ip_addr back;
    uint16_t port;
    assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &back, &port), 0);
    assert_true(ip_equal(&a, &back));
    a = parse("fe80::1%nosuchif0");
    ip_to_sockaddr(&a, 179, &sa);
    memcpy(&sin6, &sa, sizeof(sin6));
    assert_int_equal(sin6.sin6_scope_id, 0);
    /* Gone since: the number stands for the name. */
    sin6.sin6_scope_id = 4000000;
    assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sin6, &back, &port), 0);
    assert_text(&back, "fe80::1%4000000");
}

static void order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"0.0.0.0", "1.2.3.4", "1.2.3.5",    "255.0.0.0",
                                         "::",      "::1",     "2001:db8::", "ff02::1"};
    size_t count = sizeof(sorted) / sizeof(sorted[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            struct ip_addr a = parse(sorted[i]);
            struct ip_addr b = parse(sorted[k]);
            int c = ip_compare(&a, &b);
            assert_true(i < k ? c < 0 : i > k ? c > 0 : c == 0);
        }
    }
}

static void classes(void **state)
{
    (void)state;
    struct ip_addr a = parse("127.255.0.1");
    assert_true(ip_is_loopback(&a));
    a = parse("::1");
    assert_true(ip_is_loopback(&a));
    a = parse("::2");
    assert_false(ip_is_loopback(&a));
    a = parse("128.0.0.1");
    assert_false(ip_is_loopback(&a));
    a = parse("febf::1");
    assert_true(ip_is_link_local(&a));
    a = parse("fec0::1");
    assert_false(ip_is_link_local(&a));
    a = parse("169.254.9.9");
    assert_true(ip_is_link_local(&a));
    a = parse("169.253.9.9");
    assert_false(ip_is_link_local(&a));
    a = parse("0.0.0.0");
    assert_true(ip_is_unspecified(&a));
    a = parse("::");
    assert_true(ip_is_unspecified(&a));
    a = parse("0.0.0.1");
    assert_false(ip_is_unspecified(&a));
}

static void socket_addresses(void **state)
{
    (void)state;
    static const char *const texts[] = {"192.0.2.1", "2001:db8::1", "fe80::1%lo"};
    for (size_t i = 0; i < 3; i++) {
        struct ip_addr a = parse(texts[i]);
        struct sockaddr_storage sa;
        socklen_t len = ip_to_sockaddr(&a, 1179, &sa);
        assert_int_equal(len, i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        struct ip_addr back;
        uint16_t port;
        assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &back, &port), 0);
        assert_true(ip_equal(&a, &back));
        assert_int_equal(port, 1179);
    }
    struct ip_addr mapped = parse("::ffff:192.0.2.9");
    struct sockaddr_storage sa;
    ip_to_sockaddr(&mapped, 5, &sa);
    struct ip_addr back;
    uint16_t port;
    assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &back, &port), 0);
    assert_text(&back, "192.0.2.9");
    sa.ss_family = AF_UNIX;
    assert_int_equal(ip_from_sockaddr((struct sockaddr *)&sa, &back, &port), ERR_INVALID);
}

static void endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *addr;
        uint16_t port;
    } good[] = {
        {"10.0.0.1:1179", "10.0.0.1", 1179},
        {"10.0.0.1", "10.0.0.1", 179},
        {"[::]:179", "::", 179},
        {"[2001:db8::1]:65535", "2001:db8::1", 65535},
        {"[::1]", "::1", 179},
        {"2001:db8::1", "2001:db8::1", 179},
    };
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        {"", ERR_INVALID},
        {":179", ERR_INVALID},
        {"10.0.0.1:", ERR_INVALID},
        {"10.0.0.1:x", ERR_INVALID},
        {"10.0.0.1:0", ERR_RANGE},
        {"10.0.0.1:65536", ERR_RANGE},
        {"[::1", ERR_INVALID},
        {"[::1]x", ERR_INVALID},
        {"[::1]:", ERR_INVALID},
        {"[]:1", ERR_INVALID},
        {"host:179", ERR_INVALID},
        {"10.0.0.1:-1", ERR_INVALID},
        {"10.0.0.1:1 ", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct ip_addr a;
        uint16_t port;
        assert_int_equal(ip_parse_endpoint(good[i].text, 179, &a, &port), 0);
        assert_text(&a, good[i].addr);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ip_addr a = {.version = 99};
        uint16_t port = 7;
        if (ip_parse_endpoint(bad[i].text, 179, &a, &port) != bad[i].err)
            fail_msg("\"%s\"", bad[i].text);
        assert_int_equal(a.version, 99);
        assert_int_equal(port, 7);
    }
}

static void mapped(void **state)
{
    (void)state;
    char text[IP_TEXT_MAX];
    struct ip_addr v4, addr;
    assert_int_equal(ip_parse("192.0.2.1", &v4), 0);
    assert_int_equal(ip_parse("::ffff:192.0.2.1", &addr), 0);
    assert_true(ip_is_v4_mapped(&addr));
    struct ip_addr made = ip_v4_mapped(&v4);
    assert_true(ip_equal(&made, &addr));
    struct ip_addr back = ip_unmapped(&addr);
    assert_string_equal(ip_format(&back, text), "192.0.2.1");
    const char *const others[] = {"192.0.2.1", "::192.0.2.1", "::fffe:192.0.2.1", "fe80::1%lo",
                                  "::"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(ip_parse(others[i], &addr), 0);
        assert_false(ip_is_v4_mapped(&addr));
        back = ip_unmapped(&addr);
        assert_true(ip_equal(&back, &addr));
    }
}

static void identifiers(void **state)
{
    (void)state;
    static const char *const none[] = {"", "0.0.0.0", "::1", "192.0.2", "192.0.2.1 ", "7"};
    struct ip_addr id;
    assert_int_equal(ip_parse_id("192.0.2.1", &id), 0);
    assert_int_equal(ip_to_v4(&id), 0xc0000201);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        assert_int_equal(ip_parse_id(none[i], &id), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers),
        cmocka_unit_test(text),
        cmocka_unit_test(bad_text),
        cmocka_unit_test(interfaces),
        cmocka_unit_test(interface_of_sockaddr),
        cmocka_unit_test(order),
        cmocka_unit_test(mapped),
        cmocka_unit_test(classes),
        cmocka_unit_test(socket_addresses),
        cmocka_unit_test(endpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
