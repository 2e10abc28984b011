/* Personal slots: what is kept of an entry for members with a config source, beside the slot of
 * their group. An entry may have one for each config source; nearly all have none. */
#ifndef BGPD_RIB_PERSONAL_SLOTS_H
#define BGPD_RIB_PERSONAL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slab.h"

enum personal_kind {
    PERSONAL_NONE,
    PERSONAL_ONE,
    PERSONAL_MANY,
};

struct personal_slot {
    uint32_t source;  /* of the configuration */
    uint32_t attrs;   /* id of a set, counted; 0: nothing is told */
    uint32_t version; /* of the last change */
    bool in_force;    /* else it is a tombstone */
    uint8_t kind;     /* of the cell that it is */
};

/* What an entry has: one slot, as nearly always, or an array of them. */
union personal_cell {
    struct personal_slot one;
    struct personal_many {
        struct personal_slot *slots; /* owned; by source */
        uint32_t count;              /* at least 1 */
        uint8_t size_bits;           /* there is room for 1 << size_bits */
        uint8_t kind;                /* where that of `one` is */
    } many;
};

_Static_assert(sizeof(union personal_cell) == 16 &&
                   offsetof(struct personal_slot, kind) == offsetof(struct personal_many, kind),
               "a static route of one peer costs 16 bytes, and a cell knows what it is");

#define PERSONAL_BLOCK_CELLS 64u

struct personal_block {
    uint32_t used; /* cells */
    union personal_cell cells[PERSONAL_BLOCK_CELLS];
};

struct personal_page {
    uint32_t used;                                                          /* blocks */
    struct personal_block *blocks[SLAB_CHUNK_ITEMS / PERSONAL_BLOCK_CELLS]; /* owned; or NULL */
};

/* Zero-initialised is empty. */
struct personal_table {
    struct personal_page **pages; /* owned; a page for each chunk of entries, or NULL */
    uint32_t page_count;
};

static inline const struct personal_page *personal_page_of(const struct personal_table *p,
                                                           uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    return page < p->page_count ? p->pages[page] : NULL;
}

/* The slots of an entry, by source. */
struct personal_slots {
    struct personal_slot *slots;
    uint32_t count; /* 0: it has none */
};

static inline struct personal_slots personal_slots_of(const struct personal_table *p,
                                                      uint32_t entry)
{
    const struct personal_page *page = personal_page_of(p, entry);
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    struct personal_block *block = page ? page->blocks[in_page / PERSONAL_BLOCK_CELLS] : NULL;
    if (!block)
        return (struct personal_slots){0};
    union personal_cell *cell = &block->cells[in_page % PERSONAL_BLOCK_CELLS];
    if (cell->one.kind == PERSONAL_MANY)
        return (struct personal_slots){cell->many.slots, cell->many.count};
    return (struct personal_slots){&cell->one, cell->one.kind == PERSONAL_ONE};
}

/* The slot of a source; NULL. Borrowed until the next one is made or dropped. */
struct personal_slot *personal_slot_find(const struct personal_table *p, uint32_t entry,
                                         uint32_t source);
/* The same, made when there is none; *ret_is_first: the entry had none before. */
struct personal_slot *personal_slot_make(struct personal_table *p, uint32_t entry, uint32_t source,
                                         bool *ret_is_first);
/* Drops a slot of an entry; true when that was its last one. */
bool personal_slot_drop(struct personal_table *p, uint32_t entry, struct personal_slot *slot);
/* Frees the pages, of which all slots were dropped. */
void personal_table_release(struct personal_table *p);

#endif
