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
#define KEPT_OTHERS   64u   /* parties told other things: outcomes of more are not kept */
#define SEVERAL       16u   /* different outcomes that are told apart to find the most common one */

struct outcome_cache {
    struct outcomes at[OUTCOME_SIDES][KEPT_OUTCOMES];
    struct outcomes last[OUTCOME_SIDES]; /* what was found last and is not kept there */
    uint32_t cost;                       /* evaluations that it took */
    struct outcomes nothing;
    struct group_chains chains;
    /* Scratch: what those chains say that are asked, and parties that differ from the rest of
     * theirs. */
    struct rib_told *says; /* owned: by chain; attributes counted */
    uint32_t says_size;
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

static void release(struct rib *rib, struct outcomes *o)
{
    forget(rib, o);
    free(o->others);
}

void outcome_cache_free(struct rib *rib, struct outcome_cache *cache)
{
    if (!cache)
        return;
    for (unsigned side = 0; side < OUTCOME_SIDES; side++) {
        for (unsigned i = 0; i < KEPT_OUTCOMES; i++)
            release(rib, &cache->at[side][i]);
        release(rib, &cache->last[side]);
    }
    group_chains_release(&cache->chains);
    free(cache->says);
    free(cache->differ);
    free(cache);
}

void outcome_cache_count_hits(struct outcome_cache *cache)
{
    if (cache)
        group_chains_count_hits(&cache->chains);
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
    bool for_prefix;       /* what was found so far */
    uint32_t look;         /* that parties which differ are marked with */
    const uint32_t *asked; /* indices of chains */
    uint32_t asked_count;
    uint32_t cost;     /* evaluations */
    uint32_t as_it_is; /* what those are told who accept it without being asked; counted */
};

static uint32_t keep(const struct finding *f, uint32_t attrs)
{
    return attrs ? rib_attrs_ref(&f->out->rib->attrs, attrs) : 0;
}

/* A long chain costs more than one evaluation of a short one. */
static void pay_for_length(struct ribout *out, const struct rib_view *view)
{
    enum { OPS_OF_SHORT = 16 };
    if (view && view->chain)
        out->cost += view->chain->op_count / OPS_OF_SHORT;
}

static void add_differing(struct finding *f, const struct group_chain *c, uint32_t index,
                          uint32_t others)
{
    struct outcome_cache *cache = f->cache;
    struct ribout_party *party = c->of[index];
    if (party->looked_at == f->look)
        return; /* it is noted */
    const struct rib_told told = outcome_alone(f->out, f->g, party, f->e, f->attrs, f->source);
    f->for_prefix |= told.for_prefix;
    f->cost++;
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
static uint32_t first_with_as(const struct group_chain *c, uint32_t as)
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
    const struct group_chain *c = &f->cache->chains.at[index];
    const struct rib_audience who = {&f->g->profile, &c->general, f->g->number};
    struct rib_differ differ;
    struct rib_told told = rib_view_told_in_general(&f->out->views, f->out->rib, &who, f->e,
                                                    f->attrs, f->source, &differ);
    pay_for_length(f->out, &c->general);
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

/* Members by what they are told, as far as that is not many different things. */
struct tally {
    struct {
        uint32_t attrs;
        int64_t members;
    } several[SEVERAL];
    uint32_t count;
};

static void tally_add(struct tally *t, uint32_t attrs, int64_t members)
{
    uint32_t k = 0;
    while (k < t->count && t->several[k].attrs != attrs)
        k++;
    if (k == SEVERAL)
        return;
    if (k == t->count)
        t->several[t->count++].attrs = attrs;
    t->several[k].members += members;
}

/* What most members are told, by what chains say of most of theirs. */
static uint32_t most_common(const struct finding *f)
{
    const struct group_chains *chains = &f->cache->chains;
    struct tally t = {0};
    uint32_t most = 0;
    tally_add(&t, f->as_it_is, chains->accepting.members);
    tally_add(&t, 0, chains->rejecting.members);
    for (uint32_t i = 0; i < f->asked_count; i++) {
        const struct group_chain *c = &chains->at[f->asked[i]];
        const struct policy_idle *idle = &c->general.chain->idle;
        if (idle->known)
            tally_add(&t, idle->accepts ? f->as_it_is : 0, -(int64_t)c->members);
        tally_add(&t, f->cache->says[f->asked[i]].attrs, c->members);
    }
    for (uint32_t k = 1; k < t.count; k++)
        if (t.several[k].members > t.several[most].members)
            most = k;
    return t.several[most].attrs;
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

/* Adds the parties of a chain, but for those that differ. */
static void add_parties(const struct finding *f, struct outcomes *o, const struct group_chain *c,
                        uint32_t attrs)
{
    for (uint32_t k = 0; k < c->count; k++)
        if (c->of[k]->looked_at != f->look)
            add_other(f, o, c->of[k], attrs);
}

static void add_idlers(const struct finding *f, struct outcomes *o,
                       const struct chain_idlers *idlers, uint32_t attrs)
{
    const struct group_chains *chains = &f->cache->chains;
    for (uint32_t i = 0; attrs != o->common && i < idlers->count; i++)
        if (!group_chain_is_asked(chains, idlers->chains[i]))
            add_parties(f, o, &chains->at[idlers->chains[i]], attrs);
}

/* Puts together who is told another thing than most. */
static void gather(const struct finding *f, struct outcomes *o)
{
    struct outcome_cache *cache = f->cache;
    o->common = keep(f, most_common(f));
    for (uint32_t i = 0; i < cache->differ_count; i++)
        if (cache->differ[i].attrs != o->common)
            add_other(f, o, cache->differ[i].party, cache->differ[i].attrs);
    for (uint32_t i = 0; i < f->asked_count; i++) {
        uint32_t attrs = cache->says[f->asked[i]].attrs;
        if (attrs != o->common)
            add_parties(f, o, &cache->chains.at[f->asked[i]], attrs);
    }
    add_idlers(f, o, &cache->chains.accepting, f->as_it_is);
    add_idlers(f, o, &cache->chains.rejecting, 0);
    if (o->count > 1)
        qsort(o->others, o->count, sizeof(*o->others), compare_parties);
}

/* What is told of a route that a chain lets pass without being asked. */
static void find_as_it_is(struct finding *f)
{
    if (f->cache->chains.accepting.count == 0)
        return;
    const struct rib_told told = outcome_alone(f->out, f->g, NULL, f->e, f->attrs, f->source);
    f->for_prefix |= told.for_prefix;
    f->as_it_is = keep(f, told.attrs);
}

static void find(struct finding *f, struct outcomes *o)
{
    struct outcome_cache *cache = f->cache;
    struct rib_attrs_pool *pool = &f->out->rib->attrs;
    if (cache->says_size < cache->chains.count) {
        cache->says_size = cache->chains.count;
        cache->says = mem_resize(cache->says, cache->says_size, sizeof(*cache->says));
    }
    f->asked = group_chains_ask(&cache->chains, rib_attrs_span(rib_attrs_at(pool, f->attrs)),
                                !f->out->views.uncounted, &f->asked_count);
    cache->differ_count = 0;
    find_as_it_is(f);
    f->cost += f->asked_count;
    for (uint32_t i = 0; i < f->asked_count; i++)
        ask_chain(f, f->asked[i]);
    gather(f, o);
    for (uint32_t i = 0; i < f->asked_count; i++)
        rib_attrs_unref(pool, cache->says[f->asked[i]].attrs);
    for (uint32_t i = 0; i < cache->differ_count; i++)
        rib_attrs_unref(pool, cache->differ[i].attrs);
    rib_attrs_unref(pool, f->as_it_is);
}

/* Whether outcomes are those of a slot; `now` says when. */
static bool are_of(const struct outcomes *o, const struct outcomes *now)
{
    return !o->for_prefix && o->attrs == now->attrs && o->source == now->source &&
           o->party_changes == now->party_changes && o->changes == now->changes;
}

/* Finds outcomes anew. */
static void find_anew(struct finding *f, enum outcome_side side, const struct outcomes *now,
                      struct outcomes *o)
{
    forget(f->out->rib, o);
    f->out->views.uncounted = side == OUTCOME_BEFORE;
    find(f, o);
    f->out->views.uncounted = false;
    f->out->cost += f->cost;
    f->cache->cost = f->cost;
    o->attrs = keep(f, now->attrs);
    o->source = now->source;
    o->for_prefix = f->for_prefix;
    o->party_changes = now->party_changes;
    o->changes = now->changes;
}

const struct outcomes *outcomes_of(struct ribout *out, struct ribout_group *g,
                                   struct ribout_slot slot, uint32_t entry, enum outcome_side side)
{
    struct outcome_cache *cache = g->outcomes;
    if (slot.attrs == 0)
        return &cache->nothing;
    const struct outcomes now = {.attrs = slot.attrs,
                                 .source = slot.source,
                                 .party_changes = g->party_changes,
                                 .changes = out->rib->sources.changes + out->views.changes};
    uint64_t hash = hash_mix((uint64_t)slot.attrs << 32 ^ slot.source);
    struct outcomes *kept = &cache->at[side][hash & (KEPT_OUTCOMES - 1)];
    struct outcomes *last = &cache->last[side];
    group_chains_settle(&cache->chains, g, out->views.changes);
    if (are_of(kept, &now))
        return kept;
    if (are_of(last, &now))
        return last;
    struct finding f = {.out = out,
                        .g = g,
                        .cache = cache,
                        .e = rib_table_at(g->table, entry),
                        .attrs = slot.attrs,
                        .source = slot.source,
                        .look = ++out->looks};
    find_anew(&f, side, &now, last);
    if (last->for_prefix || last->count > KEPT_OTHERS)
        return last;
    const struct outcomes before = *kept;
    *kept = *last;
    *last = before;
    forget(out->rib, last);
    return kept;
}

uint32_t outcomes_cost(const struct ribout_group *g)
{
    return g->outcomes ? g->outcomes->cost : 0;
}

bool outcomes_refuse(const struct outcomes *o)
{
    bool refuse = o->common == 0;
    for (uint32_t i = 0; i < o->count && !refuse; i++)
        refuse = o->others[i].attrs == 0;
    return refuse;
}

uint32_t outcome_hold(struct ribout *out, uint32_t attrs)
{
    if (attrs == 0)
        return 0;
    if (out->held_count == out->held_size) {
        out->held_size = out->held_size ? out->held_size * 2 : 16;
        out->held = mem_resize(out->held, out->held_size, sizeof(*out->held));
    }
    return out->held[out->held_count++] = rib_attrs_ref(&out->rib->attrs, attrs);
}

void outcomes_let_go(struct ribout *out)
{
    for (uint32_t i = 0; i < out->held_count; i++)
        rib_attrs_unref(&out->rib->attrs, out->held[i]);
    out->held_count = 0;
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
    pay_for_length(out, party ? party->view : NULL);
    return rib_view_told(&out->views, out->rib, &who, e, attrs, source);
}
