/* Interned attribute sets: identity, references, growth and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "sets.h"

static void equal_bytes_are_one_set(void **state)
{
    (void)state;
    struct rib_attrs_pool pool = {0};
    struct set_spec spec = {.path = {1, 2}, .next_hop = 7, .local_pref = 100};
    uint32_t a = make_set(&pool, &spec);
    uint32_t b = make_set(&pool, &spec);
    spec.med = 5;
    uint32_t c = make_set(&pool, &spec);
    assert_int_not_equal(a, 0);
    assert_int_equal(a, b);
    assert_int_not_equal(a, c);
    assert_int_equal(rib_attrs_at(&pool, a)->refs, 2);
    assert_int_equal(pool.count, 2);
    assert_int_equal(rib_attrs_at(&pool, a)->hot.as_path_len, 2);
    assert_int_equal(rib_attrs_at(&pool, c)->hot.med, 5);
    rib_attrs_unref(&pool, a);
    rib_attrs_unref(&pool, b);
    rib_attrs_unref(&pool, c);
    assert_int_equal(pool.count, 0);
    rib_attrs_pool_release(&pool);
}

/* Against a plain array of what is held: sets come and go in random order. */
static void sets_are_found_whatever_was_removed(void **state)
{
    (void)state;
    enum { SPECS = 5000 };
    static uint32_t held[SPECS];
    static uint32_t refs[SPECS];
    struct rib_attrs_pool pool = {0};
    struct random r = {42};
    for (unsigned step = 0; step < 60000; step++) {
        uint32_t i = random_below(&r, SPECS);
        struct set_spec spec = {.path = {1 + i % 97, 1 + i}, .next_hop = 9, .med = i / 3};
        if (random_below(&r, 100) < 55) {
            uint32_t a = make_set(&pool, &spec);
            if (refs[i] > 0)
                assert_int_equal(a, held[i]);
            held[i] = a;
            refs[i]++;
        } else if (refs[i] > 0) {
            rib_attrs_unref(&pool, held[i]);
            refs[i]--;
        }
    }
    uint32_t live = 0;
    for (unsigned i = 0; i < SPECS; i++) {
        live += refs[i] > 0;
        if (refs[i] > 0)
            assert_int_equal(rib_attrs_at(&pool, held[i])->refs, refs[i]);
    }
    assert_int_equal(pool.count, live);
    for (unsigned i = 0; i < SPECS; i++)
        for (; refs[i] > 0; refs[i]--)
            rib_attrs_unref(&pool, held[i]);
    assert_int_equal(pool.count, 0);
    rib_attrs_pool_release(&pool);
}

/* Those that are too large for the arena, too, come and go in any order. */
static void large_sets_are_found_whatever_was_removed(void **state)
{
    (void)state;
    enum { LARGE = 50 };
    static uint8_t bytes[LARGE][ARENA_MAX_BYTES + 1];
    static uint32_t held[LARGE];
    struct rib_attrs_pool pool = {0};
    struct random r = {17};
    struct attr_hot hot = {0};
    for (unsigned step = 0; step < 5000; step++) {
        uint32_t i = random_below(&r, LARGE);
        bytes[i][0] = (uint8_t)i;
        struct span canonical = span_of(bytes[i], sizeof(bytes[i]));
        if (held[i] == 0) {
            held[i] = rib_attrs_intern(&pool, canonical, &hot);
            continue;
        }
        assert_true(span_equal(rib_attrs_span(rib_attrs_at(&pool, held[i])), canonical));
        rib_attrs_unref(&pool, held[i]);
        held[i] = 0;
    }
    assert_true(pool.large_count <= LARGE);
    for (uint32_t i = 0; i < LARGE; i++)
        rib_attrs_unref(&pool, held[i]);
    assert_int_equal(pool.count, 0);
    rib_attrs_pool_release(&pool);
}

/* From the smallest to what only an extended message carries, beyond the blocks of the arena. */
static void sets_of_every_size_are_kept(void **state)
{
    (void)state;
    enum { SIZES = 40 };
    static uint8_t bytes[SIZES * 1600];
    uint32_t held[SIZES];
    struct rib_attrs_pool pool = {0};
    struct attr_hot hot = {.med = 7};
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    assert_true(sizeof(bytes) > 10 * ARENA_MAX_BYTES);
    for (size_t i = 0; i < SIZES; i++)
        held[i] = rib_attrs_intern(&pool, span_of(bytes, 1 + i * i * 40), &hot);
    for (size_t i = 0; i < SIZES; i++) {
        struct span canonical = span_of(bytes, 1 + i * i * 40);
        assert_true(span_equal(rib_attrs_span(rib_attrs_at(&pool, held[i])), canonical));
        assert_int_equal(rib_attrs_intern(&pool, canonical, &hot), held[i]);
        rib_attrs_unref(&pool, held[i]);
    }
    for (size_t i = 0; i < SIZES; i++)
        rib_attrs_unref(&pool, held[i]);
    assert_int_equal(pool.count, 0);
    rib_attrs_pool_release(&pool);
}

static uint32_t intern_number(struct rib_attrs_pool *pool, uint32_t number)
{
    const struct attr_hot hot = {0};
    return rib_attrs_intern(pool, span_of((const uint8_t *)&number, sizeof(number)), &hot);
}

/* How many slots of an old table have been moved since there was another size, or were left. */
static void moved_few(const struct rib_attrs_pool *pool, uint32_t size, uint32_t left)
{
    enum { AT_ONCE = 1000 };
    uint32_t before = pool->size != size ? size : left;
    uint32_t now = pool->old ? pool->old_left : 0;
    assert_in_range(before - now, 0, AT_ONCE);
}

/* Whoever adds the set for which a table is too small does not wait until all others are moved;
 * they are found meanwhile, and so they are when it becomes smaller. */
static void a_large_table_is_moved_by_and_by(void **state)
{
    (void)state;
    enum { SETS = 200000 };
    static uint32_t held[SETS];
    struct rib_attrs_pool pool = {0};
    for (uint32_t i = 0; i < SETS; i++) {
        uint32_t size = pool.size;
        uint32_t left = pool.old ? pool.old_left : 0;
        held[i] = intern_number(&pool, i);
        moved_few(&pool, size, left);
        uint32_t other = i * 7919u % (i + 1);
        size = pool.size;
        left = pool.old ? pool.old_left : 0;
        assert_int_equal(intern_number(&pool, other), held[other]);
        moved_few(&pool, size, left);
        rib_attrs_unref(&pool, held[other]);
    }
    assert_true(pool.size > SETS);
    for (uint32_t i = 0; i < SETS; i++) {
        uint32_t size = pool.size;
        uint32_t left = pool.old ? pool.old_left : 0;
        rib_attrs_unref(&pool, held[i]);
        moved_few(&pool, size, left);
        if (i + 1 == SETS)
            break;
        uint32_t other = i + 1 + i * 7919u % (SETS - i - 1);
        assert_int_equal(intern_number(&pool, other), held[other]);
        rib_attrs_unref(&pool, held[other]);
    }
    assert_int_equal(pool.count, 0);
    assert_true(pool.size <= 128);
    rib_attrs_pool_release(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bytes_are_one_set),
        cmocka_unit_test(sets_are_found_whatever_was_removed),
        cmocka_unit_test(large_sets_are_found_whatever_was_removed),
        cmocka_unit_test(sets_of_every_size_are_kept),
        cmocka_unit_test(a_large_table_is_moved_by_and_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
