/* Lines of ExaBGP's text API, and what they come to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "cli/exa_command.h"

/* A line and its calls: "METHOD PARAMS" with a newline between two, or "! COLUMN: …", the beginning
 * of what is wrong with it. */
static const struct {
    const char *line;
    const char *calls;
} changes[] = {
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\"}"},
    {"  announce\troute 10.0.0.1   next-hop 192.0.2.1 ; ",
     "advertise_route {\"prefix\":\"10.0.0.1/32\",\"next_hop\":\"192.0.2.1\"}"},
    {"announce route 2001:DB8::/32 next-hop 2001:db8::1 # why",
     "advertise_route {\"prefix\":\"2001:db8::/32\",\"next_hop\":\"2001:db8::1\"}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 origin incomplete med 5 local-preference 200",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"origin\":"
     "\"Incomplete\",\"multi_exit_disc\":5,\"local_pref\":200}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 as-path [ 1 2, 4200000000 1.10 ] name here",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"as_path\":"
     "\"1 2 4200000000 1.10\"}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 as-path 7",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"as_path\":\"7\"}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 as-path [1 (3 4) 2]",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"as_path\":"
     "\"1 2 {3 4}\"}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 community [65000:1 no_export 0xFFFF029A 7] "
     "community no-peer large-community [ 1:2:3 ] extended-community [ target:1:2 "
     "target4:65000:3 target:70000L:1 5:6 origin:192.0.2.1:7 origin4:1:2 redirect:1:2 "
     "l2info:19:0:1500:111 bandwidth:1:1250000 0x0002FDE800000001 redirect-to-nexthop ]",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"communities\":["
     "\"65000:1\",\"no-export\",\"4294902426\",\"7\",\"nopeer\",\"1:2:3\",\"target:1:2\","
     "\"target:0.65000:3\",\"target:1.4464:1\",\"target:5:6\",\"origin:192.0.2.1:7\","
     "\"origin:0.1:2\",\"redirect:1:2\",\"0x800a130005dc006f\",\"0x4004000149989680\","
     "\"0x0002FDE800000001\",\"0x0800000000000000\"]}"},
    {"announce route 10.0.0.0/24 rd 65000:1 label [ 100 200 ] next-hop 192.0.2.1",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"rd\":\"65000:1\",\"labels\":[100,200],"
     "\"next_hop\":\"192.0.2.1\"}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 aggregator 65000:192.0.2.2 atomic-aggregate "
     "originator-id 192.0.2.3 cluster-list [ 192.0.2.4 192.0.2.5 ] aigp 9223372036854775807",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"aggregator\":"
     "\"65000:192.0.2.2\",\"atomic_aggregate\":true,\"originator_id\":\"192.0.2.3\","
     "\"cluster_list\":[\"192.0.2.4\",\"192.0.2.5\"],\"aigp\":9223372036854775807}"},
    {"announce route 10.0.0.0/24 { next-hop 192.0.2.1; aggregator ( 4200000000:1.2.3.4 ); "
     "cluster-list 192.0.2.4; aigp 0x1fF; atomic-aggregate; }",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"aggregator\":"
     "\"4200000000:1.2.3.4\",\"cluster_list\":[\"192.0.2.4\"],\"aigp\":511,"
     "\"atomic_aggregate\":true}"},
    {"announce route 10.0.0.0/24 next-hop 192.0.2.1 aggregator (1.10:1.2.3.4) aigp 0",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\",\"aggregator\":"
     "\"1.10:1.2.3.4\",\"aigp\":0}"},
    {"withdraw route 10.0.0.0/24 aggregator 65000:192.0.2.2 atomic-aggregate originator-id 1.2.3.4 "
     "cluster-list 1.2.3.4 aigp 5",
     "withdraw_route {\"prefix\":\"10.0.0.0/24\"}"},
    {"announce route 10.0.0.0/24 { next-hop 192.0.2.1; med 4; }",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\","
     "\"multi_exit_disc\":4}"},
    {"announce route 10.0.0.0/23 next-hop 192.0.2.1 split /24",
     "advertise_route {\"prefix\":\"10.0.0.0/24\",\"next_hop\":\"192.0.2.1\"}\n"
     "advertise_route {\"prefix\":\"10.0.1.0/24\",\"next_hop\":\"192.0.2.1\"}"},
    {"announce route 2001:db8:0:fffe::/63 next-hop 2001:db8::1 split /64",
     "advertise_route {\"prefix\":\"2001:db8:0:fffe::/64\",\"next_hop\":\"2001:db8::1\"}\n"
     "advertise_route {\"prefix\":\"2001:db8:0:ffff::/64\",\"next_hop\":\"2001:db8::1\"}"},
    {"announce route 0.0.0.0/0 next-hop 192.0.2.1 split /1",
     "advertise_route {\"prefix\":\"0.0.0.0/1\",\"next_hop\":\"192.0.2.1\"}\n"
     "advertise_route {\"prefix\":\"128.0.0.0/1\",\"next_hop\":\"192.0.2.1\"}"},
    {"withdraw route 10.0.0.0/24 next-hop 192.0.2.1 med 5 rd 1:2 label 3",
     "withdraw_route {\"prefix\":\"10.0.0.0/24\",\"rd\":\"1:2\",\"labels\":[3]}"},
    {"withdraw route 10.0.0.0/24", "withdraw_route {\"prefix\":\"10.0.0.0/24\"}"},
    {"announce attributes next-hop 192.0.2.1 med 7 nlri 10.1.0.0/24 10.2.0.0/24",
     "advertise_route {\"prefix\":\"10.1.0.0/24\",\"next_hop\":\"192.0.2.1\","
     "\"multi_exit_disc\":7}\n"
     "advertise_route {\"prefix\":\"10.2.0.0/24\",\"next_hop\":\"192.0.2.1\","
     "\"multi_exit_disc\":7}"},
    {"withdraw attribute next-hop self nlri 10.1.0.0/24;",
     "withdraw_route {\"prefix\":\"10.1.0.0/24\"}"},
    {"announce ipv4 unicast 10.1.0.0/24 next-hop 192.0.2.1",
     "advertise_route {\"prefix\":\"10.1.0.0/24\",\"next_hop\":\"192.0.2.1\"}"},
    {"announce ipv6 multicast 2001:db8::/32 next-hop 2001:db8::1",
     "advertise_route {\"prefix\":\"2001:db8::/32\",\"family\":\"ipv6 multicast\",\"next_hop\":"
     "\"2001:db8::1\"}"},
    {"withdraw ipv4 mpls-vpn 10.1.0.0/24 rd 1:2",
     "withdraw_route {\"prefix\":\"10.1.0.0/24\",\"family\":\"ipv4 vpn\",\"rd\":\"1:2\"}"},
    {"announce flow route { match { source 10.0.0.1/32; destination-port [ =80 >8080&<8088 ]; "
     "protocol tcp; } then { discard; } }",
     "advertise_flow {\"afi\":1,\"matches\":[\"source 10.0.0.1/32\",\"protocol tcp\","
     "\"destination-port =80 | >8080&<8088\"],\"action\":\"traffic-rate 0\"}"},
    {"announce flow route {\\n match {\\n source 10.0.0.3/32;\\n }\\n then {\\n rate-limit "
     "9600;\\n "
     "}\\n }\\n\\n",
     "advertise_flow {\"afi\":1,\"matches\":[\"source 10.0.0.3/32\"],\"action\":"
     "\"traffic-rate 9600\"}"},
    {"announce flow route blah { match { port 53; port 123; } then { redirect 65000:1; community "
     "[ 1:2 ]; mark 10; action sample-terminal; copy 192.0.2.9; } }",
     "advertise_flow {\"afi\":1,\"matches\":[\"port 53 | 123\"],\"action\":\"redirect 65000:1\","
     "\"communities\":[\"1:2\",\"mark:10\",\"traffic-action:sample-terminal\","
     "\"copy-ip:192.0.2.9\"]}"},
    {"announce flow route source 10.0.0.2/32 destination 192.0.2.4/32 discard",
     "advertise_flow {\"afi\":1,\"matches\":[\"destination 192.0.2.4/32\",\"source 10.0.0.2/32\"],"
     "\"action\":\"traffic-rate 0\"}"},
    {"announce flow route { match { destination 2001:db8::/64/32; next-header [ udp tcp ]; "
     "traffic-class 8; flow-label >100&<2000; tcp-flags [ syn+ack !fin =urgent ]; "
     "fragment [ !is-fragment not-a-fragment ]; packet-length !=40; icmp-type traceroute; "
     "icmp-code host-unreachable; } }",
     "advertise_flow {\"afi\":2,\"matches\":[\"destination 2001:db8::/32-64\","
     "\"protocol udp | tcp\",\"icmp-type 30\",\"icmp-code 1\",\"tcp-flags syn+ack | !fin | =urg\","
     "\"packet-length !=40\",\"dscp 8\",\"fragment !is-fragment | 0x0\","
     "\"flow-label >100&<2000\"],\"action\":\"accept\"}"},
    {"announce flow route { next-hop 192.0.2.9; match { protocol ipip; } then { "
     "redirect-to-nexthop; } }",
     "advertise_flow {\"afi\":1,\"matches\":[\"protocol 94\"],\"action\":"
     "\"redirect-ip 192.0.2.9\"}"},
    {"announce ipv6 flow port true accept",
     "advertise_flow {\"afi\":2,\"matches\":[\"port true\"],\"action\":\"accept\"}"},
    {"withdraw flow route { match { source 10.0.0.1/32; } then { discard; } }",
     "withdraw_flow {\"afi\":1,\"matches\":[\"source 10.0.0.1/32\"]}"},

    {"", "! column 1: expected a command"},
    {"  \\n", "! column 5: expected a command"},
    {"nonsense", "! column 1: unknown command \"nonsense\" (\"help\" lists what there is)"},
    {"anounce route 10.0.0.0/24", "! column 1: unknown command \"anounce\""},
    {"announce rout 10.0.0.0/24",
     "! column 1: unknown command \"announce rout\"; did you mean \"announce route\"?"},
    {"announce route", "! column 15: expected a prefix, as 192.0.2.0/24"},
    {"announce route 10.0.0.0/24", "! column 27: the route has no next-hop"},
    {"announce route 10.0.0.1/24 next-hop 192.0.2.1",
     "! column 16: \"10.0.0.1/24\" has bits behind its length (expected 10.0.0.0/24)"},
    {"announce route 10.0.0.0/33 next-hop 192.0.2.1",
     "! column 16: the length of \"10.0.0.0/33\" is out of range (expected at most 32)"},
    {"announce route x next-hop 192.0.2.1", "! column 16: \"x\" is no prefix"},
    {"announce route 10.0.0.0/24 next-hop x", "! column 37: \"x\" is no next hop"},
    {"announce route 10.0.0.0/24 next-hop", "! column 36: expected an address, or self"},
    {"announce route 10.0.0.0/24 nexthop 1.1.1.1",
     "! column 28: unknown word \"nexthop\"; did you mean \"next-hop\"?"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 blah 3",
     "! column 45: unknown word \"blah\" (expected an attribute: next-hop, origin, as-path, med"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 path-information 1.1.1.1",
     "! column 45: BGPd's API has no \"path-information\" for its own routes"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 attribute [ 0x19 0x40 0x00 ]",
     "! column 45: BGPd's API has no \"attribute\" for its own routes"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aggregator 65000",
     "! column 56: \"65000\" is no aggregator (expected one as 65000:192.0.2.1)"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aggregator x:1.1.1.1",
     "! column 56: \"x:1.1.1.1\" is no aggregator"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aggregator 1:::1",
     "! column 56: \"1:::1\" is no aggregator"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aggregator ( 1:1.1.1.1",
     "! column 67: expected \")\""},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aggregator",
     "! column 55: expected an aggregator, as 65000:192.0.2.1"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 originator-id 1",
     "! column 59: \"1\" is no router ID (expected one as 192.0.2.1)"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 originator-id",
     "! column 58: expected a router ID, as 192.0.2.1"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 cluster-list [ 1.1.1.1 x ]",
     "! column 68: \"x\" is no cluster ID (expected one as 192.0.2.1)"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 cluster-list [ ]",
     "! column 60: there is no cluster ID in the cluster-list"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aigp 9223372036854775808",
     "! column 50: \"9223372036854775808\" is no number from 0 to 9223372036854775807"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aigp 0xffffffffffffffffff", "! column 50: \"0x"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aigp -1", "! column 50: \"-1\" is no number"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aigp \"\"", "! column 50: \"\" is no number"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 aigp", "! column 49: expected a number"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 med 4294967296",
     "! column 49: \"4294967296\" is no number from 0 to 4294967295"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 origin x", "! column 52: \"x\" is no origin"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 as-path [ 1 x ]",
     "! column 57: \"x\" is no AS number"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 as-path [ 1", "! column 56: expected an AS"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 community [ 1:2 1:65536 ]",
     "! column 61: \"1:65536\" is no community"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 extended-community blah:1:2",
     "! column 64: \"blah:1:2\" is no extended community"},
    {"announce route 10.0.0.0/24 next-hop 1.1.1.1 large-community 1:2",
     "! column 61: \"1:2\" is no large community"},
    {"announce route 10.0.0.0/8 next-hop 1.1.1.1 split /25",
     "! column 50: split /25 would make too many routes (expected at most /24)"},
    {"announce route 10.0.0.0/8 next-hop 1.1.1.1 split 24", "! column 50: \"24\" is no length"},
    {"announce ipv4 unicast 2001:db8::/32 next-hop 1.1.1.1", "! column 23: this is no prefix of"},
    {"announce ipv4 evpn x", "! column 15: expected unicast, multicast, nlri-mpls"},
    {"announce attributes next-hop 1.1.1.1", "! column 37: expected \"nlri PREFIX …\""},
    {"announce attributes next-hop 1.1.1.1 nlri", "! column 42: expected a prefix"},
    {"announce flow route { match { } then { discard; } }",
     "! column 52: the flow matches nothing"},
    {"announce flow route { match { source 10.0.0.1/32; }", "! column 52: expected \"}\""},
    {"announce flow route { match { source 10.0.0.0/8; destination 2001:db8::/32; } }",
     "! column 62: this is of IPv6, and what is before it of IPv4"},
    {"announce flow route { match { souce 10.0.0.0/8; } }",
     "! column 31: unknown word \"souce\"; did you mean \"source\"?"},
    {"announce flow route { match { protocol blah; } }",
     "! column 40: \"blah\" is no value (expected a number or one of icmp, igmp"},
    {"announce flow route { match { protocol [ ]; } }", "! column 42: protocol has no value"},
    {"announce flow route { rd 1:2; match { port 1; } }",
     "! column 23: BGPd's API has no \"rd\" for flows"},
    {"announce flow route { match { port 1; } then { redirect x; } }",
     "! column 57: \"x\" is nothing to redirect to"},
    {"announce flow route { match { port 1; } then { redirect-to-nexthop; } }",
     "! column 72: redirect-to-nexthop without next-hop"},
    {"announce vpls x", "! column 10: BGPd has no \"announce vpls\""},
    {"neighbor x announce route 10.0.0.0/24", "! column 10: \"x\" is no address"},
    {"neighbor 192.0.2.1", "! column 19: expected a command"},
    {"announce route \"10.0.0.0/24", "! column 16: the quote is not closed"},
    {"announce route \xff", "! column 16: this is not UTF-8"},
};

