/* [[originate_limits]]: how they are read, what is wrong with them, and what they permit. */
#include "config_test.h"

#include "config/originate_limits.h"
#include "wire/attr.h"
#include "wire/flowspec.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"

static void test_read(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[prefix_sets]\ncustomers = [\"10.0.0.0/8 ge 24\"]\n"
                                      "[[originate_limits]]\n"
                                      "owner = \"ddos\"\n"
                                      "within = [\"192.0.2.0/24\", \"customers\"]\n"
                                      "routes = { max = 0 }\n"
                                      "blackholes = { ipv4 = 32, ipv6 = \"128\" }\n"
                                      "[originate_limits.flows]\n"
                                      "max = 100\n"
                                      "ipv4 = \"24-32\"\n"
                                      "needs_destination = true\n"
                                      "[[originate_limits]]\n");
    assert_int_equal(c->originate_limit_count, 2);
    const struct originate_limit *ddos =
        originate_limit_of(c->originate_limits, c->originate_limit_count, "ddos");
    const struct originate_limit *others =
        originate_limit_of(c->originate_limits, c->originate_limit_count, "");
    assert_ptr_equal(ddos, &c->originate_limits[0]);
    assert_ptr_equal(others, &c->originate_limits[1]);
    assert_string_equal(ddos->owner, "ddos");
    assert_string_equal(ddos->within_text, "192.0.2.0/24, customers");
    assert_int_equal(ddos->within_count, 2);
    assert_string_equal(ddos->place, "t.toml:5:1");
    assert_true(ddos->of[ORIGINATE_ROUTE].has_max && ddos->of[ORIGINATE_ROUTE].max == 0);
    assert_false(ddos->of[ORIGINATE_BLACKHOLE].has_max);
    assert_int_equal(ddos->of[ORIGINATE_BLACKHOLE].from_bits[0], 32);
    assert_int_equal(ddos->of[ORIGINATE_BLACKHOLE].to_bits[1], 128);
    assert_int_equal(ddos->of[ORIGINATE_FLOW].max, 100);
    assert_int_equal(ddos->of[ORIGINATE_FLOW].from_bits[0], 24);
    assert_int_equal(ddos->of[ORIGINATE_FLOW].to_bits[0], 32);
    assert_int_equal(ddos->of[ORIGINATE_FLOW].from_bits[1], 0);
    assert_true(ddos->of[ORIGINATE_FLOW].needs_destination);
    assert_null(others->owner);
    assert_false(others->of[ORIGINATE_ROUTE].given);
    config_free(c);
}

