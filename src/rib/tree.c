/* Prefix tree.
 *
 * A node of depth d stands for the byte at index d of the addresses below it; all of them agree
 * with its base in the bytes before. Within a node everything has a key: a branch to longer
 * prefixes, of which there is one for each value of the byte, 0…255; a prefix, which has a level
 * 1…8 (its length minus 8d), 256…511 at level 8, 512…765 at the others: what is looked up most
 * comes first. The slots stand in the order of their keys. Which keys there are is a sorted list
 * while they are few, else a bitmap.
 *
 * Invariants: a node has at least two slots, else its one slot stands in its place; a branch is an
 * entry id, or a node id with NODE_TAG. */
#include "rib/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define NODE_TAG     0x80000000u
#define LEVEL_8_KEY  256u
#define LEVEL_17_KEY 512u /* levels 1 to 7 */
#define KEY_WORDS    12   /* of 64 bits */

/* Slots from which on a node has a bitmap, and up to which it goes back to a list. */
#define WIDE_FROM   17u
#define NARROW_UPTO 12u

struct node {
    uint32_t slab_link; /* used by the slab while the node is free */
    uint8_t depth;
    bool wide;
    uint16_t count; /* of slots */
    uint16_t size;  /* slots there is room for */
    /* Owned. Narrow: the slots, then their keys (uint16_t). Wide: the bitmap, then the slots. */
    union {
        uint32_t *slots;
        uint64_t *bits;
    } body;
    uint8_t base[]; /* key_bytes; the first `depth` count */
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

/* --- keys and slots of a node -------------------------------------------------------------- */

static unsigned prefix_key(uint8_t byte, unsigned level)
{
    if (level == 8)
        return LEVEL_8_KEY + byte;
    return LEVEL_17_KEY + (1u << level) - 2 + ((unsigned)byte >> (8 - level));
}

/* Key of a prefix that lives in a node of depth `depth`. */
static unsigned prefix_key_of(const uint8_t *bytes, uint8_t len_bits, unsigned depth)
{
    return prefix_key(bytes[depth], len_bits - 8 * depth);
}

static unsigned branch_key(uint8_t byte)
{
    return byte;
}

static uint32_t *slots_of(const struct node *n)
{
    return n->wide ? (uint32_t *)(n->body.bits + KEY_WORDS) : n->body.slots;
}

/* Narrow nodes only. */
static uint16_t *keys_of(const struct node *n)
{
    return (uint16_t *)(n->body.slots + n->size);
}

/* Number of slots with smaller keys; *ret_there says whether the key itself has one. */
static unsigned key_rank(const struct node *n, unsigned key, bool *ret_there)
{
    unsigned rank = 0;
    if (!n->wide) {
        const uint16_t *keys = keys_of(n);
        while (rank < n->count && keys[rank] < key)
            rank++;
        *ret_there = rank < n->count && keys[rank] == key;
        return rank;
    }
    const uint64_t *bits = n->body.bits;
    unsigned word = key / 64;
    for (unsigned i = 0; i < word; i++)
        rank += (unsigned)__builtin_popcountll(bits[i]);
    *ret_there = bits[word] >> (key % 64) & 1;
    return rank + (unsigned)__builtin_popcountll(bits[word] & ((UINT64_C(1) << (key % 64)) - 1));
}

/* The slot of a key, or NULL. */
static uint32_t *find_slot(const struct node *n, unsigned key)
{
    bool there;
    if (n->wide && !(n->body.bits[key / 64] >> (key % 64) & 1))
        return NULL;
    unsigned rank = key_rank(n, key, &there);
    return there ? &slots_of(n)[rank] : NULL;
}

static size_t body_bytes(bool wide, unsigned size)
{
    return wide ? KEY_WORDS * sizeof(uint64_t) + size * sizeof(uint32_t)
                : size * (sizeof(uint32_t) + sizeof(uint16_t));
}

/* Room for `count` slots with some to spare. */
static uint16_t size_for(unsigned count)
{
    return (uint16_t)(count <= 4 ? (count + 1) & ~1u : (count + count / 4 + 3) & ~3u);
}

/* The keys of a node in ascending order. */
static void list_keys(const struct node *n, uint16_t *ret_keys)
{
    for (unsigned i = 0; !n->wide && i < n->count; i++)
        ret_keys[i] = keys_of(n)[i];
    for (unsigned word = 0; n->wide && word < KEY_WORDS; word++)
        for (uint64_t bits = n->body.bits[word]; bits != 0; bits &= bits - 1)
            *ret_keys++ = (uint16_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
}

/* Gives a narrow node another size, or makes a node wide or narrow. */
static void reshape(struct node *n, bool wide, uint16_t size)
{
    struct node old = *n;
    uint16_t keys[WIDE_FROM];
    list_keys(&old, keys);
    n->wide = wide;
    n->size = size;
    n->body.bits = mem_alloc(body_bytes(wide, size));
    if (n->count > 0)
        memcpy(slots_of(n), slots_of(&old), n->count * sizeof(uint32_t));
    if (wide) {
        memset(n->body.bits, 0, KEY_WORDS * sizeof(uint64_t));
        for (unsigned i = 0; i < n->count; i++)
            n->body.bits[keys[i] / 64] |= UINT64_C(1) << (keys[i] % 64);
    } else if (n->count > 0) {
        memcpy(keys_of(n), keys, n->count * sizeof(*keys));
    }
    free(old.body.bits);
}

static void make_room(struct node *n)
{
    uint16_t size = size_for(n->count + 1u);
    if (!n->wide) {
        reshape(n, n->count + 1u >= WIDE_FROM, size);
        return;
    }
    n->body.bits = mem_realloc(n->body.bits, body_bytes(true, size));
    n->size = size;
}

/* Adds a slot for a key with `rank` smaller ones. */
static void add_slot_at(struct node *n, unsigned key, unsigned rank, uint32_t ref)
{
    if (n->count == n->size || (!n->wide && n->count + 1u >= WIDE_FROM))
        make_room(n);
    uint32_t *slots = slots_of(n);
    memmove(&slots[rank + 1], &slots[rank], (n->count - rank) * sizeof(*slots));
    slots[rank] = ref;
    if (n->wide) {
        n->body.bits[key / 64] |= UINT64_C(1) << (key % 64);
    } else {
        uint16_t *keys = keys_of(n);
        memmove(&keys[rank + 1], &keys[rank], (n->count - rank) * sizeof(*keys));
        keys[rank] = (uint16_t)key;
    }
    n->count++;
}

static void add_slot(struct node *n, unsigned key, uint32_t ref)
{
    bool there;
    unsigned rank = key_rank(n, key, &there);
    add_slot_at(n, key, rank, ref);
}

static void remove_slot_at(struct node *n, unsigned key, unsigned rank)
{
    uint32_t *slots = slots_of(n);
    n->count--;
    memmove(&slots[rank], &slots[rank + 1], (n->count - rank) * sizeof(*slots));
    if (!n->wide) {
        uint16_t *keys = keys_of(n);
        memmove(&keys[rank], &keys[rank + 1], (n->count - rank) * sizeof(*keys));
        return;
    }
    n->body.bits[key / 64] &= ~(UINT64_C(1) << (key % 64));
    if (n->count <= NARROW_UPTO) {
        reshape(n, false, size_for(n->count));
    } else if (n->count * 4u < n->size) {
        n->size = size_for(n->count);
        n->body.bits = mem_realloc(n->body.bits, body_bytes(true, n->size));
    }
}

/* --- nodes --------------------------------------------------------------------------------- */

/* Adds an entry that belongs in or below `n`, where its place is free. */
static void add_entry(struct tree *t, struct node *n, uint32_t entry)
{
    const uint8_t *bytes = entry_key(t, entry);
    uint8_t len_bits = entry_len(t, entry);
    bool here = depth_of(len_bits) == n->depth;
    add_slot(n, here ? prefix_key_of(bytes, len_bits, n->depth) : branch_key(bytes[n->depth]),
             entry);
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
    free(node_at(t, ref)->body.bits);
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
    for (unsigned i = 0; i < n->count; i++)
        release_below(t, slots_of(n)[i]);
    free(n->body.bits);
}

void tree_release(struct tree *t)
{
    release_below(t, t->root);
    slab_release(&t->nodes);
}

/* How many of the bytes from `from` on agree, up to index `to`; `from` more. */
static unsigned common_bytes(const uint8_t *a, const uint8_t *b, unsigned from, unsigned to)
{
    while (from < to && a[from] == b[from])
        from++;
    return from;
}

static unsigned min_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

uint32_t tree_locate(struct tree *t, const uint8_t *bytes, uint8_t len_bits,
                     struct tree_place *ret_place)
{
    *ret_place = (struct tree_place){.branch = &t->root, .split_depth = TREE_NO_SPLIT};
    if (len_bits == 0) {
        ret_place->branch = &t->default_entry;
        return t->default_entry;
    }
    unsigned depth = depth_of(len_bits);
    unsigned agreed = 0; /* bytes known to agree */
    uint32_t *branch = &t->root;
    while (*branch & NODE_TAG) {
        struct node *n = node_at(t, *branch);
        ret_place->branch = branch;
        unsigned fits = common_bytes(n->base, bytes, agreed, min_of(n->depth, depth));
        if (fits < n->depth) {
            ret_place->split_depth = fits;
            return 0;
        }
        bool here = n->depth == depth;
        unsigned key = here ? prefix_key_of(bytes, len_bits, depth) : branch_key(bytes[n->depth]);
        bool there;
        unsigned rank = key_rank(n, key, &there);
        if (!there) {
            ret_place->key = (uint16_t)key;
            ret_place->rank = (uint16_t)rank;
            return 0;
        }
        branch = &slots_of(n)[rank];
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
    struct tree_place place;
    return tree_locate((struct tree *)(uintptr_t)t, bytes, len_bits, &place);
}

/* Puts a new node of depth `depth` in the place of *branch, with that branch and the entry in it.
 */
static void split(struct tree *t, uint32_t *branch, unsigned depth, uint32_t entry)
{
    uint32_t ref = node_new(t, depth, entry_key(t, entry));
    struct node *n = node_at(t, ref);
    if (*branch & NODE_TAG)
        add_slot(n, branch_key(node_at(t, *branch)->base[depth]), *branch);
    else
        add_entry(t, n, *branch);
    add_entry(t, n, entry);
    *branch = ref;
}

void tree_insert_at(struct tree *t, const struct tree_place *place, uint32_t entry)
{
    t->changes++;
    if (place->split_depth != TREE_NO_SPLIT)
        split(t, place->branch, place->split_depth, entry);
    else if (*place->branch & NODE_TAG)
        add_slot_at(node_at(t, *place->branch), place->key, place->rank, entry);
    else
        *place->branch = entry;
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
    unsigned depth = depth_of(len_bits);
    uint32_t *above = NULL; /* where the node stands that has the entry */
    unsigned key = 0;
    unsigned rank = 0;
    for (uint32_t *branch = &t->root; *branch & NODE_TAG;) {
        struct node *n = node_at(t, *branch);
        bool here = n->depth == depth;
        bool there;
        above = branch;
        key = here ? prefix_key_of(bytes, len_bits, depth) : branch_key(bytes[n->depth]);
        rank = key_rank(n, key, &there);
        assert(there);
        if (here)
            break;
        branch = &slots_of(n)[rank];
    }
    if (!above) {
        assert(t->root == entry);
        t->root = 0;
        return;
    }
    struct node *n = node_at(t, *above);
    remove_slot_at(n, key, rank);
    if (n->count == 1) {
        uint32_t last = *slots_of(n);
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
        const uint32_t *slot = NULL;
        for (unsigned level = min_of(8, max_bits - 8u * n->depth); !slot && level > 0; level--)
            slot = find_slot(n, prefix_key(byte, level));
        if (slot)
            best = *slot;
        slot = find_slot(n, branch_key(byte));
        if (!slot)
            return best;
        ref = *slot;
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

/* The position of a key. */
static uint16_t position_of_key(unsigned key)
{
    if (key < LEVEL_8_KEY)
        return position((uint8_t)key, LEVEL_BRANCH);
    if (key < LEVEL_17_KEY)
        return position((uint8_t)(key - LEVEL_8_KEY), 8);
    unsigned index = key - LEVEL_17_KEY + 2;
    unsigned level = 31 - (unsigned)__builtin_clz(index);
    return position((uint8_t)((index - (1u << level)) << (8 - level)), level);
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
        unsigned fits = common_bytes(n->base, bytes, 0, limit);
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
        const uint32_t *slot = find_slot(n, branch_key(byte));
        if (!slot)
            return;
        ref = *slot;
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

static uint32_t next_in_narrow(const struct node *n, uint16_t *pos)
{
    const uint16_t *keys = keys_of(n);
    uint16_t nearest = POSITION_END;
    uint32_t found = 0;
    for (unsigned i = 0; i < n->count; i++) {
        uint16_t at = position_of_key(keys[i]);
        if (at >= *pos && at < nearest) {
            nearest = at;
            found = n->body.slots[i];
        }
    }
    *pos = (uint16_t)(nearest + 1);
    return found;
}

static uint32_t next_in_wide(const struct node *n, uint16_t *pos)
{
    unsigned level = *pos % 16;
    for (unsigned byte = *pos / 16; byte < 256; byte++, level = 0) {
        unsigned lowest = lowest_level((uint8_t)byte);
        if (level < lowest)
            level = lowest;
        for (; level <= LEVEL_BRANCH; level++) {
            unsigned key = level == LEVEL_BRANCH ? branch_key((uint8_t)byte)
                                                 : prefix_key((uint8_t)byte, level);
            const uint32_t *slot = find_slot(n, key);
            if (slot) {
                *pos = (uint16_t)(position((uint8_t)byte, level) + 1);
                return *slot;
            }
        }
    }
    *pos = POSITION_END;
    return 0;
}

/* Finds the next slot of the node on top of the stack at or behind its position, and moves the
 * position behind it. 0 when there is none. */
static uint32_t next_in_node(struct tree_iter *it)
{
    const struct node *n = node_at(it->tree, it->stack[it->depth - 1].node);
    uint16_t *pos = &it->stack[it->depth - 1].pos;
    return n->wide ? next_in_wide(n, pos) : next_in_narrow(n, pos);
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
