/* Flows of channels that validate them: each is held against the unicast route to its destination
 * (rib/flow_check.h), as it comes and when that changes. What is found counts before any policy. */
#ifndef BGPD_DAEMON_FLOWS_H
#define BGPD_DAEMON_FLOWS_H

#include <stdbool.h>

#include "base/span.h"
#include "daemon/service.h"
#include "rib/flow_check.h"

struct channel;
struct import_run;

/* Whether a channel holds what its peer sends against unicast routes. */
bool flows_are_validated(const struct channel *c);

/* Takes in a run of NLRI that nothing else rejects, in such a channel: one by one, as flows are
 * few. What came before is taken in first, so that they are held against that. */
void flows_announce(struct speaker *s, const struct import_run *run, struct span bytes);

/* Whether a flow that is there may be used, and what it is held against. */
enum rib_reject flows_judge(struct speaker *s, const struct channel *c, struct nlri_key key,
                            const struct rib_path *path, struct flow_held *ret_held);
/* An entry is judged again by the present rules: notes whether it is to be when unicast routes
 * change. */
void flows_settle(struct speaker *s, const struct rib_table *t, const struct rib_entry *e);

/* Judges again what is held against routes that have changed. */
extern const struct service flows_service;

#endif
