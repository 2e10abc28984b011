/* Fixed-size items addressed by id.
 *
 * Items of a chunk that were freed form a list through their first four bytes. Chunks are blocks of
 * pages, not taken from the heap, so that a chunk given back really leaves the process. */
#include "base/slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define FETCH_AHEAD_BYTES 256u

void slab_init(struct slab *s, size_t item_bytes)
{
    assert(item_bytes >= sizeof(uint32_t));
    *s = (struct slab){.item_bytes = (uint32_t)item_bytes};
}

static size_t chunk_bytes(const struct slab *s)
{
    return (size_t)SLAB_CHUNK_ITEMS * s->item_bytes;
}

static void chunk_unmap(struct slab *s, uint32_t index)
{
    page_source_give_back(&s->pages, s->items[index], chunk_bytes(s));
    s->items[index] = NULL;
    s->chunks[index] = (struct slab_chunk){0};
}

void slab_release(struct slab *s)
{
    for (uint32_t i = 0; i < s->chunk_count; i++)
        if (s->items[i])
            chunk_unmap(s, i);
    free(s->items);
    free(s->chunks);
    *s = (struct slab){.item_bytes = s->item_bytes};
}

static void chunk_map(struct slab *s, uint32_t index)
{
    s->items[index] = page_source_take(&s->pages, chunk_bytes(s));
    /* Item 0 of chunk 0 would have id 0, which means "none". */
    s->chunks[index] = (struct slab_chunk){.fresh = index == 0 ? 1 : 0};
}

static int chunk_full(const struct slab_chunk *chunk)
{
    return chunk->free_head == 0 && chunk->fresh == SLAB_CHUNK_ITEMS;
}

/* The chunk to allocate from when the hint is full: the first with room, else a new one. */
static uint32_t chunk_with_room(struct slab *s)
{
    uint32_t capacity = s->chunk_count << SLAB_CHUNK_BITS;
    uint32_t index = s->chunk_count;
    if (s->used + 1 < capacity)
        for (index = 0; index < s->chunk_count && chunk_full(&s->chunks[index]); index++)
            ;
    if (index == s->chunk_count) {
        s->items = mem_resize(s->items, (size_t)s->chunk_count + 1, sizeof(*s->items));
        s->chunks = mem_resize(s->chunks, (size_t)s->chunk_count + 1, sizeof(*s->chunks));
        s->items[s->chunk_count] = NULL;
        s->chunks[s->chunk_count++] = (struct slab_chunk){0};
    }
    return s->hint = index;
}

/* An item that was in use before, zeroed. */
static uint32_t take_freed(struct slab *s, struct slab_chunk *chunk)
{
    uint32_t id = chunk->free_head;
    void *item = slab_at(s, id);
    memcpy(&chunk->free_head, item, sizeof(uint32_t));
    memset(item, 0, s->item_bytes);
    return id;
}

/* The next item of a chunk that has never been in use. */
static inline uint32_t take_fresh(struct slab *s, struct slab_chunk *chunk, uint32_t index)
{
    chunk->used++;
    s->used++;
    uint32_t id = (index << SLAB_CHUNK_BITS) + chunk->fresh++;
    /* The pages were made by another thread: what comes next is fetched from its cache. */
    __builtin_prefetch((const uint8_t *)slab_at(s, id) + FETCH_AHEAD_BYTES, 1);
    return id;
}

/* Where the chunk of the hint does not have one. Apart, so that the usual case saves no registers.
 */
static __attribute__((noinline)) uint32_t alloc_elsewhere(struct slab *s)
{
    uint32_t index = s->hint;
    if (index >= s->chunk_count || chunk_full(&s->chunks[index]))
        index = chunk_with_room(s);
    struct slab_chunk *chunk = &s->chunks[index];
    if (!s->items[index])
        chunk_map(s, index);
    if (chunk->free_head == 0)
        return take_fresh(s, chunk, index);
    chunk->used++;
    s->used++;
    return take_freed(s, chunk);
}

uint32_t slab_alloc(struct slab *s)
{
    uint32_t index = s->hint;
    struct slab_chunk *chunk = &s->chunks[index];
    if (index < s->chunk_count && s->items[index] && chunk->free_head == 0 &&
        chunk->fresh < SLAB_CHUNK_ITEMS)
        return take_fresh(s, chunk, index);
    return alloc_elsewhere(s);
}

void slab_free(struct slab *s, uint32_t id)
{
    uint32_t index = id >> SLAB_CHUNK_BITS;
    struct slab_chunk *chunk = &s->chunks[index];
    assert(id != 0 && index < s->chunk_count && chunk->used > 0);
    s->used--;
    if (--chunk->used == 0) {
        chunk_unmap(s, index);
        return;
    }
    memcpy(slab_at(s, id), &chunk->free_head, sizeof(uint32_t));
    chunk->free_head = id;
    if (index < s->hint)
        s->hint = index;
}
