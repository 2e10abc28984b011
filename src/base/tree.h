/* Prefix tree: a path-compressed, popcount-compressed multi-bit tree with strides of 8 bits.
 *
 * Maps a prefix to the id of an entry in a slab. The tree does not store prefixes itself: it reads
 * them from the entries, whose layout it is told. A prefix of length 8d+1 … 8d+8 lives in a node of
 * depth d; a branch with a single prefix is that prefix's id in the slot where the branch begins,
 * so that scattered prefixes cost no node. */
#ifndef BGPD_BASE_TREE_H
#define BGPD_BASE_TREE_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/tree_state.h"

/* Whether the first `count` bytes of two keys agree; of both at least four can be read. */
static inline bool tree_starts_alike(const uint8_t *a, const uint8_t *b, unsigned count)
{
    uint32_t four_of_a;
    uint32_t four_of_b;
    memcpy(&four_of_a, a, sizeof(four_of_a));
    memcpy(&four_of_b, b, sizeof(four_of_b));
    if (count > 4)
        return four_of_a == four_of_b && memcmp(a + 4, b + 4, count - 4) == 0;
    return ((four_of_a ^ four_of_b) & htole32((uint32_t)((UINT64_C(1) << 8 * count) - 1))) == 0;
}

/* Keys have at least four bytes. */
void tree_init(struct tree *t, const struct slab *entries, size_t key_offset, size_t len_offset,
               uint8_t key_bytes);
void tree_release(struct tree *t);

/* The entry of exactly this prefix, or 0. `bytes` has key_bytes bytes. */
uint32_t tree_find(const struct tree *t, const uint8_t *bytes, uint8_t len_bits);

/* Where a prefix that is not in the tree belongs; valid until the tree changes. */
struct tree_place {
    uint32_t
        *branch; /* the slot to be filled, the node to be added to, or the branch to be split */
    unsigned split_depth; /* TREE_NO_SPLIT, or the depth of the node that is to stand there */
    uint16_t key;         /* in the node that is added to, and how many smaller ones there are */
    uint16_t rank;
};
#define TREE_NO_SPLIT 255u

/* The entry of exactly this prefix, or 0 with *ret_place set for tree_insert_at. */
uint32_t tree_locate(struct tree *t, const uint8_t *bytes, uint8_t len_bits,
                     struct tree_place *ret_place);
/* Adds an entry with the prefix for which tree_locate has found the place. */
void tree_insert_at(struct tree *t, const struct tree_place *place, uint32_t entry);
/* Removes an entry, which must be in the tree. */
void tree_remove(struct tree *t, uint32_t entry);
/* The entry with the longest prefix of at most `max_bits` bits that contains the address, or 0. */
uint32_t tree_longest(const struct tree *t, const uint8_t *bytes, uint8_t max_bits);
/* The entries of all prefixes of at most `max_bits` bits that contain the address, the shortest
 * first; how many. `ret_entries` has room for one of each length. */
unsigned tree_covering(const struct tree *t, const uint8_t *bytes, uint8_t max_bits,
                       uint32_t *ret_entries);
#define TREE_COVERING_MAX (TREE_MAX_DEPTH * 8u + 1)

#define TREE_WAYS_MAX 64u

/* The way to a prefix. */
struct tree_way {
    const struct tree *tree;
    const uint8_t *bytes; /* borrowed */
    uint8_t len_bits;
    const uint32_t *branch; /* where it goes on */
    const struct node *node;
};

/* Adds the way to a prefix to an array of ways; their number then. A prefix that belongs into the
 * same node as the one before needs no way of its own. */
static inline unsigned tree_way_add(struct tree_way *ways, unsigned count, const struct tree *t,
                                    const uint8_t *bytes, uint8_t len_bits)
{
    unsigned depth = len_bits > 0 ? (len_bits - 1u) / 8 : 0;
    if (count > 0 && ways[count - 1].tree == t &&
        tree_starts_alike(bytes, ways[count - 1].bytes, depth))
        return count;
    ways[count] =
        (struct tree_way){.tree = t, .bytes = bytes, .len_bits = len_bits, .branch = &t->root};
    return count + 1;
}
/* Brings what is on up to TREE_WAYS_MAX ways into the cache: a step is taken on all of them before
 * the next one, so that memory answers to all at once. The ways are of no use then. */
void tree_fetch(struct tree_way *ways, unsigned count);

/* An ordered walk (addresses ascending, shorter prefixes first). Valid until the tree changes;
 * tree_iter_seek brings it back. */
struct tree_iter {
    const struct tree *tree;
    uint32_t changes;
    uint32_t pending; /* an entry to be returned before the stack is looked at */
    unsigned depth;
    struct {
        uint32_t node;
        uint16_t pos; /* start byte * 16 + level */
    } stack[TREE_MAX_DEPTH];
};

/* Before the first prefix. */
void tree_iter_start(struct tree_iter *it, const struct tree *t);
/* Before the first prefix that sorts after this one, or at it when `inclusive`. */
void tree_iter_seek(struct tree_iter *it, const struct tree *t, const uint8_t *bytes,
                    uint8_t len_bits, bool inclusive);
/* The next entry, or 0 at the end. */
uint32_t tree_iter_next(struct tree_iter *it);
static inline bool tree_iter_valid(const struct tree_iter *it)
{
    return it->tree && it->changes == it->tree->changes;
}

#endif
