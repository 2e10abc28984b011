/* Files that are not TOML in places: everything else that is wrong with them is found all the same,
 * and nothing that is not. */
#include <time.h>

#include "config_test.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"

/* A value without quotes, in line 6, in a peer that is right but for it. */
static void test_quotes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *problem;
    } cases[] = {
        {"router_id = 10.0.0.1", "13: router_id needs quotes: router_id = \"10.0.0.1\""},
        {"router_id = 10.1", "13: router_id must be a string like \"192.0.2.1\", not a float: it "
                             "needs quotes"},
        {"local_address = 10.0.0.1 # ours", "17: local_address needs quotes: local_address = "
                                            "\"10.0.0.1\""},
        {"local_address=fe80::1%eth0", "15: local_address needs quotes: local_address = "
                                       "\"fe80::1%eth0\""},
        {"local_address = 2001:db8::1", "17: local_address needs quotes: local_address = "
                                        "\"2001:db8::1\""},
        {"description = my best peer", "15: description needs quotes: description = \"my best "
                                       "peer\""},
        {"local_as = 1.10.3", "12: local_as needs quotes: local_as = \"1.10.3\""},
        {"local_as = 1.10", "12: local_as must be an AS number (65001 or \"1.10\"), not a float: "
                            "it needs quotes"},
        {"md5_password = hunter2", "16: md5_password needs quotes around its value"},
        {"md5_password = 123",
         "16: md5_password must be a string, not an integer: it needs quotes"},
        {"md5_password_file = /etc/key", "21: md5_password_file needs quotes: md5_password_file = "
                                         "\"/etc/key\""},
        {"families = [ipv4 unicast]", "13: families: what it holds needs quotes: \"ipv4 unicast\""},
        {"advertise_sources = [ \"api\", config ]",
         "30: advertise_sources: what it holds needs quotes: \"config\""},
        {"enabled = yes", "11: enabled must be a boolean (true or false), not yes"},
        {"hold_timer = 9s", "14: hold_timer must be an integer, not 9s"},
        {"local_address = 10.0.0.1\" # ours", "17: local_address needs quotes: local_address = "
                                              "\"10.0.0.1\""},
        {"families = [ipv4 unicast\"]",
         "13: families: what it holds needs quotes: \"ipv4 unicast\""},
        {"static_routes = [{ prefix = 10.0.0.0/8, next_hop = \"192.0.2.9\" }]",
         "29: prefix needs quotes: prefix = \"10.0.0.0/8\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        char expected[512];
        snprintf(text, sizeof(text), PEER "%s\n", cases[i].line);
        snprintf(expected, sizeof(expected), "t.toml:6:%s\n", cases[i].problem);
        assert_problems(text, expected);
    }
    assert_problems(PEER "[[peers.static_flows]]\nafi = 1\naction = traffic-rate 0\n"
                         "matches = [destination 10.0.0.0/8, \"protocol =6\"]\n",
                    "t.toml:8:10: action needs quotes: action = \"traffic-rate 0\"\n"
                    "t.toml:9:12: matches: what it holds needs quotes: \"destination "
                    "10.0.0.0/8\"\n");
}

/* Not a word of a value that may be a secret. */
static void test_secrets(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "md5_password = hunter2",           "md5_password hunter2",     "md5_pasword = hunter2",
        "md5_password = \"hunter2",         "md5_password = 'hunter2",  "md5_password = [hunter2]",
        "md5_password = \"\"\"hunter2\n\n", "md5_password = hunter2 3", "md5_password = 3 hunter2",
        "x = { md5_pass = hunter2 }",       "md5_password: hunter2",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct config_report report = {0};
        char text[512];
        snprintf(text, sizeof(text), PEER "%s\n", lines[i]);
        assert_null(parse(text, &report));
        for (size_t k = 0; k < report.line_count; k++)
            if (strstr(report.lines[k].text, "unter"))
                fail_msg("%s: %s", lines[i], report.lines[k].text);
        config_report_release(&report);
    }
}

/* What comes after an error is looked at, and what is taken out is missed by nobody. */
static void test_all_problems(void **state)
{
    (void)state;
    assert_problems("router_id = 10.0.0.1\n"
                    "default_as 65000\n"
                    "colour = 1\n"
                    "[groups.g]\n"
                    "remote_as = 1.2.3\n"
                    "advertise_sources = [peer]\n"
                    "[[peers]]\n"
                    "remote_ip = 192.0.2.2\n"
                    "group = g\n"
                    "hold_timer = 2\n"
                    "[[peers]]\n"
                    "remote_ip = \"192.0.2.3\"\n"
                    "group = \"g\"\n"
                    "route_server_client = true\n"
                    "dest_port = 0\n"
                    "description = \"x\" y\n",
                    "t.toml:1:13: router_id needs quotes: router_id = \"10.0.0.1\"\n"
                    "t.toml:2:12: Error while parsing key-value pair: expected '='\n"
                    "t.toml:3:1: unknown key 'colour' in the top level (valid keys: " GLOBAL_KEYS
                    ")\n"
                    "t.toml:5:13: remote_as needs quotes: remote_as = \"1.2.3\"\n"
                    "t.toml:6:22: advertise_sources: what it holds needs quotes: \"peer\"\n"
                    "t.toml:8:13: remote_ip needs quotes: remote_ip = \"192.0.2.2\"\n"
                    "t.toml:9:9: group needs quotes: group = \"g\"\n"
                    "t.toml:10:14: hold_timer must be 0 (none) or from 3 to 65535, not 2\n"
                    "t.toml:15:13: dest_port must be from 1 to 65535, not 0\n"
                    "t.toml:16:19: Error while parsing key-value pair: expected a comment or "
                    "whitespace\n");
}

