/* Counts of routes, by what they have in common. */
#include "api/route_counts.h"

#include "calls.h"

/* Route `i` began in AS 100 + what its number is divided by; every tenth has no path. */
static unsigned origins;

static void add_u32(struct attr_block *block, uint8_t type, uint32_t value)
{
    uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                       (uint8_t)value};
    attr_block_add(block, type, span_of(bytes, sizeof(bytes)));
}

static void make_counted(unsigned i, struct route_view *ret)
{
    static struct attr_block block;
    uint32_t as = 100 + i % origins;
    uint8_t path[] = {2, 2, 0, 0, 0, 7, 0, (uint8_t)(as >> 16), (uint8_t)(as >> 8), (uint8_t)as};
    uint8_t communities[8] = {0, 9, (uint8_t)(i % 3 >> 8), (uint8_t)(i % 3), 0, 9, 1, 1};
    make_route(i, ret);
    attr_block_init(&block);
    attr_block_add(&block, ATTR_AS_PATH, span_of(path, i % 10 == 9 ? 0 : sizeof(path)));
    add_u32(&block, ATTR_NEXT_HOP, 0x0a000001 + (i % 4 == 3));
    attr_block_add(&block, ATTR_COMMUNITIES, span_of(communities, i % 2 == 0 ? 8 : 4));
    attr_block_finish(&block);
    ret->attrs = attr_block_span(&block);
    ret->source_peer = ip_from_v4(0x7f000002 + (i % 5 == 0));
    ret->to_peer = ip_from_v4(0x7f000009);
    if (i == 0)
        ret->source = ROUTE_SOURCE_API;
}

static void have_routes(unsigned routes, unsigned of_origins)
{
    speaker.make_route = make_counted;
    speaker.route_count = routes;
    origins = of_origins;
}

static uint64_t number_at(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* Each group as "KEY=COUNT". */
static void assert_groups(const char *params, const char *key, const char *expected)
{
    struct strbuf text = {0};
    json_t *answer = call("count_routes", params);
    json_t *result = json_object_get(answer, "result");
    size_t i;
    json_t *group;
    json_array_foreach(json_object_get(result, "groups"), i, group)
    {
        char *value = json_dumps(json_object_get(group, key), JSON_ENCODE_ANY);
        strbuf_printf(&text, "%s%s=%d", i ? " " : "", value, (int)number_at(group, "count"));
        free(value);
    }
    strbuf_printf(&text, " of %d, others %d", (int)number_at(result, "count"),
                  (int)number_at(result, "others"));
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
    json_decref(answer);
}

static void test_a_count(void **state)
{
    (void)state;
    have_routes(1234, 3);
    speaker.yield_every = 100;
    json_t *answer = call("count_routes", NULL);
    assert_int_equal(number_at(json_object_get(answer, "result"), "count"), 1234);
    assert_int_equal(json_object_size(json_object_get(answer, "result")), 1);
    assert_int_equal(speaker.last_filter.kind, ROUTES_LOC_RIB);
    json_decref(answer);
    have_routes(0, 1);
    assert_groups("{'by':'peer'}", "peer", " of 0, others 0");
}

static void test_groups(void **state)
{
    (void)state;
    have_routes(20, 4);
    assert_groups("{'by':'origin-as'}", "origin_as",
                  "100=5 102=5 101=4 103=4 null=2 of 20, others 0");
    assert_groups("{'by':'origin-as','limit':2}", "origin_as", "100=5 102=5 of 20, others 10");
    assert_groups("{'by':'next-hop','list':'learned'}", "next_hop",
                  "\"10.0.0.1\"=15 \"10.0.0.2\"=5 of 20, others 0");
    assert_int_equal(speaker.last_filter.kind, ROUTES_LEARNED);
    assert_groups("{'by':'peer'}", "peer",
                  "\"127.0.0.2\"=16 \"127.0.0.3\"=3 \"API\"=1 of 20, others 0");
    assert_groups("{'by':'peer','list':'advertised'}", "peer", "\"127.0.0.9\"=20 of 20, others 0");
    assert_groups("{'by':'community'}", "community",
                  "\"9:257\"=10 \"9:0\"=7 \"9:1\"=7 \"9:2\"=6 of 20, others 0");
}

/* As many groups as may be kept, and a few more routes than that. */
static void test_more_groups_than_are_kept(void **state)
{
    (void)state;
    have_routes(ROUTE_COUNT_GROUPS_MAX * 5 / 4, 0xffffff);
    json_t *answer = call("count_routes", "{'by':'origin-as','limit':3}");
    json_t *result = json_object_get(answer, "result");
    json_t *groups = json_object_get(result, "groups");
    assert_int_equal(number_at(result, "count"), speaker.route_count);
    assert_int_equal(json_array_size(groups), 3);
    assert_true(json_is_null(json_object_get(json_array_get(groups, 0), "origin_as")));
    assert_int_equal(number_at(json_array_get(groups, 0), "count"), speaker.route_count / 10);
    assert_int_equal(number_at(json_array_get(groups, 1), "origin_as"), 100);
    assert_int_equal(number_at(result, "others"),
                     speaker.route_count - speaker.route_count / 10 - 2);
    json_decref(answer);
}

/* A count that is not read to its end has its place until it is given up. */
static void test_so_many_at_a_time(void **state)
{
    (void)state;
    static const char request[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"count_routes\",\"params\":{\"by\":\"peer\"}}";
    struct answer *open[ROUTE_COUNTS_MAX];
    have_routes(20, 4);
    speaker.yield_every = 1;
    for (size_t i = 0; i < ROUTE_COUNTS_MAX; i++) {
        open[i] = answer_new(&env, &client, JSONRPC_DOCUMENT);
        answer_feed(open[i], request, strlen(request));
        answer_end(open[i]);
        answer_prepare(open[i], 0);
        answer_fill(open[i], 100, 0);
    }
    assert_error("count_routes", "{'by':'origin-as'}", -32000);
    json_t *answer = call("count_routes", NULL); /* needs none */
    assert_int_equal(number_at(json_object_get(answer, "result"), "count"), 20);
    json_decref(answer);
    for (size_t i = 0; i < ROUTE_COUNTS_MAX; i++)
        answer_free(open[i]);
    assert_groups("{'by':'peer','list':'advertised'}", "peer", "\"127.0.0.9\"=20 of 20, others 0");
}

static void test_what_lists_do_not_have(void **state)
{
    (void)state;
    fake_peer_add(&speaker, "127.0.0.2");
    assert_error("count_routes", "{'to_peer':'127.0.0.2'}", -32602);
    assert_error("count_routes", "{'list':'learned','best':true}", -32602);
    assert_error("count_routes", "{'list':'advertised','filtered':true}", -32602);
    assert_error("count_routes", "{'withheld':true}", -32602);
    assert_error("count_routes", "{'list':'x'}", -32602);
    assert_error("count_routes", "{'by':'x'}", -32602);
    json_decref(
        call("count_routes", "{'list':'advertised','to_peer':'127.0.0.2','withheld':true}"));
    assert_true(speaker.last_filter.has_to && speaker.last_filter.withheld);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_count),
        TEST(test_groups),
        TEST(test_more_groups_than_are_kept),
        TEST(test_so_many_at_a_time),
        TEST(test_what_lists_do_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
