/* Flows in ExaBGP's words (RFC 8955), as calls of advertise_flow and withdraw_flow. */
#ifndef BGPD_CLI_EXA_FLOW_H
#define BGPD_CLI_EXA_FLOW_H

#include "cli/exa_call.h"
#include "cli/exa_words.h"

/* What follows "flow": "route { match { … } then { … } }", with a name or without, or the same
 * without braces. `version` (enum ip_version) is that of all its prefixes; IP_NONE: what they and
 * the words say. c->withdraw says which it is. ERR_INVALID with words.error. */
int exa_take_flow(struct exa_words *w, uint8_t version, struct exa_command *c);

#endif
