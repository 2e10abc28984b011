/* Runs of policies that are kept. A run holds references to all that it is about, so that pointers
 * and ids stand for the same as long as it is kept; a source stands for the same until sources
 * change. */
#include "rib/kept_runs.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

struct kept_run {
    struct kept_run_key key; /* counted; chain NULL: there is none */
    uint64_t changes;        /* of sources, when it was made */
    struct policy_run *run;  /* owned; NULL: not made yet */
};

struct kept_runs {
    struct rib *rib; /* borrowed */
    struct policy_scratch *scratch;
    bool uncounted;
    uint32_t mask;
    struct kept_run at[];
};

struct kept_runs *kept_runs_new(struct rib *rib, uint32_t count)
{
    struct kept_runs *kept = mem_zalloc(sizeof(*kept) + count * sizeof(kept->at[0]));
    kept->rib = rib;
    kept->scratch = policy_scratch_new();
    kept->mask = count - 1;
    return kept;
}

struct kept_runs *kept_runs_new_uncounted(struct rib *rib, uint32_t count)
{
    struct kept_runs *kept = kept_runs_new(rib, count);
    kept->uncounted = true;
    return kept;
}

static void unref_outcome(void *ctx, struct policy_outcome *outcome)
{
    struct rib *rib = ctx;
    rib_attrs_unref(&rib->attrs, outcome->user);
}

static void forget(struct kept_runs *kept, struct kept_run *k)
{
    if (!k->key.chain)
        return;
    if (!kept->uncounted)
        policy_run_count_hits(k->run);
    policy_run_each(k->run, unref_outcome, kept->rib);
    rib_attrs_unref(&kept->rib->attrs, k->key.attrs);
    policy_neighbor_unref(k->key.peer);
    policy_chain_unref(k->key.chain);
    k->key = (struct kept_run_key){0};
}

void kept_runs_forget(struct kept_runs *kept)
{
    for (uint32_t i = 0; i <= kept->mask; i++)
        forget(kept, &kept->at[i]);
}

uint32_t kept_runs_take_cost(struct kept_runs *kept)
{
    return policy_scratch_take_cost(kept->scratch);
}

void kept_runs_count_hits(struct kept_runs *kept)
{
    for (uint32_t i = 0; i <= kept->mask; i++)
        if (kept->at[i].key.chain)
            policy_run_count_hits(kept->at[i].run);
}

void kept_runs_free(struct kept_runs *kept)
{
    kept_runs_forget(kept);
    for (uint32_t i = 0; i <= kept->mask; i++)
        policy_run_free(kept->at[i].run);
    policy_scratch_free(kept->scratch);
    free(kept);
}

static bool is_of(const struct kept_run *k, const struct kept_run_key *key, uint64_t changes)
{
    return k->key.chain == key->chain && k->key.peer == key->peer && k->key.asker == key->asker &&
           k->key.source == key->source && k->key.attrs == key->attrs && k->changes == changes;
}

static void begin(struct kept_runs *kept, struct kept_run *k, const struct kept_run_key *key,
                  const struct policy_scene *scene)
{
    const struct rib_attrs *set = rib_attrs_at(&kept->rib->attrs, key->attrs);
    struct policy_scene now = *scene;
    now.attrs = rib_attrs_span(set);
    now.hot = &set->hot;
    forget(kept, k);
    k->key = *key;
    k->changes = kept->rib->sources.changes;
    policy_chain_ref(key->chain);
    if (key->peer)
        policy_neighbor_ref(key->peer);
    rib_attrs_ref(&kept->rib->attrs, key->attrs);
    if (!k->run)
        k->run = policy_run_new(kept->scratch);
    policy_run_begin(k->run, key->chain, &now);
}

struct policy_run *kept_runs_for(struct kept_runs *kept, const struct kept_run_key *key,
                                 const struct policy_scene *scene)
{
    uint64_t who = hash_mix((uintptr_t)key->chain ^ (uint64_t)key->asker << 32) ^
                   hash_mix((uintptr_t)key->peer);
    uint64_t hash = hash_mix(who ^ (uint64_t)key->attrs << 32 ^ key->source);
    struct kept_run *k = &kept->at[hash & kept->mask];
    if (!is_of(k, key, kept->rib->sources.changes))
        begin(kept, k, key, scene);
    return k->run;
}

uint32_t kept_outcome_attrs(struct kept_runs *kept, const struct kept_run_key *key,
                            struct policy_outcome *outcome)
{
    if (!outcome->changed)
        return key->attrs;
    if (outcome->user == 0)
        outcome->user = rib_attrs_intern(&kept->rib->attrs, outcome->attrs, outcome->hot);
    return outcome->user;
}
