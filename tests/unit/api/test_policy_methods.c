/* Policies by hand: what routes and neighbours they are shown, what is said of each step, and what
 * is wrong with a question. */
#include "api/view_steps.h"
#include "calls.h"
#include "config/load.h"

static struct config *config;

static const char file[] =
    "router_id = '192.0.2.1'\n"
    "default_as = 65000\n"
    "[policies.bogons]\n"
    "rules = [{ name = 'private', if = { prefix = '10.0.0.0/8' }, then = 'reject' }]\n"
    "[policies.in]\n"
    "default = 'reject'\n"
    "rules = [\n"
    "  { name = 'tag', if = { neighbor_as = '{peer.as}' },\n"
    "    set = { local_pref = 200, med = '+10', mark = { add = 'own' } } },\n"
    "  { if = { mark = 'own', prefix_length = '8-24' }, then = 'accept' },\n"
    "]\n"
    "[policies.out]\n"
    "rules = [\n"
    "  { name = 'ours', if = { source = 'config' }, then = 'accept' },\n"
    "  { name = 'back', if = { source = 'alice' }, then = 'reject' },\n"
    "  { name = 'marked', if = { mark = 'keep' }, then = 'reject' },\n"
    "]\n"
    "[policies.flows]\n"
    "rules = [{ name = 'flow', if = { family = 'ipv6 flow' }, then = 'reject' }]\n"
    "[[peers]]\n"
    "remote_ip = '192.0.2.9'\n"
    "remote_as = 65001\n"
    "name = 'alice'\n"
    "import = ['bogons', 'in']\n"
    "export = ['out', 'flows']\n";

static int setup_policies(void **state)
{
    struct config_report report = {0};
    setup(state);
    config = config_parse(file, sizeof(file) - 1, "test.toml", &report);
    for (size_t i = 0; i < report.line_count; i++)
        print_message("%s\n", report.lines[i].text);
    assert_non_null(config);
    config_report_release(&report);
    env.config = config;
    return 0;
}

static int teardown_policies(void **state)
{
    config_free(config);
    return teardown(state);
}

/* The answer to policy_test with these parameters, in which ' stands for ". */
static json_t *ask(const char *params)
{
    char request[2048];
    snprintf(request, sizeof(request),
             "{'jsonrpc':'2.0','id':1,'method':'policy_test','params':%s}", params);
    return answer_json(request);
}

/* "accept bogons/private", "reject in/2", "reject in/default", "accept end". */
static void assert_result(const char *params, const char *expected)
{
    json_t *answer = ask(params);
    json_t *result = json_object_get(answer, "result");
    json_t *by = json_object_get(result, "by");
    const char *rule = json_string_value(json_object_get(by, "rule"));
    char number[24] = "default";
    char text[200];
    if (!result)
        fail_msg("%s", json_dumps(answer, 0));
    if (json_is_integer(json_object_get(by, "number")))
        snprintf(number, sizeof(number), "%d",
                 (int)json_number_value(json_object_get(by, "number")));
    snprintf(text, sizeof(text), "%s %s%s%s", json_string_value(json_object_get(result, "result")),
             json_is_null(by) ? "end" : json_string_value(json_object_get(by, "policy")),
             json_is_null(by) ? "" : "/",
             json_is_null(by) ? ""
             : rule           ? rule
                              : number);
    assert_string_equal(text, expected);
    json_decref(answer);
}

static void assert_refused(const char *params, const char *expected)
{
    json_t *answer = ask(params);
    json_t *error = json_object_get(answer, "error");
    assert_non_null(error);
    assert_non_null(strstr(json_string_value(json_object_get(error, "message")), expected));
    json_decref(answer);
}

static void test_what_decides(void **state)
{
    (void)state;
    assert_result("{'policy':'bogons','prefix':'10.0.0.0/8'}", "reject bogons/private");
    assert_result("{'policy':'bogons','prefix':'10.0.0.0/9'}", "accept end");
    assert_result("{'policy':'bogons in','prefix':'10.0.0.0/9','as_path':'65001'}", "accept in/2");
    assert_result("{'policy':['in','bogons'],'prefix':'10.0.0.0/25','as_path':'65001'}",
                  "reject in/default");
}

