/* One request body and the answer to it, made piece by piece.
 *
 * What a call came to waits in a queue, as does the text of one that only reads, until it is its
 * turn to be written. A batch whose answers hold too much is carried out by and by: what is in the
 * queue is written, then more of the calls are carried out. Lines are worked off while they arrive,
 * and the answers to them wait until all have: an HTTP/1.1 response begins at the end of the
 * request. So there is an end to these.
 *
 * The answer itself is a run of bytes in `out`, of which `out_taken` went on to the client. It is
 * never longer than what was asked for and one step: one route, or the whole answer to another
 * call. */
#include "api/answer.h"

#include <stdlib.h>
#include <string.h>

#include "api/call_log.h"
#include "base/mem.h"
#include "base/text_queue.h"
#include "base/time.h"
#include "daemon/originated.h"

enum {
    /* Once what waits to be written holds so much, no more of a batch is carried out before. */
    KEPT_MAX_BYTES = 8 << 20,
    /* Of lines it is the end. */
    KEPT_OF_LINES_MAX_BYTES = 64 << 20,
    /* So many calls may have changed what is not on disk yet. */
    UNSTORED_MAX_CALLS = 16384,
};

/* What waits to be written. */
enum kept {
    KEPT_ANSWER, /* to a call */
    KEPT_CALL,   /* to be carried out then */
    KEPT_STREAM, /* a pointer to a stream, owned, and the beginning of the answer that it is in */
};

struct answer {
    struct method_env *env; /* borrowed */
    struct caller caller;
    struct jsonrpc_request request;
    struct text_queue kept;
    struct jsonrpc_call call; /* that is being carried out */
    bool has_call;
    struct stream *work;  /* owned: what the call does, when that takes several turns */
    struct strbuf result; /* of it */
    bool wants_answer;    /* a call did that is no notification */
    bool is_cut;          /* lines are not carried out any more */
    uint64_t change;      /* of what the API announces, the last one; 0: none */
    unsigned unstored;    /* calls that made changes since these were known to be on disk */
    bool waits_for_disk;  /* for this change */
    uint64_t ticket;      /* of the pending call */

    struct stream *stream; /* owned: the result that is being written */
    bool any_written;      /* an answer stands in front of the next one of the batch */
    struct strbuf out;
    size_t out_taken;
    bool complete;
};

struct answer *answer_new(struct method_env *env, const struct caller *caller,
                          enum jsonrpc_form form)
{
    struct answer *a = mem_zalloc(sizeof(*a));
    a->env = env;
    a->caller = caller_copy(caller);
    jsonrpc_request_init(&a->request, form);
    return a;
}

/* The stream of a KEPT_STREAM. */
static struct stream *stream_of(const struct text_item *item)
{
    struct stream *stream;
    memcpy(&stream, item->text, sizeof(stream));
    return stream;
}

void answer_free(struct answer *a)
{
    struct text_item item;
    if (!a)
        return;
    while (text_queue_next(&a->kept, &item))
        if (item.kind == KEPT_STREAM)
            stream_free(stream_of(&item));
    text_queue_release(&a->kept);
    stream_free(a->stream);
    stream_free(a->work);
    jsonrpc_call_release(&a->call);
    strbuf_release(&a->result);
    strbuf_release(&a->out);
    jsonrpc_request_release(&a->request);
    caller_release(&a->caller);
    free(a);
}

void answer_feed(struct answer *a, const char *data, size_t len_bytes)
{
    jsonrpc_request_feed(&a->request, data, len_bytes);
}

void answer_end(struct answer *a)
{
    jsonrpc_request_end(&a->request);
}

size_t answer_held_bytes(const struct answer *a)
{
    return jsonrpc_request_held_bytes(&a->request) + a->kept.held_bytes;
}

/* --- a call --- */

/* Begins a valid call, when the client may; *error says what is wrong. False: it is pending. */
static bool start_call(struct answer *a, const struct jsonrpc_call *call,
                       const struct method *method, struct strbuf *result,
                       struct jsonrpc_error *error)
{
    if (method->access > a->caller.access) {
        error->code = JSONRPC_FORBIDDEN;
        strbuf_printf(&error->message, "%s is forbidden: %s", method->name, a->caller.reason);
        return true;
    }
    const struct method_request request = {method, &a->caller, call->params, call->items};
    if (method_run(a->env, &request, &a->ticket, result, &a->stream, error) == METHOD_PENDING)
        return false;
    a->ticket = 0;
    if (a->stream && a->stream->changes) {
        a->work = a->stream;
        a->stream = NULL;
    }
    return true;
}

