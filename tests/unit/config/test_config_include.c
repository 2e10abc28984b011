/* Included files, and parameters: what several files say together, whose values count for whom, and
 * that what is wrong is named where it stands. */
#include <sys/stat.h>
#include <unistd.h>

#include "config_test.h"
#include "policy/chain.h"

#define TOP "router_id = \"192.0.2.1\"\ndefault_as = 65000\n"

/* --- a folder with files in it --- */

struct folder {
    char path[64];
    char files[16][128];
    size_t file_count;
};

static void open_folder(struct folder *f)
{
    *f = (struct folder){0};
    snprintf(f->path, sizeof(f->path), "/tmp/bgpd-include-XXXXXX");
    assert_non_null(mkdtemp(f->path));
}

static void write_file(struct folder *f, const char *name, const char *text)
{
    char path[128];
    size_t i = 0;
    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    while (i < f->file_count && strcmp(f->files[i], path) != 0)
        i++;
    if (i == f->file_count)
        snprintf(f->files[f->file_count++], sizeof(f->files[0]), "%s", path);
}

static void close_folder(struct folder *f)
{
    for (size_t i = 0; i < f->file_count; i++)
        assert_int_equal(remove(f->files[i]), 0);
    char sub[80];
    snprintf(sub, sizeof(sub), "%s/sub", f->path);
    rmdir(sub);
    assert_int_equal(rmdir(f->path), 0);
}

/* The configuration of the folder, and what is said of it, without the path of the folder. */
static struct config *load(const struct folder *f, char **ret_said)
{
    struct config_report report = {0};
    struct strbuf out = {0};
    char path[128];
    snprintf(path, sizeof(path), "%s/t.toml", f->path);
    struct config *c = config_load(path, &report);
    char *said = report_text(&report);
    assert_true((c != NULL) == (report.error_count == 0));
    size_t skipped = strlen(f->path) + 1;
    const char *from = said;
    for (const char *at; (at = strstr(from, f->path)); from = at + skipped)
        strbuf_add_bytes(&out, from, (size_t)(at - from));
    strbuf_add(&out, from);
    free(said);
    config_report_release(&report);
    *ret_said = out.data ? strbuf_take(&out) : mem_strdup("");
    return c;
}

static void assert_said(const struct folder *f, const char *expected)
{
    char *said;
    struct config *c = load(f, &said);
    char *wanted = with_keys(expected);
    if (strcmp(said, wanted) != 0)
        fail_msg("said:\n%s\nexpected:\n%s", said, wanted);
    config_free(c);
    free(said);
    free(wanted);
}

static struct config *load_good(const struct folder *f)
{
    char *said;
    struct config *c = load(f, &said);
    if (strcmp(said, "") != 0)
        fail_msg("said:\n%s", said);
    free(said);
    return c;
}

/* --- files --- */

static void test_united(void **state)
{
    (void)state;
    struct folder f;
    char sub[80];
    open_folder(&f);
    snprintf(sub, sizeof(sub), "%s/sub", f.path);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_file(&f, "t.toml",
               TOP "include = [\"sub/a.toml\", \"b.toml\"]\n"
                   "[policies.p]\nrules = [{ if = { prefix = \"s\" }, then = \"reject\" }]\n"
                   "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\ngroup = \"g\"\n");
    write_file(&f, "sub/a.toml",
               "include = [\"../b.toml\"]\n[prefix_sets]\ns = { file = \"s.txt\" }\n"
               "[groups.g]\nimport = [\"p\", \"q\"]\nmd5_password_file = \"key\"\n");
    write_file(&f, "sub/s.txt", "198.51.100.0/24\n");
    write_file(&f, "sub/key", "secret\n");
    write_file(&f, "b.toml",
               "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65002\ngroup = \"g\"\n"
               "[policies.q]\ndefault = \"reject\"\n\n[[policies.q.rules]]\nthen = \"accept\"\n"
               "if.as_path_length = 3\n[policies.unused]\n[prefix_sets]\nunused = [\"::/0\"]\n");
    struct config *c = load_good(&f);
    assert_int_equal(c->peer_count, 2);
    assert_string_equal(c->peers[0].md5_password, "secret");
    const struct policy_chain *chain = c->peers[1].channels[0].import;
    assert_ptr_equal(chain, c->peers[0].channels[0].import);
    assert_int_equal(chain->policy_count, 2);
    assert_non_null(strstr(chain->policies[0]->file, "/t.toml"));
    assert_int_equal(chain->policies[0]->line, 4);
    assert_non_null(strstr(chain->policies[1]->file, "b.toml"));
    assert_int_equal(chain->policies[1]->rules[0].line, 8);
    config_free(c);
    close_folder(&f);
}

