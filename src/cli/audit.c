/* `show audit`: what clients of the API have changed, or were refused. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "cli/commands.h"
#include "cli/csv.h"
#include "cli/json_cell.h"
#include "cli/request.h"
#include "cli/table.h"

enum { KEPT_ROWS = 500 }; /* by which columns get their widths */

static const struct table_column columns[] = {
    {.heading = "Time"},   {.heading = "Owner"}, {.heading = "Address"},
    {.heading = "Method"}, {.heading = "What"},  {.heading = "Outcome"},
};
enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

static const char *const csv_keys[] = {"number", "time", "owner", "token",  "address",
                                       "method", "what", "error", "repeats"};
enum { CSV_KEYS = sizeof(csv_keys) / sizeof(csv_keys[0]) };

struct listing {
    struct cli *cli;
    struct table table;
    uint64_t count;
};

static void add_time(struct strbuf *out, json_t *unix_s)
{
    time_t at = (time_t)json_integer_value(unix_s);
    struct tm parts;
    char text[32];
    if (gmtime_r(&at, &parts) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
        strbuf_add(out, text);
}

static void add_outcome(struct strbuf *out, json_t *change)
{
    json_t *error = json_object_get(change, "error");
    json_int_t repeats = json_integer_value(json_object_get(change, "repeats"));
    if (json_is_string(error))
        json_cell_add(out, error, "");
    else
        strbuf_add(out, "done");
    if (repeats > 0)
        strbuf_printf(out, " (and %" JSON_INTEGER_FORMAT " times more)", repeats);
}

static void put_row(struct listing *l, json_t *change)
{
    struct strbuf texts[COLUMNS] = {0};
    const char *cells[COLUMNS];
    add_time(&texts[0], json_object_get(change, "time"));
    json_cell_add(&texts[1], json_object_get(change, "owner"), "");
    json_cell_add(&texts[2], json_object_get(change, "address"), "");
    json_cell_add(&texts[3], json_object_get(change, "method"), "");
    json_cell_add(&texts[4], json_object_get(change, "what"), "");
    add_outcome(&texts[5], change);
    enum table_style style =
        json_is_string(json_object_get(change, "error")) ? STYLE_BAD : STYLE_PLAIN;
    for (size_t i = 0; i < COLUMNS; i++)
        cells[i] = texts[i].len_bytes > 0 ? strbuf_text(&texts[i]) : NULL;
    if (l->count == KEPT_ROWS)
        table_begin(&l->table);
    if (l->count < KEPT_ROWS)
        table_keep(&l->table, cells, style);
    else
        table_row(&l->table, cells, style);
    for (size_t i = 0; i < COLUMNS; i++)
        strbuf_release(&texts[i]);
}

static int on_change(void *ctx, const char *text, size_t len_bytes)
{
    struct listing *l = ctx;
    json_t *change = json_loadb(text, len_bytes, 0, NULL);
    if (!json_is_object(change)) {
        json_decref(change);
        return ERR_INVALID;
    }
    if (l->cli->format == FORMAT_TABLE) {
        put_row(l, change);
    } else if (l->cli->format == FORMAT_CSV) {
        csv_row(stdout, change, csv_keys, CSV_KEYS);
    } else {
        json_print(stdout, change, 0);
        fputc('\n', stdout);
    }
    l->count++;
    json_decref(change);
    return request_output_failed(l->cli) ? ERR_IO : 0;
}

int cmd_show_audit(struct cli *cli, const struct cli_call *call)
{
    struct listing l = {.cli = cli};
    json_t *params = json_object();
    json_t *result = NULL;
    request_set_text(params, "owner", cli_call_text(call, "owner"));
    request_set_text(params, "method", cli_call_text(call, "method"));
    request_set_text(params, "prefix", cli_call_text(call, "prefix"));
    request_set_text(params, "since", cli_call_text(call, "since"));
    request_set_number(params, "last", call, "last");
    if (cli->format == FORMAT_JSON)
        return request_call(cli, "show_audit", params, &result);
    if (cli->format == FORMAT_CSV)
        csv_heading(stdout, csv_keys, CSV_KEYS);
    table_init(&l.table, columns, COLUMNS, stdout, cli->color);
    int rc = client_call(&cli->client, "show_audit", params, on_change, &l, &result);
    if (cli->format == FORMAT_TABLE && l.count > 0 && l.count <= KEPT_ROWS)
        table_begin(&l.table);
    if (rc == 0 && l.count == 0)
        fprintf(stderr, "bgpd: no such change is known\n");
    table_release(&l.table);
    json_decref(result);
    return rc == 0 ? CLI_OK : request_failed(cli);
}
