/* Sets of prefixes with their origins: against their entries one by one, their text, and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "policy/prefix_origin_set.h"

/* The set of a file. */
static struct prefix_origin_set *set_of(const char *text)
{
    struct text_error error = {0};
    struct prefix_origin_set *set = prefix_origin_set_new();
    if (prefix_origin_set_read(set, text, strlen(text), &error) != 0)
        fail_msg("%s: %s", text, strbuf_text(&error.say));
    prefix_origin_set_settle(set);
    return set;
}

static bool has(const struct prefix_origin_set *set, const char *prefix, uint32_t as)
{
    struct prefix p;
    assert_int_equal(prefix_parse(prefix, &p), 0);
    return prefix_origin_set_has(set, p.version, p.bytes, p.len_bits, as);
}

static void it_has_what_was_added(void **state)
{
    (void)state;
    enum { ENTRIES = 40, ASNS = 5 };
    struct random r = {11};
    for (unsigned round = 0; round < 300; round++) {
        struct prefix_origin entries[ENTRIES];
        struct prefix_origin_set *set = prefix_origin_set_new();
        unsigned count = random_below(&r, ENTRIES);
        for (unsigned i = 0; i < count; i++) {
            struct prefix_origin *o = &entries[i];
            uint8_t bits = (uint8_t)(8 + random_below(&r, 3));
            uint8_t address[16] = {10, (uint8_t)(random_below(&r, 4) << 6)};
            *o = (struct prefix_origin){.as = random_below(&r, ASNS)};
            o->is_of_any = o->as == 0;
            o->entry.prefix = prefix_make(random_below(&r, 2) ? IP_V4 : IP_V6, bits, address);
            o->entry.from_bits = (uint8_t)(bits + random_below(&r, 2));
            o->entry.to_bits = (uint8_t)(o->entry.from_bits + random_below(&r, 2));
            prefix_origin_set_add(set, o);
        }
        prefix_origin_set_settle(set);
        for (unsigned at = 0; at < 4 * 5 * ASNS * 2; at++) {
            uint8_t address[16] = {10, (uint8_t)(at % 4 << 6)};
            uint8_t bits = (uint8_t)(8 + at / 4 % 5);
            uint32_t as = at / 20 % ASNS;
            struct prefix p = prefix_make(at / 20 / ASNS ? IP_V4 : IP_V6, bits, address);
            bool expected = false;
            for (unsigned i = 0; i < count; i++)
                expected |= (entries[i].is_of_any || entries[i].as == as) &&
                            prefix_covers(&entries[i].entry.prefix, &p) &&
                            entries[i].entry.from_bits <= bits && bits <= entries[i].entry.to_bits;
            assert_int_equal(prefix_origin_set_has(set, p.version, p.bytes, bits, as), expected);
        }
        prefix_origin_set_unref(set);
    }
}

static void origins_and_any(void **state)
{
    (void)state;
    struct prefix_origin_set *set =
        set_of("10.0.0.0/8 le 24 AS174\n10.1.0.0/16 *\n# none\n2001:db8::/32 ge 33 4294967295\n"
               "10.0.0.0/8 1\n");
    assert_int_equal(prefix_origin_set_count(set), 4);
    assert_true(has(set, "10.2.0.0/24", 174));
    assert_false(has(set, "10.2.0.0/25", 174));
    assert_false(has(set, "10.2.0.0/24", 175));
    assert_true(has(set, "10.1.0.0/16", 0));
    assert_true(has(set, "10.1.0.0/16", 5));
    assert_false(has(set, "10.0.0.0/8", 0));
    assert_true(has(set, "10.0.0.0/8", 1));
    assert_true(has(set, "2001:db8::/48", UINT32_MAX));
    assert_false(has(set, "2001:db8::/32", UINT32_MAX));
    prefix_origin_set_unref(set);
    prefix_origin_set_unref(NULL);
}

