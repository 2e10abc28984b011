/* Routes in ExaBGP's words, as calls of advertise_route and withdraw_route. */
#ifndef BGPD_CLI_EXA_ROUTE_H
#define BGPD_CLI_EXA_ROUTE_H

#include "cli/exa_call.h"
#include "cli/exa_words.h"

/* What follows "route", or "ipv4 unicast" with `family` (an API name, or NULL) and `version`
 * (enum ip_version, or IP_NONE): "PREFIX next-hop ADDRESS …". c->withdraw says which it is.
 * ERR_INVALID with words.error. */
int exa_take_route(struct exa_words *w, uint8_t version, const char *family, struct exa_command *c);
/* What follows "attributes": "next-hop ADDRESS … nlri PREFIX …". */
int exa_take_attributes(struct exa_words *w, struct exa_command *c);

#endif
