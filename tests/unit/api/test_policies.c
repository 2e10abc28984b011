/* Methods about policies: their rules and hits, and explanations as they are written. */
#include "../random.h"
#include "api/view_steps.h"
#include "calls.h"

static struct policy *policies[2];
static struct policy_chain *chain;
static struct config_channel channels[2];
static struct config_peer peers[2];

/* Two policies; the second one alone is attached, to the import of a peer and of a network. */
static int setup_policies(void **state)
{
    setup(state);
    policies[0] = policy_new("a", "p.toml", 3);
    policies[1] = policy_new("b", "p.toml", 7);
    struct policy_rule *rule = policy_add_rule(policies[1]);
    rule->name = strdup("first");
    rule->line = 8;
    policy_add_rule(policies[1])->line = 9;
    policies[1]->rules[1].then = POLICY_REJECT;
    policies[1]->fallback = POLICY_ACCEPT;
    for (unsigned i = 0; i < 2; i++)
        policy_finish(policies[i]);
    policies[1]->hits[1].matched[POLICY_IMPORT] = 5;
    policies[1]->hits[2].matched[POLICY_EXPORT] = 6;
    chain = policy_chain_new(&policies[1], 1, POLICY_IMPORT);
    channels[0] = (struct config_channel){.family = FAMILY_IPV4_UNICAST, .import = chain};
    channels[1] = (struct config_channel){.family = FAMILY_IPV6_UNICAST, .import = chain};
    for (unsigned i = 0; i < 2; i++)
        peers[i] = (struct config_peer){.channels = channels, .channel_count = 2 - i};
    assert_int_equal(prefix_parse("127.0.0.2", &peers[0].remote), 0);
    assert_int_equal(prefix_parse("10.0.0.0/8", &peers[1].remote), 0);
    peers[1].group = (char *)"transit";
    speaker.config.name = (char *)"bgpd.toml";
    speaker.config.policies = policies;
    speaker.config.policy_count = 2;
    speaker.config.peers = peers;
    speaker.config.peer_count = 2;
    return 0;
}

static int teardown_policies(void **state)
{
    policy_chain_unref(chain);
    policy_unref(policies[0]);
    policy_unref(policies[1]);
    return teardown(state);
}

static void assert_json(const json_t *json, const char *expected)
{
    char *text = strdup(expected);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *wanted = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(wanted);
    if (!json_equal(json, wanted))
        fail_msg("%s, not %s", json_dumps(json, JSON_ENCODE_ANY), text);
    json_decref(wanted);
    free(text);
}

static void test_show_policies(void **state)
{
    (void)state;
    json_t *answer = call("show_policies", NULL);
    json_t *list = json_object_get(answer, "result");
    assert_true(speaker.hit_counts > 0);
    assert_int_equal(json_array_size(list), 2);
    assert_json(json_array_get(list, 0),
                "{'policy':'a','file':'p.toml','line':3,'instances':1,'rules':[],"
                "'default':{'then':'next','hits':{'import':0,'export':0}},'attached':[]}");
    assert_json(json_array_get(list, 1),
                "{'policy':'b','file':'p.toml','line':7,'instances':1,'rules':["
                "{'rule':'first','number':1,'line':8,'then':null,'off':false,"
                "'hits':{'import':0,'export':0}},"
                "{'rule':null,'number':2,'line':9,'then':'reject','off':false,"
                "'hits':{'import':5,'export':0}}],"
                "'default':{'then':'accept','hits':{'import':0,'export':6}},'attached':["
                "{'peer':'127.0.0.2','group':null,'direction':'import',"
                "'families':['ipv4 unicast','ipv6 unicast']},"
                "{'peer':'10.0.0.0/8','group':'transit','direction':'import',"
                "'families':['ipv4 unicast']}]}");
    json_decref(answer);
    answer = call("show_policies", "{'policy':'b'}");
    assert_int_equal(json_array_size(json_object_get(answer, "result")), 1);
    json_decref(answer);
    assert_error("show_policies", "['c']", JSONRPC_NOT_FOUND);
}

static struct explain_rule held[2];

