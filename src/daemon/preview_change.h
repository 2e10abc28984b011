/* Changes that a comparison has found, as they are told. */
#ifndef BGPD_DAEMON_PREVIEW_CHANGE_H
#define BGPD_DAEMON_PREVIEW_CHANGE_H

#include "daemon/preview_plan.h"

/* What is said of a cause, by the policies of a channel. */
struct preview_side preview_side_of(const struct preview_plan *plan,
                                    enum policy_direction direction,
                                    const struct preview_channel *c, enum preview_when when,
                                    uint32_t cause);
/* A change of a route of a channel. It borrows from all that it is handed. */
struct preview_change preview_change_of(const struct preview_plan *plan, const struct rib *rib,
                                        enum policy_direction direction,
                                        const struct preview_channel *c,
                                        const struct preview_pair *pair, struct nlri_key key);

#endif
