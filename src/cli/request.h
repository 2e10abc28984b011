/* One request of a command: what the command line says as parameters, the answer, the failure. */
#ifndef BGPD_CLI_REQUEST_H
#define BGPD_CLI_REQUEST_H

#include <jansson.h>

#include "cli/command.h"
#include "cli/parse.h"

/* Sets a text parameter; NULL is left out. */
void request_set_text(json_t *params, const char *key, const char *value);
/* Sets a flag by an option that was given and takes no value. */
void request_set_flag(json_t *params, const char *key, const struct cli_call *call,
                      const char *option);
/* Sets a number from an option that was given. */
void request_set_number(json_t *params, const char *key, const struct cli_call *call,
                        const char *option);

/* Sets `config` to what a file says (at most 1 MiB; "-": standard input), and `name` to
 * what that is called. False, with why not in client.error. */
bool request_set_config(struct cli *cli, json_t *params, const char *file);

/* Tells, on stderr, what client_call failed of (client.error), for people, or as JSON where the
 * format is JSON; returns the exit status. */
int request_failed(struct cli *cli);
/* The same for a command line that is wrong in a way that its table does not know. */
int request_misused(struct cli *cli, const struct cli_call *call, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Writes an error as JSON on stderr: {"error": {"kind": …, "code": …, "message": …, "data": …}}.
 * `rpc_error` is that of the daemon, or NULL. */
void request_put_error(const char *kind, const char *message, const json_t *rpc_error);

/* Whether results are written in a format of JSON. */
static inline bool request_wants_json(const struct cli *cli)
{
    return cli->format == FORMAT_JSON || cli->format == FORMAT_NDJSON;
}

/* True when a write to stdout just failed; client.error then says why. */
bool request_output_failed(struct cli *cli);

/* Writes a result in one of the formats of JSON. */
void request_print(const struct cli *cli, const json_t *result);

/* Calls `method` (takes over `params`). In a format of JSON prints the result and leaves
 * *ret_result NULL; else the result is a new reference. Returns CLI_OK; another status after saying
 * why; CLI_FAILED with a result that lists what has `failed`. */
int request_call(struct cli *cli, const char *method, json_t *params, json_t **ret_result);

/* Tells on stderr, after `lead`, each line of a list of the result; what is no list has none. */
void request_tell(json_t *lines, const char *lead);

#endif
