/* JSON-RPC requests taken apart: every way in which one can be wrong, and the envelope of answers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "api/jsonrpc.h"

enum { CALLS_MAX = 8 };

/* A request whose body came in pieces, and its calls. */
struct parsed {
    struct jsonrpc_request request;
    struct jsonrpc_call calls[CALLS_MAX];
    size_t count;
};

static void take_calls(struct parsed *p)
{
    while (p->count < CALLS_MAX && jsonrpc_request_next(&p->request, &p->calls[p->count]))
        p->count++;
}

static struct parsed *parse_as(enum jsonrpc_form form, const char *text, size_t piece_bytes)
{
    struct parsed *p = calloc(1, sizeof(*p)); /* it must not move */
    jsonrpc_request_init(&p->request, form);
    for (size_t at = 0, len = strlen(text); at < len; at += piece_bytes) {
        jsonrpc_request_feed(&p->request, text + at,
                             len - at < piece_bytes ? len - at : piece_bytes);
        take_calls(p);
        assert_true(form == JSONRPC_LINES || p->count == 0);
    }
    jsonrpc_request_end(&p->request);
    take_calls(p);
    return p;
}

static struct parsed *parse(const char *text)
{
    return parse_as(JSONRPC_DOCUMENT, text, 7);
}

static void release(struct parsed *p)
{
    for (size_t i = 0; i < p->count; i++)
        jsonrpc_call_release(&p->calls[i]);
    jsonrpc_request_release(&p->request);
    free(p);
}

static void test_call(void **state)
{
    (void)state;
    struct parsed *r =
        parse("{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[1],\"id\":7,\"extra\":0}");
    assert_false(r->request.batch);
    assert_int_equal(r->count, 1);
    struct jsonrpc_call call = r->calls[0];
    assert_int_equal(call.problem, 0);
    assert_string_equal(call.method, "m");
    assert_int_equal(json_array_size(call.params), 1);
    assert_int_equal(json_integer_value(call.id), 7);
    assert_true(call.wants_answer);
    release(r);
}

static void test_params_may_be_absent_or_null(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":\"a\"}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":null,\"id\":\"a\"}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct parsed *r = parse(texts[i]);
        struct jsonrpc_call call = r->calls[0];
        assert_int_equal(call.problem, 0);
        assert_null(call.params);
        release(r);
    }
}

/* Without an id a call is a notification; with a null one it is not. */
static void test_notification(void **state)
{
    (void)state;
    struct parsed *r = parse("[{\"jsonrpc\":\"2.0\",\"method\":\"m\"},"
                             "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":null}]");
    assert_true(r->request.batch);
    assert_int_equal(r->count, 2);
    assert_false(r->calls[0].wants_answer);
    assert_true(r->calls[1].wants_answer);
    assert_true(json_is_null(r->calls[1].id));
    release(r);
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
        struct parsed *r = parse(cases[i].text);
        assert_false(r->request.batch);
        assert_int_equal(r->count, 1);
        struct jsonrpc_call call = r->calls[0];
        assert_int_equal(call.problem, cases[i].code);
        assert_true(call.problem_text.len_bytes > 0);
        assert_null(call.method);
        assert_true(call.wants_answer);
        release(r);
    }
}

static void assert_broken(const char *text, int code, const char *message)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct parsed *r = parse_as(JSONRPC_DOCUMENT, text, piece);
        assert_int_equal(r->count, 1);
        assert_int_equal(r->calls[0].problem, code);
        assert_string_equal(strbuf_text(&r->calls[0].problem_text), message);
        release(r);
    }
}

#define CALL "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}"

/* A batch that is not JSON has no calls, and the place of what is wrong is said. */
static void test_places(void **state)
{
    (void)state;
    assert_broken("[" CALL ",\n " CALL "\n,{\"a\" 1}]", JSONRPC_PARSE_ERROR,
                  "Parse error at line 3 column 7: Missing a colon after a name of object member.");
    assert_broken("[" CALL ",\n,1]", JSONRPC_PARSE_ERROR,
                  "Parse error at line 1 column 40: a value is missing");
    assert_broken("[" CALL ",\n ]", JSONRPC_PARSE_ERROR,
                  "Parse error at line 1 column 40: a value is missing");
    assert_broken("[" CALL "]]", JSONRPC_PARSE_ERROR,
                  "Parse error at line 1 column 1: a bracket closes that none has opened");
    assert_broken("[" CALL "\n", JSONRPC_PARSE_ERROR,
                  "Parse error at line 2 column 1: Invalid value.");
    assert_broken("{\"a\":\n}", JSONRPC_PARSE_ERROR,
                  "Parse error at line 2 column 1: Invalid value.");
}

