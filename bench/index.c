/* From a prefix to its place in a table. Linear probing, at most half full. */
#include "index.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

static uint64_t slot_of(const struct prefix_index *x, const struct table_prefix *p)
{
    uint64_t key = p->high ^ (uint64_t)p->len_bits << 1 ^ p->version;
    return hash_mix(key * 0xd1342543de82ef95ULL) & x->mask;
}

static void fill(struct prefix_index *x, const struct table *t, uint64_t slots)
{
    x->prefixes = t->prefixes;
    x->prefix_count = t->prefix_count;
    x->mask = slots - 1;
    x->slots = mem_zalloc(slots * sizeof *x->slots);
    for (uint32_t i = 0; i < t->prefix_count; i++) {
        uint64_t at = slot_of(x, &t->prefixes[i]);
        while (x->slots[at])
            at = (at + 1) & x->mask;
        x->slots[at] = i + 1;
    }
}

void index_build(struct prefix_index *x, const struct table *t)
{
    uint64_t slots = 1024;
    while (slots < 2 * (uint64_t)t->prefix_count)
        slots *= 2;
    fill(x, t, slots);
}

void index_release(struct prefix_index *x)
{
    free(x->slots);
    *x = (struct prefix_index){0};
}

uint32_t index_search(const struct prefix_index *x, struct table_prefix p)
{
    for (uint64_t at = slot_of(x, &p); x->slots[at]; at = (at + 1) & x->mask) {
        uint32_t i = x->slots[at] - 1;
        if (table_prefix_equal(&x->prefixes[i], &p))
            return i;
    }
    return INDEX_NONE;
}

uint32_t index_add(struct prefix_index *x, struct table *t, struct table_prefix p)
{
    uint32_t found = index_search(x, p);
    if (found != INDEX_NONE)
        return found;
    found = table_add_prefix(t, p);
    if (2 * (uint64_t)t->prefix_count > x->mask) {
        uint64_t slots = 2 * (x->mask + 1);
        index_release(x);
        fill(x, t, slots);
        return found;
    }
    x->prefixes = t->prefixes;
    x->prefix_count = t->prefix_count;
    uint64_t at = slot_of(x, &p);
    while (x->slots[at])
        at = (at + 1) & x->mask;
    x->slots[at] = found + 1;
    return found;
}
