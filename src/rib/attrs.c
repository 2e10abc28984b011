/* Interned attribute sets: linear probing, deletion by shifting back, at most two thirds full. When
 * the table is to have another size it is moved by and by, with each set that comes or goes; until
 * that is done a set may be in either table. */
#include "rib/attrs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MIN_SIZE 64u
/* Slots that are moved at a time: all have been long before there is to be another size again. */
#define MOVED_SLOTS 32u

void rib_attrs_pool_release(struct rib_attrs_pool *pool)
{
    assert(pool->count == 0);
    free(pool->slots);
    free(pool->old);
    free(pool->large);
    arena_release(&pool->arena);
    *pool = (struct rib_attrs_pool){0};
}

/* --- memory --- */

static uint32_t allocate_large(struct rib_attrs_pool *pool, size_t size_bytes)
{
    uint32_t index = pool->large_free - 1;
    if (pool->large_free == 0) {
        index = pool->large_count++;
        pool->large = mem_resize(pool->large, pool->large_count, sizeof(*pool->large));
        pool->large[index] = (struct rib_attrs_large){0};
    }
    pool->large_free = pool->large[index].next_free;
    pool->large[index].set = mem_alloc(size_bytes);
    pool->large_bytes += size_bytes;
    return RIB_ATTRS_LARGE | index;
}

static void release_large(struct rib_attrs_pool *pool, uint32_t index)
{
    pool->large_bytes -= sizeof(struct rib_attrs) + pool->large[index].set->len_bytes;
    free(pool->large[index].set);
    pool->large[index] = (struct rib_attrs_large){.next_free = pool->large_free};
    pool->large_free = index + 1;
}

static uint32_t allocate(struct rib_attrs_pool *pool, size_t size_bytes)
{
    return size_bytes <= ARENA_MAX_BYTES ? arena_alloc(&pool->arena, size_bytes)
                                         : allocate_large(pool, size_bytes);
}

static void release(struct rib_attrs_pool *pool, uint32_t id)
{
    if (id & RIB_ATTRS_LARGE)
        release_large(pool, id & ~RIB_ATTRS_LARGE);
    else
        arena_free(&pool->arena, id);
}

/* --- the table --- */

static void put(struct rib_attrs_slot *slots, uint32_t size, struct rib_attrs_slot slot)
{
    uint32_t i = slot.hash & (size - 1);
    while (slots[i].id != 0)
        i = (i + 1) & (size - 1);
    slots[i] = slot;
}

/* Moves some of the old table, up to the end of a run: so those that are left are found there. */
static void move_some(struct rib_attrs_pool *pool, uint32_t some)
{
    for (bool in_run = false; pool->old_left > 0 && (some > 0 || in_run); pool->old_left--) {
        struct rib_attrs_slot *slot = &pool->old[pool->old_at];
        pool->old_at = (pool->old_at + 1) & (pool->old_size - 1);
        some -= some > 0;
        in_run = slot->id != 0;
        if (!in_run)
            continue;
        put(pool->slots, pool->size, *slot);
        slot->id = 0;
    }
    if (pool->old_left > 0)
        return;
    free(pool->old);
    pool->old = NULL;
}

/* Begins to go over to another size. A large table is not moved at once: that would take longer
 * than others are to wait. */
static void resize(struct rib_attrs_pool *pool, uint32_t size)
{
    if (pool->old)
        move_some(pool, UINT32_MAX);
    pool->old = pool->slots;
    pool->old_size = pool->old_left = pool->size;
    pool->old_at = 0;
    pool->slots = mem_zalloc(size * sizeof(*pool->slots));
    pool->size = size;
    if (!pool->old)
        return;
    /* From behind a free slot, where a run may begin. */
    while (pool->old[pool->old_at++].id != 0)
        ;
    pool->old_at &= pool->old_size - 1;
}

static bool is_set(const struct rib_attrs_pool *pool, const struct rib_attrs_slot *slot,
                   struct span canonical, uint32_t hash)
{
    return slot->hash == hash &&
           span_equal(rib_attrs_span(rib_attrs_at(pool, slot->id)), canonical);
}

/* The set in the table that is being left; 0: it is not there. */
static uint32_t find_old(const struct rib_attrs_pool *pool, struct span canonical, uint32_t hash)
{
    uint32_t mask = pool->old_size - 1;
    for (uint32_t i = hash & mask; pool->old[i].id != 0; i = (i + 1) & mask)
        if (is_set(pool, &pool->old[i], canonical, hash))
            return pool->old[i].id;
    return 0;
}

uint32_t rib_attrs_intern_hashed(struct rib_attrs_pool *pool, struct span canonical, uint32_t hash,
                                 const struct attr_hot *hot)
{
    if ((pool->count + 1) * 3ull > pool->size * 2ull)
        resize(pool, pool->size ? pool->size * 2 : MIN_SIZE);
    if (pool->old)
        move_some(pool, MOVED_SLOTS);
    uint32_t mask = pool->size - 1;
    uint32_t i = hash & mask;
    for (; pool->slots[i].id != 0; i = (i + 1) & mask)
        if (is_set(pool, &pool->slots[i], canonical, hash))
            return rib_attrs_ref(pool, pool->slots[i].id);
    uint32_t id = pool->old ? find_old(pool, canonical, hash) : 0;
    if (id != 0)
        return rib_attrs_ref(pool, id);
    id = allocate(pool, sizeof(struct rib_attrs) + canonical.len_bytes);
    struct rib_attrs *a = rib_attrs_at(pool, id);
    *a = (struct rib_attrs){
        .refs = 1, .hash = hash, .len_bytes = (uint32_t)canonical.len_bytes, .hot = *hot};
    memcpy(a->bytes, canonical.data, canonical.len_bytes);
    pool->slots[i] = (struct rib_attrs_slot){id, hash};
    pool->count++;
    return id;
}

/* Empties slot `hole` and moves later members of its run back, so that probing still finds them. */
static void close_hole(struct rib_attrs_slot *slots, uint32_t mask, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & mask; slots[i].id != 0; i = (i + 1) & mask) {
        uint32_t home = slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        slots[hole] = slots[i];
        hole = i;
    }
    slots[hole].id = 0;
}

/* Takes a set out of a table; false: it is not there. */
static bool take_out(struct rib_attrs_slot *slots, uint32_t size, uint32_t id, uint32_t hash)
{
    uint32_t mask = size - 1;
    uint32_t i = hash & mask;
    while (slots[i].id != id && slots[i].id != 0)
        i = (i + 1) & mask;
    if (slots[i].id == 0)
        return false;
    close_hole(slots, mask, i);
    return true;
}

void rib_attrs_free(struct rib_attrs_pool *pool, uint32_t id)
{
    uint32_t hash = rib_attrs_at(pool, id)->hash;
    bool there = take_out(pool->slots, pool->size, id, hash) ||
                 (pool->old && take_out(pool->old, pool->old_size, id, hash));
    assert(there);
    (void)there;
    pool->long_freed += rib_attrs_at(pool, id)->len_bytes >= RIB_ATTRS_LONG_BYTES;
    release(pool, id);
    pool->count--;
    if (pool->old)
        move_some(pool, MOVED_SLOTS);
    else if (pool->size > MIN_SIZE && pool->count * 8ull < pool->size)
        resize(pool, pool->size / 2);
}