static void test_not_closed(void **state)
{
    (void)state;
    assert_problems(PEER "families = [\"ipv4 unicast\",\n"
                         "  # and no more\n"
                         "hold_timer = 1\n",
                    "t.toml:6:12: what begins here with [ is not closed\n"
                    "t.toml:8:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
    assert_problems(PEER "families = [\"ipv4 unicast\"\n"
                         "[[peers.static_routes]]\nprefix = \"x\"\nnext_hop = \"192.0.2.9\"\n",
                    "t.toml:6:12: what begins here with [ is not closed\n"
                    "t.toml:8:10: prefix: 'x' is not a prefix (\"192.0.2.0/24\")\n");
    assert_problems(TOP "[groups.g]\nmax_prefixes = { ipv4-unicast = 1\nremote_as = 1\n"
                        "[[peers]]\nremote_ip = \"192.0.2.2\"\ngroup = \"g\"\nhold_timer = 1\n",
                    "t.toml:4:16: what begins here with { is not closed\n"
                    "t.toml:9:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
    assert_problems(PEER "description = \"\"\"a\nremote_as = 5\n",
                    "t.toml:6:15: what begins here with \" is not closed\n");
    assert_problems(PEER "description = \"a\nhold_timer = 1\n",
                    "t.toml:6:15: what begins here with \" is not closed\n"
                    "t.toml:7:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
    assert_problems(PEER "families = [\"ipv4 unicast\",\n\"ipv6 unicast,\n]\ndescription = 'a",
                    "t.toml:7:1: what begins here with \" is not closed\n"
                    "t.toml:9:15: what begins here with ' is not closed\n");
    assert_problems(PEER "families = # all\n  \"ipv4 unicast\",\n\"ipv6 unicast\"\n]\ncolour = 1\n",
                    "t.toml:6:12: Error while parsing key-value pair: expected value\n"
                    "t.toml:10:1: unknown key 'colour' in [[peers]] (valid keys: " PEER_KEYS ")\n");
    assert_problems(PEER "families =\n\"ipv4 unicast\",\nhold_timer = 1\n",
                    "t.toml:6:10: a list needs brackets: [ is missing\n"
                    "t.toml:8:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
    /* Arrays may well hold what looks like headers. */
    assert_problems(PEER "as_path = [\n[1],\n[true],\n[\"x\"],\n]\nhold_timer = 1x\n",
                    "t.toml:6:1: unknown key 'as_path' in [[peers]] (valid keys: " PEER_KEYS ")\n"
                    "t.toml:11:14: hold_timer must be an integer, not 1x\n");
}

static void test_headers(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "[[peers]", "[peers]]",   "[ [peers]]", "[[peers", "[[ peers ] # the second",
        "peers]]",  "peers ] # 2"};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text),
                 PEER "%s\nremote_ip = \"192.0.2.3\"\nremote_as = 1\nhold_timer = 1\n", headers[i]);
        assert_problems(text, "t.toml:6:1: this should be [[peers]]\n"
                              "t.toml:9:14: hold_timer must be 0 (none) or from 3 to 65535, not "
                              "1\n");
    }
    assert_problems(PEER "[[peers]] remote_ip = \"192.0.2.3\"\nremote_as = 0\n",
                    "t.toml:6:11: Error while parsing table header: expected a comment or "
                    "whitespace\n"
                    "t.toml:7:13: remote_as must be from 1 to 4294967295, not 0\n");
    assert_problems(
        TOP "[groups.g]]\nremote_as = 1\n[[peers]]\nremote_ip = \"192.0.2.2\"\n"
            "group = \"g\"\nstatic_routes]]\n",
        "t.toml:3:1: this should be [groups.g]\n"
        "t.toml:8:3: unknown key 'static_routes' in the top level (valid keys: " GLOBAL_KEYS ")\n"
        "t.toml:8:14: Error while parsing key-value pair: expected '='\n");
    /* What cannot be made out goes with all that is in it. */
    assert_problems(PEER "[groups x]\nremote_as = 1\n[[peers]]\nremote_ip = \"192.0.2.3\"\n"
                         "group = \"x\"\nhold_timer = 1\n",
                    "t.toml:6:9: Error while parsing table header: expected …\n"
                    "t.toml:11:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
}

static void test_twice(void **state)
{
    (void)state;
    assert_problems(PEER "hold_timer = 9\nhold_timer = 9\ncolour = 1\n",
                    "t.toml:7:1: hold_timer is given twice: also on line 6\n"
                    "t.toml:8:1: unknown key 'colour' in [[peers]] (valid keys: " PEER_KEYS ")\n");
    assert_problems(TOP "[groups.g]\nremote_as = 1\n[groups.g] # again\nhold_timer = 9\n"
                        "[[peers]]\nremote_ip = \"192.0.2.3\"\ngroup = \"g\"\nhold_timer = 1\n",
                    "t.toml:5:1: [groups.g] is given twice: also on line 3\n"
                    "t.toml:10:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
    /* What is in a group that is given again is looked at, too, and counts as missing nowhere. */
    assert_problems(TOP "[groups.g]\nhold_timer = 9\n[groups.h]\n[groups.g]\nremote_as = 1\n"
                        "remote_i = 1\n[groups.g]\ndest_port = 0\n[[peers]]\n"
                        "remote_ip = \"192.0.2.3\"\ngroup = \"g\"\n"
                        "[groups.h]\nmd5_password = \"\"\"a\nhold_timer = 1\n",
                    "t.toml:6:1: [groups.g] is given twice: also on line 3\n"
                    "t.toml:8:1: unknown key 'remote_i' in [groups.g (line 6)] (did you mean "
                    "'remote_as'?)\n"
                    "t.toml:9:1: [groups.g] is given twice: also on line 3\n"
                    "t.toml:10:13: dest_port must be from 1 to 65535, not 0\n"
                    "t.toml:14:1: [groups.h] is given twice: also on line 5\n"
                    "t.toml:15:16: what begins here with \" is not closed\n");
    assert_problems(PEER "[peers.max_prefixes]\nipv4-unicast = 1\n[peers.max_prefixes]\n"
                         "ipv6-unicast = 'a\nipv4-flow = [ 1,\nipv6-flow = \"\"\"b\n",
                    "t.toml:8:1: [peers.max_prefixes] is given twice: also on line 6\n"
                    "t.toml:9:16: what begins here with ' is not closed\n"
                    "t.toml:10:13: what begins here with [ is not closed\n"
                    "t.toml:11:13: what begins here with \" is not closed\n");
    assert_problems(PEER "[peers]\nremote_ip = \"192.0.2.3\"\nremote_as = 0\n",
                    "t.toml:6:1: this should be [[peers]]\n"
                    "t.toml:8:13: remote_as must be from 1 to 4294967295, not 0\n");
    assert_problems(TOP "[peers]\nremote_ip = \"192.0.2.3\"\nremote_as = 0\n[[peers]]\n"
                        "remote_ip = \"192.0.2.3\"\nremote_as = 1\n",
                    "t.toml:3:1: this should be [[peers]]\n"
                    "t.toml:5:13: remote_as must be from 1 to 4294967295, not 0\n"
                    "t.toml:7:13: remote_ip 192.0.2.3/32 is that of another peer: line 4\n");
}

static void test_bad_characters(void **state)
{
    (void)state;
    assert_problems(PEER
                    "\xff\xff = 1\ndescription = \"\xfe\"\nhold_timer = 1 # \xfd\ncolour = 1\n",
                    "t.toml:6:1: Encountered invalid utf-8 sequence\n"
                    "t.toml:7:16: Encountered invalid utf-8 sequence\n"
                    "t.toml:8:18: Encountered invalid utf-8 sequence\n"
                    "t.toml:9:1: unknown key 'colour' in [[peers]] (valid keys: " PEER_KEYS ")\n");
    assert_problems(PEER "# \x01\nhold_timer = 1\n",
                    "t.toml:6:3: Error while parsing comment: control characters other than TAB "
                    "(U+0009) are explicitly prohibited in comments\n"
                    "t.toml:7:14: hold_timer must be 0 (none) or from 3 to 65535, not 1\n");
}

/* However large the file and however many its errors: an answer, soon. */
static void test_bounds(void **state)
{
    (void)state;
    struct strbuf text = {0};
    struct config_report report = {0};
    strbuf_add(&text, PEER);
    for (unsigned i = 0; i < 100000; i++)
        strbuf_printf(&text, "key_%u = 10.0.0.%u\n", i, i);
    clock_t start = clock();
    assert_null(config_parse(strbuf_text(&text), text.len_bytes, "t.toml", &report));
    assert_true(clock() - start <
                20 * CLOCKS_PER_SEC); /* a tenth of a second, on an idle machine */
    assert_in_range(report.error_count, 2, 1 + CONFIG_ERRORS_MAX);
    config_report_release(&report);
    strbuf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),         cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_all_problems),   cmocka_unit_test(test_not_closed),
        cmocka_unit_test(test_headers),        cmocka_unit_test(test_twice),
        cmocka_unit_test(test_bad_characters), cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
