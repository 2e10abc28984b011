/* Names of sets of sources: equal where the sets are, and what they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "rib/source_sets.h"

enum { SOURCES = 12, SETS = 1u << SOURCES };

/* The name of the set whose bits say which sources from 1 on are in it; `more` is given apart. */
static uint32_t name_of(struct source_sets *sets, uint32_t bits, struct source_sets_more more)
{
    uint32_t sources[SOURCES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < SOURCES; i++)
        if (bits & (1u << i))
            sources[count++] = i + 1;
    return source_sets_name(sets, sources, count, more);
}

static uint32_t bits_of(const struct source_sets *sets, uint32_t name)
{
    uint32_t count;
    uint32_t bits = 0;
    const uint32_t *members = source_sets_members(sets, &name, &count);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(i == 0 || members[i] > members[i - 1]);
        bits |= 1u << (members[i] - 1);
    }
    assert_int_equal(source_set_has_many(name), count > 1);
    return bits;
}

static void each_set_has_one_name(void **state)
{
    (void)state;
    struct random r = {3};
    struct source_sets *sets = source_sets_new();
    for (unsigned round = 0; round < 5; round++) {
        static uint32_t names[SETS]; /* by their bits; 0: none yet */
        for (uint32_t i = 0; i < SETS; i++)
            names[i] = 0;
        for (unsigned i = 0; i < 20000; i++) {
            uint32_t bits = random_below(&r, SETS);
            struct source_sets_more more = {{random_below(&r, SOURCES + 1)}};
            more.of[1] = more.of[0] + random_below(&r, SOURCES + 1 - more.of[0]);
            uint32_t name = name_of(sets, bits, more);
            for (unsigned k = 0; k < SOURCE_SETS_MORE; k++)
                bits |= more.of[k] ? 1u << (more.of[k] - 1) : 0;
            assert_int_equal(bits_of(sets, name), bits);
            if (names[bits] != 0)
                assert_int_equal(name, names[bits]);
            else if (source_set_has_many(name))
                assert_int_equal(*source_sets_notes(sets, name), 0);
            if (source_set_has_many(name))
                *source_sets_notes(sets, name) = bits;
            names[bits] = name;
        }
        for (uint32_t bits = 0; bits < SETS; bits++)
            if (source_set_has_many(names[bits]))
                assert_int_equal(*source_sets_notes(sets, names[bits]), bits);
        source_sets_forget(sets);
    }
    source_sets_free(sets);
}

static void one_source_is_its_own_name(void **state)
{
    (void)state;
    const struct source_sets_more nobody = {{0}};
    const struct source_sets_more seven = {{0, 7}};
    struct source_sets *sets = source_sets_new();
    assert_int_equal(source_sets_name(sets, NULL, 0, nobody), 0);
    assert_int_equal(source_sets_name(sets, NULL, 0, seven), 7);
    assert_int_equal(source_sets_name(sets, (const uint32_t[]){7}, 1, nobody), 7);
    assert_int_equal(source_sets_name(sets, (const uint32_t[]){7}, 1, seven), 7);
    source_sets_free(sets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_set_has_one_name),
        cmocka_unit_test(one_source_is_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
