/* Members of update groups: how they come into a group and leave it, and start over. */
#ifndef BGPD_RIB_RIBOUT_MEMBER_H
#define BGPD_RIB_RIBOUT_MEMBER_H

#include "rib/ribout_personal.h"

/* The member starts over: with everything, or with what changed since `since`. */
void member_restart(struct ribout_member *m, bool all, uint32_t since);
/* It has still to catch up, and its queue takes more. */
bool member_has_room(const struct ribout_member *m);

void group_add_member(struct ribout_group *g, struct ribout_member *m);
/* Takes a member out of its group. */
void group_remove_member(struct ribout_member *m);

#endif
