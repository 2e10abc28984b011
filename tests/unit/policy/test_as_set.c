/* Sets of AS numbers: against flags, their text, and their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "base/writer.h"
#include "policy/as_set.h"
#include "wire/aspath.h"

/* The set of entries between commas. */
static struct as_set *set_of(const char *entries)
{
    struct text_error error = {0};
    struct as_set *set = as_set_new();
    char copy[256];
    snprintf(copy, sizeof(copy), "%s", entries);
    for (char *rest = copy, *word; (word = strsep(&rest, ","));) {
        uint32_t low;
        uint32_t high;
        assert_int_equal(as_set_parse_entry(word, &low, &high, &error), 0);
        as_set_add(set, low, high);
    }
    as_set_settle(set);
    return set;
}

static void it_has_what_was_added(void **state)
{
    (void)state;
    enum { ASES = 300 };
    struct random r = {7};
    for (unsigned round = 0; round < 200; round++) {
        bool there[ASES] = {false};
        struct as_set *set = as_set_new();
        for (unsigned i = random_below(&r, 30); i-- > 0;) {
            uint32_t low = random_below(&r, ASES - 20);
            uint32_t high = low + random_below(&r, 20);
            as_set_add(set, low, high);
            for (uint32_t as = low; as <= high; as++)
                there[as] = true;
        }
        as_set_settle(set);
        size_t ranges = 0;
        for (uint32_t as = 0; as < ASES; as++) {
            assert_int_equal(as_set_has(set, as), there[as]);
            ranges += there[as] && (as == 0 || !there[as - 1]);
        }
        assert_int_equal(as_set_count(set), ranges);
        assert_true(as_set_bytes(set) >= 8 * ranges);
        as_set_unref(set);
    }
}

static void ends_of_the_numbers(void **state)
{
    (void)state;
    struct as_set *set = set_of("4294967290-4294967295,4294967294,1,2-3");
    assert_int_equal(as_set_count(set), 2);
    assert_true(as_set_has(set, UINT32_MAX));
    assert_true(as_set_has(set, 4294967290u));
    assert_false(as_set_has(set, 4294967289u));
    assert_true(as_set_has(set, 1));
    assert_false(as_set_has(set, 4));
    assert_false(as_set_has(set, 0));
    as_set_unref(set);
}

static void digests_tell_content(void **state)
{
    (void)state;
    struct as_set *a = set_of("1-9,20");
    struct as_set *b = set_of("20,AS5-as9,1-6");
    struct as_set *c = set_of("1-9,21");
    struct as_set *none = as_set_new();
    as_set_settle(none);
    assert_true(policy_digest_equal(as_set_digest(a), as_set_digest(b)));
    assert_false(policy_digest_equal(as_set_digest(a), as_set_digest(c)));
    assert_false(policy_digest_equal(as_set_digest(a), as_set_digest(none)));
    assert_false(as_set_has(none, 1));
    as_set_unref(as_set_ref(a));
    assert_true(as_set_has(a, 20));
    as_set_unref(a);
    as_set_unref(b);
    as_set_unref(c);
    as_set_unref(none);
    as_set_unref(NULL);
}

static bool any_of(const struct as_set *set, const char *path)
{
    uint8_t value[256];
    struct writer w = writer_over(value, sizeof(value));
    assert_int_equal(aspath_parse(path, &w), 0);
    return as_set_has_any_of_path(set, writer_span(&w));
}

static void any_as_of_a_path(void **state)
{
    (void)state;
    struct as_set *set = set_of("174,64512-65534");
    assert_true(any_of(set, "1 2 174"));
    assert_true(any_of(set, "64512"));
    assert_true(any_of(set, "1 {2 65000} 3"));
    assert_true(any_of(set, "{1} 174"));
    assert_false(any_of(set, "1 2 {3 4} 175"));
    assert_false(any_of(set, ""));
    as_set_unref(set);
}

