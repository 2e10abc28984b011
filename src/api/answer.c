/* One request body and the answer to it, made piece by piece.
 *
 * The answer is a run of bytes in `out`, of which `out_taken` went on to the client. It is never
 * longer than what was asked for and one step: one route, or the whole answer to another call. */
#include "api/answer.h"

#include <stdlib.h>
#include <string.h>

#include "api/call_log.h"
#include "api/jsonrpc.h"
#include "base/mem.h"
#include "base/time.h"
#include "daemon/originated.h"

/* The answers to calls that change something wait for all of them to be carried out. Once they hold
 * so much, no more of a batch are. */
enum { KEPT_MAX_BYTES = 8 << 20 };

/* The answer to a call that was carried out: its text, or the beginning and the result that
 * follows.
 */
struct kept {
    char *text;            /* owned; NULL: there is none */
    struct stream *stream; /* owned; NULL: the text is all */
};

struct answer {
    struct method_env *env; /* borrowed */
    struct caller caller;
    struct jsonrpc_request request;
    struct kept *kept; /* owned: per call what it came to, when it changed something */
    size_t kept_bytes;
    size_t prepared;     /* calls that answer_prepare has seen */
    uint64_t change;     /* of what the API announces, the last one of them; 0: none */
    bool waits_for_disk; /* for this change */
    uint64_t ticket;     /* of the pending one among them */
    bool wants_answer;

    size_t next;           /* the call to be answered next */
    struct stream *stream; /* owned: the result of call `next`, when it is under way */
    bool any_written;      /* an answer stands in front of the next one of the batch */
    struct strbuf out;
    size_t out_taken;
    bool complete;
};

struct answer *answer_new(struct method_env *env, const struct caller *caller, const char *body,
                          size_t len_bytes)
{
    struct answer *a = mem_zalloc(sizeof(*a));
    a->env = env;
    a->caller = caller_copy(caller);
    jsonrpc_request_init(&a->request, body, len_bytes);
    return a;
}

void answer_free(struct answer *a)
{
    if (!a)
        return;
    for (size_t i = 0; a->kept && i < a->request.count; i++) {
        free(a->kept[i].text);
        stream_free(a->kept[i].stream);
    }
    free(a->kept);
    stream_free(a->stream);
    strbuf_release(&a->out);
    jsonrpc_request_release(&a->request);
    caller_release(&a->caller);
    free(a);
}

/* Runs the method of a valid call, when the client may; *error says what is wrong. */
static bool run_call(struct answer *a, const struct jsonrpc_call *call, struct strbuf *result,
                     struct jsonrpc_error *error)
{
    const struct method *method = method_find(call->method);
    if (!method) {
        error->code = JSONRPC_METHOD_NOT_FOUND;
        const char *nearest = method_nearest(call->method);
        strbuf_printf(&error->message, "Method not found: %.64s", call->method);
        if (nearest)
            strbuf_printf(&error->message, "; did you mean %s?", nearest);
        return true;
    }
    bool changes = method->access > ACCESS_READ;
    if (method->access > a->caller.access) {
        error->code = JSONRPC_FORBIDDEN;
        strbuf_printf(&error->message, "%s is forbidden: %s", method->name, a->caller.reason);
    } else if (changes && a->kept_bytes >= KEPT_MAX_BYTES) {
        error->code = JSONRPC_FAILED;
        strbuf_add(&error->message,
                   "not carried out: the answers to this batch are too long; send the rest in "
                   "another one");
    } else if (method_run(method, a->env, &a->caller, call->params, &a->ticket, result, &a->stream,
                          error) == METHOD_PENDING) {
        return false;
    }
    a->ticket = 0;
    if (changes || error->code == JSONRPC_FORBIDDEN)
        call_log_change(&a->env->log, &a->caller, method->name, method->params, call->params,
                        error);
    return true;
}

/* Carries out a call and writes the answer to it: all of it, or what stands in front of a stream,
 * which is then set in it. False, with nothing written, when the call is pending. */
static bool put_answer(struct answer *a, const struct jsonrpc_call *call, struct strbuf *out)
{
    struct strbuf result = {0};
    struct jsonrpc_error error = {0};
    bool done = true;
    if (call->problem) {
        error.code = call->problem;
        strbuf_add(&error.message, call->problem_text);
    } else {
        done = run_call(a, call, &result, &error);
    }
    if (!done) {
        strbuf_clear(&result);
    } else if (error.code) {
        jsonrpc_put_error(out, call->id, &error);
    } else {
        jsonrpc_put_result_begin(out, call->id);
        strbuf_add_bytes(out, strbuf_text(&result), result.len_bytes);
        if (!a->stream)
            jsonrpc_put_result_end(out);
    }
    strbuf_release(&result);
    jsonrpc_error_release(&error);
    return done;
}

