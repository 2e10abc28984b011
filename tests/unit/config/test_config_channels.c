/* Channels: limits in all their forms, which of them counts, and what has no effect. */
#include "config_test.h"

#define TOP      "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"
#define IN_GROUP "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\ngroup = \"g\"\n"

/* Line 6 begins where PEER ends. */
#define E "t.toml:6:"
#define W "t.toml:6:"

static void assert_limit(const char *text, enum family family, struct config_limit expected)
{
    struct config *c = parse_good(text);
    const struct config_limit *limit = limit_of(&c->peers[0], family);
    assert_int_equal(limit->limit, expected.limit);
    assert_int_equal(limit->warn_percent, expected.warn_percent);
    assert_int_equal(limit->action, expected.action);
    assert_int_equal(limit->count, expected.count);
    assert_int_equal(limit->restart_s, expected.restart_s);
    config_free(c);
}

static void test_forms(void **state)
{
    (void)state;
    const struct config_limit plain = {
        .limit = 7, .warn_percent = 75, .action = LIMIT_SHUTDOWN, .count = LIMIT_RECEIVED};
    const struct config_limit full = {
        .limit = 7, .warn_percent = 90, .action = LIMIT_IGNORE_NEW, .count = LIMIT_ACCEPTED};
    struct config_limit later = plain;
    later.restart_s = 300;
#define FULL "{ limit = 7, warn_percent = 90, action = \"ignore-new\", count = \"accepted\" }\n"
    assert_limit(PEER "max_prefixes = 7\n", FAMILY_IPV6_UNICAST, plain);
    assert_limit(PEER "max_prefixes = { ipv6-unicast = 7 }\n", FAMILY_IPV6_UNICAST, plain);
    assert_limit(PEER "max_prefixes = { limit = 7 }\n", FAMILY_IPV6_UNICAST, plain);
    assert_limit(PEER "max_prefixes = { limit = 7, restart_s = 300 }\n", FAMILY_IPV6_UNICAST,
                 later);
    assert_limit(PEER "max_prefixes = " FULL, FAMILY_IPV6_UNICAST, full);
    assert_limit(PEER "[peers.channels.\"ipv6 unicast\"]\nmax_prefixes = 7\n", FAMILY_IPV6_UNICAST,
                 plain);
    assert_limit(PEER "[peers.channels.\"ipv6 unicast\"]\nmax_prefixes = " FULL,
                 FAMILY_IPV6_UNICAST, full);
    assert_limit(PEER "[peers.channels.IPv6-Unicast.max_prefixes]\nlimit = 7\n",
                 FAMILY_IPV6_UNICAST, plain);
}