/* Goes on with what a call does; false: not to its end. */
static bool go_on(struct answer *a, struct strbuf *result, struct jsonrpc_error *error,
                  uint64_t deadline_ns)
{
    struct time_now now = time_now_read();
    enum stream_step did = STREAM_MORE;
    while (a->work && did != STREAM_END) {
        did = a->work->next(a->work, result, &now, deadline_ns);
        if (did == STREAM_WAIT || (did == STREAM_MORE && time_mono_ns() >= deadline_ns))
            return false;
    }
    if (a->work)
        *error = a->work->error;
    stream_free(a->work);
    a->work = NULL;
    return true;
}

/* What a call has changed, or was refused, is told to the log, and kept. */
static void note_change(struct answer *a, const struct jsonrpc_call *call,
                        const struct method *method, const struct jsonrpc_error *error)
{
    call_log_change(&a->env->log, &a->caller, method->name, method->params, call->params, error);
    const struct audit_event event = {&a->caller, method->name, method->params, call, error};
    audit_add(&a->env->audit, speaker_config(a->env->speaker)->api_audit, &event);
}

/* Runs the method of a valid call; *error says what is wrong. False: it is to be called again. */
static bool run_call(struct answer *a, const struct jsonrpc_call *call, struct strbuf *result,
                     struct jsonrpc_error *error, uint64_t deadline_ns)
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
    if (!a->work && !start_call(a, call, method, result, error))
        return false;
    if (!go_on(a, result, error, deadline_ns))
        return false;
    if (method->access > ACCESS_READ || error->code == JSONRPC_FORBIDDEN)
        note_change(a, call, method, error);
    return true;
}

/* Carries out a call and writes the answer to it: all of it, or what stands in front of a stream,
 * which is then set in it. False, with nothing written, when it is to be called again. */
static bool put_answer(struct answer *a, const struct jsonrpc_call *call, struct strbuf *out,
                       uint64_t deadline_ns)
{
    struct jsonrpc_error error = {0};
    bool done = true;
    if (call->problem) {
        error.code = call->problem;
        strbuf_add(&error.message, strbuf_text(&call->problem_text));
    } else {
        done = run_call(a, call, &a->result, &error, deadline_ns);
    }
    if (!done)
        return false;
    if (error.code) {
        jsonrpc_put_error(out, call->id, &error);
    } else {
        jsonrpc_put_result_begin(out, call->id);
        strbuf_add_bytes(out, strbuf_text(&a->result), a->result.len_bytes);
        if (!a->stream)
            jsonrpc_put_result_end(out);
    }
    strbuf_clear(&a->result);
    jsonrpc_error_release(&error);
    return true;
}

/* --- before the answer --- */

/* True for a call that only reads: such are left for later. */
static bool is_for_later(const struct jsonrpc_call *call)
{
    const struct method *method = call->method ? method_find(call->method) : NULL;
    return method && method->access <= ACCESS_READ;
}

static void keep(struct answer *a, enum kept what, const char *text, size_t len_bytes)
{
    text_queue_add(&a->kept, what, text, len_bytes);
    a->wants_answer = true;
}

/* Keeps what a call came to. */
static void keep_answer(struct answer *a, const struct strbuf *head)
{
    struct strbuf text = {0};
    if (!a->stream) {
        keep(a, KEPT_ANSWER, head->data, head->len_bytes);
        return;
    }
    strbuf_add_bytes(&text, &a->stream, sizeof(a->stream));
    strbuf_add_bytes(&text, head->data, head->len_bytes);
    keep(a, KEPT_STREAM, text.data, text.len_bytes);
    strbuf_release(&text);
    a->stream = NULL;
}

/* Carries out the present call, or leaves it for later. False when it is to be called again. */
static bool prepare_call(struct answer *a, uint64_t deadline_ns)
{
    struct jsonrpc_call *call = &a->call;
    if (is_for_later(call)) {
        if (call->wants_answer)
            keep(a, KEPT_CALL, call->text, call->len_bytes);
        return true;
    }
    uint64_t change = originated_last_change(a->env->speaker);
    struct strbuf answer = {0};
    bool done = put_answer(a, call, &answer, deadline_ns);
    if (done && call->wants_answer)
        keep_answer(a, &answer);
    if (done)
        stream_free(a->stream);
    if (done)
        a->stream = NULL;
    if (originated_last_change(a->env->speaker) != change) {
        a->change = originated_last_change(a->env->speaker);
        a->unstored++;
    }
    strbuf_release(&answer);
    return done;
}

