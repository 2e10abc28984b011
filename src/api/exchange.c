/* One request body and the answer to it, made piece by piece.
 *
 * The answer is a run of bytes in `out`, of which `out_taken` went on to the client. It is never
 * longer than what was asked for and one step: one route, or the whole answer to another call. */
#include "api/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/jsonrpc.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"

/* Steps between two looks at the clock. */
#define STEPS_PER_LOOK 8

struct exchange {
    const struct method_env *env; /* borrowed */
    struct exchange_client client;
    struct jsonrpc_request request;
    char **changed;  /* owned: per call the answer when it changed something; NULL: there is none */
    size_t prepared; /* calls that exchange_prepare has seen */
    bool wants_answer;

    size_t next;                 /* the call to be answered next */
    struct route_stream *stream; /* owned: the result of call `next`, when it is under way */
    bool any_written;            /* an answer stands in front of the next one of the batch */
    struct strbuf out;
    size_t out_taken;
    bool complete;
};

struct exchange *exchange_new(const struct method_env *env, const struct exchange_client *client,
                              const char *body, size_t len_bytes)
{
    struct exchange *e = mem_zalloc(sizeof(*e));
    e->env = env;
    e->client = *client;
    jsonrpc_request_init(&e->request, body, len_bytes);
    return e;
}

void exchange_free(struct exchange *e)
{
    if (!e)
        return;
    for (size_t i = 0; e->changed && i < e->request.count; i++)
        free(e->changed[i]);
    free(e->changed);
    route_stream_free(e->stream);
    strbuf_release(&e->out);
    jsonrpc_request_release(&e->request);
    free(e);
}

/* Logs a call that was to change something, and how it ended. Results are not shown: they can be
 * long. */
static void log_change(const struct exchange *e, const char *method,
                       const struct jsonrpc_error *error)
{
    static struct log_limit limit;
    uint32_t suppressed;
    if (!log_limit_allow(&limit, time_mono_ms(), &suppressed))
        return;
    char more[48] = "";
    if (suppressed > 0)
        snprintf(more, sizeof(more), " (%u more calls not shown)", suppressed);
    if (error->code)
        log_warning("API: %s: %s: %.300s%s", e->client.name, method, strbuf_text(&error->message),
                    more);
    else
        log_info("API: %s: %s%s", e->client.name, method, more);
}

/* Runs the method of a valid call, when the client may; *error says what is wrong. */
static void run_call(struct exchange *e, const struct jsonrpc_call *call, struct strbuf *result,
                     struct jsonrpc_error *error)
{
    const struct method *method = method_find(call->method);
    if (!method) {
        error->code = JSONRPC_METHOD_NOT_FOUND;
        strbuf_printf(&error->message, "Method not found: %s", call->method);
        return;
    }
    if (method->access == METHOD_CHANGE && !e->client.may_change) {
        error->code = JSONRPC_FORBIDDEN;
        strbuf_printf(&error->message, "%s is forbidden: %s", method->name, e->client.reason);
    } else {
        method_run(method, e->env, call->params, result, &e->stream, error);
    }
    if (method->access == METHOD_CHANGE)
        log_change(e, method->name, error);
}

/* Carries out a call and writes the answer to it: all of it, or what stands in front of a stream,
 * which is then set in the exchange. */
static void put_answer(struct exchange *e, const struct jsonrpc_call *call, struct strbuf *out)
{
    struct strbuf result = {0};
    struct jsonrpc_error error = {0};
    if (call->problem) {
        error.code = call->problem;
        strbuf_add(&error.message, call->problem_text);
    } else {
        run_call(e, call, &result, &error);
    }
    if (error.code) {
        jsonrpc_put_error(out, call->id, &error);
    } else {
        jsonrpc_put_result_begin(out, call->id);
        strbuf_add_bytes(out, strbuf_text(&result), result.len_bytes);
        if (!e->stream)
            jsonrpc_put_result_end(out);
    }
    strbuf_release(&result);
    jsonrpc_error_release(&error);
}