static enum explain_step tell(unsigned i, struct explain_view *ret)
{
    static const enum explain_step steps[] = {
        EXPLAIN_YIELD, EXPLAIN_KEY,  EXPLAIN_PATH, EXPLAIN_YIELD, EXPLAIN_PATH,
        EXPLAIN_PEER,  EXPLAIN_PEER, EXPLAIN_KEY,  EXPLAIN_END,
    };
    struct route_view route = {0};
    make_route(i == 7 ? 1 : 0, &route);
    ret->family = route.family;
    ret->nlri.key = route.nlri.key;
    held[0] = (struct explain_rule){
        {policies[1], &policies[1]->rules[0], 0}, span_of(NULL, 0), fake_attrs()};
    held[1] =
        (struct explain_rule){{policies[1], &policies[1]->rules[1], 1}, fake_attrs(), fake_attrs()};
    const struct explain_policy rejected = {
        .asked = true, .by = held[1].place, .rules = held, .rule_count = 2, .unknown = true};
    ret->path = (struct explain_path){.route = route};
    if (i == 4) {
        ret->path.route.best = false;
        ret->path.import = rejected;
        ret->path.pending = true;
        ret->path.step = "MED";
        ret->path.has_preferred = true;
        ret->path.preferred_peer = ip_from_v4(0x7f000003);
        ret->path.validation = (struct explain_validation){
            .asked = true,
            .why = "why",
            .cover = {.is_there = true, .route = route, .neighbor_as = 7},
        };
    }
    ret->peer = (struct explain_peer){.addr = ip_from_v4(0x7f000009), .why = "no session"};
    if (i == 5) {
        ret->peer.why = NULL;
        ret->peer.has_route = true;
        ret->peer.route = route;
        ret->peer.export = (struct explain_policy){.asked = true, .accepted = true};
    }
    return steps[i];
}

static void test_explain(void **state)
{
    (void)state;
    fake_peer_add(&speaker, "127.0.0.9");
    speaker.explain = tell;
    json_t *answer = call("explain", "{'prefix':'10.0.0.0/8','out':true}");
    json_t *list = json_object_get(answer, "result");
    assert_int_equal(json_array_size(list), 2);
    json_t *one = json_array_get(list, 0);
    assert_string_equal(text_at(one, "prefix"), "0.0.0.0/24");
    assert_string_equal(text_at(one, "file"), "bgpd.toml");
    json_t *paths = json_object_get(one, "paths");
    assert_int_equal(json_array_size(paths), 2);
    json_t *best = json_array_get(paths, 0);
    assert_json(json_object_get(best, "import"), "null");
    assert_json(json_object_get(best, "step"), "null");
    assert_json(json_object_get(best, "preferred"), "null");
    assert_json(json_object_get(best, "pending"), "false");
    json_t *lost = json_array_get(paths, 1);
    assert_json(
        json_object_get(lost, "import"),
        "{'result':'reject','by':{'policy':'b','rule':null,'number':2,'file':null,'line':9},"
        "'problem':'what the rule asks or sets cannot be had of this route: such routes "
        "are "
        "rejected','steps':[{'by':{'policy':'b','rule':'first','number':1,'file':null,'line':8},"
        "'changes':[{'attribute':'origin','before':null,'after':'IGP'},"
        "{'attribute':'as_path','before':null,'after':'100 200'},"
        "{'attribute':'next_hop','before':null,'after':'10.254.0.1'},"
        "{'attribute':'local_pref','before':null,'after':100}]},"
        "{'by':{'policy':'b','rule':null,'number':2,'file':null,'line':9},'changes':[]}]}");
    assert_json(json_object_get(best, "flow_validation"), "null");
    assert_json(json_object_get(lost, "flow_validation"),
                "{'feasible':false,'why':'why','held_against':{'prefix':'0.0.0.0/24',"
                "'source':'127.0.0.2','neighbor_as':7},'more_specific':null}");
    assert_json(json_object_get(lost, "step"), "'MED'");
    assert_json(json_object_get(lost, "preferred"), "'127.0.0.3'");
    assert_json(json_object_get(lost, "pending"), "true");
    json_t *neighbors = json_object_get(one, "peers");
    assert_int_equal(json_array_size(neighbors), 2);
    assert_json(json_object_get(json_array_get(neighbors, 0), "told"), "true");
    assert_json(json_object_get(json_array_get(neighbors, 0), "export"),
                "{'result':'accept','by':null,'problem':null,'steps':[]}");
    assert_json(json_array_get(neighbors, 1),
                "{'source':'127.0.0.9','withheld':'no session','withheld_by':null,'told':false,"
                "'export':null,'pending':false}");
    assert_json(json_object_get(json_array_get(list, 1), "peers"), "[]");
    json_decref(answer);
}