/* The number of the limit that counts tells which one it is. */
static void test_what_counts(void **state)
{
    (void)state;
#define OF_GROUP(n) "[groups.g]\nmax_prefixes = " n "\n"
#define CHANNEL(n)  ".\"ipv4 unicast\"]\nmax_prefixes = " n "\n"
    static const struct {
        const char *text;
        uint32_t ipv4, ipv6;
    } cases[] = {
        {PEER "max_prefixes = 1\n[peers.channels" CHANNEL("2"), 2, 1},
        {PEER "max_prefixes = { ipv6-unicast = 1 }\n[peers.channels" CHANNEL("2"), 2, 1},
        {PEER "max_prefixes = 1\n[peers.channels" CHANNEL("0"), 0, 1},
        {TOP OF_GROUP("1") IN_GROUP, 1, 1},
        {TOP OF_GROUP("1") "[groups.g.channels" CHANNEL("2") IN_GROUP, 2, 1},
        {TOP OF_GROUP("1") IN_GROUP "[peers.channels" CHANNEL("3"), 3, 1},
        {TOP OF_GROUP("1") "[groups.g.channels" CHANNEL("2") IN_GROUP
         "[peers.channels" CHANNEL("3"),
         3, 1},
        /* A channel says more than what is for all of them, wherever that stands. */
        {TOP OF_GROUP("1") "[groups.g.channels" CHANNEL("2") IN_GROUP "max_prefixes = 4\n", 2, 4},
        {TOP OF_GROUP("1") "[groups.g.channels" CHANNEL("2") IN_GROUP
         "max_prefixes = { ipv4-unicast = 4 }\n",
         4, 0},
        {TOP OF_GROUP("{ ipv4-unicast = 1 }") IN_GROUP, 1, 0},
        {TOP OF_GROUP("{ ipv4-unicast = 1 }") IN_GROUP "[peers.channels" CHANNEL("3"), 3, 0},
        {TOP OF_GROUP("{ ipv4-unicast = 1 }") IN_GROUP "max_prefixes = { ipv6-unicast = 4 }\n", 0,
         4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *c = parse_good(cases[i].text);
        uint32_t ipv4 = limit_of(&c->peers[0], FAMILY_IPV4_UNICAST)->limit;
        uint32_t ipv6 = limit_of(&c->peers[0], FAMILY_IPV6_UNICAST)->limit;
        if (ipv4 != cases[i].ipv4 || ipv6 != cases[i].ipv6)
            fail_msg("case %zu: %u and %u", i, ipv4, ipv6);
        config_free(c);
    }
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *problem; /* after the line number */
    } cases[] = {
        {"max_prefixes = { limit = -1 }", "26: limit must be from 0 to 4294967295, not -1"},
        {"max_prefixes = { action = \"warn\" }", "16: limit is missing in max_prefixes"},
        {"max_prefixes = { limit = 1, action = \"drop\" }",
         "38: unknown action 'drop' (valid: \"warn\", \"ignore-new\", \"shutdown\")"},
        {"max_prefixes = { limit = 1, action = \"ignore_new\" }",
         "38: unknown action 'ignore_new' (did you mean 'ignore-new'?)"},
        {"max_prefixes = { limit = 1, count = 2 }", "37: count must be a string, not an integer: "},
        {"max_prefixes = { limit = 1, count = \"all\" }",
         "37: unknown count 'all' (valid: \"received\", \"accepted\")"},
        {"max_prefixes = { limit = 1, warn_percent = 101 }",
         "44: warn_percent must be from 0 to 100, not 101"},
        {"max_prefixes = { limit = 1, restart_s = 0 }",
         "41: restart_s must be from 1 to 604800, not 0"},
        {"max_prefixes = { limit = 1, restart = 5 }",
         "29: unknown key 'restart' in max_prefixes (did you mean 'restart_s'?)"},
        {"max_prefixes = { limit = 1, session = 5 }",
         "29: unknown key 'session' in max_prefixes (valid keys: " LIMIT_KEYS ")"},
        {"channels = 5",
         "12: channels must be a table of families: write [peers.channels.\"ipv4 unicast\"], not "
         "an integer"},
        {"channels = { ipv4-unicast = 5 }",
         "29: channels.\"ipv4 unicast\" must be a table, not an integer"},
        {"channels = { ipv4 = {} }", "14: unknown family 'ipv4' (did you mean 'ipv4 unicast'?)"},
        {"channels = { ipv4-unicast = { max_prefix = 1 } }",
         "31: unknown key 'max_prefix' in channels.\"ipv4 unicast\" (did you mean "
         "'max_prefixes'?)"},
        {"channels = { ipv4-unicast = { max_prefixes = \"1\" } }",
         "46: max_prefixes must be an integer or a table, not a string"},
        {"channels = { ipv4-unicast = {}, \"IPV4 unicast\" = {} }",
         "33: channels of \"ipv4 unicast\" is given twice"},
        {"max_prefixes = { ipv4-unicast = 1 }\nchannels.ipv4-unicast.max_prefixes = 2",
         "18: max_prefixes of \"ipv4 unicast\" and that of its channel cannot be given together: "
         "one says what the other says"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        struct config_report report = {0};
        strbuf_printf(&text, PEER "%s\n", cases[i].line);
        assert_null(parse(strbuf_text(&text), &report));
        assert_int_equal(report.error_count, 1);
        const char *line = report.lines[0].text;
        char *problem = with_keys(cases[i].problem);
        if (strncmp(line, E, strlen(E)) != 0 ||
            strncmp(line + strlen(E), problem, strlen(problem)) != 0)
            fail_msg("%s: %s", cases[i].line, line);
        free(problem);
        config_report_release(&report);
        strbuf_release(&text);
    }
}

static void test_no_effect(void **state)
{
    (void)state;
    assert_warnings(PEER "[peers.channels.\"ipv4 unicast\"]\nmax_prefixes = 5\n", "");
    assert_warnings(PEER "max_prefixes = { limit = 5, action = \"warn\", restart_s = 60 }\n",
                    W "58: warning: restart_s has no effect: no session is ended by action = "
                      "\"warn\"\n");
    assert_warnings(PEER "families = [\"ipv4 unicast\"]\nchannels.ipv6-unicast.max_prefixes = 5\n",
                    "t.toml:7:10: warning: channels of \"ipv6 unicast\" has no effect: families "
                    "does not have it\n");
    /* In a group it is of use when a peer has the family. */
#define OF_G "[groups.g]\nfamilies = [\"ipv4 unicast\"]\nchannels.ipv6-unicast.max_prefixes = 5\n"
    assert_warnings(TOP OF_G IN_GROUP,
                    "t.toml:5:10: warning: channels of \"ipv6 unicast\" has no effect: no peer of "
                    "the group has it in families\n");
    assert_warnings(TOP OF_G IN_GROUP "families = [\"ipv6 unicast\"]\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_no_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
