/* Nodes of the prefix tree: how they grow and shrink. */
#include "base/tree_node.h"

#include <string.h>

#define KEY_NONE INT16_MAX /* larger than any key */

/* No node has a larger header and base, and no block is smaller. */
#define HEAD_MAX_BYTES (offsetof(struct node, base) + TREE_MAX_DEPTH - 1)

/* Slots up to which a wide node becomes a narrow one. */
#define NARROW_AGAIN 12u

size_t node_body_offset(unsigned key_bytes)
{
    size_t head = offsetof(struct node, base) + key_bytes - 1;
    size_t align = _Alignof(struct node_map);
    return (head + align - 1) / align * align;
}

static size_t narrow_bytes(const struct tree *t, unsigned size)
{
    return t->body_offset + narrow_key_count(size) * sizeof(int16_t) + size * sizeof(uint32_t);
}

static size_t wide_bytes(const struct tree *t, unsigned size)
{
    return t->body_offset + sizeof(struct node_map) + size * sizeof(uint32_t);
}

static size_t node_bytes(const struct tree *t, unsigned size)
{
    return size > NARROW_MAX ? wide_bytes(t, size) : narrow_bytes(t, size);
}

/* As many slots as fit into the block that `count` of them need. */
static unsigned size_for(const struct tree *t, unsigned count)
{
    size_t spare = arena_block_bytes(node_bytes(t, count)) - node_bytes(t, count);
    unsigned size = count + (unsigned)(spare / sizeof(uint32_t));
    unsigned keys = narrow_key_count(count);
    return count <= NARROW_MAX && size > keys ? keys : size;
}

static uint32_t block_new(struct tree *t, unsigned count)
{
    unsigned size = size_for(t, count);
    uint32_t ref = arena_alloc(&t->nodes, node_bytes(t, size));
    struct node *n = node_at(t, ref);
    n->size = (uint16_t)size;
    n->count = 0;
    return ref | NODE_TAG;
}

/* Half of the keys of a narrow node. */
static void clear_eight_keys(int16_t *keys)
{
    static const int16_t none[NARROW_MAX / 2] = {KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE,
                                                 KEY_NONE, KEY_NONE, KEY_NONE, KEY_NONE};
    memcpy(keys, none, sizeof(none));
}

static void clear_keys(const struct tree *t, struct node *n)
{
    if (node_is_wide(n)) {
        memset(node_body(t, n), 0, sizeof(struct node_map));
        return;
    }
    int16_t *keys = node_body(t, n);
    for (unsigned i = 0; i < narrow_key_count(n->size); i += NARROW_MAX / 2)
        clear_eight_keys(keys + i);
}

uint32_t node_new(struct tree *t, unsigned depth, const uint8_t *base)
{
    uint32_t ref = block_new(t, 2);
    struct node *n = node_at(t, ref);
    n->depth = (uint8_t)depth;
    memcpy(n->base, base, depth);
    clear_keys(t, n);
    return ref;
}

void node_free(struct tree *t, uint32_t ref)
{
    arena_free(&t->nodes, ref & ~NODE_TAG);
}

static void map_add(struct node_map *map, unsigned key)
{
    map->bits[key / 64] |= UINT64_C(1) << (key % 64);
    for (unsigned group = key / 64 / GROUP_WORDS + 1; group < KEY_WORDS / GROUP_WORDS; group++)
        map->below[group]++;
}

static void map_remove(struct node_map *map, unsigned key)
{
    map->bits[key / 64] &= ~(UINT64_C(1) << (key % 64));
    for (unsigned group = key / 64 / GROUP_WORDS + 1; group < KEY_WORDS / GROUP_WORDS; group++)
        map->below[group]--;
}

/* Copies the keys of one node to another that has none yet, of whatever kinds they are. */
static void copy_keys(const struct tree *t, struct node *to, const struct node *from)
{
    if (!node_is_wide(to) && !node_is_wide(from)) {
        for (unsigned i = 0; i < from->count; i += NARROW_MAX / 2)
            memcpy((int16_t *)node_body(t, to) + i, (int16_t *)node_body(t, from) + i,
                   NARROW_MAX / 2 * sizeof(int16_t));
    } else if (!node_is_wide(from)) {
        const int16_t *keys = node_body(t, from);
        for (unsigned i = 0; i < from->count; i++)
            map_add(node_body(t, to), (unsigned)keys[i]);
    } else if (node_is_wide(to)) {
        memcpy(node_body(t, to), node_body(t, from), sizeof(struct node_map));
    } else {
        const struct node_map *map = node_body(t, from);
        int16_t *keys = node_body(t, to);
        for (unsigned word = 0; word < KEY_WORDS; word++)
            for (uint64_t bits = map->bits[word]; bits != 0; bits &= bits - 1)
                *keys++ = (int16_t)(word * 64 + (unsigned)__builtin_ctzll(bits));
    }
}

/* Moves a node to a block with room for at least `count` slots, of the kind that this is for. */
static struct node *node_move(struct tree *t, uint32_t *branch, unsigned count)
{
    uint32_t ref = block_new(t, count);
    struct node *to = node_at(t, ref);
    const struct node *from = node_at(t, *branch);
    uint16_t size = to->size;
    memcpy(to, from, HEAD_MAX_BYTES);
    to->size = size;
    clear_keys(t, to);
    copy_keys(t, to, from);
    memcpy(node_slots(t, to), node_slots(t, from), from->count * sizeof(uint32_t));
    node_free(t, *branch);
    *branch = ref;
    return to;
}

void node_add(struct tree *t, uint32_t *branch, unsigned key, unsigned rank, uint32_t ref)
{
    struct node *n = node_at(t, *branch);
    if (n->count == n->size)
        n = node_move(t, branch, n->count + n->count / 2u + 1);
    uint32_t *slots = node_slots(t, n);
    memmove(&slots[rank + 1], &slots[rank], (n->count - rank) * sizeof(*slots));
    slots[rank] = ref;
    if (node_is_wide(n)) {
        map_add(node_body(t, n), key);
    } else {
        int16_t *keys = node_body(t, n);
        memmove(&keys[rank + 1], &keys[rank], (n->count - rank) * sizeof(*keys));
        keys[rank] = (int16_t)key;
    }
    n->count++;
}

void node_remove(struct tree *t, uint32_t *branch, unsigned key, unsigned rank)
{
    struct node *n = node_at(t, *branch);
    uint32_t *slots = node_slots(t, n);
    n->count--;
    memmove(&slots[rank], &slots[rank + 1], (n->count - rank) * sizeof(*slots));
    if (!node_is_wide(n)) {
        int16_t *keys = node_body(t, n);
        memmove(&keys[rank], &keys[rank + 1], (n->count - rank) * sizeof(*keys));
        keys[n->count] = KEY_NONE;
        return;
    }
    map_remove(node_body(t, n), key);
    if (n->count <= NARROW_AGAIN || n->count * 3u < n->size)
        node_move(t, branch, n->count);
}
