/* show_config: what is asked for, pages, what holds meanwhile, and a configuration that goes while
 * it is shown. */
#include "calls.h"

#include "config/listing.h"
#include "config/load.h"

static struct config *config; /* of the speaker */

static void configure(const char *text)
{
    struct config_report report = {0};
    config = config_parse(text, strlen(text), "t.toml", &report);
    assert_non_null(config);
    config_report_release(&report);
    speaker.config = *config;
}

#define TEXT                                                                                       \
    "router_id = \"192.0.2.1\"\n"                                                                  \
    "default_as = 65000\n"                                                                         \
    "[groups.g]\n"                                                                                 \
    "hold_timer = 30\n"                                                                            \
    "md5_password = \"hush\"\n"                                                                    \
    "[[peers]]\n"                                                                                  \
    "remote_ip = \"192.0.2.2\"\n"                                                                  \
    "remote_as = 65001\n"                                                                          \
    "group = \"g\"\n"                                                                              \
    "[[peers]]\n"                                                                                  \
    "remote_ip = \"10.0.0.0/8\"\n"                                                                 \
    "remote_as = 65002\n"

static int begin(void **state)
{
    setup(state);
    configure(TEXT);
    return 0;
}

static int end(void **state)
{
    assert_int_equal(config->borrowers, 0); /* nobody has kept it */
    assert_int_equal(speaker.config.borrowers, 0);
    config_free(config);
    return teardown(state);
}

/* The setting of a path among those of an answer; NULL. */
static json_t *setting(json_t *result, const char *path)
{
    size_t i;
    json_t *s;
    json_array_foreach(json_object_get(result, "settings"), i,
                       s) if (strcmp(json_string_value(json_object_get(s, "path")), path) ==
                              0) return s;
    return NULL;
}

static void assert_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    char *quoted = strdup(expected);
    for (char *p = quoted; *p; p++)
        if (*p == '\'')
            *p = '"';
    assert_string_equal(text, quoted);
    free(text);
    free(quoted);
}

static json_t *result_of(json_t *answer)
{
    json_t *result = json_object_get(answer, "result");
    assert_non_null(result);
    return result;
}

static void test_whole(void **state)
{
    (void)state;
    json_t *answer = call("show_config", NULL);
    json_t *result = result_of(answer);
    assert_json(json_object_get(result, "files_changed"), "[]");
    assert_true(json_is_null(json_object_get(result, "confirmation")));
    assert_true(json_is_null(json_object_get(result, "cursor")));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result, "in_force"), "name")), "t.toml");
    assert_json(setting(result, "default_as"),
                "{'path':'default_as','key':'default_as','value':65000,'from':'file',"
                "'group':null,'file':'t.toml','line':2,'default':null,'meanwhile':null,"
                "'secret':false,'count':null,'table':'','toml':'default_as = 65000'}");
    assert_json(setting(result, "peers.192.0.2.2.hold_timer"),
                "{'path':'peers.192.0.2.2.hold_timer','key':'hold_timer','value':30,"
                "'from':'group','group':'g','file':'t.toml','line':4,'default':null,"
                "'meanwhile':null,'secret':false,'count':null,'table':'[[peers]]',"
                "'toml':'hold_timer = 30'}");
    json_t *secret = setting(result, "groups.g.md5_password");
    assert_true(json_is_true(json_object_get(secret, "secret")));
    assert_true(json_is_null(json_object_get(secret, "value")));
    assert_null(setting(result, "poll_interval"));
    json_decref(answer);
}

static void test_questions(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        const char *path; /* one that is there */
        size_t count;
    } cases[] = {
        {"{'peer': '192.0.2.2'}", "peers.192.0.2.2.hold_timer", 6},
        {"{'peer': '10.1.2.3'}", "peers.10.0.0.0/8.remote_as", 3},
        {"{'peer': '0.0.0.0/0'}", "peers.10.0.0.0/8.remote_as", 9},
        {"{'group': 'g'}", "groups.g.hold_timer", 3},
        {"{'path': 'poll_interval'}", "poll_interval", 1},
        {"{'path': 'peers.192.0.2.2.enabled'}", "peers.192.0.2.2.enabled", 1},
        {"{'path': 'peers.192.0.2.9'}", NULL, 0},
        {"{'defaults': true, 'peer': '10.0.0.0/8'}", "peers.10.0.0.0/8.passive", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *answer = call("show_config", cases[i].params);
        json_t *result = result_of(answer);
        if (cases[i].path && !setting(result, cases[i].path))
            fail_msg("%s", cases[i].params);
        if (cases[i].count > 0 || !cases[i].path)
            assert_int_equal(json_array_size(json_object_get(result, "settings")), cases[i].count);
        json_decref(answer);
    }
}

