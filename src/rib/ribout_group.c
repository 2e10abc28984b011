/* Update groups: making and freeing them, the pages of their slots, and what they know of sources.
 */
#include "rib/ribout_group.h"

#include <stdlib.h>

#include "base/mem.h"

#define PAGE_BYTES (SLAB_CHUNK_ITEMS * sizeof(struct ribout_slot))

struct ribout_group *group_new(struct ribout *out, const struct export_profile *t,
                               bool has_policies)
{
    struct ribout_group *g = mem_zalloc(sizeof(*g));
    g->profile = *t;
    g->has_policies = has_policies;
    g->number = ++out->groups_made;
    g->rib = out->rib;
    g->table = &out->rib->tables[t->family];
    g->layered = t->route_server_client;
    g->table->layered += g->layered;
    g->counted_retells = g->table->retells;
    g->version = 1;
    g->fill_pos = 1;
    g->fill_end = rib_table_count(g->table) ? slab_end(&g->table->entries) : 1;
    return g;
}

void group_free_page(struct ribout_group *g, uint32_t page)
{
    page_source_give_back(&g->source, g->pages[page], PAGE_BYTES);
    g->pages[page] = NULL;
}

void group_free(struct ribout_group *g)
{
    assert(g->member_count == 0);
    g->table->layered -= g->layered;
    for (uint32_t i = 0; i < g->page_count; i++)
        if (g->pages[i])
            group_free_page(g, i);
    free(g->pages);
    free(g->page_used);
    free(g->members);
    for (uint32_t i = 0; i < g->personals.source_count; i++)
        free(g->personals.sources[i]);
    free(g->personals.sources);
    personal_table_release(&g->personals.slots);
    layer_table_release(&g->layers);
    free(g->by_source);
    hops_release(&g->hops);
    free(g->tombstones);
    free(g->parties);
    free(g);
}

const struct rib_path *group_select(const struct ribout_group *g, uint32_t config_source,
                                    struct rib_entry *e, enum rib_withheld *ret_why)
{
    return (g->has_policies ? rib_export_choose : rib_export_select)(g->rib, &g->profile,
                                                                     config_source, e, ret_why);
}

void group_check_use(struct ribout_group *g)
{
    g->dissolving = g->member_count == 0 && g->incoming == 0 && !g->leavers;
}

/* --- slots --- */

struct ribout_slot *group_make_page(struct ribout_group *g, uint32_t entry)
{
    uint32_t page = entry >> SLAB_CHUNK_BITS;
    if (page >= g->page_count) {
        uint32_t count = page + 1;
        g->pages = mem_resize(g->pages, count, sizeof(struct ribout_slot *));
        g->page_used = mem_resize(g->page_used, count, sizeof(*g->page_used));
        for (uint32_t i = g->page_count; i < count; i++) {
            g->pages[i] = NULL;
            g->page_used[i] = 0;
        }
        g->page_count = count;
    }
    if (!g->pages[page])
        g->pages[page] = page_source_take(&g->source, PAGE_BYTES);
    return group_slot(g, entry);
}

/* --- sources --- */

void group_add_source(struct ribout_group *g, uint32_t source)
{
    uint32_t size = source + 64;
    g->by_source = mem_resize(g->by_source, size, sizeof(*g->by_source));
    for (uint32_t i = g->by_source_size; i < size; i++)
        g->by_source[i] = (struct group_source){0};
    g->by_source_size = size;
}

static struct hop_key next_hop_of(const struct rib *rib, uint32_t attrs)
{
    const struct rib_attrs *set = rib_attrs_at(&rib->attrs, attrs);
    return hop_key_of_next_hop(
        span_of(set->bytes + set->hot.next_hop_offset, set->hot.next_hop_len_bytes));
}

struct ribout_member *group_next_hop_member(const struct ribout_group *g, uint32_t attrs)
{
    struct hop_key key = next_hop_of(g->rib, attrs);
    const struct hop *hop = hops_find(&g->hops, &key);
    return hop && hop->member != 0 ? g->by_source[hop->member].member : NULL;
}

void group_count_next_hop(struct ribout_group *g, uint32_t attrs, int32_t change)
{
    struct hop_key key = next_hop_of(g->rib, attrs);
    hops_add_routes(&g->hops, &key, change);
}