/* Without a peer the route is that of the first AS of its path. */
static void test_whose_route_comes_in(void **state)
{
    (void)state;
    assert_result("{'policy':'in','prefix':'11.0.0.0/8','as_path':'65001 65002'}", "accept in/2");
    assert_result("{'policy':'in','prefix':'11.0.0.0/8','as_path':'65001','peer_as':65002}",
                  "reject in/default");
    assert_result("{'policy':'in','prefix':'11.0.0.0/8','as_path':'65001','peer':'alice'}",
                  "accept in/2");
    assert_result("{'policy':'in','prefix':'11.0.0.0/8','as_path':'65002','peer':'192.0.2.9'}",
                  "reject in/default");
    assert_result(
        "{'policy':'in','prefix':'11.0.0.0/8','as_path':'5','peer':'192.0.2.8','peer_as':5}",
        "accept in/2");
}

static void test_whose_route_goes_out(void **state)
{
    (void)state;
    assert_result("{'policy':'out','prefix':'11.0.0.0/8','export':true}", "accept end");
    assert_result("{'policy':'out','prefix':'11.0.0.0/8','export':true,'from':'Config'}",
                  "accept out/ours");
    assert_result("{'policy':'out','prefix':'11.0.0.0/8','export':true,'from':'alice'}",
                  "reject out/back");
    assert_result("{'policy':'out','prefix':'11.0.0.0/8','export':true,'marks':'b keep a keep'}",
                  "reject out/marked");
}

static void test_flows(void **state)
{
    (void)state;
    assert_result("{'policy':'flows','afi':2,'matches':['port 80']}", "reject flows/flow");
    assert_result("{'policy':'flows','afi':1,'matches':['port 80']}", "accept end");
}

/* Each rule that held, with what it changed, and all together. */
static void test_steps(void **state)
{
    (void)state;
    json_t *answer = ask("{'policy':'in','prefix':'11.0.0.0/8','as_path':'65001',"
                         "'local_pref':150,'communities':'65000:1'}");
    json_t *result = json_object_get(answer, "result");
    json_t *want = json_loads(
        "{\"steps\": [{\"by\": {\"policy\": \"in\", \"rule\": \"tag\", \"number\": 1, \"file\": "
        "null, \"line\": 8},"
        "  \"changes\": [{\"attribute\": \"multi_exit_disc\", \"before\": null, \"after\": 10},"
        "    {\"attribute\": \"local_pref\", \"before\": 150, \"after\": 200},"
        "    {\"attribute\": \"marks\", \"removed\": [], \"added\": [\"own\"]}]},"
        "  {\"by\": {\"policy\": \"in\", \"rule\": null, \"number\": 2, \"file\": null, \"line\": "
        "10},"
        "  \"changes\": []}]}",
        0, NULL);
    json_t *steps = json_object_get(want, "steps");
    assert_true(json_equal(json_object_get(result, "steps"), steps));
    assert_true(json_equal(json_object_get(result, "changes"),
                           json_object_get(json_array_get(steps, 0), "changes")));
    assert_true(json_is_null(json_object_get(result, "problem")));
    json_t *peer = json_object_get(result, "peer");
    assert_int_equal(json_integer_value(json_object_get(peer, "as")), 65001);
    json_decref(want);
    json_decref(answer);
}

struct attr {
    uint8_t type;
    uint8_t len_bytes;
    uint8_t bytes[16];
};

static struct span build(struct attr_block *block, const struct attr *attrs, size_t count)
{
    attr_block_init(block);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(
            attr_block_add(block, attrs[i].type, span_of(attrs[i].bytes, attrs[i].len_bytes)), 0);
    assert_int_equal(attr_block_finish(block), 0);
    return attr_block_span(block);
}

/* Asserts what is said of the way from some attributes to others: JSON text with ' for ". */
static void assert_changes(struct span before, struct span after, const char *expected)
{
    struct strbuf out = {0};
    struct jsonw w = jsonw_over(&out);
    view_changes_put(&w, NULL, before, after);
    char *text = strdup(expected);
    for (char *p = text; *p; p++)
        if (*p == '\'')
            *p = '"';
    json_t *got = json_loads(strbuf_text(&out), 0, NULL);
    json_t *want = json_loads(text, 0, NULL);
    assert_non_null(want);
    if (!json_equal(got, want))
        fail_msg("%s is not %s", strbuf_text(&out), text);
    json_decref(got);
    json_decref(want);
    free(text);
    strbuf_release(&out);
}

