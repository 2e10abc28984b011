/* Arenas: blocks of every size keep what is written to them, and memory goes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/arena.h"

enum { BLOCKS = 6000, STEPS = 60000 };

static struct {
    uint32_t ref; /* 0: not there */
    uint32_t size_bytes;
    uint8_t filling;
} blocks[BLOCKS];

static void put(struct arena *a, uint32_t i, uint32_t size_bytes, uint8_t filling)
{
    blocks[i].ref = arena_alloc(a, size_bytes);
    blocks[i].size_bytes = size_bytes;
    blocks[i].filling = filling;
    assert_int_not_equal(blocks[i].ref, 0);
    assert_true(blocks[i].ref < 0x80000000u);
    assert_int_equal((uintptr_t)arena_at(a, blocks[i].ref) % ARENA_UNIT_BYTES, 0);
    memset(arena_at(a, blocks[i].ref), filling, arena_block_bytes(size_bytes));
}

/* Nothing else has been written to the block: the others do not overlap it. */
static void take(struct arena *a, uint32_t i)
{
    const uint8_t *bytes = arena_at(a, blocks[i].ref);
    for (size_t k = 0; k < arena_block_bytes(blocks[i].size_bytes); k++)
        assert_int_equal(bytes[k], blocks[i].filling);
    arena_free(a, blocks[i].ref);
    blocks[i].ref = 0;
}

static uint32_t regions_mapped(const struct arena *a)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < a->region_count; i++)
        count += a->regions[i] != NULL;
    return count;
}

static void blocks_do_not_overlap(void **state)
{
    (void)state;
    struct arena a = {0};
    memset(blocks, 0, sizeof(blocks));
    struct random random = {.state = 7};
    uint32_t most = 0;
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t i = random_below(&random, BLOCKS);
        if (blocks[i].ref)
            take(&a, i);
        else
            put(&a, i, 1 + random_below(&random, step % 2 ? 200 : ARENA_MAX_BYTES),
                (uint8_t)random_below(&random, 256));
        if (regions_mapped(&a) > most)
            most = regions_mapped(&a);
    }
    assert_true(most > 1);
    for (uint32_t i = 0; i < BLOCKS; i++)
        if (blocks[i].ref)
            take(&a, i);
    assert_int_equal(regions_mapped(&a), 0);
    arena_release(&a);
}

/* Pages that are free again serve any size: what was needed once is enough. */
static void free_pages_are_used_for_other_sizes(void **state)
{
    (void)state;
    enum { TOTAL_BYTES = 128 << 10 };
    struct arena a = {0};
    memset(blocks, 0, sizeof(blocks));
    uint32_t keeper = arena_alloc(&a, 32); /* its region stays mapped */
    for (uint32_t size_bytes = 32; size_bytes <= ARENA_MAX_BYTES; size_bytes *= 2) {
        uint32_t count = TOTAL_BYTES / (uint32_t)arena_block_bytes(size_bytes);
        for (uint32_t i = 0; i < count; i++)
            put(&a, i, size_bytes, (uint8_t)i);
        /* The keeper's page is not free, and the last page of a size may have room left. */
        assert_true(a.region_count <= TOTAL_BYTES / ARENA_REGION_BYTES + 1);
        for (uint32_t i = 0; i < count; i++)
            take(&a, i);
    }
    arena_free(&a, keeper);
    arena_release(&a);
}

static void a_block_has_the_room_it_says(void **state)
{
    (void)state;
    for (size_t size_bytes = 1; size_bytes <= ARENA_MAX_BYTES; size_bytes++) {
        size_t has = arena_block_bytes(size_bytes);
        assert_true(has >= size_bytes);
        assert_int_equal(has % ARENA_UNIT_BYTES, 0);
        assert_true(has <= 32 || has <= size_bytes + size_bytes / 2);
        assert_int_equal(arena_block_bytes(has), has);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_do_not_overlap),
        cmocka_unit_test(free_pages_are_used_for_other_sizes),
        cmocka_unit_test(a_block_has_the_room_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