/* True for a call that will change something: such are not left for later. */
static bool is_change(const struct exchange *e, const struct jsonrpc_call *call)
{
    const struct method *method = call->method ? method_find(call->method) : NULL;
    return method && method->access == METHOD_CHANGE && e->client.may_change;
}

/* Carries out one call that changes something, and keeps the answer. */
static void prepare_change(struct exchange *e, const struct jsonrpc_call *call, size_t index)
{
    struct strbuf answer = {0};
    put_answer(e, call, &answer);
    if (call->wants_answer) {
        if (!e->changed)
            e->changed = mem_zalloc(e->request.count * sizeof(*e->changed));
        e->changed[index] = strbuf_take(&answer);
    }
    strbuf_release(&answer);
}

bool exchange_prepare(struct exchange *e, uint64_t deadline_ns)
{
    while (e->prepared < e->request.count) {
        struct jsonrpc_call call = jsonrpc_request_call(&e->request, e->prepared);
        e->wants_answer |= call.wants_answer;
        if (is_change(e, &call))
            prepare_change(e, &call, e->prepared);
        e->prepared++;
        if (e->prepared % STEPS_PER_LOOK == 0 && time_mono_ns() >= deadline_ns)
            break;
    }
    return e->prepared == e->request.count;
}

bool exchange_wants_answer(const struct exchange *e)
{
    return e->wants_answer;
}

/* The end of the answer to call `next`, and of the batch behind the last call. */
static void end_call(struct exchange *e)
{
    e->next++;
    if (e->next < e->request.count)
        return;
    if (e->request.batch)
        strbuf_add_char(&e->out, ']');
    e->complete = true;
}

/* Writes the answer to call `next`, or its beginning. */
static void start_call(struct exchange *e)
{
    struct jsonrpc_call call = jsonrpc_request_call(&e->request, e->next);
    if (call.wants_answer) {
        if (e->request.batch)
            strbuf_add_char(&e->out, e->any_written ? ',' : '[');
        e->any_written = true;
        if (e->changed && e->changed[e->next])
            strbuf_add(&e->out, e->changed[e->next]);
        else
            put_answer(e, &call, &e->out);
    }
    if (!e->stream)
        end_call(e);
}

/* One step of the answer; false when the tables need a pause. */
static bool step(struct exchange *e, int64_t now_s)
{
    if (!e->stream) {
        start_call(e);
        return true;
    }
    enum route_stream_step did = route_stream_next(e->stream, &e->out, now_s);
    if (did == ROUTE_STREAM_END) {
        route_stream_free(e->stream);
        e->stream = NULL;
        jsonrpc_put_result_end(&e->out);
        end_call(e);
    }
    return did != ROUTE_STREAM_WAIT;
}

size_t exchange_ready_bytes(const struct exchange *e)
{
    return e->out.len_bytes - e->out_taken;
}

bool exchange_complete(const struct exchange *e)
{
    return e->complete;
}

void exchange_fill(struct exchange *e, size_t want_bytes, uint64_t deadline_ns)
{
    int64_t now_s = time_unix_s();
    for (unsigned steps = 1; !e->complete && exchange_ready_bytes(e) < want_bytes; steps++) {
        if (!step(e, now_s))
            break;
        if (steps % STEPS_PER_LOOK == 0 && time_mono_ns() >= deadline_ns)
            break;
    }
}

size_t exchange_take(struct exchange *e, char *ret_bytes, size_t max_bytes)
{
    size_t len = exchange_ready_bytes(e);
    if (len > max_bytes)
        len = max_bytes;
    if (len > 0)
        memcpy(ret_bytes, e->out.data + e->out_taken, len);
    e->out_taken += len;
    /* What is left moves to the front once it is the smaller part. */
    size_t left = exchange_ready_bytes(e);
    if (len > 0 && left <= e->out_taken) {
        memmove(e->out.data, e->out.data + e->out_taken, left + 1);
        e->out.len_bytes = left;
        e->out_taken = 0;
    }
    return len;
}
