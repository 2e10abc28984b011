/* Policies: rules in all their forms, what is wrong with them, and which ones a channel has. */
#include "config/diff.h"
#include "config_test.h"
#include "policy/match_row.h"

#define TOP      "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"
#define IN_GROUP "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\ngroup = \"g\"\n"
#define P        "[policies.p]\n"

/* --- rules --- */

static const struct policy *only_policy(const struct config *c)
{
    assert_int_equal(c->policy_count, 1);
    assert_ptr_equal(config_find_policy(c, c->policies[0]->name), c->policies[0]);
    return c->policies[0];
}

static void test_forms(void **state)
{
    (void)state;
    static const char *const texts[] = {
        PEER
        "import = \"p\"\n" P "default = \"reject\"\nrules = [\n"
        "{ name = \"a\", if = { med = 5 }, then = \"reject\" },\n"
        "{ if = { prefix_length = \"8-24\", med = [1, \"3-4\"] }, set = { local_pref = 7 } },\n"
        "{ then = \"next\" } ]\n",
        PEER "import = \"p\"\n" P "default = \"reject\"\n"
             "[[policies.p.rules]]\nname = \"a\"\nif.med = 5\nthen = \"reject\"\n"
             "[[policies.p.rules]]\nset.local_pref = \"7\"\n"
             "[policies.p.rules.if]\nmed = [\"1\", \"3-4\"]\nprefix_length = [\"8-24\"]\n"
             "[[policies.p.rules]]\nthen = \"next\"\n",
    };
    struct policy_digest digests[2];
    for (size_t i = 0; i < 2; i++) {
        struct config *c = parse_good(texts[i]);
        const struct policy *p = only_policy(c);
        assert_string_equal(p->name, "p");
        assert_int_equal(p->rule_count, 3);
        assert_int_equal(p->fallback, POLICY_REJECT);
        assert_string_equal(p->rules[0].name, "a");
        assert_null(p->rules[1].name);
        assert_int_equal(p->rules[0].then, POLICY_REJECT);
        assert_int_equal(p->rules[1].then, POLICY_GO_ON);
        assert_int_equal(p->rules[2].then, POLICY_NEXT);
        assert_int_equal(p->rules[0].when.junction, POLICY_MATCH);
        assert_int_equal(p->rules[1].when.junction, POLICY_ALL);
        assert_int_equal(p->rules[1].when.count, 2);
        assert_string_equal(p->rules[1].when.of[0].match->name, "med"); /* keys come last */
        assert_int_equal(p->rules[1].set_count, 1);
        assert_int_equal(p->rules[2].when.count, 0);
        assert_int_equal(p->rules[2].set_count, 0);
        digests[i] = p->digest;
        config_free(c);
    }
    assert_true(policy_digest_equal(digests[0], digests[1]));
}

static void test_lines(void **state)
{
    (void)state;
    struct config *c = parse_good(PEER "import = \"p\"\n" P "rules = [\n{ then = \"next\", "
                                       "if = { med = 1 } },\n\n{ then = \"accept\" } ]\n");
    assert_int_equal(only_policy(c)->line, 7);
    assert_int_equal(only_policy(c)->rules[0].line, 9);
    assert_int_equal(only_policy(c)->rules[1].line, 11);
    config_free(c);
    c = parse_good(PEER "import = \"p\"\n[[policies.p.rules]]\nthen = \"accept\"\n");
    assert_int_equal(only_policy(c)->rules[0].line, 7);
    config_free(c);
}

static void test_nested(void **state)
{
    (void)state;
    struct config *c = parse_good(
        PEER
        "import = \"p\"\n" P "rules = [{ then = \"accept\", if = { med = 1, not = { any = [\n"
        "{ med = 2 }, { all = [{ med = 3 }, { prefix_length = 4, local_pref = 5 }] }] } } }]\n");
    const struct policy_condition *when = &only_policy(c)->rules[0].when;
    assert_int_equal(when->count, 2);
    assert_int_equal(when->of[0].junction, POLICY_MATCH);
    assert_int_equal(when->of[1].junction, POLICY_NOT);
    const struct policy_condition *any = &when->of[1].of[0];
    assert_int_equal(any->junction, POLICY_ANY);
    assert_int_equal(any->count, 2);
    assert_int_equal(any->of[1].junction, POLICY_ALL);
    assert_int_equal(any->of[1].of[1].junction, POLICY_ALL);
    assert_int_equal(any->of[1].of[1].count, 2);
    config_free(c);
}

