/* The methods that concern the daemon as a whole: reload and its way back, caches, the version. */
#include "calls.h"

static void test_reload(void **state)
{
    (void)state;
    char texts[][32] = {"a.toml:1:2: first", "a.toml:2:1: second", "a.toml:3:4: third"};
    struct config_line said[] = {
        {.text = texts[0]}, {.text = texts[1], .warning = true}, {.text = texts[2]}};
    char name[] = "a.toml";
    speaker.config.name = name;
    speaker.reload_report = (struct config_report){.lines = said + 1, .line_count = 1};
    strbuf_add(&speaker.reload_summary.warnings, "it waits\n");
    strbuf_add(&speaker.reload_summary.failed, "one\ntwo\n");
    json_t *answer = call("reload", NULL);
    json_t *result = json_object_get(answer, "result");
    json_t *lines = json_object_get(result, "warnings");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(json_string_value(json_array_get(lines, 0)), said[1].text);
    assert_string_equal(json_string_value(json_array_get(lines, 1)), "it waits");
    lines = json_object_get(result, "failed");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(json_string_value(json_array_get(lines, 1)), "two");
    assert_string_equal(json_string_value(json_object_get(result, "summary")), "1 added");
    assert_int_equal(json_array_size(json_object_get(result, "keys_changed")), 0);
    strbuf_release(&speaker.reload_summary.warnings);
    strbuf_release(&speaker.reload_summary.failed);
    assert_int_equal(json_integer_value(json_object_get(result, "peers_added")), 1);
    assert_int_equal(json_integer_value(json_object_get(result, "routes_withdrawn")), 2);
    json_t *in_force = json_object_get(result, "in_force");
    assert_string_equal(text_at(in_force, "from"), "file");
    assert_string_equal(text_at(in_force, "name"), "a.toml");
    assert_int_equal(json_object_size(result), 15);
    assert_true(json_is_null(json_object_get(result, "confirmation")));
    json_decref(answer);

    speaker.result = ERR_INVALID;
    speaker.reload_report = (struct config_report){.lines = said, .line_count = 3};
    answer = call("reload", NULL);
    assert_int_equal(error_code(answer), JSONRPC_BAD_CONFIG);
    json_t *data = json_object_get(json_object_get(answer, "error"), "data");
    lines = json_object_get(data, "errors");
    assert_int_equal(json_array_size(lines), 2);
    assert_string_equal(json_string_value(json_array_get(lines, 1)), said[2].text);
    assert_int_equal(json_array_size(json_object_get(data, "warnings")), 1);
    json_decref(answer);
}

/* The text of a configuration instead of the file. */
static void test_reload_of_a_text(void **state)
{
    (void)state;
    char name[] = "b.toml";
    speaker.config.name = name;
    speaker.configured_mono_ms = time_mono_ms();
    json_t *answer = call("reload", "{'config':'router_id = 1','name':'b.toml'}");
    assert_string_equal(speaker.action, "b.toml");
    assert_string_equal(speaker.message, "router_id = 1");
    json_t *in_force = json_object_get(json_object_get(answer, "result"), "in_force");
    assert_string_equal(text_at(in_force, "from"), "request");
    assert_string_equal(text_at(in_force, "name"), "b.toml");
    assert_true(llabs(json_integer_value(json_object_get(in_force, "since")) - time(NULL)) < 60);
    json_decref(answer);
    answer = call("reload", "['x']");
    assert_string_equal(speaker.action, "request");
    assert_string_equal(speaker.message, "x");
    json_decref(answer);

    speaker.result = ERR_INVALID;
    answer = call("reload", "{'config':'x'}");
    assert_int_equal(error_code(answer), JSONRPC_BAD_CONFIG);
    assert_string_equal(text_at(json_object_get(answer, "error"), "message"),
                        "the configuration that was sent has errors; nothing was changed");
    json_decref(answer);
    speaker.reload_forgotten = true;
    answer = call("reload", "{'config':'x'}");
    assert_int_equal(error_code(answer), JSONRPC_FAILED);
    json_decref(answer);
    speaker.action[0] = '\0';
    static const char *const bad[] = {"{'name':'x'}", "{'config':'x','name':''}",
                                      "{'config':'x','name':'a\\nb'}", "{'config':['x']}",
                                      "{'path':'/x.toml'}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        answer = call("reload", bad[i]);
        assert_int_equal(error_code(answer), JSONRPC_INVALID_PARAMS);
        json_decref(answer);
    }
    assert_string_equal(speaker.action, "");
}

