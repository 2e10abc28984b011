/* The rows of the table of matches, each in the file of what it is about. */
#ifndef BGPD_POLICY_MATCH_ROWS_H
#define BGPD_POLICY_MATCH_ROWS_H

#include "policy/match_row.h"

/* match_key.c: what tells one route from another. */
extern const struct policy_match policy_match_prefix_length;
/* match_number.c: numbers in ranges. */
extern const struct policy_match policy_match_as_path_length;
extern const struct policy_match policy_match_local_pref;
extern const struct policy_match policy_match_med;

#endif
