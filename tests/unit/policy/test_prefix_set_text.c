/* Entries of sets of prefixes as people write them, and files of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "policy/prefix_set.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void good_entries(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *prefix;
        uint8_t from_bits, to_bits;
    } entries[] = {
        {"192.0.2.0/24", "192.0.2.0/24", 24, 24},
        {"10.0.0.0/8 le 32", "10.0.0.0/8", 8, 32},
        {"10.0.0.0/8 ge 24", "10.0.0.0/8", 24, 32},
        {"10.0.0.0/8 ge 8 le 8", "10.0.0.0/8", 8, 8},
        {"0.0.0.0/0 ge 8 le 24", "0.0.0.0/0", 8, 24},
        {"  0.0.0.0/0\tle  24  ge 8 ", "0.0.0.0/0", 8, 24},
        {"2001:db8::/32 ge 48 le 64", "2001:db8::/32", 48, 64},
        {"2001:db8::/32 ge 48", "2001:db8::/32", 48, 128},
        {"::/0", "::/0", 0, 0},
        {"192.0.2.1", "192.0.2.1/32", 32, 32},
        {"2001:db8::1/128 le 128", "2001:db8::1/128", 128, 128},
    };
    struct text_error error = {0};
    for (size_t i = 0; i < COUNT(entries); i++) {
        struct prefix p;
        uint8_t from_bits;
        uint8_t to_bits;
        char shown[PREFIX_TEXT_MAX];
        assert_int_equal(prefix_set_parse_entry(entries[i].text, &p, &from_bits, &to_bits, &error),
                         0);
        assert_string_equal(prefix_format(&p, shown), entries[i].prefix);
        assert_int_equal(from_bits, entries[i].from_bits);
        assert_int_equal(to_bits, entries[i].to_bits);
    }
    text_error_release(&error);
}

static void bad_entries(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        size_t column;
        const char *say;
    } entries[] = {
        {"", ERR_INVALID, 1, "there is no prefix (expected one like 192.0.2.0/24"},
        {"customers", ERR_INVALID, 1, "'customers' is no prefix"},
        {"10.0.0/8", ERR_INVALID, 1, "'10.0.0/8' is no prefix"},
        {"10.0.0.0/", ERR_INVALID, 1, "is no prefix"},
        {"10.0.0.0/8,10.1.0.0/16", ERR_INVALID, 1, "is no prefix"},
        {"fe80::%eth0/64", ERR_INVALID, 1, "is no prefix"},
        {"10.0.0.1/8", ERR_INVALID, 1,
         "'10.0.0.1/8' has bits set after its length (expected 10.0.0.0/8)"},
        {"2001:db8::1/32 le 48", ERR_INVALID, 1, "(expected 2001:db8::/32)"},
        {"10.0.0.0/33", ERR_RANGE, 1, "'10.0.0.0/33' is longer than 32 bits"},
        {"2001:db8::/129", ERR_RANGE, 1, "is longer than 128 bits"},
        {"10.0.0.0/8 le 33", ERR_RANGE, 12,
         "le 33 is too long: prefixes of IPv4 have at most 32 bits"},
        {"10.0.0.0/8 ge 129", ERR_RANGE, 12, "ge 129 is too long"},
        {"2001:db8::/32 ge 129", ERR_RANGE, 15, "prefixes of IPv6 have at most 128 bits"},
        {"10.0.0.0/8 ge 7", ERR_RANGE, 12, "ge 7 is shorter than the prefix, which has 8 bits"},
        {"10.0.0.0/8  le 7", ERR_RANGE, 13, "le 7 is shorter than the prefix, which has 8 bits"},
        {"10.0.0.0/8 ge 25 le 24", ERR_RANGE, 12, "ge 25 is more than le 24"},
        {"10.0.0.0/8 eq 24", ERR_INVALID, 12, "'eq' is neither 'ge N' nor 'le N'"},
        {"10.0.0.0/8 le", ERR_INVALID, 14, "there is no length after 'le'"},
        {"10.0.0.0/8 le x", ERR_INVALID, 15, "'x' is no number: a length was expected after 'le'"},
        {"10.0.0.0/8 le -1", ERR_INVALID, 15, "'-1' is no number"},
        {"10.0.0.0/8 le 24 le 25", ERR_INVALID, 18, "'le' stands there twice"},
        {"10.0.0.0/8 le 99999999999999999", ERR_RANGE, 15, "is no length of a prefix"},
        {"10.0.0.0/8 \xff\x1b[m 3", ERR_INVALID, 12, "'??[m' is neither"},
    };
    for (size_t i = 0; i < COUNT(entries); i++) {
        struct prefix p = {.len_bits = 77};
        uint8_t from_bits = 78;
        uint8_t to_bits = 79;
        struct text_error error = {0};
        assert_int_equal(prefix_set_parse_entry(entries[i].text, &p, &from_bits, &to_bits, &error),
                         entries[i].err);
        if (!strstr(strbuf_text(&error.say), entries[i].say))
            fail_msg("%s: %s", entries[i].text, strbuf_text(&error.say));
        assert_int_equal(error.line, 1);
        assert_int_equal(error.column, entries[i].column);
        assert_int_equal(p.len_bits, 77);
        assert_int_equal(from_bits, 78);
        assert_int_equal(to_bits, 79);
        text_error_release(&error);
    }
}

/* A settled set of a file. */
static struct prefix_set *set_of_file(const char *text)
{
    struct text_error error = {0};
    struct prefix_set *set = prefix_set_new();
    if (prefix_set_read(set, text, strlen(text), &error) != 0)
        fail_msg("%zu:%zu: %s", error.line, error.column, strbuf_text(&error.say));
    text_error_release(&error);
    prefix_set_settle(set);
    return set;
}

