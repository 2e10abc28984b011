/* Static routes and flows in the file: where problems are placed, and what becomes of good ones. */
#include "config_test.h"
#include "wire/attr.h"

#define ROUTE PEER "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
#define FLOW                                                                                       \
    PEER "[[peers.static_flows]]\nafi = 1\naction = \"traffic-rate 0\"\n"                          \
         "matches = [\"destination 10.0.0.0/8\"]\n"

static void assert_route(const struct static_route *route, const char *key, const char *attrs_hex)
{
    struct strbuf text = {0};
    static_route_format_key(route, &text);
    assert_string_equal(strbuf_text(&text), key);
    strbuf_clear(&text);
    struct span attrs = static_route_attrs(route);
    strbuf_add_hex(&text, attrs.data, attrs.len_bytes, 4096);
    assert_string_equal(strbuf_text(&text), attrs_hex);
    strbuf_release(&text);
}

static void test_routes(void **state)
{
    (void)state;
    struct config *c = parse_good(
        PEER
        "[[peers.static_routes]]\n"
        "prefix = \"3001:100::/64\"\n"
        "next_hop = \"3001:1::1\"\n"
        "[[peers.static_routes]]\n"
        "prefix = \"9.9.9.9/24\"\n"
        "next_hop = \"127.0.0.1\"\n"
        "origin = \"egp\"\n"
        "as_path = [\"100\", 200, \"1.10\"]\n"
        "local_pref = 4294967295\n"
        "multi_exit_disc = 500\n"
        "communities = [404, \"65000:10\", \"target:65000:1.1.1.1\", \"1:2:3\", \"65000:10\"]\n"
        "aggregator = \"65000:192.0.2.1\"\n"
        "atomic_aggregate = true\n"
        "originator_id = \"192.0.2.2\"\n"
        "cluster_list = [\"192.0.2.3\", \"192.0.2.4\"]\n"
        "aigp = 4294967297\n"
        "[[peers.static_routes]]\n"
        "prefix = \"9.9.9.1\"\n"
        "next_hop = \"127.0.0.1\"\n"
        "as_path = \"100 {200 300}\"\n");
    const struct config_peer *p = &c->peers[0];
    assert_int_equal(p->route_count, 3);
    assert_route(&p->routes[0], "9.9.9.0/24",
                 "40010101"
                 "40020e0203000000640000"
                 "00c80001000a"
                 "4003047f000001"
                 "800404000001f4"
                 "400504ffffffff"
                 "400600"
                 "c007080000fde8c0000201"
                 "c0080800000194fde8000a"
                 "800904c0000202"
                 "800a08c0000203c0000204"
                 "c010080002fde801010101"
                 "801a0b01000b0000000100000001"
                 "c0200c000000010000000200000003");
    assert_route(&p->routes[1], "9.9.9.1/32",
                 "40010100"
                 "400210020100000064"
                 "0102000000c80000012c"
                 "4003047f000001");
    assert_route(&p->routes[2], "3001:100::/64",
                 "40010100"
                 "400200"
                 "40031030010001000000000000000000000001");
    config_free(c);
}

static void test_flows(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER "[[peers.static_flows]]\n"
                                       "afi = 2\n"
                                       "action = \"traffic-rate 24000\"\n"
                                       "matches = [\"source 3001:100::/56\", "
                                       "\"destination-port >8000 <=8080\", "
                                       "\"packet-length >100\"]\n"
                                       "as_path = [\"65000\", \"500\"]\n"
                                       "communities = [\"101\", \"202\", \"65000:99\"]\n"
                                       "[[peers.static_flows]]\n"
                                       "afi = 1\n"
                                       "action = \"redirect 6:302\"\n"
                                       "matches = [\"destination 192.168.0.1/32\"]\n");
    const struct config_peer *p = &c->peers[0];
    assert_int_equal(p->route_count, 2);
    assert_int_equal(p->routes[0].family, FAMILY_IPV4_FLOW);
    assert_route(&p->routes[0], "destination 192.168.0.1/32",
                 "40010100"
                 "400200"
                 "c0100880080006"
                 "0000012e");
    assert_int_equal(p->routes[1].family, FAMILY_IPV6_FLOW);
    assert_route(&p->routes[1],
                 "source 3001:100::/56; destination-port >8000 <=8080; packet-length >100",
                 "40010100"
                 "40020a02020000fde8000001f4"
                 "c0080c00000065000000cafde80063"
                 "c010088006000046bb8000");
    config_free(c);
}

