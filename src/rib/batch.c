/* Changes to the tables by the NLRI of messages. */
#include "rib/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

_Static_assert(RIB_BATCH_ITEMS <= TREE_WAYS_MAX, "the ways to a batch are fetched at once");

/* --- collecting --- */

static struct rib_batch_run *add_run(struct rib *rib, struct rib_batch *b,
                                     const struct rib_announcement *what)
{
    if (b->run_count == RIB_BATCH_RUNS)
        rib_batch_apply(rib, b);
    b->present = b->run_count++;
    struct rib_batch_run *run = &b->runs[b->present];
    run->what = *what;
    run->what.received = run->what.attrs = 0;
    run->received.bytes = run->changed.bytes = span_of(NULL, 0);
    return run;
}

void rib_batch_withdraw(struct rib *rib, struct rib_batch *b, uint32_t source, uint32_t path_id)
{
    add_run(rib, b, &(struct rib_announcement){.source = source, .path_id = path_id});
}

/* How long attributes are at most with their labels. */
static size_t most_bytes(const struct rib_batch_given *given, struct span labels)
{
    return given->canonical.len_bytes + (labels.len_bytes > 0 ? ATTR_LABELS_MAX_BYTES : 0);
}

static struct span put_attrs(struct writer *w, const struct rib_batch_given *given,
                             struct span labels, struct attr_hot *ret_hot)
{
    *ret_hot = *given->hot;
    if (labels.len_bytes > 0)
        attr_put_labels(w, ret_hot, labels);
    writer_put(w, given->canonical);
    return writer_span(w);
}

/* Has the batch keep attributes, which have room. */
static void keep_attrs(struct rib *rib, struct rib_batch *b, struct rib_batch_attrs *attrs,
                       const struct rib_batch_given *given, struct span labels)
{
    struct writer w = writer_over(b->bytes + b->bytes_used, sizeof(b->bytes) - b->bytes_used);
    attrs->bytes = put_attrs(&w, given, labels, &attrs->hot);
    attrs->hash = rib_attrs_hash(&rib->attrs, attrs->bytes);
    rib_attrs_prefetch_slot(&rib->attrs, attrs->hash);
    b->bytes_used += (uint32_t)attrs->bytes.len_bytes;
}

/* The set of attributes that are too long to be kept. */
static uint32_t intern_at_once(struct rib *rib, const struct rib_batch_given *given,
                               struct span labels)
{
    size_t size = most_bytes(given, labels);
    uint8_t *bytes = mem_alloc(size);
    struct writer w = writer_over(bytes, size);
    struct attr_hot hot;
    struct span canonical = put_attrs(&w, given, labels, &hot);
    uint32_t id = rib_attrs_intern(&rib->attrs, canonical, &hot);
    free(bytes);
    return id;
}

void rib_batch_announce(struct rib *rib, struct rib_batch *b, const struct rib_announcement *what,
                        struct rib_batch_given received, const struct rib_batch_given *changed,
                        struct span labels)
{
    size_t most = most_bytes(&received, labels) + (changed ? most_bytes(changed, labels) : 0);
    if (most > sizeof(b->bytes) - b->bytes_used)
        rib_batch_apply(rib, b);
    struct rib_batch_run *run = add_run(rib, b, what);
    if (most > sizeof(b->bytes)) {
        run->what.received = intern_at_once(rib, &received, labels);
        run->what.attrs = changed ? intern_at_once(rib, changed, labels)
                                  : rib_attrs_ref(&rib->attrs, run->what.received);
        return;
    }
    keep_attrs(rib, b, &run->received, &received, labels);
    if (changed)
        keep_attrs(rib, b, &run->changed, changed, labels);
}

/* --- applying --- */

/* What is on the ways to the keys comes into the cache. */
static void fetch_ways(const struct rib *rib, const struct rib_batch *b)
{
    struct tree_way ways[RIB_BATCH_ITEMS];
    unsigned count = 0;
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        const struct rib_table *t = &rib->tables[item->family];
        if (t->key_bytes > 0)
            count = tree_way_add(ways, count, &t->tree, item->key.bytes, (uint8_t)item->key.len);
    }
    tree_fetch(ways, count);
}

