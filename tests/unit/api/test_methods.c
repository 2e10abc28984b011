/* The methods: peers, routes of our own, lists of routes. */
#include "calls.h"

/* --- peers --- */

static void test_show_peers(void **state)
{
    (void)state;
    struct peer *up = fake_peer_add(&speaker, "127.0.0.2");
    up->counters.messages_received = 11;
    struct time_now now = time_now_read();
    up->session.established_mono_ms = time_mono_ms() - 75 * 1000;
    up->config.description = (char *)"a \"peer\"";
    speaker.peers[0].prefixes_received = 7;
    speaker.peers[0].prefixes_accepted = 5;
    struct peer *idle = fake_peer_add(&speaker, "::2");
    idle->state = FSM_IDLE;
    idle->last_error = "no route";
    idle->last_error_mono_ms = time_mono_ms() - 125 * 1000;
    idle->down_reason = "hold timer expired";
    idle->down_mono_ms = time_mono_ms() - 95 * 1000;
    struct peer *off = fake_peer_add(&speaker, "127.0.0.9");
    off->state = FSM_IDLE;
    speaker.peers[2].enabled = false;
    fake_network_add(&speaker, "127.0.0.0/28");

    json_t *answer = call("show_peers", NULL);
    json_t *peers = json_object_get(answer, "result");
    assert_int_equal(json_array_size(peers), 4);
    json_t *p = json_array_get(peers, 0);
    assert_string_equal(text_at(p, "peer"), "127.0.0.2");
    assert_true(json_is_true(json_object_get(p, "enabled")));
    assert_string_equal(text_at(p, "router_id"), "2.2.2.2");
    assert_int_equal(json_integer_value(json_object_get(p, "remote_asn")), 65000);
    assert_int_equal(json_integer_value(json_object_get(p, "msg_received")), 11);
    assert_int_equal(json_integer_value(json_object_get(p, "connect_time")),
                     time_unix_s_of(&now, up->session.established_mono_ms));
    assert_int_equal(strncmp(text_at(p, "uptime"), "00:01:1", 7), 0);
    assert_string_equal(text_at(p, "state"), "Established");
    assert_int_equal(json_integer_value(json_object_get(p, "prefixes_received")), 7);
    assert_int_equal(json_integer_value(json_object_get(p, "prefixes_accepted")), 5);
    assert_string_equal(text_at(p, "description"), "a \"peer\"");
    assert_true(json_is_null(json_object_get(p, "last_error")));
    assert_true(json_is_null(json_object_get(p, "last_error_at")));
    assert_true(json_is_null(json_object_get(p, "last_error_age")));
    assert_true(json_is_false(json_object_get(p, "last_error_current")));
    assert_true(json_is_false(json_object_get(p, "dynamic")));
    assert_true(json_is_null(json_object_get(p, "down_since")));
    assert_true(json_is_null(json_object_get(p, "down_age")));
    assert_true(json_is_null(json_object_get(p, "down_reason")));

    p = json_array_get(peers, 1);
    assert_string_equal(text_at(p, "peer"), "::2");
    assert_string_equal(text_at(p, "state"), "Idle");
    assert_string_equal(text_at(p, "last_error"), "no route");
    assert_int_equal(json_integer_value(json_object_get(p, "last_error_at")),
                     time_unix_s_of(&now, idle->last_error_mono_ms));
    assert_int_equal(strncmp(text_at(p, "last_error_age"), "00:02:", 6), 0);
    assert_true(json_is_true(json_object_get(p, "last_error_current")));
    assert_string_equal(text_at(p, "down_reason"), "hold timer expired");
    assert_int_equal(json_integer_value(json_object_get(p, "down_since")),
                     time_unix_s_of(&now, idle->down_mono_ms));
    assert_int_equal(strncmp(text_at(p, "down_age"), "00:01:", 6), 0);
    static const char *const only_up[] = {
        "router_id",         "connect_time",      "uptime",
        "prefixes_received", "prefixes_accepted", "prefixes_advertised"};
    for (size_t i = 0; i < sizeof(only_up) / sizeof(only_up[0]); i++)
        assert_true(json_is_null(json_object_get(p, only_up[i])));

    assert_string_equal(text_at(json_array_get(peers, 2), "state"), "Disabled");
    p = json_array_get(peers, 3);
    assert_string_equal(text_at(p, "peer"), "127.0.0.0/28");
    assert_string_equal(text_at(p, "state"), "Listening");
    assert_true(json_is_null(json_object_get(p, "msg_received")));
    json_decref(answer);

    snprintf(speaker.peers[3].closed, sizeof(speaker.peers[3].closed), "no room");
    answer = call("show_peers", NULL);
    p = json_array_get(json_object_get(answer, "result"), 3);
    assert_string_equal(text_at(p, "state"), "Idle");
    assert_string_equal(text_at(p, "last_error"), "no room");
    assert_true(json_is_null(json_object_get(p, "last_error_at")));
    assert_true(json_is_true(json_object_get(p, "last_error_current")));
    json_decref(answer);

    idle->state = FSM_ESTABLISHED; /* it has recovered */
    answer = call("show_peers", NULL);
    p = json_array_get(json_object_get(answer, "result"), 1);
    assert_string_equal(text_at(p, "last_error"), "no route");
    assert_true(json_is_integer(json_object_get(p, "last_error_at")));
    assert_true(json_is_false(json_object_get(p, "last_error_current")));
    json_decref(answer);
}

