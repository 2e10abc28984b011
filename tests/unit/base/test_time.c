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
    assert_in_range(time_mono_s(), first / 1000000000 - 1, time_mono_ns() / 1000000000);
    struct time_now now = time_now_read();
    assert_true(now.mono_ns >= second);
    assert_true(now.unix_ns > 1600000000ll * 1000000000);
}

#define MS 1000000

/* Unix times of stamps are right by the wall clock as it is, and ages do not know it. */
static void stamps(void **state)
{
    (void)state;
    static const struct {
        uint64_t mono_ms; /* the stamp */
        struct time_now now;
        int64_t unix_s;
        uint64_t age_s;
    } cases[] = {
        {5000, {5000ull * MS, 1700000000000 * MS}, 1700000000, 0},
        {5000, {5999ull * MS, 1700000000999 * MS}, 1700000000, 0},
        {5000, {6000ull * MS, 1700000001000 * MS}, 1700000000, 1},
        {5000, {9000ull * MS, 1700000004000 * MS}, 1700000000, 4},
        /* the seconds of both clocks do not begin together */
        {5000, {9000ull * MS, 1700000004700 * MS}, 1700000000, 4},
        {5000, {9400ull * MS, 1700000005100 * MS}, 1700000000, 4},
        {5300, {9299ull * MS, 1700000004699 * MS}, 1700000000, 3},
        {5299, {9299ull * MS, 1700000004698 * MS}, 1700000000, 4},
        /* steps of a day, forth and back; before 1970 */
        {5000, {9000ull * MS, 1700086404000 * MS}, 1700086400, 4},
        {5000, {9000ull * MS, 1699913604000 * MS}, 1699913600, 4},
        {5000, {9000ull * MS, 3500ll * MS}, -1, 4},
        {5000, {9000ull * MS, 4000ll * MS}, 0, 4},
        /* still to come */
        {9001, {9000ull * MS, 1700000000000 * MS}, 1700000000, 0},
        {12000, {9000ull * MS, 1700000000000 * MS}, 1700000003, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(time_unix_s_of(&cases[i].now, cases[i].mono_ms), cases[i].unix_s);
        assert_int_equal(time_age_s_of(&cases[i].now, cases[i].mono_ms), cases[i].age_s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(clocks),
        cmocka_unit_test(stamps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