static void test_wrong_questions(void **state)
{
    (void)state;
    static const struct {
        const char *params;
        const char *message;
    } cases[] = {
        {"{'peer': '192.0.2.9'}", "no peer 192.0.2.9"},
        {"{'peer': '192.0.3.0/24'}", "no peer within 192.0.3.0/24"},
        {"{'group': 'h'}", "no group h"},
        {"{'group': 'g', 'peer': '192.0.2.2'}",
         "Invalid params: group: it cannot stand beside peer"},
        {"{'path': 'pears'}", "Invalid params: path: there is no such setting"},
        {"{'cursor': 'x'}",
         "Invalid params: cursor: it is not one, or another configuration is in force"},
        {"{'cursor': '7.0.0.0.0'}",
         "Invalid params: cursor: it is not one, or another configuration is in force"},
        {"{'cursor': '0.0.0.0.0x'}",
         "Invalid params: cursor: it is not one, or another configuration is in force"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *answer = call("show_config", cases[i].params);
        json_t *error = json_object_get(answer, "error");
        assert_string_equal(json_string_value(json_object_get(error, "message")), cases[i].message);
        json_decref(answer);
    }
    /* A place that there is not is the end. */
    json_t *answer = call("show_config", "{'cursor': '0.4294967295.4294967295.4294967295.9'}");
    assert_int_equal(json_array_size(json_object_get(result_of(answer), "settings")), 0);
    json_decref(answer);
}

/* Pages of any size are the whole together. */
static void test_pages(void **state)
{
    (void)state;
    json_t *whole = call("show_config", "{'defaults': true, 'full': true}");
    json_t *all = json_object_get(result_of(whole), "settings");
    for (unsigned size = 1; size < 100; size += size < 10 ? 1 : 17) {
        json_t *joined = json_array();
        char cursor[120] = "null";
        while (strcmp(cursor, "'") != 0) {
            char params[220];
            snprintf(params, sizeof(params),
                     "{'defaults': true, 'full': true, 'limit': %u, 'cursor': %s}", size, cursor);
            json_t *answer = call("show_config", params);
            json_t *result = result_of(answer);
            const char *next = json_string_value(json_object_get(result, "cursor"));
            size_t count = json_array_size(json_object_get(result, "settings"));
            assert_true(next ? count == size : count <= size);
            json_array_extend(joined, json_object_get(result, "settings"));
            snprintf(cursor, sizeof(cursor), "'%s%s", next ? next : "", next ? "'" : "");
            json_decref(answer);
        }
        assert_true(json_equal(joined, all));
        json_decref(joined);
    }
    json_decref(whole);
}

static void test_waiting(void **state)
{
    (void)state;
    struct config_peer began = config->peers[0];
    began.hold_time_s = 90;
    began.dest_port = 1179;
    began.md5_password = (char *)"other";
    speaker.waiting_entry = &config->peers[0];
    speaker.waiting_began = &began;
    speaker.waiting_neighbors = 2;
    speaker.waiting_keys = config_peer_changed_keys(&began, &config->peers[0]);
    speaker.switched_entry = &config->peers[1];
    json_t *answer = call("show_config", NULL);
    json_t *result = result_of(answer);
    assert_json(json_object_get(setting(result, "peers.192.0.2.2.hold_timer"), "meanwhile"),
                "{'value':90,'why':'waits for the session to restart','neighbors':2}");
    /* Also where nothing is said of the key by now. */
    json_t *port = setting(result, "peers.192.0.2.2.dest_port");
    assert_json(json_object_get(port, "meanwhile"),
                "{'value':1179,'why':'waits for the next connection','neighbors':2}");
    assert_json(json_object_get(port, "from"), "'default'");
    assert_json(json_object_get(setting(result, "peers.192.0.2.2.md5_password"), "meanwhile"),
                "{'value':'another','why':'waits for the next connection','neighbors':2}");
    assert_json(json_object_get(setting(result, "peers.10.0.0.0/8.enabled"), "meanwhile"),
                "{'value':false,'why':'by `bgpd neighbor disable`','neighbors':null}");
    assert_null(setting(result, "peers.192.0.2.2.enabled"));
    json_decref(answer);
}

static void test_told_at_the_start(void **state)
{
    (void)state;
    env.listens_as_told = true;
    speaker.state_path = "old.db";
    json_t *answer = call("show_config", NULL);
    json_t *result = result_of(answer);
    assert_json(json_object_get(setting(result, "api_socket"), "meanwhile"),
                "{'value':null,'why':'told to `bgpd run --api`','neighbors':null}");
    assert_json(json_object_get(setting(result, "state.path"), "meanwhile"),
                "{'value':'old.db','why':'waits for the next start','neighbors':null}");
    assert_json(json_object_get(setting(result, "state.path"), "table"), "'# [state]'");
    assert_null(setting(result, "bgp_socket"));
    json_decref(answer);
}

/* Long lists come in pieces. */
static void test_long_list(void **state)
{
    (void)state;
    enum { ITEMS = 2500 };
    struct strbuf text = {0};
    strbuf_add(&text, "router_id = \"1.1.1.1\"\n[rpki]\nvrps = [");
    for (unsigned i = 0; i < ITEMS; i++)
        strbuf_printf(&text, "\"10.%u.%u.0/24 %u\",", i / 256, i % 256, i + 1);
    strbuf_add(&text, "]\n[as_sets]\na = [");
    for (unsigned i = 0; i < ITEMS; i++)
        strbuf_printf(&text, "%u,", i + 1);
    strbuf_add(&text, "]\nb = [7]\n");
    config_free(config);
    configure(strbuf_text(&text));
    strbuf_release(&text);
    json_t *answer = call("show_config", NULL);
    assert_true(json_is_null(json_object_get(setting(result_of(answer), "rpki.vrps"), "value")));
    assert_json(json_object_get(setting(result_of(answer), "rpki.vrps"), "count"), "2500");
    json_decref(answer);
    for (int i = 0; i < 2; i++) {
        block_bytes = i == 0 ? 4096 : 7;
        answer = call("show_config", i == 0 ? "{'full':true}" : "{'path':'as_sets.a'}");
        json_t *list = json_object_get(setting(result_of(answer), "as_sets.a"), "value");
        assert_int_equal(json_array_size(list), ITEMS);
        for (unsigned n = 0; n < ITEMS; n++)
            assert_int_equal(json_integer_value(json_array_get(list, n)), n + 1);
        json_decref(answer);
    }
    answer = call("show_config", "{'full':true}");
    json_t *vrps = json_object_get(setting(result_of(answer), "rpki.vrps"), "value");
    assert_int_equal(json_array_size(vrps), ITEMS);
    assert_json(json_array_get(vrps, ITEMS - 1), "'10.9.195.0/24 2500'");
    assert_json(json_object_get(setting(result_of(answer), "as_sets.b"), "value"), "[7]");
    json_decref(answer);
}

static void test_provisional(void **state)
{
    (void)state;
    struct config before = {.path = (char *)"old.toml", .name = (char *)"old.toml"};
    speaker.undo = (struct speaker_undo){
        .to = &before, .to_since_mono_ms = 1, .confirm_by_mono_ms = time_mono_ms() + 90000};
    json_t *answer = call("show_config", "{'path': 'router_id'}");
    json_t *confirmation = json_object_get(result_of(answer), "confirmation");
    assert_string_equal(json_string_value(json_object_get(confirmation, "left")), "00:01:30");
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_whole, begin, end),
        cmocka_unit_test_setup_teardown(test_questions, begin, end),
        cmocka_unit_test_setup_teardown(test_wrong_questions, begin, end),
        cmocka_unit_test_setup_teardown(test_pages, begin, end),
        cmocka_unit_test_setup_teardown(test_waiting, begin, end),
        cmocka_unit_test_setup_teardown(test_told_at_the_start, begin, end),
        cmocka_unit_test_setup_teardown(test_long_list, begin, end),
        cmocka_unit_test_setup_teardown(test_provisional, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
