/* [[peers.static_routes]] and [[peers.static_flows]], from tables to routes. Internal to config. */
#ifndef BGPD_CONFIG_STATIC_ROUTES_H
#define BGPD_CONFIG_STATIC_ROUTES_H

#include "config/peer_draft.h"
#include "config/values.h"

extern const struct schema schema_route; /* target: struct route_draft */
extern const struct schema schema_flow;  /* likewise */

/* For `static_routes` and `static_flows` (target: struct peer_draft). */
value_setter static_routes_set;
value_setter static_routes_set_flows;
/* Adds copies of the routes of the peer's group, if it has one, to its own. */
void static_routes_inherit(struct peer_draft *draft);
/* Reports routes whose key stands twice, warns of those of families that the peer does not have,
 * and moves all, sorted, into draft->peer. */
void static_routes_finish(struct loader *l, struct peer_draft *draft);

#endif
