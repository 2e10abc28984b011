/* Verifying AS paths by ASPAs (draft-ietf-sidrops-aspa-verification). Pure. */
#ifndef BGPD_POLICY_ASPA_VERIFY_H
#define BGPD_POLICY_ASPA_VERIFY_H

#include "base/span.h"
#include "policy/aspa_table.h"
#include "wire/role.h"

enum aspa_state { ASPA_UNKNOWN, ASPA_VALID, ASPA_INVALID, ASPA_STATES };
/* "unknown", "valid", "invalid"; static storage. */
const char *aspa_state_text(enum aspa_state state);

/* The state of a path (an AS_PATH value, checked; empty where there is none) that came from an
 * external neighbour, towards which this is our role: upstream (§5.5) from a customer, a peer, a
 * client of our route server or a route server, downstream (§5.6) from a provider. Without a role
 * it is not known. */
enum aspa_state aspa_verify(const struct aspa_table *t, enum role ours, uint32_t neighbor_as,
                            struct span as_path);

#endif
