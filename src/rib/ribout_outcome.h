/* Outcomes: what the export policies of a group's parties make of a route.
 *
 * Parties with the same chain are asked together, and only those that the chain may tell apart by
 * who they are (policy/run.h) one by one. A chain that says one and the same of all routes without
 * certain communities is asked about routes that have one of these. So what a route costs is not
 * their number but that of those who may get another thing. */
#ifndef BGPD_RIB_RIBOUT_OUTCOME_H
#define BGPD_RIB_RIBOUT_OUTCOME_H

#include "rib/ribout_chain.h"

/* What a party is told: id of a set; 0: nothing. */
struct party_outcome {
    struct ribout_party *party;
    uint32_t attrs;
};

/* What comes of a route in a group. */
struct outcomes {
    uint32_t common; /* what all others are told */
    uint32_t count;
    struct party_outcome *others; /* owned; by number of the party; each is told another thing */
    /* What they are of, and when they were found: */
    uint32_t attrs; /* counted, as are all ids; 0: nothing is kept here */
    uint32_t source;
    uint32_t party_changes;
    uint64_t changes; /* of sources and views */
    bool for_prefix;  /* of one entry alone */
    uint32_t size;
};

/* Two routes may be looked at side by side: each side has outcomes of its own. */
enum outcome_side { OUTCOME_NOW, OUTCOME_BEFORE, OUTCOME_SIDES };

struct outcome_cache *outcome_cache_new(void);
void outcome_cache_free(struct rib *rib, struct outcome_cache *cache); /* NULL is allowed */
/* Counts what is not in the hits of policies yet. */
void outcome_cache_count_hits(struct outcome_cache *cache); /* NULL is allowed */

/* The outcomes of what a slot of an entry says, before policies, in a group that has such; of
 * nothing all are nothing. Valid until the next call for the side. */
const struct outcomes *outcomes_of(struct ribout *out, struct ribout_group *g,
                                   struct ribout_slot slot, uint32_t entry, enum outcome_side side);
/* How many evaluations it took to find those of a group that were found last; 0 without policies.
 */
uint32_t outcomes_cost(const struct ribout_group *g);
uint32_t outcome_for(const struct outcomes *o, const struct ribout_party *party);

/* Whether some are told nothing. */
bool outcomes_refuse(const struct outcomes *o);

/* What policies have made, id of a set (0: none), is kept nowhere else, and its id would become
 * another set's: it stays until outcomes_let_go. Returns it. */
uint32_t outcome_hold(struct ribout *out, uint32_t attrs);
void outcomes_let_go(struct ribout *out);

/* What one party (NULL: a member without) is told of a path: as outcomes say, but asked for it
 * alone. */
struct rib_told outcome_alone(struct ribout *out, const struct ribout_group *g,
                              const struct ribout_party *party, const struct rib_entry *e,
                              uint32_t attrs, uint32_t source);

#endif
