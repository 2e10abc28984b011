/* Changes to unicast tables by the prefixes of messages. While these are mostly new each is made at
 * once. While most are in the table already, they lie anywhere in it: then changes are collected
 * across messages and the entries looked up first, so that they come into the cache side by side.
 */
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
    const struct rib_announcement *current; /* borrowed: the run that prefixes are added to */
    bool current_is_last;                   /* of `runs`; else it is not among them */
    unsigned made;                          /* changes since the last look at how many were known */
    unsigned known;
    bool collecting;
};

/* Begins a run: the prefixes added next are announced with `a`, or withdrawn from a->source when it
 * has no attributes. `a` is borrowed until the next run begins, or no more is added. */
void rib_batch_begin(struct rib_batch *b, const struct rib_announcement *a);
/* Changes the tables by a prefix of the run, now or by the next rib_batch_apply. */
void rib_batch_add(struct rib *rib, struct rib_batch *b, enum family family,
                   const struct prefix *p);
/* Makes the changes that are left. */
void rib_batch_apply(struct rib *rib, struct rib_batch *b);

#endif
