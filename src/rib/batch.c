/* Changes to unicast tables that are made together. */
#include "rib/batch.h"

static void release_runs(struct rib *rib, struct rib_batch *b, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        rib_attrs_unref(&rib->attrs, b->runs[i].received);
        rib_attrs_unref(&rib->attrs, b->runs[i].attrs);
    }
}

void rib_batch_begin(struct rib *rib, struct rib_batch *b, const struct rib_announcement *a)
{
    if (b->run_count == RIB_BATCH_MAX)
        rib_batch_apply(rib, b);
    if (a->attrs) {
        rib_attrs_ref(a->received);
        rib_attrs_ref(a->attrs);
    }
    b->runs[b->run_count++] = *a;
}

static const struct rib_entry *entry_of(const struct rib *rib, const struct rib_batch_item *item,
                                        uint32_t id)
{
    return rib_table_at(&rib->tables[item->family], id);
}

/* The entries of all items, 0 where there is none: they and their attributes come into the cache.
 */
static void look_up(const struct rib *rib, const struct rib_batch *b, uint32_t *ret_ids)
{
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        ret_ids[i] = rib_table_find_prefix(&rib->tables[item->family], &item->prefix);
        if (ret_ids[i] != 0)
            __builtin_prefetch(entry_of(rib, item, ret_ids[i]));
    }
    for (unsigned i = 0; i < b->item_count; i++)
        if (ret_ids[i] != 0)
            __builtin_prefetch(entry_of(rib, &b->items[i], ret_ids[i])->best.attrs);
}

static void change_tables(struct rib *rib, struct rib_batch *b)
{
    uint32_t ids[RIB_BATCH_MAX] = {0};
    unsigned known = 0;
    if (b->mostly_known)
        look_up(rib, b, ids);
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        const struct rib_announcement *a = &b->runs[item->run];
        enum family family = (enum family)item->family;
        if (a->attrs)
            known += rib_announce_prefix(rib, family, &item->prefix, ids[i], a);
        else
            known += rib_withdraw_prefix(rib, family, &item->prefix, ids[i], a->source, a->path_id);
    }
    b->mostly_known = known > b->item_count / 2;
    b->item_count = 0;
}

void rib_batch_add(struct rib *rib, struct rib_batch *b, enum family family, const struct prefix *p)
{
    if (b->item_count == RIB_BATCH_MAX) {
        change_tables(rib, b);
        release_runs(rib, b, b->run_count - 1);
        b->runs[0] = b->runs[b->run_count - 1]; /* it goes on */
        b->run_count = 1;
    }
    b->items[b->item_count++] = (struct rib_batch_item){
        .prefix = *p, .family = (uint8_t)family, .run = (uint8_t)(b->run_count - 1)};
}

void rib_batch_apply(struct rib *rib, struct rib_batch *b)
{
    change_tables(rib, b);
    release_runs(rib, b, b->run_count);
    b->run_count = 0;
}
