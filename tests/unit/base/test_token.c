/* Tokens and their hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/err.h"
#include "base/token.h"

static void test_hash(void **state)
{
    (void)state;
    /* FIPS 180-4, the example "abc". */
    static const char digits[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    char text[TOKEN_HASH_TEXT_MAX];
    struct token_hash hash;
    struct token_hash read;
    assert_int_equal(token_hash_of("abc", 3, &hash), 0);
    assert_string_equal(token_hash_format(&hash, text), digits);
    assert_int_equal(token_hash_parse(digits, &read), 0);
    assert_true(token_hash_equal(&hash, &read));
    for (unsigned bit = 0; bit < 256; bit++) {
        read.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(token_hash_equal(&hash, &read));
        read.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(
        token_hash_parse("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD", &read),
        0);
    assert_true(token_hash_equal(&hash, &read));
}

static void test_bad_hashes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "ba",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
        "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "b 7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a\xc3\xa4",
    };
    struct token_hash hash = {{7}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_int_equal(token_hash_parse(texts[i], &hash), ERR_INVALID);
    assert_int_equal(hash.bytes[0], 7);
}

static void test_make(void **state)
{
    (void)state;
    char tokens[2][TOKEN_TEXT_MAX];
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(token_make(tokens[i]), 0);
        assert_int_equal(strlen(tokens[i]), TOKEN_TEXT_MAX - 1);
        assert_int_equal(strncmp(tokens[i], "bgpd_", 5), 0);
        assert_int_equal(strspn(tokens[i] + 5, "0123456789abcdef"), 2 * TOKEN_RANDOM_BYTES);
    }
    assert_string_not_equal(tokens[0], tokens[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash),
        cmocka_unit_test(test_bad_hashes),
        cmocka_unit_test(test_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
