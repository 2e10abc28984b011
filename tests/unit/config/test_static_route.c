/* Building a route from fields, as the API and CLI do: problems by field and index. */
#include "base/err.h"
#include "config_test.h"
#include "wire/attr.h"

static const char *const matches[] = {"destination 10.0.0.0/8", "protocol tcp"};

static struct route_spec good_route(void)
{
    return (struct route_spec){.text = {.prefix = "10.0.0.0/8"}, .next_hop = "192.0.2.1"};
}

static struct route_spec good_flow(void)
{
    return (struct route_spec){
        .by_rules = true,
        .afi = 1,
        .text = {.rules = matches, .rule_count = 2, .action = "traffic-rate 0"}};
}

static void assert_problem(const struct route_spec *spec, int err, const char *field, int index,
                           const char *text)
{
    static const struct static_route untouched = {.family = FAMILY_IPV6_FLOW};
    struct static_route route = untouched;
    struct route_problem problem;
    assert_int_equal(static_route_build(spec, &route, &problem), err);
    assert_memory_equal(&route, &untouched, sizeof(route));
    assert_string_equal(problem.field, field);
    assert_int_equal(problem.index, index);
    if (text)
        assert_string_equal(strbuf_text(&problem.text), text);
    else
        assert_true(problem.text.len_bytes > 0);
    strbuf_release(&problem.text);
}

static void test_route(void **state)
{
    (void)state;
    struct route_spec spec = good_route();
    struct static_route route;
    struct route_problem problem;
    struct span value;
    assert_int_equal(static_route_build(&spec, &route, &problem), 0);
    assert_int_equal(route.family, FAMILY_IPV4_UNICAST);
    assert_int_equal(route.key_len, 8);
    assert_true(attr_find(static_route_attrs(&route), ATTR_ORIGIN, &value));
    assert_memory_equal(value.data, "\0", 1);
    assert_true(attr_find(static_route_attrs(&route), ATTR_AS_PATH, &value));
    assert_int_equal(value.len_bytes, 0);
    assert_true(attr_find(static_route_attrs(&route), ATTR_NEXT_HOP, &value));
    assert_memory_equal(value.data, "\xc0\0\2\1", 4);
    assert_false(attr_find(static_route_attrs(&route), ATTR_MED, &value));
    assert_false(attr_find(static_route_attrs(&route), ATTR_LOCAL_PREF, &value));
    assert_false(attr_find(static_route_attrs(&route), ATTR_COMMUNITIES, &value));
    static_route_release(&route);
    assert_null(route.bytes);
}

static void test_next_hops(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        const char *next_hop;
        size_t len_bytes;
    } cases[] = {
        {"10.0.0.0/8", "10.254.0.1", 4},
        {"0.0.0.0/0", "127.0.0.1", 4},
        {"10.0.0.0/8", "2001:db8::1", 16},
        {"2001:db8::/32", "2001:db8::1", 16},
        {"::/0", "::1", 16},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_spec spec = {.text = {.prefix = cases[i].prefix},
                                  .next_hop = cases[i].next_hop};
        struct static_route route;
        struct route_problem problem;
        struct span value;
        assert_int_equal(static_route_build(&spec, &route, &problem), 0);
        assert_true(attr_find(static_route_attrs(&route), ATTR_NEXT_HOP, &value));
        assert_int_equal(value.len_bytes, cases[i].len_bytes);
        static_route_release(&route);
    }
}

