/* What filters say of attribute sets: by the path, its origin, an expression and a community; that
 * what is remembered is of the set that was asked about, and keeps no set for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "daemon/query_attrs.h"
#include "wire/aspath.h"
#include "wire/attr.h"

static struct rib_attrs_pool pool;

/* A set with this path and so many communities 1:0, 1:1, …; counted. */
static uint32_t make_set(const char *path, unsigned communities)
{
    static struct attr_block block;
    uint8_t value[1024];
    struct writer w = writer_over(value, sizeof(value));
    static const uint8_t igp[] = {ORIGIN_IGP};
    attr_block_init(&block);
    attr_block_add(&block, ATTR_ORIGIN, span_of(igp, sizeof(igp)));
    assert_int_equal(aspath_parse(path, &w), 0);
    attr_block_add(&block, ATTR_AS_PATH, span_of(value, writer_len(&w)));
    w = writer_over(value, sizeof(value));
    for (unsigned i = 0; i < communities; i++)
        writer_u32(&w, 1u << 16 | i);
    if (communities > 0)
        attr_block_add(&block, ATTR_COMMUNITIES, span_of(value, writer_len(&w)));
    assert_int_equal(attr_block_finish(&block), 0);
    return rib_attrs_intern(&pool, attr_block_span(&block), &block.hot);
}

/* Asks about all sets, twice, so that what was remembered is asked for: '1' for each that is
 * taken. */
static void assert_taken(const struct route_filter *filter, const uint32_t *ids,
                         const char *expected)
{
    struct query_attrs a;
    unsigned work = 0;
    query_attrs_init(&a, &pool, filter);
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; expected[i]; i++) {
            bool taken = query_attrs_match(&a, ids[i], &work);
            if (taken != (expected[i] == '1'))
                fail_msg("round %u, set %zu: %d", round, i, taken);
            struct span canonical = rib_attrs_span(rib_attrs_at(&pool, ids[i]));
            assert_int_equal(query_attrs_accept(&a, canonical, &work), taken);
        }
    query_attrs_release(&a);
}

static void assert_expression(const char *text, const uint32_t *ids, const char *expected)
{
    struct route_filter filter = {0};
    struct text_error error = {0};
    assert_int_equal(path_regex_compile(text, &filter.as_path, &error), 0);
    assert_taken(&filter, ids, expected);
    path_regex_unref(filter.as_path);
}

static void test_filters(void **state)
{
    (void)state;
    const uint32_t ids[] = {make_set("", 0), make_set("65001 65002", 1), make_set("65002", 200),
                            make_set("65001 {65002 65003}", 200), make_set("1", 2)};
    struct route_filter filter = {0};
    assert_taken(&filter, ids, "11111");
    filter.as_in_path = 65002;
    assert_taken(&filter, ids, "01110");
    filter.origin_as = 65002;
    assert_taken(&filter, ids, "01100");
    filter.as_in_path = 0;
    assert_taken(&filter, ids, "01100");
    filter.origin_as = 65003; /* a set is no origin */
    assert_taken(&filter, ids, "00000");
    filter.origin_as = 0;
    filter.has_community = true;
    assert_int_equal(community_parse("1:1", &filter.community), 0);
    assert_taken(&filter, ids, "00111");
    assert_expression("^$", ids, "10000");
    assert_expression("^65001_", ids, "01010");
    assert_expression("_65002$", ids, "01100");
    assert_expression("65002 65003", ids, "00010");
    assert_expression("", ids, "11111");
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        rib_attrs_unref(&pool, ids[i]);
    assert_int_equal(pool.count, 0);
}

/* Many more sets than there is room to remember, which come and go. */
static void test_sets_that_come_and_go(void **state)
{
    (void)state;
    struct route_filter filter = {0};
    struct text_error error = {0};
    struct query_attrs a;
    unsigned work = 0;
    assert_int_equal(path_regex_compile("^[0-9]*7$", &filter.as_path, &error), 0);
    query_attrs_init(&a, &pool, &filter);
    path_regex_unref(filter.as_path); /* the question has its own */
    for (unsigned i = 1; i < 20000; i++) {
        char path[16];
        snprintf(path, sizeof(path), "%u", i);
        uint32_t id = make_set(path, 0);
        assert_int_equal(query_attrs_match(&a, id, &work), i % 10 == 7);
        rib_attrs_unref(&pool, id);
    }
    assert_true(work >= 20000); /* it is told that it costs something */
    query_attrs_release(&a);
    assert_int_equal(pool.count, 0);
}

static int teardown(void **state)
{
    (void)state;
    rib_attrs_pool_release(&pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_sets_that_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
