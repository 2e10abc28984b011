/* The keys at the top of the file, good and bad. */
#include <unistd.h>

#include "config_test.h"

static const char id_text[] = " is not an identifier like \"192.0.2.1\" (other than 0.0.0.0)\n";

static void assert_endpoint(const struct endpoint *e, const char *addr, uint16_t port)
{
    char text[IP_TEXT_MAX];
    assert_string_equal(ip_format(&e->addr, text), addr);
    assert_int_equal(e->port, port);
}

static void test_defaults(void **state)
{
    (void)state;
    struct config *c = parse_good("router_id = \"192.0.2.1\"\n");
    assert_string_equal(c->path, "t.toml");
    assert_int_equal(c->router_id, 0xc0000201);
    assert_int_equal(c->cluster_id, 0xc0000201);
    assert_int_equal(c->default_as, 0);
    assert_int_equal(c->poll_interval_s, 30);
    assert_int_equal(c->bgp_socket_count, 1);
    assert_endpoint(&c->bgp_sockets[0], "::", 179);
    assert_endpoint(&c->api_sockets[0], "127.0.0.1", 8080);
    assert_null(c->api_token);
    assert_int_equal(c->peer_count, 0);
    config_free(c);
}

static void test_values(void **state)
{
    (void)state;
    struct config *c = parse_good("router_id = \"1.1.1.1\"\n"
                                  "default_as = \"1.10\"\n"
                                  "cluster_id = \"2.2.2.2\"\n"
                                  "bgp_socket = \"127.0.0.1:1179\"\n"
                                  "api_socket = \"0.0.0.0:8081\"\n"
                                  "poll_interval = 5\n");
    assert_int_equal(c->default_as, 65546);
    assert_int_equal(c->cluster_id, 0x02020202);
    assert_int_equal(c->poll_interval_s, 5);
    assert_int_equal(c->bgp_socket_count, 1);
    assert_endpoint(&c->bgp_sockets[0], "127.0.0.1", 1179);
    assert_endpoint(&c->api_sockets[0], "0.0.0.0", 8081);
    config_free(c);
}

static void test_socket_forms(void **state)
{
    (void)state;
    struct config *c = parse_good("router_id = \"1.1.1.1\"\n"
                                  "bgp_socket = [\"192.0.2.1\", \"[2001:db8::1]:1179\", \":1790\","
                                  " \"2001:db8::2\", \"[::1]\"]\n"
                                  "api_socket = \":8081\"\n");
    assert_int_equal(c->bgp_socket_count, 5);
    assert_endpoint(&c->bgp_sockets[0], "192.0.2.1", 179);
    assert_endpoint(&c->bgp_sockets[1], "2001:db8::1", 1179);
    assert_endpoint(&c->bgp_sockets[2], "::", 1790);
    assert_endpoint(&c->bgp_sockets[3], "2001:db8::2", 179);
    assert_endpoint(&c->bgp_sockets[4], "::1", 179);
    assert_endpoint(&c->api_sockets[0], "127.0.0.1", 8081);
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\napi_socket = \"[::]:8080\"\n");
    assert_endpoint(&c->api_sockets[0], "::", 8080);
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\napi_socket = [\"unix:/run/a\", \":1\", \"[::1]:2\"]\n"
                   "api_socket_owner = \"root\"\napi_socket_group = \"7\"\n");
    assert_int_equal(c->api_socket_count, 2);
    assert_endpoint(&c->api_sockets[1], "::1", 2);
    assert_int_equal(c->api_path_count, 1);
    assert_string_equal(c->api_paths[0], "/run/a");
    assert_int_equal(c->api_socket_uid, 0);
    assert_int_equal(c->api_socket_gid, 7);
    assert_int_equal(c->api_socket_mode, 0660);
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\napi_socket = \"unix:/run/a\"\n");
    assert_int_equal(c->api_socket_count, 0);
    assert_int_equal(c->api_socket_gid, CONFIG_ID_KEEP);
    config_free(c);
    c = parse_good("router_id = \"1.1.1.1\"\napi_socket = \"127.0.0.2\"\n");
    assert_endpoint(&c->api_sockets[0], "127.0.0.2", 8080);
    config_free(c);
}

