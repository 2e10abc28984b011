/* The file of tokens, good and bad, and what a token permits. */
#include <sys/stat.h>
#include <unistd.h>

#include "config/diff.h"
#include "config/tokens.h"
#include "config_test.h"

#include "../keys.h"

#define TOKENS "tokens.toml"
#define CONFIG "router_id = \"192.0.2.1\"\napi_tokens = \"" TOKENS "\"\n"
#define HASH_A "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""
#define HASH_B "\"CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB\""

static void write_tokens(const char *text, mode_t mode)
{
    unlink(TOKENS);
    FILE *f = fopen(TOKENS, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(TOKENS, mode), 0);
}

static char folder[] = "/tmp/bgpd-tokens-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
    (void)state;
    unlink(TOKENS);
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static struct config *good(const char *text)
{
    write_tokens(text, 0640);
    return parse_good(CONFIG);
}

static void test_good(void **state)
{
    (void)state;
    struct config *c = good("[tokens.root]\nrole = \"full\"\nsha256 = " HASH_A "\n"
                            "[tokens.\"a.b\"]\nrole = \"originate\"\nsha256 = " HASH_B "\n"
                            "prefixes = [\"192.0.2.0/24 le 32\", \"2001:db8::/32\"]\n"
                            "to = [\"edge\", \"10.0.0.1\"]\n");
    assert_int_equal(c->tokens->count, 2);
    const struct token *t = &c->tokens->items[0];
    assert_string_equal(t->name, "a.b");
    assert_int_equal(t->access, ACCESS_ORIGINATE);
    assert_int_equal(t->to_count, 2);
    assert_string_equal(t->to[1], "10.0.0.1");
    assert_int_equal(c->tokens->items[1].access, ACCESS_FULL);
    struct token_hash hash;
    assert_int_equal(token_hash_of("a", 1, &hash), 0);
    assert_ptr_equal(tokens_find(c->tokens, &hash), t);
    assert_int_equal(token_hash_of("b", 1, &hash), 0);
    assert_null(tokens_find(c->tokens, &hash));
    assert_null(tokens_find(NULL, &hash));
    config_free(c);
    c = good("");
    assert_null(c->tokens);
    config_free(c);
}

/* What is said of a bad file, after its name. */
static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text, *problems;
    } cases[] = {
        {"[tokens.a]\nrole = \"full\"\nsha256 = \"abc\"\n",
         TOKENS ":3:10: sha256 must be the SHA-256 of the token: 64 hexadecimal digits\n"},
        {"[tokens.a]\nrole = \"all\"\nsha256 = " HASH_A "\n",
         TOKENS ":2:8: unknown role 'all' (did you mean 'full'?)\n"},
        {"[tokens.a]\nrole = \"none\"\nsha256 = " HASH_A "\n",
         TOKENS ":2:8: unknown role 'none' (valid: \"read\", \"originate\", \"full\")\n"},
        {"[tokens.a]\n", TOKENS ":1:1: role is missing in [tokens.a]\n" TOKENS
                                ":1:1: sha256 is missing in [tokens.a]\n"},
        {"[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\n",
         TOKENS ":1:1: prefixes is missing in [tokens.a]: the role \"originate\" takes it\n"},
        {"[tokens.a]\nrole = \"read\"\nsha256 = " HASH_A "\nto = [\"x\"]\n",
         TOKENS ":4:1: to is for the role \"originate\", not \"read\"\n"},
        {"[tokens.a]\nrole = \"full\"\nsha256 = " HASH_A "\nprefixes = []\n",
         TOKENS ":4:1: prefixes is for the role \"originate\", not \"full\"\n"},
        {"[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A
         "\nprefixes = [\"192.0.2.0/24 le 16\"]\nto = []\n",
         TOKENS ":4:13: le 16 is shorter than the prefix, which has 24 bits\n" TOKENS
                ":5:6: to must name at least one: leave it out for everybody\n"},
        {"[tokens.\"a b\"]\nrole = \"full\"\nsha256 = " HASH_A "\n",
         TOKENS ":1:9: 'a b' cannot be the name of a token: it takes 1 to 64 letters, digits, "
                "'-', '_' and '.'\n"},
        {"[tokens.a]\nrole = \"full\"\nsha256 = " HASH_A
         "\n[tokens.b]\nrole = \"read\"\nsha256 = " HASH_A "\n",
         TOKENS ":6:10: sha256 is that of 'a', too: tokens must differ\n"},
        {"[tokens.a]\nrole = \"full\"\nsha256 = " HASH_A "\nhost = \"x\"\n",
         TOKENS ":4:1: unknown key 'host' in [tokens.a] (valid keys: role, sha256, prefixes, "
                "to)\n"},
        {"[token.a]\n", TOKENS ":1:2: unknown key 'token' in a file of tokens (did you mean "
                               "'tokens'?)\n"},
        {"tokens = 7\n", TOKENS ":1:10: tokens must be a table: write [tokens.NAME], not an "
                                "integer\n"},
        {"[tokens]\na = 7\n", TOKENS ":2:5: [tokens.a] must be a table, not an integer\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        write_tokens(cases[i].text, 0600);
        assert_problems(CONFIG, cases[i].problems);
    }
    write_tokens("[tokens.a]\nrole = \n", 0600);
    struct config_report report = {0};
    assert_null(parse(CONFIG, &report));
    assert_int_equal(report.error_count, 1);
    assert_true(report_says(&report, TOKENS ":2:"));
    config_report_release(&report);
}

