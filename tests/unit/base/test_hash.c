/* Hashing: equal bytes have equal hashes, near ones do not collide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hash.h"

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void bytes(void **state)
{
    (void)state;
    assert_true(hash_bytes("abc", 3) == hash_bytes("abcd", 3));
    assert_true(hash_bytes("abc", 3) != hash_bytes("abd", 3));
    assert_true(hash_bytes("abc", 3) != hash_bytes("abc", 2));
    assert_true(hash_bytes(NULL, 0) == hash_bytes("x", 0));
}

static void seeds_change_the_hash(void **state)
{
    (void)state;
    static const char text[300];
    static const size_t lens[] = {1, 8, 40, 200, 300};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        assert_true(hash_bytes_seeded(text, lens[i], 0) == hash_bytes(text, lens[i]));
        assert_true(hash_bytes_seeded(text, lens[i], 1) != hash_bytes(text, lens[i]));
        assert_true(hash_bytes_seeded(text, lens[i], 1) == hash_bytes_seeded(text, lens[i], 1));
        assert_true(hash_bytes_seeded(text, lens[i], 1) != hash_bytes_seeded(text, lens[i], 2));
    }
}

/* Tables take the low bits, and keys are often multiples of a power of two. */
static void low_bits_of_mixed_values_are_spread(void **state)
{
    (void)state;
    enum { COUNT = 4096 };
    static uint64_t buckets[COUNT];
    for (uint64_t i = 0; i < COUNT; i++)
        buckets[i] = hash_mix(i * 64) % COUNT;
    qsort(buckets, COUNT, sizeof(buckets[0]), compare_u64);
    unsigned distinct = 1;
    for (size_t i = 1; i < COUNT; i++)
        distinct += buckets[i] != buckets[i - 1];
    /* A random function hits 63 % of the buckets. */
    assert_true(distinct > COUNT / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes),
        cmocka_unit_test(seeds_change_the_hash),
        cmocka_unit_test(low_bits_of_mixed_values_are_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
