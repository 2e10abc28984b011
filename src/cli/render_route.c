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

enum { KEEP_ROWS_MAX = 1000, GROUPS_MAX = 16 };

struct route_column {
    struct table_column column;
    const char *key;
    /* Makes the text of a cell, which `buf` may hold; NULL: that of the member. */
    const char *(*cell)(struct strbuf *buf, json_t *route, const char *key);
    unsigned lists;      /* that have it: bits by enum route_list; 0: all */
    const char *with;    /* the column is for routes that have this member; NULL: for all */
    const char *without; /* and for those that do not have this one; NULL: for all */
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

/* The communities that are no actions. */
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

/* "90 s", "12 min", "5 h", "3 d": of two units that would do the smaller one. */
static void add_duration(struct strbuf *out, json_t *seconds)
{
    static const struct {
        json_int_t seconds;
        const char *name;
    } units[] = {{2 * 24 * 60 * 60, "d"}, {2 * 60 * 60, "h"}, {2 * 60, "min"}};
    json_int_t s = json_integer_value(seconds);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (s < units[i].seconds)
            continue;
        strbuf_printf(out, "%" JSON_INTEGER_FORMAT " %s", s / (units[i].seconds / 2),
                      units[i].name);
        return;
    }
    strbuf_printf(out, "%" JSON_INTEGER_FORMAT " s", s);
}

/* Whom it is aimed at. */
static const char *aim_cell(struct strbuf *buf, json_t *route, const char *key)
{
    json_t *to = json_object_get(route, key);
    if (json_array_size(to) == 0)
        return "all";
    json_cell_add(buf, to, ", ");
    return strbuf_text(buf);
}

/* How long its lease lasts. */
static const char *lease_cell(struct strbuf *buf, json_t *route, const char *key)
{
    json_t *left = json_object_get(route, key);
    if (!json_is_integer(left))
        return NULL;
    add_duration(buf, left);
    return strbuf_text(buf);
}

#define LIST(kind) (1u << ROUTE_LIST_##kind)
/* Those of routes of all kinds. */
#define OF_OTHERS (LIST(LEARNED) | LIST(ADVERTISED) | LIST(BEST))

static const struct route_column columns[] = {
    {.column = {.heading = " "}, .key = "best", .cell = best_cell, .lists = LIST(BEST)},
    {.column = {.heading = "Received From"}, .key = "source", .lists = LIST(LEARNED) | LIST(BEST)},
    {.column = {.heading = "Advertised To"}, .key = "source", .lists = LIST(ADVERTISED)},
    {.column = {.heading = "RD"}, .key = "rd", .with = "rd"},
    {.column = {.heading = "Rules"}, .key = "prefix", .with = "rules"},
    {.column = {.heading = "Prefix"}, .key = "prefix", .without = "rules"},
    {.column = {.heading = "Labels"}, .key = "labels", .with = "labels"},
    {.column = {.heading = "Action"}, .key = "actions", .cell = actions_cell, .with = "actions"},
    {.column = {.heading = "Next Hop"}, .key = "next_hop", .without = "rules"},
    {.column = {.heading = "To"}, .key = "to", .cell = aim_cell, .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Peers", .right_aligned = true},
     .key = "advertised_to",
     .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Left", .right_aligned = true},
     .key = "expires_in",
     .cell = lease_cell,
     .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Age", .right_aligned = true}, .key = "age"},
    {.column = {.heading = "Owner"}, .key = "owner", .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Label"}, .key = "label", .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Tags"}, .key = "tags", .lists = LIST(ORIGINATED)},
    {.column = {.heading = "Origin"}, .key = "origin", .lists = OF_OTHERS},
    {.column = {.heading = "Local Pref", .right_aligned = true},
     .key = "local_pref",
     .lists = OF_OTHERS},
    {.column = {.heading = "Metric", .right_aligned = true},
     .key = "multi_exit_disc",
     .lists = OF_OTHERS},
    {.column = {.heading = "AS Path"}, .key = "as_path", .lists = OF_OTHERS},
    {.column = {.heading = "Communities"},
     .key = "communities",
     .cell = other_communities_cell,
     .lists = OF_OTHERS},
    {.column = {.heading = "Beyond Limits", .optional = true},
     .key = "beyond_limit",
     .lists = LIST(ORIGINATED)},
    {.column = {.heading = "OTC", .right_aligned = true, .optional = true},
     .key = "only_to_customer"},
    {.column = {.heading = "Weight", .right_aligned = true, .optional = true}, .key = "weight"},
    {.column = {.heading = "Marks", .optional = true}, .key = "marks"},
    {.column = {.heading = "ROV", .optional = true}, .key = "rov"},
    {.column = {.heading = "Not Used", .optional = true}, .key = "filtered"},
    {.column = {.heading = "Not Sent", .optional = true},
     .key = "withheld",
     .lists = LIST(ADVERTISED)},
};