static void add_calls(json_t *calls, struct strbuf *out)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        char *params = json_dumps(json_object_get(call, "params"), JSON_COMPACT);
        strbuf_printf(out, "%s%s %s", i > 0 ? "\n" : "",
                      json_string_value(json_object_get(call, "method")), params);
        free(params);
    }
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct exa_command c;
        struct strbuf error = {0};
        struct strbuf shown = {0};
        int err = exa_translate(changes[i].line, strlen(changes[i].line), &c, &error);
        if (err) {
            assert_int_equal(err, ERR_INVALID);
            strbuf_printf(&shown, "! %s", strbuf_text(&error));
        } else {
            assert_int_equal(c.kind, EXA_CALLS);
            assert_string_equal(strbuf_text(&error), "");
            add_calls(c.calls, &shown);
        }
        size_t len = err ? strlen(changes[i].calls) : SIZE_MAX;
        if (strncmp(strbuf_text(&shown), changes[i].calls, len) != 0)
            fail_msg("%s\nis      %s\nexpected %s", changes[i].line, strbuf_text(&shown),
                     changes[i].calls);
        exa_command_release(&c);
        strbuf_release(&error);
        strbuf_release(&shown);
    }
}

/* What is no call. */
static const struct {
    const char *line;
    enum exa_kind kind;
    bool withdraw;
    const char *selectors;
} others[] = {
    {"# a comment", EXA_DONE, false, "[]"},
    {"announce eor ipv4 unicast", EXA_DONE, false, "[]"},
    {"flush adj-rib out", EXA_DONE, false, "[]"},
    {"neighbor 192.0.2.1 clear adj-rib out", EXA_CLEAR, true, "[{\"neighbor\":\"192.0.2.1\"}]"},
    {"announce watchdog dog", EXA_WATCHDOG, false, "[]"},
    {"withdraw watchdog", EXA_WATCHDOG, true, "[]"},
    {"teardown 6", EXA_DONE, false, "[]"},
    {"neighbor 2001:DB8::1 peer-as 65001 teardown 6", EXA_TEARDOWN, false,
     "[{\"neighbor\":\"2001:db8::1\",\"peer-as\":65001}]"},
    {"announce route-refresh ipv4 mpls-vpn", EXA_REFRESH, false, "[]"},
    {"show neighbor summary", EXA_SUMMARY, false, "[]"},
    {"show neighbor 192.0.2.1 summary", EXA_SUMMARY, false, "[{\"neighbor\":\"192.0.2.1\"}]"},
    {"version", EXA_VERSION, false, "[]"},
    {"help", EXA_HELP, false, "[]"},
    {"reload", EXA_RELOAD, false, "[]"},
    {"shutdown", EXA_SHUTDOWN, false, "[]"},
    {"enable-ack", EXA_ACK_ON, false, "[]"},
    {"disable-ack", EXA_ACK_OFF, false, "[]"},
    {"silence-ack", EXA_ACK_SILENCE, false, "[]"},
    {"group start", EXA_DONE, false, "[]"},
};

