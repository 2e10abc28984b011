/* Tables on a terminal: two spaces between columns, nothing after the last cell of a row, no cell
 * is ever cut: one that is wider than its column moves the rest of its row to the right. */
#include "cli/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/text.h"

static const char *const style_codes[] = {
    [STYLE_PLAIN] = "",      [STYLE_GOOD] = "\033[32m", [STYLE_BAD] = "\033[31m",
    [STYLE_DIM] = "\033[2m", [STYLE_BOLD] = "\033[1m",
};

void table_init(struct table *t, const struct table_column *columns, size_t column_count, FILE *out,
                bool color)
{
    *t = (struct table){
        .columns = columns, .column_count = column_count, .out = out, .color = color};
    for (size_t i = 0; i < column_count; i++)
        t->widths[i] = text_width(columns[i].heading);
}

static void drop_rows(struct table *t)
{
    for (size_t i = 0; i < t->row_count * t->column_count; i++)
        free(t->cells[i]);
    t->row_count = 0;
}

void table_release(struct table *t)
{
    drop_rows(t);
    free(t->cells);
    free(t->styles);
    t->cells = NULL;
    t->styles = NULL;
}

static char *copy_cell(const char *text)
{
    struct strbuf clean = {0};
    text_add_printable(&clean, text ? text : "-");
    return strbuf_take(&clean);
}

void table_keep(struct table *t, const char *const *cells, enum table_style style)
{
    size_t columns = t->column_count;
    t->cells = mem_resize(t->cells, (t->row_count + 1) * columns, sizeof *t->cells);
    t->styles = mem_resize(t->styles, t->row_count + 1, sizeof *t->styles);
    for (size_t i = 0; i < columns; i++) {
        char *cell = copy_cell(cells[i]);
        size_t width = text_width(cell);
        if (width > t->widths[i])
            t->widths[i] = width;
        t->cells[t->row_count * columns + i] = cell;
    }
    t->styles[t->row_count++] = style;
}

static void add_spaces(struct strbuf *line, size_t count)
{
    while (count-- > 0)
        strbuf_add_char(line, ' ');
}

void table_styled(FILE *out, bool color, enum table_style style, const char *text)
{
    bool on = color && style != STYLE_PLAIN;
    fprintf(out, "%s%s%s", on ? style_codes[style] : "", text, on ? "\033[0m" : "");
}

static void write_cells(struct table *t, const char *const *cells, enum table_style style)
{
    struct strbuf line = {0};
    size_t due = 0; /* where the row would be if every cell fitted */
    size_t at = 0;
    for (size_t i = 0; i < t->column_count; i++) {
        size_t width = text_width(cells[i]);
        if (width == 0 && t->widths[i] == 0)
            continue;
        size_t fill = t->widths[i] > width ? t->widths[i] - width : 0;
        if (width > 0) {
            size_t want = due + (t->columns[i].right_aligned ? fill : 0);
            size_t least = at ? at + 2 : 0;
            size_t start = want > least ? want : least;
            add_spaces(&line, start - at);
            strbuf_add(&line, cells[i]);
            at = start + width;
        }
        due += t->widths[i] + 2;
    }
    table_styled(t->out, t->color, style, strbuf_text(&line));
    fputc('\n', t->out);
    strbuf_release(&line);
}

static bool column_is_empty(const struct table *t, size_t column)
{
    for (size_t row = 0; row < t->row_count; row++) {
        if (t->cells[row * t->column_count + column][0])
            return false;
    }
    return true;
}

void table_begin(struct table *t)
{
    const char *headings[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < t->column_count; i++) {
        const struct table_column *c = &t->columns[i];
        bool is_left_out = c->optional && column_is_empty(t, i);
        headings[i] = is_left_out ? "" : c->heading;
        if (is_left_out)
            t->widths[i] = 0;
    }
    write_cells(t, headings, STYLE_BOLD);
    for (size_t row = 0; row < t->row_count; row++)
        write_cells(t, (const char *const *)t->cells + row * t->column_count, t->styles[row]);
    drop_rows(t);
}

void table_row(struct table *t, const char *const *cells, enum table_style style)
{
    char *clean[TABLE_COLUMNS_MAX];
    for (size_t i = 0; i < t->column_count; i++)
        clean[i] = copy_cell(cells[i]);
    write_cells(t, (const char *const *)clean, style);
    for (size_t i = 0; i < t->column_count; i++)
        free(clean[i]);
}
