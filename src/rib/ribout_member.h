/* Members of update groups: how they come into a group and leave it, and start over. */
#ifndef BGPD_RIB_RIBOUT_MEMBER_H
#define BGPD_RIB_RIBOUT_MEMBER_H

#include "rib/ribout_party.h"

/* The member starts over: with everything, or with what changed since `since`. */
void member_restart(struct ribout_member *m, bool all, uint32_t since);
/* It has still to catch up, and its queue takes more. */
bool member_has_room(const struct ribout_member *m);

/* Makes it a member of a group; the use of the party (NULL: none) is taken over. */
void group_add_member(struct ribout_group *g, struct ribout_member *m, struct ribout_party *party);
/* Takes a member out of its group and party. */
void group_remove_member(struct ribout *out, struct ribout_member *m);
/* The same member is one of another party of its group, whose use is taken over: what it is told is
 * the same. */
void member_change_party(struct ribout *out, struct ribout_member *m, struct ribout_party *party);

#endif