static void test_questions(void **state)
{
    (void)state;
    const struct explain_question *q = &speaker.last_question;
    fake_peer_add(&speaker, "127.0.0.9");
    json_decref(call("explain", "['10.0.0.0/8']"));
    assert_int_equal(q->match, MATCH_EXACT);
    assert_false(q->has_peer || q->peers || q->has_rd || q->families);
    json_decref(call("explain", "{'prefix':'10.0.0.1','peer':'127.0.0.9',"
                                "'family':'ipv4 vpn','rd':'1:2'}"));
    assert_int_equal(q->match, MATCH_LONGEST);
    assert_int_equal(q->prefix.len_bits, 32);
    assert_true(q->has_peer && q->peers && q->has_rd);
    assert_int_equal(q->families, FAMILY_BIT(FAMILY_IPV4_VPN));
    assert_error("explain", "[]", JSONRPC_INVALID_PARAMS);
    assert_error("explain", "['10.0.0.0/33']", JSONRPC_INVALID_PARAMS);
    assert_error("explain", "['10.0.0.0/8','127.0.0.8']", JSONRPC_NOT_FOUND);
}

/* --- what changes of communities --- */

enum { SOME = 40 };

/* Attributes with some of the communities 0:0 to 0:39, in a random order; returns which. */
static uint64_t draw(struct random *r, struct attr_block *ret, uint64_t like, unsigned changes)
{
    uint8_t value[4 * SOME];
    struct writer w = writer_over(value, sizeof(value));
    uint64_t set = like;
    for (unsigned i = 0; i < changes; i++)
        set ^= UINT64_C(1) << random_below(r, SOME);
    unsigned first = random_below(r, SOME);
    for (unsigned i = 0; i < SOME; i++) {
        unsigned n = changes > 3 ? (first + i * 7) % SOME : i;
        if (set >> n & 1)
            writer_u32(&w, n);
    }
    attr_block_init(ret);
    attr_block_add(ret, ATTR_COMMUNITIES, writer_span(&w));
    attr_block_finish(ret);
    return set;
}

static uint64_t set_of(const json_t *list)
{
    uint64_t set = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        uint64_t bit = UINT64_C(1) << atoi(json_string_value(json_array_get(list, i)) + 2);
        assert_false(set & bit);
        set |= bit;
    }
    return set;
}

static void test_changes_of_communities(void **state)
{
    (void)state;
    static struct attr_block before, after;
    struct random r = {7};
    for (unsigned n = 0; n < 3000; n++) {
        struct strbuf text = {0};
        struct jsonw w = jsonw_over(&text);
        uint64_t old = draw(&r, &before, 0, random_below(&r, SOME));
        uint64_t new = draw(&r, &after, old, random_below(&r, 8));
        view_changes_put(&w, NULL, attr_block_span(&before), attr_block_span(&after));
        json_t *list = json_loads(strbuf_text(&text), 0, NULL);
        json_t *change = json_array_get(list, 0);
        assert_true(json_array_size(list) <= 1);
        assert_true(set_of(json_object_get(change, "removed")) == (old & ~new));
        assert_true(set_of(json_object_get(change, "added")) == (new & ~old));
        json_decref(list);
        strbuf_release(&text);
    }
}

#define TEST_POLICIES(name) cmocka_unit_test_setup_teardown(name, setup_policies, teardown_policies)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_POLICIES(test_show_policies),
        TEST_POLICIES(test_explain),
        TEST(test_questions),
        cmocka_unit_test(test_changes_of_communities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