static void test_show_peer_detail(void **state)
{
    (void)state;
    struct peer *up = fake_peer_add(&speaker, "127.0.0.2");
    static const uint8_t capabilities[] = {1, 4, 0, 1, 0, 1, 65, 4, 0, 0, 0xfd, 0xe8};
    up->capabilities = span_of(capabilities, sizeof(capabilities));
    up->channels[0] = (struct speaker_channel){
        .family = FAMILY_IPV4_UNICAST,
        .state = CHANNEL_UP,
        .received = 3,
        .accepted = 2,
        .advertised = 4,
        .limit = {.limit = 9, .action = LIMIT_IGNORE_NEW, .count = LIMIT_ACCEPTED}};
    up->channels[1] =
        (struct speaker_channel){.family = FAMILY_IPV6_FLOW, .state = CHANNEL_LIMITED};
    up->held_back = "prefix limit, retry in 291 s";
    up->held_back_s = 291;
    up->channel_count = 2;
    up->session.hold_time_s = 90;
    up->session.keepalive_s = 30;
    ip_parse("127.0.0.1", &up->session.local.addr);
    up->session.local.port = 179;
    ip_parse("::2", &up->session.remote.addr);
    up->session.remote.port = 40000;
    fake_peer_add(&speaker, "127.0.0.3")->state = FSM_CONNECT;

    json_t *answer = call("show_peer_detail", "['127.0.0.2']");
    json_t *d = json_object_get(answer, "result");
    assert_string_equal(text_at(json_object_get(d, "summary"), "peer"), "127.0.0.2");
    assert_int_equal(json_integer_value(json_object_get(d, "hold_timer")), 180);
    assert_int_equal(json_integer_value(json_object_get(d, "hold_timer_interval")), 30);
    assert_int_equal(json_integer_value(json_object_get(d, "hold_time")), 90);
    json_t *tcp = json_object_get(d, "tcp_connection");
    assert_string_equal(json_string_value(json_array_get(tcp, 0)), "127.0.0.1:179");
    assert_string_equal(json_string_value(json_array_get(tcp, 1)), "[::2]:40000");
    assert_int_equal(json_array_size(json_object_get(d, "capabilities")), 2);
    assert_int_equal(json_array_size(json_object_get(d, "families")), 1);
    json_t *prefixes = json_object_get(json_object_get(d, "prefixes"), "ipv4 unicast");
    assert_int_equal(json_integer_value(json_object_get(prefixes, "received")), 3);
    assert_int_equal(json_integer_value(json_object_get(prefixes, "advertised")), 4);
    assert_int_equal(json_object_size(json_object_get(d, "prefixes")), 1);
    json_t *channel = json_array_get(json_object_get(d, "channels"), 0);
    assert_string_equal(text_at(channel, "family"), "ipv4 unicast");
    assert_string_equal(text_at(channel, "state"), "up");
    assert_int_equal(json_integer_value(json_object_get(channel, "accepted")), 2);
    assert_string_equal(text_at(json_object_get(channel, "limit"), "action"), "ignore-new");
    assert_string_equal(text_at(json_object_get(channel, "limit"), "count"), "accepted");
    channel = json_array_get(json_object_get(d, "channels"), 1);
    assert_string_equal(text_at(channel, "state"), "down: prefix limit, retry in 291 s");
    assert_int_equal(json_integer_value(json_object_get(channel, "retry_s")), 291);
    assert_true(json_is_null(json_object_get(channel, "limit")));
    assert_true(json_is_null(json_object_get(channel, "received")));
    assert_true(json_is_null(json_object_get(d, "last_received")));
    json_decref(answer);

    answer = call("show_peer_detail", "[null]");
    assert_int_equal(json_array_size(json_object_get(answer, "result")), 2);
    d = json_array_get(json_object_get(answer, "result"), 1);
    assert_true(json_is_null(json_object_get(d, "hold_time")));
    assert_true(json_is_null(json_object_get(d, "tcp_connection")));
    assert_int_equal(json_array_size(json_object_get(d, "capabilities")), 0);
    json_decref(answer);
    assert_error("show_peer_detail", "['127.0.0.77']", JSONRPC_NOT_FOUND);

    fake_network_add(&speaker, "127.0.0.0/30");
    answer = call("show_peer_detail", "['127.0.0.0/29']");
    assert_int_equal(json_array_size(json_object_get(answer, "result")), 3);
    json_decref(answer);
    answer = call("show_peer_detail", "['127.0.0.0/30']");
    assert_int_equal(json_array_size(json_object_get(answer, "result")), 3);
    json_decref(answer);
    answer = call("show_peer_detail", "['127.0.0.2/31']");
    assert_int_equal(json_array_size(json_object_get(answer, "result")), 2);
    json_decref(answer);
    assert_error("show_peer_detail", "['127.0.1.0/24']", JSONRPC_NOT_FOUND);
}

