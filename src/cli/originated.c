/* `show originated`: what the API announces, and whose it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/request.h"
#include "cli/table.h"

enum { KEPT_ROWS = 500 }; /* by which columns get their widths */

static const struct table_column columns[] = {
    {.heading = "Route"},
    {.heading = "To"},
    {.heading = "Peers", .right_aligned = true},
    {.heading = "Left", .right_aligned = true},
    {.heading = "Age", .right_aligned = true},
    {.heading = "Owner", .optional = true},
    {.heading = "Label", .optional = true},
    {.heading = "Tags", .optional = true},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

struct listing {
    struct cli *cli;
    struct table table;
    uint64_t count;
};

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

/* What it is to, and where it leads. */
static void add_route(struct strbuf *out, json_t *route)
{
    json_t *rd = json_object_get(route, "rd");
    json_t *rules = json_object_get(route, "rules");
    json_t *hop = json_object_get(route, "next_hop");
    if (json_is_string(rd)) {
        json_cell_add(out, rd, "");
        strbuf_add(out, " ");
    }
    json_cell_add(out, json_is_array(rules) ? rules : json_object_get(route, "prefix"), "; ");
    if (json_is_string(hop)) {
        strbuf_add(out, " via ");
        json_cell_add(out, hop, "");
    }
}

static void add_cells(struct strbuf texts[COLUMNS], json_t *route)
{
    json_t *to = json_object_get(route, "to");
    json_t *left = json_object_get(route, "expires_in");
    add_route(&texts[0], route);
    if (json_array_size(to) > 0)
        json_cell_add(&texts[1], to, ", ");
    else
        strbuf_add(&texts[1], "all");
    json_cell_add(&texts[2], json_object_get(route, "advertised_to"), "");
    if (json_is_integer(left))
        add_duration(&texts[3], left);
    json_cell_add(&texts[4], json_object_get(route, "age"), "");
    json_cell_add(&texts[5], json_object_get(route, "owner"), "");
    json_cell_add(&texts[6], json_object_get(route, "label"), "");
    json_cell_add(&texts[7], json_object_get(route, "tags"), " ");
}

static int on_route(void *ctx, const char *text, size_t len_bytes)
{
    struct listing *l = ctx;
    struct strbuf texts[COLUMNS] = {0};
    const char *cells[COLUMNS];
    json_t *route = json_loadb(text, len_bytes, 0, NULL);
    if (!json_is_object(route)) {
        json_decref(route);
        return ERR_INVALID;
    }
    add_cells(texts, route);
    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = texts[i].len_bytes > 0 ? strbuf_text(&texts[i]) : NULL;
    if (l->count == KEPT_ROWS)
        table_begin(&l->table);
    if (l->count < KEPT_ROWS)
        table_keep(&l->table, cells, STYLE_PLAIN);
    else
        table_row(&l->table, cells, STYLE_PLAIN);
    l->count++;
    for (size_t i = 0; i < COLUMNS; i++)
        strbuf_release(&texts[i]);
    json_decref(route);
    return request_output_failed(l->cli) ? ERR_IO : 0;
}

static void set_filter(json_t *params, const struct cli_call *call)
{
    request_set_text(params, "owner", cli_call_text(call, "owner"));
    request_set_text(params, "label", cli_call_text(call, "route-label"));
    request_set_text(params, "tag", cli_call_text(call, "tag"));
    request_set_text(params, "family", cli_call_text(call, "family"));
}

/* A route a line, as they come. */
static int put_line(void *ctx, const char *text, size_t len_bytes)
{
    struct cli *cli = ctx;
    json_t *route = json_loadb(text, len_bytes, 0, NULL);
    if (!json_is_object(route)) {
        json_decref(route);
        return ERR_INVALID;
    }
    request_print(cli, route);
    json_decref(route);
    return request_output_failed(cli) ? ERR_IO : 0;
}

static int show_lines(struct cli *cli, json_t *params)
{
    json_t *result = NULL;
    int rc = client_call(&cli->client, "show_originated", params, put_line, cli, &result);
    json_decref(result);
    return rc == 0 ? CLI_OK : request_failed(cli);
}

/* With --json the answer is printed as it is. */
static int show_json(struct cli *cli, json_t *params)
{
    json_t *none;
    return request_call(cli, "show_originated", params, &none);
}

int cmd_show_originated(struct cli *cli, const struct cli_call *call)
{
    struct listing l = {.cli = cli};
    json_t *params = json_object();
    json_t *result = NULL;
    set_filter(params, call);
    request_set_flag(params, "beyond_limits", call, "beyond-limits");
    request_set_number(params, "limit", call, "limit");
    if (cli->format == FORMAT_NDJSON)
        return show_lines(cli, params);
    if (request_wants_json(cli))
        return show_json(cli, params);
    table_init(&l.table, columns, COLUMNS, stdout, cli->color);
    int rc = client_call(&cli->client, "show_originated", params, on_route, &l, &result);
    if (l.count > 0 && l.count <= KEPT_ROWS)
        table_begin(&l.table);
    if (rc == 0 && l.count == 0)
        fprintf(stderr, "bgpd: the API announces no such routes\n");
    if (json_is_string(json_object_get(result, "cursor")))
        fprintf(stderr, "bgpd: there are more routes than the limit\n");
    table_release(&l.table);
    json_decref(result);
    return rc == 0 ? CLI_OK : request_failed(cli);
}
