/* The table of one family. */
#include "rib/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

_Static_assert(NLRI_TREE_MAX_BYTES <= TREE_MAX_DEPTH, "the tree takes the keys of all families");

void rib_table_init(struct rib_table *t, enum family family)
{
    const struct family_info *info = family_info(family);
    *t = (struct rib_table){.family = family, .info = info, .key_bytes = info->key_bytes};
    if (t->key_bytes > 0) {
        slab_init(&t->entries, rib_entry_bytes(t->key_bytes));
        tree_init(&t->tree, &t->entries, offsetof(struct rib_entry, key),
                  offsetof(struct rib_entry, len_bits), t->key_bytes);
    } else {
        slab_init(&t->entries, rib_entry_bytes(sizeof(((struct rib_entry *)0)->key.opaque)));
        key_index_init(&t->index, &t->entries, info);
    }
}

void rib_table_release(struct rib_table *t)
{
    if (t->key_bytes > 0)
        tree_release(&t->tree);
    else
        key_index_release(&t->index);
    slab_release(&t->entries);
    free(t->dirty);
}

static uint32_t new_entry(struct rib_table *t)
{
    uint32_t id = slab_alloc(&t->entries);
    rib_table_at(t, id)->flags = ENTRY_IN_USE;
    return id;
}

static uint32_t find_or_insert_opaque(struct rib_table *t, struct nlri_key key)
{
    uint32_t id = key_index_find(&t->index, key);
    if (id != 0)
        return id;
    id = new_entry(t);
    key_index_insert(&t->index, id, key);
    return id;
}

uint32_t rib_table_find_or_insert(struct rib_table *t, struct nlri_key key)
{
    struct tree_place place;
    if (t->key_bytes == 0)
        return find_or_insert_opaque(t, key);
    uint32_t id = tree_locate(&t->tree, key.bytes, (uint8_t)key.len, &place);
    if (id != 0)
        return id;
    id = new_entry(t);
    struct rib_entry *e = rib_table_at(t, id);
    e->len_bits = (uint8_t)key.len;
    nlri_key_copy(e->key.bytes, key, t->key_bytes);
    tree_insert_at(&t->tree, &place, id);
    return id;
}

static void remove_entry(struct rib_table *t, uint32_t id)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (t->key_bytes > 0)
        tree_remove(&t->tree, id);
    else
        key_index_remove(&t->index, id);
    free(e->more);
    e->flags = 0;
    slab_free(&t->entries, id);
}

static void fetch_ways(const struct rib_table *t, const uint32_t *ids, uint32_t count)
{
    struct tree_way ways[TREE_WAYS_MAX];
    unsigned way_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct rib_entry *e = rib_table_at(t, ids[i]);
        way_count = tree_way_add(ways, way_count, &t->tree, e->key.bytes, e->len_bits);
    }
    tree_fetch(ways, way_count);
}

void rib_table_remove(struct rib_table *t, const uint32_t *ids, uint32_t count)
{
    for (uint32_t done = 0; done < count; done += TREE_WAYS_MAX) {
        uint32_t end = count - done > TREE_WAYS_MAX ? done + TREE_WAYS_MAX : count;
        if (t->key_bytes > 0 && end - done > 1)
            fetch_ways(t, ids + done, end - done);
        for (uint32_t i = done; i < end; i++)
            remove_entry(t, ids[i]);
    }
}

uint32_t rib_table_longest(const struct rib_table *t, struct nlri_key key)
{
    uint8_t max_bits = (uint8_t)key.len;
    for (;;) {
        uint32_t id = tree_longest(&t->tree, key.bytes, max_bits);
        if (id == 0 || rib_entry_path_count(rib_table_at(t, id)) > 0)
            return id;
        uint8_t len_bits = rib_table_at(t, id)->len_bits; /* a tombstone: look for a shorter one */
        if (len_bits == 0)
            return 0;
        max_bits = (uint8_t)(len_bits - 1);
    }
}

void rib_cursor_init(struct rib_cursor *c, const struct rib_table *t)
{
    *c = (struct rib_cursor){.table = t};
}

static void remember(struct rib_cursor *c, struct nlri_key key)
{
    c->started = true;
    if (c->table->key_bytes > 0) {
        nlri_key_copy(c->in_tree, key, c->table->key_bytes);
        c->last = (struct nlri_key){c->in_tree, key.len};
        return;
    }
    c->opaque = mem_realloc(c->opaque, key.len);
    memcpy(c->opaque, key.bytes, key.len);
    c->last = (struct nlri_key){c->opaque, key.len};
}

static void remember_entry(struct rib_cursor *c, uint32_t id)
{
    remember(c, rib_table_key(c->table, rib_table_at(c->table, id)));
    c->inclusive = false;
}

void rib_cursor_seek(struct rib_cursor *c, struct nlri_key key, bool inclusive)
{
    remember(c, key);
    c->inclusive = inclusive;
    c->iter = (struct tree_iter){0};
}

static uint32_t next_in_tree(struct rib_cursor *c)
{
    const struct tree *tree = &c->table->tree;
    if (!tree_iter_valid(&c->iter)) {
        if (c->started)
            tree_iter_seek(&c->iter, tree, c->in_tree, (uint8_t)c->last.len, c->inclusive);
        else
            tree_iter_start(&c->iter, tree);
    }
    return tree_iter_next(&c->iter);
}

uint32_t rib_cursor_next(struct rib_cursor *c)
{
    uint32_t id = c->table->key_bytes > 0
                      ? next_in_tree(c)
                      : key_index_after(&c->table->index, c->last, c->inclusive);
    c->inclusive = false;
    if (id != 0)
        remember_entry(c, id);
    return id;
}

static uint32_t next_wanted_in_tree(struct rib_cursor *c,
                                    bool (*wanted)(void *ctx, struct nlri_key key), void *ctx,
                                    uint32_t most, bool *ret_end)
{
    *ret_end = false;
    for (; most > 0; most--) {
        uint32_t id = rib_cursor_next(c);
        *ret_end = id == 0;
        if (id == 0 || wanted(ctx, c->last))
            return id;
    }
    return 0;
}

uint32_t rib_cursor_next_wanted(struct rib_cursor *c,
                                bool (*wanted)(void *ctx, struct nlri_key key), void *ctx,
                                uint32_t most, bool *ret_end)
{
    if (c->table->key_bytes > 0)
        return next_wanted_in_tree(c, wanted, ctx, most, ret_end);
    struct key_scan scan = {
        .after = c->last,
        .inclusive = c->inclusive,
        .most = most,
        .wanted = wanted,
        .ctx = ctx,
    };
    *ret_end = !key_index_scan(&c->table->index, &scan);
    if (scan.last != 0)
        remember_entry(c, scan.last);
    return scan.found ? scan.last : 0;
}

void rib_cursor_release(struct rib_cursor *c)
{
    free(c->opaque);
    *c = (struct rib_cursor){0};
}
