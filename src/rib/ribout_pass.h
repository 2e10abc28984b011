/* Passes: how a new, refreshed or slow member catches up with its group. */
#ifndef BGPD_RIB_RIBOUT_PASS_H
#define BGPD_RIB_RIBOUT_PASS_H

#include "rib/ribout_group.h"

/* One slice of the pass of a member that has room, for all members at the same place. */
void pass_slice(struct ribout *out, struct ribout_member *lead);
/* Completes members for which there is nothing to walk over. */
void pass_settle(struct ribout_member *m);

#endif
