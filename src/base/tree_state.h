/* What there is of a prefix tree (base/tree.h). */
#ifndef BGPD_BASE_TREE_STATE_H
#define BGPD_BASE_TREE_STATE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/slab.h"

struct tree {
    struct arena nodes;
    const struct slab *entries; /* borrowed */
    uint16_t key_offset;        /* of the address bytes in an entry */
    uint16_t len_offset;        /* of the length in bits (one byte) in an entry */
    uint8_t key_bytes;          /* at most TREE_MAX_DEPTH */
    uint8_t body_offset;        /* of what follows the base in a node */
    uint32_t root;              /* entry, tagged node, or 0 */
    uint32_t default_entry;     /* the prefix of length 0, or 0 */
    uint32_t *finger;           /* where the node stands that was looked into last; NULL */
    uint32_t changes;           /* counts structural changes, for iterators */
};

#define TREE_MAX_DEPTH 24u

#endif
