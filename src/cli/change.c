/* The commands that change something in a running daemon. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/route_options.h"
#include "cli/text.h"

/* The parameters that name a flow. */
static void set_flow(json_t *params, const struct cli_call *call)
{
    json_object_set_new(params, "afi", json_integer(strcmp(call->args[0], "ipv6") == 0 ? 2 : 1));
    route_options_set_matches(params, call);
}

static bool has_match(struct cli *cli, const struct cli_call *call)
{
    if (cli_call_count(call, "match") > 0)
        return true;
    request_misused(cli, call,
                    "at least one --match is needed, for example "
                    "-m \"destination-port >8000 <=8080\"");
    return false;
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

static int advertise(struct cli *cli, const struct cli_call *call, const char *method,
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

int cmd_advertise_route(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    route_options_set_key(params, call->args[0], call);
    request_set_text(params, "next_hop", call->args[1]);
    route_options_set_attributes(params, call);
    route_options_set_terms(params, call);
    return advertise(cli, call, "advertise_route", params);
}

int cmd_advertise_flow(struct cli *cli, const struct cli_call *call)
{
    if (!has_match(cli, call))
        return CLI_USAGE;
    json_t *params = json_object();
    set_flow(params, call);
    request_set_text(params, "action", call->args[1]);
    route_options_set_attributes(params, call);
    route_options_set_terms(params, call);
    return advertise(cli, call, "advertise_flow", params);
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

static int withdraw(struct cli *cli, const struct cli_call *call, const char *method,
                    json_t *params)
{
    bool is_dry = cli_call_count(call, "dry-run") > 0;
    request_set_flag(params, "dry_run", call, "dry-run");
    return call_and_print(cli, method, params, is_dry ? "would be withdrawn" : "withdrawn",
                          "withdrawn");
}

int cmd_withdraw_route(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    route_options_set_key(params, call->args[0], call);
    route_options_set_aim(params, call);
    return withdraw(cli, call, "withdraw_route", params);
}

int cmd_withdraw_flow(struct cli *cli, const struct cli_call *call)
{
    if (!has_match(cli, call))
        return CLI_USAGE;
    json_t *params = json_object();
    set_flow(params, call);
    route_options_set_aim(params, call);
    return withdraw(cli, call, "withdraw_flow", params);
}

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
