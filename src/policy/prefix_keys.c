/* Sorted addresses.
 *
 * Invariants: each level ends with a whole run of PREFIX_KEYS_FAN, filled with the greatest key;
 * levels[n + 1][i] == levels[n][i * PREFIX_KEYS_FAN]. */
#include "policy/prefix_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CACHE_LINE = 64 };

static size_t width_bytes(enum prefix_width width)
{
    return (size_t)4 << width;
}

static uint32_t runs_of(uint32_t count)
{
    return count / PREFIX_KEYS_FAN + (count % PREFIX_KEYS_FAN != 0);
}

static size_t keys_of_all_levels(const struct prefix_keys *keys)
{
    size_t total = 0;
    for (uint32_t i = 0; i < keys->level_count; i++)
        total += (size_t)runs_of(keys->counts[i]) * PREFIX_KEYS_FAN;
    return total;
}

size_t prefix_keys_bytes(const struct prefix_keys *keys, enum prefix_width width)
{
    size_t all = keys_of_all_levels(keys) * width_bytes(width);
    return all > 0 ? all + CACHE_LINE - 1 : 0;
}

void prefix_keys_init(struct prefix_keys *keys, enum prefix_width width, uint32_t count)
{
    *keys = (struct prefix_keys){0};
    if (count == 0)
        return;
    for (uint32_t left = count;; left = runs_of(left)) {
        keys->counts[keys->level_count++] = left;
        if (left <= PREFIX_KEYS_FAN)
            break;
    }
    size_t bytes = prefix_keys_bytes(keys, width);
    keys->block = mem_alloc(bytes);
    memset(keys->block, 0xff, bytes);
    size_t offset = -(uintptr_t)keys->block % CACHE_LINE;
    for (uint32_t i = 0; i < keys->level_count; i++) {
        keys->levels[i] = (char *)keys->block + offset;
        offset += (size_t)runs_of(keys->counts[i]) * PREFIX_KEYS_FAN * width_bytes(width);
    }
}

static void set_key(void *level, enum prefix_width width, size_t at, prefix_key key)
{
    switch (width) {
    case PREFIX_WIDTH_32:
        ((uint32_t *)level)[at] = (uint32_t)key;
        break;
    case PREFIX_WIDTH_64:
        ((uint64_t *)level)[at] = (uint64_t)key;
        break;
    default:
        ((prefix_key *)level)[at] = key;
        break;
    }
}

void prefix_keys_set(struct prefix_keys *keys, enum prefix_width width, uint32_t at, prefix_key key)
{
    set_key(keys->levels[0], width, at, key);
}

void prefix_keys_settle(struct prefix_keys *keys, enum prefix_width width)
{
    for (uint32_t level = 1; level < keys->level_count; level++)
        for (uint32_t i = 0; i < keys->counts[level]; i++)
            set_key(keys->levels[level], width, i,
                    prefix_key_at(keys->levels[level - 1], width, (size_t)i * PREFIX_KEYS_FAN));
}

void prefix_keys_release(struct prefix_keys *keys)
{
    free(keys->block);
    *keys = (struct prefix_keys){0};
}
