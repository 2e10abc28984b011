/* The metric of AIGP among other TLVs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/aigp.h"

#define METRIC(low) 1, 0, 11, 0, 0, 0, 2, 0, 0, 0, low
#define OTHER       9, 0, 12, 7, 7, 7, 7, 7, 7, 7, 7, 7

static struct span span_after(struct writer *w, struct span value, uint64_t metric)
{
    aigp_put(w, value, metric);
    assert_true(writer_ok(w));
    return writer_span(w);
}

static void test_metric(void **state)
{
    (void)state;
    static const uint8_t plain[] = {METRIC(5)};
    static const uint8_t behind[] = {OTHER, METRIC(6), METRIC(7)};
    static const uint8_t none[] = {OTHER};
    uint64_t metric = 99;
    assert_false(aigp_metric(span_of(NULL, 0), &metric));
    assert_false(aigp_metric(span_of(none, sizeof(none)), &metric));
    assert_int_equal(metric, 99);
    assert_true(aigp_metric(span_of(plain, sizeof(plain)), &metric));
    assert_int_equal(metric, 0x200000005);
    assert_true(aigp_metric(span_of(behind, sizeof(behind)), &metric));
    assert_int_equal(metric, 0x200000006);
}

static void test_put(void **state)
{
    (void)state;
    static const uint8_t before[] = {OTHER, METRIC(6), OTHER};
    static const uint8_t after[] = {OTHER, METRIC(8), OTHER};
    static const uint8_t none[] = {OTHER};
    static const uint8_t added[] = {OTHER, METRIC(8)};
    uint8_t bytes[64];
    struct writer w = writer_over(bytes, sizeof(bytes));
    struct span value = span_after(&w, span_of(before, sizeof(before)), 0x200000008);
    assert_true(span_equal(value, span_of(after, sizeof(after))));
    w = writer_over(bytes, sizeof(bytes));
    value = span_after(&w, span_of(none, sizeof(none)), 0x200000008);
    assert_true(span_equal(value, span_of(added, sizeof(added))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_metric), cmocka_unit_test(test_put)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
