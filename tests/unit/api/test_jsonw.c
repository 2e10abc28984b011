/* Writing JSON text: commas, escapes, and what is not UTF-8; read back by a parser of another hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "api/jsonw.h"

static void test_structure(void **state)
{
    (void)state;
    struct strbuf out = {0};
    struct jsonw w = jsonw_over(&out);
    jsonw_object(&w, NULL);
    jsonw_array(&w, "empty");
    jsonw_array_end(&w);
    jsonw_array(&w, "list");
    jsonw_uint(&w, NULL, 0);
    jsonw_uint(&w, NULL, UINT64_MAX);
    jsonw_int(&w, NULL, INT64_MIN);
    jsonw_object(&w, NULL);
    jsonw_bool(&w, "yes", true);
    jsonw_bool(&w, "no", false);
    jsonw_object_end(&w);
    jsonw_null(&w, NULL);
    jsonw_array_end(&w);
    jsonw_text(&w, "none", NULL);
    jsonw_raw(&w, "raw", "[1]", 3);
    jsonw_object_end(&w);
    assert_string_equal(strbuf_text(&out),
                        "{\"empty\":[],\"list\":[0,18446744073709551615,-9223372036854775808,"
                        "{\"yes\":true,\"no\":false},null],\"none\":null,\"raw\":[1]}");
    strbuf_release(&out);
}

static void assert_written(const char *text, size_t len_bytes, const char *expected)
{
    struct strbuf out = {0};
    struct jsonw w = jsonw_over(&out);
    jsonw_text_bytes(&w, NULL, text, len_bytes);
    json_t *json = json_loadb(out.data, out.len_bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    assert_int_equal(json_string_length(json), strlen(expected));
    assert_string_equal(json_string_value(json), expected);
    json_decref(json);
    strbuf_release(&out);
}

static void assert_same(const char *text)
{
    assert_written(text, strlen(text), text);
}

static void test_text(void **state)
{
    (void)state;
    assert_same("");
    assert_same("plain");
    assert_same("quote \" backslash \\ slash /");
    assert_same("\b\f\n\r\t\x01\x1f\x7f end");
    assert_same("é ∞ 😀 \xed\x9f\xbf \xee\x80\x80 \xf4\x8f\xbf\xbf");
}

static void test_not_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"\x80", "�"}, /* a continuation byte alone */
        {"a\xff"
         "b",
         "a�b"},
        {"\xc3", "�"}, /* cut off */
        {"\xc3(", "�("},
        {"\xc0\xaf", "��"},           /* overlong */
        {"\xe0\x80\xaf", "���"},      /* overlong */
        {"\xed\xa0\x80", "���"},      /* a surrogate */
        {"\xf4\x90\x80\x80", "����"}, /* above U+10FFFF */
        {"\xe2\x88", "��"},
        {"ok \xf0\x9f\x98", "ok ���"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_written(cases[i].text, strlen(cases[i].text), cases[i].expected);
}

/* Every code point survives; every byte alone gives something that parses. */
static void test_all(void **state)
{
    (void)state;
    for (unsigned c = 0x80; c < 0x100; c++) {
        char byte = (char)c;
        assert_written(&byte, 1, "�");
    }
    for (uint32_t c = 1; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        char s[5] = {0};
        if (c < 0x80) {
            s[0] = (char)c;
        } else if (c < 0x800) {
            s[0] = (char)(0xc0 | c >> 6);
            s[1] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
            s[0] = (char)(0xe0 | c >> 12);
            s[1] = (char)(0x80 | (c >> 6 & 63));
            s[2] = (char)(0x80 | (c & 63));
        } else {
            s[0] = (char)(0xf0 | c >> 18);
            s[1] = (char)(0x80 | (c >> 12 & 63));
            s[2] = (char)(0x80 | (c >> 6 & 63));
            s[3] = (char)(0x80 | (c & 63));
        }
        if (c < 0x1000 || c % 251 == 0 || (c & 0x7ff) > 0x7fc)
            assert_same(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_structure),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_not_utf8),
        cmocka_unit_test(test_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
