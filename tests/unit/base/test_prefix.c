/* Prefixes: text, host bits, order, cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/prefix.h"

static struct prefix parse(const char *text)
{
    struct prefix p;
    if (prefix_parse(text, &p) != 0)
        fail_msg("%s is refused", text);
    return p;
}

static void assert_text(const struct prefix *p, const char *expected)
{
    char buf[PREFIX_TEXT_MAX];
    assert_string_equal(prefix_format(p, buf), expected);
}

static void text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *shown;
    } cases[] = {
        {"10.0.0.0/8", "10.0.0.0/8"},
        {"10.1.2.3", "10.1.2.3/32"},
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"10.255.255.255/9", "10.128.0.0/9"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"128.0.0.0/0", "0.0.0.0/0"},
        {"192.0.2.1/32", "192.0.2.1/32"},
        {"::/0", "::/0"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"2001:db8:ffff::/33", "2001:db8:8000::/33"},
        {"2001:db8::1/127", "2001:db8::/127"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix p;
        assert_int_equal(prefix_parse(cases[i].text, &p), 0);
        assert_text(&p, cases[i].shown);
    }
    struct prefix p = parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
    assert_text(&p, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128");
}

static void bad_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } bad[] = {
        {"", ERR_INVALID},
        {"/8", ERR_INVALID},
        {"10.0.0.0/", ERR_INVALID},
        {"10.0.0.0/33", ERR_RANGE},
        {"::/129", ERR_RANGE},
        {"10.0.0.0/99999999999", ERR_RANGE},
        {"10.0.0.0/-1", ERR_INVALID},
        {"10.0.0.0/8 ", ERR_INVALID},
        {"10.0.0.0/8/8", ERR_INVALID},
        {"10.0/8", ERR_INVALID},
        {"fe80::%lo/64", ERR_INVALID},
        {"10.0.0.0/+8", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct prefix p = {.version = 99};
        if (prefix_parse(bad[i].text, &p) != bad[i].err)
            fail_msg("\"%s\"", bad[i].text);
        assert_int_equal(p.version, 99);
    }
}

static void made_from_bytes(void **state)
{
    (void)state;
    struct prefix p = prefix_make(IP_V4, 12, "\x0a\x1f");
    assert_text(&p, "10.16.0.0/12");
    p = prefix_make(IP_V4, 0, "");
    assert_text(&p, "0.0.0.0/0");
    struct ip_addr addr = ip_from_v4(0xc0000201);
    p = prefix_from_ip(&addr);
    assert_text(&p, "192.0.2.1/32");
    assert_true(prefix_is_host(&p));
    struct ip_addr back = prefix_address(&p);
    assert_true(ip_equal(&addr, &back));
    p = parse("192.0.2.0/31");
    assert_false(prefix_is_host(&p));
    p = parse("2001:db8::1/32");
    assert_false(prefix_is_host(&p));
}

static void order(void **state)
{
    (void)state;
    static const char *const sorted[] = {"0.0.0.0/0",   "10.0.0.0/8",  "10.0.0.0/9",
                                         "10.0.0.0/32", "10.0.0.1/32", "11.0.0.0/8",
                                         "::/0",        "::/1",        "2001:db8::/32"};
    size_t count = sizeof(sorted) / sizeof(sorted[0]);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            struct prefix a = parse(sorted[i]);
            struct prefix b = parse(sorted[k]);
            int c = prefix_compare(&a, &b);
            assert_true(i < k ? c < 0 : i > k ? c > 0 : c == 0);
            assert_int_equal(prefix_equal(&a, &b), i == k);
        }
    }
}

static void cover(void **state)
{
    (void)state;
    static const struct {
        const char *outer;
        const char *inner;
        bool covers;
    } cases[] = {
        {"0.0.0.0/0", "10.0.0.0/8", true},     {"10.0.0.0/8", "10.0.0.0/8", true},
        {"10.0.0.0/8", "10.255.0.0/16", true}, {"10.0.0.0/8", "11.0.0.0/16", false},
        {"10.0.0.0/9", "10.128.0.0/9", false}, {"10.0.0.0/16", "10.0.0.0/8", false},
        {"10.0.0.0/15", "10.1.0.0/16", true},  {"0.0.0.0/0", "::/0", false},
        {"::/0", "2001:db8::/32", true},       {"2001:db8::/33", "2001:db8:8000::/33", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct prefix outer = parse(cases[i].outer);
        struct prefix inner = parse(cases[i].inner);
        assert_int_equal(prefix_covers(&outer, &inner), cases[i].covers);
        struct ip_addr addr = prefix_address(&inner);
        if (cases[i].covers)
            assert_true(prefix_contains_ip(&outer, &addr));
    }
    struct prefix p = parse("10.0.0.0/31");
    struct ip_addr in = ip_from_v4(0x0a000001);
    struct ip_addr out = ip_from_v4(0x0a000002);
    assert_true(prefix_contains_ip(&p, &in));
    assert_false(prefix_contains_ip(&p, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text),  cmocka_unit_test(bad_text), cmocka_unit_test(made_from_bytes),
        cmocka_unit_test(order), cmocka_unit_test(cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
