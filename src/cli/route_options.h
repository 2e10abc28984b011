/* Routes on the command line, as parameters of the API. */
#ifndef BGPD_CLI_ROUTE_OPTIONS_H
#define BGPD_CLI_ROUTE_OPTIONS_H

#include <jansson.h>

#include "cli/parse.h"

/* Sets a list parameter to the words of all values of an option. */
void route_options_set_words(json_t *params, const char *key, const struct cli_call *call,
                             const char *option);
/* The parameters that name a route: of a prefix, and the options beside it. */
void route_options_set_key(json_t *params, const char *prefix, const struct cli_call *call);
/* The options that routes and flows share. */
void route_options_set_attributes(json_t *params, const struct cli_call *call);
/* What there is to an originated route beside the route: its aim, lease, owner, label and tags. */
void route_options_set_terms(json_t *params, const struct cli_call *call);
/* The aim alone. */
void route_options_set_aim(json_t *params, const struct cli_call *call);
/* The parameters that name a flow: its address family, the first argument, and its rules. */
void route_options_set_flow(json_t *params, const struct cli_call *call);
/* The rules of a flow. */
void route_options_set_matches(json_t *params, const struct cli_call *call);

#endif
