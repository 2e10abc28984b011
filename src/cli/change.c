/* The commands that change something in a running daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bulk.h"
#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/route_options.h"
#include "cli/text.h"

/* --- routes and flows --- */

static struct route_items no_items(void)
{
    return (struct route_items){.routes = json_array(), .flows = json_array()};
}

/* What all routes or flows of a file have in common, as the options say. */
static json_t *common_terms(const struct cli_call *call)
{
    json_t *common = json_object();
    request_set_text(common, "next_hop", cli_call_text(call, "next-hop"));
    route_options_set_attributes(common, call);
    route_options_set_terms(common, call);
    return common;
}

static void print_route(const struct cli *cli, json_t *route)
{
    struct route_printer *printer = route_printer_new(stdout, cli->color, ROUTE_LIST_LEARNED);
    route_printer_add(printer, route);
    route_printer_finish(printer);
    route_printer_free(printer);
}

/* Of a dry run, what would have become of it. */
static void tell_dry_run(const struct cli *cli, json_t *route)
{
    json_t *replaced = json_object_get(route, "replaced");
    json_int_t peers = json_integer_value(json_object_get(route, "advertised_to"));
    if (!json_is_true(json_object_get(route, "dry_run")))
        return;
    printf("dry run: it would go to %" JSON_INTEGER_FORMAT " %s%s\n", peers,
           peers == 1 ? "peer" : "peers", json_is_object(replaced) ? ", in place of" : "");
    if (json_is_object(replaced))
        print_route(cli, replaced);
}

/* Advertises one route, and shows it. Takes over `params`. */
static int advertise_one(struct cli *cli, const struct cli_call *call, const char *method,
                         json_t *params)
{
    json_t *route;
    request_set_flag(params, "dry_run", call, "dry-run");
    int status = request_call(cli, method, params, &route);
    if (route) {
        print_route(cli, route);
        tell_dry_run(cli, route);
        request_tell(json_object_get(route, "warnings"), "warning: ");
    }
    json_decref(route);
    return status;
}

/* Whether what a file says is meant, and nothing else is named beside it. */
static bool is_of_file(const struct cli_call *call)
{
    return cli_call_count(call, "file") > 0 && !call->args[0];
}

static int release_misused(struct cli *cli, const struct cli_call *call, struct route_items items,
                           struct strbuf *error)
{
    int status = request_misused(cli, call, "%s", strbuf_text(error));
    json_decref(items.routes);
    json_decref(items.flows);
    strbuf_release(error);
    return status;
}

/* What the arguments name, unless there is a file. False, with why in *error. */
static bool add_arguments(struct route_items *items, const struct cli_call *call, bool is_flow,
                          struct strbuf *error)
{
    if (cli_call_count(call, "file") > 0) {
        strbuf_add(error, is_flow ? "a file stands in the place of a flow"
                                  : "a file stands in the place of prefixes");
        return false;
    }
    return is_flow ? route_items_add_flow(items, call, error)
                   : route_items_add_routes(items, call, error);
}

static int advertise(struct cli *cli, const struct cli_call *call, bool is_flow)
{
    struct route_items items = no_items();
    struct strbuf error = {0};
    json_t *list = is_flow ? items.flows : items.routes;
    if (is_of_file(call))
        return bulk_run(cli, call, false, is_flow, items, common_terms(call));
    bool is_good = add_arguments(&items, call, is_flow, &error);
    json_t *one = json_array_size(list) == 1 ? json_array_get(list, 0) : NULL;
    if (is_good && one && !json_object_get(one, is_flow ? "action" : "next_hop")) {
        strbuf_add(&error, is_flow ? "ACTION is missing" : "NEXT_HOP is missing");
        is_good = false;
    }
    if (!is_good)
        return release_misused(cli, call, items, &error);
    if (!one)
        return bulk_run(cli, call, false, is_flow, items, json_object());
    int status =
        advertise_one(cli, call, is_flow ? "advertise_flow" : "advertise_route", json_incref(one));
    json_decref(items.routes);
    json_decref(items.flows);
    return status;
}

int cmd_advertise_route(struct cli *cli, const struct cli_call *call)
{
    return advertise(cli, call, false);
}

int cmd_advertise_flow(struct cli *cli, const struct cli_call *call)
{
    return advertise(cli, call, true);
}

/* Prints "LABEL: value of the result's member". */
static int call_and_print(struct cli *cli, const char *method, json_t *params, const char *label,
                          const char *key)
{
    json_t *result;
    int status = request_call(cli, method, params, &result);
    if (result) {
        struct strbuf text = {0};
        struct strbuf clean = {0};
        json_cell_add(&text, json_object_get(result, key), ", ");
        text_add_printable(&clean, strbuf_text(&text));
        printf("%s: %s\n", label, strbuf_text(&clean));
        strbuf_release(&text);
        strbuf_release(&clean);
    }
    json_decref(result);
    return status;
}

/* --- withdrawing --- */

