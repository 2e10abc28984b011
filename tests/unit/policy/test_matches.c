/* Every match: routes that it must match, others that it must not, and what is said of what cannot
 * be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/path_text.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"
#include "policy/sets.h"
#include "policy/validation.h"
#include "routes.h"

/* --- the surroundings --- */

static char alpha[] = "alpha";
static char customers[] = "customers";
static const struct policy_neighbor external = {.as = 65001,
                                                .kind = SESSION_EXTERNAL,
                                                .role = ROLE_PROVIDER,
                                                .addr = {.version = IP_V4, .bytes = {192, 0, 2, 1}},
                                                .name = alpha,
                                                .group = customers};
static char beta[] = "beta";
static char nothing[] = "";
static const struct policy_neighbor internal = {
    .as = 65000,
    .kind = SESSION_INTERNAL,
    .addr = {.version = IP_V6, .bytes = {0xfe, 0x80, [15] = 1}, .interface = "eth0"},
    .name = beta,
    .group = nothing};
static const uint8_t own_next_hop[] = {192, 0, 2, 254};

static struct community_pattern pattern_of(const char *text)
{
    struct text_error error = {0};
    struct community_pattern p;
    assert_int_equal(community_pattern_parse(text, &p, &error), 0);
    return p;
}

static struct prefix_origin_set *some_origins(void)
{
    static const char text[] = "192.0.2.0/24 1\n10.0.0.0/8 le 24 2\n2001:db8::/32 2\n";
    struct text_error error = {0};
    struct prefix_origin_set *set = prefix_origin_set_new();
    assert_int_equal(prefix_origin_set_read(set, text, strlen(text), &error), 0);
    prefix_origin_set_settle(set);
    return set;
}

static struct policy_sets some_sets(void)
{
    static const char *const prefixes[] = {"192.0.2.0/24", "10.0.0.0/8 le 24", "2001:db8::/32"};
    static const char *const communities[] = {"65000:*", "target:65000:7", "1:1:1"};
    struct policy_sets sets = {0};
    struct prefix_set *p = prefix_set_new();
    struct as_set *a = as_set_new();
    struct community_set *c = community_set_new();
    struct community_set *mine = community_set_new();
    for (size_t i = 0; i < 3; i++) {
        struct text_error error = {0};
        struct prefix prefix;
        uint8_t from;
        uint8_t to;
        assert_int_equal(prefix_set_parse_entry(prefixes[i], &prefix, &from, &to, &error), 0);
        prefix_set_add(p, &prefix, from, to);
        struct community_pattern pattern = pattern_of(communities[i]);
        community_set_add(c, &pattern);
    }
    struct community_pattern pattern = pattern_of("0:{peer.as}");
    community_set_add(mine, &pattern);
    as_set_add(a, 174, 174);
    as_set_add(a, 64512, 65534);
    prefix_set_settle(p);
    as_set_settle(a);
    community_set_settle(c);
    community_set_settle(mine);
    policy_sets_add(&sets, POLICY_PREFIX_SET, "nets", p);
    policy_sets_add(&sets, POLICY_AS_SET, "ases", a);
    policy_sets_add(&sets, POLICY_COMMUNITY_SET, "comms", c);
    policy_sets_add(&sets, POLICY_COMMUNITY_SET, "mine", mine);
    policy_sets_add(&sets, POLICY_PREFIX_ORIGIN_SET, "objects", some_origins());
    return sets;
}

static struct path_text path_text;
static struct vrp_table vrps;
static struct aspa_table aspas;
static const struct policy_validation validation = {&vrps, &aspas};

static int fill_tables(void **state)
{
    static const char *const vrp_texts[] = {"10.0.0.0/8 2", "172.16.0.0/12 65000"};
    static const char *const aspa_texts[] = {"1: 65001", "2: 1", "3: 4"};
    (void)state;
    vrp_table_init(&vrps);
    for (size_t i = 0; i < 2; i++) {
        struct text_error error = {0};
        struct vrp vrp;
        assert_int_equal(vrp_parse(vrp_texts[i], &vrp, &error), 0);
        vrp_table_add(&vrps, &vrp);
    }
    for (size_t i = 0; i < 3; i++) {
        struct text_error error = {0};
        struct aspa aspa;
        assert_int_equal(aspa_parse(aspa_texts[i], &aspa, &error), 0);
        aspa_table_add(&aspas, aspa.customer, aspa.providers, aspa.count);
        aspa_release(&aspa);
    }
    return 0;
}

static int free_tables(void **state)
{
    (void)state;
    vrp_table_release(&vrps);
    aspa_table_release(&aspas);
    return 0;
}

static void surround(struct route *r)
{
    r->scene = (struct policy_scene){.path_text = &path_text,
                                     .source = &external,
                                     .peer = &external,
                                     .local_as = 65000,
                                     .validation = &validation,
                                     .own_next_hop = span_of(own_next_hop, 4)};
}

