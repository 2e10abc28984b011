/* How many entries members are told: more than slots say of it in groups with policies, and in
 * those of route server clients. */
#ifndef BGPD_RIB_RIBOUT_COUNT_H
#define BGPD_RIB_RIBOUT_COUNT_H

#include "rib/ribout_class.h"

/* An entry's slot says `next` instead of `said`, and to some parties another thing. */
void count_change(struct ribout_group *g, uint32_t id, struct ribout_slot said,
                  struct ribout_slot next, const struct class_rest *rest);
/* Whether a source has changed, so that what was counted of its routes may be wrong. */
static inline bool count_is_stale(const struct ribout_group *g)
{
    return group_counts(g) && g->counted_retells != g->table->retells;
}
/* Has all counted anew where that is so, when what it means to them has been told. */
void count_anew(struct ribout_group *g);
/* Goes on with counting new members; true while there is more to do. */
bool count_work(struct ribout *out, struct ribout_group *g, uint64_t deadline_ns);

/* How many a member is told; until it is counted what it was told when it was last. */
uint32_t count_told(struct ribout_member *m);

#endif
