/* Interned attribute sets: equal attributes are the same pointer, so whatever compares routes
 * compares pointers. Sets are counted and immutable. */
#ifndef BGPD_RIB_ATTRS_H
#define BGPD_RIB_ATTRS_H

#include <stdint.h>

#include "base/arena.h"
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

/* The set with these canonical bytes, with a reference for the caller. */
struct rib_attrs *rib_attrs_intern(struct rib_attrs_pool *pool, struct span canonical,
                                   const struct attr_hot *hot);

static inline struct rib_attrs *rib_attrs_ref(struct rib_attrs *a)
{
    a->refs++;
    return a;
}

/* Gives a reference back; the last one frees the set. NULL is allowed. */
void rib_attrs_unref(struct rib_attrs_pool *pool, struct rib_attrs *a);

#endif
