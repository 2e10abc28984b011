/* The table of actions; their functions stand in action_*.c. */
#include "policy/action.h"

#include <string.h>

#include "policy/action_rows.h"

const struct policy_action *const policy_actions[] = {
    &policy_action_local_pref,  &policy_action_med,     &policy_action_origin,
    &policy_action_next_hop,    &policy_action_as_path, &policy_action_prepend,
    &policy_action_communities, &policy_action_aigp,    &policy_action_weight,
    &policy_action_mark,
};

const size_t policy_action_count = sizeof(policy_actions) / sizeof(policy_actions[0]);

const struct policy_action *policy_action_named(const char *name)
{
    for (size_t i = 0; i < policy_action_count; i++)
        if (strcmp(policy_actions[i]->name, name) == 0)
            return policy_actions[i];
    return NULL;
}
