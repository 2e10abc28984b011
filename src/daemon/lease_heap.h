/* Leases in the order in which they end: a binary heap of the numbers of those who have one. Pure.
 */
#ifndef BGPD_DAEMON_LEASE_HEAP_H
#define BGPD_DAEMON_LEASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct lease {
    uint64_t ends_mono_ms;
    uint32_t holder;
};

struct lease_heap {
    struct lease *at; /* owned */
    uint32_t count;
    uint32_t size;
    /* Tells a holder where its lease stands: 1 and up; 0: it has none. */
    void (*moved)(void *ctx, uint32_t holder, uint32_t place);
    void *ctx;
};

void lease_heap_init(struct lease_heap *h,
                     void (*moved)(void *ctx, uint32_t holder, uint32_t place), void *ctx);
void lease_heap_release(struct lease_heap *h);
/* Gives a holder whose lease stands at `place` (0: it has none) one that ends then. */
void lease_heap_set(struct lease_heap *h, uint32_t holder, uint32_t place, uint64_t ends_mono_ms);
/* Takes the lease at a place away; 0 is fine. */
void lease_heap_drop(struct lease_heap *h, uint32_t place);
/* The one that ends first; NULL: there is none. */
const struct lease *lease_heap_first(const struct lease_heap *h);

#endif
