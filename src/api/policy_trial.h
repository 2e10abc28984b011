/* A route that is given by the parameters of a call, and shown to policies. */
#ifndef BGPD_API_POLICY_TRIAL_H
#define BGPD_API_POLICY_TRIAL_H

#include "api/methods.h"
#include "config/config.h"
#include "config/route.h"
#include "policy/run.h"

/* What policies are shown, and which these are. All owned. */
struct policy_trial {
    struct policy_chain *chain;
    struct policy_neighbor *peer;   /* whose policies they are */
    struct policy_neighbor *source; /* of whom the route is; NULL: of BGPd itself */
    struct static_route route;
    struct attr_block *attrs; /* the canonical attributes of the route, marks included */
    uint8_t own_next_hop[16];
    struct policy_scene scene; /* borrows from all these */
};

/* Makes one of the parameters `policy`, `export`, `peer`, `peer_as`, `from`, `marks`, and those of
 * a route; names mean what `config` has. Else the code of the error of the call. It is to be
 * released in any case. */
int policy_trial_init(struct policy_trial *t, struct method_call *call,
                      const struct config *config);
void policy_trial_release(struct policy_trial *t);

#endif
