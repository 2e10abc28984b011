/* bgpd healthcheck: announces routes while a service is well. */
#ifndef BGPD_CLI_HEALTHCHECK_H
#define BGPD_CLI_HEALTHCHECK_H

#include "cli/command.h"
#include "cli/parse.h"

int cmd_healthcheck(struct cli *cli, const struct cli_call *call);

#endif
