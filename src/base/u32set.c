/* Sets of 32-bit numbers: sorted arrays with a filter of 64 bits. */
#include "base/u32set.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void u32_set_add(struct u32_set *set, uint32_t value)
{
    if (set->count > 0 && set->items[set->count - 1] == value)
        return;
    if (set->count == set->size) {
        set->size = set->size ? set->size * 2 : 4;
        set->items = mem_resize(set->items, set->size, sizeof(*set->items));
    }
    set->items[set->count++] = value;
    set->filter |= u32_set_bit(value);
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void u32_set_settle(struct u32_set *set)
{
    if (set->count < 2)
        return;
    qsort(set->items, set->count, sizeof(*set->items), compare);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < set->count; i++)
        if (set->items[i] != set->items[kept - 1])
            set->items[kept++] = set->items[i];
    set->count = kept;
}

void u32_set_release(struct u32_set *set)
{
    free(set->items);
    *set = (struct u32_set){0};
}

bool u32_set_equal(const struct u32_set *a, const struct u32_set *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->items, b->items, a->count * sizeof(*a->items)) == 0);
}

bool u32_set_search(const struct u32_set *set, uint32_t value)
{
    return set->count > 0 &&
           bsearch(&value, set->items, set->count, sizeof(*set->items), compare) != NULL;
}
