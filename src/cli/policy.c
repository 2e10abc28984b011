/* The commands that try policies.
 *
 * A list of changes is written while it arrives, as lists of routes are; what was counted follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/route_options.h"

/* What `policy test` ends with when it has no answer: a rejected route is CLI_FAILED. */
enum { NO_ANSWER = 2 };

/* Adds the members of the JSON object that --route is. */
static bool add_route(struct cli *cli, const struct cli_call *call, json_t *params)
{
    const char *text = cli_call_text(call, "route");
    json_error_t error;
    json_t *route = text ? json_loads(text, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (json_is_object(route)) {
        json_object_update(params, route);
    } else if (text) {
        request_misused(cli, call, "--route is no JSON object%s%s", route ? "" : ": ",
                        route ? "" : error.text);
        json_decref(route);
        return false;
    }
    json_decref(route);
    return true;
}

static json_t *test_params(struct cli *cli, const struct cli_call *call)
{
    static const char *const texts[][2] = {
        {"peer", "peer"}, {"peer-as", "peer_as"}, {"from", "from"}, {"next-hop", "next_hop"}};
    json_t *params = json_object();
    request_set_text(params, "policy", call->args[0]);
    route_options_set_key(params, call->args[1], call);
    route_options_set_attributes(params, call);
    route_options_set_words(params, "marks", call, "mark");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        request_set_text(params, texts[i][1], cli_call_text(call, texts[i][0]));
    if (cli_call_count(call, "export") > 0)
        json_object_set_new(params, "export", json_true());
    if (cli_call_count(call, "match") > 0) {
        route_options_set_matches(params, call);
        json_object_set_new(params, "afi", json_integer(cli_call_count(call, "ipv6") ? 2 : 1));
    }
    if (add_route(cli, call, params))
        return params;
    json_decref(params);
    return NULL;
}

/* By the daemon, or by a file; NULL after saying why not. */
static json_t *test(struct cli *cli, const char *file, json_t *params)
{
    json_t *trial = NULL;
    if (file)
        trial = cli->program->call_by_file(file, "policy_test", params, &cli->client.error);
    else if (client_call(&cli->client, "policy_test", params, NULL, NULL, &trial) != 0)
        trial = NULL;
    if (!trial)
        request_failed(cli);
    return trial;
}

int cmd_policy_test(struct cli *cli, const struct cli_call *call)
{
    json_t *params = test_params(cli, call);
    json_t *trial = params ? test(cli, cli_call_text(call, "file"), params) : NULL;
    if (!trial)
        return NO_ANSWER;
    if (request_wants_json(cli))
        request_print(cli, trial);
    else
        render_trial(stdout, cli->color, trial);
    const char *result = json_string_value(json_object_get(trial, "result"));
    int status = result && strcmp(result, "accept") == 0 ? CLI_OK : CLI_FAILED;
    json_decref(trial);
    return status;
}

/* --- another configuration --- */

/* A list of changes on its way to stdout. */
struct change_output {
    struct cli *cli;
    size_t count;
};

static int on_change(void *ctx, const char *text, size_t len_bytes)
{
    struct change_output *o = ctx;
    json_t *change = json_loadb(text, len_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(change)) {
        json_decref(change);
        return ERR_INVALID;
    }
    if (o->cli->format == FORMAT_NDJSON) {
        json_print(stdout, change, 0);
        fputc('\n', stdout);
    } else if (o->cli->format == FORMAT_JSON) {
        fputs(o->count ? ",\n" : "{\"routes\": [\n", stdout);
        json_print(stdout, change, 0);
    } else {
        render_listed_change(stdout, change);
    }
    o->count++;
    json_decref(change);
    return request_output_failed(o->cli) ? ERR_IO : 0;
}

/* The answer without the list, after it. */
static void finish_changes(const struct change_output *o, json_t *diff)
{
    const char *key;
    json_t *value;
    if (o->cli->format == FORMAT_NDJSON) {
        json_object_del(diff, "routes");
        request_print(o->cli, diff);
        return;
    }
    if (o->cli->format != FORMAT_JSON) {
        fputs(o->count ? "\n" : "", stdout);
        render_diff(stdout, o->cli->color, diff);
        return;
    }
    json_object_del(diff, "routes");
    fputs(o->count ? "\n]" : "{\"routes\": []", stdout);
    json_object_foreach(diff, key, value)
    {
        fprintf(stdout, ",\n\"%s\": ", key);
        json_print(stdout, value, JSON_ENCODE_ANY);
    }
    fputs("}\n", stdout);
}

int policy_diff_show(struct cli *cli, json_t *params)
{
    struct change_output output = {.cli = cli};
    json_t *diff = NULL;
    if (client_call(&cli->client, "policy_diff", params, on_change, &output, &diff) != 0)
        return request_failed(cli);
    finish_changes(&output, diff);
    request_tell(json_object_get(diff, "warnings"), "warning: ");
    if (json_is_true(json_object_get(diff, "routes_cut")))
        fprintf(stderr, "bgpd: there are more changes than the limit\n");
    int status = json_is_true(json_object_get(diff, "complete")) ? CLI_OK : CLI_FAILED;
    json_decref(diff);
    return status;
}

int cmd_policy_diff(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    if (!request_set_config(cli, params, call->args[0])) {
        json_decref(params);
        return request_failed(cli);
    }
    request_set_text(params, "peer", cli_call_text(call, "peer"));
    if (cli_call_count(call, "routes") > 0)
        json_object_set_new(params, "routes", json_true());
    request_set_number(params, "limit", call, "limit");
    return policy_diff_show(cli, params);
}
