/* The table of matches; their functions stand in match_*.c. */
#include "policy/match.h"

#include <string.h>

#include "policy/match_rows.h"

const struct policy_match *const policy_matches[] = {
    &policy_match_prefix_length,
    &policy_match_as_path_length,
    &policy_match_med,
    &policy_match_local_pref,
};

const size_t policy_match_count = sizeof(policy_matches) / sizeof(policy_matches[0]);

const struct policy_match *policy_match_named(const char *name)
{
    for (size_t i = 0; i < policy_match_count; i++)
        if (strcmp(policy_matches[i]->name, name) == 0)
            return policy_matches[i];
    return NULL;
}
