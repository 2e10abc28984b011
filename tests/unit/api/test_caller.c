/* What a client may do: by where it is, by its token, and by what else its request says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/caller.h"
#include "base/mem.h"

static struct config config;

static void add_token(const char *name, enum access access, const char *text)
{
    struct token *token = &config.tokens->items[config.tokens->count++];
    *token = (struct token){.name = mem_strdup(name), .access = access};
    assert_int_equal(token_hash_of(text, strlen(text), &token->hash), 0);
}

static int setup(void **state)
{
    (void)state;
    config = (struct config){
        .api_loopback = ACCESS_FULL, .api_token = (char *)"secret", .tokens = tokens_new(3)};
    add_token("eye", ACCESS_READ, "eye's");
    add_token("injector", ACCESS_ORIGINATE, "injector's");
    add_token("root", ACCESS_FULL, "root's");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tokens_unref(config.tokens);
    return 0;
}

/* From the address, with this in the header (NULL: without it). */
static struct caller from(const char *address, const char *authorization)
{
    struct caller_signs signs = {.authorization = authorization, .host = "localhost"};
    assert_int_equal(ip_parse(address, &signs.place.addr), 0);
    return caller_identify(&config, &signs);
}

static void assert_access(const char *address, const char *authorization, enum access access,
                          const char *token)
{
    struct caller caller = from(address, authorization);
    struct caller copy = caller_copy(&caller);
    struct strbuf name = {0};
    char expected[100];
    if (caller.access != access)
        fail_msg("%s %s: %s", address, authorization, access_names[caller.access]);
    assert_int_equal(caller.reason == NULL, access == ACCESS_FULL);
    assert_true(token ? caller.token && strcmp(caller.token->name, token) == 0 : !caller.token);
    caller_release(&caller);
    snprintf(expected, sizeof(expected), token ? "%s (%s)" : "%s", address, token);
    caller_put_name(&copy, &name);
    assert_string_equal(strbuf_text(&name), expected);
    strbuf_release(&name);
    caller_release(&copy);
}

static void by_token(void **state)
{
    (void)state;
    static const char *const places[] = {"127.0.0.1", "::1", "192.0.2.1"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        assert_access(places[i], "Bearer secret", ACCESS_FULL, NULL);
        assert_access(places[i], "bearer secret", ACCESS_FULL, NULL);
        assert_access(places[i], "Bearer eye's", ACCESS_READ, "eye");
        assert_access(places[i], "Bearer injector's", ACCESS_ORIGINATE, "injector");
        assert_access(places[i], "Bearer root's", ACCESS_FULL, "root");
        static const char *const none[] = {"Bearer ",       "Bearer secre",  "Bearer secretsecret",
                                           "Bearer Secret", "Bearer eye's ", "Bearer  eye's"};
        for (size_t k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
            struct caller caller = from(places[i], none[k]);
            assert_int_equal(caller.access, ACCESS_READ);
            assert_string_equal(caller.reason, "the bearer token is not valid");
            assert_true(caller.stranger);
            assert_false(caller_has_token(&config, none[k]));
        }
    }
    assert_true(caller_has_token(&config, "Bearer eye's"));
    assert_false(caller_has_token(&config, NULL));
}

static void without_tokens(void **state)
{
    (void)state;
    config.api_token = NULL;
    tokens_unref(config.tokens);
    config.tokens = NULL;
    assert_access("127.0.0.1", "Bearer secret", ACCESS_READ, NULL);
    assert_access("127.0.0.1", NULL, ACCESS_FULL, NULL);
    config.api_token = (char *)"";
    assert_access("192.0.2.1", "Bearer ", ACCESS_READ, NULL);
}