static void files_of_lines_and_of_json(void **state)
{
    (void)state;
    static const char *const files[] = {
        "# customers\n\n192.0.2.0/24\n  10.0.0.0/8 ge 25 le 26  # more\r\n2001:db8::/32 le 48",
        "{ \"NN\": [\n"
        "    { \"prefix\": \"192.0.2.0\\/24\", \"exact\": true },\n"
        "    { \"prefix\": \"10.0.0.0\\/8\", \"exact\": false,\n"
        "      \"greater-equal\": 25, \"less-equal\": 26 },\n"
        "    { \"prefix\": \"2001:db8::\\/32\", \"exact\": false, \"less-equal\": 48 }\n"
        "] }\n",
        ("{\"customers\":[\"2001:db8::/32 le 48\",{\"prefix\":\"192.0.2.0/24\"},"
         "{\"less-equal\":26,\"greater-equal\":25,\"prefix\":\"10.0.0.0/8\"}]}"),
    };
    struct prefix_set *expected = set_of_file(files[0]);
    assert_int_equal(prefix_set_count(expected), 3);
    const struct prefix within = prefix_make(IP_V4, 25, (uint8_t[]){10, 1, 2, 128});
    assert_true(prefix_set_has(expected, IP_V4, within.bytes, 25));
    for (size_t i = 1; i < COUNT(files); i++) {
        struct prefix_set *set = set_of_file(files[i]);
        assert_true(policy_digest_equal(prefix_set_digest(set), prefix_set_digest(expected)));
        prefix_set_unref(set);
    }
    prefix_set_unref(expected);
}

static void files_without_entries(void **state)
{
    (void)state;
    static const char *const files[] = {"", "\n\n", "# nothing", "{\"NN\": []}",
                                        "{ \"NN\": [\n] }\n"};
    for (size_t i = 0; i < COUNT(files); i++) {
        struct prefix_set *set = set_of_file(files[i]);
        assert_int_equal(prefix_set_count(set), 0);
        prefix_set_unref(set);
    }
}

static void a_bad_file_is_not_taken(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line, column;
        const char *say;
    } files[] = {
        {"192.0.2.0/24\n\n  10.0.0.1/8 le 9\n", 3, 3, "has bits set after its length"},
        {"192.0.2.0/24\n10.0.0.0/8 le 24 x", 2, 18, "'x' is neither"},
        {"192.0.2.0/24 192.0.3.0/24", 1, 14, "'192.0.3.0/24' is neither"},
        {"{\"NN\": [\n {\"prefix\": \"192.0.2.0/24\"},\n {\"prefix\": \"10.0.0.1/8\"}]}", 3, 2,
         "'10.0.0.1/8' has bits set"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"exact\": true, \"less-equal\": 9}]}", 1, 9,
         "'10.0.0.0/8' is exact and has a range"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"exact\": false}]}", 1, 9,
         "is not exact and has no"},
        {"{\"NN\": [{\"exact\": true}]}", 1, 9, "an entry has no \"prefix\""},
        {"{\"NN\": [{\"prefix\": 5}]}", 1, 9, "'prefix' is nothing that an entry has"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"size\": 5}]}", 1, 9, "'size' is nothing"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"less-equal\": \"9\"}]}", 1, 9,
         "\"less-equal\" is no length"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"less-equal\": 33}]}", 1, 9, "le 33 is too long"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"greater-equal\": -1}]}", 1, 9, "is no length"},
        {"{\"NN\": [{\"prefix\": \"a\", \"prefix\": \"b\"}]}", 1, 0, "not JSON: duplicate"},
        {"{\"NN\": [5]}", 1, 9, "an item is no prefix"},
        {"{\"NN\": [\"10.0.0.0/8\\u0000\"]}", 1, 0, "NUL"},
        {"{\"NN\": [{\"prefix\": \"10.0.0.0/8\"", 1, 0, "not JSON"},
        {"{\"NN\": [{\"prefix\": \"\xff\"}]}", 1, 0, "not JSON"},
        {"[\"10.0.0.0/8\"]", 1, 1, "'[' stands where '{' was expected"},
    };
    struct prefix_set *set = prefix_set_new();
    struct prefix p = {.version = IP_V4};
    prefix_set_add(set, &p, 0, 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        struct text_error error = {0};
        assert_int_not_equal(prefix_set_read(set, files[i].text, strlen(files[i].text), &error), 0);
        if (!strstr(strbuf_text(&error.say), files[i].say))
            fail_msg("%s: %s", files[i].text, strbuf_text(&error.say));
        assert_int_equal(error.line, files[i].line);
        if (files[i].column > 0)
            assert_int_equal(error.column, files[i].column);
        text_error_release(&error);
        assert_int_equal(prefix_set_count(set), 1);
    }
    prefix_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_entries),
        cmocka_unit_test(bad_entries),
        cmocka_unit_test(files_of_lines_and_of_json),
        cmocka_unit_test(files_without_entries),
        cmocka_unit_test(a_bad_file_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
