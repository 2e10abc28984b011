/* Aligned tables of any length: the first rows decide how wide the columns are, the others are
 * written at once. */
#ifndef BGPD_CLI_TABLE_H
#define BGPD_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { TABLE_COLUMNS_MAX = 32 };

struct table_column {
    const char *heading;
    bool right_aligned;
    bool optional; /* of the last columns: no heading while all its cells are empty */
};

enum table_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_DIM, STYLE_BOLD };

struct table {
    const struct table_column *columns; /* borrowed */
    size_t column_count;
    FILE *out; /* borrowed */
    bool color;
    size_t widths[TABLE_COLUMNS_MAX];
    char **cells;             /* owned: rows that were not written yet, column_count texts each */
    enum table_style *styles; /* owned: one a row */
    size_t row_count;
};

/* `columns` must live as long as the table and be at most TABLE_COLUMNS_MAX. */
void table_init(struct table *t, const struct table_column *columns, size_t column_count, FILE *out,
                bool color);
void table_release(struct table *t);

/* Keeps a row for table_begin. Texts are copied; NULL is shown as "-", control characters as "?".
 */
void table_keep(struct table *t, const char *const *cells, enum table_style style);
/* Writes the headings and the rows kept so far, whose widths count from now on. */
void table_begin(struct table *t);
/* Writes a row after those of table_begin. */
void table_row(struct table *t, const char *const *cells, enum table_style style);

/* Writes `text` in a style, where colours are wanted. */
void table_styled(FILE *out, bool color, enum table_style style, const char *text);

#endif