/* --- what matches --- */

#define FLOW4 "family=ipv4 flow|rules="
#define VPN4  "family=ipv4 vpn|"

static const struct {
    const char *match;
    const char *words;
    const char *yes; /* a route that matches … */
    const char *no;  /* … and one that does not */
} cases[] = {
    {"prefix", "10.0.0.0/8", "prefix=10.0.0.0/8", "prefix=10.0.0.0/9"},
    {"prefix_within", "10.0.0.0/8", "prefix=10.0.0.0/8", "prefix=8.0.0.0/7"},
    {"prefix_within", "10.0.0.0/8 ge 30", "prefix=10.9.0.0/16", "prefix=11.0.0.0/32"},
    {"prefix_within", "nets|172.16.0.0/12", "prefix=192.0.2.1/32", "prefix=172.0.0.0/8"},
    {"prefix", "10.0.0.0/8 le 24", "prefix=10.1.2.0/24", "prefix=10.1.2.128/25"},
    {"prefix", "nets", "prefix=192.0.2.0/24", "prefix=192.0.2.0/25"},
    {"prefix", "nets", "prefix=10.0.0.0/9", "prefix=10.0.0.0/25"},
    {"prefix", "nets|172.16.0.0/12", "prefix=172.16.0.0/12", "prefix=172.16.0.0/13"},
    {"prefix", "nets|172.16.0.0/12", "prefix=10.0.0.0/24", "prefix=11.0.0.0/24"},
    {"prefix", "11.0.0.0/8|nets", "prefix=192.0.2.0/24", "prefix=192.0.3.0/24"},
    {"prefix", "nets", "family=ipv6 unicast|prefix=2001:db8::/32",
     "family=ipv6 unicast|prefix=2001:db9::/32"},
    {"prefix", "10.0.0.0/8", VPN4 "rd=65000:1|prefix=10.0.0.0/8",
     VPN4 "rd=65000:1|prefix=10.0.0.0/9"},
    {"prefix", "10.0.0.0/8", "family=ipv4 multicast|prefix=10.0.0.0/8",
     FLOW4 "destination 10.0.0.0/8"},
    {"prefix_origin", "10.0.0.0/8 2", "prefix=10.0.0.0/8|path=1 2", "prefix=10.0.0.0/8|path=2 1"},
    {"prefix_origin", "10.0.0.0/8 2", "prefix=10.0.0.0/8|path=2", "prefix=10.0.0.0/9|path=2"},
    {"prefix_origin", "10.0.0.0/8 2", VPN4 "rd=1:1|prefix=10.0.0.0/8|path=2",
     FLOW4 "destination 10.0.0.0/8|path=2"},
    {"prefix_origin", "10.0.0.0/8 65000", "prefix=10.0.0.0/8|path=65000", "prefix=10.0.0.0/8"},
    {"prefix_origin", "10.0.0.0/8 ge 9 *|10.0.0.0/8 2", "prefix=10.0.0.0/9|path=5 {2 3}",
     "prefix=10.0.0.0/8|path=2 {2}"},
    {"prefix_origin", "objects", "prefix=192.0.2.0/24|path=1", "prefix=192.0.2.0/24|path=2"},
    {"prefix_origin", "objects", "family=ipv6 unicast|prefix=2001:db8::/32|path=2",
     "family=ipv6 unicast|prefix=2001:db8::/32|path=1"},
    {"prefix_origin", "objects|11.0.0.0/8 2", "prefix=10.1.0.0/24|path=2",
     "prefix=11.0.0.0/8|path=1"},
    {"prefix_length", "8-24", "prefix=10.0.0.0/8", "prefix=10.0.0.0/7"},
    {"prefix_length", "24", "prefix=10.0.0.0/24", "prefix=10.0.0.0/25"},
    {"prefix_length", "8|16-18", VPN4 "rd=65000:1|prefix=10.0.0.0/17",
     VPN4 "rd=65000:1|prefix=10.0.0.0/9"},
    {"prefix_length", "0-128", "prefix=0.0.0.0/0", FLOW4 "destination 10.0.0.0/8"},
    {"family", "ipv4 unicast", "", "family=ipv6 unicast"},
    {"family", "ipv6-unicast|ipv4_flow", FLOW4 "protocol 6", "family=ipv6 flow|rules=protocol 6"},
    {"rd", "65000:1", VPN4 "rd=65000:1", VPN4 "rd=65000:2"},
    {"rd", "65000:*", VPN4 "rd=65000:99999", VPN4 "rd=0.65000:1"},
    {"rd", "192.0.2.1:1-9", VPN4 "rd=192.0.2.1:9", VPN4 "rd=192.0.2.1:10"},
    {"rd", "*:7", VPN4 "rd=192.0.2.1:7", VPN4 "rd=0x0003000000000007"},
    {"rd", "0x0003000000000007|1:1", VPN4 "rd=0x0003000000000007", VPN4 "rd=0x0004000000000007"},
    {"rd", "*:*", VPN4 "rd=65000:1", "prefix=0.0.0.0/8"},
    {"route_target", "65000:7", "communities=target:65000:7", "communities=origin:65000:7"},
    {"route_target", "target:65000:*", "communities=65000:8 target:65000:8", "communities=65000:8"},
    {"route_target", "rt:65000:1-9", "communities=target:65000:9", "communities=target:65000:10"},
    {"route_target", "{peer.as}:*", "communities=target:65001:9", "communities=target:65002:9"},
    {"route_target", "comms", "communities=target:65000:7", "communities=65000:7 1:1:1"},
    {"route_target", "192.0.2.1:*|comms", "communities=target:192.0.2.1:7",
     "communities=target:192.0.2.2:7"},
    {"flow_destination", "nets", FLOW4 "destination 10.0.0.0/24", FLOW4 "source 10.0.0.0/24"},
    {"flow_destination", "10.0.0.0/8", FLOW4 "destination 10.0.0.0/8; source 11.0.0.0/8",
     "prefix=10.0.0.0/8"},
    {"flow_destination", "2001:db8::/32 le 128", "family=ipv6 flow|rules=destination 2001:db8::/64",
     "family=ipv6 flow|rules=destination 2001:db8::/16-64"},
    {"flow_source", "10.0.0.0/8", FLOW4 "destination 11.0.0.0/8; source 10.0.0.0/8",
     FLOW4 "destination 10.0.0.0/8; source 11.0.0.0/8"},
    {"flow_source", "nets", FLOW4 "source 192.0.2.0/24", FLOW4 "protocol 6"},
    {"flow_has", "destination-port", FLOW4 "destination-port 80", FLOW4 "port 80"},
    {"flow_has", "next-header|dscp", "family=ipv6 flow|rules=protocol 6",
     "family=ipv6 flow|rules=port 6"},
    {"flow_has", "drop", FLOW4 "port 1|communities=traffic-rate:0:0",
     FLOW4 "port 1|communities=traffic-rate:0:1"},
    {"flow_has", "rate-limit", FLOW4 "port 1|communities=traffic-rate:0:1",
     FLOW4 "port 1|communities=traffic-rate-packets:0:1"},
    {"flow_has", "traffic-rate-packets", FLOW4 "port 1|communities=traffic-rate-packets:0:1",
     FLOW4 "port 1"},
    {"flow_has", "traffic-action|mark", FLOW4 "port 1|communities=mark:3",
     FLOW4 "port 1|communities=1:1"},
    {"flow_has", "traffic-action", FLOW4 "port 1|communities=traffic-action:sample",
     FLOW4 "port 1|communities=mark:3"},
    {"flow_has", "redirect", FLOW4 "port 1|communities=redirect:1:1",
     FLOW4 "port 1|communities=copy-ip:192.0.2.1"},
    {"flow_has", "redirect", FLOW4 "port 1|communities=redirect-ip:192.0.2.1",
     "communities=redirect-ip:192.0.2.1"},
    {"flow_has", "redirect-ip", FLOW4 "port 1|communities=redirect-ip:2001:db8::1",
     FLOW4 "port 1|communities=redirect:1:1"},
    {"flow_has", "copy-ip", FLOW4 "port 1|communities=copy-ip:2001:db8::1",
     FLOW4 "port 1|communities=redirect-ip:2001:db8::1"},
    {"as_path", "^65001( 65001)*$", "path=65001 65001", "path=65001 65002"},
    {"as_path", "_65002_", "path=1 65002 3", "path=1 650022 3"},
    {"as_path", "[}]$!^2", "path=1 {2 3}", "path=12 4"},
    {"as_path", "^$", "", "path=1"},
    {"as_path", "^1_|_9$", "path=8 9", "path=91 99"},
    {"origin_as", "65002", "path=65001 65002", "path=65002 65001"},
    {"origin_as", "AS65002|1.10", "path=65546", "path=65546 {65002}"},
    {"origin_as", "ases", "path=1 174", "path=174 1"},
    {"origin_as", "1-9|ases", "path=65533", ""},
    {"origin_as", "0-9", "path=1 5", ""},
    {"origin_as", "{neighbor.as}", "path=7 7", "path=7 8"},
    {"origin_as", "{peer.as}", "path=7 65001", "path=65001 7"},
    {"neighbor_as", "65001", "path=65001 65002", "path=65002 65001"},
    {"neighbor_as", "{peer.as}", "path=65001 7", "path={65001} 7"},
    {"neighbor_as", "ases|{local.as}", "path=65000", "path=1 65000"},
    {"as_in_path", "174", "path=1 174 2", "path=1 2"},
    {"as_behind_first", "174|1", "path=1 174 2", "path=1 1 2"},
    {"as_behind_first", "1", "path=2 1", "path=1 1"},
    {"as_behind_first", "9", "path={9} 3", "path=9 {3}"},
    {"as_in_path", "ases|2", "path=1 {9 174} 3", "path=1 {9} 3"},
    {"as_in_path", "ases", "path=1 64512", "path=64511"},
    {"as_in_path", "{local.as}", "path=1 65000 2", "path=1 2"},
    {"as_in_path", "{peer.as}|5", "path=1 65001 2", "path=65002"},
    {"as_path_length", "1-2", "path=1 {2 3}", "path=1 2 {3 4}"},
    {"as_path_unique_length", "1-2", "path=1 1 1 2 2 1", "path=1 2 3"},
    {"as_path_unique_length", "2", "path=1 {2 3}", "path=1 {1 3} {2}"},
    {"as_path_unique_length", "0", "", "path=1"},
    {"has_as_set", "true", "path=1 {2}", "path=1 2"},
    {"has_as_set", "false", "", "path={2}"},
    {"has_private_as", "true", "path=1 64512", "path=1 65535 4294967295 64511"},
    {"has_private_as", "true", "path=1 {2 4200000000}", "path=4199999999"},
    {"has_private_as", "false", "path=1", "path=4294967294"},
    {"rov", "valid", "prefix=10.0.0.0/8|path=1 2", "prefix=10.0.0.0/9|path=1 2"},
    {"rov", "invalid", "prefix=10.0.0.0/8|path=2 1", "prefix=11.0.0.0/8|path=2 1"},
    {"rov", "not-found", "prefix=0.0.0.0/0|path=2", "prefix=10.1.0.0/16|path=2"},
    {"rov", "invalid|not-found", "prefix=10.0.0.0/8|path=2 {1 2}", "prefix=10.0.0.0/8|path=2"},
    {"rov", "valid|not-found", VPN4 "rd=1:1|prefix=10.0.0.0/8|path=1",
     "prefix=10.0.0.0/8|path=2 {2}"},
    {"rov", "valid|invalid", "prefix=172.16.0.0/12", "prefix=192.168.0.0/16"}, /* ours is 65000 */
    {"rov", "valid", "prefix=11.0.0.0/8|validation=2", "prefix=10.0.0.0/8|path=2|validation=4"},
    {"aspa", "valid", "path=65001 1 1 2", "path=65001 3 2"},
    {"aspa", "invalid", "path=65001 3 2", "path=65001 5"},
    {"aspa", "unknown", "path=65001 5", "path=5 65001"},
    {"aspa", "invalid|unknown", "path=65001 {2}", "path=65001 1"},
    {"aspa", "valid|unknown", VPN4 "rd=1:1|path=5", ""},
    {"aspa", "valid|invalid", "path=65001 5|validation=16", "path=65001|validation=8"},
    {"community", "65000:1", "communities=65000:1", "communities=65000:2"},
    {"community", "65000:100-199", "communities=1:1 65000:150", "communities=65000:200"},
    {"community", "65000:1:*", "communities=65000:1:7", "communities=65000:2:7"},
    {"community", "no-export", "communities=no-export", "communities=no-advertise"},
    {"community", "comms", "communities=1:1:1", "communities=1:1"},
    {"community", "comms|2:2", "communities=2:2", "communities=target:65000:8"},
    {"community", "2:4|comms", "communities=target:65000:7", "communities=2:3"},
    {"community", "mine", "communities=0:65001", "communities=0:65002"},
    {"community", "{local.as}:1:{peer.as}", "communities=65000:1:65001",
     "communities=65000:1:65000"},
    {"community", "target:[2001:db8::1]:*", "communities=target:[2001:db8::1]:5",
     "communities=target:[2001:db8::2]:5"},
    {"community", "target:{peer.address}:*", "communities=target:192.0.2.1:5",
     "communities=target:192.0.2.2:5"},
    {"community", "0:{origin.as}", "path=1 2|communities=0:2", "path=1 2|communities=0:1"},
    {"community", "*", "communities=target:1:1", "path=1"},
    {"community_all", "65000:1|65000:2", "communities=65000:1 65000:2 65000:3",
     "communities=65000:1 65000:3"},
    {"community_all", "comms", "communities=65000:9 target:65000:7 1:1:1",
     "communities=65000:9 target:65000:7"},
    {"community_all", "1:*:*|mine", "communities=0:65001 1:1:1", "communities=0:65002 1:1:1"},
    {"community_count", "2-3", "communities=1:1 1:1:1 target:1:1", "communities=1:1"},
    {"community_count", "0", "path=1", "communities=1:1"},
    {"next_hop", "192.0.2.1", "next_hop=192.0.2.1", "next_hop=192.0.2.2"},
    {"next_hop", "192.0.2.0/24", "next_hop=192.0.2.2", "next_hop=192.0.3.2"},
    {"next_hop", "nets", "next_hop=10.1.1.1", "next_hop=11.1.1.1"},
    {"next_hop", "nets|peer", "next_hop=192.0.2.77", ""},
    {"next_hop", "2001:db8::/32", "next_hop=2001:db8::1 fe80::1", "next_hop=2001:db9::1 fe80::1"},
    {"next_hop", "fe80::/10", "next_hop=2001:db8::1 fe80::1", "next_hop=2001:db8::1"},
    {"next_hop", "192.0.2.1", "next_hop=::ffff:192.0.2.1", "next_hop=::ffff:192.0.2.3"},
    {"next_hop", "peer", "next_hop=192.0.2.1", "next_hop=192.0.2.254"},
    {"next_hop", "{peer.address}|self", "next_hop=192.0.2.1", "next_hop=192.0.2.2"},
    {"next_hop", "self", "next_hop=192.0.2.254", "next_hop=192.0.2.1"},
    {"origin", "igp", "origin=0", "origin=1"},
    {"origin", "EGP|incomplete", "origin=2", "origin=0"},
    {"med", "10-20", "med=10", "med=21"},
    {"med", "0-4294967295", "med=0", ""},
    {"local_pref", "100", "local_pref=100", ""},
    {"aigp", "0-18446744073709551615", "aigp=0", ""},
    {"aigp", "18446744073709551615", "aigp=18446744073709551615", "aigp=1"},
    {"aigp", "5|7-8", "aigp=8", "aigp=6"},
    {"mark", "a", "marks=a b", "marks=ab b"},
    {"mark", "x|b", "marks=a b", ""},
};