static void test_changes(void **state)
{
    (void)state;
    static struct attr_block blocks[2];
    const struct attr old[] = {
        {ATTR_ORIGIN, 1, {0}},
        {ATTR_MED, 4, {0, 0, 0, 5}},
        {ATTR_COMMUNITIES, 8, {0, 1, 0, 1, 0, 1, 0, 2}},
        {ATTR_LOCAL, 10, {0, 0, 0, 0, 0, 7, 1, 'a', 1, 'b'}},
        {99, 2, {1, 2}},
    };
    const struct attr new[] = {
        {ATTR_ORIGIN, 1, {2}},
        {ATTR_COMMUNITIES, 8, {0, 1, 0, 3, 0, 1, 0, 2}},
        {ATTR_LOCAL, 10, {0, 0, 0, 0, 0, 9, 1, 'b', 1, 'c'}},
        {ATTR_LARGE_COMMUNITIES, 12, {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3}},
    };
    struct span before = build(&blocks[0], old, 5);
    struct span after = build(&blocks[1], new, 4);
    assert_changes(before, before, "[]");
    assert_changes(before, after,
                   "[{'attribute':'origin','before':'IGP','after':'Incomplete'},"
                   "{'attribute':'multi_exit_disc','before':5,'after':null},"
                   "{'attribute':'type 99','before':'0102','after':null},"
                   "{'attribute':'communities','removed':['1:1'],'added':['1:3','1:2:3']},"
                   "{'attribute':'weight','before':7,'after':9},"
                   "{'attribute':'marks','removed':['a'],'added':['c']}]");
    assert_changes(span_of(NULL, 0), span_of(NULL, 0), "[]");
    assert_changes(span_of(NULL, 0), build(&blocks[0], &old[1], 1),
                   "[{'attribute':'multi_exit_disc','before':null,'after':5}]");
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    assert_refused("{'policy':'ins','prefix':'11.0.0.0/8'}",
                   "there is no policy ins; did you mean in");
    assert_refused("{'policy':[],'prefix':'11.0.0.0/8'}", "policy: it names none");
    assert_refused("{'policy':'in'}", "prefix: either a prefix or");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','afi':1,'matches':['port 80']}",
                   "prefix: either a prefix or");
    assert_refused("{'policy':'in','matches':['port 80']}", "afi: flows need it");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/33'}", "prefix: ");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','peer':'bob'}", "no peer bob");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','peer':'192.0.2.8'}", "it takes peer_as");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','from':'alice'}",
                   "from: it is for `export`");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','export':true,'from':'bob'}",
                   "no peer bob");
    assert_refused("{'policy':'in','prefix':'11.0.0.0/8','marks':['a b']}", "marks: ");
}

/* --- another configuration --- */

/* The answer to policy_diff with these parameters. */
static json_t *diff(const char *params)
{
    char request[2048];
    snprintf(request, sizeof(request),
             "{'jsonrpc':'2.0','id':1,'method':'policy_diff','params':%s}", params);
    return answer_json(request);
}

/* A comparison that finds a route that the second rule of `in` accepts, not `bogons` any more. */
static void make_comparison(void)
{
    static const uint8_t prefix[] = {10, 1, 0, 0};
    static char text[] = "x.toml:1:1: it has no effect";
    static struct config_line line = {.text = text, .lead_bytes = 12, .warning = true};
    struct policy *in = config_find_policy(config, "in");
    struct policy *bogons = config_find_policy(config, "bogons");
    const struct preview_side now = {.by = {.policy = bogons, .rule = &bogons->rules[0]},
                                     .attrs = fake_attrs()};
    const struct preview_side then = {.accepted = true,
                                      .by = {.policy = in, .rule = &in->rules[1], .index = 1},
                                      .attrs = fake_attrs()};
    speaker.then = config;
    speaker.preview_report = (struct config_report){.lines = &line, .line_count = 1};
    speaker.preview_count = 3;
    speaker.preview_change = (struct preview_change){.direction = POLICY_IMPORT,
                                                     .kind = PREVIEW_ACCEPTED,
                                                     .family = FAMILY_IPV4_UNICAST,
                                                     .peer = ip_from_v4(0xc0000209),
                                                     .nlri.key = {prefix, 16},
                                                     .of = {now, then}};
    speaker.preview_rule =
        (struct preview_rule){.kind = PREVIEW_ACCEPTED, .routes = 3, .of = {now, then}};
    speaker.preview_channel = (struct preview_report){
        .peer = ip_from_v4(0xc0000209),
        .name = "alice",
        .family = FAMILY_IPV4_UNICAST,
        .received = 9,
        .keeps_filtered = true,
        .ways = {[POLICY_IMPORT] = {.differs = true,
                                    .routes = 5,
                                    .counts = {[PREVIEW_ACCEPTED] = 3},
                                    .rules = 1,
                                    .examples = 1}},
    };
}