static void test_unknown_peers(void **state)
{
    (void)state;
    fake_peer_add(&speaker, "127.0.0.2");
    static const struct {
        const char *method;
        const char *param;
    } cases[] = {
        {"show_peer_detail", "peer"},
        {"show_routes_learned", "from_peer"},
        {"show_routes_advertised", "to_peer"},
        {"show_routes", "from_peer"},
    };
    static const char *const names[][2] = {
        {"192.0.2.7", "no peer 192.0.2.7"},
        {"fe80::1%lo", "no peer fe80::1%lo"},
        {"192.0.2.0/24", "no peer within 192.0.2.0/24"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]) * 3; i++) {
        char params[80];
        snprintf(params, sizeof(params), "{'%s':'%s'}", cases[i / 3].param, names[i % 3][0]);
        json_t *answer = call(cases[i / 3].method, params);
        assert_int_equal(error_code(answer), JSONRPC_NOT_FOUND);
        assert_string_equal(text_at(json_object_get(answer, "error"), "message"), names[i % 3][1]);
        json_decref(answer);
    }
    assert_int_equal(speaker.open_queries, 0);
}

static void test_control_peers(void **state)
{
    (void)state;
    fake_peer_add(&speaker, "127.0.0.2")->dynamic = true;
    fake_peer_add(&speaker, "127.0.0.3");
    fake_network_add(&speaker, "127.0.0.0/28");
    static const struct {
        const char *method;
        const char *params;
        const char *action;
        const char *peers; /* that it is done to */
        const char *message;
        size_t listed;
    } cases[] = {
        {"enable_peer", "['127.0.0.3']", "enable", "127.0.0.3/32", "", 1},
        {"disable_peer", "['127.0.0.3','going home']", "disable", "127.0.0.3/32", "going home", 1},
        {"disable_peer", "{'peer':'127.0.0.3'}", "disable", "127.0.0.3/32", "", 1},
        {"reset_peer", "{'message':'again','peer':'127.0.0.0/28'}", "reset", "127.0.0.0/28",
         "again", 3},
        {"reset_peer", "{'message':'again','peer':'127.0.0.2/31'}", "reset", "127.0.0.2/31",
         "again", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *answer = call(cases[i].method, cases[i].params);
        assert_int_equal(json_array_size(json_object_get(answer, "result")), cases[i].listed);
        assert_string_equal(speaker.action, cases[i].action);
        char peers[PREFIX_TEXT_MAX];
        assert_string_equal(prefix_format(&speaker.remote.prefix, peers), cases[i].peers);
        assert_string_equal(speaker.message, cases[i].message);
        json_decref(answer);
    }
    speaker.actions = 0;
    json_t *several = call("reset_peer", "{'peer':['127.0.0.2','127.0.0.3']}");
    assert_int_equal(json_array_size(json_object_get(several, "result")), 2);
    assert_int_equal(speaker.actions, 2);
    json_decref(several);
    several = call("enable_peer", "['all']");
    assert_int_equal(json_array_size(json_object_get(several, "result")), 3);
    json_decref(several);
    speaker.actions = 0;
    /* All of them must be there, or nothing is done. */
    assert_error("reset_peer", "{'peer':['127.0.0.2','127.0.0.9']}", JSONRPC_NOT_FOUND);
    assert_error("reset_peer", "{'peer':['127.0.0.2','x']}", JSONRPC_INVALID_PARAMS);
    assert_error("reset_peer", "{'peer':[]}", JSONRPC_INVALID_PARAMS);
    assert_error("reset_peer", "{'peer':['all']}", JSONRPC_INVALID_PARAMS);
    assert_int_equal(speaker.actions, 0);
    speaker.result = ERR_NOT_FOUND;
    assert_error("reset_peer", "['127.0.0.3']", JSONRPC_NOT_FOUND);
    speaker.result = ERR_STATE;
    assert_error("enable_peer", "['127.0.0.3']", JSONRPC_FAILED);
    assert_error("refresh_peer", "['127.0.0.3']", JSONRPC_FAILED);
    speaker.result = 0;
    speaker.families = FAMILY_BIT(FAMILY_IPV4_UNICAST) | FAMILY_BIT(FAMILY_IPV6_FLOW);
    json_t *answer = call("refresh_peer", "['127.0.0.3']");
    json_t *families = json_object_get(json_object_get(answer, "result"), "families");
    assert_int_equal(json_array_size(families), 2);
    assert_string_equal(json_string_value(json_array_get(families, 1)), "ipv6 flow");
    json_decref(answer);
}

/* --- routes of our own --- */

static void test_advertise_route(void **state)
{
    (void)state;
    static const char *const params[] = {
        "['10.0.0.0/8','10.254.0.1','EGP',['100','1.10'],200,5,['101','65000:99']]",
        "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1','origin':'egp','as_path':'100 65546',"
        "'local_pref':200,'multi_exit_disc':5,'communities':[101,'65000:99']}",
        "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1','origin':'EGP','as_path':[100,65546],"
        "'local_pref':200,'multi_exit_disc':5,'communities':'101 65000:99'}",
    };
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        json_t *answer = call("advertise_route", params[i]);
        json_t *r = json_object_get(answer, "result");
        assert_non_null(r);
        assert_string_equal(text_at(r, "source"), "API");
        assert_string_equal(text_at(r, "afi"), "IPv4");
        assert_string_equal(text_at(r, "prefix"), "10.0.0.0/8");
        assert_string_equal(text_at(r, "next_hop"), "10.254.0.1");
        assert_string_equal(text_at(r, "origin"), "EGP");
        assert_string_equal(text_at(r, "as_path"), "100 65546");
        assert_int_equal(json_integer_value(json_object_get(r, "local_pref")), 200);
        assert_int_equal(json_integer_value(json_object_get(r, "multi_exit_disc")), 5);
        assert_int_equal(json_array_size(json_object_get(r, "communities")), 2);
        assert_string_equal(text_at(r, "age"), "00:00:00");
        json_decref(answer);
        assert_int_equal(speaker.actions, i + 1);
    }
    json_t *answer = call("advertise_route", "['10.0.0.0/8','10.0.0.1',null,'100 {200 300} 400']");
    assert_string_equal(text_at(json_object_get(answer, "result"), "as_path"), "100 {200 300} 400");
    json_decref(answer);

    assert_error("withdraw_route", "['10.1.0.0/16']", JSONRPC_NOT_FOUND);
    answer = call("withdraw_route", "['10.0.0.0/8']");
    assert_string_equal(text_at(json_object_get(answer, "result"), "withdrawn"), "10.0.0.0/8");
    json_decref(answer);
}