static void test_route_problems(void **state)
{
    (void)state;
    static const char *const path[] = {"65000", "{1 2}", "1.2.3"};
    static const char *const communities[] = {"65000:1", "65536:1:1", "bogus:1"};
    struct route_spec spec = good_route();
    spec.text.prefix = NULL;
    assert_problem(&spec, ERR_INVALID, "prefix", -1, "it is required");
    spec.text.prefix = "10.0.0.0/33";
    assert_problem(&spec, ERR_RANGE, "prefix", -1,
                   "the length of '10.0.0.0/33' must be at most 32");
    spec.text.prefix = "ten";
    assert_problem(&spec, ERR_INVALID, "prefix", -1, "'ten' is not a prefix (\"192.0.2.0/24\")");
    spec = good_route();
    spec.next_hop = NULL;
    assert_problem(&spec, ERR_INVALID, "next_hop", -1, "it is required");
    spec.next_hop = "self";
    assert_problem(&spec, ERR_INVALID, "next_hop", -1, "'self' is not an IP address");
    /* What a peer would treat as a withdrawal. */
    static const char *const unusable[] = {"255.255.255.255", "240.0.0.1", "224.0.0.1", "0.0.0.1",
                                           "::ffff:224.0.0.1"};
    for (size_t i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        char expected[64];
        snprintf(expected, sizeof(expected), "'%s' is not a unicast address", unusable[i]);
        spec.next_hop = unusable[i];
        assert_problem(&spec, ERR_INVALID, "next_hop", -1, expected);
    }
    spec = good_route();
    spec.origin = "?";
    assert_problem(&spec, ERR_INVALID, "origin", -1,
                   "'?' is none of \"IGP\", \"EGP\", \"Incomplete\"");
    spec = good_route();
    spec.as_path = path;
    spec.as_path_count = 3;
    assert_problem(&spec, ERR_INVALID, "as_path", 2,
                   "'1.2.3' is not an AS number (\"65001\" or \"1.10\")");
    spec = good_route();
    spec.text.communities = communities;
    spec.text.community_count = 3;
    assert_problem(&spec, ERR_INVALID, "communities", 2, NULL);
}

static void count_problem(void *ctx, const struct route_problem *problem)
{
    unsigned *count = ctx;
    assert_non_null(problem->field);
    (*count)++;
}

static void assert_attr(const struct static_route *route, enum attr_type type, const void *bytes,
                        size_t len_bytes)
{
    struct span value;
    assert_true(attr_find(static_route_attrs(route), (uint8_t)type, &value));
    assert_int_equal(value.len_bytes, len_bytes);
    assert_memory_equal(value.data, bytes, len_bytes);
}

/* What else a route can have, of a flow as well. */
static void test_other_attributes(void **state)
{
    (void)state;
    static const char *const clusters[] = {"192.0.2.4", "192.0.2.5"};
    struct route_spec specs[] = {good_route(), good_flow()};
    for (size_t i = 0; i < 2; i++) {
        struct static_route route;
        struct route_problem problem;
        struct span value;
        struct route_spec *spec = &specs[i];
        assert_int_equal(static_route_build(spec, &route, &problem), 0);
        assert_false(attr_find(static_route_attrs(&route), ATTR_ATOMIC_AGGREGATE, &value));
        assert_false(attr_find(static_route_attrs(&route), ATTR_AGGREGATOR, &value));
        assert_false(attr_find(static_route_attrs(&route), ATTR_ORIGINATOR_ID, &value));
        assert_false(attr_find(static_route_attrs(&route), ATTR_CLUSTER_LIST, &value));
        assert_false(attr_find(static_route_attrs(&route), ATTR_AIGP, &value));
        static_route_release(&route);
        spec->atomic_aggregate = true;
        spec->aggregator = "1.10:192.0.2.1";
        spec->originator_id = "192.0.2.3";
        spec->cluster_list = clusters;
        spec->cluster_list_count = 2;
        spec->has_aigp = true;
        spec->aigp = UINT64_MAX - 1;
        assert_int_equal(static_route_build(spec, &route, &problem), 0);
        assert_attr(&route, ATTR_ATOMIC_AGGREGATE, "", 0);
        assert_attr(&route, ATTR_AGGREGATOR, "\0\1\0\12\xc0\0\2\1", 8);
        assert_attr(&route, ATTR_ORIGINATOR_ID, "\xc0\0\2\3", 4);
        assert_attr(&route, ATTR_CLUSTER_LIST, "\xc0\0\2\4\xc0\0\2\5", 8);
        assert_attr(&route, ATTR_AIGP, "\1\0\13\xff\xff\xff\xff\xff\xff\xff\xfe", 11);
        static_route_release(&route);
    }
}