static void each_matches_what_it_should(void **state)
{
    (void)state;
    struct policy_sets sets = some_sets();
    struct route *r = mem_alloc(sizeof(*r));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct policy_match *match = policy_match_named(cases[i].match);
        unsigned variables;
        assert_non_null(match);
        void *value = route_read_value(match, cases[i].words, &sets, &variables);
        surround(r);
        route_make(r, cases[i].yes);
        if (match->test(value, &r->scene) != POLICY_YES)
            fail_msg("%s = %s does not match %s", match->name, cases[i].words, cases[i].yes);
        route_make(r, cases[i].no);
        if (match->test(value, &r->scene) != POLICY_NO)
            fail_msg("%s = %s matches %s", match->name, cases[i].words, cases[i].no);
        match->release(value);
    }
    free(r);
    policy_sets_release(&sets);
}

static void sources_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *words;
        enum policy_origin origin;
        const struct policy_neighbor *source;
        const struct policy_neighbor *peer;
        bool matches;
    } from[] = {
        {"api", POLICY_FROM_API, NULL, &external, true},
        {"api", POLICY_FROM_CONFIG, NULL, &external, false},
        {"config|api", POLICY_FROM_CONFIG, NULL, &external, true},
        {"config", POLICY_FROM_PEER, &external, &external, false},
        {"internal", POLICY_FROM_PEER, &internal, &external, true},
        {"internal", POLICY_FROM_PEER, &external, &external, false},
        {"external", POLICY_FROM_PEER, &external, &external, true},
        {"external", POLICY_FROM_API, NULL, &external, false},
        {"192.0.2.1", POLICY_FROM_PEER, &external, &external, true},
        {"192.0.2.2", POLICY_FROM_PEER, &external, &external, false},
        {"192.0.2.0/30", POLICY_FROM_PEER, &external, &external, true},
        {"192.0.2.0/30", POLICY_FROM_PEER, &internal, &external, false},
        {"fe80::1", POLICY_FROM_PEER, &internal, &external, true},
        {"fe80::1%eth0", POLICY_FROM_PEER, &internal, &external, true},
        {"fe80::1%eth1", POLICY_FROM_PEER, &internal, &external, false},
        {"alpha", POLICY_FROM_PEER, &external, &external, true},
        {"alpha", POLICY_FROM_PEER, &internal, &external, false},
        {"gamma|customers", POLICY_FROM_PEER, &external, &external, true},
        {"gamma|customers", POLICY_FROM_PEER, &internal, &external, false},
        {"{peer.address}", POLICY_FROM_PEER, &internal, &internal, true},
        {"{peer.address}", POLICY_FROM_PEER, &internal, &external, false},
        {"{peer.name}", POLICY_FROM_PEER, &internal, &internal, true},
        {"{peer.name}", POLICY_FROM_PEER, &internal, &external, false},
        {"{peer.name}", POLICY_FROM_PEER, &internal, NULL, false},
        {"{peer.address}|{peer.name}", POLICY_FROM_API, NULL, &external, false},
    };
    const struct policy_match *match = policy_match_named("source");
    struct route *r = mem_alloc(sizeof(*r));
    for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        unsigned variables;
        void *value = route_read_value(match, from[i].words, NULL, &variables);
        surround(r);
        route_make(r, "");
        r->scene.origin = from[i].origin;
        r->scene.source = from[i].source;
        r->scene.peer = from[i].peer;
        if ((match->test(value, &r->scene) == POLICY_YES) != from[i].matches)
            fail_msg("%s, %zu", from[i].words, i);
        match->release(value);
    }
    free(r);
}