/* --- what is wrong --- */

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *lines; /* from line 8 on, in [policies.p] */
        const char *problems;
    } cases[] = {
        {"default = \"drop\"",
         "t.toml:8:11: unknown default 'drop' (valid: \"accept\", \"reject\", "
         "\"next\")\n"},
        {"rule = []", "t.toml:8:1: unknown key 'rule' in [policies.p] (did you mean 'rules'?)\n"},
        {"rules = {}", "t.toml:8:9: rules must be a list of tables, not a table\n"},
        {"rules = [1]", "t.toml:8:10: [[policies.NAME.rules]] must be a table, not an integer\n"},
        {"rules = [{ colour = {} }]",
         "t.toml:8:12: unknown key 'colour' in [[policies.NAME.rules]] (valid keys: " RULE_KEYS
         ")\n"},
        {"rules = [{ name = \"\" }]", "t.toml:8:19: name must have from 1 to 100 bytes, not 0\n"},
        {"rules = [{ name = \"a\\nb\" }]", "t.toml:8:19: name must be of printable characters\n"},
        {"rules = [{ then = \"rejects\" }]",
         "t.toml:8:19: unknown then 'rejects' (did you mean 'reject'?)\n"},
        {"rules = [{ if = \"all\" }]",
         "t.toml:8:17: if must be a table of conditions, not a string\n"},
        {"rules = [{ if = {} }]",
         "t.toml:8:17: this condition is empty: a rule for all routes has no `if`\n"},
        {"rules = [{ if = { not = {} } }]",
         "t.toml:8:25: this condition is empty: it must hold at least one key\n"},
        {"rules = [{ if = { not = [] } }]",
         "t.toml:8:25: not must be a table of conditions, not an array\n"},
        {"rules = [{ if = { any = [] } }]",
         "t.toml:8:25: any is empty: it must hold at least one condition\n"},
        {"rules = [{ if = { all = [{}] } }]",
         "t.toml:8:26: this condition is empty: it must hold at least one key\n"},
        {"rules = [{ if = { all = { med = 1 } } }]",
         "t.toml:8:25: all must be a list of tables of conditions, not a table\n"},
        {"rules = [{ if = { any = [1, { med = 1 }] } }]",
         "t.toml:8:26: any must hold tables of conditions, not an integer\n"},
        {"rules = [{ if = { any = [{ medd = 1 }] } }]",
         "t.toml:8:28: unknown key 'medd' in a condition (did you mean 'med'?)\n"},
        {"rules = [{ if = { med = [] } }]", "t.toml:8:25: med has an empty list (it takes a "
                                            "number, a range (\"100-200\") or a list of "
                                            "these)\n"},
        {"rules = [{ if = { med = [1, true] } }]",
         "t.toml:8:29: med takes a number, a range (\"100-200\") or a list of these, not a "
         "boolean\n"},
        {"rules = [{ if = { med = [1, \"5-x\"] } }]",
         "t.toml:8:29: med: '5-x' is no number or range (expected 24 or \"8-24\", up to "
         "4294967295)\n"},
        {"rules = [{ if = { prefix_length = \"24-8\" } }]",
         "t.toml:8:35: prefix_length: the range '24-8' is empty: it ends before it begins\n"},
        {"rules = [{ set = {} }]", "t.toml:8:18: set is empty: it must hold at least one key\n"},
        {"rules = [{ set = { localpref = 1 } }]",
         "t.toml:8:20: unknown key 'localpref' in set (did you mean 'local_pref'?)\n"},
        {"rules = [{ set = { local_pref = [1] } }]",
         "t.toml:8:33: local_pref takes a number, \"+10\", \"-10\" or \"remove\", not an array\n"},
        {"rules = [{ set = { local_pref = \"x\" } }]",
         "t.toml:8:33: local_pref: 'x' is not what it can be set to (expected a number up to "
         "4294967295, \"+10\", \"-10\" or \"remove\")\n"},
        {"rules = [\n{ then = 1 },\n{ if = { med = \"x\", local_pref = -1 } },\n{ thn = \"next\" "
         "}]",
         "t.toml:9:10: then must be a string, not an integer: it needs quotes\n"
         "t.toml:10:16: med: 'x' is no number or range (expected 24 or \"8-24\", up to "
         "4294967295)\n"
         "t.toml:10:34: local_pref: '-1' is no number or range (expected 24 or \"8-24\", up to "
         "4294967295)\n"
         "t.toml:11:3: unknown key 'thn' in [[policies.NAME.rules]] (did you mean 'then'?)\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, PEER "import = \"p\"\n" P "%s\n", cases[i].lines);
        assert_problems(strbuf_text(&text), cases[i].problems);
        strbuf_release(&text);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_problems(PEER "[policies.\"a b\"]\n",
                    "t.toml:6:11: 'a b' cannot be the name of a policy: it takes 1 to 64 letters, "
                    "digits, '-', '_' and '.'\n");
    assert_problems(PEER "policies = 5\n", "t.toml:6:1: unknown key 'policies' in [[peers]] (valid "
                                           "keys: " PEER_KEYS ")\n");
    assert_problems("policies = 5\n" PEER,
                    "t.toml:1:12: policies must be a table: write [policies.NAME], not an "
                    "integer\n");
    assert_problems("policies.p = 5\n" PEER "import = \"p\"\n",
                    "t.toml:1:14: [policies.p] must be a table, not an integer\n");
    assert_problems(PEER "import = \"q\"\n" P, "t.toml:6:10: there is no [policies.q]\n");
    assert_problems(PEER "import = [\"customer-inn\", 5, \"customer-in\", \"customer-in\"]\n"
                         "[policies.customer-in]\n",
                    "t.toml:6:11: there is no [policies.customer-inn] (did you mean "
                    "'customer-in'?)\n"
                    "t.toml:6:27: import must hold names of policies, not an integer: it needs "
                    "quotes\n"
                    "t.toml:6:45: import names 'customer-in' twice\n");
    assert_problems(PEER "export = 5\n",
                    "t.toml:6:10: export must be a list of names of policies, not an integer: it "
                    "needs quotes\n");
    /* Said where it stands, however many peers inherit it. */
    assert_problems(TOP "[groups.g]\nexport = \"q\"\n" IN_GROUP
                        "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65001\ngroup = \"g\"\n",
                    "t.toml:4:10: there is no [policies.q]\n");
}

