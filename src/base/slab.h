/* Fixed-size items addressed by a 32-bit id: half the size of a pointer, and a walk over all items
 * is a walk over memory. Items never move. Chunks whose items are all free go back to the system.
 * Id 0 is never given out. */
#ifndef BGPD_BASE_SLAB_H
#define BGPD_BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "base/pages.h"

#define SLAB_CHUNK_BITS  12
#define SLAB_CHUNK_ITEMS (1u << SLAB_CHUNK_BITS)

struct slab_chunk {
    uint32_t used;
    uint32_t free_head; /* id of the first free item, 0 for none */
    uint32_t fresh;     /* items from here on were never given out */
};

struct slab {
    uint8_t **items;           /* owned: of each chunk; NULL when it is not backed by memory */
    struct slab_chunk *chunks; /* owned */
    struct page_source pages;
    uint32_t chunk_count;
    uint32_t item_bytes;
    uint32_t used;
    uint32_t hint; /* chunk to look in first */
};

/* `item_bytes` must be at least 4. */
void slab_init(struct slab *s, size_t item_bytes);
/* Frees all memory at once; the items must need no clean-up of their own. */
void slab_release(struct slab *s);
/* A new, zeroed item; its id is never 0. */
uint32_t slab_alloc(struct slab *s);
void slab_free(struct slab *s, uint32_t id);

static inline void *slab_at(const struct slab *s, uint32_t id)
{
    return s->items[id >> SLAB_CHUNK_BITS] + (size_t)(id & (SLAB_CHUNK_ITEMS - 1)) * s->item_bytes;
}

/* One more than the largest id that may be in use: the bound of a walk over ids. */
static inline uint32_t slab_end(const struct slab *s)
{
    return s->chunk_count << SLAB_CHUNK_BITS;
}

/* True when the chunk that holds `id` has no memory: the walk may skip to the next chunk. */
static inline int slab_chunk_empty(const struct slab *s, uint32_t id)
{
    return s->items[id >> SLAB_CHUNK_BITS] == NULL;
}

#endif