/* A line after a good route (line 9) or flow (line 10), and what is said of it. */
static void test_bad_attributes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *problem;
    } cases[] = {
        {"origin = \"igpp\"", "10: origin: 'igpp' is none of \"IGP\", \"EGP\", \"Incomplete\""},
        {"origin = 0", "10: origin must be a string, not an integer: it needs quotes"},
        {"as_path = 1", "11: as_path must be a list of AS numbers, or one string, not an integer: "
                        "it needs quotes"},
        {"as_path = [\"1\", \"x\"]",
         "17: as_path: 'x' is not an AS number (\"65001\" or \"1.10\")"},
        {"as_path = [\"1\", 4294967296]",
         "17: as_path: '4294967296' is not an AS number (\"65001\" or \"1.10\")"},
        {"local_pref = -1", "14: local_pref must be from 0 to 4294967295, not -1"},
        {"local_pref = 4294967296", "14: local_pref must be from 0 to 4294967295, not 4294967296"},
        {"local_pref = \"1\"", "14: local_pref must be an integer, not a string"},
        {"multi_exit_disc = -1", "19: multi_exit_disc must be from 0 to 4294967295, not -1"},
        {"multi_exit_disc = 1.0", "19: multi_exit_disc must be an integer, not a float"},
        {"communities = \"1:2\"", "15: communities must be a list of communities, not a string"},
        {"communities = [\"1:2\", \"1:x\"]",
         "23: communities: '1:x' is not a community (\"65000:99\", \"65000:1:2\", "
         "\"target:65000:1\", \"no-export\", …)"},
        {"aggregator = \"0:192.0.2.1\"",
         "14: aggregator: AS 0 cannot aggregate anything (RFC 7607)"},
        {"aggregator = 65000", "14: aggregator must be a string, not an integer: it needs quotes"},
        {"atomic_aggregate = 1",
         "20: atomic_aggregate must be a boolean (true or false), not an integer"},
        {"originator_id = \"1\"",
         "17: originator_id: '1' is not a router ID (\"192.0.2.1\", other than 0.0.0.0)"},
        {"cluster_list = [\"1.1.1.1\", \"x\"]",
         "28: cluster_list: 'x' is not a router ID (\"192.0.2.1\", other than 0.0.0.0)"},
        {"aigp = -1", "8: aigp must be from 0 to 9223372036854775807, not -1"},
        {"communities = [\"1:2\", 1.5]",
         "23: communities must hold strings or integers, not a float: it needs quotes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        char expected[512];
        snprintf(text, sizeof(text), ROUTE "%s\n", cases[i].line);
        snprintf(expected, sizeof(expected), "t.toml:9:%s\n", cases[i].problem);
        assert_problems(text, expected);
        snprintf(text, sizeof(text), FLOW "%s\n", cases[i].line);
        snprintf(expected, sizeof(expected), "t.toml:10:%s\n", cases[i].problem);
        assert_problems(text, expected);
    }
}

