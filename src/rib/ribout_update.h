/* Bringing the Adj-RIB-Out of a group up to date. */
#ifndef BGPD_RIB_RIBOUT_UPDATE_H
#define BGPD_RIB_RIBOUT_UPDATE_H

#include "rib/ribout_group.h"

/* Selects again for the entries, records what changed, and sends it to the members in step. How
 * many of them, at least one: when their cost comes to that of a slice, the others are left. */
uint32_t group_update(struct ribout *out, struct ribout_group *g, const uint32_t *entries,
                      uint32_t count);
/* Looks at the entries that were there before the group; true while more are left. */
bool group_fill(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);
/* Gives back the slots of a group without members; true while more are left. */
bool group_dissolve(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);

#endif
