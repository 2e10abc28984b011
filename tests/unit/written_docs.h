/* Documents that are written from rows of the program. Include after cmocka. */
#ifndef BGPD_TESTS_WRITTEN_DOCS_H
#define BGPD_TESTS_WRITTEN_DOCS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

/* A document that says what rows of the program say. */
struct written_doc {
    const char *path;
    const char *test;                   /* that writes it */
    char *(*rewrite)(const char *text); /* the document as it should be, owned by the caller */
};

static inline char *doc_read(const struct written_doc *d)
{
    FILE *f = fopen(d->path, "r");
    if (!f)
        fail_msg("cannot open %s", d->path);
    struct strbuf text = {0};
    char buf[4096];
    size_t got;
    while ((got = fread(buf, 1, sizeof(buf), f)) > 0)
        strbuf_add_bytes(&text, buf, got);
    fclose(f);
    return strbuf_take(&text);
}

static inline void doc_check(const struct written_doc *d)
{
    char *docs = doc_read(d);
    char *expected = d->rewrite(docs);
    if (strcmp(docs, expected) != 0)
        fail_msg("%s does not say what the rows say: %s --write", d->path, d->test);
    free(expected);
    free(docs);
}

static inline void doc_write(const struct written_doc *d)
{
    char *docs = doc_read(d);
    char *expected = d->rewrite(docs);
    FILE *f = fopen(d->path, "w");
    assert_non_null(f);
    fputs(expected, f);
    assert_int_equal(fclose(f), 0);
    free(expected);
    free(docs);
}

static inline bool doc_is_row(const char *line)
{
    return strncmp(line, "| `", 3) == 0;
}

/* `text` with its runs of rows rendered anew: there are `count` of them. */
static inline char *doc_with_tables(const char *text, size_t count,
                                    void (*render)(size_t index, struct strbuf *out))
{
    struct strbuf out = {0};
    size_t table = 0;
    bool in_rows = false;
    for (const char *line = text; *line != '\0'; line = strchrnul(line, '\n') + 1) {
        if (!doc_is_row(line))
            strbuf_add_bytes(&out, line, (size_t)(strchrnul(line, '\n') + 1 - line));
        else if (!in_rows && table++ < count)
            render(table - 1, &out);
        in_rows = doc_is_row(line);
    }
    if (table != count)
        fail_msg("there are %zu tables of rows, not %zu", table, count);
    return strbuf_take(&out);
}

#endif
