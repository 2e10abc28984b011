/* Prefix tree: finding the place of a prefix, adding and removing. */
#include "base/tree.h"

#include <assert.h>
#include <string.h>

#include "base/tree_node.h"

#define CACHE_LINE_BYTES 64u

void tree_init(struct tree *t, const struct slab *entries, size_t key_offset, size_t len_offset,
               uint8_t key_bytes)
{
    assert(key_bytes >= 4 && key_bytes <= TREE_MAX_DEPTH);
    *t = (struct tree){
        .entries = entries,
        .key_offset = (uint16_t)key_offset,
        .len_offset = (uint16_t)len_offset,
        .key_bytes = key_bytes,
        .body_offset = (uint8_t)node_body_offset(key_bytes),
    };
}

void tree_release(struct tree *t)
{
    arena_release(&t->nodes);
}

/* Key of a prefix in a node of depth `depth`, in which it lives (`here`) or which it is below of.
 */
static unsigned key_in_node(const uint8_t *bytes, uint8_t len_bits, unsigned depth, bool here)
{
    return here ? prefix_key(bytes[depth], len_bits - 8 * depth) : branch_key(bytes[depth]);
}

/* Where to begin looking for a key: at the node that was looked into last, when the key belongs in
 * or below it, because neighbours come together; else at the root. */
__attribute__((always_inline)) static inline uint32_t *
start_of(struct tree *t, const uint8_t *bytes, uint8_t len_bits, unsigned *ret_agreed)
{
    *ret_agreed = 0;
    if (!t->finger || !(*t->finger & NODE_TAG))
        return &t->root;
    const struct node *n = node_at(t, *t->finger);
    if (8u * n->depth >= len_bits || !tree_starts_alike(n->base, bytes, n->depth))
        return &t->root;
    *ret_agreed = n->depth;
    return t->finger;
}

uint32_t tree_locate(struct tree *t, const uint8_t *bytes, uint8_t len_bits,
                     struct tree_place *ret_place)
{
    ret_place->split_depth = TREE_NO_SPLIT;
    if (len_bits == 0) {
        ret_place->branch = &t->default_entry;
        return t->default_entry;
    }
    unsigned depth = depth_of(len_bits);
    unsigned agreed; /* bytes known to agree */
    uint32_t *branch = start_of(t, bytes, len_bits, &agreed);
    while (*branch & NODE_TAG) {
        const struct node *n = node_at(t, *branch);
        t->finger = ret_place->branch = branch;
        unsigned fits = common_bytes(n->base, bytes, agreed, min_of(n->depth, depth));
        if (fits < n->depth) {
            ret_place->split_depth = fits;
            return 0;
        }
        bool here = n->depth == depth;
        unsigned key = key_in_node(bytes, len_bits, n->depth, here);
        bool there;
        unsigned rank = node_rank(t, n, key, &there);
        if (!there) {
            ret_place->key = (uint16_t)key;
            ret_place->rank = (uint16_t)rank;
            return 0;
        }
        branch = &node_slots(t, n)[rank];
        if (here)
            return *branch;
        agreed = n->depth + 1u;
    }
    ret_place->branch = branch;
    if (*branch == 0)
        return 0;
    const uint8_t *other = entry_key(t, *branch);
    uint8_t other_len = entry_len(t, *branch);
    if (other_len == len_bits && memcmp(other, bytes, t->key_bytes) == 0)
        return *branch;
    ret_place->split_depth = common_bytes(other, bytes, agreed, min_of(depth, depth_of(other_len)));
    return 0;
}

uint32_t tree_find(const struct tree *t, const uint8_t *bytes, uint8_t len_bits)
{
    struct tree_place place; /* only the finger changes */
    return tree_locate((struct tree *)(uintptr_t)t, bytes, len_bits, &place);
}

/* Adds a key that is not there to the node *branch. */
static void add_key(struct tree *t, uint32_t *branch, unsigned key, uint32_t ref)
{
    bool there;
    unsigned rank = node_rank(t, node_at(t, *branch), key, &there);
    node_add(t, branch, key, rank, ref);
}

static void add_entry(struct tree *t, uint32_t *branch, uint32_t entry)
{
    const uint8_t *bytes = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    unsigned depth = node_at(t, *branch)->depth;
    add_key(t, branch, key_in_node(bytes, len_bits, depth, depth_of(len_bits) == depth), entry);
}

/* Puts a new node of depth `depth` in the place of *branch, with that branch and the entry in it.
 */
static void split(struct tree *t, uint32_t *branch, unsigned depth, uint32_t entry)
{
    uint32_t ref = node_new(t, depth, entry_key(t, entry));
    if (*branch & NODE_TAG)
        add_key(t, &ref, branch_key(node_at(t, *branch)->base[depth]), *branch);
    else
        add_entry(t, &ref, *branch);
    add_entry(t, &ref, entry);
    *branch = ref;
}

void tree_insert_at(struct tree *t, const struct tree_place *place, uint32_t entry)
{
    t->changes++;
    if (place->split_depth != TREE_NO_SPLIT) {
        split(t, place->branch, place->split_depth, entry);
    } else if (*place->branch & NODE_TAG) {
        t->finger = place->branch; /* any other one may be among the slots that move */
        node_add(t, place->branch, place->key, place->rank, entry);
    } else {
        *place->branch = entry;
    }
}

