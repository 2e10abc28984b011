/* What is kept of changes: which of them, what of each, and how they are asked for. */
#include "calls.h"

static json_t *changes(const char *params)
{
    json_t *answer = call("show_audit", params);
    json_t *list = json_incref(json_object_get(json_object_get(answer, "result"), "changes"));
    if (!json_is_array(list))
        fail_msg("%s: %s", params, json_dumps(answer, 0));
    json_decref(answer);
    return list;
}

static void assert_changes(const char *params, size_t count)
{
    json_t *list = changes(params);
    if (json_array_size(list) != count)
        fail_msg("%s: %s", params, json_dumps(list, 0));
    json_decref(list);
}

static void do_call(const char *method, const char *params)
{
    json_decref(call(method, params));
}

static int set_up(void **state)
{
    int rc = setup(state);
    speaker.config.api_audit = 5;
    return rc;
}

static void what_is_kept(void **state)
{
    (void)state;
    static struct token token = {.name = (char *)"injector"};
    do_call("version", NULL); /* changes nothing */
    do_call("advertise_route", "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','ttl':'10m',"
                               "'owner':'me','communities':['65001:1']}");
    client.token = &token;
    do_call("withdraw_route", "['198.51.100.0/24']");
    client.token = NULL;
    do_call("reload", "{'config':'md5_password = 1','name':'a.toml'}");
    client.access = ACCESS_READ;
    client.reason = "because";
    do_call("reload", NULL);
    json_t *list = changes(NULL);
    static const struct {
        const char *owner, *method, *what, *error;
        bool token;
    } expected[] = {
        {"me", "advertise_route",
         "192.0.2.0/24 next hop 10.0.0.1, communities 65001:1, ttl 10m, owner me", NULL, false},
        {"injector", "withdraw_route", "198.51.100.0/24",
         "the API does not advertise 198.51.100.0/24", true},
        {NULL, "reload", "with a configuration of 16 bytes, name a.toml", NULL, false},
        {NULL, "reload", "", "reload is forbidden: because", false},
    };
    assert_int_equal(json_array_size(list), 4);
    for (size_t i = 0; i < 4; i++) {
        const json_t *change = json_array_get(list, i);
        const char *owner = text_at(change, "owner");
        const char *error = text_at(change, "error");
        assert_int_equal(json_integer_value(json_object_get(change, "number")), i + 1);
        assert_true(json_integer_value(json_object_get(change, "time")) > 1700000000);
        assert_string_equal(text_at(change, "address"), "127.0.0.1");
        assert_string_equal(text_at(change, "method"), expected[i].method);
        assert_string_equal(text_at(change, "what"), expected[i].what);
        assert_string_equal(owner ? owner : "", expected[i].owner ? expected[i].owner : "");
        assert_string_equal(error ? error : "", expected[i].error ? expected[i].error : "");
        assert_int_equal(json_is_true(json_object_get(change, "token")), expected[i].token);
    }
    json_decref(list);
}

static void the_latest_stay(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 12; i++)
        do_call("enable_peer", "['all']");
    json_t *list = changes(NULL);
    assert_int_equal(json_array_size(list), 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(list, i), "number")),
                         8 + i);
    json_decref(list);
    speaker.config.api_audit = 8; /* what is there stays */
    do_call("enable_peer", "['all']");
    assert_changes(NULL, 6);
    speaker.config.api_audit = 3;
    do_call("enable_peer", "['all']");
    assert_changes(NULL, 3);
    speaker.config.api_audit = 0;
    do_call("enable_peer", "['all']");
    assert_changes(NULL, 0);
}

/* What strangers are refused again and again is counted, and washes nothing away. */
static void strangers(void **state)
{
    (void)state;
    do_call("enable_peer", "['all']");
    struct caller own = client;
    client = (struct caller){.access = ACCESS_READ,
                             .reason = "because",
                             .place.addr = ip_from_v4(0xc0000201),
                             .stranger = true};
    for (unsigned i = 0; i < 100; i++)
        do_call("reload", NULL);
    for (unsigned i = 0; i < 100; i++)
        do_call(i % 2 ? "reload" : "confirm", NULL);
    for (unsigned i = 0; i < 100; i++)
        do_call("reload", NULL);
    client = own;
    json_t *list = changes(NULL);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_at(json_array_get(list, 0), "method"), "enable_peer");
    const json_t *last = json_array_get(list, 1);
    assert_string_equal(text_at(last, "address"), "192.0.2.1");
    assert_int_equal(json_integer_value(json_object_get(last, "repeats")), 100);
    json_decref(list);
}