/* AS 0 is an AS, and no route begins in it. */
static void nobody_is_of_as_0(void **state)
{
    (void)state;
    struct prefix_origin_set *set = set_of("10.0.0.0/8 0\n");
    struct prefix_origin_set *any = set_of("10.0.0.0/8 *\n");
    assert_false(has(set, "10.0.0.0/8", 0));
    assert_true(has(any, "10.0.0.0/8", 0));
    assert_false(policy_digest_equal(prefix_origin_set_digest(set), prefix_origin_set_digest(any)));
    prefix_origin_set_unref(set);
    prefix_origin_set_unref(any);
}

static void digests_tell_content(void **state)
{
    (void)state;
    struct prefix_origin_set *a = set_of("10.0.0.0/8 le 9 1\n11.0.0.0/8 2\n");
    struct prefix_origin_set *b = set_of("11.0.0.0/8 2\n10.0.0.0/8 1\n10.0.0.0/8 le 9 1\n");
    struct prefix_origin_set *c = set_of("10.0.0.0/8 le 9 2\n11.0.0.0/8 1\n");
    struct prefix_origin_set *again = prefix_origin_set_new();
    struct prefix_origin_set *none = set_of("");
    prefix_origin_set_add_all(again, a);
    prefix_origin_set_settle(again);
    assert_true(policy_digest_equal(prefix_origin_set_digest(a), prefix_origin_set_digest(b)));
    assert_true(policy_digest_equal(prefix_origin_set_digest(a), prefix_origin_set_digest(again)));
    assert_false(policy_digest_equal(prefix_origin_set_digest(a), prefix_origin_set_digest(c)));
    assert_false(policy_digest_equal(prefix_origin_set_digest(a), prefix_origin_set_digest(none)));
    assert_false(has(none, "10.0.0.0/8", 1));
    prefix_origin_set_unref(prefix_origin_set_ref(a));
    assert_true(has(a, "10.0.0.0/9", 1));
    struct prefix_origin_set *const all[] = {a, b, c, again, none};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        prefix_origin_set_unref(all[i]);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
        size_t line;
        size_t column;
        const char *say;
    } bad[] = {
        {"10.0.0.0/8 1\n10.0.0.0/8\n", ERR_INVALID, 2, 1, "'10.0.0.0/8' is no AS number"},
        {"10.0.0.0/8 1-2", ERR_INVALID, 1, 12, "'1-2' is no AS number"},
        {"10.0.0.0/8 **", ERR_INVALID, 1, 12, "'**' is no AS number"},
        {"\n 10.0.0.0/33 *", ERR_RANGE, 2, 2, "is longer than 32 bits"},
        {"10.0.0.0/8 el 9 1", ERR_INVALID, 1, 12, "'el' is neither 'ge N' nor 'le N'"},
        {"10.0.0.0/8 4294967296", ERR_RANGE, 1, 12, "is too large for an AS number"},
        {"*", ERR_INVALID, 1, 1, "there is no prefix"},
        {"{\"a\": [\"10.0.0.0/8 1\",\n 5]}", ERR_INVALID, 2, 2, "is no prefix with an AS"},
        {"{\"a\": [\"10.0.0.0/8\"]}", ERR_INVALID, 1, 8, "is no AS number"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct text_error error = {0};
        struct prefix_origin_set *set = prefix_origin_set_new();
        assert_int_equal(prefix_origin_set_read(set, bad[i].text, strlen(bad[i].text), &error),
                         bad[i].err);
        if (!strstr(strbuf_text(&error.say), bad[i].say) || error.line != bad[i].line ||
            error.column != bad[i].column)
            fail_msg("%s: %zu:%zu: %s", bad[i].text, error.line, error.column,
                     strbuf_text(&error.say));
        assert_int_equal(prefix_origin_set_count(set), 0);
        text_error_release(&error);
        prefix_origin_set_unref(set);
    }
    struct prefix_origin_set *set = set_of("{\"a\": [\"10.0.0.0/8 le 9 1\", \"11.0.0.0/8 *\"]}");
    assert_true(has(set, "10.0.0.0/9", 1) && has(set, "11.0.0.0/8", 7));
    prefix_origin_set_unref(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_what_was_added), cmocka_unit_test(origins_and_any),
        cmocka_unit_test(nobody_is_of_as_0),     cmocka_unit_test(digests_tell_content),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
