/* What in policies has no effect, and what is said where policies are required. */
#include "config_test.h"
#include "policy/chain.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"
/* Rules are on line 9 and the following ones. */
#define RULES    PEER "import = \"p\"\n[policies.p]\nrules = [\n"
#define LINE(n)  "t.toml:" #n ":1: warning: "
#define NO_RULE  "this rule has no effect: "
#define SAME(by) NO_RULE by " has the same condition, and ends the policy\n"
#define LESS(by) NO_RULE by " asks for less, and ends the policy\n"
#define LATE(by) NO_RULE "it cannot be reached, as " by " ends the policy for all routes\n"

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        const char *warnings;
    } cases[] = {
        {"{ if = { med = 1 }, then = \"accept\" },\n{ then = \"reject\" }]", ""},
        {"{ then = \"reject\" },\n{ if = { med = 1 }, then = \"accept\" },\n{ then = \"next\" }]",
         LINE(10) LATE("rule 1 (line 9)") LINE(11) LATE("rule 1 (line 9)")},
        {"{ then = \"next\" }]\ndefault = \"reject\"",
         "t.toml:10:11: warning: default has no effect: the rule of line 9 ends the policy for all "
         "routes\n"},
        /* A set does not end it. */
        {"{ set = { med = 1 } },\n{ then = \"reject\" }]", ""},
        /* What asks for more comes too late. */
        {"{ if = { med = 1 }, then = \"accept\" },\n{ if = { prefix_length = 9, med = 1, "
         "local_pref = 2 }, then "
         "= \"reject\" },\n{ if = { any = [{ med = 1 }, { local_pref = 3 }] }, then = \"reject\" "
         "}]",
         LINE(10) LESS("rule 1 (line 9)")},
        {"{ if = { med = 1 }, set = { med = 2 } },\n{ if = { med = 1, local_pref = 2 }, then = "
         "\"reject\" }]",
         ""},
        {"{ if = { med = 1, local_pref = 2 }, then = \"reject\" },\n{ if = { med = 1 }, then = "
         "\"accept\" }]",
         ""},
        {"{ if = { med = 1 }, then = \"accept\" },\n{ set = { local_pref = 3 } },\n"
         "{ if = { med = 1, local_pref = 2 }, then = \"reject\" }]",
         ""},
        {"{ if = { all = [{ med = 1 }] }, then = \"accept\" },\n{ if = { all = [{ med = 1 }, { "
         "local_pref = 2 }] }, "
         "then = \"reject\" }]",
         ""},
        /* Conditions are compared by what they say. */
        {"{ name = \"a\", if = { med = 1, local_pref = 2 }, then = \"accept\" },\n"
         "{ if = { local_pref = \"2\", med = [1] }, then = \"reject\" }]",
         LINE(10) SAME("rule 'a' (line 9)")},
        {"{ if = { med = 1 }, then = \"next\" },\n{ if = { med = 2 }, then = \"accept\" },\n"
         "{ if = { med = 1 }, set = { local_pref = 1 } },\n"
         "{ if = { med = 1 }, then = \"accept\" }]",
         LINE(11) SAME("rule 1 (line 9)")},
        /* The first one does not end it, or what is set between may make others of the routes. */
        {"{ if = { med = 1 }, set = { local_pref = 1 } },\n{ if = { med = 1 }, then = \"accept\" "
         "}]",
         ""},
        {"{ if = { med = 1 }, then = \"accept\" },\n{ set = { med = 1 } },\n"
         "{ if = { med = 1 }, then = \"reject\" }]",
         ""},
        {"{ if = { med = 1 } }]", LINE(9) NO_RULE "it has neither set nor then\n"},
        {"{ name = \"a\", then = \"next\", if.med = 1 },\n{ name = \"b\", if.med = 2, then = "
         "\"next\" },\n{ name = \"a\", if.med = 3, then = \"next\" }]",
         "t.toml:11:10: warning: rule name 'a' is that of another rule: line 9\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, RULES "%s\n", cases[i].rules);
        assert_warnings(strbuf_text(&text), cases[i].warnings);
        strbuf_release(&text);
    }
}

