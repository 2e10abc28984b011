/* The reference in docs/api.md is what the table of methods says.
 *
 * `test_reference FILE` compares, `test_reference --write FILE` puts the present reference in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/methods.h"

static const char begin_mark[] =
    "<!-- reference: begin (written by test_reference --write) -->\n\n";
static const char end_mark[] = "<!-- reference: end -->\n";

static const char *path;

static char *read_file(void)
{
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("cannot open %s", path);
    struct strbuf text = {0};
    char block[4096];
    size_t got;
    while ((got = fread(block, 1, sizeof(block), f)) > 0)
        strbuf_add_bytes(&text, block, got);
    fclose(f);
    return strbuf_take(&text);
}

/* The file as it should be. */
static char *with_reference(const char *text)
{
    const char *begin = strstr(text, begin_mark);
    const char *end = strstr(text, end_mark);
    if (!begin || !end || end < begin)
        fail_msg("%s has no place for the reference", path);
    struct strbuf out = {0};
    strbuf_add_bytes(&out, text, (size_t)(begin - text));
    strbuf_add(&out, begin_mark);
    methods_put_markdown(&out);
    strbuf_add(&out, end);
    return strbuf_take(&out);
}

static void test_reference(void **state)
{
    (void)state;
    char *text = read_file();
    char *expected = with_reference(text);
    if (strcmp(text, expected) != 0)
        fail_msg("the reference in %s is not that of the methods: test_reference --write %s", path,
                 path);
    free(expected);
    free(text);
}

static void write_reference(void **state)
{
    (void)state;
    char *text = read_file();
    char *expected = with_reference(text);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(expected, f);
    assert_int_equal(fclose(f), 0);
    free(expected);
    free(text);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: test_reference [--write] docs/api.md\n", stderr);
        return 2;
    }
    path = argv[argc - 1];
    const struct CMUnitTest compare[] = {cmocka_unit_test(test_reference)};
    const struct CMUnitTest write[] = {cmocka_unit_test(write_reference)};
    if (strcmp(argv[1], "--write") == 0)
        return cmocka_run_group_tests(write, NULL, NULL);
    return cmocka_run_group_tests(compare, NULL, NULL);
}
