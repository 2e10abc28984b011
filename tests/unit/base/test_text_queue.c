/* A queue of texts against what was put in, in sizes that fill blocks in every way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_queue.h"

enum { TEXTS = 3000, LONGEST = 200000 };

static char bytes[LONGEST];

static size_t len_of(unsigned i)
{
    static const size_t lens[] = {0, 1, 31, 32, 33, 127, 4095, 4096, 65536 - 10, 65536, LONGEST};
    return i % 97 == 0 ? lens[i / 97 % (sizeof(lens) / sizeof(lens[0]))] : i % 61;
}

static void add(struct text_queue *q, unsigned i)
{
    bytes[0] = (char)i;
    text_queue_add(q, i % TEXT_QUEUE_KINDS, bytes, len_of(i));
}

static void assert_next(struct text_queue *q, unsigned i)
{
    struct text_item item;
    assert_true(text_queue_next(q, &item));
    assert_int_equal(item.kind, i % TEXT_QUEUE_KINDS);
    assert_int_equal(item.len_bytes, len_of(i));
    bytes[0] = (char)i;
    assert_memory_equal(item.text, bytes, item.len_bytes);
}

static void test_in_order(void **state)
{
    (void)state;
    struct text_queue q = {0};
    struct text_item none;
    assert_false(text_queue_next(&q, &none));
    for (unsigned i = 0; i < TEXTS; i++)
        add(&q, i);
    assert_int_equal(q.left, TEXTS);
    for (unsigned i = 0; i < TEXTS; i++)
        assert_next(&q, i);
    assert_false(text_queue_next(&q, &none));
    text_queue_rewind(&q, TEXTS);
    for (unsigned i = 0; i < TEXTS; i++)
        assert_next(&q, i);
    assert_int_equal(q.left, 0);
    text_queue_release(&q);
}

/* What was read goes; what comes meanwhile stays in order. */
static void test_forget(void **state)
{
    (void)state;
    struct text_queue q = {0};
    unsigned added = 0;
    size_t most = 0;
    for (unsigned i = 0; i < TEXTS; i++) {
        while (added < TEXTS && added < i + 5)
            add(&q, added++);
        assert_next(&q, i);
        text_queue_forget(&q);
        if (q.held_bytes > most)
            most = q.held_bytes;
    }
    assert_true(most < 2 * LONGEST + 4 * 65536);
    for (unsigned i = 0; i < 100; i++) { /* and when all was read */
        add(&q, i);
        assert_next(&q, i);
    }
    text_queue_release(&q);
    assert_int_equal(q.held_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
