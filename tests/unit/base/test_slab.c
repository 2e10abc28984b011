/* Slabs: ids, zeroed items, reuse, chunks given back; a random run against a plain model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/slab.h"

static void items_are_zeroed_and_stay(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, 12);
    static uint32_t ids[10000];
    for (uint32_t i = 0; i < 10000; i++) {
        ids[i] = slab_alloc(&s);
        assert_int_not_equal(ids[i], 0);
        assert_true(ids[i] < slab_end(&s));
        uint32_t *item = slab_at(&s, ids[i]);
        assert_memory_equal(item, ((uint8_t[12]){0}), 12);
        item[0] = item[1] = item[2] = i;
    }
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t *item = slab_at(&s, ids[i]);
        assert_true(item[0] == i && item[1] == i && item[2] == i);
    }
    assert_int_equal(s.used, 10000);
    slab_release(&s);
    assert_int_equal(slab_end(&s), 0);
}

static void freed_items_come_back_zeroed(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, 16);
    uint32_t keep = slab_alloc(&s);
    uint32_t id = slab_alloc(&s);
    memset(slab_at(&s, id), 0xff, 16);
    slab_free(&s, id);
    assert_int_equal(slab_alloc(&s), id);
    assert_memory_equal(slab_at(&s, id), ((uint8_t[16]){0}), 16);
    assert_int_not_equal(keep, id);
    slab_release(&s);
}

static void empty_chunks_lose_their_memory(void **state)
{
    (void)state;
    struct slab s;
    slab_init(&s, 8);
    static uint32_t ids[3 * SLAB_CHUNK_ITEMS];
    size_t count = sizeof(ids) / sizeof(ids[0]);
    for (size_t i = 0; i < count; i++)
        ids[i] = slab_alloc(&s);
    for (size_t i = 0; i < count; i++)
        if (ids[i] >> SLAB_CHUNK_BITS == 1)
            slab_free(&s, ids[i]);
    assert_true(slab_chunk_empty(&s, 1u << SLAB_CHUNK_BITS));
    assert_false(slab_chunk_empty(&s, 0));
    uint32_t end = slab_end(&s);
    for (uint32_t i = 0; i < SLAB_CHUNK_ITEMS; i++) /* room is found before the slab grows */
        assert_true(slab_alloc(&s) < end);
    slab_release(&s);
}

/* An id that is in use is never given out again. */
static void random_run(void **state)
{
    (void)state;
    enum { SLOTS = 20000 };
    struct slab s;
    slab_init(&s, 4);
    uint32_t *ids = calloc(SLOTS, sizeof(*ids));
    uint32_t seed = 3;
    uint32_t used = 0;
    for (uint32_t step = 0; step < 400000; step++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t slot = (seed >> 8) % SLOTS;
        if (ids[slot]) {
            uint32_t *item = slab_at(&s, ids[slot]);
            assert_int_equal(*item, slot);
            slab_free(&s, ids[slot]);
            ids[slot] = 0;
            used--;
        } else {
            ids[slot] = slab_alloc(&s);
            uint32_t *item = slab_at(&s, ids[slot]);
            assert_int_equal(*item, 0);
            *item = slot;
            used++;
        }
        assert_int_equal(s.used, used);
    }
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (!ids[slot])
            continue;
        uint32_t *item = slab_at(&s, ids[slot]);
        assert_int_equal(*item, slot);
        slab_free(&s, ids[slot]);
    }
    assert_int_equal(s.used, 0);
    for (uint32_t id = 0; id < slab_end(&s); id += SLAB_CHUNK_ITEMS)
        assert_true(slab_chunk_empty(&s, id));
    free(ids);
    slab_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_zeroed_and_stay),
        cmocka_unit_test(freed_items_come_back_zeroed),
        cmocka_unit_test(empty_chunks_lose_their_memory),
        cmocka_unit_test(random_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
