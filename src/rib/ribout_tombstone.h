/* Tombstones: slots that were withdrawn stay until every member has passed them. */
#ifndef BGPD_RIB_RIBOUT_TOMBSTONE_H
#define BGPD_RIB_RIBOUT_TOMBSTONE_H

#include "rib/ribout_group.h"

/* The array is full. While a member does not get on, prefixes may come and go many times: only the
 * last tombstone of each is kept. */
void group_make_room_for_tombstones(struct ribout *out, struct ribout_group *g);
/* The entry was withdrawn from all members, or from those with a config source (else 0). */
static inline void group_add_tombstone(struct ribout *out, struct ribout_group *g, uint32_t entry,
                                       uint32_t config_source)
{
    uint32_t advertised = g->advertised + g->personals.told;
    if (g->advertised_most <= advertised)
        g->advertised_most = advertised + 1;
    if (g->tombstone_count == g->tombstone_size)
        group_make_room_for_tombstones(out, g);
    g->tombstones[g->tombstone_count++] = (struct tombstone){entry, g->version, config_source};
}
/* Gives back the tombstones that every member has passed. */
void group_bury(struct ribout *out, struct ribout_group *g);

#endif
