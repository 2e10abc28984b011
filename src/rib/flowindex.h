/* Ordered index of flows: a treap over entries of a slab, in the order in which flows are matched
 * (RFC 8955 §5.1). */
#ifndef BGPD_RIB_FLOWINDEX_H
#define BGPD_RIB_FLOWINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slab.h"
#include "base/span.h"

struct flow_index {
    struct slab nodes;
    const struct slab *entries; /* borrowed: struct rib_entry */
    uint32_t root;
    uint32_t seed;
    uint8_t ip_version;
};

void flow_index_init(struct flow_index *f, const struct slab *entries, uint8_t ip_version);
void flow_index_release(struct flow_index *f);
/* The entry with exactly this flow, or 0. */
uint32_t flow_index_find(const struct flow_index *f, struct span flow);
/* Adds an entry, whose key must be set and must not be in the index. */
void flow_index_insert(struct flow_index *f, uint32_t entry);
void flow_index_remove(struct flow_index *f, uint32_t entry);
/* The first entry behind `flow`, or at it when `inclusive`; an empty flow is before all. 0: none.
 */
uint32_t flow_index_after(const struct flow_index *f, struct span flow, bool inclusive);

#endif
