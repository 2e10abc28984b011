/* Random conditions that use every match, and routes of which some match, for tests. Include after
 * cmocka. */
#ifndef BGPD_TESTS_POLICY_CONDITIONS_H
#define BGPD_TESTS_POLICY_CONDITIONS_H

#include <stdio.h>

#include "../random.h"
#include "base/mem.h"
#include "policy/as_set.h"
#include "policy/community_set.h"
#include "policy/policy.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"
#include "policy/sets.h"
#include "policy/validation.h"
#include "routes.h"

/* Words of every match, that routes below match and others do not. */
static const struct {
    const char *name;
    const char *words[12]; /* until the first NULL */
} condition_words[] = {
    {"prefix", {"10.0.0.0/8", "10.0.0.0/8 ge 9 le 16", "nets", "2001:db8::/32 le 48", "0.0.0.0/0"}},
    {"prefix_within", {"10.0.0.0/8", "nets", "2001:db8::/32", "10.0.0.0/8 ge 30"}},
    {"prefix_origin", {"10.0.0.0/8 le 24 1", "0.0.0.0/0 le 32 2", "objects", "10.1.0.0/16 *"}},
    {"prefix_length", {"0-8", "9-16", "17-128", "8", "32"}},
    {"family", {"ipv4 unicast", "ipv6 unicast", "ipv4 flow", "ipv4 vpn", "ipv6 flow"}},
    {"rd", {"65000:1", "65000:*", "192.0.2.1:1-5", "*:2"}},
    {"route_target", {"1:*", "{peer.as}:1", "2:1-2", "targets"}},
    {"flow_destination", {"10.0.0.0/8", "nets"}},
    {"flow_source", {"10.0.0.0/8 le 32", "192.0.2.0/24"}},
    {"flow_has", {"port", "protocol", "drop", "redirect", "mark", "destination"}},
    {"as_path", {"^1_", "_2$", "^$", "_(1!3)_", "[{]"}},
    {"origin_as", {"1-2", "ases", "{peer.as}", "{neighbor.as}", "4"}},
    {"neighbor_as", {"1-2", "ases", "{peer.as}", "4"}},
    {"as_in_path", {"1-2", "ases", "{peer.as}", "{local.as}", "5"}},
    {"as_behind_first", {"1-2", "ases", "{peer.as}", "{local.as}", "4"}},
    {"as_path_length", {"0", "1-2", "3-4"}},
    {"as_path_unique_length", {"0", "1-2", "3-4"}},
    {"has_as_set", {"true", "false"}},
    {"has_private_as", {"true", "false"}},
    {"rov", {"valid", "invalid", "not-found"}},
    {"aspa", {"valid", "invalid", "unknown"}},
    {"community",
     {"0:1", "0:*", "0:{peer.as}", "{peer.as}:{origin.as}", "1:1-2:*", "{local.as}:*:{peer.as}",
      "targets", "no-export", "target:{peer.as}:*", "target:{peer.address}:*", "theirs"}},
    {"community_all",
     {"0:1", "0:*", "0:{peer.as}", "{peer.as}:{origin.as}", "target:{peer.address}:*", "theirs"}},
    {"community_count", {"0", "1-2", "2-9"}},
    {"next_hop", {"192.0.2.1", "192.0.2.0/30", "nets", "self", "peer", "2001:db8::/32"}},
    {"origin", {"igp", "egp", "incomplete"}},
    {"med", {"0-1", "2-3", "3-5"}},
    {"local_pref", {"0-1", "2-3", "3-5"}},
    {"aigp", {"0", "1-9"}},
    {"source",
     {"api", "config", "internal", "external", "192.0.2.1", "192.0.2.0/30", "peer2", "group1",
      "{peer.address}", "{peer.name}"}},
    {"mark", {"a", "b", "d"}},
};

enum { CONDITION_MATCHES = sizeof(condition_words) / sizeof(condition_words[0]) };

static inline struct community_set *condition_communities(const char *const *texts)
{
    struct community_set *set = community_set_new();
    for (size_t i = 0; texts[i]; i++) {
        struct text_error error = {0};
        struct community_pattern pattern;
        assert_int_equal(community_pattern_parse(texts[i], &pattern, &error), 0);
        community_set_add(set, &pattern);
    }
    community_set_settle(set);
    return set;
}