static void test_wrong_files(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "t.toml",
               TOP "include = [\"a.toml\", 5, \"none.toml\", \"broken.toml\"]\n"
                   "[prefix_sets]\ns = [\"10.0.0.0/8\"]\n[policies.p]\n[groups.g]\n"
                   "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\n");
    write_file(&f, "a.toml",
               "router_id = \"192.0.2.1\"\nnonsense = 1\ninclude = [\"c.toml\"]\npeers = 3\n"
               "[prefix_sets]\ns = [\"10.0.0.0/8\"]\nt = [\"x\"]\n[policies.p]\n[groups.g]\n");
    write_file(&f, "c.toml", "include = [\"t.toml\", \"a.toml\"]\n[policies.q]\nrules = 5\n");
    write_file(&f, "broken.toml", "[policies.q]\nx = \n[[peers]]\nremote_ip = \"192.0.2.2\"\n");
    assert_said(
        &f, "t.toml:3:22: include must hold strings, not an integer: it needs quotes\n"
            "t.toml:3:25: file 'none.toml' cannot be read: No such file or directory\n"
            "a.toml:1:1: router_id cannot stand in a file that is included: it belongs in t.toml\n"
            "a.toml:2:1: unknown key 'nonsense' in the top level (valid keys: " GLOBAL_KEYS ")\n"
            "a.toml:4:9: peers must be a list of tables: write [[peers]], not an integer\n"
            "a.toml:6:1: [prefix_sets] has 's' twice: also t.toml:5\n"
            "a.toml:7:6: 'x' is no prefix (expected one like 192.0.2.0/24 or 2001:db8::/32)\n"
            "a.toml:8:11: [policies] has 'p' twice: also t.toml:6\n"
            "a.toml:9:9: [groups] has 'g' twice: also t.toml:7\n"
            "c.toml:1:12: 't.toml' comes to include itself here\n"
            "c.toml:1:22: 'a.toml' comes to include itself here\n"
            "c.toml:3:9: rules must be a list of tables, not an integer\n"
            "broken.toml:1:11: [policies] has 'q' twice: also c.toml:2\n"
            "broken.toml:2:5: Error while parsing key-value pair: expected value\n"
            "broken.toml:4:13: remote_ip 192.0.2.2/32 is that of another peer: t.toml:9\n");
    close_folder(&f);
}

static void test_depth(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "t.toml", TOP "include = [\"0.toml\"]\n");
    for (unsigned i = 0; i <= 9; i++) {
        char name[16];
        char text[64];
        snprintf(name, sizeof(name), "%u.toml", i);
        snprintf(text, sizeof(text), "include = [\"%u.toml\"]\n", i + 1);
        write_file(&f, name, text);
    }
    assert_said(&f, "7.toml:1:12: '8.toml' is not read: files include each other more than 8 "
                    "deep\n");
    close_folder(&f);
}

/* --- parameters --- */

