/* The commands that only read, but for lists of routes. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/render.h"
#include "cli/request.h"

int cmd_show_neighbors(struct cli *cli, const struct cli_call *call)
{
    bool all = call->args[0] && strcmp(call->args[0], "all") == 0;
    const char *peer = all ? NULL : call->args[0];
    bool detail = call->args[1] != NULL;
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "peer", peer);
    int status =
        request_call(cli, peer || detail ? "show_peer_detail" : "show_peers", params, &result);
    if (result && cli->format == FORMAT_CSV)
        render_peers_csv(stdout, result);
    else if (result && detail)
        render_peer_details(stdout, cli->color, result);
    else if (result)
        render_peers(stdout, cli->color, result);
    if (result && !peer && cli->format == FORMAT_TABLE && !detail)
        render_peers_summary(stdout, result);
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

int cmd_explain(struct cli *cli, const struct cli_call *call)
{
    json_t *params = json_object();
    json_t *result;
    request_set_text(params, "prefix", call->args[0]);
    request_set_text(params, "peer", cli_call_text(call, "peer"));
    request_set_text(params, "family", cli_call_text(call, "family"));
    request_set_text(params, "rd", cli_call_text(call, "rd"));
    request_set_flag(params, "out", call, "out");
    int status = request_call(cli, "explain", params, &result);
    if (result)
        render_explanations(stdout, cli->color, result);
    json_decref(result);
    return status;
}
