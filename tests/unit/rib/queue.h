/* Reading what was queued for a peer, for tests. */
#ifndef BGPD_TESTS_RIB_QUEUE_H
#define BGPD_TESTS_RIB_QUEUE_H

#include "base/msgbuf.h"
#include "base/span.h"
#include "wire/message.h"
#include "wire/notification.h"

/* Takes up to `max` buffers, as a socket that takes whole buffers would, and hands out the bodies
 * of the UPDATEs in them: there must be nothing else, and the queue must know how many there are.
 */
static inline void queue_read(struct msgq *queue, unsigned max, size_t max_message_bytes,
                              void (*take)(void *ctx, struct span body), void *ctx)
{
    uint64_t messages = 0;
    uint64_t updates = 0;
    uint64_t taken = 0;
    while (!msgq_empty(queue) && max-- > 0) {
        struct iovec v;
        msgq_vectors(queue, &v, 1);
        struct span left = span_of(v.iov_base, v.iov_len);
        while (left.len_bytes > 0) {
            uint8_t type;
            struct span body;
            struct notification error;
            int len = message_frame(left, max_message_bytes, &type, &body, &error);
            assert_true(len > 0);
            assert_int_equal(type, MESSAGE_UPDATE);
            take(ctx, body);
            taken++;
            left = span_of(left.data + len, left.len_bytes - (size_t)len);
        }
        msgq_advance(queue, v.iov_len, &messages, &updates);
        assert_int_equal(messages, taken);
        assert_int_equal(updates, taken);
    }
}

#endif
