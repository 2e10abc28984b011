/* JSON text to values: against jansson's own parser, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/json_read.h"

static void test_as_jansson(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        " true ",
        "[false, 0, -1, 1.5, 1e3, -0.25E-2, 9223372036854775807, -9223372036854775808]",
        "\"a \\\"b\\\" \\u00e4 \\ud83d\\ude00 \\n \xc3\xa4\"",
        "{\"a\":{\"b\":[1,[2,{\"c\":null}],{}],\"d\":[]},\"e\":\"\",\"\":1}",
        "\t[\r\n]\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_read_problem problem = {0};
        json_t *value = json_read(texts[i], strlen(texts[i]), &problem);
        json_t *expected = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        assert_null(problem.text);
        assert_non_null(expected);
        assert_true(json_equal(value, expected));
        assert_true(json_check(texts[i], strlen(texts[i]), &problem));
        json_decref(value);
        json_decref(expected);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len_bytes; /* 0: up to its NUL */
        size_t offset_bytes;
        bool is_json; /* all the same */
    } cases[] = {
        {"", 0, 0, false},
        {"{", 0, 1, false},
        {"[1 2]", 0, 3, false},
        {"[1,]", 0, 3, false},
        {"{\"a\":1,}", 0, 7, false},
        {"1 x", 0, 2, false},
        {"1\0", 2, 1, false},
        {"\"\xff\"", 0, 1, false},
        {"\"\xc0\xaf\"", 0, 1, false},
        {"\"\\ud800\"", 0, 1, false},
        {"01", 0, 1, false},
        {"NaN", 0, 0, false},
        {"1e999", 0, 5, false},
        {"\"a\\u0000b\"", 0, 10, true},
        {"{\"a\\u0000\":1}", 0, 10, true},
        {"{\"a\":1,\"b\":2,\"a\":3}", 0, 18, true},
        {"9223372036854775808", 0, 19, true},
        {"-99999999999999999999", 0, 21, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_read_problem problem = {0};
        size_t len = cases[i].len_bytes ? cases[i].len_bytes : strlen(cases[i].text);
        if (json_read(cases[i].text, len, &problem))
            fail_msg("%s is read", cases[i].text);
        assert_non_null(problem.text);
        if (problem.offset_bytes > len)
            fail_msg("%s: at %zu", cases[i].text, problem.offset_bytes);
        bool is_json = json_check(cases[i].text, len, &problem);
        if (is_json != cases[i].is_json)
            fail_msg("%s is %s", cases[i].text, is_json ? "JSON" : "not JSON");
    }
}

static void test_depth(void **state)
{
    (void)state;
    static const char *const brackets[] = {"[]", "{\"a\":}"};
    for (size_t k = 0; k < 2; k++) {
        for (unsigned depth = 1; depth < 100000; depth = depth < 70 ? depth + 1 : depth * 7) {
            size_t open_bytes = strlen(brackets[k]) - 1;
            char *text = calloc(1, depth * (open_bytes + 1) + 2);
            for (unsigned i = 0; i < depth; i++)
                memcpy(text + i * open_bytes, brackets[k], open_bytes);
            strcat(text, "1");
            memset(text + depth * open_bytes + 1, brackets[k][open_bytes], depth);
            struct json_read_problem problem;
            json_t *value = json_read(text, strlen(text), &problem);
            assert_int_equal(value != NULL, depth <= JSON_READ_DEPTH_MAX);
            assert_int_equal(json_check(text, strlen(text), &problem),
                             depth <= JSON_READ_DEPTH_MAX);
            json_decref(value);
            free(text);
        }
    }
}

static void test_long_names(void **state)
{
    (void)state;
    for (size_t len = JSON_READ_NAME_MAX_BYTES - 1; len <= JSON_READ_NAME_MAX_BYTES + 1; len++) {
        char text[JSON_READ_NAME_MAX_BYTES + 20] = "{\"";
        memset(text + 2, 'n', len);
        strcat(text, "\":7}");
        struct json_read_problem problem;
        json_t *value = json_read(text, strlen(text), &problem);
        assert_int_equal(value != NULL, len <= JSON_READ_NAME_MAX_BYTES);
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_jansson),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