/* Whoever is asked for, a variable of the peer matches nothing where there is none. */
static void without_a_peer_its_variables_match_nothing(void **state)
{
    (void)state;
    struct policy_sets sets = some_sets();
    struct route *r = mem_alloc(sizeof(*r));
    unsigned count = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct policy_match *match = policy_match_named(cases[i].match);
        unsigned variables;
        void *value = route_read_value(match, cases[i].words, &sets, &variables);
        surround(r);
        route_make(r, cases[i].yes);
        r->scene.peer = NULL;
        bool is_alone = !strchr(cases[i].words, '|');
        if ((variables & POLICY_OF_PEER) && is_alone) {
            count++;
            assert_int_equal(match->test(value, &r->scene), POLICY_NO);
        }
        match->release(value);
    }
    assert_true(count >= 6);
    free(r);
    policy_sets_release(&sets);
}

/* --- candidates --- */

struct named {
    uint32_t asns[32];
    size_t count;
};

static void name_as(void *ctx, uint32_t as)
{
    struct named *named = ctx;
    assert_true(named->count < 32);
    named->asns[named->count++] = as;
}

static int compare_asns(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void peers_are_found_from_the_route(void **state)
{
    (void)state;
    static const struct {
        const char *match;
        const char *words;
        const char *route;
        const char *named; /* NULL: any */
    } found[] = {
        {"community", "0:{peer.as}", "communities=0:1 0:2 1:3", "1 2"},
        {"community", "0:{peer.as}|1:*:{peer.as}", "communities=0:1 1:7:70000", "1 70000"},
        {"community", "{peer.as}:{peer.as}", "communities=1:1 1:2", "1"},
        {"community", "target:{peer.address}:1", "communities=target:1.1.1.1:1", NULL},
        {"community", "mine|9:9", "communities=0:5", "5"},
        {"community_all", "0:{peer.as}|1:{peer.as}", "communities=0:1 0:2 1:2 1:3", "2"},
        {"community_all", "0:{peer.as}|9:9", "communities=0:1", ""},
        {"community_all", "0:{peer.as}|9:9", "communities=0:1 9:9", "1"},
        {"community_all", "target:{peer.address}:1|0:{peer.as}", "communities=0:1", ""},
        {"community_all", "target:{peer.address}:1|0:{peer.as}", "communities=0:1 target:1.1.1.1:1",
         "1"},
        {"community_all", "target:{peer.address}:1", "communities=target:1.1.1.1:1", NULL},
        {"route_target", "{peer.as}:1", "communities=target:9:1 target:8:2", "9"},
        {"origin_as", "{peer.as}", "path=1 2 3", "3"},
        {"origin_as", "{peer.as}", "path=1 {3}", ""},
        {"neighbor_as", "{peer.as}|9", "path=1 2 3", "1"},
        {"neighbor_as", "{peer.as}", "", ""},
        {"as_in_path", "{peer.as}", "path=1 1 2 {3 4}", "1 2 3 4"},
        {"source", "{peer.address}", "", "65001"},
        {"source", "{peer.name}", "", NULL},
    };
    struct policy_sets sets = some_sets();
    struct route *r = mem_alloc(sizeof(*r));
    for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
        const struct policy_match *match = policy_match_named(found[i].match);
        struct named named = {.count = 0};
        const struct policy_candidates to = {&named, name_as};
        struct strbuf text = {0};
        unsigned variables;
        void *value = route_read_value(match, found[i].words, &sets, &variables);
        assert_true(variables & POLICY_OF_PEER);
        surround(r);
        route_make(r, found[i].route);
        r->scene.peer = NULL;
        bool are_named = match->candidates(value, &r->scene, &to);
        qsort(named.asns, named.count, sizeof(named.asns[0]), compare_asns);
        for (size_t k = 0; k < named.count; k++)
            strbuf_printf(&text, k ? " %u" : "%u", named.asns[k]);
        assert_int_equal(are_named, found[i].named != NULL);
        if (are_named)
            assert_string_equal(strbuf_text(&text), found[i].named);
        strbuf_release(&text);
        match->release(value);
    }
    free(r);
    policy_sets_release(&sets);
}

