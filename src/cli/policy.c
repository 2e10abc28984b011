/* The commands that try policies. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/json_cell.h"
#include "cli/render.h"
#include "cli/request.h"
#include "cli/route_options.h"

/* What `policy test` ends with when it has no answer: a rejected route is CLI_FAILED. */
enum { NO_ANSWER = 2 };

/* Adds the members of the JSON object that --route is. */
static bool add_route(json_t *params, const char *text)
{
    json_error_t error;
    json_t *route = text ? json_loads(text, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (json_is_object(route)) {
        json_object_update(params, route);
    } else if (text) {
        fprintf(stderr, "bgpd: policy test: --route is no JSON object%s%s\n", route ? "" : ": ",
                route ? "" : error.text);
        json_decref(route);
        return false;
    }
    json_decref(route);
    return true;
}

static json_t *test_params(const struct cli_call *call)
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
    if (add_route(params, cli_call_text(call, "route")))
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
    json_t *params = test_params(call);
    json_t *trial = params ? test(cli, cli_call_text(call, "file"), params) : NULL;
    if (!trial)
        return NO_ANSWER;
    if (cli->json) {
        json_print(stdout, trial, JSON_INDENT(2) | JSON_ENCODE_ANY);
        fputc('\n', stdout);
    } else {
        render_trial(stdout, cli->color, trial);
    }
    const char *result = json_string_value(json_object_get(trial, "result"));
    int status = result && strcmp(result, "accept") == 0 ? CLI_OK : CLI_FAILED;
    json_decref(trial);
    return status;
}