static void test_problems(void **state)
{
    (void)state;
    static const struct {
        const char *lines; /* from line 4 on, after [[originate_limits]] */
        const char *said;
    } cases[] = {
        {"owner = \"\"\n", "t.toml:4:9: owner must have from 1 to 64 bytes, not 0\n"},
        {"within = []\n", "t.toml:4:10: within must name at least one prefix (without it, all are "
                          "permitted)\n"},
        {"within = [\"10.0.0.0/8\", \"nobody\"]\n",
         "t.toml:4:25: there is no prefix set 'nobody' in [prefix_sets]\n"},
        {"within = [\"10.0.0.1/8\"]\n",
         "t.toml:4:11: within: '10.0.0.1/8' is a prefix with host bits (expected "
         "\"192.0.2.0/24\", or the name of a prefix set)\n"},
        {"within = [\"10.0.0.0/33\"]\n",
         "t.toml:4:11: within: '10.0.0.0/33' is no prefix (expected \"192.0.2.0/24\", or the name "
         "of a prefix set)\n"},
        {"routes = { ipv4 = \"32-24\" }\n",
         "t.toml:4:19: ipv4 '32-24' is no range of lengths (expected \"24-32\", or one of up to "
         "32)\n"},
        {"flows = { ipv6 = \"48-129\" }\n",
         "t.toml:4:18: ipv6 '48-129' is no range of lengths (expected \"48-128\", or one of up to "
         "128)\n"},
        {"routes = { ipv4 = 33 }\n", "t.toml:4:19: ipv4 must be from 0 to 32, not 33\n"},
        {"routes = { max = -1 }\n", "t.toml:4:18: max must be from 0 to 4294967295, not -1\n"},
        {"routes = { needs_destination = true }\n",
         "t.toml:4:12: unknown key 'needs_destination' in routes (valid keys: max, ipv4, ipv6)\n"},
        {"routes = 3\n", "t.toml:4:10: routes must be a table, not an integer\n"},
        {"max = 3\n", "t.toml:4:1: unknown key 'max' in [[originate_limits]] (valid keys: owner, "
                      "within, routes, blackholes, flows)\n"},
        {"[[originate_limits]]\n",
         "t.toml:4:1: owner is missing: the limit of all others is t.toml:3:1\n"},
        {"owner = \"a\"\n[[originate_limits]]\nowner = \"a\"\n",
         "t.toml:5:1: owner 'a' has another limit: t.toml:3:1\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), TOP "[[originate_limits]]\n%s", cases[i].lines);
        assert_problems(text, cases[i].said);
    }
}

/* A set that only a limit names is of use. */
static void test_sets_are_used(void **state)
{
    (void)state;
    config_free(
        parse_saying(TOP "[prefix_sets]\na = [\"10.0.0.0/8\"]\nb = [\"11.0.0.0/8\"]\n"
                         "[[originate_limits]]\nwithin = [\"a\"]\n",
                     "t.toml:5:1: warning: prefix set 'b' has no effect: no rule names it\n"));
}

/* --- what they permit --- */

/* A key from what a person would write. */
struct key {
    enum family family;
    uint8_t bytes[NLRI_MAX_BYTES];
    struct nlri nlri;
};

static void ignore_problem(void *ctx, int err, const struct route_problem *problem)
{
    (void)ctx;
    fail_msg("%d %s", err, strbuf_text(&problem->text));
}

static void make_key(const char *family, const char *text, struct key *ret_key)
{
    struct nlri_text written = {.prefix = text};
    ret_key->family = family_from_name(family);
    const struct family_info *info = family_info(ret_key->family);
    if (info->has_actions)
        written = (struct nlri_text){.rules = &text, .rule_count = 1};
    if (info->rd_bytes > 0)
        written.rd = "65000:1";
    assert_int_equal(
        info->parse(info, &written, ret_key->bytes, &ret_key->nlri, ignore_problem, NULL), 0);
}

static void test_permits(void **state)
{
    (void)state;
    static const struct {
        const char *family;
        const char *text;
        enum originate_kind kind;
        const char *why; /* NULL: it is permitted */
    } cases[] = {
        {"ipv4 unicast", "10.1.0.0/16", ORIGINATE_ROUTE, NULL},
        {"ipv4 unicast", "10.1.0.0/24", ORIGINATE_ROUTE, NULL},
        {"ipv4 unicast", "10.1.0.0/25", ORIGINATE_ROUTE,
         "10.1.0.0/25 has a length of 25, and IPv4 routes must have one of 16 to 24"},
        {"ipv4 unicast", "10.0.0.0/15", ORIGINATE_ROUTE,
         "10.0.0.0/15 has a length of 15, and IPv4 routes must have one of 16 to 24"},
        {"ipv4 unicast", "8.0.0.0/7", ORIGINATE_ROUTE,
         "8.0.0.0/7 is not within 10.0.0.0/8, "
         "2001:db8::/32, more"},
        {"ipv4 unicast", "192.0.2.0/24", ORIGINATE_ROUTE, NULL}, /* of a set with lengths */
        {"ipv4 unicast", "11.0.0.0/16", ORIGINATE_ROUTE, "11.0.0.0/16 is not within"},
        {"ipv4 vpn", "10.1.0.0/16", ORIGINATE_ROUTE, NULL},
        {"ipv4 vpn", "11.0.0.0/16", ORIGINATE_ROUTE, "11.0.0.0/16 is not within"},
        {"ipv6 unicast", "2001:db8:1::/48", ORIGINATE_ROUTE, NULL},
        {"ipv6 unicast", "2001:db9:1::/48", ORIGINATE_ROUTE, "2001:db9:1::/48 is not within"},
        {"ipv4 unicast", "10.1.0.1/32", ORIGINATE_BLACKHOLE, NULL},
        {"ipv4 unicast", "10.1.0.0/24", ORIGINATE_BLACKHOLE,
         "10.1.0.0/24 has a length of 24, and IPv4 blackholes must have one of 32"},
        {"ipv4 flow", "destination 10.1.0.0/24; port 1", ORIGINATE_FLOW, NULL},
        {"ipv4 flow", "destination 11.1.0.0/24; port 1", ORIGINATE_FLOW,
         "11.1.0.0/24 is not within"},
        {"ipv4 flow", "destination 10.0.0.0/8", ORIGINATE_FLOW,
         "10.0.0.0/8 has a length of 8, and IPv4 flows must have one of 24 to 32"},
        {"ipv4 flow", "source 10.1.0.0/24", ORIGINATE_FLOW,
         "flows need a destination, as a prefix"},
        {"ipv6 flow", "destination 2001:db8::1/64-128", ORIGINATE_FLOW,
         "flows need a destination, as a prefix"},
        {"ipv6 flow", "destination 2001:db8::/32", ORIGINATE_FLOW, NULL},
    };
    struct config *c = parse_good(TOP "[prefix_sets]\nmore = [\"192.0.2.0/24 ge 32\"]\n"
                                      "[[originate_limits]]\n"
                                      "within = [\"10.0.0.0/8\", \"2001:db8::/32\", \"more\"]\n"
                                      "routes = { ipv4 = \"16-24\" }\n"
                                      "blackholes = { ipv4 = 32 }\n"
                                      "flows = { ipv4 = \"24-32\" }\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct key key;
        struct strbuf why = {0};
        make_key(cases[i].family, cases[i].text, &key);
        bool permits = originate_limit_permits(&c->originate_limits[0], cases[i].kind, key.family,
                                               key.nlri.key, &why);
        if (permits != !cases[i].why || (cases[i].why && !strstr(strbuf_text(&why), cases[i].why)))
            fail_msg("%s: %s", cases[i].text, strbuf_text(&why));
        strbuf_release(&why);
    }
    config_free(c);
}

/* Without `within` and lengths, only where it is asked for. */
static void test_needs_destination(void **state)
{
    (void)state;
    static const struct {
        const char *flows;
        const char *rules;
        bool permitted;
    } cases[] = {
        {"{ max = 1 }", "port 1", true},
        {"{ ipv4 = \"0-32\" }", "port 1", true},
        {"{ ipv6 = \"48-128\" }", "port 1", true},
        {"{ ipv4 = \"1-32\" }", "port 1", false},
        {"{ ipv4 = \"0-31\" }", "port 1", false},
        {"{ needs_destination = true }", "port 1", false},
        {"{ needs_destination = true }", "destination 0.0.0.0/0", false},
        {"{ needs_destination = true }", "destination 0.0.0.0/1", true},
        {"{ needs_destination = false }", "destination 0.0.0.0/0", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        struct key key;
        struct strbuf why = {0};
        snprintf(text, sizeof(text), TOP "[[originate_limits]]\nflows = %s\n", cases[i].flows);
        struct config *c = parse_good(text);
        make_key("ipv4 flow", cases[i].rules, &key);
        if (originate_limit_permits(&c->originate_limits[0], ORIGINATE_FLOW, key.family,
                                    key.nlri.key, &why) != cases[i].permitted)
            fail_msg("%s: %s", cases[i].flows, cases[i].rules);
        strbuf_release(&why);
        config_free(c);
    }
}

static void test_counts(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[[originate_limits]]\nroutes = { max = 2 }\n"
                                      "flows = { max = 0 }\n");
    const struct originate_limit *limit = &c->originate_limits[0];
    struct strbuf why = {0};
    assert_true(originate_limit_permits_count(limit, ORIGINATE_ROUTE, 2, &why));
    assert_true(originate_limit_permits_count(limit, ORIGINATE_BLACKHOLE, 9, &why));
    assert_false(originate_limit_permits_count(limit, ORIGINATE_ROUTE, 3, &why));
    assert_string_equal(strbuf_text(&why), "no more than 2 routes are permitted");
    strbuf_clear(&why);
    assert_false(originate_limit_permits_count(limit, ORIGINATE_FLOW, 1, &why));
    assert_string_equal(strbuf_text(&why), "no flows are permitted");
    strbuf_clear(&why);
    assert_int_equal(originate_kind_for(limit, ORIGINATE_BLACKHOLE), ORIGINATE_ROUTE);
    originate_limit_name(limit, &why);
    assert_string_equal(strbuf_text(&why), "originate_limits, t.toml:3:1");
    strbuf_release(&why);
    config_free(c);
    c = parse_good(TOP "[[originate_limits]]\nblackholes = {}\n");
    assert_int_equal(originate_kind_for(&c->originate_limits[0], ORIGINATE_BLACKHOLE),
                     ORIGINATE_BLACKHOLE);
    config_free(c);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *communities[2];
        enum originate_kind kind;
    } cases[] = {
        {{"65000:1", "65000:2"}, ORIGINATE_ROUTE},
        {{"65000:1", "blackhole"}, ORIGINATE_BLACKHOLE},
        {{"65535:666", "65000:1"}, ORIGINATE_BLACKHOLE},
        {{"65535:666:1", "65000:1"}, ORIGINATE_ROUTE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct route_spec spec = {.next_hop = "192.0.2.1"};
        struct static_route route;
        struct route_problem problem;
        spec.text.prefix = "10.0.0.0/8";
        spec.text.communities = cases[i].communities;
        spec.text.community_count = 2;
        assert_int_equal(static_route_build(&spec, &route, &problem), 0);
        assert_int_equal(originate_kind_of((enum family)route.family, static_route_attrs(&route)),
                         cases[i].kind);
        static_route_release(&route);
    }
    assert_int_equal(originate_kind_of(FAMILY_IPV4_UNICAST, span_of(NULL, 0)), ORIGINATE_ROUTE);
    assert_int_equal(originate_kind_of(family_from_name("ipv6 flow"), span_of(NULL, 0)),
                     ORIGINATE_FLOW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_sets_are_used),
        cmocka_unit_test(test_permits),
        cmocka_unit_test(test_needs_destination),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