static void test_other_attributes_problems(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "65000",
                                      "65000:",
                                      ":192.0.2.1",
                                      "65000:192.0.2",
                                      "65000:0.0.0.0",
                                      "65000:::1",
                                      "4294967296:192.0.2.1",
                                      "65000:192.0.2.1:1",
                                      "0000000000000000000065000:192.0.2.1"};
    static const char *const clusters[] = {"192.0.2.1", "0.0.0.0", "1"};
    struct route_spec spec = good_route();
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char expected[128];
        snprintf(expected, sizeof(expected),
                 "'%s' is not an AS number and a router ID (\"65000:192.0.2.1\")", bad[i]);
        spec.aggregator = bad[i];
        assert_problem(&spec, ERR_INVALID, "aggregator", -1, expected);
    }
    spec.aggregator = "0:192.0.2.1";
    assert_problem(&spec, ERR_RANGE, "aggregator", -1, "AS 0 cannot aggregate anything (RFC 7607)");
    spec = good_route();
    spec.originator_id = "0.0.0.0";
    assert_problem(&spec, ERR_INVALID, "originator_id", -1,
                   "'0.0.0.0' is not a router ID (\"192.0.2.1\", other than 0.0.0.0)");
    spec.originator_id = "::1";
    assert_problem(&spec, ERR_INVALID, "originator_id", -1, NULL);
    spec = good_route();
    spec.cluster_list = clusters;
    spec.cluster_list_count = 3;
    assert_problem(&spec, ERR_INVALID, "cluster_list", 1,
                   "'0.0.0.0' is not a router ID (\"192.0.2.1\", other than 0.0.0.0)");
    unsigned count = 0;
    struct static_route route;
    assert_int_equal(static_route_build_each(&spec, &route, count_problem, &count), ERR_INVALID);
    assert_int_equal(count, 2);
}

static void test_flow(void **state)
{
    (void)state;
    struct route_spec spec = good_flow();
    struct static_route route;
    struct route_problem problem;
    struct span value;
    assert_int_equal(static_route_build(&spec, &route, &problem), 0);
    assert_int_equal(route.family, FAMILY_IPV4_FLOW);
    assert_int_equal(route.key_len, 6);
    assert_memory_equal(static_route_key(&route).bytes, "\1\10\12\3\x81\6", 6);
    assert_true(attr_find(static_route_attrs(&route), ATTR_EXT_COMMUNITIES, &value));
    assert_memory_equal(value.data, "\x80\6\0\0\0\0\0\0", 8);
    assert_false(attr_find(static_route_attrs(&route), ATTR_NEXT_HOP, &value));

    struct static_route copy;
    static_route_copy(&route, &copy);
    assert_true(static_route_equal(&route, &copy));
    assert_ptr_not_equal(route.bytes, copy.bytes);
    static_route_release(&route);
    static_route_release(&copy);
}

static void test_flow_problems(void **state)
{
    (void)state;
    static const char *const bad_rule[] = {"protocol tcp", "colour red"};
    static const char *const twice[] = {"protocol tcp", "protocol udp"};
    struct route_spec spec = good_flow();
    spec.afi = 0;
    assert_problem(&spec, ERR_INVALID, "afi", -1, "it is required");
    spec.afi = 25;
    assert_problem(&spec, ERR_RANGE, "afi", -1, "25 is neither 1 (IPv4) nor 2 (IPv6)");
    spec.afi = 2;
    assert_problem(&spec, ERR_INVALID, "matches", 0, NULL);
    spec = good_flow();
    spec.text.action = NULL;
    assert_problem(&spec, ERR_INVALID, "action", -1, "it is required");
    spec.text.action = "explode";
    assert_problem(&spec, ERR_INVALID, "action", -1, NULL);
    spec = good_flow();
    spec.text.rule_count = 0;
    assert_problem(&spec, ERR_INVALID, "matches", -1, "it is required");
    spec = good_flow();
    spec.text.rules = bad_rule;
    assert_problem(&spec, ERR_INVALID, "matches", 1, NULL);
    spec.text.rules = twice;
    assert_problem(&spec, ERR_INVALID, "matches", -1, NULL);
    spec = good_flow();
    spec.next_hop = "192.0.2.1";
    assert_problem(&spec, ERR_INVALID, "next_hop", -1,
                   "routes of the family \"ipv4 flow\" have none");
}

