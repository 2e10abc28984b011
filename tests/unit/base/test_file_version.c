/* Versions of files: what tells one from another, and what does not. */
#include "base/file_version.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/bgpd-version-XXXXXX";

static void write_file(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void assert_other(const struct file_version *before, const char *name)
{
    struct file_version now = file_version_look(name);
    assert_false(file_version_equal(before, &now));
    assert_false(file_version_equal(&now, before));
}

static void test_versions(void **state)
{
    (void)state;
    const struct file_version none = {0};
    write_file("a", "12");
    struct file_version first = file_version_look("a");
    struct file_version again = file_version_look("a");
    assert_true(file_version_equal(&first, &again));
    assert_int_equal(first.size_bytes, 2);
    assert_false(file_version_equal(&first, &none));
    write_file("a", "123");
    assert_other(&first, "a");
    write_file("b", "123");
    again = file_version_look("a");
    assert_other(&again, "b");
    assert_int_equal(rename("b", "a"), 0);
    assert_other(&again, "a");
    again = file_version_look("a");
    assert_int_equal(unlink("a"), 0);
    assert_other(&again, "a");
    again = file_version_look("a");
    assert_true(file_version_equal(&again, &none));
}

/* A copy that keeps times, as rsync and cp -p make them, is another file all the same. */
static void test_times_that_were_set(void **state)
{
    (void)state;
    struct stat st;
    write_file("a", "12");
    struct file_version first = file_version_look("a");
    assert_int_equal(stat("a", &st), 0);
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    for (struct stat now = st;
         now.st_ctim.tv_sec == st.st_ctim.tv_sec && now.st_ctim.tv_nsec == st.st_ctim.tv_nsec;) {
        write_file("a", "34"); /* until the kernel's clock has gone on */
        assert_int_equal(utimensat(AT_FDCWD, "a", times, 0), 0);
        assert_int_equal(stat("a", &now), 0);
    }
    struct file_version second = file_version_look("a");
    assert_int_equal(first.written_ns, second.written_ns);
    assert_other(&first, "a");
}

static int make_folder(void **state)
{
    (void)state;
    return !mkdtemp(folder) || chdir(folder) != 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink("a");
    return chdir("/") != 0 || rmdir(folder) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_times_that_were_set),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