/* What no client asked for stands beside it, and leases wash nothing away. */
static void deeds(void **state)
{
    (void)state;
    struct speaker_deed deed = {
        .kind = SPEAKER_DEED_RELOAD, .failed = true, .what = "", .owner = ""};
    do_call("enable_peer", "['all']");
    audit_add_deed(&env.audit, 5, &deed);
    deed =
        (struct speaker_deed){.kind = SPEAKER_DEED_ROUTE_ENDS, .what = "10.0.0.0/8", .owner = "me"};
    for (unsigned i = 0; i < 100; i++)
        audit_add_deed(&env.audit, 5, &deed);
    deed = (struct speaker_deed){.kind = SPEAKER_DEED_ROLLBACK, .what = "", .owner = ""};
    audit_add_deed(&env.audit, 5, &deed);
    json_t *list = changes(NULL);
    assert_int_equal(json_array_size(list), 8);
    const json_t *failed = json_array_get(list, 1);
    assert_string_equal(text_at(failed, "address"), "SIGHUP");
    assert_string_equal(text_at(failed, "error"),
                        "the configuration file has errors; nothing was changed");
    const json_t *end = json_array_get(list, 2);
    assert_string_equal(text_at(end, "method"), "withdraw_route");
    assert_string_equal(text_at(end, "what"), "10.0.0.0/8, its lease has ended");
    assert_string_equal(text_at(end, "owner"), "me");
    assert_string_equal(text_at(end, "address"), "daemon");
    const json_t *back = json_array_get(list, 7);
    assert_string_equal(text_at(back, "method"), "rollback");
    assert_null(text_at(back, "owner"));
    json_decref(list);
    assert_changes("{'owner':'me','prefix':'10.0.0.0/8'}", 5);
    audit_add_deed(&env.audit, 0, &deed);
    assert_changes(NULL, 0);
}

static void which_are_asked_for(void **state)
{
    (void)state;
    speaker.config.api_audit = 100;
    do_call("advertise_route", "{'prefix':'192.0.2.0/24','next_hop':'10.0.0.1','owner':'a'}");
    do_call("advertise_route", "{'prefix':'192.0.2.1/32','next_hop':'10.0.0.1','owner':'b'}");
    do_call("advertise_flow", "[1,'traffic-rate 0',['destination 192.0.2.7/32','port 80']]");
    do_call("withdraw_route", "['2001:db8::/32']");
    do_call("disable_peer", "['192.0.2.9']");
    static const struct {
        const char *params;
        size_t count;
    } cases[] = {
        {"{'owner':'a'}", 1},
        {"{'owner':'x'}", 0},
        {"{'method':'advertise_route'}", 2},
        {"{'method':'advertise_route','owner':'b'}", 1},
        {"{'prefix':'192.0.2.0/24'}", 4},
        {"{'prefix':'192.0.2.0/31'}", 1},
        {"{'prefix':'2001:db8::/16'}", 1},
        {"{'prefix':'10.0.0.1/32'}", 2},
        {"{'since':'10m'}", 5},
        {"{'last':2}", 2},
        {"{'last':3,'prefix':'192.0.2.0/24'}", 2},
        {"{'last':99}", 5},
        {"{'limit':3}", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_changes(cases[i].params, cases[i].count);
    assert_error("show_audit", "{'cursor':'x'}", JSONRPC_INVALID_PARAMS);
    assert_error("show_audit", "{'cursor':'1','last':1}", JSONRPC_INVALID_PARAMS);
    assert_error("show_audit", "{'prefix':'x'}", JSONRPC_INVALID_PARAMS);
}

static void pages(void **state)
{
    (void)state;
    char params[64] = "{'limit':2}";
    unsigned seen = 0;
    for (unsigned i = 0; i < 5; i++)
        do_call("enable_peer", "['all']");
    for (unsigned page = 0; params[0] != '\0'; page++) {
        json_t *answer = call("show_audit", params);
        json_t *result = json_object_get(answer, "result");
        const json_t *list = json_object_get(result, "changes");
        for (size_t i = 0; i < json_array_size(list); i++)
            assert_int_equal(json_integer_value(json_object_get(json_array_get(list, i), "number")),
                             ++seen);
        const char *cursor = text_at(result, "cursor");
        assert_int_equal(cursor != NULL, page < 2);
        snprintf(params, sizeof(params), "%s%s%s", cursor ? "{'limit':2,'cursor':'" : "",
                 cursor ? cursor : "", cursor ? "'}" : "");
        json_decref(answer);
    }
    assert_int_equal(seen, 5);
}

/* However long a call is, no more is kept of it than the log tells. */
static void is_bounded(void **state)
{
    (void)state;
    struct strbuf params = {0};
    strbuf_add(&params, "['10.0.0.0/8','10.0.0.1',null,[1");
    for (unsigned i = 0; i < 300; i++)
        strbuf_printf(&params, ",%u", i + 1000);
    strbuf_add(&params, "]]");
    do_call("advertise_route", strbuf_text(&params));
    const struct audit_entry *entry = audit_after(&env.audit, 0);
    assert_non_null(entry);
    assert_false(entry->is_call);
    assert_true(strlen(entry->text) < 1100);
    json_t *list = changes(NULL);
    assert_true(strncmp(text_at(json_array_get(list, 0), "what"), "10.0.0.0/8 next hop", 19) == 0);
    json_decref(list);
    strbuf_release(&params);
}

#define AUDIT(name) cmocka_unit_test_setup_teardown(name, set_up, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AUDIT(what_is_kept),        AUDIT(the_latest_stay), AUDIT(strangers),  AUDIT(deeds),
        AUDIT(which_are_asked_for), AUDIT(pages),           AUDIT(is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
