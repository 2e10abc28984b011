/* One request of a command: what the command line says as parameters, the answer, the failure. */
#ifndef BGPD_CLI_REQUEST_H
#define BGPD_CLI_REQUEST_H

#include <jansson.h>

#include "cli/command.h"
#include "cli/parse.h"

/* Sets a text parameter; NULL is left out. */
void request_set_text(json_t *params, const char *key, const char *value);
/* Sets a number from an option that was given. */
void request_set_number(json_t *params, const char *key, const struct cli_call *call,
                        const char *option);

/* Sets `config` to what a file says (at most 1 MiB; "-": standard input), and `name` to
 * what that is called. False, with why not in client.error. */
bool request_set_config(struct cli *cli, json_t *params, const char *file);

/* Tells the person what client_call failed of (client.error); returns CLI_FAILED. */
int request_failed(struct cli *cli);

/* True when a write to stdout just failed; client.error then says why. */
bool request_output_failed(struct cli *cli);

/* Calls `method` (takes over `params`). With --json prints the result and leaves *ret_result NULL;
 * else the result is a new reference. Returns CLI_OK; CLI_FAILED after saying why, or with a result
 * that lists what has `failed`. */
int request_call(struct cli *cli, const char *method, json_t *params, json_t **ret_result);

/* Tells on stderr, after `lead`, each line of a list of the result; what is no list has none. */
void request_tell(json_t *lines, const char *lead);

#endif
