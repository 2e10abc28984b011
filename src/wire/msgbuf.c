/* Reference-counted message buffers and the queue of them. */
#include "wire/msgbuf.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct msgbuf *msgbuf_new(const void *bytes, size_t len_bytes, uint32_t messages, uint32_t updates)
{
    struct msgbuf *buf = mem_alloc(sizeof(*buf) + len_bytes);
    buf->refs = 1;
    buf->len_bytes = (uint32_t)len_bytes;
    buf->messages = messages;
    buf->updates = updates;
    memcpy(buf->bytes, bytes, len_bytes);
    return buf;
}

struct msgbuf *msgbuf_ref(struct msgbuf *buf)
{
    buf->refs++;
    return buf;
}

void msgbuf_unref(struct msgbuf *buf)
{
    if (buf && --buf->refs == 0)
        free(buf);
}

static struct msgbuf **slot(const struct msgq *q, uint32_t index)
{
    return &q->ring[(q->head + index) & (q->size - 1)];
}

void msgq_clear(struct msgq *q)
{
    for (uint32_t i = 0; i < q->count; i++)
        msgbuf_unref(*slot(q, i));
    q->head = q->count = q->head_sent_bytes = 0;
    q->pending_bytes = 0;
}

void msgq_release(struct msgq *q)
{
    msgq_clear(q);
    free(q->ring);
    *q = (struct msgq){0};
}

static void grow(struct msgq *q)
{
    uint32_t size = q->size ? q->size * 2 : 8;
    struct msgbuf **ring = mem_resize(NULL, size, sizeof(*ring));
    for (uint32_t i = 0; i < q->count; i++)
        ring[i] = *slot(q, i);
    free(q->ring);
    q->ring = ring;
    q->size = size;
    q->head = 0;
}

void msgq_push(struct msgq *q, struct msgbuf *buf)
{
    if (q->count == q->size)
        grow(q);
    *slot(q, q->count++) = msgbuf_ref(buf);
    q->pending_bytes += buf->len_bytes;
}

int msgq_vectors(const struct msgq *q, struct iovec *ret_vectors, int max)
{
    int n = 0;
    for (uint32_t i = 0; i < q->count && n < max; i++, n++) {
        struct msgbuf *buf = *slot(q, i);
        size_t sent = i == 0 ? q->head_sent_bytes : 0;
        ret_vectors[n] =
            (struct iovec){.iov_base = buf->bytes + sent, .iov_len = buf->len_bytes - sent};
    }
    return n;
}

void msgq_advance(struct msgq *q, size_t written, uint64_t *messages, uint64_t *updates)
{
    assert(written <= q->pending_bytes);
    q->pending_bytes -= written;
    while (written > 0) {
        struct msgbuf *buf = *slot(q, 0);
        size_t left = buf->len_bytes - q->head_sent_bytes;
        if (written < left) {
            q->head_sent_bytes += (uint32_t)written;
            return;
        }
        written -= left;
        *messages += buf->messages;
        *updates += buf->updates;
        msgbuf_unref(buf);
        q->head = (q->head + 1) & (q->size - 1);
        q->count--;
        q->head_sent_bytes = 0;
    }
}
