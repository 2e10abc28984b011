/* What an UPDATE announces in one family, to ask whether a route is among it: one that is
 * withdrawn in the same message counts as announced alone (RFC 4271 §4.3). */
#ifndef BGPD_WIRE_NLRI_SET_H
#define BGPD_WIRE_NLRI_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/update.h"

struct nlri_set {
    enum family family;
    struct span runs[2];           /* borrowed: NLRI field and MP_REACH_NLRI */
    struct nlri_set_place *places; /* owned: an open-addressing table */
    uint32_t size;                 /* a power of two */
    uint64_t seed;
};

/* Whether an UPDATE whose attributes are valid announces something in a family. */
static inline bool nlri_set_is_needed(const struct update *u, enum family family)
{
    return (u->attrs && u->reach.family == family) || (u->mp_attrs && u->mp_reach.family == family);
}

/* The set of what is announced in the family; borrows from the update. `seed` keeps peers from
 * choosing NLRI that collide. In time proportional to the NLRI. */
void nlri_set_init(struct nlri_set *set, const struct update *u, enum family family, uint64_t seed);
void nlri_set_release(struct nlri_set *set);

bool nlri_set_has(const struct nlri_set *set, struct nlri_key key);

#endif