#define LIBRARY                                                                                    \
    "[parameters]\nlongest = 32\nmode = \"reject\"\nlist = []\n"                                   \
    "[policies.p]\ndefault = \"$last\"\nrules = [\n"                                               \
    "{ name = \"long\", if = { not = { as_path_length = \"0-$longest\" } }, then = \"reject\" "    \
    "},\n"                                                                                         \
    "{ name = \"tag\", when = { mode = [\"tag\", \"both\"] }, set = { mark = \"bad-$mode\" } },\n" \
    "{ name = \"list\", when = \"$list\", if = { prefix = [\"10.0.0.0/8\", \"$list\"] },\n"        \
    "  then = \"accept\" },\n]\n"                                                                  \
    "tests = [\n"                                                                                  \
    "{ parameters = { last = \"next\" }, route = { prefix = \"10.0.0.0/8\" },\n"                   \
    "  expect = { result = \"next\", marks = [] } },\n"                                            \
    "{ parameters = { last = \"next\", mode = \"both\" }, route = { prefix = \"10.0.0.0/8\" },\n"  \
    "  expect = { result = \"next\", marks = [\"bad-both\"] } },\n"                                \
    "{ parameters = { last = \"next\", list = [\"10.1.0.0/16\", \"s\"] },\n"                       \
    "  route = { prefix = \"10.1.0.0/16\" }, expect = { result = \"accept\", rule = \"list\" } "   \
    "},\n"                                                                                         \
    "]\n"                                                                                          \
    "[prefix_sets]\ns = [\"192.0.2.0/24\"]\n"

static void test_instances(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "lib.toml", LIBRARY);
    write_file(
        &f, "t.toml",
        TOP "include = [\"lib.toml\"]\n[parameters]\nlast = \"accept\"\nlongest = 3\n"
            "[groups.g]\nimport = \"p\"\nparameters = { mode = \"tag\", list = [\"9.0.0.0/8\"] }\n"
            "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n"
            "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65001\ngroup = \"g\"\n"
            "[[peers]]\nremote_ip = \"192.0.2.4\"\nremote_as = 65001\ngroup = \"g\"\n"
            "parameters = { mode = \"both\" }\n"
            "[[peers]]\nremote_ip = \"192.0.2.5\"\nremote_as = 65001\ngroup = \"g\"\n"
            "parameters = { mode = \"tag\", list = \"9.0.0.0/8\" }\n");
    struct config *c = load_good(&f);
    const struct policy_chain *chains[4];
    for (size_t i = 0; i < 4; i++)
        chains[i] = c->peers[i].channels[0].import;
    assert_ptr_equal(chains[0], c->peers[0].channels[1].import);
    assert_ptr_not_equal(chains[0], chains[1]);
    assert_ptr_not_equal(chains[1], chains[2]);
    assert_ptr_equal(chains[1], chains[3]); /* other values that come to the same */
    assert_int_equal(c->policy_count, 3);
    assert_ptr_equal(config_find_policy(c, "p"), chains[0]->policies[0]);
    assert_ptr_equal(config_peer_policy(&c->peers[2], "p"), chains[2]->policies[0]);
    const struct policy *first = chains[0]->policies[0];
    assert_int_equal(first->fallback, POLICY_ACCEPT);
    assert_int_equal(first->rule_count, 3);
    assert_false(first->rules[0].off);
    assert_true(first->rules[1].off);
    assert_true(first->rules[2].off);
    assert_false(chains[1]->policies[0]->rules[1].off);
    config_free(c);
    close_folder(&f);
}

