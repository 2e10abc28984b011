/* The table of one family. */
#include "rib/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void rib_table_init(struct rib_table *t, enum family family)
{
    const struct family_info *info = family_info(family);
    *t = (struct rib_table){
        .family = family, .ip_version = info->ip_version, .is_flow = info->is_flow};
    bool small = !t->is_flow && t->ip_version == IP_V4;
    slab_init(&t->entries, small ? RIB_ENTRY_V4_BYTES : sizeof(struct rib_entry));
    if (t->is_flow)
        flow_index_init(&t->flows, &t->entries, t->ip_version);
    else
        tree_init(&t->tree, &t->entries, offsetof(struct rib_entry, key),
                  offsetof(struct rib_entry, len_bits), t->ip_version == IP_V4 ? 4 : 16);
}

void rib_table_release(struct rib_table *t)
{
    if (t->is_flow)
        flow_index_release(&t->flows);
    else
        tree_release(&t->tree);
    slab_release(&t->entries);
    free(t->dirty);
}

uint32_t rib_table_find(const struct rib_table *t, const struct rib_key *key)
{
    if (t->is_flow)
        return flow_index_find(&t->flows, key->flow);
    return rib_table_find_prefix(t, &key->prefix);
}

static uint32_t find_or_insert_flow(struct rib_table *t, struct span flow)
{
    uint32_t id = flow_index_find(&t->flows, flow);
    if (id != 0)
        return id;
    id = slab_alloc(&t->entries);
    struct rib_entry *e = rib_table_at(t, id);
    e->flags = ENTRY_IN_USE;
    flow_index_insert(&t->flows, id, flow);
    return id;
}

uint32_t rib_table_find_or_insert_prefix(struct rib_table *t, const struct prefix *p)
{
    struct tree_place place;
    uint32_t id = tree_locate(&t->tree, p->bytes, p->len_bits, &place);
    if (id != 0)
        return id;
    id = slab_alloc(&t->entries);
    struct rib_entry *e = rib_table_at(t, id);
    e->flags = ENTRY_IN_USE;
    e->len_bits = p->len_bits;
    if (t->ip_version == IP_V4)
        memcpy(e->key.v4, p->bytes, sizeof(e->key.v4));
    else
        memcpy(e->key.v6, p->bytes, sizeof(e->key.v6));
    tree_insert_at(&t->tree, &place, id);
    return id;
}

uint32_t rib_table_find_or_insert(struct rib_table *t, const struct rib_key *key)
{
    return t->is_flow ? find_or_insert_flow(t, key->flow)
                      : rib_table_find_or_insert_prefix(t, &key->prefix);
}

static void remove_entry(struct rib_table *t, uint32_t id)
{
    struct rib_entry *e = rib_table_at(t, id);
    if (t->is_flow)
        flow_index_remove(&t->flows, id);
    else
        tree_remove(&t->tree, id);
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
        const uint8_t *bytes = t->ip_version == IP_V4 ? e->key.v4 : e->key.v6;
        way_count = tree_way_add(ways, way_count, &t->tree, bytes, e->len_bits);
    }
    tree_fetch(ways, way_count);
}

void rib_table_remove(struct rib_table *t, const uint32_t *ids, uint32_t count)
{
    for (uint32_t done = 0; done < count; done += TREE_WAYS_MAX) {
        uint32_t end = count - done > TREE_WAYS_MAX ? done + TREE_WAYS_MAX : count;
        if (!t->is_flow && end - done > 1)
            fetch_ways(t, ids + done, end - done);
        for (uint32_t i = done; i < end; i++)
            remove_entry(t, ids[i]);
    }
}

uint32_t rib_table_longest(const struct rib_table *t, const struct prefix *p)
{
    uint8_t max_bits = p->len_bits;
    for (;;) {
        uint32_t id = tree_longest(&t->tree, p->bytes, max_bits);
        if (id == 0 || rib_entry_path_count(rib_table_at(t, id)) > 0)
            return id;
        uint8_t len_bits = rib_table_at(t, id)->len_bits; /* a tombstone: look for a shorter one */
        if (len_bits == 0)
            return 0;
        max_bits = (uint8_t)(len_bits - 1);
    }
}

struct rib_key rib_table_key(const struct rib_table *t, uint32_t id)
{
    const struct rib_entry *e = rib_table_at(t, id);
    struct rib_key key = {0};
    if (t->is_flow) {
        key.flow = flow_index_key(&t->flows, e);
    } else {
        key.prefix.version = t->ip_version;
        key.prefix.len_bits = e->len_bits;
        memcpy(key.prefix.bytes, &e->key, ip_len_bytes(t->ip_version));
    }
    return key;
}

void rib_cursor_init(struct rib_cursor *c, const struct rib_table *t)
{
    *c = (struct rib_cursor){.table = t};
}

static void remember(struct rib_cursor *c, const struct rib_key *key)
{
    c->started = true;
    c->last_prefix = key->prefix;
    if (!c->table->is_flow)
        return;
    c->last_flow = mem_realloc(c->last_flow, key->flow.len_bytes);
    memcpy(c->last_flow, key->flow.data, key->flow.len_bytes);
    c->last_flow_len_bytes = key->flow.len_bytes;
}

void rib_cursor_seek(struct rib_cursor *c, const struct rib_key *key, bool inclusive)
{
    remember(c, key);
    c->inclusive = inclusive;
    c->iter = (struct tree_iter){0};
}

static uint32_t next_flow(struct rib_cursor *c)
{
    struct span last = span_of(c->last_flow, c->started ? c->last_flow_len_bytes : 0);
    return flow_index_after(&c->table->flows, last, c->inclusive);
}

static uint32_t next_prefix(struct rib_cursor *c)
{
    const struct tree *tree = &c->table->tree;
    if (!tree_iter_valid(&c->iter)) {
        if (c->started)
            tree_iter_seek(&c->iter, tree, c->last_prefix.bytes, c->last_prefix.len_bits,
                           c->inclusive);
        else
            tree_iter_start(&c->iter, tree);
    }
    return tree_iter_next(&c->iter);
}

uint32_t rib_cursor_next(struct rib_cursor *c)
{
    uint32_t id = c->table->is_flow ? next_flow(c) : next_prefix(c);
    c->inclusive = false;
    if (id != 0) {
        struct rib_key key = rib_table_key(c->table, id);
        remember(c, &key);
    }
    return id;
}

uint32_t rib_cursor_next_flow(struct rib_cursor *c, bool (*wanted)(void *ctx, struct span flow),
                              void *ctx, uint32_t most, bool *ret_end)
{
    struct flow_scan scan = {
        .after = span_of(c->last_flow, c->started ? c->last_flow_len_bytes : 0),
        .inclusive = c->inclusive,
        .most = most,
        .wanted = wanted,
        .ctx = ctx,
    };
    *ret_end = !flow_index_scan(&c->table->flows, &scan);
    if (scan.last != 0) {
        struct rib_key key = rib_table_key(c->table, scan.last);
        remember(c, &key);
        c->inclusive = false;
    }
    return scan.found ? scan.last : 0;
}

void rib_cursor_release(struct rib_cursor *c)
{
    free(c->last_flow);
    *c = (struct rib_cursor){0};
}
