/* Sorting what begins with a prefix. */
#ifndef BGPD_BASE_PREFIX_SORT_H
#define BGPD_BASE_PREFIX_SORT_H

#include <stddef.h>

enum { PREFIX_SORT_ITEM_MAX_BYTES = 64 };

/* Sorts `count` items of `item_bytes` each (a multiple of 4), that begin with a struct prefix, as
 * qsort would by `compare`, which goes by prefix_compare first. In place, and without an order
 * among equal ones. */
void prefix_sort(void *items, size_t count, size_t item_bytes,
                 int (*compare)(const void *a, const void *b));

#endif
