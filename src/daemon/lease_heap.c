/* A binary heap whose holders know their places. */
#include "daemon/lease_heap.h"

#include <stdlib.h>

#include "base/mem.h"

void lease_heap_init(struct lease_heap *h,
                     void (*moved)(void *ctx, uint32_t holder, uint32_t place), void *ctx)
{
    *h = (struct lease_heap){.moved = moved, .ctx = ctx};
}

void lease_heap_release(struct lease_heap *h)
{
    free(h->at);
    *h = (struct lease_heap){0};
}

static void put(struct lease_heap *h, uint32_t index, struct lease lease)
{
    h->at[index] = lease;
    h->moved(h->ctx, lease.holder, index + 1);
}

/* Finds the place of a lease from a free one on, towards the first or the last. */
static void settle(struct lease_heap *h, uint32_t index, struct lease lease)
{
    for (uint32_t above; index > 0; index = above) {
        above = (index - 1) / 2;
        if (h->at[above].ends_mono_ms <= lease.ends_mono_ms)
            break;
        put(h, index, h->at[above]);
    }
    for (uint32_t below; (below = index * 2 + 1) < h->count; index = below) {
        if (below + 1 < h->count && h->at[below + 1].ends_mono_ms < h->at[below].ends_mono_ms)
            below++;
        if (h->at[below].ends_mono_ms >= lease.ends_mono_ms)
            break;
        put(h, index, h->at[below]);
    }
    put(h, index, lease);
}

void lease_heap_set(struct lease_heap *h, uint32_t holder, uint32_t place, uint64_t ends_mono_ms)
{
    if (place == 0 && h->count == h->size) {
        h->size = h->size ? h->size * 2 : 16;
        h->at = mem_resize(h->at, h->size, sizeof(*h->at));
    }
    uint32_t index = place == 0 ? h->count++ : place - 1;
    settle(h, index, (struct lease){ends_mono_ms, holder});
}

void lease_heap_drop(struct lease_heap *h, uint32_t place)
{
    if (place == 0)
        return;
    uint32_t index = place - 1;
    h->moved(h->ctx, h->at[index].holder, 0);
    struct lease last = h->at[--h->count];
    if (index < h->count)
        settle(h, index, last);
}

const struct lease *lease_heap_first(const struct lease_heap *h)
{
    return h->count > 0 ? &h->at[0] : NULL;
}