enum { COLUMNS_MAX = sizeof columns / sizeof columns[0] };

_Static_assert((int)COLUMNS_MAX <= (int)TABLE_COLUMNS_MAX, "a table has room for all columns");

/* The routes of one family. */
struct group {
    struct strbuf name; /* "IPv4 / Unicast" */
    const struct route_column *columns[COLUMNS_MAX];
    struct table_column headings[COLUMNS_MAX]; /* of these */
    struct table table;
};

struct route_printer {
    FILE *out;
    bool color;
    bool any_written;
    enum route_list kind;
    struct group *groups[GROUPS_MAX]; /* owned */
    size_t group_count;
    size_t kept_rows;      /* in all groups */
    struct group *current; /* the group whose rows are written as they arrive, or NULL */
};

struct route_printer *route_printer_new(FILE *out, bool color, enum route_list kind)
{
    struct route_printer *p = mem_zalloc(sizeof *p);
    p->out = out;
    p->color = color;
    p->kind = kind;
    return p;
}

static void free_group(struct group *g)
{
    strbuf_release(&g->name);
    table_release(&g->table);
    free(g);
}

static void drop_groups(struct route_printer *p)
{
    for (size_t i = 0; i < p->group_count; i++)
        free_group(p->groups[i]);
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
        write_group(p, p->groups[i]);
    struct group *last = p->groups[--p->group_count];
    drop_groups(p);
    p->groups[0] = last;
    p->group_count = 1;
    p->current = last;
}

/* Whether a list of this kind has the column, for routes such as this one. */
static bool column_is_for(const struct route_column *c, enum route_list kind, json_t *route)
{
    return (c->lists == 0 || (c->lists & 1u << kind)) &&
           (!c->with || json_object_get(route, c->with)) &&
           (!c->without || !json_object_get(route, c->without));
}

/* A group with the columns that this route has: those of one family have the same members. */
static struct group *new_group(struct route_printer *p, const char *name, json_t *route)
{
    struct group *g = mem_zalloc(sizeof *g);
    size_t count = 0;
    strbuf_add(&g->name, name);
    for (size_t i = 0; i < COLUMNS_MAX; i++) {
        if (!column_is_for(&columns[i], p->kind, route))
            continue;
        g->columns[count] = &columns[i];
        g->headings[count++] = columns[i].column;
    }
    table_init(&g->table, g->headings, count, p->out, p->color);
    return g;
}

/* The group called `name`; a new one for this route if need be. */
static struct group *find_group(struct route_printer *p, const char *name, json_t *route)
{
    for (size_t i = 0; i < p->group_count; i++) {
        if (strcmp(strbuf_text(&p->groups[i]->name), name) == 0)
            return p->groups[i];
    }
    if (p->current)
        drop_groups(p);
    if (p->group_count == GROUPS_MAX) {
        write_groups(p);
        drop_groups(p);
    }
    return p->groups[p->group_count++] = new_group(p, name, route);
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
    struct group *g = find_group(p, strbuf_text(&name), route);
    for (size_t i = 0; i < g->table.column_count; i++)
        cells[i] = route_cell(&texts[i], route, g->columns[i]);

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
}
