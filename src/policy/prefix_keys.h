/* Sorted addresses that are searched fast: arrays of one width, with every 16th address again in an
 * array above, and so on, up to one of at most 16. */
#ifndef BGPD_POLICY_PREFIX_KEYS_H
#define BGPD_POLICY_PREFIX_KEYS_H

#include <stddef.h>
#include <stdint.h>

typedef unsigned __int128 prefix_key; /* an address in host order, of the width of its array */

enum prefix_width {
    PREFIX_WIDTH_32,
    PREFIX_WIDTH_64,
    PREFIX_WIDTH_128,
    PREFIX_WIDTHS,
};

#define PREFIX_KEYS_LEVELS 8u /* enough for 2^32 */

/* Zero-initialised is empty. */
struct prefix_keys {
    void *block;                      /* owned: the arrays, whole cache lines each */
    void *levels[PREFIX_KEYS_LEVELS]; /* into it; the first is that of all keys */
    uint32_t counts[PREFIX_KEYS_LEVELS];
    uint32_t level_count;
};

/* Makes room for `count` keys, which are then set in ascending order, equal ones side by side. */
void prefix_keys_init(struct prefix_keys *keys, enum prefix_width width, uint32_t count);
void prefix_keys_set(struct prefix_keys *keys, enum prefix_width width, uint32_t at,
                     prefix_key key);
/* Makes them ready to be searched. */
void prefix_keys_settle(struct prefix_keys *keys, enum prefix_width width);
void prefix_keys_release(struct prefix_keys *keys);
size_t prefix_keys_bytes(const struct prefix_keys *keys, enum prefix_width width);

static inline uint32_t prefix_keys_count(const struct prefix_keys *keys)
{
    return keys->counts[0];
}

/* The width is constant wherever speed matters: what is left of these is one load. */
__attribute__((always_inline)) static inline prefix_key
prefix_key_at(const void *level, enum prefix_width width, size_t at)
{
    switch (width) {
    case PREFIX_WIDTH_32:
        return ((const uint32_t *)level)[at];
    case PREFIX_WIDTH_64:
        return ((const uint64_t *)level)[at];
    default:
        return ((const prefix_key *)level)[at];
    }
}

__attribute__((always_inline)) static inline prefix_key
prefix_keys_at(const struct prefix_keys *keys, enum prefix_width width, uint32_t at)
{
    return prefix_key_at(keys->levels[0], width, at);
}

#define PREFIX_KEYS_FAN 16u

/* Index of the last key that is not above `key`; UINT32_MAX when there is none. No branch depends
 * on the keys. */
__attribute__((always_inline)) static inline uint32_t
prefix_keys_find(const struct prefix_keys *keys, enum prefix_width width, prefix_key key)
{
    size_t at = 0;
    if (keys->level_count == 0 || key < prefix_keys_at(keys, width, 0))
        return UINT32_MAX;
    for (uint32_t level = keys->level_count; level-- > 0;) {
        const void *in = keys->levels[level];
        at *= PREFIX_KEYS_FAN;
        for (size_t step = PREFIX_KEYS_FAN / 2; step > 0; step /= 2)
            at += prefix_key_at(in, width, at + step) <= key ? step : 0;
        /* After the last one stand keys above all but the greatest. */
        at = at < keys->counts[level] ? at : keys->counts[level] - 1;
    }
    return (uint32_t)at;
}

#endif
