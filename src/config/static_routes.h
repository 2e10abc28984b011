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
/* How a table that is a route by itself is read. */
struct static_route_form {
    const struct schema *schema; /* its keys: those of schema_route or schema_flow, and others,
                                    whose setters do nothing */
    bool by_rules;               /* it is a flow */
    const char *next_hop;        /* where none is given; NULL: there must be one */
};

/* Reads such a table. False, reported: there is something wrong in it. */
bool static_route_read(struct loader *l, const struct static_route_form *form,
                       const struct toml_node *table, struct static_route *ret_route);
/* Adds copies of the routes of the peer's group, if it has one, to its own. */
void static_routes_inherit(struct peer_draft *draft);
/* Reports routes whose key stands twice, warns of those of families that the peer does not have,
 * and moves all, sorted, into draft->peer. */
void static_routes_finish(struct loader *l, struct peer_draft *draft);

#endif
