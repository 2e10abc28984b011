/* Ordered index of flows: a treap. Priorities come from a small generator of its own, so that what
 * a peer sends does not determine the shape. */
#include "rib/flowindex.h"

#include <string.h>

#include "base/time.h"
#include "wire/flowspec.h"

_Static_assert(FLOW_MAX_BYTES <= ARENA_MAX_BYTES, "a flow is one block");

struct node {
    uint32_t left; /* the slab's link while the node is free */
    uint32_t right;
    uint32_t priority;
    uint32_t entry;
};

static struct node *node_at(const struct flow_index *f, uint32_t id)
{
    return slab_at(&f->nodes, id);
}

static struct span key_of(const struct flow_index *f, uint32_t entry)
{
    return flow_index_key(f, slab_at(f->entries, entry));
}

/* Order of `flow` against the key of a node. */
static int order(const struct flow_index *f, struct span flow, uint32_t node)
{
    return flow_compare(flow, key_of(f, node_at(f, node)->entry), f->ip_version);
}

void flow_index_init(struct flow_index *f, const struct slab *entries, uint8_t ip_version)
{
    *f = (struct flow_index){.entries = entries, .ip_version = ip_version};
    f->seed = (uint32_t)time_mono_ns() | 1;
    slab_init(&f->nodes, sizeof(struct node));
}

void flow_index_release(struct flow_index *f)
{
    slab_release(&f->nodes);
    arena_release(&f->keys);
}

uint32_t flow_index_find(const struct flow_index *f, struct span flow)
{
    uint32_t at = f->root;
    while (at != 0) {
        int o = order(f, flow, at);
        if (o == 0)
            return node_at(f, at)->entry;
        at = o < 0 ? node_at(f, at)->left : node_at(f, at)->right;
    }
    return 0;
}

/* Splits the tree at `flow` into what sorts before and what sorts after it. */
static void split(struct flow_index *f, uint32_t at, struct span flow, uint32_t *ret_before,
                  uint32_t *ret_behind)
{
    if (at == 0) {
        *ret_before = *ret_behind = 0;
        return;
    }
    struct node *n = node_at(f, at);
    if (order(f, flow, at) < 0) {
        split(f, n->left, flow, ret_before, &n->left);
        *ret_behind = at;
    } else {
        split(f, n->right, flow, &n->right, ret_behind);
        *ret_before = at;
    }
}

static uint32_t merge(struct flow_index *f, uint32_t before, uint32_t after)
{
    if (before == 0 || after == 0)
        return before | after;
    struct node *a = node_at(f, before);
    struct node *b = node_at(f, after);
    if (a->priority > b->priority) {
        a->right = merge(f, a->right, after);
        return before;
    }
    b->left = merge(f, before, b->left);
    return after;
}

/* xorshift32 */
static uint32_t next_priority(struct flow_index *f)
{
    f->seed ^= f->seed << 13;
    f->seed ^= f->seed >> 17;
    f->seed ^= f->seed << 5;
    return f->seed;
}

void flow_index_insert(struct flow_index *f, uint32_t entry, struct span flow)
{
    uint32_t id = slab_alloc(&f->nodes);
    *node_at(f, id) = (struct node){.priority = next_priority(f), .entry = entry};
    struct rib_entry *e = slab_at(f->entries, entry);
    e->key.flow.node = id;
    e->key.flow.len_bytes = (uint32_t)flow.len_bytes;
    e->key.flow.bytes = arena_alloc(&f->keys, flow.len_bytes);
    memcpy(arena_at(&f->keys, e->key.flow.bytes), flow.data, flow.len_bytes);
    uint32_t before;
    uint32_t after;
    split(f, f->root, flow, &before, &after);
    f->root = merge(f, merge(f, before, id), after);
}

void flow_index_remove(struct flow_index *f, uint32_t entry)
{
    const struct rib_entry *e = slab_at(f->entries, entry);
    uint32_t id = e->key.flow.node;
    uint32_t *link = &f->root;
    while (*link != id)
        link = order(f, key_of(f, entry), *link) < 0 ? &node_at(f, *link)->left
                                                     : &node_at(f, *link)->right;
    *link = merge(f, node_at(f, id)->left, node_at(f, id)->right);
    slab_free(&f->nodes, id);
    arena_free(&f->keys, e->key.flow.bytes);
}

uint32_t flow_index_after(const struct flow_index *f, struct span flow, bool inclusive)
{
    uint32_t at = f->root;
    uint32_t found = 0;
    while (at != 0) {
        int o = flow.len_bytes == 0 ? -1 : order(f, flow, at);
        if (o < 0 || (o == 0 && inclusive)) {
            found = node_at(f, at)->entry;
            at = node_at(f, at)->left;
        } else {
            at = node_at(f, at)->right;
        }
    }
    return found;
}

/* Goes through a subtree in order, from what follows `after` on where `bounded`. True when it is to
 * stop.
 */
static bool scan(const struct flow_index *f, uint32_t at, bool bounded, struct flow_scan *s)
{
    while (at != 0) {
        const struct node *n = node_at(f, at);
        int o = bounded ? order(f, s->after, at) : -1;
        if (o < 0 && scan(f, n->left, bounded, s))
            return true;
        if (o < 0 || (o == 0 && s->inclusive)) {
            if (s->most == 0)
                return true;
            s->most--;
            s->last = n->entry;
            s->found = s->wanted(s->ctx, key_of(f, n->entry));
            if (s->found)
                return true;
        }
        bounded = bounded && o > 0;
        at = n->right;
    }
    return false;
}

bool flow_index_scan(const struct flow_index *f, struct flow_scan *s)
{
    return scan(f, f->root, s->after.len_bytes > 0, s);
}
