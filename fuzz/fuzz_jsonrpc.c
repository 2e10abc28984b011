/* Fuzz target: bodies of requests. They are taken apart the same in one piece and in many; what is
 * no JSON has no calls; what is held is in proportion to what came. */
#include <string.h>

#include "api/json_read.h"
#include "api/jsonrpc.h"
#include "check.h"

enum { CALLS_MAX = 64 };

struct calls {
    struct jsonrpc_request request;
    json_t *roots[CALLS_MAX];
    int problems[CALLS_MAX];
    size_t count;
    size_t items;
};

static void take(struct calls *c)
{
    struct jsonrpc_call call;
    struct text_item item;
    while (jsonrpc_request_next(&c->request, &call)) {
        CHECK((call.problem == 0) == (call.method != NULL));
        CHECK((call.problem == 0) == (call.problem_text.len_bytes == 0));
        while (call.items && text_queue_next(call.items, &item)) {
            struct json_read_problem problem;
            CHECK(json_check(item.text, item.len_bytes, &problem));
            json_decref(json_read(item.text, item.len_bytes, &problem));
            c->items++;
        }
        if (c->count < CALLS_MAX) {
            c->roots[c->count] = json_incref(call.root);
            c->problems[c->count++] = call.problem;
        }
        jsonrpc_call_release(&call);
    }
}

static void take_apart(struct calls *c, enum jsonrpc_form form, const char *text, size_t len_bytes,
                       size_t piece_bytes)
{
    *c = (struct calls){0};
    jsonrpc_request_init(&c->request, form);
    for (size_t at = 0; at < len_bytes; at += piece_bytes) {
        size_t left = len_bytes - at;
        jsonrpc_request_feed(&c->request, text + at, left < piece_bytes ? left : piece_bytes);
        CHECK(jsonrpc_request_held_bytes(&c->request) < 8 * at + 400000);
        if (form == JSONRPC_LINES)
            take(c);
    }
    jsonrpc_request_end(&c->request);
    take(c);
}

static void release(struct calls *c)
{
    for (size_t i = 0; i < c->count; i++)
        json_decref(c->roots[i]);
    jsonrpc_request_release(&c->request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    for (enum jsonrpc_form form = JSONRPC_DOCUMENT; form <= JSONRPC_LINES; form++) {
        struct calls whole, cut;
        take_apart(&whole, form, text, size, size + 1);
        take_apart(&cut, form, text, size, 3);
        CHECK(whole.count == cut.count && whole.items == cut.items);
        CHECK(form == JSONRPC_LINES || whole.count > 0);
        for (size_t i = 0; i < whole.count; i++)
            CHECK(whole.problems[i] == cut.problems[i] &&
                  (whole.roots[i] == cut.roots[i] || json_equal(whole.roots[i], cut.roots[i])));
        release(&whole);
        release(&cut);
    }
    struct json_read_problem problem;
    json_t *value = json_read(text, size, &problem);
    CHECK(!value || json_check(text, size, &problem)); /* what is read is JSON */
    json_decref(value);
    return 0;
}
