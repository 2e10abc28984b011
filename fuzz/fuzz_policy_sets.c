/* Fuzz target: sets and expressions of policies, as people and bgpq4 write them. The first byte
 * says what the rest is. Beside not crashing: what is refused says why and takes nothing; a settled
 * set has what its entries say and differs in nothing from one that is made of its own items; an
 * expression is matched alike by both matchers. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "policy/as_set.h"
#include "policy/path_regex.h"
#include "policy/prefix_origin_set.h"
#include "policy/prefix_set.h"

enum { TEXT_MAX = 16384 };

/* An error has a place and is one printable line. */
static void check_error(struct text_error *e, int err)
{
    CHECK((err != 0) == (e->say.len_bytes > 0));
    CHECK((err != 0) == (e->line > 0));
    for (size_t i = 0; i < e->say.len_bytes; i++)
        CHECK((unsigned char)e->say.data[i] >= ' ');
    text_error_release(e);
}

static void fail_on_difference(void *ctx, const struct prefix *covering, uint8_t from_bits,
                               uint8_t to_bits)
{
    (void)ctx;
    (void)covering;
    (void)from_bits;
    (void)to_bits;
    CHECK(false);
}

/* What a set has is what it says that it has, and a set of that is the same. */
static void check_prefix_set(const struct prefix_set *set)
{
    struct prefix_set *again = prefix_set_new();
    struct prefix_set_cursor cursor = {0};
    struct prefix_set_item item;
    while (prefix_set_next(set, &cursor, &item)) {
        uint8_t from_bits;
        uint8_t to_bits;
        while (length_set_take_run(&item.lengths, &from_bits, &to_bits)) {
            CHECK(prefix_set_has(set, item.prefix.version, item.prefix.bytes, from_bits));
            CHECK(prefix_set_has(set, item.prefix.version, item.prefix.bytes, to_bits));
            prefix_set_add(again, &item.prefix, from_bits, to_bits);
        }
    }
    prefix_set_settle(again);
    CHECK(prefix_set_count(again) == prefix_set_count(set));
    CHECK(policy_digest_equal(prefix_set_digest(again), prefix_set_digest(set)));
    prefix_set_each_difference(set, again, fail_on_difference, NULL);
    prefix_set_unref(again);
}

static void fuzz_prefixes(const char *text, size_t len)
{
    struct text_error error = {0};
    struct prefix_set *set = prefix_set_new();
    int err = prefix_set_read(set, text, len, &error);
    CHECK(!err || prefix_set_count(set) == 0);
    check_error(&error, err);
    prefix_set_settle(set);
    check_prefix_set(set);
    prefix_set_unref(set);
}

static void fuzz_prefix_entry(const char *text)
{
    struct text_error error = {0};
    struct prefix p;
    uint8_t from_bits;
    uint8_t to_bits;
    int err = prefix_set_parse_entry(text, &p, &from_bits, &to_bits, &error);
    if (!err) {
        struct prefix_set *set = prefix_set_new();
        prefix_set_add(set, &p, from_bits, to_bits);
        prefix_set_settle(set);
        CHECK(prefix_set_count(set) == 1);
        check_prefix_set(set);
        prefix_set_unref(set);
    }
    check_error(&error, err);
}

static void fuzz_origins(const char *text, size_t len)
{
    struct text_error error = {0};
    struct prefix_origin_set *set = prefix_origin_set_new();
    struct prefix_origin_set *again = prefix_origin_set_new();
    int err = prefix_origin_set_read(set, text, len, &error);
    CHECK(!err || prefix_origin_set_count(set) == 0);
    check_error(&error, err);
    prefix_origin_set_settle(set);
    prefix_origin_set_add_all(again, set);
    for (size_t i = 0; i < again->count; i++) {
        const struct prefix_origin *o = &again->entries[i];
        CHECK(prefix_origin_set_has(set, o->entry.prefix.version, o->entry.prefix.bytes,
                                    o->entry.to_bits, o->is_of_any ? 1 : o->as) ||
              (o->as == 0 && !o->is_of_any));
    }
    prefix_origin_set_settle(again);
    CHECK(prefix_origin_set_count(again) == prefix_origin_set_count(set));
    CHECK(policy_digest_equal(prefix_origin_set_digest(again), prefix_origin_set_digest(set)));
    prefix_origin_set_unref(again);
    prefix_origin_set_unref(set);
}

static void fuzz_as_numbers(const char *text, size_t len)
{
    struct text_error error = {0};
    struct as_set *set = as_set_new();
    int err = as_set_read(set, text, len, &error);
    CHECK(!err || as_set_count(set) == 0);
    check_error(&error, err);
    as_set_settle(set);
    for (size_t i = 0; i < as_set_count(set); i++) {
        const struct as_range *range = &set->ranges[i];
        CHECK(range->low <= range->high);
        CHECK(as_set_has(set, range->low) && as_set_has(set, range->high));
        CHECK(range->low == 0 || !as_set_has(set, range->low - 1));
        CHECK(range->high == UINT32_MAX || !as_set_has(set, range->high + 1));
    }
    as_set_unref(set);
}

/* The first line is the expression, the second one the path. */
static void fuzz_expression(char *text)
{
    struct text_error error = {0};
    struct path_regex *regex;
    char *path = text;
    strsep(&path, "\n");
    int err = path_regex_compile(text, &regex, &error);
    check_error(&error, err);
    if (err)
        return;
    struct strbuf on = {0};
    strbuf_add(&on, path ? path : "");
    struct path_regex_scratch *scratch = path_regex_scratch_new();
    enum path_regex_result first = path_regex_match(regex, scratch, &on);
    path_regex_scratch_no_jit(scratch);
    enum path_regex_result second = path_regex_match(regex, scratch, &on);
    CHECK(first == second || second == PATH_REGEX_UNFINISHED);
    path_regex_scratch_free(scratch);
    path_regex_unref(regex);
    strbuf_release(&on);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > TEXT_MAX)
        return 0;
    /* On the heap, so that reading past the end is noticed; a file has no NUL behind it. */
    char *file = mem_alloc(size);
    char *text = mem_alloc(size);
    memcpy(file, data + 1, size - 1);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    file = mem_realloc(file, size > 1 ? size - 1 : 1);
    switch (data[0]) {
    case 'p':
        fuzz_prefixes(file, size - 1);
        break;
    case 'e':
        fuzz_prefix_entry(text);
        break;
    case 'o':
        fuzz_origins(file, size - 1);
        break;
    case 'a':
        fuzz_as_numbers(file, size - 1);
        break;
    case 'r':
        fuzz_expression(text);
        break;
    }
    free(file);
    free(text);
    return 0;
}
