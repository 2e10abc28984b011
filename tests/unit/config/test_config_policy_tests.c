/* Tests in policies: what is run, what is compared, what is wrong with one, and coverage. */
#include <unistd.h>

#include "config_test.h"
#include "policy/policy.h"

/* Rules on lines 8 and following, tests on line 12. */
#define BEFORE                                                                                     \
    PEER                                                                                           \
        "import = \"p\"\n[policies.p]\nrules = [{ name = \"a\", if.prefix_length = \"25-32\", "    \
        "then = \"reject\" },\n"                                                                   \
        "{ name = \"b\", if.prefix = \"203.0.113.0/24\", set = { local_pref = 200, med = \"+5\", " \
        "mark = \"m\", weight = 7 }, then = \"accept\" },\n"                                       \
        "{ if = { any = [{ source = \"special\" }, { source = \"friends\" }, { source = \"api\" "  \
        "}] }, then = \"next\" },\n"                                                               \
        "{ if.med = 4, then = \"accept\" }]\ntests = ["
#define AFTER                                                                                      \
    "[groups.friends]\n[[peers]]\nremote_ip = \"192.0.2.9\"\nremote_as = 1\n"                      \
    "group = \"friends\"\nname = \"special\"\n"
#define ROUTE "{ route = { prefix = \"203.0.113.0/24\" }, expect = "

static char *with_tests(const char *tests)
{
    struct strbuf text = {0};
    strbuf_printf(&text, BEFORE "%s]\n" AFTER, tests);
    return strbuf_take(&text);
}

static void test_good(void **state)
{
    (void)state;
    static const char *const tests[] = {
        ROUTE "{ result = \"accept\" } }",
        ROUTE "{ result = \"accept\", rule = \"b\" } }",
        ROUTE "{ rule = 2, local_pref = 200, med = 5, weight = 7, marks = [\"m\"] } }",
        ROUTE "{ origin = \"igp\", as_path = [], communities = [], next_hop = \"192.0.2.1\" } }",
        ROUTE "{ as_path = \"\" } }",
        "{ route = { prefix = \"10.0.0.0/25\" }, expect = { result = \"reject\", rule = \"a\" } }",
        "{ route = { prefix = \"10.0.0.0/24\" }, expect = { result = \"next\", rule = "
        "\"default\", med = \"none\", local_pref = \"none\", marks = [], weight = 0 } }",
        /* The next policy is none, and accepts. */
        "{ route = { prefix = \"10.0.0.0/24\" }, expect = { result = \"accept\" } }",
        "{ route = { prefix = \"10.0.0.0/24\", med = 4 }, expect = { rule = 4, med = 4 } }",
        "{ route = { prefix = \"10.0.0.0/24\", as_path = \"1 {3 2}\", origin = \"EGP\", "
        "communities = [\"65000:2\", \"65000:1\", \"target:1:1\"], next_hop = \"192.0.2.9\" }, "
        "expect = { as_path = [1, \"{3 2}\"], origin = \"EGP\", communities = [\"rt:1:1\", "
        "\"65000:1\", \"65000:2\"], next_hop = \"192.0.2.9\" } }",
        "{ route = { prefix = \"2001:db8::/48\" }, expect = { result = \"next\", next_hop = "
        "\"2001:db8::1\" } }",
        /* Who it is from and for. */
        "{ route = { prefix = \"10.0.0.0/24\", peer = { name = \"special\" } }, expect = { rule = "
        "3 "
        "} }",
        "{ route = { prefix = \"10.0.0.0/24\", peer = { group = \"friends\", as = 7 } }, expect = "
        "{ "
        "rule = 3 } }",
        "{ route = { prefix = \"10.0.0.0/24\", peer = \"192.0.2.2\" }, expect = { rule = "
        "\"default\", next_hop = \"192.0.2.2\" } }",
        "{ route = { prefix = \"10.0.0.0/24\", direction = \"export\", source = \"api\" }, expect "
        "= "
        "{ rule = 3 } }",
        "{ route = { prefix = \"10.0.0.0/24\", direction = \"export\", source = { name = "
        "\"special\" } }, expect = { rule = 3 } }",
        "{ route = { prefix = \"10.0.0.0/24\", direction = \"export\", peer = { name = "
        "\"special\" } }, expect = { rule = \"default\" } }",
        /* Marks, which no static route can have. */
        "{ route = { prefix = \"10.0.0.0/24\", marks = [\"x\", \"k.1\", \"x\"], aigp = 5000000000 "
        "}, "
        "expect = { marks = [\"k.1\", \"x\"], aigp = 5000000000 } }",
        "{ route = { prefix = \"203.0.113.0/24\", marks = [\"k\"] }, expect = { rule = \"b\", "
        "marks = "
        "[\"k\", \"m\"], aigp = \"none\" } }",
        /* A flow. */
        "{ route = { afi = 1, action = \"mark 1\", matches = [\"protocol 6\"] }, expect = { result "
        "= \"next\", next_hop = \"none\" } }",
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        char *text = with_tests(tests[i]);
        assert_warnings(text, "");
        free(text);
    }
}

