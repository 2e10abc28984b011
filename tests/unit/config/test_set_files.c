/* Sets of files when the configuration is read again: what is as it was is taken over, and nothing
 * else is, whatever the file system says of the file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/set_files.h"
#include "config_test.h"

struct folder {
    char path[32];
    char list[48];
    char toml[48];
};

static struct folder open_folder(void)
{
    struct folder f = {.path = "/tmp/bgpd-sets-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    snprintf(f.list, sizeof(f.list), "%s/list", f.path);
    snprintf(f.toml, sizeof(f.toml), "%s/t.toml", f.path);
    return f;
}

static void close_folder(const struct folder *f)
{
    unlink(f->list);
    unlink(f->toml);
    assert_int_equal(rmdir(f->path), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* With what `before` knows; NULL: nothing. */
static struct config *load(const struct folder *f, const struct config *before,
                           const char *expected_error)
{
    struct config_report report = {0};
    struct config_source from = config_source_file(f->toml);
    if (before)
        config_source_know(&from, before);
    struct config *c = config_source_load(&from, &report);
    assert_true((c == NULL) == (expected_error != NULL));
    assert_true(!expected_error || report_says(&report, expected_error));
    config_source_release(&from);
    config_report_release(&report);
    return c;
}

/* The set of prefixes that the configuration has of a text; NULL. */
static void *set_of(const struct config *c, const char *text)
{
    struct strbuf copy = {0};
    strbuf_add(&copy, text);
    void *set = set_files_find(c->set_files, POLICY_PREFIX_SET, set_files_digest(&copy));
    policy_set_rows[POLICY_PREFIX_SET].unref(set); /* the configuration has it, too */
    strbuf_release(&copy);
    return set;
}

#define USE_OF_LIST                                                                                \
    "router_id = \"1.1.1.1\"\n[prefix_sets]\na = { file = \"list\" }\n[policies.p]\n"              \
    "rules = [ { if = { prefix = \"a\" }, then = \"reject\" } ]\n"                                 \
    "[[peers]]\nremote_ip = \"127.0.0.2\"\nremote_as = 1\nlocal_as = 2\nimport = [\"p\"]\n"

static void what_has_not_changed_is_taken_over(void **state)
{
    (void)state;
    struct folder f = open_folder();
    write_file(f.toml, USE_OF_LIST);
    write_file(f.list, "10.0.0.0/8\n");
    struct config *first = load(&f, NULL, NULL);
    write_file(f.list, "10.0.0.0/8\n");
    struct config *second = load(&f, first, NULL);
    void *set = set_of(first, "10.0.0.0/8\n");
    assert_non_null(set);
    assert_ptr_equal(set_of(second, "10.0.0.0/8\n"), set);
    config_free(first);
    struct config *third = load(&f, second, NULL);
    assert_ptr_equal(set_of(third, "10.0.0.0/8\n"), set);
    config_free(second);
    config_free(third);
    close_folder(&f);
}

static void a_change_is_seen_whatever_the_times_say(void **state)
{
    (void)state;
    struct folder f = open_folder();
    struct stat st;
    write_file(f.toml, USE_OF_LIST);
    write_file(f.list, "10.0.0.0/8\n");
    assert_int_equal(stat(f.list, &st), 0);
    struct config *first = load(&f, NULL, NULL);
    write_file(f.list, "11.0.0.0/8\n");
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, f.list, times, 0), 0);
    struct config *second = load(&f, first, NULL);
    assert_null(set_of(second, "10.0.0.0/8\n"));
    assert_non_null(set_of(second, "11.0.0.0/8\n"));
    write_file(f.list, "11.0.0.0/8\nx\n");
    assert_null(load(&f, second, "list:2:1"));
    assert_null(load(&f, second, "list:2:1")); /* what is wrong stays wrong */
    unlink(f.list);
    assert_null(load(&f, second, "cannot be read"));
    config_free(first);
    config_free(second);
    close_folder(&f);
}

/* The text of a file is the same for each kind, and its sets are not. */
static void kinds_are_kept_apart(void **state)
{
    (void)state;
    struct folder f = open_folder();
    write_file(f.list, "# nothing\n");
    write_file(f.toml, USE_OF_LIST);
    struct config *first = load(&f, NULL, NULL);
    write_file(f.toml, "router_id = \"1.1.1.1\"\n[as_sets]\na = { file = \"list\" }\n[policies.p]\n"
                       "rules = [ { if = { origin_as = \"a\" }, then = \"reject\" } ]\n"
                       "[[peers]]\nremote_ip = \"127.0.0.2\"\nremote_as = 1\nlocal_as = 2\n"
                       "import = [\"p\"]\n");
    struct config *second = load(&f, first, NULL);
    assert_null(set_of(second, "# nothing\n"));
    config_free(first);
    config_free(second);
    close_folder(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_not_changed_is_taken_over),
        cmocka_unit_test(a_change_is_seen_whatever_the_times_say),
        cmocka_unit_test(kinds_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
