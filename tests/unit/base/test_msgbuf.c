/* Message buffers and queues: references, order, partial writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/msgbuf.h"

/* A queue takes its own reference: the maker's is dropped at once. */
static void push(struct msgq *q, const char *text, uint32_t messages, uint32_t updates)
{
    struct msgbuf *buf = msgbuf_new(text, strlen(text), messages, updates);
    msgq_push(q, buf);
    msgbuf_unref(buf);
}

static void queue_shares_references(void **state)
{
    (void)state;
    struct msgq a = {0};
    struct msgq b = {0};
    struct msgbuf *buf = msgbuf_new("hello", 5, 1, 1);
    assert_int_equal(buf->refs, 1);
    msgq_push(&a, buf);
    msgq_push(&b, buf);
    assert_int_equal(buf->refs, 3);
    assert_ptr_equal(msgbuf_ref(buf), buf);
    assert_int_equal(buf->refs, 4);
    msgbuf_unref(buf);
    msgq_clear(&a);
    assert_int_equal(buf->refs, 2);
    assert_true(msgq_empty(&a));
    uint64_t messages = 0;
    uint64_t updates = 0;
    msgq_advance(&b, 5, &messages, &updates);
    assert_int_equal(buf->refs, 1);
    assert_memory_equal(buf->bytes, "hello", 5);
    msgbuf_unref(buf);
    msgbuf_unref(NULL);
    msgq_release(&a);
    msgq_release(&b);
}

static void advance_counts_whole_buffers(void **state)
{
    (void)state;
    struct msgq q = {0};
    uint64_t messages = 10;
    uint64_t updates = 20;
    push(&q, "aaaa", 2, 1);
    push(&q, "bb", 1, 0);
    push(&q, "ccc", 3, 3);
    assert_int_equal(q.pending_bytes, 9);

    msgq_advance(&q, 3, &messages, &updates);
    assert_int_equal(messages, 10);
    assert_int_equal(q.pending_bytes, 6);
    struct iovec v[4];
    assert_int_equal(msgq_vectors(&q, v, 4), 3);
    assert_int_equal(v[0].iov_len, 1);
    assert_memory_equal(v[0].iov_base, "a", 1);
    assert_int_equal(v[1].iov_len, 2);

    msgq_advance(&q, 2, &messages, &updates); /* the rest of a, half of b */
    assert_int_equal(messages, 12);
    assert_int_equal(updates, 21);
    msgq_advance(&q, 4, &messages, &updates);
    assert_int_equal(messages, 16);
    assert_int_equal(updates, 24);
    assert_true(msgq_empty(&q));
    assert_int_equal(q.pending_bytes, 0);
    assert_int_equal(msgq_vectors(&q, v, 4), 0);
    msgq_release(&q);
}

static void vectors_are_at_most_as_many_as_asked(void **state)
{
    (void)state;
    struct msgq q = {0};
    struct iovec v[2];
    push(&q, "a", 1, 0);
    push(&q, "b", 1, 0);
    push(&q, "c", 1, 0);
    assert_int_equal(msgq_vectors(&q, v, 2), 2);
    assert_memory_equal(v[1].iov_base, "b", 1);
    msgq_release(&q);
}

/* What is written in odd pieces comes out as it was put in, while the ring wraps and grows. */
static void order_survives_wrapping_and_growth(void **state)
{
    (void)state;
    struct msgq q = {0};
    uint8_t put = 0;
    uint8_t got = 0;
    uint64_t messages = 0;
    uint64_t updates = 0;
    for (unsigned round = 0; round < 300; round++) {
        for (unsigned i = 0; i < round % 13; i++) {
            uint8_t bytes[3] = {put, (uint8_t)(put + 1), (uint8_t)(put + 2)};
            put = (uint8_t)(put + 3);
            struct msgbuf *buf = msgbuf_new(bytes, sizeof(bytes), 1, 1);
            msgq_push(&q, buf);
            msgbuf_unref(buf);
        }
        struct iovec v[5];
        int n = msgq_vectors(&q, v, 5);
        size_t written = 0;
        for (int i = 0; i < n; i++) {
            size_t take = i == n - 1 ? (v[i].iov_len + 1) / 2 : v[i].iov_len;
            for (size_t j = 0; j < take; j++)
                assert_int_equal(((const uint8_t *)v[i].iov_base)[j], got++);
            written += take;
        }
        msgq_advance(&q, written, &messages, &updates);
    }
    assert_int_equal((uint8_t)(put - got), (uint8_t)q.pending_bytes);
    assert_true(messages > 500);
    assert_int_equal(messages, updates);
    msgq_release(&q);
    assert_true(msgq_empty(&q));
}

static void parts_of_a_buffer_go_to_different_queues(void **state)
{
    (void)state;
    struct msgq a = {0};
    struct msgq b = {0};
    struct msgbuf *buf = msgbuf_new("0123456789", 10, 5, 5);
    msgq_push_part(&a, buf, 0, 4, 2);
    msgq_push_part(&a, buf, 6, 10, 2);
    msgq_push_part(&b, buf, 4, 6, 1);
    msgbuf_unref(buf);
    assert_int_equal(a.pending_bytes, 8);
    assert_int_equal(b.pending_bytes, 2);
    uint64_t messages = 0;
    uint64_t updates = 0;
    msgq_advance(&a, 5, &messages, &updates);
    assert_int_equal(messages, 2);
    struct iovec v[4];
    assert_int_equal(msgq_vectors(&a, v, 4), 1);
    assert_int_equal(v[0].iov_len, 3);
    assert_memory_equal(v[0].iov_base, "789", 3);
    msgq_advance(&a, 3, &messages, &updates);
    assert_int_equal(messages, 4);
    assert_int_equal(updates, 4);
    assert_int_equal(msgq_vectors(&b, v, 4), 1);
    assert_int_equal(v[0].iov_len, 2);
    assert_memory_equal(v[0].iov_base, "45", 2);
    msgq_release(&a);
    msgq_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_buffer_go_to_different_queues),
        cmocka_unit_test(queue_shares_references),
        cmocka_unit_test(advance_counts_whole_buffers),
        cmocka_unit_test(vectors_are_at_most_as_many_as_asked),
        cmocka_unit_test(order_survives_wrapping_and_growth),
    };
    return cmocka_run_group_tests_name("msgbuf", tests, NULL, NULL);
}