static size_t length_of(json_t *object, const char *key)
{
    assert_true(json_is_array(json_object_get(object, key)));
    return json_array_size(json_object_get(object, key));
}

static void test_a_comparison(void **state)
{
    (void)state;
    make_comparison();
    for (block_bytes = 1; block_bytes < 5000; block_bytes *= 60) {
        json_t *answer = diff("{'path':'/x.toml','routes':true}");
        json_t *result = json_object_get(answer, "result");
        assert_string_equal(speaker.message, "/x.toml");
        assert_int_equal(length_of(result, "routes"), 3);
        json_t *route = json_array_get(json_object_get(result, "routes"), 0);
        json_t *want = json_loads(
            "{\"before\": {\"result\": \"reject\", \"why\": null, \"by\": {\"policy\": "
            "\"bogons\", \"rule\": \"private\", \"number\": 1, \"file\": null, \"line\": 4}},"
            " \"after\": {\"result\": \"accept\", \"why\": null, \"by\": {\"policy\": \"in\","
            " \"rule\": null, \"number\": 2, \"file\": null, \"line\": 10}}}",
            0, NULL);
        assert_true(json_equal(json_object_get(route, "before"), json_object_get(want, "before")));
        assert_true(json_equal(json_object_get(route, "after"), json_object_get(want, "after")));
        json_decref(want);
        assert_string_equal(json_string_value(json_object_get(route, "prefix")), "10.1.0.0/16");
        assert_string_equal(json_string_value(json_object_get(route, "change")), "accepted");
        assert_int_equal(length_of(result, "peers"), 1);
        assert_int_equal(length_of(result, "warnings"), 1);
        json_t *import =
            json_object_get(json_array_get(json_object_get(result, "peers"), 0), "import");
        assert_int_equal(json_integer_value(json_object_get(import, "accepted")), 3);
        assert_int_equal(length_of(import, "rules"), 1);
        assert_int_equal(length_of(import, "examples"), 1);
        assert_int_equal(json_integer_value(json_object_get(result, "unchanged")), 1);
        assert_true(json_is_true(json_object_get(result, "complete")));
        json_decref(answer);
        assert_int_equal(speaker.open_previews, 0);
    }
}

static void test_how_much_of_a_comparison(void **state)
{
    (void)state;
    fake_peer_add(&speaker, "192.0.2.9");
    make_comparison();
    json_t *answer = diff("{'path':'/x.toml','routes':true,'limit':2,'peer':'192.0.2.9'}");
    json_t *result = json_object_get(answer, "result");
    assert_int_equal(length_of(result, "routes"), 2);
    assert_true(json_is_true(json_object_get(result, "routes_cut")));
    assert_int_equal(length_of(result, "peers"), 2);
    assert_int_equal(speaker.preview_peers.prefix.len_bits, 32);
    json_decref(answer);
    speaker.preview_stale = true;
    answer = diff("{'path':'/x.toml'}");
    result = json_object_get(answer, "result");
    assert_int_equal(length_of(result, "routes"), 0);
    assert_true(json_is_false(json_object_get(result, "complete")));
    json_decref(answer);
}

