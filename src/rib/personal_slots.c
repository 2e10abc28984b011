/* Personal slots: a cell for each entry, in blocks where one has any, in pages that follow the
 * chunks of the entries. Where there are none, a walk or a change sees that by the page. */
#include "rib/personal_slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Index of the first slot that is not before that of a source. */
static uint32_t slot_place(struct personal_slots all, uint32_t source)
{
    uint32_t from = 0;
    uint32_t to = all.count;
    while (from < to) {
        uint32_t middle = (from + to) / 2;
        if (all.slots[middle].source < source)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct personal_slot *personal_slot_find(const struct personal_table *p, uint32_t entry,
                                         uint32_t source)
{
    struct personal_slots all = personal_slots_of(p, entry);
    uint32_t at = slot_place(all, source);
    return at < all.count && all.slots[at].source == source ? &all.slots[at] : NULL;
}

static struct personal_block **block_of(struct personal_table *p, uint32_t entry)
{
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    return &p->pages[entry >> SLAB_CHUNK_BITS]->blocks[in_page / PERSONAL_BLOCK_CELLS];
}

static union personal_cell *cell_of(struct personal_table *p, uint32_t entry)
{
    return &(*block_of(p, entry))->cells[entry % PERSONAL_BLOCK_CELLS];
}

static union personal_cell *make_cell(struct personal_table *p, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= p->page_count) {
        p->pages = mem_resize(p->pages, page + 1, sizeof(struct personal_page *));
        while (p->page_count <= page)
            p->pages[p->page_count++] = NULL;
    }
    if (!p->pages[page])
        p->pages[page] = mem_zalloc(sizeof(struct personal_page));
    struct personal_block **block = block_of(p, entry);
    if (!*block) {
        *block = mem_zalloc(sizeof(struct personal_block));
        p->pages[page]->used++;
    }
    return cell_of(p, entry);
}

/* Makes room for another slot of an entry that has some. */
static void grow(union personal_cell *cell)
{
    struct personal_many many = cell->many;
    if (cell->one.kind == PERSONAL_ONE) {
        many = (struct personal_many){.count = 1, .size_bits = 1, .kind = PERSONAL_MANY};
        many.slots = mem_resize(NULL, 2, sizeof(*many.slots));
        many.slots[0] = cell->one;
    } else if (many.count == 1u << many.size_bits) {
        many.size_bits++;
        many.slots = mem_resize(many.slots, (size_t)1 << many.size_bits, sizeof(*many.slots));
    }
    cell->many = many;
}

struct personal_slot *personal_slot_make(struct personal_table *p, uint32_t entry, uint32_t source,
                                         bool *ret_is_first)
{
    const struct personal_slot slot = {.source = source, .kind = PERSONAL_ONE};
    union personal_cell *cell = make_cell(p, entry);
    *ret_is_first = cell->one.kind == PERSONAL_NONE;
    if (*ret_is_first) {
        (*block_of(p, entry))->used++;
        cell->one = slot;
        return &cell->one;
    }
    struct personal_slot *found = personal_slot_find(p, entry, source);
    if (found)
        return found;
    grow(cell);
    struct personal_many *many = &cell->many;
    uint32_t at = slot_place((struct personal_slots){many->slots, many->count}, source);
    memmove(&many->slots[at + 1], &many->slots[at], (many->count - at) * sizeof(slot));
    many->count++;
    many->slots[at] = slot;
    return &many->slots[at];
}

/* The entry has no slots any more. */
static void cell_release(struct personal_table *p, uint32_t entry)
{
    struct personal_page **page = &p->pages[entry >> SLAB_CHUNK_BITS];
    struct personal_block **block = block_of(p, entry);
    *cell_of(p, entry) = (union personal_cell){0};
    if (--(*block)->used == 0) {
        free(*block);
        *block = NULL;
        (*page)->used--;
    }
    if ((*page)->used == 0) {
        free(*page);
        *page = NULL;
    }
}

bool personal_slot_drop(struct personal_table *p, uint32_t entry, struct personal_slot *slot)
{
    union personal_cell *cell = cell_of(p, entry);
    struct personal_many *many = &cell->many;
    if (cell->one.kind == PERSONAL_MANY) {
        size_t after = (size_t)(many->slots + --many->count - slot);
        memmove(slot, slot + 1, after * sizeof(*slot));
        if (many->count > 0)
            return false;
        free(many->slots);
    }
    cell_release(p, entry);
    return true;
}

void personal_table_release(struct personal_table *p)
{
    free(p->pages);
}
