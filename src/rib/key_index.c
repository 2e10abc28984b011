/* Ordered index of opaque keys: a treap. Priorities come from a small generator of its own, so that
 * what a peer sends does not determine the shape. */
#include "rib/key_index.h"

#include <string.h>

#include "base/time.h"

_Static_assert(NLRI_MAX_BYTES <= ARENA_MAX_BYTES, "a key is one block");

struct node {
    uint32_t left; /* the slab's link while the node is free */
    uint32_t right;
    uint32_t priority;
    uint32_t entry;
};

static struct node *node_at(const struct key_index *x, uint32_t id)
{
    return slab_at(&x->nodes, id);
}

static struct nlri_key key_of(const struct key_index *x, uint32_t entry)
{
    return key_index_key(x, slab_at(x->entries, entry));
}

/* Order of a key against that of a node. */
static int order(const struct key_index *x, struct nlri_key key, uint32_t node)
{
    return x->info->compare(x->info, key, key_of(x, node_at(x, node)->entry));
}

void key_index_init(struct key_index *x, const struct slab *entries, const struct family_info *info)
{
    *x = (struct key_index){.entries = entries, .info = info};
    x->seed = (uint32_t)time_mono_ns() | 1;
    slab_init(&x->nodes, sizeof(struct node));
}

void key_index_release(struct key_index *x)
{
    slab_release(&x->nodes);
    arena_release(&x->keys);
}

uint32_t key_index_find(const struct key_index *x, struct nlri_key key)
{
    uint32_t at = x->root;
    while (at != 0) {
        int o = order(x, key, at);
        if (o == 0)
            return node_at(x, at)->entry;
        at = o < 0 ? node_at(x, at)->left : node_at(x, at)->right;
    }
    return 0;
}

/* Splits the tree at a key into what sorts before and what sorts after it. */
static void split(struct key_index *x, uint32_t at, struct nlri_key key, uint32_t *ret_before,
                  uint32_t *ret_after)
{
    if (at == 0) {
        *ret_before = *ret_after = 0;
        return;
    }
    struct node *n = node_at(x, at);
    if (order(x, key, at) < 0) {
        split(x, n->left, key, ret_before, &n->left);
        *ret_after = at;
    } else {
        split(x, n->right, key, &n->right, ret_after);
        *ret_before = at;
    }
}

static uint32_t merge(struct key_index *x, uint32_t before, uint32_t after)
{
    if (before == 0 || after == 0)
        return before | after;
    struct node *a = node_at(x, before);
    struct node *b = node_at(x, after);
    if (a->priority > b->priority) {
        a->right = merge(x, a->right, after);
        return before;
    }
    b->left = merge(x, before, b->left);
    return after;
}

/* xorshift32 */
static uint32_t next_priority(struct key_index *x)
{
    x->seed ^= x->seed << 13;
    x->seed ^= x->seed >> 17;
    x->seed ^= x->seed << 5;
    return x->seed;
}

void key_index_insert(struct key_index *x, uint32_t entry, struct nlri_key key)
{
    uint32_t id = slab_alloc(&x->nodes);
    *node_at(x, id) = (struct node){.priority = next_priority(x), .entry = entry};
    struct rib_entry *e = slab_at(x->entries, entry);
    e->key.opaque.node = id;
    e->key.opaque.len_bytes = key.len;
    e->key.opaque.bytes = arena_alloc(&x->keys, key.len);
    memcpy(arena_at(&x->keys, e->key.opaque.bytes), key.bytes, key.len);
    uint32_t before;
    uint32_t after;
    split(x, x->root, key, &before, &after);
    x->root = merge(x, merge(x, before, id), after);
}

void key_index_remove(struct key_index *x, uint32_t entry)
{
    const struct rib_entry *e = slab_at(x->entries, entry);
    uint32_t id = e->key.opaque.node;
    uint32_t *link = &x->root;
    while (*link != id)
        link = order(x, key_of(x, entry), *link) < 0 ? &node_at(x, *link)->left
                                                     : &node_at(x, *link)->right;
    *link = merge(x, node_at(x, id)->left, node_at(x, id)->right);
    slab_free(&x->nodes, id);
    arena_free(&x->keys, e->key.opaque.bytes);
}

uint32_t key_index_after(const struct key_index *x, struct nlri_key key, bool inclusive)
{
    uint32_t at = x->root;
    uint32_t found = 0;
    while (at != 0) {
        int o = key.len == 0 ? -1 : order(x, key, at);
        if (o < 0 || (o == 0 && inclusive)) {
            found = node_at(x, at)->entry;
            at = node_at(x, at)->left;
        } else {
            at = node_at(x, at)->right;
        }
    }
    return found;
}

/* Goes through a subtree in order, from after `after` on where `bounded`. True when it is to stop.
 */
static bool scan(const struct key_index *x, uint32_t at, bool bounded, struct key_scan *s)
{
    while (at != 0) {
        const struct node *n = node_at(x, at);
        int o = bounded ? order(x, s->after, at) : -1;
        if (o < 0 && scan(x, n->left, bounded, s))
            return true;
        if (o < 0 || (o == 0 && s->inclusive)) {
            if (s->most == 0)
                return true;
            s->most--;
            s->last = n->entry;
            s->found = s->wanted(s->ctx, key_of(x, n->entry));
            if (s->found)
                return true;
        }
        bounded = bounded && o > 0;
        at = n->right;
    }
    return false;
}

bool key_index_scan(const struct key_index *x, struct key_scan *s)
{
    return scan(x, x->root, s->after.len > 0, s);
}
