/* Help texts, generated from the table of commands. */
#ifndef BGPD_CLI_HELP_H
#define BGPD_CLI_HELP_H

#include "base/strbuf.h"
#include "cli/command.h"

/* The help of `command` (NULL: of the program): usage, arguments, options with the families that
 * they take, subcommands. `nth_family` is that of struct cli_program. */
void help_text(const struct cli_table *table, const struct cli_command *command,
               const char *(*nth_family)(bool of_prefixes, unsigned n), struct strbuf *out);

#endif
