/* Growing strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/strbuf.h"

static void appends(void **state)
{
    (void)state;
    struct strbuf s = {0};
    assert_string_equal(strbuf_text(&s), "");
    strbuf_add(&s, "a");
    strbuf_add_char(&s, 'b');
    strbuf_add_bytes(&s, "cde", 2);
    strbuf_printf(&s, "-%d-%s", 42, "x");
    strbuf_printf(&s, "%s", "");
    assert_string_equal(strbuf_text(&s), "abcd-42-x");
    assert_int_equal(s.len_bytes, 9);
    strbuf_clear(&s);
    assert_string_equal(strbuf_text(&s), "");
    strbuf_add_bytes(&s, NULL, 0);
    assert_int_equal(s.len_bytes, 0);
    strbuf_release(&s);
    assert_string_equal(strbuf_text(&s), "");
}

static void grows(void **state)
{
    (void)state;
    struct strbuf s = {0};
    for (int i = 0; i < 10000; i++)
        strbuf_printf(&s, "%05d", i);
    assert_int_equal(s.len_bytes, 50000);
    assert_int_equal(strlen(strbuf_text(&s)), 50000);
    assert_memory_equal(strbuf_text(&s) + 49995, "09999", 5);
    strbuf_release(&s);
}

static void numbers(void **state)
{
    (void)state;
    static const uint32_t values[] = {0, 9, 10, 65535, 100000, 4294967295U};
    struct strbuf s = {0};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        strbuf_add_u32(&s, values[i]);
        strbuf_add_char(&s, ' ');
    }
    assert_string_equal(strbuf_text(&s), "0 9 10 65535 100000 4294967295 ");
    strbuf_release(&s);
}

static void hex(void **state)
{
    (void)state;
    struct strbuf s = {0};
    strbuf_add_hex(&s, "\x00\x7f\xff\xa5", 4, 10);
    assert_string_equal(strbuf_text(&s), "007fffa5");
    strbuf_clear(&s);
    strbuf_add_hex(&s, "\x01\x02\x03", 3, 2);
    assert_string_equal(strbuf_text(&s), "0102…");
    strbuf_release(&s);
}

static void taken(void **state)
{
    (void)state;
    struct strbuf s = {0};
    char *empty = strbuf_take(&s);
    assert_string_equal(empty, "");
    free(empty);
    strbuf_add(&s, "text");
    char *text = strbuf_take(&s);
    assert_string_equal(text, "text");
    assert_string_equal(strbuf_text(&s), "");
    free(text);
    strbuf_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends), cmocka_unit_test(grows), cmocka_unit_test(numbers),
        cmocka_unit_test(hex),     cmocka_unit_test(taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