static void test_chains(void **state)
{
    (void)state;
#define THREE                                                                                      \
    "[policies.all]\ndefault = \"accept\"\n[policies.some]\nrules = [{ if = { med = 1 }, then = "  \
    "\"accept\" }]\n[policies.most]\ndefault = \"reject\"\nrules = [{ if = { med = 1 }, then = "   \
    "\"next\" }]\n"
    assert_warnings(PEER "import = [\"some\", \"most\", \"all\"]\n" THREE, "");
    assert_warnings(PEER "import = [\"some\", \"all\", \"most\"]\n" THREE,
                    "t.toml:6:26: warning: 'most' has no effect here: all before it decides over "
                    "all routes\n");
    assert_warnings(PEER "export = [\"some\", \"all\"]\n" THREE,
                    "t.toml:11:1: warning: [policies.most] has no effect: no import or export "
                    "names it\n");
    /* One that is mistyped may be meant. */
    assert_problems(PEER "export = [\"some\", \"moost\", \"all\"]\n" THREE,
                    "t.toml:6:19: there is no [policies.moost] (did you mean 'most'?)\n");
}

static void test_sets(void **state)
{
    (void)state;
    assert_warnings(RULES "{ if = { prefix = \"a\", origin_as = \"b\", community = \"c\" }, then = "
                          "\"accept\" }]\n[prefix_sets]\na = [\"10.0.0.0/8\"]\n"
                          "[as_sets]\nb = [1]\na = [2]\n[community_sets]\nc = [\"1:*\"]\n",
                    "t.toml:14:1: warning: AS set 'a' has no effect: no rule names it\n");
}

static void test_no_effect(void **state)
{
    (void)state;
    assert_warnings(PEER "export = \"p\"\nadvertise_sources = []\n[policies.p]\n",
                    "t.toml:6:10: warning: export has no effect: advertise_sources is empty\n");
    assert_warnings(PEER "export = []\nadvertise_sources = []\n", "");
    assert_warnings(PEER "keep_filtered = false\n",
                    "t.toml:6:17: warning: keep_filtered has no effect: there is no import "
                    "policy\n");
    assert_warnings(PEER "keep_filtered = false\nchannels.\"ipv4 flow\".import = \"p\"\n"
                         "[policies.p]\n",
                    "");
    assert_warnings(PEER "families = [\"ipv4 unicast\"]\nchannels.\"ipv6 unicast\".import = \"p\"\n"
                         "[policies.p]\n",
                    "t.toml:7:10: warning: channels of \"ipv6 unicast\" has no effect: families "
                    "does not have it\n");
    assert_warnings(PEER "families = [\"ipv4 unicast\"]\nvalidate_flows = true\n",
                    "t.toml:7:18: warning: validate_flows has no effect: families has no flows\n");
    assert_warnings(PEER "families = [\"ipv4 unicast\"]\nvalidate_flows = false\n", "");
    assert_warnings(PEER "channels.\"ipv6 unicast\".validate_flows = true\n",
                    "t.toml:6:42: warning: validate_flows has no effect: \"ipv6 unicast\" has no "
                    "flows\n");
    assert_warnings(TOP "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65000\n"
                        "ebgp_requires_policy = true\n",
                    "t.toml:6:24: warning: ebgp_requires_policy has no effect: it is for external "
                    "peers, and remote_as and local_as are the same\n");
}

/* An ASN for which a standard community has no room: said once, of those who have the policy. */
static void test_no_room(void **state)
{
    (void)state;
#define WITH_AS(address, as)                                                                       \
    "[[peers]]\nremote_ip = \"" address "\"\nremote_as = " as "\nexport = \"p\"\n"
#define ADDS                                                                                       \
    "[policies.p]\n[[policies.p.rules]]\nset.communities.add = [\"0:{peer.as}\", "                 \
    "\"0:0:{peer.as}\"]\n"
    assert_warnings(TOP WITH_AS("192.0.2.2", "65001") ADDS, "");
    assert_warnings(TOP WITH_AS("192.0.2.2", "65001") WITH_AS("192.0.2.3", "70000") ADDS,
                    "t.toml:13:5: warning: communities: '0:{peer.as}' has no room for AS 70000: it "
                    "is not added (192.0.2.3)\n");
    assert_warnings(
        TOP WITH_AS("192.0.2.2", "70001") "name = \"far\"\n" WITH_AS("192.0.2.0/24", "70000") ADDS,
        "t.toml:14:5: warning: communities: '0:{peer.as}' has no room for AS 70001: it "
        "is not added (far and 1 other peer)\n");
}

static void test_names_of_peers(void **state)
{
    (void)state;
    assert_warnings(
        TOP
        "[groups.g]\n[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nname = \"p1\"\n"
        "group = \"g\"\nimport = \"p\"\n[policies.p]\nrules = [\n"
        "{ if.source = [\"p1\", \"g\", \"api\", \"192.0.2.7\", \"2001:db8::/32\"], then = \"next\" "
        "},\n"
        "{ if.any = [{ not.source = \"p2\" }, { source = [\"g\", \"h\"] }], then = \"next\" }]\n",
        "t.toml:13:28: warning: source 'p2' matches nothing: no peer or group has that name\n"
        "t.toml:13:53: warning: source 'h' matches nothing: no peer or group has that name\n");
}

