/* Nodes of the prefix tree: a sorted map from keys to slots. For src/base/tree*.c only.
 *
 * A node of depth d stands for the byte at index d of the addresses below it; all of them agree
 * with its base in the bytes before. Within a node everything has a key: a prefix, which has a
 * level 1…8 (its length minus 8d), 0…255 at level 8, 256…509 at the others; a branch to longer
 * prefixes, of which there is one for each value of the byte, 512…767. The slots stand in the order
 * of their keys. Which keys there are is a sorted list while they are few (a narrow node), else a
 * bitmap (a wide one).
 *
 * A node is one block of memory, so that to find a slot is to look at two or three cache lines:
 *
 *     header, base | keys, in ascending order | slots                                   narrow
 *     header, base | how many keys are below 256 and 512 | bitmap | slots               wide
 *
 * A reference to something is the id of an entry, or a node with NODE_TAG. */
#ifndef BGPD_BASE_TREE_NODE_H
#define BGPD_BASE_TREE_NODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/tree_state.h"

#define NODE_TAG 0x80000000u

#define LEVEL_8_KEY  0u
#define LEVEL_17_KEY 256u /* levels 1 to 7 */
#define BRANCH_KEY   512u
#define KEY_WORDS    12u /* of 64 bits */
#define GROUP_WORDS  4u  /* words of one kind of keys */

/* The most slots of a narrow node. */
#define NARROW_MAX 16u

struct node {
    uint16_t count; /* of slots */
    uint16_t size;  /* slots there is room for; the node is narrow up to NARROW_MAX */
    uint8_t depth;
    uint8_t base[]; /* the first `depth` bytes count */
};

/* What a wide node has in front of its slots. */
struct node_map {
    uint16_t below[4]; /* keys smaller than 256 times the index */
    uint64_t bits[KEY_WORDS];
};

/* --- what the tree reads in its entries --- */

static inline const uint8_t *entry_key(const struct tree *t, uint32_t id)
{
    return (const uint8_t *)slab_at(t->entries, id) + t->key_offset;
}

static inline uint8_t entry_len(const struct tree *t, uint32_t id)
{
    return ((const uint8_t *)slab_at(t->entries, id))[t->len_offset];
}

/* Depth of the node in which a prefix of this length (not 0) lives. */
static inline unsigned depth_of(uint8_t len_bits)
{
    return (len_bits - 1u) / 8;
}

static inline unsigned min_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many of the bytes from `from` on agree, up to index `to`; `from` more. */
static inline unsigned common_bytes(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
    while (from < to && a[from] == b[from])
        from++;
    return from;
}

/* --- nodes --- */

static inline bool node_is_wide(const struct node *n)
{
    return n->size > NARROW_MAX;
}

static inline struct node *node_at(const struct tree *t, uint32_t ref)
{
    return arena_at(&t->nodes, ref & ~NODE_TAG);
}

static inline void *node_body(const struct tree *t, const struct node *n)
{
    return (uint8_t *)(uintptr_t)n + t->body_offset;
}

/* Room for the keys of a narrow node: what lies after the last key is KEY_NONE. */
static inline unsigned narrow_key_count(unsigned size)
{
    return size <= NARROW_MAX / 2 ? NARROW_MAX / 2 : NARROW_MAX;
}

static inline uint32_t *node_slots(const struct tree *t, const struct node *n)
{
    size_t head =
        node_is_wide(n) ? sizeof(struct node_map) : narrow_key_count(n->size) * sizeof(int16_t);
    return (uint32_t *)((uint8_t *)node_body(t, n) + head);
}

static inline unsigned prefix_key(uint8_t byte, unsigned level)
{
    if (level == 8)
        return LEVEL_8_KEY + byte;
    return LEVEL_17_KEY + (1u << level) - 2 + ((unsigned)byte >> (8 - level));
}

static inline unsigned branch_key(uint8_t byte)
{
    return BRANCH_KEY + byte;
}

static inline bool key_in_map(const struct node_map *map, unsigned key)
{
    return map->bits[key / 64] >> (key % 64) & 1;
}

/* How many of eight keys are smaller than `wanted`: looked at side by side. */
static inline unsigned keys_below(const int16_t *keys, int16_t wanted)
{
    typedef int16_t eight_keys __attribute__((vector_size(16)));
    typedef uint64_t two_halves __attribute__((vector_size(16)));
    eight_keys all;
    memcpy(&all, keys, sizeof(all));
    two_halves smaller = (two_halves)(all < wanted); /* 16 bits for each that is */
    return (unsigned)(__builtin_popcountll(smaller[0]) + __builtin_popcountll(smaller[1])) / 16;
}

/* Number of slots with smaller keys; *ret_there says whether the key itself has one. */
static inline unsigned node_rank(const struct tree *t, const struct node *n, unsigned key,
                                 bool *ret_there)
{
    if (node_is_wide(n)) {
        const struct node_map *map = node_body(t, n);
        unsigned word = key / 64;
        unsigned group = word / GROUP_WORDS;
        unsigned rank = map->below[group];
        for (unsigned i = group * GROUP_WORDS; i < word; i++)
            rank += (unsigned)__builtin_popcountll(map->bits[i]);
        *ret_there = key_in_map(map, key);
        return rank +
               (unsigned)__builtin_popcountll(map->bits[word] & ((UINT64_C(1) << (key % 64)) - 1));
    }
    const int16_t *keys = node_body(t, n);
    unsigned rank = keys_below(keys, (int16_t)key);
    if (n->size > NARROW_MAX / 2)
        rank += keys_below(keys + NARROW_MAX / 2, (int16_t)key);
    *ret_there = rank < n->count && keys[rank] == (int16_t)key;
    return rank;
}

/* The slot of a key, or NULL. */
static inline uint32_t *node_find(const struct tree *t, const struct node *n, unsigned key)
{
    bool there;
    if (node_is_wide(n) && !key_in_map(node_body(t, n), key))
        return NULL;
    unsigned rank = node_rank(t, n, key, &there);
    return there ? &node_slots(t, n)[rank] : NULL;
}

/* Where the body begins in nodes of a tree with keys of so many bytes. */
size_t node_body_offset(unsigned key_bytes);

/* An empty node; its reference, tagged. */
uint32_t node_new(struct tree *t, unsigned depth, const uint8_t *base);
void node_free(struct tree *t, uint32_t ref);
/* Adds a slot for a key with `rank` smaller ones to the node *branch, which may thereby move:
 * *branch is changed then. */
void node_add(struct tree *t, uint32_t *branch, unsigned key, unsigned rank, uint32_t ref);
/* Removes the slot of a key; the node may move likewise. */
void node_remove(struct tree *t, uint32_t *branch, unsigned key, unsigned rank);

#endif
