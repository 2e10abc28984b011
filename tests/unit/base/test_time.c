/* Durations as text, and clocks that do not run backwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/time.h"

static void durations(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } cases[] = {
        {0, "00:00:00"},
        {59, "00:00:59"},
        {60, "00:01:00"},
        {3599, "00:59:59"},
        {86400, "24:00:00"},
        {360000, "100:00:00"},
        {UINT64_MAX, "5124095576030431:00:15"},
    };
    char buf[TIME_TEXT_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(time_format_duration(cases[i].seconds, buf), cases[i].text);
}

static void clocks(void **state)
{
    (void)state;
    uint64_t first = time_mono_ns();
    uint64_t second = time_mono_ns();
    assert_true(second >= first);
    assert_true(time_mono_ms() >= first / 1000000);
    assert_true(time_unix_s() > 1600000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
