/* What the subcommands do. Each returns an exit status (cli.h). */
#ifndef BGPD_CLI_COMMANDS_H
#define BGPD_CLI_COMMANDS_H

#include "cli/command.h"
#include "cli/parse.h"

int cmd_run(struct cli *cli, const struct cli_call *call);
int cmd_check(struct cli *cli, const struct cli_call *call);
int cmd_version(struct cli *cli, const struct cli_call *call);

/* reload.c */
int cmd_reload(struct cli *cli, const struct cli_call *call);
int cmd_confirm(struct cli *cli, const struct cli_call *call);
int cmd_rollback(struct cli *cli, const struct cli_call *call);

/* config.c */
int cmd_show_config(struct cli *cli, const struct cli_call *call);

/* show.c */
int cmd_show_info(struct cli *cli, const struct cli_call *call);
int cmd_show_policies(struct cli *cli, const struct cli_call *call);
int cmd_show_rpki(struct cli *cli, const struct cli_call *call);
int cmd_explain(struct cli *cli, const struct cli_call *call);
int cmd_show_neighbors(struct cli *cli, const struct cli_call *call);

/* routes.c */
int cmd_show_routes(struct cli *cli, const struct cli_call *call);
int cmd_show_routes_learned(struct cli *cli, const struct cli_call *call);
int cmd_show_routes_advertised(struct cli *cli, const struct cli_call *call);
int cmd_show_originated(struct cli *cli, const struct cli_call *call);

/* change.c */
int cmd_advertise_route(struct cli *cli, const struct cli_call *call);
int cmd_advertise_flow(struct cli *cli, const struct cli_call *call);
int cmd_withdraw_route(struct cli *cli, const struct cli_call *call);
int cmd_withdraw_flow(struct cli *cli, const struct cli_call *call);
int cmd_neighbor_enable(struct cli *cli, const struct cli_call *call);
int cmd_neighbor_disable(struct cli *cli, const struct cli_call *call);
int cmd_neighbor_reset(struct cli *cli, const struct cli_call *call);
int cmd_neighbor_refresh(struct cli *cli, const struct cli_call *call);

/* audit.c */
int cmd_show_audit(struct cli *cli, const struct cli_call *call);

/* token.c */
int cmd_token_new(struct cli *cli, const struct cli_call *call);

/* policy.c */
int cmd_policy_test(struct cli *cli, const struct cli_call *call);
int cmd_policy_diff(struct cli *cli, const struct cli_call *call);
/* Calls policy_diff (takes over `params`) and shows what comes; the exit status. */
int policy_diff_show(struct cli *cli, json_t *params);

#endif
