/* Sets: lists and files of them, and what is wrong with either. */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_test.h"

/* A folder with a configuration in it. */
struct folder {
    char path[64];
    char config[96];
};

static void open_folder(struct folder *f)
{
    snprintf(f->path, sizeof(f->path), "/tmp/bgpd-sets-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->config, sizeof(f->config), "%s/t.toml", f->path);
}

static void write_file(const struct folder *f, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void remove_file(const struct folder *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    assert_int_equal(remove(path), 0);
}

/* What is said of a configuration in the folder, whose path is left out. */
static char *said_of(const struct folder *f, const char *text)
{
    struct config_report report = {0};
    struct strbuf out = {0};
    struct config *c = config_parse(text, strlen(text), f->config, &report);
    char *said = report_text(&report);
    assert_true((c != NULL) == (report.error_count == 0));
    size_t skipped = strlen(f->path) + 1;
    const char *from = said;
    for (const char *at; (at = strstr(from, f->path)); from = at + skipped)
        strbuf_add_bytes(&out, from, (size_t)(at - from));
    strbuf_add(&out, from);
    free(said);
    config_free(c);
    config_report_release(&report);
    return strbuf_take(&out);
}

static void assert_said(const struct folder *f, const char *text, const char *expected)
{
    char *said = said_of(f, text);
    if (strcmp(said, expected) != 0)
        fail_msg("%s\nsaid:\n%sexpected:\n%s", text, said, expected);
    free(said);
}

static void test_lists(void **state)
{
    (void)state;
    assert_warnings(
        PEER "[prefix_sets]\nbogons = [\"10.0.0.0/8 le 32\", \"192.0.2.0/24\",\n"
             "\"2001:db8::/32 ge 48 le 64\"]\n"
             "[as_sets]\ntier1 = [174, 3356, \"64512-65534\"]\n"
             "[community_sets]\naction = [\"65000:*\", \"65000:1:*\", \"target:65000:*\"]\n"
             "none = []\n"
             "[prefix_origin_sets]\nobjects = [\"10.0.0.0/8 le 24 174\", \"11.0.0.0/8 *\"]\n",
        "t.toml:7:1: warning: prefix set 'bogons' has no effect: no rule names it\n"
        "t.toml:10:1: warning: AS set 'tier1' has no effect: no rule names it\n"
        "t.toml:12:1: warning: community set 'action' has no effect: no rule names it\n"
        "t.toml:13:1: warning: community set 'none' has no effect: no rule names it\n"
        "t.toml:13:1: warning: community set 'none' is empty: it matches nothing\n"
        "t.toml:15:1: warning: set of prefixes with origins 'objects' has no effect: "
        "no rule names it\n");
}

static void test_errors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *problem;
    } cases[] = {
        {"prefix_sets = 5",
         "1:15: prefix_sets must be a table: write [prefix_sets], not an integer\n"},
        {"prefix_sets.a = 5", "1:17: prefix set 'a' must be a list of prefixes, or { file = "
                              "\"NAME\" }, not an integer\n"},
        {"as_sets.a = \"174\"", "1:13: AS set 'a' must be a list of AS numbers and ranges, or { "
                                "file = \"NAME\" }, not a string\n"},
        {"prefix_sets.a = [5]", "1:18: a must hold strings, not an integer: it needs quotes\n"},
        {"as_sets.a = [true]", "1:14: a must hold strings or integers, not a boolean\n"},
        {"prefix_sets.a = { fil = \"x\" }",
         "1:17: file is missing in a set\n"
         "1:19: unknown key 'fil' in a set (did you mean 'file'?)\n"},
        {"prefix_origin_sets.a = [\"10.0.0.0/8\"]",
         "1:25: '10.0.0.0/8' is no AS number (expected a prefix and an AS: 192.0.2.0/24 64500, or "
         "192.0.2.0/24 le 26 64500)\n"},
        {"prefix_origin_sets.a = 5",
         "1:24: set of prefixes with origins 'a' must be a list of "
         "prefixes with an AS, or { file = \"NAME\" }, not an integer\n"},
        {"prefix_sets.a = { file = 5 }",
         "1:26: file must be a string, not an integer: it needs quotes\n"},
        {"prefix_sets.a = { file = \"there-is-none\" }",
         "1:26: file 'there-is-none' cannot be read: No such file or directory\n"},
        {"prefix_sets.a = { file = \"/dev/null\" }",
         "1:26: file '/dev/null' cannot be read: it is not a regular file\n"},
        {"prefix_sets.a = { file = \"/\" }",
         "1:26: file '/' cannot be read: it is a directory, not a regular file\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct strbuf text = {0};
        struct strbuf expected = {0};
        strbuf_printf(&text, "%s\n" PEER, cases[i].text);
        for (const char *line = cases[i].problem; *line; line = strchr(line, '\n') + 1)
            strbuf_printf(&expected, "t.toml:%.*s\n", (int)strcspn(line, "\n"), line);
        struct config_report report = {0};
        assert_null(parse(strbuf_text(&text), &report));
        struct strbuf errors = {0};
        for (size_t k = 0; k < report.line_count; k++)
            if (!report.lines[k].warning)
                strbuf_printf(&errors, "%s\n", report.lines[k].text);
        assert_string_equal(strbuf_text(&errors), strbuf_text(&expected));
        strbuf_release(&errors);
        config_report_release(&report);
        strbuf_release(&text);
        strbuf_release(&expected);
    }
}

/* Each entry that is wrong is named where it stands. */
static void test_entries(void **state)
{
    (void)state;
    struct config_report report = {0};
    assert_null(parse(PEER "[prefix_sets]\na = [\"10.0.0.0/8\",\n  \"10.0.0.0/33\", \"x\"]\n"
                           "[as_sets]\nb = [-1,\n \"5-4\"]\n"
                           "[community_sets]\nc = [\"1:2\", \"1:99999\"]\n",
                      &report));
    static const char *const leads[] = {
        "t.toml:8:3: ", "t.toml:8:18: ", "t.toml:10:6: ", "t.toml:11:2: ", "t.toml:13:13: "};
    assert_int_equal(report.error_count, 5);
    for (size_t i = 0, k = 0; i < report.line_count; i++)
        if (!report.lines[i].warning)
            assert_memory_equal(report.lines[i].text, leads[k], strlen(leads[k])), k++;
    config_report_release(&report);
}

static void test_names(void **state)
{
    (void)state;
    struct config_report report = {0};
    assert_null(parse(
        PEER "[prefix_sets]\n\"10.0.0.0/8\" = []\npeer = []\n[as_sets]\nAS174 = [1]\n", &report));
    assert_true(report_says(&report, "t.toml:7:1: "));
    assert_true(report_says(&report, "t.toml:8:1: "));
    assert_true(report_says(&report, "t.toml:10:1: "));
    assert_int_equal(report.error_count, 3);
    config_report_release(&report);
}

static void test_files(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    static const char text[] = "prefix_sets.a = { file = \"a.txt\" }\n" PEER;
    write_file(&f, "a.txt", "10.0.0.0/8 # mine\n\n  2001:db8::/32 le 48\n");
    assert_said(&f, text, "t.toml:1:13: warning: prefix set 'a' has no effect: no rule names it\n");
    write_file(&f, "a.txt", "{\"NN\": [{\"prefix\": \"10.0.0.0/8\", \"exact\": true}]}");
    assert_said(&f, text, "t.toml:1:13: warning: prefix set 'a' has no effect: no rule names it\n");
    write_file(&f, "a.txt", "10.0.0.0/8 1\n2001:db8::/32 le 48 *\n");
    assert_said(
        &f, "prefix_origin_sets.a = { file = \"a.txt\" }\n" PEER,
        "t.toml:1:20: warning: set of prefixes with origins 'a' has no effect: no rule names "
        "it\n");
    write_file(&f, "a.txt", "# none\n");
    assert_said(&f, text,
                "t.toml:1:13: warning: prefix set 'a' has no effect: no rule names it\n"
                "t.toml:1:13: warning: prefix set 'a' is empty: it matches nothing\n");
    remove_file(&f, "a.txt");
    rmdir(f.path);
}

/* The file is named as one can open it, and the place within it. */
static void test_wrong_files(void **state)
{
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(&f, "p.txt", "10.0.0.0/8\n10.0.0.0/8 el 24\n");
    write_file(&f, "n.txt", "174\n\nAS\n");
    write_file(&f, "c.txt", "65000:1\n\n\n65000:70000\n");
    char *said = said_of(&f, "community_sets.c = { file = \"c.txt\" }\n"
                             "as_sets.n = { file = \"n.txt\" }\n"
                             "prefix_sets.p = { file = \"p.txt\" }\n" PEER);
    const char *c = strstr(said, "c.txt:4:");
    const char *n = strstr(said, "n.txt:3:");
    const char *p = strstr(said, "p.txt:2:");
    if (!c || !n || !p || c > n || n > p) /* in the order in which the configuration names them */
        fail_msg("%s", said);
    free(said);
    /* What is wrong with a file is said once, whatever number of sets are of it. */
    assert_said(&f,
                "prefix_sets.p = { file = \"p.txt\" }\nprefix_sets.q = { file = \"p.txt\" }\n" PEER,
                "p.txt:2:12: 'el' is neither 'ge N' nor 'le N', which may follow a prefix\n");
    remove_file(&f, "p.txt");
    remove_file(&f, "n.txt");
    remove_file(&f, "c.txt");
    rmdir(f.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),   cmocka_unit_test(test_errors),
        cmocka_unit_test(test_entries), cmocka_unit_test(test_names),
        cmocka_unit_test(test_files),   cmocka_unit_test(test_wrong_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
