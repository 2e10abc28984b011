/* The table of matches. */
#ifndef BGPD_POLICY_MATCH_H
#define BGPD_POLICY_MATCH_H

#include "policy/match_row.h"

extern const struct policy_match *const policy_matches[];
extern const size_t policy_match_count;

/* The row of a name; NULL. */
const struct policy_match *policy_match_named(const char *name);

#endif
