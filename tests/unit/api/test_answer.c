/* Requests and the answers to them, without HTTP: parameters, access, batches, the table of
 * methods. */
#include "calls.h"

/* --- errors --- */

static void assert_bad_param(const char *method, const char *params, const char *name)
{
    json_t *answer = call(method, params);
    assert_int_equal(error_code(answer), JSONRPC_INVALID_PARAMS);
    assert_string_equal(error_param(answer), name);
    const json_t *error = json_object_get(answer, "error");
    const char *problem = strstr(text_at(error, "message"), name);
    assert_non_null(problem);
    /* What was expected is not the complaint again. */
    assert_string_not_equal(problem + strlen(name) + 2,
                            text_at(json_object_get(error, "data"), "expected"));
    json_decref(answer);
}

static void test_protocol_errors(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        int code;
    } cases[] = {
        {"{nonsense", JSONRPC_PARSE_ERROR},
        {"[]", JSONRPC_INVALID_REQUEST},
        {"{'jsonrpc':'2.0','method':'no_such','id':null}", JSONRPC_METHOD_NOT_FOUND},
        {"{'jsonrpc':'2.0','method':'','id':null}", JSONRPC_METHOD_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *answer = answer_json(cases[i].request);
        assert_int_equal(error_code(answer), cases[i].code);
        assert_true(json_is_null(json_object_get(answer, "id")));
        json_decref(answer);
    }
}

