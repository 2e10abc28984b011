/* What a chain makes of routes.
 *
 * A run is about routes with the same attributes from the same source. What is found of them
 * without a look at their keys is found once: the run is a tree of the tests that look at the key,
 * which grows as keys come whose answers are new. At its leaves are the outcomes.
 *
 * On export a run may be about all receivers at once (scene->peer NULL): then an outcome is what
 * comes of peers in general, with the ASNs of those for which it may be another one. */
#ifndef BGPD_POLICY_RUN_H
#define BGPD_POLICY_RUN_H

#include "policy/chain.h"
#include "policy/scene.h"

struct policy_outcome {
    bool accepted;
    bool unknown;  /* rejected, as a test could not be done or the attributes would be too long */
    uint16_t rule; /* what decided, in the numbers of the chain */
    bool changed;  /* the attributes are others than at first */
    struct span attrs;          /* canonical, as they are at the end; borrowed from the run */
    const struct attr_hot *hot; /* of these */
    /* It may be another one for each peer, and this is of no use; or for those with these ASNs. */
    bool all_differ;
    uint32_t differing_count;
    uint32_t routes; /* that have come to it and are not counted in the hits of the rules yet */
    uint32_t user;   /* what the caller notes of it; 0 at first */
};

struct policy_run;
/* Memory in which attributes are changed, for any number of runs; large. */
struct policy_scratch;

struct policy_scratch *policy_scratch_new(void);
void policy_scratch_free(struct policy_scratch *scratch); /* NULL is allowed */
/* What its runs have done since this was asked last, in tests of short attributes, each of some
 * 10 ns. How long a chain is, only who has written it knows: whoever has to keep to a time ends by
 * this. */
uint32_t policy_scratch_take_cost(struct policy_scratch *scratch);

struct policy_run *policy_run_new(struct policy_scratch *scratch); /* scratch is borrowed */
void policy_run_free(struct policy_run *run);                      /* NULL is allowed */

/* Begins with routes of a scene, whose key does not count. The chain, and what the scene borrows,
 * must stay as long as the run is used. */
void policy_run_begin(struct policy_run *run, const struct policy_chain *chain,
                      const struct policy_scene *scene);
/* The outcome for a key; borrowed until the next call. */
struct policy_outcome *policy_run_for(struct policy_run *run, struct nlri_key key);
/* Takes the keys of several routes (at most NLRI_AT_ONCE; borrowed), which the chain is asked about
 * next: before the run begins or afterwards. What most has to be waited for comes into the cache.
 */
void policy_run_take(struct policy_run *run, const struct policy_chain *chain, enum family family,
                     const struct nlri *nlri, size_t count);
/* Names of the outcomes for the keys that were taken, which stand for the same until the next
 * begin. Memory answers to what is asked of all of them at once. */
void policy_run_for_each(struct policy_run *run, uint32_t *ret_names);
/* The outcome of this name, for so many routes; borrowed until the next call. */
struct policy_outcome *policy_run_named(struct policy_run *run, uint32_t name, uint32_t routes);
/* The ASNs of an outcome that one of these has just returned. */
const uint32_t *policy_run_differing(const struct policy_run *run,
                                     const struct policy_outcome *outcome);
/* Calls `each` for all outcomes so far. */
void policy_run_each(struct policy_run *run,
                     void (*each)(void *ctx, struct policy_outcome *outcome), void *ctx);
/* Counts the routes that outcomes were asked for in the hits of the rules that held. */
void policy_run_count_hits(struct policy_run *run);

/* --- step by step --- */

/* A rule whose condition held. */
struct policy_step {
    uint16_t rule;
    struct span before; /* the attributes; borrowed until the end of the call */
    struct span after;
};

/* The outcome for the route of a scene, key included, with its steps told to `each`. It is found by
 * what finds it otherwise. */
struct policy_outcome *policy_run_explain(struct policy_run *run, const struct policy_chain *chain,
                                          const struct policy_scene *scene,
                                          void (*each)(void *ctx, const struct policy_step *step),
                                          void *ctx);

#endif
