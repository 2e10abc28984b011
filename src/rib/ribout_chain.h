/* The export chains of a group's parties, and which of them are to be asked about a route. */
#ifndef BGPD_RIB_RIBOUT_CHAIN_H
#define BGPD_RIB_RIBOUT_CHAIN_H

#include "rib/ribout_party.h"

/* The parties that have a chain. */
struct group_chain {
    struct rib_view general;  /* of the chain, and nobody in particular; the chain is counted */
    struct ribout_party **of; /* owned array of borrowed parties; by AS where it looks at peers */
    uint32_t count;
    uint32_t members;
    uint32_t asked_in;  /* the last look at a route in which it was asked about it */
    uint64_t asked;     /* how often it was, … */
    uint64_t seen_from; /* … of the routes from this number on; not in the hits yet */
};

/* Chains that are to be asked about some routes only, and make the same of all others. */
struct chain_idlers {
    uint32_t *chains; /* owned: indices */
    uint32_t count;
    uint32_t members;
};

/* Zero-initialised is of no parties. */
struct group_chains {
    struct group_chain *at; /* owned */
    uint32_t count;
    uint32_t party_changes; /* of the group, and of views, when they were found */
    uint64_t view_changes;
    struct chain_trigger *triggers; /* owned: communities that have a chain asked, ascending */
    uint32_t trigger_count;
    struct chain_idlers accepting; /* as it is */
    struct chain_idlers rejecting;
    uint32_t *asked; /* owned: indices of those to be asked about all routes, then of those about
                        the present one */
    uint32_t asked_always;
    uint32_t looks;  /* at routes, so far */
    uint64_t routes; /* that count in hits, so far */
};

void group_chains_release(struct group_chains *chains);
/* Finds them anew where parties or views have changed. */
void group_chains_settle(struct group_chains *chains, const struct ribout_group *g,
                         uint64_t view_changes);
/* The chains to be asked about a route with these attributes; all others are idle. `counted`: that
 * goes into the hits. Valid until the next call. */
const uint32_t *group_chains_ask(struct group_chains *chains, struct span attrs, bool counted,
                                 uint32_t *ret_count);
static inline bool group_chain_is_asked(const struct group_chains *chains, uint32_t index)
{
    return chains->at[index].asked_in == chains->looks;
}
/* Counts the routes about which idle chains were not asked in the hits of what lets these pass. */
void group_chains_count_hits(struct group_chains *chains);

#endif