/* An aggregator is taken as it is shown, too, and clusters as words. */
static void test_other_attributes(void **state)
{
    (void)state;
    static const char *const params[] = {
        "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1','aggregator':'0.65000:192.0.2.1',"
        "'atomic_aggregate':true,'originator_id':'192.0.2.2',"
        "'cluster_list':['192.0.2.3','192.0.2.4'],'aigp':9223372036854775807}",
        "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1',"
        "'aggregator':{'asn':65000,'router_id':'192.0.2.1'},'atomic_aggregate':true,"
        "'originator_id':'192.0.2.2','cluster_list':'192.0.2.3 192.0.2.4',"
        "'aigp':9223372036854775807}",
    };
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
        json_t *answer = call("advertise_route", params[i]);
        json_t *r = json_object_get(answer, "result");
        json_t *aggregator = json_object_get(r, "aggregator");
        json_t *clusters = json_object_get(r, "cluster_list");
        assert_int_equal(json_integer_value(json_object_get(aggregator, "asn")), 65000);
        assert_string_equal(text_at(aggregator, "router_id"), "192.0.2.1");
        assert_true(json_is_true(json_object_get(r, "atomic_aggregate")));
        assert_string_equal(text_at(r, "originator_id"), "192.0.2.2");
        assert_int_equal(json_array_size(clusters), 2);
        assert_string_equal(json_string_value(json_array_get(clusters, 1)), "192.0.2.4");
        assert_int_equal(json_integer_value(json_object_get(r, "aigp")), INT64_MAX);
        json_decref(answer);
    }
    json_t *answer = call("advertise_route", "['10.0.0.0/8','10.0.0.1']");
    assert_null(json_object_get(json_object_get(answer, "result"), "atomic_aggregate"));
    json_decref(answer);
    static const char *const bad[] = {
        "'aggregator':'0:192.0.2.1'",
        "'aggregator':{'asn':0,'router_id':'192.0.2.1'}",
        "'aggregator':{'asn':65000}",
        "'aggregator':{'asn':'65000','router_id':'192.0.2.1'}",
        "'aggregator':{'asn':65000,'router_id':'192.0.2.1','x':1}",
        "'aggregator':{'asn':-1,'router_id':'192.0.2.1'}",
        "'aggregator':65000",
        "'atomic_aggregate':1",
        "'originator_id':'0.0.0.0'",
        "'originator_id':7",
        "'cluster_list':'192.0.2.3 x'",
        "'cluster_list':[null]",
        "'aigp':-1",
        "'aigp':'5'",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1',%s}", bad[i]);
        assert_error("advertise_route", text, JSONRPC_INVALID_PARAMS);
    }
}

