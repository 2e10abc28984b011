/* [prefix_sets], [as_sets], [community_sets] and [prefix_origin_sets]. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_SETS_H
#define BGPD_CONFIG_POLICY_SETS_H

#include "config/schema.h"
#include "policy/sets.h"

extern const struct schema schema_set_file; /* target: const char *, the name of the file */

/* Reads the sets of the file, and those that it names. A set in which something is wrong has the
 * rest of its entries. */
/* Which kind of sets a table of the top level has; POLICY_SET_KINDS: none. */
enum policy_set_kind policy_sets_kind(const char *table);
void policy_sets_read(struct loader *l, struct policy_sets *sets);
/* Warns of sets that no rule names. */
void policy_sets_check_used(struct loader *l, const struct policy_sets *sets);

#endif
