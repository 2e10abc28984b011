/* Settings that can be used but have no effect beside others: what a user should hear of. Internal
 * to config. */
#ifndef BGPD_CONFIG_NO_EFFECT_H
#define BGPD_CONFIG_NO_EFFECT_H

#include "config/peer_draft.h"

/* Warns of settings of a peer that have no effect, and notes those that it inherits. For a peer
 * that has been read as a whole, before its routes are moved. */
void no_effect_check_peer(struct loader *l, const struct peer_draft *draft);
/* Warns, at its place in the group, of what had no effect for any peer, when all have been read. */
void no_effect_check_group(struct loader *l, const struct peer_draft *group);

#endif