/* Where the node stands that has an entry; NULL when the entry is all there is. */
static uint32_t *branch_with(struct tree *t, const uint8_t *bytes, uint8_t len_bits)
{
    unsigned depth = depth_of(len_bits);
    unsigned agreed;
    uint32_t *found = NULL;
    uint32_t *branch = start_of(t, bytes, len_bits, &agreed);
    while (branch && (*branch & NODE_TAG)) {
        const struct node *n = node_at(t, *branch);
        found = branch;
        branch = n->depth == depth ? NULL : node_find(t, n, branch_key(bytes[n->depth]));
    }
    return found;
}

void tree_remove(struct tree *t, uint32_t entry)
{
    const uint8_t *bytes = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    t->changes++;
    if (len_bits == 0) {
        t->default_entry = 0;
        return;
    }
    uint32_t *branch = branch_with(t, bytes, len_bits);
    if (!branch) {
        assert(t->root == entry);
        t->root = 0;
        return;
    }
    const struct node *n = node_at(t, *branch);
    unsigned key = key_in_node(bytes, len_bits, n->depth, n->depth == depth_of(len_bits));
    bool there;
    unsigned rank = node_rank(t, n, key, &there);
    assert(there && node_slots(t, n)[rank] == entry);
    t->finger = branch; /* as in tree_insert_at */
    node_remove(t, branch, key, rank);
    n = node_at(t, *branch);
    if (n->count == 1) {
        uint32_t last = *node_slots(t, n);
        node_free(t, *branch);
        *branch = last;
    }
}

/* --- fetching --- */

/* Asks memory for what the next step reads; false when this was the last one. What is on the way is
 * not compared with the prefix. */
static bool take_step(struct tree_way *way)
{
    const struct tree *t = way->tree;
    const struct node *n = way->node;
    if (!n) {
        uint32_t ref = *way->branch;
        if (!(ref & NODE_TAG)) {
            if (ref != 0)
                __builtin_prefetch(slab_at(t->entries, ref));
            return false;
        }
        way->node = node_at(t, ref);
        __builtin_prefetch(way->node);
        __builtin_prefetch((const uint8_t *)way->node + CACHE_LINE_BYTES);
        return true;
    }
    if (8u * n->depth >= way->len_bits)
        return false;
    bool here = n->depth == depth_of(way->len_bits);
    bool there;
    unsigned rank = node_rank(t, n, key_in_node(way->bytes, way->len_bits, n->depth, here), &there);
    way->branch = &node_slots(t, n)[rank];
    way->node = NULL;
    __builtin_prefetch(way->branch);
    return there;
}

void tree_fetch(struct tree_way *ways, unsigned count)
{
    uint8_t going[TREE_WAYS_MAX];
    assert(count <= TREE_WAYS_MAX);
    for (unsigned i = 0; i < count; i++)
        going[i] = (uint8_t)i;
    while (count > 0) {
        unsigned left = 0;
        for (unsigned i = 0; i < count; i++) {
            uint8_t way = going[i];
            going[left] = way;
            left += take_step(&ways[way]);
        }
        count = left;
    }
}

/* --- what covers an address --- */

static bool entry_covers(const struct tree *t, uint32_t id, const uint8_t *bytes, uint8_t max_bits)
{
    uint8_t len_bits = entry_len(t, id);
    if (len_bits > max_bits)
        return false;
    const uint8_t *key = entry_key(t, id);
    unsigned whole = len_bits / 8;
    unsigned rest = len_bits % 8;
    return memcmp(key, bytes, whole) == 0 &&
           (rest == 0 || (uint8_t)((key[whole] ^ bytes[whole]) >> (8 - rest)) == 0);
}

uint32_t tree_longest(const struct tree *t, const uint8_t *bytes, uint8_t max_bits)
{
    uint32_t best = t->default_entry;
    uint32_t ref = t->root;
    while (ref & NODE_TAG) {
        const struct node *n = node_at(t, ref);
        if (8u * n->depth >= max_bits || memcmp(n->base, bytes, n->depth) != 0)
            return best;
        uint8_t byte = bytes[n->depth];
        const uint32_t *slot = NULL;
        for (unsigned level = min_of(8, max_bits - 8u * n->depth); !slot && level > 0; level--)
            slot = node_find(t, n, prefix_key(byte, level));
        if (slot)
            best = *slot;
        slot = node_find(t, n, branch_key(byte));
        if (!slot)
            return best;
        ref = *slot;
    }
    return ref != 0 && entry_covers(t, ref, bytes, max_bits) ? ref : best;
}

/* Adds the entries of a node whose prefixes contain the address. */
static unsigned add_covering(const struct tree *t, const struct node *n, uint8_t byte,
                             unsigned levels, uint32_t *entries, unsigned count)
{
    for (unsigned level = 1; level <= levels; level++) {
        const uint32_t *slot = node_find(t, n, prefix_key(byte, level));
        if (slot)
            entries[count++] = *slot;
    }
    return count;
}

unsigned tree_covering(const struct tree *t, const uint8_t *bytes, uint8_t max_bits,
                       uint32_t *ret_entries)
{
    unsigned count = 0;
    uint32_t ref = t->root;
    if (t->default_entry != 0)
        ret_entries[count++] = t->default_entry;
    while (ref & NODE_TAG) {
        const struct node *n = node_at(t, ref);
        if (8u * n->depth >= max_bits || memcmp(n->base, bytes, n->depth) != 0)
            return count;
        uint8_t byte = bytes[n->depth];
        count = add_covering(t, n, byte, min_of(8, max_bits - 8u * n->depth), ret_entries, count);
        const uint32_t *slot = node_find(t, n, branch_key(byte));
        if (!slot)
            return count;
        ref = *slot;
    }
    if (ref != 0 && entry_covers(t, ref, bytes, max_bits))
        ret_entries[count++] = ref;
    return count;
}
