/* The reader: big-endian values, the sticky error, bounded sub-readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};

static struct reader over(size_t len)
{
    return reader_over(span_of(bytes, len));
}

static void integers_are_big_endian(void **state)
{
    (void)state;
    struct reader r = over(15);
    assert_int_equal(reader_u8(&r), 0x01);
    assert_int_equal(reader_u16(&r), 0x0203);
    assert_int_equal(reader_u32(&r), 0x04050607);
    assert_true(reader_u64(&r) == 0x08090a0b0c0d0e0fULL);
    assert_true(reader_ok(&r));
    assert_int_equal(reader_left(&r), 0);
}

static void a_failure_stays(void **state)
{
    (void)state;
    struct reader r = over(3);
    assert_int_equal(reader_u16(&r), 0x0102);
    assert_int_equal(reader_u16(&r), 0); /* one byte is there, but it is not half returned */
    assert_false(reader_ok(&r));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_u8(&r), 0);
    assert_int_equal(reader_take(&r, 1).len_bytes, 0);
    assert_int_equal(reader_rest(&r).len_bytes, 0);
    assert_false(reader_ok(&r));
}

static void every_short_read_fails(void **state)
{
    (void)state;
    struct reader r = over(0);
    assert_int_equal(reader_u8(&r), 0);
    assert_false(reader_ok(&r));
    r = over(3);
    assert_int_equal(reader_u32(&r), 0);
    assert_false(reader_ok(&r));
    r = over(7);
    assert_int_equal(reader_u64(&r) & 0xffffffff, 0);
    assert_false(reader_ok(&r));
    uint8_t copy[4] = {9, 9, 9, 9};
    r = over(3);
    reader_copy(&r, copy, 4);
    assert_false(reader_ok(&r));
    assert_memory_equal(copy, ((uint8_t[]){0, 0, 0, 0}), 4);
}

static void empty_input(void **state)
{
    (void)state;
    struct reader r = reader_over(span_of(NULL, 0));
    assert_true(reader_ok(&r));
    assert_int_equal(reader_left(&r), 0);
    assert_int_equal(reader_take(&r, 0).len_bytes, 0);
    assert_int_equal(reader_rest(&r).len_bytes, 0);
    assert_true(reader_ok(&r));
    reader_u8(&r);
    assert_false(reader_ok(&r));
}

static void sub_readers_are_bounded(void **state)
{
    (void)state;
    struct reader r = over(8);
    struct reader sub = reader_sub(&r, 3);
    assert_int_equal(reader_left(&sub), 3);
    assert_int_equal(reader_left(&r), 5);
    assert_int_equal(reader_u32(&sub), 0);
    assert_false(reader_ok(&sub));
    assert_true(reader_ok(&r)); /* what is wrong inside does not concern the outside */
    assert_int_equal(reader_u8(&r), 0x04);

    struct reader too_long = reader_sub(&r, 5);
    assert_false(reader_ok(&too_long));
    assert_false(reader_ok(&r));
    assert_int_equal(reader_left(&too_long), 0);
}

static void rest_and_copy(void **state)
{
    (void)state;
    struct reader r = over(6);
    uint8_t copy[2];
    reader_copy(&r, copy, 2);
    assert_memory_equal(copy, bytes, 2);
    struct span rest = reader_rest(&r);
    assert_ptr_equal(rest.data, bytes + 2);
    assert_int_equal(rest.len_bytes, 4);
    assert_true(reader_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian), cmocka_unit_test(a_failure_stays),
        cmocka_unit_test(every_short_read_fails),  cmocka_unit_test(empty_input),
        cmocka_unit_test(sub_readers_are_bounded), cmocka_unit_test(rest_and_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
