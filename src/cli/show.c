/* The commands that only read: neighbours and routes.
 *
 * Route lists are written while they arrive, as a table or as JSON with one route a line, so their
 * length does not matter. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"

int cmd_show_neighbors(struct cli *cli, const struct cli_call *call)
{
    const char *peer = call->args[0];
    bool detail = call->args[1] != NULL;
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "peer", peer);
    int status =
        request_call(cli, peer || detail ? "show_peer_detail" : "show_peers", params, &result);
    if (result && detail)
        render_peer_details(stdout, cli->color, result);
    else if (result)
        render_peers(stdout, cli->color, result);
    json_decref(result);
    return status;
}

int cmd_show_info(struct cli *cli, const struct cli_call *call)
{
    (void)call;
    json_t *info;
    int status = request_call(cli, "show_info", NULL, &info);
    if (info)
        render_info(stdout, info);
    json_decref(info);
    return status;
}

int cmd_show_policies(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "policy", call->args[0]);
    int status = request_call(cli, "show_policies", params, &result);
    if (result)
        render_policies(stdout, cli->color, result);
    json_decref(result);
    return status;
}

int cmd_show_rpki(struct cli *cli, const struct cli_call *call)
{
    (void)call;
    json_t *rpki;
    int status = request_call(cli, "show_rpki", NULL, &rpki);
    if (rpki)
        render_rpki(stdout, cli->color, rpki);
    json_decref(rpki);
    return status;
}

/* Sets a parameter by an option that takes no value. */
static void set_flag(json_t *params, const struct cli_call *call, const char *name)
{
    if (cli_call_count(call, name) > 0)
        json_object_set_new(params, name, json_true());
}

int cmd_explain(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "prefix", call->args[0]);
    request_set_text(params, "peer", cli_call_text(call, "peer"));
    request_set_text(params, "family", cli_call_text(call, "family"));
    request_set_text(params, "rd", cli_call_text(call, "rd"));
    set_flag(params, call, "out");
    int status = request_call(cli, "explain", params, &result);
    if (result)
        render_explanations(stdout, cli->color, result);
    json_decref(result);
    return status;
}

/* A list of routes on its way to stdout. */
struct route_output {
    struct cli *cli;
    struct route_printer *printer; /* NULL: as JSON */
    const char *json_head;         /* what stands before the first route in JSON */
    size_t count;
};

static int on_route(void *ctx, const char *text, size_t len_bytes)
{
    struct route_output *o = ctx;
    json_t *route = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(route)) {
        json_decref(route);
        return ERR_INVALID;
    }
    if (o->printer) {
        route_printer_add(o->printer, route);
    } else {
        fputs(o->count ? ",\n" : o->json_head, stdout);
        json_print(stdout, route, 0);
    }
    o->count++;
    json_decref(route);
    return request_output_failed(o->cli) ? ERR_IO : 0;
}

/* Ends the list. `result` is the result without its routes. */
static void finish_routes(struct route_output *o, json_t *result)
{
    if (o->printer) {
        route_printer_finish(o->printer);
        const char *cursor = json_string_value(json_object_get(result, "cursor"));
        if (cursor)
            fprintf(stderr, "bgpd: there are more routes than the limit\n");
        return;
    }
    if (o->count == 0)
        fputs(o->json_head, stdout);
    fputs(o->count ? "\n]" : "]", stdout);
    if (json_is_object(result)) {
        fputs(", \"cursor\": ", stdout);
        json_print(stdout, json_object_get(result, "cursor"), JSON_ENCODE_ANY);
        fputc('}', stdout);
    }
    fputc('\n', stdout);
}

static int show_routes(struct cli *cli, const char *method, json_t *params, enum route_list kind)
{
    struct route_output output = {
        .cli = cli,
        .printer = cli->json ? NULL : route_printer_new(stdout, cli->color, kind),
        .json_head = kind == ROUTE_LIST_BEST ? "{\"routes\": [\n" : "[\n",
    };
    json_t *result = NULL;
    int rc = client_call(&cli->client, method, params, on_route, &output, &result);
    if (rc == 0 || output.count > 0)
        finish_routes(&output, result);
    json_decref(result);
    route_printer_free(output.printer);
    return rc == 0 ? CLI_OK : request_failed(cli);
}

/* The parameters that lists of routes have. */
static void set_list(json_t *params, const struct cli_call *call)
{
    set_flag(params, call, "filtered");
    request_set_text(params, "rov", cli_call_text(call, "rov"));
    request_set_text(params, "family", cli_call_text(call, "family"));
    request_set_text(params, "rd", cli_call_text(call, "rd"));
    request_set_number(params, "limit", call, "limit");
}

static int show_routes_of_peer(struct cli *cli, const struct cli_call *call, const char *method,
                               const char *peer_param, enum route_list kind)
{
    json_t *params = json_object();
    request_set_text(params, peer_param, call->args[0]);
    set_list(params, call);
    set_flag(params, call, "withheld");
    return show_routes(cli, method, params, kind);
}

int cmd_show_routes_learned(struct cli *cli, const struct cli_call *call)
{
    return show_routes_of_peer(cli, call, "show_routes_learned", "from_peer", ROUTE_LIST_LEARNED);
}

int cmd_show_routes_advertised(struct cli *cli, const struct cli_call *call)
{
    return show_routes_of_peer(cli, call, "show_routes_advertised", "to_peer",
                               ROUTE_LIST_ADVERTISED);
}

/* Sets what the argument of `show routes` means: routes to the prefix, or to what covers the
 * address. False, with a message, when an option says the like. */
static bool set_place(json_t *params, const struct cli_call *call)
{
    static const char *const options[] = {"exact", "longest", "longer"};
    const char *place = call->args[0];
    for (size_t i = 0; place && i < sizeof options / sizeof options[0]; i++) {
        if (!cli_call_text(call, options[i]))
            continue;
        fprintf(stderr,
                "bgpd: show routes: %s and --%s exclude each other\n\"bgpd help show routes\" says "
                "how it is used.\n",
                strchr(place, '/') ? "PREFIX" : "ADDRESS", options[i]);
        return false;
    }
    if (place)
        request_set_text(params, strchr(place, '/') ? "exact" : "longest", place);
    return true;
}

int cmd_show_routes(struct cli *cli, const struct cli_call *call)
{
    static const struct {
        const char *option;
        const char *param;
    } filters[] = {
        {"exact", "exact"},    {"longest", "longest"}, {"longer", "longer"},
        {"from", "from_peer"}, {"as", "as"},           {"community", "community"},
    };
    json_t *params = json_object();
    if (!set_place(params, call)) {
        json_decref(params);
        return CLI_USAGE;
    }
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
        request_set_text(params, filters[i].param, cli_call_text(call, filters[i].option));
    set_list(params, call);
    set_flag(params, call, "best");
    return show_routes(cli, "show_routes", params, ROUTE_LIST_BEST);
}
