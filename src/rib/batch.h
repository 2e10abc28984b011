/* Changes to unicast tables by the prefixes of messages, collected across messages.
 *
 * What a change needs lies anywhere in memory: the slot and the set of its attributes, the nodes on
 * the way to its prefix, its entry. All changes of a batch ask for theirs before the first one is
 * made, so that memory answers to all of them at once. */
#ifndef BGPD_RIB_BATCH_H
#define BGPD_RIB_BATCH_H

#include "rib/rib.h"

#define RIB_BATCH_PREFIXES 64u
#define RIB_BATCH_RUNS     32u
#define RIB_BATCH_BYTES    8192u /* of attributes */

/* Prefixes that are announced with the same attributes, or withdrawn. */
struct rib_batch_run {
    struct rib_announcement what; /* its sets are counted; 0 until they are looked for */
    struct span attrs;            /* canonical bytes whose set has still to be looked for */
    struct attr_hot hot;
    uint32_t hash;
};

struct rib_batch {
    struct rib_batch_item {
        struct prefix prefix;
        uint8_t family;
        uint8_t run; /* index into `runs` */
    } items[RIB_BATCH_PREFIXES];
    struct rib_batch_run runs[RIB_BATCH_RUNS];
    unsigned item_count;
    unsigned run_count;
    uint32_t bytes_used;
    bool mostly_known; /* of the last changes: the source had a path for most of the prefixes */
    uint8_t bytes[RIB_BATCH_BYTES]; /* what the attributes of runs are kept in */
};

/* Begins a run: the prefixes added next are announced as `what` says, with the attributes that have
 * these canonical bytes and hot fields. All of it is copied; the sets of `what` are not looked at.
 */
void rib_batch_announce(struct rib *rib, struct rib_batch *b, const struct rib_announcement *what,
                        struct span canonical, const struct attr_hot *hot);
/* The same for prefixes that are withdrawn from a source. */
void rib_batch_withdraw(struct rib *rib, struct rib_batch *b, uint32_t source, uint32_t path_id);
/* Makes the changes so far; the run goes on. */
void rib_batch_make_room(struct rib *rib, struct rib_batch *b);

/* Adds a prefix to the run, for the table of a family, which changes by it now or by the next
 * rib_batch_apply. The prefix is for the caller to fill in at once. */
static inline struct prefix *rib_batch_add(struct rib *rib, struct rib_batch *b, enum family family)
{
    if (b->item_count == RIB_BATCH_PREFIXES)
        rib_batch_make_room(rib, b);
    struct rib_batch_item *item = &b->items[b->item_count++];
    item->family = (uint8_t)family;
    item->run = (uint8_t)(b->run_count - 1);
    return &item->prefix;
}

/* Takes back the prefix that was added last. */
static inline void rib_batch_drop_last(struct rib_batch *b)
{
    b->item_count--;
}

/* Makes the changes that are left. */
void rib_batch_apply(struct rib *rib, struct rib_batch *b);

#endif
