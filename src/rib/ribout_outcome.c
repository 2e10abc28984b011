/* Outcomes, and a direct-mapped table of those that were found last.
 *
 * What is kept holds as long as the group has the same parties and sources and views are what they
 * were. Where it depends on the prefix (a chain looks at keys, or what is too large for a message),
 * it is found anew each time. */
#include "rib/ribout_outcome.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

#define KEPT_OUTCOMES 1024u /* power of two */
#define SEVERAL       16u   /* different outcomes that are told apart to find the most common one */

/* The parties of a group that have a chain. */
struct chain_parties {
    struct rib_view general; /* of the chain, and nobody in particular; counted by `of` */
    struct ribout_party *
        *of; /* owned array of borrowed parties; by AS where the chain looks at peers */
    uint32_t count;
    uint32_t members;
};

struct outcome_cache {
    struct outcomes at[OUTCOME_SIDES][KEPT_OUTCOMES];
    struct outcomes nothing;
    struct chain_parties *chains; /* owned: of all parties; at `party_changes` and `view_changes` */
    uint32_t chain_count;
    uint32_t party_changes;
    uint64_t view_changes;
    /* Scratch: what each chain says, and parties that differ from the rest of theirs. */
    struct rib_told *says;        /* owned: by chain; attributes counted */
    struct party_outcome *differ; /* owned; likewise */
    uint32_t differ_count;
    uint32_t differ_size;
};

struct outcome_cache *outcome_cache_new(void)
{
    return mem_zalloc(sizeof(struct outcome_cache));
}

static void forget(struct rib *rib, struct outcomes *o)
{
    if (o->attrs == 0)
        return;
    rib_attrs_unref(&rib->attrs, o->attrs);
    rib_attrs_unref(&rib->attrs, o->common);
    for (uint32_t i = 0; i < o->count; i++)
        rib_attrs_unref(&rib->attrs, o->others[i].attrs);
    o->attrs = o->common = o->count = 0;
}

static void forget_chains(struct outcome_cache *cache)
{
    for (uint32_t i = 0; i < cache->chain_count; i++) {
        policy_chain_unref(cache->chains[i].general.chain);
        free(cache->chains[i].of);
    }
    cache->chain_count = 0;
}

void outcome_cache_free(struct rib *rib, struct outcome_cache *cache)
{
    if (!cache)
        return;
    for (unsigned side = 0; side < OUTCOME_SIDES; side++)
        for (unsigned i = 0; i < KEPT_OUTCOMES; i++) {
            forget(rib, &cache->at[side][i]);
            free(cache->at[side][i].others);
        }
    forget_chains(cache);
    free(cache->chains);
    free(cache->says);
    free(cache->differ);
    free(cache);
}

/* --- chains --- */

static struct chain_parties *chain_of(struct outcome_cache *cache, const struct rib_view *view)
{
    for (uint32_t i = 0; i < cache->chain_count; i++)
        if (policy_chain_equal(cache->chains[i].general.chain, view->chain))
            return &cache->chains[i];
    uint32_t count = ++cache->chain_count;
    cache->chains = mem_resize(cache->chains, count, sizeof(*cache->chains));
    cache->says = mem_resize(cache->says, count, sizeof(*cache->says));
    struct chain_parties *c = &cache->chains[count - 1];
    *c = (struct chain_parties){.general = {.chain = policy_chain_ref(view->chain)}};
    return c;
}

