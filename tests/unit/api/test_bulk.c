/* Many routes in one call, and calls that come a line at a time, without HTTP. */
#include "calls.h"

static json_t *result_of(json_t *answer)
{
    json_t *result = json_object_get(answer, "result");
    if (!result)
        fail_msg("%s", json_dumps(answer, 0));
    return result;
}

static json_int_t number(const json_t *object, const char *key)
{
    assert_true(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

/* The same calls stand alone, where their lists are not held, and in a batch. */
static json_t *call_as(bool batch, const char *method, const char *params)
{
    if (!batch)
        return call(method, params);
    char request[4096];
    snprintf(request, sizeof(request), "[{'jsonrpc':'2.0','id':1,'method':'%s','params':%s}]",
             method, params);
    json_t *answers = answer_json(request);
    json_t *answer = json_incref(json_array_get(answers, 0));
    json_decref(answers);
    return answer;
}

static void assert_error_at(const json_t *errors, size_t i, const char *list, json_int_t index,
                            int code, const char *message)
{
    const json_t *error = json_array_get(errors, i);
    assert_string_equal(text_at(error, "list"), list);
    assert_int_equal(number(error, "index"), index);
    assert_int_equal(number(error, "code"), code);
    assert_non_null(strstr(text_at(error, "message"), message));
}

/* What is wrong with one is said of that one, and the others are advertised. */
static void test_each_by_itself(void **state)
{
    (void)state;
    for (unsigned batch = 0; batch < 2; batch++) {
        unsigned before = speaker.actions;
        block_bytes = batch ? 4096 : 3;
        json_t *answer =
            call_as(batch, "advertise_routes",
                    "{'routes':['10.0.0.0/8',{'prefix':'10.1.0.0/16','next_hop':'10.0.0.2'},"
                    "{'prefix':'nonsense'},7,{'prefix':'10.2.0.0/16','colour':1}],"
                    "'next_hop':'10.0.0.1','tags':['a'],"
                    "'flows':[{'afi':1,'matches':['protocol =6']},"
                    "{'afi':1,'action':'drop','matches':['protocol =6']},"
                    "'10.0.0.0/8']}");
        const json_t *result = result_of(answer);
        const json_t *errors = json_object_get(result, "errors");
        assert_int_equal(number(result, "advertised"), 3);
        assert_int_equal(number(result, "failed"), 5);
        assert_int_equal(number(result, "to_no_peer"), 3);
        assert_int_equal(json_array_size(errors), 5);
        assert_error_at(errors, 0, "routes", 2, JSONRPC_INVALID_PARAMS, "prefix: ");
        assert_error_at(errors, 1, "routes", 3, JSONRPC_INVALID_PARAMS, "expected an object");
        assert_error_at(errors, 2, "routes", 4, JSONRPC_INVALID_PARAMS, "colour: expected");
        assert_error_at(errors, 3, "flows", 0, JSONRPC_INVALID_PARAMS, "action: missing");
        assert_error_at(errors, 4, "flows", 2, JSONRPC_INVALID_PARAMS, "expected an object");
        assert_int_equal(speaker.actions, before + 3);
        json_decref(answer);
    }
}

static void test_all_or_nothing(void **state)
{
    (void)state;
    for (unsigned batch = 0; batch < 2; batch++) {
        unsigned before = speaker.actions;
        json_t *answer = call_as(batch, "advertise_routes",
                                 "{'all_or_nothing':true,'next_hop':'10.0.0.1',"
                                 "'routes':['10.0.0.0/8','10.0.0.0/40','10.1.0.0/16',"
                                 "{'prefix':'10.2.0.0/16','to':'nobody'}]}");
        const json_t *error = json_object_get(answer, "error");
        const json_t *data = json_object_get(error, "data");
        assert_int_equal(error_code(answer), JSONRPC_INVALID_PARAMS);
        assert_non_null(strstr(text_at(error, "message"),
                               "nothing was advertised: routes[1]: Invalid params: prefix: "));
        assert_non_null(strstr(text_at(error, "message"), " (and 1 more)"));
        assert_int_equal(number(data, "failed"), 2);
        assert_error_at(json_object_get(data, "errors"), 0, "routes", 1, JSONRPC_INVALID_PARAMS,
                        "prefix");
        assert_error_at(json_object_get(data, "errors"), 1, "routes", 3, JSONRPC_INVALID_PARAMS,
                        "to: ");
        assert_int_equal(speaker.actions, before);
        json_decref(answer);
        answer = call_as(batch, "advertise_routes",
                         "{'all_or_nothing':true,'next_hop':'10.0.0.1',"
                         "'routes':['10.0.0.0/8','10.1.0.0/16']}");
        assert_int_equal(number(result_of(answer), "advertised"), 2);
        assert_int_equal(speaker.actions, before + 2);
        json_decref(answer);
    }
}

static void test_withdraw(void **state)
{
    (void)state;
    json_t *answer = call("advertise_routes", "{'routes':['10.0.0.0/8'],'next_hop':'10.0.0.1'}");
    assert_int_equal(number(result_of(answer), "advertised"), 1);
    json_decref(answer);
    answer =
        call("withdraw_routes", "{'routes':['10.0.0.0/8','10.1.0.0/16'],'all_or_nothing':true}");
    assert_int_equal(error_code(answer), JSONRPC_NOT_FOUND);
    json_decref(answer);
    answer = call("withdraw_routes", "{'routes':['10.1.0.0/16','10.0.0.0/8']}");
    assert_int_equal(number(result_of(answer), "withdrawn"), 1);
    assert_error_at(json_object_get(result_of(answer), "errors"), 0, "routes", 0, JSONRPC_NOT_FOUND,
                    "10.1.0.0/16");
    json_decref(answer);
}

static void test_wrong_lists(void **state)
{
    (void)state;
    static const char *const params[] = {"{}", "{'routes':3}", "{'routes':'10.0.0.0/8'}",
                                         "{'routes':{}}", "{'flows':-1}"};
    for (unsigned batch = 0; batch < 2; batch++) {
        for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
            json_t *answer = call_as(batch, "advertise_routes", params[i]);
            assert_int_equal(error_code(answer), JSONRPC_INVALID_PARAMS);
            json_decref(answer);
        }
    }
    json_t *answer = call("advertise_routes", "{'routes':[]}");
    assert_int_equal(number(result_of(answer), "advertised"), 0);
    json_decref(answer);
    answer = call("advertise_routes", "[[], []]");
    assert_int_equal(number(result_of(answer), "advertised"), 0);
    json_decref(answer);
}

/* A client that goes away before the end has announced nothing. */
static void test_half_a_call(void **state)
{
    (void)state;
    static const char half[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"advertise_routes\","
                               "\"params\":{\"next_hop\":\"10.0.0.1\",\"routes\":[\"10.0.0.0/8\",";
    struct answer *a = answer_new(&env, &client, JSONRPC_DOCUMENT);
    answer_feed(a, half, sizeof(half) - 1);
    assert_true(answer_prepare(a, UINT64_MAX));
    answer_free(a);
    assert_int_equal(speaker.actions, 0);
}

/* --- lines --- */

#define RELOAD "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"reload\"}\n"

static char *all_of(struct answer *a)
{
    struct strbuf text = {0};
    char block[4096];
    size_t len;
    while (!answer_complete(a) || answer_ready_bytes(a) > 0) {
        answer_fill(a, sizeof(block), UINT64_MAX);
        while ((len = answer_take(a, block, sizeof(block))) > 0)
            strbuf_add_bytes(&text, block, len);
    }
    return strbuf_take(&text);
}

/* Lines are carried out while they arrive, and answered in their order. */
static void test_lines(void **state)
{
    (void)state;
    static const char rest[] = "oad\"}\n{nonsense\n"
                               "{\"jsonrpc\":\"2.0\",\"method\":\"reload\"}\n"
                               "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"version\"}";
    struct answer *a = answer_new(&env, &client, JSONRPC_LINES);
    answer_feed(a, RELOAD, sizeof(RELOAD) - 1);
    answer_feed(a, RELOAD, sizeof(RELOAD) - 1 - 6);
    while (!answer_prepare(a, UINT64_MAX))
        ;
    assert_int_equal(speaker.actions, 1);
    answer_feed(a, rest, sizeof(rest) - 1);
    answer_end(a);
    while (!answer_prepare(a, UINT64_MAX))
        ;
    assert_int_equal(speaker.actions, 3);
    assert_true(answer_wants_answer(a));
    char *text = all_of(a);
    static const char *const members[] = {"result", "result", "error", "result"};
    char *line = strtok(text, "\n");
    for (size_t i = 0; i < 4; i++, line = strtok(NULL, "\n")) {
        json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json_object_get(answer, members[i]));
        json_decref(answer);
    }
    assert_null(line);
    free(text);
    answer_free(a);
}

/* However many lines there are, little is held of them when they want no answer. */
static void test_many_lines(void **state)
{
    (void)state;
    enum { LINES = 20000 };
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"method\":\"advertise_route\","
                               "\"params\":[\"10.0.0.0/8\",\"10.0.0.1\"]}\n";
    struct answer *a = answer_new(&env, &client, JSONRPC_LINES);
    for (unsigned i = 0; i < LINES; i++) {
        answer_feed(a, line, sizeof(line) - 1);
        while (!answer_prepare(a, UINT64_MAX))
            ;
        assert_true(answer_held_bytes(a) < 300000);
    }
    answer_end(a);
    assert_true(answer_prepare(a, UINT64_MAX));
    assert_int_equal(speaker.actions, LINES);
    assert_false(answer_wants_answer(a));
    answer_free(a);
}

/* Answers that wait have an end; so has what is carried out then, and the last line says so. */
static void test_too_many_answers(void **state)
{
    (void)state;
    enum { ID_BYTES = 1000000 };
    struct strbuf line = {0};
    char *id = malloc(ID_BYTES + 1);
    memset(id, 'i', ID_BYTES);
    id[ID_BYTES] = '\0';
    strbuf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"reload\"}\n", id);
    free(id);
    struct answer *a = answer_new(&env, &client, JSONRPC_LINES);
    for (unsigned i = 0; i < 100; i++) {
        answer_feed(a, line.data, line.len_bytes);
        while (!answer_prepare(a, UINT64_MAX))
            ;
    }
    answer_end(a);
    assert_true(answer_prepare(a, UINT64_MAX));
    assert_in_range(speaker.actions, 60, 68);
    assert_true(answer_held_bytes(a) < 72 << 20);
    char *text = all_of(a);
    const char *last = strrchr(text, '{');
    assert_non_null(strstr(last, "\"code\":-32000"));
    assert_non_null(strstr(last, "not carried out"));
    free(text);
    answer_free(a);
    strbuf_release(&line);
}

int main(void)
{
    log_init(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_by_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_or_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_withdraw, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_a_call, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_answers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
