/* Interned attribute sets: linear probing, deletion by shifting back, at most two thirds full. */
#include "rib/attrs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MIN_SIZE 64u

void rib_attrs_pool_release(struct rib_attrs_pool *pool)
{
    assert(pool->count == 0);
    free(pool->slots);
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

static void resize(struct rib_attrs_pool *pool, uint32_t size)
{
    struct rib_attrs_slot *old = pool->slots;
    uint32_t old_size = pool->size;
    uint32_t mask = size - 1;
    pool->size = size;
    pool->slots = mem_zalloc(size * sizeof(*pool->slots));
    for (uint32_t k = 0; k < old_size; k++) {
        if (old[k].id == 0)
            continue;
        uint32_t i = old[k].hash & mask;
        while (pool->slots[i].id != 0)
            i = (i + 1) & mask;
        pool->slots[i] = old[k];
    }
    free(old);
}

static bool is_set(const struct rib_attrs_pool *pool, const struct rib_attrs_slot *slot,
                   struct span canonical, uint32_t hash)
{
    return slot->hash == hash &&
           span_equal(rib_attrs_span(rib_attrs_at(pool, slot->id)), canonical);
}

uint32_t rib_attrs_intern_hashed(struct rib_attrs_pool *pool, struct span canonical, uint32_t hash,
                                 const struct attr_hot *hot)
{
    if ((pool->count + 1) * 3ull > pool->size * 2ull)
        resize(pool, pool->size ? pool->size * 2 : MIN_SIZE);
    uint32_t mask = pool->size - 1;
    uint32_t i = hash & mask;
    for (; pool->slots[i].id != 0; i = (i + 1) & mask)
        if (is_set(pool, &pool->slots[i], canonical, hash))
            return rib_attrs_ref(pool, pool->slots[i].id);
    uint32_t id = allocate(pool, sizeof(struct rib_attrs) + canonical.len_bytes);
    struct rib_attrs *a = rib_attrs_at(pool, id);
    *a = (struct rib_attrs){
        .refs = 1, .hash = hash, .len_bytes = (uint32_t)canonical.len_bytes, .hot = *hot};
    memcpy(a->bytes, canonical.data, canonical.len_bytes);
    pool->slots[i] = (struct rib_attrs_slot){id, hash};
    pool->count++;
    return id;
}

/* Empties slot `hole` and moves later members of its run back, so that probing still finds them. */
static void close_hole(struct rib_attrs_pool *pool, uint32_t hole)
{
    uint32_t mask = pool->size - 1;
    for (uint32_t i = (hole + 1) & mask; pool->slots[i].id != 0; i = (i + 1) & mask) {
        uint32_t home = pool->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        pool->slots[hole] = pool->slots[i];
        hole = i;
    }
    pool->slots[hole].id = 0;
}

void rib_attrs_free(struct rib_attrs_pool *pool, uint32_t id)
{
    uint32_t mask = pool->size - 1;
    uint32_t i = rib_attrs_at(pool, id)->hash & mask;
    while (pool->slots[i].id != id)
        i = (i + 1) & mask;
    close_hole(pool, i);
    pool->long_freed += rib_attrs_at(pool, id)->len_bytes >= RIB_ATTRS_LONG_BYTES;
    release(pool, id);
    pool->count--;
    if (pool->size > MIN_SIZE && pool->count * 8ull < pool->size)
        resize(pool, pool->size / 2);
}
