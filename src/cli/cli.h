/* The command line of the program. Everything but `run` and `check` is a client of a daemon's API;
 * those two are handed in by main, so that the client needs no part of the daemon. */
#ifndef BGPD_CLI_CLI_H
#define BGPD_CLI_CLI_H

#include "cli/command.h"

/* Parses the command line, carries it out and returns the exit status. */
int cli_main(int argc, char **argv, const struct cli_program *program);

#endif
