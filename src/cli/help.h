/* Help texts, generated from the table of commands. */
#ifndef BGPD_CLI_HELP_H
#define BGPD_CLI_HELP_H

#include "base/strbuf.h"
#include "cli/command.h"

/* The help of `command` (NULL: of the program): usage, arguments, options, subcommands. */
void help_text(const struct cli_table *table, const struct cli_command *command,
               struct strbuf *out);

#endif
