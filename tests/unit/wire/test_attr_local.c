/* What is noted of routes: written and read, and left aside where routes are compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "wire/attr.h"
#include "wire/attr_local.h"

static struct attr_local random_local(struct random *r)
{
    static const uint8_t marks[] = {1, 'a', 1, 'b'};
    return (struct attr_local){
        .weight = random_below(r, 2),
        .kept = (uint8_t)random_below(r, 2),
        .validation = (uint8_t)(random_below(r, 3) ? 0 : random_below(r, 64)),
        .marks = span_of(marks, 2 * random_below(r, 3)),
    };
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct random r = {9};
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t bytes[64];
        struct writer w = writer_over(bytes, sizeof(bytes));
        const struct attr_local local = random_local(&r);
        attr_local_put(&w, &local);
        const struct attr_local read = attr_local_read(writer_span(&w));
        assert_int_equal(read.weight, local.weight);
        assert_int_equal(read.kept, local.kept);
        assert_int_equal(read.validation, local.validation);
        assert_true(span_equal(read.marks, local.marks));
        bool is_nothing = local.weight == 0 && local.kept == 0 && local.validation == 0 &&
                          local.marks.len_bytes == 0;
        assert_int_equal(writer_len(&w) == 0, is_nothing);
    }
}

/* Canonical attributes, some in front of what is noted and some behind it. */
static void build(const struct attr_local *local, uint32_t others, struct attr_block *b)
{
    static const uint8_t types[] = {ATTR_ORIGIN, ATTR_MED, ATTR_ATOMIC_AGGREGATE, 32, 99};
    uint8_t value[4] = {0};
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof(bytes));
    attr_block_init(b);
    for (unsigned i = 0; i < sizeof(types); i++) {
        value[3] = others >> 8 & 1;
        if (others >> i & 1)
            attr_block_add(b, types[i], span_of(value, types[i] == ATTR_ORIGIN ? 1 : 4));
    }
    attr_local_put(&w, local);
    if (writer_len(&w) > 0)
        attr_block_add(b, ATTR_LOCAL, writer_span(&w));
    attr_block_finish(b);
}

static void validation_does_not_count(void **state)
{
    (void)state;
    static struct attr_block a, b, bare_a, bare_b;
    struct random r = {4};
    unsigned alike = 0;
    for (unsigned i = 0; i < 20000; i++) {
        struct attr_local x = random_local(&r);
        struct attr_local y = random_below(&r, 2) ? x : random_local(&r);
        uint32_t others = random_below(&r, 512);
        uint32_t same = random_below(&r, 3) ? others : random_below(&r, 512);
        y.validation = (uint8_t)random_below(&r, 3);
        build(&x, others, &a);
        build(&y, same, &b);
        x.validation = y.validation = 0;
        build(&x, others, &bare_a);
        build(&y, same, &bare_b);
        bool expected = span_equal(attr_block_span(&bare_a), attr_block_span(&bare_b));
        assert_int_equal(attr_equal_but_for_validation(attr_block_span(&a), attr_block_span(&b)),
                         expected);
        alike += expected;
    }
    assert_true(alike > 1000 && alike < 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(validation_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
