/* An ordered set of ids of entries: blocks of bits, so that ids that lie together cost little, and
 * a walk survives every change between two of its steps. */
#ifndef BGPD_RIB_ID_SET_H
#define BGPD_RIB_ID_SET_H

#include <stdint.h>

struct id_block {
    uint64_t bits[7]; /* of the ids from number * ID_BLOCK_IDS on */
    uint32_t number;
    uint32_t count; /* at least 1 */
};

#define ID_BLOCK_IDS 448u

/* Zero-initialised is empty. */
struct id_set {
    struct id_block *blocks; /* owned; by number */
    uint32_t block_count;
    uint32_t size;
};

void id_set_release(struct id_set *set);
/* Adds an id, which may be there already; removes one, which may not be there. */
void id_set_add(struct id_set *set, uint32_t id);
void id_set_remove(struct id_set *set, uint32_t id);
/* The least id from `from` on; 0: there is none. */
uint32_t id_set_next(const struct id_set *set, uint32_t from);

#endif
