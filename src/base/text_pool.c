/* Counted texts: items by number, found by chains of equal hashes. */
#include "base/text_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

struct text_pool_item {
    char *text; /* owned; NULL: free */
    uint32_t refs;
    uint32_t next; /* of the chain, or of the free ones; 0: the last */
};

static uint32_t *bucket_of(const struct text_pool *pool, const char *text)
{
    return &pool->buckets[hash_bytes(text, strlen(text)) & (pool->bucket_count - 1)];
}

void text_pool_release(struct text_pool *pool)
{
    for (uint32_t i = 1; i < pool->count; i++)
        free(pool->items[i].text);
    free(pool->items);
    free(pool->buckets);
    *pool = (struct text_pool){0};
}

static void grow_buckets(struct text_pool *pool)
{
    free(pool->buckets);
    pool->bucket_count = pool->bucket_count ? pool->bucket_count * 2 : 16;
    pool->buckets = mem_zalloc(pool->bucket_count * sizeof(*pool->buckets));
    for (uint32_t i = 1; i < pool->count; i++) {
        if (!pool->items[i].text)
            continue;
        uint32_t *bucket = bucket_of(pool, pool->items[i].text);
        pool->items[i].next = *bucket;
        *bucket = i;
    }
}

static uint32_t take_item(struct text_pool *pool)
{
    uint32_t id = pool->free;
    if (id != 0) {
        pool->free = pool->items[id].next;
        return id;
    }
    if (pool->count == pool->size) {
        pool->size = pool->size ? pool->size * 2 : 16;
        pool->items = mem_resize(pool->items, pool->size, sizeof(*pool->items));
    }
    if (pool->count == 0)
        pool->items[pool->count++] = (struct text_pool_item){0};
    return pool->count++;
}

uint32_t text_pool_find(const struct text_pool *pool, const char *text)
{
    if (!text || *text == '\0' || pool->used == 0)
        return 0;
    uint32_t id = *bucket_of(pool, text);
    while (id != 0 && strcmp(pool->items[id].text, text) != 0)
        id = pool->items[id].next;
    return id;
}

uint32_t text_pool_ref(struct text_pool *pool, const char *text)
{
    uint32_t id = text_pool_find(pool, text);
    if (!text || *text == '\0')
        return 0;
    if (id == 0) {
        if (pool->used >= pool->bucket_count)
            grow_buckets(pool);
        id = take_item(pool);
        uint32_t *bucket = bucket_of(pool, text);
        pool->items[id] = (struct text_pool_item){.text = mem_strdup(text), .next = *bucket};
        *bucket = id;
        pool->used++;
    }
    pool->items[id].refs++;
    return id;
}

void text_pool_hold(struct text_pool *pool, uint32_t id)
{
    if (id != 0)
        pool->items[id].refs++;
}

void text_pool_unref(struct text_pool *pool, uint32_t id)
{
    if (id == 0 || --pool->items[id].refs > 0)
        return;
    uint32_t *link = bucket_of(pool, pool->items[id].text);
    while (*link != id)
        link = &pool->items[*link].next;
    *link = pool->items[id].next;
    free(pool->items[id].text);
    pool->items[id] = (struct text_pool_item){.next = pool->free};
    pool->free = id;
    pool->used--;
}

const char *text_pool_text(const struct text_pool *pool, uint32_t id)
{
    return id ? pool->items[id].text : "";
}
