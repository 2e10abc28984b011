/* What a chain makes of routes that have none of the communities which its rules look for: where
 * each rule asks for one, that is known without asking the chain. */
#ifndef BGPD_POLICY_IDLE_H
#define BGPD_POLICY_IDLE_H

#include "policy/policy.h"
#include "wire/community.h"

struct policy_idle {
    bool known;                 /* else the chain is to be asked about every route */
    bool accepts;               /* as they are; else rejects */
    uint16_t rule;              /* what decides, in the numbers of the chain */
    struct community *triggers; /* owned: a route with one of them is to be asked about */
    size_t count;
};

/* That of policies one after the other, which are numbered through as in a chain. */
struct policy_idle policy_idle_of(struct policy *const *policies, size_t count);
void policy_idle_release(struct policy_idle *idle);
/* Counts routes that were not asked about in the hits of what lets them pass. */
void policy_idle_count_hits(struct policy *const *policies, size_t count,
                            enum policy_direction direction, uint64_t routes);

#endif