/* While another reload is under way the call is pending, and asks again. */
static void test_reload_of_a_text_waits(void **state)
{
    (void)state;
    json_t *params = json_pack("{s:s}", "config", "x");
    const struct method_request request = {
        .method = method_find("reload"), .caller = &client, .params = params};
    struct strbuf out = {0};
    struct stream *stream = NULL;
    struct jsonrpc_error error = {0};
    uint64_t ticket = 0;
    speaker.reload_busy = true;
    for (int i = 0; i < 3; i++)
        assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error),
                         METHOD_PENDING);
    assert_true(ticket != 0 && speaker.actions == 0);
    speaker.reload_busy = false;
    assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error), METHOD_PENDING);
    assert_int_equal(speaker.actions, 1);
    assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error), 0);
    assert_int_equal(speaker.actions, 1);
    strbuf_release(&out);
    json_decref(params);
}

/* What it goes back to is told with how long that takes; a flag alone has the file read, too. */
static void test_reload_to_be_confirmed(void **state)
{
    (void)state;
    struct config before = {.name = (char *)"before.toml", .is_sent = true};
    speaker.undo.to = &before;
    json_t *answer = call("reload", "{'confirm':'5m'}");
    assert_string_equal(speaker.message, "");
    json_t *waits = json_object_get(json_object_get(answer, "result"), "confirmation");
    assert_true(strcmp(text_at(waits, "left"), "00:05:00") == 0 ||
                strcmp(text_at(waits, "left"), "00:04:59") == 0);
    assert_true(json_integer_value(json_object_get(waits, "until")) - time(NULL) > 200);
    json_t *back_to = json_object_get(waits, "back_to");
    assert_string_equal(text_at(back_to, "from"), "request");
    assert_string_equal(text_at(back_to, "name"), "before.toml");
    json_decref(answer);
    answer = call("show_info", NULL);
    assert_true(json_is_object(json_object_get(json_object_get(answer, "result"), "confirmation")));
    json_decref(answer);
    for (int i = 0; i < 2; i++) {
        answer = call("confirm", NULL);
        assert_int_equal(error_code(answer), i == 0 ? 0 : JSONRPC_FAILED);
        json_decref(answer);
    }
    static const char *const bad[] = {"{'confirm':0}", "{'confirm':'soon'}", "{'confirm':true}"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        answer = call("reload", bad[i]);
        assert_int_equal(error_code(answer), JSONRPC_INVALID_PARAMS);
        json_decref(answer);
    }
}

/* Like a reload it waits for one that is under way, and tells what it did. */
static void test_rollback(void **state)
{
    (void)state;
    struct config before = {.name = (char *)"before.toml"};
    const struct method_request request = {.method = method_find("rollback"), .caller = &client};
    struct strbuf out = {0};
    struct stream *stream = NULL;
    struct jsonrpc_error error = {0};
    uint64_t ticket = 0;
    json_t *answer = call("rollback", NULL);
    assert_int_equal(error_code(answer), JSONRPC_FAILED);
    json_decref(answer);
    assert_int_equal(speaker.actions, 0);
    speaker.undo.to = &before;
    speaker.reload_busy = true;
    assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error), METHOD_PENDING);
    assert_int_equal(speaker.actions, 0);
    speaker.reload_busy = false;
    assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error), METHOD_PENDING);
    assert_int_equal(method_run(&env, &request, &ticket, &out, &stream, &error), 0);
    assert_int_equal(speaker.actions, 1);
    assert_string_equal(speaker.action, "rollback");
    assert_non_null(strstr(strbuf_text(&out), "\"peers_added\""));
    strbuf_release(&out);
}

static void assert_number(const json_t *object, const char *key, json_int_t expected)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    assert_int_equal(json_integer_value(value), expected);
}

