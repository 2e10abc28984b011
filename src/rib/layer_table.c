/* Layers: a cell for each entry, in blocks where one has any, in pages that follow the chunks of
 * the entries. */
#include "rib/layer_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct layer_block **block_of(struct layer_table *t, uint32_t entry)
{
    uint32_t in_page = entry & (SLAB_CHUNK_ITEMS - 1);
    return &t->pages[entry >> SLAB_CHUNK_BITS]->blocks[in_page / LAYER_BLOCK_CELLS];
}

static struct layer_cell *make_cell(struct layer_table *t, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= t->page_count) {
        t->pages = mem_resize(t->pages, page + 1, sizeof(struct layer_page *));
        while (t->page_count <= page)
            t->pages[t->page_count++] = NULL;
    }
    if (!t->pages[page])
        t->pages[page] = mem_zalloc(sizeof(struct layer_page));
    struct layer_block **block = block_of(t, entry);
    if (!*block) {
        *block = mem_zalloc(sizeof(struct layer_block));
        t->pages[page]->used++;
    }
    return &(*block)->cells[entry % LAYER_BLOCK_CELLS];
}

/* An entry that had layers has none any more. */
static void drop_cell(struct layer_table *t, uint32_t entry)
{
    struct layer_page **page = &t->pages[entry >> SLAB_CHUNK_BITS];
    struct layer_block **block = block_of(t, entry);
    if (--(*block)->used > 0)
        return;
    free(*block);
    *block = NULL;
    if (--(*page)->used > 0)
        return;
    free(*page);
    *page = NULL;
}

void layer_table_set(struct layer_table *t, uint32_t entry, struct layers layers)
{
    const uint32_t before = layers_of(t, entry).count;
    if (before == 0 && layers.count == 0)
        return;
    struct layer_cell *cell = make_cell(t, entry);
    if (before > 1 && before != layers.count) {
        free(cell->of.many);
        cell->of.many = NULL;
    }
    if (layers.count > 1) {
        if (before != layers.count)
            cell->of.many = mem_resize(NULL, layers.count, sizeof(*layers.at));
        memcpy(cell->of.many, layers.at, layers.count * sizeof(*layers.at));
    } else if (layers.count == 1) {
        cell->of.one = layers.at[0];
    }
    cell->count = layers.count;
    if (before == 0)
        (*block_of(t, entry))->used++;
    else if (layers.count == 0)
        drop_cell(t, entry);
}

void layer_table_release(struct layer_table *t)
{
    free(t->pages);
}
