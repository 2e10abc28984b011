/* Moves: how a member changes to another group during the session. */
#ifndef BGPD_RIB_RIBOUT_MOVE_H
#define BGPD_RIB_RIBOUT_MOVE_H

#include "rib/ribout_group.h"

/* The member moves to a group, perhaps its own, with a view, whose reference is taken over: when
 * the group is ready, and it has no walk over another one to end. */
void move_to(struct ribout *out, struct ribout_member *m, struct ribout_group *g,
             struct rib_view *view);
/* The member is to be freed: ends its move, whatever state it is in. */
void move_cancel(struct ribout *out, struct ribout_member *m);
/* The member has a config source from now on, which has no routes yet, where it is and where it
 * goes. */
void move_take_config_source(struct ribout *out, struct ribout_member *m, uint32_t config_source);
/* Moves the members of a group that can. */
void move_members(struct ribout *out, struct ribout_group *g);
bool move_possible(const struct ribout_group *g);
/* One slice of the walk over what changes for the member with its group, for all that move with it.
 */
void move_slice(struct ribout *out, struct ribout_member *lead);

#endif