/* One call that stands alone leaves its long lists in the queue. */
static void test_lists(void **state)
{
    (void)state;
    static const char text[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":{\"flows\":[{\"f\":[1]}],"
        "\"next_hop\":\"10.0.0.1\",\"routes\":[ \"a\", {\"routes\":[2]} ,3]}}";
    static const struct {
        unsigned kind;
        const char *text;
    } items[] = {{JSONRPC_FLOWS, "{\"f\":[1]}"},
                 {JSONRPC_ROUTES, " \"a\""},
                 {JSONRPC_ROUTES, " {\"routes\":[2]} "},
                 {JSONRPC_ROUTES, "3"}};
    for (size_t piece = 1; piece <= sizeof(text); piece++) {
        struct parsed *r = parse_as(JSONRPC_DOCUMENT, text, piece);
        struct text_item item;
        assert_int_equal(r->count, 1);
        assert_int_equal(r->calls[0].problem, 0);
        const json_t *params = r->calls[0].params;
        assert_int_equal(json_integer_value(json_object_get(params, "routes")), 3);
        assert_int_equal(json_integer_value(json_object_get(params, "flows")), 1);
        for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
            assert_true(text_queue_next(r->calls[0].items, &item));
            assert_int_equal(item.kind, items[i].kind);
            assert_int_equal(item.len_bytes, strlen(items[i].text));
            assert_memory_equal(item.text, items[i].text, item.len_bytes);
        }
        assert_false(text_queue_next(r->calls[0].items, &item));
        release(r);
    }
}

/* Lists of that name elsewhere are parameters like others. */
static void test_no_lists(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":[\"routes\",[1]]}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":{\"x\":{\"routes\":[1]}}}",
        "[{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":{\"routes\":[1]}}]",
        "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1,\"params\":{\"routes\":[]}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct parsed *r = parse(texts[i]);
        assert_int_equal(r->count, 1);
        assert_null(r->calls[0].items);
        char *text = json_dumps(r->calls[0].params, JSON_COMPACT);
        assert_non_null(strstr(texts[i], text));
        free(text);
        release(r);
    }
}

static void test_lines(void **state)
{
    (void)state;
    static const char text[] = CALL "\n\n  \r\n{nonsense\n" CALL "\r\n[]\n" CALL;
    static const int problems[] = {0, JSONRPC_PARSE_ERROR, 0, JSONRPC_INVALID_REQUEST, 0};
    enum { CALLS = sizeof(problems) / sizeof(problems[0]) };
    for (size_t piece = 1; piece <= sizeof(text); piece++) {
        struct parsed *r = parse_as(JSONRPC_LINES, text, piece);
        assert_int_equal(r->count, CALLS);
        for (size_t i = 0; i < CALLS; i++)
            assert_int_equal(r->calls[i].problem, problems[i]);
        release(r);
    }
}

/* What is too long is refused with little memory; the lines around it are good. */
static void test_too_long(void **state)
{
    (void)state;
    struct jsonrpc_request r;
    struct jsonrpc_call call;
    static const int problems[] = {0, JSONRPC_INVALID_REQUEST, 0};
    static char megabyte[1 << 20];
    memset(megabyte, ' ', sizeof(megabyte));
    jsonrpc_request_init(&r, JSONRPC_LINES);
    jsonrpc_request_feed(&r, CALL "\n" CALL, sizeof(CALL "\n" CALL) - 1);
    for (unsigned i = 0; i < 20; i++)
        jsonrpc_request_feed(&r, megabyte, sizeof(megabyte));
    assert_true(jsonrpc_request_held_bytes(&r) < 4 << 20);
    jsonrpc_request_feed(&r, "\n" CALL, sizeof("\n" CALL) - 1);
    jsonrpc_request_end(&r);
    for (size_t i = 0; i < 3; i++) {
        assert_true(jsonrpc_request_next(&r, &call));
        assert_int_equal(call.problem, problems[i]);
        jsonrpc_call_release(&call);
    }
    assert_false(jsonrpc_request_next(&r, &call));
    jsonrpc_request_release(&r);

    jsonrpc_request_init(&r, JSONRPC_DOCUMENT);
    jsonrpc_request_feed(&r, "[[", 2);
    for (unsigned i = 0; i < 20; i++)
        jsonrpc_request_feed(&r, megabyte, sizeof(megabyte));
    assert_true(jsonrpc_request_held_bytes(&r) < 4 << 20);
    jsonrpc_request_end(&r);
    assert_true(jsonrpc_request_next(&r, &call));
    assert_int_equal(call.problem, JSONRPC_INVALID_REQUEST);
    jsonrpc_call_release(&call);
    jsonrpc_request_release(&r);
}

static void test_nesting_has_an_end(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    static char text[DEPTH + 1];
    memset(text, '[', DEPTH);
    struct parsed *r = parse(text);
    assert_int_equal(r->calls[0].problem, JSONRPC_PARSE_ERROR);
    release(r);
}

static void test_batch_with_invalid_elements(void **state)
{
    (void)state;
    struct parsed *r = parse("[1, {\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":5}, "
                             "{\"id\":6}, []]");
    assert_true(r->request.batch);
    assert_int_equal(r->count, 4);
    assert_int_equal(r->calls[0].problem, JSONRPC_INVALID_REQUEST);
    assert_int_equal(r->calls[1].problem, 0);
    struct jsonrpc_call with_id = r->calls[2];
    assert_int_equal(with_id.problem, JSONRPC_INVALID_REQUEST);
    assert_int_equal(json_integer_value(with_id.id), 6);
    assert_int_equal(r->calls[3].problem, JSONRPC_INVALID_REQUEST);
    assert_null(r->calls[3].id);
    release(r);
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
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_no_lists),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_nesting_has_an_end),
        cmocka_unit_test(test_batch_with_invalid_elements),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