static void test_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct exa_command c;
        struct strbuf error = {0};
        int err = exa_translate(others[i].line, strlen(others[i].line), &c, &error);
        char *selectors = json_dumps(c.selectors, JSON_COMPACT);
        if (err || c.kind != others[i].kind || c.withdraw != others[i].withdraw ||
            strcmp(selectors, others[i].selectors) != 0)
            fail_msg("%s: %d %s, kind %d, %s", others[i].line, err, strbuf_text(&error), c.kind,
                     selectors);
        free(selectors);
        exa_command_release(&c);
        strbuf_release(&error);
    }
}

/* Who is meant, the family of a refresh, and what a watchdog and "self" say. */
static void test_what_stands_beside(void **state)
{
    (void)state;
    static const char line[] =
        "neighbor 192.0.2.1 local-ip 192.0.2.2 local-as 1 peer-as 2 router-id 192.0.2.3 "
        "family-allowed in-open, neighbor 192.0.2.9 announce route 10.0.0.0/24 next-hop self "
        "watchdog dog withdraw";
    static const char refresh[] = "announce route-refresh ipv6 nlri-mpls";
    static const char all[] = "neighbor 192.0.2.1, neighbor * withdraw route 10.0.0.0/24";
    struct exa_command c;
    struct strbuf error = {0};
    assert_int_equal(exa_translate(line, strlen(line), &c, &error), 0);
    char *selectors = json_dumps(c.selectors, JSON_COMPACT);
    assert_string_equal(selectors, "[{\"neighbor\":\"192.0.2.1\",\"local-ip\":\"192.0.2.2\","
                                   "\"local-as\":1,\"peer-as\":2,\"router-id\":\"192.0.2.3\"},"
                                   "{\"neighbor\":\"192.0.2.9\"}]");
    assert_true(c.next_hop_self && c.held);
    assert_string_equal(c.watchdog, "dog");
    free(selectors);
    exa_command_release(&c);
    assert_int_equal(exa_translate(refresh, strlen(refresh), &c, &error), 0);
    assert_string_equal(c.family, "ipv6 labeled-unicast");
    exa_command_release(&c);
    assert_int_equal(exa_translate(all, strlen(all), &c, &error), 0);
    assert_int_equal(json_array_size(c.selectors), 0);
    exa_command_release(&c);
    strbuf_release(&error);
}

/* One line cannot make any number of routes. */
static void test_a_line_has_an_end(void **state)
{
    (void)state;
    static const char line[] = "announce attributes next-hop 192.0.2.1 split /24 nlri 10.0.0.0/8 "
                               "11.0.0.0/23";
    struct exa_command c;
    struct strbuf error = {0};
    assert_int_equal(exa_translate(line, strlen(line), &c, &error), ERR_INVALID);
    assert_non_null(strstr(strbuf_text(&error), "more than 65536 routes"));
    exa_command_release(&c);
    strbuf_release(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_what_stands_beside),
        cmocka_unit_test(test_a_line_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
