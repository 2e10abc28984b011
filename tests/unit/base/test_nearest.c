/* The nearest of several words: of commands and of keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/nearest.h"

static const char *nearest(const char *word)
{
    static const char *const words[] = {"show",      "routes",   "neighbors",
                                        "advertise", "withdraw", "remote_as",
                                        "remote_ip", "local_as", "hold_timer"};
    struct nearest n = nearest_to(word);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        nearest_offer(&n, words[i]);
    return n.best;
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest("rotues"), "routes");
    assert_string_equal(nearest("neighbours"), "neighbors");
    assert_string_equal(nearest("adv"), "advertise");
    assert_string_equal(nearest("whitdraw"), "withdraw");
    assert_string_equal(nearest("remote_asn"), "remote_as");
    assert_string_equal(nearest("reomte_ip"), "remote_ip");
    assert_string_equal(nearest("holdtime"), "hold_timer");
    assert_null(nearest("quagga"));
    assert_null(nearest("families"));
    struct nearest letter = nearest_to("h");
    nearest_offer(&letter, "g");
    assert_null(letter.best);
    assert_null(nearest(""));
    assert_null(nearest("a word that is much longer than any that can be meant by it"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
