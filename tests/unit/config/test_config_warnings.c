/* Settings that have no effect beside others: each is warned of where it stands, and what a group
 * gives to many peers once. */
#include "config_test.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"
/* The peer's keys go on in line 6, as in PEER; an internal one. */
#define INTERNAL                                                                                   \
    TOP "[[peers]]\n"                                                                              \
        "remote_ip = \"192.0.2.2\"\n"                                                              \
        "remote_as = 65000\n"
#define OVER_IPV6                                                                                  \
    TOP "[[peers]]\n"                                                                              \
        "remote_ip = \"2001:db8::2\"\n"                                                            \
        "remote_as = 65001\n"
#define ALL_SOURCES "advertise_sources = [\"api\", \"config\", \"peer\"]\n"
#define W(place)    "t.toml:" place ": warning: "
#define LACKS_PEER  "advertise_sources does not have \"peer\"\n"
#define ROUTE_2     "[[peers.static_routes]]\nprefix = \"11.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
#define ROUTE       "[[peers.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"

static void test_of_one_peer(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *warnings;
    } cases[] = {
        {INTERNAL "route_reflector_client = true\n",
         W("6:26") "route_reflector_client reflects nothing to the peer: " LACKS_PEER},
        {TOP "bgp_socket = \"127.0.0.1:1179\"\napi_socket = \"0.0.0.0:1179\"\n",
         W("4:14") "the API cannot listen on 0.0.0.0:1179 beside BGP: give it another port\n"},
        {TOP "bgp_socket = [\"127.0.0.2:179\", \"[::]:8080\"]\n",
         W("3:14") "the API cannot listen on 127.0.0.1:8080 beside BGP: give it another port\n"},
        {TOP "bgp_socket = \"127.0.0.1:1179\"\napi_socket = \"127.0.0.2:1179\"\n", ""},
        {INTERNAL "route_reflector_client = true\n" ALL_SOURCES, ""},
        {INTERNAL "route_reflector_client = false\n", ""},
        {PEER "route_server_client = true\n",
         W("6:23") "route_server_client passes nothing on to the peer: " LACKS_PEER},
        {PEER "route_server_client = true\n" ALL_SOURCES, ""},
        {PEER "interpret_communities = true\n",
         W("6:25") "interpret_communities has no effect: it is for a route_server_client, and "
                   "communities of all others are acted upon in any case\n"},
        {INTERNAL "next_hop_self = true\n",
         W("6:17") "next_hop_self has no effect: it is for routes of other peers, and " LACKS_PEER},
        {INTERNAL "next_hop_self = true\n" ALL_SOURCES, ""},
        {PEER "next_hop_self = true\n" ALL_SOURCES,
         W("6:17") "next_hop_self has no effect: external peers are sent our own address in any "
                   "case\n"},
        {PEER "next_hop_self = true\nroute_server_client = true\n" ALL_SOURCES, ""},
        {PEER "next_hop_ipv4 = \"192.0.2.1\"\n" ALL_SOURCES,
         W("6:17") "next_hop_ipv4 has no effect: it is for sessions between IPv6 addresses\n"},
        {OVER_IPV6 "next_hop_ipv4 = \"192.0.2.1\"\n" ALL_SOURCES, ""},
        {OVER_IPV6 "next_hop_ipv4 = \"192.0.2.1\"\n",
         W("6:17") "next_hop_ipv4 has no effect: it is for routes of other peers, and " LACKS_PEER},
        {OVER_IPV6 "next_hop_ipv4 = \"192.0.2.1\"\nfamilies = [\"ipv6 unicast\"]\n",
         W("6:17") "next_hop_ipv4 has no effect: families has no IPv4 routes whose next hop could "
                   "be our "
                   "own\n"},
        {OVER_IPV6 "next_hop_ipv4 = \"192.0.2.1\"\nfamilies = [\"ipv4 vpn\"]\n" ALL_SOURCES,
         W("6:17") "next_hop_ipv4 has no effect: families has no IPv4 routes whose next hop could "
                   "be our own\n"},
        {INTERNAL "next_hop_self = true\nfamilies = [\"ipv4 vpn\", \"ipv6 flow\"]\n" ALL_SOURCES,
         W("6:17") "next_hop_self has no effect: families has no routes whose next hop could be "
                   "our own\n"},
        {INTERNAL "next_hop_self = true\nfamilies = [\"ipv4 vpn\", \"ipv6 unicast\"]\n" ALL_SOURCES,
         ""},
        {INTERNAL "multihop = true\n",
         W("6:12") "multihop has no effect: internal peers may be any number of hops away in any "
                   "case\n"},
        {INTERNAL "multihop = 5\n", ""},
        {PEER "multihop = true\n", ""},
        {PEER "passive = true\ndest_port = 1179\n",
         W("7:13") "dest_port has no effect: the peer is waited for, and not connected to\n"},
        {TOP "[[peers]]\nremote_ip = \"192.0.2.0/24\"\nremote_as = 1\ndest_port = 1179\n",
         W("6:13") "dest_port has no effect: the peer is waited for, and not connected to\n"},
        {PEER "families = [\"ipv4 unicast\"]\n"
              "max_prefixes = { \"ipv4 unicast\" = 1, ipv6-unicast = 2 }\n",
         W("7:38") "max_prefixes of \"ipv6 unicast\" has no effect: families does not have it\n"},
        {PEER "families = [\"ipv4 unicast\"]\nmax_prefixes = 5\n", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_warnings(cases[i].text, cases[i].warnings);
}

static void test_of_routes(void **state)
{
    (void)state;
    assert_warnings(PEER ROUTE, "");
    assert_warnings(PEER "advertise_sources = [\"api\"]\n" ROUTE ROUTE_2,
                    W("7:1") "static_routes are not announced: advertise_sources does not have "
                             "\"config\"\n");
    assert_warnings(PEER "advertise_sources = []\n"
                         "[[peers.static_flows]]\nafi = 1\naction = \"mark 4\"\n"
                         "matches = [\"protocol =6\"]\n",
                    W("7:1") "static_flows are not announced: advertise_sources does not have "
                             "\"config\"\n");
    assert_warnings(PEER "advertise_sources = []\nstatic_routes = []\n", "");
    assert_warnings(PEER ROUTE "local_pref = 200\n" ROUTE_2 "local_pref = 100\n",
                    W("6:1") "local_pref of static routes has no effect: external peers are sent "
                             "none\n");
    assert_warnings(INTERNAL ROUTE "local_pref = 200\n", "");
    static const char *const within_as[][2] = {
        {"originator_id", "\"192.0.2.1\""}, {"cluster_list", "[\"192.0.2.1\"]"}, {"aigp", "5"}};
    for (size_t i = 0; i < sizeof(within_as) / sizeof(within_as[0]); i++) {
        char text[512];
        char expected[256];
        snprintf(text, sizeof(text), PEER ROUTE "%s = %s\n", within_as[i][0], within_as[i][1]);
        snprintf(expected, sizeof(expected),
                 W("6:1") "%s of static routes has no effect: external peers are sent none\n",
                 within_as[i][0]);
        assert_warnings(text, expected);
        snprintf(text, sizeof(text), INTERNAL ROUTE "%s = %s\n", within_as[i][0], within_as[i][1]);
        assert_warnings(text, "");
    }
    assert_warnings(PEER ROUTE "aggregator = \"65000:192.0.2.1\"\natomic_aggregate = true\n", "");
    assert_warnings(PEER
                    "static_routes = [{ prefix = \"10.0.0.0/8\", next_hop = \"192.0.2.2\" }]\n",
                    W("6:18") "'10.0.0.0/8' will not be announced: its next hop is the peer "
                              "itself\n");
    assert_warnings(PEER
                    "static_routes = [{ prefix = \"10.0.0.0/8\", next_hop = \"2001:db8::9\" }]\n",
                    W("6:18") "'10.0.0.0/8' will not be announced: a session between IPv4 "
                              "addresses takes no IPv6 next hop\n");
    assert_warnings(OVER_IPV6
                    "static_routes = [{ prefix = \"10.0.0.0/8\", next_hop = \"2001:db8::9\" }]\n",
                    "");
}

/* Once in the group, however many inherit it. */
static void test_of_groups(void **state)
{
    (void)state;
    struct strbuf text = {0};
    strbuf_add(&text, TOP "[groups.g]\nremote_as = 65000\nroute_reflector_client = true\n"
                          "next_hop_self = true\nadvertise_sources = [\"api\"]\n"
                          "families = [\"ipv4 unicast\"]\nmax_prefixes = { ipv6-flow = 1 }\n"
                          "[[groups.g.static_routes]]\nprefix = \"2001:db8::/32\"\n"
                          "next_hop = \"2001:db8::1\"\n");
    for (unsigned i = 1; i < 200; i++)
        strbuf_printf(&text, "[[peers]]\nremote_ip = \"192.0.2.%u\"\ngroup = \"g\"\n", i);
    assert_warnings(
        strbuf_text(&text),
        W("5:26") "route_reflector_client reflects nothing to the peer: " LACKS_PEER W(
            "6:17") "next_hop_self has no effect: it is for routes of other peers, "
                    "and " LACKS_PEER W(
                        "9:18") "max_prefixes of \"ipv6 flow\" has no effect: no peer of the "
                                "group has it in families\n" W(
                                    "10:1") "'2001:db8::/32' will not be announced: families does "
                                            "not have "
                                            "\"ipv6 unicast\"\n" W(
                                                "10:1") "static_routes are not announced: "
                                                        "advertise_sources does not have "
                                                        "\"config\"\n");
    strbuf_release(&text);
}

/* A group may say what is of use to some of its peers. */
static void test_of_use_to_some(void **state)
{
    (void)state;
    assert_warnings(TOP "[groups.g]\nnext_hop_self = true\nenforce_first_as = true\n"
                        "dest_port = 1179\n" ALL_SOURCES
                        "[[groups.g.static_routes]]\nprefix = \"10.0.0.0/8\"\n"
                        "next_hop = \"192.0.2.9\"\nlocal_pref = 5\n"
                        "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65000\ngroup = \"g\"\n"
                        "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65001\ngroup = \"g\"\n"
                        "passive = true\n",
                    "");
}

/* The key of the peer that takes the effect away is to blame. */
static void test_overruled(void **state)
{
    (void)state;
    assert_warnings(
        TOP "[groups.g]\nroute_reflector_client = true\nremote_as = 65000\n" ALL_SOURCES
            "[[groups.g.static_routes]]\nprefix = \"10.0.0.0/8\"\nnext_hop = \"192.0.2.9\"\n"
            "[[peers]]\nremote_ip = \"192.0.2.2\"\ngroup = \"g\"\n"
            "[[peers]]\nremote_ip = \"192.0.2.3\"\ngroup = \"g\"\n"
            "advertise_sources = [\"api\"]\nfamilies = [\"ipv6 unicast\"]\n",
        W("16:21") "route_reflector_client of the peer's group reflects nothing to the "
                   "peer: " LACKS_PEER W(
                       "16:21") "static_routes of the peer's group are not announced: "
                                "advertise_sources does "
                                "not have \"config\"\n" W(
                                    "17:12") "static routes of the peer's group in \"ipv4 "
                                             "unicast\" will not be announced: "
                                             "families does not have it\n");
}

static void test_unused_group(void **state)
{
    (void)state;
    assert_warnings(TOP "[groups.g]\nremote_as = 1\nnext_hop_self = true\n",
                    W("3:1") "[groups.g] has no effect: no peer is in it\n");
    /* What is meant by a name that is not there is not known. */
    assert_problems(PEER "group = \"h\"\n[groups.g]\n", "t.toml:6:9: there is no [groups.h]\n");
}

/* What was not understood is no reason for warnings. */
static void test_after_errors(void **state)
{
    (void)state;
    assert_problems(INTERNAL
                    "route_reflector_client = true\nadvertise_sources = [\"pear\"]\n" ROUTE,
                    "t.toml:7:22: unknown source 'pear' (did you mean 'peer'?)\n");
    assert_problems(PEER "interpret_communities = true\nroute_server_client = 1\n" ALL_SOURCES,
                    "t.toml:7:23: route_server_client must be a boolean (true or false), not an "
                    "integer\n");
    assert_problems(TOP "[groups.g]\nadvertise_sources = [\"pear\"]\n[[peers]]\n"
                        "remote_ip = \"192.0.2.2\"\nremote_as = 65000\ngroup = \"g\"\n"
                        "next_hop_self = true\n",
                    "t.toml:4:22: unknown source 'pear' (did you mean 'peer'?)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_one_peer),  cmocka_unit_test(test_of_routes),
        cmocka_unit_test(test_of_groups),    cmocka_unit_test(test_of_use_to_some),
        cmocka_unit_test(test_overruled),    cmocka_unit_test(test_unused_group),
        cmocka_unit_test(test_after_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
