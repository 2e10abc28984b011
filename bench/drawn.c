/* Draws attributes. AS_PATH is "sender, generation, transit …, origin".
 *
 * Traits are what policies look for. Each has its numbers of its own, which are drawn for nothing
 * else, and what a set has without traits does not depend on them. */
#include "drawn.h"

#include <string.h>

#include "rng.h"

/* Of TRAITS_IMPORT a set has one, or none. */
enum trait {
    TRAIT_NONE,
    TRAIT_BOGON_AS,   /* an ASN in the path that nobody has */
    TRAIT_LONG_PATH,  /* the origin has prepended itself until there were over 50 */
    TRAIT_TIER1,      /* a large network in the path */
    TRAIT_BLACKHOLE,  /* 65535:666 */
    TRAIT_LOW,        /* 65000:80: please prefer others */
    TRAIT_HIGH,       /* 65000:200 … 65000:299 */
    TRAIT_ORIGIN,     /* one of 2,000 origins */
    TRAIT_EXPRESSION, /* "7018 ORIGIN" at the end of the path */
};

static const struct {
    enum trait trait;
    uint32_t per_mille;
} trait_shares[] = {
    {TRAIT_BOGON_AS, 2}, {TRAIT_LONG_PATH, 1}, {TRAIT_TIER1, 3},   {TRAIT_BLACKHOLE, 2},
    {TRAIT_LOW, 10},     {TRAIT_HIGH, 10},     {TRAIT_ORIGIN, 20}, {TRAIT_EXPRESSION, 10},
};

static const uint32_t tier1[] = {174, 701, 1299, 2914, 3257, 3320, 3356, 3491, 5511, 6461, 6762};

enum { LONG_PATH_REPEATS = 55, WATCHED_ORIGINS = 2000 };
static const uint32_t EXPRESSION_AS = 7018, BOGON_AS = 65600, FIRST_WATCHED_ORIGIN = 400000;

static enum trait trait_of(const struct plan *p, uint32_t sender, const struct table_set *set)
{
    if (p->traits == TRAITS_MEMBERS)
        return rng_of(set->id, 2000 + sender) % 100 ? TRAIT_NONE : TRAIT_BOGON_AS;
    if (p->traits != TRAITS_IMPORT)
        return TRAIT_NONE;
    uint32_t x = (uint32_t)(rng_of(set->id, 40) % 1000);
    for (size_t i = 0; i < sizeof trait_shares / sizeof trait_shares[0]; i++) {
        if (x < trait_shares[i].per_mille)
            return trait_shares[i].trait;
        x -= trait_shares[i].per_mille;
    }
    return TRAIT_NONE;
}

static uint32_t draw_transit(struct rng *r)
{
    return 1000 + 7 * rng_below(r, 20 + rng_below(r, 3000)); /* the first ones are everywhere */
}

static uint32_t draw_origin(struct rng *r)
{
    return rng_below(r, 10) < 3 ? 196608 + rng_below(r, 200000) : 24000 + rng_below(r, 36000);
}

/* --- AS_PATH --- */

static void add_as(struct drawn *d, uint32_t as)
{
    d->path[d->path_count++] = as;
}

/* What stands in front of the origin. */
static void add_trait_to_path(struct drawn *d, enum trait trait, const struct table_set *set)
{
    uint32_t x = (uint32_t)rng_of(set->id, 41);
    if (trait == TRAIT_BOGON_AS)
        add_as(d, BOGON_AS + x % 1000);
    else if (trait == TRAIT_TIER1)
        add_as(d, tier1[x % (sizeof tier1 / sizeof tier1[0])]);
    else if (trait == TRAIT_EXPRESSION)
        add_as(d, EXPRESSION_AS);
}

static uint32_t origin_of(const struct table_set *set, enum trait trait)
{
    struct rng of_set = {.state = set->id};
    if (trait == TRAIT_ORIGIN)
        return FIRST_WATCHED_ORIGIN + 7 * (uint32_t)(rng_of(set->id, 42) % WATCHED_ORIGINS);
    return set->origin_as ? set->origin_as : draw_origin(&of_set);
}

static void draw_path(struct drawn *d, const struct plan *p, uint32_t sender,
                      const struct table_set *set, enum trait trait)
{
    struct rng r = {.state = rng_of(set->id, 1000 + sender)};
    uint32_t transits = (uint32_t)(rng_of(set->id, 3) % 3) + plan_detour(p, set, sender);
    add_as(d, p->sender_as + sender);
    add_as(d, plan_generation_as(p, set));
    for (uint32_t i = 0; i < transits; i++)
        add_as(d, draw_transit(&r));
    add_trait_to_path(d, trait, set);
    uint32_t repeats = trait == TRAIT_LONG_PATH ? LONG_PATH_REPEATS : 1;
    for (uint32_t i = 0; i < repeats; i++)
        add_as(d, origin_of(set, trait));
}

/* --- communities --- */

static void add_community(struct drawn *d, uint32_t as, uint32_t value)
{
    d->communities[d->community_count++] = drawn_community(as, value);
}

uint32_t drawn_meant_for(const struct plan *p, uint32_t sender, const struct table_set *set)
{
    /* Members ask for themselves, others say it of the set. */
    uint64_t of = p->traits == TRAITS_MEMBERS ? set->id * PLAN_SENDERS_MAX + sender : set->id;
    if ((p->traits != TRAITS_PEERS && p->traits != TRAITS_MEMBERS) || rng_of(of, 43) % 10)
        return PLAN_NOBODY;
    return (uint32_t)(rng_of(of, 44) % p->senders);
}

static void add_trait_communities(struct drawn *d, const struct plan *p, uint32_t sender,
                                  const struct table_set *set, enum trait trait)
{
    if (trait == TRAIT_BLACKHOLE)
        add_community(d, 65535, 666);
    else if (trait == TRAIT_LOW)
        add_community(d, 65000, 80);
    else if (trait == TRAIT_HIGH)
        add_community(d, 65000, 200 + (uint32_t)(rng_of(set->id, 41) % 100));
    uint32_t peer = drawn_meant_for(p, sender, set);
    if (peer == PLAN_NOBODY)
        return;
    add_community(d, 0, p->sender_as + peer);
    add_community(d, 65000, peer % DRAWN_CLASSES);
}

static void draw_communities(struct drawn *d, struct rng *r)
{
    uint32_t kind = rng_below(r, 20);
    uint32_t count = kind < 8 ? 0 : kind < 15 ? 1 + rng_below(r, 3) : 4 + rng_below(r, 5);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t as = draw_transit(r);
        add_community(d, as, 100 + 10 * rng_below(r, 400));
    }
}

void drawn_make(struct drawn *d, const struct plan *p, uint32_t sender, const struct table_set *set)
{
    memset(d, 0, sizeof *d);
    enum trait trait = trait_of(p, sender, set);
    struct rng r = {.state = rng_of(set->id, 5 + sender)};
    d->origin = rng_below(&r, 10) ? 0 : 2;
    draw_path(d, p, sender, set, trait);
    d->has_med = rng_below(&r, 100) < 15;
    if (d->has_med)
        d->med = 10 * rng_below(&r, 20);
    d->has_aggregator = rng_below(&r, 100) < 4;
    d->aggregator_as = 0x5d00 | (uint8_t)set->id;
    d->aggregator = 0x0a010100 | (1 + sender % 250);
    draw_communities(d, &r);
    add_trait_communities(d, p, sender, set, trait);
}
