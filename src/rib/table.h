/* The table of one family: entries addressed by id, found by prefix or flow, walked in the order of
 * the family. */
#ifndef BGPD_RIB_TABLE_H
#define BGPD_RIB_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/prefix.h"
#include "base/slab.h"
#include "base/span.h"
#include "rib/flowindex.h"
#include "rib/path.h"
#include "rib/tree.h"
#include "wire/family.h"

/* What an entry is found by: a prefix, or in flow tables a canonical flow. */
struct rib_key {
    struct prefix prefix;
    struct span flow; /* borrowed */
};

struct rib_table {
    enum family family;
    uint8_t ip_version;
    bool is_flow;
    struct slab entries;
    struct tree tree;        /* unicast */
    struct flow_index flows; /* flow families */
    uint32_t path_count;
    uint32_t *dirty; /* owned: ids of entries with ENTRY_DIRTY, oldest first */
    uint32_t dirty_count;
    uint32_t dirty_size;
    uint32_t dirty_done; /* of these, already looked at */
    uint32_t drains;     /* how often the list became empty */
    bool retell;         /* a source has changed in how its routes look to those who are told: until
                            all of them have been dirty and are not any more, the same attributes
                            from the same source may mean another thing */
};

void rib_table_init(struct rib_table *t, enum family family);
void rib_table_release(struct rib_table *t);

static inline struct rib_entry *rib_table_at(const struct rib_table *t, uint32_t id)
{
    return slab_at(&t->entries, id);
}

/* The entry of exactly this key, or 0. */
uint32_t rib_table_find(const struct rib_table *t, const struct rib_key *key);
/* The same, made when there is none. */
uint32_t rib_table_find_or_insert(struct rib_table *t, const struct rib_key *key);
/* Both for the prefixes of unicast tables. */
static inline uint32_t rib_table_find_prefix(const struct rib_table *t, const struct prefix *p)
{
    return tree_find(&t->tree, p->bytes, p->len_bits);
}
uint32_t rib_table_find_or_insert_prefix(struct rib_table *t, const struct prefix *p);
/* Removes entries that nothing refers to any more. */
void rib_table_remove(struct rib_table *t, const uint32_t *ids, uint32_t count);
/* Unicast: the entry with the longest prefix that covers `p` and has a path, or 0. */
uint32_t rib_table_longest(const struct rib_table *t, const struct prefix *p);

/* The key of an entry; its flow borrows from the entry. */
struct rib_key rib_table_key(const struct rib_table *t, uint32_t id);

/* Number of entries, tombstones included. */
static inline uint32_t rib_table_count(const struct rib_table *t)
{
    return t->entries.used;
}

/* An ordered walk that survives changes: it goes on after the last key it returned, whether or not
 * that entry still exists. */
struct rib_cursor {
    const struct rib_table *table;
    struct tree_iter iter;
    struct prefix last_prefix;
    uint8_t *last_flow; /* owned */
    size_t last_flow_len_bytes;
    bool started;
    bool inclusive; /* the first step may return the key itself */
};

void rib_cursor_init(struct rib_cursor *c, const struct rib_table *t);
/* The next step returns the first entry at or after (or only after) this key. */
void rib_cursor_seek(struct rib_cursor *c, const struct rib_key *key, bool inclusive);
/* The next entry, or 0 at the end. */
uint32_t rib_cursor_next(struct rib_cursor *c);
/* Flow tables: the next entry that is wanted among the next `most` ones, or 0; then *ret_end says
 * whether these were the last. The walk goes on after what was looked at. */
uint32_t rib_cursor_next_flow(struct rib_cursor *c, bool (*wanted)(void *ctx, struct span flow),
                              void *ctx, uint32_t most, bool *ret_end);
void rib_cursor_release(struct rib_cursor *c);

#endif
