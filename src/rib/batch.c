/* Changes to unicast tables by the prefixes of messages. */
#include "rib/batch.h"

void rib_batch_begin(struct rib_batch *b, const struct rib_announcement *a)
{
    b->current = a;
    b->current_is_last = false;
}

/* Notes a change, and now and then whether such changes are mostly to what is known. */
static void note_change(struct rib_batch *b, bool known)
{
    b->known += known;
    if (++b->made < RIB_BATCH_MAX)
        return;
    b->collecting = b->known > RIB_BATCH_MAX / 2;
    b->made = b->known = 0;
}

static void change(struct rib *rib, struct rib_batch *b, enum family family, const struct prefix *p,
                   uint32_t id, const struct rib_announcement *a)
{
    note_change(b, a->attrs ? rib_announce_prefix(rib, family, p, id, a)
                            : rib_withdraw_prefix(rib, family, p, id, a->source, a->path_id));
}

static void push_run(struct rib_batch *b)
{
    if (b->current->attrs) {
        rib_attrs_ref(b->current->received);
        rib_attrs_ref(b->current->attrs);
    }
    b->runs[b->run_count++] = *b->current;
    b->current_is_last = true;
}

static void collect(struct rib *rib, struct rib_batch *b, enum family family,
                    const struct prefix *p)
{
    if (b->item_count == RIB_BATCH_MAX)
        rib_batch_apply(rib, b);
    if (!b->current_is_last)
        push_run(b);
    b->items[b->item_count++] = (struct rib_batch_item){
        .prefix = *p, .family = (uint8_t)family, .run = (uint8_t)(b->run_count - 1)};
}

void rib_batch_add(struct rib *rib, struct rib_batch *b, enum family family, const struct prefix *p)
{
    if (b->collecting || b->item_count > 0)
        collect(rib, b, family, p);
    else
        change(rib, b, family, p, 0, b->current);
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

void rib_batch_apply(struct rib *rib, struct rib_batch *b)
{
    uint32_t ids[RIB_BATCH_MAX];
    look_up(rib, b, ids);
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        change(rib, b, (enum family)item->family, &item->prefix, ids[i], &b->runs[item->run]);
    }
    for (unsigned i = 0; i < b->run_count; i++) {
        rib_attrs_unref(&rib->attrs, b->runs[i].received);
        rib_attrs_unref(&rib->attrs, b->runs[i].attrs);
    }
    b->item_count = b->run_count = 0;
    b->current_is_last = false;
}