static void text_of_entries(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t low, high;
    } good[] = {
        {"174", 174, 174},
        {"AS174", 174, 174},
        {"64512-65534", 64512, 65534},
        {"1.10", 65546, 65546},
        {"1.0-as1.65535", 65536, 131071},
        {"4294967295", UINT32_MAX, UINT32_MAX},
        {"7-7", 7, 7},
        {"0", 0, 0},
        {"AS0-5", 0, 5},
        {"0-4294967295", 0, UINT32_MAX},
    };
    static const struct {
        const char *text;
        int err;
        size_t column;
        const char *say;
    } bad[] = {
        {"", ERR_INVALID, 1, "there is no AS number"},
        {"AS", ERR_INVALID, 1, "'AS' is no AS number"},
        {"x", ERR_INVALID, 1, "'x' is no AS number"},
        {"1 2", ERR_INVALID, 1, "'1 2' is no AS number"},
        {"1-", ERR_INVALID, 3, "there is no AS number"},
        {"1-2-3", ERR_INVALID, 3, "'2-3' is no AS number"},
        {"1-4294967296", ERR_RANGE, 3, "up to 4294967295"},
        {"1.65536", ERR_RANGE, 1, "out of range"},
        {"9-8", ERR_RANGE, 1, "ends before it begins"},
        {"11111111111111111111111111111111", ERR_INVALID, 1, "is no AS number"},
    };
    struct text_error error = {0};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint32_t low;
        uint32_t high;
        assert_int_equal(as_set_parse_entry(good[i].text, &low, &high, &error), 0);
        assert_int_equal(low, good[i].low);
        assert_int_equal(high, good[i].high);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint32_t low = 77;
        uint32_t high = 78;
        assert_int_equal(as_set_parse_entry(bad[i].text, &low, &high, &error), bad[i].err);
        assert_int_equal(error.column, bad[i].column);
        assert_non_null(strstr(strbuf_text(&error.say), bad[i].say));
        assert_int_equal(low, 77);
        assert_int_equal(high, 78);
    }
    text_error_release(&error);
}

static void files_of_lines_and_of_json(void **state)
{
    (void)state;
    static const char *const files[] = {
        "# tier 1\n\nAS174\n  3356 # Lumen\r\n64512-65534\n",
        "{\"NN\": [\n  174,3356,\n  \"64512-65534\"\n]}\n",
        " \n{ \"tier1\" : [\"AS174\", \"64512-65534\", 3356] }",
        "3356\n174\n64512-65534",
        ("\xef\xbb\xbf"
         "174\r\n3356\r\n64512-65534\r\n"),
        "\xef\xbb\xbf{\"NN\": [174, 3356, \"64512-65534\"]}",
    };
    struct as_set *expected = set_of("174,3356,64512-65534");
    struct text_error error = {0};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct as_set *set = as_set_new();
        assert_int_equal(as_set_read(set, files[i], strlen(files[i]), &error), 0);
        as_set_settle(set);
        assert_true(policy_digest_equal(as_set_digest(set), as_set_digest(expected)));
        as_set_unref(set);
    }
    as_set_unref(expected);
    text_error_release(&error);
}

static void a_bad_file_is_not_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line, column;
        const char *say;
    } files[] = {
        {"1\n2\n  3-x\n4", 3, 5, "'x' is no AS number"},
        {"1 2", 1, 1, "'1 2' is no AS number"},
        {"\xef\xbb\xbfx", 1, 1, "'x' is no AS number"},
        {"{\"NN\": [0,\n 2, -1]}", 2, 5, "-1 is out of range"},
        {"{\"NN\": [1,\n 2, 4294967296]}", 2, 5, "out of range"},
        {"{\"NN\": [1.5]}", 1, 9, "an item is no AS number"},
        {"{\"NN\": [{}]}", 1, 9, "an item is no AS number"},
        {"{\"NN\": [\"9-8\"]}", 1, 9, "ends before it begins"},
        {"{\"NN\": [1 2]}", 1, 11, "'2' stands where ',' or ']' was expected"},
        {"{\"NN\": [1,]}", 1, 0, "not JSON"},
        {"{\"NN\": [1]", 1, 11, "the file ends where '}' after the one list was expected"},
        {"{\"NN\": [1], \"MM\": []}", 1, 11, "'}' after the one list was expected"},
        {"{\"NN\": [1]} x", 1, 13, "the end of the file was expected"},
        {"{\"NN\": {}}", 1, 8, "'[' was expected"},
        {"{\"NN\" [1]}", 1, 7, "':' was expected"},
        {"{5: [1]}", 1, 2, "the name of the list was expected"},
        {"[1]", 1, 1, "'{' was expected"},
        {"{", 1, 2, "the file ends where the name of the list was expected"},
    };
    struct as_set *set = as_set_new();
    as_set_add(set, 8, 8);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct text_error error = {0};
        assert_int_not_equal(as_set_read(set, files[i].text, strlen(files[i].text), &error), 0);
        assert_int_equal(error.line, files[i].line);
        if (files[i].column > 0)
            assert_int_equal(error.column, files[i].column);
        assert_non_null(strstr(strbuf_text(&error.say), files[i].say));
        assert_int_equal(as_set_count(set), 1);
        text_error_release(&error);
    }
    struct text_error error = {0};
    assert_int_equal(as_set_read(set, "1\n \0002\n", 6, &error), ERR_INVALID);
    assert_int_equal(error.line, 2);
    assert_int_equal(error.column, 2);
    text_error_release(&error);
    as_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_what_was_added),   cmocka_unit_test(ends_of_the_numbers),
        cmocka_unit_test(digests_tell_content),    cmocka_unit_test(any_as_of_a_path),
        cmocka_unit_test(text_of_entries),         cmocka_unit_test(files_of_lines_and_of_json),
        cmocka_unit_test(a_bad_file_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