/* The text of a configuration instead of a file. */
static void test_a_comparison_with_a_text(void **state)
{
    (void)state;
    make_comparison();
    json_t *answer = diff("{'config':'router_id = 1','name':'b.toml'}");
    assert_string_equal(speaker.action, "b.toml");
    assert_string_equal(speaker.message, "router_id = 1");
    assert_int_equal(length_of(json_object_get(answer, "result"), "peers"), 1);
    json_decref(answer);
    json_decref(diff("{'config':'x'}"));
    assert_string_equal(speaker.action, "request");
}

/* What differs beside policies: [[peers]] that come and go, and their keys. */
static void test_what_else_differs(void **state)
{
    static const char other[] = "router_id = '192.0.2.1'\n"
                                "default_as = 65000\n"
                                "poll_interval = 3\n"
                                "[[peers]]\n"
                                "remote_ip = '192.0.2.8'\n"
                                "remote_as = 65001\n"
                                "[[peers]]\n"
                                "remote_ip = '192.0.2.9'\n"
                                "remote_as = 65002\n";
    (void)state;
    struct config_report report = {0};
    struct config *then = config_parse(other, sizeof(other) - 1, "other.toml", &report);
    config_report_release(&report);
    make_comparison();
    speaker.then = then;
    speaker.config = *config;
    json_t *answer = diff("{'path':'/other.toml'}");
    json_t *result = json_object_get(answer, "result");
    assert_int_equal(length_of(result, "peers_added"), 1);
    assert_int_equal(length_of(result, "peers_removed"), 0);
    assert_int_equal(length_of(result, "peers_changed"), 1);
    assert_int_equal(length_of(result, "keys_changed"), 1);
    json_t *peer = json_array_get(json_object_get(result, "peers_changed"), 0);
    assert_int_equal(length_of(peer, "keys"), 2); /* remote_as and name; policies are not */
    assert_true(json_is_true(json_object_get(peer, "resets_session")));
    json_decref(answer);
    config_free(then);
}

static void assert_no_comparison(const char *params, int code, const char *expected)
{
    json_t *answer = diff(params);
    json_t *error = json_object_get(answer, "error");
    assert_non_null(error);
    assert_int_equal(json_integer_value(json_object_get(error, "code")), code);
    assert_non_null(strstr(json_string_value(json_object_get(error, "message")), expected));
    json_decref(answer);
}

static void test_no_comparison(void **state)
{
    (void)state;
    assert_no_comparison("{'path':'x.toml'}", JSONRPC_INVALID_PARAMS, "path: it does not begin");
    assert_no_comparison("{'path':'/x.toml','peer':'192.0.2.1'}", JSONRPC_NOT_FOUND, "no peer");
    assert_no_comparison("{'path':'/x.toml'}", JSONRPC_BAD_CONFIG, "has errors");
    assert_no_comparison("{'config':'x'}", JSONRPC_BAD_CONFIG, "that was sent has errors");
    speaker.preview_busy = true;
    assert_no_comparison("{'path':'/x.toml'}", JSONRPC_FAILED, "too many comparisons");
    client.access = ACCESS_READ;
    client.reason = "you may not";
    assert_no_comparison("{'path':'/x.toml'}", JSONRPC_FORBIDDEN, "you may not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_decides, setup_policies, teardown_policies),
        cmocka_unit_test_setup_teardown(test_whose_route_comes_in, setup_policies,
                                        teardown_policies),
        cmocka_unit_test_setup_teardown(test_whose_route_goes_out, setup_policies,
                                        teardown_policies),
        cmocka_unit_test_setup_teardown(test_flows, setup_policies, teardown_policies),
        cmocka_unit_test_setup_teardown(test_steps, setup_policies, teardown_policies),
        cmocka_unit_test(test_changes),
        cmocka_unit_test_setup_teardown(test_what_is_wrong, setup_policies, teardown_policies),
        cmocka_unit_test_setup_teardown(test_a_comparison, setup_policies, teardown_policies),
        cmocka_unit_test_setup_teardown(test_a_comparison_with_a_text, setup_policies,
                                        teardown_policies),
        cmocka_unit_test_setup_teardown(test_how_much_of_a_comparison, setup_policies,
                                        teardown_policies),
        cmocka_unit_test_setup_teardown(test_what_else_differs, setup_policies, teardown_policies),
        cmocka_unit_test_setup_teardown(test_no_comparison, setup_policies, teardown_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