/* Of a policy that is read with values of parameters, any may be meant. */
static void test_marks(void **state)
{
    (void)state;
#define MARKS(sets)                                                                                \
    TOP "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n"                \
        "[policies.p]\nrules = [\n{ set = { mark = " sets " } },\n"                                \
        "{ if = { mark = \"customer\" }, then = \"accept\" },\n"                                   \
        "{ if = { any = [{ mark = [\"peer\", \"customer\"] }] }, then = \"reject\" }]\n"
    assert_warnings(MARKS("[\"customer\", \"peer\"]"), "");
    assert_warnings(MARKS("{ add = [\"customer\", \"peer\"] }"), "");
    assert_warnings(MARKS("\"$m\"") "[parameters]\nm = \"x\"\n", "");
    assert_warnings(MARKS("{ remove = \"peer\", add = \"custmer\" }"),
                    "t.toml:10:17: warning: mark 'customer' matches nothing: no policy sets it\n"
                    "t.toml:11:27: warning: mark 'peer' matches nothing: no policy sets it\n"
                    "t.toml:11:35: warning: mark 'customer' matches nothing: no policy sets it\n");
}

/* --- RFC 8212 --- */

static const struct config_channel *ipv4_of(const struct config *c, size_t peer)
{
    return config_peer_channel(&c->peers[peer], FAMILY_IPV4_UNICAST);
}

static bool is_required(const struct policy_chain *chain)
{
    return chain && chain->policy_count == 1 &&
           strcmp(chain->policies[0]->name, CONFIG_REQUIRED_POLICY) == 0;
}

static void test_required(void **state)
{
    (void)state;
    struct config *c = parse_good("ebgp_requires_policy = true\n" TOP
                                  "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\n"
                                  "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65000\n"
                                  "[[peers]]\nremote_ip = \"192.0.2.4\"\nremote_as = 65001\n"
                                  "import = \"zz\"\nexport = []\n"
                                  "[[peers]]\nremote_ip = \"192.0.2.5\"\nremote_as = 65001\n"
                                  "ebgp_requires_policy = false\n[policies.zz]\n");
    assert_true(is_required(ipv4_of(c, 0)->import));
    assert_true(is_required(ipv4_of(c, 0)->export));
    assert_null(ipv4_of(c, 1)->import);
    assert_null(ipv4_of(c, 1)->export);
    assert_string_equal(ipv4_of(c, 2)->import->policies[0]->name, "zz");
    assert_true(is_required(ipv4_of(c, 2)->export));
    assert_null(ipv4_of(c, 3)->import);
    /* It is one of the policies that there are. */
    assert_int_equal(c->policy_count, 2);
    struct policy *required = config_find_policy(c, CONFIG_REQUIRED_POLICY);
    assert_ptr_equal(required, ipv4_of(c, 0)->import->policies[0]);
    assert_int_equal(required->fallback, POLICY_REJECT);
    assert_int_equal(required->rule_count, 0);
    assert_int_equal(required->line, 1);
    assert_non_null(config_find_policy(c, "zz"));
    config_free(c);
}

static void test_required_warnings(void **state)
{
    (void)state;
#define IN_FORCE "ebgp_requires_policy is in force\n"
    assert_warnings(
        PEER "ebgp_requires_policy = true\n",
        "t.toml:3:1: warning: nothing is accepted from this peer without import "
        "policy: " IN_FORCE
        "t.toml:3:1: warning: nothing is told this peer without export policy: " IN_FORCE);
    assert_warnings(PEER "ebgp_requires_policy = true\nexport = \"p\"\n"
                         "families = [\"ipv4 unicast\", \"ipv6 unicast\"]\n"
                         "channels.\"ipv4 unicast\".import = \"p\"\n[policies.p]\n",
                    "t.toml:3:1: warning: nothing is accepted from this peer without import policy "
                    "in \"ipv6 unicast\": " IN_FORCE);
    assert_warnings(TOP "[groups.g]\nebgp_requires_policy = true\nimport = \"p\"\n"
                        "export = \"p\"\n[[peers]]\nremote_ip = \"192.0.2.2\"\n"
                        "remote_as = 65001\ngroup = \"g\"\n[policies.p]\n",
                    "");
    assert_problems(PEER "[policies.ebgp_requires_policy]\n",
                    "t.toml:6:11: 'ebgp_requires_policy' cannot be the name of a policy: it is "
                    "that of a built-in one\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_no_effect),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_names_of_peers),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_required_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