/* The sets that the words call by name. */
static inline struct policy_sets condition_sets(void)
{
    static const char *const targets[] = {"target:1:1", "target:2:*", "3:3", NULL};
    static const char *const theirs[] = {"0:{peer.as}", "1:{peer.as}", "5:5", NULL};
    static const char nets[] = "192.0.2.0/24 le 32\n10.0.0.0/8 le 16\n2001:db8:1::/48\n";
    static const char objects[] = "10.0.0.0/8 3\n10.0.0.0/8 le 24 4\n2001:db8::/32 le 48 65000\n";
    struct policy_sets sets = {0};
    struct text_error error = {0};
    struct prefix_set *p = prefix_set_new();
    struct prefix_origin_set *o = prefix_origin_set_new();
    struct as_set *a = as_set_new();
    assert_int_equal(prefix_set_read(p, nets, strlen(nets), &error), 0);
    prefix_set_settle(p);
    assert_int_equal(prefix_origin_set_read(o, objects, strlen(objects), &error), 0);
    prefix_origin_set_settle(o);
    as_set_add(a, 3, 4);
    as_set_add(a, 64512, 65534);
    as_set_settle(a);
    policy_sets_add(&sets, POLICY_PREFIX_SET, "nets", p);
    policy_sets_add(&sets, POLICY_AS_SET, "ases", a);
    policy_sets_add(&sets, POLICY_PREFIX_ORIGIN_SET, "objects", o);
    policy_sets_add(&sets, POLICY_COMMUNITY_SET, "targets", condition_communities(targets));
    policy_sets_add(&sets, POLICY_COMMUNITY_SET, "theirs", condition_communities(theirs));
    return sets;
}

/* Some of a match's words, a list where it takes one. */
static inline struct policy_condition condition_random_match(struct random *r,
                                                             struct policy_sets *sets)
{
    struct policy_condition c = {.junction = POLICY_MATCH};
    struct strbuf text = {0};
    uint32_t which = random_below(r, CONDITION_MATCHES);
    uint32_t words = 0;
    c.match = policy_match_named(condition_words[which].name);
    assert_non_null(c.match);
    while (words < 12 && condition_words[which].words[words])
        words++;
    strbuf_add(&text, condition_words[which].words[random_below(r, words)]);
    for (uint32_t more = c.match->types & POLICY_LIST ? random_below(r, 2) : 0; more > 0; more--)
        strbuf_printf(&text, "|%s", condition_words[which].words[random_below(r, words)]);
    c.value = route_read_value(c.match, strbuf_text(&text), sets, &c.variables);
    strbuf_release(&text);
    return c;
}

static inline struct policy_condition condition_random(struct random *r, unsigned depth,
                                                       struct policy_sets *sets)
{
    static const enum policy_junction junctions[] = {POLICY_ALL, POLICY_ANY, POLICY_NOT};
    if (depth == 0 || random_below(r, 2) == 0)
        return condition_random_match(r, sets);
    struct policy_condition c = {.junction = junctions[random_below(r, 3)]};
    c.count = c.junction == POLICY_NOT ? 1 : 1 + random_below(r, 3);
    c.of = mem_resize(NULL, c.count, sizeof(*c.of));
    for (size_t i = 0; i < c.count; i++)
        c.of[i] = condition_random(r, depth - 1, sets);
    return c;
}

/* --- routes --- */

/* Keys of some families, as route_make reads them. */
static const struct {
    const char *family;
    const char *keys[6];
} condition_keys[] = {
    {"ipv4 unicast",
     {"prefix=10.0.0.0/8", "prefix=10.1.0.0/16", "prefix=10.1.2.0/24", "prefix=192.0.2.1/32",
      "prefix=0.0.0.0/0", "prefix=11.0.0.0/8"}},
    {"ipv6 unicast",
     {"prefix=2001:db8::/32", "prefix=2001:db8:1::/48", "prefix=2001:db8::1/128", "prefix=::/0",
      "prefix=2001::/8", "prefix=2001:db8::/33"}},
    {"ipv4 flow",
     {"rules=destination 10.0.0.0/8", "rules=destination 10.0.0.0/8; port 80",
      "rules=source 192.0.2.0/24; protocol 6", "rules=port 1", "rules=protocol 17",
      "rules=destination 192.0.2.1/32; source 10.0.0.0/9"}},
    {"ipv4 vpn",
     {"rd=65000:1|prefix=10.0.0.0/8", "rd=65000:2|prefix=10.0.0.0/8",
      "rd=192.0.2.1:1|prefix=10.1.0.0/16", "rd=192.0.2.1:9|prefix=10.1.0.0/16",
      "rd=0.65000:2|prefix=0.0.0.0/0", "rd=1:1|prefix=192.0.2.0/24"}},
};

enum {
    CONDITION_FAMILIES = sizeof(condition_keys) / sizeof(condition_keys[0]),
    CONDITION_KEYS = 6
};

static inline void condition_add_path(struct random *r, struct strbuf *out)
{
    strbuf_add(out, "|path=");
    for (uint32_t left = random_below(r, 5); left > 0; left--)
        strbuf_printf(out, "%u ", random_below(r, 8) == 0 ? 64512 : 1 + random_below(r, 6));
    if (random_below(r, 6) == 0)
        strbuf_printf(out, "{%u %u}", 1 + random_below(r, 3), 4 + random_below(r, 3));
}

