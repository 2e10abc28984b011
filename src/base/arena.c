/* Blocks of several sizes addressed by a 32-bit reference.
 *
 * A region is divided into pages; a page has blocks of one size. Free blocks of a page form a list
 * through their first four bytes; pages with room form a list for each size. Page 0 of region 0 is
 * never used, so that neither page 0 nor reference 0 stands for something. */
#include "base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define PAGE_BYTES   32768u
#define PAGE_UNITS   (PAGE_BYTES / ARENA_UNIT_BYTES)
#define REGION_PAGES (ARENA_REGION_BYTES / PAGE_BYTES)

/* Each a sixth to a half larger than the one before, all of them multiples of ARENA_UNIT_BYTES. */
static const uint16_t sizes[ARENA_SIZES] = {
    32,   48,   64,   80,   96,   112,  128,  160,  192,
    224,  256,  320,  384,  448,  512,  640,  768,  896,
    1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, ARENA_MAX_BYTES,
};

struct arena_page {
    uint16_t used;   /* blocks given out; 0: the page is free for any size */
    uint16_t fresh;  /* blocks from here on were never given out */
    uint32_t free;   /* the first free block, 0 for none */
    uint32_t next;   /* in the list of pages with room; 0 at the end */
    uint32_t before; /* likewise; 0 for the first */
    uint8_t size;    /* index into `sizes` */
};

/* Most blocks are small: where to begin to look, by units. */
static const uint8_t first_size[] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8};
#define LAST_UNITS (sizeof(first_size) - 1)

static unsigned size_index(size_t size_bytes)
{
    size_t units = (size_bytes + ARENA_UNIT_BYTES - 1) / ARENA_UNIT_BYTES;
    unsigned i = first_size[units < LAST_UNITS ? units : LAST_UNITS];
    while (sizes[i] < size_bytes)
        i++;
    return i;
}

static bool has_room(const struct arena_page *page)
{
    return page->free != 0 || (page->fresh + 1u) * sizes[page->size] <= PAGE_BYTES;
}

static void region_unmap(struct arena *a, uint32_t region)
{
    page_source_give_back(&a->source, a->regions[region], ARENA_REGION_BYTES);
    a->regions[region] = NULL;
}

void arena_release(struct arena *a)
{
    for (uint32_t i = 0; i < a->region_count; i++)
        if (a->regions[i])
            region_unmap(a, i);
    free(a->regions);
    free(a->pages);
    *a = (struct arena){0};
}

static bool region_is_free(const struct arena *a, uint32_t region)
{
    for (uint32_t i = 0; i < REGION_PAGES; i++)
        if (a->pages[region * REGION_PAGES + i].used > 0)
            return false;
    return true;
}

static void add_region(struct arena *a)
{
    uint32_t count = a->region_count + 1;
    assert(count <= 0x80000000u / ARENA_REGION_UNITS);
    a->regions = mem_resize(a->regions, count, sizeof(*a->regions));
    a->pages = mem_resize(a->pages, (size_t)count * REGION_PAGES, sizeof(*a->pages));
    memset(&a->pages[(count - 1) * REGION_PAGES], 0, REGION_PAGES * sizeof(*a->pages));
    a->regions[a->region_count++] = NULL;
}

/* The first page that nothing uses. */
static uint32_t free_page(struct arena *a)
{
    uint32_t index = a->first_free ? a->first_free : 1;
    while (index < a->region_count * REGION_PAGES && a->pages[index].used > 0)
        index++;
    a->first_free = index;
    if (index >= a->region_count * REGION_PAGES)
        add_region(a);
    uint32_t region = index / REGION_PAGES;
    if (!a->regions[region])
        a->regions[region] = page_source_take(&a->source, ARENA_REGION_BYTES);
    return index;
}

static void link_page(struct arena *a, uint32_t index)
{
    struct arena_page *page = &a->pages[index];
    uint32_t *head = &a->open[page->size];
    page->before = 0;
    page->next = *head;
    if (*head)
        a->pages[*head].before = index;
    *head = index;
}

static void unlink_page(struct arena *a, uint32_t index)
{
    const struct arena_page *page = &a->pages[index];
    if (page->before)
        a->pages[page->before].next = page->next;
    else
        a->open[page->size] = page->next;
    if (page->next)
        a->pages[page->next].before = page->before;
}

/* Takes the first free block of a page. The next one is fetched: its link will be read, and what
 * follows it written. */
static void take_free(const struct arena *a, struct arena_page *page)
{
    memcpy(&page->free, arena_at(a, page->free), sizeof(page->free));
    if (page->free != 0)
        __builtin_prefetch(arena_at(a, page->free), 1);
}

uint32_t arena_alloc(struct arena *a, size_t size_bytes)
{
    assert(size_bytes <= ARENA_MAX_BYTES);
    unsigned size = size_index(size_bytes);
    uint32_t index = a->open[size];
    if (index == 0) {
        index = free_page(a);
        a->pages[index] = (struct arena_page){.size = (uint8_t)size};
        link_page(a, index);
    }
    struct arena_page *page = &a->pages[index];
    uint32_t ref = page->free;
    if (ref != 0)
        take_free(a, page);
    else
        ref = index * PAGE_UNITS + page->fresh++ * (sizes[size] / ARENA_UNIT_BYTES);
    page->used++;
    if (!has_room(page))
        unlink_page(a, index);
    return ref;
}

void arena_free(struct arena *a, uint32_t ref)
{
    uint32_t index = ref / PAGE_UNITS;
    struct arena_page *page = &a->pages[index];
    assert(ref != 0 && page->used > 0);
    if (!has_room(page))
        link_page(a, index);
    memcpy(arena_at(a, ref), &page->free, sizeof(page->free));
    page->free = ref;
    if (--page->used > 0)
        return;
    unlink_page(a, index);
    if (index < a->first_free)
        a->first_free = index;
    uint32_t region = index / REGION_PAGES;
    if (region_is_free(a, region))
        region_unmap(a, region);
}

size_t arena_block_bytes(size_t size_bytes)
{
    return sizes[size_index(size_bytes)];
}