/* The answer is the route as the RIB has it, which may have had it before. */
static void test_advertised_as_the_rib_has_it(void **state)
{
    (void)state;
    speaker.route_age_s = 65;
    json_t *answer = call("advertise_route", "['10.0.0.0/8','10.254.0.1']");
    json_t *r = json_object_get(answer, "result");
    assert_string_equal(text_at(r, "age"), "00:01:05");
    json_int_t received_at = json_integer_value(json_object_get(r, "received_at"));
    assert_in_range(time(NULL) - received_at, 64, 67);
    json_decref(answer);
    speaker.result = ERR_FULL;
    answer = call("advertise_route", "['10.0.0.0/8','10.254.0.1']");
    json_t *error = json_object_get(answer, "error");
    assert_int_equal(json_integer_value(json_object_get(error, "code")), JSONRPC_FAILED);
    assert_string_equal(text_at(error, "message"), "10.0.0.0/8: there are too many other routes");
    json_decref(answer);
}

/* By what is given: with a label, with a route distinguisher as well, or by name. */
static void test_families_of_routes(void **state)
{
    (void)state;
    static const struct {
        const char *more; /* parameters beside prefix and next hop */
        const char *key;  /* those that withdraw it, beside the prefix */
        const char *safi;
        const char *rd;
        const char *labels;
        const char *name;
    } cases[] = {
        {"", "", "Unicast", NULL, NULL, "10.0.0.0/8"},
        {",'family':'IPv4-Multicast'", ",'family':'ipv4 multicast'", "Multicast", NULL, NULL,
         "10.0.0.0/8"},
        {",'labels':3", ",'family':'ipv4 labeled-unicast'", "Labeled-Unicast", NULL, "[3]",
         "10.0.0.0/8"},
        {",'rd':'65000:1','labels':[100,1048575]", ",'rd':'65000:1'", "VPN", "65000:1",
         "[100,1048575]", "65000:1:10.0.0.0/8"},
        {",'rd':'192.0.2.1:7','labels':0,'family':'ipv4 vpn'", ",'rd':'192.0.2.1:7','labels':0",
         "VPN", "192.0.2.1:7", "[0]", "192.0.2.1:7:10.0.0.0/8"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char params[256];
        snprintf(params, sizeof(params), "{'prefix':'10.0.0.0/8','next_hop':'10.254.0.1'%s}",
                 cases[i].more);
        json_t *answer = call("advertise_route", params);
        json_t *r = json_object_get(answer, "result");
        assert_non_null(r);
        assert_string_equal(text_at(r, "safi"), cases[i].safi);
        assert_string_equal(text_at(r, "prefix"), "10.0.0.0/8");
        json_t *labels = json_object_get(r, "labels");
        assert_int_equal(labels != NULL, cases[i].labels != NULL);
        if (labels) {
            char *text = json_dumps(labels, JSON_COMPACT);
            assert_string_equal(text, cases[i].labels);
            free(text);
        }
        assert_int_equal(json_object_get(r, "rd") != NULL, cases[i].rd != NULL);
        if (cases[i].rd)
            assert_string_equal(text_at(r, "rd"), cases[i].rd);
        json_decref(answer);
        snprintf(params, sizeof(params), "{'prefix':'10.0.0.0/8'%s}", cases[i].key);
        answer = call("withdraw_route", params);
        assert_string_equal(text_at(json_object_get(answer, "result"), "withdrawn"), cases[i].name);
        json_decref(answer);
    }
    json_decref(call("advertise_route",
                     "['10.0.0.0/8','10.254.0.1',null,null,null,null,null,null,'1:1',16]"));
    assert_error("withdraw_route", "['10.0.0.0/8']", JSONRPC_NOT_FOUND);
    assert_error("withdraw_route", "['10.0.0.0/8',null,'1:2']", JSONRPC_NOT_FOUND);
    json_decref(call("withdraw_route", "['10.0.0.0/8',null,'1:1']"));
}

/* Everybody is told how many peers get a route, and what is strange about it. */
static void test_advertise_warnings(void **state)
{
    (void)state;
    json_t *answer =
        call("advertise_flow", "[1,'drop',['port !=9 | !=5'],null,null,null,null,['mark:2']]");
    json_t *r = json_object_get(answer, "result");
    assert_int_equal(json_integer_value(json_object_get(r, "advertised_to")), 0);
    static const char *const warnings[] = {
        ("matches: \"port !=9 | !=5\" leaves nothing out: its values are alternatives (\"&\" joins "
         "what must hold together)"),
        "communities: \"mark:2\" has no effect: \"traffic-rate:0:0\" drops the packets",
        "matches: without \"destination\" it drops packets to all addresses",
        "it goes to no peer: there are no peers",
    };
    json_t *list = json_object_get(r, "warnings");
    assert_int_equal(json_array_size(list), sizeof(warnings) / sizeof(warnings[0]));
    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++)
        assert_string_equal(json_string_value(json_array_get(list, i)), warnings[i]);
    json_decref(answer);
    /* What cannot be meant is refused; what is there already can be withdrawn. */
    assert_error("advertise_flow", "[1,'drop',['port >=9 <=5']]", JSONRPC_INVALID_PARAMS);
    assert_error("advertise_flow", "[1,'drop',['port 9'],null,null,null,null,['redirect:1:2']]",
                 JSONRPC_INVALID_PARAMS);
    assert_error("withdraw_flow", "[1,['port >=9 <=5']]", JSONRPC_NOT_FOUND);
    fake_peer_add(&speaker, "127.0.0.2");
    answer = call("advertise_route", "['10.0.0.0/8','10.254.0.1']");
    r = json_object_get(answer, "result");
    assert_int_equal(json_integer_value(json_object_get(r, "advertised_to")), 1);
    assert_int_equal(json_array_size(json_object_get(r, "warnings")), 0);
    json_decref(answer);
}

