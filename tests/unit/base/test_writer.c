/* The writer: big-endian values, the sticky error, marks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/writer.h"

static void integers_are_big_endian(void **state)
{
    (void)state;
    uint8_t buf[18];
    struct writer w = writer_over(buf, sizeof(buf));
    writer_u8(&w, 0x01);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_u32(&w, 0x08090a0b);
    writer_u32(&w, 0x0c0d0e0f);
    writer_bytes(&w, "xyz", 3);
    assert_true(writer_ok(&w));
    assert_int_equal(writer_len(&w), 18);
    assert_int_equal(writer_left(&w), 0);
    static const uint8_t expected[] = {1,  2,  3,  4,  5,  6,  7,   8,   9,
                                       10, 11, 12, 13, 14, 15, 'x', 'y', 'z'};
    assert_memory_equal(buf, expected, sizeof(expected));
}

static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    uint8_t buf[4] = {0xee, 0xee, 0xee, 0xee};
    struct writer w = writer_over(buf, 3);
    writer_u16(&w, 0x0102);
    writer_u16(&w, 0x0304);
    assert_false(writer_ok(&w));
    assert_int_equal(writer_len(&w), 2);
    assert_int_equal(writer_left(&w), 0);
    writer_u8(&w, 0x05); /* would fit, but the error stays */
    assert_int_equal(writer_len(&w), 2);
    writer_patch_u8(&w, 0, 0x77);
    writer_patch_u16(&w, 0, 0x7777);
    assert_memory_equal(buf, ((uint8_t[]){0x01, 0x02, 0xee, 0xee}), 4);
    assert_null(writer_claim(&w, 0));
}

static void marks(void **state)
{
    (void)state;
    uint8_t buf[16];
    struct writer w = writer_over(buf, sizeof(buf));
    writer_u8(&w, 0xaa);
    size_t mark = writer_mark(&w);
    writer_u16(&w, 0);
    writer_bytes(&w, NULL, 0);
    writer_put(&w, span_of("abc", 3));
    writer_patch_u16(&w, mark, 0x1234);
    writer_patch_u8(&w, 0, 0xbb);
    assert_int_equal(writer_span(&w).len_bytes, 6);
    assert_memory_equal(buf, ((uint8_t[]){0xbb, 0x12, 0x34, 'a', 'b', 'c'}), 6);
    static const uint8_t large[100];
    writer_bytes(&w, large, sizeof(large));
    assert_false(writer_ok(&w));
    writer_rewind(&w, mark);
    assert_true(writer_ok(&w));
    assert_int_equal(writer_len(&w), 1);
    assert_int_equal(writer_left(&w), 15);
}

static void reads_back(void **state)
{
    (void)state;
    uint8_t buf[15];
    struct writer w = writer_over(buf, sizeof(buf));
    writer_u32(&w, UINT32_MAX);
    writer_u32(&w, UINT32_MAX - 1);
    writer_u32(&w, 0x80000001);
    writer_u16(&w, 0xff00);
    writer_u8(&w, 0x80);
    struct reader r = reader_over(writer_span(&w));
    assert_true(reader_u64(&r) == UINT64_MAX - 1);
    assert_int_equal(reader_u32(&r), 0x80000001);
    assert_int_equal(reader_u16(&r), 0xff00);
    assert_int_equal(reader_u8(&r), 0x80);
    assert_true(reader_ok(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(marks),
        cmocka_unit_test(reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
