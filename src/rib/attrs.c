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
    arena_release(&pool->arena);
    *pool = (struct rib_attrs_pool){0};
}

/* Room for a set; *ret_block is 0 when it is on the heap. */
static struct rib_attrs *allocate(struct rib_attrs_pool *pool, size_t size_bytes,
                                  uint32_t *ret_block)
{
    *ret_block = size_bytes <= ARENA_MAX_BYTES ? arena_alloc(&pool->arena, size_bytes) : 0;
    return *ret_block ? arena_at(&pool->arena, *ret_block) : mem_alloc(size_bytes);
}

static void resize(struct rib_attrs_pool *pool, uint32_t size)
{
    struct rib_attrs_slot *old = pool->slots;
    uint32_t old_size = pool->size;
    uint32_t mask = size - 1;
    pool->size = size;
    pool->slots = mem_zalloc(size * sizeof(*pool->slots));
    for (uint32_t k = 0; k < old_size; k++) {
        if (!old[k].set)
            continue;
        uint32_t i = old[k].hash & mask;
        while (pool->slots[i].set)
            i = (i + 1) & mask;
        pool->slots[i] = old[k];
    }
    free(old);
}

struct rib_attrs *rib_attrs_intern_hashed(struct rib_attrs_pool *pool, struct span canonical,
                                          uint32_t hash, const struct attr_hot *hot)
{
    if ((pool->count + 1) * 3ull > pool->size * 2ull)
        resize(pool, pool->size ? pool->size * 2 : MIN_SIZE);
    uint32_t mask = pool->size - 1;
    uint32_t i = hash & mask;
    for (; pool->slots[i].set; i = (i + 1) & mask)
        if (pool->slots[i].hash == hash &&
            span_equal(rib_attrs_span(pool->slots[i].set), canonical))
            return rib_attrs_ref(pool->slots[i].set);
    uint32_t block;
    struct rib_attrs *a = allocate(pool, sizeof(*a) + canonical.len_bytes, &block);
    *a = (struct rib_attrs){
        .refs = 1, .hash = hash, .len_bytes = (uint32_t)canonical.len_bytes, .hot = *hot};
    memcpy(a->bytes, canonical.data, canonical.len_bytes);
    pool->slots[i] = (struct rib_attrs_slot){a, block, hash};
    pool->count++;
    return a;
}

/* Empties slot `hole` and moves later members of its run back, so that probing still finds them. */
static void close_hole(struct rib_attrs_pool *pool, uint32_t hole)
{
    uint32_t mask = pool->size - 1;
    for (uint32_t i = (hole + 1) & mask; pool->slots[i].set; i = (i + 1) & mask) {
        uint32_t home = pool->slots[i].hash & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        pool->slots[hole] = pool->slots[i];
        hole = i;
    }
    pool->slots[hole].set = NULL;
}

void rib_attrs_unref(struct rib_attrs_pool *pool, struct rib_attrs *a)
{
    if (!a || --a->refs > 0)
        return;
    uint32_t mask = pool->size - 1;
    uint32_t i = a->hash & mask;
    while (pool->slots[i].set != a)
        i = (i + 1) & mask;
    uint32_t block = pool->slots[i].block;
    close_hole(pool, i);
    if (block != 0)
        arena_free(&pool->arena, block);
    else
        free(a);
    pool->count--;
    if (pool->size > MIN_SIZE && pool->count * 8ull < pool->size)
        resize(pool, pool->size / 2);
}
