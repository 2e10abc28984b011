/* Interned attribute sets: equal attributes are the same pointer, so whatever compares routes
 * compares pointers. Sets are counted and immutable. */
#ifndef BGPD_RIB_ATTRS_H
#define BGPD_RIB_ATTRS_H

#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/span.h"
#include "wire/attr.h"

struct rib_attrs {
    uint32_t refs;
    uint32_t hash;
    uint32_t len_bytes;
    struct attr_hot hot;
    uint8_t bytes[]; /* canonical, see wire/attr.h */
};

/* Beside its bytes a set costs this much; there is one for some six prefixes. */
_Static_assert(sizeof(struct rib_attrs) <= 48, "attribute sets have grown");

static inline struct span rib_attrs_span(const struct rib_attrs *a)
{
    return span_of(a->bytes, a->len_bytes);
}

struct rib_attrs_slot {
    struct rib_attrs *set; /* counted; NULL: free */
    uint32_t block;        /* where the set is in the arena; 0: it is too large for that */
    uint32_t hash; /* of the set, beside it: most others are told apart without a look at it */
};

/* The pool of all sets: an open-addressing hash table. Zero-initialised is empty. */
struct rib_attrs_pool {
    struct arena arena;
    struct rib_attrs_slot *slots; /* owned array */
    uint32_t size;                /* power of two, or 0 */
    uint32_t count;
    /* Of the hashes, so that peers cannot foresee which sets collide: random where peers are not to
     * be trusted. Set while the pool is empty. */
    uint64_t seed;
};

void rib_attrs_pool_release(struct rib_attrs_pool *pool); /* every set must have been released */

/* What canonical bytes are found by. */
static inline uint32_t rib_attrs_hash(const struct rib_attrs_pool *pool, struct span canonical)
{
    return (uint32_t)hash_bytes_seeded(canonical.data, canonical.len_bytes, pool->seed);
}

/* Fetches what rib_attrs_intern_hashed will look at first: the slot, when it was long ago that one
 * with this hash was looked at, and then the set that is likely to be it. */
static inline void rib_attrs_prefetch_slot(const struct rib_attrs_pool *pool, uint32_t hash)
{
    if (pool->size > 0)
        __builtin_prefetch(&pool->slots[hash & (pool->size - 1)]);
}

static inline void rib_attrs_prefetch_set(const struct rib_attrs_pool *pool, uint32_t hash)
{
    if (pool->size == 0)
        return;
    const struct rib_attrs_slot *slot = &pool->slots[hash & (pool->size - 1)];
    if (slot->set && slot->hash == hash)
        __builtin_prefetch(slot->set);
}

/* The set with these canonical bytes, whose hash is known, with a reference for the caller. */
struct rib_attrs *rib_attrs_intern_hashed(struct rib_attrs_pool *pool, struct span canonical,
                                          uint32_t hash, const struct attr_hot *hot);
static inline struct rib_attrs *rib_attrs_intern(struct rib_attrs_pool *pool, struct span canonical,
                                                 const struct attr_hot *hot)
{
    return rib_attrs_intern_hashed(pool, canonical, rib_attrs_hash(pool, canonical), hot);
}

static inline struct rib_attrs *rib_attrs_ref(struct rib_attrs *a)
{
    a->refs++;
    return a;
}

/* Gives a reference back; the last one frees the set. NULL is allowed. */
void rib_attrs_unref(struct rib_attrs_pool *pool, struct rib_attrs *a);

#endif
