/* Sorted addresses that are searched fast: arrays of one width, with every 16th address again in an
 * array above, and so on, up to one of at most 16. */
#ifndef BGPD_POLICY_PREFIX_KEYS_H
#define BGPD_POLICY_PREFIX_KEYS_H

#include <stdbool.h>
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

/* Goes from a run, by its number in a level, to the last of its keys that is not above `key`. No
 * branch depends on the keys. */
__attribute__((always_inline)) static inline uint32_t
prefix_keys_go_down(const struct prefix_keys *keys, enum prefix_width width, uint32_t level,
                    uint32_t run, prefix_key key)
{
    const void *in = keys->levels[level];
    size_t at = (size_t)run * PREFIX_KEYS_FAN;
    for (size_t step = PREFIX_KEYS_FAN / 2; step > 0; step /= 2)
        at += prefix_key_at(in, width, at + step) <= key ? step : 0;
    /* After the last one stand keys above all but the greatest. */
    return (uint32_t)(at < keys->counts[level] ? at : keys->counts[level] - 1);
}

#define PREFIX_KEYS_NO_RUN UINT32_MAX

/* The run of all keys that has the last one that is not above `key`; PREFIX_KEYS_NO_RUN when there
 * is none. What it takes is mostly in the cache; the run itself is not looked at. */
__attribute__((always_inline)) static inline uint32_t
prefix_keys_find_run(const struct prefix_keys *keys, enum prefix_width width, prefix_key key)
{
    uint32_t run = 0;
    if (keys->level_count == 0 ||
        key < prefix_key_at(keys->levels[keys->level_count - 1], width, 0))
        return PREFIX_KEYS_NO_RUN;
    for (uint32_t level = keys->level_count; level-- > 1;)
        run = prefix_keys_go_down(keys, width, level, run, key);
    return run;
}

/* Whether prefix_keys_find_run would find that run for `key` as well: mostly it does where keys are
 * near each other. */
__attribute__((always_inline)) static inline bool prefix_keys_is_run(const struct prefix_keys *keys,
                                                                     enum prefix_width width,
                                                                     uint32_t run, prefix_key key)
{
    if (run == PREFIX_KEYS_NO_RUN || keys->level_count < 2)
        return false;
    return key >= prefix_key_at(keys->levels[1], width, run) &&
           (run + 1 == keys->counts[1] || key < prefix_key_at(keys->levels[1], width, run + 1));
}

#endif
