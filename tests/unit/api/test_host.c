/* Host and Origin headers: which name this machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/host.h"

static bool ours(const char *host)
{
    static char listed[] = "bgp.example.net";
    static char *const hosts[] = {listed};
    return host_is_ours(host, "router1.example.org", hosts, 1);
}

static void test_ours(void **state)
{
    (void)state;
    static const char *const good[] = {
        "127.0.0.1",       "127.0.0.1:8080",       "[::1]",
        "[::1]:8080",      "192.0.2.1:80",         "localhost",
        "LocalHost:8080",  "localhost.",           "router1",
        "ROUTER1:8080",    "router1.example.org",  "router1.example.org.:8080",
        "bgp.example.net", "BGP.example.net:8080",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!ours(good[i]))
            fail_msg("%s is not taken", good[i]);
    static const char *const bad[] = {
        "",
        ":8080",
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "router1.evil.example",
        "router",
        "router1.example",
        "example.org",
        "bgp.example.net.evil.example",
        "localhost:8080.evil.example",
        "localhost:80x",
        "[::1",
        "[::1]x",
        "[localhost]evil",
        "127.0.0.1 evil",
        "user@localhost",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (ours(bad[i]))
            fail_msg("%s is taken", bad[i]);
    char longest[1000];
    memset(longest, 'a', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    assert_false(ours(longest));
    assert_false(host_is_ours("x", "", NULL, 0)); /* a machine without a name */
}

static void test_origin(void **state)
{
    (void)state;
    assert_true(host_is_origin("127.0.0.1:8080", "http://127.0.0.1:8080"));
    assert_true(host_is_origin("localhost:8080", "HTTP://LocalHost:8080"));
    assert_false(host_is_origin("localhost:8080", "http://localhost"));
    assert_false(host_is_origin("localhost:8080", "http://localhost:9090"));
    assert_false(host_is_origin("localhost:8080", "https://localhost:8080"));
    assert_false(host_is_origin("localhost", "http://localhost.evil.example"));
    assert_false(host_is_origin("localhost", "null"));
    assert_false(host_is_origin("localhost", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ours),
        cmocka_unit_test(test_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
