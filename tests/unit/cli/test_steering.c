/* What a client keeps of what it has announced, which neighbors selectors mean, and what scripts
 * are told of sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/ledger.h"
#include "cli/pipe_events.h"
#include "cli/targets.h"

/* JSON with ' for ". */
static json_t *json(const char *text)
{
    char *copy = strdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
    free(copy);
    assert_non_null(value);
    return value;
}

static void assert_json(json_t *is, const char *expected)
{
    json_t *wanted = json(expected);
    if (!json_equal(is, wanted)) {
        char *text = json_dumps(is, JSON_COMPACT | JSON_ENCODE_ANY);
        fail_msg("is       %s\nexpected %s", text, expected);
    }
    json_decref(wanted);
    json_decref(is);
}

/* Expands a call, shows what comes out, and says that it is done. */
static void check_expanded(struct ledger *l, const char *call, const char *others,
                           const char *expected)
{
    json_t *c = json(call);
    json_t *o = others ? json(others) : NULL;
    assert_int_equal(ledger_needs_others(l, c), o != NULL);
    assert_json(ledger_expand(l, c, o), expected);
    json_decref(c);
    json_decref(o);
}

#define ADVERTISE(hop, more)                                                                       \
    "{'method':'advertise_route','params':{'prefix':'10.0.0.0/8','next_hop':'" hop "'" more "}}"
#define WITHDRAW(more) "{'method':'withdraw_route','params':{'prefix':'10.0.0.0/8'" more "}}"

/* What is announced to all is told to all, whatever some were told before. */
static void test_all_and_some(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l);
    check_expanded(&l, ADVERTISE("::1", ""), NULL, "[" ADVERTISE("::1", "") "]");
    check_expanded(&l, ADVERTISE("::2", ",'to':['a']"), NULL,
                   "[" ADVERTISE("::2", ",'to':['a']") "]");
    assert_json(ledger_announcements(&l),
                "[" ADVERTISE("::1", "") "," ADVERTISE("::2", ",'to':['a']") "]");
    check_expanded(&l, ADVERTISE("::3", ""), NULL,
                   "[" ADVERTISE("::3", "") "," WITHDRAW(",'to':['a']") "]");
    assert_json(ledger_announcements(&l), "[" ADVERTISE("::3", "") "]");
    check_expanded(&l, ADVERTISE("::2", ",'to':['a']"), NULL,
                   "[" ADVERTISE("::2", ",'to':['a']") "]");
    check_expanded(&l, WITHDRAW(""), NULL, "[" WITHDRAW("") "," WITHDRAW(",'to':['a']") "]");
    assert_json(ledger_announcements(&l), "[]");
    check_expanded(&l, WITHDRAW(""), NULL, "[" WITHDRAW("") "]");
    check_expanded(&l, "{'method':'show_peers'}", NULL, "[{'method':'show_peers'}]");
    ledger_release(&l);
}

/* What is withdrawn from some stays for the others. */
static void test_some_of_all(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l);
    check_expanded(&l, ADVERTISE("::1", ""), NULL, "[" ADVERTISE("::1", "") "]");
    check_expanded(&l, ADVERTISE("::2", ",'to':['b']"), NULL,
                   "[" ADVERTISE("::2", ",'to':['b']") "]");
    check_expanded(&l, WITHDRAW(",'to':['a']"), "['b','c','d']",
                   "[" ADVERTISE("::1", ",'to':['c','d']") "," WITHDRAW("") "]");
    assert_json(ledger_announcements(&l),
                "[" ADVERTISE("::2", ",'to':['b']") "," ADVERTISE("::1", ",'to':['c','d']") "]");
    check_expanded(&l, ADVERTISE("::4", ",'to':['c']"), NULL,
                   "[" ADVERTISE("::4", ",'to':['c']") "," ADVERTISE(
                       "::1", ",'to':['d']") "," WITHDRAW(",'to':['c','d']") "]");
    check_expanded(&l, WITHDRAW(",'to':['b','c']"), NULL,
                   "[" WITHDRAW(",'to':['b']") "," WITHDRAW(",'to':['c']") "]");
    check_expanded(&l, WITHDRAW(",'to':['a']"), NULL, "[" WITHDRAW(",'to':['a']") "]");
    json_t *to = json("['d']");
    json_t *calls = ledger_withdrawals(&l, to);
    json_t *call = json_array_get(calls, 0);
    assert_json(ledger_expand(&l, call, NULL), "[" WITHDRAW(",'to':['d']") "]");
    assert_json(ledger_announcements(&l), "[]");
    json_decref(calls);
    json_decref(to);
    ledger_release(&l);
}

