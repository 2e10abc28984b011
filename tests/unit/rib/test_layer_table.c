/* Layers of entries: what was set is there, whatever else is, and nothing is left of what goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/layer_table.h"

enum { ENTRIES = 3 * SLAB_CHUNK_ITEMS, SOME = 300, MOST = 6 };

struct some {
    struct layer layers[MOST];
    uint32_t count;
};

static void check(const struct layer_table *t, uint32_t entry, const struct some *expected)
{
    const struct layers found = layers_of(t, entry);
    assert_int_equal(found.count, expected->count);
    if (expected->count > 0)
        assert_memory_equal(found.at, expected->layers, expected->count * sizeof(*found.at));
}

static void what_was_set_is_there(void **state)
{
    (void)state;
    static struct some all[SOME];
    uint32_t entries[SOME];
    struct layer_table t = {0};
    struct random r = {5};
    memset(all, 0, sizeof(all));
    for (uint32_t i = 0; i < SOME; i++) /* near to each other, and far */
        entries[i] = i % 2 ? i : ENTRIES / SOME * i;
    for (unsigned step = 0; step < 20000; step++) {
        struct some *some = &all[random_below(&r, SOME)];
        some->count = random_below(&r, MOST + 1);
        for (uint32_t i = 0; i < some->count; i++)
            some->layers[i] = (struct layer){1 + random_below(&r, 1000), random_below(&r, 1000)};
        layer_table_set(&t, entries[some - all], (struct layers){some->layers, some->count});
        check(&t, entries[some - all], some);
        uint32_t other = random_below(&r, SOME);
        check(&t, entries[other], &all[other]);
    }
    assert_int_equal(layers_of(&t, 10 * ENTRIES).count, 0);
    for (uint32_t i = 0; i < SOME; i++) {
        layer_table_set(&t, entries[i], (struct layers){NULL, 0});
        all[i].count = 0;
    }
    for (uint32_t i = 0; i < SOME; i++)
        check(&t, entries[i], &all[i]);
    for (uint32_t i = 0; i < t.page_count; i++)
        assert_null(t.pages[i]);
    layer_table_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_set_is_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