/* One bad line after a good router_id, and what is said of it after "t.toml:2:". */
static void test_bad_values(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *problem;
    } cases[] = {
        {"default_as = 0", "14: default_as must be from 1 to 4294967295, not 0"},
        {"default_as = 4294967296", "14: default_as must be from 1 to 4294967295, not 4294967296"},
        {"default_as = -1", "14: default_as must be from 1 to 4294967295, not -1"},
        {"default_as = 23456",
         "14: default_as 23456 is reserved: no speaker can have it (AS_TRANS, RFC 6793)"},
        {"default_as = \"0.0\"", "14: default_as 0 is reserved: no speaker can have it (RFC 7607)"},
        {"default_as = \"1.65536\"",
         "14: default_as '1.65536' is not an AS number (65001 or \"1.10\")"},
        {"default_as = 1.5",
         "14: default_as must be an AS number (65001 or \"1.10\"), not a float: it needs quotes"},
        {"cluster_id = 7",
         "14: cluster_id must be a string like \"192.0.2.1\", not an integer: it needs quotes"},
        {"bgp_socket = 179",
         "14: bgp_socket must be a string or a list of strings, not an integer: it needs quotes"},
        {"bgp_socket = []", "14: bgp_socket must name at least one address"},
        {"bgp_socket = [\":1179\", true]", "24: bgp_socket must hold strings, not a boolean"},
        {"bgp_socket = [\":1179\", \"[::]:1179\"]", "24: bgp_socket '[::]:1179' is listed twice"},
        {"bgp_socket = [\":1179\", \"127.0.0.1:1179\"]",
         "24: bgp_socket '127.0.0.1:1179' cannot be open beside [::]:1179: one is part of the "
         "other"},
        {"bgp_socket = [\"[::1]:1179\", \"0.0.0.0:1179\", \":1179\"]",
         "45: bgp_socket ':1179' cannot be open beside [::1]:1179: one is part of the other"},
        {"bgp_socket = \"127.0.0.1:0\"",
         "14: bgp_socket '127.0.0.1:0': a port must be from 1 to 65535"},
        {"api_socket = \"127.0.0.1:65536\"",
         "14: api_socket '127.0.0.1:65536': a port must be from 1 to 65535"},
        {"api_socket = \"localhost:8080\"",
         "14: api_socket 'localhost:8080' is not an address and port (\"192.0.2.1:1179\", "
         "\"[2001:db8::1]:1179\"), address, or port (\":1179\")"},
        {"api_hosts = \"localhost\"", "13: api_hosts must be a list of strings, not a string"},
        {"api_hosts = [7]", "14: api_hosts must hold strings, not an integer: it needs quotes"},
        {"api_hosts = [\"a.example\", \"a.example:80\"]",
         "27: api_hosts 'a.example:80' is not the name of a host (\"bgp.example.net\", without a "
         "port)"},
        {"api_hosts = [\"\"]",
         "14: api_hosts '' is not the name of a host (\"bgp.example.net\", without a port)"},
        {"api_socket = []", "14: api_socket must name at least one"},
        {"api_socket = [\":8080\", \"127.0.0.1\"]",
         "24: api_socket '127.0.0.1' overlaps another one that is listed"},
        {"api_socket = [\"unix:/a\", \"unix:/a\"]", "26: api_socket 'unix:/a' is listed twice"},
        {"api_socket = \"unix:a\"",
         "14: api_socket 'unix:a' is not \"unix:\" with an absolute path "
         "of at most 107 bytes"},
        {"api_socket_owner = \"nobody here\"", "20: api_socket_owner: there is no 'nobody here'"},
        {"api_socket_group = \"-1\"", "20: api_socket_group: there is no '-1'"},
        {"api_socket_owner = \"4294967295\"", "20: api_socket_owner: there is no '4294967295'"},
        {"api_socket_mode = \"0668\"", "19: api_socket_mode must be octal digits such as \"0660\""},
        {"api_socket_mode = \"1777\"", "19: api_socket_mode must be octal digits such as \"0660\""},
        {"api_token_file = 1979-05-27",
         "18: api_token_file must be a string, not a date or time: it needs quotes"},
        {"api_token_file = \"/nonexistent/token\"",
         "18: api_token_file '/nonexistent/token' cannot be read: No such file or directory"},
        {"api_token_file = \"/tmp\"",
         "18: api_token_file '/tmp' cannot be read: it is not a regular file"},
        {"api_token_file = \"/dev/zero\"",
         "18: api_token_file '/dev/zero' cannot be read: it is not a regular file"},
        {"poll_interval = 0", "17: poll_interval must be from 1 to 65535, not 0"},
        {"poll_interval = 65536", "17: poll_interval must be from 1 to 65535, not 65536"},
        {"poll_interval = \"30\"", "17: poll_interval must be an integer, not a string"},
        {"groups = 1", "10: groups must be a table: write [groups.NAME], not an integer"},
        {"groups = { a = 1 }", "16: [groups.a] must be a table, not an integer"},
        {"peers = 1", "9: peers must be a list of tables: write [[peers]], not an integer"},
        {"[peers]", "1: peers must be a list of tables: write [[peers]], not a table"},
        {"peers = [1]", "10: peers must hold tables, not an integer"},
        {"defalt_as = 1", "1: unknown key 'defalt_as' in the top level (did you mean "
                          "'default_as'?)"},
        {"role = \"peer\"", "1: unknown key 'role' in the top level (valid keys: " GLOBAL_KEYS ")"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        char expected[512];
        snprintf(text, sizeof(text), "router_id = \"192.0.2.1\"\n%s\n", cases[i].line);
        snprintf(expected, sizeof(expected), "t.toml:2:%s\n", cases[i].problem);
        assert_problems(text, expected);
    }
}