static void note(struct ledger *l, const char *call, const char *result)
{
    json_t *c = json(call);
    json_t *r = result ? json(result) : NULL;
    ledger_note(l, c);
    ledger_done(l, c, r);
    json_decref(c);
    json_decref(r);
}

/* Labels are no part of the name, but say the family; flows go by the rules as the daemon has
 * them. */
static void test_names(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l);
    note(&l,
         "{'method':'advertise_route','params':{'prefix':'::/0','labels':[1],'next_hop':'::1'}}",
         NULL);
    note(&l,
         "{'method':'advertise_route','params':['::/0','::1',null,null,null,null,null,null,'1:2']}",
         NULL);
    note(&l,
         "{'method':'advertise_flow','params':{'afi':1,'matches':['port 1','source 1.0.0.0/8']}}",
         "{'prefix':'source 1.0.0.0/8; port =1'}");
    assert_json(ledger_withdrawals(&l, NULL),
                "[{'method':'withdraw_route','params':{'prefix':'::/0','family':"
                "'ipv6 labeled-unicast'}},"
                "{'method':'withdraw_route','params':{'prefix':'::/0','rd':'1:2'}},"
                "{'method':'withdraw_flow','params':{'afi':1,'matches':['port 1',"
                "'source 1.0.0.0/8']}}]");
    note(&l, "{'method':'withdraw_flow','params':[1,['source 1.0.0.0/8','port 1']]}",
         "{'withdrawn':'source 1.0.0.0/8; port =1'}");
    note(&l, "{'method':'withdraw_route','params':{'prefix':'::/0','labels':[2]}}", NULL);
    assert_json(ledger_withdrawals(&l, NULL),
                "[{'method':'withdraw_route','params':{'prefix':'::/0','rd':'1:2'}}]");
    ledger_release(&l);
}

/* What was refused is not there. */
static void test_failures(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l);
    json_t *one = json(ADVERTISE("::1", ""));
    json_t *two = json(ADVERTISE("::2", ""));
    ledger_note(&l, one);
    ledger_note(&l, two);
    ledger_failed(&l, one);
    assert_json(ledger_announcements(&l), "[" ADVERTISE("::2", "") "]");
    ledger_failed(&l, two);
    assert_json(ledger_announcements(&l), "[]");
    json_decref(one);
    json_decref(two);
    ledger_release(&l);
}

static void test_watchdogs(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l);
    json_t *calls =
        json("[{'method':'advertise_route','params':{'prefix':'::/0','next_hop':'::1'}}]");
    assert_true(ledger_watch(&l, "dog", calls));
    assert_true(ledger_watch(&l, "dog", calls));
    json_decref(calls);
    assert_json(ledger_watchdog(&l, "dog", false),
                "[{'method':'advertise_route','params':{'prefix':'::/0','next_hop':'::1'}}]");
    assert_json(ledger_watchdog(&l, "dog", true),
                "[{'method':'withdraw_route','params':{'prefix':'::/0'}}]");
    assert_json(ledger_watchdog(&l, "cat", true), "[]");
    ledger_release(&l);
}

static const char peers_text[] =
    "[{'summary':{'peer':'192.0.2.1','local_asn':1,'remote_asn':2,'state':'Established'},"
    "'tcp_connection':['192.0.2.9:179','192.0.2.1:5']},"
    "{'summary':{'peer':'fe80::1%eth0','local_asn':1,'remote_asn':1,'state':'Established'},"
    "'tcp_connection':['[fe80::9%eth0]:179','[fe80::1%eth0]:5']},"
    "{'summary':{'peer':'192.0.2.3','local_asn':1,'remote_asn':3,'state':'Idle'},"
    "'tcp_connection':null}]";

static void check_selected(const char *selectors_text, const char *expected)
{
    json_t *peers = json(peers_text);
    json_t *selectors = json(selectors_text);
    json_t *selected = targets_select(selectors, peers, "1.2.3.4");
    assert_json(targets_addresses(selected), expected);
    json_decref(selected);
    json_decref(selectors);
    json_decref(peers);
}

