/* Changes to unicast tables, collected across messages and made together: when most of them concern
 * prefixes that are in the table already, these are looked up first, so that the entries come into
 * the cache side by side. */
#ifndef BGPD_RIB_BATCH_H
#define BGPD_RIB_BATCH_H

#include "rib/rib.h"

#define RIB_BATCH_MAX 32u

struct rib_batch {
    struct rib_batch_item {
        struct prefix prefix;
        uint8_t family;
        uint8_t run; /* index into `runs` */
    } items[RIB_BATCH_MAX];
    struct rib_announcement runs[RIB_BATCH_MAX]; /* with references to their sets */
    unsigned item_count;
    unsigned run_count;
    bool mostly_known; /* of the last batch, more than half was in the table already */
};

/* Begins a run: the prefixes added next are announced with `a`, or withdrawn from a->source when it
 * has no attributes. */
void rib_batch_begin(struct rib *rib, struct rib_batch *b, const struct rib_announcement *a);
/* Adds a prefix to the run; changes the tables when the batch is full. */
void rib_batch_add(struct rib *rib, struct rib_batch *b, enum family family,
                   const struct prefix *p);
/* Makes the changes that are left; the batch is empty then. */
void rib_batch_apply(struct rib *rib, struct rib_batch *b);

#endif
