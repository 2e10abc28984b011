/* Sorting by prefix: random items, against the C library's sort. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/prefix.h"
#include "base/prefix_sort.h"

struct item {
    struct prefix prefix;
    uint8_t rank;
    uint8_t unused;
};

static int compare(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    int order = prefix_compare(&x->prefix, &y->prefix);
    return order != 0 ? order : x->rank - y->rank;
}

static unsigned below(unsigned end)
{
    return (unsigned)rand() % end;
}

/* One of few addresses when `variety` is small, so that many are equal, or lie within each other.
 */
static struct item draw(unsigned variety, unsigned v6_in_four)
{
    uint8_t version = below(4) < v6_in_four ? IP_V6 : IP_V4;
    uint8_t bytes[16];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(below(variety) * 37);
    return (struct item){
        .prefix = prefix_make(version, (uint8_t)below(prefix_max_bits(version) + 1u), bytes),
        .rank = (uint8_t)below(variety),
    };
}

static void random_items(void **state)
{
    (void)state;
    static struct item items[3000];
    static struct item expected[3000];
    for (unsigned round = 0; round < 400; round++) {
        srand(round);
        size_t count = below(round % 4 == 0 ? 3000 : 60);
        unsigned variety = 1u << below(9);
        unsigned v6_in_four = below(5);
        memset(items, 0, sizeof(items));
        for (size_t i = 0; i < count; i++)
            items[i] = draw(variety, v6_in_four);
        memcpy(expected, items, sizeof(items));
        qsort(expected, count, sizeof(*items), compare);
        prefix_sort(items, count, sizeof(*items), compare);
        for (size_t i = 0; i < count; i++)
            if (compare(&items[i], &expected[i]) != 0)
                fail_msg("round %u: item %zu of %zu", round, i, count);
    }
}

static void nothing_and_one(void **state)
{
    (void)state;
    struct item one = draw(256, 2);
    struct item before = one;
    prefix_sort(NULL, 0, sizeof(struct item), compare);
    prefix_sort(&one, 1, sizeof(one), compare);
    assert_int_equal(compare(&one, &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_items),
        cmocka_unit_test(nothing_and_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
