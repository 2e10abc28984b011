/* Ordered index of opaque keys: a treap over entries of a slab, in the order of their family
 * (flows: that in which they are matched). It holds the bytes of the keys, too, in an arena of
 * their own, so that their memory goes back to the system with them. */
#ifndef BGPD_RIB_KEY_INDEX_H
#define BGPD_RIB_KEY_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slab.h"
#include "rib/path.h"
#include "wire/family.h"

struct key_index {
    struct slab nodes;
    struct arena keys;
    const struct slab *entries; /* borrowed: struct rib_entry */
    uint32_t root;
    uint32_t seed;
    const struct family_info *info;
};

void key_index_init(struct key_index *x, const struct slab *entries,
                    const struct family_info *info);
void key_index_release(struct key_index *x);
/* The key of an entry; borrowed. */
static inline struct nlri_key key_index_key(const struct key_index *x, const struct rib_entry *e)
{
    return (struct nlri_key){arena_at(&x->keys, e->key.opaque.bytes), e->key.opaque.len_bytes};
}
/* The entry with exactly this key, or 0. */
uint32_t key_index_find(const struct key_index *x, struct nlri_key key);
/* Adds an entry for a key that is not in the index, at most NLRI_MAX_BYTES, and sets it. */
void key_index_insert(struct key_index *x, uint32_t entry, struct nlri_key key);
void key_index_remove(struct key_index *x, uint32_t entry);
/* The first entry after `key`, or at it when `inclusive`; an empty key is before all. 0: none.
 */
uint32_t key_index_after(const struct key_index *x, struct nlri_key key, bool inclusive);

/* Looking for keys by what is in them, in their order. */
struct key_scan {
    struct nlri_key after; /* where to begin: after this key, or at it; empty: at the first */
    bool inclusive;
    uint32_t most; /* that may still be looked at */
    bool (*wanted)(void *ctx, struct nlri_key key);
    void *ctx;
    uint32_t last; /* the entry that was looked at last, or 0 */
    bool found;    /* it is wanted */
};
/* Goes on to the next key that is wanted; false when all were looked at. */
bool key_index_scan(const struct key_index *x, struct key_scan *s);

#endif
