/* [rpki]: static entries, and what is wrong with them. */
#include "config_test.h"
#include "policy/rpki_entries.h"

static void entries_are_sorted_and_once(void **state)
{
    (void)state;
    struct config *c =
        parse_good(PEER "[rpki]\n"
                        "vrps = [\"192.0.2.0/24 le 26 64500\", \"10.0.0.0/8 64501\",\n"
                        "  \"192.0.2.0/24 le 26 AS64500\"]\n"
                        "aspas = [\"64500: 64502 64501\", \"64500: 64503\"]\n");
    assert_int_equal(c->rpki_static->vrp_count, 2);
    assert_int_equal(c->rpki_static->vrps[0].as, 64501);
    assert_int_equal(c->rpki_static->aspa_count, 1);
    assert_int_equal(c->rpki_static->aspas[0].count, 3);
    config_free(c);
}

static void errors_say_where(void **state)
{
    (void)state;
    assert_problems(PEER "[rpki]\n"
                         "vrps = [\n"
                         "  \"192.0.2.0/24 64500\",\n"
                         "  \"192.0.2.0/24 le 33 64500\",\n"
                         "  5,\n"
                         "]\n"
                         "aspas = [\"64500\"]\n"
                         "cache = 1\n",
                    "t.toml:9:3: le 33 is too long: prefixes of IPv4 have at most 32 bits\n"
                    "t.toml:10:3: vrps must hold strings, not an integer: it needs quotes\n"
                    "t.toml:12:10: there is no ':' after the customer (expected a customer and its "
                    "providers: 64500: 64501 64502)\n"
                    "t.toml:13:1: unknown key 'cache' in [rpki] (valid keys: vrps, aspas)\n");
    assert_problems(PEER "[[rpki]]\nvrps = []\n",
                    "t.toml:6:1: rpki must be a table: write [rpki], not an array\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_sorted_and_once),
        cmocka_unit_test(errors_say_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