/* Whether it is said by what they have in common which ones are meant. */
static bool has_filter(const struct cli_call *call)
{
    static const char *const options[] = {"all", "owner", "tag", "route-label"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        count += cli_call_count(call, options[i]);
    return count > 0;
}

/* Withdraws all routes, or all flows, that the options mean. */
static int withdraw_filtered(struct cli *cli, const struct cli_call *call, bool is_flow)
{
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "kind", is_flow ? "flows" : "routes");
    request_set_text(params, "owner", cli_call_text(call, "owner"));
    request_set_text(params, "label", cli_call_text(call, "route-label"));
    request_set_text(params, "tag", cli_call_text(call, "tag"));
    request_set_text(params, "family", cli_call_text(call, "family"));
    request_set_flag(params, "all", call, "all");
    request_set_flag(params, "dry_run", call, "dry-run");
    int status = request_call(cli, "withdraw_originated", params, &result);
    if (result)
        printf("%swithdrawn: %" JSON_INTEGER_FORMAT "\n",
               cli_call_count(call, "dry-run") > 0 ? "would be " : "",
               json_integer_value(json_object_get(result, "withdrawn")));
    json_decref(result);
    return status;
}

/* The prefixes that are the arguments. */
static void add_prefixes(struct route_items *items, const struct cli_call *call)
{
    for (size_t i = 0; i < call->more_count + 1; i++) {
        json_t *item = json_object();
        route_options_set_key(item, i == 0 ? call->args[0] : call->more[i - 1], call);
        route_options_set_aim(item, call);
        json_array_append_new(items->routes, item);
    }
}

static int withdraw(struct cli *cli, const struct cli_call *call, bool is_flow)
{
    bool filtered = has_filter(call);
    bool of_file = cli_call_count(call, "file") > 0;
    bool named = call->args[0] != NULL;
    struct route_items items = no_items();
    if (filtered + of_file + named != 1 ||
        (is_flow && named && cli_call_count(call, "match") == 0)) {
        struct strbuf error = {0};
        if (filtered + of_file + named != 1)
            strbuf_add(&error, is_flow
                                   ? "one of these is needed: a flow, --file, or --all, --owner, "
                                     "--tag, --route-label"
                                   : "one of these is needed: prefixes, --file, or --all, "
                                     "--owner, --tag, --route-label");
        else
            strbuf_add(&error, "at least one --match is needed, for example "
                               "-m \"destination-port >8000 <=8080\"");
        return release_misused(cli, call, items, &error);
    }
    json_t *common = json_object();
    route_options_set_aim(common, call);
    if (of_file)
        return bulk_run(cli, call, true, is_flow, items, common);
    if (!filtered && !is_flow && call->more_count > 0) {
        add_prefixes(&items, call);
        return bulk_run(cli, call, true, is_flow, items, common);
    }
    json_decref(items.routes);
    json_decref(items.flows);
    if (filtered) {
        json_decref(common);
        return withdraw_filtered(cli, call, is_flow);
    }
    if (is_flow)
        route_options_set_flow(common, call);
    else
        route_options_set_key(common, call->args[0], call);
    request_set_flag(common, "dry_run", call, "dry-run");
    return call_and_print(cli, is_flow ? "withdraw_flow" : "withdraw_route", common,
                          cli_call_count(call, "dry-run") > 0 ? "would be withdrawn" : "withdrawn",
                          "withdrawn");
}

int cmd_withdraw_route(struct cli *cli, const struct cli_call *call)
{
    return withdraw(cli, call, false);
}

int cmd_withdraw_flow(struct cli *cli, const struct cli_call *call)
{
    return withdraw(cli, call, true);
}

/* --- neighbors --- */

/* The peer that is named, or a list of them. */
static void set_peers(json_t *params, const struct cli_call *call)
{
    if (call->more_count == 0) {
        request_set_text(params, "peer", call->args[0]);
        return;
    }
    json_t *peers = json_pack("[s]", call->args[0]);
    for (size_t i = 0; i < call->more_count; i++)
        json_array_append_new(peers, json_string(call->more[i]));
    json_object_set_new(params, "peer", peers);
}

/* Calls a method that names neighbours and answers with what they are now. */
static int control(struct cli *cli, const struct cli_call *call, const char *method)
{
    json_t *params = json_object();
    json_t *peers;
    set_peers(params, call);
    request_set_text(params, "message", cli_call_text(call, "message"));
    int status = request_call(cli, method, params, &peers);
    if (peers && cli->format == FORMAT_CSV)
        render_peers_csv(stdout, peers);
    else if (peers)
        render_peers(stdout, cli->color, peers);
    json_decref(peers);
    return status;
}

int cmd_neighbor_enable(struct cli *cli, const struct cli_call *call)
{
    return control(cli, call, "enable_peer");
}

int cmd_neighbor_disable(struct cli *cli, const struct cli_call *call)
{
    return control(cli, call, "disable_peer");
}

int cmd_neighbor_reset(struct cli *cli, const struct cli_call *call)
{
    return control(cli, call, "reset_peer");
}

int cmd_neighbor_refresh(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    set_peers(params, call);
    request_set_text(params, "family", cli_call_text(call, "family"));
    return call_and_print(cli, "refresh_peer", params, "asked again for", "families");
}