/* Values that others choose, that mention others, that are empty, and changes that are switched. */
static void test_values(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(
        &f, "t.toml",
        TOP
        "[parameters]\nmode = \"reject\"\nrov = true\nnothing = []\n"
        "then = { mode = { reject = \"reject\", tag = \"accept\" } }\n"
        "tags = { mode = { reject = false, tag = true } }\n"
        "asns = { rov = { true = [\"$mine\"], false = [] } }\n"
        "mine = [65001, 65002]\nmark = \"$word-$mode\"\nword = \"is\"\n"
        "[policies.p]\nrules = [{ if = { origin_as = \"$asns\", not.prefix = \"$nothing\" },\n"
        "set = { when = \"$tags\", mark = \"$mark\" }, then = \"$then\" }]\ntests = [\n"
        "{ route = { prefix = \"9.0.0.0/8\", as_path = \"65002\" },\n"
        "  expect = { result = \"reject\", marks = [] } },\n"
        "{ parameters = { rov = false }, route = { prefix = \"9.0.0.0/8\", as_path = \"65002\" },\n"
        "  expect = { result = \"next\" } },\n"
        "{ parameters = { mode = \"tag\" }, route = { prefix = \"9.0.0.0/8\", as_path = \"65002\" "
        "},\n"
        "  expect = { result = \"accept\", marks = [\"is-tag\"] } },\n"
        "]\n[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n");
    config_free(load_good(&f));
    write_file(&f, "t.toml",
               TOP "[parameters]\nmode = \"tga\"\na = \"$b\"\nb = \"$a\"\n"
                   "then = { mode = { reject = \"reject\", tag = \"accept\" } }\n"
                   "[policies.p]\nrules = [{ if.mark = \"$a\", then = \"$then\" }]\n"
                   "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n");
    assert_said(&f,
                "t.toml:4:8: mode must be one of 'reject', 'tag', not 'tga'\n"
                "t.toml:9:22: values of parameters mention each other too deeply ($a has its value "
                "from t.toml:5:5) ($b has its value from t.toml:6:5)\n");
    close_folder(&f);
}

/* What only switches rules and changes is true or false: a text that says "no" would count as true.
 * What is a value elsewhere may be a text, and is switched off where it is empty. */
static void test_switches(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "lib.toml",
               "[parameters]\nrov = true\ntags = false\nlist = \"\"\nmode = \"a\"\nquiet = 0\n"
               "[policies.p]\nrules = [\n"
               "{ when = \"$rov\", if = { rov = \"invalid\" }, then = \"reject\" },\n"
               "{ when = { list = true, mode = \"a\" }, if = { prefix = \"$list\" }, then = "
               "\"reject\" },\n"
               "{ when = { quiet = false }, set = { when = \"$tags\", mark = \"m\" }, then = "
               "\"next\" },\n]\n");
    write_file(&f, "t.toml",
               TOP "include = [\"lib.toml\"]\n[parameters]\nrov = \"no\"\nlist = \"9.0.0.0/8\"\n"
                   "mode = \"b\"\nquiet = 1\n"
                   "[groups.g]\nimport = \"p\"\nparameters = { tags = [\"x\"] }\n"
                   "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\ngroup = \"g\"\n"
                   "parameters = { rov = \"false\", tags = true }\n");
    assert_said(&f, "t.toml:5:7: rov switches rules: it must be true or false, not a string\n"
                    "t.toml:11:23: tags switches rules: it must be true or false, not an array\n"
                    "t.toml:16:22: rov switches rules: it must be true or false, not a string\n");
    write_file(&f, "t.toml",
               TOP "include = [\"lib.toml\"]\n[parameters]\nrov = false\nlist = \"9.0.0.0/8\"\n"
                   "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n");
    config_free(load_good(&f));
    close_folder(&f);
}

/* Values that grow by mentioning each other end somewhere, soon. */
static void test_too_much(void **state)
{
    (void)state;
    struct folder f;
    struct strbuf text = {0};
    open_folder(&f);
    strbuf_add(&text, TOP "[parameters]\n");
    for (char name = 'a'; name < 'e'; name++) {
        strbuf_printf(&text, "%c = [\"9.0.0.0/8\"", name);
        for (unsigned i = 0; i < 200; i++)
            strbuf_printf(&text, ", \"$%c\"", name + 1);
        strbuf_add(&text, "]\n");
    }
    strbuf_add(&text, "e = \"9.0.0.0/8\"\n[policies.p]\nrules = [{ if.prefix = \"$a\" }]\n"
                      "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n");
    write_file(&f, "t.toml", strbuf_text(&text));
    char *said;
    assert_null(load(&f, &said));
    assert_non_null(strstr(said, "t.toml:10:24: values of parameters come to too much here"));
    free(said);
    strbuf_release(&text);
    close_folder(&f);
}