/* What is not known, as part of the file is not TOML, is not missed. */
static void test_unreadable(void **state)
{
    (void)state;
    struct config_report report = {0};
    assert_null(
        parse(PEER "import = \"p\"\n[policies.p\n]\nrules = [{ then = \"accept\" }]\n", &report));
    assert_false(report_says(&report, "there is no"));
    config_report_release(&report);
}

/* A rule may go over several lines, and what is wrong in one of them is found there. */
static void test_over_lines(void **state)
{
    (void)state;
    struct config *c =
        parse_good(PEER "import = \"p\"\n" P "rules = [\n"
                        "  { name = \"a\", if = { med = 1 },\n"
                        "    set = { local_pref = 2 }, then = \"accept\",\n  },\n]\n");
    assert_int_equal(only_policy(c)->rules[0].set_count, 1);
    config_free(c);
    assert_problems(PEER "import = \"p\"\n" P "rules = [\n"
                         "  { name = \"a\",\n"
                         "    if = { med = 1..5 },\n"
                         "    then = acept },\n"
                         "  { then = \"drop\" },\n]\n[[policies.p]\ndefault = next\n",
                    "t.toml:10:18: med needs quotes: med = \"1..5\"\n"
                    "t.toml:11:12: then needs quotes: then = \"acept\"\n"
                    "t.toml:12:12: unknown then 'drop' (valid: \"accept\", \"reject\", \"next\")\n"
                    "t.toml:14:1: this should be [policies.p]\n");
    assert_problems(PEER "import = \"p\"\n" P "rules = [\n"
                         "  { name = \"a\",\n"
                         "    then = \"accept\",\n"
                         "  { then = \"drop\" },\n]\n[[peers]]\nremote_as = 1\nremote_ip = 5\n",
                    "t.toml:8:9: what begins here with [ is not closed\n"
                    "t.toml:15:13: remote_ip must be a string, not an integer: it needs quotes\n");
}

static void test_too_long(void **state)
{
    (void)state;
    struct strbuf text = {0};
    strbuf_add(&text, PEER "import = \"p\"\n" P "rules = [\n");
    for (unsigned i = 0; i < POLICY_CHAIN_MAX_RULES; i++)
        strbuf_add(&text, "{ set = { local_pref = 1 } },\n");
    strbuf_add(&text, "]\n");
    assert_problems(strbuf_text(&text),
                    "t.toml:6:10: these policies have more than 59999 rules together\n");
    strbuf_release(&text);
}

