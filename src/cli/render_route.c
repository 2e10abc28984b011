/* Routes for people, grouped by family.
 *
 * A list may be longer than memory: the first rows are kept back until their widths are known and
 * they can be put under one heading a family; the rows that follow are written as they arrive, as
 * long as the family stays the same. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strbuf.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/table.h"
#include "cli/text.h"

enum { KEEP_ROWS_MAX = 1000, GROUPS_MAX = 16, COLUMNS_MAX = 11 };

struct route_column {
    struct table_column column;
    const char *key;
};

#define ROUTE_COLUMNS                                                                              \
    {{.heading = "Prefix"}, "prefix"}, {{.heading = "Next Hop"}, "next_hop"},                      \
        {{.heading = "Age", .right_aligned = true}, "age"}, {{.heading = "Origin"}, "origin"},     \
        {{.heading = "Local Pref", .right_aligned = true}, "local_pref"},                          \
        {{.heading = "Metric", .right_aligned = true}, "multi_exit_disc"},                         \
        {{.heading = "AS Path"}, "as_path"}, {{.heading = "Communities"}, "communities"},          \
    {                                                                                              \
        {.heading = "Not Used", .optional = true}, "filtered"                                      \
    }

static const struct route_column learned_columns[] = {
    {{.heading = "Received From"}, "source"},
    ROUTE_COLUMNS,
};
static const struct route_column advertised_columns[] = {
    {{.heading = "Advertised To"}, "source"},
    ROUTE_COLUMNS,
    {{.heading = "Not Sent", .optional = true}, "withheld"},
};
static const struct route_column best_columns[] = {
    {{.heading = " "}, "best"},
    {{.heading = "Received From"}, "source"},
    ROUTE_COLUMNS,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const struct route_column *columns;
    size_t count;
} lists[] = {
    [ROUTE_LIST_LEARNED] = {learned_columns, COUNT(learned_columns)},
    [ROUTE_LIST_ADVERTISED] = {advertised_columns, COUNT(advertised_columns)},
    [ROUTE_LIST_BEST] = {best_columns, COUNT(best_columns)},
};

/* The routes of one family. */
struct group {
    struct strbuf name; /* "IPv4 / Unicast" */
    struct table table;
};

struct route_printer {
    FILE *out;
    bool color;
    bool any_written;
    const struct route_column *route_columns;
    struct table_column columns[COLUMNS_MAX];
    size_t column_count;
    struct group groups[GROUPS_MAX];
    size_t group_count;
    size_t kept_rows;      /* in all groups */
    struct group *current; /* the group whose rows are written as they arrive, or NULL */
};

struct route_printer *route_printer_new(FILE *out, bool color, enum route_list kind)
{
    struct route_printer *p = mem_zalloc(sizeof *p);
    p->out = out;
    p->color = color;
    p->route_columns = lists[kind].columns;
    p->column_count = lists[kind].count;
    for (size_t i = 0; i < p->column_count; i++)
        p->columns[i] = p->route_columns[i].column;
    return p;
}

static void drop_groups(struct route_printer *p)
{
    for (size_t i = 0; i < p->group_count; i++) {
        strbuf_release(&p->groups[i].name);
        table_release(&p->groups[i].table);
    }
    p->group_count = 0;
    p->kept_rows = 0;
    p->current = NULL;
}

void route_printer_free(struct route_printer *p)
{
    if (p)
        drop_groups(p);
    free(p);
}

static void write_group(struct route_printer *p, struct group *g)
{
    fputs(p->any_written ? "\n" : "", p->out);
    p->any_written = true;
    table_styled(p->out, p->color, STYLE_BOLD, strbuf_text(&g->name));
    fputc('\n', p->out);
    table_begin(&g->table);
}

/* Writes all groups with kept rows; the last one stays, as the current one. */
static void write_groups(struct route_printer *p)
{
    if (p->group_count == 0 || p->current)
        return;
    for (size_t i = 0; i < p->group_count; i++)
        write_group(p, &p->groups[i]);
    struct group last = p->groups[--p->group_count];
    drop_groups(p);
    p->groups[0] = last;
    p->group_count = 1;
    p->current = &p->groups[0];
}

/* The group called `name`, a new one if need be. */
static struct group *find_group(struct route_printer *p, const char *name)
{
    for (size_t i = 0; i < p->group_count; i++) {
        if (strcmp(strbuf_text(&p->groups[i].name), name) == 0)
            return &p->groups[i];
    }
    if (p->current)
        drop_groups(p);
    if (p->group_count == GROUPS_MAX) {
        write_groups(p);
        drop_groups(p);
    }
    struct group *g = &p->groups[p->group_count++];
    *g = (struct group){0};
    strbuf_add(&g->name, name);
    table_init(&g->table, p->columns, p->column_count, p->out, p->color);
    return g;
}

static void group_name(json_t *route, struct strbuf *ret_name)
{
    struct strbuf raw = {0};
    json_cell_add(&raw, json_object_get(route, "afi"), " ");
    strbuf_add(&raw, " / ");
    json_cell_add(&raw, json_object_get(route, "safi"), " ");
    text_add_printable(ret_name, strbuf_text(&raw));
    strbuf_release(&raw);
}

/* The text of one cell; `buf` holds it. */
static const char *route_cell(struct strbuf *buf, json_t *route, const struct route_column *column)
{
    json_t *value = json_object_get(route, column->key);
    if (strcmp(column->key, "best") == 0)
        return json_is_true(value) ? "*" : "";
    const char *text = json_cell(buf, route, column->key);
    return !text && column->column.optional ? "" : text;
}

static enum table_style route_style(json_t *route)
{
    json_t *filtered = json_object_get(route, "filtered");
    if (filtered && !json_is_null(filtered))
        return STYLE_DIM;
    return json_is_true(json_object_get(route, "best")) ? STYLE_GOOD : STYLE_PLAIN;
}

void route_printer_add(struct route_printer *p, json_t *route)
{
    struct strbuf name = {0};
    struct strbuf texts[COLUMNS_MAX] = {0};
    const char *cells[COLUMNS_MAX];
    group_name(route, &name);
    for (size_t i = 0; i < p->column_count; i++)
        cells[i] = route_cell(&texts[i], route, &p->route_columns[i]);

    struct group *g = find_group(p, strbuf_text(&name));
    if (g == p->current) {
        table_row(&g->table, cells, route_style(route));
    } else {
        table_keep(&g->table, cells, route_style(route));
        if (++p->kept_rows == KEEP_ROWS_MAX)
            write_groups(p);
    }
    strbuf_release(&name);
    for (size_t i = 0; i < p->column_count; i++)
        strbuf_release(&texts[i]);
}

void route_printer_finish(struct route_printer *p)
{
    write_groups(p);
    if (!p->any_written)
        fputs("no routes\n", p->out);
}
