/* Route distinguishers: text and bytes (RFC 4364 §4.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../random.h"
#include "base/err.h"
#include "bytes.h"
#include "wire/rd.h"

static void assert_text(const uint8_t *bytes, const char *expected)
{
    struct strbuf text = {0};
    rd_format(bytes, &text);
    assert_string_equal(strbuf_text(&text), expected);
    strbuf_release(&text);
}

static void every_type_has_a_text(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t bytes[RD_BYTES];
    } cases[] = {
        {"65000:1", {0, 0, 0xfd, 0xe8, 0, 0, 0, 1}},
        {"0:0", {0}},
        {"65535:4294967295", {0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {"192.0.2.1:1", {0, 1, 192, 0, 2, 1, 0, 1}},
        {"0.0.0.0:65535", {0, 1, 0, 0, 0, 0, 0xff, 0xff}},
        {"4200000000:1", {0, 2, 0xfa, 0x56, 0xea, 0x00, 0, 1}},
        {"65536:0", {0, 2, 0, 1, 0, 0, 0, 0}},
        {"0.65000:1", {0, 2, 0, 0, 0xfd, 0xe8, 0, 1}}, /* not that of type 0 */
        {"0x0003000102030405", {0, 3, 0, 1, 2, 3, 4, 5}},
        {"0xffffffffffffffff", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {"0x0100fde800000001", {1, 0, 0xfd, 0xe8, 0, 0, 0, 1}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[RD_BYTES];
        assert_text(cases[i].bytes, cases[i].text);
        assert_int_equal(rd_parse(cases[i].text, bytes), 0);
        assert_memory_equal(bytes, cases[i].bytes, RD_BYTES);
        assert_int_equal(rd_is_known(bytes), cases[i].text[1] != 'x');
    }
}

static void other_spellings_are_read(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"1.10:7", "65546:7"},
        {"64512:192.0.2.1", "64512:3221225985"},
        {"0x0000FDE800000001", "65000:1"},
        {"0X0001c00002010001", "192.0.2.1:1"},
        {"00065000:01", "65000:1"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[RD_BYTES];
        assert_int_equal(rd_parse(cases[i][0], bytes), 0);
        assert_text(bytes, cases[i][1]);
    }
}

static void what_is_none_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int err;
    } cases[] = {
        {"", ERR_INVALID},
        {"65000", ERR_INVALID},
        {":1", ERR_INVALID},
        {"65000:", ERR_INVALID},
        {"65000:1:2", ERR_INVALID},
        {"65000:-1", ERR_INVALID},
        {" 65000:1", ERR_INVALID},
        {"2001:db8::1:1", ERR_INVALID},
        {"65000:10.0.0.0/8", ERR_INVALID},
        {"0x", ERR_INVALID},
        {"0x000000000000000", ERR_INVALID},
        {"0x00000000000000000", ERR_INVALID},
        {"0x000000000000000g", ERR_INVALID},
        {"65000:4294967296", ERR_RANGE},
        {"65536:65536", ERR_RANGE},
        {"192.0.2.1:65536", ERR_RANGE},
        {"4294967296:1", ERR_RANGE},
        {"1111111111111111111111111111111111111111111111111111111111111111111111111:1",
         ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[RD_BYTES] = {9};
        if (rd_parse(cases[i].text, bytes) != cases[i].err)
            fail_msg("'%s'", cases[i].text);
    }
}

static void all_bytes_survive_as_text(void **state)
{
    (void)state;
    struct random random = {42};
    for (unsigned round = 0; round < 100000; round++) {
        uint8_t bytes[RD_BYTES];
        uint8_t again[RD_BYTES];
        struct strbuf text = {0};
        for (unsigned i = 0; i < RD_BYTES; i++)
            bytes[i] = random_below(&random, 3) > 0 ? (uint8_t)random_below(&random, 256) : 0;
        if (random_below(&random, 4) > 0) {
            bytes[0] = 0;
            bytes[1] = (uint8_t)random_below(&random, 4);
        }
        rd_format(bytes, &text);
        assert_int_equal(rd_parse(strbuf_text(&text), again), 0);
        assert_memory_equal(again, bytes, RD_BYTES);
        strbuf_release(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_text),
        cmocka_unit_test(other_spellings_are_read),
        cmocka_unit_test(what_is_none_is_refused),
        cmocka_unit_test(all_bytes_survive_as_text),
    };
    return cmocka_run_group_tests_name("rd", tests, NULL, NULL);
}
