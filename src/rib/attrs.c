/* Interned attribute sets: linear probing, deletion by shifting back, at most two thirds full. */
#include "rib/attrs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

#define MIN_SIZE 64u

void rib_attrs_pool_release(struct rib_attrs_pool *pool)
{
    assert(pool->count == 0);
    free(pool->sets);
    free(pool->hashes);
    *pool = (struct rib_attrs_pool){0};
}

static void place(struct rib_attrs_pool *pool, struct rib_attrs *a)
{
    uint32_t mask = pool->size - 1;
    uint32_t i = a->hash & mask;
    while (pool->sets[i])
        i = (i + 1) & mask;
    pool->sets[i] = a;
    pool->hashes[i] = a->hash;
}

static void resize(struct rib_attrs_pool *pool, uint32_t size)
{
    struct rib_attrs_pool old = *pool;
    pool->size = size;
    pool->sets = mem_zalloc(size * sizeof(struct rib_attrs *));
    pool->hashes = mem_resize(NULL, size, sizeof(*pool->hashes));
    for (uint32_t i = 0; i < old.size; i++)
        if (old.sets[i])
            place(pool, old.sets[i]);
    free(old.sets);
    free(old.hashes);
}

struct rib_attrs *rib_attrs_intern(struct rib_attrs_pool *pool, struct span canonical,
                                   const struct attr_hot *hot)
{
    if ((pool->count + 1) * 3ull > pool->size * 2ull)
        resize(pool, pool->size ? pool->size * 2 : MIN_SIZE);
    uint32_t hash = (uint32_t)hash_bytes_seeded(canonical.data, canonical.len_bytes, pool->seed);
    uint32_t mask = pool->size - 1;
    uint32_t i = hash & mask;
    for (; pool->sets[i]; i = (i + 1) & mask)
        if (pool->hashes[i] == hash && span_equal(rib_attrs_span(pool->sets[i]), canonical))
            return rib_attrs_ref(pool->sets[i]);
    struct rib_attrs *a = mem_alloc(sizeof(*a) + canonical.len_bytes);
    *a = (struct rib_attrs){
        .refs = 1, .hash = hash, .len_bytes = (uint32_t)canonical.len_bytes, .hot = *hot};
    memcpy(a->bytes, canonical.data, canonical.len_bytes);
    pool->sets[i] = a;
    pool->hashes[i] = hash;
    pool->count++;
    return a;
}

/* Empties slot `hole` and moves later members of its run back, so that probing still finds them. */
static void close_hole(struct rib_attrs_pool *pool, uint32_t hole)
{
    uint32_t mask = pool->size - 1;
    for (uint32_t i = (hole + 1) & mask; pool->sets[i]; i = (i + 1) & mask) {
        uint32_t home = pool->hashes[i] & mask;
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        pool->sets[hole] = pool->sets[i];
        pool->hashes[hole] = pool->hashes[i];
        hole = i;
    }
    pool->sets[hole] = NULL;
}

void rib_attrs_unref(struct rib_attrs_pool *pool, struct rib_attrs *a)
{
    if (!a || --a->refs > 0)
        return;
    uint32_t mask = pool->size - 1;
    uint32_t i = a->hash & mask;
    while (pool->sets[i] != a)
        i = (i + 1) & mask;
    close_hole(pool, i);
    free(a);
    pool->count--;
    if (pool->size > MIN_SIZE && pool->count * 8ull < pool->size)
        resize(pool, pool->size / 2);
}
