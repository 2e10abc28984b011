/* Page sources: blocks are zeroed and nobody else's, with the page worker and without it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/pages.h"

enum { BLOCK_BYTES = 65536, BLOCKS = 40, STEPS = 4000 };

static const uint8_t zeroes[BLOCK_BYTES];

static uint8_t *take(struct page_source *s, uint8_t filling)
{
    uint8_t *block = page_source_take(s, BLOCK_BYTES);
    assert_memory_equal(block, zeroes, BLOCK_BYTES);
    memset(block, filling, BLOCK_BYTES);
    return block;
}

static void give_back(struct page_source *s, uint8_t *block, uint8_t filling)
{
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        assert_int_equal(block[i], filling);
    page_source_give_back(s, block, BLOCK_BYTES);
}

/* Takes and gives back at random, from several sources as the worker's requests are of many. */
static void run(void)
{
    static struct page_source sources[3];
    static uint8_t *blocks[3][BLOCKS];
    struct random random = {.state = 5};
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t s = random_below(&random, 3);
        uint32_t i = random_below(&random, step % 1000 < 500 ? BLOCKS : 3);
        uint8_t filling = (uint8_t)(1 + s * BLOCKS + i);
        if (blocks[s][i])
            give_back(&sources[s], blocks[s][i], filling);
        blocks[s][i] = blocks[s][i] ? NULL : take(&sources[s], filling);
    }
    for (uint32_t s = 0; s < 3; s++) {
        for (uint32_t i = 0; i < BLOCKS; i++)
            if (blocks[s][i])
                give_back(&sources[s], blocks[s][i], (uint8_t)(1 + s * BLOCKS + i));
        memset(blocks[s], 0, sizeof(blocks[s]));
        assert_int_equal(sources[s].given, 0);
        assert_null(sources[s].spare);
    }
}

static void blocks_are_nobody_elses(void **state)
{
    (void)state;
    run();
}

static void blocks_are_nobody_elses_beside_the_worker(void **state)
{
    (void)state;
    assert_int_equal(page_worker_start(), 0);
    run();
    page_worker_stop();
    run(); /* it can be done without, too, and it can be started again */
    assert_int_equal(page_worker_start(), 0);
    run();
    page_worker_stop();
}

static void only_a_source_that_has_given_several_keeps_a_spare_block(void **state)
{
    (void)state;
    struct page_source s = {0};
    uint8_t *first = take(&s, 1);
    assert_int_equal(page_worker_start(), 0);
    assert_null(s.spare);
    uint8_t *second = take(&s, 2);
    void *spare = s.spare;
    assert_non_null(spare);
    uint8_t *third = take(&s, 3);
    assert_ptr_equal(third, spare);
    page_worker_stop();
    give_back(&s, third, 3);
    give_back(&s, first, 1);
    assert_null(s.spare);
    give_back(&s, second, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_nobody_elses),
        cmocka_unit_test(blocks_are_nobody_elses_beside_the_worker),
        cmocka_unit_test(only_a_source_that_has_given_several_keeps_a_spare_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
