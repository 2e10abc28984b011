/* Texts in order: by bytes, the same ones side by side. */
#include "base/text_sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_order(void **state)
{
    (void)state;
    const char *texts[] = {"b", "", "\xc3\xa4", "ab", "b", "B", "a"};
    static const char *const sorted[] = {"", "B", "a", "ab", "b", "b", "\xc3\xa4"};
    text_sort(texts, 7);
    for (size_t i = 0; i < 7; i++)
        assert_string_equal(texts[i], sorted[i]);
    text_sort(texts, 1);
    assert_string_equal(texts[0], "");
    text_sort(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
