/* What rules set that does not fit a peer that has them. Internal to config. */
#ifndef BGPD_CONFIG_POLICY_FIT_H
#define BGPD_CONFIG_POLICY_FIT_H

#include "config/loader.h"

/* Warns of names of peers and groups in conditions that there are not, of marks that no policy
 * sets, and of what is set that cannot be set for a peer: an ASN for which there is no room. Each
 * is said once, with the first such peer. When all peers were read. */
void policy_fit_check(struct loader *l);

#endif