#define AT(column) "t.toml:12:" #column ": "

static void test_failing(void **state)
{
    (void)state;
    static const struct {
        const char *test;
        const char *problems;
    } cases[] = {
        {ROUTE "{ result = \"reject\", rule = \"a\" } }",
         AT(71) "p: expected reject, but it is accepted by rule 'b' (line 9)\n"},
        {ROUTE "{ result = \"accept\", rule = \"a\" } }",
         AT(88) "p: expected another rule: it is accepted by rule 'b' (line 9)\n"},
        {ROUTE "{ result = \"next\" } }",
         AT(71) "p: expected next, but it is accepted by rule 'b' (line 9)\n"},
        {"{ route = { prefix = \"10.0.0.0/32\" }, expect = { result = \"accept\" } }",
         AT(68) "p: expected accept, but it is rejected by rule 'a' (line 8)\n"},
        {"{ route = { prefix = \"10.0.0.0/24\" }, expect = { result = \"reject\" } }",
         AT(68) "p: expected reject, but it is left to the next policy by default\n"},
        {"{ route = { prefix = \"10.0.0.0/24\", peer = { name = \"special\" } }, expect = { rule = "
         "\"default\" } }",
         AT(95) "p: expected another rule: it is left to the next policy by rule 3 (line 10)\n"},
        {ROUTE "{ local_pref = 1, med = \"none\", weight = 8, marks = [\"m\", \"k\"] } }",
         AT(75) "p: expected local_pref 1, but it is 200\n" AT(
             84) "p: expected med none, but it is 5\n" AT(101) "p: expected weight 8, but it is "
                                                               "7\n" AT(112) "p: expected marks k "
                                                                             "m, but it is m\n"},
        {ROUTE "{ as_path = \"1\", origin = \"EGP\", communities = [\"1:1\"], next_hop = "
               "\"2001:db8::1\" } }",
         AT(72) "p: expected as_path 1, but it is empty\n" AT(
             86) "p: expected origin EGP, but it is IGP\n" AT(107) "p: expected communities 1:1, "
                                                                   "but it is none\n" AT(
                                                                       127) "p: expected next_hop "
                                                                            "2001:db8::1, but it "
                                                                            "is 192.0.2.1\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = with_tests(cases[i].test);
        assert_problems(text, cases[i].problems);
        free(text);
    }
}

/* What is wrong with a test is no matter of the policy. */
static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *test;
        const char *says;
    } cases[] = {
        {"5", AT(10) "a test must be a table, not an integer"},
        {"{ route = {}, expect = { result = \"next\" } }", AT(20) "prefix is missing in route"},
        {"{ route = 5, expect = { result = \"next\" } }",
         AT(20) "route must be a table, not an integer"},
        {"{ expect = { result = \"next\" } }", AT(10) "route is missing in a test"},
        {ROUTE "{} }", AT(60) "expect is empty: it must hold at least one key"},
        {"{ route = { prefix = \"10.0.0.0/8\" } }", AT(10) "expect is missing in a test"},
        {ROUTE "{ result = \"drop\" } }", AT(71) "unknown result 'drop'"},
        {ROUTE "{ rule = \"bb\" } }", AT(69) "p has no rule 'bb'"},
        {ROUTE "{ rule = 5 } }", AT(69) "rule must be from 1 to 4, not 5"},
        {ROUTE "{ local_pref = \"x\" } }",
         AT(75) "local_pref must be an integer or \"none\", not 'x'"},
        {ROUTE "{ as_path = \"x\" } }", AT(72) "as_path 'x' is no AS path"},
        {ROUTE "{ communities = [\"x\"] } }", AT(77) "'x' is no community"},
        {ROUTE "{ origin = \"x\" } }", AT(71) "unknown origin 'x'"},
        {ROUTE "{ next_hop = \"x\" } }", AT(73) "next_hop 'x' is not an IP address"},
        {ROUTE "{ marks = [\"a b\"] } }", AT(71) "'a b' cannot be the name of a mark"},
        {"{ route = { prefix = \"10.0.0.0/8\", marks = [\"a b\"] }, expect = { rule = 1 } }",
         AT(54) "marks: 'a b' is no name of a mark"},
        {"{ route = { prefix = \"10.0.0.0/8\", marks = 5 }, expect = { rule = 1 } }",
         AT(53) "marks must be a list of strings, not an integer"},
        {"{ route = { prefix = \"10.0.0.0/8\", aigp = -1 }, expect = { rule = 1 } }",
         AT(52) "aigp must be from 0"},
        {ROUTE "{ aigp = -1 } }", AT(69) "aigp must be from 0"},
        {ROUTE "{ metric = 5 } }", AT(62) "unknown key 'metric' in expect"},
        {"{ route = { prefix = \"10.0.0.0/8\", direction = \"in\" }, expect = { rule = 1 } }",
         AT(57) "unknown direction 'in'"},
        {"{ route = { prefix = \"10.0.0.0/8\", source = \"api\" }, expect = { rule = 1 } }",
         AT(45) "source is for direction = \"export\""},
        {"{ route = { prefix = \"10.0.0.0/8\", peer = \"x\" }, expect = { rule = 1 } }",
         AT(52) "there is no peer with this name or address: 'x'"},
        {"{ route = { prefix = \"10.0.0.0/8\", peer = { as = 0 } }, expect = { rule = 1 } }",
         AT(59) "as must be from 1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config_report report = {0};
        char *text = with_tests(cases[i].test);
        assert_null(parse(text, &report));
        if (report.error_count != 1 || !report_says(&report, cases[i].says)) {
            char *said = report_text(&report);
            fail_msg("%s: %s", cases[i].test, said);
        }
        config_report_release(&report);
        free(text);
    }
}

