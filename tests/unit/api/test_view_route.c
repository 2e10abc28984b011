/* JSON views of routes: every attribute, its absence, and the cache of their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "api/view_route.h"
#include "wire/aspath.h"
#include "wire/flowspec.h"

struct attr {
    uint8_t type;
    uint8_t len_bytes;
    uint8_t bytes[32];
};
#define BYTES(...)                                                                                 \
    sizeof((const uint8_t[]){__VA_ARGS__}),                                                        \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static struct span build(struct attr_block *block, const struct attr *attrs, size_t count)
{
    attr_block_init(block);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            attr_block_add(block, attrs[i].type, span_of(attrs[i].bytes, attrs[i].len_bytes)), 0);
    assert_int_equal(attr_block_finish(block), 0);
    return attr_block_span(block);
}

/* The members of the attributes, as an object. */
static json_t *view_attrs(struct span attrs)
{
    struct strbuf out = {0};
    struct jsonw w = jsonw_over(&out);
    jsonw_object(&w, NULL);
    route_view_put_attrs(&w, attrs, false);
    jsonw_object_end(&w);
    json_t *json = json_loads(strbuf_text(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    strbuf_release(&out);
    return json;
}

/* Asserts that `json` equals the JSON text, with ' for ". */
static void assert_json(const json_t *json, const char *expected)
{
    char *text = strdup(expected);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *want = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(want);
    char *got = json_dumps(json, JSON_ENCODE_ANY);
    if (!json_equal(json, want))
        fail_msg("%s is not %s", got, text);
    free(got);
    json_decref(want);
    free(text);
}

static struct attr_block block;

static void test_no_attributes(void **state)
{
    (void)state;
    json_t *json = view_attrs(build(&block, NULL, 0));
    assert_json(json, "{'next_hop':null,'origin':null,'as_path':'','local_pref':null,"
                      "'multi_exit_disc':null,'communities':[]}");
    json_decref(json);
}

static void test_each_attribute(void **state)
{
    (void)state;
    static const struct {
        struct attr attr;
        const char *key;
        const char *expected;
    } cases[] = {
        {{ATTR_ORIGIN, BYTES(0)}, "origin", "'IGP'"},
        {{ATTR_ORIGIN, BYTES(1)}, "origin", "'EGP'"},
        {{ATTR_ORIGIN, BYTES(2)}, "origin", "'Incomplete'"},
        {{ATTR_AS_PATH, BYTES(2, 2, 0, 0, 0, 100, 0, 1, 0, 0, 1, 1, 0, 0, 0, 5)},
         "as_path",
         "'100 65536 {5}'"},
        {{ATTR_NEXT_HOP, BYTES(10, 0, 0, 1)}, "next_hop", "'10.0.0.1'"},
        {{ATTR_NEXT_HOP, BYTES(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)},
         "next_hop",
         "'2001:db8::1'"},
        {{ATTR_MED, BYTES(0, 0, 1, 244)}, "multi_exit_disc", "500"},
        {{ATTR_LOCAL_PREF, BYTES(0xff, 0xff, 0xff, 0xff)}, "local_pref", "4294967295"},
        {{ATTR_ATOMIC_AGGREGATE, 0, {0}}, "atomic_aggregate", "true"},
        {{ATTR_AIGP, BYTES(1, 0, 11, 0, 0, 0, 1, 0, 0, 0, 2)}, "aigp", "4294967298"},
        {{ATTR_AGGREGATOR, BYTES(0, 1, 0, 0, 192, 0, 2, 1)},
         "aggregator",
         "{'asn':65536,'router_id':'192.0.2.1'}"},
        {{ATTR_COMMUNITIES, BYTES(0, 0, 0, 101, 0xfd, 0xe8, 0, 99)},
         "communities",
         "['0:101','65000:99']"},
        {{ATTR_EXT_COMMUNITIES, BYTES(0, 2, 0xfd, 0xe8, 0, 0, 0, 1)},
         "communities",
         "['target:65000:1']"},
        {{ATTR_LARGE_COMMUNITIES, BYTES(0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3)},
         "communities",
         "['1:2:3']"},
        {{ATTR_ORIGINATOR_ID, BYTES(2, 2, 2, 2)}, "originator_id", "'2.2.2.2'"},
        {{ATTR_CLUSTER_LIST, BYTES(1, 1, 1, 1, 3, 3, 3, 3)},
         "cluster_list",
         "['1.1.1.1','3.3.3.3']"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *json = view_attrs(build(&block, &cases[i].attr, 1));
        assert_json(json_object_get(json, cases[i].key), cases[i].expected);
        assert_null(json_object_get(json, "unknown_attributes"));
        assert_null(json_object_get(json, "next_hop_link_local"));
        json_decref(json);
    }
}

static void test_what_is_noted_of_a_route(void **state)
{
    (void)state;
    const struct attr all = {ATTR_LOCAL, BYTES(3, 0, 0, 0, 1, 0, 1, 'a', 2, 'b', 'c')};
    json_t *json = view_attrs(build(&block, &all, 1));
    assert_json(json_object_get(json, "weight"), "256");
    assert_json(json_object_get(json, "marks"), "['a','bc']");
    assert_null(json_object_get(json, "unknown_attributes"));
    json_decref(json);

    const struct attr weight = {ATTR_LOCAL, BYTES(0, 0, 0, 0, 0, 7)};
    json = view_attrs(build(&block, &weight, 1));
    assert_json(json_object_get(json, "weight"), "7");
    assert_null(json_object_get(json, "marks"));
    json_decref(json);

    const struct attr mark = {ATTR_LOCAL, BYTES(1, 2, 0, 0, 0, 0, 1, 'x')};
    json = view_attrs(build(&block, &mark, 1));
    assert_null(json_object_get(json, "weight"));
    assert_json(json_object_get(json, "marks"), "['x']");
    json_decref(json);
}

static void test_link_local_next_hop(void **state)
{
    (void)state;
    const struct attr attr = {ATTR_NEXT_HOP,
                              BYTES(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, //
                                    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2)};
    json_t *json = view_attrs(build(&block, &attr, 1));
    assert_json(json_object_get(json, "next_hop"), "'2001:db8::1'");
    assert_json(json_object_get(json, "next_hop_link_local"), "'fe80::2'");
    json_decref(json);
}

static void test_unknown_attributes(void **state)
{
    (void)state;
    /* Flags optional, transitive, partial; types 200 and 201; in canonical form. */
    static const uint8_t attrs[] = {0xe0, 200, 2, 0xab, 0xcd, 0xe0, 201, 0};
    json_t *json = view_attrs(span_of(attrs, sizeof(attrs)));
    assert_json(json_object_get(json, "unknown_attributes"),
                "[{'type':200,'flags':224,'value':'abcd'},{'type':201,'flags':224,'value':''}]");
    json_decref(json);
}

/* Routes. */

static json_t *view_route(struct route_renderer *r, const struct route_view *route, unsigned extra,
                          const struct time_now *now)
{
    struct strbuf out = {0};
    struct jsonw w = jsonw_over(&out);
    route_view_put(r, &w, route, extra, now);
    json_t *json = json_loads(strbuf_text(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    strbuf_release(&out);
    return json;
}

/* When the example came, and when it has an age. */
static const struct time_now at_once = {100000ull * 1000000000, 1700000000ll * 1000000000};
static const struct time_now an_hour_later = {103700ull * 1000000000, 1700003700ll * 1000000000};

static struct route_view example(void)
{
    static const struct attr attrs[] = {
        {ATTR_ORIGIN, BYTES(0)},
        {ATTR_AS_PATH, 0, {0}},
        {ATTR_NEXT_HOP, BYTES(10, 0, 0, 1)},
        {ATTR_LOCAL_PREF, BYTES(0, 0, 0, 100)},
    };
    struct route_view route = {
        .family = FAMILY_IPV4_UNICAST,
        .source = ROUTE_SOURCE_PEER,
        .received_mono_s = 100000,
        .attrs = build(&block, attrs, 4),
    };
    static const uint8_t key[] = {10, 1, 0, 0};
    route.nlri.key = (struct nlri_key){key, 16};
    assert_int_equal(ip_parse("127.0.0.2", &route.source_peer), 0);
    assert_int_equal(ip_parse("::2", &route.to_peer), 0);
    return route;
}

static void test_route(void **state)
{
    struct route_view route = example();
    json_t *json = view_route(*state, &route, 0, &an_hour_later);
    assert_json(json, "{'source':'127.0.0.2','afi':'IPv4','safi':'Unicast',"
                      "'received_at':1700000000,'age':'01:01:40','prefix':'10.1.0.0/16',"
                      "'next_hop':'10.0.0.1','origin':'IGP','as_path':'','local_pref':100,"
                      "'multi_exit_disc':null,'communities':[]}");
    json_decref(json);
}

static void test_route_extras(void **state)
{
    struct route_view route = example();
    route.best = true;
    route.filtered = "AS path loop";
    json_t *json = view_route(*state, &route, 0, &at_once);
    assert_null(json_object_get(json, "rov"));
    assert_null(json_object_get(json, "aspa"));
    json_decref(json);
    route.rov = "invalid";
    route.aspa = "unknown";
    json = view_route(*state, &route, ROUTE_VIEW_BEST, &at_once);
    assert_json(json_object_get(json, "rov"), "'invalid'");
    assert_json(json_object_get(json, "aspa"), "'unknown'");
    assert_json(json_object_get(json, "best"), "true");
    assert_json(json_object_get(json, "filtered"), "'AS path loop'");
    assert_json(json_object_get(json, "filtered_by"), "null");
    assert_json(json_object_get(json, "age"), "'00:00:00'");
    json_decref(json);
}

/* RFC 9234: by the attribute, or by whom the route came from. */
static void test_only_to_customer(void **state)
{
    static const struct attr marked[] = {{ATTR_ORIGIN, BYTES(0)},
                                         {ATTR_ONLY_TO_CUSTOMER, BYTES(0, 1, 0, 1)}};
    struct route_view route = example();
    route.only_to_customer = 65001;
    json_t *json = view_route(*state, &route, 0, &at_once);
    assert_json(json_object_get(json, "only_to_customer"), "65001");
    assert_json(json_object_get(json, "communities"), "[]");
    json_decref(json);
    route.only_to_customer = 0;
    route.attrs = build(&block, marked, 2);
    json = view_route(*state, &route, 0, &at_once);
    assert_json(json_object_get(json, "only_to_customer"), "65537");
    assert_null(json_object_get(json, "unknown_attributes"));
    json_decref(json);
}

static void test_rules(void **state)
{
    struct policy *policy = policy_new("transit-in", "p.toml", 9);
    struct policy_rule *rule = policy_add_rule(policy);
    rule->name = strdup("bogons");
    rule->line = 12;
    policy_finish(policy);
    struct route_view route = example();
    route.filtered = "policy transit-in rule bogons";
    route.filtered_by = (struct policy_place){policy, &policy->rules[0], 0};
    route.withheld = "policy transit-in default";
    route.withheld_by = (struct policy_place){policy, NULL, 1};
    json_t *json = view_route(*state, &route, 0, &at_once);
    assert_json(json_object_get(json, "filtered_by"),
                "{'policy':'transit-in','rule':'bogons','number':1,'file':null,'line':12}");
    assert_json(json_object_get(json, "withheld_by"),
                "{'policy':'transit-in','rule':null,'number':null,'file':null,'line':9}");
    json_decref(json);
    policy_unref(policy);
}

/* As the inherited interface has it: "source" is the peer that the route was advertised to. */
static void test_advertised(void **state)
{
    struct route_view route = example();
    json_t *json = view_route(*state, &route, ROUTE_VIEW_ADVERTISED, &at_once);
    assert_json(json_object_get(json, "source"), "'::2'");
    assert_json(json_object_get(json, "learned_from"), "'127.0.0.2'");
    json_decref(json);
    route.source = ROUTE_SOURCE_CONFIG;
    json = view_route(*state, &route, ROUTE_VIEW_ADVERTISED, &at_once);
    assert_json(json_object_get(json, "source"), "'::2'");
    assert_json(json_object_get(json, "learned_from"), "'Config'");
    json_decref(json);
}

/* One that the peer has been told, and that has gone: nobody knows how old it was. */
static void test_gone(void **state)
{
    struct route_view route = example();
    route.received_mono_s = 0;
    json_t *json = view_route(*state, &route, ROUTE_VIEW_ADVERTISED, &at_once);
    assert_json(json_object_get(json, "received_at"), "null");
    assert_json(json_object_get(json, "age"), "null");
    json_decref(json);
}

static void test_sources(void **state)
{
    struct route_view route = example();
    route.source = ROUTE_SOURCE_API;
    json_t *json = view_route(*state, &route, 0, &(struct time_now){0}); /* no negative age */
    assert_json(json_object_get(json, "source"), "'API'");
    assert_json(json_object_get(json, "age"), "'00:00:00'");
    json_decref(json);
    route.source = ROUTE_SOURCE_CONFIG;
    json = view_route(*state, &route, 0, &at_once);
    assert_json(json_object_get(json, "source"), "'Config'");
    json_decref(json);
}

static void test_flow(void **state)
{
    static const char *const rules[] = {"destination 10.0.0.0/8", "protocol =6"};
    uint8_t flow[FLOW_MAX_BYTES];
    size_t len_bytes;
    struct strbuf error = {0};
    assert_int_equal(flow_parse(rules, 2, IP_V4, flow, &len_bytes, &error), 0);
    struct route_view route = example();
    route.family = FAMILY_IPV4_FLOW;
    route.nlri.key = (struct nlri_key){flow, (uint32_t)len_bytes};
    json_t *json = view_route(*state, &route, 0, &at_once);
    assert_json(json_object_get(json, "prefix"), "'destination 10.0.0.0/8; protocol =6'");
    assert_json(json_object_get(json, "safi"), "'Flowspec'");
    assert_json(json_object_get(json, "rules"), "['destination 10.0.0.0/8','protocol =6']");
    assert_json(json_object_get(json, "actions"), "[]");
    json_decref(json);

    /* Attributes are rendered as those of a flow though they were seen with a route, and back. */
    static const uint8_t communities[] = {0x80, 6, 0, 0, 0, 0, 0, 0, 0, 2, 0xfd, 0xe8, 0, 0, 0, 9};
    attr_block_init(&block);
    attr_block_add(&block, ATTR_EXT_COMMUNITIES, span_of(communities, sizeof(communities)));
    attr_block_finish(&block);
    route.attrs = attr_block_span(&block);
    for (int i = 0; i < 4; i++) {
        route.family = i % 2 ? FAMILY_IPV4_FLOW : FAMILY_IPV4_UNICAST;
        json = view_route(*state, &route, 0, &at_once);
        assert_json(json_object_get(json, "communities"), "['traffic-rate:0:0','target:65000:9']");
        if (i % 2)
            assert_json(json_object_get(json, "actions"), "['traffic-rate 0']");
        else
            assert_null(json_object_get(json, "actions"));
        json_decref(json);
    }
}

/* Different attributes in the same memory, and long ones, must not be mistaken for others. */
static void test_cache(void **state)
{
    static uint8_t path[4 * 255 + 2] = {ASPATH_SEQUENCE};
    struct route_view route = example();
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 1; i < 2000; i++) {
            unsigned count = i % 255 + 1;
            path[1] = (uint8_t)count;
            path[4] = (uint8_t)(i >> 8);
            path[5] = (uint8_t)i;
            attr_block_init(&block);
            attr_block_add(&block, ATTR_AS_PATH, span_of(path, 2 + 4 * (size_t)count));
            attr_block_finish(&block);
            route.attrs = attr_block_span(&block);
            json_t *json = view_route(*state, &route, 0, &at_once);
            const char *as_path = json_string_value(json_object_get(json, "as_path"));
            assert_int_equal(strtoul(as_path, NULL, 10), i);
            unsigned words = 1;
            for (const char *p = as_path; *p; p++)
                words += *p == ' ';
            assert_int_equal(words, count);
            json_decref(json);
        }
    }
}

static int setup(void **state)
{
    *state = route_renderer_new();
    return 0;
}

static int teardown(void **state)
{
    route_renderer_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_attributes),
        cmocka_unit_test(test_each_attribute),
        cmocka_unit_test(test_what_is_noted_of_a_route),
        cmocka_unit_test(test_link_local_next_hop),
        cmocka_unit_test(test_unknown_attributes),
        cmocka_unit_test_setup_teardown(test_route, setup, teardown),
        cmocka_unit_test_setup_teardown(test_route_extras, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_to_customer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
        cmocka_unit_test_setup_teardown(test_advertised, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