static void test_selectors(void **state)
{
    (void)state;
    check_selected("[]", "['192.0.2.1','192.0.2.3','fe80::1%eth0']");
    check_selected("[{'neighbor':'fe80::1'}]", "['fe80::1%eth0']");
    check_selected("[{'neighbor':'192.0.2.1','peer-as':3},{'peer-as':3}]", "['192.0.2.3']");
    check_selected("[{'local-as':1,'local-ip':'192.0.2.9'}]", "['192.0.2.1']");
    check_selected("[{'router-id':'1.2.3.4','peer-as':1}]", "['fe80::1%eth0']");
    check_selected("[{'router-id':'1.2.3.5'}]", "[]");
    json_t *peers = json("[{'summary':{'peer':'192.0.2.3'}},{'summary':{'peer':'192.0.2.0/24'}},"
                         "{'summary':{'peer':'192.0.2.1'}},{'summary':{'peer':'::/64'}}]");
    json_t *to = json("['192.0.2.1']");
    assert_json(targets_others(peers, to), "['192.0.2.3','::/64']");
    json_decref(to);
    json_decref(peers);
}

static void test_own_addresses(void **state)
{
    (void)state;
    json_t *peers = json(peers_text);
    bool has_other = false;
    assert_json(targets_by_own_address(peers, "10.0.0.0/8", &has_other),
                "{'192.0.2.9':['192.0.2.1']}");
    assert_true(has_other);
    assert_json(targets_by_own_address(peers, "::/0", &has_other),
                "{'fe80::9%eth0':['fe80::1%eth0']}");
    char *text = targets_sessions(peers);
    assert_string_equal(text, "192.0.2.1 192.0.2.9\nfe80::1%eth0 fe80::9%eth0\n");
    free(text);
    json_array_clear(peers);
    assert_json(targets_by_own_address(peers, "10.0.0.0/8", &has_other), "{}");
    assert_false(has_other);
    json_decref(peers);
}

static void check_as_path(const char *path, const char *peers_of, const char *expected)
{
    json_t *peers = json(peers_of);
    json_t *params = json_object();
    json_object_set_new(params, "as_path", json_string(path));
    assert_true(targets_has_as_path(params));
    targets_fit_as_path(params, peers);
    assert_string_equal(json_string_value(json_object_get(params, "as_path")), expected);
    json_decref(params);
    json_decref(peers);
}

static void test_as_paths(void **state)
{
    (void)state;
    static const char external[] = "[{'summary':{'local_asn':1,'remote_asn':2}}]";
    static const char mixed[] = "[{'summary':{'local_asn':1,'remote_asn':2}},"
                                "{'summary':{'local_asn':1,'remote_asn':1}}]";
    check_as_path("1 2 3", external, "2 3");
    check_as_path("1", external, "");
    check_as_path("2 1", external, "2 1");
    check_as_path("1 2", mixed, "1 2");
    check_as_path("1.1 2", external, "1.1 2");
    check_as_path("1 2", "[]", "1 2");
}

static void check_events(struct pipe_events *e, const char *peers_of, const char *expected)
{
    struct strbuf out = {0};
    json_t *peers = json(peers_of);
    pipe_events_compare(e, peers, 1.5, &out);
    assert_string_equal(strbuf_text(&out), expected);
    strbuf_release(&out);
    json_decref(peers);
}

#define PEER(state, more)                                                                          \
    "[{'summary':{'peer':'::1','state':'" state "','connect_time':5},'times_established':" more "}]"

static void test_events(void **state)
{
    (void)state;
    struct pipe_events e;
    pipe_events_init(&e, false);
    check_events(&e, PEER("Active", "0"), "");
    check_events(&e, PEER("Established", "1"), "neighbor ::1 connected\n\nneighbor ::1 up\n\n");
    check_events(&e, PEER("Established", "1"), "");
    check_events(&e, PEER("Established", "3"),
                 "neighbor ::1 down - the session has ended\n\nneighbor ::1 connected\n\n"
                 "neighbor ::1 up\n\n");
    check_events(&e, "[]", "neighbor ::1 down - the session has ended\n\n");
    check_events(&e, "[]", "");
    check_events(&e, "[{'summary':{}},1]", "");
    pipe_events_forget(&e);
    pipe_events_release(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_and_some),  cmocka_unit_test(test_some_of_all),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_failures),
        cmocka_unit_test(test_watchdogs),     cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_own_addresses), cmocka_unit_test(test_as_paths),
        cmocka_unit_test(test_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
