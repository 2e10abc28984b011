/* The commands that list routes, and count them.
 *
 * A list is asked for a page at a time, each with the cursor that came with the one before. A page
 * is read before it is written, so that a daemon need not wait for a person at a pager; one that is
 * longer than it should be is written while it arrives. So the length of a list does not matter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/text.h"

enum { PAGE_ROUTES = 5000, PAGE_MAX_BYTES = 4 << 20 };

/* One of the lists. */
struct route_command {
    const char *method;
    const char *list; /* what count_routes calls it */
    enum route_list kind;
    const char *peer_param; /* that the first argument is; NULL: it is a place */
    unsigned place_arg;     /* which argument is one */
    unsigned detail_arg;    /* and which "detail" */
    bool is_object;         /* the result is an object that has them */
};

static const struct route_command learned = {
    "show_routes_learned", "learned", ROUTE_LIST_LEARNED, "from_peer", 1, 2, false};
static const struct route_command advertised = {
    "show_routes_advertised", "advertised", ROUTE_LIST_ADVERTISED, "to_peer", 1, 2, false};
static const struct route_command routes = {"show_routes", "routes", ROUTE_LIST_BEST, NULL, 0, 1,
                                            true};
static const struct route_command originated = {
    "show_originated", "originated", ROUTE_LIST_ORIGINATED, NULL, 0, 1, true};

/* A list of routes on its way to stdout. */
struct route_output {
    struct cli *cli;
    enum route_list kind;
    struct route_printer *printer; /* owned; NULL: it is no table */
    bool detail;
    const char *json_head; /* what stands before the first route in JSON */
    size_t count;          /* written */
    size_t arrived;
    struct strbuf page; /* texts of routes that were not written yet, each with a '\0' */
};

static int write_route(struct route_output *o, const char *text, size_t len_bytes)
{
    json_t *route = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(route)) {
        json_decref(route);
        return ERR_INVALID;
    }
    if (o->printer) {
        route_printer_add(o->printer, route);
    } else if (o->detail && o->cli->format == FORMAT_TABLE) {
        render_route_detail(stdout, o->cli->color, route, o->kind, o->count == 0);
    } else if (o->cli->format == FORMAT_CSV) {
        render_route_csv(stdout, route, o->kind, o->count == 0);
    } else if (o->cli->format == FORMAT_NDJSON) {
        json_print(stdout, route, 0);
        fputc('\n', stdout);
    } else {
        fputs(o->count ? ",\n" : o->json_head, stdout);
        json_print(stdout, route, 0);
    }
    o->count++;
    json_decref(route);
    return request_output_failed(o->cli) ? ERR_IO : 0;
}

static int write_page(struct route_output *o)
{
    size_t at = 0;
    int rc = 0;
    while (rc == 0 && at < o->page.len_bytes) {
        size_t len = strlen(o->page.data + at);
        rc = write_route(o, o->page.data + at, len);
        at += len + 1;
    }
    strbuf_clear(&o->page);
    return rc;
}

static int on_route(void *ctx, const char *text, size_t len_bytes)
{
    struct route_output *o = ctx;
    if (memchr(text, '\0', len_bytes))
        return ERR_INVALID; /* no JSON has it */
    strbuf_add_bytes(&o->page, text, len_bytes);
    strbuf_add_bytes(&o->page, "", 1);
    o->arrived++;
    return o->page.len_bytes < PAGE_MAX_BYTES ? 0 : write_page(o);
}

/* Where the list goes on; NULL at its end. */
static json_t *cursor_of(const struct cli *cli, json_t *result)
{
    json_t *cursor =
        json_is_object(result) ? json_object_get(result, "cursor") : cli->client.cursor;
    return json_is_string(cursor) ? cursor : NULL;
}

/* Ends the list. `result` is the result of the last page without its routes. ERR_IO, with why, when
 * it cannot be written. */
static int finish(struct route_output *o, json_t *result)
{
    json_t *cursor = cursor_of(o->cli, result);
    bool is_json = o->cli->format == FORMAT_JSON;
    if (o->printer)
        route_printer_finish(o->printer);
    if (o->count == 0 && o->cli->format == FORMAT_CSV)
        render_route_csv(stdout, NULL, o->kind, true);
    if (fflush(stdout) != 0 && request_output_failed(o->cli))
        return ERR_IO;
    if (o->count == 0 && o->cli->format == FORMAT_TABLE)
        fputs("no routes\n", stderr);
    if (cursor && !is_json)
        fprintf(stderr, "bgpd: there are more routes than the limit\n");
    if (!is_json)
        return 0;
    fputs(o->count == 0 ? o->json_head : "", stdout);
    fputs(o->count ? "\n]" : "]", stdout);
    if (json_is_object(result)) {
        fputs(", \"cursor\": ", stdout);
        json_print(stdout, cursor, JSON_ENCODE_ANY);
        fputc('}', stdout);
    }
    fputc('\n', stdout);
    return 0;
}

/* Asks for page after page, at most `limit` routes (0: all), and writes them. What the last page
 * came with is *ret_result. */
static int list_pages(struct route_output *o, const char *method, json_t *params, uint64_t limit,
                      json_t **ret_result)
{
    for (;;) {
        uint64_t left = limit > 0 ? limit - o->arrived : PAGE_ROUTES;
        size_t before = o->arrived;
        json_object_set_new(params, "limit",
                            json_integer(left < PAGE_ROUTES ? (json_int_t)left : PAGE_ROUTES));
        int rc = client_call(&o->cli->client, method, json_incref(params), on_route, o, ret_result);
        int written = write_page(o); /* also what came before it went wrong */
        if (rc == 0)
            rc = written == ERR_INVALID ? client_not_json_rpc(&o->cli->client) : written;
        json_t *cursor = rc == 0 ? cursor_of(o->cli, *ret_result) : NULL;
        bool is_done = o->arrived == before || (limit > 0 && o->arrived >= limit);
        if (!cursor || is_done)
            return rc;
        json_object_set(params, "cursor", cursor);
        json_decref(*ret_result);
        *ret_result = NULL;
    }
}