/* A key as it is withdrawn: labels and what else belongs to the path are not needed. */
static void test_key(void **state)
{
    (void)state;
    static const uint32_t labels[] = {100};
    struct route_spec spec = {.text = {.prefix = "10.0.0.0/8", .rd = "65000:1"}};
    struct static_route key;
    struct static_route route;
    struct route_problem problem;
    assert_int_equal(static_route_build_key(&spec, &key, &problem), 0);
    assert_int_equal(key.family, FAMILY_IPV4_VPN);
    assert_problem(&spec, ERR_INVALID, "labels", -1, "it is required");
    spec.text.labels = labels;
    spec.text.label_count = 1;
    assert_problem(&spec, ERR_INVALID, "next_hop", -1, "it is required");
    spec.next_hop = "192.0.2.1";
    assert_int_equal(static_route_build(&spec, &route, &problem), 0);
    assert_int_equal(static_route_compare_key(&key, &route), 0);
    static_route_release(&key);
    static_route_release(&route);
    spec.has_family = true;
    spec.family = FAMILY_IPV4_UNICAST;
    assert_int_equal(static_route_build_key(&spec, &key, &problem), ERR_INVALID);
    assert_string_equal(problem.field, "rd");
    strbuf_release(&problem.text);
}

/* What cannot be sent in one message is refused, and blamed on what is long. */
static void test_too_long(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static char texts[MANY][24];
    static const char *list[MANY];
    struct route_spec spec = good_route();
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%u", i + 1);
        list[i] = texts[i];
    }
    spec.as_path = list;
    spec.as_path_count = 990;
    assert_problem(&spec, ERR_RANGE, "as_path", -1, NULL);
    spec.as_path_count = MANY;
    assert_problem(&spec, ERR_RANGE, "as_path", -1, NULL);
    spec = good_route();
    spec.text.communities = list;
    spec.text.community_count = 990;
    assert_problem(&spec, ERR_RANGE, "communities", -1, NULL);
    spec.text.community_count = MANY;
    assert_problem(&spec, ERR_RANGE, "communities", -1, NULL);

    for (unsigned i = 0; i < MANY; i++)
        snprintf(texts[i], sizeof(texts[i]), "192.0.%u.%u", i >> 8, i & 255);
    spec = good_route();
    spec.cluster_list = list;
    spec.cluster_list_count = 990;
    assert_problem(&spec, ERR_RANGE, "cluster_list", -1, NULL);
    spec.cluster_list_count = MANY;
    assert_problem(&spec, ERR_RANGE, "cluster_list", -1, NULL);

    struct static_route route;
    struct route_problem problem;
    spec.cluster_list_count = 900;
    assert_int_equal(static_route_build(&spec, &route, &problem), 0);
    static_route_release(&route);
}

static void test_all_problems(void **state)
{
    (void)state;
    static const char *const bad[] = {"x", "1", "y"};
    struct route_spec spec = {.text = {.prefix = "x", .communities = bad, .community_count = 3},
                              .origin = "x",
                              .as_path = bad,
                              .as_path_count = 3};
    struct static_route route;
    unsigned count = 0;
    assert_int_equal(static_route_build_each(&spec, &route, count_problem, &count), ERR_INVALID);
    assert_int_equal(count, 7); /* prefix, next_hop, origin, two of the path, two communities */
}

static void test_order(void **state)
{
    (void)state;
    static const char *const long_rule[] = {"destination 10.0.0.0/8", "protocol tcp", "port 80"};
    struct route_spec specs[5] = {good_route(), good_route(), good_route(), good_flow(),
                                  good_flow()};
    struct static_route routes[5];
    struct route_problem problem;
    specs[1].text.prefix = "10.0.0.0/9";
    specs[2].text.prefix = "2001:db8::/32";
    specs[2].next_hop = "2001:db8::1";
    specs[4].text.rules = long_rule;
    specs[4].text.rule_count = 3;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(static_route_build(&specs[i], &routes[i], &problem), 0);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 5; j++) {
            int order = static_route_compare_key(&routes[i], &routes[j]);
            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
            assert_true(static_route_equal(&routes[i], &routes[j]) == (i == j));
        }
    }
    /* Attributes are no part of the key. */
    struct static_route other;
    specs[0].has_med = true;
    assert_int_equal(static_route_build(&specs[0], &other, &problem), 0);
    assert_int_equal(static_route_compare_key(&other, &routes[0]), 0);
    assert_false(static_route_equal(&other, &routes[0]));
    static_route_release(&other);
    for (size_t i = 0; i < 5; i++)
        static_route_release(&routes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_next_hops),
        cmocka_unit_test(test_route_problems),
        cmocka_unit_test(test_flow),
        cmocka_unit_test(test_other_attributes),
        cmocka_unit_test(test_other_attributes_problems),
        cmocka_unit_test(test_flow_problems),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_all_problems),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
