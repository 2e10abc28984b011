/* [rpki]: static entries, and what is wrong with them. */
#include "config/diff.h"
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
                    "t.toml:13:1: unknown key 'cache' in [rpki] (did you mean 'caches'?)\n");
    assert_problems(PEER "[[rpki]]\nvrps = []\n",
                    "t.toml:6:1: rpki must be a table: write [rpki], not an array\n");
}

#define CACHE "[[rpki.caches]]\naddress = \"192.0.2.1\"\n"

static void caches_and_files(void **state)
{
    (void)state;
    struct config *c =
        parse_good(PEER "[rpki]\nfiles = [\"vrps.json\", \"/a/b.json\"]\n" CACHE "[[rpki.caches]]\n"
                        "address = \"2001:db8::1\"\nport = 8282\npreference = 1\n"
                        "version = 1\nrefresh_s = 10\nretry_s = 20\nexpire_s = 21\n"
                        "local_address = \"2001:db8::2\"\nmax_records = 7\n"
                        "description = \"x\"\n");
    assert_int_equal(c->rpki_file_count, 2);
    assert_string_equal(c->rpki_files[0], "vrps.json");
    assert_string_equal(c->rpki_files[1], "/a/b.json");
    assert_int_equal(c->rpki_cache_count, 2);
    const struct config_rpki_cache *cache = &c->rpki_caches[0];
    assert_int_equal(cache->remote.port, 323);
    assert_int_equal(cache->preference, 100);
    assert_int_equal(cache->version, 2);
    assert_int_equal(cache->expire_s, 0);
    assert_int_equal(cache->max_records, 3000000);
    cache = &c->rpki_caches[1];
    assert_int_equal(cache->remote.port, 8282);
    assert_int_equal(cache->expire_s, 21);
    assert_int_equal(cache->local_address.version, IP_V6);
    assert_string_equal(cache->description, "x");
    config_free(c);
}

static void what_is_wrong_with_caches(void **state)
{
    (void)state;
    assert_problems(PEER "[[rpki.caches]]\nport = 0\n"
                         "[[rpki.caches]]\naddress = \"rpki.example.net\"\nversion = 3\n",
                    "t.toml:6:1: address is missing in [[rpki.caches]]\n"
                    "t.toml:7:8: port must be from 1 to 65535, not 0\n"
                    "t.toml:9:11: address 'rpki.example.net' is not an address (expected "
                    "\"192.0.2.1\" or \"2001:db8::1\"; names of hosts are not looked up)\n"
                    "t.toml:10:11: version must be from 0 to 2, not 3\n");
    assert_problems(PEER CACHE CACHE "port = 324\nrefresh_s = 10\nexpire_s = 10\n" CACHE
                                     "port = 325\nlocal_address = \"::1\"\n" CACHE,
                    "t.toml:12:12: expire_s must be more than refresh_s and retry_s: data would "
                    "expire before they are asked for again\n"
                    "t.toml:16:17: local_address must be of the same IP version as address\n"
                    "t.toml:17:1: the cache 192.0.2.1:323 is listed twice\n");
    assert_problems(PEER "[rpki]\nfiles = [\"\", \"a\", \"a\"]\n",
                    "t.toml:7:10: files must not hold an empty name\n"
                    "t.toml:7:19: the file 'a' is listed twice\n");
}

/* Each key by itself is a difference. */
static void caches_differ(void **state)
{
    (void)state;
    static const char *const lines[] = {"port = 1",
                                        "local_address = \"192.0.2.2\"",
                                        "description = \"x\"",
                                        "preference = 1",
                                        "version = 0",
                                        "refresh_s = 5",
                                        "retry_s = 5",
                                        "expire_s = 5",
                                        "max_records = 5"};
    struct config *a = parse_good(PEER CACHE);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), PEER CACHE "%s\n", lines[i]);
        struct config *b = parse_good(text);
        assert_true(config_changed_keys(a, b) != 0);
        assert_true(config_changed_keys(b, b) == 0);
        config_free(b);
    }
    config_free(a);
}

#define TESTS(route)                                                                               \
    PEER "import = \"p\"\n[policies.p]\n"                                                          \
         "rules = [{ if = { rov = \"invalid\" }, then = \"reject\" },\n"                           \
         "  { if = { not = { aspa = \"unknown\" } }, then = \"accept\" }]\n"                       \
         "tests = [{ route = { prefix = \"203.0.113.0/24\"" route                                  \
         " }, expect = { result = \"%s\" } }]\n"

static void tests_of_policies_say_what_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *result;
    } cases[] = {
        {TESTS(""), "next"},
        {TESTS(", rov = \"invalid\""), "reject"},
        {TESTS(", rov = \"valid\", aspa = \"invalid\""), "accept"},
        {TESTS(", direction = \"export\", aspa = \"valid\""), "accept"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = NULL;
        assert_true(asprintf(&text, cases[i].text, cases[i].result) > 0);
        assert_warnings(text, "");
        free(text);
    }
    char *text = NULL;
    assert_true(asprintf(&text, TESTS(", rov = \"unknown\""), "next") > 0);
    assert_problems(text, "t.toml:10:55: rov: 'unknown' is no state of the origin of a route "
                          "(expected \"valid\", \"invalid\" or \"not-found\")\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_sorted_and_once),
        cmocka_unit_test(errors_say_where),
        cmocka_unit_test(caches_and_files),
        cmocka_unit_test(what_is_wrong_with_caches),
        cmocka_unit_test(caches_differ),
        cmocka_unit_test(tests_of_policies_say_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
