/* Many routes and flows of one command, of its arguments or of a file. */
#ifndef BGPD_CLI_BULK_H
#define BGPD_CLI_BULK_H

#include "cli/route_lines.h"

/* Advertises or withdraws routes and flows: those of the file of --file, or, where that was not
 * given, those of `items`, which it takes over. `common` are parameters of all, which it takes
 * over, too. Says what came of it; the exit status. */
int bulk_run(struct cli *cli, const struct cli_call *call, bool withdraws, bool is_flow,
             struct route_items items, json_t *common);

#endif
