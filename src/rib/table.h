/* The table of one family: entries addressed by id, found by key, walked in the order of the
 * family.
 */
#ifndef BGPD_RIB_TABLE_H
#define BGPD_RIB_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slab.h"
#include "base/tree.h"
#include "rib/key_index.h"
#include "rib/path.h"
#include "wire/family.h"

/* Of 512 bytes, so that an array of them is indexed by a shift. */
struct rib_table {
    enum family family;
    uint8_t key_bytes; /* of keys in the tree; 0: there is an index instead */
    bool retell;       /* a source has changed in how its routes look to those who are told: until
                          all of them have been dirty and are not any more, the same attributes
                          from the same source may mean another thing */
    uint32_t retells;  /* how often a source has, so far */
    uint32_t layered;  /* groups that are told more than the best path: RIB-out must look at an
                          entry when another one of several changes, too */
    const struct family_info *info;
    struct slab entries;
    struct tree tree;
    struct key_index index;
    uint32_t *dirty; /* owned: ids of entries with ENTRY_DIRTY, oldest first */
    uint32_t dirty_count;
    uint32_t dirty_size;
    uint32_t dirty_done; /* of these, already looked at */
    uint32_t path_count;
};

void rib_table_init(struct rib_table *t, enum family family);
void rib_table_release(struct rib_table *t);

static inline struct rib_entry *rib_table_at(const struct rib_table *t, uint32_t id)
{
    return slab_at(&t->entries, id);
}

/* The entry of exactly this key, or 0. */
static inline uint32_t rib_table_find(const struct rib_table *t, struct nlri_key key)
{
    return t->key_bytes > 0 ? tree_find(&t->tree, key.bytes, (uint8_t)key.len)
                            : key_index_find(&t->index, key);
}
/* The same, made when there is none. */
uint32_t rib_table_find_or_insert(struct rib_table *t, struct nlri_key key);
/* Removes entries that nothing refers to any more. */
void rib_table_remove(struct rib_table *t, const uint32_t *ids, uint32_t count);
/* In an address tree: the entry with the longest key that covers this one and has a path, or 0. */
uint32_t rib_table_longest(const struct rib_table *t, struct nlri_key key);

/* The key of an entry; it borrows from the table, until that changes. */
static inline struct nlri_key rib_table_key(const struct rib_table *t, const struct rib_entry *e)
{
    if (t->key_bytes > 0)
        return (struct nlri_key){e->key.bytes, e->len_bits};
    return key_index_key(&t->index, e);
}

/* The keys of several. */
static inline void rib_table_keys(const struct rib_table *t, const uint32_t *ids, size_t count,
                                  struct nlri_key *ret_keys)
{
    if (t->key_bytes == 0) {
        for (size_t i = 0; i < count; i++)
            ret_keys[i] = key_index_key(&t->index, rib_table_at(t, ids[i]));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct rib_entry *e = rib_table_at(t, ids[i]);
        ret_keys[i] = (struct nlri_key){e->key.bytes, e->len_bits};
    }
}

/* Number of entries, tombstones included. */
static inline uint32_t rib_table_count(const struct rib_table *t)
{
    return t->entries.used;
}

/* An ordered walk that survives changes, not to be copied: it goes on after the last key it
 * returned, whether or not that entry still exists. */
struct rib_cursor {
    const struct rib_table *table;
    struct tree_iter iter;
    struct nlri_key last; /* its bytes are one of the next two */
    uint8_t in_tree[NLRI_TREE_MAX_BYTES];
    uint8_t *opaque; /* owned */
    bool started;
    bool inclusive; /* the first step may return the key itself */
};

void rib_cursor_init(struct rib_cursor *c, const struct rib_table *t);
/* The next step returns the first entry at or after (or only after) this key. */
void rib_cursor_seek(struct rib_cursor *c, struct nlri_key key, bool inclusive);
/* The next entry, or 0 at the end. */
uint32_t rib_cursor_next(struct rib_cursor *c);
/* The next entry that is wanted among the next `most` ones, or 0; then *ret_end says whether these
 * were the last. The walk goes on after what was looked at. */
uint32_t rib_cursor_next_wanted(struct rib_cursor *c,
                                bool (*wanted)(void *ctx, struct nlri_key key), void *ctx,
                                uint32_t most, bool *ret_end);
void rib_cursor_release(struct rib_cursor *c);

#endif
