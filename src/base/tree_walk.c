/* The ordered walk over a prefix tree. */
#include <assert.h>
#include <string.h>

#include "base/tree.h"
#include "base/tree_node.h"

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
    if (key >= BRANCH_KEY)
        return position((uint8_t)(key - BRANCH_KEY), LEVEL_BRANCH);
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
        if (fits < limit || n->depth > depth) { /* all of it sorts after the key */
            push(it, ref, POSITION_FIRST);
            return;
        }
        uint8_t byte = bytes[n->depth];
        if (n->depth == depth) {
            push(it, ref, (uint16_t)(position(byte, len_bits - 8 * depth) + (inclusive ? 0 : 1)));
            return;
        }
        push(it, ref, (uint16_t)(position(byte, LEVEL_BRANCH) + 1));
        const uint32_t *slot = node_find(t, n, branch_key(byte));
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

static uint32_t next_in_narrow(const struct tree *t, const struct node *n, uint16_t *pos)
{
    const int16_t *keys = node_body(t, n);
    uint16_t nearest = POSITION_END;
    uint32_t found = 0;
    for (unsigned i = 0; i < n->count; i++) {
        uint16_t at = position_of_key((unsigned)keys[i]);
        if (at >= *pos && at < nearest) {
            nearest = at;
            found = node_slots(t, n)[i];
        }
    }
    *pos = (uint16_t)(nearest + 1);
    return found;
}

static uint32_t next_in_wide(const struct tree *t, const struct node *n, uint16_t *pos)
{
    unsigned level = *pos % 16;
    for (unsigned byte = *pos / 16; byte < 256; byte++, level = 0) {
        unsigned lowest = lowest_level((uint8_t)byte);
        if (level < lowest)
            level = lowest;
        for (; level <= LEVEL_BRANCH; level++) {
            unsigned key = level == LEVEL_BRANCH ? branch_key((uint8_t)byte)
                                                 : prefix_key((uint8_t)byte, level);
            const uint32_t *slot = node_find(t, n, key);
            if (slot) {
                *pos = (uint16_t)(position((uint8_t)byte, level) + 1);
                return *slot;
            }
        }
    }
    *pos = POSITION_END;
    return 0;
}

/* Finds the next slot of the node on top of the stack at or after its position, and moves the
 * position past it. 0 when there is none. */
static uint32_t next_in_node(struct tree_iter *it)
{
    const struct node *n = node_at(it->tree, it->stack[it->depth - 1].node);
    uint16_t *pos = &it->stack[it->depth - 1].pos;
    return node_is_wide(n) ? next_in_wide(it->tree, n, pos) : next_in_narrow(it->tree, n, pos);
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
