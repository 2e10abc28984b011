/* Options of bgpd healthcheck: on the command line and in a file, and the routes that they ask
 * for. */
#ifndef BGPD_CLI_HEALTH_OPTIONS_H
#define BGPD_CLI_HEALTH_OPTIONS_H

#include <jansson.h>
#include <stdint.h>

#include "cli/command.h"
#include "cli/health.h"
#include "cli/parse.h"

extern const struct cli_option health_options[];

/* Puts the options of --config in front of those of the command line, which count more. `text`
 * keeps what they borrow. False, after saying what is wrong, with FILE:LINE. */
bool health_read_config(struct cli_call *call, struct strbuf *text);

/* The seconds that an option says, in milliseconds; -1 after saying that it says none. */
int64_t health_option_ms(const struct cli_call *call, const char *option, double fallback_s);

/* The prefixes of --ip, or the addresses of the loopback interface (with --label those whose label
 * begins so), from number --start-ip on: a new list. NULL after saying what is wrong. */
json_t *health_prefixes(const struct cli_call *call);

/* Appends the commands, in ExaBGP's words and one a line, that tell of the service as it is. */
void health_add_commands(const struct cli_call *call, const json_t *prefixes,
                         enum health_state state, struct strbuf *out);

#endif
