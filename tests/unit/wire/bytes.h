/* Byte strings in tests. Include after cmocka. */
#ifndef BGPD_TESTS_BYTES_H
#define BGPD_TESTS_BYTES_H

#include "base/span.h"

#define BYTES(...) span_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

#define MARKER                                                                                     \
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

#define assert_span_equal(actual, expected)                                                        \
    do {                                                                                           \
        struct span actual_ = (actual), expected_ = (expected);                                    \
        assert_int_equal(actual_.len_bytes, expected_.len_bytes);                                  \
        if (expected_.len_bytes > 0)                                                               \
            assert_memory_equal(actual_.data, expected_.data, expected_.len_bytes);                \
    } while (0)

#endif
