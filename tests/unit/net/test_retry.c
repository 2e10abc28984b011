/* Jitter and back-off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/retry.h"

static void jitter_spans_three_quarters_to_one(void **ctx)
{
    (void)ctx;
    assert_int_equal(retry_jitter_ms(1000, 0), 750);
    assert_int_equal(retry_jitter_ms(1000, UINT32_MAX), 1000);
    assert_in_range(retry_jitter_ms(1000, UINT32_MAX / 2), 870, 880);
    assert_int_equal(retry_jitter_ms(0, UINT32_MAX), 0);
    /* The longest interval there is: a hold time of 65535 s. */
    assert_int_equal(retry_jitter_ms(65535000, UINT32_MAX), 65535000);
}

static void delay_doubles_to_a_limit(void **ctx)
{
    (void)ctx;
    const uint64_t expected_s[] = {5, 5, 10, 20, 40, 40, 40};
    for (unsigned failures = 0; failures < 7; failures++)
        assert_int_equal(retry_delay_ms(5, failures, UINT32_MAX), expected_s[failures] * 1000);
    assert_int_equal(retry_delay_ms(5, UINT32_MAX, UINT32_MAX), 40000);
}

static void delay_stays_under_two_minutes(void **ctx)
{
    (void)ctx;
    assert_int_equal(retry_delay_ms(30, 2, UINT32_MAX), 60000);
    assert_int_equal(retry_delay_ms(30, 3, UINT32_MAX), 120000);
    assert_int_equal(retry_delay_ms(30, 4, UINT32_MAX), 120000);
    /* ... unless one asks for a longer interval. */
    assert_int_equal(retry_delay_ms(300, 1, UINT32_MAX), 300000);
    assert_int_equal(retry_delay_ms(300, 9, UINT32_MAX), 300000);
}

static void pause_grows_to_a_quarter_of_an_hour(void **ctx)
{
    (void)ctx;
    const uint64_t expected_s[] = {30, 30, 60, 120, 240, 480, 900, 900};
    for (unsigned times = 0; times < 8; times++)
        assert_int_equal(retry_pause_ms(30, times, UINT32_MAX), expected_s[times] * 1000);
    assert_int_equal(retry_pause_ms(1, UINT32_MAX, UINT32_MAX), 900000);
    assert_int_equal(retry_pause_ms(30, 5, 0), 360000);
    assert_int_equal(retry_pause_ms(65535, UINT32_MAX, UINT32_MAX), 4 * 65535000);
}

static void delay_is_never_zero(void **ctx)
{
    (void)ctx;
    assert_int_equal(retry_delay_ms(0, 0, 0), 750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_spans_three_quarters_to_one),
        cmocka_unit_test(delay_doubles_to_a_limit),
        cmocka_unit_test(delay_stays_under_two_minutes),
        cmocka_unit_test(pause_grows_to_a_quarter_of_an_hour),
        cmocka_unit_test(delay_is_never_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