static void add_party(struct outcome_cache *cache, struct ribout_party *party)
{
    struct chain_parties *c = chain_of(cache, party->view);
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

/* Finds out anew which parties have which chain, when they have changed. */
static void settle_chains(struct outcome_cache *cache, const struct ribout_group *g,
                          uint64_t view_changes)
{
    if (cache->chain_count > 0 && cache->party_changes == g->party_changes &&
        cache->view_changes == view_changes)
        return;
    forget_chains(cache);
    for (uint32_t i = 0; i < g->party_count; i++)
        if (g->parties[i])
            add_party(cache, g->parties[i]);
    for (uint32_t i = 0; i < cache->chain_count; i++)
        if (cache->chains[i].general.chain->looks_at_peer)
            qsort(cache->chains[i].of, cache->chains[i].count, sizeof(struct ribout_party *),
                  compare_as);
    cache->party_changes = g->party_changes;
    cache->view_changes = view_changes;
}

/* --- finding outcomes --- */

/* What outcomes are found for. */
struct finding {
    struct ribout *out;
    const struct ribout_group *g;
    struct outcome_cache *cache;
    const struct rib_entry *e;
    uint32_t attrs;
    uint32_t source;
    bool for_prefix; /* what was found so far */
    uint32_t look;   /* that parties which differ are marked with */
};

static uint32_t keep(const struct finding *f, uint32_t attrs)
{
    return attrs ? rib_attrs_ref(&f->out->rib->attrs, attrs) : 0;
}

static void add_differing(struct finding *f, const struct chain_parties *c, uint32_t index,
                          uint32_t others)
{
    struct outcome_cache *cache = f->cache;
    struct ribout_party *party = c->of[index];
    if (party->looked_at == f->look)
        return; /* it is noted */
    const struct rib_told told = outcome_alone(f->out, f->g, party, f->e, f->attrs, f->source);
    f->for_prefix |= told.for_prefix;
    if (told.attrs == others)
        return;
    if (cache->differ_count == cache->differ_size) {
        cache->differ_size = cache->differ_size ? cache->differ_size * 2 : 64;
        cache->differ = mem_resize(cache->differ, cache->differ_size, sizeof(*cache->differ));
    }
    party->looked_at = f->look;
    cache->differ[cache->differ_count++] = (struct party_outcome){party, keep(f, told.attrs)};
}

/* The first party of a chain with an AS, or with a higher one. */
static uint32_t first_with_as(const struct chain_parties *c, uint32_t as)
{
    uint32_t low = 0;
    uint32_t high = c->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->of[middle]->view->peer->as < as)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Asks a chain; parties for which it says another thing are noted. */
static void ask_chain(struct finding *f, uint32_t index)
{
    const struct chain_parties *c = &f->cache->chains[index];
    const struct rib_audience who = {&f->g->profile, &c->general, f->g->number};
    struct rib_differ differ;
    struct rib_told told = rib_view_told_in_general(&f->out->views, f->out->rib, &who, f->e,
                                                    f->attrs, f->source, &differ);
    /* Others are asked now, and what differs must outlast that. */
    uint32_t asns[SEVERAL];
    bool each = differ.all || differ.count > SEVERAL;
    f->for_prefix |= told.for_prefix;
    f->cache->says[index] = told;
    f->cache->says[index].attrs = keep(f, told.attrs);
    for (uint32_t i = 0; !each && i < differ.count; i++)
        asns[i] = differ.asns[i];
    for (uint32_t i = 0; each && i < c->count; i++)
        add_differing(f, c, i, told.attrs);
    for (uint32_t k = 0; !each && k < differ.count; k++)
        for (uint32_t i = first_with_as(c, asns[k]);
             i < c->count && c->of[i]->view->peer->as == asns[k]; i++)
            add_differing(f, c, i, told.attrs);
}

/* What most members are told, by what chains say of most of theirs. */
static uint32_t most_common(const struct outcome_cache *cache)
{
    struct {
        uint32_t attrs;
        uint32_t members;
    } several[SEVERAL];
    uint32_t count = 0;
    uint32_t most = 0;
    for (uint32_t i = 0; i < cache->chain_count; i++) {
        uint32_t k = 0;
        while (k < count && several[k].attrs != cache->says[i].attrs)
            k++;
        if (k == SEVERAL)
            continue;
        if (k == count) {
            several[count].attrs = cache->says[i].attrs;
            several[count++].members = 0;
        }
        several[k].members += cache->chains[i].members;
        if (several[k].members > several[most].members)
            most = k;
    }
    return count ? several[most].attrs : 0;
}

static void add_other(const struct finding *f, struct outcomes *o, struct ribout_party *party,
                      uint32_t attrs)
{
    if (o->count == o->size) {
        o->size = o->size ? o->size * 2 : 8;
        o->others = mem_resize(o->others, o->size, sizeof(*o->others));
    }
    o->others[o->count++] = (struct party_outcome){party, keep(f, attrs)};
}

static int compare_parties(const void *a, const void *b)
{
    const struct party_outcome *x = a;
    const struct party_outcome *y = b;
    return x->party->number < y->party->number ? -1 : x->party->number > y->party->number;
}

/* Puts together who is told another thing than most. */
static void gather(const struct finding *f, struct outcomes *o)
{
    struct outcome_cache *cache = f->cache;
    o->common = keep(f, most_common(cache));
    for (uint32_t i = 0; i < cache->differ_count; i++)
        if (cache->differ[i].attrs != o->common)
            add_other(f, o, cache->differ[i].party, cache->differ[i].attrs);
    for (uint32_t i = 0; i < cache->chain_count; i++) {
        const struct chain_parties *c = &cache->chains[i];
        for (uint32_t k = 0; cache->says[i].attrs != o->common && k < c->count; k++)
            if (c->of[k]->looked_at != f->look)
                add_other(f, o, c->of[k], cache->says[i].attrs);
    }
    if (o->count > 1)
        qsort(o->others, o->count, sizeof(*o->others), compare_parties);
}

static void find(struct finding *f, struct outcomes *o)
{
    struct outcome_cache *cache = f->cache;
    struct rib_attrs_pool *pool = &f->out->rib->attrs;
    cache->differ_count = 0;
    for (uint32_t i = 0; i < cache->chain_count; i++)
        ask_chain(f, i);
    gather(f, o);
    for (uint32_t i = 0; i < cache->chain_count; i++)
        rib_attrs_unref(pool, cache->says[i].attrs);
    for (uint32_t i = 0; i < cache->differ_count; i++)
        rib_attrs_unref(pool, cache->differ[i].attrs);
}

const struct outcomes *outcomes_of(struct ribout *out, struct ribout_group *g,
                                   struct ribout_slot slot, uint32_t entry, enum outcome_side side)
{
    struct outcome_cache *cache = g->outcomes;
    if (slot.attrs == 0)
        return &cache->nothing;
    uint64_t changes = out->rib->sources.changes + out->views.changes;
    uint64_t hash = hash_mix((uint64_t)slot.attrs << 32 ^ slot.source);
    struct outcomes *o = &cache->at[side][hash & (KEPT_OUTCOMES - 1)];
    settle_chains(cache, g, out->views.changes);
    if (!o->for_prefix && o->attrs == slot.attrs && o->source == slot.source &&
        o->party_changes == g->party_changes && o->changes == changes)
        return o;
    struct finding f = {.out = out,
                        .g = g,
                        .cache = cache,
                        .e = rib_table_at(g->table, entry),
                        .attrs = slot.attrs,
                        .source = slot.source,
                        .look = ++out->looks};
    forget(out->rib, o);
    out->views.uncounted = side == OUTCOME_BEFORE;
    find(&f, o);
    out->views.uncounted = false;
    o->attrs = keep(&f, slot.attrs);
    o->source = slot.source;
    o->for_prefix = f.for_prefix;
    o->party_changes = g->party_changes;
    o->changes = changes;
    return o;
}

uint32_t outcome_for(const struct outcomes *o, const struct ribout_party *party)
{
    uint32_t low = 0;
    uint32_t high = o->count;
    while (party && low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct ribout_party *other = o->others[middle].party;
        if (other == party)
            return o->others[middle].attrs;
        if (other->number < party->number)
            low = middle + 1;
        else
            high = middle;
    }
    return o->common;
}

struct rib_told outcome_alone(struct ribout *out, const struct ribout_group *g,
                              const struct ribout_party *party, const struct rib_entry *e,
                              uint32_t attrs, uint32_t source)
{
    const struct rib_audience who = {&g->profile, party ? party->view : NULL, g->number};
    return rib_view_told(&out->views, out->rib, &who, e, attrs, source);
}
