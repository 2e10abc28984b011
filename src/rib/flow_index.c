/* Flows by destination.
 *
 * Destinations stand in a prefix tree, so that those that cover a unicast prefix, and those within
 * it, are found in a few steps. Each has a list of its flows, through links that stand beside the
 * entries of the flows' table. One without flows goes, at the latest when its turn in the queue
 * comes. */
#include "rib/flow_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct flow_index *flow_index_new(uint8_t key_bytes)
{
    struct flow_index *x = mem_zalloc(sizeof(*x));
    slab_init(&x->destinations, sizeof(struct flow_destination));
    tree_init(&x->tree, &x->destinations, offsetof(struct flow_destination, bytes),
              offsetof(struct flow_destination, len_bits), key_bytes);
    return x;
}

void flow_index_free(struct flow_index *x)
{
    if (!x)
        return;
    tree_release(&x->tree);
    slab_release(&x->destinations);
    free(x->links);
    free(x);
}

/* --- the queue --- */

void flow_index_enqueue(struct flow_index *x, uint32_t destination)
{
    struct flow_destination *d = flow_destination_at(x, destination);
    if (d->is_queued)
        return;
    d->is_queued = true;
    d->next = 0;
    if (x->queue.last != 0)
        flow_destination_at(x, x->queue.last)->next = destination;
    else
        x->queue.first = destination;
    x->queue.last = destination;
}

uint32_t flow_index_dequeue(struct flow_index *x)
{
    uint32_t first = x->queue.first;
    if (first == 0)
        return 0;
    struct flow_destination *d = flow_destination_at(x, first);
    d->is_queued = false;
    x->queue.first = d->next;
    if (x->queue.first == 0)
        x->queue.last = 0;
    return first;
}

/* --- destinations --- */

uint32_t flow_index_find(const struct flow_index *x, const struct prefix *p)
{
    return tree_find(&x->tree, p->bytes, p->len_bits);
}

uint32_t flow_index_find_or_add(struct flow_index *x, const struct prefix *p)
{
    struct tree_place place;
    uint32_t id = tree_locate(&x->tree, p->bytes, p->len_bits, &place);
    if (id != 0)
        return id;
    id = slab_alloc(&x->destinations);
    struct flow_destination *d = flow_destination_at(x, id);
    memcpy(d->bytes, p->bytes, sizeof(d->bytes));
    d->len_bits = p->len_bits;
    d->in_use = d->must_judge = true;
    tree_insert_at(&x->tree, &place, id);
    flow_index_enqueue(x, id);
    return id;
}

void flow_index_settle(struct flow_index *x, uint32_t destination)
{
    struct flow_destination *d = flow_destination_at(x, destination);
    if (d->flows != 0 || d->is_queued || x->present == destination)
        return;
    tree_remove(&x->tree, destination);
    d->in_use = false;
    slab_free(&x->destinations, destination);
}

/* --- flows --- */

static struct flow_link *link_of(struct flow_index *x, uint32_t flow)
{
    if (flow >= x->link_count) {
        uint32_t count = flow + 1 > 2 * x->link_count ? flow + 1 : 2 * x->link_count;
        x->links = mem_resize(x->links, count, sizeof(*x->links));
        memset(x->links + x->link_count, 0, (count - x->link_count) * sizeof(*x->links));
        x->link_count = count;
    }
    return &x->links[flow];
}

void flow_index_attach(struct flow_index *x, uint32_t destination, uint32_t flow)
{
    struct flow_destination *d = flow_destination_at(x, destination);
    struct flow_link *link = link_of(x, flow);
    if (link->destination == destination)
        return;
    *link = (struct flow_link){.destination = destination, .next = d->flows};
    if (d->flows != 0)
        x->links[d->flows].previous = flow;
    d->flows = flow;
}

void flow_index_detach(struct flow_index *x, uint32_t flow)
{
    if (flow >= x->link_count || x->links[flow].destination == 0)
        return;
    const struct flow_link link = x->links[flow];
    if (link.previous != 0)
        x->links[link.previous].next = link.next;
    else
        flow_destination_at(x, link.destination)->flows = link.next;
    if (link.next != 0)
        x->links[link.next].previous = link.previous;
    x->links[flow] = (struct flow_link){0};
    if (x->next_flow == flow)
        x->next_flow = link.next;
    flow_index_settle(x, link.destination);
}