static void test_advertise_flow(void **state)
{
    (void)state;
    json_t *answer = call("advertise_flow", "[2,'traffic-rate 24000',['source 3001:100::/56',"
                                            "'destination-port >8000 <=8080']]");
    json_t *r = json_object_get(answer, "result");
    assert_non_null(r);
    assert_string_equal(text_at(r, "afi"), "IPv6");
    assert_string_equal(text_at(r, "safi"), "Flowspec");
    assert_true(json_is_null(json_object_get(r, "next_hop")));
    assert_non_null(strstr(text_at(r, "prefix"), "; "));
    assert_int_equal(json_array_size(json_object_get(r, "communities")), 1);
    char *rules = strdup(text_at(r, "prefix"));
    json_decref(answer);

    assert_error("withdraw_flow", "[2,['protocol =6']]", JSONRPC_NOT_FOUND);
    answer = call("withdraw_flow", "{'afi':2,'matches':['destination-port >8000 <=8080',"
                                   "'source 3001:100::/56']}");
    assert_string_equal(text_at(json_object_get(answer, "result"), "withdrawn"), rules);
    free(rules);
    json_decref(answer);
}

/* --- lists of routes ---------------------------------------------------------------------------
 */

static void test_lists(void **state)
{
    (void)state;
    static const unsigned counts[] = {0, 1, 2, 1000};
    static const unsigned yields[] = {0, 1, 7};
    static const size_t blocks[] = {1, 100, 65536};
    speaker.make_route = make_route;
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
        for (size_t k = 0; k < 3; k++) {
            speaker.route_count = counts[c];
            speaker.yield_every = yields[k];
            block_bytes = blocks[k];
            json_t *answer = call("show_routes_learned", NULL);
            assert_routes(json_object_get(answer, "result"), 0, counts[c]);
            assert_null(json_object_get(answer, "cursor"));
            json_decref(answer);
            answer = call("show_routes", NULL);
            json_t *result = json_object_get(answer, "result");
            assert_routes(json_object_get(result, "routes"), 0, counts[c]);
            assert_true(json_is_null(json_object_get(result, "cursor")));
            json_decref(answer);
        }
    }
}