static void by_place(void **state)
{
    (void)state;
    static const struct {
        enum access loopback, here, elsewhere;
    } cases[] = {
        {ACCESS_FULL, ACCESS_FULL, ACCESS_READ},
        {ACCESS_READ, ACCESS_READ, ACCESS_READ},
        {ACCESS_NONE, ACCESS_NONE, ACCESS_NONE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        config.api_loopback = cases[i].loopback;
        assert_access("127.0.0.1", NULL, cases[i].here, NULL);
        assert_access("127.9.9.9", "Basic secret", cases[i].here, NULL);
        assert_access("::1", NULL, cases[i].here, NULL);
        assert_access("192.0.2.1", NULL, cases[i].elsewhere, NULL);
        assert_access("2001:db8::1", NULL, cases[i].elsewhere, NULL);
        assert_access("192.0.2.1", "Bearer injector's", ACCESS_ORIGINATE, "injector");
        /* A token that is none gives nothing. */
        assert_access("127.0.0.1", "Bearer x", cases[i].elsewhere, NULL);
    }
}

/* What comes from a page in a browser changes nothing, whatever the browser knows. */
static void pages(void **state)
{
    (void)state;
    static const struct {
        const char *host, *origin, *authorization;
        bool proxied;
        enum access access;
    } cases[] = {
        {"localhost", "http://localhost", NULL, false, ACCESS_FULL},
        {"localhost", "http://evil.example", NULL, false, ACCESS_READ},
        {"evil.example", NULL, NULL, false, ACCESS_READ},
        {"evil.example", "http://evil.example", NULL, false, ACCESS_READ},
        {"evil.example", NULL, "Bearer root's", false, ACCESS_FULL},
        {"localhost", "null", "Bearer root's", false, ACCESS_READ},
        {"localhost", "http://evil.example", "Bearer injector's", false, ACCESS_READ},
        {"localhost", "http://localhost", "Bearer injector's", false, ACCESS_ORIGINATE},
        {"localhost", "http://localhost", "Bearer root's", true, ACCESS_READ},
        {"localhost", NULL, NULL, true, ACCESS_READ},
        {"localhost", NULL, "Bearer root's", true, ACCESS_FULL},
        {NULL, NULL, NULL, false, ACCESS_FULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct caller_signs signs = {.place.addr = ip_from_v4(0x7f000001),
                                     .host = cases[i].host,
                                     .origin = cases[i].origin,
                                     .authorization = cases[i].authorization,
                                     .proxied = cases[i].proxied};
        struct caller caller = caller_identify(&config, &signs);
        if (caller.access != cases[i].access)
            fail_msg("case %zu: %s", i, access_names[caller.access]);
        caller_release(&caller);
    }
    config.api_loopback = ACCESS_NONE;
    struct caller_signs signs = {.place.addr = ip_from_v4(0x7f000001),
                                 .origin = "http://evil.example"};
    struct caller caller = caller_identify(&config, &signs);
    assert_int_equal(caller.access, ACCESS_NONE);
}

/* A user who has connected to a socket in the file system is on this machine. */
static void by_socket(void **state)
{
    (void)state;
    static const enum access loopback[] = {ACCESS_FULL, ACCESS_READ, ACCESS_NONE};
    struct caller_signs signs = {.place.user = "alice"};
    struct strbuf name = {0};
    for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++) {
        config.api_loopback = loopback[i];
        struct caller caller = caller_identify(&config, &signs);
        assert_int_equal(caller.access, loopback[i]);
    }
    /* By what name they call it says nothing, unless a page in a browser was let in there. */
    config.api_loopback = ACCESS_FULL;
    signs.host = "docker";
    assert_int_equal(caller_identify(&config, &signs).access, ACCESS_FULL);
    signs.origin = "http://docker";
    assert_int_equal(caller_identify(&config, &signs).access, ACCESS_READ);
    signs.origin = NULL;
    signs.proxied = true;
    assert_int_equal(caller_identify(&config, &signs).access, ACCESS_READ);
    signs.proxied = false;
    config.api_loopback = ACCESS_NONE;
    signs.authorization = "Bearer injector's";
    struct caller caller = caller_identify(&config, &signs);
    assert_int_equal(caller.access, ACCESS_ORIGINATE);
    caller_put_name(&caller, &name);
    assert_string_equal(strbuf_text(&name), "unix:alice (injector)");
    strbuf_release(&name);
    caller_release(&caller);
    struct caller_signs nowhere = {0};
    config.api_loopback = ACCESS_FULL;
    caller = caller_identify(&config, &nowhere);
    assert_int_equal(caller.access, ACCESS_READ);
}

/* A token goes on to be what it was for those who have shown it, whatever is reloaded. */
static void outlives_the_configuration(void **state)
{
    (void)state;
    struct caller caller = from("127.0.0.1", "Bearer injector's");
    tokens_unref(config.tokens);
    config.tokens = NULL;
    assert_string_equal(caller.token->name, "injector");
    caller_release(&caller);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(by_token),  TEST(without_tokens), TEST(by_place),
        TEST(by_socket), TEST(pages),          TEST(outlives_the_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