static inline void condition_add_communities(struct random *r, struct strbuf *out)
{
    static const char *const formed[] = {"0:", "1:", "1:1:", "65000:1:", "target:1:", "target:2:"};
    static const char *const whole[] = {"no-export",          "target:192.0.2.1:1",
                                        "target:192.0.2.3:1", "traffic-rate:0:0",
                                        "redirect:1:1",       "mark:3",
                                        "target:3:1",         "5:5"};
    uint32_t left = random_below(r, 5);
    if (left > 0)
        strbuf_add(out, "|communities=");
    for (const char *space = ""; left > 0; left--, space = " ") {
        strbuf_add(out, space);
        if (random_below(r, 3) == 0)
            strbuf_add(out, whole[random_below(r, 8)]);
        else
            strbuf_printf(out, "%s%u", formed[random_below(r, 6)], random_below(r, 7));
    }
}

/* Appends attributes that suit the family; `is_noted`: what validation says is among them. */
static inline void condition_add_attrs(struct random *r, const struct family_info *f, bool is_noted,
                                       struct strbuf *out)
{
    strbuf_printf(out, "|origin=%u", random_below(r, 3));
    condition_add_path(r, out);
    condition_add_communities(r, out);
    if (f->has_next_hop)
        strbuf_printf(out, "|next_hop=%s%u",
                      f->ip_version == IP_V4 ? "192.0.2." : "2001:db8::", 1 + random_below(r, 9));
    if (random_below(r, 2))
        strbuf_printf(out, "|med=%u", random_below(r, 6));
    if (random_below(r, 2))
        strbuf_printf(out, "|local_pref=%u", random_below(r, 6));
    if (random_below(r, 4) == 0)
        strbuf_printf(out, "|aigp=%u", random_below(r, 3));
    if (random_below(r, 3) == 0)
        strbuf_add(out, random_below(r, 2) ? "|marks=a" : "|marks=b d");
    if (is_noted)
        strbuf_printf(out, "|validation=%u", 1u << random_below(r, 3) | 8u << random_below(r, 3));
}

/* Routes with the same attributes, of each key of a family. */
static inline void condition_random_routes(struct random *r, bool is_noted, struct route *routes)
{
    uint32_t family = random_below(r, CONDITION_FAMILIES);
    const struct family_info *f = family_info(family_from_name(condition_keys[family].family));
    struct strbuf attrs = {0};
    condition_add_attrs(r, f, is_noted, &attrs);
    for (size_t i = 0; i < CONDITION_KEYS; i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, "family=%s|%s%s", f->name, condition_keys[family].keys[i],
                      strbuf_text(&attrs));
        route_make(&routes[i], strbuf_text(&text));
        strbuf_release(&text);
    }
    strbuf_release(&attrs);
}

/* --- validation --- */

/* VRPs that cover some of the routes, and ASPAs of some of their ASNs. */
struct condition_tables {
    struct vrp_table vrps;
    struct aspa_table aspas;
    struct policy_validation by;
};

static inline void condition_tables_init(struct condition_tables *t)
{
    static const char *const vrps[] = {"10.0.0.0/8 le 16 1", "10.1.0.0/16 le 24 2",
                                       "192.0.2.0/24 le 32 0", "2001:db8::/32 le 48 3"};
    static const char *const aspas[] = {"1: 2 3", "2: 3", "3: 0", "5: 1 2 3 4 6"};
    vrp_table_init(&t->vrps);
    t->aspas = (struct aspa_table){0};
    for (size_t i = 0; i < 4; i++) {
        struct text_error error = {0};
        struct vrp vrp;
        struct aspa aspa;
        assert_int_equal(vrp_parse(vrps[i], &vrp, &error), 0);
        assert_int_equal(aspa_parse(aspas[i], &aspa, &error), 0);
        vrp_table_add(&t->vrps, &vrp);
        aspa_table_add(&t->aspas, aspa.customer, aspa.providers, aspa.count);
        aspa_release(&aspa);
    }
    t->by = (struct policy_validation){&t->vrps, &t->aspas};
}

static inline void condition_tables_release(struct condition_tables *t)
{
    vrp_table_release(&t->vrps);
    aspa_table_release(&t->aspas);
}

/* --- neighbours --- */

enum { CONDITION_PEERS = 8 };

/* Neighbour `n`: of AS 1 to 4 or our own, in one of two groups or in none. Its texts are static. */
static inline struct policy_neighbor condition_peer(unsigned n)
{
    static char names[][6] = {"peer0", "peer1", "peer2", "peer3",
                              "peer4", "peer5", "peer5", "peer5"};
    static char groups[][7] = {"group1", "group2", ""};
    struct policy_neighbor peer = {
        .refs = 1,
        .as = n == 7 ? 65000 : 1 + n % 4,
        .local_as = 65000,
        .kind = n == 7 ? SESSION_INTERNAL : SESSION_EXTERNAL,
        .role = n == 7 ? ROLE_NONE : (uint8_t)(n % 6),
        .addr = {.version = IP_V4, .bytes = {192, 0, 2, (uint8_t)(1 + n)}},
        .name = names[n],
        .group = groups[n % 3],
    };
    if (n == 6)
        peer.addr = (struct ip_addr){.version = IP_V6, .bytes = {0x20, 1, 0xd, 0xb8, [15] = 3}};
    return peer;
}

#endif