static void test_show_rpki(void **state)
{
    (void)state;
    static const char *const nothing[] = {"version",  "session_id",   "serial",      "data_at",
                                          "data_age", "refresh_in_s", "expire_in_s", "last_error"};
    uint64_t now_ms = time_now_read().mono_ns / 1000000;
    struct rtr_session fresh = {.version = 2};
    struct rtr_session synced = {.version = 1,
                                 .agreed = true,
                                 .has_data = true,
                                 .session_version = 1,
                                 .session_id = 7,
                                 .serial = 9,
                                 .data_mono_ms = now_ms,
                                 .ask_ms = now_ms + 100000,
                                 .expire_ms = now_ms + 200000,
                                 .problem = "gone",
                                 .problems = 3};
    struct record_set none = {0};
    struct record_set some = {.used = true, .in_force = {1, 2, 3}};
    speaker.caches[0] = (struct rtr_client_status){.remote = {ip_from_v4(0x7f000003), 323},
                                                   .state = "in sync",
                                                   .session = &synced,
                                                   .records = &some};
    speaker.caches[1] = (struct rtr_client_status){.remote = {ip_from_v4(0x7f000004), 324},
                                                   .description = "x",
                                                   .state = "waiting",
                                                   .preference = 5,
                                                   .session = &fresh,
                                                   .records = &none,
                                                   .next_attempt_ms = now_ms + 5000};
    speaker.cache_count = 2;
    speaker.files[0] = (struct vrp_file_status){.path = "f", .problem = "f:1:1: no"};
    speaker.file_count = 1;
    speaker.totals = (struct speaker_rpki_totals){10, 20, 30};
    json_t *answer = call("show_rpki", "{}");
    json_t *result = json_object_get(answer, "result");
    json_t *cache = json_array_get(json_object_get(result, "caches"), 0);
    assert_string_equal(text_at(cache, "address"), "127.0.0.3");
    assert_number(cache, "port", 323);
    assert_true(json_is_true(json_object_get(cache, "in_use")));
    assert_number(cache, "version", 1);
    assert_number(cache, "session_id", 7);
    assert_number(cache, "serial", 9);
    assert_number(cache, "vrps_ipv4", 1);
    assert_number(cache, "vrps_ipv6", 2);
    assert_number(cache, "aspas", 3);
    assert_in_range(json_integer_value(json_object_get(cache, "refresh_in_s")), 90, 100);
    assert_in_range(json_integer_value(json_object_get(cache, "expire_in_s")), 190, 200);
    assert_true(json_is_null(json_object_get(cache, "connect_in_s")));
    assert_string_equal(text_at(cache, "last_error"), "gone");
    assert_number(cache, "errors", 3);
    cache = json_array_get(json_object_get(result, "caches"), 1);
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++)
        assert_true(json_is_null(json_object_get(cache, nothing[i])));
    assert_string_equal(text_at(cache, "description"), "x");
    assert_number(cache, "preference", 5);
    assert_in_range(json_integer_value(json_object_get(cache, "connect_in_s")), 1, 5);
    json_t *file = json_array_get(json_object_get(result, "files"), 0);
    assert_string_equal(text_at(file, "path"), "f");
    assert_true(json_is_null(json_object_get(file, "read_at")));
    assert_string_equal(text_at(file, "error"), "f:1:1: no");
    assert_number(json_object_get(result, "totals"), "vrps_ipv6", 20);
    json_decref(answer);
}

static void test_version(void **state)
{
    (void)state;
    json_t *answer = call("version", "{}");
    json_t *result = json_object_get(answer, "result");
    assert_string_equal(text_at(result, "name"), "bgpd");
    assert_string_equal(text_at(result, "version"), BGPD_VERSION);
    assert_string_equal(text_at(result, "router_id"), "1.1.1.1");
    assert_true(json_integer_value(json_object_get(result, "pid")) > 0);
    assert_non_null(text_at(result, "uptime"));
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reload),
        TEST(test_reload_of_a_text),
        TEST(test_reload_of_a_text_waits),
        TEST(test_reload_to_be_confirmed),
        TEST(test_rollback),
        TEST(test_show_rpki),
        TEST(test_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
