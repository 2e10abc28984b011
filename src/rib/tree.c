/* Prefix tree.
 *
 * A node of depth d stands for the byte at index d of the addresses below it; all of them agree
 * with its base in the bytes before. Within a node a prefix has a level 1…8 (its length minus 8d)
 * and a position in a bitmap of 510 bits; branches to longer prefixes have one bit for each value
 * of the byte. The slots of set bits stand in one array, prefixes first.
 *
 * Invariants: a node has at least two slots, else its one slot stands in its place; a branch is an
 * entry id, or a node id with NODE_TAG. */
#include "rib/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NODE_TAG 0x80000000u

struct node {
    uint32_t slab_link; /* used by the slab while the node is free */
    uint8_t depth;
    uint16_t prefix_count;
    uint16_t child_count;
    uint16_t slot_size;
    uint32_t *slots;      /* owned: prefix_count entries, then child_count branches */
    uint64_t prefixes[8]; /* bit (1 << level) - 2 + (byte >> (8 - level)) */
    uint64_t children[4]; /* bit byte */
    uint8_t base[];       /* key_bytes; the first `depth` count */
};

static struct node *node_at(const struct tree *t, uint32_t ref)
{
    return slab_at(&t->nodes, ref & ~NODE_TAG);
}

static const uint8_t *entry_key(const struct tree *t, uint32_t id)
{
    return (const uint8_t *)slab_at(t->entries, id) + t->key_offset;
}

static uint8_t entry_len(const struct tree *t, uint32_t id)
{
    return ((const uint8_t *)slab_at(t->entries, id))[t->len_offset];
}

/* Depth of the node in which a prefix of this length (not 0) lives. */
static unsigned depth_of(uint8_t len_bits)
{
    return (len_bits - 1u) / 8;
}

static unsigned prefix_bit(uint8_t byte, unsigned level)
{
    return (1u << level) - 2 + ((unsigned)byte >> (8 - level));
}

/* Bit of a prefix that lives in a node of depth `depth`. */
static unsigned prefix_bit_of(const uint8_t *key, uint8_t len_bits, unsigned depth)
{
    return prefix_bit(key[depth], len_bits - 8 * depth);
}

static bool bit_test(const uint64_t *words, unsigned bit)
{
    return words[bit / 64] >> (bit % 64) & 1;
}

/* Number of set bits before `bit`. */
static unsigned bit_rank(const uint64_t *words, unsigned bit)
{
    unsigned rank = 0;
    for (unsigned i = 0; i < bit / 64; i++)
        rank += (unsigned)__builtin_popcountll(words[i]);
    return rank +
           (unsigned)__builtin_popcountll(words[bit / 64] & ((UINT64_C(1) << (bit % 64)) - 1));
}

static uint32_t *prefix_slot(const struct node *n, unsigned bit)
{
    return &n->slots[bit_rank(n->prefixes, bit)];
}

static uint32_t *child_slot(const struct node *n, uint8_t byte)
{
    return &n->slots[n->prefix_count + bit_rank(n->children, byte)];
}

static unsigned slot_count(const struct node *n)
{
    return n->prefix_count + n->child_count;
}

/* Room for `count` slots with a quarter to spare, in steps of four. */
static void resize_slots(struct node *n, unsigned count)
{
    unsigned size = (count + count / 4 + 3) & ~3u;
    n->slots = mem_resize(n->slots, size, sizeof(*n->slots));
    n->slot_size = (uint16_t)size;
}

static void add_slot(struct node *n, unsigned index, uint32_t ref)
{
    unsigned count = slot_count(n);
    if (count == n->slot_size)
        resize_slots(n, count + 1);
    memmove(&n->slots[index + 1], &n->slots[index], (count - index) * sizeof(*n->slots));
    n->slots[index] = ref;
}

static void drop_slot(struct node *n, unsigned index)
{
    unsigned count = slot_count(n) - 1;
    memmove(&n->slots[index], &n->slots[index + 1], (count - index) * sizeof(*n->slots));
    if (count > 0 && count * 2 < n->slot_size)
        resize_slots(n, count);
}