static void test_router_id(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "0.0.0.0", "1.1.1", "::1", "300.1.1.1"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[64];
        char expected[128];
        snprintf(text, sizeof(text), "router_id = \"%s\"\n", bad[i]);
        snprintf(expected, sizeof(expected), "t.toml:1:13: router_id '%s'%s", bad[i], id_text);
        assert_problems(text, expected);
    }
    assert_problems("", "t.toml:1:1: router_id is missing in the top level\n");
    /* Peers that all have their own need no other; the first stands for the daemon. */
    struct config *c = parse_good("[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 1\n"
                                  "local_as = 1\nrouter_id = \"9.9.9.9\"\n");
    assert_int_equal(c->router_id, 0x09090909);
    assert_int_equal(c->cluster_id, 0x09090909);
    config_free(c);
}

static void test_token_file(void **state)
{
    (void)state;
    char dir[] = "/tmp/bgpd-test-XXXXXX";
    char name[64];
    char path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(name, sizeof(name), "%s/token", dir);
    snprintf(path, sizeof(path), "%s/bgpd.toml", dir);
    FILE *f = fopen(name, "w");
    assert_non_null(f);
    fputs("correct horse\r\nsecond line\n", f);
    fclose(f);
    static const char text[] = "router_id = \"1.1.1.1\"\napi_token_file = \"token\"\n";
    struct config_report report = {0};
    struct config *c = config_parse(text, strlen(text), path, &report);
    assert_non_null(c);
    assert_string_equal(c->api_token, "correct horse");
    config_free(c);

    f = fopen(name, "w");
    assert_non_null(f);
    fputs("\nnot the first line\n", f);
    fclose(f);
    assert_null(config_parse(text, strlen(text), path, &report));
    assert_true(
        report_says(&report, ":2:18: api_token_file must hold from 1 to 1024 bytes, not 0"));
    config_report_release(&report);
    unlink(name);
    rmdir(dir);
}

/* What would be a secret that is shorter than it looks, or none, is refused; it is not shown. */
static void test_secret_files_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len_bytes;
        const char *problem;
    } cases[] = {
        {"se\0cret\n", 8, ":2:18: api_token_file: a NUL byte cannot be part of the first line"},
        {"\0", 1, ":2:18: api_token_file: a NUL byte cannot be part of the first line"},
        {" \t  \nsecret\n", 12, ":2:18: api_token_file: the first line holds nothing but blanks"},
    };
    char name[] = "/tmp/bgpd-test-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    char text[128];
    snprintf(text, sizeof(text), "router_id = \"1.1.1.1\"\napi_token_file = \"%s\"\n", name);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(pwrite(fd, cases[i].bytes, cases[i].len_bytes, 0), cases[i].len_bytes);
        struct config_report report = {0};
        assert_null(config_parse(text, strlen(text), "bgpd.toml", &report));
        assert_true(report_says(&report, cases[i].problem));
        assert_false(report_says(&report, "cret"));
        config_report_release(&report);
    }
    close(fd);
    unlink(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_socket_forms),
        cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_router_id),
        cmocka_unit_test(test_token_file),
        cmocka_unit_test(test_secret_files_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