static void test_invalid_params(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *params;
        const char *param;
    } cases[] = {
        {"show_peers", "[1]", "#1"},
        {"show_peers", "{'peer':'127.0.0.1'}", "peer"},
        {"show_peer_detail", "['nonsense']", "peer"},
        {"show_peer_detail", "['10.0.0.0/33']", "peer"},
        {"show_peer_detail", "[17]", "peer"},
        {"show_routes_learned", "{'from_peer':'10.0.0.1.1'}", "from_peer"},
        {"show_routes_learned", "{'from_peer':'Configs'}", "from_peer"},
        {"show_routes_advertised", "{'to_peer':'API'}", "to_peer"},
        {"show_routes_learned", "{'limit':0}", "limit"},
        {"show_routes_learned", "{'limit':-1}", "limit"},
        {"show_routes_learned", "{'limit':1.5}", "limit"},
        {"show_routes_learned", "{'limit':'10'}", "limit"},
        {"show_routes_learned", "{'cursor':'nonsense'}", "cursor"},
        {"show_routes_advertised", "{'to_peer':true}", "to_peer"},
        {"show_routes", "{'family':'ipv5'}", "family"},
        {"show_routes", "{'famly':'ipv4 flow'}", "famly"},
        {"show_routes", "{'exact':'10.0.0.0/8','longer':'10.0.0.0/8'}", "longer"},
        {"show_routes", "{'longest':'x'}", "longest"},
        {"show_routes", "{'as':0}", "as"},
        {"show_routes", "{'as':4294967296}", "as"},
        {"show_routes", "{'as':'one'}", "as"},
        {"show_routes", "{'community':'a:b'}", "community"},
        {"show_routes", "{'best':1}", "best"},
        {"advertise_route", NULL, "prefix"},
        {"advertise_route", "{'prefix':'10.0.0.0/8'}", "next_hop"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':null}", "next_hop"},
        {"advertise_route", "['10.0.0.0/99','10.0.0.1']", "prefix"},
        {"advertise_route", "['10.0.0.0/8','nonsense']", "next_hop"},
        {"advertise_route", "['10.0.0.0/8','10.0.0.1','WRONG']", "origin"},
        {"advertise_route", "['10.0.0.0/8','10.0.0.1',null,['x']]", "as_path"},
        {"advertise_route", "['10.0.0.0/8','10.0.0.1',null,[true]]", "as_path"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','local_pref':-1}",
         "local_pref"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','local_pref':4294967296}",
         "local_pref"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','communities':['a:b:c']}",
         "communities"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','communities':{}}",
         "communities"},
        {"advertise_flow", "[3,'traffic-rate 0',['protocol =6']]", "afi"},
        {"advertise_flow", "[1,'explode',['protocol =6']]", "action"},
        {"advertise_flow", "[1,'traffic-rate 0',[]]", "matches"},
        {"advertise_flow", "[1,'traffic-rate 0','protocol =6']", "matches"},
        {"advertise_flow", "[1,'traffic-rate 0',[6]]", "matches"},
        {"advertise_flow", "[1,'traffic-rate 0',['colour red']]", "matches"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','rd':'x','labels':1}",
         "rd"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','rd':'65000:1'}",
         "labels"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','labels':1048576}",
         "labels"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','labels':[]}", "labels"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','labels':[1,'2']}",
         "labels"},
        {"advertise_route",
         "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','family':'ipv6 multicast'}", "prefix"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','family':'ipv4 flow'}",
         "family"},
        {"advertise_route", "{'prefix':'10.0.0.0/8','next_hop':'10.0.0.1','family':'ipv4'}",
         "family"},
        {"show_routes", "{'rd':'65000'}", "rd"},
        {"show_routes_learned", "{'rd':1}", "rd"},
        {"show_routes_advertised", "{'rd':'1:2:3'}", "rd"},
        {"withdraw_route", "['x']", "prefix"},
        {"withdraw_route", "{'prefix':'10.0.0.0/8','family':'ipv4 vpn'}", "rd"},
        {"withdraw_flow", "[1,['colour red']]", "matches"},
        {"enable_peer", NULL, "peer"},
        {"disable_peer", "['127.0.0.1',5]", "message"},
        {"refresh_peer", "['127.0.0.1','ipv4 anycast']", "family"},
        {"reload", "['text','name',1,1]", "#4"},
        {"reload", "{'config':1}", "config"},
        {"reload", "{'name':'a.toml'}", "name"},
        {"policy_diff", "{'path':'/a.toml','config':'text'}", "path"},
        {"policy_diff", "{'path':'/a.toml','name':'b.toml'}", "name"},
        {"version", "{'verbose':true}", "verbose"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_bad_param(cases[i].method, cases[i].params, cases[i].param);
    assert_int_equal(speaker.actions, 0);
}

/* What was probably meant is said, rather than all that there is. */
static void test_misspelled(void **state)
{
    (void)state;
    json_t *answer = call("shw_peers", NULL);
    assert_string_equal(text_at(json_object_get(answer, "error"), "message"),
                        "Method not found: shw_peers; did you mean show_peers?");
    json_decref(answer);
    answer = call("show_routes", "{'famly':'ipv4 flow'}");
    assert_string_equal(text_at(json_object_get(answer, "error"), "message"),
                        "Invalid params: famly: unknown; did you mean family");
    json_decref(answer);
}

/* Whether the method is refused for who calls it; what is wrong with the call is found later. */
static bool is_refused(const char *method)
{
    json_t *answer = call(method, NULL);
    bool refused = error_code(answer) == JSONRPC_FORBIDDEN;
    if (refused)
        assert_non_null(strstr(text_at(json_object_get(answer, "error"), "message"), "because"));
    json_decref(answer);
    return refused;
}

/* Methods that take more than the role "read": whoever adds one says so here, too. */
static const struct {
    const char *name;
    enum access access;
} takes_more[] = {
    {"advertise_route", ACCESS_ORIGINATE},
    {"advertise_flow", ACCESS_ORIGINATE},
    {"withdraw_route", ACCESS_ORIGINATE},
    {"withdraw_flow", ACCESS_ORIGINATE},
    {"advertise_routes", ACCESS_ORIGINATE},
    {"withdraw_routes", ACCESS_ORIGINATE},
    {"withdraw_originated", ACCESS_ORIGINATE},
    {"enable_peer", ACCESS_FULL},
    {"disable_peer", ACCESS_FULL},
    {"reset_peer", ACCESS_FULL},
    {"refresh_peer", ACCESS_FULL},
    {"policy_diff", ACCESS_FULL}, /* reads files, and costs much */
    {"reload", ACCESS_FULL},
    {"confirm", ACCESS_FULL},
    {"rollback", ACCESS_FULL},
};

static enum access access_of(const char *method)
{
    for (size_t i = 0; i < sizeof(takes_more) / sizeof(takes_more[0]); i++)
        if (strcmp(takes_more[i].name, method) == 0)
            return takes_more[i].access;
    return ACCESS_READ;
}

static void test_access(void **state)
{
    (void)state;
    size_t count;
    const struct method *methods = methods_table(&count);
    client.reason = "because";
    for (enum access access = ACCESS_NONE; access < ACCESS_COUNT; access++) {
        client.access = access;
        for (size_t i = 0; i < count; i++)
            if (is_refused(methods[i].name) != (access_of(methods[i].name) > access))
                fail_msg("%s for %s", methods[i].name, access_names[access]);
        if (access < ACCESS_ORIGINATE) {
            free(answer_text("{'jsonrpc':'2.0','method':'reload'}"));
            assert_int_equal(speaker.actions, 0);
        }
    }
}

/* --- batches -----------------------------------------------------------------------------------
 */

static void test_batch(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = 100;
    fake_peer_add(&speaker, "127.0.0.9");
    block_bytes = 64;
    json_t *answers =
        answer_json("[{'jsonrpc':'2.0','method':'show_routes_learned','id':'a'},"
                    "{'jsonrpc':'2.0','method':'reset_peer','params':['127.0.0.9']},"
                    "{'jsonrpc':'2.0','method':'show_routes'},"
                    "7,"
                    "{'jsonrpc':'2.0','method':'nope','id':'b'},"
                    "{'jsonrpc':'2.0','method':'reload','id':'c'},"
                    "{'jsonrpc':'2.0','method':'show_routes','params':{'limit':2},'id':null}]");
    assert_int_equal(json_array_size(answers), 5);
    assert_string_equal(text_at(json_array_get(answers, 0), "id"), "a");
    assert_routes(json_object_get(json_array_get(answers, 0), "result"), 0, 100);
    assert_int_equal(error_code(json_array_get(answers, 1)), JSONRPC_INVALID_REQUEST);
    assert_int_equal(error_code(json_array_get(answers, 2)), JSONRPC_METHOD_NOT_FOUND);
    assert_string_equal(text_at(json_array_get(answers, 3), "id"), "c");
    assert_non_null(json_object_get(json_array_get(answers, 3), "result"));
    json_t *last = json_object_get(json_array_get(answers, 4), "result");
    assert_int_equal(json_array_size(json_object_get(last, "routes")), 2);
    assert_int_equal(speaker.actions, 2);
    json_decref(answers);
}

static struct answer *answer_of(const char *body)
{
    struct answer *a = answer_new(&env, &client, JSONRPC_DOCUMENT);
    answer_feed(a, body, strlen(body));
    answer_end(a);
    return a;
}

/* Answers that wait do not grow without end: when they are many, the rest of the batch is carried
 * out as they are taken. */
static void test_batch_of_long_answers(void **state)
{
    (void)state;
    enum { CALLS = 1000, ID_BYTES = 10000 };
    char id[ID_BYTES + 1];
    memset(id, 'i', ID_BYTES);
    id[ID_BYTES] = '\0';
    struct strbuf text = {0};
    for (unsigned i = 0; i < CALLS; i++)
        strbuf_printf(&text, "%s{\"jsonrpc\":\"2.0\",\"method\":\"reload\",\"id\":\"%s\"}",
                      i ? "," : "[", id);
    strbuf_add_char(&text, ']');
    struct answer *a = answer_of(strbuf_text(&text));
    strbuf_clear(&text);
    while (!answer_prepare(a, UINT64_MAX))
        ;
    assert_in_range(speaker.actions * ID_BYTES, 7000000, 8 << 20);
    size_t held = answer_held_bytes(a);
    char block[65536];
    size_t len;
    while (!answer_complete(a) || answer_ready_bytes(a) > 0) {
        answer_fill(a, sizeof(block), UINT64_MAX);
        assert_true(answer_held_bytes(a) <= held);
        assert_true(answer_ready_bytes(a) < sizeof(block) + ID_BYTES + 1000);
        while ((len = answer_take(a, block, sizeof(block))) > 0)
            strbuf_add_bytes(&text, block, len);
    }
    assert_int_equal(speaker.actions, CALLS);
    assert_true(answer_held_bytes(a) < 300000);
    json_t *answers = json_loadb(text.data, text.len_bytes, 0, NULL);
    assert_int_equal(json_array_size(answers), CALLS);
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(error_code(json_array_get(answers, i)), 0);
    json_decref(answers);
    answer_free(a);
    strbuf_release(&text);
}

static void test_notifications_have_no_answer(void **state)
{
    (void)state;
    assert_null(answer_text("{'jsonrpc':'2.0','method':'reload'}"));
    assert_int_equal(speaker.actions, 1);
    assert_null(answer_text("[{'jsonrpc':'2.0','method':'reload'},"
                            "{'jsonrpc':'2.0','method':'version'},"
                            "{'jsonrpc':'2.0','method':'nope'},"
                            "{'jsonrpc':'2.0','method':'reset_peer'}]"));
    assert_int_equal(speaker.actions, 2);
}

/* Changes happen before the answer begins, so also when nobody waits for it. */
static void test_changes_do_not_wait_for_the_answer(void **state)
{
    (void)state;
    static const char body[] = "[{\"jsonrpc\":\"2.0\",\"method\":\"show_routes\",\"id\":1},"
                               "{\"jsonrpc\":\"2.0\",\"method\":\"reload\",\"id\":2},"
                               "{\"jsonrpc\":\"2.0\",\"method\":\"reload\",\"id\":3}]";
    speaker.make_route = make_route;
    speaker.route_count = 100;
    struct answer *a = answer_of(body);
    unsigned turns = 1;
    while (!answer_prepare(a, 0))
        turns++;
    assert_int_equal(turns, 5); /* one look a turn when the time is always up; a reload takes two */
    assert_int_equal(speaker.actions, 2);
    answer_fill(a, 100, UINT64_MAX);
    assert_int_equal(speaker.open_queries, 1);
    answer_free(a); /* the client is gone */
    assert_int_equal(speaker.open_queries, 0);
}

/* However long a list, no more is made ready than was asked for and one route. */
static void test_buffer_is_bounded(void **state)
{
    (void)state;
    static const char body[] = "{\"jsonrpc\":\"2.0\",\"method\":\"show_routes_learned\",\"id\":1}";
    speaker.make_route = make_route;
    speaker.route_count = 20000;
    struct answer *a = answer_of(body);
    assert_true(answer_prepare(a, UINT64_MAX));
    char block[1000];
    size_t total = 0;
    while (!answer_complete(a) || answer_ready_bytes(a) > 0) {
        answer_fill(a, sizeof(block), UINT64_MAX);
        assert_true(answer_ready_bytes(a) < sizeof(block) + 400);
        total += answer_take(a, block, sizeof(block));
    }
    assert_true(total > 20000 * 200);
    answer_free(a);
}

/* --- the table ----------------------------------------------------------------------------------
 */

static void test_table(void **state)
{
    (void)state;
    size_t count;
    const struct method *methods = methods_table(&count);
    for (size_t i = 0; i < count; i++) {
        const struct method *m = &methods[i];
        assert_ptr_equal(method_find(m->name), m);
        assert_non_null(m->run);
        assert_true(m->help && m->result);
        size_t params = params_count(m->params);
        assert_true(params < METHOD_PARAMS_MAX);
        bool optional = false;
        for (size_t k = 0; k < params; k++) {
            const struct param *p = &m->params[k];
            assert_non_null(p->help);
            assert_true(p->type < PARAM_TYPE_COUNT);
            /* By position, what is required comes first. */
            assert_false(optional && p->required);
            optional = !p->required;
            for (size_t j = 0; j < k; j++)
                assert_string_not_equal(m->params[j].name, p->name);
        }
    }
}

static void test_discover(void **state)
{
    (void)state;
    json_t *answer = call("rpc.discover", "[]");
    json_t *doc = json_object_get(answer, "result");
    assert_string_equal(text_at(doc, "openrpc"), "1.2.6");
    assert_string_equal(text_at(json_object_get(doc, "info"), "version"), BGPD_VERSION);
    json_t *listed = json_object_get(doc, "methods");
    size_t count;
    const struct method *methods = methods_table(&count);
    assert_int_equal(json_array_size(listed), count);
    for (size_t i = 0; i < count; i++) {
        json_t *m = json_array_get(listed, i);
        assert_string_equal(text_at(m, "name"), methods[i].name);
        assert_non_null(json_object_get(m, "result"));
        json_t *params = json_object_get(m, "params");
        assert_int_equal(json_array_size(params), params_count(methods[i].params));
        for (size_t k = 0; k < json_array_size(params); k++) {
            json_t *p = json_array_get(params, k);
            assert_string_equal(text_at(p, "name"), methods[i].params[k].name);
            assert_int_equal(json_is_true(json_object_get(p, "required")),
                             methods[i].params[k].required);
            assert_true(json_object_size(json_object_get(p, "schema")) > 0);
        }
    }
    json_decref(answer);
}

/* The choices of a parameter are those of the table of families. */
static void test_discovered_families(void **state)
{
    (void)state;
    struct strbuf schema = {0};
    json_t *families = json_array();
    for (enum family f = 0; f < FAMILY_COUNT; f++)
        json_array_append_new(families, json_string(family_info(f)->name));
    param_put_schema(PARAM_FAMILY, &schema);
    json_t *said = json_loads(strbuf_text(&schema), 0, NULL);
    assert_true(json_equal(json_object_get(said, "enum"), families));
    json_decref(said);
    json_decref(families);
    strbuf_release(&schema);
}

/* The parameters that the contract of the inherited interface has, by position. */
static void test_positions(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        const char *params;
    } cases[] = {
        {"show_peers", ""},
        {"show_routes_learned", "from_peer"},
        {"show_routes_advertised", "to_peer"},
        {"advertise_route",
         "prefix next_hop origin as_path local_pref multi_exit_disc communities"},
        {"advertise_flow",
         "afi action matches origin as_path local_pref multi_exit_disc communities"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct method *m = method_find(cases[i].method);
        struct strbuf names = {0};
        for (size_t k = 0; m->params[k].name; k++)
            strbuf_printf(&names, "%s%s", k > 0 ? " " : "", m->params[k].name);
        assert_memory_equal(strbuf_text(&names), cases[i].params, strlen(cases[i].params));
        strbuf_release(&names);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_protocol_errors),
        TEST(test_invalid_params),
        TEST(test_misspelled),
        TEST(test_access),
        TEST(test_batch),
        TEST(test_batch_of_long_answers),
        TEST(test_notifications_have_no_answer),
        TEST(test_changes_do_not_wait_for_the_answer),
        TEST(test_buffer_is_bounded),
        TEST(test_table),
        TEST(test_discover),
        TEST(test_discovered_families),
        TEST(test_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
