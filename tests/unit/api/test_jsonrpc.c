/* JSON-RPC requests taken apart: every way in which one can be wrong, and the envelope of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/jsonrpc.h"

static struct jsonrpc_request parse(const char *text)
{
    struct jsonrpc_request request;
    jsonrpc_request_init(&request, text, strlen(text));
    return request;
}

static void test_call(void **state)
{
    (void)state;
    struct jsonrpc_request r =
        parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1],\"id\":7,\"extra\":0}");
    assert_false(r.batch);
    assert_int_equal(r.count, 1);
    struct jsonrpc_call call = jsonrpc_request_call(&r, 0);
    assert_int_equal(call.problem, 0);
    assert_string_equal(call.method, "m");
    assert_int_equal(json_array_size(call.params), 1);
    assert_int_equal(json_integer_value(call.id), 7);
    assert_true(call.wants_answer);
    jsonrpc_request_release(&r);
}

static void test_params_may_be_absent_or_null(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"a\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null,\"id\":\"a\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct jsonrpc_request r = parse(texts[i]);
        struct jsonrpc_call call = jsonrpc_request_call(&r, 0);
        assert_int_equal(call.problem, 0);
        assert_null(call.params);
        jsonrpc_request_release(&r);
    }
}

/* Without an id a call is a notification; with a null one it is not. */
static void test_notification(void **state)
{
    (void)state;
    struct jsonrpc_request r = parse("[{\"jsonrpc\":\"2.0\",\"method\":\"m\"},"
                                     "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}]");
    assert_true(r.batch);
    assert_int_equal(r.count, 2);
    assert_false(jsonrpc_request_call(&r, 0).wants_answer);
    assert_true(jsonrpc_request_call(&r, 1).wants_answer);
    assert_true(json_is_null(jsonrpc_request_call(&r, 1).id));
    jsonrpc_request_release(&r);
}

static void test_broken_requests(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int code;
    } cases[] = {
        {"", JSONRPC_PARSE_ERROR},
        {"   ", JSONRPC_PARSE_ERROR},
        {"{", JSONRPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1} x", JSONRPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"method\":\"n\",\"id\":1}", JSONRPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"a\\u0000b\",\"id\":1}", JSONRPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\",\"id\":1}", JSONRPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":99999999999999999999}", JSONRPC_PARSE_ERROR},
        {"[]", JSONRPC_INVALID_REQUEST},
        {"1", JSONRPC_INVALID_REQUEST},
        {"\"text\"", JSONRPC_INVALID_REQUEST},
        {"null", JSONRPC_INVALID_REQUEST},
        {"{}", JSONRPC_INVALID_REQUEST},
        {"{\"method\":\"m\",\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"1.0\",\"method\":\"m\",\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":2.0,\"method\":\"m\",\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":1,\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":true}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":[]}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":1,\"id\":1}", JSONRPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":\"x\"}", JSONRPC_INVALID_REQUEST},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct jsonrpc_request r = parse(cases[i].text);
        assert_false(r.batch);
        assert_int_equal(r.count, 1);
        struct jsonrpc_call call = jsonrpc_request_call(&r, 0);
        assert_int_equal(call.problem, cases[i].code);
        assert_non_null(call.problem_text);
        assert_null(call.method);
        assert_true(call.wants_answer);
        jsonrpc_request_release(&r);
    }
}

static void test_nesting_has_an_end(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    static char text[DEPTH + 1];
    memset(text, '[', DEPTH);
    struct jsonrpc_request r = parse(text);
    assert_int_equal(jsonrpc_request_call(&r, 0).problem, JSONRPC_PARSE_ERROR);
    jsonrpc_request_release(&r);
}

static void test_batch_with_invalid_elements(void **state)
{
    (void)state;
    struct jsonrpc_request r = parse("[1, {\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":5}, "
                                     "{\"id\":6}, []]");
    assert_true(r.batch);
    assert_int_equal(r.count, 4);
    assert_int_equal(jsonrpc_request_call(&r, 0).problem, JSONRPC_INVALID_REQUEST);
    assert_int_equal(jsonrpc_request_call(&r, 1).problem, 0);
    struct jsonrpc_call with_id = jsonrpc_request_call(&r, 2);
    assert_int_equal(with_id.problem, JSONRPC_INVALID_REQUEST);
    assert_int_equal(json_integer_value(with_id.id), 6);
    assert_int_equal(jsonrpc_request_call(&r, 3).problem, JSONRPC_INVALID_REQUEST);
    assert_null(jsonrpc_request_call(&r, 3).id);
    jsonrpc_request_release(&r);
}

static void test_answers(void **state)
{
    (void)state;
    static const char *const ids[] = {"7", "\"a \\\"b\\\"\"", "null", "-1", "1.5"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        json_t *id = json_loads(ids[i], JSON_DECODE_ANY, NULL);
        struct strbuf out = {0};
        jsonrpc_put_result_begin(&out, id);
        strbuf_add(&out, "[]");
        jsonrpc_put_result_end(&out);
        json_t *answer = json_loads(strbuf_text(&out), 0, NULL);
        assert_string_equal(json_string_value(json_object_get(answer, "jsonrpc")), "2.0");
        assert_true(json_equal(json_object_get(answer, "id"), id));
        assert_int_equal(json_object_size(answer), 3);
        json_decref(answer);
        json_decref(id);
        strbuf_release(&out);
    }
}

static void test_errors(void **state)
{
    (void)state;
    struct strbuf out = {0};
    struct jsonrpc_error error = {.code = JSONRPC_FAILED};
    strbuf_add(&error.message, "no \"way\"");
    jsonrpc_put_error(&out, NULL, &error);
    assert_string_equal(strbuf_text(&out), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
                                           "{\"code\":-32000,\"message\":\"no \\\"way\\\"\"}}");
    strbuf_clear(&out);
    strbuf_add(&error.data, "{\"a\":1}");
    jsonrpc_put_error(&out, NULL, &error);
    assert_non_null(strstr(strbuf_text(&out), "\"data\":{\"a\":1}}}"));
    jsonrpc_error_release(&error);
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_params_may_be_absent_or_null),
        cmocka_unit_test(test_notification),
        cmocka_unit_test(test_broken_requests),
        cmocka_unit_test(test_nesting_has_an_end),
        cmocka_unit_test(test_batch_with_invalid_elements),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