static void test_limit_and_cursor(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = 10;
    speaker.yield_every = 1;
    char params[100] = "{'limit':4}";
    static const unsigned pages[] = {4, 4, 2};
    for (unsigned page = 0; page < 3; page++) {
        json_t *answer = call("show_routes", params);
        json_t *result = json_object_get(answer, "result");
        assert_routes(json_object_get(result, "routes"), page * 4, pages[page]);
        const char *cursor = text_at(result, "cursor");
        assert_int_equal(cursor != NULL, page < 2);
        snprintf(params, sizeof(params), "{'limit':4,'cursor':'%s'}", cursor ? cursor : "");
        json_decref(answer);
    }
    /* Exactly as many as there are: nothing to go on with. */
    json_t *answer = call("show_routes", "{'limit':10}");
    json_t *result = json_object_get(answer, "result");
    assert_routes(json_object_get(result, "routes"), 0, 10);
    assert_true(json_is_null(json_object_get(result, "cursor")));
    json_decref(answer);
    /* A plain list has the cursor beside it. */
    answer = call("show_routes_advertised", "{'limit':3}");
    assert_routes(json_object_get(answer, "result"), 0, 3);
    assert_string_equal(text_at(answer, "cursor"), "at-3");
    json_decref(answer);
}

static void test_filters(void **state)
{
    (void)state;
    speaker.make_route = make_route;
    speaker.route_count = 1;
    fake_network_add(&speaker, "127.0.0.0/28");
    fake_peer_add(&speaker, "fe80::1%lo");
    json_t *answer = call("show_routes", "{'family':'ipv6 unicast','longest':'2001:db8::1',"
                                         "'from_peer':'127.0.0.0/28','as':'1.10',"
                                         "'community':'65000:99','best':true}");
    const struct route_filter *f = &speaker.last_filter;
    assert_int_equal(f->kind, ROUTES_LOC_RIB);
    assert_int_equal(f->families, FAMILY_BIT(FAMILY_IPV6_UNICAST));
    assert_int_equal(f->match, MATCH_LONGEST);
    assert_int_equal(f->prefix.len_bits, 128);
    assert_true(f->has_from);
    assert_int_equal(f->from.prefix.len_bits, 28);
    assert_int_equal(f->as_in_path, 65546);
    assert_true(f->has_community);
    assert_int_equal(f->community.bytes[3], 99);
    assert_true(f->best_only);
    json_t *route = json_array_get(json_object_get(json_object_get(answer, "result"), "routes"), 0);
    assert_true(json_is_true(json_object_get(route, "best")));
    json_decref(answer);

    answer = call("show_routes_advertised", "[null]");
    assert_int_equal(speaker.last_filter.kind, ROUTES_ADVERTISED);
    assert_int_equal(speaker.last_filter.families, 0);
    assert_false(speaker.last_filter.has_to);
    assert_non_null(text_at(json_array_get(json_object_get(answer, "result"), 0), "learned_from"));
    json_decref(answer);

    answer = call("show_routes_learned", "{'from_peer':'fe80::1%lo'}");
    assert_int_equal(speaker.last_filter.from.prefix.bytes[0], 0xfe);
    assert_string_equal(speaker.last_filter.from.interface, "lo");
    json_decref(answer);

    json_decref(call("show_routes_learned", "{'filtered':true}"));
    assert_true(speaker.last_filter.filtered);
    assert_false(speaker.last_filter.has_rov);
    json_decref(call("show_routes_learned", "{'rov':'valid'}"));
    assert_true(speaker.last_filter.has_rov);
    assert_int_equal(speaker.last_filter.rov, ROV_VALID);
    json_decref(call("show_routes", "{'rov':'not-found'}"));
    assert_true(speaker.last_filter.has_rov);
    assert_int_equal(speaker.last_filter.rov, ROV_NOT_FOUND);
    json_decref(call("show_routes", "{'filtered':true,'as':7}"));
    assert_true(speaker.last_filter.filtered);
    assert_int_equal(speaker.last_filter.as_in_path, 7);
    json_decref(call("show_routes_learned", "['API']"));
    assert_false(speaker.last_filter.filtered);
    assert_true(speaker.last_filter.has_own && !speaker.last_filter.has_from);
    assert_int_equal(speaker.last_filter.own, ROUTE_SOURCE_API);
    json_decref(call("show_routes", "{'from_peer':'config'}"));
    assert_true(speaker.last_filter.has_own && !speaker.last_filter.has_from);
    assert_int_equal(speaker.last_filter.own, ROUTE_SOURCE_CONFIG);
}