/* Tells what went wrong; where it is that there is no such peer, a place may have been meant. */
static int failed(struct cli *cli, const struct cli_call *call, const struct route_command *which)
{
    enum { RPC_NOT_FOUND = -32001 };
    json_t *code = json_object_get(cli->client.rpc_error, "code");
    bool may_be_place = which->peer_param && call->args[0] && !call->args[which->place_arg] &&
                        !cli_call_text(call, "from") && json_integer_value(code) == RPC_NOT_FOUND;
    struct strbuf place = {0};
    int status = request_failed(cli);
    if (may_be_place && cli->format == FORMAT_TABLE) {
        text_add_printable(&place, call->args[0]);
        fprintf(stderr, "routes to that place: bgpd %s all %s\n", call->command->path,
                strbuf_text(&place));
    }
    strbuf_release(&place);
    return status;
}

static int list(struct cli *cli, const struct cli_call *call, const struct route_command *which,
                json_t *params)
{
    bool detail = call->args[which->detail_arg] != NULL;
    struct route_output output = {
        .cli = cli,
        .kind = which->kind,
        .detail = detail,
        .printer = cli->format == FORMAT_TABLE && !detail
                       ? route_printer_new(stdout, cli->color, which->kind)
                       : NULL,
        .json_head = which->is_object ? "{\"routes\": [\n" : "[\n",
    };
    json_t *result = NULL;
    int rc = list_pages(&output, which->method, params, cli_call_number(call, "limit", 0), &result);
    int finished = rc == 0 || output.count > 0 ? finish(&output, result) : 0;
    rc = rc == 0 ? finished : rc;
    json_decref(result);
    json_decref(params);
    route_printer_free(output.printer);
    strbuf_release(&output.page);
    return rc == 0 ? CLI_OK : failed(cli, call, which);
}

static int count(struct cli *cli, const struct cli_call *call, const struct route_command *which,
                 json_t *params)
{
    json_t *result;
    request_set_text(params, "list", which->list);
    request_set_text(params, "by", cli_call_text(call, "by"));
    request_set_number(params, "limit", call, "limit");
    int status = request_call(cli, "count_routes", params, &result);
    if (result && cli->format == FORMAT_CSV)
        render_counts_csv(stdout, result, cli_call_text(call, "by"));
    else if (result)
        render_counts(stdout, cli->color, result, cli_call_text(call, "by"));
    json_decref(result);
    return status;
}

/* Sets from, or to, whom; true when that is said once at most. */
static bool set_peer(struct cli *cli, const struct cli_call *call,
                     const struct route_command *which, json_t *params)
{
    const char *peer = which->peer_param ? call->args[0] : NULL;
    const char *from = cli_call_text(call, "from");
    if (peer && strcmp(peer, "all") != 0)
        request_set_text(params, which->peer_param, peer);
    if (from && json_object_get(params, "from_peer")) {
        request_misused(cli, call, "%s and --from exclude each other", peer);
        return false;
    }
    request_set_text(params, "from_peer", from);
    return true;
}

/* Sets what the argument means: routes to the longest prefix that covers it, which is itself where
 * there is one. False, with a message, when an option says the like. */
static bool set_place(struct cli *cli, const struct cli_call *call,
                      const struct route_command *which, json_t *params)
{
    static const char *const options[] = {"exact", "longest", "longer"};
    const char *place = call->args[which->place_arg];
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *value = cli_call_text(call, options[i]);
        if (value && place) {
            request_misused(cli, call, "%s and --%s exclude each other",
                            strchr(place, '/') ? "PREFIX" : "ADDRESS", options[i]);
            return false;
        }
        request_set_text(params, options[i], value);
    }
    request_set_text(params, "longest", place);
    return true;
}

static int show(struct cli *cli, const struct cli_call *call, const struct route_command *which)
{
    static const char *const texts[][2] = {
        {"as", "as"},
        {"as-path", "as_path"},
        {"origin-as", "origin_as"},
        {"community", "community"},
        {"rov", "rov"},
        {"family", "family"},
        {"rd", "rd"},
        {"owner", "owner"},
        {"route-label", "label"},
        {"tag", "tag"},
        {"to", "to"},
    };
    static const char *const flags[][2] = {{"best", "best"},
                                           {"filtered", "filtered"},
                                           {"withheld", "withheld"},
                                           {"beyond-limits", "beyond_limits"}};
    bool counts = cli_call_count(call, "count") > 0 || cli_call_text(call, "by");
    json_t *params = json_object();
    if (!set_peer(cli, call, which, params) || !set_place(cli, call, which, params)) {
        json_decref(params);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        request_set_text(params, texts[i][1], cli_call_text(call, texts[i][0]));
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        request_set_flag(params, flags[i][1], call, flags[i][0]);
    return counts ? count(cli, call, which, params) : list(cli, call, which, params);
}

int cmd_show_routes(struct cli *cli, const struct cli_call *call)
{
    return show(cli, call, &routes);
}

int cmd_show_routes_learned(struct cli *cli, const struct cli_call *call)
{
    return show(cli, call, &learned);
}

int cmd_show_routes_advertised(struct cli *cli, const struct cli_call *call)
{
    return show(cli, call, &advertised);
}

int cmd_show_originated(struct cli *cli, const struct cli_call *call)
{
    return show(cli, call, &originated);
}