/* True for a call that will change something: such are not left for later. */
static bool is_change(const struct answer *a, const struct jsonrpc_call *call)
{
    const struct method *method = call->method ? method_find(call->method) : NULL;
    return method && method->access > ACCESS_READ && method->access <= a->caller.access;
}

/* Carries out one call that changes something, and keeps the answer. False when it is pending. */
static bool prepare_change(struct answer *a, const struct jsonrpc_call *call, size_t index)
{
    struct strbuf answer = {0};
    bool done = put_answer(a, call, &answer);
    if (done && call->wants_answer) {
        if (!a->kept)
            a->kept = mem_zalloc(a->request.count * sizeof(*a->kept));
        a->kept_bytes += answer.len_bytes;
        a->kept[index] = (struct kept){.text = strbuf_take(&answer), .stream = a->stream};
    } else {
        stream_free(a->stream);
    }
    a->stream = NULL;
    strbuf_release(&answer);
    return done;
}

/* Whether what the calls have changed will survive, where that is wanted. */
static bool is_on_disk(struct answer *a)
{
    a->waits_for_disk = a->change != 0 && !originated_is_stored(a->env->speaker, a->change);
    return !a->waits_for_disk;
}

bool answer_prepare(struct answer *a, uint64_t deadline_ns)
{
    while (a->prepared < a->request.count) {
        struct jsonrpc_call call = jsonrpc_request_call(&a->request, a->prepared);
        a->wants_answer |= call.wants_answer;
        uint64_t change = originated_last_change(a->env->speaker);
        if (is_change(a, &call) && !prepare_change(a, &call, a->prepared))
            return false;
        if (originated_last_change(a->env->speaker) != change)
            a->change = originated_last_change(a->env->speaker);
        if (++a->prepared < a->request.count && time_mono_ns() >= deadline_ns)
            return false;
    }
    return is_on_disk(a);
}

bool answer_is_pending(const struct answer *a)
{
    return a->ticket != 0 || a->waits_for_disk;
}

bool answer_wants_answer(const struct answer *a)
{
    return a->wants_answer;
}

/* The end of the answer to call `next`, and of the batch after the last call. */
static void end_call(struct answer *a)
{
    a->next++;
    if (a->next < a->request.count)
        return;
    if (a->request.batch)
        strbuf_add_char(&a->out, ']');
    a->complete = true;
}

/* Writes the answer to call `next`, or its beginning. */
static void start_call(struct answer *a)
{
    struct jsonrpc_call call = jsonrpc_request_call(&a->request, a->next);
    if (call.wants_answer) {
        if (a->request.batch)
            strbuf_add_char(&a->out, a->any_written ? ',' : '[');
        a->any_written = true;
        struct kept *kept = a->kept ? &a->kept[a->next] : NULL;
        if (kept && kept->text) {
            strbuf_add(&a->out, kept->text);
            a->stream = kept->stream;
            kept->stream = NULL;
        } else {
            put_answer(a, &call, &a->out);
        }
    }
    if (!a->stream)
        end_call(a);
}

/* One step of the answer; false when the tables need a pause. */
static bool step(struct answer *a, const struct time_now *now, uint64_t deadline_ns)
{
    if (!a->stream) {
        start_call(a);
        return true;
    }
    enum stream_step did = a->stream->next(a->stream, &a->out, now, deadline_ns);
    if (did == STREAM_END) {
        stream_free(a->stream);
        a->stream = NULL;
        jsonrpc_put_result_end(&a->out);
        end_call(a);
    }
    return did != STREAM_WAIT;
}

size_t answer_ready_bytes(const struct answer *a)
{
    return a->out.len_bytes - a->out_taken;
}

bool answer_complete(const struct answer *a)
{
    return a->complete;
}

void answer_fill(struct answer *a, size_t want_bytes, uint64_t deadline_ns)
{
    struct time_now now = time_now_read();
    while (!a->complete && answer_ready_bytes(a) < want_bytes)
        if (!step(a, &now, deadline_ns) || time_mono_ns() >= deadline_ns)
            break;
}

size_t answer_take(struct answer *a, char *ret_bytes, size_t max_bytes)
{
    size_t len = answer_ready_bytes(a);
    if (len > max_bytes)
        len = max_bytes;
    if (len > 0)
        memcpy(ret_bytes, a->out.data + a->out_taken, len);
    a->out_taken += len;
    /* What is left moves to the front once it is the smaller part. */
    size_t left = answer_ready_bytes(a);
    if (len > 0 && left <= a->out_taken) {
        memmove(a->out.data, a->out.data + a->out_taken, left + 1);
        a->out.len_bytes = left;
        a->out_taken = 0;
    }
    return len;
}
