/* Reference-counted message buffers and the queue of them. */
#include "base/msgbuf.h"

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

static struct msgq_part *part_at(const struct msgq *q, uint32_t index)
{
    return &q->ring[(q->head + index) & (q->size - 1)];
}

void msgq_clear(struct msgq *q)
{
    for (uint32_t i = 0; i < q->count; i++)
        msgbuf_unref(part_at(q, i)->buf);
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
    struct msgq_part *ring = mem_resize(NULL, size, sizeof(*ring));
    for (uint32_t i = 0; i < q->count; i++)
        ring[i] = *part_at(q, i);
    free(q->ring);
    q->ring = ring;
    q->size = size;
    q->head = 0;
}

static void push(struct msgq *q, struct msgq_part part)
{
    if (q->count == q->size)
        grow(q);
    msgbuf_ref(part.buf);
    *part_at(q, q->count++) = part;
    q->pending_bytes += part.end - part.begin;
}

void msgq_push(struct msgq *q, struct msgbuf *buf)
{
    push(q, (struct msgq_part){buf, 0, buf->len_bytes, buf->messages, buf->updates});
}

void msgq_push_part(struct msgq *q, struct msgbuf *buf, uint32_t begin, uint32_t end,
                    uint32_t updates)
{
    assert(begin <= end && end <= buf->len_bytes);
    push(q, (struct msgq_part){buf, begin, end, updates, updates});
}

int msgq_vectors(const struct msgq *q, struct iovec *ret_vectors, int max)
{
    int n = 0;
    for (uint32_t i = 0; i < q->count && n < max; i++, n++) {
        const struct msgq_part *part = part_at(q, i);
        size_t begin = part->begin + (i == 0 ? q->head_sent_bytes : 0);
        ret_vectors[n] =
            (struct iovec){.iov_base = part->buf->bytes + begin, .iov_len = part->end - begin};
    }
    return n;
}

void msgq_advance(struct msgq *q, size_t written, uint64_t *messages, uint64_t *updates)
{
    assert(written <= q->pending_bytes);
    q->pending_bytes -= written;
    while (written > 0) {
        const struct msgq_part *part = part_at(q, 0);
        size_t left = part->end - part->begin - q->head_sent_bytes;
        if (written < left) {
            q->head_sent_bytes += (uint32_t)written;
            return;
        }
        written -= left;
        *messages += part->messages;
        *updates += part->updates;
        msgbuf_unref(part->buf);
        q->head = (q->head + 1) & (q->size - 1);
        q->count--;
        q->head_sent_bytes = 0;
    }
}
