/* Interned attribute sets: equal attributes have the same id, so whatever compares routes compares
 * ids, which take half the room of a pointer. Sets are counted and immutable. Id 0 is none. */
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
_Static_assert(sizeof(struct rib_attrs) <= 44, "attribute sets have grown");

static inline struct span rib_attrs_span(const struct rib_attrs *a)
{
    return span_of(a->bytes, a->len_bytes);
}

/* From here on a set is long. */
#define RIB_ATTRS_LONG_BYTES 512u

struct rib_attrs_slot {
    uint32_t id;   /* counted; 0: free */
    uint32_t hash; /* of the set, beside it: most others are told apart without a look at it */
};

/* One of the few sets that are too large for the arena. */
struct rib_attrs_large {
    struct rib_attrs *set; /* owned; NULL: free */
    uint32_t next_free;    /* index + 1 of the next free one; 0: the last */
};

/* The pool of all sets: an open-addressing hash table. Zero-initialised is empty. */
struct rib_attrs_pool {
    struct arena arena;
    struct rib_attrs_slot *slots; /* owned array */
    uint32_t size;                /* power of two, or 0 */
    uint32_t count;
    /* While the table has another size than before: what has not been moved yet. */
    struct rib_attrs_slot *old; /* owned array; NULL: all has */
    uint32_t old_size;
    uint32_t old_at;               /* the next slot to be moved; goes round */
    uint32_t old_left;             /* slots that were not looked at */
    struct rib_attrs_large *large; /* owned array */
    uint32_t large_count;
    uint32_t large_free; /* index + 1 of the first free one; 0: none */
    size_t large_bytes;  /* that they have together */
    uint64_t long_freed; /* long sets that were, so far */
    /* Of the hashes, so that peers cannot foresee which sets collide: random where peers are not to
     * be trusted. Set while the pool is empty. */
    uint64_t seed;
};

/* Marks the id of a large set; the rest is its index. The arena gives no such references. */
#define RIB_ATTRS_LARGE 0x80000000u

void rib_attrs_pool_release(struct rib_attrs_pool *pool); /* every set must have been released */

/* The set with an id that is not 0. */
static inline struct rib_attrs *rib_attrs_at(const struct rib_attrs_pool *pool, uint32_t id)
{
    return id & RIB_ATTRS_LARGE ? pool->large[id & ~RIB_ATTRS_LARGE].set
                                : arena_at(&pool->arena, id);
}

/* What canonical bytes are found by. */
static inline uint32_t rib_attrs_hash(const struct rib_attrs_pool *pool, struct span canonical)
{
    return (uint32_t)hash_bytes_seeded(canonical.data, canonical.len_bytes, pool->seed);
}

/* Fetches what rib_attrs_intern_hashed will look at first: the slot, and, once that is here, the
 * set that is likely to be the one. Always in line: gcc drops calls of functions that have no
 * effect but this. */
__attribute__((always_inline)) static inline void
rib_attrs_prefetch_slot(const struct rib_attrs_pool *pool, uint32_t hash)
{
    if (pool->size > 0)
        __builtin_prefetch(&pool->slots[hash & (pool->size - 1)]);
}

__attribute__((always_inline)) static inline void
rib_attrs_prefetch(const struct rib_attrs_pool *pool, uint32_t id)
{
    if (id != 0)
        __builtin_prefetch(rib_attrs_at(pool, id));
}

__attribute__((always_inline)) static inline void
rib_attrs_prefetch_likely(const struct rib_attrs_pool *pool, uint32_t hash)
{
    if (pool->size == 0)
        return;
    const struct rib_attrs_slot *slot = &pool->slots[hash & (pool->size - 1)];
    if (slot->hash == hash)
        rib_attrs_prefetch(pool, slot->id);
}

/* The set with these canonical bytes, whose hash is known, with a reference for the caller. */
uint32_t rib_attrs_intern_hashed(struct rib_attrs_pool *pool, struct span canonical, uint32_t hash,
                                 const struct attr_hot *hot);
static inline uint32_t rib_attrs_intern(struct rib_attrs_pool *pool, struct span canonical,
                                        const struct attr_hot *hot)
{
    return rib_attrs_intern_hashed(pool, canonical, rib_attrs_hash(pool, canonical), hot);
}

/* Another reference; the id. */
static inline uint32_t rib_attrs_ref(const struct rib_attrs_pool *pool, uint32_t id)
{
    rib_attrs_at(pool, id)->refs++;
    return id;
}

/* Frees a set without references. */
void rib_attrs_free(struct rib_attrs_pool *pool, uint32_t id);

/* Gives a reference back; the last one frees the set. 0 is allowed. */
static inline void rib_attrs_unref(struct rib_attrs_pool *pool, uint32_t id)
{
    if (id != 0 && --rib_attrs_at(pool, id)->refs == 0)
        rib_attrs_free(pool, id);
}

#endif