static void test_bad_routes(void **state)
{
    (void)state;
    assert_problems(
        PEER "[[peers.static_routes]]\n"
             "[[peers.static_routes]]\nprefix = 1\nnext_hop = 2\n"
             "[[peers.static_routes]]\nprefix = \"10.0.0.0/33\"\nnext_hop = \"x\"\n"
             "[[peers.static_routes]]\nprefix = \"x\"\nnext_hop = \"0.0.0.0\"\n"
             "[[peers.static_routes]]\nprefix = \"224.0.0.0/8\"\n"
             "next_hop = \"224.0.0.1\"\n"
             "[[peers.static_routes]]\nprefix = \"2001:db8::/32\"\n"
             "next_hop = \"192.0.2.9\"\n"
             "[[peers.static_routes]]\nprefix = \"2001:db8::/129\"\n"
             "next_hop = \"fe80::1\"\n"
             "as_path = [true, \"0\", \"1\", -1]\n"
             "communities = [\"a\", \"b\"]\n"
             "action = \"x\"\n",
        "t.toml:6:1: next_hop is missing in [[peers.static_routes]]\n"
        "t.toml:6:1: prefix is missing in [[peers.static_routes]]\n"
        "t.toml:8:10: prefix must be a string, not an integer: it needs quotes\n"
        "t.toml:9:12: next_hop must be a string, not an integer: it needs quotes\n"
        "t.toml:11:10: prefix: the length of '10.0.0.0/33' must be at most 32\n"
        "t.toml:12:12: next_hop: 'x' is not an IP address\n"
        "t.toml:14:10: prefix: 'x' is not a prefix (\"192.0.2.0/24\")\n"
        "t.toml:15:12: next_hop: '0.0.0.0' is no next hop\n"
        "t.toml:17:10: prefix: '224.0.0.0/8' is multicast, not unicast\n"
        "t.toml:18:12: next_hop: '224.0.0.1' is not a unicast address\n"
        "t.toml:21:12: next_hop: '192.0.2.9' is an IPv4 address: an IPv6 prefix needs "
        "an IPv6 next hop\n"
        "t.toml:23:10: prefix: the length of '2001:db8::/129' must be at most 128\n"
        "t.toml:24:12: next_hop: 'fe80::1' is link-local: the next hop must be a "
        "global address\n"
        "t.toml:25:12: as_path must hold strings or integers, not a boolean\n"
        "t.toml:25:18: as_path: AS 0 cannot be part of a path (RFC 7607)\n"
        "t.toml:25:28: as_path: '-1' is not an AS number (\"65001\" or \"1.10\")\n"
        "t.toml:26:16: communities: 'a' is not a community (\"65000:99\", "
        "\"65000:1:2\", \"target:65000:1\", \"no-export\", …)\n"
        "t.toml:26:21: communities: 'b' is not a community (\"65000:99\", "
        "\"65000:1:2\", \"target:65000:1\", \"no-export\", …)\n"
        "t.toml:27:1: unknown key 'action' in [[peers.static_routes]] (valid keys: " ROUTE_KEYS
        ")\n");
}

/* The texts about rules and actions are those of wire/flowspec.h: only their places count here. */
static void test_bad_flows(void **state)
{
    (void)state;
    assert_problems(
        PEER "[[peers.static_flows]]\n"
             "[[peers.static_flows]]\nafi = 3\naction = 1\nmatches = \"x\"\n"
             "[[peers.static_flows]]\nafi = 1\naction = \"traffic-rate 0\"\n"
             "matches = []\nprefix = \"x\"\n",
        "t.toml:6:1: action is missing in [[peers.static_flows]]\n"
        "t.toml:6:1: afi is missing in [[peers.static_flows]]\n"
        "t.toml:6:1: matches is missing in [[peers.static_flows]]\n"
        "t.toml:8:7: afi must be from 1 to 2, not 3\n"
        "t.toml:9:10: action must be a string, not an integer: it needs quotes\n"
        "t.toml:10:11: matches must be a list of strings, not a string\n"
        "t.toml:14:11: matches must hold at least one rule\n"
        "t.toml:15:1: unknown key 'prefix' in [[peers.static_flows]] (valid keys: " FLOW_KEYS
        ")\n");
    static const struct {
        const char *lines;
        const char *start;
    } cases[] = {
        {"action = \"deny\"\nmatches = [\"protocol tcp\"]\n", "t.toml:8:10: action: "},
        {"action = \"traffic-rate x\"\nmatches = [\"protocol tcp\"]\n", "t.toml:8:10: action: "},
        {"action = \"traffic-rate 0\"\nmatches = [\"protocol tcp\", \"sorce 10.0.0.0/8\"]\n",
         "t.toml:9:28: matches: "},
        {"action = \"drop\"\nmatches = [\"protocol tcp\", \"tcp-flags syn !ack\"]\n",
         "t.toml:9:28: matches: "},
        {"action = \"traffic-rate 0\"\nmatches = [\"source 2001:db8::/32\"]\n",
         "t.toml:9:12: matches: "},
        {"action = \"traffic-rate 0\"\nmatches = [\"protocol tcp\", \"protocol udp\"]\n",
         "t.toml:9:11: matches: "},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct config_report report = {0};
        snprintf(text, sizeof(text), PEER "[[peers.static_flows]]\nafi = 1\n%s", cases[i].lines);
        assert_null(parse(text, &report));
        assert_int_equal(report.error_count, 1);
        if (strncmp(report.lines[0].text, cases[i].start, strlen(cases[i].start)) != 0)
            fail_msg("expected %s got %s", cases[i].start, report.lines[0].text);
        config_report_release(&report);
    }
}

