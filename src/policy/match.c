/* The table of matches; their functions stand in match_*.c. */
#include "policy/match.h"

#include <string.h>

#include "policy/match_rows.h"

const struct policy_match *const policy_matches[] = {
    &policy_match_prefix,
    &policy_match_prefix_within,
    &policy_match_prefix_origin,
    &policy_match_prefix_length,
    &policy_match_family,
    &policy_match_rd,
    &policy_match_route_target,
    &policy_match_flow_destination,
    &policy_match_flow_source,
    &policy_match_flow_has,
    &policy_match_as_path,
    &policy_match_origin_as,
    &policy_match_neighbor_as,
    &policy_match_as_in_path,
    &policy_match_as_behind_first,
    &policy_match_as_path_length,
    &policy_match_as_path_unique_length,
    &policy_match_has_as_set,
    &policy_match_has_private_as,
    &policy_match_rov,
    &policy_match_aspa,
    &policy_match_community,
    &policy_match_community_all,
    &policy_match_community_count,
    &policy_match_next_hop,
    &policy_match_origin,
    &policy_match_med,
    &policy_match_local_pref,
    &policy_match_aigp,
    &policy_match_source,
    &policy_match_mark,
};

const size_t policy_match_count = sizeof(policy_matches) / sizeof(policy_matches[0]);

const struct policy_match *policy_match_named(const char *name)
{
    for (size_t i = 0; i < policy_match_count; i++)
        if (strcmp(policy_matches[i]->name, name) == 0)
            return policy_matches[i];
    return NULL;
}
