/* Whole files: the examples, many routes, trouble with the file system, and garbage. */
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../random.h"
#include "config_test.h"

#define EXAMPLES BGPD_SOURCE_DIR "/examples/"

static struct config *load_good(const char *path)
{
    struct config_report report = {0};
    struct config *c = config_load(path, &report);
    if (!c)
        fail_msg("%s", report.lines[0].text);
    assert_int_equal(report.line_count, 0);
    config_report_release(&report);
    return c;
}

static void test_inherited_example(void **state)
{
    (void)state;
    struct config *c = load_good(EXAMPLES "config.toml");
    char text[PREFIX_TEXT_MAX];
    assert_int_equal(c->router_id, 0x01010101);
    assert_int_equal(c->default_as, 65000);
    assert_int_equal(c->bgp_sockets[0].port, 1179);
    assert_int_equal(c->api_sockets[0].port, 8080);
    assert_true(ip_is_unspecified(&c->api_sockets[0].addr));
    assert_int_equal(c->peer_count, 2);
    assert_string_equal(prefix_format(&c->peers[0].remote, text), "127.0.0.0/28");
    assert_true(c->peers[0].passive);
    assert_int_equal(c->peers[0].router_id, 0x7f000001);
    assert_int_equal(c->peers[0].hold_time_s, 90);
    assert_int_equal(c->peers[0].route_count, 4);
    assert_string_equal(prefix_format(&c->peers[1].remote, text), "::2/128");
    assert_false(c->peers[1].enabled);
    assert_int_equal(c->peers[1].remote_as, 100);
    assert_int_equal(c->peers[1].local_as, 200);
    config_free(c);
}

static void test_quickstart_examples(void **state)
{
    (void)state;
    struct config *a = load_good(EXAMPLES "quickstart.toml");
    struct config *b = load_good(EXAMPLES "quickstart-peer.toml");
    assert_int_equal(a->peers[0].remote_as, b->peers[0].local_as);
    assert_int_equal(b->peers[0].remote_as, a->peers[0].local_as);
    struct ip_addr remote = prefix_address(&a->peers[0].remote);
    assert_true(ip_equal(&remote, &b->bgp_sockets[0].addr));
    assert_int_equal(a->peers[0].dest_port, b->bgp_sockets[0].port);
    assert_true(b->peers[0].route_count > 2);
    config_free(a);
    config_free(b);
}

static void test_many_routes(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    struct strbuf text = {0};
    strbuf_add(&text, PEER);
    for (unsigned i = COUNT; i-- > 0;)
        strbuf_printf(&text,
                      "[[peers.static_routes]]\nprefix = \"10.%u.%u.%u/32\"\n"
                      "next_hop = \"10.254.0.1\"\ncommunities = [\"65000:%u\"]\n",
                      i >> 16, i >> 8 & 255, i & 255, i & 0xffff);
    clock_t start = clock();
    struct config *c = parse_good(strbuf_text(&text));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    strbuf_release(&text);
    assert_int_equal(c->peers[0].route_count, COUNT);
    for (size_t i = 1; i < COUNT; i++)
        assert_true(static_route_compare_key(&c->peers[0].routes[i - 1], &c->peers[0].routes[i]) <
                    0);
    config_free(c);
    assert_true(seconds < 20); /* about one, without sanitizers on an idle machine */
}

static void test_unreadable(void **state)
{
    (void)state;
    struct config_report report = {0};
    assert_null(config_load("/nonexistent/x.toml", &report));
    assert_null(config_load("/tmp", &report));
    char *said = report_text(&report);
    assert_string_equal(said, "/nonexistent/x.toml: cannot be read: No such file or directory\n"
                              "/tmp: cannot be read: it is a directory, not a regular file\n");
    free(said);
    assert_int_equal(report.error_count, 2);
    config_report_release(&report);
}

static void test_no_regular_file(void **state)
{
    (void)state;
    char path[] = "/tmp/bgpd-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)CONFIG_FILE_MAX_BYTES + 1), 0);
    close(fd);
    struct config_report report = {0};
    assert_null(config_load(path, &report));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(config_load(path, &report)); /* at once: nobody writes */
    unlink(path);
    assert_int_equal(symlink(EXAMPLES "config.toml", path), 0);
    config_free(load_good(path));
    unlink(path);
    assert_null(config_load("/dev/zero", &report));
    assert_int_equal(report.error_count, 3);
    assert_true(report_says(&report, "cannot be read: it is larger than "));
    assert_true(report_says(&report, "cannot be read: it is a pipe, not a "));
    assert_true(report_says(&report, "/dev/zero: cannot be read: it is not a "));
    config_report_release(&report);
}