/* --- reading --- */

static void what_cannot_be_read_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *match;
        const char *words;
        int err;
        size_t word;
        const char *say;
    } bad[] = {
        {"prefix", "net", ERR_NOT_FOUND, 0, "there is no prefix set 'net' (did you mean 'nets'?)"},
        {"prefix", "nets|ases", ERR_NOT_FOUND, 1,
         "'ases' is an AS set (expected a prefix set, a "
         "prefix as 10.0.0.0/8"},
        {"prefix", "10.0.0.0/33", ERR_RANGE, 0, "33"},
        {"prefix", "nets|10.0.0.0/8 le 7", ERR_RANGE, 1, "7"},
        {"prefix_origin", "10.0.0.0/8", ERR_INVALID, 0, "is no AS number"},
        {"prefix_origin", "10.0.0.0/8 1|10.0.0.0/33 1", ERR_RANGE, 1, "33"},
        {"prefix_origin", "10.0.0.0/8 1-2", ERR_INVALID, 0, "'1-2' is no AS number"},
        {"prefix_origin", "object", ERR_NOT_FOUND, 0,
         "there is no set of prefixes with origins 'object' (did you mean 'objects'?)"},
        {"prefix_origin", "nets", ERR_NOT_FOUND, 0,
         "'nets' is a prefix set (expected a set of prefixes with origins, a prefix with an AS"},
        {"prefix_length", "129", ERR_INVALID, 0, "up to 128"},
        {"prefix_length", "9-8", ERR_RANGE, 0, "ends before it begins"},
        {"family", "ipv4 unicst", ERR_INVALID, 0, "(did you mean 'ipv4 unicast'?)"},
        {"family", "ipv4 unicast|x", ERR_INVALID, 1, "(expected one as \"ipv4 unicast\")"},
        {"rd", "65000", ERR_INVALID, 0, "expected 65000:100"},
        {"rd", "{peer.as}:1", ERR_INVALID, 0, "is no route distinguisher"},
        {"rd", "[::1]:1", ERR_INVALID, 0, "is no route distinguisher"},
        {"rd", "1:1|70000:70000", ERR_RANGE, 1, "room up to 65535"},
        {"route_target", "65000", ERR_INVALID, 0, "expected 65000:100"},
        {"route_target", "com", ERR_NOT_FOUND, 0, "there is no community set 'com'"},
        {"flow_destination", "x/8", ERR_INVALID, 0, "x"},
        {"flow_source", "bogons", ERR_NOT_FOUND, 0, "there is no prefix set 'bogons'"},
        {"flow_has", "destination-prt", ERR_INVALID, 0, "(did you mean 'destination-port'?)"},
        {"flow_has", "port|?", ERR_INVALID, 1, "(expected one as"},
        {"as_path", "[", ERR_INVALID, 0, "["},
        {"as_path", "^1$|(1", ERR_INVALID, 1, "("},
        {"origin_as", "4294967296", ERR_RANGE, 0, "up to 4294967295"},
        {"origin_as", "asse", ERR_NOT_FOUND, 0, "there is no AS set 'asse' (did you mean 'ases'?)"},
        {"neighbor_as", "1|x:y", ERR_INVALID, 1, "expected 65001"},
        {"neighbor_as", "{peer.adress}", ERR_INVALID, 0, "is no variable"},
        {"as_in_path", "{peer.address}", ERR_INVALID, 0, "has no place here"},
        {"as_in_path", "9-1", ERR_RANGE, 0, "ends before it begins"},
        {"as_path_length", "x", ERR_INVALID, 0, "is no number or range"},
        {"as_path_unique_length", "65536", ERR_INVALID, 0, "up to 65535"},
        {"community", "no-exprt", ERR_NOT_FOUND, 0, "(did you mean 'no-export'?)"},
        {"community", "nets", ERR_NOT_FOUND, 0, "'nets' is a prefix set (expected a community set"},
        {"community", "comms|65000:70000", ERR_RANGE, 1, "room up to 65535"},
        {"community_all", "comms|1:{x}", ERR_INVALID, 1, "is no variable"},
        {"community_count", "-1", ERR_INVALID, 0, "is no number or range"},
        {"next_hop", "slf", ERR_NOT_FOUND, 0, "(did you mean 'self'?)"},
        {"next_hop", "192.0.2.300", ERR_INVALID, 0, "192.0.2.300"},
        {"next_hop", "peer|{peer.as}", ERR_INVALID, 1,
         "has no place here (expected "
         "{peer.address})"},
        {"next_hop", "fe80::1%eth0", ERR_INVALID, 0, "fe80::1%eth0"},
        {"origin", "igp|bgp", ERR_INVALID, 1, "(expected \"igp\", \"egp\" or \"incomplete\")"},
        {"med", "4294967296", ERR_INVALID, 0, "up to 4294967295"},
        {"local_pref", "", ERR_INVALID, 0, "is no number"},
        {"aigp", "18446744073709551616", ERR_INVALID, 0, "up to 18446744073709551615"},
        {"mark", "a|b c", ERR_INVALID, 1, "'b c' is no name of a mark"},
        {"rov", "valid|unknown", ERR_INVALID, 1,
         "'unknown' is no state of the origin of a route (expected \"valid\", \"invalid\" or "
         "\"not-found\")"},
        {"aspa", "not-found", ERR_INVALID, 0, "expected \"valid\", \"invalid\" or \"unknown\""},
        {"source", "192.0.2.0/33", ERR_INVALID, 0, "is no source (expected an address"},
        {"source", "api|{peer.as}", ERR_INVALID, 1, "has no place here"},
        {"source", "", ERR_INVALID, 0, "is no source"},
    };
    struct policy_sets sets = some_sets();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct policy_match *match = policy_match_named(bad[i].match);
        struct route_words w;
        void *value = NULL;
        unsigned variables;
        route_words_make(&w, bad[i].words, &sets);
        int err = match->read(&w.words, &value, &variables);
        const char *say = strbuf_text(&w.words.problem.text);
        if (err != bad[i].err || !strstr(say, bad[i].say))
            fail_msg("%s = %s: %d, %s", bad[i].match, bad[i].words, err, say);
        assert_int_equal(w.words.problem.word, bad[i].word);
        assert_null(value);
        strbuf_release(&w.words.problem.text);
    }
    policy_sets_release(&sets);
}

