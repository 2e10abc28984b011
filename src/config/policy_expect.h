/* What a test of a policy expects. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_EXPECT_H
#define BGPD_CONFIG_POLICY_EXPECT_H

#include "config/schema.h"
#include "policy/chain.h"
#include "policy/run.h"

extern const struct schema schema_expect; /* target: struct expectation */

/* An attribute, as a text that is the same for the same value. */
struct expected_text {
    const struct toml_node *value; /* where it stands; borrowed; NULL: nothing is expected */
    char *text;                    /* owned; NULL: it was not understood */
};

enum { EXPECTED_TEXTS = 9 };

struct expectation {
    const struct policy *policy;    /* borrowed */
    const struct toml_node *result; /* likewise; NULL: nothing is expected */
    enum policy_then then;          /* accept, reject or next */
    const struct toml_node *rule;
    size_t rule_index; /* the number of rules: the default */
    struct expected_text texts[EXPECTED_TEXTS];
};

/* What became of the route. */
struct came {
    const struct policy_outcome *outcome;
    bool left;         /* it was left to the next policy */
    size_t rule_index; /* by what */
};

/* Reads what is expected of a policy; false, reported: something in it is wrong. */
bool expectation_read(struct loader *l, const struct toml_node *table, const struct policy *policy,
                      struct expectation *ret_expected);
/* Reports what came otherwise. */
void expectation_compare(struct loader *l, const struct expectation *expected,
                         const struct came *came);
void expectation_release(struct expectation *expected);

#endif