/* However many there are, the answer is short, and says how many were left out. */
static void test_many_errors(void **state)
{
    (void)state;
    enum { COUNT = 200000 };
    struct strbuf text = {0};
    strbuf_add(&text, "router_id = \"1.2.3.4\"\nbgp_socket = [\n");
    for (unsigned i = 0; i < COUNT; i++)
        strbuf_add(&text, "\"x\",\n");
    strbuf_add(&text, "]\n");
    for (unsigned i = 0; i < COUNT; i++)
        strbuf_printf(&text, "unknown_%u = 1\n", i);
    struct config_report report = {0};
    assert_null(config_parse(strbuf_text(&text), text.len_bytes, "f.toml", &report));
    strbuf_release(&text);
    assert_int_equal(report.error_count, 2 * COUNT);
    assert_int_equal(report.line_count, 101);
    assert_true(report_says(&report, "f.toml: 399900 more"));
    config_report_release(&report);
}

static void test_one_line_each(void **state)
{
    (void)state;
    struct config_report report = {0};
    assert_null(parse("router_id = \"a\\nb\\u001b[31m\"\n\"x\\ny\" = 1\n", &report));
    assert_int_equal(report.error_count, 2);
    assert_int_equal(report.line_count, 2);
    for (size_t i = 0; i < report.line_count; i++)
        for (const char *p = report.lines[i].text; *p; p++)
            assert_true((unsigned char)*p >= ' ');
    config_report_release(&report);
}

/* A result or problems, never both and never neither; the sanitizers see to the rest. */
static void assert_survives(const char *text, size_t len_bytes)
{
    struct config_report report = {0};
    struct config *c = config_parse(text, len_bytes, "t.toml", &report);
    assert_true((c != NULL) == (report.error_count == 0));
    assert_true(report.line_count >= (report.error_count > 0));
    config_free(c);
    config_report_release(&report);
}

static const char sample[] =
    "router_id = \"1.1.1.1\"\ndefault_as = 65000\nbgp_socket = [\"127.0.0.1:1179\", \":179\"]\n"
    "api_socket = \"0.0.0.0:8080\"\n[groups.g]\nremote_as = \"1.10\"\nmultihop = 3\n"
    "max_prefixes = { \"ipv4 unicast\" = 1 }\n[[groups.g.static_routes]]\n"
    "prefix = \"192.0.2.0/24\"\nnext_hop = \"192.0.2.1\"\n"
    "[[peers]]\nremote_ip = \"127.0.0.0/28\"\ngroup = \"g\"\nhold_timer = 90\n"
    "families = [\"ipv4 unicast\", \"ipv6 unicast\", \"ipv6 flow\"]\n"
    "[[peers.static_routes]]\nprefix = \"9.9.9.0/24\"\nnext_hop = \"127.0.0.1\"\n"
    "as_path = [\"100\", 200]\ncommunities = [\"404\", \"target:65000:1.1.1.1\"]\n"
    "[[peers.static_flows]]\nafi = 2\naction = \"traffic-rate 24000\"\n"
    "matches = [\"source 3001:100::/56\", \"destination-port >8000 <=8080\"]\n"
    "local_pref = 1\nmulti_exit_disc = 2\norigin = \"EGP\"\n";

static void test_cut_short(void **state)
{
    (void)state;
    config_free(parse_good(sample));
    for (size_t len = 0; len < sizeof(sample) - 1; len++)
        assert_survives(sample, len);
}

static void test_mutations(void **state)
{
    (void)state;
    static const char bytes[] = "\"'[]{}=.,#\n\\ \t\r09azAZ-_:/%<>&\x80\xff";
    unsigned seed = 7;
    char text[sizeof(sample)];
    for (unsigned round = 0; round < random_rounds(5000); round++) {
        memcpy(text, sample, sizeof(sample));
        for (unsigned n = 1 + (unsigned)rand_r(&seed) % 4; n > 0; n--)
            text[(unsigned)rand_r(&seed) % (sizeof(sample) - 1)] =
                bytes[(unsigned)rand_r(&seed) % sizeof(bytes)];
        assert_survives(text, sizeof(sample) - 1);
    }
}

static void test_noise(void **state)
{
    (void)state;
    unsigned seed = 3;
    char text[200];
    for (unsigned round = 0; round < random_rounds(2000); round++) {
        size_t len = (unsigned)rand_r(&seed) % sizeof(text);
        for (size_t i = 0; i < len; i++)
            text[i] = (char)rand_r(&seed);
        assert_survives(text, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inherited_example), cmocka_unit_test(test_quickstart_examples),
        cmocka_unit_test(test_many_routes),       cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_no_regular_file),   cmocka_unit_test(test_many_errors),
        cmocka_unit_test(test_one_line_each),     cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_mutations),         cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
