/* From a prefix to its place in a table: open addressing over the table's own array. */
#ifndef BGPD_BENCH_INDEX_H
#define BGPD_BENCH_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "table.h"

#define INDEX_NONE UINT32_MAX

struct prefix_index {
    const struct table_prefix *prefixes; /* borrowed */
    uint32_t prefix_count;
    uint32_t *slots; /* owned; prefix index + 1, 0 is empty */
    uint64_t mask;
};

/* Indexes all prefixes that `t` has now. */
void index_build(struct prefix_index *x, const struct table *t);
void index_release(struct prefix_index *x);

/* An index that grows with its table: returns the place of `p`, which is added when it is new. */
uint32_t index_add(struct prefix_index *x, struct table *t, struct table_prefix p);

uint32_t index_search(const struct prefix_index *x, struct table_prefix p);

static inline bool table_prefix_equal(const struct table_prefix *a, const struct table_prefix *b)
{
    return a->high == b->high && a->len_bits == b->len_bits && a->version == b->version;
}

/* The place of `p`, or INDEX_NONE. `hint` is tried first: prefixes mostly arrive in the order in
 * which they were sent, which makes this one comparison. */
static inline uint32_t index_find(const struct prefix_index *x, struct table_prefix p,
                                  uint32_t hint)
{
    if (hint < x->prefix_count && table_prefix_equal(&x->prefixes[hint], &p))
        return hint;
    return index_search(x, p);
}

#endif
