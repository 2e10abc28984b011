/* The table of actions. */
#ifndef BGPD_POLICY_ACTION_H
#define BGPD_POLICY_ACTION_H

#include "policy/action_row.h"

/* In the order in which they are applied. */
extern const struct policy_action *const policy_actions[];
extern const size_t policy_action_count;

/* The row of a name; NULL. */
const struct policy_action *policy_action_named(const char *name);

#endif
