/* Flows of channels that validate them: each is held against the unicast route to its destination
 * (rib/flow_check.h), as it comes and when that changes. What is found counts before any policy. */
#ifndef BGPD_DAEMON_FLOWS_H
#define BGPD_DAEMON_FLOWS_H

#include <stdbool.h>

#include "daemon/service.h"
#include "rib/flow_check.h"
#include "wire/update.h"

struct channel;

/* Whether a channel holds what its peer sends against unicast routes. */
bool flows_are_validated(const struct channel *c);

/* Whether a flow that comes, in such a channel, may be used; RIB_ACCEPTED. What came before it must
 * have been taken in. */
enum rib_reject flows_judge_new(struct speaker *s, const struct channel *c, struct nlri_key key,
                                const struct attr_hot *hot);
/* A run of NLRI of such a channel has been taken in: its flows are judged again from now on when
 * what they are held against changes. */
void flows_taken_in(struct speaker *s, const struct channel *c, const struct update_nlri *run);

/* Whether a flow that is there may be used, and what it is held against. */
enum rib_reject flows_judge(struct speaker *s, const struct channel *c, struct nlri_key key,
                            const struct rib_path *path, struct flow_held *ret_held);
/* An entry is judged again by the present rules: notes whether it is to be when unicast routes
 * change. */
void flows_settle(struct speaker *s, const struct rib_table *t, const struct rib_entry *e);

/* Judges again what is held against routes that have changed. */
extern const struct service flows_service;

#endif
