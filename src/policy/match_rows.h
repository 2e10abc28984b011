/* The rows of the table of matches, each in the file of what it is about. */
#ifndef BGPD_POLICY_MATCH_ROWS_H
#define BGPD_POLICY_MATCH_ROWS_H

#include "policy/match_row.h"

/* match_as.c: an AS of the path. */
extern const struct policy_match policy_match_as_in_path;
extern const struct policy_match policy_match_as_behind_first;
extern const struct policy_match policy_match_neighbor_as;
extern const struct policy_match policy_match_origin_as;
/* match_community.c: communities. */
extern const struct policy_match policy_match_community;
extern const struct policy_match policy_match_community_all;
extern const struct policy_match policy_match_community_count;
extern const struct policy_match policy_match_route_target;
/* match_flow.c: what flows have. */
extern const struct policy_match policy_match_flow_destination;
extern const struct policy_match policy_match_flow_has;
extern const struct policy_match policy_match_flow_source;
/* match_key.c: what tells one route from another. */
extern const struct policy_match policy_match_family;
extern const struct policy_match policy_match_prefix;
extern const struct policy_match policy_match_prefix_within;
extern const struct policy_match policy_match_prefix_length;
extern const struct policy_match policy_match_prefix_origin;
extern const struct policy_match policy_match_rd;
/* match_next_hop.c */
extern const struct policy_match policy_match_next_hop;
/* match_number.c: numbers in ranges. */
extern const struct policy_match policy_match_aigp;
extern const struct policy_match policy_match_as_path_length;
extern const struct policy_match policy_match_local_pref;
extern const struct policy_match policy_match_med;
/* match_path.c: the AS path as a whole. */
extern const struct policy_match policy_match_as_path;
extern const struct policy_match policy_match_as_path_unique_length;
extern const struct policy_match policy_match_has_as_set;
extern const struct policy_match policy_match_has_private_as;
/* match_validation.c: what is known of the origin and of the path. */
extern const struct policy_match policy_match_aspa;
extern const struct policy_match policy_match_rov;
/* match_word.c: one of several words. */
extern const struct policy_match policy_match_mark;
extern const struct policy_match policy_match_origin;
extern const struct policy_match policy_match_source;

#endif