/* The addresses of all peers of an AS, in whatever file and group. */
static void test_siblings(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "t.toml",
               TOP
               "include = [\"p.toml\"]\n[parameters]\naddresses_of_as = []\n"
               "[groups.g]\nremote_as = 65001\nimport = \"p\"\n"
               "[policies.p]\nrules = [{ if.next_hop = \"$addresses_of_as\", then = \"accept\" }]\n"
               "[[peers]]\nremote_ip = \"192.0.2.2\"\ngroup = \"g\"\n"
               "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65002\ngroup = \"g\"\n");
    write_file(&f, "p.toml",
               "[[peers]]\nremote_ip = \"2001:db8::2\"\nremote_as = \"65001\"\nimport = \"p\"\n"
               "[[peers]]\nremote_ip = \"192.0.2.64/26\"\ngroup = \"g\"\n");
    struct config *c = load_good(&f);
    const struct policy_chain *first = c->peers[0].channels[0].import;
    assert_ptr_equal(c->peers[2].channels[0].import, first);
    assert_ptr_equal(c->peers[3].channels[0].import, first);
    assert_ptr_not_equal(c->peers[1].channels[0].import, first);
    config_free(c);
    close_folder(&f);
}

static void test_wrong_parameters(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "lib.toml", LIBRARY);
    write_file(&f, "t.toml",
               TOP
               "include = [\"lib.toml\"]\n[parameters]\nlongest = [3]\nmod = \"x\"\na-b = 1\n"
               "when = 1.5\nlong = [[1]]\n"
               "[[peers]]\nremote_ip = \"192.0.2.2\"\nremote_as = 65001\nimport = \"p\"\n"
               "[[peers]]\nremote_ip = \"192.0.2.3\"\nremote_as = 65001\nimport = \"p\"\n"
               "parameters = { longest = 5, last = 7, mode = true, list = [\"x\"], lst = 1 }\n");
    assert_said(
        &f,
        "t.toml:6:1: warning: parameter 'mod' has no effect: no policy mentions it (did you mean "
        "'mode'?)\n"
        "t.toml:7:1: 'a-b' cannot be the name of a parameter: it must have up to 64 letters, "
        "digits and \"_\", a letter first\n"
        "t.toml:7:1: warning: parameter 'a-b' has no effect: no policy mentions it\n"
        "t.toml:8:1: warning: parameter 'when' has no effect: no policy mentions it\n"
        "t.toml:8:8: parameter 'when' must be a string, an integer, a boolean or a list of these, "
        "not a float\n"
        "t.toml:9:1: warning: parameter 'long' has no effect: no policy mentions it (did you mean "
        "'longest'?)\n"
        "t.toml:9:9: parameter 'long' must be a string, an integer, a boolean or a list of these, "
        "not an array\n"
        "t.toml:18:66: warning: parameter 'lst' has no effect: no policy mentions it (did you mean "
        "'last'?)\n"
        "lib.toml:6:11: $last has no value for the peer of t.toml:10\n"
        "lib.toml:6:11: default must be a string, not an integer ($last has its value from "
        "t.toml:18:36)\n"
        "lib.toml:8:50: $longest is a list: it cannot stand within a text ($longest has its value "
        "from t.toml:5:11)\n"
        "lib.toml:9:34: when: $mode is a boolean, not a string (it has its value from t.toml:18)\n"
        "lib.toml:9:41: when: $mode is a boolean, not a string (it has its value from t.toml:18)\n"
        "lib.toml:10:65: prefix: there is no prefix set 'x' (expected a prefix set, a prefix as "
        "10.0.0.0/8, \"10.0.0.0/8 le 24\" or a list of these) ($list has its value from "
        "t.toml:18:59)\n");
    close_folder(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_united),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_instances),
        cmocka_unit_test(test_wrong_parameters),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_siblings),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
