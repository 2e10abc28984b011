/* Chains of a group: an index of the communities that have one asked. */
#include "rib/ribout_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/community_set.h"

struct chain_trigger {
    struct community community;
    uint32_t chain; /* index */
};

static void forget(struct group_chains *chains)
{
    group_chains_count_hits(chains);
    for (uint32_t i = 0; i < chains->count; i++) {
        policy_chain_unref(chains->at[i].general.chain);
        free(chains->at[i].of);
    }
    chains->count = chains->trigger_count = chains->asked_always = 0;
    chains->accepting.count = chains->accepting.members = 0;
    chains->rejecting.count = chains->rejecting.members = 0;
}

void group_chains_release(struct group_chains *chains)
{
    forget(chains);
    free(chains->at);
    free(chains->triggers);
    free(chains->accepting.chains);
    free(chains->rejecting.chains);
    free(chains->asked);
    *chains = (struct group_chains){0};
}

void group_chains_count_hits(struct group_chains *chains)
{
    for (uint32_t i = 0; i < chains->count; i++) {
        struct group_chain *c = &chains->at[i];
        const struct policy_chain *chain = c->general.chain;
        if (chain->idle.known)
            policy_idle_count_hits(chain->policies, chain->policy_count, POLICY_EXPORT,
                                   chains->routes - c->seen_from - c->asked);
        c->seen_from = chains->routes;
        c->asked = 0;
    }
}

/* --- finding --- */

static struct group_chain *chain_of(struct group_chains *chains, const struct rib_view *view)
{
    for (uint32_t i = 0; i < chains->count; i++)
        if (policy_chain_equal(chains->at[i].general.chain, view->chain))
            return &chains->at[i];
    chains->at = mem_resize(chains->at, chains->count + 1, sizeof(*chains->at));
    struct group_chain *c = &chains->at[chains->count++];
    *c = (struct group_chain){.general = {.chain = policy_chain_ref(view->chain)},
                              .seen_from = chains->routes};
    return c;
}

static void add_party(struct group_chains *chains, struct ribout_party *party)
{
    struct group_chain *c = chain_of(chains, party->view);
    if ((c->count & (c->count - 1)) == 0) /* a power of two: full */
        c->of = mem_resize(c->of, c->count ? c->count * 2 : 1, sizeof(struct ribout_party *));
    c->of[c->count++] = party;
    c->members += party->members;
}

static int compare_as(const void *a, const void *b)
{
    const struct policy_neighbor *x = (*(struct ribout_party *const *)a)->view->peer;
    const struct policy_neighbor *y = (*(struct ribout_party *const *)b)->view->peer;
    return x->as < y->as ? -1 : x->as > y->as;
}

static int compare_communities(const struct community *a, const struct community *b)
{
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return memcmp(a->bytes, b->bytes, community_len_bytes(a->kind));
}

static int compare_triggers(const void *a, const void *b)
{
    return compare_communities(&((const struct chain_trigger *)a)->community,
                               &((const struct chain_trigger *)b)->community);
}

static void add_triggers(struct group_chains *chains, uint32_t index)
{
    const struct policy_idle *idle = &chains->at[index].general.chain->idle;
    struct chain_idlers *idlers = idle->accepts ? &chains->accepting : &chains->rejecting;
    chains->triggers = mem_resize(chains->triggers, chains->trigger_count + idle->count + 1,
                                  sizeof(*chains->triggers));
    for (size_t i = 0; i < idle->count; i++)
        chains->triggers[chains->trigger_count++] =
            (struct chain_trigger){idle->triggers[i], index};
    idlers->chains = mem_resize(idlers->chains, idlers->count + 1, sizeof(*idlers->chains));
    idlers->chains[idlers->count++] = index;
    idlers->members += chains->at[index].members;
}

static void index_chains(struct group_chains *chains)
{
    chains->asked = mem_resize(chains->asked, chains->count + 1, sizeof(*chains->asked));
    for (uint32_t i = 0; i < chains->count; i++) {
        const struct group_chain *c = &chains->at[i];
        if (c->general.chain->looks_at_peer)
            qsort(c->of, c->count, sizeof(struct ribout_party *), compare_as);
        if (c->general.chain->idle.known)
            add_triggers(chains, i);
        else
            chains->asked[chains->asked_always++] = i;
    }
    if (chains->trigger_count > 1)
        qsort(chains->triggers, chains->trigger_count, sizeof(*chains->triggers), compare_triggers);
}

void group_chains_settle(struct group_chains *chains, const struct ribout_group *g,
                         uint64_t view_changes)
{
    if (chains->count > 0 && chains->party_changes == g->party_changes &&
        chains->view_changes == view_changes)
        return;
    forget(chains);
    for (uint32_t i = 0; i < g->party_count; i++)
        if (g->parties[i])
            add_party(chains, g->parties[i]);
    index_chains(chains);
    chains->party_changes = g->party_changes;
    chains->view_changes = view_changes;
}

/* --- asking --- */

/* The first trigger that is a community or comes after it. */
static uint32_t first_trigger(const struct group_chains *chains, const struct community *c)
{
    uint32_t low = 0;
    uint32_t high = chains->trigger_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_communities(&chains->triggers[middle].community, c) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void ask(struct group_chains *chains, uint32_t index, bool counted)
{
    chains->at[index].asked_in = chains->looks;
    chains->at[index].asked += counted;
}

const uint32_t *group_chains_ask(struct group_chains *chains, struct span attrs, bool counted,
                                 uint32_t *ret_count)
{
    uint32_t count = chains->asked_always;
    chains->looks++;
    chains->routes += counted;
    for (uint32_t i = 0; i < count; i++)
        ask(chains, chains->asked[i], counted);
    if (chains->trigger_count > 0) {
        struct community_cursor cursor = community_cursor_over(attrs, UINT32_MAX);
        struct community c;
        while (community_cursor_next(&cursor, &c))
            for (uint32_t i = first_trigger(chains, &c);
                 i < chains->trigger_count &&
                 compare_communities(&chains->triggers[i].community, &c) == 0;
                 i++) {
                uint32_t index = chains->triggers[i].chain;
                if (group_chain_is_asked(chains, index))
                    continue;
                ask(chains, index, counted);
                chains->asked[count++] = index;
            }
    }
    *ret_count = count;
    return chains->asked;
}
