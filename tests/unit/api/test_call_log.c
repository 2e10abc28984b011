/* What the log says of clients of the API. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "../log_lines.h"
#include "api/call_log.h"
#include "api/methods.h"

static struct log_sources sources;

static int setup(void **state)
{
    (void)state;
    log_lines_begin();
    sources = call_log_sources();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    log_sources_release(&sources);
    log_lines_end();
    return 0;
}

/* A call that ended so (NULL: well), from 10.0.0.`client`; in `params` ' stands for ". */
static void call(unsigned client, const char *name, const char *params, const char *reason)
{
    struct caller caller = {.place.addr = ip_from_v4(0x0a000000 + client),
                            .stranger = client >= 200};
    struct jsonrpc_error error = {.code = reason ? JSONRPC_FAILED : 0};
    strbuf_add(&error.message, reason ? reason : "");
    char *text = strdup(params);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    json_t *json = json_loads(text, 0, NULL);
    call_log_change(&sources, &caller, name, method_find(name)->params, json, &error);
    json_decref(json);
    free(text);
    jsonrpc_error_release(&error);
}

static void says_what_was_done(void **state)
{
    (void)state;
    static const struct {
        const char *name, *params, *text;
    } cases[] = {
        {"advertise_route",
         "{'prefix':'192.0.2.0/24','next_hop':'10.254.0.9','communities':['65001:1']}",
         "192.0.2.0/24 next hop 10.254.0.9, communities 65001:1"},
        {"advertise_route", "['2001:db8::/32','2001:db8::1','EGP','100 {200 300}',7,8,'1:2 3']",
         "2001:db8::/32 next hop 2001:db8::1, origin EGP, as path 100 {200 300}, local pref 7, "
         "multi exit disc 8, communities 1:2 0:3"},
        {"advertise_route",
         "['10.0.0.0/8','10.0.0.1',null,null,null,null,[65004,'0xfde90001',-1,'65535:666 x 0:9']]",
         "10.0.0.0/8 next hop 10.0.0.1, communities 0:65004 0xfde90001 -1 blackhole x 0:9"},
        {"advertise_route", "['10.0.0.0/8','10.0.0.1',null,[100,'1.10']]",
         "10.0.0.0/8 next hop 10.0.0.1, as path 100 1.10"},
        {"advertise_flow",
         "{'afi':1,'action':'traffic-rate 0','matches':['destination 10.0.0.0/8','port 80'],"
         "'communities':'65001:1'}",
         "ipv4 action traffic-rate 0, destination 10.0.0.0/8; port 80, communities 65001:1"},
        {"advertise_route",
         "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','family':'ipv4 vpn','rd':'65000:1',"
         "'labels':[100,200]}",
         "10.0.0.0/8 next hop 10.0.0.1, ipv4 vpn, rd 65000:1, labels 100 200"},
        {"withdraw_route", "['10.0.0.0/8']", "10.0.0.0/8"},
        {"withdraw_flow", "[2,['destination ::/0']]", "ipv6, destination ::/0"},
        {"disable_peer", "{'message':'until noon, says \\'I\\'','peer':'fe80::1%eth0'}",
         "fe80::1%eth0, message \"until noon, says \"I\"\""},
        {"enable_peer", "['10.0.0.2']", "10.0.0.2"},
        {"reload", "{'config':'md5_password','name':'a.toml'}",
         "with a configuration of 12 bytes, name a.toml"},
        {"policy_diff", "{'config':['md5_password'],'routes':true}",
         "routes, with a configuration of 0 bytes"},
        {"refresh_peer", "['10.0.0.2','ipv4 flow']", "10.0.0.2, ipv4 flow"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        call(1, cases[i].name, cases[i].params, NULL);
        char expected[400];
        snprintf(expected, sizeof(expected), "info    API: 10.0.0.1: %s %s\n", cases[i].name,
                 cases[i].text);
        assert_string_equal(log_lines(), expected);
    }
    call(1, "reload", "null", NULL);
    assert_string_equal(log_lines(), "info    API: 10.0.0.1: reload\n");
}

static void says_whose_token_it_was(void **state)
{
    (void)state;
    struct token token = {.name = (char *)"injector"};
    struct caller caller = {.place.addr = ip_from_v4(0x0a000001), .token = &token};
    struct jsonrpc_error error = {0};
    call_log_change(&sources, &caller, "reload", method_find("reload")->params, NULL, &error);
    assert_string_equal(log_lines(), "info    API: 10.0.0.1 (injector): reload\n");
}

/* Users of a socket in the file system have a name, and each a budget. */
static void says_which_user_it_was(void **state)
{
    (void)state;
    struct caller alice = {.place.user = "alice"};
    struct caller bob = {.place.user = "bob"};
    struct jsonrpc_error error = {0};
    for (unsigned i = 0; i < 11; i++)
        call_log_change(&sources, &alice, "reload", method_find("reload")->params, NULL, &error);
    log_lines();
    call_log_change(&sources, &bob, "reload", method_find("reload")->params, NULL, &error);
    assert_string_equal(log_lines(), "info    API: unix:bob: reload\n");
    log_limits_tell(UINT64_MAX);
    assert_string_equal(log_lines(), "info    API: unix: reload: 1 more line left out\n");
    call_log_refusal(&sources, &bob.place, true, "connection", "refused");
    assert_string_equal(log_lines(), "warning API: unix:bob: connection refused\n");
}

static void says_what_was_tried_and_why_not(void **state)
{
    (void)state;
    call(1, "advertise_route", "{'prefix':{'a':[1]},'next_hop':true}", "no way");
    assert_string_equal(
        log_lines(), "warning API: 10.0.0.1: advertise_route {\"a\":[1]} next hop true: no way\n");
    call(1, "advertise_flow", "['x\\ny\\u202e']", "no such AFI");
    assert_string_equal(log_lines(), "warning API: 10.0.0.1: advertise_flow x y   : no such AFI\n");
    call(1, "version", "[1,2]", "too many");
    assert_string_equal(log_lines(), "warning API: 10.0.0.1: version: too many\n");
}

static void is_bounded(void **state)
{
    (void)state;
    struct strbuf params = {0};
    strbuf_add(&params, "['10.0.0.0/8','10.0.0.1',null,[1");
    for (unsigned i = 0; i < 5000; i++)
        strbuf_printf(&params, ",%u", i);
    strbuf_add(&params, "]]");
    call(1, "advertise_route", strbuf_text(&params), NULL);
    const char *line = log_lines();
    assert_true(strlen(line) < 1100);
    assert_string_equal(line + strlen(line) - 4, "…\n");
    strbuf_clear(&params);
    strbuf_add(&params, "['");
    for (unsigned i = 0; i < 2000; i++)
        strbuf_add(&params, "ü");
    strbuf_add(&params, "','x']");
    call(1, "advertise_route", strbuf_text(&params), strbuf_text(&params));
    line = log_lines();
    assert_true(strlen(line) < 700);
    assert_non_null(strstr(line, "ü…: ["));
    strbuf_release(&params);
}

/* Many calls of one kind hide neither those of other clients nor other calls. */
static void calls_hide_no_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++)
        call(1, "advertise_route", "['10.0.0.0/8','10.0.0.1']", NULL);
    log_lines();
    call(2, "advertise_route", "['10.0.0.0/8','10.0.0.1']", NULL);
    call(1, "disable_peer", "['10.0.0.2']", NULL);
    call(1, "advertise_route", "['x']", "not understood");
    assert_string_equal(log_lines(),
                        "info    API: 10.0.0.2: advertise_route 10.0.0.0/8 next hop 10.0.0.1\n"
                        "info    API: 10.0.0.1: disable_peer 10.0.0.2\n"
                        "warning API: 10.0.0.1: advertise_route x: not understood\n");
    log_limits_tell(UINT64_MAX);
    assert_string_equal(log_lines(),
                        "info    API: 10.0.0.1: advertise_route: 2 more lines left out\n");
}