/* Whether what the calls have changed will survive, where that is wanted. */
static bool is_on_disk(struct answer *a)
{
    a->waits_for_disk = a->change != 0 && !originated_is_stored(a->env->speaker, a->change);
    if (!a->waits_for_disk)
        a->unstored = 0;
    return !a->waits_for_disk;
}

void answer_cut(struct answer *a)
{
    struct jsonrpc_error error = {.code = JSONRPC_FAILED};
    struct strbuf text = {0};
    if (a->is_cut)
        return;
    a->is_cut = true;
    strbuf_add(&error.message, "this call and what follows it was not carried out: the answers are "
                               "too long; send the rest in another request, or without ids");
    jsonrpc_put_error(&text, NULL, &error);
    keep(a, KEPT_ANSWER, text.data, text.len_bytes);
    strbuf_release(&text);
    jsonrpc_error_release(&error);
}

/* Takes up the next call, if there is one that may be carried out now. */
static bool next_call(struct answer *a)
{
    bool is_lines = a->request.form == JSONRPC_LINES;
    if (!is_lines && a->kept.held_bytes >= KEPT_MAX_BYTES)
        return false;
    while (jsonrpc_request_next(&a->request, &a->call)) {
        a->has_call = true;
        if (!is_lines || (!a->is_cut && a->kept.held_bytes < KEPT_OF_LINES_MAX_BYTES))
            return true;
        answer_cut(a);
        jsonrpc_call_release(&a->call);
        a->has_call = false;
    }
    return false;
}

bool answer_prepare(struct answer *a, uint64_t deadline_ns)
{
    while (a->has_call || a->unstored < UNSTORED_MAX_CALLS || is_on_disk(a)) {
        if (!a->has_call && !next_call(a))
            break;
        if (!prepare_call(a, deadline_ns))
            return false;
        jsonrpc_call_release(&a->call);
        a->has_call = false;
        if (jsonrpc_request_has_more(&a->request) && time_mono_ns() >= deadline_ns)
            return false;
    }
    bool must_be_on_disk = a->request.complete || a->unstored >= UNSTORED_MAX_CALLS;
    return !must_be_on_disk || is_on_disk(a);
}

bool answer_is_pending(const struct answer *a)
{
    return a->ticket != 0 || a->waits_for_disk;
}

bool answer_wants_answer(const struct answer *a)
{
    return a->wants_answer;
}

/* --- the answer --- */

/* The end of the answer to a call. */
static void end_answer(struct answer *a)
{
    if (a->request.form == JSONRPC_LINES)
        strbuf_add_char(&a->out, '\n');
}

/* Writes the answer to the next call, or its beginning. */
static void start_answer(struct answer *a, const struct text_item *item, uint64_t deadline_ns)
{
    struct jsonrpc_call call;
    if (a->request.batch)
        strbuf_add_char(&a->out, a->any_written ? ',' : '[');
    a->any_written = true;
    switch ((enum kept)item->kind) {
    case KEPT_ANSWER:
        strbuf_add_bytes(&a->out, item->text, item->len_bytes);
        break;
    case KEPT_CALL:
        jsonrpc_call_read(item->text, item->len_bytes, &call);
        put_answer(a, &call, &a->out, deadline_ns);
        jsonrpc_call_release(&call);
        break;
    case KEPT_STREAM:
        a->stream = stream_of(item);
        strbuf_add_bytes(&a->out, item->text + sizeof(a->stream),
                         item->len_bytes - sizeof(a->stream));
        break;
    }
    if (!a->stream)
        end_answer(a);
}

/* Goes on to the next answer, or to the end; false: it is to be called again in a later turn. */
static bool next_answer(struct answer *a, uint64_t deadline_ns)
{
    struct text_item item;
    if (text_queue_next(&a->kept, &item)) {
        text_queue_forget(&a->kept);
        start_answer(a, &item, deadline_ns);
        return true;
    }
    if (a->has_call || jsonrpc_request_has_more(&a->request))
        return answer_prepare(a, deadline_ns);
    if (a->request.batch)
        strbuf_add_char(&a->out, ']');
    a->complete = true;
    return true;
}

/* One step of the answer; false when the tables need a pause. */
static bool step(struct answer *a, const struct time_now *now, uint64_t deadline_ns)
{
    if (!a->stream)
        return next_answer(a, deadline_ns);
    enum stream_step did = a->stream->next(a->stream, &a->out, now, deadline_ns);
    if (did == STREAM_END) {
        stream_free(a->stream);
        a->stream = NULL;
        jsonrpc_put_result_end(&a->out);
        end_answer(a);
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
