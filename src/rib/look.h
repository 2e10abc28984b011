/* How routes look to peers: what of one is sent, by its size and a digest. To make that is a walk
 * over the attributes, which thousands of prefixes may share, in any order: for long ones it is
 * made once and kept for a while. */
#ifndef BGPD_RIB_LOOK_H
#define BGPD_RIB_LOOK_H

#include "rib/export.h"

struct rib_look {
    bool is_told; /* else no next hop can be sent, and nothing else is set */
    uint8_t next_hop_len_bytes;
    uint32_t attrs_bytes; /* as they are sent */
    uint64_t digest;      /* of attributes and next hop, seeded as those of the pool */
};

struct rib_look rib_look(const struct rib *rib, const struct export_profile *t, uint32_t attrs,
                         uint32_t source);

/* What is kept. */
struct rib_looks *rib_looks_new(void);
void rib_looks_free(struct rib_looks *looks);

#endif
