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
    /* Makes the text of a cell, which `buf` may hold; NULL: that of the member. */
    const char *(*cell)(struct strbuf *buf, json_t *route, const char *key);
};

static const char *best_cell(struct strbuf *buf, json_t *route, const char *key)
{
    (void)buf;
    return json_is_true(json_object_get(route, key)) ? "*" : "";
}

static const char *actions_cell(struct strbuf *buf, json_t *route, const char *key)
{
    json_t *actions = json_object_get(route, key);
    if (!actions)
        return NULL;
    json_cell_add(buf, actions, ", ");
    return buf->len_bytes ? strbuf_text(buf) : "accept";
}

/* Whether one of the actions is what the community says: its first word is the community's name. */
static bool is_action(json_t *actions, const char *community)
{
    size_t name_len = strcspn(community, ":");
    size_t i;
    json_t *item;
    json_array_foreach(actions, i, item)
    {
        const char *action = json_string_value(item);
        if (action && strcspn(action, " ") == name_len && !strncmp(action, community, name_len))
            return true;
    }
    return false;
}

/* The communities of a flow that are no actions. */
static const char *other_communities_cell(struct strbuf *buf, json_t *route, const char *key)
{
    json_t *actions = json_object_get(route, "actions");
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(route, key), i, item)
    {
        const char *text = json_string_value(item);
        if (text && !is_action(actions, text))
            strbuf_printf(buf, "%s%s", buf->len_bytes ? " " : "", text);
    }
    return strbuf_text(buf);
}

#define UNICAST_COLUMNS                                                                            \
    {{.heading = "Prefix"}, "prefix", NULL},                                                       \
    {                                                                                              \
        {.heading = "Next Hop"}, "next_hop", NULL                                                  \
    }
#define FLOW_COLUMNS                                                                               \
    {{.heading = "Rules"}, "prefix", NULL},                                                        \
    {                                                                                              \
        {.heading = "Action"}, "actions", actions_cell                                             \
    }
/* What follows these; `communities` makes the cells of the communities. */
#define ATTRIBUTE_COLUMNS(communities)                                                             \
    {{.heading = "Age", .right_aligned = true}, "age", NULL},                                      \
        {{.heading = "Origin"}, "origin", NULL},                                                   \
        {{.heading = "Local Pref", .right_aligned = true}, "local_pref", NULL},                    \
        {{.heading = "Metric", .right_aligned = true}, "multi_exit_disc", NULL},                   \
        {{.heading = "AS Path"}, "as_path", NULL},                                                 \
        {{.heading = "Communities"}, "communities", communities},                                  \
    {                                                                                              \
        {.heading = "Not Used", .optional = true}, "filtered", NULL                                \
    }
#define BEST_COLUMN                                                                                \
    {                                                                                              \
        {.heading = " "}, "best", best_cell                                                        \
    }
#define FROM_COLUMN                                                                                \
    {                                                                                              \
        {.heading = "Received From"}, "source", NULL                                               \
    }
#define TO_COLUMN                                                                                  \
    {                                                                                              \
        {.heading = "Advertised To"}, "source", NULL                                               \
    }
#define WITHHELD_COLUMN                                                                            \
    {                                                                                              \
        {.heading = "Not Sent", .optional = true}, "withheld", NULL                                \
    }

enum { UNICAST, FLOW, LAYOUTS };

/* By kind of list and of routes; a column without a heading ends each. */
static const struct route_column layouts[][LAYOUTS][COLUMNS_MAX + 1] = {
    [ROUTE_LIST_LEARNED] = {{FROM_COLUMN, UNICAST_COLUMNS, ATTRIBUTE_COLUMNS(NULL)},
                            {FROM_COLUMN, FLOW_COLUMNS, ATTRIBUTE_COLUMNS(other_communities_cell)}},
    [ROUTE_LIST_ADVERTISED] = {{TO_COLUMN, UNICAST_COLUMNS, ATTRIBUTE_COLUMNS(NULL),
                                WITHHELD_COLUMN},
                               {TO_COLUMN, FLOW_COLUMNS, ATTRIBUTE_COLUMNS(other_communities_cell),
                                WITHHELD_COLUMN}},
    [ROUTE_LIST_BEST] = {{BEST_COLUMN, FROM_COLUMN, UNICAST_COLUMNS, ATTRIBUTE_COLUMNS(NULL)},
                         {BEST_COLUMN, FROM_COLUMN, FLOW_COLUMNS,
                          ATTRIBUTE_COLUMNS(other_communities_cell)}},
};

/* The routes of one family. */
struct group {
    struct strbuf name; /* "IPv4 / Unicast" */
    const struct route_column *columns;
    struct table table;
};

struct route_printer {
    FILE *out;
    bool color;
    bool any_written;
    const struct route_column (*layouts)[COLUMNS_MAX + 1]; /* LAYOUTS of them */
    struct table_column columns[LAYOUTS][COLUMNS_MAX];
    size_t column_counts[LAYOUTS];
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
    p->layouts = layouts[kind];
    for (size_t layout = 0; layout < LAYOUTS; layout++)
        for (size_t i = 0; p->layouts[layout][i].column.heading; i++) {
            p->columns[layout][i] = p->layouts[layout][i].column;
            p->column_counts[layout]++;
        }
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

/* The group called `name`, a new one if need be, with the columns of a layout. */
static struct group *find_group(struct route_printer *p, const char *name, size_t layout)
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
    g->columns = p->layouts[layout];
    table_init(&g->table, p->columns[layout], p->column_counts[layout], p->out, p->color);
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

/* Which columns the route has. */
static size_t layout_of(json_t *route)
{
    const char *safi = json_string_value(json_object_get(route, "safi"));
    return safi && strcmp(safi, "Flowspec") == 0 ? FLOW : UNICAST;
}

/* The text of one cell; `buf` holds it. */
static const char *route_cell(struct strbuf *buf, json_t *route, const struct route_column *column)
{
    const char *text =
        column->cell ? column->cell(buf, route, column->key) : json_cell(buf, route, column->key);
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
    struct group *g = find_group(p, strbuf_text(&name), layout_of(route));
    for (size_t i = 0; i < g->table.column_count; i++)
        cells[i] = route_cell(&texts[i], route, &g->columns[i]);

    if (g == p->current) {
        table_row(&g->table, cells, route_style(route));
    } else {
        table_keep(&g->table, cells, route_style(route));
        if (++p->kept_rows == KEEP_ROWS_MAX)
            write_groups(p);
    }
    strbuf_release(&name);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        strbuf_release(&texts[i]);
}

void route_printer_finish(struct route_printer *p)
{
    write_groups(p);
    if (!p->any_written)
        fputs("no routes\n", p->out);
}
