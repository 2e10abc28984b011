/* What in a policy has no effect, and is warned of. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_CHECK_H
#define BGPD_CONFIG_POLICY_CHECK_H

#include "config/loader.h"
#include "policy/policy.h"

/* Warns of rules that cannot be reached, that do nothing, or whose name another one has. `node` is
 * the table of the policy, in which nothing is wrong. */
void policy_check(struct loader *l, const struct toml_node *node, const struct policy *policy);
/* Whether no route is left to the policies after it. */
bool policy_always_decides(const struct policy *policy);

#endif
