/* Tables, byte for byte. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/table.h"
#include "cli/text.h"

static const struct table_column columns[] = {{.heading = "Name"},
                                              {.heading = "N", .right_aligned = true},
                                              {.heading = "Why", .optional = true}};

/* A table of two rows and a later one, as text. */
static void render(const char *const rows[3][3], bool color, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct table t;
    table_init(&t, columns, 3, out, color);
    table_keep(&t, rows[0], STYLE_PLAIN);
    table_keep(&t, rows[1], STYLE_GOOD);
    table_begin(&t);
    table_row(&t, rows[2], STYLE_PLAIN);
    table_release(&t);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_alignment(void **state)
{
    (void)state;
    render((const char *const[3][3]){{"a", "1", ""}, {"bbbbbb", "222", ""}, {"c", NULL, ""}}, false,
           "Name      N\n"
           "a         1\n"
           "bbbbbb  222\n"
           "c         -\n");
}

static void test_later_rows_may_overflow(void **state)
{
    (void)state;
    render((const char *const[3][3]){{"a", "1", "x"}, {"b", "2", ""}, {"cccccccc", "3", "late"}},
           false,
           "Name  N  Why\n"
           "a     1  x\n"
           "b     2\n"
           "cccccccc  3  late\n");
}

static void test_optional_column(void **state)
{
    (void)state;
    render((const char *const[3][3]){{"a", "1", ""}, {"b", "2", ""}, {"c", "3", "late"}}, false,
           "Name  N\n"
           "a     1\n"
           "b     2\n"
           "c     3  late\n");
}

static void test_wide_and_unsafe_characters(void **state)
{
    (void)state;
    render(
        (const char *const[3][3]){{"東京", "1", ""}, {"Zürich", "2", ""}, {"\033[2J\n", "3", ""}},
        false,
        "Name    N\n"
        "東京    1\n"
        "Zürich  2\n"
        "?[2J?   3\n");
}

static void test_colour(void **state)
{
    (void)state;
    render((const char *const[3][3]){{"a", "1", ""}, {"b", "2", ""}, {"c", "3", ""}}, true,
           "\033[1mName  N\033[0m\n"
           "a     1\n"
           "\033[32mb     2\033[0m\n"
           "c     3\n");
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width(""), 0);
    assert_int_equal(text_width("2001:db8::1"), 11);
    assert_int_equal(text_width("ü"), 1);
    assert_int_equal(text_width("u\xcc\x88"), 1); /* u and a combining diaeresis */
    assert_int_equal(text_width("東京"), 4);
    assert_int_equal(text_width("\xff\xfe"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment),       cmocka_unit_test(test_later_rows_may_overflow),
        cmocka_unit_test(test_optional_column), cmocka_unit_test(test_wide_and_unsafe_characters),
        cmocka_unit_test(test_colour),          cmocka_unit_test(test_width),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