static void test_twice(void **state)
{
    (void)state;
    assert_problems(ROUTE "[[peers.static_routes]]\nprefix = \"10.1.2.3/8\"\n"
                          "next_hop = \"192.0.2.8\"\n"
                          "[[peers.static_flows]]\nafi = 1\naction = \"mark 3\"\n"
                          "matches = [\"protocol tcp\", \"source 10.0.0.0/8\"]\n"
                          "[[peers.static_flows]]\nafi = 1\naction = \"mark 4\"\n"
                          "matches = [\"source 10.0.0.0/8\", \"protocol =6\"]\n",
                    "t.toml:9:1: '10.0.0.0/8' is announced twice: also on line 6\n"
                    "t.toml:16:1: 'source 10.0.0.0/8; protocol =6' is announced twice: also on "
                    "line 12\n");
    /* Two peers may announce the same. */
    config_free(parse_good(ROUTE "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n"
                                 "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\n"
                                 "next_hop = \"192.0.2.9\"\n"));
}

/* One prefix in each family that has prefixes, by what is given. */
static void test_families_of_routes(void **state)
{
    (void)state;
    struct config *c = parse_good(
        PEER
        "families = [\"ipv4 unicast\", \"ipv4 multicast\", \"ipv4 labeled-unicast\", \"ipv4 "
        "vpn\"]\n"
        "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
        "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
        "family = \"ipv4 multicast\"\n"
        "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\nlabels = 3\n"
        "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
        "rd = \"65000:1\"\nlabels = [100, 1048575]\ncommunities = [\"target:65000:1\"]\n"
        "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
        "rd = \"65000:2\"\nlabels = [0]\nfamily = \"IPv4-VPN\"\n");
    static const struct {
        enum family family;
        const char *key;
        const char *labels;
    } expected[] = {
        {FAMILY_IPV4_UNICAST, "10.0.0.0/8", ""},
        {FAMILY_IPV4_MULTICAST, "10.0.0.0/8", ""},
        {FAMILY_IPV4_LABELED, "10.0.0.0/8", "000031"},
        {FAMILY_IPV4_VPN, "65000:1:10.0.0.0/8", "000640fffff1"},
        {FAMILY_IPV4_VPN, "65000:2:10.0.0.0/8", "000001"},
    };
    const struct config_peer *p = &c->peers[0];
    assert_int_equal(p->route_count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < p->route_count; i++) {
        struct strbuf text = {0};
        struct span labels = attr_labels(static_route_attrs(&p->routes[i]));
        assert_int_equal(p->routes[i].family, expected[i].family);
        static_route_format_key(&p->routes[i], &text);
        assert_string_equal(strbuf_text(&text), expected[i].key);
        strbuf_clear(&text);
        strbuf_add_hex(&text, labels.data, labels.len_bytes, labels.len_bytes);
        assert_string_equal(strbuf_text(&text), expected[i].labels);
        strbuf_release(&text);
    }
    config_free(c);
}