/* Rules on prefixes alone are asked about each prefix; those that ask for an AS beside are not. */
static void test_too_many_prefixes(void **state)
{
    (void)state;
    struct strbuf text = {0};
    strbuf_add(&text, PEER "import = \"p\"\n" P "rules = [\n");
    for (unsigned i = 0; i < POLICY_CHAIN_MAX_KEY_TESTS; i++)
        strbuf_printf(
            &text,
            "{ if = { any = [{ prefix = \"10.%u.%u.0/24\" }] }, then = \"reject\" },\n"
            "{ if = { prefix = \"10.1.0.0/24\", neighbor_as = %u }, then = \"reject\" },\n",
            i / 256, i % 256, i + 1);
    strbuf_add(&text, "]\n");
    config_free(parse_good(strbuf_text(&text)));
    strbuf_release(&text);
    strbuf_add(&text, PEER "import = \"p\"\n" P "rules = [{ if = { any = [\n");
    for (unsigned i = 0; i <= POLICY_CHAIN_MAX_KEY_TESTS; i++)
        strbuf_printf(&text, "{ prefix = \"10.%u.%u.0/24\" },\n", i / 256, i % 256);
    strbuf_add(&text, "] }, then = \"reject\" }]\n");
    assert_problems(strbuf_text(&text),
                    "t.toml:6:10: more than 1000 conditions of these policies ask each prefix "
                    "(expected prefix sets for prefixes that are treated alike, or in the same "
                    "rule something of the attributes, as neighbor_as, which is asked first)\n");
    strbuf_release(&text);
}

/* --- names of peers --- */

static void test_peer_names(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.g]\n" IN_GROUP "name = \"as65001.1\"\n"
                                      "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n");
    assert_string_equal(c->peers[0].name, "as65001.1");
    assert_string_equal(c->peers[0].group, "g");
    assert_null(c->peers[1].name);
    assert_null(c->peers[1].group);
    struct config_peer *copy = config_session_copy(&c->peers[0]);
    config_free(c);
    config_session_copy_free(copy);
    static const struct {
        const char *name;
        const char *problem;
    } cases[] = {
        {"", "'' cannot be the name of a peer: it takes 1 to 64 letters, digits, '-', '_' and '.'"},
        {"a b",
         "'a b' cannot be the name of a peer: it takes 1 to 64 letters, digits, '-', '_' and '.'"},
        {"internal", "'internal' cannot be the name of a peer: it has a meaning in policies"},
        {"192.0.2.7", "'192.0.2.7' cannot be the name of a peer: it is an address"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        struct strbuf problem = {0};
        strbuf_printf(&text, PEER "name = \"%s\"\n", cases[i].name);
        strbuf_printf(&problem, "t.toml:6:8: %s\n", cases[i].problem);
        assert_problems(strbuf_text(&text), strbuf_text(&problem));
        strbuf_release(&text);
        strbuf_release(&problem);
    }
    assert_problems(PEER "name = \"a\"\n[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n"
                         "name = \"a\"\n",
                    "t.toml:10:8: name 'a' is that of another peer: line 6\n");
    assert_problems(TOP "[groups.g]\n" IN_GROUP "name = \"g\"\n",
                    "t.toml:8:8: 'g' cannot be the name of a peer: a group has it\n");
    assert_problems(TOP "[groups.g]\nname = \"x\"\n" IN_GROUP,
                    "t.toml:4:1: name belongs in a peer, not in a group\n");
}

/* --- channels --- */

/* "a+b", or "-". */
static char *chain_text(const struct policy_chain *chain)
{
    struct strbuf text = {0};
    for (size_t i = 0; chain && i < chain->policy_count; i++)
        strbuf_printf(&text, "%s%s", i > 0 ? "+" : "", chain->policies[i]->name);
    strbuf_add(&text, chain ? "" : "-");
    return strbuf_take(&text);
}

