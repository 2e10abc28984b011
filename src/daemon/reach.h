/* To how many peers a route of the API goes. */
#ifndef BGPD_DAEMON_REACH_H
#define BGPD_DAEMON_REACH_H

#include <stdint.h>

#include "base/strbuf.h"
#include "config/route.h"

struct speaker;

/* The number of peers (established, in the family) that are told this route of the API, which is in
 * the RIB, or are about to be. When there is none appends why to `why_none`: "none … is up". */
uint32_t reach_of(struct speaker *s, const struct static_route *route, struct strbuf *why_none);

#endif