/* Lines after prefix and next hop, which are lines 7 and 8. */
static void test_bad_families_of_routes(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        const char *problems;
    } cases[] = {
        {"family = \"ipv4 unicast\"\nrd = \"65000:1\"\nlabels = 1",
         "t.toml:10:6: rd: routes of the family \"ipv4 unicast\" have none\n"
         "t.toml:11:10: labels: routes of the family \"ipv4 unicast\" have none\n"},
        {"rd = \"65000:1\"", "t.toml:6:1: labels is missing in [[peers.static_routes]]\n"},
        {"family = \"ipv4 labeled-unicast\"",
         "t.toml:6:1: labels is missing in [[peers.static_routes]]\n"},
        {"family = \"ipv4 vpn\"\nlabels = 1",
         "t.toml:6:1: rd is missing in [[peers.static_routes]]\n"},
        {"rd = \"65000\"\nlabels = 1",
         "t.toml:9:6: rd: '65000' is not a route distinguisher (\"65000:1\", \"192.0.2.1:1\", "
         "\"4200000000:1\")\n"},
        {"rd = 65000\nlabels = 1", "t.toml:9:6: rd must be a string, not an integer: it needs "
                                   "quotes\n"},
        {"labels = 1048576", "t.toml:9:10: labels must be from 0 to 1048575, not 1048576\n"},
        {"labels = [16, -1, \"17\"]", "t.toml:9:15: labels must be from 0 to 1048575, not -1\n"
                                      "t.toml:9:19: labels must hold integers, not a string\n"},
        {"labels = \"16\"", "t.toml:9:10: labels must be a label or a list of labels, not a "
                            "string\n"},
        {"labels = [16, 2.5]", "t.toml:9:15: labels must hold integers, not a float\n"},
        {"labels = [0, 17]", "t.toml:9:11: labels: 0 cannot be the first of several: peers take it "
                             "for the only one\n"},
        {"labels = [-1, 0, 17]", "t.toml:9:11: labels must be from 0 to 1048575, not -1\n"},
        {"labels = []", "t.toml:9:10: labels must hold at least one label\n"},
        {"labels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]",
         "t.toml:9:10: labels: there are 11; beside the prefix there is room for at most 10\n"},
        {"family = \"ipv4 flow\"", "t.toml:9:10: family: \"ipv4 flow\" is written by rules: in "
                                   "static_flows, or with advertise_flow\n"},
        {"family = \"ipv6 unicast\"",
         "t.toml:7:10: prefix: '10.0.0.0/8' is no prefix of the family \"ipv6 unicast\"\n"
         "t.toml:8:12: next_hop: '192.0.2.9' is an IPv4 address: an IPv6 prefix needs an IPv6 "
         "next hop\n"},
        {"family = \"ipv4 vpm\"", "t.toml:9:10: unknown family 'ipv4 vpm' (did you mean 'ipv4 "
                                  "vpn'?)\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), ROUTE "%s\n", cases[i].lines);
        struct config_report report = {0};
        assert_null(parse(text, &report));
        struct strbuf errors = {0};
        for (size_t k = 0; k < report.line_count; k++)
            if (!report.lines[k].warning)
                strbuf_printf(&errors, "%s\n", report.lines[k].text);
        assert_string_equal(strbuf_text(&errors), cases[i].problems);
        strbuf_release(&errors);
        config_report_release(&report);
    }
    /* What a peer has is not known where a family is written wrong. */
    assert_problems(PEER "families = [\"ipv4 vpn\", \"ipv4 vpm\"]\n"
                         "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\n"
                         "next_hop = \"192.0.2.9\"\nrd = \"65000:1\"\nlabels = 1\n",
                    "t.toml:6:25: unknown family 'ipv4 vpm' (did you mean 'ipv4 vpn'?)\n");
    /* The same key twice, with another label. */
    assert_problems(PEER "families = [\"ipv4 vpn\"]\n"
                         "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\n"
                         "next_hop = \"192.0.2.9\"\nrd = \"65000:1\"\nlabels = 1\n"
                         "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\n"
                         "next_hop = \"192.0.2.9\"\nrd = \"65000:1\"\nlabels = 2\n",
                    "t.toml:12:1: '65000:1:10.0.0.0/8' is announced twice: also on line 7\n");
}