/* One that cannot be used, or that everybody may read or change, is none. */
static void test_files(void **state)
{
    (void)state;
    static const mode_t modes[] = {0604, 0602, 0644, 0666};
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        write_tokens("", modes[i]);
        assert_problems(CONFIG, "t.toml:2:14: api_tokens '" TOKENS "' cannot be used: everybody "
                                "may read or change it (chmod o-rwx)\n");
    }
    unlink(TOKENS);
    assert_problems(CONFIG, "t.toml:2:14: api_tokens '" TOKENS
                            "' cannot be used: No such file or directory\n");
}

static void test_too_many(void **state)
{
    (void)state;
    struct strbuf text = {0};
    for (unsigned i = 0; i <= TOKENS_MAX; i++)
        strbuf_printf(&text, "[tokens.t%u]\nrole = \"read\"\nsha256 = \"%064u\"\n", i, i);
    write_tokens(strbuf_text(&text), 0600);
    assert_problems(CONFIG, TOKENS ":1:1: these are more than 1000 tokens\n");
    strbuf_release(&text);
}

static void test_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum access access;
    } cases[] = {{"", ACCESS_FULL},
                 {"api_loopback = \"full\"\n", ACCESS_FULL},
                 {"api_loopback = \"read\"\n", ACCESS_READ},
                 {"api_loopback = \"none\"\n", ACCESS_NONE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        strbuf_printf(&text, "router_id = \"192.0.2.1\"\n%s", cases[i].text);
        struct config *c = parse_good(strbuf_text(&text));
        assert_int_equal(c->api_loopback, cases[i].access);
        config_free(c);
        strbuf_release(&text);
    }
    assert_problems("router_id = \"192.0.2.1\"\napi_loopback = \"originate\"\n",
                    "t.toml:2:16: unknown api_loopback 'originate' (valid: \"none\", \"read\", "
                    "\"full\")\n");
}

static bool permits(const struct token *token, const char *text)
{
    struct prefix p;
    assert_int_equal(prefix_parse(text, &p), 0);
    return token_permits(token, p.version == IP_V4 ? FAMILY_IPV4_UNICAST : FAMILY_IPV6_UNICAST,
                         prefix_key(p));
}

static void test_permits(void **state)
{
    (void)state;
    struct config *c = good("[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\n"
                            "prefixes = [\"192.0.2.0/24 le 32\", \"2001:db8::/32 ge 48 le 64\"]\n");
    const struct token *t = &c->tokens->items[0];
    assert_true(permits(t, "192.0.2.0/24"));
    assert_true(permits(t, "192.0.2.255/32"));
    assert_false(permits(t, "192.0.3.0/24"));
    assert_false(permits(t, "192.0.2.0/23"));
    assert_false(permits(t, "0.0.0.0/0"));
    assert_true(permits(t, "2001:db8:1::/48"));
    assert_false(permits(t, "2001:db8::/32"));
    assert_false(permits(t, "2001:db8::1/128"));
    config_free(c);
}

/* What a reload sees. */
static void test_equal(void **state)
{
    (void)state;
    static const char first[] = "[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\n"
                                "prefixes = [\"192.0.2.0/24\"]\nto = [\"x\"]\n";
    static const char *const others[] = {
        "",
        "[tokens.b]\nrole = \"originate\"\nsha256 = " HASH_A "\n"
        "prefixes = [\"192.0.2.0/24\"]\nto = [\"x\"]\n",
        "[tokens.a]\nrole = \"full\"\nsha256 = " HASH_A "\n",
        "[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_B "\n"
        "prefixes = [\"192.0.2.0/24\"]\nto = [\"x\"]\n",
        "[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\n"
        "prefixes = [\"192.0.2.0/24 le 25\"]\nto = [\"x\"]\n",
        "[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\n"
        "prefixes = [\"192.0.2.0/24\"]\nto = [\"y\"]\n",
        "[tokens.a]\nrole = \"originate\"\nsha256 = " HASH_A "\nprefixes = [\"192.0.2.0/24\"]\n",
    };
    struct config *a = good(first);
    struct config *b = good(first);
    assert_true(tokens_equal(a->tokens, b->tokens));
    config_free(b);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        b = good(others[i]);
        assert_false(tokens_equal(a->tokens, b->tokens));
        assert_false(tokens_equal(b->tokens, a->tokens));
        unsigned bit = 0;
        assert_string_equal(config_next_key(config_changed_keys(a, b), &bit), "api_tokens");
        config_free(b);
    }
    config_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_bad),
        cmocka_unit_test(test_files),    cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_loopback), cmocka_unit_test(test_permits),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
