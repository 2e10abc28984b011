/* The reference in docs/api.md is what the table of methods says.
 *
 * `test_reference FILE` compares, `test_reference --write FILE` puts the present reference in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../written_docs.h"
#include "api/methods.h"

static const char begin_mark[] =
    "<!-- reference: begin (written by test_reference --write) -->\n\n";
static const char end_mark[] = "<!-- reference: end -->\n";

static char *with_reference(const char *text)
{
    const char *begin = strstr(text, begin_mark);
    const char *end = strstr(text, end_mark);
    if (!begin || !end || end < begin)
        fail_msg("there is no place for the reference");
    struct strbuf out = {0};
    strbuf_add_bytes(&out, text, (size_t)(begin - text));
    strbuf_add(&out, begin_mark);
    methods_put_markdown(&out);
    strbuf_add(&out, end);
    return strbuf_take(&out);
}

static struct written_doc document = {.test = "test_reference", .rewrite = with_reference};

static void test_reference(void **state)
{
    (void)state;
    doc_check(&document);
}

static void write_reference(void **state)
{
    (void)state;
    doc_write(&document);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fputs("usage: test_reference [--write] docs/api.md\n", stderr);
        return 2;
    }
    document.path = argv[argc - 1];
    const struct CMUnitTest compare[] = {cmocka_unit_test(test_reference)};
    const struct CMUnitTest write[] = {cmocka_unit_test(write_reference)};
    if (strcmp(argv[1], "--write") == 0)
        return cmocka_run_group_tests(write, NULL, NULL);
    return cmocka_run_group_tests(compare, NULL, NULL);
}