/* What is legal and hardly meant, each in its place. */
static void test_flow_warnings(void **state)
{
    (void)state;
    static const struct {
        const char *lines; /* after "afi" on line 7 */
        const char *said;
    } cases[] = {
        {"action = \"drop\"\nmatches = [\"destination 10.0.0.0/8\"]\n", ""},
        {"action = \"drop\"\nmatches = [\"source 10.0.0.0/8\"]\n",
         "t.toml:9:11: warning: matches: without \"destination\" it drops packets to all "
         "addresses\n"},
        {"action = \"traffic-rate-packets 0\"\nmatches = [\"port 1\", \"destination 0.0.0.0/0\"]\n",
         "t.toml:9:22: warning: matches: with \"destination 0.0.0.0/0\" it drops packets to all "
         "addresses\n"},
        {"action = \"rate-limit 1M\"\nmatches = [\"source 10.0.0.0/8\"]\n", ""},
        {"action = \"mark 1\"\nmatches = [\"port !=80 | !=443\"]\n",
         "t.toml:9:12: warning: matches: \"port !=80 | !=443\" leaves nothing out: its values are "
         "alternatives (\"&\" joins what must hold together)\n"},
        {"action = \"mark 1\"\nmatches = [\"protocol icmp6\"]\n",
         "t.toml:9:12: warning: matches: hardly a packet matches \"protocol =58\": in IPv4, ICMP "
         "is "
         "\"protocol icmp\"\n"},
        {"action = \"redirect 192.0.2.1\"\nmatches = [\"protocol 6\"]\n"
         "communities = [\"redirect-ip:192.0.2.2\", \"redirect:1:2\"]\n",
         ""},
        {"action = \"drop\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"copy-ip:192.0.2.2\"]\n",
         "t.toml:10:16: warning: communities: \"copy-ip:192.0.2.2\" has no effect: "
         "\"traffic-rate:0:0\" drops the packets\n"},
        {"action = \"mark 1\"\nmatches = [\"protocol 6\"]\n"
         "communities = [\"traffic-action:sample\", \"traffic-action:continue\"]\n",
         "t.toml:10:41: warning: communities: \"traffic-action:continue\" contradicts "
         "\"traffic-action:sample\": a router does one of them\n"},
        {"action = \"drop\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"traffic-action:sample\", \"traffic-rate-packets:0:0\"]\n",
         ""},
        {"action = \"traffic-rate-packets 0\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"mark:1\", \"traffic-rate:0:5\"]\n",
         "t.toml:10:16: warning: communities: \"mark:1\" has no effect: "
         "\"traffic-rate-packets:0:0\" drops the packets\n"
         "t.toml:10:26: warning: communities: \"traffic-rate:0:5\" has no effect: "
         "\"traffic-rate-packets:0:0\" drops the packets\n"},
        {"action = \"accept\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"traffic-rate:0:5\"]\n",
         "t.toml:10:16: warning: communities: \"traffic-rate:0:5\" contradicts the action "
         "\"accept\"\n"},
        {"action = \"redirect 2001:db8::1\"\nmatches = [\"protocol 6\"]\n",
         "t.toml:8:10: warning: action: IPv4 packets are redirected to an IPv6 address\n"},
        {"action = \"mark 1\"\nmatches = [\"protocol 6\"]\n"
         "communities = [\"mark:1\", \"traffic-action:sample\", \"target:1:2\", \"target:1:3\"]\n",
         ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), PEER "[[peers.static_flows]]\nafi = 1\n%s", cases[i].lines);
        struct config *c = parse_saying(text, cases[i].said);
        assert_int_equal(c->peers[0].route_count, 1);
        config_free(c);
    }
    /* What a group says is said once. */
    config_free(parse_saying("router_id = \"1.1.1.1\"\ndefault_as = 1\n"
                             "[[groups.g.static_flows]]\nafi = 1\naction = \"drop\"\n"
                             "matches = [\"port 1\"]\n"
                             "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\ngroup = \"g\"\n"
                             "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\ngroup = \"g\"\n",
                             "t.toml:6:11: warning: matches: without \"destination\" it drops "
                             "packets to all addresses\n"));
}