/* --- digests --- */

static struct policy_digest digest_of(const char *name, const char *words, struct policy_sets *sets)
{
    const struct policy_match *match = policy_match_named(name);
    struct policy_digest d = {0};
    unsigned variables;
    void *value = route_read_value(match, words, sets, &variables);
    match->digest(value, &d);
    match->release(value);
    return d;
}

static void digests_tell_values_apart(void **state)
{
    (void)state;
    struct policy_sets sets = some_sets();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct policy_digest d = digest_of(cases[i].match, cases[i].words, &sets);
        for (size_t k = 0; k <= i; k++) {
            if (strcmp(cases[i].match, cases[k].match) != 0)
                continue;
            bool same = strcmp(cases[i].words, cases[k].words) == 0;
            struct policy_digest other = digest_of(cases[k].match, cases[k].words, &sets);
            if (policy_digest_equal(d, other) != same)
                fail_msg("%s: %s and %s", cases[i].match, cases[i].words, cases[k].words);
        }
    }
    policy_sets_release(&sets);
}

static void the_order_of_lists_does_not_count(void **state)
{
    (void)state;
    static const char *const lists[][3] = {
        {"prefix", "10.0.0.0/8|11.0.0.0/8", "11.0.0.0/8|10.0.0.0/8"},
        {"prefix_length", "8|16-18", "16-18|8"},
        {"as_path", "^1_|_2$", "_2$|^1_"},
        {"family", "ipv4 unicast|ipv6 unicast", "ipv6 unicast|ipv4 unicast"},
        {"rd", "1:1|2:*", "2:*|1:1"},
        {"route_target", "1:1|2:*", "target:2:*|rt:1:1"},
        {"flow_has", "port|drop", "drop|port"},
        {"origin_as", "1|{peer.as}|5-9", "5-9|{peer.as}|1"},
        {"community", "1:1|2:*|3:3:3", "3:3:3|2:*|1:1"},
        {"community_all", "1:1|2:*", "2:*|1:1"},
        {"next_hop", "self|192.0.2.1", "192.0.2.1|self"},
        {"origin", "igp|egp", "egp|igp"},
        {"mark", "a|b", "b|a"},
        {"rov", "valid|invalid", "invalid|valid"},
        {"prefix_origin", "10.0.0.0/8 1|10.0.0.0/8 le 9 AS1",
         "10.0.0.0/8 le 9 1|10.0.0.0/8 ge 9 le 9 1"},
        {"aspa", "valid|unknown", "unknown|valid"},
        {"source", "alpha|beta|api", "api|beta|alpha"},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
        if (!policy_digest_equal(digest_of(lists[i][0], lists[i][1], NULL),
                                 digest_of(lists[i][0], lists[i][2], NULL)))
            fail_msg("%s: %s", lists[i][0], lists[i][1]);
}

/* --- the table --- */

static void every_row_is_whole_and_tested(void **state)
{
    (void)state;
    for (size_t i = 0; i < policy_match_count; i++) {
        const struct policy_match *m = policy_matches[i];
        assert_true(policy_match_named(m->name) == m);
        assert_true(m->takes && m->help && m->types && m->read && m->test && m->digest &&
                    m->release);
        bool tested = strcmp(m->name, "source") == 0;
        for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
            tested |= strcmp(cases[k].match, m->name) == 0;
        if (!tested)
            fail_msg("%s is not tested", m->name);
    }
    assert_null(policy_match_named("nothing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_matches_what_it_should),
        cmocka_unit_test(sources_are_told_apart),
        cmocka_unit_test(without_a_peer_its_variables_match_nothing),
        cmocka_unit_test(peers_are_found_from_the_route),
        cmocka_unit_test(what_cannot_be_read_is_said),
        cmocka_unit_test(digests_tell_values_apart),
        cmocka_unit_test(the_order_of_lists_does_not_count),
        cmocka_unit_test(every_row_is_whole_and_tested),
    };
    int failed = cmocka_run_group_tests(tests, fill_tables, free_tables);
    path_text_release(&path_text);
    return failed;
}
