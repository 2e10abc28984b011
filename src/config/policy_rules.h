/* The rules of a policy. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_RULES_H
#define BGPD_CONFIG_POLICY_RULES_H

#include "config/parameters.h"
#include "config/schema.h"
#include "policy/policy.h"
#include "policy/sets.h"

extern const struct schema schema_rule; /* target: struct rule_draft */

/* Adds the rules of a list, whose items are tables, to a policy; they may name `sets`, and values
 * of `scope` stand in for parameters. One that is wrong, or switched off, is there all the same, so
 * that each has the number that it has in the file. */
void policy_rules_read(struct loader *l, const struct toml_node *list,
                       const struct parameter_scope *scope, struct policy_sets *sets,
                       struct policy *policy);

/* What "accept", "reject" and "next" mean; false, reported: it is none of these. */
bool policy_then_read(struct loader *l, const struct schema_key *key, const struct toml_node *value,
                      enum policy_then *ret_then);

#endif
