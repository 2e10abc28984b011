/* The rows of the table of actions, each in the file of what it is about. */
#ifndef BGPD_POLICY_ACTION_ROWS_H
#define BGPD_POLICY_ACTION_ROWS_H

#include "policy/action_row.h"

/* action_number.c: attributes that are a number. */
extern const struct policy_action policy_action_local_pref;
extern const struct policy_action policy_action_med;
extern const struct policy_action policy_action_aigp;
extern const struct policy_action policy_action_weight;
/* action_origin.c. */
extern const struct policy_action policy_action_origin;
/* action_next_hop.c. */
extern const struct policy_action policy_action_next_hop;
/* action_as_path.c, action_prepend.c. */
extern const struct policy_action policy_action_as_path;
extern const struct policy_action policy_action_prepend;
/* action_communities.c. */
extern const struct policy_action policy_action_communities;
/* action_mark.c. */
extern const struct policy_action policy_action_mark;

#endif
