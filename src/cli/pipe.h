/* bgpd pipe, and what it shares with bgpd healthcheck. */
#ifndef BGPD_CLI_PIPE_H
#define BGPD_CLI_PIPE_H

#include <stdbool.h>

#include "cli/command.h"
#include "cli/parse.h"
#include "cli/steer.h"

extern const struct cli_option pipe_options[];

int cmd_pipe(struct cli *cli, const struct cli_call *call);

/* Has the values of an option be what "next-hop self" is; false after saying what is wrong. They
 * are borrowed from the command line. */
bool pipe_set_own_addresses(struct steer *s, const struct cli_call *call, const char *option);
/* Blocks the signals that end us or tell of a child, and ignores SIGPIPE; a descriptor to read them
 * from (signalfd(2)). */
int pipe_open_signals(void);

#endif
