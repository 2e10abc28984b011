/* Random policies for tests: chains of one policy whose rules look at all that a policy may. */
#ifndef BGPD_TESTS_RANDOM_CHAIN_H
#define BGPD_TESTS_RANDOM_CHAIN_H

#include "policies.h"
#include "random.h"

enum { RANDOM_CHAIN_RULES = 4 };

static inline void random_match(struct random *r, struct rule_spec *rule)
{
    static const char *const matches[][2] = {
        {"community", "0:{peer.as}"},
        {"community", "0:7"},
        {"community", "0:8"},
        {"community", "0:{neighbor.as}"},
        {"origin_as", "{peer.as}"},
        {"neighbor_as", "{peer.as}"},
        {"neighbor_as", "64501"},
        {"next_hop", "peer"},
        {"next_hop", "self"},
        {"next_hop", "10.254.0.2"},
        {"prefix_length", "24"},
        {"prefix_length", "16-23"},
        {"prefix", "10.16.0.0/12 le 32"},
        {"source", "api"},
        {"source", "config"},
        {"source", "internal"},
        {"source", "external"},
        {"source", "10.254.0.3"},
        {"source", "renamed"},
        {"source", "{peer.address}"},
        {"source", "{peer.name}"},
        {"med", "1-2"},
        {"local_pref", "300"},
    };
    unsigned i = random_below(r, sizeof(matches) / sizeof(matches[0]) + 2);
    if (i >= sizeof(matches) / sizeof(matches[0]))
        return;
    rule->match = matches[i][0];
    rule->of = matches[i][1];
}

static inline void random_action(struct random *r, struct rule_spec *rule)
{
    static const char *const actions[][2] = {
        {"med", "+5"},
        {"med", "remove"},
        {"med", "9"},
        {"next_hop", "peer"},
        {"next_hop", "self"},
        {"next_hop", "unchanged"},
        {"next_hop", "10.254.0.1"},
        {"next_hop", "192.0.2.9"},
        {"local_pref", "300"},
        {"weight", "5"},
        {"origin", "incomplete"},
    };
    unsigned i = random_below(r, 2 * sizeof(actions) / sizeof(actions[0]));
    if (i >= sizeof(actions) / sizeof(actions[0]))
        return;
    rule->action = actions[i][0];
    rule->to = actions[i][1];
}

/* With a reference for the caller. */
static inline struct policy_chain *random_chain(struct random *r)
{
    static const enum policy_then thens[] = {POLICY_GO_ON, POLICY_GO_ON, POLICY_ACCEPT,
                                             POLICY_REJECT, POLICY_NEXT};
    struct rule_spec rules[RANDOM_CHAIN_RULES] = {0};
    unsigned count = random_below(r, RANDOM_CHAIN_RULES + 1);
    for (unsigned i = 0; i < count; i++) {
        random_match(r, &rules[i]);
        random_action(r, &rules[i]);
        rules[i].then = thens[random_below(r, 5)];
    }
    return chain_of(rules, count, random_below(r, 4) ? POLICY_NEXT : POLICY_REJECT);
}

#endif