static void add_prefix(struct node *n, unsigned bit, uint32_t entry)
{
    add_slot(n, bit_rank(n->prefixes, bit), entry);
    n->prefixes[bit / 64] |= UINT64_C(1) << (bit % 64);
    n->prefix_count++;
}

static void add_child(struct node *n, uint8_t byte, uint32_t ref)
{
    add_slot(n, n->prefix_count + bit_rank(n->children, byte), ref);
    n->children[byte / 64] |= UINT64_C(1) << (byte % 64);
    n->child_count++;
}

/* Adds an entry that belongs in or below `n`, where its place is free. */
static void add_entry(struct tree *t, struct node *n, uint32_t entry)
{
    const uint8_t *key = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    if (depth_of(len_bits) == n->depth)
        add_prefix(n, prefix_bit_of(key, len_bits, n->depth), entry);
    else
        add_child(n, key[n->depth], entry);
}

static uint32_t node_new(struct tree *t, unsigned depth, const uint8_t *base)
{
    uint32_t id = slab_alloc(&t->nodes);
    struct node *n = slab_at(&t->nodes, id);
    n->depth = (uint8_t)depth;
    memcpy(n->base, base, depth);
    return id | NODE_TAG;
}

static void node_free(struct tree *t, uint32_t ref)
{
    free(node_at(t, ref)->slots);
    slab_free(&t->nodes, ref & ~NODE_TAG);
}

void tree_init(struct tree *t, const struct slab *entries, size_t key_offset, size_t len_offset,
               uint8_t key_bytes)
{
    *t = (struct tree){
        .entries = entries,
        .key_offset = (uint16_t)key_offset,
        .len_offset = (uint16_t)len_offset,
        .key_bytes = key_bytes,
    };
    size_t align = _Alignof(struct node);
    slab_init(&t->nodes, (sizeof(struct node) + key_bytes + align - 1) / align * align);
}

static void release_below(struct tree *t, uint32_t ref)
{
    if (!(ref & NODE_TAG))
        return;
    struct node *n = node_at(t, ref);
    for (unsigned i = n->prefix_count; i < slot_count(n); i++)
        release_below(t, n->slots[i]);
    free(n->slots);
}

void tree_release(struct tree *t)
{
    release_below(t, t->root);
    slab_release(&t->nodes);
}

/* How many of the first `max` bytes agree. */
static unsigned common_bytes(const uint8_t *a, const uint8_t *b, unsigned max)
{
    unsigned i = 0;
    while (i < max && a[i] == b[i])
        i++;
    return i;
}

uint32_t tree_find(const struct tree *t, const uint8_t *bytes, uint8_t len_bits)
{
    if (len_bits == 0)
        return t->default_entry;
    unsigned depth = depth_of(len_bits);
    uint32_t ref = t->root;
    while (ref & NODE_TAG) {
        const struct node *n = node_at(t, ref);
        if (n->depth > depth || memcmp(n->base, bytes, n->depth) != 0)
            return 0;
        if (n->depth == depth) {
            unsigned bit = prefix_bit_of(bytes, len_bits, depth);
            return bit_test(n->prefixes, bit) ? *prefix_slot(n, bit) : 0;
        }
        if (!bit_test(n->children, bytes[n->depth]))
            return 0;
        ref = *child_slot(n, bytes[n->depth]);
    }
    if (ref == 0 || entry_len(t, ref) != len_bits ||
        memcmp(entry_key(t, ref), bytes, t->key_bytes) != 0)
        return 0;
    return ref;
}

/* Puts a new node of depth `depth` in the place of *branch, with that branch and the entry in it.
 */
static void split(struct tree *t, uint32_t *branch, unsigned depth, uint32_t entry)
{
    uint32_t ref = node_new(t, depth, entry_key(t, entry));
    struct node *n = node_at(t, ref);
    if (*branch & NODE_TAG)
        add_child(n, node_at(t, *branch)->base[depth], *branch);
    else
        add_entry(t, n, *branch);
    add_entry(t, n, entry);
    *branch = ref;
}