static void test_what_counts(void **state)
{
    (void)state;
#define FOUR       "[policies.a]\n[policies.b]\n[policies.c]\n[policies.d]\n"
#define CHANNEL(x) ".\"ipv4 unicast\"]\nimport = " x "\n"
    static const struct {
        const char *text;
        const char *ipv4;
        const char *ipv6;
    } cases[] = {
        {PEER FOUR, "-", "-"},
        {PEER "import = [\"b\", \"a\"]\n" FOUR, "b+a", "b+a"},
        {PEER "import = \"a\"\n[peers.channels" CHANNEL("\"b\"") FOUR, "b", "a"},
        {PEER "import = \"a\"\n[peers.channels" CHANNEL("[]") FOUR, "-", "a"},
        {TOP "[groups.g]\nimport = \"a\"\n" IN_GROUP FOUR, "a", "a"},
        {TOP "[groups.g]\nimport = \"a\"\n" IN_GROUP "import = []\n" FOUR, "-", "-"},
        {TOP "[groups.g]\nimport = \"a\"\n[groups.g.channels" CHANNEL("\"b\"") IN_GROUP FOUR, "b",
         "a"},
        {TOP "[groups.g]\nimport = \"a\"\n[groups.g.channels" CHANNEL("\"b\"") IN_GROUP
         "import = \"c\"\n" FOUR,
         "b", "c"},
        {TOP "[groups.g]\nimport = \"a\"\n[groups.g.channels" CHANNEL("\"b\"") IN_GROUP
         "import = \"c\"\n[peers.channels" CHANNEL("\"d\"") FOUR,
         "d", "c"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *c = parse_good(cases[i].text);
        char *ipv4 = chain_text(config_peer_channel(&c->peers[0], FAMILY_IPV4_UNICAST)->import);
        char *ipv6 = chain_text(config_peer_channel(&c->peers[0], FAMILY_IPV6_UNICAST)->import);
        if (strcmp(ipv4, cases[i].ipv4) != 0 || strcmp(ipv6, cases[i].ipv6) != 0)
            fail_msg("case %zu: %s and %s", i, ipv4, ipv6);
        free(ipv4);
        free(ipv6);
        config_free(c);
    }
}

static void test_chains_are_shared(void **state)
{
    (void)state;
    struct config *c = parse_good(
        PEER
        "import = [\"a\", \"b\"]\nexport = \"a\"\n"
        "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\nexport = \"a\"\n"
        "channels.\"ipv6 unicast\".import = [\"a\", \"b\"]\nchannels.\"ipv4 unicast\".import = "
        "[\"b\", \"a\"]\n" FOUR);
    const struct config_channel *first = config_peer_channel(&c->peers[0], FAMILY_IPV4_UNICAST);
    const struct config_channel *second = config_peer_channel(&c->peers[1], FAMILY_IPV4_UNICAST);
    const struct config_channel *v6 = config_peer_channel(&c->peers[1], FAMILY_IPV6_UNICAST);
    assert_ptr_equal(first->export, second->export);
    assert_ptr_equal(first->import, v6->import);
    assert_ptr_not_equal(first->import, second->import);
    assert_false(policy_chain_equal(first->import, second->import));
    assert_ptr_equal(first->import->policies[1], config_find_policy(c, "b"));
    config_free(c);
}

static void test_keep_filtered(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.g]\nkeep_filtered = false\n" IN_GROUP
                                      "channels.\"ipv4 unicast\".keep_filtered = true\n"
                                      "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n");
    assert_true(config_peer_channel(&c->peers[0], FAMILY_IPV4_UNICAST)->keep_filtered);
    assert_false(config_peer_channel(&c->peers[0], FAMILY_IPV6_UNICAST)->keep_filtered);
    assert_true(config_peer_channel(&c->peers[1], FAMILY_IPV6_UNICAST)->keep_filtered);
    config_free(c);
}

static void test_validate_flows(void **state)
{
    (void)state;
    struct config *c = parse_good(TOP "[groups.g]\nvalidate_flows = true\n" IN_GROUP
                                      "channels.\"ipv6 flow\".validate_flows = false\n"
                                      "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 1\n");
    assert_true(config_peer_channel(&c->peers[0], FAMILY_IPV4_FLOW)->validate_flows);
    assert_false(config_peer_channel(&c->peers[0], FAMILY_IPV6_FLOW)->validate_flows);
    assert_false(config_peer_channel(&c->peers[0], FAMILY_IPV4_UNICAST)->validate_flows);
    assert_false(config_peer_channel(&c->peers[1], FAMILY_IPV4_FLOW)->validate_flows);
    config_free(c);
}

/* What does not change routes is no change: names of sets and files may be others, and lines. */
static void test_same_after_reload(void **state)
{
    (void)state;
    struct config *a = parse_good(PEER "import = \"p\"\n" P "rules = [{ if = { med = 7 } }]\n");
    struct config *b =
        parse_good("\n\n" PEER "import = [\"p\"]\n" P "[[policies.p.rules]]\nif.med = [\"7\"]\n");
    struct config *other = parse_good(PEER "import = \"p\"\n" P "rules = [{ if = { med = 8 } }]\n");
    config_key_set none = config_peer_changed_keys(&a->peers[0], &b->peers[0]);
    config_key_set some = config_peer_changed_keys(&a->peers[0], &other->peers[0]);
    assert_true(none == 0);
    assert_true(some != 0 && (some & ~config_peer_keys(RELOAD_POLICY)) == 0);
    config_free(a);
    config_free(b);
    config_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_over_lines),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_too_many_prefixes),
        cmocka_unit_test(test_peer_names),
        cmocka_unit_test(test_what_counts),
        cmocka_unit_test(test_chains_are_shared),
        cmocka_unit_test(test_keep_filtered),
        cmocka_unit_test(test_validate_flows),
        cmocka_unit_test(test_same_after_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
