/* Certificates and keys of the API, good and bad. */
#include <sys/stat.h>
#include <unistd.h>

#include "config/diff.h"
#include "config/tls_pair.h"
#include "config_test.h"

#include "../tls_files.h"

#define TOP "router_id = \"192.0.2.1\"\n"

static char folder[] = "/tmp/bgpd-tls-XXXXXX";

static int enter_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return -1;
    write_tls_files("a.crt", "a.key", 30);
    write_tls_files("b.crt", "b.key", 30);
    write_tls_files("old.crt", "old.key", -1);
    write_tls_files("open.crt", "open.key", 30);
    return chmod("open.key", 0604);
}

static int leave_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.crt",   "a.key",   "b.crt",    "b.key",
                                        "old.crt", "old.key", "open.crt", "open.key"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(names[i]);
    return chdir("/") == 0 ? rmdir(folder) : -1;
}

static struct config *with(const char *certificate, const char *key)
{
    struct strbuf text = {0};
    strbuf_printf(&text, TOP "api_tls = { certificate = \"%s\", key = \"%s\" }\n", certificate,
                  key);
    struct config *c = parse_good(strbuf_text(&text));
    strbuf_release(&text);
    return c;
}

static void test_good(void **state)
{
    (void)state;
    struct config *c = with("a.crt", "a.key");
    assert_non_null(c->api_tls);
    assert_int_equal(c->api_tls->count, 1);
    config_free(c);
    c = parse_good(TOP "[api_tls]\ncertificate = \"b.crt\"\nkey = \"b.key\"\n");
    assert_non_null(c->api_tls);
    config_free(c);
    c = parse_good(TOP);
    assert_null(c->api_tls);
    config_free(c);
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        const char *value, *problem;
    } cases[] = {
        {"\"a.crt\"", "2:11: api_tls must be a table: write { certificate = \"FILE\", key = "
                      "\"FILE\" }, not a string\n"},
        {"{}", "2:11: certificate is missing in api_tls\nt.toml:2:11: key is missing in api_tls\n"},
        {"{ certificate = \"a.crt\" }", "2:11: key is missing in api_tls\n"},
        {"{ certificate = \"a.crt\", key = \"b.key\" }",
         "2:42: key 'b.key' cannot be used: it is not the key of the certificate\n"},
        {"{ certificate = \"a.crt\", key = \"open.key\" }",
         "2:42: key 'open.key' cannot be used: everybody may read or change it (chmod o-rwx)\n"},
        {"{ certificate = \"a.crt\", key = \"none\" }",
         "2:42: key 'none' cannot be used: No such file or directory\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        struct strbuf problem = {0};
        strbuf_printf(&text, TOP "api_tls = %s\n", cases[i].value);
        strbuf_printf(&problem, "t.toml:%s", cases[i].problem);
        assert_problems(strbuf_text(&text), strbuf_text(&problem));
        strbuf_release(&text);
        strbuf_release(&problem);
    }
    static const char *const swapped[] = {
        TOP "api_tls = { certificate = \"a.key\", key = \"a.key\" }\n",
        TOP "api_tls = { certificate = \"a.crt\", key = \"a.crt\" }\n"};
    static const char *const said[] = {"t.toml:2:27: certificate 'a.key' cannot be used: ",
                                       "t.toml:2:42: key 'a.crt' cannot be used: "};
    for (size_t i = 0; i < 2; i++) {
        struct config_report report = {0};
        assert_null(parse(swapped[i], &report));
        assert_int_equal(report.error_count, 1);
        assert_true(report_says(&report, said[i]));
        config_report_release(&report);
    }
}

static void test_warnings(void **state)
{
    (void)state;
    assert_warnings(TOP "api_tls = { certificate = \"old.crt\", key = \"old.key\" }\n",
                    "t.toml:2:27: warning: certificate 'old.crt' is not valid now: clients will "
                    "refuse it\n");
}

/* What a reload sees. */
static void test_equal(void **state)
{
    (void)state;
    struct config *a = with("a.crt", "a.key");
    struct config *b = with("a.crt", "a.key");
    unsigned bit = 0;
    assert_int_equal(config_changed_keys(a, b), 0);
    config_free(b);
    b = with("b.crt", "b.key");
    assert_string_equal(config_next_key(config_changed_keys(a, b), &bit), "api_tls");
    config_free(b);
    b = parse_good(TOP);
    assert_true(config_changed_keys(a, b) != 0);
    config_free(b);
    config_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_equal),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
