/* Sets of 32-bit numbers against a naive look at all that were added. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../random.h"
#include "base/u32set.h"

static void an_empty_set_holds_nothing(void **state)
{
    (void)state;
    struct u32_set set = {0};
    assert_false(u32_set_has(&set, 0));
    u32_set_settle(&set);
    assert_false(u32_set_has(&set, 0));
    assert_false(u32_set_search(&set, 0));
    assert_true(u32_set_equal(&set, &(struct u32_set){0}));
    u32_set_release(&set);
}

static void it_holds_what_was_added(void **state)
{
    (void)state;
    struct random r = {5};
    enum { VALUES = 512 };
    for (unsigned round = 0; round < 50; round++) {
        bool there[VALUES] = {false};
        struct u32_set set = {0};
        unsigned distinct = 0;
        for (unsigned i = random_below(&r, 200); i-- > 0;) {
            uint32_t value = random_below(&r, VALUES);
            distinct += !there[value];
            there[value] = true;
            u32_set_add(&set, value * 0x01010101u);
        }
        u32_set_settle(&set);
        assert_int_equal(set.count, distinct);
        for (uint32_t value = 0; value < VALUES; value++) {
            assert_int_equal(u32_set_has(&set, value * 0x01010101u), there[value]);
            assert_int_equal(u32_set_search(&set, value * 0x01010101u), there[value]);
        }
        u32_set_release(&set);
    }
}

static void equal_whatever_the_order(void **state)
{
    (void)state;
    struct u32_set a = {0};
    struct u32_set b = {0};
    for (uint32_t i = 0; i < 10; i++) {
        u32_set_add(&a, i);
        u32_set_add(&b, 9 - i);
        u32_set_add(&b, 9 - i / 2);
    }
    u32_set_settle(&a);
    u32_set_settle(&b);
    assert_true(u32_set_equal(&a, &b));
    u32_set_add(&b, UINT32_MAX);
    u32_set_settle(&b);
    assert_false(u32_set_equal(&a, &b));
    u32_set_release(&a);
    u32_set_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_set_holds_nothing),
        cmocka_unit_test(it_holds_what_was_added),
        cmocka_unit_test(equal_whatever_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