/* The set of attributes that were kept. */
static uint32_t find_set(struct rib *rib, struct rib_batch_attrs *attrs)
{
    struct span bytes = attrs->bytes;
    attrs->bytes = span_of(NULL, 0);
    return rib_attrs_intern_hashed(&rib->attrs, bytes, attrs->hash, &attrs->hot);
}

static void find_sets(struct rib *rib, struct rib_batch *b)
{
    for (unsigned i = 0; i < b->run_count; i++)
        if (b->runs[i].received.bytes.data)
            rib_attrs_prefetch_likely(&rib->attrs, b->runs[i].received.hash);
    for (unsigned i = 0; i < b->run_count; i++) {
        struct rib_batch_run *run = &b->runs[i];
        if (!run->received.bytes.data)
            continue;
        run->what.received = find_set(rib, &run->received);
        run->what.attrs = run->changed.bytes.data ? find_set(rib, &run->changed)
                                                  : rib_attrs_ref(&rib->attrs, run->what.received);
    }
}

/* The entries of all items, 0 where there is none: they and their attributes come into the cache.
 */
static void find_entries(const struct rib *rib, const struct rib_batch *b, uint32_t *ret_ids)
{
    const struct rib_entry *entries[RIB_BATCH_ITEMS];
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        const struct rib_table *t = &rib->tables[item->family];
        ret_ids[i] = rib_table_find(t, item->key);
        entries[i] = ret_ids[i] != 0 ? rib_table_at(t, ret_ids[i]) : NULL;
        __builtin_prefetch(entries[i]);
    }
    for (unsigned i = 0; i < b->item_count; i++)
        if (entries[i])
            rib_attrs_prefetch(&rib->attrs, entries[i]->best.attrs);
}

static void make_changes(struct rib *rib, struct rib_batch *b)
{
    uint32_t ids[RIB_BATCH_ITEMS] = {0};
    unsigned known = 0;
    fetch_ways(rib, b);
    find_sets(rib, b);
    /* New ones would be looked for twice. */
    if (b->mostly_known)
        find_entries(rib, b, ids);
    struct rib_news news;
    const struct rib_announcement *announced = NULL; /* in the news */
    for (unsigned i = 0; i < b->item_count; i++) {
        const struct rib_batch_item *item = &b->items[i];
        const struct rib_announcement *what = &b->runs[item->run].what;
        enum family family = (enum family)item->family;
        if (what->attrs == 0) {
            known += rib_withdraw_at(rib, family, item->key, ids[i], what->source, what->path_id);
            continue;
        }
        if (what != announced || family != news.table->family)
            rib_news_init(&news, rib, family, what);
        announced = what;
        known += rib_announce_at(rib, &news, item->key, ids[i]);
    }
    if (b->item_count > 0)
        b->mostly_known = known > b->item_count / 2;
    b->item_count = 0;
}

/* Forgets all runs; `keep`: but the present one, which has its sets. */
static void forget_runs(struct rib *rib, struct rib_batch *b, bool keep)
{
    for (unsigned i = 0; i < b->run_count; i++) {
        if (keep && i == b->present)
            continue;
        rib_attrs_unref(&rib->attrs, b->runs[i].what.received);
        rib_attrs_unref(&rib->attrs, b->runs[i].what.attrs);
    }
    if (keep && b->present > 0)
        b->runs[0] = b->runs[b->present];
    b->run_count = keep;
    b->present = 0;
    b->forgot = b->forgot < RIB_BATCH_FORGOT_MAX ? b->forgot + 1 : 0;
    b->bytes_used = b->keys_used = 0;
}

void rib_batch_make_room(struct rib *rib, struct rib_batch *b)
{
    make_changes(rib, b);
    forget_runs(rib, b, true);
}

void rib_batch_apply(struct rib *rib, struct rib_batch *b)
{
    if (b->run_count == 0)
        return;
    make_changes(rib, b);
    forget_runs(rib, b, false);
}
