/* Runs of policies (policy/run.h) that are kept, so that what a chain says of an attribute set is
 * found once, however the routes that share it take turns. A direct-mapped table. */
#ifndef BGPD_RIB_KEPT_RUNS_H
#define BGPD_RIB_KEPT_RUNS_H

#include "policy/run.h"
#include "rib/rib_state.h"

struct kept_runs;

/* What a run is about. */
struct kept_run_key {
    struct policy_chain *chain;
    struct policy_neighbor *peer; /* as in struct policy_scene; NULL */
    uint32_t asker;               /* what else the scene depends on, by a number of the caller's */
    uint32_t source;
    uint32_t attrs; /* id of a set */
};

struct kept_runs *kept_runs_new(struct rib *rib, uint32_t count); /* a power of two */
/* Likewise, but what is asked of these does not count in the hits of rules. */
struct kept_runs *kept_runs_new_uncounted(struct rib *rib, uint32_t count);
void kept_runs_free(struct kept_runs *kept);
/* Forgets all, and lets go of what they are about. */
void kept_runs_forget(struct kept_runs *kept);

/* What the runs have done since this was asked last (policy_scratch_take_cost). */
uint32_t kept_runs_take_cost(struct kept_runs *kept);

/* Counts what the runs were asked about in the hits of the rules that held. */
void kept_runs_count_hits(struct kept_runs *kept);

/* The run of a key; `scene` has all but the attributes, and is looked at where there is none yet.
 * Valid until the next call. */
struct policy_run *kept_runs_for(struct kept_runs *kept, const struct kept_run_key *key,
                                 const struct policy_scene *scene);
/* The set of attributes of an outcome of that run; borrowed as long as the run is valid. */
uint32_t kept_outcome_attrs(struct kept_runs *kept, const struct kept_run_key *key,
                            struct policy_outcome *outcome);

#endif
