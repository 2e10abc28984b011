/* The command line of the program. Everything but `run` and `check` is a client of a daemon's API;
 * those two are handed in by main, so that the client needs no part of the daemon. */
#ifndef BGPD_CLI_CLI_H
#define BGPD_CLI_CLI_H

#include <stdbool.h>

#include "cli/client.h"

/* Exit statuses. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_program {
    /* The daemon; `api` is "ADDR:PORT" or NULL, `verbosity` how often -v was given. Returns the
     * exit status. */
    int (*run)(const char *file, const char *api, unsigned verbosity);
    /* Checks a configuration file; with `json` the answer is JSON. Returns the exit status. */
    int (*check)(const char *file, bool json);
};

/* What a command works with. */
struct cli {
    const struct cli_program *program;
    struct client client;
    bool json;
    bool color;
    unsigned verbosity;
};

/* Parses the command line, carries it out and returns the exit status. */
int cli_main(int argc, char **argv, const struct cli_program *program);

#endif