static unsigned min_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void tree_insert(struct tree *t, uint32_t entry)
{
    const uint8_t *key = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    t->changes++;
    if (len_bits == 0) {
        t->default_entry = entry;
        return;
    }
    unsigned depth = depth_of(len_bits);
    uint32_t *branch = &t->root;
    while (*branch & NODE_TAG) {
        struct node *n = node_at(t, *branch);
        unsigned fits = common_bytes(n->base, key, min_of(n->depth, depth));
        if (fits < n->depth) {
            split(t, branch, fits, entry);
            return;
        }
        if (n->depth == depth || !bit_test(n->children, key[n->depth])) {
            add_entry(t, n, entry);
            return;
        }
        branch = child_slot(n, key[n->depth]);
    }
    if (*branch == 0) {
        *branch = entry;
        return;
    }
    unsigned other_depth = depth_of(entry_len(t, *branch));
    split(t, branch, common_bytes(entry_key(t, *branch), key, min_of(depth, other_depth)), entry);
}

static void remove_prefix(struct node *n, unsigned bit)
{
    drop_slot(n, bit_rank(n->prefixes, bit));
    n->prefixes[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
    n->prefix_count--;
}

static void remove_child(struct node *n, uint8_t byte)
{
    drop_slot(n, n->prefix_count + bit_rank(n->children, byte));
    n->children[byte / 64] &= ~(UINT64_C(1) << (byte % 64));
    n->child_count--;
}

void tree_remove(struct tree *t, uint32_t entry)
{
    const uint8_t *key = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    t->changes++;
    if (len_bits == 0) {
        t->default_entry = 0;
        return;
    }
    unsigned depth = depth_of(len_bits);
    uint32_t *above = NULL; /* where the node stands whose branch we look at */
    uint32_t *branch = &t->root;
    while (*branch & NODE_TAG) {
        struct node *n = node_at(t, *branch);
        above = branch;
        if (n->depth == depth)
            break;
        branch = child_slot(n, key[n->depth]);
    }
    if (!above) {
        assert(t->root == entry);
        t->root = 0;
        return;
    }
    struct node *n = node_at(t, *above);
    if (n->depth == depth)
        remove_prefix(n, prefix_bit_of(key, len_bits, depth));
    else
        remove_child(n, key[n->depth]);
    if (slot_count(n) == 1) {
        uint32_t last = n->slots[0];
        node_free(t, *above);
        *above = last;
    }
}

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
        for (unsigned level = min_of(8, max_bits - 8u * n->depth); level > 0; level--) {
            unsigned bit = prefix_bit(byte, level);
            if (bit_test(n->prefixes, bit)) {
                best = *prefix_slot(n, bit);
                break;
            }
        }
        if (!bit_test(n->children, byte))
            return best;
        ref = *child_slot(n, byte);
    }
    return ref != 0 && entry_covers(t, ref, bytes, max_bits) ? ref : best;
}

/* --- ordered walk -------------------------------------------------------------------------- */

/* Positions in a node sort as (start byte, level); level 9 is the branch at that byte. */
enum { LEVEL_BRANCH = 9 };

static uint16_t position(uint8_t byte, unsigned level)
{
    return (uint16_t)(byte * 16u + level);
}

#define POSITION_FIRST 1
#define POSITION_END   (256 * 16)

/* The lowest level that a prefix starting at `byte` can have. */
static unsigned lowest_level(uint8_t byte)
{
    return byte == 0 ? 1 : 8 - (unsigned)__builtin_ctz(byte);
}

static void push(struct tree_iter *it, uint32_t node, uint16_t pos)
{
    assert(it->depth < TREE_MAX_DEPTH);
    it->stack[it->depth].node = node;
    it->stack[it->depth++].pos = pos;
}

void tree_iter_start(struct tree_iter *it, const struct tree *t)
{
    *it = (struct tree_iter){.tree = t, .changes = t->changes, .pending = t->default_entry};
    if (t->root & NODE_TAG)
        push(it, t->root, POSITION_FIRST);
    else if (it->pending == 0)
        it->pending = t->root;
    else if (t->root != 0)
        push(it, t->root, POSITION_FIRST); /* a lone entry, taken when pending is gone */
}

