/* Sorting what begins with a prefix, by one byte of it after the other, the first one first: the
 * items change places until each stands among those of its byte, and those are sorted by the next
 * one. A few of them are left to comparisons.
 *
 * McIlroy, Bostic, McIlroy: Engineering Radix Sort (1993), American flag sort. */
#include "base/prefix_sort.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/prefix.h"

/* The bytes of a prefix in the order in which they count: its version, its address, its length. */
enum { ADDRESS_BYTES = 16, BYTES = 1 + ADDRESS_BYTES + 1, VALUES = 256, FEW = 24 };

struct sort {
    size_t item_bytes;
    int (*compare)(const void *a, const void *b);
};

/* Where the byte `at` stands in an item. */
static size_t offset_of(unsigned at)
{
    return at == 0               ? offsetof(struct prefix, version)
           : at <= ADDRESS_BYTES ? offsetof(struct prefix, bytes) + at - 1
                                 : offsetof(struct prefix, len_bits);
}

static bool is_sorted(const struct sort *s, const uint8_t *items, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (s->compare(items + (i - 1) * s->item_bytes, items + i * s->item_bytes) > 0)
            return false;
    return true;
}

static void sort_few(const struct sort *s, uint8_t *items, size_t count)
{
    uint8_t item[PREFIX_SORT_ITEM_MAX_BYTES];
    const size_t bytes = s->item_bytes;
    for (size_t i = 1; i < count; i++) {
        size_t to = i;
        while (to > 0 && s->compare(items + (to - 1) * bytes, items + i * bytes) > 0)
            to--;
        if (to == i)
            continue;
        memcpy(item, items + i * bytes, bytes);
        memmove(items + (to + 1) * bytes, items + to * bytes, (i - to) * bytes);
        memcpy(items + to * bytes, item, bytes);
    }
}

static void swap(const struct sort *s, uint8_t *a, uint8_t *b)
{
    for (size_t i = 0; i < s->item_bytes; i += sizeof(uint32_t)) {
        uint32_t x;
        uint32_t y;
        memcpy(&x, a + i, sizeof(x));
        memcpy(&y, b + i, sizeof(y));
        memcpy(a + i, &y, sizeof(y));
        memcpy(b + i, &x, sizeof(x));
    }
}

/* Puts each item among those with the same byte; ret_ends[value]: where those of this value end. */
static void distribute(const struct sort *s, uint8_t *items, size_t count, unsigned at,
                       size_t *ret_ends)
{
    size_t next[VALUES]; /* of each value: the first place that may hold another one's item */
    size_t counts[VALUES] = {0};
    size_t end = 0;
    const uint8_t *bytes = items + offset_of(at); /* one in each item */
    for (size_t i = 0; i < count; i++)
        counts[bytes[i * s->item_bytes]]++;
    for (unsigned value = 0; value < VALUES; value++) {
        next[value] = end;
        end += counts[value];
        ret_ends[value] = end;
    }
    for (unsigned value = 0; value < VALUES; value++) {
        while (next[value] < ret_ends[value]) {
            size_t item = next[value] * s->item_bytes;
            unsigned other = bytes[item];
            if (other != value)
                swap(s, items + item, items + next[other] * s->item_bytes);
            next[other]++;
        }
    }
}

/* Sorts items that are the same up to their byte `at`; as deep as a prefix has bytes. */
static void sort_by(const struct sort *s, uint8_t *items, size_t count, unsigned at)
{
    size_t ends[VALUES];
    size_t begin = 0;
    if (count <= FEW || at == BYTES) {
        sort_few(s, items, count);
        return;
    }
    distribute(s, items, count, at, ends);
    for (unsigned value = 0; value < VALUES; value++) {
        if (ends[value] > begin + 1)
            sort_by(s, items + begin * s->item_bytes, ends[value] - begin, at + 1);
        begin = ends[value];
    }
}

void prefix_sort(void *items, size_t count, size_t item_bytes,
                 int (*compare)(const void *a, const void *b))
{
    const struct sort s = {item_bytes, compare};
    assert(item_bytes >= sizeof(struct prefix) && item_bytes <= PREFIX_SORT_ITEM_MAX_BYTES &&
           item_bytes % sizeof(uint32_t) == 0);
    if (!is_sorted(&s, items, count))
        sort_by(&s, items, count, 0);
}