/* What is done to each peer is said, however many there are; what fails could be about any. */
static void peers_hide_no_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        char params[32];
        char expected[64];
        snprintf(params, sizeof(params), "['10.1.%u.%u']", i / 256, i % 256);
        call(1, "disable_peer", params, NULL);
        snprintf(expected, sizeof(expected), "info    API: 10.0.0.1: disable_peer 10.1.%u.%u\n",
                 i / 256, i % 256);
        assert_string_equal(log_lines(), expected);
        call(1, "reset_peer", params, "no such peer");
        assert_int_equal(log_lines()[0] != '\0', i < 10);
    }
}

/* Those who may not change anything can come from as many addresses as they like. */
static void what_is_forbidden_has_one_budget(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        call(200, i % 2 ? "reload" : "enable_peer", "null", "forbidden");
    log_lines();
    log_limits_tell(UINT64_MAX);
    assert_string_equal(log_lines(), "warning API: 10.0.0.200: 10 more lines left out\n");
    for (unsigned i = 0; i < 5000; i++)
        call(201 + i, "reload", "null", "forbidden");
    log_lines();
    call(1, "reload", "null", "no file");
    assert_string_equal(log_lines(), "warning API: 10.0.0.1: reload: no file\n");
    log_limits_tell(UINT64_MAX);
    assert_string_equal(log_lines(), "warning API: others: 4910 more lines left out\n");
}

static void refusals(void **state)
{
    (void)state;
    struct client_place addr = {.addr = ip_from_v4(0x0a000001)};
    call_log_refusal(&sources, &addr, false, "connection", "refused: there are %u", 96u);
    assert_string_equal(log_lines(), "warning API: 10.0.0.1: connection refused: there are 96\n");
    for (unsigned i = 0; i < 12; i++)
        call_log_refusal(&sources, &addr, false, "connection", "refused");
    log_lines();
    log_limits_tell(UINT64_MAX);
    assert_string_equal(log_lines(), "warning API: 10.0.0.1: connection: 3 more lines left out\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(says_what_was_done, setup, teardown),
        cmocka_unit_test_setup_teardown(says_whose_token_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(says_which_user_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(says_what_was_tried_and_why_not, setup, teardown),
        cmocka_unit_test_setup_teardown(is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(calls_hide_no_others, setup, teardown),
        cmocka_unit_test_setup_teardown(peers_hide_no_others, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_forbidden_has_one_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
