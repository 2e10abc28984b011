/* Blocks of several sizes addressed by a 32-bit reference: half the size of a pointer, and no
 * header in front of each. Blocks never move. They are cut from regions of 128 KB, which go back to
 * the system when their last block is free. Reference 0 is never given out, nor is one with the
 * highest bit set. */
#ifndef BGPD_BASE_ARENA_H
#define BGPD_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base/pages.h"

#define ARENA_MAX_BYTES    4096u /* the largest block */
#define ARENA_SIZES        27u   /* sizes of blocks there are */
#define ARENA_REGION_BYTES (128u << 10)
#define ARENA_UNIT_BYTES   16u /* references count these */
#define ARENA_REGION_UNITS (ARENA_REGION_BYTES / ARENA_UNIT_BYTES)

struct arena_page; /* a part of a region, with blocks of one size */

/* Zero-initialised is empty. */
struct arena {
    uint8_t **regions; /* owned; NULL where there is no memory */
    struct page_source source;
    struct arena_page *pages;
    uint32_t region_count;
    uint32_t first_free;        /* every page before it is in use */
    uint32_t open[ARENA_SIZES]; /* a page of this size with room, the head of a list; 0 for none */
};

/* Frees all blocks at once; the arena is empty then. */
void arena_release(struct arena *a);
/* A new block, not zeroed, of at least `size_bytes` (at most ARENA_MAX_BYTES), aligned to 16 bytes.
 */
uint32_t arena_alloc(struct arena *a, size_t size_bytes);
void arena_free(struct arena *a, uint32_t ref);
/* The bytes that a block for `size_bytes` really has. */
size_t arena_block_bytes(size_t size_bytes);

static inline void *arena_at(const struct arena *a, uint32_t ref)
{
    return a->regions[ref / ARENA_REGION_UNITS] +
           (size_t)(ref % ARENA_REGION_UNITS) * ARENA_UNIT_BYTES;
}

#endif
