/* Input of all connections.
 *
 * Nothing is copied but the piece of a message that a read cuts off: it is kept on the heap (the
 * tail) and put in front of the next read. One readiness event reads once; the poll is
 * level-triggered, so that what is left gets its turn after the other sockets had theirs.
 *
 * When the owner wants no more input, the rest of the buffer is the tail, and the sockets of
 * sources that may wait are not read until it does. They stand in a list in the order in which they
 * were stopped. After the pause every socket gets one poll of the loop before input that waits in
 * memory is processed (uv_check runs after polling), and the source that exhausts the owner's
 * patience anew goes to the end of the list: so none can starve another.
 *
 * Invariant: a source is in the list if it waits, or its socket is not read because of a pause. */
#include "session/intake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/reader.h"
#include "wire/message.h"

/* Input of one turn and source. The tail of the turn before, shorter than the longest message
 * unless the owner paused, goes in front. */
#define BUFFER_BYTES (256 * 1024)

struct intake {
    bool (*want_input)(void *ctx, size_t message_bytes);
    void (*input_end)(void *ctx);
    void *ctx;                   /* borrowed */
    bool paused;                 /* want_input() said no */
    struct intake_source *first; /* those that are stopped */
    struct intake_source *last;
    uv_check_t resume;    /* active after a pause, until waiting input is processed */
    uv_idle_t keep_awake; /* with it: the loop must not sleep */
    unsigned open_handles;
    uint8_t *buffer; /* owned; BUFFER_BYTES */
};

/* --- the list of those that are stopped --- */

static void stop(struct intake *in, struct intake_source *s)
{
    transport_set_reading(s->transport, false);
    if (s->stopped)
        return;
    s->stopped = true;
    s->prev = in->last;
    s->next = NULL;
    *(in->last ? &in->last->next : &in->first) = s;
    in->last = s;
}

static void unlist(struct intake *in, struct intake_source *s)
{
    if (!s->stopped)
        return;
    s->stopped = false;
    *(s->prev ? &s->prev->next : &in->first) = s->next;
    *(s->next ? &s->next->prev : &in->last) = s->prev;
}

/* --- sources --- */

static void forget_tail(struct intake_source *s)
{
    free(s->tail);
    s->tail = NULL;
    s->tail_len_bytes = 0;
    s->waits = false;
}

void intake_attach(struct intake_source *s, struct transport *transport)
{
    s->transport = transport;
    s->max_message_bytes = MESSAGE_MAX_BYTES;
    s->may_wait = false;
}

void intake_detach(struct intake *in, struct intake_source *s)
{
    unlist(in, s);
    forget_tail(s);
    s->transport = NULL;
}

static void keep_tail(struct intake_source *s, struct span rest)
{
    if (rest.len_bytes == 0)
        return;
    s->tail = mem_alloc(rest.len_bytes);
    memcpy(s->tail, rest.data, rest.len_bytes);
    s->tail_len_bytes = rest.len_bytes;
}

/* Moves the tail to the start of the shared buffer; returns its length. */
static size_t take_tail(struct intake *in, struct intake_source *s)
{
    size_t len_bytes = s->tail_len_bytes;
    if (len_bytes > 0)
        memcpy(in->buffer, s->tail, len_bytes);
    forget_tail(s);
    return len_bytes;
}

/* --- messages --- */

static bool may_process(struct intake *in, struct intake_source *s, size_t message_bytes)
{
    if (!s->may_wait || in->want_input(in->ctx, message_bytes))
        return true;
    in->paused = true;
    s->waits = true;
    stop(in, s);
    return false;
}

/* Takes one message off the front; false when there is none, or the source must not go on. */
static bool process_one(struct intake *in, struct intake_source *s, struct span *rest)
{
    uint8_t type;
    struct span body;
    struct notification error;
    int len_bytes = message_frame(*rest, s->max_message_bytes, &type, &body, &error);
    if (len_bytes < 0)
        s->handler->malformed(s, &error);
    if (len_bytes <= 0 || !may_process(in, s, (size_t)len_bytes))
        return false;
    struct reader r = reader_over(*rest);
    reader_take(&r, (size_t)len_bytes);
    *rest = reader_rest(&r);
    s->handler->message(s, type, body);
    return true;
}

/* Processes what is in the shared buffer; false when the source was detached thereby. */
static bool process(struct intake *in, struct intake_source *s, size_t len_bytes)
{
    const struct transport *transport = s->transport;
    struct span rest = span_of(in->buffer, len_bytes);
    while (s->transport == transport && process_one(in, s, &rest))
        ;
    in->input_end(in->ctx);
    if (s->transport != transport)
        return false;
    keep_tail(s, rest);
    return true;
}

void intake_receive(struct intake *in, struct intake_source *s)
{
    if (in->paused && s->may_wait) {
        stop(in, s);
        return;
    }
    size_t kept = take_tail(in, s);
    ssize_t n = transport_read(s->transport, in->buffer + kept, BUFFER_BYTES - kept);
    if (!process(in, s, kept + (n > 0 ? (size_t)n : 0)))
        return;
    if (s->waits)
        return; /* the end of the input comes after what waits */
    if (n == 0 || (n < 0 && n != -EAGAIN))
        s->handler->closed(s, (int)-n);
}

/* --- after a pause --- */

static void go_on(struct intake *in, struct intake_source *s)
{
    size_t kept = take_tail(in, s);
    if (process(in, s, kept) && !s->waits)
        transport_set_reading(s->transport, true);
}

static void on_check(uv_check_t *check)
{
    struct intake *in = check->data;
    uv_check_stop(&in->resume);
    uv_idle_stop(&in->keep_awake);
    while (in->first && !in->paused) {
        struct intake_source *s = in->first;
        unlist(in, s);
        go_on(in, s);
    }
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle; /* being active is all it does */
}

/* Those that wait stay in the list. */
static void read_again(struct intake *in)
{
    struct intake_source *next;
    for (struct intake_source *s = in->first; s; s = next) {
        next = s->next;
        if (s->waits)
            continue;
        unlist(in, s);
        transport_set_reading(s->transport, true);
    }
}

void intake_resume(struct intake *in)
{
    if (!in->paused)
        return;
    in->paused = false;
    read_again(in);
    uv_check_start(&in->resume, on_check);
    uv_idle_start(&in->keep_awake, on_idle);
}

/* --- life --- */

struct intake *intake_new(uv_loop_t *loop, bool (*want_input)(void *ctx, size_t message_bytes),
                          void (*input_end)(void *ctx), void *ctx)
{
    struct intake *in = mem_zalloc(sizeof(*in));
    in->want_input = want_input;
    in->input_end = input_end;
    in->ctx = ctx;
    in->buffer = mem_alloc(BUFFER_BYTES);
    uv_check_init(loop, &in->resume);
    uv_idle_init(loop, &in->keep_awake);
    in->resume.data = in->keep_awake.data = in;
    in->open_handles = 2;
    return in;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct intake *in = handle->data;
    if (--in->open_handles == 0)
        free(in);
}

void intake_free(struct intake *in)
{
    assert(!in->first);
    free(in->buffer);
    uv_close((uv_handle_t *)&in->resume, on_handle_closed);
    uv_close((uv_handle_t *)&in->keep_awake, on_handle_closed);
}