/* What is legal and cannot be meant, each in its place. */
static void test_flow_contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *lines; /* after "afi" on line 7 */
        const char *said;
    } cases[] = {
        {"action = \"mark 1\"\nmatches = [\"protocol 6\", \"port >=100 <=50\"]\n",
         "t.toml:9:26: matches: no packet matches \"port >=100 <=50\"\n"},
        {"action = \"mark 1\"\nmatches = [\"protocol icmp; port 80\"]\n",
         "t.toml:9:12: matches: no packet matches both \"protocol =1\" and \"port =80\": only TCP, "
         "UDP, SCTP, DCCP and UDP-Lite have ports\n"},
        {"action = \"rate-limit 1k\"\nmatches = [\"protocol 6\"]\n"
         "communities = [\"1:2\", \"traffic-rate:9:1000\", \"traffic-rate:0:2000\", "
         "\"traffic-rate:0:3000\"]\n",
         "t.toml:10:46: communities: \"traffic-rate:0:2000\" contradicts \"traffic-rate:0:1000\": "
         "a "
         "router does one of them\n"},
        {"action = \"redirect 192.0.2.1\"\nmatches = [\"protocol 6\"]\n"
         "communities = [\"redirect-ip:192.0.2.2\", \"redirect:1:2\", \"redirect:1:3\"]\n",
         "t.toml:10:57: communities: \"redirect:1:3\" contradicts \"redirect:1:2\": a router does "
         "one of them\n"},
        {"action = \"mark 1\"\nmatches = [\"protocol 6\"]\ncommunities = [\"mark:2\"]\n",
         "t.toml:10:16: communities: \"mark:2\" contradicts \"mark:1\": a router does one of "
         "them\n"},
        {"action = \"drop\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"redirect:1:2\"]\n",
         "t.toml:10:16: communities: \"redirect:1:2\" contradicts \"traffic-rate:0:0\", which "
         "drops "
         "the packets\n"},
        {"action = \"redirect 192.0.2.1\"\nmatches = [\"destination 10.0.0.0/8\"]\n"
         "communities = [\"traffic-rate:0:0\"]\n",
         "t.toml:8:10: action: \"redirect-ip:192.0.2.1\" contradicts \"traffic-rate:0:0\", which "
         "drops the packets\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), PEER "[[peers.static_flows]]\nafi = 1\n%s", cases[i].lines);
        assert_problems(text, cases[i].said);
    }
}

/* Routes that the peer cannot be sent are kept, as they always were, but not in silence. */
static void test_families(void **state)
{
    (void)state;
    struct config *c =
        parse_saying(PEER "families = [\"ipv6 unicast\", \"ipv4 flow\"]\n"
                          "static_routes = [\n"
                          "  { prefix = \"10.0.0.0/8\", next_hop = \"192.0.2.9\" },\n"
                          "  { prefix = \"2001:db8::/32\", next_hop = \"::1\" },\n"
                          "]\n"
                          "[[peers.static_flows]]\nafi = 2\naction = \"mark 4\"\n"
                          "matches = [\"protocol =6\"]\n",
                     "t.toml:8:3: warning: '10.0.0.0/8' will not be announced: families "
                     "does not have \"ipv4 unicast\"\n"
                     "t.toml:11:1: warning: 'protocol =6' will not be announced: families "
                     "does not have \"ipv6 flow\"\n");
    assert_int_equal(c->peers[0].route_count, 3);
    config_free(c);
    assert_warnings(ROUTE, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_flows),
        cmocka_unit_test(test_bad_attributes),
        cmocka_unit_test(test_bad_routes),
        cmocka_unit_test(test_bad_flows),
        cmocka_unit_test(test_families_of_routes),
        cmocka_unit_test(test_bad_families_of_routes),
        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_flow_warnings),
        cmocka_unit_test(test_flow_contradictions),
        cmocka_unit_test(test_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