/* Order of an entry's prefix against a key. */
static int entry_order(const struct tree *t, uint32_t id, const uint8_t *bytes, uint8_t len_bits)
{
    int order = memcmp(entry_key(t, id), bytes, t->key_bytes);
    return order != 0 ? order : entry_len(t, id) - len_bits;
}

/* Positions the walk in the branch `ref`, which contains or neighbours the key. */
static void seek_branch(struct tree_iter *it, uint32_t ref, const uint8_t *bytes, uint8_t len_bits,
                        bool inclusive)
{
    const struct tree *t = it->tree;
    unsigned depth = depth_of(len_bits);
    while (ref & NODE_TAG) {
        const struct node *n = node_at(t, ref);
        unsigned limit = min_of(n->depth, depth + 1);
        unsigned fits = common_bytes(n->base, bytes, limit);
        if (fits < limit && n->base[fits] < bytes[fits])
            return;
        if (fits < limit || n->depth > depth) { /* all of it sorts behind the key */
            push(it, ref, POSITION_FIRST);
            return;
        }
        uint8_t byte = bytes[n->depth];
        if (n->depth == depth) {
            push(it, ref, (uint16_t)(position(byte, len_bits - 8 * depth) + (inclusive ? 0 : 1)));
            return;
        }
        push(it, ref, (uint16_t)(position(byte, LEVEL_BRANCH) + 1));
        if (!bit_test(n->children, byte))
            return;
        ref = *child_slot(n, byte);
    }
    if (ref != 0) {
        int order = entry_order(t, ref, bytes, len_bits);
        if (order > 0 || (order == 0 && inclusive))
            it->pending = ref;
    }
}

void tree_iter_seek(struct tree_iter *it, const struct tree *t, const uint8_t *bytes,
                    uint8_t len_bits, bool inclusive)
{
    if (len_bits == 0) { /* the first prefix of all */
        tree_iter_start(it, t);
        if (!inclusive && t->default_entry)
            tree_iter_next(it);
        return;
    }
    *it = (struct tree_iter){.tree = t, .changes = t->changes};
    seek_branch(it, t->root, bytes, len_bits, inclusive);
}

/* Finds the next slot of the node on top of the stack at or behind its position, and moves the
 * position behind it. 0 when there is none. */
static uint32_t next_in_node(struct tree_iter *it)
{
    const struct node *n = node_at(it->tree, it->stack[it->depth - 1].node);
    uint16_t *pos = &it->stack[it->depth - 1].pos;
    unsigned level = *pos % 16;
    for (unsigned byte = *pos / 16; byte < 256; byte++, level = 0) {
        unsigned lowest = lowest_level((uint8_t)byte);
        if (level < lowest)
            level = lowest;
        for (; level <= LEVEL_BRANCH; level++) {
            uint32_t ref = 0;
            if (level == LEVEL_BRANCH) {
                if (bit_test(n->children, byte))
                    ref = *child_slot(n, (uint8_t)byte);
            } else {
                unsigned bit = prefix_bit((uint8_t)byte, level);
                if (bit_test(n->prefixes, bit))
                    ref = *prefix_slot(n, bit);
            }
            if (ref != 0) {
                *pos = (uint16_t)(position((uint8_t)byte, level) + 1);
                return ref;
            }
        }
    }
    *pos = POSITION_END;
    return 0;
}

uint32_t tree_iter_next(struct tree_iter *it)
{
    assert(tree_iter_valid(it));
    if (it->pending != 0) {
        uint32_t entry = it->pending;
        it->pending = 0;
        return entry;
    }
    while (it->depth > 0) {
        uint32_t top = it->stack[it->depth - 1].node;
        if (!(top & NODE_TAG)) { /* the lone entry of a tree without nodes */
            it->depth--;
            return top;
        }
        uint32_t ref = next_in_node(it);
        if (ref == 0)
            it->depth--;
        else if (ref & NODE_TAG)
            push(it, ref, POSITION_FIRST);
        else
            return ref;
    }
    return 0;
}