/* Where the policy itself is wrong its tests would blame what is not theirs. */
static void test_not_run(void **state)
{
    (void)state;
    assert_problems(PEER "import = \"p\"\n[policies.p]\nrules = [{ if.med = \"x\", then = "
                         "\"reject\" }]\ntests = [" ROUTE "{ result = \"accept\" } }]\n",
                    "t.toml:8:21: med: 'x' is no number or range (expected 24 or \"8-24\", up to "
                    "4294967295)\n");
}

static void test_no_hits(void **state)
{
    (void)state;
    char *text = with_tests(ROUTE "{ result = \"accept\" } }");
    struct config *c = parse_good(text);
    for (size_t i = 0; i <= c->policies[0]->rule_count; i++)
        for (size_t d = 0; d < POLICY_DIRECTIONS; d++)
            assert_int_equal(c->policies[0]->hits[i].matched[d], 0);
    config_free(c);
    free(text);
}

static void test_coverage(void **state)
{
    (void)state;
    char path[] = "/tmp/bgpd-coverage-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *text = with_tests(ROUTE "{ result = \"accept\" } },\n{ route = { prefix = "
                                  "\"10.0.0.0/25\" }, expect = { rule = 1 } }");
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    struct config_report report = {0};
    struct config_coverage coverage = {0};
    struct config *c = config_load_covered(path, &report, &coverage);
    assert_non_null(c);
    assert_int_equal(coverage.rule_count, 4);
    assert_int_equal(coverage.reached_count, 2);
    assert_int_equal(coverage.unreached.line_count, 2);
    assert_string_equal(coverage.unreached.lines[0].text + strlen(path),
                        ":10:1: no test reaches p rule 3");
    assert_string_equal(coverage.unreached.lines[1].text + strlen(path),
                        ":11:1: no test reaches p rule 4");
    assert_int_equal(report.line_count, 0);
    config_report_release(&coverage.unreached);
    config_report_release(&report);
    config_free(c);
    unlink(path);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),    cmocka_unit_test(test_failing),
        cmocka_unit_test(test_errors),  cmocka_unit_test(test_not_run),
        cmocka_unit_test(test_no_hits), cmocka_unit_test(test_coverage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
