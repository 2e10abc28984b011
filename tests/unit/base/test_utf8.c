/* UTF-8, and text that others wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"

static void reads_the_shortest_forms_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len_bytes;
        uint32_t c;
    } cases[] = {
        {"a", 1, 'a'},
        {"\xc3\xbc!", 2, 0xfc},
        {"\xe2\x98\x82", 3, 0x2602},
        {"\xf0\x9f\x98\x80", 4, 0x1f600},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xc0\xaf", 0, 0},         /* overlong */
        {"\xe0\x80\xaf", 0, 0},     /* overlong */
        {"\xed\xa0\x80", 0, 0},     /* a surrogate */
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond U+10FFFF */
        {"\xbc", 0, 0},
        {"\xc3", 0, 0},
        {"\xff", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t c = 0;
        assert_int_equal(utf8_read(cases[i].text, strlen(cases[i].text), &c), cases[i].len_bytes);
        assert_int_equal(c, cases[i].c);
    }
    uint32_t c = 7;
    assert_int_equal(utf8_read("", 0, &c), 0);
    assert_int_equal(c, 7);
}

static void foreign_text_steers_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *given, *shown;
    } cases[] = {
        {"gr\xc3\xbc\xc3\x9f \xe2\x98\x82", "gr\xc3\xbc\xc3\x9f \xe2\x98\x82"},
        {"a\nb\x1b[1m\x7f\xc2\x9b", "a?b?[1m??"},
        {"\xe2\x80\xae\xe2\x81\xa6\xd8\x9c\xe2\x80\xa8.", "????."},
        {"\xc3(\xff", "?(?"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf out = {0};
        utf8_add_foreign(&out, cases[i].given, strlen(cases[i].given));
        assert_string_equal(strbuf_text(&out), cases[i].shown);
        strbuf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_shortest_forms_alone),
        cmocka_unit_test(foreign_text_steers_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
