/* Encoded messages on their way out: reference-counted buffers, shared by every socket they go to,
 * and the queue of them that each socket has. Values that pass between those who encode and those
 * who write; neither knows the other. Used by one thread.
 *
 * What the messages are is not known here. Some are updates, which carry data; the others keep the
 * connection going. */
#ifndef BGPD_BASE_MSGBUF_H
#define BGPD_BASE_MSGBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* One or more whole messages, immutable once queued. */
struct msgbuf {
    uint32_t refs;
    uint32_t len_bytes;
    uint32_t messages; /* how many messages the bytes are */
    uint32_t updates;  /* how many of them are updates */
    uint8_t bytes[];
};

/* A new buffer with one reference, holding a copy of the bytes. */
struct msgbuf *msgbuf_new(const void *bytes, size_t len_bytes, uint32_t messages, uint32_t updates);
struct msgbuf *msgbuf_ref(struct msgbuf *buf);
void msgbuf_unref(struct msgbuf *buf); /* NULL is allowed */

/* A reference to whole messages within a buffer. */
struct msgq_part {
    struct msgbuf *buf;
    uint32_t begin;
    uint32_t end;
    uint32_t messages;
    uint32_t updates;
};

/* A ring of references; grows as needed, the limit is the caller's to keep. Zero-initialised is
 * empty. */
struct msgq {
    struct msgq_part *ring; /* owned */
    uint32_t size;          /* power of two, or 0 */
    uint32_t head;
    uint32_t count;
    uint32_t head_sent_bytes; /* of the first part, already written to the socket */
    size_t pending_bytes;     /* not yet written */
};

void msgq_release(struct msgq *q);
/* Drops all references; the queue is empty and usable. */
void msgq_clear(struct msgq *q);
/* Adds a reference to `buf` (the caller keeps its own). */
void msgq_push(struct msgq *q, struct msgbuf *buf);
/* The same for the bytes [begin, end), which are `updates` whole updates. */
void msgq_push_part(struct msgq *q, struct msgbuf *buf, uint32_t begin, uint32_t end,
                    uint32_t updates);
/* Fills up to `max` vectors with what is to be written next; returns how many. */
int msgq_vectors(const struct msgq *q, struct iovec *ret_vectors, int max);
/* Takes `written` bytes off the front. Returns through the pointers (added to) how many messages
 * and updates were thereby sent completely. */
void msgq_advance(struct msgq *q, size_t written, uint64_t *messages, uint64_t *updates);

static inline bool msgq_empty(const struct msgq *q)
{
    return q->count == 0;
}

#endif