/* What filters say is the same for all lists, and for counts. */
static void test_filters_of_all_lists(void **state)
{
    (void)state;
    static const char *const methods[] = {"show_routes_learned", "show_routes_advertised",
                                          "show_routes", "count_routes"};
    const struct route_filter *f = &speaker.last_filter;
    fake_peer_add(&speaker, "127.0.0.2");
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        json_decref(call(methods[i],
                         "{'longer':'10.0.0.0/8','from_peer':'127.0.0.2','as':7,'rov':'valid',"
                         "'as_path':'^65001( [0-9]+)*$','origin_as':'1.1','community':'65000:9'}"));
        assert_int_equal(f->match, MATCH_LONGER);
        assert_int_equal(f->prefix.len_bits, 8);
        assert_true(f->has_from && f->has_community && f->has_rov);
        assert_int_equal(f->as_in_path, 7);
        assert_int_equal(f->origin_as, 65537);
        assert_string_equal(speaker.last_as_path, "^65001( [0-9]+)*$");
        json_t *answer = call(methods[i], "{'as_path':'(a'}");
        assert_int_equal(error_code(answer), -32602);
        const char *message = text_at(json_object_get(answer, "error"), "message");
        assert_non_null(strstr(message, "as_path: column 2: 'a' cannot stand"));
        json_decref(answer);
        answer = call(methods[i], "{'from_peer':'127.0.0.3'}");
        assert_int_equal(error_code(answer), -32001);
        json_decref(answer);
        answer = call(methods[i], "{'exact':'10.0.0.0/8','longer':'10.0.0.0/8'}");
        assert_int_equal(error_code(answer), -32602);
        json_decref(answer);
    }
    assert_int_equal(speaker.open_queries, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_show_peers),
        TEST(test_show_peer_detail),
        TEST(test_unknown_peers),
        TEST(test_control_peers),
        TEST(test_advertise_route),
        TEST(test_other_attributes),
        TEST(test_families_of_routes),
        TEST(test_advertise_flow),
        TEST(test_advertised_as_the_rib_has_it),
        TEST(test_advertise_warnings),
        TEST(test_lists),
        TEST(test_limit_and_cursor),
        TEST(test_filters),
        TEST(test_filters_of_all_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
