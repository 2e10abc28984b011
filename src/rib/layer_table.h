/* Layers: the paths of an entry that the members of a group may be told who are not told the best
 * one. An entry may have as many as it has paths; where one is enough for all it has none. */
#ifndef BGPD_RIB_LAYER_TABLE_H
#define BGPD_RIB_LAYER_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slab.h"

struct layer {
    uint32_t attrs; /* id of a set, as selected */
    uint32_t source;
};

/* Some of them, by preference. Borrowed until the next change. */
struct layers {
    const struct layer *at;
    uint32_t count;
};

/* What an entry has: one, as mostly, or an array of them. */
struct layer_cell {
    union {
        struct layer one;
        struct layer *many; /* owned */
    } of;
    uint32_t count;
};

_Static_assert(sizeof(struct layer_cell) == 16, "an entry with two paths costs 16 bytes more");

#define LAYER_BLOCK_CELLS 64u

struct layer_block {
    uint32_t used; /* cells */
    struct layer_cell cells[LAYER_BLOCK_CELLS];
};

struct layer_page {
    uint32_t used;                                                    /* blocks */
    struct layer_block *blocks[SLAB_CHUNK_ITEMS / LAYER_BLOCK_CELLS]; /* owned; or NULL */
};

/* Zero-initialised is empty. */
struct layer_table {
    struct layer_page **pages; /* owned; a page for each chunk of entries, or NULL */
    uint32_t page_count;
};

/* The layers of an entry. */
static inline struct layers layers_of(const struct layer_table *t, uint32_t entry)
{
    uint32_t number = entry >> SLAB_CHUNK_BITS;
    const struct layer_page *page = number < t->page_count ? t->pages[number] : NULL;
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    const struct layer_block *block = page ? page->blocks[in_page / LAYER_BLOCK_CELLS] : NULL;
    if (!block)
        return (struct layers){NULL, 0};
    const struct layer_cell *cell = &block->cells[in_page % LAYER_BLOCK_CELLS];
    return (struct layers){cell->count > 1 ? cell->of.many : &cell->of.one, cell->count};
}

/* Sets those of an entry to a copy; none of them may be of this entry. */
void layer_table_set(struct layer_table *t, uint32_t entry, struct layers layers);
/* Frees the pages; no entry has layers. */
void layer_table_release(struct layer_table *t);

#endif
