/* Ordered index of flows: a treap over entries of a slab, in the order in which flows are matched
 * (RFC 8955 §5.1). It holds the bytes of the flows, too, in an arena of their own, so that their
 * memory goes back to the system with them. */
#ifndef BGPD_RIB_FLOWINDEX_H
#define BGPD_RIB_FLOWINDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slab.h"
#include "base/span.h"
#include "rib/path.h"

struct flow_index {
    struct slab nodes;
    struct arena keys;
    const struct slab *entries; /* borrowed: struct rib_entry */
    uint32_t root;
    uint32_t seed;
    uint8_t ip_version;
};

void flow_index_init(struct flow_index *f, const struct slab *entries, uint8_t ip_version);
void flow_index_release(struct flow_index *f);
/* The flow of an entry; borrowed. */
static inline struct span flow_index_key(const struct flow_index *f, const struct rib_entry *e)
{
    return span_of(arena_at(&f->keys, e->key.flow.bytes), e->key.flow.len_bytes);
}
/* The entry with exactly this flow, or 0. */
uint32_t flow_index_find(const struct flow_index *f, struct span flow);
/* Adds an entry for a flow that is not in the index, at most FLOW_MAX_BYTES, and sets its key. */
void flow_index_insert(struct flow_index *f, uint32_t entry, struct span flow);
void flow_index_remove(struct flow_index *f, uint32_t entry);
/* The first entry after `flow`, or at it when `inclusive`; an empty flow is before all. 0: none.
 */
uint32_t flow_index_after(const struct flow_index *f, struct span flow, bool inclusive);

/* Looking for flows by what is in them, in their order. */
struct flow_scan {
    struct span after; /* where to begin: after this flow, or at it; empty: at the first */
    bool inclusive;
    uint32_t most; /* that may still be looked at */
    bool (*wanted)(void *ctx, struct span flow);
    void *ctx;
    uint32_t last; /* the entry that was looked at last, or 0 */
    bool found;    /* it is wanted */
};
/* Goes on to the next flow that is wanted; false when all were looked at. */
bool flow_index_scan(const struct flow_index *f, struct flow_scan *s);

#endif
