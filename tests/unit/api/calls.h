/* What tests of the API's methods share: a fake speaker behind them, calls without HTTP, and routes
 * to be listed. */
#ifndef BGPD_TEST_CALLS_H
#define BGPD_TEST_CALLS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../keys.h"
#include "api/answer.h"
#include "api/call_log.h"
#include "api/methods.h"
#include "base/err.h"
#include "fake_speaker.h"

static struct speaker speaker;
static struct method_env env;
static struct route_counts_room counts_room;
static struct caller client;
static size_t block_bytes; /* how much is taken from an answer at once */

static inline int setup(void **state)
{
    (void)state;
    fake_speaker_init(&speaker);
    env = (struct method_env){.speaker = &speaker,
                              .renderer = route_renderer_new(),
                              .counts = &counts_room,
                              .log = call_log_sources()};
    client = (struct caller){.access = ACCESS_FULL, .place.addr = ip_from_v4(0x7f000001)};
    block_bytes = 4096;
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    assert_int_equal(speaker.open_queries, 0);
    assert_int_equal(counts_room.taken, 0);
    assert_int_equal(speaker.open_explanations, 0);
    route_renderer_free(env.renderer);
    log_sources_release(&env.log);
    audit_release(&env.audit);
    fake_speaker_release(&speaker);
    return 0;
}

/* The answer to a request, in which ' stands for "; NULL when there is none. */
static inline char *answer_text(const char *request)
{
    char *body = strdup(request);
    for (char *p = body; *p; p++)
        if (*p == '\'')
            *p = '"';
    struct answer *a = answer_new(&env, &client, JSONRPC_DOCUMENT);
    for (size_t at = 0, len = strlen(body); at < len; at += block_bytes)
        answer_feed(a, body + at, len - at < block_bytes ? len - at : block_bytes);
    answer_end(a);
    free(body);
    while (!answer_prepare(a, 0))
        ;
    struct strbuf text = {0};
    while (answer_wants_answer(a) && !answer_complete(a)) {
        answer_fill(a, block_bytes, UINT64_MAX);
        assert_true(answer_ready_bytes(a) < block_bytes + 100000);
        char *block = malloc(block_bytes);
        size_t len;
        while ((len = answer_take(a, block, block_bytes)) > 0)
            strbuf_add_bytes(&text, block, len);
        free(block);
    }
    bool wanted = answer_wants_answer(a);
    answer_free(a);
    if (!wanted) {
        assert_int_equal(text.len_bytes, 0);
        return NULL;
    }
    return strbuf_take(&text);
}

static inline json_t *answer_json(const char *request)
{
    char *text = answer_text(request);
    assert_non_null(text);
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        fail_msg("not JSON: %s", text);
    free(text);
    return json;
}

/* Calls a method with parameters as JSON text (with ' for "; NULL: none); the whole answer. */
static inline json_t *call(const char *method, const char *params)
{
    char request[4096];
    snprintf(request, sizeof(request), "{'jsonrpc':'2.0','id':1,'method':'%s'%s%s}", method,
             params ? ",'params':" : "", params ? params : "");
    json_t *answer = answer_json(request);
    assert_int_equal(json_integer_value(json_object_get(answer, "id")), 1);
    return answer;
}

static inline int error_code(const json_t *answer)
{
    return (int)json_integer_value(json_object_get(json_object_get(answer, "error"), "code"));
}

static inline const char *error_param(const json_t *answer)
{
    const json_t *data = json_object_get(json_object_get(answer, "error"), "data");
    const char *expected = json_string_value(json_object_get(data, "expected"));
    assert_non_null(expected);
    assert_true(strlen(expected) > 0);
    return json_string_value(json_object_get(data, "param"));
}

static inline const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static inline void assert_error(const char *method, const char *params, int code)
{
    json_t *answer = call(method, params);
    if (error_code(answer) != code)
        fail_msg("%s %s: %s", method, params, json_dumps(answer, 0));
    assert_null(json_object_get(answer, "result"));
    json_decref(answer);
}

/* --- routes --- */

static inline void make_route(unsigned i, struct route_view *ret)
{
    ret->family = FAMILY_IPV4_UNICAST;
    struct ip_addr addr = ip_from_v4(i << 8);
    ret->nlri.key = prefix_key(prefix_make(IP_V4, 24, addr.bytes));
    ret->source_peer = ip_from_v4(0x7f000002);
    ret->received_mono_s = 1000;
    ret->attrs = fake_attrs();
    ret->best = i % 2 == 0;
}

static inline void assert_routes(const json_t *list, unsigned first, unsigned count)
{
    assert_true(json_is_array(list));
    assert_int_equal(json_array_size(list), count);
    for (unsigned i = 0; i < count; i++) {
        char expected[32];
        unsigned n = first + i;
        snprintf(expected, sizeof(expected), "%u.%u.%u.0/24", n >> 16, n >> 8 & 255, n & 255);
        assert_string_equal(text_at(json_array_get(list, i), "prefix"), expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
